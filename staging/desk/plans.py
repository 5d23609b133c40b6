"""Plans of an order: check a workbook, keep it as the next version, say what changed between two of them."""

from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Connection

from numbering.commands import check_file, own_tables
from numbering.compare import PlanChanges, compare_plans
from numbering.plan import NumberingPlan
from numbering.read import PlanOptions, Reading
from numbering.report import reading_document
from staging.core.faults import Fault, Refused, Where
from staging.core.words import Extension, Language, parse_extension
from staging.desk.desk import Desk
from staging.jobs.job import Order
from staging.jobs.records import PlanVersion

# No database holds a larger number in the column, and each says so in a way of its own.
_LAST_VERSION = 2**31 - 1


@dataclass(frozen=True, slots=True)
class VersionLine:
    """One version in a list. seats: None where the workbook could not be read; unkept: its corrections in waiting."""

    version: int
    workbook: str
    at: datetime
    by: str
    ok: bool
    errors: int
    warnings: int
    seats: int | None
    unkept: int


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two versions of an order's plan and what differs."""

    before: PlanVersion
    after: PlanVersion
    changes: PlanChanges


def plan_options(desk: Desk, order: Order | None = None) -> PlanOptions:
    """What an order asks of its workbooks: range, appliance, short numbers that were allotted before."""
    return replace(
        own_tables(desk.settings.hardware_file, desk.settings.appliances_file, desk.settings.columns_file),
        extensions=extension_range(order.extensions if order else None),
        appliance=_model(desk, order),
        kept=desk.store.plans.allotted(order.id) if order else {},
    )


def check_workbook(desk: Desk, path: Path, *, order: Order | None = None) -> Reading:
    """Read a workbook as a plan for an order; refused ones come back as a Reading with their one fault."""
    return check_file(path, plan_options(desk, order))


def upload_plan(
    desk: Desk, order_id: str, path: Path, *, name: str, by: str, lang: Language, renumber: bool = False
) -> PlanVersion:
    """Keep a workbook as the order's next plan. With errors it is kept too, and the one before goes on counting.

    renumber: forget which short numbers were allotted before; those that the workbook gives stay.

    A plan without errors lets the order look at its later steps again, and drops what was agreed to for the plan
    before. An order whose box has left is refused: its stack is at the customer's.
    """
    order = desk.store.orders.get(order_id)
    refuse_shipped(desk, order)
    options = plan_options(desk, order)
    reading = check_file(path, replace(options, kept={}) if renumber else options)
    # Of a file that nobody can read nothing is numbered anew, and stickers bear the numbers of today.
    if renumber and reading.plan is not None:
        desk.store.plans.forget_allotted(order_id)
    version = desk.store.plans.add(
        order_id,
        workbook=name,
        content=path.read_bytes(),
        document={**reading_document(reading, lang), "workbook": name},
        by=by,
        when_good=lambda connection: make_room(desk, order_id, connection),
    )
    desk.store.timeline.add(
        "plan-uploaded" if version.ok else "plan-with-errors", version_facts(version), order_id=order_id, operator=by
    )
    return version


def refuse_shipped(desk: Desk, order: Order) -> None:
    """Raises Refused for an order whose box has left: its plan is the customer's."""
    box = desk.store.appliances.find(order.serial) if order.serial else None
    if box is not None and box.shipped_at is not None:
        raise Refused(Fault("order-shipped-already", Where("order", field=order.id), {"order": order.id}))


def make_room(desk: Desk, order_id: str, connection: Connection) -> None:
    """What a new good plan undoes: what was agreed to for the one before, and the steps that were done by it."""
    desk.store.changesets.drop_open(order_id, within=connection)
    desk.store.orders.reopen_from(order_id, "configure", within=connection)


def version_facts(version: PlanVersion) -> dict[str, Any]:
    """What the timeline says of a version."""
    return {
        "workbook": version.workbook,
        "version": version.version,
        "errors": _count(version, "error"),
        "seats": len(version.document["seats"]),
    }


def get_version(desk: Desk, order_id: str, version: int) -> PlanVersion:
    """One version; raises Refused `unknown-plan-version`."""
    desk.store.orders.get(order_id)
    found = desk.store.plans.find(order_id, version) if 1 <= version <= _LAST_VERSION else None
    if found is None:
        facts = {"order": order_id, "version": min(version, _LAST_VERSION)}
        raise Refused(Fault("unknown-plan-version", Where("plan"), facts))
    return found


def is_corrected(desk: Desk, version: PlanVersion) -> bool:
    """Whether cells of a version are corrected that no later version holds."""
    return desk.store.plans.unkept(version.order_id).get(version.version, 0) > 0


def version_lines(desk: Desk, order_id: str) -> tuple[VersionLine, ...]:
    """Every version of an order, newest first."""
    unkept = desk.store.plans.unkept(order_id)
    return tuple(
        VersionLine(
            version=one.version,
            workbook=one.workbook,
            at=one.uploaded_at,
            by=one.uploaded_by,
            ok=one.ok,
            errors=_count(one, "error"),
            warnings=_count(one, "warning"),
            seats=len(one.document["seats"]) if one.document["summary"] is not None else None,
            unkept=unkept.get(one.version, 0),
        )
        for one in desk.store.plans.versions(order_id)
    )


def compare_versions(desk: Desk, order_id: str, *, before: int, after: int) -> Comparison:
    """What changed from one version to another, seat by seat. Raises Refused `unknown-plan-version`."""
    first, second = get_version(desk, order_id, before), get_version(desk, order_id, after)
    return Comparison(first, second, compare_plans(_plan(first), _plan(second)))


def extension_range(extensions: str | None) -> tuple[Extension, Extension] | None:
    """`8000-8079` as its two ends, None when nothing was asked. Raises ValueError when it is not a range."""
    if not extensions:
        return None
    low, _, high = (part.strip() for part in extensions.partition("-"))
    first, last = parse_extension(low), parse_extension(high)
    if first is None or last is None or len(first) != len(last) or first > last:
        raise ValueError(extensions)
    return first, last


def _plan(version: PlanVersion) -> NumberingPlan | None:
    return version.plan if version.document["summary"] is not None else None


def _count(version: PlanVersion, severity: str) -> int:
    return sum(1 for fault in version.document["faults"] if fault["severity"] == severity)


def _model(desk: Desk, order: Order | None) -> str | None:
    box = desk.store.appliances.find(order.serial) if order and order.serial else None
    return box.model if box else None
