"""What did a box write? The bodies of its reports, read with care: anybody on the bench's network can send them."""

import re
from datetime import datetime
from ipaddress import ip_address

from staging.core.faults import Fault, Where
from staging.core.words import Serial, parse_serial
from webhooks.events import BoxSeen, EngineReady

LONGEST_HELLO = 16_384
"""Bytes of a hello, at most."""

MOST_FACTS = 40
LONGEST_FACT = 200
LONGEST_DETAIL = 400

_BASE64 = re.compile(r"[A-Za-z0-9+/]{64,6000}={0,2}")
_NAME = re.compile(r"[a-z][a-z0-9_]{0,31}")
_STEP = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,59}")
_QUESTION = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+-]*(/[A-Za-z0-9._+-]+)+")
_SUITE = re.compile(r"[a-z]{2,20}")


def parse_hello(body: bytes, *, address: str, at: datetime) -> BoxSeen | Fault:
    """Read a hello: lines of `name=value`, `serial` among them. The first of a name counts; what is no such line goes.

    address: where it came from; the box cannot choose it.
    """
    facts = _parse_lines(body)
    serial = parse_serial(facts.pop("serial", ""))
    if serial is None:
        return Fault("hello-without-serial", Where(source=address), {"address": address})
    suite = facts.pop("suite", "")
    return BoxSeen(
        at, serial, address, suite if _SUITE.fullmatch(suite) else "", tuple(list(facts.items())[:MOST_FACTS])
    )


def parse_step(typed: str) -> str | None:
    """Read a step's name, as it may stand in an address; None when it is none."""
    return typed if _STEP.fullmatch(typed) else None


def parse_detail(body: bytes) -> str:
    """The first line of a report's body, without control characters, cut to size."""
    lines = body.decode("utf-8", "replace").splitlines() or [""]
    return _printable(lines[0])[:LONGEST_DETAIL]


def parse_count(typed: str, *, most: int = 9999) -> int:
    """Read a small count, `most` at most; 0 for what is none."""
    return min(int(typed), most) if typed.isascii() and typed.isdigit() and len(typed) < 10 else 0


def parse_question(typed: str) -> str:
    """Read the name of a debconf question, as it may stand in an address; empty when it is none."""
    return typed if len(typed) <= 120 and _QUESTION.fullmatch(typed) else ""


def parse_engine_ready(body: bytes, *, serial: Serial, hook_address: str, at: datetime) -> EngineReady | Fault:
    """Read the end of a first boot: lines `address=…`, `version=…` and `certificate=…` (DER in base64).

    The address must be one that can be asked later; a loopback one only when the report came from this machine
    itself, as a rehearsal's does.
    """
    facts = _parse_lines(body)
    try:
        address = ip_address(facts.get("address", ""))
    except ValueError:
        return Fault("engine-without-address", Where(source=serial), {"serial": serial})
    elsewhere = address.is_loopback and not ip_address(hook_address).is_loopback
    if elsewhere or address.is_unspecified or address.is_multicast:
        return Fault("engine-without-address", Where(source=serial), {"serial": serial})
    return EngineReady(at, serial, str(address), hook_address, facts.get("version", ""), _certificate(body))


def _certificate(body: bytes) -> str:
    """The certificate's base64, which is longer than any fact; empty when there is none or it is no base64."""
    for line in body.decode("ascii", "replace").splitlines():
        name, _, value = line.partition("=")
        if name == "certificate" and _BASE64.fullmatch(value.strip()):
            return value.strip()
    return ""


def _parse_lines(body: bytes) -> dict[str, str]:
    facts: dict[str, str] = {}
    for line in body.decode("utf-8", "replace").splitlines():
        name, equals, value = line.partition("=")
        if equals and _NAME.fullmatch(name):
            facts.setdefault(name, _printable(value).strip()[:LONGEST_FACT])
    return facts


def _printable(text: str) -> str:
    return "".join(char for char in text if char.isprintable())
