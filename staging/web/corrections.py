"""How is a plan corrected on its page? One cell at a time, each checked at once; then kept, or put back."""

from pathlib import Path
from typing import Any

from flask import Blueprint, Response, flash, jsonify, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from staging.adapters.store.plans import Standing
from staging.core.faults import Fault, Refused, Where
from staging.desk import drafts
from staging.desk import plans as desk_plans
from staging.desk.drafts import Look
from staging.desk.workbooks import corrected_name
from staging.web.downloads import XLSX, safe_name, workbook
from staging.web.gate import language, needs, operator
from staging.web.here import here
from staging.web.orders import render_frame
from staging.web.plan_grid import PlanView, lacking, view_of
from staging.web.words import translate

corrections = Blueprint("corrections", __name__)

_MOST_DIGITS = 9
KINDS = {
    ".xlsx": XLSX,
    ".xlsm": "application/vnd.ms-excel.sheet.macroEnabled.12",
    ".ods": "application/vnd.oasis.opendocument.spreadsheet",
    ".csv": "text/csv",
    ".xls": "application/vnd.ms-excel",
}


@corrections.post("/orders/<order_id>/plan/<int:version>/correct")
@needs("plan")
def correct(order_id: str, version: int) -> ResponseReturnValue:
    """Put another text into a cell; with `reset`, what the workbook says. A script gets what changed, as JSON."""
    form = request.form
    seen = drafts.correct_cell(
        here().desk, order_id, version, sheet=form.get("sheet", ""), cell=form.get("cell", ""),
        text=None if "reset" in form else form.get("text", ""), standing=standing(), by=operator().name,
    )  # fmt: skip
    if _is_script():
        return _news(seen)
    page = url_for("plans.show", order_id=order_id, version=version, sheet=_number("at"), first=_number("first"))
    return redirect(page + _anchor(), 303)


@corrections.post("/orders/<order_id>/plan/<int:version>/rows")
@needs("see")
def rows(order_id: str, version: int) -> ResponseReturnValue:
    """What a page does not show yet, because somebody else corrected something."""
    return _news(drafts.look(here().desk, order_id, version))


@corrections.get("/orders/<order_id>/plan/<int:version>/seats")
@needs("see")
def seats(order_id: str, version: int) -> ResponseReturnValue:
    """The seats alone, for a page that was corrected since it was loaded."""
    return render_template("plan_seats.html", look=drafts.look(here().desk, order_id, version), seats_too=True)


@corrections.post("/orders/<order_id>/plan/<int:version>/keep")
@needs("plan")
def keep(order_id: str, version: int) -> ResponseReturnValue:
    """Make the next version of this one and its corrections."""
    kept = drafts.keep_corrections(
        here().desk, order_id, version, standing=standing(), by=operator().name, lang=language()
    )
    flash(translate("web-plan-kept", version=kept.version))
    return redirect(url_for("plans.show", order_id=order_id), 303)


@corrections.post("/orders/<order_id>/plan/<int:version>/discard")
@needs("plan")
def discard(order_id: str, version: int) -> ResponseReturnValue:
    """Put every corrected cell back to what the workbook says."""
    count = drafts.discard_corrections(here().desk, order_id, version, standing=standing(), by=operator().name)
    flash(translate("web-plan-discarded", n=count))
    return redirect(url_for("plans.show", order_id=order_id, version=version), 303)


@corrections.get("/orders/<order_id>/plan/<int:version>/corrected")
@needs("see")
def corrected(order_id: str, version: int) -> ResponseReturnValue:
    """The customer's own file with the corrections in it."""
    content = drafts.corrected_workbook(here().desk, order_id, version)
    found = desk_plans.get_version(here().desk, order_id, version)
    name = corrected_name(found.workbook) if desk_plans.is_corrected(here().desk, found) else found.workbook
    return spreadsheet(content, name, f"{order_id}-{version}-{translate('web-corrected-suffix')}")


@corrections.get("/orders/<order_id>/plan/compare")
@needs("see")
def compare(order_id: str) -> ResponseReturnValue:
    """What changed from one version to another, seat by seat."""
    found = desk_plans.compare_versions(here().desk, order_id, before=_asked("before"), after=_asked("after"))
    return render_frame(
        "order_plan_compare.html", order_id, tab="plan", c=found,
        versions=desk_plans.version_lines(here().desk, order_id),
    )  # fmt: skip


def spreadsheet(content: bytes, name: str, addition: str) -> Response:
    """A workbook of whatever kind to keep, under the person's own name for it and what tells it from others."""
    suffix = Path(name).suffix.casefold()
    suffix = suffix if suffix in KINDS else ".xlsx"
    response = workbook(content, f"{Path(safe_name(name, otherwise='plan.xlsx')).stem[:50]}-{addition}{suffix}")
    response.headers["Content-Type"] = KINDS[suffix]
    return response


def standing() -> Standing:
    """How far the plan was when the person looked, as the page's form carries it."""
    return Standing(_number("revision"), _number("newest"))


def shown(seen: Look) -> PlanView:
    """A look as the page that asks shows it: which sheet, from which line on."""
    return view_of(seen, language(), sheet=_number("at") or _number("sheet"), first=_number("first"))


def _news(seen: Look) -> ResponseReturnValue:
    view = shown(seen)
    parts: dict[str, Any] = {
        "revision": seen.standing.revision,
        "newest": seen.standing.newest,
        "summary": render_template("plan_summary.html", view=view, order_id=seen.version.order_id),
        "faults": render_template("plan_faults.html", view=view, order_id=seen.version.order_id),
        "sheets": {index: found for index, _, found in view.sheets},
        "head": "",
        "rows": [],
    }
    if view.sheet is not None:
        lacks = lacking(view.sheet, dict(_pairs(request.form.get("have", ""))))
        parts["head"] = render_template("plan_head.html", sheet=view.sheet)
        parts["rows"] = [
            [line.id, render_template("plan_row.html", line=line) if line.id in lacks else None]
            for line in view.sheet.lines
        ]
    return jsonify(parts)


def _pairs(have: str) -> list[tuple[str, str]]:
    return [(name, mark) for name, _, mark in (one.partition(":") for one in have.split(",")) if mark]


def _is_script() -> bool:
    return request.headers.get("HX-Request") == "true"


def _anchor() -> str:
    cell = request.form.get("cell", "").strip().upper()
    return f"#c-{cell}" if cell.isalnum() and cell.isascii() else ""


def _number(name: str) -> int:
    """A number of the form or the address; 0 for anything else that somebody may have put there."""
    typed = request.values.get(name, "")
    return int(typed) if typed.isascii() and typed.isdigit() and len(typed) <= _MOST_DIGITS else 0


def _asked(name: str) -> int:
    number = _number(name)
    if number == 0:
        raise Refused(Fault("unknown-plan-version", Where("plan"), {"order": "–", "version": number}))
    return number
