"""Does `staging plan` say what it must, with the right status, and give the workbook back marked?"""

import json
import re
import time
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pytest
from click.testing import CliRunner, Result
from openpyxl import load_workbook
from openpyxl.comments import Comment
from openpyxl.styles import PatternFill

from numbering.commands import plan

_SAMPLES = Path(__file__).parents[2] / "samples"
_CRECHE, _LARGE, _FAULTY = (_SAMPLES / f"plan-{name}.xlsx" for name in ("creche", "atelier-bleu", "with-faults"))
_SHEET = "Plan de numérotation"


def _run(*arguments: object) -> Result:
    return CliRunner().invoke(plan, [str(argument) for argument in arguments])


def _json(*arguments: object) -> Any:
    return json.loads(_run("check", *arguments, "--json").stdout)


def _without_name(document: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in document.items() if key != "workbook"}


def test_the_status_tells_good_faulty_and_refused(tmp_path: Path) -> None:
    (tmp_path / "page.xlsx").write_text("<html>")
    assert [
        _run("check", path).exit_code for path in (_CRECHE, _FAULTY, tmp_path / "page.xlsx", tmp_path / "none")
    ] == [0, 1, 2, 2]


def test_several_files_give_an_array_and_the_highest_status() -> None:
    result = _run("check", _CRECHE, _FAULTY, "--json")
    assert ([document["ok"] for document in json.loads(result.stdout)], result.exit_code) == ([True, False], 1)


def test_the_json_has_the_fields_of_the_contract() -> None:
    document = _json(_CRECHE)
    assert list(document) == [
        "workbook", "ok", "main_number", "summary", "extension_range", "number_ranges", "seats", "faults",
    ]  # fmt: skip
    assert document["seats"][0] == {
        "cell": "Plan de numérotation!B7", "site": "Avr", "firstname": "accueil", "lastname": "",
        "profile": "customer-relationship", "extension": "8000", "extension_given": False, "email": None,
        "voicemail": True, "group": None, "numbers": [], "number_wanted": True,
        "lines": [{"kind": "desk", "model": "T54W", "expansion_modules": 1, "mac": None, "base": None, "position": 1}],
    }  # fmt: skip


def test_a_person_sees_the_five_counts_the_seats_and_each_fault_with_its_place() -> None:
    shown = _run("check", _FAULTY).stdout
    assert "6 lignes = 4 postes + 0 jumelées + 0 sections + 1 ignorées + 1 refusées" in shown
    assert "ERREUR Plan de numérotation!C7 unknown-profile: « POSTE FIX »" in shown
    assert "ERROR Plan de numérotation!C7 unknown-profile: “POSTE FIX”" in _run("check", _FAULTY, "--lang", "en").stdout


def test_a_refused_workbook_is_one_line_on_standard_error(tmp_path: Path) -> None:
    (tmp_path / "page.xlsx").write_text("<html>")
    result = _run("check", tmp_path / "page.xlsx")
    assert (result.stdout, result.stderr.count("\n")) == ("", 1)
    assert result.stderr.startswith("unreadable-workbook page.xlsx: ")


@pytest.mark.parametrize(
    "wrong",
    [
        ["--extensions", "8000"],
        ["--extensions", "8079-8000"],
        ["--extensions", "80-8079"],
        ["--appliance", "PDP-11"],
        ["--lang", "de"],
    ],
)
def test_a_wrong_call_ends_with_two(wrong: list[str]) -> None:
    result = _run("check", _CRECHE, *wrong)
    assert (result.exit_code, result.stdout) == (2, "")


def test_the_range_and_the_appliance_of_the_call_count() -> None:
    assert _json(_CRECHE, "--extensions", "700-709")["extension_range"] == "700-709"
    faulty = _json(_LARGE, "--extensions", "8000-8009", "--appliance", "DH470")
    assert [fault["code"] for fault in faulty["faults"][:2]] == ["capacity-exceeded", "range-too-small"]


def test_an_integrator_adds_a_telephone_of_their_own(tmp_path: Path) -> None:
    own = tmp_path / "own.toml"
    own.write_text(
        '[[device]]\nmodels = ["ROUGE1"]\nkind = "desk"\nlines = 1\nline_keys = 0\naliases = ["téléphone rouge"]\n'
    )
    codes = [fault["code"] for fault in _json(_FAULTY, "--hardware-file", own)["faults"]]
    assert "unknown-hardware" not in codes
    own.write_text("[[device]]\n")
    assert _run("check", _FAULTY, "--hardware-file", own).exit_code == 2


def test_eighty_rows_feel_instant() -> None:
    start = time.monotonic()
    assert _run("check", _LARGE).exit_code == 0
    assert time.monotonic() - start < 1


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


@pytest.mark.parametrize("lang", ["fr", "en"])
def test_the_empty_form_is_a_good_plan_of_nobody(lang: str, tmp_path: Path) -> None:
    out = tmp_path / "form.xlsx"
    assert _run("blank", out, "--lang", lang).exit_code == 0
    document = _json(out)
    assert (document["ok"], document["seats"], document["faults"], document["main_number"]) == (True, [], [], None)
