"""Is an applied change set taken off a stack again, whole and only it, days later and whatever fails?"""

import time
from collections.abc import Iterator, Sequence
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


def test_a_seat_that_a_plan_took_away_comes_back_with_its_number(house: House, sandbox: Served, tmp_path: Path) -> None:
    order = _two_versions(house, tmp_path, (ACCUEIL, DIRECTRICE), (ACCUEIL,))
    assert standing(sandbox, order)["users"] == 1
    take_back(house, order)
    back = orders.stack_view(house.desk, order.id).live.users
    assert {(user.firstname, user.extension) for user in back} == {("accueil", "8000"), ("directrice", "8001")}


def test_a_did_that_a_plan_took_away_rings_again(house: House, sandbox: Served, tmp_path: Path) -> None:
    with_did = ("directrice", "POSTE FIXE", "T54W", "0465710002")
    order = _two_versions(house, tmp_path, (ACCUEIL, with_did), (ACCUEIL, DIRECTRICE))
    assert "0465710002" not in _dids(house, order)
    take_back(house, order)
    assert "0465710002" in _dids(house, order)


def test_a_phone_of_an_undone_order_is_free_for_another_one(house: House, sandbox: Served) -> None:
    order = applied(house, sandbox)
    macs = [scan.mac for scan in house.store.bench.scans(order.id)]
    take_back(house, order)
    for mac in macs:
        phones.take_back(house.desk, order.id, mac, by=BY)
    assert {house.store.bench.held_elsewhere(mac, order_id="another") for mac in macs} == {None}


def _dids(house: House, order: Order) -> set[str | None]:
    return {incall.did for incall in orders.stack_view(house.desk, order.id).live.incalls}


def test_only_the_phones_of_seats_that_go_are_unplugged(house: House, sandbox: Served, tmp_path: Path) -> None:
    order = _two_versions(house, tmp_path, (ACCUEIL,), (ACCUEIL, DIRECTRICE))
    for mac in plug_phones(sandbox.url, house, order.id):
        phones.scan_phone(house.desk, order.id, mac, seat=None, by=BY)
    work(house, order.id)
    take_back(house, order)
    left = orders.stack_view(house.desk, order.id).live
    assert [user.extension for user in left.users] == ["8000"]
    assert [device.status for device in left.devices if any(line.device == device.id for line in left.lines)] == [
        "configured"
    ]


def test_the_newer_change_set_is_taken_back_first(house: House, sandbox: Served, tmp_path: Path) -> None:
    order = _two_versions(house, tmp_path, (ACCUEIL,), (ACCUEIL, DIRECTRICE))
    first = house.store.changesets.of_order(order.id)[-1]
    with pytest.raises(Refused) as error:
        undo.show_undo(house.desk, order.id, first.id)
    assert error.value.faults[0].code == "undo-newer-first"
    take_back(house, order)
    take_back(house, order)
    assert standing(sandbox, order) == NOTHING


def test_a_receptionists_keys_are_taken_back_whatever_the_newest_plan_says(
    house: House, sandbox: Served, tmp_path: Path
) -> None:
    order = _two_versions(house, tmp_path, (ACCUEIL,), (ACCUEIL, DIRECTRICE))
    plain = ("accueil", "POSTE FIXE", "T54W", "création")
    third = workbook(tmp_path / "3.xlsx", plain, DIRECTRICE)
    orders.upload_plan(house.desk, order.id, third, name="3.xlsx", by=BY, lang="fr")
    take_back(house, order)
    assert house.store.orders.steps(order.id)["provision"].status == "waiting"
    assert [one.status for one in house.store.changesets.of_order(order.id)] == ["applied", "undone", "applied"]


def _two_versions(
    house: House, folder: Path, first: Sequence[tuple[str, ...]], second: Sequence[tuple[str, ...]]
) -> Order:
    """An order to which two plans were applied, one after the other."""
    order = order_on(house, "partage", plan=workbook(folder / "1.xlsx", *first))
    work(house, order.id)
    orders.approve(house.desk, order.id, expect=None, by=BY)
    work(house, order.id)
    book = workbook(folder / "2.xlsx", *second)
    orders.upload_plan(house.desk, order.id, book, name="2.xlsx", by=BY, lang="fr")
    work(house, order.id)
    orders.approve(house.desk, order.id, expect=None, by=BY, forced=True)
    work(house, order.id)
    return house.store.orders.get(order.id)


def test_a_stack_changed_by_hand_is_mended_by_agreeing_and_without_a_second_word(house: House, sandbox: Served) -> None:
    order = applied(house, sandbox, with_phones=False)
    _delete_user(house, order)
    orders.approve(house.desk, order.id, expect=None, by=BY)
    work(house, order.id)
    assert standing(sandbox, order)["users"] == 6
    assert house.store.changesets.open(order.id) is None


def test_a_stack_that_moved_after_the_agreement_is_shown_again(house: House, sandbox: Served) -> None:
    order = applied(house, sandbox, with_phones=False)
    _delete_user(house, order)
    orders.approve(house.desk, order.id, expect=None, by=BY)
    _delete_user(house, order)
    work(house, order.id)
    assert house.store.orders.steps(order.id)["provision"].waits_for == "waits-approval"
    assert [one.status for one in house.store.changesets.of_order(order.id)] == ["dropped", "applied"]
    assert standing(sandbox, order)["users"] == 4


def _delete_user(house: House, order: Order) -> None:
    engine = house.desk.engine_of(house.store.stacks.get("partage"))
    user = orders.stack_view(house.desk, order.id).live.users[0]
    path = f"users/{user.uuid}?recursive=true"
    engine.send(service="confd", method="DELETE", path=path, body=None, tenant_uuid=order.tenant_uuid)


def test_what_somebody_changed_since_is_shown_and_stays(house: House, sandbox: Served) -> None:
    order = applied(house, sandbox, with_phones=False)
    engine = house.desk.engine_of(house.store.stacks.get("partage"))
    engine.send(
        service="confd", method="POST", path="users", body={"firstname": "stagiaire"}, tenant_uuid=order.tenant_uuid
    )
    take_back(house, order)
    assert [user.firstname for user in orders.stack_view(house.desk, order.id).live.users] == ["stagiaire"]
    # Nobody of ours is left, yet the tenant is ours: the plan may be applied again beside him.
    orders.approve(house.desk, order.id, expect=None, by=BY)
    work(house, order.id)
    assert standing(sandbox, order)["users"] == 7


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
            for left in (4, 1):
                until(lambda left=left: standing(sandbox, order)["users"] <= left, what=f"{left} users")  # type: ignore[misc]
                worker.kill()
                time.sleep(0.05)
                worker.start()
            until(lambda: house.store.orders.steps(order.id)["provision"].waits_for == "waits-approval", what="the end")
        finally:
            worker.stop()
        assert standing(sandbox, order) == NOTHING
