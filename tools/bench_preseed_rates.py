"""How many answers does each door give in a second? Beside its own plain text, nginx's file, and Cobbler's renders."""

# ruff: noqa: S311, S603  # chance picks serials, and the commands are our own words
import asyncio
import os
import random
import shutil
import socket
import statistics
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path

from tools.bench_preseed_client import each_twice, get
from tools.bench_preseed_server import Server, serving

COBBLER_RENDERS = 250
"""A second, as its authors publish; without HTTP."""

AIM = 10

_LUA = """
local serials = {%s}
math.randomseed(os.time())
request = function() return wrk.format("GET", "/preseed/" .. serials[math.random(#serials)]) end
"""


def default_row(scratch: Path, seconds: int) -> None:
    """The default door: half of its own plain text is asked of it."""
    with serving(scratch, "default", 1000) as server:
        preseed, plain = _in_turns(server, seconds)
        rates = f"preseeds {preseed:7.0f}/s, plain text {plain:7.0f}/s"
        print(f"default server: {rates}  ratio {preseed / plain:5.2f} (at least 0.50)")
        _beside_nginx(server, scratch, seconds, "default server", preseed)
        _beside_cobbler("default", preseed, plain=plain)


def fast_row(scratch: Path, seconds: int) -> None:
    """The fast door: a tenth of nginx is asked of it."""
    with serving(scratch, "fast", 1000) as server:
        asyncio.run(each_twice(server.base, server.serials))
        rate = statistics.median(_rate(server.base, server.serials, seconds) for _ in range(3))
        _beside_nginx(server, scratch, seconds, "fast server", rate, least=0.1)
        _beside_cobbler("fast", rate)


def _in_turns(server: Server, seconds: int) -> tuple[float, float]:
    """Preseeds and plain texts a second, A B A B, once every box had its first answer."""
    asyncio.run(each_twice(server.base, server.serials))
    found = [
        (_rate(server.base, server.serials, seconds), _rate(f"{server.base}/plain", (), seconds)) for _ in range(3)
    ]
    preseeds, plains = zip(*found, strict=True)
    return statistics.median(preseeds), statistics.median(plains)


def _beside_cobbler(name: str, rate: float, *, plain: float | None = None) -> None:
    wanted = AIM * COBBLER_RENDERS
    ceiling = ""
    if plain is not None and plain < wanted:
        ceiling = f"; this server's plain text is {plain:.0f}/s on this machine, under the {wanted} that are aimed at"
    times = f"{rate / COBBLER_RENDERS:4.1f} times Cobbler's {COBBLER_RENDERS} renders/s without HTTP"
    print(f"{name} server: {rate:7.0f} renders/s over HTTP, {times} (aim {AIM}{ceiling})")


def _beside_nginx(
    server: Server, scratch: Path, seconds: int, name: str, rate: float, *, least: float | None = None
) -> None:
    nginx = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")
    if nginx is None:
        print("nginx is not installed: its rows are left out (apt install nginx-light)")
        return
    content = asyncio.run(get(server.base, f"/preseed/{server.serials[0]}"))[1]
    with _nginx(nginx, scratch / "nginx", content) as address:
        theirs = _rate(address, (), seconds)
    wanted = f" (at least {least:.2f})" if least else ""
    rates = f"preseeds {rate:7.0f}/s, nginx's file of the same bytes {theirs:7.0f}/s"
    print(f"{name}: {rates}  ratio {rate / theirs:5.3f}{wanted}")


@contextmanager
def _nginx(program: str, folder: Path, content: bytes) -> Iterator[str]:
    """The address of a file that nginx serves."""
    (folder / "www").mkdir(parents=True)
    (folder / "www/preseed.cfg").write_bytes(content)
    port = _free_port()
    (folder / "nginx.conf").write_text(
        f"{'user root; ' if os.geteuid() == 0 else ''}daemon off; worker_processes 2;\n"
        f"pid {folder}/pid; error_log {folder}/error.log;\n"
        "events { worker_connections 512; }\n"
        f"http {{ access_log off; client_body_temp_path {folder}/b; proxy_temp_path {folder}/p;"
        f" fastcgi_temp_path {folder}/f; uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s;\n"
        f" server {{ listen 127.0.0.1:{port}; root {folder}/www; }} }}\n"
    )
    process = subprocess.Popen([program, "-p", str(folder), "-e", f"{folder}/error.log", "-c", f"{folder}/nginx.conf"])
    try:
        time.sleep(0.5)
        yield f"http://127.0.0.1:{port}/preseed.cfg"
    finally:
        process.terminate()
        process.wait()


def _rate(address: str, serials: Sequence[str], seconds: int) -> float:
    """Answers a second at sixteen connections: of these serials below the address, or of the address itself."""
    wrk = shutil.which("wrk")
    if wrk is None:
        return _python_rate(address, serials, seconds)
    with tempfile.NamedTemporaryFile("w", suffix=".lua") as script:
        script.write(_LUA % ",".join(f'"{serial}"' for serial in serials))
        script.flush()
        more = ["-s", script.name] if serials else []
        done = subprocess.run(
            [wrk, "-t1", "-c16", f"-d{seconds}s", *more, address], capture_output=True, text=True, check=True
        )  # fmt: skip
    if "Non-2xx" in done.stdout:
        raise RuntimeError(done.stdout)
    line = next(line for line in done.stdout.splitlines() if line.startswith("Requests/sec"))
    return float(line.split()[1])


def _python_rate(address: str, serials: Sequence[str], seconds: int) -> float:
    """Without wrk: sixteen connections of our own, slower than any server, so only ratios count."""
    _tell_without_wrk()
    base, slash, name = address.removeprefix("http://").partition("/")
    until, count = time.monotonic() + seconds, 0

    async def one() -> None:
        nonlocal count
        while time.monotonic() < until:
            path = f"/preseed/{random.choice(serials)}" if serials else f"{slash}{name}"
            status, _ = await get(f"http://{base}", path)
            if status != 200:
                raise RuntimeError(status)
            count += 1

    async def all_() -> None:
        await asyncio.gather(*(one() for _ in range(16)))

    asyncio.run(all_())
    return count / seconds


@cache
def _tell_without_wrk() -> None:
    """Once, however many rates there are."""
    print("wrk is not installed: rates are those of a Python client (apt install wrk)")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
