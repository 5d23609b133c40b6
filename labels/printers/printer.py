"""What is a printer, and what does it know about what it did?

Three outcomes, so that nobody prints a label twice by mistake: it is out (`Printed`), it left us and nothing
more can be known (`Sent`), or it did not happen (PrinterUnavailable).
"""

from dataclasses import dataclass
from typing import Literal, Protocol

from labels.draw_zpl import Dpi
from labels.sheet import NO_OFFSET, Offset

Format = Literal["pdf", "zpl"]


@dataclass(frozen=True, slots=True)
class Printed:
    """It is out for certain. detail: where, in words of the way of printing (a path)."""

    detail: str


@dataclass(frozen=True, slots=True)
class Sent:
    """It was accepted; whether it came out cannot be known from here. detail: a job number or an address."""

    detail: str


Outcome = Printed | Sent


class Printer(Protocol):
    """One way out for finished labels."""

    def send(self, data: bytes, *, title: str, format: Format) -> Outcome:
        """Hand over one batch. Raises PrinterUnavailable when it certainly or possibly did not arrive."""
        ...


@dataclass(frozen=True, slots=True)
class PrinterSetting:
    """A printer as the administrator declared it.

    url: see `choose.py`; sheet: the name of the stock that is loaded; offset: what this printer needs to hit
    the labels; dpi: of a ZPL printer; language: what it is sent when nobody says otherwise.
    """

    name: str
    url: str
    sheet: str
    offset: Offset = NO_OFFSET
    dpi: Dpi = 203
    language: Format = "pdf"
