"""Is a question of the installer's compiled programs named, and does such a program notice nothing of it?"""

import os
import subprocess
from pathlib import Path
from subprocess import DEVNULL, PIPE

import pytest

from tests.fakes.preseed import SHELLS, Bench, Box, box, laid_down


@pytest.fixture
def machine(tmp_path: Path) -> Box:
    return Box(tmp_path)


# A program of the installer that asks for itself, as choose-mirror does.
ASKS = """#!/bin/sh
talk() { echo "$1" >&3; IFS= read -r said; }
echo "no command"
talk 'INPUT low mirror/protocol'
talk 'INPUT critical mirror/bad'
talk GO
talk 'GET mirror/bad'
[ "$said" = '0 a \\ b  c' ] && exit 7
"""


def listened(machine: Box) -> Path:
    """choose-mirror, as it stands in the installer once the early script was there."""
    program = machine.root / "bin/choose-mirror"
    machine.command("choose-mirror", ":")
    program.write_text(ASKS)
    with Bench().listening() as bench:
        laid_down(machine, bench, box())
    return program


@pytest.mark.parametrize("shell", SHELLS)
def test_a_compiled_program_s_question_is_named_for_as_long_as_it_is_on_the_screen(machine: Box, shell: str) -> None:
    program, question = listened(machine), machine.root / "tmp/staging.question"
    words = [shell, *(["sh"] if shell == "busybox" else []), str(program)]
    environ = {"PATH": os.environ["PATH"], "STAGING_ROOT": str(machine.root), "TMPDIR": str(machine.root / "tmp")}
    talk: list[tuple[str, bool]] = []
    with subprocess.Popen(words, stdin=PIPE, stdout=PIPE, stderr=DEVNULL, text=True, env=environ) as running:
        assert running.stdin
        assert running.stdout
        for answer in ("30 skipped", "0 will be asked", "0 ok", "0 a \\ b  c"):
            command = running.stdout.readline().strip()
            talk.append((command, question.exists() and question.read_text() == "mirror/bad\n"))
            running.stdin.write(f"{answer}\n")
            running.stdin.flush()
        assert running.wait(timeout=20) == 7, "its own status, and every answer came as debconf gave it"
    assert talk == [
        ("INPUT low mirror/protocol", False),
        ("INPUT critical mirror/bad", False),
        ("GO", True),
        ("GET mirror/bad", False),
    ]
    assert not list((machine.root / "tmp").glob("staging.pipe*"))


def test_without_pipes_a_compiled_program_runs_as_if_nobody_listened(machine: Box) -> None:
    listened(machine)
    machine.command("mknod", "exit 1")
    (machine.root / "lib/staging/real/choose-mirror").write_text("#!/bin/sh\necho itself $1\nexit 3\n")
    done = machine.run(f'exec "{machine.root}/bin/choose-mirror" word')
    assert (done.stdout, done.returncode) == ("itself word\n", 3)
