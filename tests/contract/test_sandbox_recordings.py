"""Does the sandbox answer each recorded request as the real daemons did, and do the same beside the answer?

Bodies are compared whole: every key and every value, except identifiers, moments and generated names.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import pytest

from tests.fakes.effects import EFFECTS, Effect, Scene, judge_of, reason_of, rows_of
from tests.fakes.sandbox import (
    DIFFERENT,
    RUNS,
    Answered,
    Exchange,
    Observation,
    Replay,
    account_settings,
    difference,
    exchanges,
    masked,
    told,
)


@dataclass
class Played:
    """A run of recordings, played against a sandbox.

    differs: what differs in each exchange, the empty text where nothing does; answers: recorded and own; seen: what
    each observation saw, and what is seen here.
    """

    differs: dict[str, str] = field(default_factory=dict)
    answers: dict[str, tuple[Any, Any]] = field(default_factory=dict)
    seen: dict[str, tuple[object, object]] = field(default_factory=dict)


@cache
def outcome(run: tuple[str, ...]) -> Played:
    replay, played = Replay(), Played()
    before, last = rows_of(replay), None
    for one in (one for file in run for one in told(file)):
        if isinstance(one, Exchange):
            before, last = rows_of(replay), one
            here = replay.ask(one)
            played.answers[one.name] = (one.answer, here.body)
            played.differs[one.name] = compared(one, here)
        elif (judge := judge_of(one)) and last:
            played.seen[one.name] = judge(one.said, Scene(replay, last, before))
    return played


def compared(one: Exchange, here: Answered) -> str:
    if here.status != one.status:
        return f"{one}: recorded {one.status}, here {here.status} {here.body!r}"
    if one.service == "phone":
        ours, theirs = account_settings(here.body), account_settings(one.answer)
        return difference({key: theirs.get(key) for key in ours}, ours, str(one))
    return difference(masked(one.answer), masked(here.body), str(one))


def cases() -> Iterator[tuple[tuple[str, ...], str]]:
    for run in RUNS:
        names = {one.name: None for file in run for one in exchanges(file)}
        yield from ((run, case) for case in names)


@pytest.mark.parametrize(("run", "case"), [pytest.param(*case, id=case[1]) for case in cases()])
def test_the_sandbox_answers_as_recorded_or_says_why_not(run: tuple[str, ...], case: str) -> None:
    found = outcome(run).differs[case]
    if case in DIFFERENT:
        assert found, f"{case} answers as recorded now: take it off the table"
    else:
        assert not found, found


def observations() -> Iterator[tuple[tuple[str, ...], Observation]]:
    for run in RUNS:
        yield from ((run, one) for file in run for one in told(file) if isinstance(one, Observation))


@pytest.mark.parametrize("effect", EFFECTS, ids=lambda effect: effect.what)
def test_what_a_request_did_beside_its_answer_is_done_here_too(effect: Effect) -> None:
    run = next(run for run in RUNS if effect.at.split("#")[0] in run)
    recorded, own = outcome(run).answers[effect.at]
    assert effect.shown(recorded), "the recording does not show it"
    assert effect.shown(own), own


@pytest.mark.parametrize(("run", "one"), [pytest.param(run, one, id=one.name) for run, one in observations()])
def test_what_was_observed_around_the_daemons_is_seen_here_or_it_is_said_why_not(
    run: tuple[str, ...], one: Observation
) -> None:
    if reason_of(one):
        assert judge_of(one) is None
        return
    there, here = outcome(run).seen[one.name]
    assert here == there


def test_a_recorded_phone_file_holds_accounts_to_compare() -> None:
    files = [one for one in exchanges("05") if one.service == "phone" and one.status == 200]
    assert all("account.1.enable" in account_settings(one.answer) for one in files)


def test_the_comparison_sees_a_changed_value_a_missing_key_and_a_shorter_list() -> None:
    recorded = {"label": "a", "items": [1, 2]}
    assert difference(recorded, {"label": "b", "items": [1, 2]})
    assert difference(recorded, {"items": [1, 2]})
    assert difference(recorded, {"label": "a", "items": [1]})
    assert not difference(recorded, {"label": "a", "items": [1, 2]})
