"""How are labels handed to a printer that takes raw bytes and may answer? Over a socket or a cable alike.

A ZPL printer and a Brother QL are asked how they are before and after: one that says "paper out" gets nothing, and one
that was seen at work and then says "all out" has printed. One that does not answer still gets its labels.
"""

import time
from collections.abc import Callable
from contextlib import closing
from datetime import timedelta

from labels.printers import brother, zebra
from labels.printers.line import Line
from labels.printers.media import Media
from labels.printers.printer import Format, Outcome, Printed, Sent
from staging.core.faults import Fault, PrinterUnavailable

PATIENCE = timedelta(seconds=10)
_BETWEEN_QUESTIONS = timedelta(milliseconds=100)
_ANSWER_S = 1.0


class RawPrinter:
    """One printer. open_line: the way to it, opened anew for each batch; name: as a person finds it.

    patience: for connecting, for an answer, and for the last label to come out.
    """

    def __init__(self, open_line: Callable[[float], Line], *, name: str, patience: timedelta = PATIENCE) -> None:
        self._open_line = open_line
        self._name = name
        self._seconds = patience.total_seconds()

    def send(self, data: bytes, *, title: str, format: Format) -> Outcome:  # noqa: ARG002 (raw bytes have no title)
        """Send the batch and wait until the printer says that it is out, or cannot say."""
        with closing(self._open()) as line:
            try:
                match format:
                    case "zpl":
                        return self._send_zpl(line, data)
                    case "brother":
                        return self._send_brother(line, data)
                    case "pdf":
                        line.push(data)
                        return self._leave(line)
            except OSError as cause:
                raise self._unavailable("printer-dropped", cause) from cause

    def media(self, format: Format) -> tuple[Media, ...]:
        """What is loaded, as far as the printer says. Raises PrinterUnavailable when it is away or stands still."""
        if format == "pdf":
            return ()
        with closing(self._open()) as line:
            try:
                found = self._zebra_media(line) if format == "zpl" else self._brother_media(line)
            except OSError as cause:
                raise self._unavailable("printer-dropped", cause) from cause
        return (found,) if found else ()

    def _open(self) -> Line:
        try:
            return self._open_line(self._seconds)
        except OSError as cause:
            raise self._unavailable("printer-unreachable", cause) from cause

    def _send_zpl(self, line: Line, data: bytes) -> Outcome:
        speaks = self._check(self._ask(line))
        line.push(data)
        return self._watch(line) if speaks else self._leave(line)

    def _send_brother(self, line: Line, data: bytes) -> Outcome:
        line.push(brother.ASK_STATUS)
        status = brother.parse_ql_status(self._listen(line, whole=lambda heard: len(heard) >= brother.SIZE))
        self._refuse(status.trouble if status else None)
        line.push(data)
        return self._count(line, brother.labels_in(data)) if status else self._leave(line)

    def _leave(self, line: Line) -> Outcome:
        line.finish()
        return Sent(self._name)

    def _zebra_media(self, line: Line) -> Media | None:
        if not self._check(self._ask(line)):
            return None
        line.push(zebra.ASK_MEDIA)
        return zebra.parse_media(self._listen(line, whole=lambda heard: heard.count(b'"') >= 2 * zebra.ANSWERS))

    def _brother_media(self, line: Line) -> Media | None:
        line.push(brother.ASK_STATUS)
        status = brother.parse_ql_status(self._listen(line, whole=lambda heard: len(heard) >= brother.SIZE))
        self._refuse(status.trouble if status else None)
        return status.media if status else None

    def _check(self, status: zebra.HostStatus | None) -> bool:
        """Whether the printer answered; one that stands still is refused."""
        self._refuse(status.trouble if status else None)
        return status is not None

    def _refuse(self, trouble: str | None) -> None:
        if trouble is not None:
            raise PrinterUnavailable(Fault(trouble, facts={"printer": self._name}))

    def _ask(self, line: Line) -> zebra.HostStatus | None:
        """Its state; None when it keeps silent for a second."""
        line.push(zebra.ASK_STATUS)
        return zebra.parse_host_status(self._listen(line, whole=lambda heard: heard.count(b"\x03") >= 3))

    def _listen(self, line: Line, *, whole: Callable[[bytes], bool]) -> bytes:
        heard = b""
        while not whole(heard):
            more = line.hear(min(_ANSWER_S, self._seconds))
            if not more:
                break
            heard += more
        return heard

    def _watch(self, line: Line) -> Outcome:
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

    def _count(self, line: Line, labels: int) -> Outcome:
        """A QL tells each label that is out by itself. `Printed` after the last; `Sent` when it falls silent before."""
        heard = b""
        while more := line.hear(self._seconds):
            heard += more
            status = brother.parse_ql_status(heard)
            self._refuse(status.trouble if status else None)
            if brother.labels_done(heard) >= labels:
                return Printed(self._name)
        return Sent(self._name)

    def _unavailable(self, code: str, cause: OSError) -> PrinterUnavailable:
        reason = cause.strerror or str(cause) or type(cause).__name__
        return PrinterUnavailable(Fault(code, facts={"printer": self._name, "reason": reason}))
