"""What does a scanner on a serial port read? Lines, and when it was unplugged and came back."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal

from serial import Serial, SerialException, serial_for_url

from staging.core.faults import Fault, Refused, Where

_READ_S = 0.3
"""A scanner that ends a code with nothing at all has ended it when it is quiet for this long."""
_LONGEST = 256
_FIRST_PAUSE_S, _LONGEST_PAUSE_S = 0.5, 5.0
_END = re.compile(rb"[\r\n\t\x00]+")


@dataclass(frozen=True, slots=True)
class Heard:
    """listens: the port is open. scan: a code, in `text`. away: the scanner is gone; back: it is there again.

    cut: a code stopped half-way; what came of it is in `text`.
    """

    kind: Literal["listens", "scan", "away", "back", "cut"]
    text: str = ""


class SerialScanner:
    """A scanner on a port, opened anew whenever it comes back.

    port: `/dev/ttyUSB0`, `rfc2217://host:port`, `socket://host:port`, as pyserial has them. wait: between two tries
    to open it, in seconds.
    """

    def __init__(self, port: str, *, baud: int = 9600, wait: Callable[[float], object]) -> None:
        self._port = port
        self._baud = baud
        self._wait = wait

    def listen(self, *, stop: Callable[[], bool]) -> Iterator[Heard]:
        """All that is heard until `stop`. A scan that came whole is never lost; one that was cut is said.

        Raises Refused `scanner-unusable` for a port or speed that can be none, however often it is tried.
        """
        away, pause = False, _FIRST_PAUSE_S
        while not stop():
            rest = bytearray()
            try:
                with self._open() as line:
                    yield Heard("back" if away else "listens")
                    away, pause = False, _FIRST_PAUSE_S
                    while not stop():
                        yield from _codes(line, rest)
            except (SerialException, OSError):
                if rest:
                    yield Heard("cut", _text(bytes(rest)))
                if not away:
                    yield Heard("away")
                away = True
                self._wait(pause)
                pause = min(2 * pause, _LONGEST_PAUSE_S)

    def _open(self) -> Serial:
        try:
            return serial_for_url(self._port, baudrate=self._baud, timeout=_READ_S)
        except ValueError as error:
            facts = {"port": self._port, "baud": self._baud, "why": str(error)}
            raise Refused(Fault("scanner-unusable", Where("scanner"), facts)) from error


def _codes(line: Serial, rest: bytearray) -> Iterator[Heard]:
    heard = line.read(max(1, line.in_waiting))
    rest += heard
    *whole, left = _END.split(bytes(rest))
    if left and (not heard or len(left) > _LONGEST):
        whole, left = [*whole, left], b""
    rest[:] = left
    for code in whole:
        if code.strip():
            yield Heard("scan", _text(code))


def _text(code: bytes) -> str:
    return "".join(letter for letter in code.decode("utf-8", "replace") if letter.isprintable()).strip()[:_LONGEST]
