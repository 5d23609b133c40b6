"""What does a ZPL printer say of itself? How it is (`~HS`), and what is loaded (`getvar`)."""

import re
from dataclasses import dataclass

from labels.printers.media import Media

ASK_STATUS = b"~HS"
ASK_MEDIA = b'! U1 getvar "head.resolution.in_dpi"\r\n! U1 getvar "zpl.label_length"\r\n'
"""Two questions; a printer that does not know them throws them away, because they stand outside of `^XA … ^XZ`.

The width that it holds is the one that the last batch gave it (`^PW`), so it says nothing about the roll; the length is
measured at the gap or mark when the roll was put in. Source: Zebra's ZPL II programming guide, "SGD commands".
"""
ANSWERS = 2


@dataclass(frozen=True, slots=True)
class HostStatus:
    """What a ZPL printer says of itself. remaining: labels of the batch not yet out; waiting: formats received."""

    paper_out: bool
    paused: bool
    head_open: bool
    ribbon_out: bool
    waiting: int
    remaining: int

    @property
    def trouble(self) -> str | None:
        """The fault code of the first thing that keeps it from printing; None when nothing does."""
        states = {
            "printer-head-open": self.head_open,
            "printer-paper-out": self.paper_out,
            "printer-ribbon-out": self.ribbon_out,
            "printer-paused": self.paused,
        }
        return next((code for code, bad in states.items() if bad), None)

    @property
    def busy(self) -> bool:
        """Whether something that was received is not out yet."""
        return self.waiting > 0 or self.remaining > 0


def parse_host_status(reply: bytes) -> HostStatus | None:
    """Read the answer to `~HS`: three lines between STX and ETX, values parted by commas; None when it is not one.

    Source: Zebra's ZPL II programming guide, `~HS`. Ours are values 2, 3 and 5 of the first line (paper, pause,
    formats waiting) and 3, 4 and 9 of the second (head, ribbon, labels remaining).
    """
    lines = [part.split(b"\x03")[0].split(b",") for part in reply.split(b"\x02")[1:]]
    if len(lines) < 3 or len(lines[0]) < 5 or len(lines[1]) < 9:
        return None
    first, second = lines[0], lines[1]
    wanted = (first[1], first[2], second[2], second[3], first[4], second[8])
    if not all(value.strip().isdigit() for value in wanted):
        return None
    paper, pause, head, ribbon, waiting, remaining = (int(value) for value in wanted)
    return HostStatus(bool(paper), bool(pause), bool(head), bool(ribbon), waiting, remaining)


def parse_media(reply: bytes) -> Media | None:
    """Read the two answers to `ASK_MEDIA`, each in quotes: dots per inch, and dots from label to label.

    None when the first is no number: without it, dots are no millimetres. `"?"` is "I do not know this one".
    """
    said = [int(value) if value.isdigit() else None for value in _QUOTED.findall(reply)]
    dpi = said[0] if said else None
    if not dpi:
        return None
    dots = said[1] if len(said) > 1 else None
    return Media(length_mm=round(dots * 25.4 / dpi, 1) if dots else None, dpi=dpi)


_QUOTED = re.compile(rb'"([^"]*)"')
