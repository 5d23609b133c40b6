"""How is the sandbox started and stopped? Waitress on loopback, in a thread of its own."""

import socket
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Literal

from waitress import create_server, wasyncore

from staging.sandbox.app import create_sandbox
from staging.sandbox.world import World

THREADS = 8


@dataclass(frozen=True, slots=True)
class Served:
    """A running sandbox. url: without a slash at its end; world: its memory, for tests that look inside."""

    url: str
    world: World
    _server: Any
    _thread: threading.Thread
    _stopping: threading.Event

    def stop(self) -> None:
        """Close the port and wait until nothing is served any more; safe to repeat."""
        if self._stopping.is_set():
            return
        self._stopping.set()
        self._server.pull_trigger()
        self._thread.join(timeout=10)

    def wait(self) -> None:
        """Until it is stopped."""
        self._thread.join()

    def __enter__(self) -> "Served":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        self.stop()


def serve(
    host: str = "127.0.0.1",
    port: int = 0,
    *,
    configured: bool = False,
    open_door: bool = False,
    root_password: str = "sandbox",  # noqa: S107  # published; it opens nothing but this sandbox
    tenant_delay: float = 0.1,
    restart_delay: float = 0.3,
    operation_delay: float = 0.05,
    latency_ms: int | Literal["recorded"] = 0,
    faults: Sequence[Mapping[str, Any]] = (),
) -> Served:
    """Start a sandbox and return once it answers. port 0: any free one. Only loopback addresses are accepted.

    The other arguments are those of `create_sandbox`. Raises OSError when the port is taken, ValueError when the
    address is not loopback.
    """
    if not _loopback(host):
        raise ValueError(f"the sandbox listens on loopback only, not on {host}")
    app = create_sandbox(
        configured=configured,
        open_door=open_door,
        root_password=root_password,
        tenant_delay=tenant_delay,
        restart_delay=restart_delay,
        operation_delay=operation_delay,
        latency_ms=latency_ms,
        faults=faults,
    )
    # Opened here, so that a port that is taken leaves nothing of waitress's behind.
    listening = socket.create_server((host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET)
    sockets: dict[int, Any] = {}
    server = create_server(app, map=sockets, sockets=[listening], threads=THREADS, clear_untrusted_proxy_headers=False)
    stopping = threading.Event()
    thread = threading.Thread(target=_run, args=(server, sockets, stopping), name="sandbox", daemon=True)
    thread.start()
    shown = f"[{host}]" if ":" in host else host
    return Served(f"http://{shown}:{listening.getsockname()[1]}", app.extensions["sandbox"], server, thread, stopping)


def _run(server: Any, sockets: dict[int, Any], stopping: threading.Event) -> None:
    """Waitress's own loop, which does not end while a client keeps its connection; ours ends when told."""
    while not stopping.is_set():
        wasyncore.loop(timeout=1.0, map=sockets, count=1)
    server.task_dispatcher.shutdown()
    wasyncore.close_all(sockets)


def _loopback(host: str) -> bool:
    addresses = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    return all(str(address[4][0]).startswith("127.") or address[4][0] == "::1" for address in addresses)
