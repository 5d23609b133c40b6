"""Which cells of which paper get the labels, also on a sheet that was begun, also on one that nobody wrote down?"""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labels.draw_brother import DPI, ql_rolls
from labels.sheet import Rect, Sheet, find_sheet, sheets

CELLS = st.integers(1, 21)


def stock(name: str) -> Sheet:
    found = find_sheet(name)
    assert found is not None
    return found


@given(count=st.integers(1, 60), start=CELLS, used=st.frozensets(CELLS, max_size=20))
def test_no_label_goes_where_one_is_missing_and_no_cell_is_left_out(
    count: int, start: int, used: frozenset[int]
) -> None:
    places = list(stock("l7160").numbers(count, start_cell=start, used=used))
    wanted = [(0, cell) for cell in range(start, 22) if cell not in used]
    wanted += [(page, cell) for page in range(1, 5) for cell in range(1, 22)]
    assert places == wanted[:count]


@pytest.mark.parametrize(
    ("name", "cells", "first"),
    [
        ("roll-70x35", 1, Rect(0, 0, 70, 35)),
        ("ROLL-70.5x35", 1, Rect(0, 0, 70.5, 35)),
        ("a4-3x8-70x37", 24, Rect(0, 0.5, 70, 37)),
        ("a4-3x8-63.5x33.9-7.2x12.9-66x33.9", 24, Rect(7.2, 12.9, 63.5, 33.9)),
    ],
)
def test_paper_that_nobody_wrote_down_is_named_by_its_measures(name: str, cells: int, first: Rect) -> None:
    assert (stock(name).cells, stock(name).first) == (cells, first)


@pytest.mark.parametrize(
    "name",
    [
        "roll-5x5", "roll-400x50", "a4-4x8-63.5x33.9", "a4-0x8-70x37", "a4-3x8-63.5x33.9-7.2x12.9-60x33.9",
        "a4-3x8-63.5x33.9-7.2x12.9", "a4-3x9-70x37", "papyrus", "",
    ],
)  # fmt: skip
def test_paper_that_cannot_be_is_none(name: str) -> None:
    assert find_sheet(name) is None


def test_what_is_written_down_goes_before_what_a_name_measures() -> None:
    assert stock("roll-100x50") is sheets()["roll-100x50"]


@pytest.mark.parametrize("name", sorted(ql_rolls()))
def test_the_cell_of_a_brother_roll_is_what_its_head_reaches(name: str) -> None:
    roll, cell = ql_rolls()[name], stock(name).first
    reached = (roll.rows, roll.dots) if roll.turned else (roll.dots, roll.rows)
    assert (cell.width * DPI / 25.4, cell.height * DPI / 25.4) == pytest.approx(reached, abs=2.5)
