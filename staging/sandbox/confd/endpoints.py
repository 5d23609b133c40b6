"""SIP endpoints and the templates they are made from."""

import re
from collections import OrderedDict
from functools import cache
from importlib.resources import files
from typing import Any
from uuid import UUID, uuid4

from flask import Response, jsonify, request

from staging.sandbox.access import scope, visible
from staging.sandbox.confd.blueprint import DONE, Done, confd_blueprint, created, find_endpoint
from staging.sandbox.confd.documents import endpoint_document, merged_sections, template_document
from staging.sandbox.confd.fields import Field, Schema, check, matching, read_object, text
from staging.sandbox.confd.listing import answer_list, field
from staging.sandbox.confd.provisioning import push_config
from staging.sandbox.recorded import unrecorded
from staging.sandbox.refusals import Refusal, already_exists, field_not_found, not_found
from staging.sandbox.seeds import SECTIONS, TRANSPORTS, random_name
from staging.sandbox.tables import Row
from staging.sandbox.world import world

endpoints = confd_blueprint("endpoints")

_COLUMNS = {name: field(name) for name in ("uuid", "name", "label")}


def SECTION_NAME(value: Any) -> str | None:  # noqa: N802  # a check, used as a constant of schemas
    """Whether Asterisk takes this as a section's name."""
    return "Not a valid Asterisk section name" if matching(r"[-_.a-zA-Z0-9]{1,79}")(value) else None


_SCHEMA: Schema = {"name": Field(SECTION_NAME, nullable=False), "label": Field(text(128))}


def endpoint_fields(body: Row) -> Row:
    """The members of a body that an endpoint keeps, looked at: options, templates, transport."""
    for section in SECTIONS:
        for name, _ in body.get(section) or []:
            if section == "endpoint_section_options" and name not in _known_options():
                _refuse_option(section, name)
    fields: Row = {name: body[name] for name in ("name", "label", "asterisk_id") if name in body}
    fields |= {section: [list(pair) for pair in body[section]] for section in SECTIONS if section in body}
    if "templates" in body:
        fields["templates"] = [_template_uuid(given) for given in body["templates"]]
    if "transport" in body:
        fields["transport"] = body["transport"] and body["transport"]["uuid"]
    return fields


def create_endpoint(body: Row, *, context: str | None = None) -> Row:
    """Keep an endpoint; only its name is made up when missing, never a user name or a password.

    context: that of the line it is made with, added to its options.
    """
    row = _new(body)
    options = row["endpoint_section_options"]
    if context is not None and "context" not in dict(options):
        row["endpoint_section_options"] = [*options, ["context", context]]
    return world().db.endpoints.add({**row, "line": None})


@endpoints.get("/endpoints/sip")
def list_endpoints() -> Response:
    return jsonify(answer_list(world().db.endpoints.all(), _COLUMNS, endpoint_document, order="name"))


@endpoints.post("/endpoints/sip")
def create() -> tuple[Response, int, dict[str, str]]:
    row = create_endpoint(read_object())
    return created(endpoint_document(row), "endpoint_sip", row["uuid"])


@endpoints.get("/endpoints/sip/<uuid:uuid>")
def read_endpoint(uuid: UUID) -> Response:
    row = find_endpoint(uuid)
    merged = merged_sections(row) if request.args.get("view") == "merged" else {}
    return jsonify({**endpoint_document(row), **merged})


@endpoints.put("/endpoints/sip/<uuid:uuid>")
@unrecorded
def change_endpoint(uuid: UUID) -> Done:
    row, body = find_endpoint(uuid), read_object()
    check(body, _SCHEMA, partial=True)
    world().db.endpoints.change(row["uuid"], **endpoint_fields(body))
    line = world().db.lines.find(row["line"])
    if line is not None and line["device_id"]:
        push_config(line["device_id"])
    return DONE


@endpoints.delete("/endpoints/sip/<uuid:uuid>")
@unrecorded
def delete_endpoint(uuid: UUID) -> Done:
    row = find_endpoint(uuid)
    if row["line"]:
        world().db.lines.change(row["line"], endpoint=None)
    world().db.endpoints.remove(row["uuid"])
    return DONE


@endpoints.get("/endpoints/sip/templates")
def list_templates() -> Response:
    return jsonify(answer_list(world().db.templates.all(), _COLUMNS, template_document, order="label"))


@endpoints.post("/endpoints/sip/templates")
def create_template() -> tuple[Response, int, dict[str, str]]:
    row = world().db.templates.add(_new(read_object()))
    # The header names the endpoint's address, not the template's; so does the real one.
    return created(template_document(row), "endpoint_sip", row["uuid"])


@endpoints.get("/endpoints/sip/templates/<uuid:uuid>")
@unrecorded
def read_template(uuid: UUID) -> Response:
    return jsonify(template_document(_find_template(uuid)))


@endpoints.put("/endpoints/sip/templates/<uuid:uuid>")
@unrecorded
def change_template(uuid: UUID) -> Done:
    row, body = _find_template(uuid), read_object()
    check(body, _SCHEMA, partial=True)
    world().db.templates.change(row["uuid"], **endpoint_fields(body))
    return DONE


@endpoints.delete("/endpoints/sip/templates/<uuid:uuid>")
@unrecorded
def delete_template(uuid: UUID) -> Done:
    world().db.templates.remove(_find_template(uuid)["uuid"])
    return DONE


@endpoints.get("/sip/transports")
def list_transports() -> Response:
    return jsonify({"total": len(TRANSPORTS), "items": TRANSPORTS})


def _new(body: Row) -> Row:
    check(body, _SCHEMA)
    fields = endpoint_fields(body)
    name = fields.get("name") or random_name()
    if world().db.endpoints.first(name=name) or world().db.templates.first(name=name):
        raise already_exists("SIPEndpoint", name=name)
    empty: Row = {section: [] for section in SECTIONS}
    row = {"uuid": str(uuid4()), "tenant_uuid": scope(), "name": name, "label": None, **empty, "templates": []}
    return {**row, "transport": None, "asterisk_id": None, **fields, "name": name}


def _find_template(uuid: UUID) -> Row:
    row = world().db.templates.find(str(uuid))
    if row is None or not visible(row):
        raise not_found("SIPEndpointTemplate", uuid=uuid)
    return row


def _template_uuid(given: Row) -> str:
    uuid = str(given.get("uuid"))
    if uuid not in world().db.templates:
        named = OrderedDict(uuid=UUID(uuid))
        # Before Python 3.12, as on the engine, an OrderedDict prints as a list of pairs.
        shown = _Shown(f"OrderedDict({list(named.items())!r})")
        raise field_not_found("templates", "endpoint_sip", shown)
    return uuid


class _Shown(str):
    """Text that prints as itself, for refusals that hold a foreign object's own form."""

    __slots__ = ()

    def __repr__(self) -> str:
        return str(self)


@cache
def _known_options() -> tuple[str, ...]:
    text_ = files("staging.sandbox.confd").joinpath("endpoint_options.txt").read_text("utf-8")
    return tuple(re.findall(r"^\w+", text_, re.MULTILINE))


def _refuse_option(section: str, name: str) -> None:
    choices = ", ".join(_known_options())
    raise Refusal(400, [f"Input Error - '{section}: invalid variable ({name})' must be one of ({choices})"])
