"""Is a door open again when those who stand in it say nothing, and does a worker end with its service?"""

import os
import socket
import ssl
import subprocess
import sys
import threading
from collections.abc import Sequence
from contextlib import ExitStack, suppress
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

import pytest
from flask import Flask, request

from staging.commands.serving import Listener, Room
from tests.fakes.house import environ, settle_in, until
from tests.fakes.terminal import Terminal, started

_KEEPER = """
import time
from staging.commands.serving import WorkerKeeper
keeper = WorkerKeeper(environ={})
keeper.start()
while keeper.pid is None:
    time.sleep(0.05)
print(keeper.pid, flush=True)
time.sleep(600)
"""


def test_those_who_say_nothing_make_room_for_those_who_ask() -> None:
    app = Flask(__name__)
    app.add_url_rule("/", view_func=lambda: "here")
    listener = Listener(app, host="127.0.0.1", port=0, room=Room(threads=1, connections=4, idle_s=1))
    listener.start()
    with ExitStack() as silent:
        for _ in range(8):
            silent.enter_context(socket.create_connection(("127.0.0.1", listener.port)))
        with urlopen(f"http://127.0.0.1:{listener.port}/", timeout=60) as answer:
            assert answer.read() == b"here"
    listener.stop()


def test_those_who_send_drop_by_drop_make_room_too() -> None:
    app = Flask(__name__)
    app.add_url_rule("/", view_func=lambda: "here")
    listener = Listener(app, host="127.0.0.1", port=0, room=Room(threads=1, connections=4, idle_s=1, whole=True))
    listener.start()
    ended = threading.Event()
    with ExitStack() as slow:
        lines = [slow.enter_context(socket.create_connection(("127.0.0.1", listener.port))) for _ in range(4)]
        dripping = threading.Thread(target=_drip, args=(lines, ended))
        dripping.start()
        try:
            with urlopen(f"http://127.0.0.1:{listener.port}/", timeout=30) as answer:
                assert answer.read() == b"here"
        finally:
            ended.set()
            dripping.join()
    listener.stop()


@pytest.mark.parametrize("chunked", [True, False])
def test_a_body_that_is_too_long_is_not_taken_and_the_application_says_so_itself(chunked: bool) -> None:
    app = Flask(__name__)
    told: list[int] = []

    @app.post("/")
    def refuse() -> tuple[str, int]:
        told.append(request.content_length or 0)
        return "too long, in our words", 413

    listener = Listener(app, host="127.0.0.1", port=0, room=Room(threads=1, connections=4, idle_s=5, longest=100_000))
    listener.start()
    length = b"Transfer-Encoding: chunked" if chunked else b"Content-Length: 2000000000"
    piece = b"10000\r\n" + b"x" * 65_536 + b"\r\n" if chunked else b"x" * 65_536
    with socket.create_connection(("127.0.0.1", listener.port), timeout=20) as connection:
        connection.sendall(b"POST / HTTP/1.1\r\nHost: x\r\n" + length + b"\r\n\r\n" + piece * 2)
        answer = connection.recv(1000)
    listener.stop()
    assert answer.startswith(b"HTTP/1.1 413 ")
    assert told == [100_000 if chunked else 2_000_000_000]


def test_the_service_opens_both_its_doors_and_ends_when_it_is_told(tmp_path: Path) -> None:
    settle_in(tmp_path / "home")
    http, https = _free_port(), _free_port()
    words = ("serve", "--workers", "1", "--http", f"127.0.0.1:{http}", "--https", f"127.0.0.1:{https}")
    with started(Terminal(tmp_path / "home"), *words, STAGING_BENCH_URL="http://preseed") as service:
        until(lambda: _answers(f"http://127.0.0.1:{http}/d-i/bookworm/preseed.cfg"), what="the installers' door")
        until(lambda: _answers(f"https://127.0.0.1:{https}/healthz"), what="the people's door")
        service.terminate()
        _, said = service.communicate(timeout=60)
    assert service.returncode == 0, said
    assert "Traceback" not in said


def test_a_worker_ends_when_its_service_is_killed(tmp_path: Path) -> None:
    settle_in(tmp_path)
    command, settings = [sys.executable, "-c", _KEEPER], {**os.environ, **environ(tmp_path)}
    with subprocess.Popen(command, env=settings, stdout=subprocess.PIPE, text=True) as service:
        assert service.stdout is not None
        worker = Path("/proc", service.stdout.readline().strip())
        assert b"worker" in (worker / "cmdline").read_bytes()
        service.kill()
    until(lambda: not _runs(worker), seconds=120, what="the worker's end")


def _runs(process: Path) -> bool:
    """Whether it is there and not only waits for somebody to take note of its end."""
    try:
        return (process / "stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def _answers(address: str) -> bool:
    # The certificate is its own, made at this start.
    trusting = ssl.create_default_context()
    trusting.check_hostname, trusting.verify_mode = False, ssl.CERT_NONE
    try:
        with urlopen(address, timeout=10, context=trusting) as answer:
            return bool(answer.status == 200)
    except URLError:
        return False


def _drip(lines: Sequence[socket.socket], ended: threading.Event) -> None:
    """A letter of a request that never ends, five times a second."""
    for letter in "GET /" + "x" * 300:
        for line in lines:
            with suppress(OSError):
                line.sendall(letter.encode())
        if ended.wait(0.2):
            return


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])
