"""Which Debian releases do we install, and what differs between them? The differences are in `releases.toml`."""

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Literal

Suite = Literal["bookworm", "trixie"]
SUITES: tuple[Suite, ...] = ("bookworm", "trixie")


@dataclass(frozen=True, slots=True)
class Release:
    """One Debian release, as `releases.toml` describes it."""

    suite: Suite
    number: str
    netboot: str
    wazo_distribution: str


@cache
def release(suite: Suite) -> Release:
    """What is particular to a release."""
    table = tomllib.loads(files("preseed").joinpath("releases.toml").read_text("utf-8"))
    return Release(suite, **table[suite])


def parse_suite(typed: str) -> Suite | None:
    """Read a release's code name; None when it is not one that we install."""
    return next((suite for suite in SUITES if suite == typed.strip().lower()), None)
