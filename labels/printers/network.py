"""How do labels reach a printer on the network? As raw bytes on port 9100.

A ZPL printer is asked how it is before and after (`~HS`): one that says "paper out" gets nothing, and one that
was seen at work and then says "all out" has printed. A printer that does not answer the question still gets its labels.
"""

import socket
import time
from dataclasses import dataclass
from datetime import timedelta

from labels.printers.printer import Format, Outcome, Printed, Sent
from staging.core.faults import Fault, PrinterUnavailable

PATIENCE = timedelta(seconds=10)
_BETWEEN_QUESTIONS = timedelta(milliseconds=100)


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


class NetworkPrinter:
    """One printer by address. patience: for connecting, for an answer, and for the last label to come out."""

    def __init__(self, host: str, port: int, *, patience: timedelta = PATIENCE) -> None:
        self._address = (host, port)
        self._seconds = patience.total_seconds()

    def send(self, data: bytes, *, title: str, format: Format) -> Outcome:  # noqa: ARG002 (raw bytes have no title)
        """Send the batch and wait until the printer says that it is out, or cannot say."""
        try:
            line = socket.create_connection(self._address, timeout=self._seconds)
        except OSError as cause:
            raise self._unavailable("printer-unreachable", cause) from cause
        with line:
            speaks = format == "zpl" and self._check(self._ask(line))
            self._push(line, data)
            return self._finish(line, speaks=speaks)

    def _check(self, status: HostStatus | None) -> bool:
        """Whether the printer answered; one that stands still is refused."""
        if status is not None and status.trouble is not None:
            raise PrinterUnavailable(Fault(status.trouble, facts={"printer": self._name}))
        return status is not None

    def _ask(self, line: socket.socket) -> HostStatus | None:
        """Its state; None when it keeps silent for a second."""
        reply = b""
        line.settimeout(min(1.0, self._seconds))
        try:
            line.sendall(b"~HS")
            while reply.count(b"\x03") < 3:
                more = line.recv(1024)
                if not more:
                    raise ConnectionAbortedError("closed")
                reply += more
        except TimeoutError:
            return parse_host_status(reply)
        except OSError as cause:
            raise self._unavailable("printer-dropped", cause) from cause
        finally:
            line.settimeout(self._seconds)
        return parse_host_status(reply)

    def _push(self, line: socket.socket, data: bytes) -> None:
        try:
            line.sendall(data)
        except OSError as cause:
            raise self._unavailable("printer-dropped", cause) from cause

    def _finish(self, line: socket.socket, *, speaks: bool) -> Outcome:
        if speaks:
            return self._watch(line)
        try:
            line.shutdown(socket.SHUT_WR)
            # A printer that took everything closes its side; one that was switched off resets the line.
            while line.recv(1024):
                pass
        except TimeoutError:
            return Sent(self._name)
        except OSError as cause:
            raise self._unavailable("printer-dropped", cause) from cause
        return Sent(self._name)

    def _watch(self, line: socket.socket) -> Outcome:
        """Ask until the batch is out. `Printed` only after the printer was seen at work: one that is idle
        all along may have thrown the batch away. `Sent` when it stays the same for as long as our patience.
        """
        last, changed = self._ask(line), time.monotonic()
        was_busy = False
        while self._check(last) and last is not None and time.monotonic() - changed < self._seconds:
            was_busy = was_busy or last.busy
            if was_busy and not last.busy:
                return Printed(self._name)
            time.sleep(_BETWEEN_QUESTIONS.total_seconds())
            status = self._ask(line)
            if status != last:
                last, changed = status, time.monotonic()
        return Sent(self._name)

    @property
    def _name(self) -> str:
        return "{}:{}".format(*self._address)

    def _unavailable(self, code: str, cause: OSError) -> PrinterUnavailable:
        reason = cause.strerror or str(cause) or type(cause).__name__
        return PrinterUnavailable(Fault(code, facts={"printer": self._name, "reason": reason}))
