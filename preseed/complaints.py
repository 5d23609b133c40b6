"""Why did an installer stop? The first line of its log that says so, and of which kind the trouble is."""

import re
import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from itertools import groupby

LONGEST_LINE = 300
LONGEST_SEARCHED = 500


@dataclass(frozen=True, slots=True)
class Complaint:
    """One line of a log. kind: `mirror`, `network`, `disk`, `firmware`, `time` or `other`; row: from 1.

    The words for a kind are in the texts, as `cause-<kind>`.
    """

    kind: str
    line: str
    row: int


def first_complaint(log: str) -> Complaint | None:
    """The first line that tells why; None when none does. Lines of healthy logs only count when no other does."""
    # What stands far out on a line tells nothing, and a line of megabytes would be searched for ever.
    lines = [line[:LONGEST_SEARCHED] for line in log.splitlines()]
    text = "\n".join(lines).lower()
    for _, kinds in groupby(_kinds(), key=lambda kind: kind.last):
        found = [(row, order, kind) for order, kind in enumerate(kinds) if (row := _first_row(kind, text)) is not None]
        if found:
            row, _, kind = min(found, key=lambda one: one[:2])
            return Complaint(kind.name, _tidy(lines[row]), row + 1)
    return None


def last_stage(log: str) -> str:
    """Of a first boot's log what its last stage said, from that stage's first try on; all of it when it has no marks.

    The script only ever adds to that log: what went wrong yesterday, and was mended, stands above.
    """
    begins = [match.start() for match in _STAGE_BEGINS.finditer(log)]
    return log[begins[-1] :] if begins else log


_STAGE_BEGINS = re.compile(r"^== [a-z]+, try 1, ", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class _Kind:
    name: str
    last: bool
    patterns: tuple[re.Pattern[str], ...]


def _first_row(kind: _Kind, text: str) -> int | None:
    starts = [match.start() for pattern in kind.patterns if (match := pattern.search(text)) is not None]
    return text.count("\n", 0, min(starts)) if starts else None


@cache
def _kinds() -> tuple[_Kind, ...]:
    table = tomllib.loads(files("preseed").joinpath("complaints.toml").read_text("utf-8"))["kind"]
    kinds = (
        _Kind(one["name"], one.get("last", False), tuple(re.compile(each, re.MULTILINE) for each in one["patterns"]))
        for one in table
    )
    return tuple(sorted(kinds, key=lambda kind: kind.last))


def _tidy(line: str) -> str:
    return " ".join("".join(char if char.isprintable() else " " for char in line).split())[:LONGEST_LINE]
