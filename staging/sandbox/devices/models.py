"""What can a phone model hold, and which installed plugin speaks to it?"""

import re
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

MODULES = 3
"""Expansion modules that one phone prints keys for."""


@dataclass(frozen=True, slots=True)
class Model:
    """A phone model. lines: SIP accounts; keys: line keys; module: keys of one expansion module."""

    lines: int
    keys: int
    module: int
    family: int
    plugins: tuple[int, ...]
    dect: bool = False


@dataclass(frozen=True, slots=True)
class Plugin:
    """An installable plugin and the firmware packages it offers."""

    version: str
    packages: tuple[str, ...]


PLUGINS = {
    "wazo-yealink-v83": Plugin("1.5.3", ("W60B-fw", "W56H-fw", "T46S_T48S_T42S_T41S-fw", "CP960-fw")),
    "wazo-yealink-v84": Plugin("1.2.3", ("T53W_T53-fw", "T54W-fw", "T57W-fw", "T54W-lang")),
    "wazo-yealink-v85": Plugin("1.2.6", ("T3X-fw", "T53_T53W_T54W_T57W-fw", "W60B-fw", "W70B-fw", "W56H-fw")),
    "wazo-yealink-v86": Plugin("1.4.11", ("T3X-fw", "T53_T53C_T53W_T54W_T57W-fw", "T58W-fw", "CP925-fw")),
    "wazo-yealink-v87": Plugin("1.2.2", ("T53W_T54W_T57W-fw", "T58W-fw", "W70B-fw")),
}


@cache
def models() -> dict[str, Model]:
    """Every model by the name that provd gives it."""
    table = tomllib.loads(files("staging.sandbox.devices").joinpath("models.toml").read_text("utf-8"))
    return {name: Model(**{**facts, "plugins": tuple(facts["plugins"])}) for name, facts in table.items()}


def choose_plugin(model: str | None, version: str | None, installed: Iterable[str]) -> str | None:
    """The plugin that wins a phone seen for the first time.

    A plugin of the phone's own firmware beats one that lists the model, which beats any of the same maker; between
    equals the greatest name wins.
    """
    scored = [(_score(model, version, plugin), plugin) for plugin in installed]
    return max(scored)[1] if scored else None


def default_version(model: str) -> str | None:
    """A plausible firmware for a model: that of its newest plugin but one so fresh that few phones have it."""
    known = models().get(model)
    if known is None:
        return None
    plugin = max((number for number in known.plugins if number < 87), default=87)
    return f"{known.family}.{plugin}.0.25" if known.dect else f"{known.family}.{plugin}.0.100"


def _score(model: str | None, version: str | None, plugin: str) -> int:
    number = int(re.sub(r".*v", "", plugin))
    known = models().get(model or "")
    if known is None or number not in known.plugins:
        return 1
    return 3 if (version or "").startswith(f"{known.family}.{number}.") else 2
