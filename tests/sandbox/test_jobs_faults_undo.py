"""Does taking an order back end as it should whatever fails at whichever request?

Every request of an undo of six seats and their phones fails once, in each way. After each failure the stack must be in
a state of the healthy run; at the end nothing of the order is left, and applying gives the same stack again.
"""

from collections.abc import Mapping
from typing import Any

import pytest

from tests.fakes.failures import READ_FAILURES, Way, assert_undone, fail_each_once, fail_every_read, healthy_way
from tests.fakes.failures import run_in_trouble as run
from tests.fakes.rig import AT_THE_JOURNAL, ON_THE_WIRE, AtTheJournal, Moment, OnTheWire, Rig
from tests.fakes.six_seats import write_six_seats


@pytest.fixture(scope="module")
def rig(tmp_path_factory: pytest.TempPathFactory) -> Rig:
    home = tmp_path_factory.mktemp("rig")
    return Rig(home, write_six_seats(home / "plan.xlsx"))


@pytest.fixture(scope="module")
def empty(rig: Rig) -> Mapping[str, Any]:
    return rig.shape()


@pytest.fixture(scope="module")
def full(rig: Rig, empty: Mapping[str, Any]) -> Mapping[str, Any]:
    rig.agree()
    rig.work_through(rig.applied)
    return rig.shape()


@pytest.fixture(scope="module")
def begin(rig: Rig, full: Mapping[str, Any]) -> Moment:
    rig.agree_to_undo()
    return rig.moment()


@pytest.fixture(scope="module")
def healthy(rig: Rig, begin: Moment) -> Way:
    return healthy_way(rig, begin, rig.undone)


@pytest.mark.parametrize("failure", ON_THE_WIRE)
def test_each_request_that_changes_something_may_fail(
    rig: Rig, begin: Moment, healthy: Way, empty: Mapping[str, Any], failure: OnTheWire
) -> None:
    struck = fail_each_once(rig, begin, failure, rig.undone, healthy)
    assert {kind for kind, count in healthy.asked.items() if struck[kind] < count} == set()
    assert_undone(rig, empty=empty)


@pytest.mark.parametrize("failure", AT_THE_JOURNAL)
def test_a_worker_may_be_killed_at_each_line_of_the_journal(
    rig: Rig, begin: Moment, healthy: Way, empty: Mapping[str, Any], failure: AtTheJournal
) -> None:
    struck = fail_each_once(rig, begin, failure, rig.undone, healthy)
    assert struck["intents"] >= healthy.intents > 20
    assert_undone(rig, empty=empty)


def test_each_request_that_reads_may_fail(
    rig: Rig, begin: Moment, healthy: Way, empty: Mapping[str, Any], full: Mapping[str, Any]
) -> None:
    trouble = fail_every_read(READ_FAILURES)
    run(rig, begin, trouble, rig.undone, healthy)
    assert trouble.struck.total() > 40
    assert_undone(rig, empty=empty)
    rig.agree()
    rig.work_through(lambda: rig.step("phones").waits_for == "waits-fetch")
    # Their devices were deleted and declared anew, so provd does not know where they are until they ask again.
    rig.boot_phones()
    rig.work_through(rig.applied)
    assert rig.shape() == full
