"""Can a project manager, a technician and logistics take an order through their pages, without JavaScript?"""

import io
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from openpyxl import Workbook, load_workbook

from staging.bootstrap import open_house
from staging.commands.rehearsal import plug_phones
from staging.jobs.job import Order, Stack
from staging.jobs.records import Printer
from staging.sandbox.serve import Served, serve
from staging.settings import Settings
from staging.web import orders as web_orders
from staging.web.app import create_app
from tests.fakes.house import CRECHE, SAMPLES, SIRET, environ, order_on, own_stack, ready_box, shared_stack
from tests.fakes.web import Door, Person, open_door


@pytest.fixture
def door(tmp_path: Path) -> Iterator[Door]:
    made = open_door(tmp_path)
    yield made
    made.house.store.database.close()


@pytest.fixture
def sandbox() -> Iterator[Served]:
    with serve(configured=True) as running:
        yield running


def _order(door: Door, sandbox: Served, *, plan: Path | None = CRECHE) -> Order:
    shared_stack(door.house, sandbox.url)
    return order_on(door.house, "partage", plan=plan)


def _fingerprint(page: str) -> str:
    found = re.search(r'id="fingerprint" value="([0-9a-f]{12})"', page)
    assert found is not None
    return found[1]


def test_an_order_is_opened_and_asks_for_its_plan(door: Door, sandbox: Served) -> None:
    shared_stack(door.house, sandbox.url)
    manager = door.person("manager")
    answer = manager.post("/orders", customer="Atelier Bleu", siret=SIRET, stack="partage")
    page = manager.get(answer.location)
    assert "Atelier Bleu" in page.text
    assert 'id="upload"' in page.text


def test_every_mistake_of_an_order_form_is_said_at_once(door: Door, sandbox: Served) -> None:
    shared_stack(door.house, sandbox.url)
    answer = door.person("manager").post("/orders", customer="", siret="123", stack="partage", serial="?")
    assert re.findall(r'data-code="([a-z-]+)"', answer.text) == ["bad-customer", "bad-siret", "bad-serial"]


def test_faults_stand_beside_their_cells_and_the_workbook_comes_back_marked(door: Door, sandbox: Served) -> None:
    manager, order = door.person("manager"), _order(door, sandbox, plan=None)
    manager.upload(order.id, SAMPLES / "plan-with-faults.xlsx")
    page = manager.get(f"/orders/{order.id}/plan").text
    assert 'data-ok="no"' in page
    assert ("duplicate-number", "E6") in re.findall(r'data-code="([a-z-]+)" data-cell="([A-Z0-9]*)"', page)
    marked = manager.get(f"/orders/{order.id}/plan/1-marked.xlsx")
    assert marked.headers["Content-Disposition"] == f'attachment; filename="plan-with-faults-{order.id}-1.xlsx"'
    assert load_workbook(io.BytesIO(marked.data))["Plan de numérotation"]["E6"].comment is not None


def test_text_of_a_workbook_is_never_markup(door: Door, sandbox: Served, tmp_path: Path) -> None:
    evil = "<script>alert(1)</script>"
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(["NOM PRENOM UTILISATEUR", "TYPE PROFIL", "MATERIEL", "NUMERO DE LIGNE"])
    sheet.append([evil, "POSTE FIXE", evil, evil])
    book.save(tmp_path / "<b>plan.xlsx")
    manager, order = door.person("manager"), _order(door, sandbox, plan=None)
    assert manager.upload(order.id, tmp_path / "<b>plan.xlsx").status_code == 303
    for tab in ("", "/plan", "/timeline"):
        page = manager.get(f"/orders/{order.id}{tab}").text
        assert "<script>alert" not in page
        assert "<b>plan" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in manager.get(f"/orders/{order.id}/plan").text


def test_a_form_without_a_workbook_says_what_is_missing(door: Door, sandbox: Served) -> None:
    order = _order(door, sandbox, plan=None)
    answer = door.person("manager").post(f"/orders/{order.id}/plan")
    assert answer.status_code == 422
    assert 'data-code="no-workbook"' in answer.text


def test_changes_are_shown_then_applied_only_with_their_fingerprint(door: Door, sandbox: Served) -> None:
    manager, order = door.person("manager"), _order(door, sandbox)
    door.work(order.id)
    page = manager.get(f"/orders/{order.id}/changes").text
    assert 'data-seat="' in page
    assert manager.post(f"/orders/{order.id}/apply").status_code == 409
    moved = manager.post(f"/orders/{order.id}/apply", expect="000000000000")
    assert 'data-code="changes-moved"' in moved.text
    assert manager.post(f"/orders/{order.id}/apply", expect=_fingerprint(page)).status_code == 303
    assert 'id="applying"' in manager.get(f"/orders/{order.id}/changes").text
    door.work(order.id)
    assert 'id="changes-none"' in manager.get(f"/orders/{order.id}/changes").text
    done = manager.get(f"/orders/{order.id}/applying", **{"HX-Request": "true"})
    assert (done.status_code, done.headers["HX-Refresh"]) == (204, "true")


def test_a_silent_stack_leaves_the_page_standing_with_a_way_to_try_again(door: Door, sandbox: Served) -> None:
    manager, order = door.person("manager"), _order(door, sandbox)
    door.work(order.id)
    sandbox.stop()
    page = manager.get(f"/orders/{order.id}/changes")
    assert 'data-code="stack-silent"' in page.text
    assert 'id="changes-unread"' in page.text
    assert 'id="step-provision"' in page.text


def test_the_whole_order_goes_through_the_pages(door: Door, sandbox: Served, tmp_path: Path) -> None:
    order = _order(door, sandbox)
    (tmp_path / "printed").mkdir()
    door.house.store.bench.add_printer(Printer("dossier", f"folder://{tmp_path / 'printed'}", "roll-62x29"))
    technician, manager, logistics = door.person("technician"), door.person("manager"), door.person("logistics")
    door.work(order.id)
    manager.post(f"/orders/{order.id}/apply", expect=_fingerprint(manager.get(f"/orders/{order.id}/changes").text))
    door.work(order.id)
    _bring_phones(door, sandbox, order, technician)
    assert logistics.post(f"/orders/{order.id}/labels/print", printer="dossier").status_code == 303
    door.work(order.id)
    assert "Commande recettée" in manager.get(f"/orders/{order.id}").text
    assert 'data-verified="yes"' in manager.get(f"/orders/{order.id}/verify").text
    assert manager.get(f"/orders/{order.id}/acceptance.pdf").data.startswith(b"%PDF-")
    assert logistics.get(f"/orders/{order.id}/labels.pdf?sheet=l7159&start=2").data.startswith(b"%PDF-")
    _pack(order, logistics)


def _bring_phones(door: Door, sandbox: Served, order: Order, technician: Person) -> None:
    macs = plug_phones(sandbox.url, door.house, order.id)
    page = technician.post(f"/orders/{order.id}/phones/scan", mac=macs[0].replace(":", "").upper()).text
    assert 'data-verdict="paired"' in page
    again = technician.post(f"/orders/{order.id}/phones/take-back", mac=macs[0])
    assert again.status_code == 303
    refused = technician.post(f"/orders/{order.id}/phones/scan", mac="bonjour").text
    assert 'data-code="scan-unknown"' in refused
    assert 'id="shared-stack"' in technician.get(f"/orders/{order.id}/phones").text
    for mac in macs:
        assert 'data-verdict="paired"' in technician.post(f"/orders/{order.id}/phones/scan", mac=mac).text
    door.work(order.id)
    door.work(order.id)
    stages = re.findall(r'data-stage="([a-z]*)"', technician.get(f"/orders/{order.id}/phones").text)
    assert stages == ["fetched"] * len(macs)


def _pack(order: Order, logistics: Person) -> None:
    page = logistics.get(f"/orders/{order.id}/labels").text
    handsets = re.findall(r'data-kind="handset" data-item="([0-9]+)" data-copy="1"', page)
    assert len(handsets) > 1
    first, second = (f"S1:{order.id}:handset:{handsets[0]}:1", f"S1:{order.id}:carton:{handsets[1]}:1")
    assert logistics.post("/pack", code=first).location == f"/pack/{order.id}"
    wrong = logistics.post(f"/pack/{order.id}", code=second, before=first).text
    assert 'data-verdict="wrong"' in wrong
    for number, item in enumerate(handsets, start=1):
        handset, carton = f"S1:{order.id}:handset:{item}:1", f"S1:{order.id}:carton:{item}:1"
        half = logistics.post(f"/pack/{order.id}", code=handset).text
        assert f'name="before" value="{handset}"' in half
        right = logistics.post(f"/pack/{order.id}", code=carton, before=handset).text
        assert 'data-verdict="right"' in right
        assert f'data-packed="{number}"' in right
    assert logistics.post(f"/pack/{order.id}/ship").status_code == 303


def test_a_box_is_registered_ticked_and_armed_from_its_pages(door: Door) -> None:
    technician = door.person("technician")
    door.house.store.appliances.hello("SN0042", address="192.0.2.42", facts={})
    assert 'data-stranger="SN0042"' in technician.get("/bench").text
    assert 'value="SN0042"' in technician.get("/bench/new?serial=SN0042").text
    assert technician.post("/bench", serial="sn0042", model="DH670").location == "/bench/SN0042"
    early = technician.post("/bench/SN0042/arm")
    assert 'data-code="checklist-open"' in early.text
    ticks = dict.fromkeys(("ram", "ssd", "bios-power", "stickers"), "on")
    technician.post("/bench/SN0042/checklist", **ticks)
    assert technician.post("/bench/SN0042/arm").status_code == 303
    page = technician.get("/bench/sn0042").text
    assert page.count("checked") == 4
    assert 'data-event="box-armed"' in page


def test_a_box_whose_engine_is_there_already_is_taken_as_it_is(door: Door) -> None:
    technician, serial = door.person("technician"), ready_box(door.house)
    assert 'id="adopt"' in technician.get(f"/bench/{serial}").text
    assert technician.post(f"/bench/{serial}/adopt").status_code == 303
    assert 'id="adopt"' not in technician.get(f"/bench/{serial}").text
    assert 'data-code="already-ready"' in technician.post(f"/bench/{serial}/adopt").text


def test_unticking_a_point_writes_down_that_point_alone(door: Door) -> None:
    technician, serial = door.person("technician"), ready_box(door.house)
    technician.post(f"/bench/{serial}/checklist", ram="on", ssd="on", stickers="on")
    events = [line.event for line in door.house.store.timeline.of_serial(serial)]
    assert events.count("point-unticked") == 1
    assert events.count("point-ticked") == 4


def test_a_shipped_box_asks_an_administrator_for_a_reason_and_its_serial(door: Door) -> None:
    serial = ready_box(door.house)
    door.house.store.appliances.change(serial, shipped_at=door.house.desk.clock.now())
    assert 'id="arm"' not in door.person("technician").get(f"/bench/{serial}").text
    admin = door.person("admin")
    assert 'name="again"' in admin.get(f"/bench/{serial}").text
    assert 'data-code="rearm-needs-reason"' in admin.post(f"/bench/{serial}/arm", reason="retour").text
    assert admin.post(f"/bench/{serial}/arm", reason="retour", again="sn0042").status_code == 303


def test_a_poll_says_nothing_when_nothing_changed(door: Door) -> None:
    technician = door.person("technician")
    have = re.search(r'"have": "([0-9a-f]{12})"', technician.get("/bench").text)
    assert have is not None
    assert technician.get(f"/bench/tiles?have={have[1]}").status_code == 204
    ready_box(door.house)
    fresh = technician.get(f"/bench/tiles?have={have[1]}")
    assert fresh.status_code == 200
    assert "SN0042" in fresh.text


def test_a_password_link_and_a_token_are_shown_once(door: Door) -> None:
    admin = door.person("admin")
    made = admin.post("/admin/users", name="camille", role="logistics", language="fr").text
    assert re.search(r'id="once-value" readonly value="http://localhost/signin/[\w-]{32}"', made)
    assert re.search(r'value="st_[\w-]{32}"', admin.post("/admin/tokens", name="mur", role="screen").text)
    assert "st_" not in re.sub(r'placeholder="[^"]*"', "", admin.get("/admin").text)


@pytest.mark.parametrize(
    ("part", "fields", "code"),
    [
        ("users", {"name": "a/b", "role": "admin"}, "bad-name"),
        ("users", {"name": "camille", "role": "roi"}, "unknown-role"),
        ("users", {"name": "camille", "role": "admin", "password": "court"}, "password-short"),
        ("printers", {"name": "p", "url": "ftp://x", "sheet": "l7651"}, "invalid-printer-url"),
        ("printers", {"name": "p", "url": "cups:p", "sheet": "l0000"}, "unknown-sheet"),
        ("portals", {"name": "p", "url": "https://portal.test", "username": "u"}, "password-missing"),
        ("stacks", {"name": "s", "kind": "on-cloud"}, "stack-needs-url"),
        ("portals", {"name": "p", "url": "https://moi:sesame@portal.test", "password": "x"}, "bad-url"),
        ("stacks", {"name": "s", "kind": "on-premise", "url": "http://[::1"}, "bad-url"),
        ("users/link", {"name": "personne"}, "unknown-operator"),
        ("users/remove", {"name": "personne"}, "unknown-operator"),
        ("users/remove", {"name": "admin"}, "operator-yourself"),
        ("tokens/remove", {"name": "mur"}, "unknown-token"),
    ],
)
def test_the_administrators_slips_are_named(door: Door, part: str, fields: dict[str, str], code: str) -> None:
    answer = door.person("admin").post(f"/admin/{part}", **fields)
    assert answer.status_code in (404, 409)
    assert f'data-code="{code}"' in answer.text
    assert "sesame" not in answer.text


def test_a_link_bears_the_name_under_which_people_reach_the_service(tmp_path: Path) -> None:
    house = open_house(Settings.read({**environ(tmp_path / "named"), "STAGING_WEB_URL": "https://bench.example"}))
    house.store.database.upgrade()
    admin = Door(house, create_app(house.desk, session_key=b"k" * 32)).person("admin")
    made = admin.post("/admin/users", name="camille", role="logistics", language="fr").text
    assert re.search(r'value="https://bench\.example/signin/[\w-]{32}"', made)
    house.store.database.close()


def test_a_stack_portal_and_printer_are_added_and_the_stack_is_checked(door: Door, sandbox: Served) -> None:
    admin = door.person("admin")
    fields = {"name": "portail", "url": f"{sandbox.url}/portal", "username": "staging", "password": "sandbox"}
    assert admin.post("/admin/portals", **fields).status_code == 303
    stack = {"name": "partage", "kind": "on-cloud", "url": sandbox.url, "username": "root", "password": "sandbox"}
    assert admin.post("/admin/stacks", **stack).status_code == 303
    assert admin.post("/admin/printers", name="p", url="folder:///tmp/p", sheet="l7651").status_code == 303
    page = admin.get("/admin").text
    assert all(mark in page for mark in ('data-stack="partage"', 'data-printer="p"', "portail"))
    assert 'data-state="done"' in admin.get("/admin/stacks/partage").text


def test_the_way_in_to_a_stack_and_a_portal_is_corrected_on_their_pages(door: Door, sandbox: Served) -> None:
    own_stack(door.house, sandbox.url)
    admin = door.person("admin")
    way = {"url": "http://127.0.0.1:9", "username": "moi", "password": "nouveau", "confd_url": "", "ca_file": ""}
    assert admin.post("/admin/stacks/atelier", **way).location == "/admin/stacks/atelier"
    assert (
        admin.post("/admin/portals/portail", url="https://portal.test", username="nous", password="").status_code == 303
    )
    stack, portal = door.house.store.stacks.get("atelier"), door.house.store.stacks.get_portal("portail")
    assert (stack.url, stack.username, stack.kind, stack.portal) == (way["url"], "moi", "on-premise", "portail")
    assert (portal.url, portal.username) == ("https://portal.test", "nous")
    kept = [
        door.house.store.vault.find(scope, kind)
        for scope, kind in (("stack:atelier", "engine-password"), ("portal:portail", "portal-password"))
    ]
    assert [one and one.reveal() for one in kept] == ["nouveau", "sandbox"]
    assert "nouveau" not in admin.get("/admin/stacks/atelier").text


def test_applied_changes_are_shown_before_they_are_taken_back(door: Door, sandbox: Served) -> None:
    manager, order = door.person("manager"), _order(door, sandbox)
    door.work(order.id)
    manager.post(f"/orders/{order.id}/apply", expect=_fingerprint(manager.get(f"/orders/{order.id}/changes").text))
    door.work(order.id)
    found = re.search(r'href="(/orders/\w+/undo/[0-9]+)"', manager.get(f"/orders/{order.id}/changes").text)
    assert found is not None
    page = manager.get(found[1]).text
    assert "accueil" in page
    assert manager.post(found[1]).status_code == 409
    assert door.person("technician").get(found[1]).status_code == 403
    assert manager.post(found[1], expect=_fingerprint(page)).status_code == 303
    door.work(order.id)
    after = manager.get(f"/orders/{order.id}/changes").text
    assert 'data-status="undone"' in after
    assert 'id="changes"' in after, "the plan's changes wait to be agreed to again"


def test_a_program_takes_the_last_changes_back(door: Door, sandbox: Served) -> None:
    program, order = door.program("manager"), _order(door, sandbox)
    door.work(order.id)
    assert program.ask("GET", f"/orders/{order.id}/undo").status_code == 409
    shown = program.ask("GET", f"/orders/{order.id}/changes").get_json()
    program.ask("POST", f"/orders/{order.id}/apply", {"expect": shown["fingerprint"]})
    door.work(order.id)
    back = program.ask("GET", f"/orders/{order.id}/undo").get_json()
    assert len(back["changes"]) >= 6
    assert program.ask("POST", f"/orders/{order.id}/undo", {"expect": back["fingerprint"]}).status_code == 202
    door.work(order.id)
    assert program.ask("GET", f"/orders/{order.id}/changes").get_json()["fingerprint"] == shown["fingerprint"]


def test_a_program_gives_an_order_its_box_and_no_box_that_left(door: Door, sandbox: Served) -> None:
    program, order = door.program("manager"), _order(door, sandbox)
    serial = ready_box(door.house)
    door.house.store.appliances.change(serial, shipped_at=door.house.desk.clock.now())
    gone = program.ask("PUT", f"/orders/{order.id}/serial", {"serial": serial})
    assert (gone.status_code, gone.get_json()["code"]) == (409, "appliance-left")
    door.house.store.appliances.change(serial, shipped_at=None)
    assert program.ask("PUT", f"/orders/{order.id}/serial", {"serial": serial.lower()}).get_json()["serial"] == serial


def test_a_program_ships_an_order_only_when_it_is_packed(door: Door, sandbox: Served) -> None:
    answer = door.program("logistics").ask("POST", f"/orders/{_order(door, sandbox).id}/ship")
    assert answer.status_code == 409
    assert {fault["code"] for fault in answer.get_json()["faults"]} == {"not-ready-to-ship", "not-accepted-yet"}


def test_a_program_puts_its_corrections_back(door: Door, sandbox: Served) -> None:
    program, order = door.program("manager"), _order(door, sandbox)
    draft = f"/orders/{order.id}/plan/1"
    seen = program.ask("GET", f"{draft}/draft").get_json()
    standing = {"revision": seen["revision"], "newest": seen["newest"]}
    kept = door.house.store.plans.latest(order.id)
    assert kept is not None
    sheet, _, cell = kept.plan.seats[0].cell.rpartition("!")
    made = program.ask("POST", f"{draft}/corrections", {"sheet": sheet, "cell": cell, "text": "Accueil", **standing})
    assert len(made.get_json()["corrected"]) == 1
    standing["revision"] = made.get_json()["revision"]
    assert program.ask("POST", f"{draft}/discard", standing).get_json()["corrected"] == []


def test_the_list_shows_what_is_in_hand_and_the_last_accepted_and_leads_to_the_rest(
    door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(web_orders, "ACCEPTED_SHOWN", 2)
    store, now = door.house.store, door.house.desk.clock.now()
    store.stacks.add(Stack("partage", "on-cloud", url="http://127.0.0.1:9"))
    made = [store.orders.create(customer="Atelier Bleu", siret=SIRET, stack="partage", by="camille") for _ in range(5)]
    for days, order in enumerate(made[1:]):
        store.orders.keep(order.id, accepted_at=now - timedelta(days=days))
    person = door.person("logistics")

    def listed(query: str) -> set[str]:
        return set(re.findall(r'data-order="(\w+)"', person.get(f"/orders{query}").text))

    assert listed("") == {made[0].id, made[1].id, made[2].id}
    assert 'href="/orders?all=yes"' in person.get("/orders").text
    assert listed("?all=yes") == {order.id for order in made}
    assert 'hx-trigger="every' not in person.get("/orders?all=yes").text


def test_a_moment_of_another_year_bears_its_year(door: Door) -> None:
    store = door.house.store
    store.stacks.add(Stack("partage", "on-cloud", url="http://127.0.0.1:9"))
    order = store.orders.create(customer="Atelier Bleu", siret=SIRET, stack="partage", by="camille")
    store.orders.keep(order.id, created_at=datetime(2019, 11, 21, 12, 30, tzinfo=UTC))
    assert "21/11/2019" in door.person("manager").get("/orders").text
    assert "21 Nov 2019" in door.person("technician", language="en").get("/orders").text
