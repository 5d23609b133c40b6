"""First-time set-up in one call: the engine's account, and its registration on the portal."""

from typing import Any
from uuid import uuid4

from flask import Blueprint, Response, jsonify, request

from staging.sandbox.access import guard_auth
from staging.sandbox.portal import keep_instance
from staging.sandbox.recorded import unrecorded
from staging.sandbox.refusals import Refusal
from staging.sandbox.tables import Row
from staging.sandbox.world import world

setupd = Blueprint("setupd", __name__, url_prefix="/api/setupd/1.0")

_ALWAYS = ("engine_language", "engine_password", "engine_license")
_WITH_PORTAL = (
    "engine_internal_address",
    "nestbox_service_id",
    "nestbox_service_key",
    "nestbox_instance_name",
    "nestbox_engine_host",
)
_MISSING = "Missing data for required field."


@setupd.get("/status")
@unrecorded
def status() -> Response:
    guard_auth(world().accounts, "setupd")
    return jsonify({"master_tenant": {"status": "ok"}, "rest_api": {"status": "ok"}})


@setupd.post("/setup")
@unrecorded
def set_up() -> tuple[Response, int]:
    """The portal's credentials are tried first, so a wrong key changes nothing; the rest is not undone together.

    Without `engine_instance_uuid` a second call registers the stack a second time.
    """
    body = _read()
    with_portal = bool(body.get("nestbox_host"))
    if with_portal and not _portal_lets_in(body):
        raise _refused(500, "setup-token-failed", "Failed to create a token")
    if not world().configured:
        world().set_up(body["engine_password"])
    if with_portal:
        _register(body)
        _keep_rtp(body)
    return jsonify({}), 201


def _read() -> Row:
    body = request.get_json(silent=True)
    if not isinstance(body, dict):
        raise _refused(400, "invalid-data", "Sent data is invalid")
    required = _ALWAYS + (_WITH_PORTAL if body.get("nestbox_host") else ())
    faults: dict[str, Any] = {name: [_MISSING] for name in required if body.get(name) in (None, "")}
    if body.get("engine_license") is not True:
        faults.setdefault("engine_license", ["Must be true."])
    if body.get("engine_language") not in (None, "en_US", "fr_FR"):
        faults["engine_language"] = ["Must be one of: en_US, fr_FR."]
    password = body.get("engine_password")
    if password and not (4 <= len(password) <= 64 and password.isascii() and " " not in password):
        faults["engine_password"] = ["Not a valid password."]
    if body.get("engine_rtp_icesupport") and not body.get("engine_rtp_stunaddr"):
        faults["engine_rtp_stunaddr"] = [_MISSING]
    if faults:
        raise _refused(400, "invalid-data", "Sent data is invalid", faults)
    return body


def _portal_lets_in(body: Row) -> bool:
    accounts = world().portal.accounts
    return any(
        user["username"] == body["nestbox_service_id"] and accounts.passwords[uuid] == body["nestbox_service_key"]
        for uuid, user in accounts.users.items()
    )


def _register(body: Row) -> None:
    port = body.get("nestbox_engine_port", 443)
    fields = {
        "name": body["nestbox_instance_name"],
        "username": "root",
        "password": body["engine_password"],
        "private_host": body["engine_internal_address"],
        "private_port": port,
        "public_host": body["nestbox_engine_host"],
        "public_port": port,
        "preferred_connection": body.get("nestbox_instance_preferred_connection", "public"),
        "service_id": 1,
        "config": {},
        "installed": True,
    }
    known = body.get("engine_instance_uuid")
    if known is not None and known not in world().portal.instances:
        raise _refused(500, "setup-deployd-failed", "Failed to update the instance")
    keep_instance(known or str(uuid4()), fields)


def _keep_rtp(body: Row) -> None:
    options = dict(world().setting("rtp")["options"])
    if body.get("engine_rtp_stunaddr"):
        options["stunaddr"] = body["engine_rtp_stunaddr"]
    if body.get("engine_rtp_icesupport"):
        options["icesupport"] = "yes"
    world().keep_setting("rtp", {"options": options})


def _refused(status: int, error: str, message: str, details: Row | None = None) -> Refusal:
    body = {"message": message, "error_id": error, "details": details or {}, "timestamp": 0, "resource": "setup"}
    return Refusal(status, body)
