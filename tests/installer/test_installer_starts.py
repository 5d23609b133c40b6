"""Does a box start as the how-to says, each way? Real firmware, DHCP, TFTP, boot loaders and installer, in QEMU.

`make test-installer`, as root; needs the packages dnsmasq-base, ipxe, ovmf, qemu-system-x86, ipxe-qemu, iproute2 and
those of `tests/fakes/image.py`. Each machine is followed until its installer has asked our first stage, and no longer:
the rest is tried by `test_installer_boot.py` and `test_installer_whole.py`. What was seen last is in `docs/installer/`.
"""

import hashlib
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner
from flask import Flask, Response, request, send_from_directory
from PIL import Image

from preseed.releases import release
from staging.bootstrap import House, make_bench_app
from staging.cli import main
from staging.commands.bench_dhcp import BenchDhcp
from staging.commands.serving import Listener
from staging.core.words import Serial
from staging.desk import bench
from staging.jobs.records import CHECKLIST
from tests.fakes.house import BY, make_house
from tests.fakes.image import NETINST, make_image, make_start
from tests.fakes.initrd import NETBOOT
from tests.fakes.qemu import Machine
from tests.fakes.story import Story
from tests.fakes.wire import BENCH, MIRROR, PORT, TAP, bench_wire, other_dhcp

pytestmark = [pytest.mark.slow, pytest.mark.timeout(3600)]

SERIAL = Serial("SN0042")
WORD = "http://preseed"
POOL = "192.0.2.100,192.0.2.149"
PATIENCE_S = 1500
DISK_SAYS = b"the disk of SN0042 has started"


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    made = make_house(tmp_path / "home", STAGING_MIRROR=f"{MIRROR}/debian")
    yield made
    made.store.database.close()


@pytest.fixture
def asked() -> list[str]:
    """What the doors were asked for: path, the serial that the question held, and the asking program."""
    return []


@dataclass
class Rig:
    """A bench's wire, on which our service and a Debian mirror answer. ends: what is stopped at the end."""

    ends: ExitStack
    service: Flask
    door: Listener | None = None

    def open(self) -> None:
        self.door = Listener(self.service, host=BENCH, port=80)
        self.door.start()

    def close(self) -> None:
        if self.door is not None:
            self.door.stop()
            # iPXE keeps its connection: it ends too, as it does with the service's process.
            for channel in list(self.door._server.active_channels.values()):
                channel.handle_close()


@pytest.fixture
def rig(house: House, asked: list[str]) -> Iterator[Rig]:
    with ExitStack() as ends:
        ends.enter_context(bench_wire())
        service, mirror = make_bench_app(house, base=WORD), _mirror()
        for app in (service, mirror):
            app.before_request(lambda: _note(asked))
        rig = Rig(ends, service)
        rig.open()
        ends.callback(rig.close)
        other = Listener(mirror, host=MIRROR, port=80)
        other.start()
        ends.callback(other.stop)
        yield rig


def our_dhcp(rig: Rig, folder: Path, *, pool: bool) -> None:
    """What `staging serve --bench-dhcp br0` runs; without a pool beside the network's own DHCP server."""
    if not pool:
        rig.ends.enter_context(other_dhcp(folder))
    dhcp = BenchDhcp(PORT, pool=POOL if pool else None, domain="bench.lan", base=WORD, folder=folder / "home")
    dhcp.check()
    dhcp.start()
    rig.ends.callback(dhcp.stop)


def a_machine(rig: Rig, folder: Path, *, uefi: bool, disk: Path | None = None) -> Machine:
    """A box that boots from its network card first, then from its disk."""
    order, last = (("-boot", "order=nc"), "") if not uefi else ((), ",bootindex=2")
    drive = ("-drive", f"file={disk},format=raw,if=none,id=disk", "-device", f"ide-hd,drive=disk{last}")
    machine = Machine(folder, SERIAL, {}, order, tap=TAP, uefi=uefi, more=drive if disk else ())
    rig.ends.callback(machine.stop)
    machine.start()
    return machine


@pytest.mark.parametrize("pool", [False, True], ids=["proxy", "pool"])
@pytest.mark.parametrize("uefi", [False, True], ids=["bios", "uefi"])
def test_a_box_that_is_switched_on_boots_our_installer(
    rig: Rig, house: House, asked: list[str], tmp_path: Path, uefi: bool, pool: bool
) -> None:
    our_dhcp(rig, tmp_path, pool=pool)
    _register(house)
    machine = a_machine(rig, tmp_path, uefi=uefi)
    firmware, dhcp = "UEFI" if uefi else "BIOS", "our own DHCP" if pool else "another DHCP server, and ours beside it"
    story = Story(
        machine, tmp_path, name=f"start-{firmware.lower()}-{'pool' if pool else 'proxy'}", title=f"{firmware}, {dhcp}"
    )
    story.tell(f"switched on: {firmware}, nothing but a network card; {dhcp}")
    story.until(lambda: f"/boot.ipxe {SERIAL} iPXE" in asked, "the boot script", seconds=PATIENCE_S)
    time.sleep(3)
    story.tell("its boot loader asked for `/boot.ipxe` as SN0042: not armed, it asks again", picture=True)
    if pool and not uefi:
        rig.close()
        time.sleep(20)
        story.tell("the service is away: it goes on asking", picture=True)
        rig.open()
    _arm(house)
    story.until(lambda: _fetched(asked, "initrd.gz"), "kernel and first image", seconds=PATIENCE_S)
    story.tell("armed: it fetches the installer's kernel and first image from the mirror", picture=True)
    if uefi == pool:
        # The kernel line is the same whoever gave the address: two of the four are followed further.
        _until_first_stage(story, house, asked)
        story.tell("the installer asked the first stage, and said hello as SN0042")
    assert not [line for line in asked if line.startswith("/boot.ipxe") and "debian-installer" in line]
    if pool:
        assert len((tmp_path / "home/bench-dhcp.leases").read_text().splitlines()) == 1, "one box, one address"


def test_what_a_bios_rom_is_sent_goes_on_to_our_script(
    rig: Rig, house: House, asked: list[str], tmp_path: Path
) -> None:
    """The machine's own ROM is iPXE already: it is told to load what another ROM would have been sent."""
    told: list[str] = []

    @rig.service.before_request
    def as_another_rom() -> Response | None:
        if told:
            return None
        told.append(request.path)
        return Response(f"#!ipxe\nchain tftp://{BENCH}/undionly.kpxe\n", content_type="text/plain")

    our_dhcp(rig, tmp_path, pool=True)
    _register(house)
    machine = a_machine(rig, tmp_path, uefi=False)
    _wait(lambda: f"/boot.ipxe {SERIAL} iPXE" in asked, machine)
    assert told == ["/boot.ipxe"]
    assert asked.count("/boot.ipxe  iPXE") == 2, "the ROM, then what it loaded"


@pytest.mark.parametrize("uefi", [False, True], ids=["bios", "uefi"])
def test_a_box_that_was_installed_starts_its_own_disk(
    rig: Rig, house: House, asked: list[str], tmp_path: Path, uefi: bool
) -> None:
    our_dhcp(rig, tmp_path, pool=True)
    _register(house)
    house.store.appliances.change(SERIAL, partitioned_at=datetime.now(UTC), armed_at=datetime.now(UTC))
    machine = a_machine(rig, tmp_path, uefi=uefi, disk=_talking_disk(tmp_path, uefi=uefi))
    _wait(lambda: f"/boot.ipxe {SERIAL} iPXE" in asked, machine)
    _wait(lambda: DISK_SAYS in (tmp_path / "kernel.log").read_bytes(), machine)


@pytest.mark.parametrize("uefi", [False, True], ids=["bios", "uefi"])
def test_a_stick_made_of_debians_image_starts_by_itself_after_five_seconds(
    rig: Rig, house: House, asked: list[str], tmp_path: Path, uefi: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    image = make_image(tmp_path)
    before, stick = hashlib.sha256(image.read_bytes()).digest(), tmp_path / "staging.iso"
    monkeypatch.setenv("STAGING_BENCH_URL", WORD)
    monkeypatch.setenv("STAGING_HOME", str(tmp_path / "home"))
    words = ["--image", str(image), "--sums", str(tmp_path / "SHA256SUMS"), "--out", str(stick)]
    done = CliRunner().invoke(main, ["preseed", "boot-media", "iso", *words], catch_exceptions=False)
    assert done.exit_code == 0, done.stderr
    assert hashlib.sha256(image.read_bytes()).digest() == before, "the official image is only read"

    rig.ends.enter_context(other_dhcp(tmp_path))
    drive = ("-drive", f"if=none,id=stick,format=raw,readonly=on,file={stick}")
    usb = ("-device", "qemu-xhci", *drive, "-device", "usb-storage,drive=stick,removable=on,bootindex=0")
    machine = Machine(tmp_path, SERIAL, {}, (), tap=TAP, uefi=uefi, secure=uefi, more=usb)
    rig.ends.callback(machine.stop)
    machine.start()
    name, firmware = ("uefi", "UEFI with Secure Boot") if uefi else ("bios", "BIOS")
    story = Story(machine, tmp_path, name=f"stick-{name}", title=f"{firmware}, a prepared stick")
    story.tell(f"switched on: {firmware}, the stick in a USB port; the network's own DHCP, nothing of ours in it")
    _wait(lambda: _menu_is_there(machine), machine)
    story.tell("the stick's menu: our entry first; nobody presses a key", picture=True)
    _until_first_stage(story, house, asked)
    story.tell("the installer asked the first stage, and said hello as SN0042: not registered, it waits", picture=True)


def _until_first_stage(story: Story, house: House, asked: list[str]) -> None:
    story.until(lambda: "/d-i/bookworm/preseed.cfg  debian-installer" in asked, "the first stage", seconds=PATIENCE_S)
    story.until(lambda: "/hooks/hello  debian-installer" in asked, "its hello")
    time.sleep(8)
    known = {SERIAL: house.store.appliances.find(SERIAL)}
    told = [dict(one.facts) for one in house.store.appliances.strangers() if one.serial == SERIAL]
    told += [dict(box.facts) for box in known.values() if box is not None]
    assert [one["firmware"] for one in told] == ["uefi" if story.machine.uefi else "bios"]


def _register(house: House) -> None:
    bench.register_box(house.desk, SERIAL, model="DH470", customer="Atelier Bleu", by=BY)
    for point in CHECKLIST:
        bench.tick(house.desk, SERIAL, point, on=True, by=BY)


def _arm(house: House) -> None:
    bench.arm(house.desk, SERIAL, by=BY, role="technician")


def _note(asked: list[str]) -> None:
    program = (request.user_agent.string or "-").partition("/")[0]
    asked.append(f"{request.path} {request.args.get('serial', '')} {program}")


def _fetched(asked: list[str], name: str) -> bool:
    return any(line.partition(" ")[0].endswith(f"/{name}") and "iPXE" in line for line in asked)


def _mirror() -> Flask:
    """A mirror that has the installer's kernel and first image, where every Debian mirror has them."""
    app = Flask("mirror")

    @app.get(f"/debian/{release('bookworm').netboot}/<name>")
    def file(name: str) -> Response:
        return send_from_directory(NETBOOT, name)

    return app


def _wait(ready: Callable[[], bool], machine: Machine) -> None:
    end = time.monotonic() + PATIENCE_S
    while not ready():
        machine.picture(machine.folder / "now.png")
        assert time.monotonic() < end, f"see {machine.folder / 'now.png'}"
        time.sleep(1)


def _menu_is_there(machine: Machine) -> bool:
    """Both menus are pictures in a size that neither firmware nor kernel draws one in."""
    machine.picture(machine.folder / "look.png")
    with Image.open(machine.folder / "look.png") as picture:
        colours = picture.convert("RGB").getcolors(maxcolors=2**20) or []
        return picture.size == ((800, 600) if machine.uefi else (640, 480)) and len(colours) > 100


def _talking_disk(folder: Path, *, uefi: bool) -> Path:
    """A disk that says on the serial line that it was started, and no more."""
    return _uefi_disk(folder) if uefi else _bios_disk(folder)


def _bios_disk(folder: Path) -> Path:
    # cld; xor ax, ax; mov ds, ax; mov si, text; next: lodsb; test al, al; jz end; mov dx, com1; out dx, al; jmp next
    code = b"\xfc\x31\xc0\x8e\xd8\xbe\x40\x7c\xac\x84\xc0\x74\x06\xba\xf8\x03\xee\xeb\xf5\xf4\xeb\xfd"
    disk = folder / "disk.raw"
    disk.write_bytes((code.ljust(0x40, b"\x90") + DISK_SAYS + b"\0").ljust(510, b"\0") + b"\x55\xaa" + bytes(2**20))
    return disk


def _uefi_disk(folder: Path) -> Path:
    """A file system with GRUB on it, where every UEFI looks; what GRUB prints goes to the serial line too."""
    disk = folder / "disk.raw"
    make_start(disk, {".disk/info": NETINST, "boot/grub/grub.cfg": f"echo '{DISK_SAYS.decode()}'\nsleep 1000\n"})
    return disk
