"""Which disk may be wiped? The rules of `disk_rules.toml`, decided here, and written as shell for the installer."""

import re
import shlex
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, Literal

from preseed.appliance import DiskRules

SECTORS_PER_GB = 1_953_125
"""10^9 bytes in sectors of 512, as the kernel counts them whatever the disk's own sector size."""

MOST_DISKS = 32
_NAME = re.compile(r"[a-zA-Z0-9][a-zA-Z0-9!._-]{0,31}")
_MODEL = re.compile(r"[^A-Za-z0-9 ._-]")


@dataclass(frozen=True, slots=True)
class Disk:
    """One disk as the installer read it. Facts are its words: `?` for what could not be read, which no rule takes.

    sectors: of 512 bytes. usb, medium, used: `1` or `0`; medium: the installer runs from it; used: a partition table
    or anything else stands at its start.
    """

    name: str
    sectors: str = "?"
    removable: str = "?"
    read_only: str = "?"
    usb: str = "?"
    medium: str = "?"
    used: str = "?"
    model: str = ""

    @property
    def gb(self) -> float:
        """Its size in GB of 10^9 bytes; 0 when it is unknown."""
        return int(self.sectors) / SECTORS_PER_GB if _is_number(self.sectors) else 0.0


@dataclass(frozen=True, slots=True)
class Rule:
    """One line of the rules, its value filled in for an appliance. hand: a person may set it aside."""

    reason: str
    fact: Literal["sectors", "removable", "read_only", "usb", "medium", "used", "model"]
    test: Literal["is", "at-least", "at-most", "starts"]
    value: str
    words: tuple[str, ...]
    hand: bool

    @property
    def shell(self) -> str:
        """A shell condition that is true when the disk keeps to the rule; `sh`, `dash` and busybox alike."""
        fact = f'"$staging_{self.fact}"'
        if self.test == "is":
            return f"[ {fact} = {shlex.quote(self.value)} ]"
        if self.test == "starts":
            patterns = "|".join(f"{shlex.quote(word)}*" for word in self.words)
            return f"case {fact} in {patterns}) true ;; *) false ;; esac"
        return f"[ {fact} {'-ge' if self.test == 'at-least' else '-le'} {self.value} ]"


@dataclass(frozen=True, slots=True)
class Choice:
    """What came of it. disk: the one that may be wiped, or None; reasons: why each other may not, by name."""

    disk: Disk | None
    allowed: tuple[Disk, ...]
    reasons: Mapping[str, str]


def rules_of(wanted: DiskRules) -> tuple[Rule, ...]:
    """The rules for one appliance, in order; those that it leaves open are left out."""
    maximum = "" if wanted.maximum_gb is None else str(wanted.maximum_gb * SECTORS_PER_GB)
    # A blank keeps an empty list of models from becoming a pattern that everything fits.
    models = tuple(word for word in (clean_model(model) for model in wanted.models) if word)
    values = {
        "$minimum": str(wanted.minimum_gb * SECTORS_PER_GB),
        "$maximum": maximum,
        "$models": "models" if models else "",
        "$unused": "" if wanted.restage else "0",
    }
    filled = (
        Rule(one["reason"], one["fact"], one["test"], values.get(one["value"], one["value"]), models, one["hand"])
        for one in _table()
    )
    return tuple(rule for rule in filled if rule.value)


def judge(disk: Disk, rules: Iterable[Rule]) -> str | None:
    """Why a disk may not be wiped: the reason of the first rule that it breaks; None when it may."""
    return next((rule.reason for rule in rules if not _keeps(disk, rule)), None)


def choose(disks: Iterable[Disk], wanted: DiskRules) -> Choice:
    """The one disk that may be wiped, or none: two that may are as bad as none that does."""
    rules = rules_of(wanted)
    all_ = tuple(disks)
    verdicts = {disk.name: judge(disk, rules) for disk in all_}
    allowed = tuple(disk for disk in all_ if verdicts[disk.name] is None)
    reasons = {name: reason for name, reason in verdicts.items() if reason is not None}
    return Choice(allowed[0] if len(allowed) == 1 else None, allowed, reasons)


def hand_may(disk: Disk, wanted: DiskRules) -> bool:
    """Whether a person may choose this disk: the rules that keep sticks and small disks safe hold for people too."""
    return judge(disk, (rule for rule in rules_of(wanted) if not rule.hand)) is None


def parse_disks(body: bytes) -> tuple[Disk, ...]:
    """Read what the installer's script wrote: a line per disk, facts in their order, the model last.

    Anybody who holds the ticket can send this: what is no such line goes, and a word that is odd becomes `?`.
    """
    found: dict[str, Disk] = {}
    for line in body.decode("ascii", "replace").splitlines()[:MOST_DISKS]:
        words = line.split(" ", 7)
        if len(words) < 7 or not _NAME.fullmatch(words[0]):
            continue
        facts = [word if _is_number(word) else "?" for word in words[1:7]]
        sectors, removable, read_only, usb, medium, used = facts
        model = clean_model(words[7] if len(words) == 8 else "")
        found.setdefault(words[0], Disk(words[0], sectors, removable, read_only, usb, medium, used, model))
    return tuple(found.values())


def clean_model(model: str) -> str:
    """A disk's model as the script cleans it: plain characters, single blanks, sixty at most."""
    return " ".join(_MODEL.sub("", model).split())[:60].rstrip()


@cache
def _table() -> tuple[Mapping[str, Any], ...]:
    return tuple(tomllib.loads(files("preseed").joinpath("disk_rules.toml").read_text("utf-8"))["rule"])


def _keeps(disk: Disk, rule: Rule) -> bool:
    fact: str = getattr(disk, rule.fact)
    if rule.test == "is":
        return fact == rule.value
    if rule.test == "starts":
        return fact.startswith(rule.words)
    if not _is_number(fact):
        return False
    return int(fact) >= int(rule.value) if rule.test == "at-least" else int(fact) <= int(rule.value)


def _is_number(word: str) -> bool:
    # Eighteen digits fit the shells' 64-bit arithmetic, and no disk is that large.
    return word.isascii() and word.isdigit() and len(word) <= 18
