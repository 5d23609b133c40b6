"""Which parts of a workbook does a correction touch? Runs apart, with bounded memory and time.

Started by `correct.py` with source and copy as arguments and the corrections on standard input; whatever it refuses
goes out as one line of JSON.
"""

import json
import resource
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from xml.parsers.expat import ExpatError
from zipfile import BadZipFile, ZipFile

from numbering.book_part import BookPart
from numbering.cells import cell_name, cell_position
from numbering.child import MAX_CPU_SECONDS, MAX_MEMORY_BYTES
from numbering.detect import detect
from numbering.package import Package
from numbering.plain import write_plain
from numbering.refusal import MAX_UNPACKED_BYTES, refused
from numbering.sheet_patch import Area, Position, parse_area, patch_sheet
from numbering.splice import Document
from staging.core.faults import PlanRefused

_TABLE = "table"


def correct_package(source: Path, out: Path, texts: Mapping[str, Mapping[str, str]]) -> None:
    """Write a copy of a workbook with texts by sheet and cell; all other parts keep their content.

    A file of another kind becomes an .xlsx with the same sheets and cells first. Where a formula goes, the part with
    the order of calculation goes with it, as Excel itself makes it anew. Raises PlanRefused for an unknown sheet and
    for cells that cannot be changed alone.
    """
    if detect(source) != "xlsx":
        plain = out.with_suffix(".plain")
        titles = write_plain(source, plain)
        texts = {titles.get(sheet, sheet): cells for sheet, cells in texts.items()}
        source = plain
    with ZipFile(source) as archive:
        package = Package(archive)
        _correct(package, texts)
        package.save(out)


def main(arguments: list[str]) -> None:
    """Copy one file with its corrections, within the limits."""
    resource.setrlimit(resource.RLIMIT_AS, (MAX_MEMORY_BYTES, MAX_MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CPU, (MAX_CPU_SECONDS, MAX_CPU_SECONDS))
    resource.setrlimit(resource.RLIMIT_FSIZE, (MAX_UNPACKED_BYTES, MAX_UNPACKED_BYTES))
    answer: list[Any]
    try:
        correct_package(Path(arguments[0]), Path(arguments[1]), json.load(sys.stdin))
        answer = ["done", {}]
    except PlanRefused as refusal:
        answer = [refusal.faults[0].code, dict(refusal.faults[0].facts)]
    except (BadZipFile, ExpatError, EOFError, KeyError, ValueError) as error:
        answer = ["unreadable-workbook", {"reason": type(error).__name__}]
    except OSError as error:
        # No room or no right where the copy goes: the customer's file is not to blame.
        answer = ["corrected-failed", {"reason": error.strerror or type(error).__name__}]
    json.dump(answer, sys.stdout)


def _correct(package: Package, texts: Mapping[str, Mapping[str, str]]) -> None:
    book = BookPart(package)
    lost_formula = False
    for name, cells in texts.items():
        sheet = book.find(name)
        if sheet is None:
            raise refused("correction-outside", cell=f"{name}!{next(iter(cells))}")
        places = {cell_position(cell): text for cell, text in cells.items()}
        _refuse_headings(package, sheet.path, places)
        patched = patch_sheet(package.read(sheet.path), places)
        package.write(sheet.path, patched.xml)
        lost_formula |= patched.lost_formula
    if lost_formula:
        book.forget_calculation()


def _refuse_headings(package: Package, path: str, texts: Mapping[Position, str]) -> None:
    """The headings of a table object stand in a part of their own as well; Excel calls a file broken that differs."""
    for area in _heading_areas(package, path):
        for place in texts:
            if area.holds(place):
                raise refused("correction-in-table-heading", cell=cell_name(*place))


def _heading_areas(package: Package, path: str) -> Iterator[Area]:
    for relation in package.relations(path):
        if relation.kind == _TABLE:
            table = Document(package.read(relation.target)).root
            if table.get("headerRowCount", "1") != "0":
                area = parse_area(table.get("ref"))
                yield Area(area.left, area.top, area.right, area.top)
