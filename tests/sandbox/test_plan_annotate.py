"""Does the customer get the own workbook back, marked where it is wrong, and unmarked where it no longer is?"""

import json
import re
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from zipfile import ZipFile

import pytest
from click.testing import CliRunner, Result
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import Workbook, load_workbook
from openpyxl.comments import Comment
from openpyxl.styles import Font, PatternFill
from openpyxl.workbook.defined_name import DefinedName

from numbering.annotate import annotate
from numbering.cells import Sheet
from numbering.child import read_events
from numbering.commands import check_file, plan
from numbering.events import gather
from numbering.plain import write_plain
from numbering.read import PlanOptions

_SAMPLES = Path(__file__).parents[2] / "samples"
_GOLDEN = Path(__file__).parents[1] / "golden" / "annotate"
_CRECHE, _LARGE, _FAULTY = (_SAMPLES / f"plan-{name}.xlsx" for name in ("creche", "atelier-bleu", "with-faults"))
_SHEET = "Plan de numérotation"


def _run(*arguments: object) -> Result:
    return CliRunner().invoke(plan, [str(argument) for argument in arguments])


def _json(*arguments: object) -> Any:
    return json.loads(_run("check", *arguments, "--json").stdout)


def _without_name(document: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in document.items() if key != "workbook"}


def _annotated(source: Path, out: Path) -> Path:
    _run("check", source, "--annotate", out)
    return out


def _saved(path: Path, rows: list[list[Any]]) -> Path:
    book = Workbook()
    assert book.active is not None
    for row in rows:
        book.active.append(row)
    book.save(path)
    return path


def test_the_annotated_workbook_shows_the_faults_where_they_are(tmp_path: Path) -> None:
    out = tmp_path / "out.xlsx"
    assert _run("check", _FAULTY, "--annotate", out).exit_code == 1
    sheet, findings = load_workbook(out)[_SHEET], load_workbook(out)["Anomalies"]
    assert (sheet["C7"].fill.fgColor.rgb, sheet["A12"].fill.fgColor.rgb) == ("FFFF9C9C", "FFFFD27F")
    assert "POSTE FIXE" in sheet["C7"].comment.text
    assert [sheet.cell(row, 6).value for row in (5, 6, 7, 8, 9, 10)] == [
        "Numéro court proposé",
        "8000",
        "8001",
        "8002",
        None,
        "8003",
    ]
    assert (findings.max_row, findings["B2"].hyperlink.location) == (10, f"'{_SHEET}'!E6")
    assert sheet.column_dimensions["A"].width == load_workbook(_FAULTY)[_SHEET].column_dimensions["A"].width


def test_checking_an_annotated_workbook_again_changes_nothing(tmp_path: Path) -> None:
    first, second = tmp_path / "first.xlsx", tmp_path / "second.xlsx"
    _run("check", _FAULTY, "--annotate", first)
    assert _without_name(_json(first)) == _without_name(_json(_FAULTY))
    _run("check", first, "--annotate", second)
    book, again = load_workbook(first), load_workbook(second)
    assert book.sheetnames == again.sheetnames
    for row in book[_SHEET].iter_rows():
        for cell in row:
            twin = again[_SHEET][cell.coordinate]
            assert (cell.value, cell.fill.fgColor.rgb, cell.comment and cell.comment.text) == (
                twin.value, twin.fill.fgColor.rgb, twin.comment and twin.comment.text,
            )  # fmt: skip


def test_a_corrected_workbook_passes_and_keeps_its_proposed_numbers(tmp_path: Path) -> None:
    marked, corrected = tmp_path / "marked.xlsx", tmp_path / "corrected.xlsx"
    _run("check", _FAULTY, "--annotate", marked)
    book = load_workbook(marked)
    sheet = book[_SHEET]
    corrections = {
        "C7": "POSTE FIXE",
        "E7": "04 65 71 00 02",
        "C8": "POSTE FIXE",
        "D8": "T54W",
        "B9": "Bureau 3",
        "D10": "T54W",
        "E10": None,
    }
    for name, value in corrections.items():
        sheet[name] = value
    book.save(corrected)
    document = _json(corrected)
    assert document["ok"]
    assert [seat["extension"] for seat in document["seats"]] == ["8000", "8001", "8002", "8004", "8003"]
    clean = tmp_path / "clean.xlsx"
    assert _run("check", corrected, "--annotate", clean).exit_code == 0
    assert load_workbook(clean)[_SHEET]["C7"].fill.fill_type is None
    assert load_workbook(clean)[_SHEET]["C7"].comment is None


def test_the_customers_own_fills_comments_and_formulas_survive(tmp_path: Path) -> None:
    source, out, clean = tmp_path / "source.xlsx", tmp_path / "out.xlsx", tmp_path / "clean.xlsx"
    book = load_workbook(_FAULTY)
    sheet = book[_SHEET]
    sheet["C7"].fill = PatternFill("solid", fgColor="FF00FF00")
    sheet["C7"].comment = Comment("à voir", "directrice")
    sheet["H6"] = "=1+1"
    sheet["B7"] = "=HYPERLINK"
    sheet["B7"].data_type = "s"
    book.save(source)
    _run("check", source, "--annotate", out)
    marked = load_workbook(out)[_SHEET]
    assert marked["C7"].comment.text.startswith("à voir")
    assert (marked["H6"].value, marked["H6"].data_type) == ("=1+1", "f")
    assert (marked["B7"].value, marked["B7"].data_type) == ("=HYPERLINK", "s")
    book = load_workbook(out)
    book[_SHEET]["C7"] = "POSTE FIXE"
    book.save(out)
    _run("check", out, "--annotate", clean)
    cell = load_workbook(clean)[_SHEET]["C7"]
    assert (cell.fill.fgColor.rgb, cell.comment.text) == ("FF00FF00", "à voir")


def test_results_of_formulas_survive_being_annotated(tmp_path: Path) -> None:
    source, out = tmp_path / "source.xlsx", tmp_path / "out.xlsx"
    book = load_workbook(_FAULTY)
    book[_SHEET]["D6"] = '="T54"&"W"'
    book.save(tmp_path / "unsaved.xlsx")
    with ZipFile(tmp_path / "unsaved.xlsx") as old, ZipFile(source, "w") as new:
        for name in old.namelist():
            content = re.sub(
                rb'<c r="D6"><f>([^<]*)</f><v ?/>', rb'<c r="D6" t="str"><f>\1</f><v>T54W</v>', old.read(name)
            )
            new.writestr(name, content)
    assert _json(source)["seats"][0]["lines"][0]["model"] == "T54W"
    _run("check", source, "--annotate", out)
    assert _without_name(_json(out)) == _without_name(_json(source))
    assert load_workbook(out)[_SHEET]["D6"].data_type == "f"


def test_text_of_a_cell_never_becomes_a_formula_among_the_findings(tmp_path: Path) -> None:
    source, out = tmp_path / "source.xlsx", tmp_path / "out.xlsx"
    book = load_workbook(_FAULTY)
    for name, text in (("C7", '=cmd|"/c calc"'), ("C10", "@SUM(A1)"), ("A12", "=1+1")):
        book[_SHEET][name] = text
        book[_SHEET][name].data_type = "s"
    book.save(source)
    _run("check", source, "--annotate", out)
    annotated = load_workbook(out)
    assert not [cell for sheet in annotated for row in sheet.iter_rows() for cell in row if cell.data_type == "f"]


def test_annotating_is_refused_where_it_cannot_be(tmp_path: Path) -> None:
    copy = tmp_path / "copy.xlsx"
    copy.write_bytes(_CRECHE.read_bytes())
    out = tmp_path / "out.xlsx"
    assert _run("check", copy, "--annotate", copy).exit_code == 2
    assert _run("check", _CRECHE, _LARGE, "--annotate", out).exit_code == 2
    assert not out.exists()
    assert copy.read_bytes() == _CRECHE.read_bytes()


def test_annotating_twice_is_the_same_file_as_annotating_once(tmp_path: Path) -> None:
    first = _annotated(_FAULTY, tmp_path / "first.xlsx")
    second = _annotated(first, tmp_path / "second.xlsx")
    assert second.read_bytes() == first.read_bytes()


def test_a_good_workbook_says_that_nothing_was_found(tmp_path: Path) -> None:
    rows = [["Nom complet", "Profil", "Matériel"], ["accueil", "POSTE FIXE", "T54W"]]
    book = load_workbook(_annotated(_saved(tmp_path / "good.xlsx", rows), tmp_path / "out.xlsx"))
    assert (book["Anomalies"]["A2"].value, "staging_store" in book.sheetnames) == ("Aucune anomalie.", False)


def test_a_marked_row_may_be_moved_and_made_bold_and_still_gets_its_looks_back(tmp_path: Path) -> None:
    source = tmp_path / "source.xlsx"
    book = load_workbook(_FAULTY)
    book[_SHEET]["D10"].fill = PatternFill("solid", fgColor="FF00FF00")
    book.save(source)
    book = load_workbook(_annotated(source, tmp_path / "marked.xlsx"))
    sheet = book[_SHEET]
    assert sheet["D10"].fill.fgColor.rgb != sheet["C7"].fill.fgColor.rgb
    sheet["C7"], sheet["D10"] = "POSTE FIXE", "T54W"
    sheet["D10"].font = Font(bold=True)
    sheet.insert_rows(6, 2)
    book.save(tmp_path / "moved.xlsx")
    clean = load_workbook(_annotated(tmp_path / "moved.xlsx", tmp_path / "clean.xlsx"))[_SHEET]
    assert (clean["C9"].fill.fill_type, clean["D12"].fill.fgColor.rgb, clean["D12"].font.b) == (None, "FF00FF00", True)


def test_a_cell_that_was_red_before_is_red_afterwards(tmp_path: Path) -> None:
    source, red = tmp_path / "source.xlsx", PatternFill("solid", fgColor="FFFF9C9C")
    book = load_workbook(_FAULTY)
    book[_SHEET]["C7"].fill = book[_SHEET]["A6"].fill = red
    book.save(source)
    book = load_workbook(_annotated(source, tmp_path / "marked.xlsx"))
    book[_SHEET]["C7"] = "POSTE FIXE"
    book.save(tmp_path / "corrected.xlsx")
    clean = load_workbook(_annotated(tmp_path / "corrected.xlsx", tmp_path / "clean.xlsx"))[_SHEET]
    assert [clean[name].fill.fgColor.rgb for name in ("A6", "C7")] == ["FFFF9C9C", "FFFF9C9C"]
    assert clean["D6"].fill.fill_type is None


def test_a_fault_inside_a_merged_range_is_marked_where_its_text_stands(tmp_path: Path) -> None:
    source = _saved(
        tmp_path / "source.xlsx",
        [["Nom complet", "Profil", "Matériel"], ["accueil", "POSTE FIX", "T54W"], ["atelier", None, "T54W"]],
    )
    book = load_workbook(source)
    book.active.merge_cells("B2:B3")
    book.save(source)
    sheet = load_workbook(_annotated(source, tmp_path / "out.xlsx"))["Sheet"]
    assert sheet["B2"].fill.fgColor.rgb == "FFFF9C9C"
    assert sheet["B2"].comment.text.count("POSTE FIX") >= 1
    assert [str(area) for area in sheet.merged_cells.ranges] == ["B2:B3"]


def test_the_proposed_column_stands_behind_everything_and_is_never_hidden(tmp_path: Path) -> None:
    source = _saved(tmp_path / "source.xlsx", [["Nom complet", "Matériel", "Note"], ["accueil", "T54W", "x", "y"]])
    book = load_workbook(source)
    book.active.column_dimensions.group("D", "XFD", hidden=True)
    book.save(source)
    book = load_workbook(_annotated(source, tmp_path / "out.xlsx"))
    assert [book["Sheet"][name].value for name in ("D2", "E1", "E2")] == ["y", "Numéro court proposé", "8000"]
    assert (book["Sheet"].column_dimensions["D"].hidden, book["Sheet"].column_dimensions["E"].hidden) == (True, False)


def test_a_proposed_number_that_is_given_now_is_proposed_no_more(tmp_path: Path) -> None:
    rows = [["Nom complet", "Profil", "Matériel", "N° court"], ["accueil", "POSTE FIXE", "T54W", None]]
    marked = _annotated(_saved(tmp_path / "source.xlsx", rows), tmp_path / "marked.xlsx")
    book = load_workbook(marked)
    assert book["Sheet"]["E2"].value == "8000"
    book["Sheet"]["D2"] = "8000"
    book.save(marked)
    again = load_workbook(_annotated(marked, tmp_path / "again.xlsx"))
    assert [again["Sheet"][name].value for name in ("E1", "E2")] == [None, None]
    assert not [name for name in again.defined_names if name.startswith("staging_proposed")]
    assert _json(tmp_path / "again.xlsx")["faults"] == []


def test_a_marked_sheet_that_somebody_copied_has_its_own_column_known_too(tmp_path: Path) -> None:
    rows = [["Nom complet", "Profil", "Matériel"], ["accueil", "POSTE FIXE", "T54W"]]
    marked = _annotated(_saved(tmp_path / "source.xlsx", rows), tmp_path / "marked.xlsx")
    book = load_workbook(marked)
    copy = book.copy_worksheet(book["Sheet"])
    (name,) = (name for name in book.defined_names if name.startswith("staging_proposed"))
    # As Excel does it: the copy has the name again, for itself alone.
    copy.defined_names[name] = DefinedName(name, attr_text=f"'{copy.title}'!$D$1:$D$2", hidden=True)
    book.save(marked)
    codes = {fault["code"] for fault in _json(marked)["faults"]}
    assert "unknown-column" not in codes
    again = load_workbook(_annotated(marked, tmp_path / "again.xlsx"))
    assert [again[title]["E1"].value for title in ("Sheet", copy.title)] == [None, None]


@pytest.mark.parametrize("lang", ["fr", "en"])
def test_a_sheet_of_the_customers_with_our_title_stays_theirs(lang: str, tmp_path: Path) -> None:
    source, out = tmp_path / "source.xlsx", tmp_path / "out.xlsx"
    title = {"fr": "Anomalies", "en": "Findings"}[lang]
    book = load_workbook(_FAULTY)
    book.create_sheet(title)["A1"] = "à nous"
    book.save(source)
    _run("check", source, "--annotate", out, "--lang", lang)
    _run("check", out, "--annotate", tmp_path / "again.xlsx", "--lang", lang)
    book = load_workbook(tmp_path / "again.xlsx")
    assert book.sheetnames == [_SHEET, title, f"{title} 2", "staging_store"]
    assert book[title]["A1"].value == "à nous"


def test_our_sheet_may_be_thrown_away_or_renamed(tmp_path: Path) -> None:
    marked = _annotated(_FAULTY, tmp_path / "marked.xlsx")
    book = load_workbook(marked)
    book.remove(book["Anomalies"])
    book.save(tmp_path / "without.xlsx")
    assert _without_name(_json(tmp_path / "without.xlsx")) == _without_name(_json(_FAULTY))
    again = load_workbook(_annotated(tmp_path / "without.xlsx", tmp_path / "again.xlsx"))
    assert again.sheetnames == [_SHEET, "staging_store", "Anomalies"]


@pytest.mark.parametrize("name", ["made-by-libreoffice.xlsx", "made-by-libreoffice.ods"])
def test_a_workbook_made_by_libreoffice_means_the_same_when_it_is_marked(name: str, tmp_path: Path) -> None:
    out = _annotated(_GOLDEN / name, tmp_path / "out.xlsx")
    assert _without_name(_json(out)) == _without_name(_json(_GOLDEN / name))
    assert load_workbook(out)["Plan d'Atelier Bleu"]["C7"].fill.fgColor.rgb.startswith("FFFF9C")


def test_marks_are_known_again_after_libreoffice_saved_the_file(tmp_path: Path) -> None:
    """LibreOffice gives looks new numbers, forgets the authors of comments and writes every part anew."""
    saved = tmp_path / "saved.xlsx"
    book = load_workbook(_GOLDEN / "marked-then-saved-by-libreoffice.xlsx")
    sheet = book.worksheets[0]
    for name, value in {"C7": "POSTE FIXE", "D8": "T54W", "E8": None, "B9": "Bureau 4"}.items():
        sheet[name] = value
    book.save(saved)
    book = load_workbook(_annotated(saved, tmp_path / "clean.xlsx"))
    sheet = book.worksheets[0]
    assert [name for name in book.sheetnames if name.startswith("Anomalies")] == ["Anomalies"]
    assert sheet["C7"].comment.text == "à voir avec la directrice"
    assert [sheet[name].comment for name in ("E6", "D8", "E8", "A9")] == [None] * 4
    assert [sheet[name].fill.fill_type for name in ("E6", "E8", "A9")] == [None] * 3
    assert sheet["C7"].fill.fgColor.rgb == "FFD99694"  # what LibreOffice made of the customer's theme colour


@pytest.mark.parametrize("separator", [";", ",", "\t"])
def test_a_csv_comes_back_as_a_marked_workbook(separator: str, tmp_path: Path) -> None:
    rows = [
        ["Nom et prénom", "Profil", "Matériel", "SDA"],
        ["accueil", "POSTE FIX", "T54W", "465710001"],
        ["=cmd()", "POSTE FIXE", "_x0041_", "0465710002"],
    ]
    source = tmp_path / "Plan [2] d'une agence au nom bien trop long.csv"
    source.write_text("\n".join(separator.join(row) for row in rows), "utf-8")
    out = _annotated(source, tmp_path / "out.xlsx")
    sheet = load_workbook(out).worksheets[0]
    assert sheet["B2"].fill.fgColor.rgb == "FFFF9C9C"
    assert (sheet["A3"].value, sheet["A3"].data_type, sheet["D2"].value) == ("=cmd()", "s", "465710001")
    before, after = _json(source), _json(out)
    assert [(f["code"], f["cell"], f["value"]) for f in after["faults"]] == [
        (f["code"], f["cell"], f["value"]) for f in before["faults"]
    ]
    assert [seat["numbers"] for seat in after["seats"]] == [seat["numbers"] for seat in before["seats"]]


def test_a_file_that_cannot_be_written_is_a_fault_of_one_line(tmp_path: Path) -> None:
    result = _run("check", _FAULTY, "--annotate", tmp_path / "nowhere" / "out.xlsx")
    assert (result.exit_code, result.stdout, result.stderr.count("\n")) == (2, "", 1)
    assert result.stderr.startswith("annotate-failed out.xlsx: ")


_texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters='\0"\r\n;'), max_size=12)


@settings(max_examples=40, deadline=None)
@given(rows=st.lists(st.lists(_texts | st.sampled_from(["=1+1", "_x0041_", "0465", "\x01"]), max_size=4), max_size=5))
def test_every_text_of_a_csv_is_the_same_text_in_the_workbook(rows: list[list[str]]) -> None:
    with TemporaryDirectory() as folder:
        source, out = Path(folder) / "plan.csv", Path(folder) / "plan.xlsx"
        source.write_text("sep=;\n" + "\n".join(";".join(f'"{text}"' for text in row) for row in rows), "utf-8-sig")
        write_plain(source, out)
        before, after = (gather(read_events(path)) for path in (source, out))
    assert [_cells(sheet) for sheet in after.sheets] == [_cells(sheet) for sheet in before.sheets]


def _cells(sheet: Sheet) -> list[tuple[str, str]]:
    return [(row.name(column), cell.text) for row in sheet.rows for column, cell in row.own_cells()]


def test_ten_thousand_rows_are_marked(tmp_path: Path) -> None:
    source, out = tmp_path / "plan.csv", tmp_path / "out.xlsx"
    rows = [f"Bureau {number};{'POSTE FIX' if number % 2 else 'POSTE FIXE'};T54W" for number in range(10_000)]
    source.write_text("\n".join(["Nom complet;Profil;Matériel", *rows]))
    reading = check_file(source, PlanOptions())
    annotate(source, reading, out, "fr")
    with ZipFile(out) as package:
        remarks = [package.read(name).count(b"<comment ") for name in package.namelist() if "comments" in name]
    assert (len(reading.faults), remarks) == (5_000, [5_000])
