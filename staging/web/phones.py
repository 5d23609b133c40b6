"""Which phone is whose, and what sticks on it? Phones and labels of an order."""

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from labels.sheet import sheets
from staging.adapters.stationery import ROLL
from staging.core.faults import Fault, PhoneUnmatched, Where
from staging.core.words import parse_mac
from staging.desk import labels as desk_labels
from staging.desk import phones as desk_phones
from staging.web.downloads import pdf
from staging.web.fragments import answer_poll, fragment
from staging.web.gate import needs, operator
from staging.web.here import here
from staging.web.orders import attempt, render_frame
from staging.web.words import translate

phones = Blueprint("phones", __name__)

KINDS = ("handset", "base", "carton", "appliance", "port")


@phones.get("/orders/<order_id>/phones")
@needs("see")
def show(order_id: str) -> ResponseReturnValue:
    """The scan field and every phone wanted, paired or left over."""
    table, faults = attempt(lambda: desk_phones.phone_table(here().desk, order_id))
    return _page(order_id, table, faults)


@phones.get("/orders/<order_id>/phones/table")
@needs("see")
def table(order_id: str) -> ResponseReturnValue:
    """The table alone, for the page that refreshes itself; while the stack is silent the last one stays."""
    found, faults = attempt(lambda: desk_phones.phone_table(here().desk, order_id))
    return answer_poll("phones_table.html", **_table(order_id, found)) if found and not faults else ("", 204)


@phones.post("/orders/<order_id>/phones/scan")
@needs("prepare")
def scan(order_id: str) -> ResponseReturnValue:
    """A phone was scanned: say whose it is, large, and be ready for the next."""
    here().store.orders.get(order_id)
    typed, seat = request.form.get("mac", ""), request.form.get("seat") or None
    answer, faults = attempt(
        lambda: desk_phones.scan_phone(here().desk, order_id, typed, seat=seat, by=operator().name)
    )
    if request.headers.get("HX-Request") == "true":
        return render_template("scan_panel.html", order_id=order_id, answer=answer, scan_faults=faults)
    table, more = attempt(lambda: desk_phones.phone_table(here().desk, order_id))
    return _page(order_id, table, more, answer=answer, scan_faults=faults)


@phones.post("/orders/<order_id>/phones/pair-rest")
@needs("prepare")
def pair_rest(order_id: str) -> ResponseReturnValue:
    """Give every phone left over to the next free seat of its model."""
    here().store.orders.get(order_id)
    found = desk_phones.pair_rest(here().desk, order_id, by=operator().name)
    flash(translate("web-phones-paired", paired=found.paired, total=len(found.rows)))
    return redirect(url_for("phones.show", order_id=order_id), 303)


@phones.post("/orders/<order_id>/phones/take-back")
@needs("prepare")
def take_back(order_id: str) -> ResponseReturnValue:
    """Undo a scan."""
    here().store.orders.get(order_id)
    mac = parse_mac(request.form.get("mac", ""))
    if mac is None:
        raise PhoneUnmatched(Fault("not-a-mac", Where("scan"), {"typed": request.form.get("mac", "")[:40]}))
    gone = desk_phones.take_back(here().desk, order_id, mac, by=operator().name)
    flash(translate("web-scan-taken-back" if gone else "web-scan-was-none", mac=mac))
    return redirect(url_for("phones.show", order_id=order_id), 303)


@phones.get("/orders/<order_id>/labels")
@needs("see")
def labels(order_id: str) -> ResponseReturnValue:
    """Every label with the copy that counts, and the forms that print them."""
    rows, faults = attempt(lambda: desk_labels.label_rows(here().desk, order_id))
    return render_frame(
        "order_labels.html", order_id, tab="labels", rows=rows, faults=faults, printers=here().store.bench.printers(),
        kinds=KINDS, sheets=sorted(sheets().values(), key=lambda sheet: sheet.name), roll=ROLL,
        missing=sum(1 for row in rows or () if not row.copy),
    )  # fmt: skip


@phones.get("/orders/<order_id>/labels.pdf")
@needs("see")
def preview(order_id: str) -> ResponseReturnValue:
    """The labels as they would be printed; numbers nothing."""
    sheet, start = request.args.get("sheet") or ROLL, start_cell(request.args.get("start"))
    return pdf(desk_labels.preview(here().desk, order_id, sheet=sheet, start_cell=start), f"labels-{order_id}.pdf")


@phones.post("/orders/<order_id>/labels/print")
@needs("print")
def print_labels(order_id: str) -> ResponseReturnValue:
    """Print some or all labels, each under its next copy number."""
    here().store.orders.get(order_id)
    kind, item = request.form.get("kind") or None, request.form.get("item") or None
    sent = desk_labels.print_labels(
        here().desk, order_id, printer=request.form.get("printer", ""), by=operator().name,
        kinds=frozenset({kind}) if kind else None, items=frozenset({item}) if item else None,
        start_cell=start_cell(request.form.get("start")), first=start_cell(request.form.get("first")),
    )  # fmt: skip
    flash(translate("web-labels-sent", labels=sent))
    return redirect(url_for("phones.labels", order_id=order_id), 303)


def start_cell(typed: str | None) -> int:
    """A number from 1, of a cell or a label; nonsense counts as the first."""
    return max(1, min(int(typed), 500)) if typed and typed.isdecimal() and len(typed) < 5 else 1


def _page(
    order_id: str, table: desk_phones.PhoneTable | None, faults: tuple[Fault, ...], *,
    answer: desk_phones.ScanAnswer | None = None, scan_faults: tuple[Fault, ...] = (),
) -> ResponseReturnValue:  # fmt: skip
    rendered = fragment("phones_table.html", **_table(order_id, table)) if table else ""
    return render_frame(
        "order_phones.html", order_id, tab="phones", faults=faults, table=table, rendered=rendered,
        answer=answer, scan_faults=scan_faults,
    )  # fmt: skip


def _table(order_id: str, table: desk_phones.PhoneTable) -> dict[str, Any]:
    scanned = {scan.mac for scan in here().store.bench.scans(order_id)}
    return {"order_id": order_id, "table": table, "scanned": scanned, "total": len(table.rows)}
