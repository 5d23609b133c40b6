"""Does a child that waits for its file read as a fresh one does, once, and end with us?"""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from numbering import sandboxed
from numbering.sandboxed import kept_ready, read_workbook
from staging.core.faults import PlanRefused

_ROOT = Path(__file__).parents[2]
_CRECHE = _ROOT / "samples" / "plan-creche.xlsx"


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[sandboxed.Child]]:
    """Every child that is started, in order."""
    start = sandboxed._start
    children: list[sandboxed.Child] = []

    def noted() -> sandboxed.Child:
        children.append(start())
        return children[-1]

    monkeypatch.setattr(sandboxed, "_start", noted)
    yield children
    assert all(child.poll() is not None for child in children)


def test_a_command_starts_a_child_for_its_file_and_none_ahead(started: list[sandboxed.Child]) -> None:
    read_workbook(_CRECHE)
    assert len(started) == 1


def test_a_child_that_waited_reads_the_same(started: list[sandboxed.Child]) -> None:
    fresh = read_workbook(_CRECHE)
    with kept_ready():
        assert len(started) == 2
        assert read_workbook(_CRECHE) == fresh


def test_a_child_reads_one_file_only(started: list[sandboxed.Child], tmp_path: Path) -> None:
    (tmp_path / "broken.xlsx").write_bytes(_CRECHE.read_bytes()[:4000])
    with kept_ready():
        for _ in range(3):
            with pytest.raises(PlanRefused):
                read_workbook(tmp_path / "broken.xlsx")
            read_workbook(_CRECHE)
    assert len(started) == 7


def test_a_refusal_that_somebody_keeps_keeps_no_child(started: list[sandboxed.Child], tmp_path: Path) -> None:
    (tmp_path / "broken.xlsx").write_bytes(_CRECHE.read_bytes()[:4000])
    with pytest.raises(PlanRefused) as kept:
        read_workbook(tmp_path / "broken.xlsx")
    (child,) = started
    assert child.stdout is not None
    assert (kept.value.faults[0].code, child.poll() is not None, child.stdout.closed) == (
        "unreadable-workbook",
        True,
        True,
    )


def test_files_at_the_same_time_have_a_child_each(started: list[sandboxed.Child]) -> None:
    fresh = read_workbook(_CRECHE)
    with kept_ready(), ThreadPoolExecutor(4) as pool:
        assert all(book == fresh for book in pool.map(read_workbook, [_CRECHE] * 8))
    assert len({child.pid for child in started}) == len(started) >= 9


def test_a_waiting_child_that_died_is_no_loss(started: list[sandboxed.Child]) -> None:
    with kept_ready():
        started[0].kill()
        started[0].wait()
        assert read_workbook(_CRECHE).sheets


def test_a_waiting_child_ends_with_its_parent_however_that_ends() -> None:
    program = (
        "import os, time; from numbering import sandboxed\n"
        "with sandboxed.kept_ready():\n"
        "    print(sandboxed._READY._waiting.pid, flush=True); time.sleep(60)"
    )
    with subprocess.Popen(
        [sys.executable, "-c", program], cwd=_ROOT, env={**os.environ, "PYTHONPATH": "."}, stdout=subprocess.PIPE
    ) as parent:
        assert parent.stdout is not None
        waiting = json.loads(parent.stdout.readline())
        parent.kill()
    until = time.monotonic() + 5
    while Path(f"/proc/{waiting}/stat").exists() and _state(waiting) != "Z" and time.monotonic() < until:
        time.sleep(0.02)
    assert not Path(f"/proc/{waiting}").exists() or _state(waiting) == "Z"


def _state(pid: int) -> str:
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
