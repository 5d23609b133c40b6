"""Voicemails: mailboxes in a context, each of one user as a rule."""

from flask import Response, jsonify

from staging.sandbox.access import scope
from staging.sandbox.confd.blueprint import DONE, Done, confd_blueprint, created, find_voicemail
from staging.sandbox.confd.documents import voicemail_document
from staging.sandbox.confd.fields import REQUIRED, Field, Schema, check, email, matching, read_object, text, yes_or_no
from staging.sandbox.confd.links import find_context
from staging.sandbox.confd.listing import answer_list, field
from staging.sandbox.recorded import unrecorded
from staging.sandbox.refusals import already_exists, field_not_found, invalid, is_associated
from staging.sandbox.tables import Row
from staging.sandbox.world import world

voicemails = confd_blueprint("voicemails")

VOICEMAIL_SCHEMA: Schema = {
    "name": Field(text(80), required=True),
    "number": Field(matching(r"[0-9]{1,40}"), required=True),
    "context": Field(text(128), required=True),
    "password": Field(matching(r"[0-9]{1,80}")),
    "email": Field(email),
    "attach_audio": Field(yes_or_no),
    "delete_messages": Field(yes_or_no, nullable=False),
    "ask_password": Field(yes_or_no, nullable=False),
    "enabled": Field(yes_or_no, nullable=False),
}
_ZONES = ("eu-fr",)
_DEFAULTS: Row = {
    **dict.fromkeys(("password", "email", "language", "timezone", "pager", "max_messages", "attach_audio")),
    "delete_messages": False,
    "ask_password": True,
    "enabled": True,
    "options": [],
}
_COLUMNS = {name: field(name) for name in ("id", "number", "context", "name", "email")}


def create_voicemail(body: Row) -> Row:
    """Keep a mailbox; its number is unique in its context."""
    if "number" in body and "context" not in body:
        raise invalid({"context": [REQUIRED]})
    check(body, VOICEMAIL_SCHEMA)
    find_context(body["context"])
    _check_zone(body)
    if world().db.voicemails.first(number=body["number"], context=body["context"]):
        raise already_exists("Voicemail", number=body["number"], context=body["context"])
    kept = {name: body.get(name, default) for name, default in _DEFAULTS.items()}
    row = {"id": world().db.voicemails.next_number(), "tenant_uuid": scope(), "name": body["name"]}
    return world().db.voicemails.add({**row, "number": body["number"], "context": body["context"], **kept, "users": []})


@voicemails.get("/voicemails")
def list_voicemails() -> Response:
    return jsonify(answer_list(world().db.voicemails.all(), _COLUMNS, voicemail_document, order="number"))


@voicemails.post("/voicemails")
def create() -> tuple[Response, int, dict[str, str]]:
    row = create_voicemail(read_object())
    return created(voicemail_document(row), "voicemails", row["id"])


@voicemails.get("/voicemails/<int:id>")
def read_voicemail(id: int) -> Response:
    return jsonify(voicemail_document(find_voicemail(id)))


@voicemails.put("/voicemails/<int:id>")
@unrecorded
def change_voicemail(id: int) -> Done:
    row, body = find_voicemail(id), read_object()
    check(body, VOICEMAIL_SCHEMA, partial=True)
    _check_zone(body)
    given = {name: body[name] for name in ("name", "number", "context", *_DEFAULTS) if name in body}
    wanted = {"number": given.get("number", row["number"]), "context": given.get("context", row["context"])}
    other = world().db.voicemails.first(**wanted)
    if other is not None and other["id"] != id:
        raise already_exists("Voicemail", **wanted)
    world().db.voicemails.change(id, **given)
    return DONE


@voicemails.delete("/voicemails/<int:id>")
def delete_voicemail(id: int) -> Done:
    row = find_voicemail(id)
    if row["users"]:
        facts = {"voicemail_id": id, "user_ids": ", ".join(map(str, row["users"]))}
        raise is_associated("Voicemail", "User", **facts)
    world().db.voicemails.remove(id)
    return DONE


def _check_zone(body: Row) -> None:
    if body.get("timezone") is not None and body["timezone"] not in _ZONES:
        raise field_not_found("timezone", "Timezone", body["timezone"])
