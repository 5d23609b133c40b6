"""Does a box that waits for its disk say why on its own screen? The script on files, debconf's library a stand-in."""

from pathlib import Path
from threading import Thread
from time import monotonic, sleep

import pytest

from tests.fakes.preseed import SHELLS, Bench, Box, box, laid_down

LIBRARY = """
db_progress() { echo "db_progress $*" >>"$CALLS"; }
db_subst() { echo "db_subst $*" >>"$CALLS"; }
db_x_loadtemplatefile() { cp "$1" "$STAGING_ROOT/templates"; }
"""


@pytest.fixture
def machine(tmp_path: Path) -> Box:
    machine = Box(tmp_path)
    machine.command("hostname", ":")
    machine.command("list-devices", 'cat "$STAGING_ROOT/disks" 2>/dev/null')
    machine.command("debconf-set", 'echo "debconf-set $*" >>"$CALLS"')
    (machine.root / "usr/share/debconf").mkdir(parents=True)
    (machine.root / "usr/share/debconf/confmodule").write_text(LIBRARY)
    (machine.root / "lib/partman/init.d").mkdir(parents=True)
    for name in ("01early_command", "30parted", "95backup"):
        (machine.root / "lib/partman/init.d" / name).touch()
    return machine


def look(machine: Box, bench: Bench, *, shell: str = "sh", turns: int = 1) -> None:
    """Let the script look so many times, in an installer that has a screen."""
    laid_down(machine, bench, box())
    machine.command("sleep", f'echo "sleep $*" >>"$CALLS"; [ $(grep -c sleep "$CALLS") -lt {turns} ] || kill $PPID')
    machine.run((machine.root / "lib/staging/disk.sh").read_text(), shell=shell, more={"DEBIAN_HAS_FRONTEND": "1"})


def screen(machine: Box) -> list[str]:
    """What the screen was told, without the first words."""
    return [call.removeprefix("db_") for call in machine.calls if call.startswith("db_")]


def reasons(machine: Box) -> list[str]:
    start = "subst staging/disk-reason REASON "
    return [told.removeprefix(start) for told in screen(machine) if told.startswith(start)]


@pytest.mark.parametrize("shell", SHELLS)
def test_two_disks_are_named_and_the_bench_page_with_them(machine: Box, shell: str) -> None:
    machine.disk("sda", gb=250)
    machine.disk("nvme0n1", gb=250)
    with (bench := Bench()).listening():
        look(machine, bench, shell=shell, turns=3)
    assert screen(machine)[:5] == [
        "progress STOP",
        "progress START 0 20 staging/disk-waiting",
        "subst staging/disk-reason REASON choose one at the bench page, these may be wiped: /dev/sda /dev/nvme0n1",
        "progress INFO staging/disk-reason",
        "progress SET 1",
    ]
    assert [told for told in screen(machine) if "SET" in told] == ["progress SET 1", "progress SET 2", "progress SET 3"]
    assert "Description: Staging bench, waiting for a disk: SN0042\n" in (machine.root / "templates").read_text()


@pytest.mark.parametrize(
    ("gb", "said"),
    [
        (None, "no disk found: fit one, or look at its cable"),
        (8, "no disk may be wiped, see the bench page: sda:too-small"),
    ],
)
def test_no_disk_and_no_good_disk_are_told_apart(machine: Box, gb: float | None, said: str) -> None:
    if gb is not None:
        machine.disk("sda", gb=gb)
    with (bench := Bench()).listening():
        look(machine, bench)
    assert reasons(machine) == [said]


def test_a_bench_that_is_away_is_named_because_nobody_could_choose_there(machine: Box) -> None:
    with (bench := Bench()).listening():
        laid_down(machine, bench, box())
    machine.command("sleep", "kill $PPID")
    machine.run((machine.root / "lib/staging/disk.sh").read_text(), more={"DEBIAN_HAS_FRONTEND": "1"})
    assert reasons(machine) == ["the staging server does not answer: look at the cable, then at the service"]


def test_when_a_disk_was_chosen_partmans_own_window_is_there_again(machine: Box) -> None:
    machine.disk("sda", gb=250)
    machine.disk("sdb", gb=250)
    bench = Bench()
    chooser = Thread(target=_choose_once_shown, args=(machine, bench))
    with bench.listening():
        chooser.start()
        look(machine, bench, turns=200)
        chooser.join()
    assert screen(machine)[-2:] == ["progress STOP", "progress START 0 3 partman/progress/init/title"]
    assert "debconf-set partman-auto/disk /dev/sdb" in machine.calls


def test_the_only_disk_is_taken_without_a_word_on_the_screen(machine: Box) -> None:
    machine.disk("sda", gb=250)
    with (bench := Bench()).listening():
        look(machine, bench)
    assert screen(machine) == []
    assert "debconf-set partman-auto/disk /dev/sda" in machine.calls


def _choose_once_shown(machine: Box, bench: Bench) -> None:
    end = monotonic() + 20
    while not screen(machine) and monotonic() < end:
        sleep(0.02)
    bench.chosen = "sdb 488281250"
