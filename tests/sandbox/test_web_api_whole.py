"""Can programs do everything that people do on the pages? Every route of theirs, and what stands for it in the API."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from staging.web.api import ROUTES
from staging.web.gate import Guarded
from tests.fakes.web import Door, open_door

SAME: dict[str, tuple[str, ...]] = {
    "home.show": ("show_bench", "who_am_i"),
    "bench.show": ("show_bench", "show_strangers", "list_boxes"),
    "bench.tiles": ("show_bench", "show_strangers"),
    "bench.ask_new": ("show_models",),
    "bench.register": ("add_box",),
    "bench.show_box": ("show_box", "show_own", "show_evidence", "show_disks", "box_timeline"),
    "bench.keep_own": ("keep_own",),
    "bench.standing": ("show_box", "show_disks"),
    "bench.tick": ("tick",),
    "bench.scan": ("scan_code",),
    "bench.keep_photo": ("keep_photo",),
    "bench.photo": ("show_photo",),
    "bench.choose_disk": ("choose_disk",),
    "bench.arm": ("arm",),
    "bench.adopt": ("adopt",),
    "bench.reveal": ("reveal",),
    "bench.card": ("bench_card_pdf",),
    "boxes.correct": ("correct_box",),
    "boxes.disarm": ("disarm",),
    "boxes.forget": ("forget_box",),
    "boxes.ask_rearm": ("ask_rearm",),
    "answers.show": ("list_answers",),
    "answers.preview": ("preview_answers",),
    "answers.keep": ("keep_answers",),
    "orders.show_all": ("list_orders",),
    "orders.list_all": ("list_orders",),
    "orders.ask_new": ("order_choices",),
    "orders.create": ("open_order",),
    "orders.show": ("show_order", "show_plan"),
    "orders.progress": ("show_order",),
    "orders.resume": ("resume",),
    "orders.attach": ("attach_serial",),
    "orders.timeline": ("order_timeline", "list_requests"),
    "orders.accept": ("show_order",),
    "orders.set_address": ("set_address",),
    "orders.verify": ("verify",),
    "orders.sheet": ("acceptance_pdf",),
    "plans.show": ("show_plan", "list_versions", "show_version", "show_draft"),
    "plans.upload": ("upload_plan",),
    "plans.original": ("original_workbook",),
    "plans.marked": ("marked_workbook",),
    "plans.changes": ("show_changes", "list_changesets"),
    "plans.apply": ("apply",),
    "plans.applying": ("list_changesets",),
    "corrections.correct": ("correct_cell",),
    "corrections.rows": ("show_draft",),
    "corrections.seats": ("show_version", "show_draft"),
    "corrections.keep": ("keep_draft",),
    "corrections.discard": ("discard_draft",),
    "corrections.corrected": ("corrected_workbook",),
    "corrections.compare": ("compare_plans",),
    "undo.show": ("show_undo", "show_undo_of"),
    "undo.agree": ("undo", "undo_of"),
    "phones.show": ("list_phones",),
    "phones.table": ("list_phones",),
    "phones.scan": ("station", "scan"),
    "phones.undo": ("undo_scan",),
    "phones.pair_rest": ("pair_rest",),
    "phones.take_back": ("take_back",),
    "stickers.labels": ("list_labels", "show_stationery"),
    "stickers.preview": ("labels_pdf",),
    "stickers.picture": ("label_picture",),
    "stickers.print_labels": ("print_labels",),
    "stickers.note_firmware": ("note_firmware",),
    "stickers.forget_sheet": ("forget_sheet",),
    "pack.choose": ("list_packable",),
    "pack.find": ("find_packable",),
    "pack.show": ("show_packing",),
    "pack.scan": ("pack",),
    "pack.undo": ("unpack",),
    "pack.manifest": ("manifest_pdf",),
    "pack.ship": ("ship",),
    "scanning.decode": ("read_codes",),
    "admin.show": ("list_people", "list_tokens", "list_stacks", "list_portals", "list_printers"),
    "admin.add_user": ("add_person",),
    "admin.link_user": ("link_person",),
    "admin.remove_user": ("remove_person",),
    "admin.add_token": ("add_token",),
    "admin.remove_token": ("remove_token",),
    "admin.add_stack": ("add_stack",),
    "admin.check_stack": ("show_stack", "check_stack"),
    "admin.change_stack": ("change_stack",),
    "admin.add_portal": ("add_portal",),
    "admin.change_portal": ("change_portal",),
    "admin.add_printer": ("add_printer",),
    "admin.calibrate": ("calibrate",),
    "admin.print_test_page": ("print_test_page",),
}
"""What a page's route does, and the operations that do it for a program."""

_SESSION = "a program has a token, and neither a password to type nor a session to end"
PAGES_ALONE: dict[str, str] = {
    "signin.ask": _SESSION,
    "signin.enter": _SESSION,
    "signin.ask_screen": _SESSION,
    "signin.enter_screen": _SESSION,
    "signin.enter_demo": _SESSION,
    "signin.ask_link": _SESSION,
    "signin.enter_link": _SESSION,
    "signin.account": _SESSION,
    "signin.choose_password": _SESSION,
    "signin.leave": _SESSION,
    "signin.speak": "a program says its language with each request, in Accept-Language",
    "health.healthz": "for programs already, and open to supervisors that have no token",
    "health.metrics": "for programs already, in Prometheus' own form",
    "static": "files that pages are drawn with",
    "api.openapi": "the description itself",
}
"""What the API leaves out, and why."""


@pytest.fixture
def door(tmp_path: Path) -> Iterator[Door]:
    made = open_door(tmp_path)
    yield made
    made.house.store.database.close()


def test_whatever_the_pages_offer_the_api_offers_or_it_says_why_not(door: Door) -> None:
    api = {f"api.{route.handler.__name__}" for route in ROUTES}
    pages = {rule.endpoint for rule in door.app.url_map.iter_rules()} - api
    assert pages == SAME.keys() | PAGES_ALONE.keys()
    assert not SAME.keys() & PAGES_ALONE.keys()


def test_no_operation_asks_for_less_or_more_than_its_page(door: Door) -> None:
    rights = {route.handler.__name__: route.right for route in ROUTES}
    for page, operations in SAME.items():
        view = door.app.view_functions[page]
        assert isinstance(view, Guarded)
        assert {rights[name] for name in operations} == {view.right}, page


def test_every_operation_stands_for_something_on_a_page() -> None:
    named = {name for operations in SAME.values() for name in operations}
    assert {route.handler.__name__ for route in ROUTES} == named
