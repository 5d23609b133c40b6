"""Which bench do the preseed tests run on? One appliance, a bench in memory, and a box to run scripts on."""

import os
import shutil
import stat
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Thread
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

from flask import Flask

from preseed.appliance import Appliance, ApplianceState, Mirror, WazoRelease
from preseed.boot import BootQuery
from preseed.links import Links, Tickets
from preseed.routes import Fetch, PreseedNeeds
from preseed.routes import blueprint as preseed_blueprint
from preseed.scripts import render_script
from preseed.serve import Visit
from staging.core.secret import Secret
from staging.core.words import Mac, Serial
from webhooks.events import BoxSeen, InstallEvent, InstallProgressed
from webhooks.install import HookRefusal, InstallNeeds
from webhooks.install import blueprint as hooks_blueprint

SERIAL = Serial("SN0042")
TICKETS = Tickets(read="read7", report="tick7et", logs="logs7", register="engine7")
TICKET = TICKETS.report
NOON = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)

AUTHORITY = "-----BEGIN CERTIFICATE-----\nMIIBatelierBleu+/==\n-----END CERTIFICATE-----"
"""A certificate's form; nobody reads what it holds."""

_FOUND = {Path(found).resolve(): shell for shell in ("sh", "dash", "busybox") if (found := shutil.which(shell))}
SHELLS = tuple(_FOUND.values())
"""The shells of this machine, each once; the installer's own is busybox, which not every machine has."""


def box(**changes: object) -> Appliance:
    """The bench's appliance, armed and complete."""
    known = Appliance(
        serial=SERIAL,
        model="DH470",
        hostname="sn0042",
        domain="bench.lan",
        customer="Atelier Bleu",
        state="armed",
        mirror=Mirror(host="mirror.bench.lan"),
        ssh_keys=("ssh-ed25519 AAAAC3Nza accueil@atelier-bleu",),
        root_password_hash=Secret("$6$sel$abc./DEF"),
        wazo=WazoRelease(ansible_url="http://git.bench.lan/wazo-ansible", ansible_version="wazo-26.04"),
    )
    return replace(known, **changes)  # type: ignore[arg-type]  # a test names the fields it changes


@dataclass
class HandClock:
    """A clock that stands until it is moved."""

    time: datetime = NOON

    def now(self) -> datetime:
        return self.time

    def pass_(self, span: timedelta) -> None:
        self.time += span


class OneId:
    """Always the same identifier."""

    def short(self, length: int = 6) -> str:
        return "ref234"[:length]


@dataclass
class Bench:
    """A bench that remembers in memory, as the store does on disk."""

    base: str = "http://preseed"
    appliances: dict[Serial, Appliance] = field(default_factory=dict)
    visits: dict[Serial, Visit] = field(default_factory=dict)
    fetches: list[Fetch] = field(default_factory=list)
    hellos: list[BoxSeen] = field(default_factory=list)
    booted: list[tuple[Serial, Mac | None, str]] = field(default_factory=list)
    events: list[InstallEvent] = field(default_factory=list)
    failures: list[tuple[str, BaseException]] = field(default_factory=list)
    refusals: list[HookRefusal] = field(default_factory=list)
    clock: HandClock = field(default_factory=HandClock)
    broken: bool = False
    """Reading an appliance fails; with `away`, writing does too."""
    away: bool = False
    chosen: str | None = None
    """What somebody chose at the bench page, `name sectors`."""

    def add(self, appliance: Appliance) -> None:
        self.appliances[appliance.serial] = appliance

    def turn(self, state: ApplianceState) -> None:
        self.appliances[SERIAL] = replace(self.appliances[SERIAL], state=state)

    def app(self) -> Flask:
        app = Flask(__name__)
        app.config["PROPAGATE_EXCEPTIONS"] = False
        app.register_blueprint(preseed_blueprint(self.preseed_needs()))
        app.register_blueprint(hooks_blueprint(self.install_needs()))
        return app

    def preseed_needs(self) -> PreseedNeeds:
        return PreseedNeeds(
            links=Links(self.base),
            find_appliance=self._find,
            find_boot=self._find_boot,
            mirror=Mirror(host="mirror.bench.lan"),
            record_boot=lambda serial, query, address: self.booted.append((serial, query.mac, address)),
            find_box=self._find_box,
            record_fetch=self._record_fetch,
            open_tickets=lambda serial: TICKETS,
            find_serial=lambda ticket: SERIAL if ticket == TICKETS.read else None,
            report_failure=lambda reference, error: self.failures.append((reference, error)),
            clock=self.clock,
            ids=OneId(),
        )

    def install_needs(self) -> InstallNeeds:
        return InstallNeeds(
            record_hello=self._record_hello,
            record_event=self._record_event,
            record_refusal=self.refusals.append,
            find_serial=lambda ticket, scope: SERIAL if ticket == getattr(TICKETS, scope) else None,
            find_disk=lambda serial: self.chosen,
            clock=self.clock,
        )

    def _find(self, serial: Serial) -> Appliance | None:
        if self.broken:
            raise OSError("the disk is full")
        return self.appliances.get(serial)

    def _find_box(self, serial: Serial) -> tuple[Appliance, Visit] | None:
        found = self._find(serial)
        return (found, self.visits.get(serial, Visit())) if found else None

    def _find_boot(self, query: BootQuery) -> Appliance | None:
        return self.appliances.get(query.serial) if query.serial else None

    def _record_fetch(self, fetch: Fetch) -> None:
        if self.away:
            raise OSError("the disk is full")
        self.fetches.append(fetch)
        visit = self.visits.get(Serial(fetch.serial), Visit())
        if fetch.status == 200 and visit.answered_at is None:
            self.visits[Serial(fetch.serial)] = replace(visit, answered_at=self.clock.now())

    def _record_hello(self, seen: BoxSeen) -> None:
        self.hellos.append(seen)
        visit = self.visits.get(seen.serial, Visit())
        self.visits[seen.serial] = replace(visit, address=seen.address, suite=seen.suite)

    def _record_event(self, event: InstallEvent) -> None:
        self.events.append(event)
        if isinstance(event, InstallProgressed) and event.step == "early":
            self.visits[event.serial] = replace(self.visits.get(event.serial, Visit()), reported=True)

    @contextmanager
    def listening(self) -> Iterator["Bench"]:
        """The same bench behind a real socket on loopback."""
        server = make_server("127.0.0.1", 0, self._late_app, WSGIServer, _QuietHandler)
        self.base = f"http://127.0.0.1:{server.server_port}"
        self._app = self.app()
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield self
        finally:
            server.shutdown()
            thread.join()
            server.server_close()

    def _late_app(self, environ, start_response):  # type: ignore[no-untyped-def]  # WSGI, by hand
        return self._app(environ, start_response)


class _QuietHandler(WSGIRequestHandler):
    def log_message(self, format: str, *args: object) -> None:
        pass


@dataclass
class Box:
    """A machine to run an installer's script on: a root folder, and stand-ins for what an installer has."""

    root: Path

    def __post_init__(self) -> None:
        for folder in ("bin", "tmp", "sys/class/dmi/id", "sys/class/net", "proc", "etc", "var/log", "sys/block"):
            (self.root / folder).mkdir(parents=True, exist_ok=True)
        self.command("wget", f'exec "{sys.executable}" -I -S "{Path(__file__).with_name("wget.py")}" "$@"')
        self.command("ip", "echo 'default via 192.0.2.1 dev enp0s3'")
        self.command("logger", 'echo "logger $*" >>"$CALLS"')
        self.command("sleep", 'echo "sleep $*" >>"$CALLS"')

    def command(self, name: str, body: str) -> None:
        """Put a stand-in on the PATH; `$CALLS` is the file of what was called."""
        path = self.root / "bin" / name
        path.write_text(f"#!/bin/sh\n{body}\n")
        path.chmod(path.stat().st_mode | stat.S_IXUSR)

    def firmware(self, **fields: str) -> None:
        """What the board's DMI table says."""
        for name, value in fields.items():
            (self.root / "sys/class/dmi/id" / name).write_text(value + "\n")

    def port(self, name: str, mac: str) -> None:
        """A network port."""
        (self.root / "sys/class/net" / name).mkdir(parents=True, exist_ok=True)
        (self.root / "sys/class/net" / name / "address").write_text(mac + "\n")

    def disk(
        self, name: str, *, gb: float, removable: int = 0, read_only: int = 0, bus: str = "pci/ata1",
        model: str = "Samsung SSD 870", starts: bytes = b"", parts: int = 0,
    ) -> None:  # fmt: skip
        """A disk as the kernel shows it: a link into the bus it hangs on. starts: its first bytes; parts: how many."""
        real = self.root / "sys/devices" / bus / name
        (real / "device").mkdir(parents=True)
        (real / "device/model").write_text(f"{model}   \n")
        for number in range(1, parts + 1):
            (real / f"{name}{number}").mkdir()
            (real / f"{name}{number}/partition").write_text(f"{number}\n")
        (self.root / "dev").mkdir(exist_ok=True)
        (self.root / "dev" / name).write_bytes(starts.ljust(65536, b"\0"))
        (real / "removable").write_text(f"{removable}\n")
        (real / "ro").write_text(f"{read_only}\n")
        (real / "size").write_text(f"{int(gb * 1_953_125)}\n")
        (self.root / "sys/block" / name).symlink_to(real)
        with (self.root / "disks").open("a") as disks:
            disks.write(f"/dev/{name}\n")

    @property
    def calls(self) -> list[str]:
        """What the stand-ins were called with, in order."""
        path = self.root / "calls"
        return path.read_text().splitlines() if path.exists() else []

    def run(
        self, script: str, *, shell: str = "sh", stdin: str = "", more: Mapping[str, str] | None = None
    ) -> subprocess.CompletedProcess[str]:
        """Run a script's text on this box, for at most twenty seconds."""
        path = self.root / "tmp" / "script"
        path.write_text(script)
        # By its path: a test may put a stand-in called `sh` on the box.
        program = shutil.which(shell) or shell
        command = [program, "sh"] if shell == "busybox" else [program]
        environ = {
            "PATH": f"{self.root / 'bin'}:{os.environ['PATH']}",
            "STAGING_ROOT": str(self.root),
            "TMPDIR": str(self.root / "tmp"),
            "CALLS": str(self.root / "calls"),
            "LC_ALL": "C",
            **(more or {}),
        }
        return subprocess.run(
            [*command, str(path)], input=stdin, capture_output=True, text=True, timeout=20, env=environ, check=False
        )


def laid_down(machine: Box, bench: Bench, appliance: Appliance) -> None:
    """What `early.sh` lays down is on the machine. Its heartbeat does not run: it has tests of its own."""
    machine.command("hostname", ":")
    machine.command("sh", "exit 0")
    machine.run(render_script("early.sh", appliance, links=Links(bench.base), tickets=TICKETS))
    (machine.root / "bin/sh").unlink()
    bench.events.clear()
