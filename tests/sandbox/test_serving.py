"""Is a door open again when those who stand in it say nothing, and does a worker end with its service?"""

import os
import socket
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path
from urllib.request import urlopen

from flask import Flask

from staging.commands.serving import Listener, Room
from tests.fakes.house import environ, settle_in, until

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
