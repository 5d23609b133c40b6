"""A whole service in a folder of the test's own: store, desk, sandbox, and a worker process that can be killed."""

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

from openpyxl import Workbook

from staging.bootstrap import House, open_house
from staging.core.words import Serial
from staging.desk import bench, orders, stacks
from staging.jobs.job import Order, Portal, Stack, next_step
from staging.jobs.records import CHECKLIST
from staging.jobs.runner import Runner
from staging.sandbox.serve import Served
from staging.settings import Settings

SAMPLES = Path(__file__).resolve().parents[2] / "samples"
CRECHE = SAMPLES / "plan-creche.xlsx"
ATELIER = SAMPLES / "plan-atelier-bleu.xlsx"
SIRET = "73282932000074"
BY = "camille"
_DATABASE = "staging.db"


def environ(home: Path, database_url: str = "") -> dict[str, str]:
    """The settings of a service that lives in `home`."""
    return {
        "STAGING_HOME": str(home),
        "STAGING_MIRROR": "mirror.bench.lan/debian",
        "STAGING_ANSIBLE_URL": "http://mirror.bench.lan/wazo-ansible.git",
        "STAGING_WAZO_RELEASE": "wazo-26.08",
        "DATABASE_URL": database_url,
    }


@cache
def _empty_database() -> bytes:
    """A database that has every migration behind it, as a file's bytes: made once, copied by hundreds of tests."""
    with tempfile.TemporaryDirectory() as folder:
        house = open_house(Settings.read(environ(Path(folder))))
        house.store.database.upgrade()
        house.store.database.close()
        return (Path(folder) / _DATABASE).read_bytes()


def settle_in(home: Path) -> None:
    """What the first command in a folder does, done at once: its database is there, empty and up to date."""
    home.mkdir(parents=True, exist_ok=True)
    if not (home / _DATABASE).exists():
        (home / _DATABASE).write_bytes(_empty_database())
        (home / _DATABASE).chmod(0o600)


def make_house(home: Path, database_url: str = "", **settings: str) -> House:
    """A service with an empty, up-to-date database. settings: environment variables beside those of `environ`."""
    if not database_url:
        settle_in(home)
    house = open_house(Settings.read({**environ(home, database_url), **settings}))
    house.store.database.upgrade()
    return house


def shared_stack(house: House, sandbox_url: str, *, password: str = "sandbox") -> Stack:
    """The integrator's shared stack, in service."""
    stack = Stack("partage", "on-cloud", url=sandbox_url)
    return stacks.add_stack(house.desk, stack, password=password)


def own_stack(house: House, sandbox_url: str) -> Stack:
    """A customer's own engine, fresh from its installer, to be registered on the sandbox's portal."""
    stacks.add_portal(house.desk, Portal("portail", f"{sandbox_url}/portal", "staging"), password="sandbox")
    return stacks.add_stack(
        house.desk, Stack("atelier", "on-premise", url=sandbox_url, portal="portail"), password=None
    )


def order_on(house: House, stack: str, *, plan: Path | None = CRECHE, serial: str | None = None) -> Order:
    """An order of Atelier Bleu, with a plan when one is given."""
    order = orders.new_order(house.desk, customer="Atelier Bleu", siret=SIRET, stack=stack, by=BY, serial=serial)
    if plan is not None:
        version = orders.upload_plan(house.desk, order.id, plan, name=plan.name, by=BY, lang="fr")
        assert version.ok
    return house.store.orders.get(order.id)


def ready_box(house: House, serial: str = "SN0042") -> Serial:
    """A registered box with its checklist ticked."""
    box = bench.register_box(house.desk, serial, model="DH670", customer="Atelier Bleu", by=BY)
    for point in CHECKLIST:
        bench.tick(house.desk, box.serial, point, on=True, by=BY)
    return box.serial


@dataclass
class WorkerProcess:
    """`staging worker` as a process of its own."""

    environ: dict[str, str]
    process: subprocess.Popen[bytes] | None = None
    log: Path = field(default_factory=lambda: Path(os.devnull))

    def start(self) -> "WorkerProcess":
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "staging", "worker"], env={**os.environ, **self.environ}, stderr=log, stdout=log
            )
        return self

    def kill(self) -> None:
        """SIGKILL: no goodbye, no rollback, nothing written down."""
        assert self.process is not None
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def stop(self) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.terminate()
            self.process.wait(timeout=30)


def until(wanted: Callable[[], bool], *, seconds: float = 60.0, what: str = "it") -> None:
    """Wait for something that another process does."""
    end = time.monotonic() + seconds
    while not wanted():
        assert time.monotonic() < end, f"waited {seconds} s for {what}"
        time.sleep(0.05)


def settled(house: House, order_id: str) -> bool:
    """Whether the worker did all it could for the order."""
    order = house.store.orders.get(order_id)
    return order.handled >= order.wake


def counts(sandbox: Served, tenant: str | None) -> dict[str, int]:
    """What the sandbox holds for a tenant."""
    return dict(overview(sandbox)["tenants"].get(tenant, {}))


def overview(sandbox: Served) -> dict[str, Any]:
    """Counts per tenant and on the portal, and how many writing requests were served."""
    with urlopen(f"{sandbox.url}/room/counts", timeout=30) as answer:
        found: dict[str, Any] = json.load(answer)
    return found


def work(house: House, order_id: str) -> None:
    """Do at once what a worker would: run steps until one waits or fails."""
    runner = Runner(book=house.store.orders, needs=house.desk.needs)
    name = next_step(house.store.orders.steps(order_id))
    while name is not None and runner.run(order_id, name):
        name = next_step(house.store.orders.steps(order_id))


def plug(sandbox: Served, *phones: tuple[str, str]) -> None:
    """Plug phones (MAC, model) into the sandbox's room."""
    _post(sandbox, "plug", [{"mac": mac, "model": model} for mac, model in phones])


def unplug(sandbox: Served, *macs: str) -> None:
    """Unplug phones."""
    _post(sandbox, "unplug", [{"mac": mac} for mac in macs])


def workbook(path: Path, *rows: tuple[str | None, ...], extra: str | None = None) -> Path:
    """A customer's workbook with these rows below its headings: name, profile, hardware, number, then `extra`."""
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = "Plan"
    headings = ["NOM DU SITE", "NOM PRENOM UTILISATEUR", "TYPE PROFIL", "MATERIEL", "NUMERO DE LIGNE (ou création)"]
    sheet.append([*headings, *([extra] if extra else [])])
    for row in rows:
        sheet.append(["Lyon", *row])
    book.save(path)
    book.close()
    return path


def _post(sandbox: Served, what: str, body: object) -> None:
    request = Request(
        f"{sandbox.url}/room/{what}", data=json.dumps(body).encode(), headers={"Content-Type": "application/json"}
    )
    with urlopen(request, timeout=30):
        pass
