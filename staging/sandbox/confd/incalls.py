"""Incalls: the rule that a number the world dials rings somebody here."""

from flask import Response, jsonify

from staging.sandbox.access import scope
from staging.sandbox.confd.blueprint import DONE, Done, confd_blueprint, created, find_by, find_extension
from staging.sandbox.confd.destinations import check_exists, destination_fault, keep_destination
from staging.sandbox.confd.documents import incall_document
from staging.sandbox.confd.extensions import get_or_create_extension
from staging.sandbox.confd.fields import REQUIRED, read_object
from staging.sandbox.confd.links import find_context, join_incall, part_incall
from staging.sandbox.confd.listing import answer_list, field
from staging.sandbox.recorded import unrecorded
from staging.sandbox.refusals import Refusal, invalid, wrong_context_type
from staging.sandbox.tables import Row
from staging.sandbox.world import world

incalls = confd_blueprint("incalls")

_FIELDS = ("preprocess_subroutine", "greeting_sound", "caller_id_mode", "caller_id_name", "description")


def _exten(row: Row) -> str | None:
    return world().db.extensions[row["extensions"][0]]["exten"] if row["extensions"] else None


_COLUMNS = {"id": field("id"), "description": field("description"), "exten": _exten}
_COLUMNS["user_id"] = lambda row: row["destination"].get("user_id")


def give_did(number: Row, user: int) -> tuple[Row, Row]:
    """A number for a user, inside a nested creation: free ones are taken over, ranges grow without a word."""
    if "context" not in number and "id" not in number:
        raise invalid({"context": [REQUIRED]})
    destination = keep_destination({"type": "user", "user_id": user})
    extension = get_or_create_extension(number)
    if extension["incall"]:
        incall = world().db.incalls[extension["incall"]]
        if incall["destination"]["type"] != "none":
            raise Refusal(400, ["Existing incall does not have the new user as a destination"])
        return world().db.incalls.change(incall["id"], destination=destination), extension
    context = find_context(extension["context"])
    if context["type"] != "incall":
        raise wrong_context_type(context["type"], extension)
    _grow_range(context, extension["exten"])
    incall = _add({"destination": destination})
    join_incall(incall, extension)
    return world().db.incalls[incall["id"]], extension


def forget_destination(name: str, id: int) -> None:
    """Where a thing goes away, incalls to it ring nobody and keep their numbers; keys that lead to it are gone."""
    for row in world().db.incalls.all():
        if row["destination"].get(name) == id:
            world().db.incalls.change(row["id"], destination={"type": "none"})
    for user in world().db.users.all():
        left = {position: key for position, key in user["keys"].items() if key["destination"].get(name) != id}
        if len(left) != len(user["keys"]):
            world().db.users.change(user["id"], keys=left)


@incalls.get("/incalls")
def list_incalls() -> Response:
    return jsonify(answer_list(world().db.incalls.all(), _COLUMNS, incall_document, order="id"))


@incalls.post("/incalls")
def create_incall() -> tuple[Response, int, dict[str, str]]:
    body = read_object()
    row = _add({**body, "destination": _read_destination(body)})
    return created(incall_document(row), "incalls", row["id"])


@incalls.get("/incalls/<int:id>")
def read_incall(id: int) -> Response:
    return jsonify(incall_document(_find(id)))


@incalls.put("/incalls/<int:id>")
@unrecorded
def change_incall(id: int) -> Done:
    _find(id)
    body = read_object()
    fields = {name: body[name] for name in _FIELDS if name in body}
    if "destination" in body:
        fields["destination"] = _read_destination(body)
    world().db.incalls.change(id, **fields)
    return DONE


@incalls.delete("/incalls/<int:id>")
def delete_incall(id: int) -> Done:
    """Its number stays, alone."""
    row = _find(id)
    for extension in row["extensions"]:
        world().db.extensions.change(extension, incall=None)
    world().db.incalls.remove(id)
    return DONE


@incalls.put("/incalls/<int:id>/extensions/<int:extension>")
def give_extension(id: int, extension: int) -> Done:
    join_incall(_find(id), find_extension(extension))
    return DONE


@incalls.delete("/incalls/<int:id>/extensions/<int:extension>")
def take_extension(id: int, extension: int) -> Done:
    part_incall(_find(id), find_extension(extension))
    return DONE


def _find(id: int) -> Row:
    return find_by(world().db.incalls, id, "Incall")


def _read_destination(body: Row) -> Row:
    if fault := destination_fault(body.get("destination")):
        raise invalid({"destination": fault})
    check_exists(body["destination"])
    return keep_destination(body["destination"])


def _add(body: Row) -> Row:
    row = {"id": world().db.incalls.next_number(), "tenant_uuid": scope()}
    row |= {name: body.get(name) for name in _FIELDS} | {"destination": body["destination"], "extensions": []}
    return world().db.incalls.add(row)


def _grow_range(context: Row, exten: str) -> None:
    """Add a range of one when no range holds the number; bounds are compared as text, whole, whatever did_length."""
    ranges = context["incall_ranges"]
    if not any(given["start"] <= exten <= given["end"] for given in ranges):
        own = {"start": exten, "end": exten, "did_length": len(exten)}
        world().db.contexts.change(context["id"], incall_ranges=[*ranges, own])
