"""Which cells of a workbook are filled, commented and added? Runs apart, with bounded memory and time."""

import json
import re
import resource
import sys
from collections.abc import Mapping
from copy import copy
from pathlib import Path
from typing import Any, cast
from xml.sax.saxutils import escape
from zipfile import ZIP_DEFLATED, ZipFile

from openpyxl import load_workbook
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE, Cell, MergedCell
from openpyxl.comments import Comment
from openpyxl.styles import Font, PatternFill
from openpyxl.utils import get_column_letter
from openpyxl.workbook import Workbook
from openpyxl.workbook.defined_name import DefinedName
from openpyxl.worksheet.hyperlink import Hyperlink
from openpyxl.worksheet.worksheet import Worksheet

from numbering.cells import cell_name, cell_position
from numbering.marks import FINDINGS, MARK, PROPOSED, STORE, parse_target, target

MAX_MEMORY_BYTES = 2_000_000_000
MAX_CPU_SECONDS = 100

_FILLS = {"error": "FFFF9C9C", "warning": "FFFFD27F"}
_AUTHOR = "staging"
_STORE_SHEET = "staging_store"
_RISKY = ("=", "+", "-", "@", "\t", "\r")
_EMPTY_FORMULA = re.compile(r'<c r="([A-Z]+[0-9]+)"([^>]*)><f([^>]*)>([^<]*)</f><v\s*(?:/>|></v>)</c>')


def mark_workbook(source: Path, out: Path, job: Mapping[str, Any]) -> None:
    """Write the marked copy of a workbook. job: what `annotate.annotation` made."""
    with source.open("rb") as file:
        book = load_workbook(file, keep_vba=source.suffix.casefold() == ".xlsm", rich_text=True)
    values = _stored_values(source, book)
    columns = _remove_marks(book)
    visible = [sheet.title for sheet in book.worksheets]
    _mark_cells(book, job)
    for number, (sheet, numbers) in enumerate(job["allotted"].items(), start=1):
        _propose(book, book[sheet], numbers, job, columns.get(sheet), number)
    _list_findings(book, job)
    book.save(out)
    _restore_values(out, {sheet: values.get(sheet, {}) for sheet in visible})


def put_text(cell: Cell | MergedCell, text: str) -> None:
    """Write text that stays text, whatever it begins with. A cell inside a merged range holds none."""
    if isinstance(cell, MergedCell):
        return
    clean = ILLEGAL_CHARACTERS_RE.sub("�", text)
    cell.value = clean
    cell.data_type = "s"
    cell.quotePrefix = clean.startswith(_RISKY)


def _remove_marks(book: Workbook) -> dict[str, int]:
    """Take away what an earlier annotation wrote; gives the column of ours in each sheet, to be used again."""
    ours = {name: place for name, entry in book.defined_names.items() if (place := parse_target(entry.attr_text or ""))}
    store = book[ours[STORE][0]] if STORE in ours and ours[STORE][0] in book.sheetnames else None
    columns: dict[str, int] = {}
    for name, (sheet, column, row) in ours.items():
        if sheet not in book.sheetnames:
            continue
        if name.startswith(PROPOSED):
            columns[sheet] = column
            for (old,) in book[sheet].iter_rows(min_row=row, min_col=column, max_col=column):
                if isinstance(old, Cell):
                    old.value = None
        elif name.startswith(MARK) and store is not None:
            cell = _unmerged(book[sheet], cell_name(column, row))
            _restore_look(cell, store, int(name.removeprefix(MARK)))
    for name in (FINDINGS, STORE):
        if name in ours and ours[name][0] in book.sheetnames:
            del book[ours[name][0]]
    for name in [name for name in book.defined_names if name in (FINDINGS, STORE) or name.startswith((PROPOSED, MARK))]:
        del book.defined_names[name]
    return columns


def _restore_look(cell: Cell, store: Worksheet, number: int) -> None:
    kept, comment = store.cell(number, 1), store.cell(number, 2).value
    cell.fill = cast(PatternFill, copy(kept.fill))
    cell.comment = Comment(str(comment), str(store.cell(number, 3).value or "")) if comment else None


def _mark_cells(book: Workbook, job: Mapping[str, Any]) -> None:
    by_cell: dict[tuple[str, str], list[Mapping[str, Any]]] = {}
    for fault in job["faults"]:
        if fault["cell"]:
            by_cell.setdefault((fault["sheet"], fault["cell"]), []).append(fault)
    if not by_cell:
        return
    store = book.create_sheet(_free_title(book, _STORE_SHEET))
    store.sheet_state = "veryHidden"
    for number, ((sheet, name), faults) in enumerate(by_cell.items(), start=1):
        cell = _unmerged(book[sheet], name)
        kept = store.cell(number, 1)
        kept.fill = cast(PatternFill, copy(cell.fill))
        if cell.comment is not None:
            put_text(store.cell(number, 2), cell.comment.text)
            put_text(store.cell(number, 3), cell.comment.author or "")
        _mark(cell, faults)
        _name(book, f"{MARK}{number}", target(sheet, cell.coordinate))
    _name(book, STORE, target(store.title, "A1"))


def _mark(cell: Cell, faults: list[Mapping[str, Any]]) -> None:
    severity = "error" if any(fault["severity"] == "error" for fault in faults) else "warning"
    cell.fill = PatternFill("solid", fgColor=_FILLS[severity])
    own = [cell.comment.text] if cell.comment is not None else []
    said = [f"{fault['message']}\n{fault['hint']}" for fault in faults]
    comment = Comment(ILLEGAL_CHARACTERS_RE.sub("�", "\n\n".join([*own, *said])), _AUTHOR)
    comment.width, comment.height = 340, 60 + 70 * (len(own) + len(said))
    cell.comment = comment


def _unmerged(sheet: Worksheet, name: str) -> Cell:
    """The cell, or the one that stands for it where it lies inside a merged range."""
    column, row = cell_position(name)
    found = sheet.cell(row, column)
    if isinstance(found, MergedCell):
        area = next(area for area in sheet.merged_cells.ranges if name in area)
        found = sheet.cell(area.min_row, area.min_col)
    if not isinstance(found, Cell):
        raise TypeError(f"{name} stands for no cell")
    return found


def _propose(
    book: Workbook,
    sheet: Worksheet,
    numbers: Mapping[str, str],
    job: Mapping[str, Any],
    column: int | None,
    number: int,
) -> None:
    top = job["header_rows"][sheet.title]
    used = max(
        (cell.column for row in sheet.iter_rows(min_row=top) for cell in row if cell.value is not None), default=0
    )
    column = column or used + 1
    letter = get_column_letter(column)
    head = sheet.cell(top, column)
    put_text(head, job["proposed"])
    head.font = Font(bold=True)
    last = top
    for name, extension in numbers.items():
        row = cell_position(name)[1]
        put_text(sheet.cell(row, column), extension)
        last = max(last, row)
    sheet.column_dimensions[letter].width = 24
    _name(book, f"{PROPOSED}{number}", target(sheet.title, f"{letter}{top}", f"{letter}{last}"))


def _list_findings(book: Workbook, job: Mapping[str, Any]) -> None:
    sheet = book.create_sheet(_free_title(book, job["findings"]))
    for column, (head, width) in enumerate(zip(job["heads"], (12, 28, 26, 70, 70), strict=True), start=1):
        cell = sheet.cell(1, column)
        put_text(cell, head)
        cell.font = Font(bold=True)
        sheet.column_dimensions[get_column_letter(column)].width = width
    for row, fault in enumerate(job["faults"], start=2):
        place = f"{fault['sheet']}!{fault['cell']}" if fault["cell"] else job["whole"]
        for column, text in enumerate((fault["shown"], place, fault["code"], fault["message"], fault["hint"]), start=1):
            put_text(sheet.cell(row, column), text)
        sheet.cell(row, 1).fill = PatternFill("solid", fgColor=_FILLS[fault["severity"]])
        if fault["cell"]:
            where = target(fault["sheet"], fault["cell"]).replace("$", "")
            link = sheet.cell(row, 2)
            link.hyperlink = Hyperlink(ref=link.coordinate, location=where)
            link.font = Font(color="FF0000EE", underline="single")
    sheet.freeze_panes = "A2"
    _name(book, FINDINGS, target(sheet.title, "A1"))


def _free_title(book: Workbook, wanted: str) -> str:
    title, number = wanted, 2
    while title.casefold() in {name.casefold() for name in book.sheetnames}:
        title, number = f"{wanted} {number}", number + 1
    return title


def _name(book: Workbook, name: str, text: str) -> None:
    book.defined_names[name] = DefinedName(name, attr_text=text, hidden=True)


def _stored_values(source: Path, book: Workbook) -> dict[str, dict[str, Any]]:
    """Results of formulas, by sheet and cell: the library writes formulas without them, and they count for us."""
    formulas = {
        sheet.title: [cell.coordinate for row in sheet.iter_rows() for cell in row if cell.data_type == "f"]
        for sheet in book.worksheets
    }
    if not any(formulas.values()):
        return {}
    with source.open("rb") as file:
        calculated = load_workbook(file, data_only=True)
    return {title: {name: calculated[title][name].value for name in names} for title, names in formulas.items()}


def _restore_values(path: Path, values: Mapping[str, Mapping[str, Any]]) -> None:
    if not any(values.values()):
        return
    parts = {f"xl/worksheets/sheet{number}.xml": cells for number, cells in enumerate(values.values(), start=1)}
    rewritten = path.with_suffix(".values")
    with ZipFile(path) as old, ZipFile(rewritten, "w", ZIP_DEFLATED) as new:
        for entry in old.infolist():
            content = old.read(entry)
            if parts.get(entry.filename):
                content = _with_values(content.decode(), parts[entry.filename]).encode()
            new.writestr(entry, content)
    rewritten.replace(path)


def _with_values(xml: str, values: Mapping[str, Any]) -> str:
    def filled(match: re.Match[str]) -> str:
        value = values.get(match[1])
        if value is None:
            return match[0]
        kind, text = "", str(value)
        if isinstance(value, bool):
            kind, text = ' t="b"', str(int(value))
        elif not isinstance(value, int | float):
            kind = ' t="e"' if text.startswith("#") else ' t="str"'
        plain = re.sub(r' t="[a-z]*"', "", match[2])
        return f'<c r="{match[1]}"{plain}{kind}><f{match[3]}>{match[4]}</f><v>{escape(text)}</v></c>'

    return _EMPTY_FORMULA.sub(filled, xml)


if __name__ == "__main__":
    resource.setrlimit(resource.RLIMIT_AS, (MAX_MEMORY_BYTES, MAX_MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CPU, (MAX_CPU_SECONDS, MAX_CPU_SECONDS))
    mark_workbook(Path(sys.argv[1]), Path(sys.argv[2]), json.load(sys.stdin))
