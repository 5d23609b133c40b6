"""What time is it in a test? A clock that stands still until it is told to move, and identifiers one can foresee."""

from datetime import UTC, datetime, timedelta
from itertools import count

START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


class StoppedClock:
    """Stands at one moment; `pass_` moves it on."""

    def __init__(self, at: datetime = START) -> None:
        self._at = at

    def now(self) -> datetime:
        return self._at

    def pass_(self, time: timedelta | float) -> None:
        """Let time pass; a number is seconds."""
        self._at += time if isinstance(time, timedelta) else timedelta(seconds=time)


class CountedIds:
    """`a00001`, `a00002`, …"""

    def __init__(self) -> None:
        self._numbers = count(1)

    def short(self, length: int = 6) -> str:
        return f"a{next(self._numbers):0{length - 1}d}"
