"""How is every fetch written down without anybody waiting for it? Lines are gathered, and written many at once."""

import logging
import threading
from collections.abc import Callable, Sequence

from sqlalchemy.exc import OperationalError, SQLAlchemyError

from staging.adapters.store.installs import FetchLine
from staging.core.faults import DatabaseUnreachable

log = logging.getLogger(__name__)

EVERY_S = 0.25
_MOST = 50_000
"""Lines that are held while the database is away; later ones go, and the log says how many."""


class FetchBook:
    """Gathers lines and writes them every quarter of a second. A box that asks never waits for it.

    The thread starts with the first line. `flush` writes what is there now, for those who want to read it.
    """

    def __init__(self, write: Callable[[Sequence[FetchLine]], None]) -> None:
        self._write = write
        self._lines: list[FetchLine] = []
        self._lost = 0
        self._lock = threading.Lock()
        self._writing = threading.Lock()
        self._wanted = threading.Event()
        self._thread: threading.Thread | None = None

    def note(self, line: FetchLine) -> None:
        """Take one line; returns at once."""
        with self._lock:
            if len(self._lines) >= _MOST:
                self._lost += 1
                return
            self._lines.append(line)
            if self._thread is None:
                self._thread = threading.Thread(target=self._keep, name="fetch-book", daemon=True)
                self._thread.start()
        self._wanted.set()

    def flush(self) -> None:
        """Write what is there. Lines of a database that is away, locked or full are kept for the next time.

        Lines that it will never take are given up with a word in the log: one of them must not end the book.
        """
        with self._writing:
            with self._lock:
                lines, self._lines = self._lines, []
                lost, self._lost = self._lost, 0
            if lost:
                log.warning("fetches lost", extra={"event": "fetches_lost", "count": lost})
            try:
                self._write(lines)
            except (DatabaseUnreachable, OperationalError):
                log.exception("fetches wait", extra={"event": "fetches_wait", "count": len(lines)})
                with self._lock:
                    waiting = [*lines, *self._lines]
                    self._lines = waiting[:_MOST]
                    self._lost += len(waiting[_MOST:])
            except SQLAlchemyError:
                log.exception("fetches lost", extra={"event": "fetches_lost", "count": len(lines)})

    def _keep(self) -> None:
        pause = threading.Event()
        while True:
            self._wanted.wait()
            pause.wait(EVERY_S)
            self._wanted.clear()
            self.flush()
