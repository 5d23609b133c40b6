"""What does a line of our logs look like, and where do those of a command at a terminal go?"""

import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from logging.handlers import RotatingFileHandler
from pathlib import Path

_MEGABYTE = 1_000_000
_EVERY_RECORD_HAS = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime"}


class LogLine(logging.Formatter):
    """One line per event: when, how bad, where, what, then the facts, such as the reference that a person was shown."""

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s %(message)s")

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802  # logging's own name
        """The line without a traceback. Facts are shown of our own events alone; libraries put other things there."""
        line = super().formatMessage(record)
        if not hasattr(record, "event"):
            return line
        facts = {name: value for name, value in vars(record).items() if name not in _EVERY_RECORD_HAS}
        return " ".join([line, *(f"{name}={_one_word(value)}" for name, value in facts.items())])


class _Kept(RotatingFileHandler):
    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802  # logging's own name
        """Say nothing: logging's own answer is a traceback on the terminal."""


@contextmanager
def logs_kept(file: Path) -> Iterator[None]:
    """Keep log lines, from warnings on, in a file: without a handler Python writes them between a command's own lines.

    The file is made with its first line. At a megabyte another one is begun, and one earlier stays. Where it cannot be
    written, because it is root's or the disk is full, the lines are lost.
    """
    handler = _Kept(file, maxBytes=_MEGABYTE, backupCount=1, encoding="utf-8", delay=True)
    handler.setFormatter(LogLine())
    handler.setLevel(logging.WARNING)
    # Without one DBOS gives itself a handler that writes to the terminal (seen with dbos 3.4).
    logging.getLogger("dbos").addHandler(logging.NullHandler())
    root = logging.getLogger()
    root.addHandler(handler)
    try:
        yield
    finally:
        root.removeHandler(handler)
        handler.close()


def _one_word(value: object) -> str:
    """A value that cannot be taken for another fact or another line."""
    text = str(value)
    return text if text.isprintable() and not any(sign in text for sign in ' "=') else json.dumps(text)
