"""Are identifiers readable aloud, and is the time in UTC?"""

from datetime import timedelta

import pytest

from staging.core.clock import RandomIds, SystemClock


@pytest.mark.parametrize("length", [1, 6, 12])
def test_an_identifier_has_no_letter_that_is_read_as_a_digit(length: int) -> None:
    made = [RandomIds().short(length) for _ in range(300)]
    assert {len(one) for one in made} == {length}
    assert not set("".join(made)) & set("01ilo" + "ABCDEFGHIJKLMNOPQRSTUVWXYZ")


def test_identifiers_do_not_repeat_within_a_bench() -> None:
    assert len({RandomIds().short() for _ in range(2000)}) > 1990


def test_the_clock_tells_utc() -> None:
    assert SystemClock().now().utcoffset() == timedelta(0)
