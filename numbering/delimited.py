"""Which cells does a .csv file hold? Its encoding and separator are found, as a spreadsheet finds them."""

import csv
import io
from collections.abc import Iterator
from pathlib import Path

from numbering.events import ROW, SHEET, Event
from numbering.refusal import MAX_COLUMNS, MAX_ROWS, not_a_workbook, too_large

_SEPARATORS = ";,\t"
_SAMPLED_LINES = 60


def read_delimited(path: Path) -> Iterator[Event]:
    """The one sheet of a .csv file, named as the file is. Raises PlanRefused for what is not text."""
    text = _decoded(path.read_bytes())
    separator, text = _separator(text)
    yield [SHEET, path.stem]
    rows = 0
    try:
        for number, values in enumerate(csv.reader(io.StringIO(text, newline=""), delimiter=separator), start=1):
            columns = [column for column, value in enumerate(values, start=1) if value.strip()]
            if not columns:
                continue
            rows += 1
            if rows > MAX_ROWS:
                raise too_large("rows", MAX_ROWS)
            if columns[-1] > MAX_COLUMNS:
                raise too_large("columns", MAX_COLUMNS)
            yield [ROW, number, columns, [values[column - 1] for column in columns]]
    except csv.Error as error:
        raise not_a_workbook("its quotes do not close") from error


def _decoded(content: bytes) -> str:
    is_utf_16 = content.startswith((b"\xff\xfe", b"\xfe\xff"))
    encodings = ["utf-16"] if is_utf_16 else ["utf-8-sig", "cp1252"]
    for encoding in encodings:
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" not in text and not text.lstrip()[:9].casefold().startswith(("<!doctype", "<html", "<?xml")):
            return text
    raise not_a_workbook("its content is not a table")


def _separator(text: str) -> tuple[str, str]:
    """The separator that the first lines use most, outside quotes; Excel's own `sep=;` line decides."""
    first, newline, rest = text.partition("\n")
    if first.strip().casefold().startswith("sep=") and len(first.strip()) == 5:
        return first.strip()[4], newline + rest
    counts = dict.fromkeys(_SEPARATORS, 0)
    quoted, lines = False, 0
    for letter in text:
        if letter == '"':
            quoted = not quoted
        elif not quoted and letter in counts:
            counts[letter] += 1
        elif letter == "\n":
            lines += 1
            if lines >= _SAMPLED_LINES:
                break
    return max(_SEPARATORS, key=lambda separator: counts[separator]), text
