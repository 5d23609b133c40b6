"""Is one number one number, however it is written?"""

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from numbering.assign import gather_ranges
from numbering.dids import read_number, read_number_cell
from staging.core.words import Did, national_writing


@pytest.mark.parametrize(
    "written",
    [
        "04 65 71 34 56", "04.65.71.34.56", "0465713456", "+33 4 65 71 34 56", "0033465713456", "(0)4 65 71 34 56",
        "+33 (0)4 65 71 34 56", "04-65-71-34-56", "04\u00a065\u202f71 34 56", "04/65/71/34/56", "+33465713456",
    ],
)  # fmt: skip
def test_every_writing_is_the_same_number(written: str) -> None:
    assert read_number(written) == ("+33465713456", False)


@pytest.mark.parametrize(
    ("written", "stored"),
    [
        ("465713456", 465713456),
        ("4.65713456E8", None),
        ("4,66E+08", 465713456.0),
        ("465713456", None),
        ("33465713456", 33465713456),
    ],
)
def test_a_number_that_lost_its_zero_gets_it_back(written: str, stored: float | None) -> None:
    assert read_number(written, stored) == ("+33465713456", True)


def test_a_zero_that_the_format_shows_was_not_lost() -> None:
    assert read_number("04 65 71 34 56", 465713456) == ("+33465713456", False)


@pytest.mark.parametrize(
    ("written", "number"),
    [
        ("0262 12 34 56", "+262262123456"), ("0590 27 12 34", "+590590271234"), ("0596 12 34 56", "+596596123456"),
        ("0694 20 20 20", "+594694202020"), ("0269 61 23 45", "+262269612345"), ("+596 596 12 34 56", "+596596123456"),
        ("+33 262 12 34 56", "+262262123456"), ("0508 41 12 34", "+508411234"), ("06 39 98 00 01", "+33639980001"),
        ("+44 20 7946 0018", "+442079460018"),
    ],
)  # fmt: skip
def test_overseas_and_foreign_numbers_keep_their_country(written: str, number: str) -> None:
    assert read_number(written) == (number, False)
    assert read_number(national_writing(number)) == (number, False)


@pytest.mark.parametrize(
    ("number", "shown"),
    [
        ("+33465713456", "04 65 71 34 56"),
        ("+262262123456", "02 62 12 34 56"),
        ("+508411234", "05 08 41 12 34"),
        ("+3225551212", "+3225551212"),
    ],
)
def test_a_number_is_said_as_people_in_france_write_it(number: str, shown: str) -> None:
    assert national_writing(number) == shown


@pytest.mark.parametrize(
    "written",
    ["112", "15", "3631", "118 712", "08 99 12 34 56", "0825 12 34 56", "04 65 71 34", "04 65 71 34 56 78",
     "01.70.12.34.56 poste 12", "٠٤٦٥٧١٣٤٥٦", "?", "bonjour", "+33", "04 65 71 34 59 à 50", "+1 900 555 0100", "465,5",
     "4,65714E+08", "4.66E8", "5E8"],
)  # fmt: skip
def test_what_cannot_be_a_line_is_named_as_wrong(written: str) -> None:
    read = read_number_cell(written)
    assert (read.blocks, bool(read.wrong)) == ((), True)


@pytest.mark.parametrize("written", ["", "-", "néant", "Aucun", "–"])
def test_an_internal_seat_has_no_number_and_no_fault(written: str) -> None:
    read = read_number_cell(written)
    assert (read.blocks, read.wanted, read.wrong) == ((), False, ())


@pytest.mark.parametrize(
    "written", ["création", "à créer", "creation SDA", "CRÉATION", "2 créations", "création d'une ligne"]
)
def test_a_number_to_order_is_a_wish(written: str) -> None:
    assert read_number_cell(written).wanted


@pytest.mark.parametrize("between", [" / ", ";", "\n", " et ", "/"])
def test_several_numbers_stand_in_one_cell(between: str) -> None:
    read = read_number_cell(f"04 65 71 34 50{between}0465713452")
    assert [block.first for block in read.blocks] == [33465713450, 33465713452]


@pytest.mark.parametrize(
    "written",
    [
        "04 65 71 34 50 à 59",
        "0465713450-0465713459",
        "0465713450 – 59",
        "04 65 71 34 50 a 04 65 71 34 59",
        "du 04 65 71 34 50 au 04 65 71 34 59",
    ],
)
def test_a_block_is_every_number_of_it(written: str) -> None:
    (block,) = read_number_cell(written).blocks
    assert (len(block.numbers()), block.numbers()[0], block.numbers()[-1]) == (10, "+33465713450", "+33465713459")


@settings(deadline=None)
@given(
    st.integers(0, 99),
    st.sampled_from(["{} {} {} {} {}", "{}.{}.{}.{}.{}", "{}{}{}{}{}", "{}-{}-{}-{}-{}", " {} {} {} {} {}\u00a0"]),
)
def test_any_writing_of_any_number_of_the_block_for_fiction_agrees(last: int, form: str) -> None:
    written = form.format("04", "65", "71", "00", f"{last:02d}")
    assert read_number(written) == (f"+334657100{last:02d}", False)


@settings(deadline=None)
@given(st.sets(st.integers(33465710000, 33465710060)))
def test_ranges_cover_the_numbers_exactly_and_never_touch(numbers: set[int]) -> None:
    ranges = gather_ranges(Did(f"+{number}") for number in numbers)
    covered = [number for item in ranges for number in range(int(item.first), int(item.last) + 1)]
    assert covered == sorted(numbers)
    assert all(int(after.first) - int(before.last) > 1 for before, after in itertools.pairwise(ranges))


@settings(deadline=None)
@given(st.text(max_size=60))
def test_no_text_makes_the_reader_of_numbers_fail(text: str) -> None:
    read = read_number_cell(text)
    assert all(len(str(block.first)) <= 15 for block in read.blocks)


@settings(deadline=None)
@given(st.from_regex(r"0[0-9]([ .-]?[0-9]{2}){4}", fullmatch=True))
def test_the_short_way_to_read_an_ordinary_number_agrees_with_the_long_one(written: str) -> None:
    """A text cell takes the short way; the same text without its stored value, the long one."""
    assert read_number_cell(written, written) == read_number_cell(written)
