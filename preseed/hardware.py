"""Does the box have what its checklist says? What the installer found, against what its model should have."""

import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

_SEEN_BY_KERNEL = 0.85
"""Of the fitted memory: graphics and firmware keep some for themselves."""

_DISK_SLACK = 0.95


@dataclass(frozen=True, slots=True)
class Finding:
    """What the installer says of one point of the checklist. holds: True proves it, False contradicts it.

    code: of the text that tells it, `finding-…`; facts: its blanks, in GB or ports.
    """

    point: str
    holds: bool
    code: str
    facts: Mapping[str, Any]


def findings(model: str, facts: Mapping[str, Any], disks: Sequence[Mapping[str, Any]] | None) -> tuple[Finding, ...]:
    """Everything that can be told from a box's facts, and from its disks once it is partitioned.

    Power after a cut and stickers cannot be read by any program: nothing is said of them.
    """
    wanted = _table().get(model, _table()["default"])
    return tuple(_findings(wanted, facts, disks))


def _findings(
    wanted: Mapping[str, int], facts: Mapping[str, Any], disks: Sequence[Mapping[str, Any]] | None
) -> Iterator[Finding]:
    memory = _leading_number(facts.get("memory")) / 1024 / 1024
    if memory:
        holds = memory >= wanted["memory_gb"] * _SEEN_BY_KERNEL
        yield Finding("ram", holds, "finding-ram", {"found": round(memory, 1), "wanted": wanted["memory_gb"]})
    if disks:
        largest = max(
            (_leading_number(disk.get("sectors")) / 1_953_125 for disk in disks if _is_inner(disk)), default=0
        )
        holds = largest >= wanted["disk_gb"] * _DISK_SLACK
        yield Finding("ssd", holds, "finding-ssd", {"found": round(largest), "wanted": wanted["disk_gb"]})
    cards = _leading_number(facts.get("cards"))
    if cards and cards < wanted["cards"]:
        yield Finding("cards", False, "finding-cards", {"found": int(cards), "wanted": wanted["cards"]})


def _is_inner(disk: Mapping[str, Any]) -> bool:
    return disk.get("removable") == "0" and disk.get("usb") == "0"


def _leading_number(told: object) -> float:
    """The number at the start of what a box told, such as `7890123 kB`; 0 when there is none."""
    word = str(told or "").split(" ")[0]
    return float(word) if word.isascii() and word.isdigit() and len(word) <= 18 else 0.0


@cache
def _table() -> Mapping[str, Mapping[str, int]]:
    return tomllib.loads(files("preseed").joinpath("hardware.toml").read_text("utf-8"))
