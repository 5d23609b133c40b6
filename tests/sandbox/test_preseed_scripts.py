"""Do the installer's scripts do their work on a box, and stop where they should?"""

from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from preseed.appliance import Appliance, FixedNetwork
from preseed.links import Links
from preseed.scripts import SCRIPT_NAMES, render_script, render_stage
from tests.fakes.preseed import AUTHORITY, SHELLS, TICKETS, Bench, Box, box, laid_down
from webhooks.events import InstallAlive, InstallFinished, InstallProgressed, LogReceived

# What in-target would do in a chroot of /target: the same programs, with the paths they are given moved there.
IN_TARGET = """
[ "$1" = openssl ] || exit 0
shift
for word; do
	shift
	case $word in /usr/share/*) word=$STAGING_ROOT/target$word ;; esac
	set -- "$@" "$word"
done
exec openssl "$@" 2>/dev/null
"""


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
    return render_script(name, appliance or box(), links=Links(bench.base), tickets=TICKETS)  # type: ignore[arg-type]  # the name is a literal


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
    # What follows in-target runs in the new system, which has more.
    code = [line for text in texts for line in text.splitlines() if not line.lstrip().startswith(("#", "in-target "))]
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
        assert machine.run((machine.root / "lib/partman/finish.d/01staging").read_text()).returncode == 0
    steps = [event.step for event in bench.events if isinstance(event, InstallProgressed)]
    assert steps == ["base-begin", "base-done", "pkgsel-begin", "finish-begin", "partitioned"]
    log, end = bench.events[-3:-1]
    assert isinstance(log, LogReceived)
    assert "partman-base" in log.text
    assert isinstance(end, InstallFinished)


def test_a_bench_that_is_away_stops_no_installation(machine: Box) -> None:
    bench = Bench(base="http://127.0.0.1:1")
    machine.command("sh", "exit 0")
    assert machine.run(script("early.sh", bench)).returncode == 0


def beat(machine: Box) -> None:
    """Three turns of the heartbeat."""
    machine.command("sleep", 'echo "sleep $*" >>"$CALLS"; [ $(grep -c sleep "$CALLS") -lt 3 ] || kill $PPID')
    machine.run((machine.root / "lib/staging/heartbeat.sh").read_text())


def test_the_heartbeat_tells_the_menu_item_and_sends_the_logs_when_something_failed(machine: Box) -> None:
    bench = Bench()
    with (machine.root / "var/log/syslog").open("a") as log:
        log.write("main-menu[1]: WARNING **: Configuring 'partman-base' failed with error code 1\n")
    (machine.root / "var/log/partman").write_text("parted_server: error\n")
    with bench.listening():
        laid_down(machine, bench, box())
        beat(machine)
    told = [type(event).__name__ for event in bench.events]
    assert told == ["InstallAlive", "InstallProgressed", "LogReceived", "LogReceived", "InstallAlive", "InstallAlive"]
    alive, failed, *logs = bench.events[:4]
    assert isinstance(alive, InstallAlive)
    assert isinstance(failed, InstallProgressed)
    assert (alive.step, alive.failures) == ("partman-base", 1)
    assert (failed.step, failed.failed) == ("partman-base-failed", True)
    assert [log.name for log in logs if isinstance(log, LogReceived)] == ["installer", "partman"]


def test_the_heartbeat_names_the_question_that_is_on_the_screen(machine: Box) -> None:
    bench = Bench()
    (machine.root / "tmp/staging.question").write_text("apt-setup/mirror/error\n")
    with bench.listening():
        laid_down(machine, bench, box())
        beat(machine)
    assert {event.question for event in bench.events if isinstance(event, InstallAlive)} == {"apt-setup/mirror/error"}


@pytest.mark.parametrize("shell", SHELLS)
def test_a_question_that_is_asked_leaves_its_name_until_it_is_answered(machine: Box, shell: str) -> None:
    library = machine.root / "usr/share/debconf/confmodule"
    library.parent.mkdir(parents=True)
    # An installer's side of the conversation: INPUT says 0 "will be asked" or 30 "will not".
    library.write_text(
        'echo library\n_db_cmd () { case $1 in "GO"*) cat /tmp/staging.question 2>/dev/null || echo nothing ;;'
        " *low*) return 30 ;; esac; return 0; }\n"
    )
    bench = Bench()
    with bench.listening():
        laid_down(machine, bench, box())
    text = library.read_text().replace("/tmp/staging.", f"{machine.root}/tmp/staging.")
    asked = "set -e\ndb_input critical a/b || true\ndb_go || true\ndb_input low c/d || true\ndb_go\n"
    done = machine.run(text + asked, shell=shell)
    assert (done.stdout.split(), done.returncode) == (["library", "a/b", "nothing"], 0)
    assert not (machine.root / "tmp/staging.question").exists()


def test_the_library_is_told_once_however_often_the_answers_are_loaded(machine: Box) -> None:
    library = machine.root / "usr/share/debconf/confmodule"
    library.parent.mkdir(parents=True)
    library.write_text("")
    bench = Bench()
    with bench.listening():
        laid_down(machine, bench, box())
        laid_down(machine, bench, box())
    assert library.read_text().count("db_go ()") == 1


@pytest.mark.parametrize("size", [0, 10, 262_144, 700_000, 5_000_000])
def test_a_log_travels_in_pieces_and_a_very_long_one_loses_its_middle(machine: Box, size: int) -> None:
    log = machine.root / "var/log/long"
    log.write_bytes(bytes(n % 251 for n in range(1000)) * (size // 1000) + b"x" * (size % 1000))
    bench = Bench()
    with bench.listening():
        laid_down(machine, bench, box())
        machine.run(f"staging-log installer {log}")
    pieces = [event for event in bench.events if isinstance(event, LogReceived)]
    assert len({piece.upload for piece in pieces}) <= 1
    assert all(len(piece.body) <= 262_144 for piece in pieces)
    whole = b"".join(piece.body for piece in pieces)
    assert [piece.offset for piece in pieces] == list(range(0, len(whole), 262_144))
    if size < 4_000_000:
        assert whole == log.read_bytes()
    else:
        assert whole == log.read_bytes()[:1_000_000] + b"\n[...]\n" + log.read_bytes()[-2_900_000:]


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


@pytest.mark.parametrize("shell", SHELLS)
def test_whom_the_box_trusts_and_its_own_certificate_are_in_the_new_system(machine: Box, shell: str) -> None:
    machine.command("in-target", f'echo "in-target $*" >>"$CALLS"; {IN_TARGET}')
    bench = Bench()
    bench.add(box())
    target = machine.root / "target"
    with bench.listening():
        done = machine.run(script("late.sh", bench, box(authorities=(AUTHORITY, AUTHORITY))), shell=shell)
    assert done.returncode == 0, done.stderr
    trusted = sorted((target / "usr/local/share/ca-certificates").iterdir())
    assert [(one.name, one.read_text()) for one in trusted] == [
        ("staging-1.crt", f"{AUTHORITY}\n"),
        ("staging-2.crt", f"{AUTHORITY}\n"),
    ]
    assert "in-target update-ca-certificates" in machine.calls
    certificate = x509.load_pem_x509_certificate((target / "usr/share/wazo-certs/server.crt").read_bytes())
    names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == ["sn0042", "sn0042.bench.lan"]
    key = target / "usr/share/wazo-certs/server.key"
    assert key.stat().st_mode & 0o777 == 0o640
    loaded = load_pem_private_key(key.read_bytes(), None)
    assert loaded.public_key().public_numbers() == certificate.public_key().public_numbers()  # type: ignore[union-attr]  # an RSA pair


def test_a_certificate_that_cannot_be_made_leaves_nothing_half_and_stops_nothing(machine: Box) -> None:
    half = 'case $1 in openssl) : >"$STAGING_ROOT/target/usr/share/wazo-certs/server.key"; exit 1 ;; esac'
    machine.command("in-target", half)
    bench = Bench()
    bench.add(box())
    with bench.listening():
        assert machine.run(script("late.sh", bench)).returncode == 0
    assert list((machine.root / "target/usr/share/wazo-certs").iterdir()) == []
    assert "logger -t staging no certificate made: the engine makes its own" in machine.calls


def test_a_late_failure_stops_the_installer_and_brings_its_log(machine: Box) -> None:
    machine.command("in-target", "exit 3")
    bench = Bench()
    bench.add(box())
    with bench.listening():
        laid_down(machine, bench, box())
        assert machine.run(script("late.sh", bench)).returncode == 3
    told, log = bench.events[-2:]
    assert isinstance(log, LogReceived)
    assert isinstance(told, InstallProgressed)
    assert (told.step, told.failed, told.detail) == ("late-failed", True, "status 3")
