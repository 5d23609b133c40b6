"""Did this name or this address guess too many passwords lately? Counted in memory, forgotten after minutes."""

from collections import deque
from collections.abc import Iterable
from datetime import datetime, timedelta
from threading import Lock

_WINDOW = timedelta(minutes=5)
_LONGEST_NAME = 80
_LIMITS = {"pair": 5, "address": 25, "name": 50}
"""Failures within the window. The pair is the strict one: a stranger elsewhere must not lock a person out."""


class SignInBrake:
    """Failed sign-ins by name, by address and by both together."""

    def __init__(self) -> None:
        self._failures: dict[tuple[str, str], deque[datetime]] = {}
        self._lock = Lock()

    def wait_s(self, *, name: str, address: str, now: datetime) -> int:
        """Seconds until another try is listened to; 0 when it may come now."""
        with self._lock:
            waits = [self._wait(key, now) for key in _keys(name, address)]
        return max(waits)

    def failed(self, *, name: str, address: str, now: datetime) -> None:
        """A wrong password was given."""
        with self._lock:
            self._forget(now)
            for key in _keys(name, address):
                self._failures.setdefault(key, deque(maxlen=_LIMITS[key[0]])).append(now)

    def passed(self, *, name: str, address: str) -> None:
        """The right password was given: what this person mistyped here before counts no longer."""
        with self._lock:
            self._failures.pop(_pair(name, address), None)

    def _wait(self, key: tuple[str, str], now: datetime) -> int:
        recent = self._failures.get(key)
        if recent is None or len(recent) < _LIMITS[key[0]]:
            return 0
        left = (recent[0] + _WINDOW - now).total_seconds()
        return max(0, round(left))

    def _forget(self, now: datetime) -> None:
        # The newest failure decides: a key whose last one is old can be dropped whole.
        for key in [key for key, times in self._failures.items() if times[-1] < now - _WINDOW]:
            del self._failures[key]


def _keys(name: str, address: str) -> Iterable[tuple[str, str]]:
    return (_pair(name, address), ("address", address), ("name", _short(name)))


def _pair(name: str, address: str) -> tuple[str, str]:
    return ("pair", f"{_short(name)}\n{address}")


def _short(name: str) -> str:
    # What is typed for a name may be of any length; what is remembered of it is not.
    return name.casefold()[:_LONGEST_NAME]
