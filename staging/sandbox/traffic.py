"""What happens to a request before and after the work? One at a time, delayed, cut, written down."""

import json
import re
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import TYPE_CHECKING, Any

from waitress.channel import ClientDisconnected

from staging.sandbox.latency import listed_ms, recorded_ms
from staging.sandbox.refusals import raced
from staging.sandbox.trouble import Rule
from staging.sandbox.world import World

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

_READS = ("GET", "HEAD", "OPTIONS")
_WORKING_GETS = re.compile(r"/devices/[^/]+/(autoprov|synchronize)$")
_ON_DEVICE = re.compile(r"^PUT .*/lines/\d+/devices/([^/]+)$")
_DEAD_TOKEN = "00000000-0000-4000-8000-000000000000"  # noqa: S105  # nobody's
_HEADERS = [("Content-Type", "application/json")]


_TAKEN = (b"already exists", b"Line is associated with a Extension", b"Existing incall does not have the new user")
"""What confd says to the second of two requests for one thing, when it had looked before it wrote."""


class Traffic:
    """Stands before the application; `/room` passes untouched and unwritten."""

    def __init__(self, inner: "WSGIApplication", world: World) -> None:
        self._inner = inner
        self._world = world
        self._daemons: defaultdict[str, threading.Lock] = defaultdict(threading.Lock)

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        method, path = environ["REQUEST_METHOD"], environ["PATH_INFO"]
        if path.startswith("/room"):
            with self._world.lock:
                return list(self._inner(environ, start_response))
        rules = self._struck(method, path)
        with self._in_flight(method, path), self._daemon(path):
            started = time.monotonic()
            self._wait(rules)
            answer = self._answer(environ, {rule.kind for rule in rules})
            self._wait_for_the_rest(environ, started)
        _rest(sum(rule.ms for rule in rules if rule.kind == "slow"))
        self._write_down(method, path, answer)
        if answer is None:
            raise ClientDisconnected
        status, headers, body = answer
        start_response(status, headers)
        return [body]

    def _struck(self, method: str, path: str) -> list[Rule]:
        with self._world.lock:
            return self._world.trouble.struck(service_of(path), method, path)

    def _wait(self, rules: list[Rule]) -> None:
        usual = self._world.trouble.latency_ms
        _rest((0 if usual == "recorded" else usual) + sum(rule.ms for rule in rules if rule.kind == "latency"))

    def _wait_for_the_rest(self, environ: "WSGIEnvironment", started: float) -> None:
        """Of the recorded time, which is that of the whole request, what our own work has left over."""
        if self._world.trouble.latency_ms != "recorded":
            return
        method, path, query = environ["REQUEST_METHOD"], environ["PATH_INFO"], environ.get("QUERY_STRING", "")
        found, shown = environ.get("sandbox.listed", (0, 0))
        whole = recorded_ms(method, path) + listed_ms(method, path, query, found=found, shown=shown)
        _rest(max(0.0, whole - 1000 * (time.monotonic() - started)))

    def _daemon(self, path: str) -> AbstractContextManager[object]:
        """With the latencies of the real daemons each of them is what it is, one process: requests wait in a row."""
        if self._world.trouble.latency_ms != "recorded":
            return nullcontext()
        return self._daemons[service_of(path)]

    def _answer(self, environ: "WSGIEnvironment", kinds: set[str]) -> "Answer | None":
        """The answer to send, or None to cut the connection."""
        if "drop-before" in kinds:
            return None
        if "401" in kinds:
            # As if the token had just died: each daemon says so in its own way.
            environ = {**environ, "HTTP_X_AUTH_TOKEN": _DEAD_TOKEN, "HTTP_AUTHORIZATION": ""}
        if "error-before" in kinds:
            return _json("503 SERVICE UNAVAILABLE", {"message": "Service Unavailable"})
        if "auth-down" in kinds and service_of(environ["PATH_INFO"]) == "auth":
            return _json("502 BAD GATEWAY", {"message": "Bad Gateway"})
        with self._world.lock:
            self._world.settle()
            if "provd-restart" in kinds:
                self._world.provd.restart(self._world.options.restart_delay)
            self._world.trouble.now = frozenset(kinds)
            answer = self._run(environ)
            self._world.trouble.now = frozenset()
        if "drop-after" in kinds:
            return None
        if "race" in kinds and answer[0].startswith("400") and any(words in answer[2] for words in _TAKEN):
            refusal = raced()
            return _json("500 INTERNAL SERVER ERROR", refusal.body)
        unsaid = "bus-down" in kinds and environ["REQUEST_METHOD"] not in _READS and answer[0].startswith("2")
        if "error-after" in kinds or unsaid:
            # As when sysconfd or the bus fails after the commit: everything is kept, and the client told otherwise.
            return _json("500 INTERNAL SERVER ERROR", {"message": "Internal Server Error"})
        return answer

    def _run(self, environ: "WSGIEnvironment") -> "Answer":
        told: list[tuple[str, list[tuple[str, str]]]] = []

        def start(status: str, headers: list[tuple[str, str]], _: Any = None) -> Callable[[bytes], object]:
            told.append((status, headers))
            return lambda _: None

        body = b"".join(self._inner(environ, start))
        return (*told[-1], body)

    @contextmanager
    def _in_flight(self, method: str, path: str) -> Iterator[None]:
        """Counts the associations under way on a device, this one included."""
        found = _ON_DEVICE.match(f"{method} {path}")
        if found is None:
            yield
            return
        device = found[1]
        with self._world.lock:
            self._world.in_flight[device] += 1
        try:
            yield
        finally:
            with self._world.lock:
                self._world.in_flight[device] -= 1

    def _write_down(self, method: str, path: str, answer: "Answer | None") -> None:
        status = int(answer[0][:3]) if answer else 0
        with self._world.lock:
            self._world.log.append({"method": method, "path": path, "status": status})
            if (method not in _READS or _WORKING_GETS.search(path)) and "/token" not in path:
                self._world.writes += 1


Answer = tuple[str, list[tuple[str, str]], bytes]


def service_of(path: str) -> str:
    """Whose path this is: `confd`, `provd`, …, `portal`, or `phones`."""
    words = path.split("/")
    if words[1] in ("portal", "phones"):
        return words[1]
    return words[2] if len(words) > 2 else ""


def _json(status: str, document: Any) -> Answer:
    body = json.dumps(document).encode()
    return status, [*_HEADERS, ("Content-Length", str(len(body)))], body


def _rest(milliseconds: float) -> None:
    if milliseconds:
        time.sleep(milliseconds / 1000)
