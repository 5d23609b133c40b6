"""Is the empty form one that a customer can fill in, and is what it accepts accepted?"""

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import load_workbook
from openpyxl.worksheet.worksheet import Worksheet

from numbering.blank import COLUMNS, HEADER_ROW, LAST_ROW, listed_hardware, listed_profiles, write_blank
from numbering.columns import find_field
from numbering.commands import check_file, plan
from numbering.hardware import extended_catalogue, shipped_catalogue
from numbering.plan import Seat
from numbering.read import PlanOptions, Reading
from staging.core.faults import PlanRefused
from staging.core.messages import say
from staging.core.words import LANGUAGES, Language
from tests.fakes.numbering import read

_Row = Mapping[str, str]


def _form(folder: Path, lang: Language) -> Path:
    path = folder / f"form-{lang}.xlsx"
    write_blank(path, lang)
    return path


def _filled(folder: Path, lang: Language, rows: list[_Row], main_number: str = "") -> Reading:
    """The form with rows written into it, as `plan check` reads it."""
    path = _form(folder, lang)
    book = load_workbook(path)
    sheet = book.worksheets[0]
    sheet["C4"] = main_number or None
    for number, row in enumerate(rows, start=HEADER_ROW + 1):
        for column, name in enumerate(COLUMNS, start=1):
            sheet.cell(number, column).value = row.get(name) or None
    book.save(path)
    return check_file(path, PlanOptions())


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_empty_form_is_a_good_plan_of_nobody(lang: str, tmp_path: Path) -> None:
    out = tmp_path / "form.xlsx"
    assert CliRunner().invoke(plan, ["blank", str(out), "--lang", lang]).exit_code == 0
    document: dict[str, Any] = json.loads(CliRunner().invoke(plan, ["check", str(out), "--json"]).stdout)
    assert (document["ok"], document["seats"], document["faults"], document["main_number"]) == (True, [], [], None)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_heading_means_its_column_and_explains_itself(lang: Language, tmp_path: Path) -> None:
    book = load_workbook(_form(tmp_path, lang))
    heads = [book.worksheets[0].cell(HEADER_ROW, column) for column in range(1, len(COLUMNS) + 1)]
    assert [find_field(str(head.value)) for head in heads] == list(COLUMNS)
    assert all(head.comment is not None and head.comment.text for head in heads)
    assert [cell.value for cell in book.worksheets[1]["A"][4:]] == [head.value for head in heads]


@pytest.mark.parametrize("lang", LANGUAGES)
def test_headings_are_protected_and_cells_to_fill_are_open(lang: Language, tmp_path: Path) -> None:
    sheet = load_workbook(_form(tmp_path, lang)).worksheets[0]
    assert sheet.protection.sheet
    assert not sheet.protection.password
    assert all(sheet.cell(HEADER_ROW, column).protection.locked for column in range(1, len(COLUMNS) + 1))
    area = sheet.iter_rows(min_row=HEADER_ROW + 1, max_row=LAST_ROW, max_col=len(COLUMNS))
    assert {(cell.protection.locked, cell.number_format) for row in area for cell in row} == {(False, "@")}
    assert not sheet["C4"].protection.locked


@pytest.mark.parametrize("lang", LANGUAGES)
def test_lists_hold_what_they_offer_and_every_column_says_what_to_write(lang: Language, tmp_path: Path) -> None:
    book = load_workbook(_form(tmp_path, lang))
    sheet = book.worksheets[0]
    assert isinstance(sheet, Worksheet)
    rules = {str(rule.sqref): rule for rule in sheet.data_validations.dataValidation}
    assert len(rules) == len(COLUMNS) + 1
    assert all(rule.prompt and len(rule.prompt) <= 255 for rule in rules.values())
    offered = {}
    for area, rule in rules.items():
        if rule.type == "list":
            title, _, cells = rule.formula1.rpartition("!")
            offered[area[0]] = tuple(cell.value for (cell,) in book[title.strip("'")][cells.replace("$", "")])
    yes_no = (say("blank-yes", lang), say("blank-no", lang))
    assert offered == {"C": listed_profiles(lang), "D": listed_hardware(shipped_catalogue()), "H": yes_no}
    assert book[say("blank-lists-sheet", lang)].sheet_state == "hidden"


def test_the_form_offers_the_integrator_s_own_telephones(tmp_path: Path) -> None:
    own, out = tmp_path / "own.toml", tmp_path / "form.xlsx"
    own.write_text("".join(f'[[device]]\nmodels = ["{one}"]\nkind = "desk"\nlines = 1\n' for one in ("ROUGE1", "T54W")))
    offered = listed_hardware(extended_catalogue(own.read_text()))
    assert ("ROUGE1" in offered, "T54W" in offered, "T54W + extension" in offered) == (True, True, False)
    assert CliRunner().invoke(plan, ["blank", str(out), "--hardware-file", str(own)]).exit_code == 0
    lists = load_workbook(out)[say("blank-lists-sheet", "fr")]
    assert tuple(cell.value for (cell,) in lists["B1" : f"B{len(offered)}"]) == offered
    own.write_text("[[device]]\n")
    assert CliRunner().invoke(plan, ["blank", str(out), "--hardware-file", str(own)]).exit_code == 2


def test_what_the_form_finds_missing_never_hides_what_we_mark_later(tmp_path: Path) -> None:
    sheet = load_workbook(_form(tmp_path, "fr")).worksheets[0]
    rules = [rule for area in sheet.conditional_formatting for rule in area.rules]
    assert [(rule.dxf.fill, rule.dxf.border.left.style) for rule in rules] == [(None, "thin")] * 3


@pytest.mark.parametrize("lang", LANGUAGES)
def test_everything_that_the_lists_offer_is_understood(lang: Language, tmp_path: Path) -> None:
    profiles, hardware = listed_profiles(lang), listed_hardware(shipped_catalogue())
    rows = [
        {
            "name": f"Poste {number}",
            "profile": profiles[number % 2],
            "hardware": model,
            "voicemail": say("blank-no", lang),
        }
        for number, model in enumerate(hardware)
    ]
    rows += [
        {
            "name": f"Bureau {number}",
            "profile": word,
            "hardware": "T54W",
            "email": f"bureau{number}@atelier-bleu.example",
        }
        for number, word in enumerate(profiles)
    ]
    reading = _filled(tmp_path, lang, rows, say("blank-example-main-number", lang).split(";")[1].strip())
    assert reading.faults == ()
    assert reading.plan is not None
    assert (len(reading.plan.seats), reading.plan.main_number) == (len(rows), "to-create")
    assert sum(seat.voicemail for seat in reading.plan.seats) == len(profiles)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_examples_of_the_help_are_understood_too(lang: Language, tmp_path: Path) -> None:
    examples = {name: say(f"blank-example-{name}", lang).split(";") for name in COLUMNS}
    count = max(len(texts) for texts in examples.values())
    rows = [
        {name: texts[number].strip() if number < len(texts) else "" for name, texts in examples.items()}
        for number in range(count)
    ]
    rows[1]["email"] = "directrice@atelier-bleu.example"
    reading = _filled(tmp_path, lang, rows)
    assert {fault.code for fault in reading.faults} <= {"number-pending", "profile-assumed"}


_names = st.sampled_from(["accueil", "directrice", "atelier", "DUPONT-MARTIN Jean Paul", "Salle 2", "  Bureau  3 "])


@st.composite
def _plans(draw: st.DrawFn) -> tuple[Language, list[_Row]]:
    """Rows as the form lets a person write them: from its lists, with each number, short number and address once."""
    lang: Language = draw(st.sampled_from(LANGUAGES))
    profiles = listed_profiles(lang)
    rows = []
    for number in range(draw(st.integers(1, 8))):
        profile = draw(st.sampled_from(profiles))
        soft, alone = "SOFTPHONE" in profile, profile == profiles[2]
        written = draw(st.sampled_from(["", "04 65 71 {:02} {:02}", "+33 4 65 71 {:02} {:02}", "création"]))
        rows.append(
            {
                "site": draw(st.sampled_from(["", "Siège", "Entrepôt"])),
                "name": f"{draw(_names)} {number}",
                "profile": profile,
                "hardware": "" if alone else draw(st.sampled_from(listed_hardware(shipped_catalogue()))),
                "number": written.format(number, number),
                "extension": draw(st.sampled_from(["", f"80{number:02}"])),
                "email": f"poste{number}@atelier-bleu.example" if soft else "",
                "voicemail": draw(st.sampled_from(["", say("blank-yes", lang), say("blank-no", lang)])),
                "group": draw(st.sampled_from(["", "ventes"])),
            }
        )
    return lang, rows


@settings(max_examples=12, deadline=None)
@given(asked=_plans())
def test_a_plan_written_into_the_form_is_that_plan(asked: tuple[Language, list[_Row]]) -> None:
    lang, rows = asked
    head = "Site | Nom complet | Profil | Matériel | SDA | N° court | E-mail | Messagerie | Groupe"
    drawn = read("\n".join([head, *(" | ".join(row[name] for name in COLUMNS) for row in rows)]))
    with TemporaryDirectory() as folder:
        reading = _filled(Path(folder), lang, rows)
    assert reading.plan is not None
    assert drawn.plan is not None
    assert reading.ok
    assert _without_places(reading.plan.seats) == _without_places(drawn.plan.seats)
    assert reading.plan.summary == drawn.plan.summary
    assert reading.plan.number_ranges == drawn.plan.number_ranges


def _without_places(seats: tuple[Seat, ...]) -> list[Seat]:
    return [replace(seat, cell="") for seat in seats]


def test_a_form_that_cannot_be_written_is_a_fault(tmp_path: Path) -> None:
    with pytest.raises(PlanRefused) as caught:
        write_blank(tmp_path / "nowhere" / "form.xlsx", "fr")
    assert caught.value.faults[0].code == "blank-failed"
