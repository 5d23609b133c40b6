"""Does somebody who follows an order at a terminal outwait the seconds between a killed worker and its successor?"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest

from staging.bootstrap import House
from staging.commands.door import OUTSIDE
from staging.commands.door import house as opened
from staging.commands.follow import follow
from staging.core.faults import Fault, Where
from tests.fakes.house import environ, order_on, shared_stack


@dataclass
class Wait:
    """A clock that goes on when somebody pauses, and what happens at a moment of it."""

    at: float = float("inf")
    happens: Callable[[], object] = lambda: None
    now: float = 0.0

    def seconds(self) -> float:
        return self.now

    def pause(self, _: float) -> None:
        # On a busy machine a short pause takes a second.
        self.now += 1.0
        if self.now >= self.at:
            self.at = float("inf")
            self.happens()


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with pytest.MonkeyPatch.context() as settings:
        for name, value in environ(tmp_path_factory.mktemp("home")).items():
            settings.setenv(name, value)
        opened.cache_clear()
        yield opened()
    opened().store.database.close()
    opened.cache_clear()


@pytest.fixture(scope="module")
def stack(house: House) -> str:
    return shared_stack(house, "http://127.0.0.1:9").name


@pytest.fixture
def order(house: House, stack: str) -> str:
    return order_on(house, stack).id


def test_a_successor_that_comes_late_is_waited_for_and_the_wait_is_told(
    house: House, order: str, capsys: pytest.CaptureFixture[str]
) -> None:
    workers, orders = house.store.workers, house.store.orders
    workers.leave(workers.claim())

    def successor() -> None:
        names.append(workers.claim())
        orders.set_step(order, "appliance", status="done")

    names: list[str] = []

    wait = Wait(at=30.0, happens=successor)
    assert follow(order, "appliance", seconds=wait.seconds, pause=wait.pause) == 0
    told = [line for line in capsys.readouterr().err.splitlines() if "pour l'instant" in line]
    assert told[0] == "Aucun travailleur pour l'instant ; j'attends le suivant encore 40 s."
    assert len(told) == 5
    workers.leave(*names)


def test_nobody_who_comes_ends_with_3_after_a_bounded_while(order: str, capsys: pytest.CaptureFixture[str]) -> None:
    wait = Wait()
    assert follow(order, "appliance", seconds=wait.seconds, pause=wait.pause) == OUTSIDE
    assert 45 < wait.now < 48
    assert "Aucun travailleur ne tourne" in capsys.readouterr().err


def test_each_silence_is_counted_from_its_own_beginning(house: House, order: str) -> None:
    workers = house.store.workers
    first = Wait(at=40.0, happens=lambda: names.append(workers.claim()))
    names: list[str] = []

    def pause(seconds: float) -> None:
        first.pause(seconds)
        if names and first.now > 50:
            workers.leave(names.pop())

    assert follow(order, "appliance", seconds=first.seconds, pause=pause) == OUTSIDE
    assert 95 < first.now < 100


def failed(house: House, order: str, *, failures: int) -> None:
    """The step has failed so often, and its next try is planned."""
    orders = house.store.orders
    orders.begin_step(order, "appliance")
    orders.end_step(
        order, "appliance", status="waiting", fault=Fault("stack-silent", Where("partage"), {"host": "partage"}),
        waits_for="waits-retry", waits_facts={"failures": failures, "seconds": 2},
    )  # fmt: skip
    orders.handled(order, orders.get(order).wake)


def test_a_failure_that_is_tried_again_is_outwaited(
    house: House, order: str, capsys: pytest.CaptureFixture[str]
) -> None:
    worker = house.store.workers.claim()
    failed(house, order, failures=1)
    wait = Wait(at=4.0, happens=lambda: house.store.orders.set_step(order, "appliance", status="done"))
    assert follow(order, "appliance", seconds=wait.seconds, pause=wait.pause) == 0
    assert capsys.readouterr().err.splitlines()[0].endswith("Nouvel essai dans 2 s.")
    house.store.workers.leave(worker)


def test_a_failure_that_lasts_ends_with_3(house: House, order: str, capsys: pytest.CaptureFixture[str]) -> None:
    failed(house, order, failures=4)
    wait = Wait()
    assert follow(order, "appliance", seconds=wait.seconds, pause=wait.pause) == OUTSIDE
    assert "stack-silent partage" in capsys.readouterr().err
    assert wait.now == 0
