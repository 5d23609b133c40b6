"""Do the migrations make the tables that the code believes in? On SQLite and on PostgreSQL, from nothing."""

import os
import sqlite3
import stat
from datetime import UTC, datetime
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from argon2 import PasswordHasher
from sqlalchemy import inspect, text
from sqlalchemy.exc import IntegrityError

from staging.adapters.store import database as store_database
from staging.adapters.store.database import Database, newest_migration, prepare_sqlite
from staging.adapters.store.people import People
from staging.adapters.store.tables import metadata
from staging.core.clock import SystemClock
from staging.core.faults import DatabaseUnreachable
from tests.fakes.postgres import empty_url

__all__ = ["empty_url"]  # pytest finds the fixture by its name here


@pytest.fixture
def migrated(empty_url: str) -> Database:
    database = Database(empty_url)
    database.upgrade()
    yield database
    database.close()


def test_the_migrations_make_exactly_the_tables_that_the_code_describes(migrated: Database) -> None:
    with migrated.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "compare_server_default": True})
        assert compare_metadata(context, metadata) == []


def test_every_constraint_and_index_bears_the_name_that_the_code_gives_it(migrated: Database) -> None:
    found = inspect(migrated.engine)
    for table in metadata.sorted_tables:
        assert found.get_pk_constraint(table.name)["name"] == table.primary_key.name
        named = {one["name"] for one in found.get_foreign_keys(table.name)}
        assert named == {one.name for one in table.foreign_key_constraints}, table.name


def test_the_version_that_saves_the_migration_is_the_newest_one(migrated: Database) -> None:
    scripts = ScriptDirectory(str(Path(store_database.__file__).parent / "migrations"))
    assert newest_migration() == scripts.get_current_head()


def test_what_the_first_schema_held_is_there_after_the_next(empty_url: str) -> None:
    database = Database(empty_url)
    config = Config()
    config.set_main_option("script_location", str(Path(store_database.__file__).parent / "migrations"))
    hashed = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash("dix caractères")
    with database.write() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0001")
        connection.execute(
            text("INSERT INTO operators (name, role, language, created_at, password_hash)"
                 " VALUES ('camille', 'manager', 'fr', '2026-03-02 09:00:00', :hashed)"),
            {"hashed": hashed},
        )  # fmt: skip
        connection.execute(
            text("INSERT INTO hellos (serial, address, at, facts)"
                 " VALUES ('SN0042', '127.0.0.1', '2026-03-02 09:00:00', '{}')"),
        )  # fmt: skip
    database.upgrade()
    people = People(database, SystemClock())
    assert people.check_password("camille", "dix caractères")
    assert people.find("camille", signed_in_at=datetime(2026, 3, 2, 9, 0, 1, tzinfo=UTC))
    with database.read() as connection:
        assert connection.execute(text("SELECT count(*) FROM hellos WHERE first_at = at")).scalar() == 1
    database.close()


def test_a_second_upgrade_changes_nothing(migrated: Database) -> None:
    before = sorted(inspect(migrated.engine).get_table_names())
    migrated.upgrade()
    assert sorted(inspect(migrated.engine).get_table_names()) == before


def test_a_write_that_fails_half_way_leaves_nothing(migrated: Database) -> None:
    source = text("INSERT INTO hook_sources (name, created_at) VALUES ('erp', '2026-03-02 09:00:00')")

    def half() -> None:
        with migrated.write() as connection:
            connection.execute(source)
            connection.execute(source)

    with pytest.raises(IntegrityError):
        half()
    with migrated.read() as connection:
        assert connection.execute(text("SELECT name FROM hook_sources")).all() == []


def test_a_reader_keeps_nothing_of_what_it_did(migrated: Database) -> None:
    with migrated.read() as connection:
        connection.execute(text("INSERT INTO hook_sources (name, created_at) VALUES ('erp', '2026-03-02 09:00:00')"))
    with migrated.read() as connection:
        found = connection.execute(text("SELECT name FROM hook_sources")).all()
    assert found == []


def test_sqlite_stands_in_wal_mode_from_the_first_open(tmp_path: Path) -> None:
    prepare_sqlite(f"sqlite:///{tmp_path / 'below' / 'jobs.db'}")
    with sqlite3.connect(tmp_path / "below" / "jobs.db") as connection:
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    connection.close()


def test_a_database_of_another_make_is_left_as_it_is() -> None:
    prepare_sqlite("postgresql+psycopg://nobody@127.0.0.1:1/nothing")


def test_the_database_file_is_for_its_owner_alone(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'staging.db'}")
    database.upgrade()
    database.close()
    assert not os.stat(tmp_path / "staging.db").st_mode & (stat.S_IRWXG | stat.S_IRWXO)


@pytest.mark.parametrize(
    ("url", "place"),
    [
        (
            "postgresql+psycopg://staging:geheim@127.0.0.1:1/staging",
            "postgresql+psycopg://staging:***@127.0.0.1:1/staging",
        ),
        ("postgresql+psycopg://staging:geheim@127.0.0.1:port/staging", "environment DATABASE_URL"),
        ("sqlite:////proc/nowhere/staging.db", "sqlite:////proc/nowhere/staging.db"),
    ],
)
def test_a_database_that_cannot_be_opened_is_a_fault_with_its_place_and_no_password(url: str, place: str) -> None:
    with pytest.raises(DatabaseUnreachable) as unusable:
        Database(url).upgrade()
    (fault,) = unusable.value.faults
    assert (fault.code, str(fault.at), bool(fault.facts["why"])) == ("database-unusable", place, True)
    assert "geheim" not in f"{unusable.value} {fault}"
    assert not unusable.value.permanent


def test_a_file_that_is_no_database_is_a_fault_and_stays_as_it_is(tmp_path: Path) -> None:
    file = tmp_path / "staging.db"
    file.write_bytes(b"this is a letter to my aunt" * 50)
    before = file.read_bytes()
    database = Database(f"sqlite:///{file}")
    with pytest.raises(DatabaseUnreachable) as unusable:
        database.upgrade()
    assert unusable.value.faults[0].code == "database-unusable"
    assert file.read_bytes() == before
