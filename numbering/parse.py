"""What does a typed cell mean? One function per kind of cell: a value, or a fault; none raises for what was typed."""

import difflib
import re
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.resources import files
from itertools import count
from typing import Any

from numbering.cells import Cell
from numbering.dids import NumberCell, read_number_cell
from numbering.hardware import Catalogue, Choice
from numbering.plan import Profile
from numbering.words import fold_spaces, fold_words, readings
from staging.core import words
from staging.core.faults import Fault, Severity, Where
from staging.core.words import Extension, Mac

MAX_NAME = 128
"""The stack's own limit on a name, in characters."""

EMERGENCY = frozenset(
    {"15", "17", "18", "110", "112", "114", "115", "116", "119", "191", "196", "197", "116000", "116117"}
)
"""Numbers that must always reach help: none may be an extension. Source: Arcep's list of French emergency numbers."""

_NO = frozenset({"non", "no", "n", "0", "faux", "false", "sans", "aucune", "aucun", "off"})
_UNKNOWN_SHOWN = 200
_PLAIN_EMAIL = re.compile(
    r"[A-Za-z0-9_+-]{1,64}(?:\.[A-Za-z0-9_+-]{1,64})*@(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z]{2,24}"
)
# What is longer than a plain address ever is, the library judges.
_PLAIN_LENGTH = 128
_SHORT = re.compile(r"[0-9]{2,6}")
_AND = re.compile(r"[+/&,;\n]|\b(?:et|and|avec|with)\b", re.IGNORECASE)
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")
_NEAREST_SOUGHT = 100
_USUAL_MODELS = ("T54W", "T53W", "T31G", "W60B")

FindHardware = Callable[[str], Choice | tuple[str, ...]]
"""What the words of an order form mean: a telephone, or the models that they come nearest to."""


@dataclass(frozen=True, slots=True)
class ProfileChoice:
    """A profile as ordered. application: a softphone belongs to the seat; desk: so does a physical telephone."""

    profile: Profile
    application: bool
    desk: bool


FindProfile = Callable[[str], ProfileChoice | str]
"""What the words of the profile column mean: a profile, or the words for those that they come nearest to."""


def fault_at(code: str, at: Where, cell: Cell, *, severity: Severity = "error", **facts: object) -> Fault:
    """A fault on a cell: its text goes along as `value`, clipped where somebody pasted a novel."""
    return Fault(code, at, {"value": clip(cell.text), **facts}, severity)


def clip(text: str) -> str:
    """The text, cut after a length that still fits a message."""
    return text if len(text) <= _UNKNOWN_SHOWN else text[:_UNKNOWN_SHOWN] + "…"


def parse_name(cell: Cell, at: Where) -> tuple[str, str] | Fault:
    """First and last name: `LE GOFF Anne` is a person; anything else is a place, whole in the first name.

    At most 128 characters, no control characters; a line break inside counts as one.
    """
    typed = cell.text.strip()
    if has_control_character(typed):
        return fault_at("invalid-character", at, cell)
    name = fold_spaces(typed)
    if len(name) > MAX_NAME:
        return fault_at("name-too-long", at, cell, length=len(name), limit=MAX_NAME)
    return split_name(name)


def has_control_character(text: str) -> bool:
    """True for text that holds a control character: no telephone shows it, and some break on it."""
    return _CONTROL.search(text) is not None


def split_name(name: str) -> tuple[str, str]:
    """First and last name of a folded name: the last name is the capital words before a word in mixed case."""
    parts = name.split(" ")
    capitals = 0
    while capitals < len(parts) and parts[capitals].isupper():
        capitals += 1
    if 0 < capitals < len(parts) and _is_mixed(parts[capitals]):
        return " ".join(parts[capitals:]), " ".join(parts[:capitals])
    return name, ""


def parse_profile(cell: Cell, at: Where, find: FindProfile) -> ProfileChoice | Fault:
    """The profile of a filled cell; `POSTE FIXE + SOFTPHONE` is a softphone with a desk phone."""
    found = find(cell.text)
    return found if isinstance(found, ProfileChoice) else fault_at("unknown-profile", at, cell, nearest=found)


def profile_finder() -> FindProfile:
    """Looks words of the profile column up once each; for unknown ones it gives the nearest that is known.

    As with hardware, that is sought for the first hundred only; later ones are told all that are known.
    """
    sought = count()
    known = ", ".join(dict.fromkeys(_shown_profiles().values()))

    def find(typed: str) -> ProfileChoice | str:
        choice = find_profile(typed)
        if choice is not None:
            return choice
        words = fold_words(typed[:_UNKNOWN_SHOWN]) if next(sought) < _NEAREST_SOUGHT else ""
        near = difflib.get_close_matches(words, _profile_words(), n=1, cutoff=0.4)
        return _shown_profiles()[near[0]] if near else known

    return lru_cache(maxsize=4096)(find)


def find_profile(typed: str) -> ProfileChoice | None:
    """The profile that the words mean; None when they mean none."""
    whole, *shorter = readings(typed)
    known = _profile_words()
    # `POSTE FIXE (+ SOFTPHONE)` asks for both: what stands in parentheses is left out last.
    tried = (known.get(whole), _several_profiles(typed), *(known.get(reading) for reading in shorter))
    return next((choice for choice in tried if choice), None)


def parse_hardware(cell: Cell, at: Where, find: FindHardware) -> Choice | Fault:
    """The telephone that a filled cell means, with its expansion modules."""
    found = find(cell.text)
    return found if isinstance(found, Choice) else fault_at("unknown-hardware", at, cell, nearest=", ".join(found))


def hardware_finder(catalogue: Catalogue) -> FindHardware:
    """Looks words of an order form up once each; for unknown ones it gives the nearest models.

    Near models are sought for the first hundred unknown texts only: it takes a millisecond each.
    """
    sought = count()

    def find(typed: str) -> Choice | tuple[str, ...]:
        choice = catalogue.find(typed)
        if choice is not None:
            return choice
        near = catalogue.nearest(typed) if next(sought) < _NEAREST_SOUGHT else ()
        return near or _USUAL_MODELS

    return lru_cache(maxsize=4096)(find)


def parse_numbers(cell: Cell, at: Where) -> tuple[NumberCell, tuple[Fault, ...]]:
    """The direct numbers of a cell, and what is to be said about them: wrong pieces, a lost zero, one to order."""
    read = read_number_cell(cell.text, cell.value)
    faults = []
    if read.wrong:
        faults.append(fault_at("invalid-number", at, cell, wrong=clip(", ".join(read.wrong))))
    if read.restored:
        shown = ", ".join(f"+{block.first}" for block in read.blocks)
        faults.append(fault_at("leading-zero-restored", at, cell, severity="warning", number=clip(shown)))
    if read.wanted:
        faults.append(fault_at("number-pending", at, cell, severity="warning"))
    return read, tuple(faults)


def parse_extension(cell: Cell, at: Where) -> Extension | Fault:
    """A short number: 2 to 6 digits, text or number; spaces and dots between digits do not count."""
    typed = cell.text
    if _SHORT.fullmatch(typed) and typed not in EMERGENCY:
        return Extension(typed)
    # A format such as 0000 shows zeros that are dialled; any other format may hide digits.
    if isinstance(cell.value, int | float) and not isinstance(cell.value, bool) and not typed.strip().isdigit():
        if cell.value != cell.value // 1:
            return fault_at("invalid-extension", at, cell, reason="digits")
        typed = str(int(cell.value))
    bare = re.sub(r"[\s.]", "", fold_spaces(typed).removesuffix(".0").removesuffix(",0"))
    extension = words.parse_extension(bare)
    if extension is None or extension in EMERGENCY:
        return fault_at("invalid-extension", at, cell, reason="emergency" if extension else "digits")
    return extension


def parse_email(cell: Cell, at: Where) -> str | Fault:
    """An e-mail address: its syntax only, nothing is asked of the network."""
    address = fold_spaces(cell.text)
    if _PLAIN_EMAIL.fullmatch(address) and len(address) <= _PLAIN_LENGTH:
        mailbox, _, domain = address.partition("@")
        return f"{mailbox}@{domain.lower()}"
    checked = _unusual_email(address)
    return checked or fault_at("invalid-email", at, cell)


def parse_mac(cell: Cell, at: Where) -> Mac | Fault:
    """A hardware address in any spelling, as twelve lower-case digits with colons."""
    mac = words.parse_mac(fold_spaces(cell.text))
    return mac if mac else fault_at("invalid-mac", at, cell)


def parse_voicemail(cell: Cell) -> bool | None:
    """Whether the seat has a voicemail; None when the cell is silent. Only a clear no means no."""
    typed = fold_words(cell.text)
    if not cell.text.strip():
        return None
    return not (cell.text.strip() in {"-", "–", "—"} or typed in _NO)


def _several_profiles(typed: str) -> ProfileChoice | None:
    parts = [_profile_words().get(fold_words(part)) for part in _AND.split(typed)]
    known = [part for part in parts if part]
    if len(known) < 2 or len(known) < len(parts):
        return None
    profiles = [part.profile for part in known]
    best: Profile = min(profiles, key=("customer-relationship", "unified-communication", "voice").index)
    return ProfileChoice(best, any(part.application for part in known), any(part.desk for part in known))


def _unusual_email(address: str) -> str | None:
    # Loaded here because it costs more than a whole small plan, and few addresses have accents or quotes.
    from email_validator import EmailNotValidError, validate_email

    try:
        return validate_email(address, check_deliverability=False, test_environment=True).normalized
    except EmailNotValidError:
        return None


def _is_mixed(word: str) -> bool:
    return any(letter.isupper() for letter in word) and any(letter.islower() for letter in word)


@cache
def _profile_words() -> Mapping[str, ProfileChoice]:
    return {
        fold_words(word): ProfileChoice(entry["profile"], entry["application"], entry["desk"])
        for entry in _profiles()
        for word in entry["words"]
    }


@cache
def _shown_profiles() -> Mapping[str, str]:
    return {fold_words(word): entry["shown"] for entry in _profiles() for word in entry["words"]}


@cache
def _profiles() -> list[dict[str, Any]]:
    data = tomllib.loads(files("numbering").joinpath("profiles.toml").read_text("utf-8"))
    return list(data["word"])
