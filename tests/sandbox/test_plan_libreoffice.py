"""Does a plan that went through LibreOffice mean the same? Its styles, dates and shared texts are written otherwise.

The files of tests/golden/libreoffice are the samples, saved anew by LibreOffice 7.4 in each of its formats.
"""

from dataclasses import replace
from pathlib import Path

import pytest

from numbering.commands import check_file
from numbering.plan import NumberingPlan
from numbering.read import PlanOptions, Reading

_TESTS = Path(__file__).parents[1]
_GOLDEN = _TESTS / "golden" / "libreoffice"
_SAMPLES = _TESTS.parent / "samples"
_NAMES = ("plan-atelier-bleu", "plan-creche", "plan-with-faults")


def _read(path: Path) -> Reading:
    return check_file(path, PlanOptions())


def _meaning(reading: Reading) -> tuple[NumberingPlan, list[tuple[str, str | None, str | None, object]]]:
    """The plan and its faults without the names of file and sheet, which each format chooses for itself."""
    assert reading.plan is not None
    seats = tuple(replace(seat, cell=seat.cell.rpartition("!")[2]) for seat in reading.plan.seats)
    told = [(fault.code, fault.at.cell, fault.at.field, fault.facts["value"]) for fault in reading.faults]
    return replace(reading.plan, workbook="", seats=seats), told


@pytest.mark.parametrize("kind", ["xlsx", "ods", "csv"])
@pytest.mark.parametrize("name", _NAMES)
def test_a_plan_saved_by_libreoffice_reads_as_before(name: str, kind: str) -> None:
    assert _meaning(_read(_GOLDEN / f"{name}.{kind}")) == _meaning(_read(_SAMPLES / f"{name}.xlsx"))


@pytest.mark.parametrize("kind", ["xlsx", "ods"])
def test_merged_hidden_struck_and_formatted_cells_of_libreoffice_are_seen(kind: str) -> None:
    """Two-row header, merged sites, a date, formats that show a zero, a hidden row, a struck name, two formulas."""
    plan, told = _meaning(_read(_GOLDEN / f"odd-sheet.{kind}"))
    assert [(code, cell) for code, cell, _, _ in told] == [
        ("unknown-column", "G4"),
        ("hidden-row", "B8"),
        ("hidden-row", "B9"),
        ("formula-without-value", "E9"),
        ("number-pending", "E10"),
        ("ignored-row", "A12"),
    ]
    assert [(seat.site, seat.name, seat.extension) for seat in plan.seats] == [
        ("Siège", "accueil", "8000"),
        ("Siège", "directrice", "8001"),
        ("Siège", "atelier", "8002"),
        ("Siège", "réserve", "8003"),
        ("Dépôt", "quai", "0804"),
        ("Dépôt", "quai", "0800"),
    ]
    assert [seat.numbers for seat in plan.seats[:3]] == [("+33465710001",), ("+33465710002",), ("+33465710003",)]
