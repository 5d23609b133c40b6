"""What happens when many write at once? Two processes of eight threads, on SQLite and on PostgreSQL."""

import json
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier
from typing import TypeVar

import pytest
from sqlalchemy import insert

from staging.adapters.store.store import Store, open_store
from staging.adapters.store.tables import workers
from staging.adapters.store.workers import Workers
from staging.core.clock import RandomIds, SystemClock
from staging.core.faults import Refused
from staging.core.words import Mac, Serial
from staging.jobs.job import Stack
from tests.fakes.clock import START
from tests.fakes.postgres import empty_url, ready_url

__all__ = ["empty_url", "ready_url"]  # pytest finds fixtures by their names here

ROOT = Path(__file__).resolve().parents[2]
SIRET = "73282932000074"
MAC = Mac("02:00:00:00:00:01")
THREADS = 8
Found = TypeVar("Found")


@pytest.fixture
def store(ready_url: str, tmp_path: Path) -> Iterator[Store]:
    opened = open_store(ready_url, key_file=tmp_path / "secret.key", clock=SystemClock(), ids=RandomIds())
    yield opened
    opened.database.close()


def at_once(work: Callable[[int], Found], threads: int = THREADS) -> list[Found]:
    """What each thread's work gave; all begin at the same moment."""
    barrier = Barrier(threads)

    def begin(number: int) -> Found:
        barrier.wait(timeout=30)
        return work(number)

    with ThreadPoolExecutor(threads) as pool:
        return list(pool.map(begin, range(threads)))


def order_in(store: Store) -> str:
    store.stacks.add(Stack("partage", "on-cloud", url="http://127.0.0.1:9"))
    return store.orders.create(customer="Atelier Bleu", siret=SIRET, stack="partage", by="camille").id


WAKER = """
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from sqlalchemy import select, update
from staging.adapters.store.store import open_store
from staging.adapters.store.tables import orders
from staging.core.clock import RandomIds, SystemClock

url, key, order = sys.argv[1:]
store = open_store(url, key_file=Path(key), clock=SystemClock(), ids=RandomIds())

def bump(_):
    for _ in range(10):
        with store.database.write() as connection:
            wake = connection.scalar(select(orders.c.wake).where(orders.c.id == order))
            connection.execute(update(orders).where(orders.c.id == order).values(wake=wake + 1))
        store.orders.wake(order)

with ThreadPoolExecutor(8) as pool:
    list(pool.map(bump, range(8)))
store.database.close()
"""


def test_two_processes_of_eight_threads_read_then_write_and_lose_nothing(
    store: Store, ready_url: str, tmp_path: Path
) -> None:
    order = order_in(store)
    words = [sys.executable, "-c", WAKER, ready_url, str(tmp_path / "secret.key"), order]
    crowd = [subprocess.Popen(words, cwd=ROOT, stderr=subprocess.PIPE, text=True) for _ in range(2)]
    said = [process.communicate(timeout=60)[1] for process in crowd]
    assert [process.returncode for process in crowd] == [0, 0], said
    assert store.orders.get(order).wake == 1 + 2 * 8 * 10 * 2


def test_a_secret_wanted_by_all_at_once_is_made_once(store: Store) -> None:
    found = at_once(lambda _: store.vault.ensure("order:a00001", "sip-password", "8000/sip").reveal())
    assert len(set(found)) == 1


def test_workers_that_start_at_once_take_names_of_their_own(store: Store) -> None:
    # All threads of a process have its number, so each writes its row as another machine would.
    machines = [Workers(store.database, SystemClock(), host=f"bench-{number}") for number in range(THREADS)]
    names = at_once(lambda number: machines[number].claim())
    assert sorted(names) == [f"worker-{number}" for number in range(1, THREADS + 1)]


def test_a_dead_workers_name_is_taken_by_one_of_those_that_ask_at_once(store: Store) -> None:
    _leave_dead(store, "worker-9")
    taken = at_once(lambda number: store.workers.take_dead(f"worker-{number}"))
    assert Counter(name for names in taken for name in names) == {"worker-9": 1}


def test_a_link_that_two_use_at_once_lets_one_in(store: Store) -> None:
    store.people.add("camille", role="manager", language="fr")
    secret = store.people.make_link("camille")
    entered = [operator for operator in at_once(lambda _: store.people.use_link(secret)) if operator]
    assert len(entered) == 1


def test_plans_uploaded_at_once_get_versions_of_their_own(store: Store) -> None:
    order = order_in(store)
    document = {"ok": False, "seats": []}

    def upload(number: int) -> None:
        store.plans.add(order, workbook=f"plan-{number}.xlsx", content=b"x", document=document, by="camille")

    at_once(upload)
    assert sorted(version.version for version in store.plans.versions(order)) == list(range(1, THREADS + 1))


def test_a_phone_scanned_by_two_at_once_is_written_down_once(store: Store) -> None:
    order = order_in(store)
    at_once(lambda number: store.bench.scan(order, MAC, seat=None, by=f"technicien-{number}"))
    assert [scan.mac for scan in store.bench.scans(order)] == [MAC]


def test_a_carton_packed_by_two_at_once_is_packed_once(store: Store) -> None:
    order = order_in(store)
    assert Counter(at_once(lambda _: store.bench.pack(order, "8000", handset=1, carton=1, by="logistique"))) == {
        True: 1,
        False: 7,
    }


def test_cells_of_a_sheet_that_several_print_on_at_once_all_stay_used(store: Store) -> None:
    number = store.stock.open_sheet("l7160", used=[], by="camille")
    at_once(lambda cell: store.stock.use_cells(number, [cell + 1], by="camille"))
    assert store.stock.get_sheet(number).used == frozenset(range(1, THREADS + 1))


def test_a_box_that_says_hello_many_times_at_once_is_one_stranger(store: Store) -> None:
    at_once(lambda _: store.appliances.hello("SN0042", address="192.0.2.7", facts={}))
    assert [hello.serial for hello in store.appliances.strangers()] == ["SN0042"]


def test_a_hook_delivered_many_times_at_once_counts_once(store: Store) -> None:
    store.hooks.add_source("erp")
    assert Counter(at_once(lambda _: store.hooks.record("erp", "event-1", b"{}"))) == {True: 1, False: 7}


def test_a_serial_registered_by_two_at_once_is_refused_to_all_but_one(store: Store) -> None:
    def register(_: int) -> str:
        try:
            store.appliances.add(Serial("SN0042"), model="DH670")
        except Refused as refused:
            return refused.faults[0].code
        return "registered"

    assert Counter(at_once(register)) == {"registered": 1, "serial-known": 7}


def test_a_wake_during_a_run_is_not_lost(store: Store) -> None:
    order = order_in(store)
    seen = dict(store.orders.due())[order]

    def wake_or_handle(number: int) -> None:
        store.orders.wake(order) if number else store.orders.handled(order, seen)

    at_once(wake_or_handle)
    assert dict(store.orders.due()) == {order: seen + 7}


def test_the_schema_is_brought_up_by_two_processes_at_once(empty_url: str) -> None:
    words = [sys.executable, "-c", UPGRADER, empty_url]
    crowd = [subprocess.Popen(words, cwd=ROOT, stderr=subprocess.PIPE, text=True) for _ in range(2)]
    said = [process.communicate(timeout=60)[1] for process in crowd]
    assert [process.returncode for process in crowd] == [0, 0], json.dumps(said)


UPGRADER = """
import sys
from staging.adapters.store.database import Database
database = Database(sys.argv[1])
database.upgrade()
database.close()
"""


def _leave_dead(store: Store, name: str) -> None:
    row = {"executor": name, "host": "bench-gone", "pid": 1, "started_at": START, "beat_at": START}
    with store.database.write() as connection:
        connection.execute(insert(workers).values(row))
