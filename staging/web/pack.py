"""Does this handset belong in this carton? Two scans, one glance; then the order may leave."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from staging.core.faults import Fault
from staging.desk import labels as desk_labels
from staging.jobs.job import Order
from staging.web.downloads import pdf
from staging.web.gate import language, needs, operator
from staging.web.here import here
from staging.web.orders import ACCEPTED_SHOWN, attempt
from staging.web.problems import answer_faults
from staging.web.words import translate

pack = Blueprint("pack", __name__)

SOUNDS = {"right": "good", "next": "next"}
"""What a verdict sounds like; everything else is wrong."""


@pack.get("/pack")
@needs("see")
def choose() -> str:
    """The orders that can be packed, those accepted long ago apart; one field finds any order by its labels."""
    orders = here().store.orders.all(accepted=ACCEPTED_SHOWN)
    packed = here().store.bench.packed_counts([order.id for order in orders])
    return render_template("pack_choose.html", orders=[(one, packed[one.id]) for one in orders if one.id in packed])


@pack.post("/pack")
@needs("print")
def find() -> ResponseReturnValue:
    """Go to the order that a scanned label or a typed number belongs to."""
    order_id = order_in(request.form.get("code", ""))
    return redirect(url_for("pack.show", order_id=here().store.orders.get(order_id).id), 303)


@pack.get("/pack/<order_id>")
@needs("see")
def show(order_id: str) -> ResponseReturnValue:
    """The scan field of one order, how far packing is, what is missing."""
    state, faults = attempt(lambda: desk_labels.pack_state(here().desk, order_id))
    return _page(here().store.orders.get(order_id), state, faults=faults)


@pack.post("/pack/<order_id>")
@needs("print")
def scan(order_id: str) -> ResponseReturnValue:
    """One scan: the first half of a pair, or the verdict on it."""
    order = here().store.orders.get(order_id)
    typed, before = request.form.get("code", ""), request.form.get("before") or None
    found, faults = attempt(
        lambda: desk_labels.pack_and_look(here().desk, order_id, typed, before=before, by=operator().name)
    )
    if found is None:
        return answer_faults(faults, 503)
    answer, state = found
    return _page(order, state, answer=answer)


@pack.post("/pack/<order_id>/undo")
@needs("print")
def undo(order_id: str) -> ResponseReturnValue:
    """Take the last pair of this person back."""
    undone = desk_labels.unpack_last(here().desk, order_id, by=operator().name)
    state = desk_labels.pack_state(here().desk, order_id)
    return _page(here().store.orders.get(order_id), state, undone=undone or "")


@pack.get("/pack/<order_id>/manifest.pdf")
@needs("see")
def manifest(order_id: str) -> ResponseReturnValue:
    """What is in which carton, to go with the parcel."""
    return pdf(desk_labels.manifest(here().desk, order_id, lang=language()), f"manifest-{order_id}.pdf")


@pack.post("/pack/<order_id>/ship")
@needs("print")
def ship(order_id: str) -> ResponseReturnValue:
    """The carrier took it."""
    desk_labels.ship(here().desk, order_id, by=operator().name)
    flash(translate("web-shipped"))
    return redirect(url_for("pack.show", order_id=order_id), 303)


def order_in(code: str) -> str:
    """The number of the order that a scanned label names, or the number itself as it was typed."""
    typed = code.strip()
    parts = typed.split(":")
    return parts[1] if typed.startswith("S1:") and len(parts) == 5 else typed.lower()


def _page(
    order: Order, state: desk_labels.PackState | None, *, answer: desk_labels.PackAnswer | None = None,
    undone: str | None = None, faults: tuple[Fault, ...] = (),
) -> ResponseReturnValue:  # fmt: skip
    values = {
        "order": order, "answer": answer, "state": state, "undone": undone,
        "before": (answer.handset if answer else None) or "", "sound": _sound(answer),
    }  # fmt: skip
    if request.headers.get("HX-Request") == "true" and request.method == "POST":
        return render_template("pack_panel.html", **values)
    return render_template("pack.html", faults=faults[:5], **values)


def _sound(answer: desk_labels.PackAnswer | None) -> str:
    if answer is None:
        return ""
    return "all" if answer.closed else SOUNDS.get(answer.verdict, "bad")
