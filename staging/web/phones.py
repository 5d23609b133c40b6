"""Which phone is whose? The scan station and the phones of an order."""

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from staging.core.faults import Fault, PhoneUnmatched, Where
from staging.core.words import parse_mac
from staging.desk import phones as desk_phones
from staging.desk import station as desk_station
from staging.desk.station import StationAnswer, station_facts
from staging.web.fragments import answer_poll, fragment
from staging.web.gate import allowed, needs, operator
from staging.web.here import here
from staging.web.orders import attempt, render_frame
from staging.web.words import translate

phones = Blueprint("phones", __name__)


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
    """Something was scanned: say what it is, whose, large, and be ready for the next."""
    here().store.orders.get(order_id)
    typed, seat = request.form.get("mac", ""), request.form.get("seat") or None
    printer = (request.form.get("printer") or None) if allowed("print") else None
    answer, faults = attempt(
        lambda: desk_station.read_at_station(
            here().desk, order_id, typed, seat=seat, by=operator().name, printer=printer
        )
    )
    # A seat that was chosen stays so until a phone took it: a misread code in between must not send it elsewhere.
    chosen = answer.seat if answer and answer.verdict in _ENDS_CHOICE else (answer.seat if answer else None) or seat
    return _answer(order_id, answer, faults, seat=chosen)


@phones.post("/orders/<order_id>/phones/undo")
@needs("prepare")
def undo(order_id: str) -> ResponseReturnValue:
    """Take the last scan of this person back; its seat waits for the right phone."""
    here().store.orders.get(order_id)
    answer, faults = attempt(lambda: desk_station.undo_at_station(here().desk, order_id, by=operator().name))
    return _answer(order_id, answer, faults, seat=answer.seat if answer else None)


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


_ENDS_CHOICE = frozenset({"paired", "again", "undone"})


def _answer(
    order_id: str, answer: StationAnswer | None, faults: tuple[Fault, ...], *, seat: str | None
) -> ResponseReturnValue:
    panel = {"answer": answer, "scan_faults": faults, "seat": seat, **_panel()}
    if request.headers.get("HX-Request") == "true":
        return render_template("scan_panel.html", order_id=order_id, **panel)
    table, more = attempt(lambda: desk_phones.phone_table(here().desk, order_id))
    return _page(order_id, table, more, **panel)


def _panel() -> dict[str, Any]:
    return {
        "printers": here().store.bench.printers(), "printer": request.form.get("printer", ""),
        "station_facts": station_facts,
    }  # fmt: skip


def _page(
    order_id: str, table: desk_phones.PhoneTable | None, faults: tuple[Fault, ...], **panel: Any
) -> ResponseReturnValue:
    rendered = fragment("phones_table.html", **_table(order_id, table)) if table else ""
    return render_frame(
        "order_phones.html", order_id, tab="phones", faults=faults, table=table, rendered=rendered,
        **{**_panel(), **panel},
    )  # fmt: skip


def _table(order_id: str, table: desk_phones.PhoneTable) -> dict[str, Any]:
    scanned = {scan.mac for scan in here().store.bench.scans(order_id)}
    return {"order_id": order_id, "table": table, "scanned": scanned, "total": len(table.rows)}
