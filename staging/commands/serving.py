"""How do the doors listen? Web and bench on sockets of this process, the worker in one of its own that is restarted."""

import logging
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from types import FrameType
from typing import Any

from flask import Flask
from waitress import create_server
from waitress.channel import HTTPChannel
from waitress.task import ErrorTask, WSGITask
from waitress.utilities import RequestEntityTooLarge
from werkzeug.middleware.proxy_fix import ProxyFix

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Room:
    """How many are let in at a time. idle_s: seconds after which somebody who says nothing has to leave.

    longest: bytes of a request's body, at most; a longer one is not taken, and the application is told without it.
    whole: a request has to be there to its end within idle_s, however busily it comes.
    """

    threads: int
    connections: int
    idle_s: int
    longest: int = 1024**3
    whole: bool = False


PEOPLE = Room(threads=24, connections=2000, idle_s=60)
"""With waitress's own 100 connections, 150 idle browsers keep everybody else out (measured)."""

BOXES = Room(threads=4, connections=16, idle_s=10, longest=2 * 1024**2, whole=True)
"""Installers ask once and hang up, a shelf of them at once. Each turn of waitress's loop looks at every connection, so
with a thousand inside the last one was answered after 21 s; with few inside, and the rest in the kernel's queue before
the door, within 2 s (measured: `tools/bench_preseed.py thousand`). They send pieces of a megabyte at most; waitress
would keep a gigabyte on the disk before the application could refuse it. Sixteen that send a byte now and then would
hold all places."""

# It writes a line for each request that waits: a shelf of boxes that is switched on would fill the journal.
for _name in ("waitress", "waitress.queue"):
    logging.getLogger(_name).setLevel(logging.ERROR)


class Listener:
    """One Flask application on one address, in a thread. Raises OSError when the address is taken.

    behind_proxy: a reverse proxy of ours stands in front, and its word on who asks is taken. room: for whom it is.
    """

    def __init__(self, app: Flask, *, host: str, port: int, behind_proxy: bool = False, room: Room = PEOPLE) -> None:
        if behind_proxy:
            app.wsgi_app = ProxyFix(app.wsgi_app, x_for=1, x_proto=1)  # type: ignore[method-assign]  # Flask's own way
        self._server: Any = create_server(
            app,
            host=host,
            port=port,
            threads=room.threads,
            connection_limit=room.connections,
            channel_timeout=room.idle_s,
            cleanup_interval=min(room.idle_s, 30),
            clear_untrusted_proxy_headers=not behind_proxy,
            ident=None,
            # select() ends at a thousand descriptors, and a shelf of boxes may be more.
            asyncore_use_poll=True,
            backlog=2048,
            max_request_body_size=room.longest,
        )
        self._server.channel_class = _ShortChannel if room.whole else _Channel
        self.host = host
        self.port = int(self._server.effective_port)
        self._thread = threading.Thread(target=self._run, name=f"http-{self.port}", daemon=True)

    def start(self) -> None:
        """Begin to answer."""
        self._thread.start()

    def stop(self) -> None:
        """Close the address."""
        self._server.close()

    def _run(self) -> None:
        try:
            self._server.run()
        except OSError:
            # Closing a waitress server from outside ends its select() with a bad descriptor.
            log.info("listener closed", extra={"event": "listener_closed", "port": self.port})


class _NotTaken(WSGITask):  # type: ignore[misc]  # waitress has no types
    """A request whose body was too long to be taken: the application refuses it in its own words, and may note it."""

    def execute(self) -> None:
        self.request.headers.setdefault("CONTENT_LENGTH", str(self.channel.server.adj.max_request_body_size))
        self.set_close_on_finish()
        super().execute()


class _Channel(HTTPChannel):  # type: ignore[misc]  # waitress has no types
    @staticmethod
    def error_task_class(channel: Any, request: Any) -> Any:
        """What answers a request that cannot be served as it is."""
        return (_NotTaken if isinstance(request.error, RequestEntityTooLarge) else ErrorTask)(channel, request)


class _ShortChannel(_Channel):
    """One whose patience counts from the beginning of a request, and not from its latest byte."""

    last_activity: float
    _began: float | None = None

    def handle_read(self) -> None:
        super().handle_read()
        if self.request is None:
            self._began = None
        elif self._began is None:
            self._began = self.last_activity
        else:
            self.last_activity = self._began


_WORKER = (sys.executable, "-m", "staging", "worker")


class WorkerKeeper:
    """Keeps one worker process alive: started again when it dies, ended with us."""

    def __init__(self, *, environ: Mapping[str, str], at_once: int = 4) -> None:
        self._environ = {**os.environ, **environ}
        self._at_once = at_once
        self._stopping = threading.Event()
        self._process: subprocess.Popen[bytes] | None = None
        self._thread = threading.Thread(target=self._keep, name="worker-keeper", daemon=True)

    @property
    def pid(self) -> int | None:
        """The worker's process number, for those who want to kill it."""
        return self._process.pid if self._process else None

    def start(self) -> None:
        """Start the worker and watch over it."""
        self._thread.start()

    def stop(self) -> None:
        """End the worker and stop watching."""
        self._stopping.set()
        process = self._process
        if process is not None and process.poll() is None:
            process.terminate()
            try:
                process.wait(timeout=15)
            except subprocess.TimeoutExpired:
                process.kill()
        self._thread.join(timeout=5)

    def _keep(self) -> None:
        wait = 0.2
        while not self._stopping.is_set():
            started = time.monotonic()
            self._process = subprocess.Popen(  # noqa: S603  # our own interpreter and arguments
                [*_WORKER, "--at-once", str(self._at_once), "--parent", str(os.getpid())], env=self._environ
            )
            self._process.wait()
            if self._stopping.is_set():
                return
            log.warning("worker died", extra={"event": "worker_died", "status": self._process.returncode})
            wait = 0.2 if time.monotonic() - started > 10 else min(wait * 2, 10)
            self._stopping.wait(wait)


def split_address(text: str, *, default_port: int) -> tuple[str, int]:
    """`host:port`, `:port` or `host` as a pair. Raises ValueError for a port that is none."""
    host, _, port = text.rpartition(":") if ":" in text else (text, "", "")
    number = int(port) if port else default_port
    if not 0 <= number <= 65535:
        raise ValueError(text)
    return host or "0.0.0.0", number  # noqa: S104  # `:80` says every interface, as it does elsewhere


def port_taken(host: str, port: int) -> bool:
    """Whether somebody listens there already."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return True
    return False


def until_stopped() -> None:
    """Return on Ctrl-C or SIGTERM."""
    stopped = threading.Event()

    def stop(_number: int, _frame: FrameType | None) -> None:
        stopped.set()

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, stop)
    while not stopped.wait(0.5):
        pass
