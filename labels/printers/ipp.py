"""What does a CUPS queue say of its printer? One question in IPP: state, stock, whether it takes jobs.

`lp` can send but not ask; the little of IPP that a question needs is written here. Source: RFC 8010 (encoding) and
RFC 8011 (attributes); PWG 5101.1 for the names of stock, which end in their size: `iso_a4_210x297mm`.
"""

import http.client
import re
import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import quote, urlsplit

from labels.printers.media import Media

PORT = 631
_SECONDS = 3.0
_GET_PRINTER_ATTRIBUTES = 0x000B
_CHARSET, _LANGUAGE, _URI, _KEYWORD = 0x47, 0x48, 0x45, 0x44
_WANTED = ("printer-state", "printer-state-reasons", "printer-is-accepting-jobs", "media-ready")
_SIZE = re.compile(r"_(\d+(?:\.\d+)?)x(\d+(?:\.\d+)?)(mm|in)$")
_TROUBLES = {
    "media-empty": "printer-paper-out",
    "media-needed": "printer-paper-out",
    "media-jam": "printer-jammed",
    "cover-open": "printer-head-open",
    "door-open": "printer-head-open",
    "marker-supply-empty": "printer-ribbon-out",
    "paused": "printer-paused",
}


@dataclass(frozen=True, slots=True)
class QueueState:
    """A queue as CUPS tells it. trouble: a fault code, or None; loaded: one Media for each stock that is ready."""

    trouble: str | None
    loaded: tuple[Media, ...]


def ask_queue(queue: str, *, server: str) -> QueueState | None:
    """Ask CUPS at `host[:port]` about a queue; None when it does not answer or does not know the queue."""
    place = urlsplit(f"//{server}")
    connection = http.client.HTTPConnection(place.hostname or server, place.port or PORT, timeout=_SECONDS)
    path = f"/printers/{quote(queue)}"
    try:
        body = _question(f"ipp://{server}{path}")
        connection.request("POST", path, body, {"Content-Type": "application/ipp"})
        answer = connection.getresponse()
        return parse_answer(answer.read(1_000_000)) if answer.status == http.client.OK else None
    except (OSError, http.client.HTTPException):
        return None
    finally:
        connection.close()


def parse_answer(body: bytes) -> QueueState | None:
    """The state in an IPP answer; None for a refusal or what is no IPP."""
    if len(body) < 9 or body[2] != 0:  # a status from 0x0100 on is a refusal
        return None
    try:
        found = _attributes(body)
    except (struct.error, UnicodeDecodeError):
        return None
    return QueueState(_trouble(found), tuple(_media(found.get("media-ready", ()))))


def _question(uri: str) -> bytes:
    parts = [
        struct.pack(">HHIB", 0x0200, _GET_PRINTER_ATTRIBUTES, 1, 0x01),
        _attribute(_CHARSET, "attributes-charset", "utf-8"),
        _attribute(_LANGUAGE, "attributes-natural-language", "en"),
        _attribute(_URI, "printer-uri", uri),
        _attribute(_KEYWORD, "requested-attributes", _WANTED[0]),
        *(_attribute(_KEYWORD, "", name) for name in _WANTED[1:]),
        b"\x03",
    ]
    return b"".join(parts)


def _attribute(tag: int, name: str, value: str) -> bytes:
    """One value; an empty name adds it to the attribute before."""
    named, said = name.encode(), value.encode()
    return struct.pack(">BH", tag, len(named)) + named + struct.pack(">H", len(said)) + said


def _attributes(body: bytes) -> Mapping[str, Sequence[bytes]]:
    found: dict[str, list[bytes]] = {}
    at, name = 8, ""
    while at < len(body) and body[at] != 0x03:
        if body[at] < 0x10:  # the beginning of a group
            at += 1
            continue
        (long,) = struct.unpack_from(">H", body, at + 1)
        name = body[at + 3 : at + 3 + long].decode() or name
        (size,) = struct.unpack_from(">H", body, at + 3 + long)
        begin = at + 5 + long
        found.setdefault(name, []).append(body[begin : begin + size])
        at = begin + size
    return found


def _trouble(found: Mapping[str, Sequence[bytes]]) -> str | None:
    for reason in found.get("printer-state-reasons", ()):
        said = reason.decode("ascii", "replace")
        # "-warning" and "-report" are for information; without an ending it is an error.
        if not said.endswith(("-warning", "-report")) and (code := _TROUBLES.get(said.removesuffix("-error"))):
            return code
    return "printer-paused" if b"\x00" in found.get("printer-is-accepting-jobs", ()) else None


def _media(names: Sequence[bytes]) -> list[Media]:
    loaded = []
    for name in names:
        size = _SIZE.search(name.decode("ascii", "replace").lower())
        if size:
            scale = 25.4 if size[3] == "in" else 1.0
            loaded.append(Media(width_mm=float(size[1]) * scale, length_mm=float(size[2]) * scale))
    return loaded
