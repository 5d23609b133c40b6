"""How fast is a plan read, and in how much memory? Beside our own reader alone, and beside openpyxl.

Each run has an interpreter of its own, so that its memory is its own too; the machines are noisy, look at the ratios.
`python tools/bench_plans.py` prints the table; `--one WHAT PATH` is one run of it.
"""

import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

from numbering.child import read_events
from numbering.commands import check_file
from numbering.events import ROW, limited
from numbering.read import PlanOptions
from tests.fakes.numbering import write_plan

ROOT = Path(__file__).resolve().parents[1]
SAMPLE = ROOT / "samples" / "plan-atelier-bleu.xlsx"
RUNS = 5
SIZES = (80, 10_000, 99_999)
OTHERS = {"reader": "our reader alone", "openpyxl": "openpyxl, read-only"}

_START = "import sys; sys.path.insert(0, sys.argv[1]); import numbering.child, numbering.xlsx"


class Measured(NamedTuple):
    """Seconds of one reading, and the most memory, in MB, of the process and (at most) of its child."""

    seconds: float
    parent_mb: float
    child_mb: float


def main() -> None:
    """Print the start of a child, then each size beside each other reader, then whether time grows with the rows."""
    start = _cold_start()
    print(f"{'the start of a child that reads one file':48} {start * 1000:9.1f} ms")
    per_row = {}
    with tempfile.TemporaryDirectory() as folder:
        for rows in SIZES:
            path = write_plan(Path(folder) / f"{rows}.xlsx", rows)
            runs = RUNS if rows < SIZES[-1] else 1
            ours = _measured("check", path, runs)
            per_row[rows] = (ours.seconds - start) / rows
            for what in OTHERS:
                _compare(f"plan check, {rows:,} rows / {OTHERS[what]}", ours, _measured(what, path, runs), start)
    large, middle = per_row[99_999], per_row[10_000]
    what = "time for a row: 99,999 rows / 10,000 rows"
    print(f"{what:48} {large * 1e6:9.1f} µs  {middle * 1e6:9.1f} µs  ratio {large / middle:5.2f}")


def _compare(what: str, ours: Measured, other: Measured, start: float) -> None:
    seconds = ours.seconds - start
    print(
        f"{what:48} {seconds * 1000:9.1f} ms  {other.seconds * 1000:9.1f} ms  ratio {seconds / other.seconds:5.2f}"
        f"   {ours.parent_mb:4.0f} MB and {ours.child_mb:3.0f} MB in the child, {other.parent_mb:4.0f} MB"
    )


def _cold_start() -> float:
    command = [sys.executable, "-I", "-S", "-c", _START, str(ROOT)]
    times = []
    for _ in range(RUNS * 3):
        began = time.perf_counter()
        subprocess.run(command, check=True)  # noqa: S603 - our own interpreter
        times.append(time.perf_counter() - began)
    return statistics.median(times)


def _measured(what: str, path: Path, runs: int) -> Measured:
    """Medians of some runs of this program as `--one WHAT PATH`."""
    told = []
    for _ in range(runs):
        command = [sys.executable, __file__, "--one", what, str(path)]
        environment = {**os.environ, "PYTHONPATH": str(ROOT)}
        done = subprocess.run(command, check=True, capture_output=True, env=environment)  # noqa: S603 - this program
        told.append(Measured(*json.loads(done.stdout)))
    middle = [statistics.median(values) for values in zip(*told, strict=True)]
    return Measured(*middle)


def _one(what: str, path: Path) -> None:
    # The sample first: what a process loads once is no matter of rows.
    work = {"check": _check, "reader": _read, "openpyxl": _iterate}[what]
    work(SAMPLE)
    began = time.perf_counter()
    work(path)
    seconds = time.perf_counter() - began
    print(json.dumps([seconds, _own_peak_mb(), resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024]))


def _own_peak_mb() -> float:
    # Not getrusage: it counts what the process was forked from as well.
    status = Path("/proc/self/status").read_text()
    return next(int(line.split()[1]) / 1024 for line in status.splitlines() if line.startswith("VmHWM"))


def _check(path: Path) -> object:
    reading = check_file(path, PlanOptions())
    if reading.plan is None:
        # A file that was refused is quickly done with, and says nothing about reading.
        raise SystemExit(f"{path.name}: {reading.faults}")
    return reading


def _read(path: Path) -> int:
    return sum(1 for event in limited(read_events(path)) if event[0] == ROW for _ in event[3])


def _iterate(path: Path) -> int:
    # Loaded here: it would be in the memory of the others.
    import openpyxl

    workbook = openpyxl.load_workbook(path, read_only=True)
    return sum(1 for sheet in workbook for row in sheet.iter_rows() for cell in row if cell.value is not None)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--one"]:
        _one(sys.argv[2], Path(sys.argv[3]))
    else:
        main()
