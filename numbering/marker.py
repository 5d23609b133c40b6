"""Which parts of a workbook change when it is marked? Runs apart, with bounded memory and time.

The bytes are a stranger's. Every member of the file is copied as it is, but for the sheets with marks, their comments,
the looks, the list of sheets and two sheets of ours (docs/adr/0014).
"""

import json
import resource
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from zipfile import ZipFile

from numbering.book_part import BookPart, SheetPart
from numbering.cells import cell_name, cell_position
from numbering.findings import read_store, render_findings, render_store
from numbering.looks import EMPTY_STYLES, Looks
from numbering.marks import FINDINGS, OURS, PROPOSED, STORE, parse_target, target
from numbering.package import SPREADSHEET, Package
from numbering.plain import write_plain
from numbering.refusal import MAX_COLUMNS
from numbering.remarks import EMPTY_COMMENTS, EMPTY_DRAWING, draw_remarks, has_boxes, remark
from numbering.sheet_part import SheetEdits, edit_sheet
from numbering.sheet_survey import Position, Survey, survey_sheet
from numbering.splice import in_utf8

MAX_MEMORY_BYTES = 2_000_000_000
MAX_CPU_SECONDS = 100

_STORE_SHEET = "staging_store"
_WIDTH = 24


def mark_workbook(source: Path, out: Path, job: Mapping[str, Any]) -> None:
    """Write the marked copy of a workbook. job: what `annotate.annotation` made.

    A file of another kind becomes an .xlsx with the same sheets and cells first.
    """
    if job["plain"]:
        plain = out.with_suffix(".plain")
        job = _renamed(job, write_plain(source, plain))
        source = plain
    with ZipFile(source) as archive:
        package = Package(archive)
        _Marker(package, job).mark()
        package.save(out)


def _renamed(job: Mapping[str, Any], titles: Mapping[str, str]) -> Mapping[str, Any]:
    """The same job for sheets whose names had to change on the way."""
    return {
        **job,
        "faults": [{**fault, "sheet": titles.get(fault["sheet"], fault["sheet"])} for fault in job["faults"]],
        **{name: {titles[sheet]: value for sheet, value in job[name].items()} for name in ("allotted", "header_rows")},
    }


class _Marker:
    """Marks the sheets of one workbook, one after the other, then writes what they share."""

    def __init__(self, package: Package, job: Mapping[str, Any]) -> None:
        self._package, self._job = package, job
        self._book = BookPart(package)
        places = {name: place for name, text in self._book.names.items() if (place := parse_target(text))}
        self._columns = {place[0]: place[1:] for name, place in places.items() if name.startswith(PROPOSED)}
        self._marked_before = any(name.startswith(OURS) for name in self._book.names)
        self._findings = self._ours(places.get(FINDINGS))
        self._store = self._ours(places.get(STORE))
        self._styles = package.related(package.workbook, "styles")
        styles = package.read(self._styles.target) if self._styles else self._book.in_dialect(EMPTY_STYLES)
        self._looks = Looks(styles, read_store(package.read(self._store.path)) if self._store else ())
        self._names: dict[str, str] = {}
        self._stale = False

    def mark(self) -> None:
        by_cell: dict[str, dict[str, list[Mapping[str, Any]]]] = {}
        for fault in self._job["faults"]:
            if fault["cell"]:
                by_cell.setdefault(fault["sheet"], {}).setdefault(fault["cell"], []).append(fault)
        for sheet in self._book.sheets:
            faults = by_cell.get(sheet.name, {})
            concerned = self._marked_before or faults or sheet.name in self._job["allotted"]
            if concerned and sheet not in (self._findings, self._store):
                self._mark_sheet(sheet, faults)
        self._add_sheets()
        self._write_looks()
        self._book.rename_ours(self._names)
        if self._stale:
            self._book.forget_calculation()
        self._book.settle_kind(macros=self._job["macros"])

    def _ours(self, place: tuple[str, int, int] | None) -> SheetPart | None:
        return self._book.find(place[0]) if place else None

    def _mark_sheet(self, sheet: SheetPart, faults: Mapping[str, list[Mapping[str, Any]]]) -> None:
        allotted, old = self._job["allotted"].get(sheet.name, {}), self._columns.get(sheet.name)
        content = in_utf8(self._package.read(sheet.path))
        header = self._job["header_rows"].get(sheet.name, old[1] if old else 1)
        survey = survey_sheet(content, from_row=header, column=old[0] if old else None)
        anchors = survey.anchors(faults)
        marks: dict[Position, str] = {}
        said: dict[str, list[str]] = {}
        for cell, found in faults.items():
            row, column = anchors[cell]
            worst = "error" if any(fault["severity"] == "error" for fault in found) else "warning"
            marks[row, column] = worst if marks.get((row, column)) != "error" else "error"
            said.setdefault(cell_name(column, row), []).extend(
                f"{fault['message']}\n{fault['hint']}" for fault in found
            )
        drawing = self._remark(sheet, survey, {cell: "\n\n".join(texts) for cell, texts in said.items()})
        edits = self._edits(sheet, survey, marks, header, allotted, drawing)
        edited = edit_sheet(content, edits, relations=self._package.relations_base)
        if edited != content:
            self._package.write(sheet.path, edited)
        self._stale = self._stale or survey.formulas

    def _edits(
        self,
        sheet: SheetPart,
        survey: Survey,
        marks: Mapping[Position, str],
        header: int,
        allotted: Mapping[str, str],
        drawing: str | None,
    ) -> SheetEdits:
        old = self._columns.get(sheet.name)
        column = old[0] if old else survey.last_column + 1
        texts: dict[Position, str] = {}
        # A column more than the readers take would make the marked file one that is refused.
        if allotted and (old or column <= MAX_COLUMNS):
            texts = {(cell_position(cell)[1], column): number for cell, number in allotted.items()}
            first, last = cell_name(column, header), cell_name(column, max(row for row, _ in texts))
            texts[header, column] = self._job["proposed"]
            self._names[f"{PROPOSED}{len(self._names) + 1}"] = target(sheet.name, first, last)
        return SheetEdits(
            marks=marks,
            texts=texts,
            look=lambda look, severity: self._looks.marked(look, severity) if severity else self._looks.restored(look),
            cleared=(old[0], old[1]) if old else None,
            heading_row=header,
            heading=self._heading(survey) if texts else 0,
            width=(column, _WIDTH) if texts and not old else None,
            drawing=drawing,
        )

    def _heading(self, survey: Survey) -> int:
        """Ours looks like the heading beside it."""
        beside = self._looks.restored(survey.heading)
        return beside or self._looks.made('<b/><sz val="11"/><name val="Calibri"/><family val="2"/>')

    def _remark(self, sheet: SheetPart, survey: Survey, said: Mapping[str, str]) -> str | None:
        """Bring a sheet's comments up to date; gives what its drawing becomes, as `SheetEdits.drawing` has it."""
        package = self._package
        comments = package.related(sheet.path, "comments")
        drawings = {item.id: item for item in package.relations(sheet.path) if item.kind == "vmlDrawing"}
        drawing = drawings.get(survey.drawing)
        if comments is None and not said:
            return None
        before = in_utf8(package.read(comments.target)) if comments else self._book.in_dialect(EMPTY_COMMENTS)
        remarks = remark(before, said)
        if comments is not None and remarks.content == before:
            return None
        places = {name: _position(name) for name in (*remarks.silenced, *remarks.new)}
        drawn = draw_remarks(package.read(drawing.target) if drawing else EMPTY_DRAWING, remarks, places, said)
        if comments is not None and not remarks.count:
            package.unrelate(sheet.path, comments)
            package.drop(comments.target)
        else:
            self._put(sheet, comments.target if comments else "", "comments", remarks.content)
        if not has_boxes(drawn):
            if drawing is None:
                return None
            package.unrelate(sheet.path, drawing)
            package.drop(drawing.target)
            return ""
        return self._put(sheet, drawing.target if drawing else "", "vmlDrawing", drawn)

    def _put(self, sheet: SheetPart, path: str, kind: str, content: bytes) -> str | None:
        """Write a part that belongs to a sheet; gives the relation's id where it is new."""
        package = self._package
        if path:
            package.write(path, content)
            return None
        folder = package.workbook.rpartition("/")[0]
        pattern = f"{folder}/comments{{}}.xml" if kind == "comments" else f"{folder}/drawings/vmlDrawing{{}}.vml"
        path = package.new_path(pattern.lstrip("/"))
        package.write(path, content)
        if kind == "comments":
            package.declare(path, f"{SPREADSHEET}comments+xml")
        else:
            package.declare_extension("vml", "application/vnd.openxmlformats-officedocument.vmlDrawing")
        return package.relate(sheet.path, kind, path)

    def _add_sheets(self) -> None:
        found = self._book.in_dialect(render_findings(self._job, self._looks))
        self._names[FINDINGS] = target(self._put_sheet(self._findings, self._job["findings"], found), "A1")
        pairs = self._looks.pairs
        if pairs or self._store is not None:
            kept = self._book.in_dialect(render_store(pairs))
            self._names[STORE] = target(self._put_sheet(self._store, _STORE_SHEET, kept, state="veryHidden"), "A1")

    def _put_sheet(self, old: SheetPart | None, title: str, content: bytes, *, state: str = "visible") -> str:
        if old is None:
            title = self._book.free_title(title)
            self._book.add_sheet(title, content, state=state)
            return title
        self._stale = self._stale or b"<f" in self._package.read(old.path)
        self._package.write(old.path, content)
        self._package.drop_relations(old.path)
        return old.name

    def _write_looks(self) -> None:
        package = self._package
        if self._styles is not None:
            package.write(self._styles.target, self._looks.result())
            return
        folder = package.workbook.rpartition("/")[0]
        usual = f"{folder}/styles.xml".lstrip("/")
        path = usual if usual not in package else package.new_path(f"{folder}/styles{{}}.xml".lstrip("/"))
        package.write(path, self._looks.result())
        package.declare(path, f"{SPREADSHEET}styles+xml")
        package.relate(package.workbook, "styles", path)


def _position(name: str) -> Position:
    column, row = cell_position(name)
    return row, column


def main(arguments: list[str]) -> None:
    """Mark one file within the limits; the job comes as JSON on standard input."""
    resource.setrlimit(resource.RLIMIT_AS, (MAX_MEMORY_BYTES, MAX_MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CPU, (MAX_CPU_SECONDS, MAX_CPU_SECONDS))
    mark_workbook(Path(arguments[0]), Path(arguments[1]), json.load(sys.stdin))
