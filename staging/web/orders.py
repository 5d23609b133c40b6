"""How does one order stand, and what moves it on? The list, the form, the frame that every tab stands in."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any, TypeVar

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from staging.core.faults import Fault, StagingError
from staging.core.roles import Right
from staging.desk import labels as desk_labels
from staging.desk import orders as desk_orders
from staging.jobs.job import StepRecord, next_step
from staging.web.bench import serial_of
from staging.web.downloads import pdf
from staging.web.fragments import answer_poll, fragment
from staging.web.gate import needs, operator
from staging.web.here import here
from staging.web.standing import looks_of, stages, way_on
from staging.web.words import translate

orders = Blueprint("orders", __name__)

ACCEPTED_SHOWN = 100
"""Accepted orders on the list that looks again by itself; then it says that there may be more."""

TABS = ("plan", "changes", "phones", "labels", "accept", "timeline")
_T = TypeVar("_T")


@orders.get("/orders")
@needs("see")
def show_all() -> str:
    """The orders, newest first: those in hand and the last that were accepted, or with `?all` every one."""
    return render_template("orders.html", list=fragment("orders_list.html", **_list(whole="all" in request.args)))


@orders.get("/orders/list")
@needs("see")
def list_all() -> ResponseReturnValue:
    """The list alone, for the page that refreshes itself."""
    return answer_poll("orders_list.html", **_list(whole=False))


@orders.get("/orders/new")
@needs("plan")
def ask_new() -> str:
    """The form of a new order."""
    return render_template(
        "order_new.html", stacks=here().store.stacks.all(), serials=here().store.appliances.without_order()
    )


@orders.post("/orders")
@needs("plan")
def create() -> ResponseReturnValue:
    """Open an order, then ask for its workbook."""
    form = request.form
    order = desk_orders.new_order(
        here().desk, customer=form.get("customer", ""), siret=form.get("siret", ""), stack=form.get("stack", ""),
        by=operator().name, serial=form.get("serial") or None, extensions=form.get("extensions") or None,
        main_to=form.get("main_to") or None, final_address=form.get("final_address") or None,
    )  # fmt: skip
    flash(translate("web-order-opened", order=order.id))
    return redirect(url_for("plans.show", order_id=order.id), 303)


@orders.get("/orders/<order_id>")
@needs("see")
def show(order_id: str) -> ResponseReturnValue:
    """The order's first page: where it stands, what it waits for, its facts."""
    plan = here().store.plans.latest(order_id, ok=True)
    return render_frame("order.html", order_id, tab="", plan=plan, serials=here().store.appliances.without_order())


@orders.get("/orders/<order_id>/progress")
@needs("see")
def progress(order_id: str) -> ResponseReturnValue:
    """The stepper and what is waited for, for pages that refresh themselves."""
    return answer_poll("order_progress.html", **progress_of(order_id, tab=request.args.get("tab", "")))


@orders.post("/orders/<order_id>/resume")
@needs("prepare")
def resume(order_id: str) -> ResponseReturnValue:
    """Try the step that stopped again, now."""
    here().store.orders.get(order_id)
    desk_orders.resume(here().desk, order_id, by=operator().name)
    flash(translate("web-resumed"))
    return redirect(url_for("orders.show", order_id=order_id), 303)


@orders.post("/orders/<order_id>/serial")
@needs("plan")
def attach(order_id: str) -> ResponseReturnValue:
    """Give the order its appliance."""
    here().store.orders.get(order_id)
    desk_orders.attach_serial(here().desk, order_id, serial_of(request.form.get("serial", "")), by=operator().name)
    return redirect(url_for("orders.show", order_id=order_id), 303)


@orders.get("/orders/<order_id>/timeline")
@needs("see")
def timeline(order_id: str) -> ResponseReturnValue:
    """Everything that happened, newest first, and the last requests to the stack."""
    return render_frame("order_timeline.html", order_id, tab="timeline")


@orders.get("/orders/<order_id>/accept")
@needs("see")
def accept(order_id: str) -> ResponseReturnValue:
    """Final address, comparison with the stack, acceptance sheet."""
    return render_frame("order_accept.html", order_id, tab="accept", differences=None)


@orders.post("/orders/<order_id>/address")
@needs("plan")
def set_address(order_id: str) -> ResponseReturnValue:
    """Say where the engine will stand at the customer's."""
    here().store.orders.get(order_id)
    desk_orders.set_final_address(here().desk, order_id, request.form.get("address", ""), by=operator().name)
    flash(translate("web-address-kept"))
    return redirect(url_for("orders.accept", order_id=order_id), 303)


@orders.get("/orders/<order_id>/verify")
@needs("see")
def verify(order_id: str) -> ResponseReturnValue:
    """Read the stack back now and show every difference from the plan."""
    found, faults = attempt(lambda: desk_orders.verify(here().desk, order_id))
    return render_frame("order_accept.html", order_id, tab="accept", differences=found, faults=faults)


@orders.get("/orders/<order_id>/acceptance.pdf")
@needs("see")
def sheet(order_id: str) -> ResponseReturnValue:
    """The acceptance sheet that goes in the carton."""
    return pdf(desk_labels.acceptance_sheet(here().desk, order_id), f"acceptance-{order_id}.pdf")


def render_frame(
    template: str, order_id: str, *, tab: str, faults: tuple[Fault, ...] = (), **values: Any
) -> ResponseReturnValue:
    """A tab of an order below its stepper. Faults met while reading the stack stand above: the page itself is well."""
    overview = desk_orders.overview(here().desk, order_id)
    return render_template(
        template, o=overview, order=overview.order, tabs=TABS, tab=tab, faults=faults,
        stack=here().store.stacks.find(overview.order.stack),
        progress=fragment("order_progress.html", **progress_of(order_id, tab=tab)), **values,
    )  # fmt: skip


def progress_of(order_id: str, *, tab: str = "") -> dict[str, Any]:
    """What the stepper shows, from our own books: true and fast even when the stack is down.

    tab: where the person is already, so that nothing sends them there.
    """
    order = here().store.orders.get(order_id)
    steps = here().store.orders.steps(order_id)
    current = next_step(steps)
    step = _agreed(steps[current]) if current else None
    rights: dict[str, Right] = {"plan": "plan", "changes": "plan", "phones": "prepare", "labels": "print"}
    way = way_on(step) if way_on(step) != tab else None
    return {
        "order": order, "stages": stages(steps, current), "step": step, "looks": looks_of(step) if step else "done",
        "tab": tab, "way": way, "way_right": rights.get(way or "", "prepare"),
    }  # fmt: skip


def attempt(read: Callable[[], _T]) -> tuple[_T | None, tuple[Fault, ...]]:
    """What a look at the stack gave, or the faults that stood in its way."""
    try:
        return read(), ()
    except StagingError as error:
        return None, error.faults


def _agreed(step: StepRecord) -> StepRecord:
    """A step that still says it waits for approval, though somebody has just approved, is about to start."""
    agreed = step.waits_for == "waits-approval" and here().store.changesets.open(step.order_id) is not None
    return replace(step, status="to-do", waits_for=None) if agreed else step


def _list(*, whole: bool) -> dict[str, Any]:
    found = desk_orders.all_orders(here().desk, accepted=None if whole else ACCEPTED_SHOWN)
    more = not whole and sum(1 for order, _ in found if order.accepted_at is not None) == ACCEPTED_SHOWN
    rows = []
    for order, steps in found:
        current = next_step(steps) if steps else None
        step = steps[current] if current else None
        done = sum(1 for one in steps.values() if one.status in ("done", "skipped"))
        rows.append((order, step, looks_of(step) if step else "done", done, len(steps)))
    return {"rows": rows, "whole": whole, "more": more}
