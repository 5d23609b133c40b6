"""Is an applied change set taken off a stack again, whole and only it, days later and whatever fails?"""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from staging.bootstrap import House
from staging.commands.rehearsal import plug_phones
from staging.core.faults import ChangesRefused, Refused
from staging.desk import orders, phones, undo
from staging.jobs.job import Order
from staging.sandbox.serve import Served, serve
from tests.fakes.house import (
    BY,
    WorkerProcess,
    counts,
    environ,
    make_house,
    order_on,
    overview,
    shared_stack,
    until,
    work,
    workbook,
)

ACCUEIL = ("accueil", "STANDARDISTES", "T54W", "création")
DIRECTRICE = ("directrice", "POSTE FIXE", "T54W", "création")
NOTHING = {"users": 0, "lines": 0, "voicemails": 0, "dids": 0}


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    made = make_house(tmp_path)
    yield made
    made.store.database.close()


@pytest.fixture
def sandbox(house: House) -> Iterator[Served]:
    with serve(configured=True) as served:
        shared_stack(house, served.url)
        yield served


def applied(house: House, sandbox: Served, *, with_phones: bool = True) -> Order:
    """The sample order of six seats, on the stack with its phones."""
    order = order_on(house, "partage")
    work(house, order.id)
    orders.approve(house.desk, order.id, expect=None, by=BY)
    work(house, order.id)
    if with_phones:
        for mac in plug_phones(sandbox.url, house, order.id):
            phones.scan_phone(house.desk, order.id, mac, seat=None, by=BY)
        work(house, order.id)
    return house.store.orders.get(order.id)


def standing(sandbox: Served, order: Order) -> dict[str, int]:
    found = counts(sandbox, order.tenant_uuid)
    return {name: found.get(name, 0) for name in NOTHING}


def take_back(house: House, order: Order) -> None:
    _, shown = undo.show_undo(house.desk, order.id)
    undo.undo(house.desk, order.id, expect=shown.fingerprint, by=BY)
    work(house, order.id)


def test_an_undone_order_leaves_no_user_line_number_login_or_configured_phone(house: House, sandbox: Served) -> None:
    order = applied(house, sandbox)
    view = orders.stack_view(house.desk, order.id)
    assert len(view.live.users) == 6
    assert {device.status for device in view.live.devices} == {"configured"}
    take_back(house, order)
    left = orders.stack_view(house.desk, order.id).live
    assert standing(sandbox, order) == NOTHING
    assert (left.users, left.lines, left.voicemails, left.incalls, left.accounts, left.groups) == ((),) * 6
    assert [device for device in left.devices if device.status == "configured"] == []


def test_undo_then_apply_gives_the_same_stack(house: House, sandbox: Served) -> None:
    order = applied(house, sandbox)
    before = standing(sandbox, order)
    take_back(house, order)
    step = house.store.orders.steps(order.id)["provision"]
    assert step.waits_for == "waits-approval", "the plan still wants it: a person decides again"
    orders.approve(house.desk, order.id, expect=None, by=BY)
    work(house, order.id)
    assert standing(sandbox, order) == before
    assert orders.verify(house.desk, order.id) == ()


def test_only_the_second_change_set_is_taken_back(house: House, sandbox: Served, tmp_path: Path) -> None:
    order = order_on(house, "partage", plan=workbook(tmp_path / "1.xlsx", ACCUEIL))
    work(house, order.id)
    orders.approve(house.desk, order.id, expect=None, by=BY)
    work(house, order.id)
    second = workbook(tmp_path / "2.xlsx", ("accueil principal", *ACCUEIL[1:]), DIRECTRICE)
    orders.upload_plan(house.desk, order.id, second, name="2.xlsx", by=BY, lang="fr")
    work(house, order.id)
    orders.approve(house.desk, order.id, expect=None, by=BY, forced=True)
    work(house, order.id)
    names = {user.firstname for user in orders.stack_view(house.desk, order.id).live.users}
    assert names == {"accueil principal", "directrice"}
    take_back(house, order)
    assert {user.firstname for user in orders.stack_view(house.desk, order.id).live.users} == {"accueil"}
    assert [one.status for one in house.store.changesets.of_order(order.id)] == ["applied", "undone", "applied"]


def test_what_somebody_changed_since_is_shown_and_stays(house: House, sandbox: Served) -> None:
    order = applied(house, sandbox, with_phones=False)
    engine = house.desk.engine_of(house.store.stacks.get("partage"))
    engine.send(
        service="confd", method="POST", path="users", body={"firstname": "stagiaire"}, tenant_uuid=order.tenant_uuid
    )
    take_back(house, order)
    assert [user.firstname for user in orders.stack_view(house.desk, order.id).live.users] == ["stagiaire"]


def test_an_undo_that_was_shown_for_another_state_is_refused(house: House, sandbox: Served) -> None:
    order = applied(house, sandbox, with_phones=False)
    writes = overview(sandbox)["writes"]
    with pytest.raises(ChangesRefused) as error:
        undo.undo(house.desk, order.id, expect="000000000000", by=BY)
    assert error.value.faults[0].code == "changes-moved"
    assert overview(sandbox)["writes"] == writes


def test_there_is_nothing_to_undo_before_anything_was_applied_nor_twice(house: House, sandbox: Served) -> None:
    order = order_on(house, "partage")
    work(house, order.id)
    with pytest.raises(Refused) as error:
        undo.show_undo(house.desk, order.id)
    assert error.value.faults[0].code == "nothing-to-undo"
    orders.approve(house.desk, order.id, expect=None, by=BY)
    work(house, order.id)
    take_back(house, order)
    with pytest.raises(Refused):
        undo.show_undo(house.desk, order.id)


def test_a_worker_killed_in_the_middle_of_an_undo_finishes_it_after_its_restart(tmp_path: Path, house: House) -> None:
    with serve(configured=True, latency_ms=40) as sandbox:
        shared_stack(house, sandbox.url)
        order = applied(house, sandbox)
        worker = WorkerProcess(environ(tmp_path), log=tmp_path / "worker.log").start()
        try:
            _, shown = undo.show_undo(house.desk, order.id)
            undo.undo(house.desk, order.id, expect=shown.fingerprint, by=BY)
            for left in (5, 3, 1):
                until(lambda left=left: standing(sandbox, order)["users"] <= left, what=f"{left} users")  # type: ignore[misc]
                worker.kill()
                time.sleep(0.05)
                worker.start()
            until(lambda: house.store.orders.steps(order.id)["provision"].waits_for == "waits-approval", what="the end")
        finally:
            worker.stop()
        assert standing(sandbox, order) == NOTHING
