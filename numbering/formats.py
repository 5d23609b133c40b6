"""What does a person see where a spreadsheet stores a number? Number formats, as far as plans use them."""

import re
from datetime import datetime, timedelta
from functools import lru_cache
from math import isfinite

BUILT_IN = {
    0: "General", 1: "0", 2: "0.00", 3: "#,##0", 4: "#,##0.00", 9: "0%", 10: "0.00%", 14: "dd/mm/yyyy",
    15: "dd/mm/yyyy", 16: "dd/mm/yyyy", 17: "dd/mm/yyyy", 18: "hh:mm", 19: "hh:mm:ss", 20: "hh:mm", 21: "hh:mm:ss",
    22: "dd/mm/yyyy hh:mm", 37: "#,##0", 38: "#,##0", 39: "#,##0.00", 40: "#,##0.00", 49: "@",
}  # fmt: skip
"""Formats that a workbook names by number alone."""

_EPOCH = datetime(1899, 12, 30)
_EPOCH_1904 = datetime(1904, 1, 1)
_TOKEN = re.compile(r'"([^"]*)"|\\(.)|_.|\*.|\[[^\]]*\]|(.)')
_LAST_DAY = 2_958_465


def stored_number(text: str) -> int | float:
    """The number of a cell: whole where it is whole. Raises ValueError for what is none, infinity included."""
    number = float(text)
    if not isfinite(number):
        raise ValueError(f"not a number: {text!r}")
    return int(number) if number == number // 1 and abs(number) < 1e15 else number


def shown_number(value: int | float, number_format: str, *, from_1904: bool = False) -> str:
    """The number as the sheet shows it: with the zeros, spaces and date that its format adds."""
    tokens = _tokens(number_format)
    placeholders = "".join(text for is_literal, text in tokens if not is_literal)
    if number_format in ("General", "@", "") or not placeholders:
        return _plain(value)
    if re.search(r"[ymdhs]", placeholders, re.IGNORECASE) and not re.search(r"[0#]", placeholders):
        return _date(value, from_1904=from_1904)
    if "%" in placeholders:
        return f"{_plain(value * 100)} %"
    if "." in placeholders:
        return f"{value:.{len(re.findall('[0#]', placeholders.split('.')[1]))}f}"
    if re.search("[0#]", placeholders) and value >= 0 and "e" not in placeholders.casefold():
        return _filled(tokens, str(round(value)))
    return _plain(value)


def _plain(value: int | float) -> str:
    return str(int(value)) if value == value // 1 and abs(value) < 1e15 else f"{value:.10g}"


@lru_cache(maxsize=256)
def _tokens(number_format: str) -> tuple[tuple[bool, str], ...]:
    """Pieces of the part for positive numbers: is it literal text, and the text."""
    positive = re.split(r';(?=(?:[^"]*"[^"]*")*[^"]*$)', number_format)[0]
    pieces = []
    for match in _TOKEN.finditer(positive):
        if match[1] is not None or match[2] is not None:
            pieces.append((True, match[1] if match[1] is not None else match[2]))
        elif match[3] is not None:
            pieces.append((match[3] in " -/()", match[3]))
    return tuple(pieces)


def _date(value: int | float, *, from_1904: bool) -> str:
    epoch = _EPOCH_1904 if from_1904 else _EPOCH
    if not 0 <= value <= _LAST_DAY - (epoch - _EPOCH).days:
        return _plain(value)
    moment = epoch + timedelta(days=value)
    return moment.strftime("%d/%m/%Y" if value == value // 1 else "%d/%m/%Y %H:%M")


def _filled(tokens: tuple[tuple[bool, str], ...], digits: str) -> str:
    """Digits into their places from the right; the leftmost place takes all that remain."""
    places = sum(not literal and text in "0#" for literal, text in tokens)
    left = list(digits)
    shown: list[str] = []
    for literal, text in reversed(tokens):
        if literal:
            shown.append(text)
        elif text in "0#":
            places -= 1
            taken = "".join(left) if places == 0 else left[-1] if left else ""
            del left[len(left) - max(1, len(taken)) :]
            shown.append(taken or ("0" if text == "0" else ""))
    return "".join(reversed(shown)).strip()
