"""Is the right disk wiped, and never another? The rules twice over thousands of layouts, then the script on files."""

from collections.abc import Callable
from pathlib import Path
from threading import Thread
from time import monotonic, sleep

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from preseed.appliance import DiskRules
from preseed.disks import Disk, choose, clean_model, hand_may, parse_disks
from tests.fakes.disks import assert_no_wrong_wipe, busybox
from tests.fakes.preseed import SHELLS, Bench, Box, box, laid_down
from webhooks.events import DisksSeen, InstallProgressed

GPT = b"\0" * 512 + b"EFI PART"
MBR = b"\0" * 510 + b"\x55\xaa"


@settings(max_examples=8, deadline=None)
@given(st.integers(min_value=0, max_value=2**32))
def test_shell_and_python_wipe_the_same_disk_and_never_a_wrong_one(seed: int) -> None:
    assert_no_wrong_wipe(seed, 500, busybox())


@pytest.mark.slow
@settings(max_examples=120, deadline=None)
@given(st.integers(min_value=0, max_value=2**32))
def test_over_a_hundred_thousand_layouts_no_disk_is_wiped_wrongly(seed: int) -> None:
    # 120 batches of 1,000.
    assert_no_wrong_wipe(seed, 1000, busybox())


def test_the_generated_layouts_are_worth_deciding() -> None:
    # Were nearly all refused, agreement would say little.
    wiped = [assert_no_wrong_wipe(seed, 200, busybox()) for seed in range(10)]
    assert sum(wiped) > 200


@given(st.binary(max_size=600))
def test_whatever_a_box_tells_of_its_disks_is_read_and_nothing_in_it_may_be_wiped_by_mistake(body: bytes) -> None:
    for disk in parse_disks(body):
        assert disk.model == clean_model(disk.model)
        assert not hand_may(disk, DiskRules()) or (disk.usb, disk.removable, disk.read_only) == ("0", "0", "0")


def test_a_person_may_take_a_used_disk_but_never_a_stick() -> None:
    used = Disk("sda", "488397168", "0", "0", "0", "0", "1", "Samsung SSD 870")
    stick = Disk("sdb", "488397168", "1", "0", "1", "0", "1", "SanDisk Ultra")
    choice = choose([used, stick], DiskRules())
    assert (choice.disk, choice.reasons) == (None, {"sda": "used", "sdb": "removable"})
    assert (hand_may(used, DiskRules()), hand_may(stick, DiskRules())) == (True, False)


# --- the script itself, on a box's files ---


@pytest.fixture
def machine(tmp_path: Path) -> Box:
    machine = Box(tmp_path)
    machine.command("hostname", ":")
    machine.command("list-devices", 'cat "$STAGING_ROOT/disks" 2>/dev/null')
    machine.command("debconf-set", 'echo "debconf-set $*" >>"$CALLS"')
    return machine


def look(machine: Box, bench: Bench, *, shell: str = "sh", rules: DiskRules | None = None, turns: int = 1) -> int:
    """Let the script look so many times; one that would wait longer is ended."""
    with bench.listening():
        laid_down(machine, bench, box(disk=rules or DiskRules()))
        machine.command("sleep", f'echo "sleep $*" >>"$CALLS"; [ $(grep -c sleep "$CALLS") -lt {turns} ] || kill $PPID')
        return machine.run((machine.root / "lib/staging/disk.sh").read_text(), shell=shell).returncode


def taken(machine: Box) -> list[str]:
    return [call.split()[2] for call in machine.calls if call.startswith("debconf-set partman-auto/disk")]


@pytest.mark.parametrize("shell", SHELLS)
def test_the_only_inner_disk_is_taken_and_the_stick_is_not(machine: Box, shell: str) -> None:
    machine.disk("sda", gb=32, bus="pci/usb1/1-2")
    machine.disk("sdb", gb=8, removable=1)
    machine.disk("nvme0n1", gb=250)
    bench = Bench()
    assert look(machine, bench, shell=shell) == 0
    assert taken(machine) == ["/dev/nvme0n1"]
    assert "debconf-set grub-installer/bootdev /dev/nvme0n1" in machine.calls
    assert [event.step for event in bench.events if isinstance(event, InstallProgressed)] == ["disk-chosen"]


@pytest.mark.parametrize(
    ("disks", "reason"),
    [
        ([], "found 0"),
        ([("sda", 250, {}), ("sdb", 250, {})], "found 2: /dev/sda /dev/sdb"),
        ([("sda", 15.9, {})], "sda:too-small"),
        ([("sda", 250, {"removable": 1})], "sda:removable"),
        ([("sda", 250, {"read_only": 1})], "sda:read-only"),
        ([("sda", 250, {"bus": "pci/usb2/2-1"})], "sda:usb"),
        ([("sda", 250, {"starts": MBR})], "sda:used"),
        ([("sda", 250, {"starts": GPT})], "sda:used"),
        ([("sda", 250, {"starts": b"\0" * 32768 + b"\1CD001"})], "sda:used"),
        ([("sda", 250, {"parts": 2})], "sda:used"),
    ],
)
def test_anything_but_one_clean_disk_touches_nothing_and_shows_the_bench_its_disks(
    machine: Box, disks: list[tuple[str, float, dict[str, object]]], reason: str
) -> None:
    for name, gb, more in disks:
        machine.disk(name, gb=gb, **more)  # type: ignore[arg-type]  # the cases above name real arguments
    bench = Bench()
    look(machine, bench)
    assert taken(machine) == []
    shown, told = bench.events
    assert isinstance(shown, DisksSeen)
    assert [disk.name for disk in parse_disks(shown.body)] == [name for name, _, _ in disks]
    assert isinstance(told, InstallProgressed)
    assert (told.step, told.failed) == ("disk-refused", True)
    assert reason in told.detail


def test_what_a_box_shows_of_a_disk_is_what_a_person_needs_to_choose(machine: Box) -> None:
    machine.disk("sda", gb=250, starts=GPT, model="Samsung SSD 870")
    bench = Bench()
    look(machine, bench)
    (shown, _) = bench.events
    assert isinstance(shown, DisksSeen)
    assert parse_disks(shown.body) == (Disk("sda", "488281250", "0", "0", "0", "0", "1", "Samsung SSD 870"),)


def test_a_box_that_is_installed_again_may_lose_what_is_on_its_disk(machine: Box) -> None:
    machine.disk("sda", gb=250, starts=GPT, parts=3)
    assert look(machine, Bench(), rules=DiskRules(restage=True)) == 0
    assert taken(machine) == ["/dev/sda"]


def test_only_the_models_that_are_allowed_are_taken(machine: Box) -> None:
    machine.disk("sda", gb=250, model="Samsung SSD 870 EVO")
    machine.disk("sdb", gb=250, model="SAMSUNG HD753LJ")
    assert look(machine, Bench(), rules=DiskRules(models=("Samsung SSD", "INTEL"))) == 0
    assert taken(machine) == ["/dev/sda"]


@pytest.mark.parametrize("medium", ["sda1", "sda", "nvme0n1p1"])
def test_the_installers_own_medium_is_never_taken(machine: Box, medium: str) -> None:
    held = "nvme0n1" if medium.startswith("nvme") else "sda"
    machine.disk(held, gb=64)
    machine.disk("sdb", gb=250)
    (machine.root / "proc/mounts").write_text(f"/dev/{medium} /cdrom iso9660 ro 0 0\n")
    assert look(machine, Bench()) == 0
    assert taken(machine) == ["/dev/sdb"]


def test_a_largest_size_keeps_the_data_disk_safe(machine: Box) -> None:
    machine.disk("sda", gb=250)
    machine.disk("sdb", gb=4000)
    assert look(machine, Bench(), rules=DiskRules(maximum_gb=1000)) == 0
    assert taken(machine) == ["/dev/sda"]


@pytest.mark.parametrize("shell", SHELLS)
def test_what_a_person_chooses_at_the_bench_goes_on_by_itself(machine: Box, shell: str) -> None:
    machine.disk("sda", gb=250)
    machine.disk("sdb", gb=250, starts=GPT)
    machine.disk("sdc", gb=250)
    bench = Bench()
    helper = Thread(target=_once, args=(lambda: bool(bench.events), lambda: setattr(bench, "chosen", "sdb 488281250")))
    helper.start()
    assert look(machine, bench, shell=shell, turns=200) == 0
    helper.join()
    assert taken(machine) == ["/dev/sdb"]


@pytest.mark.parametrize(
    "chosen", ["sda 488281250", "sdb 1", "sdz 488281250", "sdb", "$(reboot) 1", "../sdb 488281250"]
)
def test_a_choice_that_is_not_the_disk_that_was_shown_wipes_nothing(machine: Box, chosen: str) -> None:
    machine.disk("sda", gb=250, removable=1)
    machine.disk("sdb", gb=250, starts=GPT)
    look(machine, Bench(chosen=chosen), turns=2)
    assert taken(machine) == []


def test_a_disk_that_is_plugged_while_it_waits_is_found(machine: Box) -> None:
    bench = Bench()
    helper = Thread(target=_once, args=(lambda: bool(bench.events), lambda: machine.disk("sda", gb=250)))
    helper.start()
    assert look(machine, bench, turns=200) == 0
    helper.join()
    assert taken(machine) == ["/dev/sda"]


def test_a_bench_that_is_away_wipes_nothing_either(machine: Box) -> None:
    machine.disk("sda", gb=250)
    machine.disk("sdb", gb=250)
    bench = Bench()
    with bench.listening():
        laid_down(machine, bench, box())
    machine.command("sleep", "kill $PPID")
    machine.run((machine.root / "lib/staging/disk.sh").read_text())
    assert taken(machine) == []


def _once(ready: Callable[[], bool], act: Callable[[], object]) -> None:
    limit = monotonic() + 10
    while not ready() and monotonic() < limit:
        sleep(0.02)
    act()
