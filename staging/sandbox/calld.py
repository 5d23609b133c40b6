"""Which lines are registered? The one thing that staging asks of the call daemon."""

from flask import Blueprint, Response, jsonify

from staging.sandbox.access import guard_auth, listed_tenants
from staging.sandbox.recorded import unrecorded
from staging.sandbox.world import world

calld = Blueprint("calld", __name__, url_prefix="/api/calld/1.0")


@calld.before_request
def _guard() -> None:
    guard_auth(world().accounts, "calld")


@calld.get("/status")
@unrecorded
def status() -> Response:
    return jsonify({"ari": {"status": "ok"}, "bus_consumer": {"status": "ok"}, "service_token": {"status": "ok"}})


@calld.get("/lines")
@unrecorded
def list_lines() -> Response:
    """Lines with an endpoint. One is registered when a plugged phone holds its user name."""
    db, phones = world().db, world().room.phones.values()
    speaking = {account["username"] for phone in phones if phone["plugged"] for account in phone["accounts"]}
    items = []
    for line in db.lines.all():
        endpoint = db.endpoints.find(line["endpoint"])
        if endpoint is None or line["tenant_uuid"] not in listed_tenants():
            continue
        username = dict(endpoint["auth_section_options"]).get("username")
        items.append(
            {
                "id": line["id"],
                "technology": "sip",
                "name": endpoint["name"],
                "registered": bool(username) and username in speaking,
                "current_call_count": 0,
            }
        )
    return jsonify({"items": items})
