"""How many phones does an appliance model carry? The table of `appliances.toml`."""

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files


@cache
def shipped_appliances() -> Mapping[str, int]:
    """Phones carried, by model, as the product ships it."""
    return read_appliances(files("numbering").joinpath("appliances.toml").read_text("utf-8"))


def read_appliances(text: str) -> Mapping[str, int]:
    """Phones carried, by model, from TOML of the same form. Raises ValueError or KeyError on nonsense."""
    return {str(model): int(phones) for model, phones in tomllib.loads(text)["models"].items()}


def find_capacity(model: str, appliances: Mapping[str, int]) -> int | None:
    """Phones that a model carries; None when the model is not in the table. Case does not count."""
    folded = model.strip().casefold()
    return next((phones for name, phones in appliances.items() if name.casefold() == folded), None)
