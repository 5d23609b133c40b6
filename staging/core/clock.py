"""What time is it, and what is a fresh identifier? Passed in, so that tests decide."""

import secrets
from datetime import UTC, datetime
from typing import Protocol


class Clock(Protocol):
    """Tells the time."""

    def now(self) -> datetime:
        """The present moment, with its time zone (UTC)."""
        ...


class SystemClock:
    """The machine's own clock."""

    def now(self) -> datetime:
        """The present moment in UTC."""
        return datetime.now(UTC)


# Crockford's alphabet without letters that are read as digits: ids are spoken across a bench.
_ALPHABET = "23456789abcdefghjkmnpqrstvwxyz"


class Ids(Protocol):
    """Makes identifiers."""

    def short(self, length: int = 6) -> str:
        """A fresh identifier that a person can read out."""
        ...


class RandomIds:
    """Identifiers from the system's random source."""

    def short(self, length: int = 6) -> str:
        """`length` characters of 30; 6 give 729 million."""
        return "".join(secrets.choice(_ALPHABET) for _ in range(length))
