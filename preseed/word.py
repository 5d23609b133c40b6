"""What does the technician type? One word whose keys are the same everywhere, and the keys for an address on AZERTY.

At the installer's prompt every keyboard is a US one, whatever is printed on its keys.
"""

from collections.abc import Iterable
from urllib.parse import urlsplit

from staging.core.faults import Fault, Where

NEUTRAL_KEYS = frozenset("bcdefghijklnoprstuvx")
"""Letters on the same key of a US, a French and a German keyboard; the installer reads every keyboard as a US one.

Source: xkb's key tables; y and z change places on a German keyboard, a, m, q and w on a French one.
"""

_PROPOSED = (
    "preseed", "setup", "bench", "presto", "robot", "socle", "depot", "pret", "debut", "stock", "noeud", "pupitre",
)  # fmt: skip

_ON_AZERTY = {
    "a": "Q", "q": "A", "z": "W", "w": "Z", "m": ", ?",
    "0": "à 0", "1": "& 1", "2": "é 2", "3": '" 3', "4": "' 4", "5": "( 5", "6": "- 6", "7": "è 7",
    "8": "_ 8", "9": "ç 9",
    ".": ": /", "/": "! §", "-": ") °",
    ":": "Maj + M",
}  # fmt: skip
"""The label of the French key that gives a US character; a letter that is not here is on its own key."""


def is_neutral(word: str) -> bool:
    """Whether a word is typed with the same keys on a US, a French and a German keyboard."""
    return bool(word) and set(word) <= NEUTRAL_KEYS


def propose_words(taken: Iterable[str] = (), *, count: int = 6) -> tuple[str, ...]:
    """Words to name the service with, the best first; those that are taken are left out."""
    held = set(taken)
    return tuple(word for word in _PROPOSED if is_neutral(word) and word not in held)[:count]


def typed_word(base: str) -> str:
    """What is typed for a service at this address: its host, with its port where it is not 80."""
    try:
        host, number = urlsplit(base).hostname, urlsplit(base).port
    except ValueError:
        # No port and no address: it is looked at as it was typed.
        return base.partition("://")[2]
    return f"{host or ''}{f':{number}' if number not in (None, 80) else ''}"


def check_word(base: str) -> Fault | None:
    """What is wrong with the configured address as something to type; None for a bare neutral word.

    An address in digits is no word, but it has its keys on the card and its own number pad.
    """
    typed = typed_word(base)
    if is_neutral(typed):
        return None
    wrong = "".join(dict.fromkeys(char for char in typed if char not in NEUTRAL_KEYS))
    facts = {"typed": typed, "wrong": wrong, "proposed": ", ".join(propose_words(count=3))}
    return Fault("word-not-neutral", Where("environment", field="STAGING_BENCH_URL"), facts, "warning")


def azerty_keys(typed: str) -> tuple[str, ...]:
    """The labels of the French keys to press, one for each character, so that the installer reads `typed`."""
    return tuple(_ON_AZERTY.get(char, char.upper()) for char in typed.lower())
