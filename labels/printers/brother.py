"""What does a Brother QL say of itself? Thirty-two bytes: what is loaded, what is wrong, what it is doing."""

from dataclasses import dataclass

from labels.printers.media import Media

ASK_STATUS = bytes(200) + b"\x1b@" + b"\x1biS"
"""Zeros end whatever command was cut in the middle before; then: begin anew, and tell. Source: Brother's
"Raster Command Reference" of the QL-800 series, "Status information request"."""

SIZE = 32
_HEAD = b"\x80\x20\x42"
_ENDLESS, _DIE_CUT = 0x0A, 0x0B
_DPI = 300


@dataclass(frozen=True, slots=True)
class QlStatus:
    """One answer. trouble: a fault code, or None; done: one more label is out; media: None with nothing loaded."""

    trouble: str | None
    done: bool
    media: Media | None


def parse_ql_status(reply: bytes) -> QlStatus | None:
    """Read the newest whole answer in what was heard; None when there is none."""
    at = reply.rfind(_HEAD)
    if at < 0 or len(reply) < at + SIZE:
        return None
    one = reply[at : at + SIZE]
    return QlStatus(_trouble(one[8], one[9]), one[18] == 1, _media(one[10], one[11], one[17]))


def labels_done(reply: bytes) -> int:
    """How many labels came out, as the answers in what was heard tell."""
    parts = reply.split(_HEAD)[1:]
    return sum(1 for part in parts if len(part) > 15 and part[15] == 1)


def labels_in(job: bytes) -> int:
    """How many labels a batch of `draw_brother` holds. The bare command might stand among a label's dots too."""
    return job.count(b"\x1bia\x01\x1biz")


def _trouble(first: int, second: int) -> str | None:
    # First byte: 1 nothing loaded, 2 used up, 4 cutter jammed. Second: 1 other stock, 0x10 cover, 0x40 cannot feed.
    states = {
        "printer-head-open": bool(second & 0x10),
        "printer-paper-out": bool(first & 0x03),
        "printer-jammed": bool(first & 0x04 or second & 0x40),
        "printer-roll-mismatch": bool(second & 0x01),
    }
    return next((code for code, bad in states.items() if bad), None)


def _media(width: int, kind: int, length: int) -> Media | None:
    if kind not in (_ENDLESS, _DIE_CUT) or not width:
        return None
    return Media(width_mm=width, length_mm=length if kind == _DIE_CUT else 0, dpi=_DPI)
