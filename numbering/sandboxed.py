"""How is a file opened that may be hostile? In a child process with bounded memory and time."""

import json
import subprocess
import sys
import threading
from collections.abc import Generator, Iterable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import TypeAlias

from numbering.events import END, REFUSED, Event, Workbook, gather
from numbering.refusal import not_a_workbook, refused
from staging.core.faults import PlanRefused, Where

MAX_SECONDS = 120.0
"""Ends a child that waits for something. One that works is ended by its processor time, which a busy machine does
not eat: by the clock, 100,000 rows were refused there that a quiet one reads in seven seconds."""

SILENT = "reading it took too much time or memory"
"""The reason in a refusal when the child ended before it had told everything."""

_ROOT = Path(__file__).resolve().parent.parent
# No site packages, no environment, no current folder: the child needs the standard library and this package.
_PROGRAM = "import sys; sys.path.insert(0, sys.argv.pop(1)); from numbering.child import serve; serve()"

Child: TypeAlias = subprocess.Popen[str]


def read_workbook(path: Path) -> Workbook:
    """The visible sheets of a workbook file, whatever its bytes are.

    Raises PlanRefused with one fault: unreadable, encrypted, legacy or too large. A child that crashes, hangs
    or runs out of memory makes the file unreadable, nothing else.
    """
    try:
        # Closed here: after a refusal its traceback would keep the child for as long as somebody keeps the error.
        with closing(child_lines(path)) as lines:
            return gather(_complete(lines))
    except PlanRefused as refusal:
        raise PlanRefused(*(replace(fault, at=Where(path.name)) for fault in refusal.faults)) from refusal


@contextmanager
def kept_ready() -> Iterator[None]:
    """While this lasts, a child waits for the next file: its start is most of what a small plan costs.

    For a service; a command reads its files and is gone. Each child still reads one file only, within the same
    limits, and the one that waits ends with us, however we end.
    """
    _READY.refill_on()
    try:
        yield
    finally:
        _READY.dismiss()


def child_lines(path: Path) -> Generator[str, None, None]:
    """What a child that reads this file says, line by line; it is ended by its limits, or when we stop."""
    try:
        with _READY.take() as child:
            yield from _lines_of(child, path)
    finally:
        _READY.refill()


def _lines_of(child: Child, path: Path) -> Iterator[str]:
    clock = threading.Timer(MAX_SECONDS, child.kill)
    clock.daemon = True
    clock.start()
    try:
        _hand(child, path)
        yield from child.stdout or ()
    finally:
        clock.cancel()
        child.kill()


class _Ready:
    """The child that waits for a file, where one is wanted."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._wanted = False
        self._waiting: Child | None = None

    def take(self) -> Child:
        child = self._let_go()
        if child is not None and child.poll() is None:
            return child
        _end(child)
        return _start()

    def refill_on(self) -> None:
        self._wanted = True
        self.refill()

    def refill(self) -> None:
        with self._lock:
            if self._wanted and self._waiting is None:
                self._waiting = _start()

    def dismiss(self) -> None:
        self._wanted = False
        _end(self._let_go())

    def _let_go(self) -> Child | None:
        with self._lock:
            child, self._waiting = self._waiting, None
        return child


_READY = _Ready()


def _start() -> Child:
    """A child that waits for the name of a file on its standard input; it ends when that is closed."""
    return subprocess.Popen(  # noqa: S603 - our own interpreter and program
        [sys.executable, "-I", "-S", "-c", _PROGRAM, str(_ROOT)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        encoding="ascii",
    )


def _end(child: Child | None) -> None:
    if child is not None:
        with child:
            child.kill()


def _hand(child: Child, path: Path) -> None:
    if child.stdin is not None:
        # One that died a moment ago says nothing, which is told as any silence is.
        with suppress(BrokenPipeError):
            child.stdin.write(json.dumps(str(path.resolve())) + "\n")
            child.stdin.close()


def _complete(lines: Iterable[str]) -> Iterator[Event]:
    for line in lines:
        if not line.endswith("\n"):
            break
        event: Event = json.loads(line)
        if event[0] == REFUSED:
            raise refused(event[1], **event[2])
        if event[0] == END:
            return
        yield event
    raise not_a_workbook(SILENT)
