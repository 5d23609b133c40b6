"""Does Debian's real installer install a whole system from the service? From a network boot on, nothing typed; long.

`make test-installer`; needs the packages qemu-system-x86 and ipxe-qemu, and a Debian mirror that this machine's own apt
knows: the installer and its components come from there, see `tests/fakes/components.py`. Trixie, because more of its
components can be had than of bookworm's. What was seen of the last run is in `docs/installer/`.
"""

import hashlib
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask, Response, request, send_from_directory

from preseed.releases import release
from staging.bootstrap import House, make_bench_app
from staging.commands.serving import Listener
from staging.core.words import Serial
from staging.desk import answer_texts, bench
from staging.desk.bench_screen import bench_rows
from staging.jobs.records import CHECKLIST
from tests.fakes.components import Apt, Had, field, make_mirror, put_installer
from tests.fakes.house import BY, make_house
from tests.fakes.initrd import unpack
from tests.fakes.qemu import Machine
from tests.fakes.story import Story

pytestmark = [pytest.mark.slow, pytest.mark.timeout(4 * 3600)]

SERIAL = Serial("SN0042")
BENCH, MIRROR = "10.0.2.100", "10.0.2.101"
UNSIGNED = "d-i debian-installer/allow_unauthenticated boolean true\n"
"""The small mirror's own lists are not signed; said as answers of one's own, as an administrator would."""

PHASES = ("base-begin", "base-done", "pkgsel-begin", "finish-begin", "late-begin", "late-done")


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    made = make_house(tmp_path / "home", STAGING_MIRROR=f"{MIRROR}/debian", STAGING_WAZO_DISTRIBUTION="pelican-trixie")
    yield made
    made.store.database.close()


@pytest.fixture
def mirror(tmp_path: Path) -> tuple[Path, Had]:
    """A mirror with all that this machine's apt can give; what it gave is kept where INSTALLER_APT says."""
    folder = Path(os.environ.get("INSTALLER_APT") or tmp_path / "apt")
    apt, out, about = Apt(folder, "trixie"), tmp_path / "mirror", release("trixie")
    apt.update()
    image = put_installer(apt, out, about.number, about.netboot)
    inside = unpack(tmp_path / "initrd", image)
    (kernel,) = (path.name for path in (inside / "lib/modules").iterdir())
    entries = (inside / "var/lib/dpkg/status").read_text("utf-8").split("\n\n")
    return out, make_mirror(apt, out, kernel=kernel, installed=frozenset(field(one, "Package") for one in entries))


@pytest.fixture
def asked() -> list[str]:
    """What the service was asked for: path, and the serial that the question held."""
    return []


@pytest.fixture
def machine(tmp_path: Path, house: House, mirror: tuple[Path, Had], asked: list[str]) -> Iterator[Machine]:
    app = make_bench_app(house, base=f"http://{BENCH}")
    app.before_request(lambda: asked.append(f"{request.path} {request.args.get('serial', '')}"))
    doors = (
        Listener(app, host="127.0.0.1", port=0),
        Listener(_serving(mirror[0]), host="127.0.0.1", port=0),
    )
    for door in doors:
        door.start()
    machine = Machine(
        tmp_path, SERIAL, {(BENCH, 80): doors[0].port, (MIRROR, 80): doors[1].port},
        bootfile=f"http://{BENCH}/boot.ipxe", memory_mb=2048, more=_disks(tmp_path),
    )  # fmt: skip
    try:
        machine.start()
        yield machine
    finally:
        machine.stop()
        for door in doors:
            door.stop()


def test_a_box_that_boots_from_the_network_asks_for_its_disk_and_is_installed(
    machine: Machine, house: House, mirror: tuple[Path, Had], asked: list[str], tmp_path: Path
) -> None:
    story = Story(machine, tmp_path, name="network-boot", title="Trixie, booted from the network, nothing typed")
    had = mirror[1]
    assert had.missing == ()
    story.add(f"mirror: {len(had.real)} real parts of the installer, {had.system} packages of the system")
    story.add(f"made of the ordinary package of the same version: {', '.join(had.made)}")
    before = {name: _start(tmp_path / name) for name in ("data.raw", "stick.raw")}
    answer_texts.keep_text(house.desk, "bench", "", UNSIGNED, expect=None, by=BY)

    story.tell("switched on: two empty disks, an empty USB stick; its firmware boots from the network")
    bench.register_box(house.desk, SERIAL, model="DH470", customer="Atelier Bleu", by=BY, suite="trixie")
    for point in CHECKLIST:
        bench.tick(house.desk, SERIAL, point, on=True, by=BY)
    story.until(lambda: f"/boot.ipxe {SERIAL}" in asked, "the boot script")
    story.tell("iPXE has the boot script and asks again: it is not armed", picture=True)
    bench.arm(house.desk, SERIAL, by=BY, role="technician")

    story.until(lambda: house.store.appliances.get(SERIAL).early_at is not None, "the early script", seconds=2400)
    story.tell("armed: kernel, first stage, its own answers, early script")
    story.until(lambda: bool(bench.disks_of(house.store.appliances.get(SERIAL))), "its disks", seconds=2400)
    disks = bench.disks_of(house.store.appliances.get(SERIAL))
    story.tell(f"partitioner: it tells its disks, {', '.join(f'{disk.name} {disk.model}' for disk in disks)}")
    story.until(lambda: _asks_for_its_disk(house), "the question at the bench page")
    story.tell("two internal disks are left, so none is touched: the bench page asks, and the box waits", picture=True)
    (chosen,) = [disk for disk in disks if disk.name.startswith("nvme")]
    bench.choose_disk(house.desk, SERIAL, chosen.name, sectors=chosen.sectors, by=BY)
    story.until(lambda: house.store.appliances.get(SERIAL).partitioned_at is not None, "partitioned", seconds=2400)
    story.tell(f"`{chosen.name}` chosen at the page: it went on by itself, and is partitioned")
    assert {name: _start(tmp_path / name) for name in before} == before, "no other disk was touched"

    for phase in PHASES:
        story.until(lambda phase=phase: _reached(house, phase), phase, seconds=4800)  # type: ignore[misc]  # a default binds it
        story.tell(f"`{phase}`", picture=phase in ("base-done", "finish-begin"))
    story.until(lambda: house.store.appliances.get(SERIAL).installed_at is not None, "installed", seconds=2400)
    started = asked.count(f"/boot.ipxe {SERIAL}")
    story.tell("installed; it restarts")
    story.until(lambda: asked.count(f"/boot.ipxe {SERIAL}") > started, "the next boot script", seconds=600)
    story.tell("its network boot is answered with its own disk")
    story.until(lambda: _reached(house, "firstboot-begin"), "the first boot", seconds=2400)
    story.tell("the new system is up, and its first boot reports", picture=True)
    story.until(lambda: _reached(house, "firstboot-packages-failed"), "the first boot's end", seconds=2400)
    story.tell("first boot: the small mirror has no ansible; the bench knows, with the log")
    assert {name: _start(tmp_path / name) for name in before} == before, "no other disk was touched"


def _reached(house: House, phase: str) -> bool:
    return any(dict(line.facts).get("phase") == phase for line in house.store.timeline.of_serial(SERIAL))


def _asks_for_its_disk(house: House) -> bool:
    return any(row.serial == SERIAL and row.what == "disk-choice" for row in bench_rows(house.desk))


def _serving(folder: Path) -> Flask:
    app = Flask("mirror")

    @app.get("/debian/<path:name>")
    def file(name: str) -> Response:
        return send_from_directory(folder, name)

    return app


def _start(disk: Path) -> str:
    """What stands at a disk's beginning, where tables and file systems are."""
    with disk.open("rb") as file:
        return hashlib.sha256(file.read(4_000_000)).hexdigest()


def _disks(folder: Path) -> tuple[str, ...]:
    """An NVMe disk, a SATA disk, a USB stick; nothing is on any of them."""
    for name, gb in (("system.raw", 20), ("data.raw", 20), ("stick.raw", 32)):
        with (folder / name).open("wb") as file:
            file.truncate(gb * 10**9)
    words = []
    for name, device in (
        # A BIOS tries one disk of several, the first of its own list: a person has put the system's there.
        ("system.raw", "nvme,serial=staging,bootindex=2"),
        ("data.raw", "ide-hd"),
        ("stick.raw", "usb-storage,removable=on"),
    ):
        part = name.removesuffix(".raw")
        words += ["-drive", f"if=none,id={part},file={folder / name},format=raw,cache=unsafe"]
        words += ["-device", f"{device},drive={part}"]
    return ("-device", "qemu-xhci", *words)
