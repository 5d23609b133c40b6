"""Do two writings mean the same? Text folded so that case, accents, punctuation and spaces do not count."""

import re
import unicodedata
from functools import lru_cache

_NOT_WORD = re.compile(r"[\W_]+")
# Not across another one that opens: a cell full of them would be gone through once for each.
_IN_PARENTHESES = re.compile(r"\([^()]*\)")
_SPACES = re.compile(r"\s+")
_PLAIN = re.compile(r"[!-~à-ÿÀ-ß]+(?: [!-~à-ÿÀ-ß]+)*")
# Seen in cells pasted from web pages and directories: nobody sees them, every comparison does.
_INVISIBLE = dict.fromkeys([0xAD, 0x200B, 0x200C, 0x200D, 0x200E, 0x200F, 0x2060, 0xFEFF, *range(0x202A, 0x202F)])


def fold_spaces(text: str) -> str:
    """The text on one line: no space at the ends, one space (never NBSP) between words, nothing invisible."""
    # Most texts are so already: the same object comes back, and a large plan keeps each text once.
    if _PLAIN.fullmatch(text):
        return text
    return _SPACES.sub(" ", text.translate(_INVISIBLE)).strip()


@lru_cache(maxsize=4096)
def fold_words(text: str) -> str:
    """The bare words in lower case, one space between: `N° de ligne (ou création)` gives `n de ligne ou creation`."""
    decomposed = unicodedata.normalize("NFKD", text.replace("°", " ").translate(_INVISIBLE))
    letters = "".join(letter for letter in decomposed if not unicodedata.combining(letter))
    return _NOT_WORD.sub(" ", letters.casefold()).strip()


def readings(text: str) -> tuple[str, ...]:
    """The folded writings to try, in order: whole, without what stands in parentheses, `mot(s)` as one word."""
    whole = fold_words(text)
    if "(" not in text:
        return (whole,)
    return (whole, fold_words(_IN_PARENTHESES.sub(" ", text)), fold_words(text.replace("(", "").replace(")", "")))
