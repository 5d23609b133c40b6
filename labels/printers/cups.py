"""How do labels reach a CUPS queue? Through `lp`, which every CUPS machine has and no library needs.

Before that the queue is asked over IPP what is loaded; a CUPS that does not answer gets the labels all the same.
"""

import re
import subprocess
from datetime import timedelta

from labels.printers.ipp import ask_queue
from labels.printers.media import Media
from labels.printers.printer import Format, Sent
from staging.core.faults import Fault, PrinterUnavailable

PATIENCE = timedelta(seconds=30)


class CupsPrinter:
    """One queue. server: `host[:port]` of another machine's CUPS; program: the command, where it stands elsewhere."""

    def __init__(self, queue: str, *, server: str | None = None, program: str = "lp") -> None:
        self._queue = queue
        self._server = server
        self._program = program

    def send(self, data: bytes, *, title: str, format: Format) -> Sent:
        """Queue the batch. A PDF goes at its true size, never fitted to the page; a printer's own language goes raw."""
        options = ["-o", "print-scaling=none"] if format == "pdf" else ["-o", "raw"]
        at = ["-h", self._server] if self._server else []
        # One word with its option: a title that begins with a hyphen stays a title.
        arguments = [self._program, *at, "-d", self._queue, f"-t{title}", *options, "-"]
        try:
            done = subprocess.run(arguments, input=data, capture_output=True, timeout=PATIENCE.seconds, check=False)  # noqa: S603 (no shell, and the queue was checked)
        except FileNotFoundError as cause:
            raise PrinterUnavailable(Fault("no-print-command")) from cause
        except subprocess.TimeoutExpired as cause:
            raise self._fault("printer-dropped", f"{PATIENCE.seconds} s") from cause
        if done.returncode != 0:
            raise self._fault("printer-refused", _first_line(done.stderr) or f"lp: {done.returncode}")
        return Sent(_job(done.stdout))

    def media(self, format: Format) -> tuple[Media, ...]:  # noqa: ARG002 (CUPS knows its stock whatever is sent)
        """What the queue says is ready. Raises PrinterUnavailable for one that is paused, empty, open or jammed."""
        state = ask_queue(self._queue, server=self._server or "localhost")
        if state is None:
            return ()
        if state.trouble is not None:
            raise PrinterUnavailable(Fault(state.trouble, facts={"printer": self._queue}))
        return state.loaded

    def _fault(self, code: str, reason: str) -> PrinterUnavailable:
        return PrinterUnavailable(Fault(code, facts={"printer": self._queue, "reason": reason}))


def _first_line(output: bytes) -> str:
    lines = output.decode(errors="replace").strip().splitlines()
    return lines[0] if lines else ""


def _job(output: bytes) -> str:
    """The job in "request id is etiquettes-42 (1 file(s))", in whatever language `lp` says it."""
    text = _first_line(output)
    found = re.search(r"\S+-\d+", text)
    return found.group() if found else text
