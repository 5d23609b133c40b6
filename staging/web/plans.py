"""What did the customer ask, what would change on the stack, and who agreed? Plan and changes of an order."""

import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

from flask import Blueprint, Response, flash, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.datastructures import FileStorage

from staging.core.faults import Fault, PlanRefused, Refused, Where
from staging.desk import drafts
from staging.desk import orders as desk_orders
from staging.desk import plans as desk_plans
from staging.desk.workbooks import corrected_name
from staging.jobs.records import PlanVersion
from staging.wazo.change import Change
from staging.web.corrections import shown, spreadsheet
from staging.web.downloads import safe_name
from staging.web.gate import language, needs, operator
from staging.web.here import here
from staging.web.orders import attempt, progress_of, render_frame
from staging.web.plan_grid import WINDOW
from staging.web.words import translate

plans = Blueprint("plans", __name__)


@dataclass(frozen=True, slots=True)
class ChangeGroup:
    """The changes of one seat, or of what belongs to no seat (seat None). lines: in the person's language."""

    seat: str | None
    name: str
    lines: tuple[tuple[Change, str], ...]


@plans.get("/orders/<order_id>/plan")
@needs("see")
def show(order_id: str) -> ResponseReturnValue:
    """A workbook as the person knows it, its faults at their cells; the newest one, or `?version=`."""
    newest = here().store.plans.latest(order_id)
    asked = request.args.get("version", type=int) or (newest.version if newest else 0)
    seen = drafts.look(here().desk, order_id, asked) if newest else None
    return render_frame(
        "order_plan.html", order_id, tab="plan", look=seen, newest=newest, view=shown(seen) if seen else None,
        versions=desk_plans.version_lines(here().desk, order_id), window=WINDOW,
        seats_too="seats" in request.args,
    )  # fmt: skip


@plans.post("/orders/<order_id>/plan")
@needs("plan")
def upload(order_id: str) -> ResponseReturnValue:
    """Take a workbook and check it; with errors it is kept too, and the good one before goes on counting."""
    version = take_upload(order_id, request.files.get("workbook"))
    if version.ok:
        flash(translate("web-plan-good", seats=len(version.document["seats"])))
    way = url_for("plans.show", order_id=order_id)
    if request.headers.get("HX-Request") == "true":
        # A script that showed how far the upload is goes on by itself: what it followed nobody would see.
        return Response(status=204, headers={"HX-Redirect": way})
    return redirect(way, 303)


@plans.get("/orders/<order_id>/plan/<int:version>.xlsx")
@needs("see")
def original(order_id: str, version: int) -> ResponseReturnValue:
    """A workbook as it came."""
    found = desk_plans.get_version(here().desk, order_id, version)
    content = here().store.plans.content(order_id, version) or b""
    return spreadsheet(content, found.workbook, f"{order_id}-{version}")


@plans.get("/orders/<order_id>/plan/<int:version>-marked.xlsx")
@needs("see")
def marked(order_id: str, version: int) -> ResponseReturnValue:
    """The customer's own workbook back, corrections included, with the cells marked that have a fault."""
    found = desk_plans.get_version(here().desk, order_id, version)
    content = drafts.corrected_workbook(here().desk, order_id, version, marked_in=language())
    return spreadsheet(content, corrected_name(found.workbook), f"{order_id}-{version}")


@plans.get("/orders/<order_id>/changes")
@needs("plan")
def changes(order_id: str) -> ResponseReturnValue:
    """What applying would do, seat by seat; while it is being done, how far it is."""
    here().store.orders.get(order_id)
    if here().store.changesets.open(order_id) is not None:
        return render_frame("order_changes.html", order_id, tab="changes", shown=None, groups=(), applying=True)
    shown, faults = attempt(lambda: desk_orders.show_changes(here().desk, order_id))
    groups = _groups(shown, _names(order_id)) if shown else ()
    counts = {verb: sum(1 for change in shown.changes if change.verb == verb) for verb in "+~-"} if shown else {}
    return render_frame(
        "order_changes.html", order_id, tab="changes", shown=shown, groups=groups, counts=counts, faults=faults,
        applying=False, forceable=shown is not None and all(fault.code != "tenant-not-ours" for fault in shown.faults),
    )  # fmt: skip


@plans.post("/orders/<order_id>/apply")
@needs("plan")
def apply(order_id: str) -> ResponseReturnValue:
    """Agree to exactly the changes that were shown."""
    expect = request.form.get("expect", "")
    if not expect:
        raise Refused(Fault("fingerprint-missing", Where("order", field=order_id), {"order": order_id}))
    here().store.orders.get(order_id)
    number = desk_orders.approve(
        here().desk,
        order_id,
        expect=expect,
        by=operator().name,
        forced=request.form.get("forced") == "yes",
        overwrite=request.form.get("overwrite") == "yes",
    )
    flash(translate("web-changes-approved") if number else translate("web-changes-none"))
    return redirect(url_for("plans.changes", order_id=order_id), 303)


@plans.get("/orders/<order_id>/applying")
@needs("plan")
def applying(order_id: str) -> ResponseReturnValue:
    """How far applying is; at its end the page is loaded anew, and shows that nothing is left."""
    progress = progress_of(order_id)
    if here().store.changesets.open(order_id) is None:
        response = make_response("", 204)
        response.headers["HX-Refresh"] = "true"
        return response
    return render_template("applying.html", recent=here().store.changesets.recent(order_id, 8), **progress)


def take_upload(order_id: str, file: FileStorage | None) -> PlanVersion:
    """Keep an uploaded workbook as the order's next plan. Raises PlanRefused when there is no file.

    The form's field `renumber` asks for short numbers anew.
    """
    here().store.orders.get(order_id)
    if file is None or not file.filename:
        raise PlanRefused(Fault("no-workbook", Where("plan", field=order_id)))
    name = Path(file.filename.replace("\\", "/")).name[:120]
    with tempfile.TemporaryDirectory(prefix="staging-") as folder:
        path = Path(folder) / safe_name(name, otherwise="plan.xlsx")
        file.save(path)
        return desk_orders.upload_plan(
            here().desk, order_id, path, name=name, by=operator().name, lang=language(),
            renumber=request.form.get("renumber") == "yes",
        )  # fmt: skip


def _groups(shown: desk_orders.Shown, names: Mapping[str, str]) -> Sequence[ChangeGroup]:
    # Each line begins with its verb, which the page shows as a sign of its own.
    lines = (
        line.removeprefix(f"{change.verb} ")
        for change, line in zip(shown.changes, shown.lines(language()), strict=True)
    )
    pairs = list(zip(shown.changes, lines, strict=True))
    ordered = sorted(pairs, key=lambda pair: (pair[0].seat is not None, pair[0].seat or ""))
    return [
        ChangeGroup(seat, names.get(seat or "", ""), tuple(group))
        for seat, group in groupby(ordered, key=lambda pair: pair[0].seat)
    ]


def _names(order_id: str) -> Mapping[str, str]:
    version = here().store.plans.latest(order_id, ok=True)
    return {seat.extension: seat.name for seat in version.plan.seats if seat.extension} if version else {}
