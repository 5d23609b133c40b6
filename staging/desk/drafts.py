"""A plan corrected at our screen: look at a workbook cell by cell, correct one, keep the whole as the next version.

Each correction is written down at once, beside the version that it was made in, whose bytes stay as they came. So a
correction survives whatever happens, no version is made of a half-done one, and the customer's file can be made again
from both at any time. Keeping them makes one version of all.
"""

import tempfile
from collections.abc import Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from pathlib import Path

from numbering.annotate import annotate
from numbering.correct import Correction, parse_correction
from numbering.events import Workbook
from numbering.grid import Grid, draw_grid, find_text
from numbering.marks import find_marks
from numbering.read import Reading, read_plan
from numbering.report import reading_document
from staging.adapters.store.plans import MadeCorrection, Standing
from staging.core.faults import Fault, PlanRefused, Refused, Where
from staging.core.words import Language
from staging.desk.desk import Desk
from staging.desk.plans import get_version, make_room, plan_options, refuse_shipped, version_facts
from staging.desk.workbooks import RecentWorkbooks, corrected_file, corrected_name
from staging.jobs.records import PlanVersion

_RECENT = RecentWorkbooks()

Place = tuple[str, str]
"""Sheet and cell."""


@dataclass(frozen=True, slots=True)
class Corrected:
    """One cell that says something else than in the workbook. was: what the workbook says there."""

    sheet: str
    cell: str
    was: str
    made: MadeCorrection

    @property
    def text(self) -> str:
        """What it says now."""
        return self.made.text or ""


@dataclass(frozen=True, slots=True)
class Look:
    """A version with the corrections made in it: how it looks, and what is wrong with it now.

    standing: to be given back with the next correction. grids: its visible sheets, none when it was refused whole.
    """

    version: PlanVersion
    standing: Standing
    corrected: Mapping[Place, Corrected]
    reading: Reading
    grids: tuple[Grid, ...] = field(default=())


def look(desk: Desk, order_id: str, version: int) -> Look:
    """A version as it stands, read and checked now. Raises Refused `unknown-plan-version`."""
    found = get_version(desk, order_id, version)
    return _look(desk, found, desk.store.plans.standing(order_id, version), _waiting(desk, found))


def correct_cell(
    desk: Desk,
    order_id: str,
    version: int,
    *,
    sheet: str,
    cell: str,
    text: str | None,
    standing: Standing,
    by: str,
) -> Look:
    """Put another text into one cell and check the workbook again; it is written down before this returns.

    text: None puts back what the workbook says. standing: as the person saw it; when somebody did something since,
    Refused `plan-corrected-meanwhile` or `plan-has-newer` tells who. PlanRefused: the text cannot stand in the cell.
    """
    refuse_shipped(desk, desk.store.orders.get(order_id))
    found = get_version(desk, order_id, version)
    if desk.store.plans.standing(order_id, version) != standing:
        raise _moved(desk, found)
    waiting = _waiting(desk, found)
    made = _made(desk, found, _corrected(waiting), sheet, cell, text)
    if made is None:
        return _look(desk, found, standing, waiting)
    later = replace(standing, revision=standing.revision + 1)
    unsaved = MadeCorrection(later.revision, *made, at=desk.clock.now(), operator=by)
    # Made and checked before it is written down: what cannot be written into the file never stands in the books.
    after = _look(desk, found, later, (*waiting, unsaved))
    if not desk.store.plans.correct(order_id, version, [made], standing=standing, by=by):
        raise _moved(desk, found)
    return after


def discard_corrections(desk: Desk, order_id: str, version: int, *, standing: Standing, by: str) -> int:
    """Put every cell back to what the workbook says; how many there were. What was typed stays written down."""
    found = get_version(desk, order_id, version)
    cells = _corrected(_waiting(desk, found))
    back = [(one.sheet, one.cell, one.text, None) for one in cells.values()]
    if not desk.store.plans.correct(order_id, version, back, standing=standing, by=by):
        raise _moved(desk, found)
    return len(back)


def keep_corrections(
    desk: Desk, order_id: str, version: int, *, standing: Standing, by: str, lang: Language
) -> PlanVersion:
    """Make the next version of a version and its corrections; it counts as an upload does.

    Raises Refused: `nothing-corrected`, or as `correct_cell` when somebody did something since.
    """
    order = desk.store.orders.get(order_id)
    refuse_shipped(desk, order)
    found = get_version(desk, order_id, version)
    cells = _corrected(_waiting(desk, found))
    if not cells:
        raise Refused(Fault("nothing-corrected", Where("plan", field=order_id), {"version": version}))
    reading = _look(desk, found, standing, _waiting(desk, found)).reading
    with _file(desk, found, cells) as path:
        kept = desk.store.plans.keep_corrected(
            found,
            standing=standing,
            workbook=corrected_name(found.workbook),
            content=path.read_bytes(),
            document={**reading_document(reading, lang), "workbook": corrected_name(found.workbook)},
            by=by,
            when_good=lambda connection: make_room(desk, order_id, connection),
        )
    if kept is None:
        raise _moved(desk, found)
    facts = {**version_facts(kept), "corrections": len(cells), "base": version}
    desk.store.timeline.add(
        "plan-corrected" if kept.ok else "plan-corrected-with-errors", facts, order_id=order_id, operator=by
    )
    return kept


def corrected_workbook(desk: Desk, order_id: str, version: int, *, marked_in: Language | None = None) -> bytes:
    """The customer's own file with the corrections in it. marked_in: its faulty cells marked, in this language."""
    found = get_version(desk, order_id, version)
    cells = _corrected(_waiting(desk, found))
    with _file(desk, found, cells) as path, tempfile.TemporaryDirectory(prefix="staging-") as folder:
        if marked_in is None:
            return path.read_bytes()
        out = Path(folder) / f"marked{Path(corrected_name(found.workbook)).suffix.casefold()}"
        annotate(path, _read(desk, found, cells)[0], out, marked_in)
        return out.read_bytes()


def _waiting(desk: Desk, version: PlanVersion) -> tuple[MadeCorrection, ...]:
    return desk.store.plans.corrections(version.order_id, version.version)


def _corrected(waiting: Iterable[MadeCorrection]) -> dict[Place, Corrected]:
    """The cells that differ from the workbook: the last correction of each counts, the first one knows what it said."""
    cells: dict[Place, Corrected] = {}
    for one in waiting:
        place = (one.sheet, one.cell)
        earlier = cells.pop(place, None)
        if one.text is not None:
            cells[place] = Corrected(one.sheet, one.cell, earlier.was if earlier else one.before, one)
    return cells


def _look(desk: Desk, version: PlanVersion, standing: Standing, waiting: Sequence[MadeCorrection]) -> Look:
    cells = _corrected(waiting)
    reading, workbook = _read(desk, version, cells)
    if workbook is None:
        return Look(version, standing, cells, reading)
    marks, headings = find_marks(workbook), plan_options(desk).headings
    grids = tuple(
        draw_grid(
            sheet,
            skipped=[marks.proposed[sheet.name]] if sheet.name in marks.proposed else [],
            headings=headings,
        )
        for sheet in workbook.sheets
        if sheet.name not in marks.sheets and sheet.rows
    )
    return Look(version, standing, cells, reading, grids)


def _read(desk: Desk, version: PlanVersion, cells: Mapping[Place, Corrected]) -> tuple[Reading, Workbook | None]:
    """A workbook checked as its order's plan; one that is refused whole gives a reading without a plan.

    A correction that cannot be written raises PlanRefused: that is about the correction, not about the workbook.
    """
    content, corrections = _content(desk, version), _texts(cells)
    try:
        workbook = _RECENT.open(content, version.workbook, corrections)
    except PlanRefused as refusal:
        if any(fault.code.startswith("correction-") for fault in refusal.faults):
            raise
        faults = tuple(replace(fault, at=replace(fault.at, source=version.workbook)) for fault in refusal.faults)
        return Reading(None, faults, version.workbook), None
    marks = find_marks(workbook)
    sheets = [sheet for sheet in workbook.sheets if sheet.name not in marks.sheets]
    options = replace(plan_options(desk, desk.store.orders.get(version.order_id)), proposed=marks.proposed)
    return read_plan(sheets, options, workbook=version.workbook), workbook


def _file(desk: Desk, version: PlanVersion, cells: Mapping[Place, Corrected]) -> AbstractContextManager[Path]:
    return corrected_file(_content(desk, version), version.workbook, _texts(cells))


def _content(desk: Desk, version: PlanVersion) -> bytes:
    return desk.store.plans.content(version.order_id, version.version) or b""


def _texts(cells: Mapping[Place, Corrected]) -> list[Correction]:
    return [Correction(one.sheet, one.cell, one.text) for one in cells.values()]


def _made(
    desk: Desk, version: PlanVersion, corrected: Mapping[Place, Corrected], sheet: str, cell: str, text: str | None
) -> tuple[str, str, str, str | None] | None:
    """What is to be written down for a correction; None when the cell says so already. Raises PlanRefused."""
    parsed = parse_correction(sheet, cell, text or "")
    if isinstance(parsed, Fault):
        raise PlanRefused(parsed)
    now = _text_at(desk, version, corrected, parsed)
    earlier = corrected.get((sheet, parsed.cell))
    wanted = None if text is None or (earlier and parsed.text == earlier.was) else parsed.text
    if wanted == now or (wanted is None and earlier is None):
        return None
    return sheet, parsed.cell, now, wanted


def _text_at(desk: Desk, version: PlanVersion, corrected: Mapping[Place, Corrected], wanted: Correction) -> str:
    workbook = _RECENT.open(_content(desk, version), version.workbook, _texts(corrected))
    sheet = next((one for one in workbook.sheets if one.name == wanted.sheet), None)
    text = find_text(sheet, wanted.cell) if sheet is not None else None
    if text is None:
        at = Where("plan", wanted.sheet[:64], wanted.cell)
        raise PlanRefused(Fault("correction-outside", at, {"cell": wanted.cell}))
    return text


def _moved(desk: Desk, version: PlanVersion) -> Refused:
    """Who did what since the person looked: a newer version tells more than a correction."""
    newest = desk.store.plans.latest(version.order_id)
    last = desk.store.plans.last_corrector(version.order_id, version.version)
    place = Where("plan", field=version.order_id)
    if newest is not None and newest.version > version.version and (last is None or newest.uploaded_at >= last.at):
        facts = {"version": newest.version, "by": newest.uploaded_by}
        return Refused(Fault("plan-has-newer", place, facts))
    facts = {"by": last.operator if last else "–", "cell": last.cell if last else "–"}
    return Refused(Fault("plan-corrected-meanwhile", place, facts))
