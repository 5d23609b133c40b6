"""What does somebody at a terminal see of an order that goes on elsewhere, and when is it over?"""

import time
from collections.abc import Callable

import click

from staging.commands.door import OUTSIDE, WRONG, house, lang
from staging.core.messages import explain, say
from staging.desk import orders
from staging.jobs.job import DOES, StepRecord

_ALONE_S = 45.0
"""How long a follower waits for a worker that is not there: one that was killed has a successor by then.

`staging serve` starts it within 10 s, and on a slow machine it takes some more to open the database.
"""
_SAY_EVERY_S = 5.0
_TRIES = 4
"""After so many failures one after the other, none of which left less to do, somebody has to look."""


def follow(
    order_id: str,
    until: str | None,
    *,
    seconds: Callable[[], float] = time.monotonic,
    pause: Callable[[float], None] = time.sleep,
) -> int:
    """Show progress until a step is through, or the order waits or failed; the exit status.

    A failure that the order tries again by itself, such as one 500, is outwaited for a while.
    seconds, pause: a clock that only goes on, and how to let it.
    """
    shown = ""
    wake = house().store.orders.get(order_id).wake
    alone = _Alone()
    while True:
        seen = orders.overview(house().desk, order_id)
        line = _progress(seen)
        if line != shown:
            click.echo(line, err=True)
            shown = line
        if until and seen.steps[until].status in ("done", "skipped"):  # type: ignore[index]  # a step's name
            return 0
        if seen.accepted:
            return 0
        settled = seen.order.handled >= wake
        current = seen.steps[seen.current] if seen.current else None
        if settled and current is not None and current.status in ("waiting", "failed") and not _tries_again(current):
            return _end_of(current)
        if alone.too_long(alive=bool(house().store.workers.alive()), now=seconds()):
            # The worker ended meanwhile: nothing will come, and everything is kept.
            click.echo(say("no-worker", lang()), err=True)
            return OUTSIDE
        pause(0.3)


class _Alone:
    """Remembers since when no worker lives, and says from time to time that the next one is awaited."""

    def __init__(self) -> None:
        self._since: float | None = None
        self._said = 0

    def too_long(self, *, alive: bool, now: float) -> bool:
        """Whether nobody will come any more. now: seconds of a clock that only goes on."""
        if alive:
            self._since, self._said = None, 0
            return False
        self._since = now if self._since is None else self._since
        waited = now - self._since
        if waited >= _SAY_EVERY_S * (self._said + 1):
            self._said += 1
            click.echo(say("worker-awaited", lang(), seconds=round(max(0.0, _ALONE_S - waited))), err=True)
        return waited > _ALONE_S


def why(step: StepRecord) -> str:
    """Why a step does not go on, in a sentence; empty where nothing holds it."""
    if step.fault is not None:
        return explain(step.fault, lang()).text
    return say(step.waits_for, lang(), **step.waits_facts) if step.waits_for else ""


def _tries_again(step: StepRecord) -> bool:
    """Whether the next try is planned, and is worth waiting for."""
    return step.waits_for == "waits-retry" and int(step.waits_facts.get("failures", 0)) < _TRIES


def _end_of(step: StepRecord) -> int:
    if step.fault is None:
        return 0
    message = explain(step.fault, lang())
    click.echo(f"{step.fault.code} {step.fault.at}: {message.text} {message.hint}", err=True)
    return WRONG if step.status == "failed" else OUTSIDE


def _progress(seen: orders.Overview) -> str:
    if seen.current is None:
        return say("order-accepted-line", lang())
    step = seen.steps[seen.current]
    counted = f" {step.done}/{step.total}" if step.status == "running" and step.total else ""
    # What a running step waited for is over.
    reason = "" if step.status == "running" and step.waits_for not in DOES else why(step)
    if step.status == "waiting" and _tries_again(step):
        reason += " " + say("waits-retry", lang(), **step.waits_facts)
    return f"{say(f'step-{step.name}', lang())}: {say(f'status-{step.status}', lang())}{counted} {reason}".rstrip()
