"""What does a whole shelf feel? Sixty boxes that report, a thousand at once, and a million that are registered."""

# ruff: noqa: S311  # chance picks serials and pauses
import asyncio
import random
import resource
import statistics
import time
from collections.abc import Sequence
from pathlib import Path
from typing import get_args

from tools.bench_preseed_client import each_twice, get, later, timed
from tools.bench_preseed_server import Kind, serving


def sixty_row(scratch: Path, _seconds: int) -> None:
    """Fifty fetches a second while sixty boxes report."""
    with serving(scratch, "default", 1000) as server:
        asyncio.run(each_twice(server.base, server.serials))
        times = sorted(asyncio.run(_while_sixty_report(server.base, server.serials)))
    p99 = times[int(len(times) * 0.99)]
    middle = statistics.median(times)
    print(f"60 boxes report, 50 fetches a second: median {middle * 1000:.1f} ms, p99 {p99 * 1000:.1f} ms (under 50 ms)")


def thousand_row(scratch: Path, _seconds: int) -> None:
    """A thousand boxes that were never answered ask within one second."""
    with serving(scratch, "default", 1000) as server:
        times, statuses = asyncio.run(_at_once(server.base, server.serials))
        memory = _memory_mb(server.pid)
    errors = sum(status != 200 for status in statuses)
    slowest = f"slowest {max(times):.2f} s (under 2 s)"
    print(f"1,000 boxes in one second: {errors} errors, {slowest}, memory {memory:.0f} MB (under 200)")


def million_row(scratch: Path, _seconds: int) -> None:
    """Few and many in turns, A B A B, at both doors: what a noisy machine does meets both alike."""
    for kind in get_args(Kind):
        with serving(scratch / "few", kind, 1000) as few, serving(scratch / "many", kind, 1_000_000) as many:
            for server in (few, many):
                asyncio.run(each_twice(server.base, server.serials))
            turns = [(_single(few.base, few.serials), _single(many.base, many.serials)) for _ in range(3)]
        short, long = (statistics.median(times) for times in zip(*turns, strict=True))
        spans = f"1,000 registered {short * 1000:6.2f} ms; 1,000,000 {long * 1000:6.2f} ms"
        print(f"one request, {kind} server, {spans}  ratio {long / short:5.2f} (at most 1.25)")


async def _while_sixty_report(base: str, serials: Sequence[str]) -> list[float]:
    """Seconds of each of 500 fetches, begun on its beat whatever the one before took."""
    times: list[float] = []
    stop = asyncio.Event()
    # They fetched what they run before: sixty that begin within one moment are the row of the thousand.
    paths = [await _report_path(base, serial) for serial in serials[-60:]]
    reporters = [asyncio.create_task(_reporter(base, path, stop)) for path in paths]
    waiting = []
    began = time.monotonic()
    for number in range(500):
        await asyncio.sleep(max(0.0, began + number / 50 - time.monotonic()))
        waiting.append(asyncio.create_task(timed(base, f"/preseed/{random.choice(serials[:-60])}", times)))
    await asyncio.gather(*waiting)
    stop.set()
    await asyncio.gather(*reporters)
    return times


async def _report_path(base: str, serial: str) -> str:
    """Where a box reports to, out of its own script."""
    answers = (await get(base, f"/preseed/{serial}"))[1]
    ticket = answers.split(f"/preseed/{serial}/".encode())[1].split(b"/")[0].decode()
    reports = (await get(base, f"/preseed/{serial}/{ticket}/early.sh"))[1].split(b"hook=")[1].split(b"\n")[0].decode()
    return reports.strip("'").partition("/hooks/")[2]


async def _reporter(base: str, path: str, stop: asyncio.Event) -> None:
    """A box that reports three times as often as a real one: heartbeats, and a phase now and then."""
    while not stop.is_set():
        await asyncio.sleep(random.uniform(4, 9))
        await get(base, f"/hooks/{path}/alive?step=bootstrap-base&failures=0&question=")
        if random.random() < 0.2:
            await get(base, f"/hooks/{path}/step/base-begin")


async def _at_once(base: str, serials: Sequence[str]) -> tuple[list[float], list[int]]:
    times: list[float] = []
    statuses = await asyncio.gather(
        *(later(index / 1000, timed(base, f"/preseed/{serial}", times)) for index, serial in enumerate(serials))
    )
    return times, statuses


def _single(base: str, serials: Sequence[str]) -> float:
    """Median seconds of one request at a time over one connection each."""

    async def go() -> list[float]:
        times: list[float] = []
        for _ in range(1500):
            await timed(base, f"/preseed/{random.choice(serials)}", times)
        return times[500:]

    return statistics.median(asyncio.run(go()))


def _memory_mb(pid: int) -> float:
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * resource.getpagesize() / 1e6
