"""Does a correction made at the screen survive, reach the customer's own file, and never go over somebody else's?"""

import io
import shutil
from collections.abc import Iterator
from pathlib import Path
from zipfile import ZipFile

import pytest
from openpyxl import Workbook, load_workbook
from openpyxl.worksheet.table import Table

from staging.bootstrap import House
from staging.core.faults import PlanRefused, Refused
from staging.desk import drafts, orders, plans
from staging.desk.drafts import Look
from staging.jobs.job import Stack
from tests.fakes.house import BY, SAMPLES, make_house, order_on, ready_box
from tests.fakes.house import workbook as draw

FAULTY = SAMPLES / "plan-with-faults.xlsx"
SHEET = "Plan de numérotation"


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    made = make_house(tmp_path / "home")
    made.store.stacks.add(Stack("partage", "on-cloud", url="http://127.0.0.1:9"))
    yield made
    made.store.database.close()


def ordered(house: House, path: Path = FAULTY) -> str:
    order = order_on(house, "partage", plan=None)
    orders.upload_plan(house.desk, order.id, path, name=path.name, by=BY, lang="fr")
    return order.id


def correct(house: House, order_id: str, cell: str, text: str | None, *, by: str = BY, sheet: str = SHEET) -> Look:
    standing = drafts.look(house.desk, order_id, 1).standing
    return drafts.correct_cell(house.desk, order_id, 1, sheet=sheet, cell=cell, text=text, standing=standing, by=by)


def keep(house: House, order_id: str, seen: Look) -> int:
    kept = drafts.keep_corrections(house.desk, order_id, 1, standing=seen.standing, by=BY, lang="fr")
    return kept.version


def codes(seen: Look) -> set[tuple[str, str | None]]:
    return {(fault.code, fault.at.cell) for fault in seen.reading.faults}


def parts(content: bytes) -> dict[str, bytes]:
    with ZipFile(io.BytesIO(content)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def code_of(refused: pytest.ExceptionInfo[PlanRefused] | pytest.ExceptionInfo[Refused]) -> str:
    return refused.value.faults[0].code


def test_a_correction_takes_its_fault_away_at_once(house: House) -> None:
    order_id = ordered(house)
    assert ("unknown-profile", "C7") in codes(drafts.look(house.desk, order_id, 1))
    assert ("unknown-profile", "C7") not in codes(correct(house, order_id, "C7", "POSTE FIXE"))


def test_the_faulty_sample_is_corrected_until_it_is_clean_and_counts_once_kept(house: House) -> None:
    order_id = ordered(house)
    for cell, text in {
        "C7": "POSTE FIXE", "E7": "04 65 71 00 02", "F5": "E-mail", "F8": "bureau2@atelier-bleu.example",
        "B9": "Bureau 3", "D10": "T54W", "E10": "04 65 71 00 05", "A12": "",
    }.items():  # fmt: skip
        seen = correct(house, order_id, cell, text)
    assert seen.reading.faults == ()
    assert house.store.plans.latest(order_id, ok=True) is None
    assert keep(house, order_id, seen) == 2
    good = house.store.plans.latest(order_id, ok=True)
    assert good is not None
    assert [seat.name for seat in good.plan.seats][3] == "Bureau 3"
    assert house.store.timeline.of_order(order_id)[-1].event == "plan-corrected"


def test_a_draft_survives_the_service_and_no_version_is_made_of_it(house: House, tmp_path: Path) -> None:
    order_id = ordered(house)
    correct(house, order_id, "C7", "POSTE FIXE")
    house.store.database.close()
    again = make_house(tmp_path / "home")
    seen = drafts.look(again.desk, order_id, 1)
    assert [(one.cell, one.was, one.text, one.made.operator) for one in seen.corrected.values()] == [
        ("C7", "POSTE FIX", "POSTE FIXE", BY)
    ]
    assert [(line.version, line.unkept) for line in plans.version_lines(again.desk, order_id)] == [(1, 1)]
    again.store.database.close()


def test_the_corrected_file_is_the_customer_s_but_for_the_corrected_cells(house: House) -> None:
    order_id = ordered(house)
    correct(house, order_id, "C7", "POSTE FIXE")
    correct(house, order_id, "E7", "=1+1")
    before, after = parts(FAULTY.read_bytes()), parts(drafts.corrected_workbook(house.desk, order_id, 1))
    sheet = "xl/worksheets/sheet1.xml"
    assert list(before) == list(after)
    assert {name for name in before if before[name] != after[name]} == {sheet}
    changed = before[sheet].replace(
        b'<c r="C7" t="inlineStr"><is><t>POSTE FIX</t></is></c>',
        b'<c r="C7" t="inlineStr"><is><t xml:space="preserve">POSTE FIXE</t></is></c>',
    ).replace(
        b'<c r="E7" t="n"><v>465710001</v></c>',
        b'<c r="E7" t="inlineStr"><is><t xml:space="preserve">=1+1</t></is></c>',
    )  # fmt: skip
    assert after[sheet] == changed


def test_the_corrected_file_is_the_one_that_the_kept_version_holds(house: House) -> None:
    order_id = ordered(house)
    seen = correct(house, order_id, "C7", "POSTE FIXE")
    corrected = drafts.corrected_workbook(house.desk, order_id, 1)
    keep(house, order_id, seen)
    content = house.store.plans.content(order_id, 2)
    assert content is not None
    assert parts(content) == parts(corrected)
    assert house.store.plans.content(order_id, 1) == FAULTY.read_bytes()
    assert drafts.look(house.desk, order_id, 1).corrected == {}


def test_the_second_of_two_at_once_is_told_who_was_first_and_changes_nothing(house: House) -> None:
    order_id = ordered(house)
    seen = drafts.look(house.desk, order_id, 1)
    correct(house, order_id, "C7", "POSTE FIXE", by="dominique")
    with pytest.raises(Refused) as refused:
        drafts.correct_cell(
            house.desk, order_id, 1, sheet=SHEET, cell="C7", text="SOFTPHONE", standing=seen.standing, by=BY
        )
    assert code_of(refused) == "plan-corrected-meanwhile"
    assert refused.value.faults[0].facts == {"by": "dominique", "cell": "C7"}
    assert [one.text for one in drafts.look(house.desk, order_id, 1).corrected.values()] == ["POSTE FIXE"]


def test_whoever_corrects_an_older_version_is_told_of_the_newer_one(house: House) -> None:
    order_id = ordered(house)
    seen = drafts.look(house.desk, order_id, 1)
    orders.upload_plan(house.desk, order_id, FAULTY, name="second.xlsx", by="dominique", lang="fr")
    with pytest.raises(Refused) as refused:
        drafts.correct_cell(house.desk, order_id, 1, sheet=SHEET, cell="C7", text="x", standing=seen.standing, by=BY)
    assert code_of(refused) == "plan-has-newer"
    assert refused.value.faults[0].facts == {"version": 2, "by": "dominique"}


def test_an_upload_leaves_the_corrections_of_the_version_before_where_they_were(house: House) -> None:
    order_id = ordered(house)
    correct(house, order_id, "C7", "POSTE FIXE")
    orders.upload_plan(house.desk, order_id, FAULTY, name="second.xlsx", by=BY, lang="fr")
    seen = drafts.look(house.desk, order_id, 1)
    assert [one.cell for one in seen.corrected.values()] == ["C7"]
    assert keep(house, order_id, seen) == 3


def test_keeping_what_somebody_went_on_correcting_is_refused(house: House) -> None:
    order_id = ordered(house)
    seen = correct(house, order_id, "C7", "POSTE FIXE")
    correct(house, order_id, "B9", "Bureau 3", by="dominique")
    with pytest.raises(Refused) as refused:
        keep(house, order_id, seen)
    assert code_of(refused) == "plan-corrected-meanwhile"
    assert len(plans.version_lines(house.desk, order_id)) == 1


def test_a_cell_can_be_put_back_and_so_can_all(house: House) -> None:
    order_id = ordered(house)
    correct(house, order_id, "C7", "POSTE FIXE")
    assert correct(house, order_id, "C7", None).corrected == {}
    correct(house, order_id, "C7", "SOFTPHONE")
    assert correct(house, order_id, "C7", "POSTE FIX").corrected == {}
    correct(house, order_id, "C7", "SOFTPHONE")
    seen = correct(house, order_id, "B9", "Bureau 3")
    assert drafts.discard_corrections(house.desk, order_id, 1, standing=seen.standing, by=BY) == 2
    assert drafts.corrected_workbook(house.desk, order_id, 1) == FAULTY.read_bytes()
    with pytest.raises(Refused) as refused:
        keep(house, order_id, drafts.look(house.desk, order_id, 1))
    assert code_of(refused) == "nothing-corrected"


def test_typing_what_stands_there_already_writes_nothing_down(house: House) -> None:
    order_id = ordered(house)
    assert correct(house, order_id, "C7", "POSTE FIX").standing.revision == 0


@pytest.mark.parametrize(
    ("sheet", "cell", "text", "code"),
    [
        (SHEET, "H9", "x", "correction-outside"),
        (SHEET, "A400", "x", "correction-outside"),
        ("Autre", "A1", "x", "correction-outside"),
        (SHEET, "../A1", "x", "correction-outside"),
        (SHEET, "B1", "x", "correction-in-merged"),
        (SHEET, "C7", "x" * 100_000, "correction-too-long"),
        (SHEET, "C7", "a\x07", "correction-unprintable"),
    ],
)
def test_what_cannot_stand_in_a_cell_is_refused_and_leaves_the_draft_alone(
    house: House, sheet: str, cell: str, text: str, code: str
) -> None:
    order_id = ordered(house)
    with pytest.raises(PlanRefused) as refused:
        correct(house, order_id, cell, text, sheet=sheet)
    assert code_of(refused) == code
    assert drafts.look(house.desk, order_id, 1).standing.revision == 0


def test_a_csv_file_is_corrected_and_becomes_an_excel_one(house: House, tmp_path: Path) -> None:
    path = tmp_path / "plan.csv"
    path.write_text("Nom;Profil;Matériel\naccueil;POSTE FIX;T54W\natelier;POSTE FIXE;Minitel\n", "utf-8")
    order_id = ordered(house, path)
    grid = drafts.look(house.desk, order_id, 1).grids[0]
    assert grid.cells(grid.lines[1])[1].text == "POSTE FIX"
    correct(house, order_id, "B2", "POSTE FIXE", sheet=grid.sheet)
    seen = correct(house, order_id, "C3", "T31G", sheet=grid.sheet)
    assert (seen.reading.faults, len(seen.corrected)) == ((), 2)
    kept = drafts.keep_corrections(house.desk, order_id, 1, standing=seen.standing, by=BY, lang="fr")
    assert (kept.workbook, kept.ok) == ("plan.xlsx", True)
    content = house.store.plans.content(order_id, 2)
    assert content is not None
    assert load_workbook(io.BytesIO(content)).worksheets[0]["C3"].value == "T31G"


def test_a_workbook_that_is_refused_whole_shows_why_and_no_grid(house: House, tmp_path: Path) -> None:
    path = tmp_path / "plan.xlsx"
    path.write_bytes(b"PK\x03\x04 and nothing")
    seen = drafts.look(house.desk, ordered(house, path), 1)
    assert (seen.grids, seen.reading.plan) == ((), None)
    assert [fault.code for fault in seen.reading.faults] == ["unreadable-workbook"]


def _with_formulas(path: Path) -> Path:
    """A workbook of a table object, a formula, and the part in which Excel keeps the order of calculation."""
    plain = path.with_name("plain.xlsx")
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = SHEET
    for row in (
        ["Nom", "Profil", "Matériel"],
        ["accueil", "STANDARD", '="T54"&"W"'],
        ["atelier", "POSTE FIXE", "T31G"],
    ):
        sheet.append(row)
    sheet.add_table(Table(displayName="Postes", ref="A1:C3"))
    book.save(plain)
    chain = (
        b'<calcChain xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><c r="C2" i="1"/></calcChain>'
    )
    with ZipFile(plain) as old, ZipFile(path, "w") as new:
        for name in old.namelist():
            content = old.read(name)
            if name == "[Content_Types].xml":
                content = content.replace(
                    b"</Types>", b'<Override PartName="/xl/calcChain.xml" ContentType="application/vnd.openxmlformats-'
                    b'officedocument.spreadsheetml.calcChain+xml"/></Types>',
                )  # fmt: skip
            if name == "xl/_rels/workbook.xml.rels":
                content = content.replace(
                    b"</Relationships>", b'<Relationship Id="rId99" Type="http://schemas.openxmlformats.org/'
                    b'officeDocument/2006/relationships/calcChain" Target="calcChain.xml"/></Relationships>',
                )  # fmt: skip
            new.writestr(name, content)
        new.writestr("xl/calcChain.xml", chain)
    return path


def test_a_formula_that_is_corrected_takes_the_order_of_calculation_with_it(house: House, tmp_path: Path) -> None:
    order_id = ordered(house, _with_formulas(tmp_path / "plan.xlsx"))
    correct(house, order_id, "B3", "STANDARD")
    assert "xl/calcChain.xml" in parts(drafts.corrected_workbook(house.desk, order_id, 1))
    correct(house, order_id, "C2", "T54W")
    content = drafts.corrected_workbook(house.desk, order_id, 1)
    assert b"calcChain" not in b"".join(parts(content).values())
    assert load_workbook(io.BytesIO(content))[SHEET]["C2"].value == "T54W"


def test_the_heading_of_a_table_object_is_refused_and_a_cell_of_it_is_not(house: House, tmp_path: Path) -> None:
    order_id = ordered(house, _with_formulas(tmp_path / "plan.xlsx"))
    with pytest.raises(PlanRefused) as refused:
        correct(house, order_id, "B1", "Type")
    assert code_of(refused) == "correction-in-table-heading"
    assert correct(house, order_id, "A2", "hall").corrected != {}


def test_a_marked_copy_of_the_draft_marks_what_is_still_wrong(house: House) -> None:
    order_id = ordered(house)
    correct(house, order_id, "C7", "POSTE FIXE")
    content = drafts.corrected_workbook(house.desk, order_id, 1, marked_in="fr")
    sheet = load_workbook(io.BytesIO(content))[SHEET]
    assert (sheet["C7"].value, sheet["C7"].comment) == ("POSTE FIXE", None)
    assert sheet["D10"].comment is not None


def test_an_order_whose_box_left_is_not_corrected_any_more(house: House) -> None:
    order_id = ordered(house)
    serial = ready_box(house)
    orders.attach_serial(house.desk, order_id, serial, by=BY)
    house.store.appliances.change(serial, shipped_at=house.desk.clock.now())
    with pytest.raises(Refused) as refused:
        correct(house, order_id, "C7", "POSTE FIXE")
    assert code_of(refused) == "order-shipped-already"


def test_seats_keep_their_numbers_until_somebody_asks_to_renumber(house: House, tmp_path: Path) -> None:
    rows = [("atelier", "POSTE FIXE", "T54W", None)] * 2
    order_id = ordered(house, draw(tmp_path / "first.xlsx", *rows))
    longer = draw(tmp_path / "longer.xlsx", ("accueil", "POSTE FIXE", "T54W", None), *rows)
    found = []
    for renumber in (False, True):
        version = orders.upload_plan(
            house.desk, order_id, longer, name="plan.xlsx", by=BY, lang="fr", renumber=renumber
        )
        found.append([seat.extension for seat in version.plan.seats])
    assert found == [["8002", "8000", "8001"], ["8000", "8001", "8002"]]


def test_a_file_that_nobody_can_read_renumbers_nobody_even_if_it_was_asked(house: House, tmp_path: Path) -> None:
    seat = ("atelier", "POSTE FIXE", "T54W", None)
    order_id = ordered(house, draw(tmp_path / "first.xlsx", seat))
    (tmp_path / "torn.xlsx").write_bytes(b"PK\x03\x04 torn")
    orders.upload_plan(house.desk, order_id, tmp_path / "torn.xlsx", name="plan.xlsx", by=BY, lang="fr", renumber=True)
    good = draw(tmp_path / "good.xlsx", ("accueil", "POSTE FIXE", "T54W", None), seat)
    version = orders.upload_plan(house.desk, order_id, good, name="plan.xlsx", by=BY, lang="fr")
    assert [seat.extension for seat in version.plan.seats] == ["8001", "8000"]


def test_two_versions_are_compared_seat_by_seat(house: House, tmp_path: Path) -> None:
    first = draw(tmp_path / "un.xlsx", ("accueil", "STANDARD", "T54W", None), ("atelier", "POSTE FIXE", "T31G", None))
    order_id = ordered(house, first)
    second = draw(tmp_path / "deux.xlsx", ("accueil", "STANDARD", "T53W", None), ("hall", "POSTE FIXE", "CP960", None))
    orders.upload_plan(house.desk, order_id, second, name="deux.xlsx", by=BY, lang="fr")
    found = plans.compare_versions(house.desk, order_id, before=1, after=2)
    assert [(one.change, one.seat.name) for one in found.changes.seats] == [("changed", "accueil"), ("changed", "hall")]
    with pytest.raises(Refused) as refused:
        plans.compare_versions(house.desk, order_id, before=1, after=9)
    assert code_of(refused) == "unknown-plan-version"


def test_a_good_version_kept_lets_the_order_look_at_its_later_steps_again(house: House, tmp_path: Path) -> None:
    path = shutil.copy(SAMPLES / "plan-creche.xlsx", tmp_path / "plan.xlsx")
    order_id = ordered(house, Path(path))
    house.store.orders.set_step(order_id, "provision", status="done")
    seen = drafts.look(house.desk, order_id, 1)
    keep(house, order_id, correct(house, order_id, "B8", "direction", sheet=seen.grids[0].sheet))
    assert house.store.orders.steps(order_id)["provision"].status == "to-do"
