"""How does an order advance? Write down, run one step, write down what came of it; on to the next."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol

from staging.core.faults import Fault, StagingError, Where
from staging.jobs.apply import WorkerStoppingError
from staging.jobs.job import STEPS, Order, Outcome, StepName, StepRecord
from staging.jobs.needs import StepNeeds
from staging.jobs.retry import wait_before_retry
from staging.jobs.steps import RUN

log = logging.getLogger(__name__)

LONGEST_PAUSE_S = 60.0
"""The longest time between two looks at something that nobody tells us of. Scans and plans wake the order at once."""


class StepBook(Protocol):
    """Steps of orders, for the runner alone."""

    def get(self, order_id: str) -> Order:
        """The order."""
        ...

    def steps(self, order_id: str) -> Mapping[StepName, StepRecord]:
        """How every step stands."""
        ...

    def begin_step(self, order_id: str, name: StepName) -> None:
        """A step starts another attempt."""
        ...

    def end_step(self, order_id: str, name: StepName, *, accepted_at: datetime | None = None, **values: Any) -> bool:
        """Write down what a running step came to; False when it was reopened meanwhile."""
        ...

    def handled(self, order_id: str, wake: int) -> None:
        """This wake was dealt with."""
        ...


@dataclass(frozen=True, slots=True)
class Runner:
    """Runs steps of orders, one at a time; knows nothing of queues."""

    book: StepBook
    needs: StepNeeds

    def run(self, order_id: str, name: StepName) -> bool:
        """Run one step once. True when the order may go on to the next one.

        Never raises for a StagingError: it is written down with the step, and a later try is planned where
        trying again can help. Anything else is our own mistake: it is written down under a reference, and logged.
        Raises WorkerStoppingError when this process ends before the step did.
        """
        steps = self.book.steps(order_id)
        before = steps[name]
        if before.status in ("done", "skipped"):
            return True
        if any(steps[earlier].status not in ("done", "skipped") for earlier in STEPS[: STEPS.index(name)]):
            # Reopened since the step before ended; a wake is waiting.
            return False
        self.book.begin_step(order_id, name)
        order = self.book.get(order_id)
        try:
            outcome = RUN[name](order, self.needs)
        except StagingError as error:
            self._failed(order, before, error)
            return False
        except Exception as error:
            if self.needs.stopping():
                # A step that breaks while its process ends says nothing about the order.
                raise WorkerStoppingError from error
            # The last line of defence: the order must show that it stopped, whatever we got wrong.
            reference = f"{order_id}-{name}-{before.attempts + 1}"
            facts = {"event": "step_crashed", "job": order_id, "reference": reference}
            log.exception("step failed by our own mistake", extra=facts)
            fault = Fault("our-mistake", Where(name), {"reference": reference, "kind": type(error).__name__})
            self._failed(order, before, OurMistakeError(fault))
            return False
        return self._ended(order, before, outcome)

    def finish(self, order_id: str, wake: int) -> None:
        """All that could be done for this wake was done."""
        self.book.handled(order_id, wake)

    def _ended(self, order: Order, before: StepRecord, outcome: Outcome) -> bool:
        now = self.needs.clock.now()
        through = outcome.status != "waiting"
        facts = _plain(outcome.facts)
        pause = _pause(before, outcome, facts)
        again_at = now + timedelta(seconds=pause) if pause is not None else None
        kept = self.book.end_step(
            order.id,
            before.name,
            accepted_at=now if outcome.accepted else None,
            status=outcome.status,
            fault=None,
            waits_for=outcome.waits_for,
            waits_facts=facts if pause is None else {**facts, "pause": pause},
            ended_at=now if through else None,
            again_at=again_at,
        )
        if not kept:
            # Reopened while it ran, by a new plan or a scan: what it found is of yesterday. A wake is waiting.
            return False
        if outcome.told is not None:
            self.needs.diary.add(outcome.told[0], _plain(outcome.told[1]), order_id=order.id, serial=order.serial)
        if before.status != outcome.status or before.waits_for != outcome.waits_for:
            self.needs.diary.add(
                f"step-{outcome.status}",
                {"step": before.name, "reason": outcome.waits_for or "", **facts},
                order_id=order.id,
                serial=order.serial,
            )
            log.info("step ended", extra={"event": f"step_{outcome.status}", "job": order.id, "step": before.name})
        return through

    def _failed(self, order: Order, before: StepRecord, error: StagingError) -> None:
        now = self.needs.clock.now()
        tally = _tally(before, self.book.steps(order.id)[before.name])
        wait = wait_before_retry(error, tally["failures"])
        fault = error.faults[0] if error.faults else Fault("our-mistake", Where(before.name), {"reference": order.id})
        facts: dict[str, Any] = {**tally, "more": [_line(one) for one in error.faults[1:21]]}
        if wait is not None:
            facts["seconds"] = int(wait.total_seconds())
        kept = self.book.end_step(
            order.id,
            before.name,
            status="failed" if wait is None else "waiting",
            fault=fault,
            waits_for=None if wait is None else "waits-retry",
            waits_facts=facts,
            ended_at=now,
            again_at=None if wait is None else now + wait,
        )
        if kept and (before.fault is None or before.fault.code != fault.code):
            self.needs.diary.add(
                "step-failed",
                {"step": before.name, "code": fault.code, "at": str(fault.at), **_plain(fault.facts)},
                order_id=order.id,
                serial=order.serial,
            )
        log.warning(
            "step failed", extra={"event": "step_failed", "job": order.id, "step": before.name, "code": fault.code}
        )


def _tally(before: StepRecord, now: StepRecord) -> dict[str, int]:
    """Failures since the step last came forward, and the least that it ever left to do, once it counted that.

    An engine that answers 500 to every request and does it all the same is no reason to wait longer each time.
    """
    last = before.waits_facts if before.fault else {}
    left = [max(0, now.total - now.done)] if now.total else []
    least = [int(last["left"])] if "left" in last else []
    forward = bool(left and least) and left < least
    failures = 1 if forward else 1 + int(last.get("failures", 0))
    return {"failures": failures} | ({"left": min(left + least)} if left or least else {})


def _pause(before: StepRecord, outcome: Outcome, facts: Mapping[str, Any]) -> float | None:
    """Seconds until the next look: what the step asks for, twice as long after each look that found nothing new."""
    if outcome.again_s is None:
        return None
    last = before.waits_facts.get("pause")
    same = before.waits_for == outcome.waits_for and {**before.waits_facts, "pause": 0} == {**facts, "pause": 0}
    return min(2 * float(last), LONGEST_PAUSE_S) if last and same else outcome.again_s


class OurMistakeError(StagingError):
    """A defect of this program met in a step."""


def _line(fault: Fault) -> str:
    return f"{fault.code} {fault.at}".strip()


def _plain(facts: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value if isinstance(value, str | int | float | bool) else str(value) for key, value in facts.items()}
