"""What does a box tell us while it is installed? Edge: POST `/hooks/hello` and `/hooks/install/<ticket>/…`."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from flask import Blueprint, Response, request

from staging.core.clock import Clock
from staging.core.faults import Fault, Where
from staging.core.messages import explain
from staging.core.words import Serial
from webhooks.box import (
    LONGEST_HELLO,
    parse_count,
    parse_detail,
    parse_engine_ready,
    parse_hello,
    parse_question,
    parse_step,
)
from webhooks.events import (
    LOG_NAMES,
    BoxSeen,
    DisksSeen,
    InstallAlive,
    InstallEvent,
    InstallFinished,
    InstallProgressed,
    LogName,
    LogReceived,
)
from webhooks.limit import RateLimit

LONGEST_PIECE = 1024 * 1024
"""Bytes of one piece of a log, at most; boxes send 256 kB."""

LONGEST_LOG = 4 * 1024 * 1024
"""Bytes that are kept of one log, in all; a whole installer log is about 300 kB."""

LONGEST_DISKS = 4096
Scope = Literal["report", "logs", "register"]

LONGEST_REPORT = 8 * 1024


@dataclass(frozen=True, slots=True)
class HookRefusal:
    """A hello or a report that was not taken, for the bench screen. asked: its path, without the ticket."""

    at: datetime
    address: str
    asked: str
    status: int
    fault: Fault


@dataclass(frozen=True, slots=True)
class InstallNeeds:
    """What the routes need from above.

    record_hello: a box in the universal stage; shown apart and dropped after a day unless registered. It also
    makes the address and medium of `preseed.serve.Visit`.
    record_event: one report of a box that holds a ticket; `InstallProgressed(step="early")` ends the time in
    which its answers may be fetched again.
    record_refusal: one that was not taken; anybody on the bench can make many.
    find_serial: the serial a ticket of this scope was opened for; None for one that is unknown, closed or for
    something else.
    find_disk: the disk that a person chose for a box, `name sectors`; None while nobody did.
    hellos_per_minute: for one address.
    """

    record_hello: Callable[[BoxSeen], None]
    record_event: Callable[[InstallEvent], None]
    record_refusal: Callable[[HookRefusal], None]
    find_serial: Callable[[str, Scope], Serial | None]
    find_disk: Callable[[Serial], str | None]
    clock: Clock
    hellos_per_minute: int = 30


def blueprint(needs: InstallNeeds) -> Blueprint:
    """The hooks of installing boxes; no session, no cookie, a ticket per appliance.

    A box cannot do anything about a refusal, so answers are one short line for whoever reads its log.
    """
    routes = Blueprint("install_hooks", __name__)
    limit = RateLimit(needs.hellos_per_minute)

    @routes.post("/hooks/hello")
    def hello() -> Response:
        """A box in the universal stage says what it is; `name=value` lines, 16 kB at most."""
        now = needs.clock.now()
        if not limit.allows(_address(), now):
            fault = Fault("hello-too-often", Where(source=_address()), {"address": _address()})
            return _refused(needs, 429, fault)
        body = _body(LONGEST_HELLO)
        if body is None:
            return _too_long(needs, LONGEST_HELLO)
        seen = parse_hello(body, address=_address(), at=now)
        if isinstance(seen, Fault):
            return _refused(needs, 400, seen)
        needs.record_hello(seen)
        return _taken()

    @routes.route("/hooks/install/<ticket>", methods=["GET", "POST"])
    def check(ticket: str) -> Response:
        """Whether a ticket is open; writes nothing."""
        return _with_ticket(needs, ticket, "report", lambda _: _taken())

    @routes.route("/hooks/install/<ticket>/step/<name>", methods=["GET", "POST"])
    def step(ticket: str, name: str) -> Response:
        """A step was reached; the body's first line is its detail, `?failed=1` says that it went wrong."""
        return _with_ticket(needs, ticket, "report", lambda serial: _step(needs, serial, name))

    @routes.route("/hooks/install/<ticket>/alive", methods=["GET", "POST"])
    def alive(ticket: str) -> Response:
        """The box still works: `?step=…&failures=…`."""
        return _with_ticket(needs, ticket, "report", lambda serial: _alive(needs, serial))

    @routes.post("/hooks/install/<ticket>/log")
    def log(ticket: str) -> Response:
        """A piece of a log; `?name=installer|partman|firstboot&upload=…&offset=…`, 1 MB at most."""
        return _with_ticket(needs, ticket, "logs", lambda serial: _log(needs, serial))

    @routes.route("/hooks/install/<ticket>/installed", methods=["GET", "POST"])
    def installed(ticket: str) -> Response:
        """Debian is on the disk and the box restarts."""
        finish = lambda serial: _write(needs, InstallFinished(needs.clock.now(), serial))  # noqa: E731  # beside its like
        return _with_ticket(needs, ticket, "report", finish)

    @routes.post("/hooks/install/<ticket>/disks")
    def disks(ticket: str) -> Response:
        """The disks of a box that could not choose one; a line each, as `disk.sh` writes it."""
        return _with_ticket(needs, ticket, "report", lambda serial: _disks(needs, serial))

    @routes.get("/hooks/install/<ticket>/disk")
    def disk(ticket: str) -> Response:
        """The disk that a person chose for this box, `name sectors`; an empty line while nobody did."""
        return _with_ticket(needs, ticket, "report", lambda serial: _text(f"{needs.find_disk(serial) or ''}\n", 200))

    @routes.post("/hooks/install/<ticket>/engine-ready")
    def engine_ready(ticket: str) -> Response:
        """The engine is healthy and waits to be set up; lines `address=…`, `version=…`."""
        return _with_ticket(needs, ticket, "register", lambda serial: _engine_ready(needs, serial))

    return routes


def _with_ticket(needs: InstallNeeds, ticket: str, scope: Scope, act: Callable[[Serial], Response]) -> Response:
    serial = needs.find_serial(ticket, scope)
    return act(serial) if serial else _refused(needs, 403, Fault("hook-unknown-ticket", Where(source=_address())))


def _step(needs: InstallNeeds, serial: Serial, name: str) -> Response:
    step, body = parse_step(name), _body(LONGEST_REPORT)
    if step is None:
        return _refused(needs, 400, Fault("hook-malformed", Where(source=serial), {"part": "step"}))
    if body is None:
        return _too_long(needs, LONGEST_REPORT)
    failed = request.args.get("failed", "") == "1"
    return _write(needs, InstallProgressed(needs.clock.now(), serial, step, parse_detail(body), failed))


def _alive(needs: InstallNeeds, serial: Serial) -> Response:
    step = parse_step(request.args.get("step", "")) or ""
    failures, question = parse_count(request.args.get("failures", "")), parse_question(request.args.get("question", ""))
    return _write(needs, InstallAlive(needs.clock.now(), serial, step, failures, question))


def _log(needs: InstallNeeds, serial: Serial) -> Response:
    body = _body(LONGEST_PIECE)
    if body is None:
        return _too_long(needs, LONGEST_PIECE)
    name: LogName = next((known for known in LOG_NAMES if known == request.args.get("name")), "installer")
    upload = parse_step(request.args.get("upload", "")) or f"{needs.clock.now():%H%M%S%f}"
    offset = parse_count(request.args.get("offset", ""), most=LONGEST_LOG)
    return _write(needs, LogReceived(needs.clock.now(), serial, name, body, upload[:24], offset))


def _disks(needs: InstallNeeds, serial: Serial) -> Response:
    body = _body(LONGEST_DISKS)
    if body is None:
        return _too_long(needs, LONGEST_DISKS)
    return _write(needs, DisksSeen(needs.clock.now(), serial, body))


def _engine_ready(needs: InstallNeeds, serial: Serial) -> Response:
    body = _body(LONGEST_REPORT)
    if body is None:
        return _too_long(needs, LONGEST_REPORT)
    ready = parse_engine_ready(body, serial=serial, hook_address=_address(), at=needs.clock.now())
    return _refused(needs, 400, ready) if isinstance(ready, Fault) else _write(needs, ready)


def _write(needs: InstallNeeds, event: InstallEvent) -> Response:
    needs.record_event(event)
    return _taken()


def _body(longest: int) -> bytes | None:
    """What was sent, whatever type it claims to be; None when it is too long. Never reads more than it may."""
    if (request.content_length or 0) > longest:
        return None
    body = request.stream.read(longest + 1)
    return None if len(body) > longest else body


def _too_long(needs: InstallNeeds, longest: int) -> Response:
    return _refused(needs, 413, Fault("hook-too-long", Where(source=_address()), {"longest": longest}))


def _refused(needs: InstallNeeds, status: int, fault: Fault) -> Response:
    # The ticket is a secret even when it is an old one.
    ticket = (request.view_args or {}).get("ticket", "")
    asked = request.path.replace(f"/{ticket}", "/…", 1) if ticket else request.path
    needs.record_refusal(HookRefusal(needs.clock.now(), _address(), asked, status, fault))
    return _text(f"{explain(fault, 'en').text}\n", status)


def _taken() -> Response:
    return _text("ok\n", 202)


def _text(text: str, status: int) -> Response:
    return Response(text, status, content_type="text/plain; charset=utf-8")


def _address() -> str:
    return (request.remote_addr or "").removeprefix("::ffff:")
