"""Is the JSON that is told piece by piece the same as the whole one?"""

import json
from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from numbering.read import PlanOptions, Reading, read_plan
from numbering.report import reading_document, reading_texts
from numbering.screen import reading_lines
from tests.fakes.numbering import read, sheet

_GOOD = "Nom | Profil | Matériel | SDA\naccueil | POSTE FIXE | T54W | 04 65 71 00 01"
_BAD = "Nom | Profil | Matériel\n« quai » | BALCON | T54W"
_DRAWN = (_GOOD, _BAD, "rien", "Nom | Profil | Matériel")


def _whole(readings: Sequence[Reading]) -> object:
    documents = [reading_document(reading, "fr") for reading in readings]
    return documents[0] if len(documents) == 1 else documents


@pytest.mark.parametrize("drawn", _DRAWN)
def test_one_reading_is_told_letter_for_letter_as_the_library_would(drawn: str) -> None:
    reading = read(drawn)
    whole = json.dumps(_whole([reading]), ensure_ascii=False, indent=2)
    assert "".join(reading_texts([reading], "fr")) == whole


def test_a_thousand_seats_are_told_letter_for_letter_as_well() -> None:
    reading = read(_GOOD + "\n" + "\n".join(f"poste {number} | BALCON | T54W" for number in range(1001)))
    whole = json.dumps(_whole([reading]), ensure_ascii=False, indent=2)
    assert "".join(reading_texts([reading], "fr")) == whole


@settings(deadline=None)
@given(st.lists(st.sampled_from(_DRAWN), min_size=2, max_size=4))
def test_several_readings_are_one_array(drawn: list[str]) -> None:
    readings = [read(one) for one in drawn]
    assert json.loads("".join(reading_texts(readings, "fr"))) == _whole(readings)


def test_the_screen_aligns_its_columns_over_all_seats() -> None:
    plan = "Nom | Profil | Matériel\na | FIXE | T54W\nun nom bien plus long | FIXE | T54W"
    lines = list(reading_lines(read_plan([sheet(plan)], PlanOptions(), workbook="plan.xlsx"), "fr"))
    rows = [line for line in lines if "T54W" in line]
    assert len({line.index("T54W") for line in rows}) == 1
