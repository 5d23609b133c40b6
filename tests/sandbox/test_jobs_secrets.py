"""Does a secret of a run ever stand where it can be read? Each one is a word that nothing else looks like.

An engine is set up and registered on a portal, 80 seats and their phones are applied while requests fail at random, and
a worker of its own takes the order up again; then every place that such a run writes to is searched: log lines of any
level, tables of the service and of the job engine, the bytes of both databases and of what SQLite keeps beside them,
pages for programs, labels, the acceptance sheet and the backup.
"""

import logging
import random
import re
import sqlite3
import tarfile
import threading
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from staging.adapters.store.database import prepare_sqlite
from staging.bootstrap import House
from staging.core.words import Serial
from staging.desk import orders
from staging.jobs.engine import JobEngine
from staging.jobs.runner import Runner
from staging.jobs.steps import run_accept
from staging.wazo.facts import Preset
from staging.web.app import create_app
from tests.fakes.failures import fail_at_random
from tests.fakes.house import ATELIER, BY, ready_box, settled, until
from tests.fakes.rig import OnTheWire, Rig, Trouble
from tests.fakes.terminal import Terminal
from tests.fakes.web import Door

ENGINE = "CanaryEngineWx7Qz2"
PORTAL = "CanaryPortalWx7Qz2"
PERSON = "CanaryPersonWx7Qz2"
PIN = "905173"
OF_A_SEAT = ("sip-password", "account-password")
OF_ALL = ("phone-admin-password", "phone-user-password")


class Run:
    """A run of 80 seats that met failures, and all its secrets by name."""

    def __init__(self, home: Path, lines: list[str]) -> None:
        self.home, self.lines = home, lines
        self.secrets = {"engine": ENGINE, "person": PERSON, "portal": PORTAL}
        self.rig = Rig(home, ATELIER, password=ENGINE, portal=PORTAL, preset=Preset(), begin=self._choose_secrets)
        self._work()
        self.house: House = self.rig.house
        self._work_again()
        self._tokens()
        self._tickets()

    def _choose_secrets(self, rig: Rig) -> None:
        scope, vault = f"order:{rig.order_id}", rig.house.store.vault
        for number in range(8000, 8080):
            vault.put(PIN, scope=scope, kind="voicemail-pin", key=str(number))
            for kind in OF_A_SEAT:
                for key in (str(number), f"{number}/sip", f"{number}/app"):
                    self.secrets[f"{kind} {key}"] = word = f"Canary{kind[:3]}{key.replace('/', '')}Kp4"
                    vault.put(word, scope=scope, kind=kind, key=key)
        for kind in OF_ALL:
            self.secrets[kind] = f"Canary{kind[6:11]}Phones"
            vault.put(self.secrets[kind], scope=scope, kind=kind, key="phones")

    def _work(self) -> None:
        self.rig.agree()
        self.rig.trouble = fail_at_random(random.Random(1), 0.05)
        self.rig.new_worker()
        self.rig.work_through(self.rig.applied, attempts=60)
        assert self.rig.trouble.struck.total() == 8
        assert run_accept(self.rig.order, self.rig.desk.needs).status == "done"

    def _work_again(self) -> None:
        """A job engine with tables of its own: its first job meets a dead token and a lost answer, the next ends."""
        rig, book = self.rig, self.house.store.orders
        user = rig.world.db.users.all()[0]
        rig.world.db.users.change(user["id"], firstname="grande salle")
        orders.approve(rig.desk, rig.order_id, expect=None, by=BY, overwrite=True)
        ways: Iterator[OnTheWire] = iter(("401", "500-after"))
        rig.trouble = Trouble(on_the_wire=lambda done, method, path: next(ways, None) if "users" in path else None)
        rig.new_worker()
        stop = threading.Event()
        # Labels of 80 seats take seconds, and no request: a step that ends before them is enough.
        needs = replace(rig.desk.needs, stopping=stop.is_set, stationery=_NoPaper())
        engine = JobEngine(
            Runner(book=book, needs=needs), orders=book, workers=self.house.store.workers, stop=stop,
            database_url=self.house.settings.jobs_url, executor=self.house.store.workers.claim(),
        )  # fmt: skip
        prepare_sqlite(self.house.settings.jobs_url)
        thread = threading.Thread(target=engine.run)
        thread.start()
        try:
            until(lambda: settled(self.house, rig.order_id) and rig.step("provision").status == "done")
        finally:
            engine.stop()
            thread.join()
        assert next(ways, None) is None

    def _tokens(self) -> None:
        self.secrets |= {f"token {n}": token for n, token in enumerate(self.rig.world.accounts.tokens)}
        self.house.store.people.add("directrice", role="manager", language="fr", password=PERSON)
        self.secrets["program"] = self.house.store.people.add_token("mur", role="technician")
        self.secrets["hook"] = self.house.store.vault.ensure("hook:portail", "signing-key").reveal()

    def _tickets(self) -> None:
        serial: Serial = ready_box(self.house)
        tickets = self.house.office.preseed_needs("http://192.0.2.1").open_tickets(serial)
        self.secrets |= {f"ticket {name}": getattr(tickets, name) for name in ("read", "report", "logs", "register")}

    def found_in(self, text: str) -> list[str]:
        """Names of the secrets that a text holds; a PIN counts where it stands alone."""
        pin = ["pin"] if re.search(rf"(?<![\w.]){PIN}(?![\w.])", text) else []
        return [name for name, secret in self.secrets.items() if secret in text] + pin


class _NoPaper:
    """A shop where one label is wanted and nobody prints."""

    def check(self, *_: Any) -> Mapping[tuple[str, str], str]:
        return {("carton", "1"): "Atelier Bleu"}

    def acceptance_sheet(self, *_: Any) -> bytes:
        return b""


class Lines(logging.Handler):
    """Every log line with all that hangs on it."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(f"{record.getMessage()} {record.__dict__} {self.format(record)}")


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Run]:
    root, handler = logging.getLogger(), Lines()
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    try:
        yield Run(tmp_path_factory.mktemp("run"), handler.lines)
    finally:
        root.removeHandler(handler)
        root.setLevel(level)


def test_the_run_had_secrets_and_the_stack_knows_them(run: Run) -> None:
    # Else the other tests would look for words that were never spoken.
    kept = str(run.rig.world.db.endpoints.all()) + str(run.rig.world.accounts.passwords)
    assert "Canarysip8000sipKp4" in kept
    assert "Canaryacc8001Kp4" in kept
    assert PIN in str(run.rig.world.db.voicemails.all())
    assert run.secrets["phone-admin-password"] in str(run.rig.world.provd.configs)
    assert [row["name"] for row in run.rig.world.portal.instances.values()] == ["atelier"]
    assert len(run.secrets) > 400


def test_no_log_line_holds_one(run: Run) -> None:
    assert len(run.lines) > 200
    assert run.found_in("\n".join(run.lines)) == []


@pytest.mark.parametrize(("file", "least"), [("staging.db", 500), ("jobs.db", 20)])
def test_no_table_holds_one_in_clear(run: Run, file: str, least: int) -> None:
    with closing(sqlite3.connect(run.home / file)) as database:
        rows = [line for line in database.iterdump() if "INSERT" in line]
    assert len(rows) > least
    assert run.found_in("\n".join(rows)) == []


def test_no_byte_of_the_databases_nor_of_their_logs_holds_one(run: Run) -> None:
    files = [*run.home.glob("staging.db*"), *run.home.glob("jobs.db*")]
    read = {path.name: path.read_bytes().decode("latin-1") for path in files}
    assert {"staging.db", "jobs.db"} <= read.keys()
    assert any(name.endswith("-wal") for name in read)
    assert {name: run.found_in(text) for name, text in read.items()} == {name: [] for name in read}


def test_no_answer_to_a_program_holds_one(run: Run) -> None:
    door = Door(run.house, create_app(run.rig.desk, session_key=b"k" * 32))
    program, order = door.program("admin"), run.rig.order_id
    paths = ("orders", f"orders/{order}", f"orders/{order}/timeline", f"orders/{order}/changes", "stacks", "appliances")
    answers = {path: program.ask("GET", f"/{path}") for path in paths}
    seen = {path: answer.text for path, answer in answers.items() if answer.status_code == 200}
    assert len(seen) >= 4, {path: answer.status_code for path, answer in answers.items()}
    assert run.found_in("\n".join(seen.values())) == []


def test_no_document_nor_backup_holds_one(run: Run, tmp_path: Path) -> None:
    archive = tmp_path / "backup.tar.gz"
    assert Terminal(run.home).run("db", "backup", str(archive)).status == 0
    with tarfile.open(archive) as packed:
        names = [member.name for member in packed.getmembers() if member.isfile()]
        texts = {name: _text(packed, name) for name in names}
    assert any("staging" in name for name in names)
    assert {name: found for name, text in texts.items() if (found := run.found_in(text))} == {}
    sheet = run.house.store.bench.document(run.rig.order_id, "acceptance.pdf")
    assert sheet is not None
    assert run.found_in(bytes(sheet).decode("latin-1")) == []


def _text(packed: tarfile.TarFile, name: str) -> str:
    member = packed.extractfile(name)
    return member.read().decode("latin-1") if member else ""
