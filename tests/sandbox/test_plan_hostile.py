"""Is each trap of a hostile or broken file sprung once? Every test here is a defect that once was, or nearly was."""

import json
import struct
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZipFile

import pytest

from numbering import events, sandboxed, xlsx_parts
from numbering.cells import Cell, Sheet, make_row
from numbering.checks import pair_rows
from numbering.child import read_events
from numbering.commands import check_file
from numbering.dids import read_number_cell
from numbering.events import MERGE, NAME, ROW, SHEET, gather, limited
from numbering.hardware import shipped_catalogue
from numbering.parse import hardware_finder, profile_finder
from numbering.read import PlanOptions, Reading, read_plan
from numbering.rows import read_row
from numbering.sandboxed import SILENT, child_lines, read_workbook
from numbering.table import find_table
from numbering.words import readings
from staging.core.faults import PlanRefused

_GOLDEN = Path(__file__).parents[1] / "golden" / "libreoffice"
_CELLS = {".xlsx": "xl/worksheets/sheet1.xml", ".ods": "content.xml"}
_MANY = 10_000
_HEAD = ("Site", "Nom", "Profil", "Matériel", "SDA", "N° court", "E-mail")


def _reason(path: Path) -> str:
    with pytest.raises(PlanRefused) as caught:
        read_workbook(path)
    (fault,) = caught.value.faults
    assert fault.code == "unreadable-workbook"
    return str(fault.facts["reason"])


def _changed(folder: Path, suffix: str, old: str, new: str) -> Path:
    """The small form with one text of the part that holds its cells replaced, the first time that it stands there."""
    path = folder / f"plan{suffix}"
    with ZipFile(_GOLDEN / f"plan-creche{suffix}") as source, ZipFile(path, "w", ZIP_DEFLATED) as copy:
        for name in source.namelist():
            content = source.read(name)
            if name == _CELLS[suffix]:
                assert old.encode() in content
                content = content.replace(old.encode(), new.encode(), 1)
            copy.writestr(name, content)
    return path


def _sheet(rows: list[tuple[str, ...]]) -> Sheet:
    cells = [{column: Cell(text, text) for column, text in enumerate(row, start=1) if text} for row in rows]
    return Sheet("Plan", tuple(make_row(number, row) for number, row in enumerate(cells, start=1)))


def _within(seconds: float, rows: list[tuple[str, ...]]) -> Reading:
    sheet = _sheet(rows)
    began = time.process_time()
    reading = read_plan([sheet], PlanOptions(), workbook="plan.xlsx")
    assert time.process_time() - began < seconds
    return reading


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('t="s"><v>0<', 't="s"><v>-1<'),
        ('t="s"><v>0<', 't="s"><v>99999<'),
        ('t="s"><v>0<', 't="s"><v>x<'),
        ('t="s"><v>0<', 't="n"><v>inf<'),
        ('t="s"><v>0<', 't="n"><v>NaN<'),
        ('s="1"', 's="x"'),
        ('<row r="1"', '<row r="0"'),
        ('<row r="1"', '<row r="-1"'),
        ('<row r="1"', '<row r="1048577"'),
        ('<row r="1"', f'<row r="{"9" * 5000}"'),
        ('<c r="A1"', '<c r="1A"'),
        ('<c r="A1"', '<c r=""'),
        ('<c r="A1"', '<c r="a1"'),
    ],
)
def test_a_number_that_points_nowhere_is_damage_and_no_other_text(old: str, new: str, tmp_path: Path) -> None:
    assert "damaged" in _reason(_changed(tmp_path, ".xlsx", old, new))


@pytest.mark.parametrize("repeated", ["0", "-1", "x", "1.5", "9" * 5000])
@pytest.mark.parametrize(
    ("old", "what"),
    [
        ('<table:table-row table:style-name="ro1">', "table:number-rows-repeated"),
        ('<table:table-cell table:style-name="ce1"', "table:number-columns-repeated"),
    ],
)
def test_a_count_of_repeats_that_is_none_is_damage(old: str, what: str, repeated: str, tmp_path: Path) -> None:
    new = old.removesuffix(">") + f' {what}="{repeated}"' + (">" if old.endswith(">") else "")
    assert "damaged" in _reason(_changed(tmp_path, ".ods", old, new))


@pytest.mark.parametrize("style", ["-1", "99999"])
def test_a_look_that_is_not_there_is_the_plain_one(style: str, tmp_path: Path) -> None:
    reading = check_file(_changed(tmp_path, ".xlsx", 's="1"', f's="{style}"'), PlanOptions())
    assert (reading.ok, reading.plan and reading.plan.summary.seats) == (True, 6)


def test_a_part_that_begins_before_its_file_is_damage(tmp_path: Path) -> None:
    content = (_GOLDEN / "plan-creche.xlsx").read_bytes()
    table = content.rindex(b"PK\5\6")
    start = struct.unpack_from("<I", content, table + 16)[0]
    moved = content[:table] + content[table:].replace(struct.pack("<I", start), struct.pack("<I", start + 4000), 1)
    (tmp_path / "plan.xlsx").write_bytes(moved)
    assert _reason(tmp_path / "plan.xlsx") != SILENT


def test_elements_with_a_prefix_are_the_same_elements(tmp_path: Path) -> None:
    source = ZipFile(_GOLDEN / "plan-creche.xlsx")
    with source, ZipFile(tmp_path / "plan.xlsx", "w") as copy:
        for name in source.namelist():
            content = source.read(name).decode()
            if name in ("xl/worksheets/sheet1.xml", "xl/sharedStrings.xml"):
                content = (
                    content.replace("</", "</§").replace("<", "<x:").replace("<x:/§", "</x:").replace("<x:?", "<?")
                )
                content = content.replace("xmlns=", "xmlns:x=")
            copy.writestr(name, content)
    plain, prefixed = read_workbook(_GOLDEN / "plan-creche.xlsx"), read_workbook(tmp_path / "plan.xlsx")
    assert prefixed.sheets == plain.sheets


def test_rows_without_a_number_take_it_from_their_cells(tmp_path: Path) -> None:
    path = _changed(tmp_path, ".xlsx", '<row r="6"', '<row x="6"')
    assert read_workbook(path).sheets == read_workbook(_GOLDEN / "plan-creche.xlsx").sheets


def test_a_row_that_stands_twice_keeps_what_was_said_last() -> None:
    events = [[SHEET, "Plan"], [ROW, 2, [1], ["b"]], [ROW, 1, [1, 1], ["a", "c"]], [ROW, 2, [2], ["d"]]]
    (sheet,) = gather(events).sheets
    assert [(row.number, [(column, cell.text) for column, cell in row.cells()]) for row in sheet.rows] == [
        (1, [(1, "c")]),
        (2, [(1, "b"), (2, "d")]),
    ]


def test_merged_ranges_that_overlap_endlessly_are_refused_at_once() -> None:
    rows = [[ROW, number, [1], ["x"]] for number in range(1, 10_001)]
    merges = [[MERGE, 1, 1, 10_000]] * 10_000
    began = time.process_time()
    with pytest.raises(PlanRefused) as caught:
        gather([[SHEET, "Plan"], *rows, *merges])
    assert caught.value.faults[0].code == "workbook-too-large"
    assert time.process_time() - began < 5


@pytest.mark.parametrize(
    ("read_it", "text"),
    [(read_number_cell, "0-" * 16_000), (read_number_cell, "0465713450-" * 3_000), (readings, "(" * 32_000)],
    ids=["dashes", "numbers and dashes", "parentheses"],
)
def test_a_cell_of_one_sign_over_and_over_is_read_in_its_time(read_it: Callable[[str], object], text: str) -> None:
    began = time.process_time()
    read_it(text)
    assert time.process_time() - began < 0.5


def test_thousands_of_softphones_and_desks_of_one_name_find_each_other_in_their_time() -> None:
    table = find_table(_sheet([_HEAD, ("", "accueil", "SOFTPHONE"), ("", "accueil", "FIXE", "T54W")]))
    assert table is not None
    finders = {"find_hardware": hardware_finder(shipped_catalogue()), "find_profile": profile_finder()}
    drafts = [read_row(row, order=0, workbook="plan.xlsx", sheet="Plan", **finders)[0] for row in table.rows]
    numbered = [replace(drafts[order % 2], order=order) for order in range(4 * _MANY)]
    began = time.process_time()
    people = pair_rows(numbered)
    assert time.process_time() - began < 3
    assert {len(person) for person in people} == {2}


@pytest.mark.parametrize(
    "row",
    [
        ("Siège",),
        ("", "accueil", "FIXE", "Téléphone rouge {n}"),
        ("", "accueil", "BALCON {n}", "T54W"),
        ("", "poste {n}", "FIXE", "T54W", "0465710001", "8001", "a@b.fr"),
        ("", "accueil", "FIXE", "T54W", "", "8001"),
        ("", "accueil", "UC", "T54W", "", "", "a@b.fr"),
        ("", "poste {n}", "FIXE", "T54W", "", "1{n:05d}"),
    ],
    ids=["sections", "unknown hardware", "unknown profiles", "one number", "one name", "one address", "a wide range"],
)
def test_a_plan_of_one_mistake_over_and_over_is_read_in_its_time(row: tuple[str, ...]) -> None:
    rows = [_HEAD, *(tuple(text.format(n=number) for text in row) for number in range(_MANY))]
    reading = _within(10, rows)
    assert reading.plan is not None
    assert reading.plan.summary.rows == _MANY


def test_a_child_that_hangs_is_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sandboxed, "_PROGRAM", "import time; time.sleep(60)")
    monkeypatch.setattr(sandboxed, "MAX_SECONDS", 0.5)
    began = time.monotonic()
    assert _reason(tmp_path / "plan.csv") == SILENT
    assert time.monotonic() - began < 5


def test_a_child_says_all_or_says_why(tmp_path: Path) -> None:
    lines = [json.loads(line) for line in child_lines(_GOLDEN / "plan-creche.csv")]
    assert (lines[0], lines[-1]) == ([SHEET, "plan-creche"], ["end"])
    (tmp_path / "plan.xlsx").write_bytes(b"PK\3\4")
    assert [json.loads(line)[0] for line in child_lines(tmp_path / "plan.xlsx")] == ["refused", "end"]


def test_names_of_cells_that_are_not_ours_are_not_even_kept(tmp_path: Path) -> None:
    names = "".join(f'<definedName name="n{number}">Plan!$A$1</definedName>' for number in range(50))
    path = tmp_path / "plan.xlsx"
    with ZipFile(_GOLDEN / "plan-creche.xlsx") as source, ZipFile(path, "w", ZIP_DEFLATED) as copy:
        for name in source.namelist():
            content = source.read(name)
            if name == "xl/workbook.xml":
                content = content.replace(b"</sheets>", f"</sheets><definedNames>{names}</definedNames>".encode(), 1)
            copy.writestr(name, content)
    with closing(child_lines(path)) as lines:
        assert [line for line in lines if line.startswith('["name"')] == []


def test_cells_and_names_without_number_are_refused_before_they_fill_the_memory(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(events, "MAX_TEXT_CHARACTERS", 1_000)
    digits = [[ROW, 1, list(range(40)), [["1", 1, 0]] * 40]]
    names = [[NAME, f"staging_proposed_{number}", "Plan!$A$1"] for number in range(40)]
    for many in (digits, names):
        with pytest.raises(PlanRefused) as caught:
            list(limited(many))
        assert caught.value.faults[0].code == "workbook-too-large"


def test_numbers_that_say_the_same_are_one_object() -> None:
    cells = gather([[SHEET, "Plan"], [ROW, 1, [1, 2, 3], [["1", 1, 0], ["1", 1, 0], ["1", 1, 2]]]]).sheets[0].rows[0]
    first, second, hidden = cells.contents
    assert first is second
    assert (hidden.hidden, first.hidden) == (True, False)


def test_shared_texts_beyond_all_measure_are_refused_before_they_fill_the_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The limit itself, of some three million texts, takes ten seconds to reach.
    monkeypatch.setattr(xlsx_parts, "MAX_TEXT_CHARACTERS", 20_000)
    texts = b"".join(b"<si><t>%d</t></si>" % number for number in range(1000))
    with ZipFile(_GOLDEN / "plan-creche.xlsx") as source, ZipFile(tmp_path / "plan.xlsx", "w", ZIP_DEFLATED) as copy:
        for name in source.namelist():
            copy.writestr(name, b"<sst>" + texts + b"</sst>" if name == "xl/sharedStrings.xml" else source.read(name))
    with pytest.raises(PlanRefused) as caught:
        list(read_events(tmp_path / "plan.xlsx"))
    assert caught.value.faults[0].code == "workbook-too-large"
