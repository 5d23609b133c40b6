"""What comes of reading many broken workbooks? A program of its own: `python -m tests.fakes.fuzzing FIRST COUNT`.

Each file is read by a process of its own, and its bytes by another one with the limits of the product. Both are forked
from this one, which has loaded everything already: a tenth of what two fresh interpreters cost.
One line of JSON for each: `{"seed", "name", "outcome", "seconds", "megabytes"}`; seconds of the processor, of both.
"""

import json
import os
import resource
import select
import signal
import sys
import tempfile
import time
import traceback
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from numbering import child, ods, sandboxed, xlsx
from numbering.commands import check_file
from numbering.read import PlanOptions, Reading
from numbering.report import reading_document
from tests.fakes.mutants import mutant

MAX_SECONDS = 60.0
"""By the clock, when a file is given up. What counts is the processor's time: other programs run beside this one."""

# Loaded here, before the first fork.
_READERS = (ods, xlsx)


def judge(path: Path) -> dict[str, Any]:
    """Read one file as `staging plan check` does. outcome: `plan`, fault codes of a refusal, or what went wrong."""
    out, into = os.pipe()
    began = time.monotonic()
    pid = os.fork()
    if pid == 0:
        os.close(out)
        os.write(into, _outcome(path).encode("utf-8", "replace")[:60_000])
        os._exit(0)
    os.close(into)
    told = _all_of(out, began + MAX_SECONDS)
    if told is None:
        os.kill(pid, signal.SIGKILL)
    _, _, used = os.wait4(pid, 0)
    outcome = "hang" if told is None else told.decode("utf-8", "replace") or "crash"
    return {"outcome": outcome, "seconds": used.ru_utime + used.ru_stime, "megabytes": used.ru_maxrss / 1024}


def main(first: int, count: int) -> None:
    """Judge the mutants of these seeds, one line each."""
    # Tables and texts are read once, before the first fork.
    with_faults = Path(__file__).parents[2] / "samples" / "plan-with-faults.xlsx"
    reading_document(check_file(with_faults, PlanOptions()), "fr")
    sandboxed.child_lines = _forked  # type: ignore[assignment]  # the same program without an interpreter's start
    with tempfile.TemporaryDirectory() as folder:
        for seed in range(first, first + count):
            name, content = mutant(seed)
            path = Path(folder) / name
            path.write_bytes(content)
            print(json.dumps({"seed": seed, "name": name, **judge(path)}), flush=True)


def _outcome(path: Path) -> str:
    try:
        reading = check_file(path, PlanOptions())
        json.dumps(reading_document(reading, "fr"), ensure_ascii=False).encode()
    except BaseException:  # whatever it is, it is what this program looks for
        return traceback.format_exc()
    children = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    if children > 300:
        return f"the child took {children:.0f} MB"
    return _told(reading)


def _told(reading: Reading) -> str:
    if reading.plan is not None:
        summary = reading.plan.summary
        counted = summary.seats + summary.merged + summary.sections + summary.ignored + summary.refused
        return "plan" if counted == summary.rows else f"the rows do not add up: {summary}"
    reasons = [str(fault.facts.get("reason", "")) for fault in reading.faults]
    if sandboxed.SILENT in reasons:
        return "the child said nothing"
    return " ".join(fault.code for fault in reading.faults)


def _forked(path: Path) -> Iterator[str]:
    out, into = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.close(out)
        os.dup2(into, 1)
        sys.stdout = open(1, "w", encoding="ascii", closefd=False)  # noqa: SIM115 - it lives as long as the process
        try:
            child.main(str(path))
            sys.stdout.flush()
        finally:
            os._exit(0)
    os.close(into)
    try:
        with open(out, encoding="ascii") as lines:
            yield from lines
    finally:
        os.waitpid(pid, 0)


def _all_of(source: int, until: float) -> bytes | None:
    pieces: list[bytes] = []
    with open(source, "rb", buffering=0) as stream:
        while select.select([stream], [], [], max(0.0, until - time.monotonic()))[0]:
            piece = stream.read(65536)
            if not piece:
                return b"".join(pieces)
            pieces.append(piece)
    return None


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
