"""What is a staging job? One order on the bench as a frozen value, its steps, and which step comes next."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from staging.core.faults import Fault
from staging.core.words import Serial

StackKind = Literal["on-premise", "on-cloud"]
StepName = Literal["appliance", "install", "register", "configure", "provision", "phones", "label", "accept"]
STEPS: tuple[StepName, ...] = (
    "appliance",
    "install",
    "register",
    "configure",
    "provision",
    "phones",
    "label",
    "accept",
)

DOES = frozenset({"fetches-firmware"})
"""Text keys of what a running step is busy with; anything else that stands in `waits_for` then is over."""

Status = Literal["to-do", "running", "waiting", "failed", "done", "skipped"]
"""waiting: for a person or for something outside; failed: stopped, somebody has to look."""


@dataclass(frozen=True, slots=True)
class Order:
    """One customer's staging job. extensions: a given range `8000-8079` or None; main_to: an extension or None.

    final_address: the engine's address at the customer's, with its prefix length where a DHCP pool is wanted there
    (`10.1.2.3/24`), set before acceptance; None keeps the bench's.
    wake: raised by everything that may let the order go on; handled: the wake the worker saw last.
    """

    id: str
    customer: str
    siret: str
    stack: str
    serial: Serial | None
    extensions: str | None
    main_to: str | None
    created_at: datetime
    created_by: str
    wake: int = 1
    handled: int = 0
    tenant_uuid: str | None = None
    location_uuid: str | None = None
    final_address: str | None = None
    accepted_at: datetime | None = None

    @property
    def final_host(self) -> str | None:
        """The final address without its prefix length."""
        return self.final_address.partition("/")[0] if self.final_address else None


@dataclass(frozen=True, slots=True)
class StepRecord:
    """How one step of one order stands.

    attempts: runs so far. waits_for: text key plus facts of what it waits for, or what it is busy with, or None.
    done, total: progress of the running attempt. again_at: when to look again without being woken.
    """

    order_id: str
    name: StepName
    status: Status = "to-do"
    attempts: int = 0
    fault: Fault | None = None
    waits_for: str | None = None
    waits_facts: Mapping[str, Any] = field(default_factory=dict)
    done: int = 0
    total: int = 0
    started_at: datetime | None = None
    ended_at: datetime | None = None
    again_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one run of a step came to. again_s: seconds until it should be looked at again, None for never.

    told: an event with its facts, for the timeline once the outcome stands. accepted: the order is through.
    """

    status: Literal["waiting", "done", "skipped"]
    waits_for: str | None = None
    facts: Mapping[str, Any] = field(default_factory=dict)
    again_s: float | None = None
    told: tuple[str, Mapping[str, Any]] | None = None
    accepted: bool = False


def done(**facts: Any) -> Outcome:
    """The step has nothing left to do."""
    return Outcome("done", facts=facts)


def skipped(reason: str, **facts: Any) -> Outcome:
    """The step does not apply to this order; reason is the text key that says why."""
    return Outcome("skipped", reason, facts)


def waiting(waits_for: str, *, again_s: float | None = None, **facts: Any) -> Outcome:
    """The step cannot go on by itself; waits_for is the text key of what is missing."""
    return Outcome("waiting", waits_for, facts, again_s)


def next_step(records: Mapping[StepName, StepRecord]) -> StepName | None:
    """The first step that is not finished; None when the order is through."""
    return next((name for name in STEPS if records[name].status not in ("done", "skipped")), None)


@dataclass(frozen=True, slots=True)
class TimelineLine:
    """One thing that happened, in the customer's world; event is a past-tense text key."""

    at: datetime
    event: str
    facts: Mapping[str, Any]
    order_id: str | None = None
    serial: Serial | None = None
    operator: str | None = None


@dataclass(frozen=True, slots=True)
class Portal:
    """A Wazo portal that the integrator has an account on; the password stays in the vault."""

    name: str
    url: str
    username: str
    ca_file: str | None = None


@dataclass(frozen=True, slots=True)
class Stack:
    """A Wazo engine, an appliance's own (on premise) or the integrator's shared one (on cloud).

    url: behind its nginx, None until the box reported; urls: per-service addresses instead, by service name.
    instance_uuid: the portal's name for it once registered. learnt_from: serial of the box that reported its url.
    """

    name: str
    kind: StackKind
    url: str | None = None
    urls: Mapping[str, str] = field(default_factory=dict)
    username: str = "root"
    ca_file: str | None = None
    portal: str | None = None
    did_format: str = "national"
    instance_uuid: str | None = None
    learnt_from: str | None = None

    @property
    def reachable_at(self) -> str | None:
        """An address to show a person, or None while the engine has none."""
        return self.url or self.urls.get("confd")
