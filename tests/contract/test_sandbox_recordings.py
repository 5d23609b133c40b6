"""Does the sandbox answer each recorded request as the real daemons did?

Bodies are compared whole: every key and every value, except identifiers, moments and generated names.
"""

from collections.abc import Iterator
from functools import cache

import pytest

from tests.fakes.sandbox import DIFFERENT, RUNS, Exchange, Replay, account_settings, difference, exchanges, masked


@cache
def outcome(run: tuple[str, ...]) -> dict[str, str]:
    """What differs in each exchange of a run, by its name; the empty text where nothing does."""
    replay = Replay()
    return {one.name: compared(replay, one) for file in run for one in exchanges(file)}


def compared(replay: Replay, one: Exchange) -> str:
    here = replay.ask(one)
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
    found = outcome(run)[case]
    if case in DIFFERENT:
        assert found, f"{case} answers as recorded now: take it off the table"
    else:
        assert not found, found


def test_a_recorded_phone_file_holds_accounts_to_compare() -> None:
    files = [one for one in exchanges("05") if one.service == "phone" and one.status == 200]
    assert all("account.1.enable" in account_settings(one.answer) for one in files)


def test_the_comparison_sees_a_changed_value_a_missing_key_and_a_shorter_list() -> None:
    recorded = {"label": "a", "items": [1, 2]}
    assert difference(recorded, {"label": "b", "items": [1, 2]})
    assert difference(recorded, {"items": [1, 2]})
    assert difference(recorded, {"label": "a", "items": [1]})
    assert not difference(recorded, {"label": "a", "items": [1, 2]})
