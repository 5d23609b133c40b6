"""What does the API give? One frozen value per answer; the OpenAPI document is made of them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from staging.desk.labels import LabelRow
from staging.wazo.verify import Difference


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
    """What applying would do; faults: why it would be refused. left: what it leaves alone, `kept` of them."""

    fingerprint: str
    changes: tuple[ChangeOut, ...]
    kept: int
    left: tuple[ChangeOut, ...]
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
class StationOut:
    """What a scan at the station came to. seat: give it back with the next scan; printed: labels that went out with it.

    text: the verdict in words; fault: why its label was not printed, as a code.
    """

    verdict: str
    text: str
    mac: str | None
    phone: PhoneOut | None
    port: int | None
    batch: int | None
    seat: str | None
    printed: int
    fault: str | None


@dataclass(frozen=True, slots=True)
class ItemOut:
    """The item of a label, as its code has it."""

    item: str


@dataclass(frozen=True, slots=True)
class DoneOut:
    """Whether something was there to do."""

    done: bool


@dataclass(frozen=True, slots=True)
class ShippedOut:
    """When an order left."""

    at: datetime


@dataclass(frozen=True, slots=True)
class LabelsOut:
    """The labels of an order; copy 0: never printed."""

    labels: tuple[LabelRow, ...]


@dataclass(frozen=True, slots=True)
class PrintedOut:
    """How many labels went to the printer. status: `printed`, or `sent` when it cannot say that they came out.

    sheet: number of the sheet that still has labels on it, to be written on it.
    """

    labels: int
    status: str
    detail: str
    sheet: int | None


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
