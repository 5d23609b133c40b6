"""Which telephone do the words of an order form mean? The catalogue of `hardware.toml`."""

import difflib
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from importlib.resources import files
from typing import Any

from numbering.plan import LineKind
from numbering.words import fold_words

_COUNTED = re.compile(r"(?:(\d)\s*(?:x\s*)?)?(.+)")
_MAX_SUGGESTIONS = 3


@dataclass(frozen=True, slots=True)
class Device:
    """One telephone of the catalogue. model: as wazo-provd spells it, None for an application on a computer.

    lines: SIP accounts, for a DECT base its handsets; module: type of the expansion module that fits, if any.
    """

    model: str | None
    kind: LineKind
    lines: int = 1
    line_keys: int = 0
    module: str | None = None
    modules: int = 0


@dataclass(frozen=True, slots=True)
class Choice:
    """A telephone as ordered: with so many expansion modules."""

    device: Device
    expansion_modules: int = 0


APPLICATION = Device(None, "app")
NOTHING = Device(None, "app", lines=0)
"""What `aucun` means: an application where the profile asks for one, and a telephone that is missing where it does not.
"""


@dataclass(frozen=True, slots=True)
class Catalogue:
    """Telephones by the folded words that mean them, and the words that may stand around."""

    devices: Mapping[str, Device]
    noise: frozenset[str]
    module_words: frozenset[str]

    def find(self, typed: str) -> Choice | None:
        """The telephone that the words mean; None when unknown, or when its modules do not fit it."""
        first, *rest = typed.split("+")
        device = self._device(fold_words(first))
        modules = [self._modules(part) for part in rest]
        if device is None or None in modules:
            return None
        count = sum(part or 0 for part in modules)
        return Choice(device, count) if count <= device.modules else None

    def nearest(self, typed: str) -> tuple[str, ...]:
        """The models whose writing comes nearest, best first, at most three; empty when nothing is near."""
        words = self._bare(fold_words(typed.split("+")[0]))
        near = difflib.get_close_matches(words, self.devices, n=8, cutoff=0.5)
        models = [model for word in near if (model := self.devices[word].model)]
        return tuple(dict.fromkeys(models))[:_MAX_SUGGESTIONS]

    def device(self, model: str) -> Device | None:
        """The telephone of a model, spelt as wazo-provd does."""
        return self.devices.get(fold_words(model))

    def _device(self, words: str) -> Device | None:
        bare = self._bare(words)
        # `T 54 W`, as somebody reads it from a box.
        return self.devices.get(words) or self.devices.get(bare) or self.devices.get(bare.replace(" ", ""))

    def _bare(self, words: str) -> str:
        kept = [word for word in words.split() if word not in self.noise]
        return " ".join(kept)

    def _modules(self, part: str) -> int | None:
        match = _COUNTED.fullmatch(fold_words(part))
        return int(match[1] or 1) if match and match[2] in self.module_words else None


@cache
def shipped_catalogue() -> Catalogue:
    """The catalogue that comes with the product."""
    return _catalogue(_shipped_data())


def extended_catalogue(text: str) -> Catalogue:
    """The shipped catalogue with an integrator's own TOML on top. Raises ValueError or KeyError on nonsense."""
    shipped, own = shipped_catalogue(), _catalogue(tomllib.loads(text))
    refreshed = {word: _refreshed(device, own) for word, device in shipped.devices.items()}
    return replace(
        shipped,
        devices={**refreshed, **own.devices},
        noise=shipped.noise | own.noise,
        module_words=shipped.module_words | own.module_words,
    )


def _refreshed(device: Device, own: Catalogue) -> Device:
    return (own.device(device.model) if device.model else None) or device


@cache
def _shipped_data() -> Mapping[str, Any]:
    return tomllib.loads(files("numbering").joinpath("hardware.toml").read_text("utf-8"))


def _catalogue(data: Mapping[str, Any]) -> Catalogue:
    devices: dict[str, Device] = {fold_words(word): APPLICATION for word in data.get("applications", ())}
    devices |= {fold_words(word): NOTHING for word in data.get("nothing", ())}
    for entry in data.get("device", ()):
        numbers = {key: entry[key] for key in ("line_keys", "module", "modules") if key in entry}
        made = [Device(model, entry["kind"], lines=entry["lines"], **numbers) for model in entry["models"]]
        devices |= {fold_words(device.model or ""): device for device in made}
        devices |= {fold_words(alias): made[0] for alias in entry.get("aliases", ())}
    words = frozenset(fold_words(word) for word in data.get("modules", ()))
    return Catalogue(devices, frozenset(data.get("noise", ())), words)
