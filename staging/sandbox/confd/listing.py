"""Which rows does a list show, in which order? Search, exact filters, paging: the same for every noun."""

import unicodedata
from collections.abc import Callable, Container, Iterable, Mapping
from typing import Any

from flask import request

from staging.sandbox.access import listed_tenants
from staging.sandbox.refusals import Refusal, invalid
from staging.sandbox.tables import Row

Column = Callable[[Row], Any]


def answer_list(
    rows: Iterable[Row],
    columns: Mapping[str, Column],
    show: Callable[[Row], Any],
    *,
    order: str,
    unsearched: Container[str] = ("id", "uuid"),
) -> dict[str, Any]:
    """A page of the rows of this tenant. A filter on a column that does not exist is ignored, as confd ignores it.

    unsearched: columns that filters know and `search` does not.
    """
    tenants = listed_tenants()
    mine = [row for row in rows if row["tenant_uuid"] in tenants]
    found = select(mine, columns, order=order, unsearched=unsearched)
    page = _cut(found)
    # What the delay of a list depends on (latency.py).
    request.environ["sandbox.listed"] = (len(found), len(page))
    return {"total": len(found), "items": [show(row) for row in page]}


def select(
    rows: Iterable[Row],
    columns: Mapping[str, Column],
    *,
    order: str,
    unsearched: Container[str] = ("id", "uuid"),
) -> list[Row]:
    """The rows that the query asks for, in its order, before paging."""
    found = list(rows)
    for name, column in columns.items():
        if name in request.args:
            wanted = set(request.args[name].split(","))
            found = [row for row in found if str(column(row)) in wanted]
    sought = plain(request.args.get("search", ""))
    if sought:
        looked_at = [column for name, column in columns.items() if name not in unsearched]
        found = [row for row in found if any(sought in plain(str(col(row) or "")) for col in looked_at)]
    return _sorted(found, columns, order)


def plain(text: str) -> str:
    """Text without accents and case, the way a search compares."""
    decomposed = unicodedata.normalize("NFKD", text)
    return "".join(letter for letter in decomposed if not unicodedata.combining(letter)).lower()


def field(name: str) -> Column:
    """A column that is a row's own member."""
    return lambda row: row.get(name)


def _sorted(rows: list[Row], columns: Mapping[str, Column], order: str) -> list[Row]:
    name = request.args.get("order", order)
    if name not in columns:
        raise Refusal(400, [f"Input Error - order: column {name!r} was not found"])
    column = columns[name]
    backwards = request.args.get("direction") == "desc"
    # As PostgreSQL does: what has no value comes last, and first when the order is turned.
    return sorted(rows, key=lambda row: (column(row) is None, _comparable(column(row))), reverse=backwards)


def _comparable(value: Any) -> Any:
    if value is None:
        return ""
    return f"{value:020}" if isinstance(value, int) else str(value).lower()


def _cut(rows: list[Row]) -> list[Row]:
    offset, limit = _number("offset") or 0, _number("limit")
    return rows[offset:] if limit is None else rows[offset : offset + limit]


def _number(name: str) -> int | None:
    text = request.args.get(name)
    if text is None:
        return None
    if not text.isdigit():
        fault = {"constraint_id": "range", "constraint": {"min": 0}, "message": "Must be greater than or equal to 0."}
        raise invalid({name: [fault]})
    return int(text)
