"""How does an event travel? Event to JSON body and back, version by version.

A body is `{"type": "phone.seen", "version": 1, "timestamp": "…Z", "data": {…}}`. A field is only ever added to a
version; one that changes its meaning makes the next.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from staging.core.faults import Fault, Where
from staging.core.words import parse_mac
from webhooks.events import (
    BoxSeen,
    DisksSeen,
    EngineReady,
    Event,
    InstallAlive,
    InstallFinished,
    InstallProgressed,
    LabelPrinted,
    LogReceived,
    OtherEvent,
    PhoneSeen,
)

VERSION = 1

NAMES: Mapping[type[Event], str] = {
    BoxSeen: "box.seen",
    InstallProgressed: "install.progressed",
    InstallAlive: "install.alive",
    LogReceived: "install.log",
    DisksSeen: "install.disks",
    InstallFinished: "install.finished",
    EngineReady: "engine.ready",
    PhoneSeen: "phone.seen",
    LabelPrinted: "label.printed",
    OtherEvent: "other",
}
"""What an event is called on the wire, for ever."""


def render_payload(event: Event) -> bytes:
    """An event as the body of a delivery; equal events give equal bytes, so a repeated delivery signs alike."""
    data = {name: _plain(value) for name, value in asdict(event).items() if name != "at"}
    at = event.at.astimezone(UTC).isoformat().replace("+00:00", "Z")
    body = {"type": NAMES[type(event)], "version": VERSION, "timestamp": at, "data": data}
    return json.dumps(body, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def parse_payload(body: bytes, *, source: str) -> Event | Fault:
    """Read what another system sent; raises nothing for what it wrote.

    Only a seen phone and a printed label are taken at their word. A box's own news comes by its ticket and never
    from elsewhere, so such a type, like any unknown one, is kept as an OtherEvent and moves nothing.
    """
    try:
        read = json.loads(body)
    except (ValueError, RecursionError):
        return _malformed(source, "JSON")
    if not isinstance(read, dict):
        return _malformed(source, "{…}")
    kind, data, at = read.get("type"), read.get("data"), _parse_time(read.get("timestamp"))
    if not isinstance(kind, str) or not 0 < len(kind) <= 100:
        return _malformed(source, "type")
    if not isinstance(data, dict):
        return _malformed(source, "data")
    if at is None:
        return _malformed(source, "timestamp")
    parse = _PARSERS.get(kind) if read.get("version", VERSION) == VERSION else None
    if parse is None:
        return OtherEvent(at, source, kind, json.dumps(data, ensure_ascii=False, sort_keys=True))
    return parse(data, at) or _malformed(source, "data")


def _plain(value: object) -> object:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else value


def _parse_phone(data: Mapping[str, Any], at: datetime) -> PhoneSeen | None:
    mac = parse_mac(_text(data, "mac"))
    stack = _text(data, "stack")
    return PhoneSeen(at, mac, stack, _text(data, "model")) if mac and stack else None


def _parse_label(data: Mapping[str, Any], at: datetime) -> LabelPrinted | None:
    code, printer, copy = _text(data, "code"), _text(data, "printer"), data.get("copy", 1)
    # True is an int to Python, not to us.
    if not code or not printer or isinstance(copy, bool) or not isinstance(copy, int) or copy < 1:
        return None
    return LabelPrinted(at, code, printer, copy)


_PARSERS: Mapping[str, Callable[[Mapping[str, Any], datetime], Event | None]] = {
    NAMES[PhoneSeen]: _parse_phone,
    NAMES[LabelPrinted]: _parse_label,
}


def _text(data: Mapping[str, Any], name: str) -> str:
    value = data.get(name, "")
    return value[:200] if isinstance(value, str) else ""


def _parse_time(written: object) -> datetime | None:
    if not isinstance(written, str):
        return None
    try:
        at = datetime.fromisoformat(written)
    except ValueError:
        return None
    return at.astimezone(UTC) if at.tzinfo else None


def _malformed(source: str, part: str) -> Fault:
    return Fault("hook-malformed", Where(source=source, field=part), {"part": part})
