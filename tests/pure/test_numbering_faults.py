"""Does every fault come at its cell, and only there? One table that has it, one that just avoids it."""

import tomllib
from pathlib import Path
from typing import Any

import pytest

from numbering.report import fault_document, reading_document
from staging.core.messages import catalogue, explain
from staging.core.words import Extension
from tests.fakes.numbering import CONTRACT_CODES, FILE_CODES, codes, faults, read

_TABLE = tomllib.loads((Path(__file__).parents[1] / "golden" / "numbering-faults.toml").read_text("utf-8"))
_HEAD: str = _TABLE["head"]
CASES: dict[str, dict[str, Any]] = _TABLE["fault"]


def _with_columns(rows: str) -> str:
    return f"{_HEAD}\n{rows}"


def _drawn(case: dict[str, Any], rows: str) -> str:
    return rows if case.get("whole") else _with_columns(rows)


def _options(case: dict[str, Any]) -> dict[str, Any]:
    options: dict[str, Any] = {}
    if "extensions" in case:
        options["extensions"] = tuple(map(Extension, case["extensions"]))
    if "appliance" in case:
        options |= {"appliance": case["appliance"], "appliances": {case["appliance"]: 1}}
    return options


def test_every_code_of_the_contract_has_a_pair_of_tables() -> None:
    assert set(CASES) == CONTRACT_CODES - FILE_CODES


@pytest.mark.parametrize("code", CASES)
def test_a_fault_stands_at_its_cell_alone(code: str) -> None:
    case = CASES[code]
    reading = read(_drawn(case, case["has"]), hidden=case.get("hidden", ()), **_options(case))
    assert faults(reading) == [(code, cell) for cell in case["at"] or [None]]


@pytest.mark.parametrize("code", CASES)
def test_what_just_avoids_a_fault_has_none(code: str) -> None:
    case = CASES[code]
    assert faults(read(_drawn(case, case["avoids"]), hidden=case.get("hidden", ()), **_options(case))) == []


def test_a_sheet_without_a_header_has_no_table() -> None:
    reading = read("Nom | Prénom\naccueil | x")
    assert (faults(reading), reading.plan, reading.ok) == ([("no-table", None)], None, False)


def test_the_header_is_looked_for_in_sixty_rows() -> None:
    head = "Nom et prénom | Matériel\naccueil | T54W"
    assert "no-table" not in codes(read("\n" * 59 + head))


def test_the_sixty_first_row_is_too_late() -> None:
    drawn = "titre" + "\n" * 60 + "Nom et prénom | Matériel\naccueil | T54W"
    assert codes(read(drawn)) == {"no-table"}


def test_a_missing_hardware_column_is_one_fault_and_no_cascade() -> None:
    reading = read("Nom et prénom | Profil\naccueil | FIXE\natelier | FIXE")
    assert faults(reading) == [("missing-column", "A1")]


def test_a_missing_profile_column_is_said_once() -> None:
    reading = read("Nom et prénom | Matériel\naccueil | T54W\natelier | T54W")
    assert (faults(reading), reading.ok) == ([("profile-assumed", "A1")], True)


def test_two_columns_for_one_field_name_each_other() -> None:
    reading = read("Nom et prénom | Profil | Matériel | Modèle\naccueil | FIXE | T54W | T54W")
    assert [(fault.code, fault.at.cell, fault.related) for fault in reading.faults] == [
        ("duplicate-column", "C1", ("Plan!D1",)),
        ("duplicate-column", "D1", ("Plan!C1",)),
    ]


def test_an_unknown_column_is_reported_once_as_a_warning() -> None:
    reading = read("Nom et prénom | Profil | Matériel | Étage\naccueil | FIXE | T54W | 2\natelier | FIXE | T54W | 3")
    assert (faults(reading), reading.ok) == ([("unknown-column", "D1")], True)


def test_hidden_and_struck_rows_are_read_and_reported() -> None:
    reading = read(
        "Nom et prénom | Profil | Matériel\naccueil | FIXE | T54W\natelier | FIXE | T54W", hidden=[2], struck=[3]
    )
    assert faults(reading) == [("hidden-row", "A2"), ("hidden-row", "A3")]
    assert reading.plan is not None
    assert reading.plan.summary.seats == 2


def test_a_missing_mail_stands_at_the_name_when_its_column_is_absent() -> None:
    assert faults(read("Nom et prénom | Profil | Matériel\naccueil | UC")) == [("missing-email", "A2")]


def test_a_short_number_of_another_length_than_most_is_refused() -> None:
    reading = read(
        "Nom | Profil | Matériel | N° court\na | FIXE | T54W | 801\nb | FIXE | T54W | 8002\nc | FIXE | T54W | 8003"
    )
    assert faults(reading) == [("invalid-extension", "D2")]
    assert reading.plan is not None
    assert reading.plan.seats[0].extension is None


@pytest.mark.parametrize("emergency", ["15", "17", "18", "112"])
def test_nobody_gets_the_number_that_calls_for_help(emergency: str) -> None:
    assert faults(read(f"Nom | Profil | Matériel | N° court\na | FIXE | T54W | {emergency}")) == [
        ("invalid-extension", "D2")
    ]


def test_a_short_number_outside_the_given_range() -> None:
    drawn = "Nom | Profil | Matériel | N° court\na | FIXE | T54W | 8010\nb | FIXE | T54W | 8009"
    assert faults(read(drawn, extensions=(Extension("8000"), Extension("8009")))) == [("extension-out-of-range", "D2")]


def test_a_range_that_is_too_small_names_one_that_would_do() -> None:
    drawn = "Nom | Profil | Matériel\n" + "\n".join(f"poste {n} | FIXE | T54W" for n in range(3))
    reading = read(drawn, extensions=(Extension("8000"), Extension("8001")))
    assert [(f.code, f.at.sheet, f.at.cell, f.facts["needed"]) for f in reading.faults] == [
        ("range-too-small", None, None, "8000-8019")
    ]
    assert not codes(read(drawn, extensions=(Extension("8000"), Extension("8002"))))


def test_more_phones_than_the_appliance_carries() -> None:
    drawn = "Nom | Profil | Matériel\na | FIXE | T54W\nb | FIXE | T54W\nc | UC | | "
    options: dict[str, Any] = {"appliance": "dh1", "appliances": {"DH1": 1, "DH2": 2}}
    assert ("capacity-exceeded", None) in faults(read(drawn, **options))
    assert "capacity-exceeded" not in codes(read(drawn, **{**options, "appliance": "DH2"}))


def test_faults_come_in_row_order_errors_before_warnings() -> None:
    reading = read(
        _with_columns("| accueil | FIXE | T54W | #465710001\n| atelier | FIXE | T54W | 0465710001 | 8\n| | FIXE")
    )
    assert faults(reading) == [
        ("duplicate-number", "E2"), ("leading-zero-restored", "E2"), ("duplicate-number", "E3"),
        ("invalid-extension", "F3"), ("missing-name", "B4"),
    ]  # fmt: skip


def test_a_number_twice_in_one_cell_is_said_at_that_cell() -> None:
    assert faults(read(_with_columns("| accueil | FIXE | T54W | 0465710001 / +33465710001"))) == [
        ("duplicate-number", "E2")
    ]


def test_what_stands_twice_names_where_else_and_whose_it_is() -> None:
    reading = read(_with_columns("| accueil | FIXE | T54W | 0465713456\n| atelier | FIXE | T54W | +33 4 65 71 34 56"))
    said = [(fault.at.cell, explain(fault, "fr").text) for fault in reading.faults]
    assert said == [
        ("E2", "04 65 71 34 56 est déjà en E3 (atelier)."),
        ("E3", "04 65 71 34 56 est déjà en E2 (accueil)."),
    ]


def test_a_value_of_eighty_rows_names_the_seventy_nine_others_and_shows_five() -> None:
    rows = "\n".join(f"| poste {number} | FIXE | T54W | | 8001" for number in range(80))
    first = read(_with_columns(rows)).faults[0]
    assert first.related == tuple(f"Plan!F{row}" for row in range(3, 82))
    assert explain(first, "fr").text.count("(poste ") == 5


def test_a_value_of_a_thousand_rows_names_some_of_them() -> None:
    rows = "\n".join(f"| poste {number} | FIXE | T54W | | 8001" for number in range(1000))
    found = read(_with_columns(rows)).faults
    assert (len(found), {len(fault.related) for fault in found}) == (1000, {50, 51})


def test_the_same_name_with_two_numbers_tells_the_other_number() -> None:
    first, _ = read(_with_columns("Nord | accueil | FIXE | T54W | | 8001\nSud | accueil | FIXE | T54W | | 8002")).faults
    assert explain(first, "fr").text == "« accueil » porte deux numéros courts différents : voir B3 (8002)."


def test_a_refused_row_still_counts_for_what_stands_twice() -> None:
    reading = read(_with_columns("| accueil | FIXE | T54W | 0465710001\n| | FIXE | T54W | 0465710001"))
    assert faults(reading) == [("duplicate-number", "E2"), ("missing-name", "B3"), ("duplicate-number", "E3")]


def test_a_fault_is_told_with_its_value_and_a_hint_in_both_languages() -> None:
    (fault,) = read(_with_columns("| accueil | POSTE FIX | T54W")).faults
    french, english = fault_document(fault, "fr"), fault_document(fault, "en")
    assert french["value"] == "POSTE FIX"
    assert "POSTE FIXE" in french["hint"]
    assert english["message"] != french["message"]
    assert list(french) == ["severity", "code", "sheet", "cell", "value", "message", "hint", "related"]


def test_a_workbook_refused_whole_has_the_reason_and_nothing_else() -> None:
    document = reading_document(read("rien"), "fr")
    assert (document["summary"], document["extension_range"], document["main_number"]) == (None, None, None)
    assert (document["seats"], document["number_ranges"], document["ok"]) == ([], [], False)
    assert [fault["code"] for fault in document["faults"]] == ["no-table"]


@pytest.mark.parametrize("code", sorted(CONTRACT_CODES))
def test_every_code_has_its_words(code: str) -> None:
    assert set(catalogue()[code]) == {"fr", "fr_hint", "en", "en_hint"}
