"""What do the jobs read of what was written down? Boxes, plan versions, change sets, scans, as frozen values."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from numbering.plan import NumberingPlan, plan_from_document
from staging.core.faults import Fault
from staging.core.words import Extension, Mac, Serial

CHECKLIST = ("ram", "ssd", "bios-power", "stickers")
"""What a technician ticks before a box may be armed; the words are in the texts as `checklist-<point>`."""

INSTALLER = "installer"
"""Who ticked what a box's own facts prove."""


@dataclass(frozen=True, slots=True)
class Box:
    """One appliance as the bench knows it. overrides: answers of its own for the preseed.

    hello_address: address that last ran the universal stage for this serial. phase: what its installer last
    reported. trouble: code and facts of what needs a hand, or None. address: the engine's, once it is ready.

    restage: its disk may be wiped although something stands on it. beat_step, question: the installer's menu item at
    the last heartbeat, and the question that it shows to nobody. partitioned_at: from then on a network boot starts
    the disk. disks: what it has, as it told when it could not choose; disk_choice: what a person chose of them.
    """

    serial: Serial
    model: str
    customer: str | None
    suite: str
    registered_at: datetime
    overrides: Mapping[str, Any] = field(default_factory=dict)
    armed_at: datetime | None = None
    armed_by: str | None = None
    shipped_at: datetime | None = None
    hello_address: str | None = None
    hello_at: datetime | None = None
    first_fetch_at: datetime | None = None
    early_at: datetime | None = None
    phase: str | None = None
    phase_at: datetime | None = None
    beat_at: datetime | None = None
    installed_at: datetime | None = None
    engine_ready_at: datetime | None = None
    address: str | None = None
    trouble: Mapping[str, Any] | None = None
    facts: Mapping[str, Any] = field(default_factory=dict)
    checklist: Mapping[str, Any] = field(default_factory=dict)
    restage: bool = False
    beat_step: str | None = None
    question: str | None = None
    partitioned_at: datetime | None = None
    mac: str | None = None
    asset: str | None = None
    disks: Sequence[Mapping[str, Any]] | None = None
    disk_choice: Mapping[str, Any] | None = None

    @property
    def checked(self) -> bool:
        """Whether every point of the checklist is ticked."""
        return all(self.checklist.get(point) for point in CHECKLIST)


@dataclass(frozen=True, slots=True)
class Hello:
    """A box in the universal stage that nobody registered. at: its last hello; first_at: since when it waits."""

    serial: str
    address: str
    at: datetime
    first_at: datetime
    facts: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class PlanVersion:
    """One upload. document: the JSON of `staging plan check`, faults included; ok: without errors."""

    order_id: str
    version: int
    workbook: str
    document: Mapping[str, Any]
    ok: bool
    uploaded_at: datetime
    uploaded_by: str

    @property
    def plan(self) -> NumberingPlan:
        """The plan; only a version whose workbook could be read has one."""
        return plan_from_document({k: v for k, v in self.document.items() if k not in ("ok", "faults")})


@dataclass(frozen=True, slots=True)
class Changeset:
    """Changes that a person approved, for one version of the plan. lines: what was shown, per language.

    undoes: the number of the change set that this one takes back; None for one that applies the plan.
    overwrite: also what somebody changed on the stack since is set back to what the plan says.
    status: approved, applied, superseded by a later approval, dropped because the plan changed under it, or undone.
    """

    id: int
    order_id: str
    plan_version: int
    fingerprint: str
    lines: Mapping[str, Sequence[str]]
    forced: bool
    undoes: int | None
    status: str
    approved_at: datetime
    approved_by: str
    ended_at: datetime | None
    overwrite: bool = False


@dataclass(frozen=True, slots=True)
class SentAction:
    """One request, as intended and as answered. answer: HTTP status or None; status: intent, done, failed, unknown."""

    id: int
    step: str
    key: str
    title: Mapping[str, str]
    method: str
    path: str
    status: str
    intended_at: datetime
    ended_at: datetime | None
    answer: int | None
    fault: Fault | None


@dataclass(frozen=True, slots=True)
class BenchScan:
    """A phone that somebody scanned for an order. seat: key of the phone wanted, None for "the next one"."""

    mac: Mac
    seat: Extension | None
    at: datetime
    operator: str


@dataclass(frozen=True, slots=True)
class LabelCopy:
    """One print of a label. copy: from 1, on the sticker; content: what it said, as `label_content` tells it."""

    copy: int
    content: str


@dataclass(frozen=True, slots=True)
class PrintedCopy:
    """What became of one print. status: `sending`, `sent`, `printed` or `failed`."""

    copy: int
    status: str
    printer: str
    at: datetime
    operator: str


@dataclass(frozen=True, slots=True)
class Packing:
    """A phone that met its carton, under these copies of their labels."""

    handset: int
    carton: int
    at: datetime
    operator: str


@dataclass(frozen=True, slots=True)
class FirmwareNote:
    """Software that somebody put on a piece of equipment for an order. item: its place in label codes."""

    item: str
    equipment: str
    software: str
    serial: str | None
    applied_on: date
    operator: str


@dataclass(frozen=True, slots=True)
class LabelStamp:
    """What an order's labels are made of. plan_version: the newest without errors; pairs: key and phone, by key."""

    plan_version: int | None
    pairs: tuple[tuple[str, Mac], ...]
    firmware: tuple[FirmwareNote, ...]


@dataclass(frozen=True, slots=True)
class OpenSheet:
    """A sheet of labels that was begun. number: written on it; used: cells without a label any more, from 1."""

    number: int
    sheet: str
    used: frozenset[int]
    at: datetime


@dataclass(frozen=True, slots=True)
class Printer:
    """Where labels go. url: as `labels/printers/choose.py` has them; sheet: name of the label sheet in it.

    language: what it is sent, `pdf`, `zpl` or `brother`; dpi: of a ZPL printer, 203 or 300; dx_mm, dy_mm: how far to
    the right and down this one printer's picture has to move to sit on its labels.
    """

    name: str
    url: str
    sheet: str
    language: str = "pdf"
    dpi: int = 203
    dx_mm: float = 0.0
    dy_mm: float = 0.0


@dataclass(frozen=True, slots=True)
class LogPart:
    """A piece of a log that a box sent. upload: which sending it belongs to; offset: bytes of it that came before."""

    name: str
    upload: str
    offset: int
    body: bytes


@dataclass(frozen=True, slots=True)
class Pace:
    """How long a phase took in past runs, in seconds; runs: how many are counted."""

    median: int
    slowest: int
    runs: int


@dataclass(frozen=True, slots=True)
class TemplateText:
    """Answers of our own, laid over the standard ones. scope: `bench`, `customer` or `box`; name: whose, or empty."""

    scope: str
    name: str
    body: str
    at: datetime
    by: str


@dataclass(frozen=True, slots=True)
class Photo:
    """A photo that somebody took of a point of the checklist."""

    point: str
    at: datetime
    by: str
