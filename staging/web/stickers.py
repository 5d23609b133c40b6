"""What sticks on the things of an order? Its labels: preview, print, sheets that were begun, firmware."""

from datetime import date

from flask import Blueprint, Response, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue

from labels.label import KINDS
from labels.sheet import find_sheet, sheets
from staging.adapters.stationery import ROLL
from staging.core.faults import Fault, Refused, Where
from staging.desk import labels as desk_labels
from staging.web.downloads import pdf
from staging.web.gate import needs, operator
from staging.web.here import here
from staging.web.orders import attempt, render_frame
from staging.web.words import translate

stickers = Blueprint("stickers", __name__)

_A_YEAR = 10


@stickers.get("/orders/<order_id>/labels")
@needs("see")
def labels(order_id: str) -> ResponseReturnValue:
    """Every label with the copy that counts, how each kind looks, and the forms that print them."""
    rows, faults = attempt(lambda: desk_labels.label_rows(here().desk, order_id))
    shown = request.args.get("sheet") or ROLL
    known = here().store.bench.printers()
    return render_frame(
        "order_labels.html", order_id, tab="labels", rows=rows, faults=faults, printers=known, kinds=KINDS,
        sheets=sorted(sheets().values(), key=lambda sheet: sheet.name), shown=shown if find_sheet(shown) else ROLL,
        missing=sum(1 for row in rows or () if not row.copy), begun=_begun({one.sheet for one in known}),
        samples=_samples(rows or ()),
    )  # fmt: skip


@stickers.get("/orders/<order_id>/labels.pdf")
@needs("see")
def preview(order_id: str) -> ResponseReturnValue:
    """The labels as they would be printed; numbers nothing."""
    sheet, start = request.args.get("sheet") or ROLL, start_cell(request.args.get("start"))
    return pdf(desk_labels.preview(here().desk, order_id, sheet=sheet, start_cell=start), f"labels-{order_id}.pdf")


@stickers.get("/orders/<order_id>/labels/<kind>/<item>.png")
@needs("see")
def picture(order_id: str, kind: str, item: str) -> ResponseReturnValue:
    """One label as a picture, as it would stand on a sheet."""
    sheet = request.args.get("sheet") or ROLL
    return Response(desk_labels.picture(here().desk, order_id, kind, item, sheet=sheet), content_type="image/png")


@stickers.post("/orders/<order_id>/labels/print")
@needs("print")
def print_labels(order_id: str) -> ResponseReturnValue:
    """Print some or all labels, each under its next copy number."""
    here().store.orders.get(order_id)
    kind, item = request.form.get("kind") or None, request.form.get("item") or None
    number = request.form.get("sheet", "")
    done = desk_labels.print_labels(
        here().desk, order_id, printer=request.form.get("printer", ""), by=operator().name,
        kinds=frozenset({kind}) if kind else None, items=frozenset({item}) if item else None,
        start_cell=start_cell(request.form.get("start")), first=start_cell(request.form.get("first")),
        sheet_number=int(number) if number.isdecimal() and len(number) < 10 else None,
    )  # fmt: skip
    flash(translate(f"labels-{done.status}", count=done.labels, printer=request.form["printer"], detail=done.detail))
    if done.sheet is not None:
        flash(translate("labels-sheet-begun", number=done.sheet))
    return redirect(url_for("stickers.labels", order_id=order_id), 303)


@stickers.post("/orders/<order_id>/labels/firmware")
@needs("print")
def note_firmware(order_id: str) -> ResponseReturnValue:
    """Note software that was put on something, for its sticker."""
    form = request.form
    desk_labels.note_firmware(
        here().desk, order_id, equipment=form.get("equipment", ""), software=form.get("software", ""),
        serial=form.get("serial") or None, on=_day(form.get("on", "")), by=operator().name,
    )  # fmt: skip
    return redirect(url_for("stickers.labels", order_id=order_id), 303)


@stickers.post("/orders/<order_id>/labels/sheets/<int:number>/forget")
@needs("print")
def forget_sheet(order_id: str, number: int) -> ResponseReturnValue:
    """A sheet that was begun is used up, lost or thrown away."""
    here().store.stock.forget_sheet(number)
    return redirect(url_for("stickers.labels", order_id=order_id), 303)


def start_cell(typed: str | None) -> int:
    """A number from 1, of a cell or a label; nonsense counts as the first."""
    return max(1, min(int(typed), 500)) if typed and typed.isdecimal() and len(typed) < 5 else 1


def _begun(stocks: set[str]) -> list[dict[str, object]]:
    """Sheets that were begun, of the stocks that some printer has, each with its cells row by row."""
    found = []
    for one in here().store.stock.sheets():
        stock = find_sheet(one.sheet)
        if stock is not None and one.sheet in stocks:
            free = stock.cells - len(one.used)
            found.append({"one": one, "columns": stock.columns, "cells": range(1, stock.cells + 1), "free": free})
    return found


def _samples(rows: tuple[desk_labels.LabelRow, ...]) -> list[desk_labels.LabelRow]:
    """The first label of each kind."""
    first: dict[str, desk_labels.LabelRow] = {}
    for row in rows:
        first.setdefault(row.kind, row)
    return list(first.values())


def _day(typed: str) -> date | None:
    if not typed:
        return None
    try:
        return date.fromisoformat(typed)
    except ValueError as error:
        facts = {"field": "on", "typed": typed[:_A_YEAR], "longest": _A_YEAR}
        raise Refused(Fault("firmware-words", Where("labels", field="on"), facts)) from error
