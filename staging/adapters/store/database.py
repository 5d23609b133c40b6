"""How is the database opened? One URL, SQLite with WAL or PostgreSQL, writers that never collide."""

import json
import os
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url, text
from sqlalchemy.exc import ArgumentError, DatabaseError, DBAPIError, InternalError, OperationalError

from staging.core.faults import DatabaseUnreachable, Fault, Where

_BUSY_S = 30
_MIGRATIONS = Path(__file__).parent / "migrations"
_ONE_WRITER = text(
    f"SELECT set_config('idle_in_transaction_session_timeout', '{_BUSY_S}s', true), pg_advisory_xact_lock(782934)"
)
"""The number is ours and means nothing; the time-out frees the lock of a machine that lost its network mid-write."""


@dataclass(frozen=True, slots=True)
class _Quick:
    """One thread's own connection. lock: the process dies when it is closed by another thread in mid-question."""

    connection: sqlite3.Connection
    lock: threading.Lock = field(default_factory=threading.Lock)


class Database:
    """A database by URL; `read()` and `write()` give connections, a write is one transaction.

    SQLite writers begin with BEGIN IMMEDIATE: a deferred transaction that turns into a writer fails with
    "database is locked" whatever the busy time-out (seen with SQLite 3.40, two processes of eight threads).
    PostgreSQL writers take one lock: queries here read and then write, and two at once would both read "not there
    yet" (seen with PostgreSQL 15: a secret made twice, a dead worker's jobs taken over by two).
    """

    def __init__(self, url: str) -> None:
        self.url = url
        self._threads = threading.local()
        self._quick: list[_Quick] = []
        self._writer = threading.RLock()
        self._sqlite = _parsed(url).get_backend_name() == "sqlite"
        self._engine = (
            _sqlite_engine(url) if self._sqlite else create_engine(url, pool_pre_ping=True, json_serializer=_to_json)
        )

    @property
    def engine(self) -> Engine:
        """SQLAlchemy's engine, for migrations and backups."""
        return self._engine

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A connection for looking things up; nothing it did is kept. Raises DatabaseUnreachable."""
        with self._told(), self._connect() as connection:
            if self._sqlite:
                connection.exec_driver_sql("BEGIN")
            yield connection

    def look_up(self, statement: str, serial: str) -> tuple[Any, ...] | None:
        """One row by one word, `:serial` in the statement, as quickly as the driver can. Raises DatabaseUnreachable.

        For what is asked thousands of times a second: SQLite's own connection of this thread, without SQLAlchemy.
        Values are the driver's own, so rows can be compared and not much more.
        """
        if not self._sqlite:
            with self._connect() as connection:
                row = connection.execute(text(statement), {"serial": serial}).first()
            return None if row is None else tuple(row)
        own = self._own()
        try:
            with own.lock:
                found: tuple[Any, ...] | None = own.connection.execute(statement, {"serial": serial}).fetchone()
        except sqlite3.Error as error:
            raise self._unusable(str(error)) from error
        return found

    def _own(self) -> _Quick:
        held: _Quick | None = getattr(self._threads, "connection", None)
        if held is None:
            path = make_url(self.url).database or ":memory:"
            # Closed by whoever closes the database, which is another thread.
            held = _Quick(sqlite3.connect(path, timeout=_BUSY_S, isolation_level=None, check_same_thread=False))
            self._threads.connection = held
            self._quick.append(held)
        return held

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """One transaction: everything in the block is kept, or nothing. Raises DatabaseUnreachable."""
        # Writers of one process queue here: SQLite's own way to wait is to sleep longer and longer.
        with self._writer, self._told(), self._connect() as connection:
            if self._sqlite:
                connection.exec_driver_sql("BEGIN IMMEDIATE")
            else:
                connection.execute(_ONE_WRITER)
            yield connection
            connection.commit()

    def upgrade(self) -> None:
        """Bring the schema to this version; safe to repeat. Raises DatabaseUnreachable, also for a later version's."""
        if self._version() == newest_migration():
            return
        # A command on a database of this version, which is nearly every one, does not wait for this import.
        from alembic import command
        from alembic.config import Config
        from alembic.util import CommandError

        config = Config()
        config.set_main_option("script_location", str(_MIGRATIONS))
        with self.write() as connection:
            config.attributes["connection"] = connection
            try:
                command.upgrade(config, "head")
            except CommandError as error:
                # A database that a later version of this service made.
                raise self._unusable(str(error)) from error

    def close(self) -> None:
        """Give all connections back."""
        for held in self._quick:
            with held.lock:
                held.connection.close()
        self._quick.clear()
        self._threads = threading.local()
        self._engine.dispose()

    def _version(self) -> str | None:
        with self._connect() as connection:
            try:
                found: str | None = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
            except DBAPIError:
                return None  # Nothing is in it yet; what else may be wrong, the migration says.
        return found

    def _connect(self) -> Connection:
        try:
            return self._engine.connect()
        except DBAPIError as error:
            raise self._unusable(_first_line(error)) from error

    @contextmanager
    def _told(self) -> Iterator[None]:
        """What befalls a transaction that began well, such as a full disk, is said as if it had not begun."""
        try:
            yield
        except DBAPIError as error:
            if not _is_outside(error):
                raise
            raise self._unusable(_first_line(error)) from error

    def _unusable(self, why: str) -> DatabaseUnreachable:
        place = make_url(self.url).render_as_string(hide_password=True)
        return DatabaseUnreachable(Fault("database-unusable", Where(place), {"why": why}))


def newest_migration() -> str:
    """The version of the schema that this service makes: migrations are files `0001_what_it_does.py`."""
    return max(file.name.partition("_")[0] for file in (_MIGRATIONS / "versions").glob("[0-9]*.py"))


def prepare_sqlite(url: str) -> None:
    """Put an SQLite file into WAL mode before anybody opens it; does nothing for another database.

    DBOS never does it for its own file, and without it one enqueue costs twenty times as much
    (measured with dbos 3.4 on SQLite 3.40).
    """
    parsed = make_url(url)
    if parsed.get_backend_name() != "sqlite" or not parsed.database:
        return
    _make_file(parsed.database)
    engine = create_engine(url)
    with engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA journal_mode=WAL")
    engine.dispose()


def _is_outside(error: DBAPIError) -> bool:
    """Whether the database failed, not the statement: a full disk, a lost connection, a damaged file.

    Drivers say so by class (PEP 249). Of `DatabaseError` itself only a damaged SQLite file is one; its subclasses
    such as IntegrityError are answers about the statement, and whoever sent it has to hear them.
    """
    world = isinstance(error, OperationalError | InternalError) or type(error) is DatabaseError
    return world or error.connection_invalidated


def _first_line(error: DBAPIError) -> str:
    return str(error.orig).strip().partition("\n")[0]


def _parsed(url: str) -> URL:
    try:
        return make_url(url)
    except (ArgumentError, ValueError) as error:
        # The address may hold a password, so it is named and not shown.
        fault = Fault("database-unusable", Where("environment", field="DATABASE_URL"), {"why": "URL"})
        raise DatabaseUnreachable(fault) from error


def _make_file(path: str) -> None:
    """The file, for its owner alone: it holds customers' names. SQLite gives the files beside it the same rights."""
    try:
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
    except OSError as error:
        why = error.strerror or "?"
        raise DatabaseUnreachable(Fault("database-unusable", Where(f"sqlite:///{path}"), {"why": why})) from error


def _to_json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def _sqlite_engine(url: str) -> Engine:
    path = make_url(url).database
    if path:
        _make_file(path)
    engine = create_engine(url, connect_args={"timeout": _BUSY_S}, json_serializer=_to_json)

    @event.listens_for(engine, "connect")
    def _connect(connection: Any, _record: Any) -> None:
        # The driver must not begin transactions by itself, or BEGIN IMMEDIATE comes too late.
        connection.isolation_level = None
        for pragma in ("journal_mode=WAL", "synchronous=NORMAL", "foreign_keys=ON", f"busy_timeout={_BUSY_S * 1000}"):
            connection.execute(f"PRAGMA {pragma}")

    return engine
