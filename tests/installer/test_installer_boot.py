"""Does Debian's real installer do what we believe? It is booted here against the running service. Takes many minutes.

`make test-installer`; needs the packages debian-installer-12-netboot-amd64, qemu-system-x86 and ipxe-qemu. Nothing but
the service and a mirror that holds one file can be reached, so the installation stops at its first missing package,
which is how the question screen is tested. The log and pictures of the last run are in `docs/installer/`.
"""

import os
import shutil
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from flask import Flask, Response

from staging.bootstrap import House, make_bench_app, open_house
from staging.commands.serving import Listener
from staging.core.words import Serial
from staging.desk import bench
from staging.desk.bench_screen import bench_rows
from staging.jobs.records import CHECKLIST
from staging.settings import Settings
from tests.fakes.house import BY, environ
from tests.fakes.initrd import NETBOOT
from tests.fakes.qemu import Machine

pytestmark = [pytest.mark.slow, pytest.mark.timeout(3600)]

SERIAL = Serial("SN0042")
BENCH, MIRROR = "10.0.2.100", "10.0.2.101"
PATIENCE_S = 900

RELEASE = """Origin: Debian
Label: Debian
Suite: oldstable
Version: 12.0
Codename: bookworm
Architectures: amd64
Components: main contrib non-free-firmware non-free
"""


class Story:
    """What happened, with the seconds since power-on, and a picture for each thing worth seeing."""

    def __init__(self, machine: Machine, out: Path) -> None:
        self.machine, self.out = machine, out
        self.lines: list[str] = []
        self.began = time.monotonic()

    def tell(self, words: str, picture: str | None = None) -> None:
        seen = ""
        if picture is not None:
            self.machine.picture(self.out / f"{picture}.png")
            seen = f" ![{picture}]({picture}.png)"
        self.lines.append(f"| {time.monotonic() - self.began:5.0f} s | {words} |{seen or ' '}|")
        self.keep()

    def keep(self) -> None:
        head = (
            "# The last run against Debian's real installer\n\n"
            "Written by `make test-installer`: bookworm's netboot images in QEMU without KVM, loopback only.\n"
            "Seconds are those of an emulated processor; a real box is about ten times quicker.\n\n"
            "| after | what happened | screen |\n| --- | --- | --- |\n"
        )
        (self.out / "README.md").write_text(head + "\n".join(self.lines) + "\n", "utf-8")


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    made = open_house(Settings.read({**environ(tmp_path / "home"), "STAGING_MIRROR": f"{MIRROR}/debian"}))
    made.store.database.upgrade()
    yield made
    made.store.database.close()


@pytest.fixture
def out(tmp_path: Path) -> Path:
    """Where the story goes: the folder that the make target names, else one of the test's own."""
    folder = Path(os.environ.get("INSTALLER_OUT") or tmp_path / "story")
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder


@pytest.fixture
def machine(tmp_path: Path, house: House, monkeypatch: pytest.MonkeyPatch) -> Iterator[Machine]:
    assert (NETBOOT / "initrd.gz").exists(), "apt install debian-installer-12-netboot-amd64"
    bench_door = Listener(make_bench_app(house, base=f"http://{BENCH}"), host="127.0.0.1", port=0)
    mirror = Listener(_mirror(), host="127.0.0.1", port=0)
    bench_door.start()
    mirror.start()
    machine = Machine(
        tmp_path, NETBOOT / "linux", NETBOOT / "initrd.gz", "auto=true priority=critical", SERIAL,
        {(BENCH, 80): bench_door.port, (MIRROR, 80): mirror.port},
        more=("-drive", f"file={_disk(tmp_path)},format=raw,if=virtio"),
    )  # fmt: skip
    try:
        machine.start()
        yield machine
    finally:
        machine.stop()
        bench_door.stop()
        mirror.stop()


def test_the_real_installer_waits_goes_on_reports_and_names_its_question(
    machine: Machine, house: House, out: Path
) -> None:
    story = Story(machine, out)
    story.tell("switched on: stock netboot images, nothing on the kernel line but `auto=true priority=critical`")
    machine.wait_for_prompt(seconds=PATIENCE_S)
    story.tell("the prompt", "1-prompt")
    machine.type(BENCH)
    story.tell(f"`{BENCH}` typed by key presses", "2-typed")
    machine.press("ret")

    until(lambda: any(hello.serial == SERIAL for hello in house.store.appliances.strangers()), "hello")
    facts = dict(house.store.appliances.strangers()[0].facts)
    story.tell(f"universal stage: it said hello as {SERIAL}, with its facts: " + ", ".join(sorted(facts)))
    assert (facts["product_name"], facts["mac"], facts["suite"]) == ("DH470", "020000000042", "bookworm")
    until(lambda: _asked(house, 404), "a refusal")
    time.sleep(8)
    story.tell("unknown serial: it waits, nobody has to press a key", "3-unknown")

    bench.register_box(house.desk, SERIAL, model="DH470", customer="Atelier Bleu", by=BY)
    until(lambda: _asked(house, 403), "not armed")
    time.sleep(8)
    story.tell("registered, not armed", "4-not-armed")

    for point in CHECKLIST:
        bench.tick(house.desk, SERIAL, point, on=True, by=BY)
    box = house.store.appliances.get(SERIAL)
    # The machine has one gigabyte, which its own facts say: that is why a reason is asked for.
    story.tell(f"its own facts: {[(one.code, one.holds) for one in bench.found(box).values()]}")
    bench.arm(house.desk, SERIAL, by=BY, role="technician", reason="a rehearsal in an emulator")
    until(lambda: house.store.appliances.get(SERIAL).first_fetch_at is not None, "the answers")
    story.tell("armed: it went on by itself and fetched its answers")

    until(lambda: house.store.appliances.get(SERIAL).early_at is not None, "the early script")
    story.tell("chain: its own answers are loaded, the early script reported", "5-early")
    until(lambda: house.store.appliances.get(SERIAL).beat_step is not None, "a heartbeat")
    story.tell(f"heartbeat: its menu is at `{house.store.appliances.get(SERIAL).beat_step}`")

    until(lambda: house.store.appliances.get(SERIAL).question is not None, "a question")
    box = house.store.appliances.get(SERIAL)
    row = next(row for row in bench_rows(house.desk) if row.serial == SERIAL)
    story.tell(f"a question is on its screen, and the bench names it: `{box.question}`", "6-question")
    assert (row.urgency, row.what) == ("hand", "bench-question")

    for line in house.store.timeline.of_serial(SERIAL):
        story.lines.append(f"| | `{line.event}` {dict(line.facts).get('phase', '')} | |")
    story.keep()


def until(ready: Callable[[], bool], what: str) -> None:
    end = time.monotonic() + PATIENCE_S
    while not ready():
        assert time.monotonic() < end, f"waited {PATIENCE_S} s for {what}"
        time.sleep(1)


def _asked(house: House, status: int) -> bool:
    house.office.flush()
    return any(line.status == status for line in house.store.installs.fetches_of(SERIAL))


def _mirror() -> Flask:
    """A mirror that holds one file: enough to be taken for one, too little to install from."""
    app = Flask("mirror")

    @app.get("/debian/dists/<suite>/Release")
    def release(suite: str) -> Response:
        return Response(RELEASE, content_type="text/plain")

    return app


def _disk(folder: Path) -> Path:
    disk = folder / "disk.raw"
    with disk.open("wb") as file:
        file.truncate(20 * 10**9)
    return disk
