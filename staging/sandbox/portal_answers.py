"""How does every call of the portal begin and end? Its guard, its bodies, its pages and refusals."""

import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from flask import Blueprint, Response, jsonify, request

from staging.sandbox.access import guard_auth, scope
from staging.sandbox.refusals import Refusal
from staging.sandbox.tables import Row
from staging.sandbox.world import world

DONE = ("", 204)


def portal_blueprint(name: str) -> Blueprint:
    """Some of the portal's calls, behind its token check."""
    made = Blueprint(name, __name__, url_prefix="/portal/api")
    made.before_request(_guard)
    return made


def find(rows: dict[str, Row], uuid: Any, what: str) -> Row:
    """The document of a uuid; refuses one that is not there."""
    row = rows.get(uuid)
    if row is None:
        raise _refused(404, f"unknown-{what}", f'No such {what}: "{uuid}"', uuid=uuid)
    return row


def read(*required: str) -> Row:
    """The object that was sent; refuses one that lacks a required member."""
    found = request.get_json(silent=True)
    body = found if isinstance(found, dict) else {}
    missing = [name for name in required if body.get(name) is None]
    if missing:
        faults = {name: ["Missing data for required field."] for name in missing}
        raise _refused(400, "invalid-data", "Sent data is invalid", **faults)
    return body


def page(rows: Any, columns: tuple[str, ...], show: Callable[[Row], Row]) -> Response:
    """A page of documents: exact filters on the columns, `search` over them, offset and limit."""
    everything = [row for row in rows if row.get("tenant_uuid", scope()) == scope()]
    found = everything
    for column in columns:
        if column in request.args:
            wanted = request.args[column].split(",")
            found = [row for row in found if str(row.get(column)) in wanted]
    sought = request.args.get("search", "").lower()
    found = [row for row in found if any(sought in str(row.get(column) or "").lower() for column in columns)]
    offset, limit = int(request.args.get("offset", 0)), int(request.args.get("limit", len(found)))
    items = [show(row) for row in found[offset : offset + limit]]
    return jsonify({"total": len(everything), "filtered": len(found), "items": items})


def now() -> str:
    """This moment as the portal writes it: UTC, without saying so."""
    return datetime.now(UTC).replace(tzinfo=None).isoformat()


def _guard() -> None:
    if request.endpoint not in ("portal.log_in", "portal.revoke"):
        guard_auth(world().portal.accounts, request.path.split("/")[3])


def _refused(status: int, error: str, message: str, **details: Any) -> Refusal:
    return Refusal(status, {"message": message, "error_id": error, "details": details, "timestamp": time.time()})
