"""Does the sample of 80 seats end as it should whatever fails, and do six seats under any mixture of failures?

Long, so behind `make test-faults`. What fails there is found again by its seed, which stands in the output:
`STAGING_FAULTS_SEED` begins with it, `STAGING_FAULTS_SCHEDULES` says how many follow.
"""

import os
import random
from collections.abc import Callable
from pathlib import Path

import pytest

from staging.desk import orders
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
from tests.fakes.house import ATELIER, BY
from tests.fakes.plan_rows import BOTH, DESK, RECEPTION, Row, write_rows
from tests.fakes.rig import Failure, Rig, Trouble
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


_HERE = (
    Row("accueil", "8000", RECEPTION, number="04 65 71 00 01", email="accueil@atelier-bleu.example", group="Accueil"),
    *(
        Row(f"atelier {n}", f"800{n}", BOTH if n != 2 else DESK, number=f"04 65 71 00 0{n + 1}",
            email=f"atelier{n}@atelier-bleu.example", group="Accueil" if n % 2 else None)
        for n in range(1, 6)
    ),
)  # fmt: skip


class Moving:
    """Six seats, applied, whose next plan gives each of them what another one had."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.rig = Rig(home, write_rows(home / "1.xlsx", *_HERE), connections=4)
        self.applied, self.shape = self.rig.apply(), self.rig.shape()

    def next_plan(self, chance: random.Random) -> None:
        """Numbers, direct numbers, groups and profiles dealt out anew; somebody may leave, somebody come."""
        dealt = [chance.sample([getattr(row, name) for row in _HERE], len(_HERE)) for name in _DEALT]
        rows = [row._replace(**dict(zip(_DEALT, new, strict=True))) for row, *new in zip(_HERE, *dealt, strict=True)]
        if chance.random() < 0.4:
            rows.pop(chance.randrange(len(rows)))
        if chance.random() < 0.4:
            rows.append(Row("hall", "8009", BOTH, email="hall@atelier-bleu.example"))
        path = write_rows(self.home / "2.xlsx", *rows)
        version = orders.upload_plan(self.rig.desk, self.rig.order_id, path, name=path.name, by=BY, lang="fr")
        assert version.ok
        self.rig.work()
        orders.approve(self.rig.desk, self.rig.order_id, expect=None, by=BY, forced=True)

    def in_trouble(self, trouble: Trouble, done: Callable[[], bool]) -> int:
        self.rig.trouble = trouble
        self.rig.new_worker()
        self.rig.work_through(done, attempts=200)
        self.rig.trouble = Trouble()
        self.rig.new_worker()
        return trouble.struck.total()


_DEALT = ("extension", "number", "group", "profile")
# Phones are where somebody put them, and ranges stay.
_STAYS = ("users", "incalls", "voicemails", "groups", "pickups", "keys", "accounts", "extensions")


@pytest.fixture(scope="module")
def moving(tmp_path_factory: pytest.TempPathFactory) -> Moving:
    return Moving(tmp_path_factory.mktemp("moving"))


def test_people_who_change_places_in_any_way_are_there_and_back_whatever_fails(moving: Moving) -> None:
    rig, hit = moving.rig, 0
    for seed in range(_FIRST, _FIRST + _SCHEDULES // 10):
        print(f"seed {seed}")
        chance = random.Random(seed)
        rig.back_to(moving.applied)
        moving.next_plan(chance)
        share = chance.choice((0.0, 0.02, 0.08))
        hit += moving.in_trouble(fail_at_random(chance, share), lambda: rig.step("provision").status == "done")
        told = [one for one in orders.verify(rig.desk, rig.order_id) if one.noun not in _PHONES]
        assert told == []
        rig.agree_to_undo()
        hit += moving.in_trouble(fail_at_random(chance, share), rig.undone)
        now = rig.shape()
        assert {name: now[name] for name in _STAYS} == {name: moving.shape[name] for name in _STAYS}
    _told("changes of places, failures", hit)


_PHONES = ("device", "seating", "phone-file")


def _told(what: str, count: int) -> None:
    print(f"{what}: {count}")
