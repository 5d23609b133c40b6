"""Which field does a column hold? Headings that customers write: those of `columns.toml`, and an integrator's own."""

import difflib
import tomllib
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from itertools import count
from typing import Any, Literal, cast, get_args

from numbering.words import fold_words, readings

Field = Literal[
    "site", "name", "firstname", "lastname", "profile", "hardware", "number",
    "extension", "email", "voicemail", "mac", "base", "group",
]  # fmt: skip
FIELDS: tuple[Field, ...] = get_args(Field)

_NAME_FIELDS: frozenset[Field] = frozenset({"name", "firstname", "lastname"})
_CLOSE = 0.65
_NEAREST_SOUGHT = 100
_LONGEST_COMPARED = 60


@dataclass(frozen=True, slots=True)
class Headings:
    """What headings mean. fields: by folded words; labels: folded words that a main number's label begins with.

    shown: how each field's usual heading is written, for a person to copy.
    """

    fields: Mapping[str, Field]
    labels: tuple[str, ...]
    shown: Mapping[Field, str]

    def find(self, heading: str) -> Field | None:
        """The field that a heading means; None when it is not one of ours."""
        return next((self.fields[reading] for reading in readings(heading) if reading in self.fields), None)

    def is_main_number_label(self, text: str) -> bool:
        """True for a label such as `NDI à porter (ou 'à créer')`: it begins with a word for the main number."""
        folded = fold_words(text) + " "
        return any(folded.startswith(f"{label} ") for label in self.labels)

    def nearest(self, heading: str, *, present: Collection[Field]) -> tuple[str, ...]:
        """Headings that an unknown one may stand for, of fields that the sheet has no column for yet.

        The one whose writing comes nearest; all of them where none is near.
        """
        lacking = _lacking(present)
        words = {heading: field for heading, field in self.fields.items() if field in lacking}
        near = difflib.get_close_matches(fold_words(heading)[:_LONGEST_COMPARED], words, n=1, cutoff=_CLOSE)
        return (self.shown[words[near[0]]],) if near else self.lacking(present)

    def lacking(self, present: Collection[Field]) -> tuple[str, ...]:
        """The usual headings of the fields that a sheet has no column for; all where it lacks none."""
        return tuple(self.shown[field] for field in _lacking(present))


FindNearest = Callable[[str, Collection[Field]], tuple[str, ...]]
"""The headings that an unknown one may stand for, in a sheet that has columns for these fields."""


def nearest_finder(headings: Headings) -> FindNearest:
    """Looks for the nearest heading of the first hundred unknown ones: each takes some milliseconds."""
    sought = count()

    def find(heading: str, present: Collection[Field]) -> tuple[str, ...]:
        if next(sought) < _NEAREST_SOUGHT:
            return headings.nearest(heading, present=present)
        return headings.lacking(present)

    return find


def find_field(heading: str) -> Field | None:
    """The field that a heading means by the shipped table; None when it is not one of ours."""
    return shipped_headings().find(heading)


@cache
def shipped_headings() -> Headings:
    """The headings that come with the product."""
    data = _data()
    return Headings(_words(data["fields"]), _labels(data), cast(Mapping[Field, str], data["shown"]))


def extended_headings(text: str) -> Headings:
    """The shipped headings with an integrator's own TOML on top, which has the same form.

    A heading of theirs counts before a shipped one. Raises ValueError, KeyError or TypeError on nonsense:
    no TOML, a field that does not exist, a heading that means two fields.
    """
    shipped, own = shipped_headings(), tomllib.loads(text)
    unknown = [name for name in (*own.get("fields", {}), *own.get("shown", {})) if name not in FIELDS]
    if unknown:
        raise ValueError(f"no such field: {', '.join(unknown)}; known are {', '.join(FIELDS)}")
    shown = dict(zip(own.get("shown", {}), _texts(list(own.get("shown", {}).values())), strict=True))
    return Headings(
        {**shipped.fields, **_words(own.get("fields", {}))},
        (*shipped.labels, *_labels(own)),
        {**shipped.shown, **shown},
    )


def proposed_headers() -> Mapping[str, str]:
    """Heading, by language, of the column of allotted short numbers in an annotated workbook."""
    return cast(Mapping[str, str], _data()["proposed"]["headers"])


def findings_sheets() -> Mapping[str, str]:
    """Name, by language, of the sheet that lists the faults in an annotated workbook."""
    return cast(Mapping[str, str], _data()["proposed"]["sheets"])


@cache
def _data() -> Mapping[str, Any]:
    return tomllib.loads(files("numbering").joinpath("columns.toml").read_text("utf-8"))


def _lacking(present: Collection[Field]) -> list[Field]:
    # A sheet that has the whole name lacks neither half of it, and the other way round.
    told = {*present, *_NAME_FIELDS} if _NAME_FIELDS.intersection(present) else set(present)
    return [field for field in FIELDS if field not in told] or list(FIELDS)


def _words(data: Mapping[str, Any]) -> dict[str, Field]:
    fields: dict[str, Field] = {}
    for name, headings in data.items():
        for heading in _texts(headings):
            if fields.setdefault(fold_words(heading), cast(Field, name)) != name:
                raise ValueError(f"heading {heading!r} means both {fields[fold_words(heading)]} and {name}")
    return fields


def _labels(data: Mapping[str, Any]) -> tuple[str, ...]:
    return tuple(fold_words(label) for label in _texts(data.get("main_number", {}).get("labels", [])))


def _texts(listed: Any) -> list[str]:
    """A list of words that say something: an empty one would be the heading of every empty cell."""
    if not isinstance(listed, list) or not all(isinstance(one, str) and fold_words(one) for one in listed):
        raise ValueError(f"not a list of headings: {listed!r}")
    return listed
