"""How is a reading told to other programs? The JSON of `staging plan check`."""

import json
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Any

from numbering.plan import plan_document, seat_document
from numbering.read import Reading
from staging.core.faults import Fault
from staging.core.messages import explain
from staging.core.words import Language

_AT_ONCE = 500


def fault_document(fault: Fault, lang: Language) -> dict[str, Any]:
    """One fault as JSON: where, the cell's text, and the words for a person. Fields are for ever."""
    message = explain(fault, lang)
    return {
        "severity": fault.severity,
        "code": fault.code,
        "sheet": fault.at.sheet,
        "cell": fault.at.cell,
        "value": fault.facts.get("value"),
        "message": message.text,
        "hint": message.hint,
        "related": list(fault.related),
    }


def reading_document(reading: Reading, lang: Language) -> dict[str, Any]:
    """A whole reading as JSON; of a workbook that was refused whole, only the reason."""
    document = _frame(reading)
    if reading.plan is not None:
        document["seats"] = [seat_document(seat) for seat in reading.plan.seats]
    document["faults"] = [fault_document(fault, lang) for fault in reading.faults]
    return document


def reading_texts(readings: Sequence[Reading], lang: Language) -> Iterator[str]:
    """The JSON text for one reading, or an array for several, piece by piece: a large plan never stands there whole."""
    if len(readings) == 1:
        yield from _reading_texts(readings[0], lang)
        return
    yield "["
    for number, reading in enumerate(readings):
        yield ", " if number else ""
        yield from _reading_texts(reading, lang)
    yield "]"


def _reading_texts(reading: Reading, lang: Language) -> Iterator[str]:
    lists: dict[str, Iterable[dict[str, Any]]] = {
        "seats": map(seat_document, reading.plan.seats if reading.plan else ()),
        "faults": (fault_document(fault, lang) for fault in reading.faults),
    }
    yield "{"
    for number, (name, value) in enumerate(_frame(reading).items()):
        yield f"{',' if number else ''}\n  {json.dumps(name)}: "
        if name in lists:
            yield from _list_texts(iter(lists[name]))
        else:
            yield _text(value).replace("\n", "\n  ")
    yield "\n}"


def _list_texts(items: Iterator[dict[str, Any]]) -> Iterator[str]:
    before = "["
    while some := list(islice(items, _AT_ONCE)):
        # The items of a list as `json.dumps` would indent them two levels deep, without its own brackets.
        yield before + _text(some)[1:-2].replace("\n", "\n  ")
        before = ","
    yield "[]" if before == "[" else "\n  ]"


def _text(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, indent=2)


def _frame(reading: Reading) -> dict[str, Any]:
    """The document with its seats and faults still to come."""
    if reading.plan is None:
        document: dict[str, Any] = {"workbook": reading.workbook, "main_number": None, "summary": None}
        document |= {"extension_range": None, "number_ranges": [], "seats": []}
    else:
        document = plan_document(reading.plan, seats=False)
    return {"workbook": document.pop("workbook"), "ok": reading.ok, **document, "faults": []}
