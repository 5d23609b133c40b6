"""How does a secret travel through the code without being printed?"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Secret:
    """A value that never shows itself; `reveal()` is the only way to it and is easy to search for."""

    _value: str

    def reveal(self) -> str:
        """The value in clear, for the one call that needs it."""
        return self._value

    def __repr__(self) -> str:
        return "***"

    def __str__(self) -> str:
        return "***"

    def __bool__(self) -> bool:
        return bool(self._value)
