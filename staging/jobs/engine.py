"""How do jobs survive a dead process? Queue, start, recovery and take-over on DBOS; its only importer.

DBOS keeps no domain state: a job is an order's id and the number of the wake that asked for it. What an order came
to stands in our own tables, so no page depends on DBOS, and its tables hold nothing that is secret.
"""

import json
import logging
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

from dbos import DBOS, DBOSConfig, Serializer, SetEnqueueOptions, SetWorkflowID

from staging.core.faults import StagingError
from staging.jobs.apply import WorkerStoppingError
from staging.jobs.job import STEPS
from staging.jobs.runner import Runner

log = logging.getLogger(__name__)

APPLICATION_VERSION = "steps-1"
"""Raised only when the order or the meaning of steps changes. Left to itself DBOS hashes the source, and every
changed line would leave running jobs pending for ever, without an error (seen with dbos 3.4)."""

_QUEUE = "orders"
_TICK_S = 0.5
_BEAT_S = 2.0
_SILENCE_S = 5.0
_ENDING_S = 20
"""How long an ending worker waits for the request that it has sent; no step sends another one then."""
_SWEEP_S = 300.0
"""How often every unfinished order is looked at without being asked: a wake that was lost with the process that
was about to write it, or a stack that somebody mended by hand, costs five minutes at most."""
_KEPT = timedelta(days=1)
_AT_ONCE = 5000
_FINISHED = ("SUCCESS", "ERROR", "CANCELLED", "MAX_RECOVERY_ATTEMPTS_EXCEEDED")


class WakeBook(Protocol):
    """Which orders want to be looked at."""

    def due(self) -> tuple[tuple[str, int], ...]:
        """Orders with a wake that nobody handled."""
        ...

    def wake(self, order_id: str) -> None:
        """Ask for another look."""
        ...

    def wake_unfinished(self) -> int:
        """Ask for another look at every order that is not through."""
        ...


class WorkerBook(Protocol):
    """Which workers live."""

    def beat(self, executor: str) -> bool:
        """Still alive; False when somebody else has this worker's name and jobs by now."""
        ...

    def take_dead(self, executor: str) -> tuple[str, ...]:
        """Workers that died, each given to one caller only."""
        ...

    def leave(self, executor: str) -> None:
        """This worker ends; its name may be taken over at once."""
        ...


class PlainJson(Serializer):
    """Values in DBOS's tables as JSON: its default pickles, and whoever writes its tables could run code."""

    def serialize(self, data: Any) -> str:
        """A value, or the class name of an error, as JSON."""
        return json.dumps(data, default=lambda value: {"__error__": type(value).__name__})

    def deserialize(self, serialized_data: str) -> Any:
        """What `serialize` wrote."""
        return json.loads(serialized_data, object_hook=_revive)

    def name(self) -> str:
        """What DBOS writes beside each value."""
        return "plain_json"


class JobEngine:
    """One worker: takes wakes off the book, runs orders, takes over from workers that died.

    One process, one engine, one executor name: two processes under one name would run the same job twice.
    """

    def __init__(
        self,
        runner: Runner,
        *,
        orders: WakeBook,
        workers: WorkerBook,
        database_url: str,
        executor: str,
        stop: threading.Event,
        at_once: int = 4,
        only: str | None = None,
    ) -> None:
        """only: the one order that this worker takes, for a command that ends with it; None for all."""
        self._only = only
        self._orders = orders
        self._workers = workers
        self._executor = executor
        self._at_once = at_once
        self._asked: dict[str, int] = {}
        self._stop = stop
        self._beaten = self._swept = -_SWEEP_S
        config: DBOSConfig = {
            "name": "staging",
            "system_database_url": database_url,
            "application_version": APPLICATION_VERSION,
            "executor_id": executor,
            "log_level": "WARNING",
            "serializer": PlainJson(),
            "notification_listener_polling_interval_sec": 0.2,
        }
        DBOS(config=config)
        self._advance = _register(runner)

    def run(self) -> None:
        """Work until `stop`. Jobs that this worker's name left unfinished go on first."""
        DBOS.launch()
        DBOS.register_queue(
            _QUEUE,
            partition_concurrency=1,
            worker_concurrency=self._at_once,
            polling_interval_sec=0.2,
            on_conflict="always_update",
        )
        log.info("worker started", extra={"event": "worker_started", "executor": self._executor})
        try:
            while not self._stop.wait(_TICK_S):
                try:
                    self._tick()
                except StagingError as error:
                    # A database that restarts ends no worker; it is asked again until it answers.
                    log.warning("database silent", extra={"event": "database_silent", "why": str(error)})
                    self._stop.wait(_SILENCE_S)
        finally:
            DBOS.destroy(workflow_completion_timeout_sec=_ENDING_S)
            with suppress(StagingError):
                # A database that is away by now finds out by the beats that stay out.
                self._workers.leave(self._executor)

    def stop(self) -> None:
        """End after the present tick; a running step is left to whoever comes next."""
        self._stop.set()

    def _tick(self) -> None:
        now = time.monotonic()
        if now - self._beaten >= _BEAT_S:
            self._beaten = now
            self._beat()
        if self._only is None and now - self._swept >= _SWEEP_S:
            self._swept = now
            self._orders.wake_unfinished()
            self._forget_old_jobs()
        for order_id, wake in self._orders.due():
            if self._only in (None, order_id):
                self._enqueue(order_id, wake)

    def _forget_old_jobs(self) -> None:
        """Jobs that ended a day ago: an order that waits for its phones for a week leaves thousands of them."""
        since = datetime.now(UTC) - _KEPT
        old = DBOS.list_workflows(
            status=list(_FINISHED),
            completed_before=since.isoformat(),
            limit=_AT_ONCE,
            load_input=False,
            load_output=False,
        )
        if old:
            DBOS.delete_workflows([job.workflow_id for job in old])

    def _beat(self) -> None:
        if not self._workers.beat(self._executor):
            log.error("lost its name", extra={"event": "worker_lost_its_name", "executor": self._executor})
            self._stop.set()
            return
        dead = self._workers.take_dead(self._executor)
        if dead:
            log.warning("took over jobs", extra={"event": "jobs_taken_over", "from": ",".join(dead)})
            # Automatic take-over is not part of the open core; tests/sandbox/test_jobs_lifecycle.py holds this name.
            DBOS._recover_pending_workflows(list(dead))

    def _enqueue(self, order_id: str, wake: int) -> None:
        asked = self._asked.get(order_id)
        if asked is not None and asked != wake and not self._ended(order_id, asked):
            return
        if asked == wake:
            if self._ended(order_id, wake):
                # It ended without having handled its wake: ask under a new number, or it would stay asleep.
                self._orders.wake(order_id)
            return
        self._asked[order_id] = wake
        with SetWorkflowID(_job_id(order_id, wake)), SetEnqueueOptions(queue_partition_key=order_id):
            DBOS.enqueue_workflow(_QUEUE, self._advance, order_id, wake)

    def _ended(self, order_id: str, wake: int) -> bool:
        status = DBOS.get_workflow_status(_job_id(order_id, wake))
        return status is None or status.status in _FINISHED


def _register(runner: Runner) -> Any:
    @DBOS.step(name="run_step")
    def run_step(order_id: str, name: str) -> bool | None:
        try:
            return runner.run(order_id, name)  # type: ignore[arg-type]  # names come out of STEPS below
        except WorkerStoppingError:
            return None

    @DBOS.step(name="finish")
    def finish(order_id: str, wake: int) -> None:
        runner.finish(order_id, wake)

    @DBOS.workflow(name="advance")
    def advance(order_id: str, wake: int) -> str:
        """Run the steps of an order that are not finished, in order, until one has to wait."""
        last = "end"
        for name in STEPS:
            went_on = run_step(order_id, name)
            if went_on is None:
                # The wake stays unhandled, so that the next worker takes the order up where this one left it.
                return "stopped"
            if not went_on:
                last = name
                break
        finish(order_id, wake)
        return last

    return advance


def _job_id(order_id: str, wake: int) -> str:
    return f"{order_id}.{wake}"


def _revive(found: Mapping[str, Any]) -> Any:
    return RuntimeError(found["__error__"]) if set(found) == {"__error__"} else dict(found)
