"""What stands where on each kind of label? designs.toml as values; people who move a field edit only that file."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any, Literal

from labels.label import KINDS, Kind
from labels.sheet import Rect
from staging.core.faults import Fault, SettingsRefused, Where

Only = Literal["bar", "no-bar"]


@dataclass(frozen=True, slots=True)
class Edges:
    """Distances of a box from the edges of its cell, in millimetres; two of three in each direction are given."""

    left: float | None = None
    right: float | None = None
    width: float | None = None
    top: float | None = None
    bottom: float | None = None
    height: float | None = None

    def rect(self, cell_width: float, cell_height: float) -> Rect:
        """The box in a cell of this size."""
        x, width = _span(self.left, self.right, self.width, cell_width)
        y, height = _span(self.top, self.bottom, self.height, cell_height)
        return Rect(x, y, width, height)


@dataclass(frozen=True, slots=True)
class CodeSpec:
    """A code. smallest_mm, largest_mm: bounds of its module; below the first, readers begin to fail."""

    edges: Edges
    symbology: Literal["qr", "bar"]
    smallest_mm: float
    largest_mm: float
    only: Only | None = None


@dataclass(frozen=True, slots=True)
class TextSpec:
    """One text: the first of `fields` that the label has. Sizes are of the font, in millimetres."""

    edges: Edges
    fields: tuple[str, ...]
    largest_mm: float
    smallest_mm: float
    lines: int = 1
    bold: bool = False
    align: Literal["left", "centre", "right"] = "left"
    only: Only | None = None


@dataclass(frozen=True, slots=True)
class ListSpec:
    """All texts whose field begins with `list-`, in columns, all at one size."""

    edges: Edges
    list: str
    largest_mm: float
    smallest_mm: float
    columns: int = 1
    lines: int = 1
    bold: bool = False
    align: Literal["left", "centre", "right"] = "left"
    only: Only | None = None


Spec = CodeSpec | TextSpec | ListSpec


@dataclass(frozen=True, slots=True)
class Design:
    """How one kind of label looks in cells of at least this size."""

    kind: Kind
    min_width_mm: float
    min_height_mm: float
    specs: tuple[Spec, ...]


Designs = tuple[Design, ...]


def design_for(kind: Kind, width_mm: float, height_mm: float, *, own: Designs = ()) -> Design | None:
    """The roomiest design of a kind that a cell of this size can hold; None when the cell is too small for any.

    own: designs of the house or of a customer; where one of them fits, ours are not looked at.
    """
    return _roomiest(own, kind, width_mm, height_mm) or _roomiest(designs(), kind, width_mm, height_mm)


def read_designs(file: Path) -> Designs:
    """Somebody's own designs, a file as designs.toml. Raises SettingsRefused that says what is wrong in it."""
    try:
        return _designs(tomllib.loads(file.read_text("utf-8")))
    except OSError as error:
        why = error.strerror or "?"
    except KeyError as error:
        why = f"{error.args[0]} ?"
    except (ValueError, TypeError) as error:  # tomllib's and UnicodeDecodeError are ValueErrors
        why = str(error)
    raise SettingsRefused(Fault("design-malformed", Where(file.name), {"file": file.name, "why": why}))


@cache
def designs() -> tuple[Design, ...]:
    """Every design of designs.toml. Raises TypeError or ValueError when that file is malformed: it ships with us."""
    tables = tomllib.loads(files("labels").joinpath("designs.toml").read_text("utf-8"))
    return _designs(tables)


_EDGES = ("left", "right", "width", "top", "bottom", "height")
# A phone's camera takes squares of 0.3 mm at arm's length; a bench reader takes bars of 0.13 mm (5 mil), so
# that 0.16 leaves some room.
_CODE_BOUNDS = {"qr": (0.3, 0.8), "bar": (0.16, 0.43)}


FIELDS = frozenset(
    [
        *("extension", "name", "site", "caption", "copy", "mac", "bench", "place", "model", "order", "count"),
        *("customer", "stack", "address", "serial", "port", "meaning", "software", "equipment", "applied"),
    ]
)
"""What a text box may show; which of them a label has depends on its kind."""


def _roomiest(among: Designs, kind: Kind, width_mm: float, height_mm: float) -> Design | None:
    fitting = [
        design
        for design in among
        if design.kind == kind and design.min_width_mm <= width_mm and design.min_height_mm <= height_mm
    ]
    return max(fitting, key=lambda design: design.min_width_mm * design.min_height_mm, default=None)


def _designs(tables: Mapping[str, Any]) -> Designs:
    if unknown := sorted(tables.keys() - set(KINDS)):
        raise ValueError(f"[[{unknown[0]}]] ?")
    return tuple(_design(kind, table) for kind in KINDS for table in tables.get(kind, ()))


def _design(kind: Kind, table: Mapping[str, Any]) -> Design:
    return Design(kind, table["min_width"], table["min_height"], tuple(_spec(item) for item in table["boxes"]))


def _spec(item: Mapping[str, Any]) -> Spec:
    edges = Edges(**{name: item[name] for name in _EDGES if name in item})
    rest = {name: value for name, value in item.items() if name not in _EDGES}
    if symbology := rest.pop("code", None):
        smallest, largest = _CODE_BOUNDS[symbology]
        return CodeSpec(edges, symbology, smallest, largest, **rest)
    largest, smallest = rest.pop("size")
    if "list" in rest:
        return ListSpec(edges, rest.pop("list"), largest, smallest, **rest)
    fields = tuple(rest.pop("text").split())
    if unknown := sorted(set(fields) - FIELDS):
        raise ValueError(f"text = {unknown[0]!r} ?")
    return TextSpec(edges, fields, largest, smallest, **rest)


def _span(near: float | None, far: float | None, length: float | None, whole: float) -> tuple[float, float]:
    match near, far, length:
        case float(), float(), None:
            return near, whole - near - far
        case float(), None, float():
            return near, length
        case None, float(), float():
            return whole - far - length, length
        case _:
            raise ValueError("a box needs two of left, right, width and two of top, bottom, height, as decimals")
