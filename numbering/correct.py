"""How do corrections get into a customer's own workbook? As texts in single cells, written by a child process."""

import json
import subprocess
import sys
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from numbering.cells import cell_name, cell_position
from numbering.refusal import MAX_COLUMNS, MAX_ROWS
from staging.core.faults import Fault, PlanRefused, Where

MAX_CHARACTERS = 2_000
"""Of one corrected cell. The longest thing a plan's cell holds is a handful of numbers; Excel's own limit is 32,767."""

MAX_SECONDS = 120.0

_ROOT = Path(__file__).resolve().parent.parent
# As in sandboxed.py: no site packages, no environment, no current folder.
_PROGRAM = "import sys; sys.path.insert(0, sys.argv.pop(1)); from numbering.corrector import main; main(sys.argv[1:])"


@dataclass(frozen=True, slots=True)
class Correction:
    """A new text for one cell. cell: `E12`; text: what stands there from now on, empty for nothing."""

    sheet: str
    cell: str
    text: str


def parse_correction(sheet: str, cell: str, text: str) -> Correction | Fault:
    """What a person typed into a cell, or why it cannot stand there.

    The cell's name may be typed in small letters. Line breaks are kept, as Excel keeps them within a cell;
    other control characters, characters outside of Unicode and texts over 2,000 characters are refused.
    """
    named = cell.strip().upper()[:12]
    at = Where("plan", sheet[:64], named)
    try:
        column, row = cell_position(named)
    except ValueError:
        return Fault("correction-outside", at, {"cell": named})
    if not (1 <= column <= MAX_COLUMNS and 1 <= row <= MAX_ROWS):
        return Fault("correction-outside", at, {"cell": named})
    plain = text.replace("\r\n", "\n").replace("\r", "\n")
    if len(plain) > MAX_CHARACTERS:
        return Fault("correction-too-long", at, {"cell": named, "characters": len(plain), "limit": MAX_CHARACTERS})
    if any(unicodedata.category(sign) in ("Cc", "Cs", "Cn") and sign != "\n" for sign in plain):
        return Fault("correction-unprintable", at, {"cell": named})
    return Correction(sheet, cell_name(column, row), plain if plain.strip() else "")


def write_corrected(source: Path, corrections: Iterable[Correction], out: Path) -> None:
    """Write a copy of a workbook in which these cells hold these texts; the last one of a cell counts.

    Every other part keeps its content, and so does the rest of the sheets; of an .ods or .csv file the copy is an
    .xlsx. Raises PlanRefused for a cell that cannot be changed alone, a file that cannot be read, and, as
    `corrected-failed`, a copy that cannot be written.
    """
    texts: dict[str, dict[str, str]] = {}
    for one in corrections:
        texts.setdefault(one.sheet, {})[one.cell] = one.text
    command = [sys.executable, "-I", "-S", "-c", _PROGRAM, str(_ROOT), str(source.resolve()), str(out.resolve())]
    try:
        done = subprocess.run(  # noqa: S603 - our own interpreter; the paths are arguments, never a command
            command, input=json.dumps(texts).encode(), capture_output=True, timeout=MAX_SECONDS, check=True
        )
        code, facts = json.loads(done.stdout)
    except (subprocess.SubprocessError, ValueError) as error:
        fault = Fault("unreadable-workbook", Where(source.name), {"reason": type(error).__name__})
        raise PlanRefused(fault) from error
    if code != "done":
        raise PlanRefused(Fault(code, Where(source.name, None, facts.get("cell")), facts))
