"""What did we write into a workbook ourselves? Our column and sheets, known by defined names of ours."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from numbering.cells import cell_position
from numbering.events import Workbook

PROPOSED = "staging_proposed_"
FINDINGS = "staging_findings"
STORE = "staging_store"
OURS = (PROPOSED, FINDINGS, STORE)

_TARGET = re.compile(r"(?:'((?:[^']|'')+)'|([^'!]+))!\$?([A-Z]{1,3})\$?([0-9]+)(?::\$?[A-Z]{1,3}\$?[0-9]+)?")


@dataclass(frozen=True, slots=True)
class Marks:
    """proposed: by sheet, the column of allotted short numbers; sheets: those that only we wrote."""

    proposed: Mapping[str, int]
    sheets: frozenset[str]


def find_marks(workbook: Workbook) -> Marks:
    """What is ours in a workbook, nothing in one that we never annotated."""
    found = {name: target for name, text in workbook.names.items() if (target := parse_target(text))}
    proposed = {sheet: column for name, (sheet, column, _) in found.items() if name.startswith(PROPOSED)}
    return Marks(proposed, frozenset(sheet for name, (sheet, _, _) in found.items() if name in (FINDINGS, STORE)))


def name_key(name: str, sheet: str) -> str:
    """What a defined name is known under. sheet: `localSheetId`, empty for a name of the whole workbook.

    A sheet that somebody copies in Excel takes names of its own along, spelt as those of the first.
    """
    return f"{name} {sheet}" if sheet else name


def parse_target(text: str) -> tuple[str, int, int] | None:
    """Sheet, column and row of the first cell that a defined name points to; None when it points nowhere."""
    match = _TARGET.fullmatch(text.strip())
    if match is None:
        return None
    column, row = cell_position(f"{match[3]}{match[4]}")
    return (match[1] or match[2]).replace("''", "'"), column, row


def target(sheet: str, first: str, last: str = "") -> str:
    """The text of a defined name for a cell or a range: `'Plan'!$F$5:$F$85`."""
    ends = [re.sub(r"([A-Z]+)([0-9]+)", r"$\1$\2", cell) for cell in (first, last) if cell]
    return "'" + sheet.replace("'", "''") + "'!" + ":".join(ends)
