"""Extensions: numbers in contexts, before anybody has them."""

from flask import Response, jsonify

from staging.sandbox.access import scope
from staging.sandbox.confd.blueprint import DONE, Done, confd_blueprint, created, find_extension
from staging.sandbox.confd.documents import extension_document
from staging.sandbox.confd.fields import REQUIRED, Field, Schema, check, faults_of, matching, read_object, text
from staging.sandbox.confd.links import find_context, in_ranges, refresh_caller_id
from staging.sandbox.confd.listing import answer_list, field
from staging.sandbox.confd.provisioning import push_config
from staging.sandbox.recorded import unrecorded
from staging.sandbox.refusals import Refusal, already_exists, invalid, is_associated, outside_range
from staging.sandbox.tables import Row
from staging.sandbox.world import world

extensions = confd_blueprint("extensions")

_SCHEMA: Schema = {
    "exten": Field(matching(r"[0-9*#+_XNZxnz.!\[\]-]{1,40}"), required=True),
    "context": Field(text(128), required=True),
}


def _kind(row: Row) -> str:
    return "incall" if row["incall"] else "group" if row["group"] else "user" if row["lines"] else "internal"


_COLUMNS = {name: field(name) for name in ("id", "exten", "context")} | {"type": _kind}


def create_extension(body: Row) -> Row:
    """Keep a number. Any is accepted here; its range is looked at when somebody gets it."""
    check(body, _SCHEMA)
    find_context(body["context"])
    if world().db.extensions.first(exten=body["exten"], context=body["context"]):
        raise already_exists("Extension", exten=body["exten"], context=body["context"])
    return _add(body)


def get_or_create_extension(body: Row) -> Row:
    """Inside a nested request a number that exists already is taken, without a word."""
    if "id" in body and body["id"] in world().db.extensions:
        return world().db.extensions[body["id"]]
    if "context" not in body:
        raise invalid({"context": [REQUIRED]})
    found = world().db.extensions.first(exten=body["exten"], context=body["context"])
    if found is not None:
        return found
    find_context(body["context"])
    faults = faults_of(body, _SCHEMA)
    if faults:
        # Found late, so without the usual beginning.
        raise Refusal(400, [f"{name}: {fault}" for name, fault in faults.items()])
    return _add(body)


@extensions.get("/extensions")
def list_extensions() -> Response:
    return jsonify(answer_list(world().db.extensions.all(), _COLUMNS, extension_document, order="exten"))


@extensions.post("/extensions")
def create() -> tuple[Response, int, dict[str, str]]:
    row = create_extension(read_object())
    return created(extension_document(row), "extensions", row["id"])


@extensions.get("/extensions/<int:id>")
def read_extension(id: int) -> Response:
    return jsonify(extension_document(find_extension(id)))


@extensions.put("/extensions/<int:id>")
@unrecorded
def change_extension(id: int) -> Done:
    row, body = find_extension(id), read_object()
    check(body, _SCHEMA, partial=True)
    wanted: Row = {"exten": body.get("exten", row["exten"]), "context": body.get("context", row["context"])}
    other = world().db.extensions.first(**wanted)
    if other is not None and other["id"] != id:
        raise already_exists("Extension", **wanted)
    context = find_context(wanted["context"])
    if row["lines"] and not in_ranges(wanted["exten"], context["user_ranges"]):
        raise outside_range(wanted["exten"], wanted["context"])
    if row["incall"] and not in_ranges(wanted["exten"], context["incall_ranges"]):
        raise outside_range(wanted["exten"], wanted["context"])
    world().db.extensions.change(id, **wanted)
    for line in row["lines"]:
        refresh_caller_id(line)
        if device := world().db.lines[line]["device_id"]:
            push_config(device)
    return DONE


@extensions.delete("/extensions/<int:id>")
def delete_extension(id: int) -> Done:
    row = find_extension(id)
    for kind, ids in (("line", row["lines"]), ("incall", [row["incall"]]), ("group", [row["group"]])):
        if any(ids):
            raise is_associated("Extension", kind, extension_id=id, associated_ids=ids)
    world().db.extensions.remove(id)
    return DONE


def _add(body: Row) -> Row:
    row = {"id": world().db.extensions.next_number(), "tenant_uuid": scope(), "exten": body["exten"]}
    row |= {"context": body["context"], "enabled": body.get("enabled", True)}
    return world().db.extensions.add({**row, "lines": [], "incall": None, "group": None})
