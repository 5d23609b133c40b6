"""Many users from one CSV: all of them or none, with a list of what is wrong by row."""

import csv
import io
import time

from flask import Response, jsonify, request

from staging.sandbox.access import scope
from staging.sandbox.confd.blueprint import confd_blueprint
from staging.sandbox.confd.nested import create_nested
from staging.sandbox.recorded import unrecorded
from staging.sandbox.refusals import Refusal
from staging.sandbox.tables import Row
from staging.sandbox.world import world

csv_import = confd_blueprint("csv_import")

_TEXTS = (
    "firstname",
    "lastname",
    "email",
    "language",
    "outgoing_caller_id",
    "mobile_phone_number",
    "call_permission_password",
    "userfield",
)
_NUMBERS = ("ring_seconds", "simultaneous_calls", "subscription_type")
_FLAGS = ("enabled", "supervision_enabled", "call_transfer_enabled", "dtmf_hangup_enabled")


@csv_import.post("/users/import")
def import_users() -> tuple[Response, int]:
    """The content type is not looked at, an empty file is well; accounts of a refused file are taken back."""
    rows = list(csv.DictReader(io.StringIO(request.get_data(as_text=True))))
    created, errors, accounts = [], [], []
    for number, row in enumerate(rows, start=1):
        try:
            user = create_nested(_body(row), imported=True)
        except Refusal as refusal:
            errors.append(_error(refusal, row, number))
        else:
            accounts.append(user["uuid"])
            created.append(_line_of_answer(user, number))
    if errors:
        for uuid in accounts:
            world().accounts.remove_user(uuid)
        raise Refusal(400, {"errors": errors})
    return jsonify({"created": created}), 201


@csv_import.put("/users/import")
@unrecorded
def update_users() -> Response:
    raise Refusal(405, {"message": "The method is not allowed for the requested URL."})


def _body(row: Row) -> Row:
    """One row as the nested creation takes it; the `global` template and an account always come with it."""
    body: Row = {name: row[name] for name in _TEXTS if row.get(name)}
    body |= {name: int(row[name]) for name in _NUMBERS if row.get(name)}
    body |= {name: row[name] == "1" for name in _FLAGS if row.get(name)}
    body["auth"] = {name: row.get(name) or None for name in ("username", "password")}
    if row.get("exten") and row.get("context"):
        body["lines"] = [_line(row)]
    if row.get("incall_exten") and row.get("incall_context"):
        body["incalls"] = [{"extensions": [{"exten": row["incall_exten"], "context": row["incall_context"]}]}]
    if row.get("voicemail_number") and row.get("voicemail_context"):
        names = ("name", "number", "context", "password", "email")
        body["voicemail"] = {name: row[f"voicemail_{name}"] for name in names if row.get(f"voicemail_{name}")}
    return body


def _line(row: Row) -> Row:
    tenant = world().db.tenants.find(scope())
    template = tenant and tenant["webrtc_sip_template_uuid" if row.get("line_protocol") == "webrtc" else _GLOBAL]
    pairs = [["username", row.get("sip_username")], ["password", row.get("sip_secret")]]
    endpoint: Row = {"templates": [{"uuid": template}] if template else []}
    endpoint["auth_section_options"] = [pair for pair in pairs if pair[1]]
    if row.get("sip_username"):
        endpoint["name"] = row["sip_username"]
    number = {"exten": row["exten"], "context": row["context"]}
    return {"context": row["context"], "extensions": [number], "endpoint_sip": endpoint}


def _line_of_answer(user: Row, number: int) -> Row:
    line = user["lines"][0] if user["lines"] else None
    extensions = line["extensions"] if line else []
    return {
        "row_number": number,
        "user_id": user["id"],
        "user_uuid": user["uuid"],
        "voicemail_id": user["voicemail"] and user["voicemail"]["id"],
        "line_id": line and line["id"],
        "sip_uuid": line and line["endpoint_sip"]["uuid"],
        "sccp_id": None,
        "extension_id": extensions[0]["id"] if extensions else None,
        "incall_extension_id": user["incalls"][0]["extensions"][0]["id"] if user["incalls"] else None,
        "call_permission_ids": [],
    }


def _error(refusal: Refusal, row: Row, number: int) -> Row:
    """The whole row comes back, passwords included."""
    words = str(refusal.body[0] if isinstance(refusal.body, list) else refusal.body)
    field, _, rest = words.removeprefix("Input Error - ").partition(": ")
    if rest.startswith("["):
        words = f"{{{field!r}: {rest}}}"
    return {"message": words, "timestamp": int(time.time()), "details": {"row": row, "row_number": number}}


_GLOBAL = "global_sip_template_uuid"
