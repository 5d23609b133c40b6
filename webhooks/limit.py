"""Does one address ask too often? A count per address and minute, kept in memory and never large."""

from datetime import datetime, timedelta
from threading import Lock


class RateLimit:
    """At most so many per address in any one minute of the clock.

    Each process counts for itself: the limit holds floods off, it meters nobody.
    """

    def __init__(self, per_minute: int) -> None:
        self._per_minute = per_minute
        self._minute = 0
        self._counts: dict[str, int] = {}
        self._lock = Lock()

    def allows(self, address: str, now: datetime) -> bool:
        """Count one more of an address; False when that is one too many."""
        minute = int(now.timestamp()) // int(timedelta(minutes=1).total_seconds())
        with self._lock:
            if minute != self._minute:
                self._minute, self._counts = minute, {}
            self._counts[address] = self._counts.get(address, 0) + 1
            return self._counts[address] <= self._per_minute
