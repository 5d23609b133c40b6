"""Does an apply end as it should whatever fails at whichever request?

Every request of the apply of six seats and their phones fails once, in each way. After each failure the stack must be
in a state of the healthy run, so nothing is ever there twice; at the end it is read back and applied again.
"""

import pytest

from staging.core.faults import DatabaseUnreachable, Fault
from tests.fakes.failures import READ_FAILURES, Way, assert_applied, fail_each_once, fail_every_read, healthy_way
from tests.fakes.failures import run_in_trouble as run
from tests.fakes.rig import AT_THE_JOURNAL, ON_THE_WIRE, AtTheJournal, Moment, OnTheWire, Rig
from tests.fakes.six_seats import write_six_seats


@pytest.fixture(scope="module")
def rig(tmp_path_factory: pytest.TempPathFactory) -> Rig:
    home = tmp_path_factory.mktemp("rig")
    return Rig(home, write_six_seats(home / "plan.xlsx"))


@pytest.fixture(scope="module")
def begin(rig: Rig) -> Moment:
    rig.agree()
    return rig.moment()


@pytest.fixture(scope="module")
def healthy(rig: Rig, begin: Moment) -> Way:
    return healthy_way(rig, begin, rig.applied)


@pytest.mark.parametrize("failure", ON_THE_WIRE)
def test_each_request_that_changes_something_may_fail(
    rig: Rig, begin: Moment, healthy: Way, failure: OnTheWire
) -> None:
    struck = fail_each_once(rig, begin, failure, rig.applied, healthy)
    assert {kind for kind, count in healthy.asked.items() if struck[kind] < count} == set()
    assert_applied(rig)


@pytest.mark.parametrize("failure", AT_THE_JOURNAL)
def test_a_worker_may_be_killed_at_each_line_of_the_journal(
    rig: Rig, begin: Moment, healthy: Way, failure: AtTheJournal
) -> None:
    struck = fail_each_once(rig, begin, failure, rig.applied, healthy)
    assert struck["intents"] >= healthy.intents > 20
    assert_applied(rig)


def test_each_request_that_reads_may_fail(rig: Rig, begin: Moment, healthy: Way) -> None:
    trouble = fail_every_read(READ_FAILURES)
    run(rig, begin, trouble, rig.applied, healthy)
    assert trouble.struck.total() > 80
    assert_applied(rig)


@pytest.mark.parametrize("line", ["intend", "outcome"])
def test_a_database_that_is_away_for_a_moment_is_no_refusal_by_the_stack(
    rig: Rig, begin: Moment, monkeypatch: pytest.MonkeyPatch, line: str
) -> None:
    rig.back_to(begin)
    before = rig.world.writes

    def away(*_: object, **__: object) -> int:
        raise DatabaseUnreachable(Fault("database-unusable"))

    with monkeypatch.context() as moment:
        moment.setattr(type(rig.house.store.changesets), line, away)
        rig.work()
    assert rig.step("provision").waits_for == "waits-retry"
    # Nothing more goes out while nobody can write down what came of it.
    assert rig.world.writes <= before + 1
    rig.work_through(rig.applied)
    assert_applied(rig)
