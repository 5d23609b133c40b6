"""Does the first boot come to its end on a whole system, whatever fails and whenever the power goes?

`make test-installer`, as root. The script stands where the late script puts it and runs as the first process of a
container: this machine's programs, another /etc and /var, a host name and processes of its own. What it installs with
(apt, git, ansible, the engine's answers) are stand-ins that can be told to fail or to let the power go.
"""

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from preseed.links import Links
from preseed.scripts import FIRSTBOOT_STAGES, fill, render_script
from tests.fakes.preseed import TICKETS, Bench, box
from webhooks.events import EngineReady, InstallProgressed, LogReceived

pytestmark = pytest.mark.slow

STAGE_OF = {
    "locale-gen": "system",
    "apt-get": "packages",
    "git": "clone",
    "ansible-galaxy": "roles",
    "ansible-playbook": "playbook",
    "curl": "health",
    "dpkg-query": "ready",
}
"""A program, and the stage that needs it."""

# /var/told/NAME is what a program is to do; without it, its work. A power cut comes from outside, and is waited for.
STAND_IN = """#!/bin/sh
name=${0##*/}
echo "$name $*" >>/var/calls
case $name-$* in curl-*localhost*) ;; curl-*) exec /usr/bin/curl "$@" ;; esac
case $(cat "/var/told/$name" 2>/dev/null) in
fail) echo "$name: told to fail"; exit 1 ;;
cut) : >/var/cut; exec /usr/bin/sleep 60 ;;
esac
case $name-$* in
git-clone*) mkdir -p "$4" ;;
curl-*confd*) echo '{"configurable": true}' ;;
dpkg-query-*) echo 26.04 ;;
esac
exit 0
"""

ENTER = """
set -e
mount --bind /usr "$1/usr"
mount --bind "$1/local" "$1/usr/local"
mount --bind /dev "$1/dev"
exec unshare --pid --fork --kill-child --uts --mount-proc="$1/proc" \\
	chroot "$1" /usr/bin/env -i HOME=/root LANG=C.UTF-8 PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin \\
	/usr/local/sbin/staging-firstboot
"""


@dataclass(frozen=True, slots=True)
class Container:
    """A system's root, in which nothing was done yet."""

    root: Path

    @classmethod
    def make(cls, root: Path, bench: Bench) -> "Container":
        for name in (
            "usr",
            "dev",
            "proc",
            "etc",
            "root",
            "tmp",
            "local/bin",
            "local/sbin",
            "var/told",
            "var/lib/staging",
        ):
            (root / name).mkdir(parents=True)
        for name in ("bin", "sbin", "lib", "lib64"):
            (root / name).symlink_to(f"usr/{name}")
        (root / "etc/locale.gen").write_text("# locales\n")
        (root / "etc/hosts").write_text("127.0.0.1\tlocalhost\n")
        for name in (*STAGE_OF, "dpkg", "sleep"):
            (root / "local/bin" / name).write_text(STAND_IN)
            (root / "local/bin" / name).chmod(0o755)
        script = root / "local/sbin/staging-firstboot"
        script.write_text(render_script("firstboot", box(), links=Links(bench.base), tickets=TICKETS))
        script.chmod(0o700)
        return cls(root)

    def tell(self, program: str, what: str | None) -> None:
        """What a program is to do from now on: fail, cut, or its work."""
        told = self.root / "var/told" / program
        told.unlink(missing_ok=True)
        if what is not None:
            told.write_text(what)

    def start(self) -> int:
        """What systemd does: run it, and give its status; a power cut is minus nine."""
        cut = self.root / "var/cut"
        cut.unlink(missing_ok=True)
        words = ["unshare", "--mount", "sh", "-c", ENTER, "sh", str(self.root)]
        with subprocess.Popen(
            words, start_new_session=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
        ) as running:
            while running.poll() is None:
                if cut.exists():
                    os.killpg(running.pid, signal.SIGKILL)
                    return running.wait(timeout=20)
                time.sleep(0.05)
            return running.returncode

    def done(self) -> list[str]:
        """The stages that are done, by their markers."""
        return sorted(path.name for path in (self.root / "var/lib/staging/done").iterdir())

    def calls(self, program: str) -> int:
        lines = (self.root / "var/calls").read_text().splitlines()
        return sum(line.split()[0] == program for line in lines)


@pytest.fixture
def bench() -> Iterator[Bench]:
    with Bench().listening() as listening:
        yield listening


@pytest.fixture
def container(tmp_path: Path, bench: Bench) -> Container:
    assert os.geteuid() == 0, "a container needs root"
    return Container.make(tmp_path / "root", bench)


def test_each_stage_in_turn_fails_then_loses_power_then_works_and_nothing_is_done_twice(
    container: Container, bench: Bench
) -> None:
    for program, stage in STAGE_OF.items():
        before = FIRSTBOOT_STAGES[: FIRSTBOOT_STAGES.index(stage)]
        for last in STAGE_OF:
            container.tell(last, "fail" if last == program else None)
        if stage != "ready":  # its version may be unknown: that stage only waits for the bench
            assert container.start() == 1, stage
            assert container.done() == sorted(before), stage
            *_, told, log = bench.events
            assert isinstance(told, InstallProgressed)
            assert (told.step, told.failed) == (f"firstboot-{stage}-failed", True)
            assert isinstance(log, LogReceived)
        container.tell(program, "cut")
        assert container.start() != 0
        assert container.done() == sorted(before), f"{stage} is not done because it began"
    container.tell("dpkg-query", None)
    assert container.start() == 0
    assert container.done() == sorted(FIRSTBOOT_STAGES)
    assert (container.root / "var/lib/staging/firstboot.done").exists()
    assert [type(event) for event in bench.events].count(EngineReady) == 1
    # Failed three times, lost power once, and then ran once.
    assert (container.calls("locale-gen"), container.calls("ansible-playbook")) == (5, 5)
    assert (container.root / "etc/default/locale").read_text() == "LANG=en_US.UTF-8\n"
    assert (container.root / "etc/hostname").read_text() == "sn0042\n"
    assert "127.0.1.1\tsn0042\n" in (container.root / "etc/hosts").read_text()


def test_power_that_goes_while_a_stage_is_being_marked_repeats_that_stage_and_no_other(
    container: Container, bench: Bench
) -> None:
    sync = container.root / "local/bin/sync"
    # The second stage's marker is written and not yet in its place.
    sync.write_text("#!/bin/sh\necho x >>/var/syncs\n[ $(wc -l </var/syncs) -ne 3 ] || { : >/var/cut; sleep 60; }\n")
    sync.chmod(0o755)
    (container.root / "local/bin/sleep").unlink()
    assert container.start() != 0
    assert container.done() == ["packages.new", "system"]
    assert container.start() == 0
    assert set(FIRSTBOOT_STAGES) <= set(container.done())
    assert (container.calls("locale-gen"), container.calls("ansible-playbook")) == (1, 1)


def test_systemd_takes_the_unit_as_it_stands(tmp_path: Path) -> None:
    analyze = shutil.which("systemd-analyze")
    assert analyze is not None, "apt install systemd"
    (tmp_path / "usr/local/sbin").mkdir(parents=True)
    program = tmp_path / "usr/local/sbin/staging-firstboot"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    unit = tmp_path / "staging-firstboot.service"
    # The program is not on this machine: it is looked for where it stands here.
    unit.write_text(fill("staging-firstboot.service").replace("/usr/local/sbin/", f"{program.parent}/"))
    done = subprocess.run([analyze, "verify", "--man=no", str(unit)], capture_output=True, text=True, check=False)
    assert (done.returncode, [line for line in done.stderr.splitlines() if unit.name in line]) == (0, [])
    broken = unit.with_name("broken.service")
    broken.write_text(unit.read_text().replace("Restart=on-failure", "Restart=sometimes"))
    done = subprocess.run([analyze, "verify", "--man=no", str(broken)], capture_output=True, text=True, check=False)
    assert "sometimes" in done.stderr, "it would have said so"
