"""What does the API take and give? One frozen value per body; the OpenAPI document is made of them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from staging.core.faults import Fault
from staging.core.messages import explain
from staging.core.words import Language
from staging.desk.bench import BenchRow
from staging.desk.labels import LabelRow, PackAnswer
from staging.desk.orders import Shown
from staging.desk.phones import PhoneRow, PhoneTable, ScanAnswer
from staging.jobs.job import Order, StepName, StepRecord, TimelineLine
from staging.jobs.records import Box, PlanVersion
from staging.wazo.verify import Difference


@dataclass(frozen=True, slots=True)
class NewOrder:
    """Body of POST /orders."""

    customer: str
    siret: str
    stack: str
    serial: str | None = None
    extensions: str | None = None
    main_to: str | None = None
    final_address: str | None = None


@dataclass(frozen=True, slots=True)
class Approval:
    """Body of POST …/apply. expect: the fingerprint of the changes that were shown."""

    expect: str
    forced: bool = False


@dataclass(frozen=True, slots=True)
class NewAddress:
    """Body of PUT …/address."""

    address: str


@dataclass(frozen=True, slots=True)
class NewScan:
    """Body of POST …/scans. seat: key of the phone wanted, none for the next one of its model."""

    mac: str
    seat: str | None = None


@dataclass(frozen=True, slots=True)
class PrintRequest:
    """Body of POST …/labels/print. kinds, items: only those; all when empty."""

    printer: str
    kinds: tuple[str, ...] = ()
    items: tuple[str, ...] = ()
    start_cell: int = 1


@dataclass(frozen=True, slots=True)
class PackScan:
    """Body of POST …/pack. before: what the answer before gave as `waiting`."""

    code: str
    before: str | None = None


@dataclass(frozen=True, slots=True)
class NewAppliance:
    """Body of POST /appliances."""

    serial: str
    model: str
    customer: str | None = None
    suite: Literal["bookworm", "trixie"] = "bookworm"


@dataclass(frozen=True, slots=True)
class Ticks:
    """Body of PUT …/checklist: true or false by point."""

    points: Mapping[str, bool]


@dataclass(frozen=True, slots=True)
class Arming:
    """Body of POST …/arm. again: the serial once more, for a box that was shipped."""

    reason: str = ""
    again: str = ""


@dataclass(frozen=True, slots=True)
class FaultOut:
    """A fault: code and facts for programs, text and hint for people."""

    code: str
    severity: Literal["error", "warning"]
    place: str
    text: str
    hint: str
    facts: Mapping[str, Any]
    related: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class MeOut:
    """Who the token or session stands for."""

    name: str
    role: str


@dataclass(frozen=True, slots=True)
class StepOut:
    """How one step stands. waits: what it waits for, in words."""

    name: str
    status: str
    attempts: int
    done: int
    total: int
    waits_for: str | None
    waits: str | None
    fault: FaultOut | None
    started_at: datetime | None
    ended_at: datetime | None


@dataclass(frozen=True, slots=True)
class OrderOut:
    """An order and its steps in order; current: the first step that is not finished."""

    id: str
    customer: str
    siret: str
    stack: str
    serial: str | None
    extensions: str | None
    main_to: str | None
    final_address: str | None
    created_at: datetime
    created_by: str
    accepted_at: datetime | None
    current: str | None
    steps: tuple[StepOut, ...]


@dataclass(frozen=True, slots=True)
class PlanOut:
    """One upload. document: as `staging plan check --json` prints it, faults included."""

    version: int
    workbook: str
    ok: bool
    uploaded_at: datetime
    uploaded_by: str
    document: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class ChangeOut:
    """One difference. verb: + - ~; line: in words."""

    verb: str
    noun: str
    key: str
    seat: str | None
    line: str


@dataclass(frozen=True, slots=True)
class ChangesOut:
    """What applying would do; faults: why it would be refused."""

    fingerprint: str
    changes: tuple[ChangeOut, ...]
    kept: int
    faults: tuple[FaultOut, ...]


@dataclass(frozen=True, slots=True)
class ApprovedOut:
    """changeset: number of the change set; none when nothing was left to do."""

    changeset: int | None


@dataclass(frozen=True, slots=True)
class DifferencesOut:
    """What the stack lacks or holds otherwise; empty when the plan is there."""

    differences: tuple[Difference, ...]


@dataclass(frozen=True, slots=True)
class PhoneOut:
    """A phone that the plan asks for."""

    key: str
    model: str
    seats: tuple[str, ...]
    names: tuple[str, ...]
    mac: str | None
    stage: str | None
    reason: str | None


@dataclass(frozen=True, slots=True)
class PhoneLeftOut:
    """A phone without a seat, and why."""

    mac: str
    model: str | None
    reason: str


@dataclass(frozen=True, slots=True)
class PhonesOut:
    """Phones wanted and phones left over."""

    wanted: int
    paired: int
    fetched: int
    phones: tuple[PhoneOut, ...]
    left: tuple[PhoneLeftOut, ...]


@dataclass(frozen=True, slots=True)
class ScanOut:
    """Whose a scanned phone is, or why nobody's."""

    mac: str
    phone: PhoneOut | None
    reason: str | None


@dataclass(frozen=True, slots=True)
class DoneOut:
    """Whether something was there to do."""

    done: bool


@dataclass(frozen=True, slots=True)
class LabelsOut:
    """The labels of an order; copy 0: never printed."""

    labels: tuple[LabelRow, ...]


@dataclass(frozen=True, slots=True)
class PrintedOut:
    """How many labels went to the printer."""

    labels: int


@dataclass(frozen=True, slots=True)
class PackOut:
    """The verdict on a scan. waiting: give it back as `before` with the next one."""

    verdict: str
    first: str
    second: str
    waiting: str | None


@dataclass(frozen=True, slots=True)
class LineOut:
    """One line of a timeline; text: in words."""

    at: datetime
    event: str
    text: str
    facts: Mapping[str, Any]
    order_id: str | None
    serial: str | None
    operator: str | None


@dataclass(frozen=True, slots=True)
class TimelineOut:
    """Oldest first."""

    lines: tuple[LineOut, ...]


@dataclass(frozen=True, slots=True)
class BoxOut:
    """An appliance as the bench knows it."""

    serial: str
    model: str
    customer: str | None
    suite: str
    registered_at: datetime
    armed_at: datetime | None
    phase: str | None
    installed_at: datetime | None
    engine_ready_at: datetime | None
    address: str | None
    shipped_at: datetime | None
    trouble: Mapping[str, Any] | None
    checklist: Mapping[str, bool]


@dataclass(frozen=True, slots=True)
class RowOut:
    """One line of the bench. text: in words what it does or waits for."""

    serial: str
    customer: str
    order_id: str | None
    step: str | None
    urgency: str
    what: str
    text: str
    since: datetime | None
    done: int
    total: int


@dataclass(frozen=True, slots=True)
class OrdersOut:
    """Newest first."""

    orders: tuple[OrderOut, ...]


@dataclass(frozen=True, slots=True)
class BoxesOut:
    """The one registered last first."""

    appliances: tuple[BoxOut, ...]


@dataclass(frozen=True, slots=True)
class BenchOut:
    """Those that need a hand first."""

    rows: tuple[RowOut, ...]


def fault_out(fault: Fault, lang: Language) -> FaultOut:
    """A fault with its words."""
    said = explain(fault, lang)
    return FaultOut(fault.code, fault.severity, str(fault.at), said.text, said.hint, dict(fault.facts), fault.related)


def order_out(order: Order, steps: Mapping[StepName, StepRecord], current: StepName | None, lang: Language) -> OrderOut:
    """An order with its steps."""
    return OrderOut(
        id=order.id, customer=order.customer, siret=order.siret, stack=order.stack, serial=order.serial,
        extensions=order.extensions, main_to=order.main_to, final_address=order.final_address,
        created_at=order.created_at, created_by=order.created_by, accepted_at=order.accepted_at, current=current,
        steps=tuple(_step_out(step, lang) for step in steps.values()),
    )  # fmt: skip


def plan_out(version: PlanVersion) -> PlanOut:
    """An upload with its plan and faults."""
    return PlanOut(
        version.version, version.workbook, version.ok, version.uploaded_at, version.uploaded_by, version.document
    )


def changes_out(shown: Shown, lang: Language) -> ChangesOut:
    """The changes, each with its words."""
    pairs = zip(shown.changes, shown.lines(lang), strict=True)
    return ChangesOut(
        fingerprint=shown.fingerprint,
        changes=tuple(ChangeOut(one.verb, one.noun, one.key, one.seat, line) for one, line in pairs),
        kept=len(shown.kept),
        faults=tuple(fault_out(fault, lang) for fault in shown.faults),
    )


def phones_out(table: PhoneTable) -> PhonesOut:
    """Phones wanted and left over."""
    return PhonesOut(
        wanted=len(table.rows), paired=table.paired, fetched=table.fetched,
        phones=tuple(phone_out(row) for row in table.rows),
        left=tuple(PhoneLeftOut(mac, seen.model if seen else None, reason) for seen, mac, reason in table.left),
    )  # fmt: skip


def phone_out(row: PhoneRow) -> PhoneOut:
    """A phone wanted."""
    return PhoneOut(row.wanted.key, row.wanted.model, row.wanted.seats, row.names, row.mac, row.stage, row.reason)


def scan_out(answer: ScanAnswer) -> ScanOut:
    """Whose a scanned phone is."""
    return ScanOut(answer.mac, phone_out(answer.row) if answer.row else None, answer.reason)


def pack_out(answer: PackAnswer) -> PackOut:
    """The verdict on a scan."""
    return PackOut(answer.verdict, answer.first, answer.second, answer.handset)


def line_out(line: TimelineLine, text: str) -> LineOut:
    """A line of a timeline with its words."""
    return LineOut(line.at, line.event, text, line.facts, line.order_id, line.serial, line.operator)


def box_out(box: Box) -> BoxOut:
    """An appliance."""
    return BoxOut(
        serial=box.serial, model=box.model, customer=box.customer, suite=box.suite, registered_at=box.registered_at,
        armed_at=box.armed_at, phase=box.phase, installed_at=box.installed_at, engine_ready_at=box.engine_ready_at,
        address=box.address, shipped_at=box.shipped_at, trouble=box.trouble,
        checklist={point: bool(mark) for point, mark in box.checklist.items()},
    )  # fmt: skip


def row_out(row: BenchRow, text: str) -> RowOut:
    """A line of the bench with its words."""
    return RowOut(
        row.serial, row.customer, row.order_id, row.step, row.urgency, row.what, text, row.since, row.done, row.total
    )


def _step_out(step: StepRecord, lang: Language) -> StepOut:
    waits = explain(Fault(step.waits_for, facts=step.waits_facts), lang).text if step.waits_for else None
    return StepOut(
        step.name, step.status, step.attempts, step.done, step.total, step.waits_for, waits,
        fault_out(step.fault, lang) if step.fault else None, step.started_at, step.ended_at,
    )  # fmt: skip
