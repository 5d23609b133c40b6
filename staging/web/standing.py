"""Which colour, shape and way on does a state have? From steps and bench rows to what a template shows."""

from collections.abc import Mapping
from dataclasses import dataclass

from staging.desk.bench_screen import BenchRow, Urgency
from staging.jobs.job import STEPS, StepName, StepRecord

_BY_ITSELF = frozenset({"waits-fetch", "waits-installer", "waits-engine", "waits-retry"})
"""What a step waits for without anybody's hand."""

_WAY_ON: Mapping[str, str] = {
    "waits-plan": "plan",
    "waits-approval": "changes",
    "waits-phones": "phones",
    "waits-fetch": "phones",
    "waits-print": "labels",
    "waits-serial": "appliance",
    "waits-registered": "bench",
    "waits-checklist": "bench",
    "waits-armed": "bench",
    "waits-installer": "bench",
    "waits-engine": "bench",
}
_CLASS_OF_URGENCY: Mapping[Urgency, str] = {
    "hand": "hand",
    "late": "failed",
    "busy": "running",
    "ready": "to-do",
    "done": "done",
}


@dataclass(frozen=True, slots=True)
class Stage:
    """One step as the stepper shows it. looks: its class and icon; current: the one that the order is at."""

    name: StepName
    looks: str
    step: StepRecord
    current: bool


def stages(steps: Mapping[StepName, StepRecord], current: StepName | None) -> list[Stage]:
    """The eight steps in order."""
    return [Stage(name, looks_of(steps[name]), steps[name], name == current) for name in STEPS if name in steps]


def looks_of(step: StepRecord) -> str:
    """The class of a step: as its status says, and `hand` where it waits for a person."""
    if step.status != "waiting":
        return step.status
    return "waiting" if step.waits_for is None or step.waits_for in _BY_ITSELF else "hand"


def looks_of_row(row: BenchRow) -> str:
    """The class of a bench tile: a hand that is only wanted is amber, a hand that something broke for is red."""
    broke = row.urgency == "hand" and not row.what.startswith("waits-")
    return "failed" if broke else _CLASS_OF_URGENCY[row.urgency]


def way_on(step: StepRecord | None) -> str | None:
    """Where the next hand has to go: a tab of the order, `bench`, `retry`, or nowhere."""
    if step is None:
        return None
    if step.status == "failed" or step.waits_for == "waits-retry":
        return "retry"
    return _WAY_ON.get(step.waits_for or "")
