"""Do the installer's scripts do their work on a box, and stop where they should?"""

from pathlib import Path

import pytest

from preseed.appliance import Appliance, DiskRules, FixedNetwork
from preseed.links import Links
from preseed.scripts import SCRIPT_NAMES, render_script, render_stage
from tests.fakes.preseed import SHELLS, TICKET, Bench, Box, box
from webhooks.events import InstallFinished, InstallProgressed, LogReceived


@pytest.fixture
def machine(tmp_path: Path) -> Box:
    machine = Box(tmp_path)
    machine.command("hostname", 'echo "hostname $*" >>"$CALLS"')
    machine.command("in-target", 'echo "in-target $*" >>"$CALLS"')
    machine.command("list-devices", 'cat "$STAGING_ROOT/disks"')
    machine.command("debconf-set", 'echo "debconf-set $*" >>"$CALLS"')
    (machine.root / "var/log/syslog").write_text("main-menu[1]: INFO: Menu item 'partman-base' selected\n")
    (machine.root / "disks").touch()
    return machine


def script(name: str, bench: Bench, appliance: Appliance | None = None) -> str:
    return render_script(name, appliance or box(), links=Links(bench.base), ticket=TICKET)  # type: ignore[arg-type]  # the name is a literal


@pytest.mark.parametrize("shell", SHELLS)
@pytest.mark.parametrize("name", SCRIPT_NAMES)
@pytest.mark.parametrize("wazo", [True, False])
def test_every_script_is_one_that_the_shell_can_read(machine: Box, shell: str, name: str, wazo: bool) -> None:
    text = script(name, Bench(), box() if wazo else box(wazo=None))
    done = machine.run(f"{{ :; exit 0; }}\n{text}", shell=shell)
    assert (done.returncode, done.stderr) == (0, "")
    # Reading the braces alone would not read the rest: ask for the syntax of the whole.
    done = machine.run(f"set -n\n{text}", shell=shell)
    assert (done.returncode, done.stderr) == (0, "")


def test_no_script_wants_what_an_installer_lacks() -> None:
    lacking = ("setsid", "nohup", "timeout ", "openssl", "dmidecode", "curl ", "[[ ", "function ", "local ")
    texts = [script(name, Bench()) for name in ("early.sh", "late.sh")] + [
        render_stage("bookworm", Links("http://preseed"))
    ]
    code = [line for text in texts for line in text.splitlines() if not line.lstrip().startswith("#")]
    assert [line for line in code if any(word in line for word in lacking)] == []
    assert all(text.isascii() for text in texts)


@pytest.mark.parametrize("shell", SHELLS)
def test_early_sets_the_name_lays_the_hooks_down_and_reports(machine: Box, shell: str) -> None:
    bench = Bench()
    bench.add(box())
    with bench.listening():
        machine.command("sh", "exit 0")  # the heartbeat has a test of its own
        done = machine.run(script("early.sh", bench), shell=shell)
    assert done.returncode == 0, done.stderr
    assert (machine.root / "etc/hostname").read_text() == "sn0042\n"
    assert "127.0.1.1\tsn0042.bench.lan sn0042\n" in (machine.root / "etc/hosts").read_text()
    assert [path.name for path in sorted(machine.root.glob("usr/lib/*/*staging"))] == [
        "01staging",
        "06staging",
        "95staging",
        "99staging",
        "01staging",
    ]
    assert [event.step for event in bench.events if isinstance(event, InstallProgressed)] == ["early"]


def test_the_hooks_that_early_lays_down_report_each_phase_and_the_end(machine: Box) -> None:
    bench = Bench()
    with bench.listening():
        machine.command("sh", "exit 0")
        machine.run(script("early.sh", bench))
        bench.events.clear()
        (machine.root / "bin/sh").unlink()
        for folder in ("base-installer.d", "post-base-installer.d", "pre-pkgsel.d", "finish-install.d"):
            for hook in sorted((machine.root / "usr/lib" / folder).iterdir()):
                text = hook.read_text().replace("/var/log/syslog", str(machine.root / "var/log/syslog"))
                assert machine.run(text).returncode == 0
    steps = [event.step for event in bench.events if isinstance(event, InstallProgressed)]
    assert steps == ["base-begin", "base-done", "pkgsel-begin", "finish-begin"]
    log, end = bench.events[-2:]
    assert isinstance(log, LogReceived)
    assert "partman-base" in log.text
    assert isinstance(end, InstallFinished)


def test_a_bench_that_is_away_stops_no_installation(machine: Box) -> None:
    bench = Bench(base="http://127.0.0.1:1")
    machine.command("sh", "exit 0")
    assert machine.run(script("early.sh", bench)).returncode == 0


def test_the_heartbeat_tells_the_menu_item_and_sends_the_log_when_something_failed(machine: Box) -> None:
    bench = Bench()
    with (machine.root / "var/log/syslog").open("a") as log:
        log.write("main-menu[1]: WARNING **: Configuring 'partman-base' failed with error code 1\n")
    machine.command("sleep", 'echo "sleep $*" >>"$CALLS"; [ $(wc -l <"$CALLS") -lt 3 ] || kill $PPID')
    with bench.listening():
        early = script("early.sh", bench)
        heartbeat = early.split("heartbeat.sh\" <<'STAGING_FILE'\n")[1].split("\nSTAGING_FILE")[0]
        machine.run(heartbeat)
    told = [type(event).__name__ for event in bench.events]
    assert told == ["InstallAlive", "LogReceived", "InstallAlive", "InstallAlive"]
    assert (bench.events[0].step, bench.events[0].failures) == ("partman-base", 1)  # type: ignore[union-attr]  # an InstallAlive, as told above


# --- which disk may be wiped ---


def choose_disk(machine: Box, bench: Bench, shell: str = "sh", disk: DiskRules | None = None) -> int:
    appliance = box(disk=disk or DiskRules())
    early = script("early.sh", bench, appliance)
    report = early.split("staging-report\" <<'STAGING_FILE'\n")[1].split("\nSTAGING_FILE")[0]
    machine.command("staging-report", report)
    text = early.split("disk.sh\" <<'STAGING_FILE'\n")[1].split("\nSTAGING_FILE")[0]
    return machine.run(text, shell=shell).returncode


@pytest.mark.parametrize("shell", SHELLS)
def test_the_only_inner_disk_is_taken_and_the_stick_is_not(machine: Box, shell: str) -> None:
    machine.disk("sda", gb=32, bus="pci/usb1/1-2")
    machine.disk("sdb", gb=8, removable=1)
    machine.disk("nvme0n1", gb=250)
    bench = Bench()
    with bench.listening():
        assert choose_disk(machine, bench, shell) == 0
    assert "debconf-set partman-auto/disk /dev/nvme0n1" in machine.calls
    assert "debconf-set grub-installer/bootdev /dev/nvme0n1" in machine.calls


@pytest.mark.parametrize(
    ("disks", "reason"),
    [
        ([], "found 0"),
        ([("sda", 250, {}), ("sdb", 250, {})], "found 2: /dev/sda /dev/sdb"),
        ([("sda", 15.9, {})], "sda:too-small"),
        ([("sda", 250, {"removable": 1})], "sda:removable"),
        ([("sda", 250, {"read_only": 1})], "sda:read-only"),
        ([("sda", 250, {"bus": "pci/usb2/2-1"})], "sda:usb"),
    ],
)
def test_anything_but_one_disk_touches_nothing_and_tells_the_bench(
    machine: Box, disks: list[tuple[str, float, dict[str, object]]], reason: str
) -> None:
    for name, gb, more in disks:
        machine.disk(name, gb=gb, **more)  # type: ignore[arg-type]  # the cases above name real arguments
    bench = Bench()
    with bench.listening():
        assert choose_disk(machine, bench) == 1
    assert not any(call.startswith("debconf-set") for call in machine.calls)
    (told,) = bench.events
    assert isinstance(told, InstallProgressed)
    assert (told.step, told.failed) == ("disk-refused", True)
    assert reason in told.detail


def test_the_installers_own_medium_is_never_taken(machine: Box) -> None:
    machine.disk("sda", gb=64)
    machine.disk("sdb", gb=250)
    (machine.root / "proc/mounts").write_text("/dev/sda1 /cdrom iso9660 ro 0 0\n")
    bench = Bench()
    with bench.listening():
        assert choose_disk(machine, bench) == 0
    assert "debconf-set partman-auto/disk /dev/sdb" in machine.calls


def test_a_largest_size_keeps_the_data_disk_safe(machine: Box) -> None:
    machine.disk("sda", gb=250)
    machine.disk("sdb", gb=4000)
    bench = Bench()
    with bench.listening():
        assert choose_disk(machine, bench, disk=DiskRules(maximum_gb=1000)) == 0
    assert "debconf-set partman-auto/disk /dev/sda" in machine.calls


# --- the new system ---


@pytest.mark.parametrize("shell", SHELLS)
def test_late_prepares_the_new_system_and_its_first_boot(machine: Box, shell: str) -> None:
    bench = Bench()
    bench.add(box())
    target = machine.root / "target"
    with bench.listening():
        done = machine.run(script("late.sh", bench), shell=shell)
    assert done.returncode == 0, done.stderr
    assert "iface enp0s3 inet dhcp" in (target / "etc/network/interfaces").read_text()
    assert (target / "root/.ssh/authorized_keys").read_text() == "ssh-ed25519 AAAAC3Nza accueil@atelier-bleu\n"
    firstboot = target / "usr/local/sbin/staging-firstboot"
    assert firstboot.read_text().startswith("#!/bin/sh\n")
    assert firstboot.stat().st_mode & 0o777 == 0o700
    assert "in-target systemctl enable staging-firstboot.service" in machine.calls
    assert [event.step for event in bench.events if isinstance(event, InstallProgressed)] == ["late-begin", "late-done"]


def test_a_fixed_address_waits_in_the_new_system(machine: Box) -> None:
    network = FixedNetwork("192.0.2.10/24", "192.0.2.1", ("192.0.2.2", "192.0.2.3"))
    bench = Bench()
    bench.add(box(network=network))
    with bench.listening():
        assert machine.run(script("late.sh", bench, bench.appliances[box().serial])).returncode == 0
    interfaces = (machine.root / "target/etc/network/interfaces").read_text()
    assert "iface enp0s3 inet static\n\taddress 192.0.2.10/24\n\tgateway 192.0.2.1\n" in interfaces
    resolver = (machine.root / "target/etc/resolv.conf").read_text()
    assert resolver == "search bench.lan\nnameserver 192.0.2.2\nnameserver 192.0.2.3\n"


def test_a_late_failure_stops_the_installer_and_brings_its_log(machine: Box) -> None:
    machine.command("in-target", "exit 3")
    bench = Bench()
    bench.add(box())
    with bench.listening():
        assert machine.run(script("late.sh", bench)).returncode == 3
    log, told = bench.events[-2:]
    assert isinstance(log, LogReceived)
    assert isinstance(told, InstallProgressed)
    assert (told.step, told.failed, told.detail) == ("late-failed", True, "status 3")
