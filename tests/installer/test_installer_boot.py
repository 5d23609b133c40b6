"""Does Debian's real installer do what we believe? It is booted here against the running service. Takes many minutes.

`make test-installer`; needs the packages debian-installer-12-netboot-amd64, qemu-system-x86 and ipxe-qemu. Nothing but
the service and a mirror that holds one file can be reached, so the installation stops at its first missing package,
which is how the question screen is tested. The log and pictures of the last run are in `docs/installer/`.
"""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask, Response

from staging.bootstrap import House, make_bench_app
from staging.commands.serving import Listener
from staging.core.words import Serial
from staging.desk import bench
from staging.desk.bench_screen import bench_rows
from staging.jobs.records import CHECKLIST
from tests.fakes.house import BY, make_house
from tests.fakes.initrd import NETBOOT
from tests.fakes.qemu import Machine
from tests.fakes.story import Story

pytestmark = [pytest.mark.slow, pytest.mark.timeout(3600)]

SERIAL = Serial("SN0042")
BENCH, MIRROR = "10.0.2.100", "10.0.2.101"
PATIENCE_S = 900
WORDS = "auto=true priority=critical"
"""What a stock medium's "automated install" has on its kernel line."""

RELEASE = """Origin: Debian
Label: Debian
Suite: oldstable
Version: 12.0
Codename: bookworm
Architectures: amd64
Components: main contrib non-free-firmware non-free
"""


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    made = make_house(tmp_path / "home", STAGING_MIRROR=f"{MIRROR}/debian")
    yield made
    made.store.database.close()


@pytest.fixture
def machine(tmp_path: Path, house: House, monkeypatch: pytest.MonkeyPatch) -> Iterator[Machine]:
    assert (NETBOOT / "initrd.gz").exists(), "apt install debian-installer-12-netboot-amd64"
    bench_door = Listener(make_bench_app(house, base=f"http://{BENCH}"), host="127.0.0.1", port=0)
    mirror = Listener(_mirror(), host="127.0.0.1", port=0)
    bench_door.start()
    mirror.start()
    machine = Machine(
        tmp_path, SERIAL, {(BENCH, 80): bench_door.port, (MIRROR, 80): mirror.port},
        ("-kernel", str(NETBOOT / "linux"), "-initrd", str(NETBOOT / "initrd.gz"), "-append", WORDS),
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
    machine: Machine, house: House, tmp_path: Path
) -> None:
    story = Story(machine, tmp_path, name="stock-medium", title="Bookworm's stock images, the address typed")
    story.tell("switched on: stock netboot images, nothing on the kernel line but `auto=true priority=critical`")
    machine.wait_for_prompt(seconds=PATIENCE_S)
    story.tell("the prompt", picture=True)
    machine.type(BENCH)
    story.tell(f"`{BENCH}` typed by key presses", picture=True)
    machine.press("ret")

    story.until(lambda: any(hello.serial == SERIAL for hello in house.store.appliances.strangers()), "hello")
    facts = dict(house.store.appliances.strangers()[0].facts)
    story.tell(f"universal stage: it said hello as {SERIAL}, with its facts: " + ", ".join(sorted(facts)))
    assert (facts["product_name"], facts["mac"], facts["suite"]) == ("DH470", "020000000042", "bookworm")
    story.until(lambda: _asked(house, 404), "a refusal")
    time.sleep(8)
    story.tell("unknown serial: it waits, nobody has to press a key", picture=True)

    bench.register_box(house.desk, SERIAL, model="DH470", customer="Atelier Bleu", by=BY)
    story.until(lambda: _asked(house, 403), "not armed")
    time.sleep(8)
    story.tell("registered, not armed", picture=True)

    for point in CHECKLIST:
        bench.tick(house.desk, SERIAL, point, on=True, by=BY)
    box = house.store.appliances.get(SERIAL)
    # The machine has one gigabyte, which its own facts say: that is why a reason is asked for.
    story.tell(f"its own facts: {[(one.code, one.holds) for one in bench.found(box).values()]}")
    bench.arm(house.desk, SERIAL, by=BY, role="technician", reason="a rehearsal in an emulator")
    story.until(lambda: house.store.appliances.get(SERIAL).first_fetch_at is not None, "the answers")
    story.tell("armed: it went on by itself and fetched its answers")

    story.until(lambda: house.store.appliances.get(SERIAL).early_at is not None, "the early script")
    story.tell("chain: its own answers are loaded, the early script reported")
    story.until(lambda: house.store.appliances.get(SERIAL).beat_step is not None, "a heartbeat")
    story.tell(f"heartbeat: its menu is at `{house.store.appliances.get(SERIAL).beat_step}`")

    story.until(lambda: house.store.appliances.get(SERIAL).question is not None, "a question")
    box = house.store.appliances.get(SERIAL)
    row = next(row for row in bench_rows(house.desk) if row.serial == SERIAL)
    story.tell(f"a question is on its screen, and the bench names it: `{box.question}`", picture=True)
    # A compiled program asks it, past debconf's shell library: the mirror holds one file.
    assert (row.urgency, row.what, box.question) == ("hand", "bench-question", "mirror/bad")

    for line in house.store.timeline.of_serial(SERIAL):
        story.add(f"`{line.event}` {dict(line.facts).get('phase', '')}")


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
