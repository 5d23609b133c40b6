"""Contexts: which numbers a tenant may use, and for what."""

from typing import Any
from uuid import uuid4

from flask import Response, jsonify, request

from staging.sandbox.access import scope
from staging.sandbox.confd.blueprint import DONE, Done, Ref, confd_blueprint, created, find_by
from staging.sandbox.confd.documents import context_document
from staging.sandbox.confd.fields import Field, Schema, check, one_of, read_object, text, yes_or_no
from staging.sandbox.confd.listing import answer_list, field
from staging.sandbox.recorded import unrecorded
from staging.sandbox.refusals import Refusal, field_not_found, invalid
from staging.sandbox.tables import Row
from staging.sandbox.world import world

contexts = confd_blueprint("contexts")

RANGES = ("user_ranges", "group_ranges", "queue_ranges", "conference_room_ranges", "incall_ranges")
_SCHEMA: Schema = {
    "label": Field(text(128), required=True),
    "type": Field(one_of("internal", "incall", "outcall", "services", "others"), nullable=False),
    "enabled": Field(yes_or_no),
}
_COLUMNS = {name: field(name) for name in ("id", "name", "label", "type", "description")}
_RANGE_KINDS = {"user": "user_ranges", "group": "group_ranges", "queue": "queue_ranges", "incall": "incall_ranges"}


@contexts.get("/contexts")
def list_contexts() -> Response:
    return jsonify(answer_list(world().db.contexts.all(), _COLUMNS, context_document, order="id"))


@contexts.post("/contexts")
def create_context() -> tuple[Response, int, dict[str, str]]:
    body = read_object()
    _check(body)
    tenant = world().db.tenants.find(scope())
    # A context made before confd knows the tenant is named after nobody.
    slug = tenant["slug"] if tenant else None
    uuid, kind = str(uuid4()), body.get("type", "internal")
    row = {
        "uuid": uuid,
        "name": f"ctx-{slug}-{kind}-{uuid}",
        "label": body["label"],
        "type": kind,
        **{name: _ranges(body, name) for name in RANGES},
        "description": body.get("description"),
        "tenant_uuid": scope(),
        "enabled": body.get("enabled", True),
        "contexts": [],
    }
    row = world().db.contexts.add(row)
    return created(context_document(row), "contexts", row["id"])


@contexts.get("/contexts/<int:id>")
def read_context(id: int) -> Response:
    return jsonify(context_document(_find(id)))


@contexts.put("/contexts/<int:id>")
@unrecorded
def change_context(id: int) -> Done:
    """A range list that is given replaces the old one; one that is absent stays."""
    row, body = _find(id), read_object()
    _check(body, partial=True)
    given: Row = {name: body[name] for name in ("label", "description", "enabled") if name in body}
    given |= {name: _ranges(body, name) for name in RANGES if name in body}
    world().db.contexts.change(row["id"], **given)
    return DONE


@contexts.delete("/contexts/<int:id>")
def delete_context(id: int) -> Done:
    row = _find(id)
    if world().db.extensions.where(context=row["name"]):
        raise Refusal(400, [f"Resource Error - Context is associated with a Extension ('context_id': {id})"])
    world().db.contexts.remove(row["id"])
    return DONE


@contexts.put("/contexts/<int:id>/contexts")
def include_contexts(id: int) -> Done:
    row, included = _find(id), [int(other["id"]) for other in read_object().get("contexts", [])]
    for other in included:
        if other not in world().db.contexts:
            raise field_not_found("contexts", "Context", {"id": other})
    world().db.contexts.change(row["id"], contexts=included)
    return DONE


@contexts.get("/contexts/<int:id>/ranges/<kind>")
@unrecorded
def list_ranges(id: int, kind: str) -> Response:
    """Numbers of a context that are still free, in blocks; `?availability=all` gives the taken ones too."""
    row = _find(id)
    if kind not in _RANGE_KINDS:
        raise invalid({"range_type": [f"Must be one of: {', '.join(_RANGE_KINDS)}."]})
    free_only = request.args.get("availability", "available") == "available"
    taken = {extension["exten"] for extension in world().db.extensions.where(context=row["name"])}
    blocks = [block for given in row[_RANGE_KINDS[kind]] for block in _blocks(given, taken if free_only else set())]
    return jsonify({"total": len(blocks), "items": blocks})


def _find(ref: Ref) -> Row:
    return find_by(world().db.contexts, ref, "Context")


def _check(body: Row, *, partial: bool = False) -> None:
    check(body, _SCHEMA, partial=partial)
    for name in RANGES:
        given = body.get(name) or []
        faults = {place: fault for place, item in enumerate(given) if (fault := _range_fault(item))}
        if faults:
            raise invalid({name: faults})
        bounds = [(item["start"], item.get("end", item["start"])) for item in given]
        if len(set(bounds)) < len(bounds):
            # The table's primary key breaks at the flush; confd has no sentence for it.
            raise Refusal(500, {"message": "Internal Server Error"})


def _range_fault(item: Row) -> dict[str, Any] | None:
    start = item.get("start")
    end = item.get("end", start)
    if start is None:
        return {"start": ["Missing data for required field."]}
    for name, value in (("start", start), ("end", end)):
        if not isinstance(value, str) or not value.isdigit() or len(value) > 16:
            return {name: ["Not a valid range bound."]}
    if len(start) != len(str(end)):
        return {"_schema": ["Start and end must be of the same length"]}
    return {"_schema": ["Start of range must be lower than or equal to the end"]} if start > end else None


def _ranges(body: Row, name: str) -> list[Row]:
    kept = [{"start": item["start"], "end": item.get("end", item["start"])} for item in body.get(name) or []]
    if name == "incall_ranges":
        for row, item in zip(kept, body.get(name) or [], strict=True):
            row["did_length"] = item.get("did_length", 0)
    return kept


def _blocks(given: Row, taken: set[str]) -> list[Row]:
    length, found = len(str(given["start"])), []
    start: str | None = None
    for number in range(int(given["start"]), int(given["end"]) + 2):
        text = f"{number:0{length}}"
        open_block = text not in taken and number <= int(given["end"])
        if open_block and start is None:
            start = text
        elif not open_block and start is not None:
            found.append({"start": start, "end": f"{number - 1:0{length}}"})
            start = None
    return found
