"""Can a project manager correct a plan through its page, with and without a script, and nobody else?"""

import io
import json
import re
from collections.abc import Iterator
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from openpyxl import Workbook, load_workbook
from werkzeug.test import TestResponse

from staging.desk import orders
from staging.jobs.job import Stack
from tests.fakes.house import BY, CRECHE, SAMPLES, order_on
from tests.fakes.web import Door, Person, open_door

FAULTY = SAMPLES / "plan-with-faults.xlsx"
SHEET = "Plan de numérotation"


@pytest.fixture
def door(tmp_path: Path) -> Iterator[Door]:
    made = open_door(tmp_path / "home")
    made.house.store.stacks.add(Stack("partage", "on-cloud", url="http://127.0.0.1:9"))
    yield made
    made.house.store.database.close()


def ordered(door: Door, path: Path = FAULTY) -> str:
    order = order_on(door.house, "partage", plan=None)
    orders.upload_plan(door.house.desk, order.id, path, name=path.name, by=BY, lang="fr")
    return order.id


def correct(person: Person, order_id: str, cell: str, text: str, *, script: bool = False, **more: str) -> TestResponse:
    """One correction as the page's form sends it, or as its script does."""
    page = person.get(f"/orders/{order_id}/plan?version=1").text
    revision, newest = (found(page, f'name="{name}" value="([0-9]+)"') for name in ("revision", "newest"))
    fields = {"sheet": SHEET, "cell": cell, "text": text, "revision": revision, "newest": newest, **more}
    token = found(page, 'name="csrf" value="([^"]+)"')
    headers = {"HX-Request": "true", "X-CSRF": token} if script else {}
    return person.client.post(f"/orders/{order_id}/plan/1/correct", data={**fields, "csrf": token}, headers=headers)


def found(page: str, pattern: str) -> str:
    match = re.search(pattern, page)
    assert match is not None, pattern
    return unescape(match[1])


def marked(page: str) -> dict[str, str]:
    """The cells of the grid that are marked, with how."""
    cells = re.findall(r'id="c-([A-Z]+[0-9]+)" tabindex="-1" class="cell w[0-6]([^"]*)"', page)
    return {name: looks.strip() for name, looks in cells if looks.strip()}


def test_the_grid_shows_rows_as_they_are_read_and_faults_in_their_cells(door: Door) -> None:
    page = door.person("manager").get(f"/orders/{ordered(door)}/plan").text
    assert marked(page) == {
        "E6": "error", "C7": "error", "E7": "error", "B8": "error", "B9": "error", "D10": "error", "E10": "error",
        "A12": "warning",
    }  # fmt: skip
    kinds = dict(re.findall(r'class="row ([a-z]+)" role="row" id="r-([0-9]+)"', page))
    assert kinds == {"above": "3", "header": "5", "seat": "10", "refused": "9", "blank": "13", "ignored": "12"}
    assert "« POSTE FIX » n&#39;est pas un profil connu." in page
    assert re.search(r"<b>E</b> <span>Ligne</span>", page)


def test_a_correction_without_a_script_comes_back_to_its_cell_and_can_be_kept(door: Door) -> None:
    manager, order_id = door.person("manager"), ordered(door)
    answer = correct(manager, order_id, "c7", "POSTE FIXE")
    assert answer.status_code == 303
    assert answer.location.endswith("#c-C7")
    page = manager.get(answer.location).text
    assert marked(page)["C7"] == "corrected"
    assert 'data-was="POSTE FIX"' in page
    assert "<b>1 cellule corrigée</b>" in page
    revision, newest = (found(page, f'name="{name}" value="([0-9]+)"') for name in ("revision", "newest"))
    manager.post(f"/orders/{order_id}/plan/1/keep", revision=revision, newest=newest)
    versions = manager.get(f"/orders/{order_id}/plan").text
    assert re.findall(r'data-version="([0-9]+)"', versions) == ["2", "1"]
    assert "Corrections gardées" in versions


def test_a_script_gets_what_its_page_does_not_show_yet_and_no_more(door: Door) -> None:
    manager, order_id = door.person("manager"), ordered(door)
    page = manager.get(f"/orders/{order_id}/plan").text
    have = ",".join(f"{row}:{mark}" for row, mark in re.findall(r'id="(r-[0-9]+)" data-mark="([0-9a-f]+)"', page))
    news = json.loads(correct(manager, order_id, "E7", "04 65 71 00 02", script=True, have=have).data)
    assert [row for row, html in news["rows"] if html is not None] == ["r-6", "r-7"]
    assert marked("".join(html for _, html in news["rows"] if html)) == {"C7": "error", "E7": "corrected"}
    assert 'data-errors="5"' in news["summary"]
    assert (news["revision"], news["sheets"]) == (1, {"1": 6})
    assert 'data-cell="E6"' not in news["faults"]


def test_the_second_of_two_gets_409_with_a_name_and_then_the_first_one_s_cells(door: Door) -> None:
    first, order_id = door.person("manager"), ordered(door)
    second = door.person("admin")
    correct(first, order_id, "C7", "POSTE FIXE")
    late = correct(second, order_id, "C7", "SOFTPHONE", script=True, revision="0")
    assert late.status_code == 409
    assert 'data-code="plan-corrected-meanwhile"' in late.text
    assert "manager a corrigé ce plan" in late.text
    token = found(second.get("/pack").text, 'name="csrf" value="([^"]+)"')
    news = second.client.post(f"/orders/{order_id}/plan/1/rows", data={"csrf": token}).get_json()
    assert news["revision"] == 1
    assert "POSTE FIXE" in "".join(html for _, html in news["rows"])


def test_a_forged_form_corrects_nothing(door: Door) -> None:
    manager, order_id = door.person("manager"), ordered(door)
    answer = manager.client.post(f"/orders/{order_id}/plan/1/correct", data={"cell": "C7", "text": "x"})
    assert answer.status_code == 403
    assert 'data-code="stale-form"' in answer.text


@pytest.mark.parametrize("role", ["technician", "logistics"])
def test_others_see_the_plan_and_correct_nothing(door: Door, role: Any) -> None:
    person, order_id = door.person(role), ordered(door)
    page = person.get(f"/orders/{order_id}/plan").text
    assert "C7" in marked(page)
    assert ('id="correct"' in page, 'id="upload"' in page, 'aria-readonly="true"' in page) == (False, False, True)
    for way in ("correct", "keep", "discard"):
        answer = person.post(f"/orders/{order_id}/plan/1/{way}", sheet=SHEET, cell="C7", text="x")
        assert answer.status_code == 403, way
    assert person.get(f"/orders/{order_id}/plan/1/corrected").status_code == 200


def test_hostile_corrections_are_refused_with_their_reason(door: Door) -> None:
    manager, order_id = door.person("manager"), ordered(door)
    for cell, text, sheet, code in (
        ("C7", "x" * 3000, SHEET, "correction-too-long"),
        ("C7", "a\x00b", SHEET, "correction-unprintable"),
        ("XFD9", "x", SHEET, "correction-outside"),
        ("<b>", "x", SHEET, "correction-outside"),
        ("C7", "x", "<script>", "correction-outside"),
    ):
        answer = correct(manager, order_id, cell, text, script=True, sheet=sheet)
        assert (answer.status_code, found(answer.text, 'data-code="([a-z-]+)"')) == (422, code)
        assert "<script>" not in answer.text
    assert door.house.store.plans.standing(order_id, 1).revision == 0


def test_an_address_that_somebody_made_up_answers_with_a_page(door: Door) -> None:
    manager, order_id = door.person("manager"), ordered(door)
    for way, status in {
        "?version=9": 404, "?version=x": 200, "?sheet=99&first=99999": 200, "?first=-1": 200,
        f"?version={2**31}": 404, f"?version={10**20}": 404, f"/{10**20}.xlsx": 404, f"/{10**20}/seats": 404,
    }.items():  # fmt: skip
        assert manager.get(f"/orders/{order_id}/plan{way}").status_code == status, way


def test_a_correction_after_the_session_ended_leads_to_the_door_and_writes_nothing(door: Door) -> None:
    manager, order_id = door.person("manager"), ordered(door)
    token = found(manager.get("/pack").text, 'name="csrf" value="([^"]+)"')
    with manager.client.session_transaction() as session:
        session["since"] = 0
    headers = {"HX-Request": "true", "X-CSRF": token}
    fields = {"sheet": SHEET, "cell": "C7", "text": "POSTE FIXE", "revision": "0", "newest": "1"}
    answer = manager.client.post(f"/orders/{order_id}/plan/1/correct", data=fields, headers=headers)
    assert (answer.status_code, answer.headers["HX-Redirect"]) == (401, "/signin?next=/")
    assert door.house.store.plans.standing(order_id, 1).revision == 0


def test_text_of_a_correction_is_never_markup_and_never_a_formula(door: Door) -> None:
    manager, order_id = door.person("manager"), ordered(door)
    evil = '=HYPERLINK("x")<script>alert(1)</script>'
    correct(manager, order_id, "B9", evil)
    page = manager.get(f"/orders/{order_id}/plan").text
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert(1)" in page
    answer = manager.get(f"/orders/{order_id}/plan/1/corrected")
    assert answer.headers["Content-Disposition"] == (
        f'attachment; filename="plan-with-faults-{order_id}-1-corrige.xlsx"'
    )
    cell = load_workbook(io.BytesIO(answer.data))[SHEET]["B9"]
    assert (cell.value, cell.data_type) == (evil, "s")


def test_a_section_and_a_second_sheet_are_shown_as_such(door: Door, tmp_path: Path) -> None:
    book = Workbook()
    first = book.active
    assert first is not None
    first.title = "Notes"
    first.append(["rien à lire"])
    second = book.create_sheet("Postes")
    for row in (["Site", "Nom", "Profil", "Matériel"], ["Lyon"], [None, "accueil", "STANDARD", "T54W"]):
        second.append(row)
    second.append([None, "atelier", "STANDARD", "T54W"])
    book.save(tmp_path / "plan.xlsx")
    manager, order_id = door.person("manager"), ordered(door, tmp_path / "plan.xlsx")
    page = manager.get(f"/orders/{order_id}/plan").text
    assert found(page, 'id="grid-title">([^<]+)<') == "Postes"
    assert 'class="row section"' in page
    other = manager.get(f"/orders/{order_id}/plan?version=1&sheet=1").text
    assert found(other, 'id="grid-title">([^<]+)<') == "Notes"
    correct(manager, order_id, "B3", "directrice", sheet="Postes")
    listed = r'data-corrected-cell="B3"><a href="([^"]*)"( data-jump="B3")?'
    near, far = (re.search(listed, manager.get(f"/orders/{order_id}/plan?sheet={sheet}").text) for sheet in (2, 1))
    assert near is not None
    assert far is not None
    assert near.groups() == ("#c-B3", ' data-jump="B3"')
    assert far.groups() == (f"/orders/{order_id}/plan?version=1&amp;sheet=2&amp;first=0#c-B3", None)


def test_a_long_sheet_comes_in_pages_and_its_faults_lead_to_theirs(door: Door, tmp_path: Path) -> None:
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(["Nom", "Profil", "Matériel"])
    for number in range(1, 1201):
        sheet.append([f"Bureau {number}", "POSTE FIXE", "T54W" if number != 1150 else "Minitel"])
    book.save(tmp_path / "plan.xlsx")
    manager, order_id = door.person("manager"), ordered(door, tmp_path / "plan.xlsx")
    page = manager.get(f"/orders/{order_id}/plan").text
    assert page.count('class="row seat"') == 999
    way = found(page, r'<a href="([^"]+#c-C1151)"')
    assert 'id="c-C1151"' in manager.get(way.partition("#")[0]).text


def test_a_script_that_uploads_is_told_where_to_go_on(door: Door) -> None:
    manager, order_id = door.person("manager"), ordered(door)
    token = found(manager.get("/pack").text, 'name="csrf" value="([^"]+)"')
    with FAULTY.open("rb") as file:
        answer = manager.client.post(
            f"/orders/{order_id}/plan", data={"workbook": (file, "plan.xlsx")},
            headers={"HX-Request": "true", "X-CSRF": token},
        )  # fmt: skip
    assert (answer.status_code, answer.headers["HX-Redirect"]) == (204, f"/orders/{order_id}/plan")


def test_the_box_of_an_upload_forgets_the_short_numbers_of_before(door: Door) -> None:
    manager, order_id = door.person("manager"), ordered(door, CRECHE)
    assert 'name="renumber"' in manager.get(f"/orders/{order_id}/plan").text
    manager.upload(order_id, FAULTY)
    assert door.house.store.plans.allotted(order_id) != {}
    with FAULTY.open("rb") as file:
        manager.post(f"/orders/{order_id}/plan", files={"workbook": (file, "plan.xlsx")}, renumber="yes")
    assert door.house.store.plans.allotted(order_id) == {}


def test_the_page_of_two_versions_says_what_changed_in_both_languages(door: Door) -> None:
    manager, order_id = door.person("manager"), ordered(door)
    correct(manager, order_id, "C7", "POSTE FIXE")
    page = manager.get(f"/orders/{order_id}/plan").text
    manager.post(
        f"/orders/{order_id}/plan/1/keep", revision=found(page, 'name="revision" value="([0-9]+)"'), newest="1"
    )
    compared = manager.get(f"/orders/{order_id}/plan/compare?before=1&after=2").text
    assert 'data-changed="1"' in compared
    assert "De la version 1 à la version 2" in compared
    assert "<ins>poste fixe</ins>" in compared
    assert manager.get(f"/orders/{order_id}/plan/compare?before=1&after=x").status_code == 404
    other = door.person("admin", language="en").get(f"/orders/{order_id}/plan/compare?before=1&after=2").text
    assert "From version 1 to version 2" in other
    assert "<ins>desk phone</ins>" in other


def test_a_program_corrects_keeps_and_compares(door: Door) -> None:
    program, order_id = door.program("manager"), ordered(door)
    way = f"/orders/{order_id}/plan/1"
    draft = program.ask("GET", f"{way}/draft").get_json()
    assert (draft["revision"], draft["ok"], draft["corrected"]) == (0, False, [])
    body = {"sheet": SHEET, "cell": "C7", "text": "POSTE FIXE", "revision": 0, "newest": 1}
    made = program.ask("POST", f"{way}/corrections", body)
    assert made.status_code == 201
    assert [(one["cell"], one["was"]) for one in made.get_json()["corrected"]] == [("C7", "POSTE FIX")]
    again = program.ask("POST", f"{way}/corrections", body)
    assert (again.status_code, again.get_json()["code"]) == (409, "plan-corrected-meanwhile")
    kept = program.ask("POST", f"{way}/keep", {"revision": 1, "newest": 1})
    assert (kept.status_code, kept.get_json()["version"]) == (201, 2)
    compared = program.ask("GET", f"/orders/{order_id}/plan/compare/1/2").get_json()
    assert compared["counts"] == {"added": 0, "removed": 0, "changed": 1, "same": 3}
    assert program.ask("GET", f"/orders/{order_id}/plan/compare/1/x").status_code == 404


def test_a_body_that_makes_no_sense_is_a_fault_and_never_our_mistake(door: Door) -> None:
    program, order_id = door.program("manager"), ordered(door)
    cell = '{"sheet": "' + SHEET + '", "cell": "B7", "newest": 1, '
    for body, code in (
        ("[" * 100_000, "body-not-object"),
        (cell, "body-not-object"),
        (cell + '"revision": true}', "body-field-wrong"),
        (cell + '"revision": 1e999}', "body-field-wrong"),
        (cell + '"revision": 0, "text": "\\ud800"}', "correction-unprintable"),
    ):
        answer = program.client.post(
            f"/api/v1/orders/{order_id}/plan/1/corrections", data=body, content_type="application/json",
            headers={"Authorization": f"Bearer {program.token}"},
        )  # fmt: skip
        assert answer.get_json()["code"] == code, body[:90]
