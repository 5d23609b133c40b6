"""Which field does a column hold? Headings that customers write, looked up in `columns.toml`."""

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any, Literal, cast, get_args

from numbering.words import fold_words, readings

Field = Literal[
    "site", "name", "firstname", "lastname", "profile", "hardware", "number",
    "extension", "email", "voicemail", "mac", "base", "group",
]  # fmt: skip
FIELDS: tuple[Field, ...] = get_args(Field)


def find_field(heading: str) -> Field | None:
    """The field that a heading means; None when it is not one of ours."""
    fields = _fields()
    return next((fields[reading] for reading in readings(heading) if reading in fields), None)


def is_main_number_label(text: str) -> bool:
    """True for a label such as `NDI à porter (ou 'à créer')`: it begins with a word for the main number."""
    folded = fold_words(text) + " "
    return any(folded.startswith(f"{label} ") for label in _data()["main_number"]["labels"])


def proposed_headers() -> Mapping[str, str]:
    """Heading, by language, of the column of allotted short numbers in an annotated workbook."""
    return cast(Mapping[str, str], _data()["proposed"]["headers"])


def findings_sheets() -> Mapping[str, str]:
    """Name, by language, of the sheet that lists the faults in an annotated workbook."""
    return cast(Mapping[str, str], _data()["proposed"]["sheets"])


@cache
def _data() -> Mapping[str, Any]:
    return tomllib.loads(files("numbering").joinpath("columns.toml").read_text("utf-8"))


@cache
def _fields() -> Mapping[str, Field]:
    fields: dict[str, Field] = {}
    for name, headings in _data()["fields"].items():
        for heading in headings:
            if fields.setdefault(fold_words(heading), name) != name:
                raise ValueError(f"heading {heading!r} means both {fields[fold_words(heading)]} and {name}")
    return fields
