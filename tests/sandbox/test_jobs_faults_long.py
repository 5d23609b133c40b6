"""Does the sample of 80 seats end as it should whatever fails, and do six seats under any mixture of failures?

Long, so behind `make test-faults`. What fails there is found again by its seed, which stands in the output:
`STAGING_FAULTS_SEED` begins with it, `STAGING_FAULTS_SCHEDULES` says how many follow.
"""

import os
import random
from pathlib import Path

import pytest

from staging.wazo.facts import Preset
from tests.fakes.failures import (
    ANY_WAY,
    READ_FAILURES,
    assert_applied,
    assert_undone,
    fail_at_random,
    fail_each_once,
    fail_every_read,
    fail_in_turn,
    healthy_way,
    run_in_trouble,
)
from tests.fakes.house import ATELIER
from tests.fakes.rig import Failure, Rig
from tests.fakes.six_seats import write_six_seats

pytestmark = [pytest.mark.slow, pytest.mark.timeout(7200)]

# Read now: no test sees a setting of the machine.
_SCHEDULES = int(os.environ.get("STAGING_FAULTS_SCHEDULES", "1000"))
_FIRST = int(os.environ.get("STAGING_FAULTS_SEED") or random.randrange(10**9))


class Eighty:
    """The sample order before its apply and before its undo, and what a healthy run of each looks like."""

    def __init__(self, rig: Rig) -> None:
        self.rig, self.empty = rig, rig.shape()
        rig.agree()
        self.agreed = rig.moment()
        self.apply = healthy_way(rig, self.agreed, rig.applied)
        rig.agree_to_undo()
        self.taken_back = rig.moment()
        self.undo = healthy_way(rig, self.taken_back, rig.undone)


@pytest.fixture(scope="module")
def eighty(tmp_path_factory: pytest.TempPathFactory) -> Eighty:
    return Eighty(Rig(tmp_path_factory.mktemp("eighty"), ATELIER))


@pytest.mark.parametrize("first", range(len(ANY_WAY)))
def test_each_request_of_the_apply_of_80_seats_may_fail(eighty: Eighty, first: int) -> None:
    rig, trouble = eighty.rig, fail_in_turn(first)
    run_in_trouble(rig, eighty.agreed, trouble, rig.applied, eighty.apply)
    _told(f"apply of 80 seats, round {first}", trouble.struck.total())
    assert trouble.struck.total() > eighty.apply.intents * 0.9
    assert_applied(rig)


@pytest.mark.parametrize("first", range(len(ANY_WAY)))
def test_each_request_of_the_undo_of_80_seats_may_fail(eighty: Eighty, first: int) -> None:
    rig, trouble = eighty.rig, fail_in_turn(first)
    run_in_trouble(rig, eighty.taken_back, trouble, rig.undone, eighty.undo)
    _told(f"undo of 80 seats, round {first}", trouble.struck.total())
    assert trouble.struck.total() > eighty.undo.intents * 0.9
    assert_undone(rig, empty=eighty.empty)


def test_each_read_of_the_apply_of_80_seats_may_fail(eighty: Eighty) -> None:
    rig = eighty.rig
    trouble = fail_every_read(READ_FAILURES)
    run_in_trouble(rig, eighty.agreed, trouble, rig.applied, eighty.apply)
    _told("apply, reads", trouble.struck.total())
    assert_applied(rig)


def test_each_read_of_the_undo_of_80_seats_may_fail(eighty: Eighty) -> None:
    rig = eighty.rig
    trouble = fail_every_read(READ_FAILURES)
    run_in_trouble(rig, eighty.taken_back, trouble, rig.undone, eighty.undo)
    _told("undo, reads", trouble.struck.total())
    assert_undone(rig, empty=eighty.empty)


class Own:
    """Six seats on an engine of the customer's own, agreed to."""

    def __init__(self, home: Path) -> None:
        self.rig = Rig(home, write_six_seats(home / "plan.xlsx"), preset=Preset(stun="stun.example:3478"))
        self.rig.agree()
        self.agreed = self.rig.moment()
        self.apply = healthy_way(self.rig, self.agreed, self.rig.applied)


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Own:
    return Own(tmp_path_factory.mktemp("own"))


@pytest.mark.parametrize("failure", ANY_WAY)
def test_each_request_of_an_apply_to_an_engine_of_ones_own_may_fail(own: Own, failure: Failure) -> None:
    rig = own.rig
    struck = fail_each_once(rig, own.agreed, failure, rig.applied, own.apply)
    _told(f"own engine, {failure}", struck.total())
    assert rig.world.setting("rtp")["options"]["stunaddr"] == "stun.example:3478"
    assert all(packages for name, packages in rig.world.provd.installed.items() if name.endswith("v85"))
    assert_applied(rig)


@pytest.fixture(scope="module")
def six(tmp_path_factory: pytest.TempPathFactory) -> Eighty:
    home = tmp_path_factory.mktemp("six")
    return Eighty(Rig(home, write_six_seats(home / "plan.xlsx"), connections=4))


def test_a_thousand_random_schedules_end_in_the_same_stack(six: Eighty) -> None:
    rig, hit = six.rig, 0
    for seed in range(_FIRST, _FIRST + _SCHEDULES):
        print(f"seed {seed}")
        chance = random.Random(seed)
        trouble = fail_at_random(chance, chance.choice((0.01, 0.03, 0.1)))
        if chance.random() < 0.6:
            run_in_trouble(rig, six.agreed, trouble, rig.applied, six.apply)
            assert_applied(rig)
        else:
            run_in_trouble(rig, six.taken_back, trouble, rig.undone, six.undo)
            assert_undone(rig, empty=six.empty)
        hit += trouble.struck.total()
    _told("random schedules, failures", hit)


def _told(what: str, count: int) -> None:
    print(f"{what}: {count}")
