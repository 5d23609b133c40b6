"""What do we say to a person? Fault code or text key, plus facts, to French and English.

The words are data: one TOML file per part in `texts/`, each entry with `fr`, `en` and, for a fault,
`fr_hint`, `en_hint`. A hint names the next action. `{count} {count:étiquette|étiquettes}` is one word for one thing
and another for several.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from string import Formatter
from typing import Any

from staging.core.faults import Fault, StagingError
from staging.core.words import Language


@dataclass(frozen=True, slots=True)
class Message:
    """One fault in a person's language: what is wrong, and the next action."""

    text: str
    hint: str


@cache
def catalogue() -> Mapping[str, Mapping[str, str]]:
    """Every text by its key, from all parts; the same key in two files is our own mistake and raises."""
    entries: dict[str, Mapping[str, str]] = {}
    for file in sorted(files("staging.core").joinpath("texts").iterdir(), key=lambda f: f.name):
        if not file.name.endswith(".toml"):
            continue
        for key, entry in tomllib.loads(file.read_text("utf-8")).items():
            if key in entries:
                raise ValueError(f"text {key!r} stands twice, the second time in {file.name}")
            entries[key] = entry
    return entries


def explain(fault: Fault, lang: Language) -> Message:
    """The words for a fault. An unknown code or fact never hides the fault: its code is shown instead."""
    entry = catalogue().get(fault.code)
    if entry is None:
        return Message(fault.code, "")
    facts = {"at": str(fault.at), **fault.facts}
    return Message(_fill(entry[lang], facts, lang), _fill(entry.get(f"{lang}_hint", ""), facts, lang))


def say(key: str, lang: Language, /, **facts: Any) -> str:
    """The words of a page or command; a key without an entry comes back as itself."""
    entry = catalogue().get(key)
    return key if entry is None else _fill(entry[lang], facts, lang)


def error_lines(error: StagingError, lang: Language) -> list[str]:
    """One line per fault for a terminal: `code place: text Hint.`, whatever a fact holds."""
    lines = []
    for fault in error.faults:
        message = explain(fault, lang)
        place = f" {fault.at}" if str(fault.at) else ""
        line = f"{fault.code}{place}: {message.text} {message.hint}".rstrip()
        # What somebody typed may hold a line's end, or commands for the terminal itself.
        lines.append("".join(letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in line))
    return lines


# French counts nothing as one thing: 0 téléphone, 1 téléphone, 2 téléphones.
_SINGULAR: Mapping[Language, frozenset[str]] = {"fr": frozenset({"0", "1"}), "en": frozenset({"1"})}


class _Lenient(Formatter):
    def __init__(self, lang: Language) -> None:
        self._singular = _SINGULAR[lang]

    def get_value(self, key: int | str, args: Any, kwargs: Mapping[str, Any]) -> Any:  # noqa: ARG002  # Formatter's signature
        return kwargs.get(str(key), f"{{{key}}}")

    def format_field(self, value: Any, format_spec: str) -> str:
        if "|" not in format_spec:
            return str(super().format_field(value, format_spec))
        one, _, several = format_spec.partition("|")
        return one if str(value) in self._singular else several


def _fill(text: str, facts: Mapping[str, Any], lang: Language) -> str:
    return _Lenient(lang).vformat(text, (), dict(facts))
