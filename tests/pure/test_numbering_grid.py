"""Does a sheet look in the page as its owner knows it, with each row told for what it counts as?"""

from hypothesis import given
from hypothesis import strategies as st

from numbering.cells import Cell as SheetCell
from numbering.cells import Sheet, cell_name, cell_position, make_row
from numbering.grid import Grid, draw_grid, find_text
from tests.fakes.numbering import sheet

DRAWN = """
Pack Téléphonie Intégrée

Site | Nom et prénom | Profil | Matériel
Lyon
 | accueil | STANDARD | T54W
 | atelier | POSTE FIXE | ^
 | | POSTE FIXE | T54W
Total : 3 postes
"""


def kinds(grid: Grid) -> list[tuple[int, str]]:
    return [(line.number, line.kind) for line in grid.lines]


def test_each_row_is_told_for_what_it_counts_as_and_one_empty_row_follows() -> None:
    assert kinds(draw_grid(sheet(DRAWN))) == [
        (1, "above"), (2, "above"), (3, "header"), (4, "section"), (5, "seat"), (6, "seat"), (7, "refused"),
        (8, "ignored"), (9, "blank"),
    ]  # fmt: skip


def test_one_column_more_than_is_filled_is_shown_so_that_a_missing_one_can_be_written() -> None:
    grid = draw_grid(sheet(DRAWN))
    assert grid.columns == 5
    assert dict(grid.fields) == {1: "site", 2: "name", 3: "profile", 4: "hardware"}
    assert [cell.name for cell in grid.cells(grid.lines[4])] == ["A5", "B5", "C5", "D5", "E5"]


def test_a_merged_cell_says_who_lends_it_its_text() -> None:
    grid = draw_grid(sheet(DRAWN))
    cell = grid.cells(grid.lines[5])[3]
    assert (cell.name, cell.text, cell.lent_by) == ("D6", "T54W", "D5")


def test_many_empty_rows_are_one_line_and_few_are_rows() -> None:
    rows = (make_row(1, {1: SheetCell("a", "a")}), make_row(4, {1: SheetCell("b", "b")}), make_row(90, {}))
    assert [(line.number, line.last, line.kind) for line in draw_grid(Sheet("Plan", rows)).lines] == [
        (1, 1, "blank"), (2, 2, "blank"), (3, 3, "blank"), (4, 4, "blank"), (5, 89, "gap"), (90, 90, "blank"),
        (91, 91, "blank"),
    ]  # fmt: skip


def test_a_title_or_a_heading_does_not_make_its_column_wide() -> None:
    assert draw_grid(sheet(DRAWN)).widest[:2] == (4, 13)


@given(st.dictionaries(st.integers(1, 40), st.sets(st.integers(1, 8), min_size=1), max_size=8))
def test_every_row_of_the_sheet_lies_in_exactly_one_line(filled: dict[int, set[int]]) -> None:
    rows = tuple(
        make_row(n, {c: SheetCell("x", "x") for c in sorted(columns)}) for n, columns in sorted(filled.items())
    )
    drawn = Sheet("Plan", rows)
    grid = draw_grid(drawn)
    covered = [number for line in grid.lines for number in range(line.number, line.last + 1)]
    assert covered == list(range(1, max(filled, default=0) + 2))
    for number, columns in filled.items():
        assert all(find_text(drawn, cell_name(column, number)) == "x" for column in columns)


@given(st.integers(1, 30), st.integers(1, 30))
def test_a_cell_has_a_text_exactly_where_the_grid_shows_one(column: int, row: int) -> None:
    drawn = sheet(DRAWN)
    grid = draw_grid(drawn)
    shown = {cell.name: cell.text for line in grid.lines for cell in grid.cells(line) if not cell.lent_by}
    name = cell_name(column, row)
    assert cell_position(name) == (column, row)
    if name in shown:
        assert find_text(drawn, name) == shown[name]
    elif name != "D6":
        assert find_text(drawn, name) is None
