"""Does `staging plan` say what it must, with the right status, and give the workbook back marked?"""

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

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
    assert "6 lignes = 4 postes + 0 jumelée + 0 section + 1 ignorée + 1 refusée" in shown
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


def test_an_integrator_adds_headings_of_their_own(tmp_path: Path) -> None:
    plan_file, own = tmp_path / "plan.csv", tmp_path / "own.toml"
    plan_file.write_text("Qui ?;Profil;Ce qu'on livre\naccueil;POSTE FIXE;T54W\n")
    own.write_text("[fields]\nname = ['qui']\nhardware = [\"Ce qu'on livre\"]\n")
    document = _json(plan_file, "--columns-file", own)
    assert (document["ok"], document["faults"], document["summary"]["seats"]) == (True, [], 1)
    own.write_text("[fields]\ncolour = ['Couleur']\n")
    refused = _run("check", plan_file, "--columns-file", own)
    assert (refused.exit_code, refused.stdout) == (2, "")
    assert refused.stderr.startswith("bad-table-file own.toml: ")


@pytest.mark.parametrize("lang", ["fr", "en"])
def test_the_empty_form_is_a_good_plan_of_nobody(lang: str, tmp_path: Path) -> None:
    out = tmp_path / "form.xlsx"
    assert _run("blank", out, "--lang", lang).exit_code == 0
    document = _json(out)
    assert (document["ok"], document["seats"], document["faults"], document["main_number"]) == (True, [], [], None)
