"""What would taking an applied change set back do, and who agreed to it?"""

from flask import Blueprint, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue

from staging.core.faults import Fault, Refused, Where
from staging.desk import undo as desk_undo
from staging.web.gate import needs, operator
from staging.web.here import here
from staging.web.orders import attempt, render_frame
from staging.web.words import translate

undo = Blueprint("undo", __name__)


@undo.get("/orders/<order_id>/undo/<int:number>")
@needs("plan")
def show(order_id: str, number: int) -> ResponseReturnValue:
    """Every change that taking this change set back would make, and what would stay."""
    here().store.orders.get(order_id)
    found, faults = attempt(lambda: desk_undo.show_undo(here().desk, order_id, number))
    shown = found[1] if found else None
    return render_frame("order_undo.html", order_id, tab="changes", number=number, shown=shown, faults=faults)


@undo.post("/orders/<order_id>/undo/<int:number>")
@needs("plan")
def agree(order_id: str, number: int) -> ResponseReturnValue:
    """Agree to exactly what was shown."""
    expect = request.form.get("expect", "")
    if not expect:
        raise Refused(Fault("fingerprint-missing", Where("order", field=order_id), {"order": order_id}))
    agreed = desk_undo.undo(here().desk, order_id, expect=expect, by=operator().name, number=number)
    flash(translate("web-undo-asked") if agreed else translate("web-undo-nothing"))
    return redirect(url_for("plans.changes", order_id=order_id), 303)
