"""What happens when the database fails in the middle of a transaction? The same line as when it cannot be opened."""

import sqlite3
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from pathlib import Path
from threading import Barrier
from typing import Any

import pytest
from sqlalchemy import event
from sqlalchemy.exc import IntegrityError

from staging.adapters.store.database import Database
from staging.adapters.store.store import open_store
from staging.core.faults import DatabaseUnreachable
from staging.core.words import Serial
from tests.fakes.clock import CountedIds, StoppedClock
from tests.fakes.house import make_house
from tests.fakes.postgres import cluster, ready_url
from tests.fakes.terminal import Terminal
from tests.fakes.web import open_door

__all__ = ["ready_url"]  # pytest finds the fixture by its name here


def fill_disk(database: Database) -> None:
    """From now on not one page more fits: SQLite itself says so, as it does on a full disk."""

    @event.listens_for(database.engine, "begin")
    def _full(connection: Any) -> None:
        connection.exec_driver_sql("PRAGMA max_page_count = 1")


def damage(file: Path, table: str) -> None:
    """The first page of a table is gone: the file opens, and breaks when somebody looks there."""
    with closing(sqlite3.connect(file)) as connection:
        (page,) = connection.execute("SELECT rootpage FROM sqlite_master WHERE name = ?", (table,)).fetchone()
        (size,) = connection.execute("PRAGMA page_size").fetchone()
    with file.open("r+b") as written:
        written.seek((page - 1) * size)
        written.write(b"\xff" * size)


def test_a_full_disk_is_said_in_one_line_and_leaves_nothing_half_written(tmp_path: Path) -> None:
    house = make_house(tmp_path)
    fill_disk(house.store.database)
    with pytest.raises(DatabaseUnreachable, match="database-unusable") as caught:
        house.store.appliances.add(Serial("SN0042"), model="x" * 100_000)
    assert "full" in str(caught.value.faults[0].facts["why"])
    assert house.store.appliances.all() == ()
    house.store.database.close()


def test_a_connection_that_breaks_in_the_middle_is_said_and_the_next_one_works(tmp_path: Path) -> None:
    store = open_store(cluster().ready(), key_file=tmp_path / "secret.key", clock=StoppedClock(), ids=CountedIds())
    for opened in (store.database.read, store.database.write):
        with pytest.raises(DatabaseUnreachable), opened() as connection:
            connection.exec_driver_sql("SELECT pg_terminate_backend(pg_backend_pid())")
    assert store.appliances.all() == ()
    store.database.close()


def test_a_statement_that_breaks_a_rule_is_no_silence(ready_url: str, tmp_path: Path) -> None:
    store = open_store(ready_url, key_file=tmp_path / "secret.key", clock=StoppedClock(), ids=CountedIds())
    with pytest.raises(IntegrityError):
        store.orders.create(customer="Atelier Bleu", siret="73282932000074", stack="nulle-part", by="camille")
    store.database.close()


def test_a_page_on_a_full_disk_says_what_is_full(tmp_path: Path) -> None:
    door = open_door(tmp_path)
    technician = door.person("technician")
    fill_disk(door.house.store.database)
    answers = [
        technician.post("/bench", serial=f"SN{n:04d}", model="DH670", customer="Atelier Bleu") for n in range(120)
    ]
    last = answers[-1]
    assert last.status_code == 503
    assert 'data-code="database-unusable"' in last.text
    assert {answer.status_code for answer in answers} <= {303, 503}
    door.house.store.database.close()


def test_health_tells_a_damaged_file_from_a_missing_worker(tmp_path: Path) -> None:
    make_house(tmp_path).store.database.close()
    damage(tmp_path / "staging.db", "workers")
    door = open_door(tmp_path)
    sick = door.app.test_client().get("/healthz")
    assert (sick.status_code, sick.json) == (503, {"ok": False, "database": False, "workers": 0})
    door.house.store.database.close()


def test_a_backup_is_put_back_over_a_damaged_file(tmp_path: Path) -> None:
    terminal = Terminal(tmp_path / "home")
    make_house(terminal.home).store.database.close()
    archive = str(tmp_path / "backup.tar.gz")
    assert terminal.run("db", "backup", archive).status == 0
    damage(terminal.home / "staging.db", "workers")
    said = terminal.run("db", "restore", archive, "--yes")
    assert said.status == 0, said.err
    assert terminal.run("order", "list").status == 0


def test_a_command_on_a_damaged_file_ends_with_3_and_one_line(tmp_path: Path) -> None:
    make_house(tmp_path / "home").store.database.close()
    damage(tmp_path / "home" / "staging.db", "orders")
    said = Terminal(tmp_path / "home").run("order", "list")
    assert (said.status, said.out, said.codes) == (3, "", ["database-unusable"]), said.err


def test_a_database_that_is_closed_while_others_look_up_ends_nobody(tmp_path: Path) -> None:
    for number in range(20):
        database = Database(f"sqlite:///{tmp_path / f'{number}.db'}")
        with database.engine.begin() as connection:
            connection.exec_driver_sql("CREATE TABLE boxes (serial TEXT)")
        with ThreadPoolExecutor(max_workers=4) as pool:
            begun = Barrier(5)
            looking = [pool.submit(_look_up_until_closed, database, begun) for _ in range(4)]
            begun.wait(timeout=30)
            database.close()
        database.close()
        assert all(one.exception() is None for one in looking)


def _look_up_until_closed(database: Database, begun: Barrier) -> None:
    database.look_up("SELECT serial FROM boxes WHERE serial = :serial", "SN0042")
    begun.wait(timeout=30)
    with suppress(DatabaseUnreachable):
        for _ in range(300):
            database.look_up("SELECT serial FROM boxes WHERE serial = :serial", "SN0042")
