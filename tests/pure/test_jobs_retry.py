"""When is a failed step tried again, and which step comes next?"""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from staging.core.faults import Fault, PrinterUnavailable, StackRefused, StackUnreachable
from staging.jobs.job import STEPS, StepName, StepRecord, done, next_step, skipped, waiting
from staging.jobs.retry import wait_before_retry

SILENCE = StackUnreachable(Fault("stack-silent"))
SECONDS = [2, 4, 8, 16, 32, 64, 128, 256, 300, 300]


def test_the_wait_doubles_from_two_seconds_and_stays_at_five_minutes() -> None:
    waits = [wait_before_retry(SILENCE, attempt) for attempt in range(1, 11)]
    assert waits == [timedelta(seconds=one) for one in SECONDS]


@given(st.integers(1, 10**9))
def test_no_number_of_failures_makes_the_wait_longer_than_five_minutes(attempt: int) -> None:
    wait = wait_before_retry(PrinterUnavailable(Fault("printer-off")), attempt)
    assert wait is not None
    assert timedelta(seconds=2) <= wait <= timedelta(minutes=5)


@given(st.integers(1, 1000))
def test_a_no_is_never_tried_again_by_itself(attempt: int) -> None:
    assert wait_before_retry(StackRefused(Fault("stack-refused")), attempt) is None


def records(*finished: StepName) -> dict[StepName, StepRecord]:
    return {name: StepRecord("4k7m2p", name, "done" if name in finished else "to-do") for name in STEPS}


def test_the_next_step_is_the_first_that_is_not_finished() -> None:
    assert next_step(records()) == "appliance"
    assert next_step(records("appliance", "install", "register")) == "configure"
    assert next_step(records(*STEPS)) is None


def test_a_step_in_the_middle_that_was_reopened_comes_before_those_behind_it() -> None:
    found = records(*STEPS)
    found["provision"] = StepRecord("4k7m2p", "provision")
    assert next_step(found) == "provision"


@pytest.mark.parametrize("status", ["running", "waiting", "failed", "to-do"])
def test_a_step_that_is_not_through_is_the_next(status: str) -> None:
    found = {**records(), "appliance": StepRecord("4k7m2p", "appliance", status)}  # type: ignore[arg-type]  # from the list
    assert next_step(found) == "appliance"


def test_a_step_without_object_is_passed_over() -> None:
    found = {**records(), "appliance": StepRecord("4k7m2p", "appliance", "skipped")}
    assert next_step(found) == "install"


def test_outcomes_say_what_they_came_to() -> None:
    assert (done(users=3).status, done(users=3).facts) == ("done", {"users": 3})
    assert (skipped("no-portal").status, skipped("no-portal").waits_for) == ("skipped", "no-portal")
    assert waiting("waits-plan", again_s=5, missing=1).again_s == 5
