"""How does a program correct a plan? A cell at a time, kept as a version; what changed between two versions."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from flask import Response

from staging.adapters.store.plans import Standing
from staging.core.faults import Fault, Refused, Where
from staging.desk import drafts
from staging.desk import plans as desk_plans
from staging.desk.drafts import Look
from staging.desk.plans import VersionLine
from staging.desk.workbooks import corrected_name
from staging.web import api_answers as answers
from staging.web import api_telling as telling
from staging.web.corrections import spreadsheet
from staging.web.gate import language, operator
from staging.web.here import here
from staging.web.words import translate


@dataclass(frozen=True, slots=True)
class NewCorrection:
    """Another text for a cell. text: null puts back what the workbook says; revision, newest: as a draft told them."""

    sheet: str
    cell: str
    revision: int
    newest: int
    text: str | None = None


@dataclass(frozen=True, slots=True)
class DraftSeen:
    """How far a draft was when it was looked at: refused when somebody did something since."""

    revision: int
    newest: int


@dataclass(frozen=True, slots=True)
class CorrectedOut:
    """One cell that says something else than in the workbook."""

    sheet: str
    cell: str
    was: str
    text: str
    by: str
    at: datetime


@dataclass(frozen=True, slots=True)
class DraftOut:
    """A version with the corrections that no later version holds, and every fault that is left."""

    version: int
    revision: int
    newest: int
    ok: bool
    corrected: tuple[CorrectedOut, ...]
    faults: tuple[answers.FaultOut, ...]


@dataclass(frozen=True, slots=True)
class FieldChangeOut:
    """One field before and after. on_stack: whether the telephone system changes by it."""

    field: str
    before: str
    after: str
    on_stack: bool


@dataclass(frozen=True, slots=True)
class SeatChangeOut:
    """One seat that is not as it was. change: added, removed or changed; cell: where it stands, or last stood."""

    change: str
    cell: str
    name: str
    extension: str | None
    fields: tuple[FieldChangeOut, ...]


@dataclass(frozen=True, slots=True)
class ComparisonOut:
    """What changed between two versions. counts: seats added, removed, changed and the same."""

    before: int
    after: int
    counts: Mapping[str, int]
    plan: tuple[FieldChangeOut, ...]
    seats: tuple[SeatChangeOut, ...]


@dataclass(frozen=True, slots=True)
class VersionsOut:
    """Every version of an order's plan, newest first."""

    versions: tuple[VersionLine, ...]


def list_versions(order_id: str) -> VersionsOut:
    """Every version, with how many faults and how many corrections wait in it."""
    here().store.orders.get(order_id)
    return VersionsOut(desk_plans.version_lines(here().desk, order_id))


def show_version(order_id: str, version: str) -> answers.PlanOut:
    """The plan and faults of one version, as they were when it was uploaded."""
    return telling.plan_out(desk_plans.get_version(here().desk, order_id, _number(order_id, version)))


def original_workbook(order_id: str, version: str) -> Response:
    """A workbook as it came."""
    found = desk_plans.get_version(here().desk, order_id, _number(order_id, version))
    content = here().store.plans.content(order_id, found.version) or b""
    return spreadsheet(content, found.workbook, f"{order_id}-{found.version}")


def corrected_workbook(order_id: str, version: str) -> Response:
    """The customer's own file with the corrections in it."""
    found = desk_plans.get_version(here().desk, order_id, _number(order_id, version))
    content = drafts.corrected_workbook(here().desk, order_id, found.version)
    name = corrected_name(found.workbook) if desk_plans.is_corrected(here().desk, found) else found.workbook
    return spreadsheet(content, name, f"{order_id}-{found.version}-{translate('web-corrected-suffix')}")


def marked_workbook(order_id: str, version: str) -> Response:
    """The same with the cells marked that have a fault."""
    found = desk_plans.get_version(here().desk, order_id, _number(order_id, version))
    content = drafts.corrected_workbook(here().desk, order_id, found.version, marked_in=language())
    return spreadsheet(content, corrected_name(found.workbook), f"{order_id}-{found.version}")


def show_draft(order_id: str, version: str) -> DraftOut:
    """A version as it stands with its corrections."""
    return _draft(drafts.look(here().desk, order_id, _number(order_id, version)))


def correct_cell(order_id: str, version: str, body: NewCorrection) -> DraftOut:
    """Put another text into a cell, and check the whole again."""
    return _draft(
        drafts.correct_cell(
            here().desk, order_id, _number(order_id, version), sheet=body.sheet, cell=body.cell, text=body.text,
            standing=Standing(body.revision, body.newest), by=operator().name,
        )
    )  # fmt: skip


def keep_draft(order_id: str, version: str, body: DraftSeen) -> answers.PlanOut:
    """Make the next version of a version and its corrections."""
    kept = drafts.keep_corrections(
        here().desk, order_id, _number(order_id, version), standing=Standing(body.revision, body.newest),
        by=operator().name, lang=language(),
    )  # fmt: skip
    return telling.plan_out(kept)


def discard_draft(order_id: str, version: str, body: DraftSeen) -> DraftOut:
    """Put every corrected cell back to what the workbook says."""
    number = _number(order_id, version)
    drafts.discard_corrections(
        here().desk, order_id, number, standing=Standing(body.revision, body.newest), by=operator().name
    )
    return _draft(drafts.look(here().desk, order_id, number))


def compare_plans(order_id: str, before: str, after: str) -> ComparisonOut:
    """What changed from one version to another."""
    found = desk_plans.compare_versions(
        here().desk, order_id, before=_number(order_id, before), after=_number(order_id, after)
    )
    changes = found.changes
    return ComparisonOut(
        before=found.before.version,
        after=found.after.version,
        counts={change: changes.count(change) for change in ("added", "removed", "changed", "same")},
        plan=tuple(FieldChangeOut(one.field, one.before, one.after, one.on_stack) for one in changes.plan),
        seats=tuple(
            SeatChangeOut(
                one.change, one.seat.cell, one.seat.name, one.seat.extension,
                tuple(FieldChangeOut(field.field, field.before, field.after, field.on_stack) for field in one.fields),
            )
            for one in changes.seats
        ),
    )  # fmt: skip


def _draft(seen: Look) -> DraftOut:
    return DraftOut(
        version=seen.version.version,
        revision=seen.standing.revision,
        newest=seen.standing.newest,
        ok=seen.reading.ok,
        corrected=tuple(
            CorrectedOut(one.sheet, one.cell, one.was, one.text, one.made.operator, one.made.at)
            for one in seen.corrected.values()
        ),
        faults=tuple(telling.fault_out(fault, language()) for fault in seen.reading.faults),
    )


def _number(order_id: str, typed: str) -> int:
    if typed.isascii() and typed.isdigit() and len(typed) <= 9:
        return int(typed)
    raise Refused(Fault("unknown-plan-version", Where("plan"), {"order": order_id, "version": typed[:20]}))
