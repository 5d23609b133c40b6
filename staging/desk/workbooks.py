"""A stored workbook with corrections, as a file and as its cells. What was read last is remembered for a while."""

import hashlib
import tempfile
import threading
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from numbering.correct import Correction, write_corrected
from numbering.events import Workbook
from numbering.sandboxed import read_workbook
from staging.core.faults import Fault, PlanRefused, Where

_SUFFIXES = (".xlsx", ".xlsm", ".ods", ".csv", ".tsv", ".txt", ".xls")
_REMEMBERED = 4
_LARGEST_REMEMBERED = 60_000
"""Cells. A person corrects one workbook for minutes; opening it anew each time costs most of an answer."""


@contextmanager
def corrected_file(content: bytes, name: str, corrections: Sequence[Correction]) -> Iterator[Path]:
    """A workbook's bytes with corrections in it, as a file that is gone afterwards. Raises PlanRefused.

    name: the person's own; only its ending is used, and with corrections the file has that of `corrected_name`.
    """
    suffix = Path(name).suffix.casefold()
    with tempfile.TemporaryDirectory(prefix="staging-") as folder:
        source = Path(folder) / f"plan{suffix if suffix in _SUFFIXES else '.xlsx'}"
        out = Path(folder) / corrected_name("corrected" + suffix)
        try:
            source.write_bytes(content)
        except OSError as error:
            raise PlanRefused(Fault("corrected-failed", Where(name), {"reason": error.strerror or ""})) from error
        if corrections:
            write_corrected(source, corrections, out)
        yield out if corrections else source


def corrected_name(name: str) -> str:
    """The name of a workbook once we wrote into it: its own, but .csv and .ods became an .xlsx."""
    return name if name.casefold().endswith((".xlsx", ".xlsm")) else str(Path(name).with_suffix(".xlsx"))


class RecentWorkbooks:
    """The cells of workbooks with corrections; the last few are kept, as they follow from the bytes alone."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._recent: OrderedDict[tuple[bytes, str, tuple[Correction, ...]], Workbook] = OrderedDict()

    def open(self, content: bytes, name: str, corrections: Sequence[Correction]) -> Workbook:
        """The sheets of a workbook once corrected. Raises PlanRefused."""
        key = (hashlib.sha256(content).digest(), name, tuple(corrections))
        with self._lock:
            found = self._recent.get(key)
        if found is None:
            with corrected_file(content, name, corrections) as path:
                found = read_workbook(path)
        if sum(len(row.places) for sheet in found.sheets for row in sheet.rows) <= _LARGEST_REMEMBERED:
            self._remember(key, found)
        return found

    def _remember(self, key: tuple[bytes, str, tuple[Correction, ...]], workbook: Workbook) -> None:
        with self._lock:
            self._recent[key] = workbook
            self._recent.move_to_end(key)
            while len(self._recent) > _REMEMBERED:
                self._recent.popitem(last=False)
