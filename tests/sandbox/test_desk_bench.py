"""What stands on the bench screen, and when does it leave it?"""

from collections.abc import Collection, Iterator, Mapping
from datetime import timedelta
from pathlib import Path

import pytest

from staging.bootstrap import House
from staging.desk.bench_screen import bench_rows
from staging.jobs.job import Stack, StepName, StepRecord
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


def test_an_accepted_order_leaves_with_its_box_and_without_one_after_a_weekend(house: House) -> None:
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
    for order in made:
        house.store.orders.keep(order.id, accepted_at=now - timedelta(days=3))
    assert on_screen(house) == [(serial, "done"), ("partage", "done")]
    for order in made:
        house.store.orders.keep(order.id, accepted_at=now - timedelta(days=5))
    assert on_screen(house) == [(serial, "done")]
    house.store.appliances.change(serial, shipped_at=now)
    assert on_screen(house) == []


def test_orders_that_left_long_ago_are_not_even_read(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    made = [
        house.store.orders.create(customer="Atelier Bleu", siret="73282932000074", stack="partage", by=BY)
        for _ in range(3)
    ]
    for order in made[1:]:
        house.store.orders.keep(order.id, accepted_at=house.desk.clock.now() - timedelta(days=30))
    asked: list[str] = []
    read = house.store.orders.all_steps

    def all_steps(among: Collection[str]) -> Mapping[str, Mapping[StepName, StepRecord]]:
        asked.extend(among)
        return read(among)

    monkeypatch.setattr(house.store.orders, "all_steps", all_steps)
    assert [row.order_id for row in bench_rows(house.desk)] == [made[0].id]
    assert asked == [made[0].id]
