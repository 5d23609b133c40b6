"""How is every request of a run made to fail, one after the other, and what must hold at each moment?"""

import json
import random
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from itertools import cycle
from typing import Any

import pytest

from staging.core.faults import Refused
from staging.desk import orders, undo
from staging.jobs.job import StepName
from tests.fakes.rig import (
    AT_THE_JOURNAL,
    ON_THE_WIRE,
    AtTheJournal,
    Failure,
    Moment,
    OnTheWire,
    Rig,
    Trouble,
    kind_of,
    writes,
)

ANY_WAY: tuple[Failure, ...] = (*ON_THE_WIRE, *AT_THE_JOURNAL)

READ_FAILURES: tuple[OnTheWire, ...] = ("no-answer-after", "500-after", "401", "drip", "reset-before")
"""A read does nothing, so before and after are one."""

_AT_MOST = 8

_ON_THE_STACK: tuple[StepName, ...] = ("provision", "phones")


@dataclass
class Way:
    """The states that a stack passes through, told apart by what they hold; ids do not count."""

    rig: Rig
    states: list[str] = field(default_factory=list)
    asked: Counter[str] = field(default_factory=Counter)
    intents: int = 0

    def look(self) -> None:
        """Note the present state, if it is another one."""
        state = json.dumps(self.rig.shape(), sort_keys=True, default=str)
        if not self.states or state != self.states[-1]:
            self.states.append(state)

    @cached_property
    def most(self) -> Mapping[str, Counter[str]]:
        """Each thing as often as it is there at the moment that holds it most often."""
        found: dict[str, Counter[str]] = {}
        for state in self.states:
            for name, things in _things(state).items():
                found[name] = found.get(name, Counter()) | things
        return found


def healthy_way(rig: Rig, begin: Moment, done: Callable[[], bool]) -> Way:
    """The states of a run in which nothing fails, and what was asked in it."""
    rig.back_to(begin)
    way, before = Way(rig), rig.journalled()
    way.look()
    rig.trouble.seen = way.look
    rig.work_through(done)
    way.intents = rig.journalled() - before
    way.asked = Counter({kind: count for kind, count in rig.trouble.asked.items() if writes(*kind.split(" ", 1))})
    return way


def fail_everywhere(failure: Failure, *, only: Collection[str] = ()) -> Trouble:
    """Trouble that makes each changing request fail once in this way. only: requests of these kinds; else of all."""
    struck: set[int] = set()

    def once(done: int) -> bool:
        fresh = done not in struck
        struck.add(done)
        return fresh

    def on_the_wire(done: int, method: str, path: str) -> OnTheWire | None:
        chosen = writes(method, path) and (not only or kind_of(method, path) in only)
        return failure if chosen and once(done) else None  # type: ignore[return-value]  # chosen below

    def at_the_journal(done: int) -> AtTheJournal | None:
        return failure if once(done) else None  # type: ignore[return-value]  # chosen below

    return Trouble(at_the_journal=at_the_journal) if failure.startswith("killed") else Trouble(on_the_wire)


def fail_each_once(rig: Rig, begin: Moment, failure: Failure, done: Callable[[], bool], healthy: Way) -> Counter[str]:
    """Run so that each changing request of the healthy run fails once; gives how many of each kind did.

    One run holds nearly all of them: after each failure the stack is where the healthy run was. A request that
    follows another one's answer, such as clearing an operation away, is not sent when that one failed: the kinds
    that are missing then have a run of their own.
    """
    trouble = fail_everywhere(failure)
    run_in_trouble(rig, begin, trouble, done, healthy)
    struck = trouble.struck
    if failure.startswith("killed"):
        return struck
    missing = [kind for kind, count in healthy.asked.items() if struck[kind] < count]
    if missing:
        second = fail_everywhere(failure, only=missing)
        run_in_trouble(rig, begin, second, done, healthy)
        struck = struck | second.struck
    return struck


def fail_every_read(kinds: Iterable[OnTheWire]) -> Trouble:
    """Trouble that makes each read fail once between any two requests that change something; tokens are read too."""
    struck: set[tuple[int, str, str]] = set()
    kind = cycle(kinds)

    def on_the_wire(done: int, method: str, path: str) -> OnTheWire | None:
        if writes(method, path) or (done, method, path) in struck:
            return None
        struck.add((done, method, path))
        return next(kind)

    return Trouble(on_the_wire)


def fail_in_turn(first: int) -> Trouble:
    """Trouble that makes each changing request fail once, each in the next way; runs that begin at each way hold all.

    What no line of the journal announces cannot be killed at one, and goes well instead.
    """
    struck: set[int] = set()

    def turn(done: int, ways: Collection[Failure]) -> Any:
        failure = ANY_WAY[(done + first) % len(ANY_WAY)]
        if done in struck or failure not in ways:
            return None
        struck.add(done)
        return failure

    return Trouble(
        on_the_wire=lambda done, method, path: turn(done, ON_THE_WIRE) if writes(method, path) else None,
        at_the_journal=lambda done: turn(done, AT_THE_JOURNAL),
    )


def fail_at_random(chance: random.Random, share: float) -> Trouble:
    """Trouble that hits this share of all requests and journal lines, reads too, in any way; some times at most."""
    trouble = Trouble()

    def struck() -> bool:
        return trouble.struck.total() < _AT_MOST and chance.random() < share

    trouble.on_the_wire = lambda done, method, path: chance.choice(ON_THE_WIRE) if struck() else None
    trouble.at_the_journal = lambda done: chance.choice(AT_THE_JOURNAL) if struck() else None
    return trouble


def run_in_trouble(rig: Rig, begin: Moment, trouble: Trouble, done: Callable[[], bool], healthy: Way) -> None:
    """Work through all trouble. On the way nothing is there that no healthy moment holds, or more often than it."""
    rig.back_to(begin)
    rig.trouble = trouble
    rig.new_worker()
    way = Way(rig)
    trouble.seen = way.look
    rig.work_through(done, attempts=10_000)
    way.look()
    assert way.states[-1] == healthy.states[-1], _told(way.states[-1], healthy)
    strange = [found for state in way.states for found in _strange(state, healthy)]
    assert not strange, strange


def _strange(state: str, healthy: Way) -> list[str]:
    """What a state holds that no healthy moment holds, or more often than any of them."""
    if state in healthy.states:
        return []
    return [f"{name}: {more}" for name, things in _things(state).items() if (more := things - healthy.most[name])]


def _things(state: str) -> dict[str, Counter[str]]:
    """How often each thing is there, by its natural key, which stands first in each row."""
    return {
        name: Counter(row if isinstance(row, str) else row[0] for row in rows)
        for name, rows in json.loads(state).items()
        if isinstance(rows, list)
    }


def assert_applied(rig: Rig) -> None:
    """Nothing differs from the plan, nothing is unanswered in the journal, and a second apply writes nothing."""
    rig.trouble = Trouble()
    rig.new_worker()
    assert orders.verify(rig.desk, rig.order_id) == ()
    before = rig.world.writes
    rig.agree()
    for name in _ON_THE_STACK:
        rig.house.store.orders.set_step(rig.order_id, name, status="to-do", again_at=None)
    rig.work_through(rig.applied)
    assert rig.world.writes == before
    assert rig.unanswered() == 0


def assert_undone(rig: Rig, *, empty: Mapping[str, Any]) -> None:
    """The tenant is as it was before anything was applied, no phone knows a line, and nothing is left to undo."""
    rig.trouble = Trouble()
    rig.new_worker()
    now = rig.shape()
    assert {**now, "devices": []} == {**empty, "devices": []}
    assert [device for device in now["devices"] if device[3] == "configured"] == []
    assert rig.unanswered() == 0
    with pytest.raises(Refused):
        undo.show_undo(rig.desk, rig.order_id)


def _told(state: str, healthy: Way) -> str:
    """Where a state differs from the one of the healthy run that is nearest to it."""
    there = json.loads(state)
    best = min(healthy.states, key=lambda one: sum(there[k] != v for k, v in json.loads(one).items()))
    return "\n".join(f"{k}: {there[k]} instead of {v}" for k, v in json.loads(best).items() if there[k] != v)
