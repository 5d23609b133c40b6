"""How is a file opened that may be hostile? In a child process with bounded memory and time."""

import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import IO

from numbering.events import END, REFUSED, Event, Workbook, by_sheet, gather
from numbering.refusal import not_a_workbook, refused
from staging.core.faults import PlanRefused, Where

MAX_SECONDS = 30.0

_ROOT = Path(__file__).resolve().parent.parent
# No site packages, no environment, no current folder: the child needs the standard library and this package.
_PROGRAM = "import sys; sys.path.insert(0, sys.argv.pop(1)); from numbering.child import main; main(sys.argv[1:])"


def read_workbook(path: Path) -> Workbook:
    """The visible sheets of a workbook file, whatever its bytes are.

    Raises PlanRefused with one fault: unreadable, encrypted, legacy or too large. A child that crashes, hangs
    or runs out of memory makes the file unreadable, nothing else.
    """
    try:
        return gather(by_sheet(_events(path)))
    except PlanRefused as refusal:
        raise PlanRefused(*(replace(fault, at=Where(path.name)) for fault in refusal.faults)) from refusal


def _events(path: Path) -> Iterator[Event]:
    command = [sys.executable, "-I", "-S", "-c", _PROGRAM, str(_ROOT), str(path.resolve())]
    with subprocess.Popen(  # noqa: S603 - our own interpreter; the path is an argument, never a command
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        encoding="ascii",
    ) as child:
        clock = threading.Timer(MAX_SECONDS, child.kill)
        clock.daemon = True
        clock.start()
        try:
            yield from _complete(child.stdout)
        finally:
            clock.cancel()
            child.kill()


def _complete(lines: IO[str] | None) -> Iterator[Event]:
    for line in lines or ():
        if not line.endswith("\n"):
            break
        event: Event = json.loads(line)
        if event[0] == REFUSED:
            raise refused(event[1], **event[2])
        yield event
        if event[0] == END:
            return
    raise not_a_workbook("reading it took too much time or memory")
