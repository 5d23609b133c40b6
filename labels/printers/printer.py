"""What is a printer, and what does it know about what it did?

Three outcomes, so that nobody prints a label twice by mistake: it is out (`Printed`), it left us and nothing
more can be known (`Sent`), or it did not happen (PrinterUnavailable).
"""

from dataclasses import dataclass
from typing import Literal, Protocol

from labels.printers.media import Media

Format = Literal["pdf", "zpl", "brother"]


@dataclass(frozen=True, slots=True)
class Printed:
    """It is out for certain. detail: where, in words of the way of printing (a path)."""

    detail: str


@dataclass(frozen=True, slots=True)
class Sent:
    """It was accepted; whether it came out cannot be known from here. detail: a job number or an address."""

    detail: str


Outcome = Printed | Sent


@dataclass(frozen=True, slots=True)
class PrintDone:
    """What became of a batch. status: `printed` or `sent`; detail: as the outcome has it.

    sheet: number of the sheet that still has labels on it, to be written on it; None when there is none.
    """

    labels: int
    status: Literal["printed", "sent"]
    detail: str
    sheet: int | None = None


class Printer(Protocol):
    """One way out for finished labels."""

    def send(self, data: bytes, *, title: str, format: Format) -> Outcome:
        """Hand over one batch. Raises PrinterUnavailable when it certainly or possibly did not arrive."""
        ...

    def media(self, format: Format) -> tuple[Media, ...]:
        """What is loaded, for each tray, before anything is sent; nothing when it cannot be known.

        Raises PrinterUnavailable when the printer is not there.
        """
        ...
