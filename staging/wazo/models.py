"""Which plugin serves a phone, and how many lines and keys has it? The figures are data, in `models.toml`."""

import re
import tomllib
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from itertools import combinations

_PLUGIN = re.compile(r"yealink-v(\d+)$")
_DEFAULT_PREFIX = "wazo-yealink-v"
_FIRMWARE = re.compile(r"(?!.*ddphone)(.+)-fw")

FIRST_KEY = 2
"""Key 1 shows the phone's own line as long as no function key takes it."""


@dataclass(frozen=True, slots=True)
class PhoneModel:
    """A phone as the plugins know it. plugins: versions that list it; keys: line keys; modules: at most.

    firmware: other names under which packages of firmware know it.
    """

    name: str
    plugins: tuple[int, ...]
    lines: int
    keys: int
    module_keys: int = 0
    modules: int = 0
    firmware: tuple[str, ...] = ()

    def key_positions(self, modules: int) -> range:
        """Positions for function keys: from the second line key on, then module by module, numbered through."""
        if not self.keys:
            return range(0)
        return range(FIRST_KEY, self.keys + min(modules, self.modules) * self.module_keys + 1)


@cache
def phone_models() -> Mapping[str, PhoneModel]:
    """Every known phone, by the model name that wazo-provd uses."""
    text = files("staging.wazo").joinpath("models.toml").read_text("utf-8")
    return {
        name: PhoneModel(name, tuple(entry.pop("plugins")), firmware=tuple(entry.pop("firmware", ())), **entry)
        for name, entry in tomllib.loads(text).items()
    }


def plugin_version(plugin: str) -> int | None:
    """85 for `wazo-yealink-v85` or any older name of that family; None for another maker's plugin."""
    found = _PLUGIN.search(plugin)
    return int(found[1]) if found else None


def lists_model(plugin: str | None, model: str) -> bool:
    """Whether the plugin's own list names the model; one that does not may still take the phone, and serve it badly."""
    known = phone_models().get(model)
    return bool(known and plugin and plugin_version(plugin) in known.plugins)


def choose_plugins(models: Iterable[str], available: Collection[str] = ()) -> Mapping[str, str]:
    """A plugin for each model: the fewest that serve them all, the newest where several would do.

    available: plugin ids to choose from; the current names when empty. A model that none lists is left out.
    Few, because provd prefers by firmware among all that are installed, and a phone keeps its first plugin.
    """
    by_version = _by_version(available)
    wanted = {
        model: {version for version in phone_models()[model].plugins if version in by_version}
        for model in set(models)
        if model in phone_models()
    }
    wanted = {model: versions for model, versions in wanted.items() if versions}
    chosen = _fewest(wanted, sorted(by_version, reverse=True))
    return {model: by_version[max(versions & chosen)] for model, versions in sorted(wanted.items())}


def firmware_package(model: str, offered: Collection[str]) -> str | None:
    """The package of firmware for a model among those of a plugin; None when none names it.

    A package's name lists its models, `T53_T53W_T54W_T57W-fw`; one that ends in X means a series, `T3X-fw`. Packages of
    languages, of handsets and of another maker's mode (`ddphone`) are none.
    """
    known = phone_models().get(model)
    for name in (model, *(known.firmware if known else ())):
        for package in sorted(offered):
            named = _FIRMWARE.fullmatch(package)
            if named and any(_means(word, name) for word in named[1].split("_")):
                return package
    return None


def _means(word: str, name: str) -> bool:
    return word == name or (word.endswith("X") and name.startswith(word[:-1]))


def _by_version(available: Collection[str]) -> dict[int, str]:
    if not available:
        versions = {version for model in phone_models().values() for version in model.plugins}
        return {version: f"{_DEFAULT_PREFIX}{version}" for version in versions}
    named = ((plugin_version(plugin), plugin) for plugin in sorted(available))
    return {version: plugin for version, plugin in named if version is not None}


def _fewest(wanted: Mapping[str, set[int]], newest_first: list[int]) -> set[int]:
    for size in range(len(newest_first) + 1):
        for candidate in combinations(newest_first, size):
            if all(versions & set(candidate) for versions in wanted.values()):
                return set(candidate)
    return set()
