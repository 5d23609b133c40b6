"""What stands on the bench screen, and when does it leave it?"""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from staging.bootstrap import House
from staging.desk.bench_screen import bench_rows
from staging.jobs.job import Stack
from tests.fakes.house import BY, make_house, ready_box


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    made = make_house(tmp_path / "home")
    made.store.stacks.add(Stack("partage", "on-cloud", url="http://127.0.0.1:9"))
    yield made
    made.store.database.close()


def on_screen(house: House) -> list[tuple[str, str]]:
    return [(row.serial, row.urgency) for row in bench_rows(house.desk)]


def test_a_box_without_an_order_stands_there_until_it_is_shipped(house: House) -> None:
    serial = ready_box(house)
    assert [name for name, _ in on_screen(house)] == [serial]
    house.store.appliances.change(serial, shipped_at=house.desk.clock.now())
    assert on_screen(house) == []


def test_an_accepted_order_leaves_with_its_box_and_without_one_after_two_days(house: House) -> None:
    serial = ready_box(house)
    now = house.desk.clock.now()
    made = [
        house.store.orders.create(
            customer="Atelier Bleu", siret="73282932000074", stack="partage", by=BY, serial=own, extensions=None,
            main_to=None,
        )
        for own in (serial, None)
    ]  # fmt: skip
    for order in made:
        house.store.orders.keep(order.id, accepted_at=now)
        for name in house.store.orders.steps(order.id):
            house.store.orders.set_step(order.id, name, status="done")
    assert on_screen(house) == [(serial, "done"), ("partage", "done")]
    house.store.appliances.change(serial, shipped_at=now)
    assert on_screen(house) == [("partage", "done")]
    house.store.orders.keep(made[1].id, accepted_at=now - timedelta(days=3))
    assert on_screen(house) == []
