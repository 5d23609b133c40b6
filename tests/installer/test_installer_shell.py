"""Do our scripts run under the installer's own busybox and its own programs? In a chroot of its initrd, as root."""

import subprocess
from pathlib import Path

import pytest

from preseed.appliance import DiskRules
from preseed.links import Links
from preseed.scripts import render_script, render_stage
from tests.fakes.disks import assert_no_wrong_wipe
from tests.fakes.initrd import is_here, unpack
from tests.fakes.preseed import TICKETS, box

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    assert is_here(), "apt install debian-installer-12-netboot-amd64, and be root"
    return unpack(tmp_path_factory.mktemp("initrd"))


def inside(tree: Path, script: str, *, name: str = "script") -> subprocess.CompletedProcess[str]:
    (tree / "tmp").mkdir(exist_ok=True)
    (tree / "tmp" / name).write_text(script)
    return subprocess.run(
        ["chroot", str(tree), "/bin/sh", f"/tmp/{name}"], capture_output=True, text=True, timeout=60, check=False
    )  # fmt: skip


@pytest.mark.parametrize("seed", range(12))
def test_the_installers_own_shell_never_wipes_a_wrong_disk(tree: Path, seed: int) -> None:
    assert_no_wrong_wipe(seed, 1000, ["chroot", str(tree), "/bin/busybox", "sh"])


@pytest.mark.parametrize("name", ["early.sh", "late.sh"])
def test_the_installers_own_shell_reads_every_script(tree: Path, name: str) -> None:
    text = render_script(name, box(disk=DiskRules()), links=Links("http://preseed"), tickets=TICKETS)  # type: ignore[arg-type]  # the names above are script names
    for part in (text, render_stage("bookworm", Links("http://preseed"))):
        done = inside(tree, f"set -n\n{part}")
        assert (done.returncode, done.stderr) == (0, "")


def test_every_program_that_our_scripts_call_is_in_the_installer(tree: Path) -> None:
    programs = "wget sed tr cut head tail cat grep date dd wc readlink logger"
    programs += " mkdir chmod printf rm mv cp mknod sleep hostname ip"
    done = inside(tree, f"for p in {programs}; do command -v $p >/dev/null || echo $p; done")
    assert done.stdout == ""


def test_a_question_is_named_by_the_installers_own_library(tree: Path) -> None:
    library = tree / "usr/share/debconf/confmodule"
    before = library.read_text()
    early = render_script("early.sh", box(), links=Links("http://preseed"), tickets=TICKETS)
    added = early.partition("confmodule\" <<'STAGING_FILE'\n")[2].partition("STAGING_FILE\n")[0]
    try:
        library.write_text(before + added)
        # What is asked is looked at while GO waits for its answer, as the heartbeat would.
        script = (
            "exec 5>/dev/null; DEBIAN_HAS_FRONTEND=1; DEBCONF_REDIR=1; export DEBIAN_HAS_FRONTEND DEBCONF_REDIR\n"
            "exec 3>/tmp/asked\n. /usr/share/debconf/confmodule\ndb_input critical partman/confirm\ndb_go\n"
            "ls /tmp/staging.question 2>/dev/null; cat /tmp/asked\n"
        )
        (tree / "tmp/script").write_text(script)
        answers = (
            "( echo 0 yes; sleep 1; cat /tmp/staging.question >/tmp/seen; echo 0 ok ) | sh /tmp/script; cat /tmp/seen"
        )
        done = inside(tree, f"{answers} | sh /tmp/script; cat /tmp/seen", name="outer")
    finally:
        library.write_text(before)
    assert done.stdout.split("\n")[:3] == ["INPUT critical partman/confirm", "GO ", "partman/confirm"]
