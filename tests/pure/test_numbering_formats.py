"""Does a number read as the person sees it in the sheet?"""

import pytest

from numbering.formats import shown_number


@pytest.mark.parametrize(
    ("value", "number_format", "shown"),
    [
        (465710001, "General", "465710001"),
        (465710001, '0#" "##" "##" "##" "##', "04 65 71 00 01"),
        (465710001, "0000000000", "0465710001"),
        (8001, "# ##0", "8 001"),
        (8000.5, "General", "8000.5"),
        (0.5, "0%", "50 %"),
        (45000, "dd/mm/yyyy", "15/03/2023"),
        (-1, "dd/mm/yyyy", "-1"),
    ],
)
def test_a_number_is_shown_as_its_format_says(value: float, number_format: str, shown: str) -> None:
    assert shown_number(value, number_format) == shown


def test_days_of_the_other_calendar_begin_four_years_later() -> None:
    assert shown_number(43538, "dd/mm/yyyy", from_1904=True) == shown_number(45000, "dd/mm/yyyy")


@pytest.mark.parametrize("from_1904", [False, True])
def test_no_number_is_a_day_after_the_last_one(from_1904: bool) -> None:
    last = 2_958_465 - (1462 if from_1904 else 0)
    assert shown_number(last, "dd/mm/yyyy", from_1904=from_1904) == "31/12/9999"
    assert shown_number(last + 1, "dd/mm/yyyy", from_1904=from_1904) == str(last + 1)
