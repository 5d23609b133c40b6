"""What should this person do next? The first page: a work list by role, then the doors."""

from flask import Blueprint, render_template

from staging.core.roles import Role, may
from staging.desk.bench_screen import bench_rows
from staging.jobs.job import StepName
from staging.web.gate import needs, operator
from staging.web.here import here
from staging.web.standing import looks_of_row

home = Blueprint("home", __name__)

_SHOWN = 12
_OWN: dict[Role, frozenset[StepName]] = {
    "technician": frozenset({"appliance", "install", "phones"}),
    "manager": frozenset({"register", "configure", "provision", "accept"}),
    "logistics": frozenset({"label"}),
}


@home.get("/")
@needs("see")
def show() -> str:
    """Everything that waits for this role's hand, the longest wait first."""
    role = operator().role
    own = _OWN.get(role)
    rows = [row for row in bench_rows(here().desk) if row.urgency in ("hand", "late")]
    # What nobody else's list shows is everybody's: a row without a step is never hidden.
    mine = [row for row in rows if own is None or row.step is None or row.step in own]
    shown = mine[:_SHOWN]
    known = here().store.appliances.known([row.serial for row in shown])
    return render_template(
        "home.html", rows=[(row, looks_of_row(row), row.serial in known) for row in shown],
        more=max(0, len(mine) - _SHOWN), elsewhere=len(rows) - len(mine), can_plan=may(role, "plan"),
    )  # fmt: skip
