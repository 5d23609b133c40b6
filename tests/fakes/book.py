"""An order book, a timeline and a set of needs in memory, for the runner alone."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from staging.jobs.job import STEPS, Order, StepName, StepRecord
from tests.fakes.clock import START, StoppedClock

ORDER = Order("4k7m2p", "Atelier Bleu", "73282932000074", "partage", None, None, None, START, "camille")


@dataclass
class RememberingBook:
    """Keeps steps as the database does, and every write in the order it came."""

    kept: dict[StepName, StepRecord] = field(
        default_factory=lambda: {name: StepRecord("4k7m2p", name) for name in STEPS}
    )
    written: list[tuple[str, StepName, Mapping[str, Any]]] = field(default_factory=list)
    handled_wake: int = 0

    def get(self, order_id: str) -> Order:
        return ORDER

    def keep(self, order_id: str, **values: Any) -> None:
        raise AssertionError("the runner finds nothing out about orders")

    def steps(self, order_id: str) -> Mapping[StepName, StepRecord]:
        return dict(self.kept)

    def begin_step(self, order_id: str, name: StepName) -> None:
        self.written.append(("begin", name, {}))
        self._set(name, status="running", attempts=self.kept[name].attempts + 1, again_at=None, ended_at=None)

    def end_step(self, order_id: str, name: StepName, *, accepted_at: datetime | None = None, **values: Any) -> bool:
        self.written.append(("end", name, values))
        if self.kept[name].status != "running":
            return False
        self._set(name, **values)
        return True

    def set_step(self, order_id: str, name: StepName, **values: Any) -> None:
        self.written.append(("set", name, values))
        self._set(name, **values)

    def handled(self, order_id: str, wake: int) -> None:
        self.handled_wake = wake

    def _set(self, name: StepName, **values: Any) -> None:
        self.kept[name] = replace(self.kept[name], **values)


@dataclass
class Diary:
    """A timeline that is only read by the test."""

    lines: list[tuple[str, Mapping[str, Any]]] = field(default_factory=list)

    def add(self, event: str, facts: Mapping[str, Any] | None = None, **_: Any) -> None:
        self.lines.append((event, facts or {}))


@dataclass
class Needs:
    """As much of what steps need as the runner itself uses."""

    clock: StoppedClock = field(default_factory=StoppedClock)
    diary: Diary = field(default_factory=Diary)
    ending: bool = False

    def stopping(self) -> bool:
        return self.ending
