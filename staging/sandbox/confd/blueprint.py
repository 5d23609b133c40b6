"""How does every confd call begin and end? Its guard, its finders, its answers."""

from typing import Any
from uuid import UUID

from flask import Blueprint, Response, jsonify

from staging.sandbox.access import guard_confd, visible
from staging.sandbox.confd.documents import href
from staging.sandbox.refusals import not_found
from staging.sandbox.tables import Row, Table
from staging.sandbox.world import world

DONE = ("", 204)
Done = tuple[str, int]
Ref = int | UUID
"""How a path names a thing: by its number or its uuid."""


def confd_blueprint(name: str) -> Blueprint:
    """One noun's calls, behind the token check."""
    made = Blueprint(f"confd_{name}", __name__, url_prefix="/api/confd/1.1")
    made.before_request(guard_confd)
    return made


def created(document: Row, rel: str, key: Any) -> tuple[Response, int, dict[str, str]]:
    return jsonify(document), 201, {"Location": href(rel, key)}


def find_by(table: Table, ref: Ref, what: str) -> Row:
    """The row that a path names, within sight of this tenant, or confd's 404."""
    row = table.first(uuid=str(ref)) if isinstance(ref, UUID) else table.first(id=ref)
    if row is None or not visible(row):
        raise not_found(what, id=ref)
    return row


def find_user(ref: Ref) -> Row:
    return find_by(world().db.users, ref, "User")


def find_line(id: int) -> Row:
    return find_by(world().db.lines, id, "Line")


def find_extension(id: int) -> Row:
    return find_by(world().db.extensions, id, "Extension")


def find_endpoint(uuid: UUID) -> Row:
    row = world().db.endpoints.find(str(uuid))
    if row is None or not visible(row):
        raise not_found("SIPEndpoint", uuid=uuid)
    return row


def find_voicemail(id: int) -> Row:
    return find_by(world().db.voicemails, id, "Voicemail")


def find_group(ref: Ref) -> Row:
    row = world().db.groups.first(uuid=str(ref)) if isinstance(ref, UUID) else world().db.groups.first(id=ref)
    if row is None or not visible(row):
        raise not_found("Group", **({"uuid": ref} if isinstance(ref, UUID) else {"id": ref}))
    return row
