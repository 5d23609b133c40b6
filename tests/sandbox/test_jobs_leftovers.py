"""Does anything stay behind that nobody wants: after an undo, after a swap of phones, after the final address?"""

from collections.abc import Mapping
from typing import Any

import pytest

from staging.core.faults import PlanRefused, StackRefused
from staging.desk import orders, phones
from staging.jobs.job import Order, Stack
from staging.jobs.records import Box
from staging.jobs.view import order_facts
from staging.wazo.raw import RawEngine
from tests.fakes.clock import START
from tests.fakes.failures import assert_undone
from tests.fakes.house import BY
from tests.fakes.rig import Moment, Rig
from tests.fakes.six_seats import write_six_seats

BENCH = Stack("atelier", "on-premise", url="https://192.0.2.10")
OTHER_PHONE = "02:00:00:00:00:99"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Rig:
    home = tmp_path_factory.mktemp("rig")
    return Rig(home, write_six_seats(home / "plan.xlsx"))


@pytest.fixture(scope="module")
def empty(made: Rig) -> Mapping[str, Any]:
    return made.shape()


@pytest.fixture(scope="module")
def applied(made: Rig, empty: Mapping[str, Any]) -> Moment:
    return made.apply()


@pytest.fixture
def rig(made: Rig, applied: Moment) -> Rig:
    made.back_to(applied)
    return made


def devices(rig: Rig) -> dict[str, tuple[bool, str]]:
    """By MAC: whether it is the tenant's, and what provd has for it."""
    return {mac: (ours, state) for mac, ours, _, state in rig.shape()["devices"]}


def test_an_order_is_taken_back_while_its_newest_plan_is_impossible(rig: Rig, empty: Mapping[str, Any]) -> None:
    rig.house.store.orders.change(rig.order_id, main_to="8999")
    with pytest.raises(PlanRefused):
        orders.show_changes(rig.desk, rig.order_id)
    rig.agree_to_undo()
    rig.work()
    assert rig.undone()
    assert_undone(rig, empty=empty)
    fault = rig.step("provision").fault
    assert fault is not None
    assert fault.code == "main-to-nobody"


def test_a_phone_that_another_one_replaces_leaves_the_tenant(rig: Rig) -> None:
    first = "02:00:00:00:00:01"
    rig.app.test_client().post("/room/plug", json={"mac": OTHER_PHONE, "model": "T54W"})
    phones.take_back(rig.desk, rig.order_id, first, by=BY)
    phones.scan_phone(rig.desk, rig.order_id, OTHER_PHONE, seat="8000", by=BY)
    rig.work_through(rig.applied)
    assert devices(rig)[OTHER_PHONE] == (True, "configured")
    assert first not in devices(rig)
    assert orders.verify(rig.desk, rig.order_id) == ()


def test_a_worker_killed_in_a_swap_leaves_the_old_phone_to_the_next_one(rig: Rig) -> None:
    first = "02:00:00:00:00:01"
    rig.app.test_client().post("/room/plug", json={"mac": OTHER_PHONE, "model": "T54W"})
    phones.take_back(rig.desk, rig.order_id, first, by=BY)
    phones.scan_phone(rig.desk, rig.order_id, OTHER_PHONE, seat="8000", by=BY)
    rig.trouble.at_the_journal = lambda done: "killed-after-outcome"
    rig.work_through(rig.applied, attempts=60)
    assert first not in devices(rig)


def final(address: str, *, box: Box | None, dhcp: Mapping[str, Any]) -> Any:
    order = Order(
        "7f3k", "Atelier Bleu", "73282932000074", "atelier", None, None, None, START, BY, final_address=address
    )
    engine = RawEngine({}, dict(dhcp), {}, {}, (), {}, {}, {})
    facts = order_facts(order, BENCH, engine, box=box, host=order.final_host).engine
    return facts and facts.dhcp


def test_a_pool_that_was_asked_for_is_never_silently_switched_off() -> None:
    with pytest.raises(StackRefused) as refused:
        final("10.1.2.3/24", box=None, dhcp={"active": True, "network_interfaces": []})
    assert refused.value.faults[0].code == "dhcp-card-unknown"


def test_the_pool_moves_on_the_card_that_has_it() -> None:
    pool = final("10.1.2.3/24", box=None, dhcp={"active": True, "network_interfaces": ["eno1"]})
    assert (pool.active, pool.pool_start, pool.interfaces) == (True, "10.1.2.151", ("eno1",))


def test_an_address_without_a_prefix_switches_dhcp_off() -> None:
    assert final("10.1.2.3", box=None, dhcp={"network_interfaces": ["eno1"]}).active is False


def test_a_handset_that_provd_lost_is_told_although_confd_still_has_it(rig: Rig) -> None:
    base = next(row for row in rig.world.provd.devices.values() if row["mac"] == "02:00:00:00:00:04")
    config = rig.world.provd.configs[base["config"]]
    kept = {place: line for place, line in config["raw_config"]["sip_lines"].items() if place != "2"}
    config["raw_config"] = {**config["raw_config"], "sip_lines": kept}
    (told,) = orders.verify(rig.desk, rig.order_id)
    assert (told.noun, told.key, told.name, told.wanted, told.found) == (
        "phone-file", "02:00:00:00:00:04", "account 2", "8004", None,
    )  # fmt: skip


def test_a_phone_whose_file_holds_another_name_or_number_is_told(rig: Rig) -> None:
    phone = next(row for row in rig.world.provd.devices.values() if row["mac"] == "02:00:00:00:00:03")
    config = rig.world.provd.configs[phone["config"]]
    line = {**config["raw_config"]["sip_lines"]["1"], "number": "8009", "display_name": "personne", "username": "autre"}
    config["raw_config"] = {**config["raw_config"], "sip_lines": {"1": line}}
    told = orders.verify(rig.desk, rig.order_id)
    assert [(one.name, one.wanted, one.found) for one in told] == [
        ("account 1", "8002", "8009"),
        ("credentials 1", "8002", None),
        ("label 1", "salle", "personne"),
    ]
