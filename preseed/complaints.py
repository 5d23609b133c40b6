"""Why did an installer stop? The first line of its log that says so, and of which kind the trouble is."""

import re
import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from itertools import groupby

LONGEST_LINE = 300


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
    lines = log.splitlines()
    for _, kinds in groupby(_kinds(), key=lambda kind: kind.last):
        group = tuple(kinds)
        for row, line in enumerate(lines, start=1):
            name = next((kind.name for kind in group if kind.fits.search(line)), None)
            if name is not None:
                return Complaint(name, _tidy(line), row)
    return None


@dataclass(frozen=True, slots=True)
class _Kind:
    name: str
    last: bool
    fits: re.Pattern[str]


@cache
def _kinds() -> tuple[_Kind, ...]:
    table = tomllib.loads(files("preseed").joinpath("complaints.toml").read_text("utf-8"))["kind"]
    kinds = (
        _Kind(one["name"], one.get("last", False), re.compile("|".join(one["patterns"]), re.IGNORECASE))
        for one in table
    )
    return tuple(sorted(kinds, key=lambda kind: kind.last))


def _tidy(line: str) -> str:
    return " ".join("".join(char if char.isprintable() else " " for char in line).split())[:LONGEST_LINE]
