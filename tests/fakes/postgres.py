"""Where does a test get PostgreSQL from? A throw-away cluster of this machine's own server, on a free loopback port.

Debian's packages alone are used (`apt install postgresql`). The server refuses to run as root, so under root it runs
as the user `postgres`. It ends with the test process, whatever ends that.
"""

import atexit
import os
import shutil
import socket
import subprocess
import tempfile
import time
from dataclasses import dataclass, field
from functools import cache
from itertools import count
from pathlib import Path

import psycopg
import pytest

from staging.adapters.store.database import Database

_MISSING = "PostgreSQL's server is not on this machine: apt install postgresql"
_QUICK = ("fsync=off", "full_page_writes=off", "synchronous_commit=off", "max_connections=200")
_PATIENCE_S = 30.0


@dataclass
class Cluster:
    """A running server. Databases are cheap: each test takes one of its own."""

    port: int
    process: subprocess.Popen[bytes]
    folder: Path
    numbers: "count[int]" = field(default_factory=lambda: count(1))

    def empty(self) -> str:
        """The URL of a new database without tables."""
        return self._make("template0")

    def ready(self) -> str:
        """The URL of a new database with the present schema; a copy of one that was migrated once."""
        self._template()
        return self._make("migrated")

    def stop(self) -> None:
        # SIGINT is the fast shutdown: it does not wait for connections that a test left open.
        self.process.send_signal(2)
        self.process.wait(timeout=30)
        shutil.rmtree(self.folder, ignore_errors=True)

    def _make(self, template: str) -> str:
        name = f"staging_{next(self.numbers)}"
        self.run(f"CREATE DATABASE {name} TEMPLATE {template}")
        return self.url(name)

    def _template(self) -> None:
        if self.run("SELECT 1 FROM pg_database WHERE datname = 'migrated'"):
            return
        self.run("CREATE DATABASE migrated TEMPLATE template0")
        database = Database(self.url("migrated"))
        database.upgrade()
        database.close()

    def url(self, name: str) -> str:
        return f"postgresql+psycopg://postgres@127.0.0.1:{self.port}/{name}"

    def run(self, statement: str) -> list[tuple[object, ...]]:
        """Run one statement beside all databases."""
        with psycopg.connect(f"host=127.0.0.1 port={self.port} user=postgres dbname=postgres", autocommit=True) as door:
            answer = door.execute(statement.encode())
            return answer.fetchall() if answer.description else []


@cache
def cluster() -> Cluster:
    """The test process's one cluster, made at first use."""
    programs = _programs()
    folder = Path(tempfile.mkdtemp(prefix="staging-pg-"))
    data = folder / "data"
    if os.geteuid() == 0:
        shutil.chown(folder, "postgres", "postgres")
    _as_postgres([programs / "initdb", "-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-sync"])
    port = _free_port()
    settings = [word for one in _QUICK for word in ("-c", one)]
    # Foreground and tied to our life: a killed test run leaves no server behind.
    server = [programs / "postgres", "-D", data, "-h", "127.0.0.1", "-p", port, "-k", "", *settings]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(_mask(server, "--pdeathsig", "INT"), stdout=log, stderr=log, cwd="/")
    made = Cluster(port, process, folder)
    atexit.register(made.stop)
    _wait(made)
    return made


@pytest.fixture(params=["sqlite", "postgresql"])
def ready_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A database of each kind with the present schema."""
    if request.param == "postgresql":
        return cluster().ready()
    database = Database(f"sqlite:///{tmp_path / 'staging.db'}")
    database.upgrade()
    database.close()
    return database.url


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A database of each kind without tables."""
    return cluster().empty() if request.param == "postgresql" else f"sqlite:///{tmp_path / 'staging.db'}"


def _programs() -> Path:
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    beside = shutil.which("initdb")
    if not found and beside is None:
        pytest.fail(_MISSING, pytrace=False)
    return (found[-1] if found else Path(str(beside))).parent


def _mask(command: list[object], *options: str) -> list[str]:
    words = [str(word) for word in command]
    if os.geteuid() != 0:
        return ["setpriv", *options, *words] if options else words
    return ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups", *options, *words]


def _as_postgres(command: list[object]) -> None:
    done = subprocess.run(_mask(command), capture_output=True, text=True, cwd="/")
    assert done.returncode == 0, done.stderr


def _wait(made: Cluster) -> None:
    end = time.monotonic() + _PATIENCE_S
    while True:
        try:
            made.run("SELECT 1")
        except psycopg.OperationalError as error:
            if made.process.poll() is not None or time.monotonic() > end:
                log = (made.folder / "log").read_text("utf-8")
                raise RuntimeError(log) from error
            time.sleep(0.05)
        else:
            return


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
