"""What does somebody at a terminal see of an order that goes on elsewhere, and when is it over?"""

import time

import click

from staging.commands.door import OUTSIDE, WRONG, house, lang
from staging.core.messages import explain, say
from staging.desk import orders
from staging.jobs.job import StepRecord

_ALONE_S = 10.0
"""How long a follower waits for a worker that is not there: one that restarts is back by then."""


def follow(order_id: str, until: str | None) -> int:
    """Show progress until a step is through, or the order waits or failed; the exit status."""
    shown = ""
    wake = house().store.orders.get(order_id).wake
    alone_since: float | None = None
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
        if settled and current is not None and current.status in ("waiting", "failed"):
            return _end_of(current)
        if house().store.workers.alive():
            alone_since = None
        elif alone_since is None:
            alone_since = time.monotonic()
        elif time.monotonic() - alone_since > _ALONE_S:
            # The worker ended meanwhile: nothing will come, and everything is kept.
            click.echo(say("no-worker", lang()), err=True)
            return OUTSIDE
        time.sleep(0.3)


def why(step: StepRecord) -> str:
    """Why a step does not go on, in a sentence; empty where nothing holds it."""
    if step.fault is not None:
        return explain(step.fault, lang()).text
    return say(step.waits_for, lang(), **step.waits_facts) if step.waits_for else ""


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
    reason = "" if step.status == "running" else why(step)
    return f"{say(f'step-{step.name}', lang())}: {say(f'status-{step.status}', lang())}{counted} {reason}".rstrip()
