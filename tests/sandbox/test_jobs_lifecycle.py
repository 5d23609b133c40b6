"""Does an order survive? Whole jobs against the sandbox, with workers of their own that are killed."""

import random
import sqlite3
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from staging.bootstrap import House, make_bench_app
from staging.commands.rehearsal import plug_phones
from staging.commands.serving import Listener
from staging.core.faults import ChangesRefused
from staging.desk import bench, labels, orders, phones
from staging.jobs.job import StepName
from staging.jobs.records import Printer
from staging.sandbox.box import SimulatedBox, switch_on
from staging.sandbox.serve import Served, serve
from tests.fakes.house import (
    ATELIER,
    BY,
    WorkerProcess,
    counts,
    environ,
    make_house,
    order_on,
    overview,
    own_stack,
    ready_box,
    settled,
    shared_stack,
    until,
)


@pytest.fixture
def shared() -> Iterator[Served]:
    with serve(configured=True) as sandbox:
        yield sandbox


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    made = make_house(tmp_path)
    yield made
    made.store.database.close()


@pytest.fixture
def worker(tmp_path: Path) -> Iterator[WorkerProcess]:
    process = WorkerProcess(environ(tmp_path), log=tmp_path / "worker.log")
    yield process
    process.stop()


def _status(house: House, order_id: str, step: StepName) -> str:
    return house.store.orders.steps(order_id)[step].status


def _waits(house: House, order_id: str, step: StepName) -> str | None:
    return house.store.orders.steps(order_id)[step].waits_for


def test_an_order_goes_from_a_bare_box_to_acceptance(tmp_path: Path, house: House, worker: WorkerProcess) -> None:
    with serve() as sandbox:
        own_stack(house, sandbox.url)
        serial = ready_box(house)
        order = order_on(house, "atelier", serial=serial)
        orders.set_final_address(house.desk, order.id, "10.1.2.3", by=BY)
        bench.arm(house.desk, serial, by=BY, role="technician")
        door = Listener(make_bench_app(house, base="http://127.0.0.1:9"), host="127.0.0.1", port=0)
        door.start()
        worker.start()
        box = SimulatedBox(serial, f"http://127.0.0.1:{door.port}", "127.0.0.1", pause_s=0.01, ask_s=0.1)
        switch_on(box)
        until(lambda: _waits(house, order.id, "provision") == "waits-approval", what="the changes")
        shown = orders.show_changes(house.desk, order.id)
        orders.approve(house.desk, order.id, expect=shown.fingerprint, by=BY)
        until(lambda: _waits(house, order.id, "phones") == "waits-phones", what="the phones")
        plug_phones(sandbox.url, house, order.id)
        phones.pair_rest(house.desk, order.id, by=BY)
        until(lambda: _waits(house, order.id, "label") == "waits-print", what="the labels")
        house.store.bench.add_printer(Printer("dossier", f"folder://{tmp_path}", "roll-100x50"))
        labels.print_labels(house.desk, order.id, printer="dossier", by=BY)
        until(lambda: house.store.orders.get(order.id).accepted_at is not None, what="acceptance")
        done = house.store.orders.get(order.id)
        found = counts(sandbox, done.tenant_uuid)
        assert (found["users"], found["voicemails"], found["devices"]) == (6, 6, 3)
        assert overview(sandbox)["portal"] == {"instances": 1, "customers": 1, "locations": 1}
        assert orders.verify(house.desk, order.id) == ()
        assert labels.acceptance_sheet(house.desk, order.id).startswith(b"%PDF")
        # The customer's address stands where the bench's stood.
        view = orders.stack_view(house.desk, order.id)
        assert view.live.engine is not None
        assert view.live.engine.registrar["main_host"] == "10.1.2.3"
        assert view.live.engine.networking["provision_host"] == "10.1.2.3"
        door.stop()


def test_a_second_apply_writes_nothing(shared: Served, house: House, worker: WorkerProcess) -> None:
    shared_stack(house, shared.url)
    order = order_on(house, "partage")
    worker.start()
    until(lambda: _waits(house, order.id, "provision") == "waits-approval")
    orders.approve(house.desk, order.id, expect=None, by=BY)
    until(lambda: _status(house, order.id, "provision") == "done")
    until(lambda: settled(house, order.id))
    writes = overview(shared)["writes"]
    assert orders.approve(house.desk, order.id, expect=None, by=BY) is None
    until(lambda: settled(house, order.id))
    assert overview(shared)["writes"] == writes


def test_changes_that_moved_since_they_were_shown_are_not_applied(
    shared: Served, house: House, worker: WorkerProcess
) -> None:
    shared_stack(house, shared.url)
    order = order_on(house, "partage")
    worker.start()
    until(lambda: _waits(house, order.id, "provision") == "waits-approval")
    with pytest.raises(ChangesRefused) as refused:
        orders.approve(house.desk, order.id, expect="000000000000", by=BY)
    assert refused.value.faults[0].code == "changes-moved"


def test_a_worker_killed_at_ten_moments_of_80_seats_leaves_nothing_twice(
    tmp_path: Path, house: House, worker: WorkerProcess
) -> None:
    seed = random.randrange(10**6)
    print(f"seed {seed}")
    chance = random.Random(seed)
    # Some milliseconds an answer, so that ten kills fall inside the provision and not beside it.
    with serve(configured=True, latency_ms=40) as sandbox:
        shared_stack(house, sandbox.url)
        order = order_on(house, "partage", plan=ATELIER)
        worker.start()
        until(lambda: _waits(house, order.id, "provision") == "waits-approval", seconds=90)
        orders.approve(house.desk, order.id, expect=None, by=BY)
        kills, tenant = 0, house.store.orders.get(order.id).tenant_uuid
        for kill in range(10):
            goal = chance.randrange(80 * kill // 10, 80 * (kill + 1) // 10) + 1
            until(lambda goal=goal: _users(sandbox, tenant) >= goal, seconds=120, what=f"user {goal}")  # type: ignore[misc]
            time.sleep(chance.random() * 0.08)
            if _status(house, order.id, "provision") != "done":
                kills += 1
            worker.kill()
            worker.start()
        until(lambda: _status(house, order.id, "provision") == "done", seconds=120, what="the provision")
        assert kills >= 8, "the kills came too late to prove anything"
        found = counts(sandbox, house.store.orders.get(order.id).tenant_uuid)
        assert (found["users"], found["voicemails"], found["dids"]) == (80, 80, 47)
        # One line for every seat, and one more for those with a phone and an application.
        assert found["lines"] == 81
        assert [d for d in orders.verify(house.desk, order.id) if d.noun not in ("device", "seating")] == []


def test_a_worker_told_to_end_sends_nothing_more_and_the_next_one_goes_on(
    tmp_path: Path, house: House, worker: WorkerProcess
) -> None:
    with serve(configured=True, latency_ms=40) as sandbox:
        shared_stack(house, sandbox.url)
        order = order_on(house, "partage", plan=ATELIER)
        worker.start()
        until(lambda: _waits(house, order.id, "provision") == "waits-approval", seconds=90)
        orders.approve(house.desk, order.id, expect=None, by=BY)
        tenant = house.store.orders.get(order.id).tenant_uuid
        until(lambda: _users(sandbox, tenant) >= 5)
        asked = time.monotonic()
        worker.stop()
        assert time.monotonic() - asked < 15
        made = _users(sandbox, tenant)
        assert made < 80
        assert "Traceback" not in (tmp_path / "worker.log").read_text()
        assert house.store.workers.alive() == 0
        assert house.store.changesets.counts(order.id).get("unknown", 0) == 0
        worker.start()
        until(lambda: _status(house, order.id, "provision") == "done", seconds=120, what="the provision")
        assert _users(sandbox, tenant) == 80


def test_another_worker_takes_over_from_one_that_died(tmp_path: Path, house: House, worker: WorkerProcess) -> None:
    with serve(configured=True, latency_ms=60) as sandbox:
        shared_stack(house, sandbox.url)
        order = order_on(house, "partage")
        worker.start()
        until(lambda: _waits(house, order.id, "provision") == "waits-approval")
        second = WorkerProcess(environ(tmp_path), log=tmp_path / "second.log").start()
        until(lambda: house.store.workers.alive() == 2)
        orders.approve(house.desk, order.id, expect=None, by=BY)
        tenant = house.store.orders.get(order.id).tenant_uuid
        until(lambda: _users(sandbox, tenant) >= 1)
        worker.kill()
        second_or_first = second
        until(lambda: _status(house, order.id, "provision") == "done", what="the other worker")
        second_or_first.stop()
        assert counts(sandbox, house.store.orders.get(order.id).tenant_uuid)["users"] == 6


def test_a_stack_that_does_not_answer_is_waited_for_and_the_order_goes_on(house: House, worker: WorkerProcess) -> None:
    sandbox = serve(configured=True)
    port = int(sandbox.url.rpartition(":")[2])
    shared_stack(house, sandbox.url)
    sandbox.stop()
    order = order_on(house, "partage")
    worker.start()
    until(lambda: _waits(house, order.id, "register") == "waits-retry")
    step = house.store.orders.steps(order.id)["register"]
    assert step.fault is not None
    assert step.fault.code == "stack-silent"
    with serve(port=port, configured=True):
        until(lambda: _waits(house, order.id, "provision") == "waits-approval", what="the order going on")
        assert house.store.orders.steps(order.id)["register"].fault is None


def test_a_wrong_password_stops_the_order_and_says_so(shared: Served, house: House, worker: WorkerProcess) -> None:
    shared_stack(house, shared.url, password="autre")
    order = order_on(house, "partage")
    worker.start()
    until(lambda: _status(house, order.id, "register") == "failed")
    step = house.store.orders.steps(order.id)["register"]
    assert step.fault is not None
    assert step.fault.code == "stack-password"
    house.store.vault.put("sandbox", scope="stack:partage", kind="engine-password")
    orders.resume(house.desk, order.id, by=BY)
    until(lambda: _waits(house, order.id, "provision") == "waits-approval", what="the order going on")


def test_no_secret_stands_in_the_job_tables_the_timeline_or_the_log(
    tmp_path: Path, shared: Served, house: House, worker: WorkerProcess
) -> None:
    shared_stack(house, shared.url)
    order = order_on(house, "partage")
    worker.start()
    until(lambda: _waits(house, order.id, "provision") == "waits-approval")
    orders.approve(house.desk, order.id, expect=None, by=BY)
    until(lambda: _status(house, order.id, "provision") == "done")
    until(lambda: settled(house, order.id))
    worker.stop()
    secrets = {
        house.store.vault.ensure(f"order:{order.id}", kind, key).reveal()
        for seat in range(8000, 8006)
        for kind, key in (("sip-password", f"{seat}/sip"), ("voicemail-pin", str(seat)))
    }
    for name in ("staging.db", "jobs.db"):
        # A dump, not the file: pages that were freed may hold anything, rows may not.
        with sqlite3.connect(tmp_path / name) as database:
            text = "\n".join(database.iterdump())
        assert not [secret for secret in secrets if f"'{secret}'" in text or (len(secret) > 6 and secret in text)]
    log = (tmp_path / "worker.log").read_text()
    assert not [secret for secret in secrets if len(secret) > 6 and secret in log]


def _users(sandbox: Served, tenant: str | None) -> int:
    return counts(sandbox, tenant).get("users", 0)
