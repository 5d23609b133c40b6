"""What is said of something that is not as the plan asks?"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Difference:
    """Something that is not as the plan asks. noun, key: the thing; name: of what about it; as text, None: nothing."""

    noun: str
    key: str
    name: str
    wanted: str | None
    found: str | None


def compared(noun: str, key: str, wanted: Mapping[str, object], there: Mapping[str, object]) -> Iterator[Difference]:
    """Each wanted value that is another one there; nothing, False and the empty text are one."""
    for name, value in wanted.items():
        now = there.get(name)
        if (value or None) != (now or None):
            yield Difference(noun, key, name, _text(value), _text(now))


def _text(value: object) -> str | None:
    if isinstance(value, list):
        return ", ".join(map(str, value)) or None
    return str(value) if value else None
