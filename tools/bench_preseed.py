"""How fast are installers answered? The real bench door over a socket, beside its own plain text and beside nginx.

Needs wrk (apt install wrk) and, for its own row, nginx (apt install nginx-light); says so where one is absent.
"""

# ruff: noqa: S311, S603  # chance picks serials, and the commands are our own words
import argparse
import asyncio
import json
import os
import random
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import insert

from staging.adapters.store.tables import appliances
from staging.bootstrap import House, make_bench_app, open_house
from staging.commands.fast_door import FastDoor
from staging.commands.serving import BOXES, Listener
from staging.core.words import Serial
from staging.settings import Settings

COBBLER_RENDERS = 250
"""A second, as its authors publish; without HTTP."""

ASKED = 1000
"""Distinct serials that are asked for, spread over all that are registered."""

_LUA = """
local serials = {%s}
math.randomseed(os.time())
request = function() return wrk.format("GET", "/preseed/" .. serials[math.random(#serials)]) end
"""


def main() -> None:
    """Print a line per measurement, ratios first: machines are noisy."""
    words = argparse.ArgumentParser()
    words.add_argument("--serve", nargs=3, metavar=("HOME", "KIND", "BOXES"))
    words.add_argument("--seconds", type=int, default=4)
    words.add_argument("--row", action="append", choices=sorted(ROWS), help="only this one; may be given several times")
    given = words.parse_args()
    if given.serve:
        _serve(Path(given.serve[0]), given.serve[1], int(given.serve[2]))
        return
    for name, measure in ROWS.items():
        if given.row is None or name in given.row:
            with tempfile.TemporaryDirectory() as scratch:
                measure(Path(scratch), given.seconds)


def _default_row(scratch: Path, seconds: int) -> None:
    with _server(scratch / "a", "default", 1000) as (base, serials, _):
        preseed, plain = _rates(base, serials, seconds)
        rates = f"preseeds {preseed:7.0f}/s, plain text {plain:7.0f}/s"
        print(f"default server: {rates}  ratio {preseed / plain:5.2f} (at least 0.50)")
        _beside_nginx(base, serials, scratch, seconds, "default server", preseed)
        times = preseed / COBBLER_RENDERS
        print(f"renders over HTTP {preseed:7.0f}/s, Cobbler's {COBBLER_RENDERS}/s without  ratio {times:5.1f} (aim 10)")


def _fast_row(scratch: Path, seconds: int) -> None:
    with _server(scratch / "b", "fast", 1000) as (base, serials, _):
        fast, _ = _rates(base, serials, seconds, plain=False)
        _beside_nginx(base, serials, scratch, seconds, "fast server", fast, least=0.1)


def _sixty_row(scratch: Path, _seconds: int) -> None:
    with _server(scratch / "c", "default", 1000) as (base, serials, _):
        asyncio.run(_each_once(base, serials))
        _while_sixty_install(base, serials)


def _thousand_row(scratch: Path, _seconds: int) -> None:
    with _server(scratch / "d", "default", 1000) as (base, serials, pid):
        _thousand_at_once(base, serials, pid)


def _million_row(scratch: Path, _seconds: int) -> None:
    """Few and many in turns, A B A B, at both doors: what a noisy machine does meets both alike."""
    for kind in ("default", "fast"):
        with (
            _server(scratch / "few", kind, 1000) as (few_base, few_serials, _),
            _server(scratch / "many", kind, 1_000_000) as (many_base, many_serials, _),
        ):
            asyncio.run(_each_once(few_base, few_serials))
            asyncio.run(_each_once(many_base, many_serials))
            turns = [(_single(few_base, few_serials), _single(many_base, many_serials)) for _ in range(3)]
        few, many = (statistics.median(times) for times in zip(*turns, strict=True))
        spans = f"1,000 registered {few * 1000:6.2f} ms; 1,000,000 {many * 1000:6.2f} ms"
        print(f"one request, {kind} server, {spans}  ratio {many / few:5.2f} (at most 1.25)")


ROWS = {
    "default": _default_row,
    "sixty": _sixty_row,
    "thousand": _thousand_row,
    "fast": _fast_row,
    "million": _million_row,
}


# --- what is measured ---


def _rates(base: str, serials: Sequence[str], seconds: int, *, plain: bool = True) -> tuple[float, float]:
    """Preseeds and plain texts a second, in turns A B A B, once every box had its first answer."""
    asyncio.run(_each_once(base, serials))
    found: tuple[list[float], list[float]] = ([], [])
    for _ in range(3):
        found[0].append(_wrk(base, serials, seconds))
        if plain:
            found[1].append(_wrk(f"{base}/plain", (), seconds))
    return statistics.median(found[0]), statistics.median(found[1]) if plain else 0.0


async def _each_once(base: str, serials: Sequence[str]) -> None:
    # Twice: the first answer changes what is known of a box, the second is made of that.
    for serial in (*serials, *serials):
        await _get(base, f"/preseed/{serial}")


def _wrk(base: str, serials: Sequence[str], seconds: int) -> float:
    wrk = shutil.which("wrk")
    if wrk is None:
        return _python_rate(base, serials, seconds)
    with tempfile.NamedTemporaryFile("w", suffix=".lua") as script:
        script.write(_LUA % ",".join(f'"{serial}"' for serial in serials))
        script.flush()
        more = ["-s", script.name] if serials else []
        done = subprocess.run(
            [wrk, "-t1", "-c16", f"-d{seconds}s", *more, base], capture_output=True, text=True, check=True
        )  # fmt: skip
    if "Non-2xx" in done.stdout:
        raise RuntimeError(done.stdout)
    line = next(line for line in done.stdout.splitlines() if line.startswith("Requests/sec"))
    return float(line.split()[1])


def _python_rate(base: str, serials: Sequence[str], seconds: int) -> float:
    """Without wrk: sixteen connections of our own, slower than any server; said by main's first line."""
    print("wrk is not installed: rates are those of a Python client (apt install wrk)")
    until, count = time.monotonic() + seconds, 0

    async def one() -> None:
        nonlocal count
        while time.monotonic() < until:
            path = f"/preseed/{random.choice(serials)}" if serials else "/plain"
            status, _ = await _get(base.removesuffix("/plain"), path)
            if status != 200:
                raise RuntimeError(status)
            count += 1

    async def all_() -> None:
        await asyncio.gather(*(one() for _ in range(16)))

    asyncio.run(all_())
    return count / seconds


def _beside_nginx(
    base: str,
    serials: Sequence[str],
    scratch: Path,
    seconds: int,
    name: str,
    rate: float,
    *,
    least: float | None = None,
) -> None:
    nginx = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")
    if nginx is None:
        print("nginx is not installed: its rows are left out (apt install nginx-light)")
        return
    folder = scratch / f"nginx-{name.split()[0]}"
    (folder / "www").mkdir(parents=True)
    (folder / "www/preseed.cfg").write_bytes(asyncio.run(_get(base, f"/preseed/{serials[0]}"))[1])
    port = _free_port()
    (folder / "nginx.conf").write_text(
        f"{'user root; ' if os.geteuid() == 0 else ''}daemon off; worker_processes 2;\n"
        f"pid {folder}/pid; error_log {folder}/error.log;\n"
        "events { worker_connections 512; }\n"
        f"http {{ access_log off; client_body_temp_path {folder}/b; proxy_temp_path {folder}/p;"
        f" fastcgi_temp_path {folder}/f; uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s;\n"
        f" server {{ listen 127.0.0.1:{port}; root {folder}/www; }} }}\n"
    )
    process = subprocess.Popen([nginx, "-p", str(folder), "-e", f"{folder}/error.log", "-c", f"{folder}/nginx.conf"])
    try:
        time.sleep(0.5)
        theirs = _wrk(f"http://127.0.0.1:{port}/preseed.cfg", (), seconds)
    finally:
        process.terminate()
        process.wait()
    wanted = f" (at least {least:.2f})" if least else ""
    rates = f"preseeds {rate:7.0f}/s, nginx's file of the same bytes {theirs:7.0f}/s"
    print(f"{name}: {rates}  ratio {rate / theirs:5.3f}{wanted}")


def _while_sixty_install(base: str, serials: Sequence[str]) -> None:
    """Fifty fetches a second, each begun on its beat whatever the one before took, while sixty boxes report."""

    async def go() -> list[float]:
        times: list[float] = []
        stop = asyncio.Event()
        # They fetched what they run before: sixty that begin within one moment are the row of the thousand.
        paths = [await _report_path(base, serial) for serial in serials[-60:]]
        reporters = [asyncio.create_task(_reporter(base, path, stop)) for path in paths]
        waiting = []
        began = time.monotonic()
        for number in range(500):
            await asyncio.sleep(max(0.0, began + number / 50 - time.monotonic()))
            waiting.append(asyncio.create_task(_timed(base, f"/preseed/{random.choice(serials[:-60])}", times)))
        await asyncio.gather(*waiting)
        stop.set()
        await asyncio.gather(*reporters)
        return times

    times = sorted(asyncio.run(go()))
    p99 = times[int(len(times) * 0.99)]
    middle = statistics.median(times)
    print(f"60 boxes report, 50 fetches a second: median {middle * 1000:.1f} ms, p99 {p99 * 1000:.1f} ms (under 50 ms)")


async def _report_path(base: str, serial: str) -> str:
    """Where a box reports to, out of its own script."""
    ticket = (
        (await _get(base, f"/preseed/{serial}"))[1].split(f"/preseed/{serial}/".encode())[1].split(b"/")[0].decode()
    )
    reports = (await _get(base, f"/preseed/{serial}/{ticket}/early.sh"))[1].split(b"hook=")[1].split(b"\n")[0].decode()
    return reports.strip("'").partition("/hooks/")[2]


async def _reporter(base: str, path: str, stop: asyncio.Event) -> None:
    """A box that reports three times as often as a real one: heartbeats, and a phase now and then."""
    while not stop.is_set():
        await asyncio.sleep(random.uniform(4, 9))
        await _get(base, f"/hooks/{path}/alive?step=bootstrap-base&failures=0&question=")
        if random.random() < 0.2:
            await _get(base, f"/hooks/{path}/step/base-begin")


def _thousand_at_once(base: str, serials: Sequence[str], pid: int) -> None:
    """A thousand boxes that were never answered ask within one second."""

    async def go() -> tuple[list[float], list[int]]:
        times: list[float] = []
        statuses = await asyncio.gather(
            *(_later(index / 1000, _timed(base, f"/preseed/{serial}", times)) for index, serial in enumerate(serials))
        )
        return times, statuses

    times, statuses = asyncio.run(go())
    errors = sum(status != 200 for status in statuses)
    memory = _memory_mb(pid)
    slowest = f"slowest {max(times):.2f} s (under 2 s)"
    print(f"1,000 boxes in one second: {errors} errors, {slowest}, memory {memory:.0f} MB (under 200)")


def _single(base: str, serials: Sequence[str]) -> float:
    """Median seconds of one request at a time over one connection each."""

    async def go() -> list[float]:
        times: list[float] = []
        for _ in range(1500):
            await _timed(base, f"/preseed/{random.choice(serials)}", times)
        return times[500:]

    return statistics.median(asyncio.run(go()))


# --- a client of our own, for what wrk cannot do ---


async def _get(base: str, path: str) -> tuple[int, bytes]:
    host, _, port = base.removeprefix("http://").partition(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    writer.write(f"GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n".encode())
    answer = await reader.read()
    writer.close()
    head, _, body = answer.partition(b"\r\n\r\n")
    return int(head.split(b" ", 2)[1]), body


async def _timed(base: str, path: str, times: list[float]) -> int:
    began = time.perf_counter()
    status, _ = await _get(base, path)
    times.append(time.perf_counter() - began)
    return status


async def _later(seconds: float, work: "asyncio.Future[int] | object") -> int:
    await asyncio.sleep(seconds)
    return await work  # type: ignore[misc,no-any-return]  # a coroutine that gives a status


# --- the server, in a process of its own ---


@contextmanager
def _server(home: Path, kind: str, boxes: int) -> Iterator[tuple[str, list[str], int]]:
    command = [sys.executable, __file__, "--serve", str(home), kind, str(boxes)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env={**os.environ, "PYTHONPATH": "."})
    try:
        line = process.stdout.readline() if process.stdout else ""
        told = json.loads(line)
        yield told["base"], told["serials"], told["pid"]
    finally:
        process.terminate()
        process.wait()


def _serve(home: Path, kind: str, boxes: int) -> None:
    environ = {
        "STAGING_HOME": str(home), "STAGING_MIRROR": "mirror.bench.lan/debian", "STAGING_WAZO_RELEASE": "wazo-26.08",
        "STAGING_ANSIBLE_URL": "http://mirror.bench.lan/wazo-ansible.git",
    }  # fmt: skip
    house = open_house(Settings.read(environ))
    house.store.database.upgrade()
    serials = _asked(boxes)
    if not house.store.appliances.find(Serial(serials[0])):
        _register(house, boxes, serials)
    app = make_bench_app(house, base="http://preseed")
    for serial in serials:
        # As after its hello, which each box says before it asks.
        house.office.warm(Serial(serial))

    @app.get("/plain")
    def plain() -> str:
        return "plain text\n"

    if kind == "fast":
        door = FastDoor(house, base="http://preseed", host="127.0.0.1", port=0)
        door.start()
        port = door.port
    else:
        listener = Listener(app, host="127.0.0.1", port=0, room=BOXES)
        listener.start()
        port = listener.port
    print(json.dumps({"base": f"http://127.0.0.1:{port}", "serials": serials, "pid": os.getpid()}), flush=True)
    while True:
        time.sleep(60)


def _asked(boxes: int) -> list[str]:
    """The serials that are asked for, spread over all."""
    return [f"SN{number * (boxes // ASKED):07}" for number in range(ASKED)]


def _register(house: House, boxes: int, asked: Sequence[str]) -> None:
    """Armed boxes that said hello from here; those that are asked for have their secrets, as arming makes them."""
    now = datetime.now(UTC)
    blank = {"suite": "bookworm", "overrides": {}, "facts": {"suite": "bookworm"}, "checklist": {}, "restage": False}
    with house.store.database.write() as connection:
        for start in range(0, boxes, 10_000):
            rows = [
                {"serial": f"SN{number:07}", "model": "DH470", "customer": "Atelier Bleu", "registered_at": now,
                 "armed_at": now, "armed_by": "bench", "hello_address": "127.0.0.1", "hello_at": now, **blank}
                for number in range(start, min(boxes, start + 10_000))
            ]  # fmt: skip
            connection.execute(insert(appliances), rows)
    hashed = house.store.vault
    hashed.put("$6$bench$bench", scope="bench", kind="root-hash")
    with house.store.database.write() as connection:
        for serial in asked:
            for scope, kind in ((f"appliance:{serial}:root", "root-hash"), (f"appliance:{serial}", "install-ticket")):
                hashed.put(f"$6$bench${serial}", scope=scope, kind=kind, within=connection)


def _memory_mb(pid: int) -> float:
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * resource.getpagesize() / 1e6


def _free_port() -> int:
    import socket

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


if __name__ == "__main__":
    main()
