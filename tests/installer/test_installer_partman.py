"""Does Debian's own partitioner wait for the bench, and tell it when the disk is written? Its scripts, in a chroot.

`make test-installer`, as root, with the package debian-installer-12-netboot-amd64 and a mirror that this machine's own
apt knows: the partitioner comes from there. debconf, shell and programs are the installer's own; disks are files.
"""

import os
import stat
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from preseed.links import Links
from preseed.scripts import render_script
from tests.fakes.components import Apt
from tests.fakes.initrd import is_here, unpack
from tests.fakes.preseed import SERIAL, TICKETS, Bench, box
from webhooks.events import DisksSeen, InstallProgressed

pytestmark = pytest.mark.slow

SECTORS = 39_062_500
"""Of a disk of 20 GB."""

REASON = "choose one at the bench page, these may be wiped: /dev/sda /dev/sdb"

TEMPLATES = """Template: partman-auto/disk
Type: string
Description: for internal use

Template: grub-installer/bootdev
Type: string
Description: for internal use
"""

ASK = """#!/bin/sh
. /usr/share/debconf/confmodule
db_set partman/early_command 'sh /lib/staging/disk.sh'
# As partman runs it: with a window of its own open, which goes on afterwards.
db_progress START 0 7 partman/progress/init/title
db_progress INFO partman/progress/init/fallback
/lib/partman/init.d/01early_command
echo "$?" >/tmp/status
db_progress STEP 1
db_progress STOP
db_metaget staging/disk-reason description
echo "$RET" >/tmp/answers
for question in partman-auto/disk grub-installer/bootdev; do db_get $question; echo "$RET" >>/tmp/answers; done
"""

LOAD = (
    "for t in /var/lib/dpkg/info/*.templates /tmp/*.templates; do /usr/lib/cdebconf/debconf-loadtemplate d-i $t; done"
)


@pytest.fixture(scope="module")
def partitioner(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The installer's tree with its partitioner."""
    assert is_here(), "apt install debian-installer-12-netboot-amd64, and be root"
    tree = unpack(tmp_path_factory.mktemp("initrd"))
    apt = Apt(tmp_path_factory.mktemp("apt"), "bookworm")
    apt.update()
    package = apt.download("partman-base")
    assert package is not None, "this machine's mirror has no partman-base"
    subprocess.run(["dpkg-deb", "-x", str(package), str(tree)], check=True)
    subprocess.run(["dpkg-deb", "-e", str(package), str(tree / "control")], check=True)
    (tree / "tmp").mkdir(exist_ok=True)
    (tree / "control/templates").rename(tree / "tmp/partman.templates")
    (tree / "tmp/disk.templates").write_text(TEMPLATES)
    os.mknod(tree / "dev/null", 0o666 | stat.S_IFCHR, os.makedev(1, 3))
    for name in ("sda", "sdb"):
        about = tree / "sys/block" / name
        about.mkdir(parents=True)
        for field, value in (("size", SECTORS), ("removable", 0), ("ro", 0)):
            (about / field).write_text(f"{value}\n")
        (tree / "dev" / name).write_bytes(bytes(65536))
    _program(tree / "bin/list-devices", "echo /dev/sda; echo /dev/sdb")
    return tree


@pytest.fixture
def bench() -> Iterator[Bench]:
    with Bench().listening() as listening:
        yield listening


@pytest.fixture
def tree(partitioner: Path, bench: Bench) -> Path:
    """The same once the early script was there. Its heartbeat, which never ends, has tests of its own."""
    early = render_script("early.sh", box(), links=Links(bench.base), tickets=TICKETS)
    _program(partitioner / "tmp/early", early.partition("# debconf must not wait")[0].partition("\n")[2])
    subprocess.run(["chroot", str(partitioner), "/tmp/early"], check=True, capture_output=True)
    return partitioner


def test_partman_waits_while_the_bench_is_asked_and_takes_the_disk_that_was_chosen(tree: Path, bench: Bench) -> None:
    _program(tree / "tmp/ask", ASK.partition("\n")[2])
    words = ["chroot", str(tree), "/bin/sh", "-c", f"{LOAD}; DEBIAN_FRONTEND=text exec debconf -o d-i /tmp/ask"]
    with subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as partman:
        try:
            _until(lambda: any(isinstance(event, InstallProgressed) and event.failed for event in bench.events))
            told = [event.body.split()[0].decode() for event in bench.events if isinstance(event, DisksSeen)]
            assert (told, partman.poll()) == (["sda"], None)
            time.sleep(1)
            assert partman.poll() is None, "it waits, and partman with it"
            bench.chosen = f"sdb {SECTORS}"
            assert partman.wait(timeout=30) == 0
            assert partman.stdout is not None
            screen = partman.stdout.read().decode()
        finally:
            partman.kill()
    assert (tree / "tmp/status").read_text() == "0\n"
    # The installer's frontend in text draws a window's title and bar, and not what stands below them.
    windows = [
        "Starting up the partitioner",
        f"Staging bench, waiting for a disk: {SERIAL}",
        "Starting up the partitioner",
    ]
    assert [line.partition("  ")[0] for line in screen.splitlines() if line.strip()] == windows
    assert (tree / "tmp/answers").read_text() == f"{REASON}\n/dev/sdb\n/dev/sdb\n"
    assert (tree / "var/lib/partman/early_command").exists(), "partman counts it as done"
    steps = [(event.step, event.failed) for event in bench.events if isinstance(event, InstallProgressed)]
    assert steps == [("disk-refused", True), ("disk-chosen", False)]


def test_partman_s_own_loop_runs_our_hook_when_the_disk_is_written_and_goes_on(tree: Path, bench: Bench) -> None:
    whole = (tree / "bin/partman").read_text()
    loop = whole[whole.index("\tfor s in /lib/partman/finish.d/*; do") :]
    # What else is there speaks to a partition server, which has no disk here.
    (tree / "lib/partman/finish.d/80parted").unlink(missing_ok=True)
    _program(tree / "usr/sbin/run-debootstrap", "echo real")
    _program(tree / "tmp/finish", "abort() { exit 9; }\nwhile true; do\n" + loop)
    done = subprocess.run(["chroot", str(tree), "/tmp/finish"], capture_output=True, text=True, timeout=30, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert [event.step for event in bench.events if isinstance(event, InstallProgressed)] == ["partitioned"]
    assert (tree / "lib/staging/real/run-debootstrap").read_text() == "#!/bin/sh\necho real\n"


def _until(ready: Callable[[], bool]) -> None:
    end = time.monotonic() + 30
    while not ready():
        assert time.monotonic() < end
        time.sleep(0.1)


def _program(path: Path, body: str) -> None:
    path.unlink(missing_ok=True)
    path.write_text(f"#!/bin/sh\n{body}\n" if not body.endswith("\n") else f"#!/bin/sh\n{body}")
    path.chmod(0o755)
