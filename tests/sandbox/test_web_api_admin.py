"""Can a program do the administrator's work, and does a secret come out where the page shows it and nowhere else?"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from werkzeug.test import TestResponse

from staging.core.roles import ROLES, may
from staging.desk import bench, people
from staging.sandbox.serve import Served, serve
from staging.web.api import ROUTES
from staging.web.openapi import openapi_document
from tests.fakes.house import BY, order_on, ready_box, shared_stack
from tests.fakes.web import Door, Person, Program, open_door

STICK = {
    "name": "sdb",
    "sectors": "60000000",
    "removable": "1",
    "usb": "1",
    "read_only": "0",
    "medium": "0",
    "used": "1",
}
DISKS = [
    {"name": name, "sectors": "250069680", "removable": "0", "usb": "0", "read_only": "0", "medium": "0", "used": "1"}
    for name in ("sda", "nvme0n1")
]
JPEG = b"\xff\xd8\xff" + b"x" * 100


@pytest.fixture
def door(tmp_path: Path) -> Iterator[Door]:
    made = open_door(tmp_path)
    yield made
    made.house.store.database.close()


@pytest.fixture
def sandbox() -> Iterator[Served]:
    with serve(configured=True) as running:
        yield running


@pytest.fixture
def admin(door: Door) -> Program:
    return door.program("admin")


def codes(answer: TestResponse) -> list[str]:
    return [fault["code"] for fault in answer.json["faults"]]


def picture(program: Program, method: str, path: str, body: bytes, kind: str = "image/jpeg") -> TestResponse:
    headers = {"Authorization": f"Bearer {program.token}"}
    return program.client.open(f"/api/v1{path}", method=method, data=body, content_type=kind, headers=headers)


# People and tokens


def test_a_person_without_a_password_gets_a_link_that_opens_once(door: Door, admin: Program) -> None:
    made = admin.ask("POST", "/people", {"name": "camille", "role": "manager"})
    assert (made.status_code, made.json["role"]) == (201, "manager")
    somebody = Person(door.app.test_client())
    path = made.json["link"].removeprefix("http://localhost")
    csrf = somebody.get(path).text.split('name="csrf" value="')[1].split('"')[0]
    assert somebody.client.post(path, data={"csrf": csrf}).status_code == 303
    assert "camille" in somebody.get("/").text
    listed = admin.ask("GET", "/people")
    assert listed.json["people"] == [{"name": "camille", "role": "manager", "language": "fr"}]
    assert made.json["link"].rpartition("/")[2] not in listed.text


def test_a_person_with_a_password_gets_no_link_and_a_short_one_is_refused(admin: Program) -> None:
    body = {"name": "camille", "role": "admin", "password": "un mot de passe assez long"}
    assert admin.ask("POST", "/people", body).json["link"] is None
    assert codes(admin.ask("POST", "/people", {**body, "name": "dominique", "password": "court"})) == ["password-short"]
    assert codes(admin.ask("POST", "/people", {**body, "role": "chef"})) == ["body-field-wrong"]


def test_a_person_who_is_removed_is_shut_out_and_an_unknown_one_is_said_to_be(door: Door, admin: Program) -> None:
    person = door.person("technician")
    assert admin.ask("DELETE", "/people/technician").json == {"done": True}
    assert person.get("/bench").status_code == 303
    assert (admin.ask("DELETE", "/people/technician").status_code, admin.ask("POST", "/people/x/link").status_code) == (
        404,
        404,
    )


def test_a_token_works_from_its_one_answer_until_it_is_removed(door: Door, admin: Program) -> None:
    made = admin.ask("POST", "/tokens", {"name": "erp", "role": "manager"})
    erp = Program(door.app.test_client(), made.json["token"])
    assert erp.ask("GET", "/me").json == {"name": "token:erp", "role": "manager"}
    listed = admin.ask("GET", "/tokens")
    assert [one["name"] for one in listed.json["tokens"]] == ["admin-program", "erp"]
    assert made.json["token"] not in listed.text
    assert codes(admin.ask("POST", "/tokens", {"name": "erp", "role": "screen"})) == ["token-exists"]
    assert admin.ask("DELETE", "/tokens/erp").json == {"done": True}
    assert (erp.ask("GET", "/me").status_code, admin.ask("DELETE", "/tokens/erp").status_code) == (401, 404)


# Stacks and portals


def test_a_stack_is_added_checked_and_corrected_and_its_password_stays_inside(admin: Program, sandbox: Served) -> None:
    secret = "sandbox"
    added = admin.ask(
        "POST",
        "/stacks",
        {"name": "partage", "kind": "on-cloud", "url": sandbox.url, "password": "un mot qui ne va pas"},
    )
    assert (added.status_code, added.json["has_password"], added.json["did_format"]) == (201, True, "national")
    wrong = admin.ask("GET", "/stacks/partage/check")
    assert (wrong.status_code, wrong.json["ok"] if wrong.status_code == 200 else False) in ((200, False), (502, False))
    changed = admin.ask("PUT", "/stacks/partage", {"url": sandbox.url, "password": secret})
    assert (changed.status_code, changed.json["username"]) == (200, "root")
    checked = admin.ask("GET", "/stacks/partage/check").json
    assert checked["ok"]
    assert all(one["text"] for one in checked["findings"])
    for answer in (added, wrong, changed, admin.ask("GET", "/stacks"), admin.ask("GET", "/stacks/partage")):
        assert "un mot qui ne va pas" not in answer.text
        assert '"password"' not in answer.text


def test_a_stack_with_odd_addresses_is_refused_by_name(admin: Program) -> None:
    body: dict[str, Any] = {"name": "partage", "kind": "on-premise"}
    assert codes(admin.ask("POST", "/stacks", {**body, "urls": {"mail": "http://h"}})) == ["body-field-unknown"]
    assert codes(admin.ask("POST", "/stacks", {**body, "url": "http://root:secret@h"})) == ["bad-url"]
    assert admin.ask("PUT", "/stacks/nulle-part", {"url": "http://h"}).status_code == 404


def test_a_portal_is_added_and_corrected_and_keeps_what_is_left_out(admin: Program) -> None:
    body = {"name": "portail", "url": "https://portal.example", "username": "staging", "password": "un secret"}
    assert admin.ask("POST", "/portals", body).status_code == 201
    assert codes(admin.ask("POST", "/portals", {**body, "name": "autre", "password": ""})) == ["password-missing"]
    changed = admin.ask("PUT", "/portals/portail", {"username": "autre"})
    assert changed.json == {"name": "portail", "url": "https://portal.example", "username": "autre", "ca_file": None}
    assert "un secret" not in admin.ask("GET", "/portals").text


# Printers and sheets


def test_a_printer_is_added_shifted_and_tried(door: Door, admin: Program, tmp_path: Path) -> None:
    body = {"name": "dossier", "url": f"folder://{tmp_path}", "sheet": "roll-100x50"}
    added = admin.ask("POST", "/printers", body)
    assert (added.status_code, added.json["language"], added.json["right_mm"]) == (201, "pdf", 0.0)
    assert codes(admin.ask("POST", "/printers", {**body, "name": "autre", "dpi": 72})) == ["printer-language"]
    # 1 is a number as 1.0 is: JSON knows no difference.
    moved = admin.ask("PUT", "/printers/dossier/offset", {"right_mm": 1, "down_mm": -0.5})
    assert (moved.json["right_mm"], moved.json["down_mm"]) == (1.0, -0.5)
    assert codes(admin.ask("PUT", "/printers/dossier/offset", {"right_mm": 90, "down_mm": 0})) == ["printer-offset"]
    assert admin.ask("PUT", "/printers/nulle-part/offset", {"right_mm": 1, "down_mm": 1}).status_code == 404
    assert admin.ask("POST", "/printers/dossier/test-page").json == {"done": True}
    assert [file.read_bytes()[:5] for file in tmp_path.glob("*.pdf")] == [b"%PDF-"]
    logistics = door.program("logistics")
    assert logistics.ask("GET", "/stationery").json["printers"] == [{"printer": "dossier", "sheet": "roll-100x50"}]


def test_a_sheet_that_was_begun_is_told_and_forgotten(door: Door) -> None:
    number = door.house.store.stock.open_sheet("l7651", used=[1, 2, 3], by=BY)
    logistics = door.program("logistics")
    begun = logistics.ask("GET", "/stationery").json["begun"]
    assert [(one["number"], one["used"], one["free"]) for one in begun] == [(number, [1, 2, 3], 62)]
    assert logistics.ask("DELETE", f"/stationery/{number}").json == {"done": True}
    assert logistics.ask("DELETE", f"/stationery/{number}").json == {"done": False}
    assert codes(logistics.ask("DELETE", "/stationery/x")) == ["unknown-label-sheet"]


# Answers of our own


def test_a_text_is_kept_as_it_was_shown_and_not_otherwise(door: Door, admin: Program) -> None:
    ready_box(door.house)
    text = {"scope": "bench", "body": "d-i time/zone string Europe/Brussels\n"}
    shown = admin.ask("POST", "/answers/preview", text).json
    assert (shown["ok"], shown["rendered"]) == (True, 1)
    assert admin.ask("GET", "/answers").json["texts"] == []
    other = {**text, "body": "d-i time/zone string Europe/Lisbon\n", "expect": shown["fingerprint"]}
    assert codes(admin.ask("PUT", "/answers", other)) == ["text-changed-since"]
    assert admin.ask("PUT", "/answers", {**text, "expect": shown["fingerprint"]}).status_code == 200
    kept = admin.ask("GET", "/answers").json
    assert [(one["scope"], one["body"], one["by"]) for one in kept["texts"]] == [
        ("bench", text["body"], "token:admin-program")
    ]


# A box


def test_a_technicians_program_chooses_a_disk_and_no_stick(door: Door) -> None:
    serial = ready_box(door.house)
    door.house.store.appliances.change(serial, trouble={"code": "disk-choice", "facts": {}}, disks=[*DISKS, STICK])
    program = door.program("technician")
    disks = {one["name"]: one for one in program.ask("GET", f"/appliances/{serial}/disks").json["disks"]}
    assert {name: one["choosable"] for name, one in disks.items()} == {"sda": True, "nvme0n1": True, "sdb": False}
    assert all(one["why"] for one in disks.values())
    choose = f"/appliances/{serial}/disk"
    assert codes(program.ask("POST", choose, {"disk": "sdb", "sectors": STICK["sectors"]})) == ["disk-forbidden"]
    assert codes(program.ask("POST", choose, {"disk": "sda", "sectors": "1"})) == ["disk-unknown"]
    assert program.ask("POST", choose, {"disk": "sda", "sectors": DISKS[0]["sectors"]}).status_code == 202
    after = program.ask("GET", f"/appliances/{serial}/disks").json["disks"]
    assert [one["name"] for one in after if one["chosen"]] == ["sda"]


def test_a_photo_goes_in_and_comes_out_as_it_was(door: Door) -> None:
    serial = ready_box(door.house)
    program = door.program("technician")
    place = f"/appliances/{serial}/photos/ram"
    assert program.ask("GET", place).status_code == 404
    assert codes(picture(program, "PUT", place, b"<svg onload=alert(1)>")) == ["photo-unusable"]
    assert codes(picture(program, "PUT", place, JPEG + b"x" * bench.LONGEST_PHOTO)) == ["photo-unusable"]
    assert picture(program, "PUT", place, JPEG).json == {"done": True}
    shown = program.ask("GET", place)
    assert (shown.content_type, shown.data) == ("image/jpeg", JPEG)
    photos = program.ask("GET", f"/appliances/{serial}/evidence").json["photos"]
    assert [(one["point"], one["by"]) for one in photos] == [("ram", "token:technician-program")]


def test_a_root_password_is_told_to_those_who_may_and_written_down(door: Door) -> None:
    serial = ready_box(door.house)
    bench.arm(door.house.desk, serial, by=BY, role="manager")
    secret = door.house.store.vault.ensure(f"appliance:{serial}:root", "root-password").reveal()
    asked = f"/appliances/{serial}/reveal"
    assert door.program("technician").ask("POST", asked).status_code == 403
    manager = door.program("manager")
    assert manager.ask("POST", asked).json == {"name": serial, "secret": secret}
    assert door.house.store.timeline.of_serial(serial)[-1].event == "secret-revealed"
    for path in ("", "/evidence", "/disks", "/timeline"):
        assert secret not in manager.ask("GET", f"/appliances/{serial}{path}").text


def test_a_code_of_the_bench_card_ticks_its_point(door: Door) -> None:
    program = door.program("technician")
    assert "DH670" in program.ask("GET", "/models").json["models"]
    program.ask("POST", "/appliances", {"serial": "SN0042", "model": "DH670"})
    ticked = program.ask("POST", "/appliances/SN0042/scan", {"code": "TICK-RAM"}).json
    assert ticked["checklist"]["ram"] is True
    assert codes(program.ask("POST", "/appliances/SN0042/scan", {"code": "8001"})) == ["unknown-checklist-code"]
    assert program.ask("GET", "/bench/card.pdf").data[:5] == b"%PDF-"


def test_a_stranger_that_said_hello_is_told(door: Door) -> None:
    door.house.store.appliances.hello("SN0042", address="192.0.2.7", facts={"product_name": "DH670"})
    told = door.program("screen").ask("GET", "/bench/strangers").json["strangers"]
    assert [(one["serial"], one["address"], one["product"]) for one in told] == [("SN0042", "192.0.2.7", "DH670")]


# An order


def test_every_version_of_a_plan_comes_back_as_it_came(door: Door, sandbox: Served) -> None:
    shared_stack(door.house, sandbox.url)
    order = order_on(door.house, "partage")
    program = door.program("manager")
    place = f"/orders/{order.id}/plan"
    assert [one["version"] for one in program.ask("GET", f"{place}/versions").json["versions"]] == [1]
    assert program.ask("GET", f"{place}/1").json == program.ask("GET", place).json
    assert program.ask("GET", f"{place}/1/workbook").data == door.house.store.plans.content(order.id, 1)
    for name in ("corrected", "marked"):
        assert program.ask("GET", f"{place}/1/{name}").data[:2] == b"PK"
    assert codes(program.ask("GET", f"{place}/7/workbook")) == ["unknown-plan-version"]
    assert program.ask("GET", "/orders/new").json == {"stacks": ["partage"], "serials": []}


def test_changes_that_were_agreed_to_are_listed_and_taken_back_by_number(door: Door, sandbox: Served) -> None:
    shared_stack(door.house, sandbox.url)
    order = order_on(door.house, "partage")
    program = door.program("manager")
    place = f"/orders/{order.id}"
    door.work(order.id)
    expect = program.ask("GET", f"{place}/changes").json["fingerprint"]
    program.ask("POST", f"{place}/apply", {"expect": expect})
    door.work(order.id)
    (one,) = program.ask("GET", f"{place}/changesets").json["changesets"]
    assert (one["status"], one["fingerprint"], one["undoable"], bool(one["lines"])) == ("applied", expect, True, True)
    assert {sent["status"] for sent in program.ask("GET", f"{place}/requests").json["requests"]} == {"done"}
    shown = program.ask("GET", f"{place}/undo/{one['number']}").json
    assert shown["changes"]
    assert codes(program.ask("GET", f"{place}/undo/99")) == ["undo-newer-first"]
    assert codes(program.ask("GET", f"{place}/undo/x")) == ["nothing-to-undo"]
    assert program.ask("POST", f"{place}/undo/{one['number']}", {"expect": shown["fingerprint"]}).status_code == 202


def test_an_order_is_found_by_one_of_its_labels(door: Door, sandbox: Served) -> None:
    shared_stack(door.house, sandbox.url)
    order = order_on(door.house, "partage")
    logistics = door.program("logistics")
    found = logistics.ask("POST", "/pack", {"code": f"S1:{order.id}:handset:8000:1"}).json
    assert found == {"id": order.id, "customer": "Atelier Bleu", "packed": 0}
    assert logistics.ask("POST", "/pack", {"code": "S1:zzzzzz:handset:8000:1"}).status_code == 404
    assert logistics.ask("GET", "/pack").json == {"orders": []}
    assert logistics.ask("GET", f"/orders/{order.id}/labels/handset/9999.png").status_code == 404


# The description


def test_pictures_and_workbooks_are_described_as_what_they_are() -> None:
    paths = openapi_document(ROUTES)["paths"]
    photo = paths["/api/v1/appliances/{serial}/photos/{point}"]
    assert list(photo["put"]["requestBody"]["content"]) == ["image/jpeg", "image/png"]
    assert list(photo["get"]["responses"]["200"]["content"]) == ["image/jpeg", "image/png"]
    workbook = paths["/api/v1/orders/{order_id}/plan/{version}/workbook"]["get"]["responses"]["200"]["content"]
    assert {"text/csv", "application/vnd.oasis.opendocument.spreadsheet"} < workbook.keys()


def test_every_operation_and_every_value_is_described_in_words() -> None:
    document = openapi_document(ROUTES)
    operations = [one for path in document["paths"].values() for one in path.values()]
    assert [one["operationId"] for one in operations if one["description"].startswith("None")] == []
    values = {name: one.get("description") for name, one in document["components"]["schemas"].items()}
    assert {name for name, words in values.items() if not words or words.startswith(f"{name}(")} == {"Problem"}


def test_no_answer_of_the_description_has_a_field_for_a_password() -> None:
    document = openapi_document(ROUTES)
    given = json.dumps([one["responses"] for path in document["paths"].values() for one in path.values()])
    named = {name for name in document["components"]["schemas"] if f'schemas/{name}"' in given}
    fields = {
        (name, field) for name in named for field in document["components"]["schemas"][name].get("properties", {})
    }
    assert {one for one in fields if one[1] in ("password", "token", "secret", "link")} == {
        ("NewPersonOut", "link"), ("LinkOut", "link"), ("NewTokenOut", "token"), ("SecretOut", "secret"),
    }  # fmt: skip


@pytest.mark.parametrize("role", [role for role in ROLES if not may(role, "administer")])
def test_nobody_but_an_administrator_makes_a_way_in(door: Door, role: Any) -> None:
    program = door.program(role)
    people.add_operator(door.house.desk, "camille", role="admin", language="fr", by=BY)
    body = {"name": "x", "role": "admin"}
    for path, sent in (("/people", body), ("/tokens", body), ("/people/camille/link", None)):
        assert program.ask("POST", path, sent).status_code == 403
    assert [one.name for one in door.house.store.people.tokens()] == [f"{role}-program"]
