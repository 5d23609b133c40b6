"""Which numbers does the world dial? Every French and international writing, to one E.164 number.

The rules for France are a table of our own: libphonenumber refuses valid overseas numbers (0596 12 34 56), reads
`0262…` as mainland, and turns letters into digits. It decides about other countries only, and is loaded for them.
"""

import re
import unicodedata
from dataclasses import dataclass
from decimal import Decimal

from numbering.words import fold_spaces, fold_words
from staging.core.words import Did

MAX_BLOCK = 10_000
"""The largest block of numbers in one cell: the operators' largest is 10,000."""

_LONGEST_BLOCK = 100


@dataclass(frozen=True, slots=True)
class Block:
    """Consecutive numbers: the first, without its plus sign, and how many."""

    first: int
    count: int = 1

    def numbers(self) -> tuple[Did, ...]:
        """Every number of the block, in ascending order."""
        return tuple(Did(f"+{number}") for number in range(self.first, self.first + self.count))


@dataclass(frozen=True, slots=True)
class NumberCell:
    """What a number cell says. wanted: a number has to be ordered; restored: a lost leading zero was put back.

    wrong: the pieces that are no numbers, as typed.
    """

    blocks: tuple[Block, ...] = ()
    wanted: bool = False
    restored: bool = False
    wrong: tuple[str, ...] = ()


_EMPTY = frozenset({"neant", "aucun", "aucune", "non", "sans", "none", "nothing", "interne", "internal", "no"})
_WANTED = re.compile(
    r"(\d{1,3} )?(creations?|a creer|creer|nouveau|nouvelle|to create|to be created|new|create)"
    r"( (de |du |d |d une |une |un )?(sda|did|lignes?|numeros?|number|line|nouveau|nouvelle))*"
)
_SEPARATORS = re.compile(r"[;/,\n\r&]|\bet\b|\band\b", re.IGNORECASE)
_PAIRS_WITH_SLASHES = re.compile(r"\s*0\d(\s*/\s*\d\d){4}\s*")
_BLOCK_WORDS = re.compile(r"\s*(?:\bjusqu'[àa]|[àÀ]|\ba\b|\bau\b|\bto\b|→|->|>)\s*", re.IGNORECASE)
_FROM = re.compile(r"^(?:du|de|from)\s+", re.IGNORECASE)
_DASHES = str.maketrans(dict.fromkeys("‐‑‒–—−", "-"))
_SCIENTIFIC = re.compile(r"\d(?:[.,]\d+)?E\+?\d{1,2}", re.IGNORECASE)
_WRITTEN = re.compile(r"\+?[0-9 ().\-]+")
_PUNCTUATION = re.compile(r"[ ().\-]")
# How nearly every number is written; the same reading as the long way, in a tenth of the time.
_ORDINARY = re.compile(r"0[0-9](?:[ .\-]?[0-9]{2}){4}")

# National prefixes, without the zero, of France overseas; longest first. Source: Arcep's numbering plan.
# 06 39 98 is kept for fiction in mainland France, inside Mayotte's 06 39.
_OVERSEAS = (
    ("63998", "33"), ("262", "262"), ("263", "262"), ("269", "262"), ("639", "262"), ("692", "262"), ("693", "262"),
    ("590", "590"), ("690", "590"), ("691", "590"), ("594", "594"), ("694", "594"),
    ("596", "596"), ("696", "596"), ("697", "596"),
)  # fmt: skip
_SAINT_PIERRE = "508"
# 081, 082 and 089 are paid services and 07 00 to 07 02 are for machines: neither is a line of a customer.
_MAINLAND = re.compile(r"[1-5]\d{8}|6\d{8}|7[3-9]\d{7}|80\d{7}|9\d{8}")


def read_number_cell(text: str, value: object = None) -> NumberCell:
    """Read the cell of direct numbers: none, one, several, blocks, or a wish for a new one.

    text: as the person sees it; value: as stored. A number cell counts by what is stored, unless the text
    shows the same digits: a format may show the zero that the storage lost.
    """
    if value is text and _ORDINARY.fullmatch(text) and (plain := _national(_PUNCTUATION.sub("", text))):
        return NumberCell((plain[0],))
    found, wrong, wanted, restored = list[Block](), list[str](), False, False
    for piece in _pieces(_seen(text, value)):
        if _is_none(piece):
            continue
        if _WANTED.fullmatch(fold_words(piece)):
            wanted = True
        elif (read := _single(piece)) or (read := _block(piece)):
            found.append(read[0])
            restored = restored or read[1]
        else:
            wrong.append(fold_spaces(piece))
    return NumberCell(tuple(found), wanted, restored, tuple(wrong))


def read_number(text: str, value: object = None) -> tuple[Did, bool] | None:
    """Read one number: E.164, and whether a lost zero was put back; None when it is not one number."""
    pieces = _pieces(_seen(text, value))
    read = _single(pieces[0]) if len(pieces) == 1 else None
    return (Did(f"+{read[0].first}"), read[1]) if read else None


def means_none(text: str) -> bool:
    """True for a dash, `néant` and the like: there is no number."""
    return _is_none(_clean(text))


def means_to_create(text: str) -> bool:
    """True for `à créer`, `création` and the like: the number has to be ordered."""
    return _WANTED.fullmatch(fold_words(text)) is not None


def _is_none(piece: str) -> bool:
    return not piece.strip("-. ") or fold_words(piece) in _EMPTY


def _seen(text: str, value: object) -> str:
    if isinstance(value, bool) or not isinstance(value, int | float) or value != value // 1:
        return text
    stored = str(int(value))
    shown = re.sub(r"[^0-9]", "", text)
    return text if shown.lstrip("0") == stored.lstrip("-0") and not _SCIENTIFIC.fullmatch(text.strip()) else stored


def _clean(text: str) -> str:
    """One kind of space and dash, full-width digits made plain; line breaks stay, they separate."""
    plain = unicodedata.normalize("NFKC", text).translate(_DASHES)
    return "\n".join(fold_spaces(line) for line in re.split(r"[\n\r]", plain))


def _pieces(text: str) -> list[str]:
    clean = _clean(text)
    if _PAIRS_WITH_SLASHES.fullmatch(clean):
        return [clean.replace("/", " ")]
    if _SCIENTIFIC.fullmatch(clean):
        return [clean]
    return [piece.strip() for piece in _SEPARATORS.split(clean)]


def _single(piece: str) -> tuple[Block, bool] | None:
    if _SCIENTIFIC.fullmatch(piece):
        piece = _without_exponent(piece)
    if re.fullmatch(r"\d{9,11}\.0", piece):
        piece = piece[:-2]
    if not piece.isascii() or not _WRITTEN.fullmatch(piece):
        return None
    international, digits = _digits(piece)
    if international:
        number_text = _mainland_or_overseas(_without_zero(digits[2:])) if digits.startswith("33") else _foreign(digits)
        return (Block(int(number_text)), False) if number_text else None
    return _national(digits)


def _without_exponent(piece: str) -> str:
    """`4.65713456E8` as its digits; nothing where the spreadsheet wrote fewer digits than the number has.

    `4,65714E+08` is what a narrow column left of another number: reading it as 04 65 71 40 00 would ring elsewhere.
    """
    mantissa, _, exponent = piece.replace(",", ".").upper().partition("E")
    decimals = len(mantissa.partition(".")[2])
    return str(int(Decimal(piece.replace(",", ".")))) if decimals == int(exponent) else ""


def _digits(piece: str) -> tuple[bool, str]:
    bare = _PUNCTUATION.sub("", piece)
    international = bare.startswith(("+", "00"))
    if international:
        bare = _PUNCTUATION.sub("", piece.replace("(0)", ""))
    return international, bare.removeprefix("+") if bare.startswith("+") else bare.removeprefix(
        "00" if international else ""
    )


def _without_zero(national: str) -> str:
    return national[1:] if len(national) == 10 and national.startswith("0") else national


def _national(digits: str) -> tuple[Block, bool] | None:
    restored = True
    if len(digits) == 10 and digits.startswith("0"):
        digits, restored = digits[1:], False
    elif len(digits) == 11 and digits.startswith("33"):
        # +33… typed into a number cell: the spreadsheet dropped the plus sign.
        digits = digits[2:]
    elif len(digits) != 9:
        return None
    number = _mainland_or_overseas(digits)
    return (Block(int(number)), restored) if number else None


def _mainland_or_overseas(nine: str) -> str | None:
    if len(nine) != 9 or nine.startswith("0"):
        return None
    if nine.startswith(_SAINT_PIERRE):
        return _SAINT_PIERRE + nine[3:]
    for prefix, country in _OVERSEAS:
        if nine.startswith(prefix):
            return country + nine
    return f"33{nine}" if _MAINLAND.fullmatch(nine) else None


def _foreign(digits: str) -> str | None:
    for country in ("262", "590", "594", "596"):
        rest = _without_zero(digits.removeprefix(country))
        if digits.startswith(country) and len(rest) == 9:
            return country + rest if _mainland_or_overseas(rest) == country + rest else None
    return _elsewhere(digits)


def _elsewhere(digits: str) -> str | None:
    # Loaded here because it takes a tenth of a second, and almost no French plan needs it.
    import phonenumbers
    from phonenumbers import PhoneNumberType as Kind

    try:
        number = phonenumbers.parse(f"+{digits}", None)
    except phonenumbers.NumberParseException:
        return None
    costly = phonenumbers.number_type(number) in (Kind.PREMIUM_RATE, Kind.SHARED_COST)
    if costly or not phonenumbers.is_valid_number(number):
        return None
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)[1:]


def _block(piece: str) -> tuple[Block, bool] | None:
    # Each dash is tried: thousands of them in one cell would take minutes.
    if len(piece) > _LONGEST_BLOCK:
        return None
    by_words = _BLOCK_WORDS.split(_FROM.sub("", piece))
    if len(by_words) == 2:
        return _from_to(by_words[0], by_words[1])
    dashes = [match.start() for match in re.finditer("-", piece)]
    tried = (_from_to(piece[:dash], piece[dash + 1 :]) for dash in dashes)
    return next((block for block in tried if block), None)


def _from_to(left: str, right: str) -> tuple[Block, bool] | None:
    first, last = _single(left.strip()), _single(right.strip())
    if first is None:
        return None
    end = last[0].first if last else _tail(first[0].first, _PUNCTUATION.sub("", right))
    if end is None or not 0 < end - first[0].first < MAX_BLOCK:
        return None
    return Block(first[0].first, end - first[0].first + 1), first[1] or bool(last and last[1])


def _tail(first: int, digits: str) -> int | None:
    if not (digits.isascii() and digits.isdigit() and len(digits) <= 6):
        return None
    return int(str(first)[: -len(digits)] + digits)
