"""Lines: what joins a user, an endpoint, a short number and a device."""

import secrets
from uuid import UUID

from flask import Response, jsonify

from staging.sandbox.access import scope
from staging.sandbox.confd.blueprint import (
    DONE,
    Done,
    confd_blueprint,
    created,
    find_endpoint,
    find_extension,
    find_line,
)
from staging.sandbox.confd.documents import endpoint_document, extension_document, line_document, line_protocol
from staging.sandbox.confd.endpoints import SECTION_NAME, create_endpoint
from staging.sandbox.confd.extensions import create_extension, get_or_create_extension
from staging.sandbox.confd.fields import Field, Schema, check, exactly, read_object, text, whole
from staging.sandbox.confd.links import (
    find_context,
    join_endpoint,
    join_extension,
    part_extension,
    refresh_caller_id,
    remove_line,
)
from staging.sandbox.confd.listing import answer_list, field
from staging.sandbox.confd.provisioning import push_config
from staging.sandbox.recorded import unrecorded
from staging.sandbox.refusals import field_not_found, invalid, is_associated
from staging.sandbox.tables import Row
from staging.sandbox.world import world

lines = confd_blueprint("lines")

_SCHEMA: Schema = {
    "context": Field(text(128), required=True),
    "provisioning_code": Field(exactly(6), nullable=False),
    "position": Field(whole(1), nullable=False),
}


def _endpoint_name(row: Row) -> str | None:
    endpoint = world().db.endpoints.find(row["endpoint"])
    return endpoint["name"] if endpoint else None


def _exten(row: Row) -> str | None:
    return world().db.extensions[row["extensions"][0]]["exten"] if row["extensions"] else None


_COLUMNS = {name: field(name) for name in ("id", "context", "device_id", "position", "provisioning_code")}
_COLUMNS |= {"name": _endpoint_name, "exten": _exten, "protocol": line_protocol}


def create_line(body: Row) -> Row:
    """Keep a bare line. Its position is 1 unless said, for a user's second line as well."""
    check(body, _SCHEMA)
    find_context(body["context"])
    _check_registrar(body)
    return world().db.lines.add(
        {
            "id": world().db.lines.next_number(),
            "tenant_uuid": scope(),
            "context": body["context"],
            "provisioning_code": body.get("provisioning_code") or f"{secrets.randbelow(900_000) + 100_000}",
            "position": body.get("position", 1),
            "registrar": body.get("registrar", "default"),
            "device_id": None,
            "endpoint": None,
            "extensions": [],
            "users": [],
        }
    )


@lines.get("/lines")
def list_lines() -> Response:
    return jsonify(answer_list(world().db.lines.all(), _COLUMNS, line_document, order="name"))


@lines.post("/lines")
def create() -> tuple[Response, int, dict[str, str]]:
    """A line, with its endpoint and numbers when the body holds them."""
    body = read_object()
    endpoint = body.get("endpoint_sip")
    if endpoint is not None and "name" in endpoint and (fault := SECTION_NAME(endpoint["name"])):
        raise invalid({"endpoint_sip": {"name": [fault]}})
    line = create_line(body)
    full = endpoint is not None and create_endpoint(endpoint, context=body["context"])
    if full:
        join_endpoint(line, full)
    numbers = []
    for number in body.get("extensions") or []:
        extension = get_or_create_extension({"context": body["context"], **number})
        numbers.append(extension_document(extension))
        join_extension(world().db.lines[line["id"]], extension)
    document = line_document(world().db.lines[line["id"]])
    document |= {"endpoint_sip": endpoint_document(full) if full else None, "extensions": numbers}
    return created(document, "lines", line["id"])


@lines.get("/lines/<int:id>")
def read_line(id: int) -> Response:
    return jsonify(line_document(find_line(id)))


@lines.put("/lines/<int:id>")
def change_line(id: int) -> Done:
    """Position, context, registrar. A position that another line of the device has is accepted, and hides one."""
    line, body = find_line(id), read_object()
    check(body, _SCHEMA, partial=True)
    _check_registrar(body)
    names = ("position", "context", "registrar", "provisioning_code")
    world().db.lines.change(id, **{name: body[name] for name in names if name in body})
    refresh_caller_id(id)
    if line["device_id"]:
        push_config(line["device_id"])
    return DONE


@lines.delete("/lines/<int:id>")
def delete_line(id: int) -> Done:
    """Even a line that a user still has; its endpoint goes with it."""
    remove_line(find_line(id))
    return DONE


@lines.put("/lines/<int:id>/endpoints/sip/<uuid:endpoint>")
def give_endpoint(id: int, endpoint: UUID) -> Done:
    join_endpoint(find_line(id), find_endpoint(endpoint))
    return DONE


@lines.delete("/lines/<int:id>/endpoints/sip/<uuid:endpoint>")
@unrecorded
def take_endpoint(id: int, endpoint: UUID) -> Done:
    line, row = find_line(id), find_endpoint(endpoint)
    if line["users"]:
        raise is_associated("Line", "User", line_id=id, user_ids=tuple(line["users"]))
    if row["line"] == id:
        world().db.lines.change(id, endpoint=None)
        world().db.endpoints.change(row["uuid"], line=None)
    return DONE


@lines.post("/lines/<int:id>/extensions")
@unrecorded
def create_lines_extension(id: int) -> tuple[Response, int, dict[str, str]]:
    line = find_line(id)
    extension = create_extension(read_object())
    join_extension(line, extension)
    row = world().db.extensions[extension["id"]]
    return created(extension_document(row), "extensions", row["id"])


@lines.put("/lines/<int:id>/extensions/<int:extension>")
def give_extension(id: int, extension: int) -> Done:
    join_extension(find_line(id), find_extension(extension))
    return DONE


@lines.delete("/lines/<int:id>/extensions/<int:extension>")
def take_extension(id: int, extension: int) -> Done:
    line = find_line(id)
    if line["device_id"] and extension in line["extensions"]:
        raise is_associated("Line", "Device", line_id=id, device_id=line["device_id"])
    part_extension(line, find_extension(extension))
    return DONE


def _check_registrar(body: Row) -> None:
    if body.get("registrar", "default") != "default":
        raise field_not_found("registrar", "Registrar", body["registrar"])
