"""Ring groups and call pickups: several people, one number; one person, another's call."""

from uuid import uuid4

from flask import Response, abort, jsonify

from staging.sandbox.access import scope
from staging.sandbox.confd.blueprint import (
    DONE,
    Done,
    Ref,
    confd_blueprint,
    created,
    find_by,
    find_extension,
    find_group,
)
from staging.sandbox.confd.documents import group_document, links, user_brief
from staging.sandbox.confd.fields import REQUIRED, Field, Schema, check, matching, one_of, read_object, text, yes_or_no
from staging.sandbox.confd.incalls import forget_destination
from staging.sandbox.confd.links import forget_in_pickups, join_group
from staging.sandbox.confd.listing import answer_list, field
from staging.sandbox.recorded import unrecorded
from staging.sandbox.refusals import Refusal, already_exists, different_tenants, field_not_found, invalid
from staging.sandbox.tables import Row
from staging.sandbox.world import world

groups = confd_blueprint("groups")

_STRATEGIES = ("all", "random", "least_recent", "linear", "fewest_calls", "memorized_round_robin", "weight_random")
_SCHEMA: Schema = {
    "label": Field(matching(r"[^\[\]\n]{1,128}"), required=True),
    "ring_strategy": Field(one_of(*_STRATEGIES), nullable=False),
    "enabled": Field(yes_or_no, nullable=False),
}
_DEFAULTS: Row = {
    "preprocess_subroutine": None,
    "ring_strategy": "all",
    "caller_id_mode": None,
    "caller_id_name": None,
    "dtmf_record_toggle": False,
    "timeout": None,
    "user_timeout": 15,
    "retry_delay": 5,
    "music_on_hold": None,
    "ring_in_use": True,
    "mark_answered_elsewhere": False,
    "enabled": True,
    "ignore_forward": False,
    "max_calls": 0,
}
_COLUMNS = {name: field(name) for name in ("id", "uuid", "name", "label")}
_PICKUP_SCHEMA: Schema = {"name": Field(text(128), required=True)}
_SIDES = ("interceptors", "targets")


@groups.get("/groups")
@unrecorded
def list_groups() -> Response:
    return jsonify(answer_list(world().db.groups.all(), _COLUMNS, group_document, order="label"))


@groups.post("/groups")
def create_group() -> tuple[Response, int, dict[str, str]]:
    body = read_object()
    check(body, _SCHEMA)
    uuid, tenant = str(uuid4()), world().db.tenants.find(scope())
    row = {"id": world().db.groups.next_number(), "uuid": uuid, "tenant_uuid": scope()}
    row |= {"name": f"grp-{tenant['slug'] if tenant else None}-{uuid}", "label": body["label"]}
    row |= {name: body.get(name, default) for name, default in _DEFAULTS.items()}
    row = world().db.groups.add({**row, "members": [], "extensions": []})
    return created(group_document(row), "groups", uuid)


@groups.get("/groups/<ref:ref>")
def read_group(ref: Ref) -> Response:
    return jsonify(group_document(find_group(ref)))


@groups.put("/groups/<ref:ref>")
@unrecorded
def change_group(ref: Ref) -> Done:
    row, body = find_group(ref), read_object()
    check(body, _SCHEMA, partial=True)
    given = {name: body[name] for name in ("label", *_DEFAULTS) if name in body}
    world().db.groups.change(row["uuid"], **given)
    return DONE


@groups.delete("/groups/<ref:ref>")
@unrecorded
def delete_group(ref: Ref) -> Done:
    """Its number stays, alone; incalls that rang it ring nobody."""
    row = find_group(ref)
    for extension in row["extensions"]:
        world().db.extensions.change(extension, group=None)
    forget_destination("group_id", row["id"])
    forget_in_pickups("groups", row["uuid"])
    world().db.groups.remove(row["uuid"])
    return DONE


@groups.put("/groups/<ref:ref>/extensions/<int:extension>")
def give_extension(ref: Ref, extension: int) -> Done:
    join_group(find_group(ref), find_extension(extension))
    return DONE


@groups.delete("/groups/<ref:ref>/extensions/<int:extension>")
@unrecorded
def take_extension(ref: Ref, extension: int) -> Done:
    row, number = find_group(ref), find_extension(extension)
    world().db.groups.change(row["uuid"], extensions=[key for key in row["extensions"] if key != extension])
    world().db.extensions.change(number["id"], group=None)
    return DONE


@groups.put("/groups/<ref:ref>/members/users")
def change_members(ref: Ref) -> Done:
    """The whole list anew; an order that is not said is that of the list."""
    row = find_group(ref)
    given = read_object().get("users", [])
    users = [_user(member.get("uuid")) for member in given]
    pairs = enumerate(zip(given, users, strict=True))
    members = [{"user": user["id"], "priority": member.get("priority", place)} for place, (member, user) in pairs]
    world().db.groups.change(row["uuid"], members=members)
    return DONE


@groups.get("/callpickups")
@unrecorded
def list_pickups() -> Response:
    columns = {name: field(name) for name in ("id", "name")}
    return jsonify(answer_list(world().db.pickups.all(), columns, _pickup, order="name"))


@groups.post("/callpickups")
@unrecorded
def create_pickup() -> tuple[Response, int, dict[str, str]]:
    body = read_object()
    check(body, _PICKUP_SCHEMA)
    _refuse_taken_name(body["name"])
    members: Row = {f"{side}_{kind}": [] for side in _SIDES for kind in ("users", "groups")}
    # Numbered by the last one that there is, not by a sequence.
    number = max((row["id"] for row in world().db.pickups.all()), default=0) + 1
    row = {"id": number, "tenant_uuid": scope(), "name": body["name"], "enabled": body.get("enabled", True)}
    row = world().db.pickups.add({**row, "description": body.get("description"), **members})
    return created(_pickup(row), "callpickups", row["id"])


@groups.get("/callpickups/<int:id>")
@unrecorded
def read_pickup(id: int) -> Response:
    return jsonify(_pickup(find_by(world().db.pickups, id, "CallPickup")))


@groups.put("/callpickups/<int:id>")
@unrecorded
def rename_pickup(id: int) -> Done:
    row, body = find_by(world().db.pickups, id, "CallPickup"), read_object()
    check(body, _PICKUP_SCHEMA, partial=True)
    if body.get("name", row["name"]) != row["name"]:
        _refuse_taken_name(body["name"])
    given = {name: body[name] for name in ("name", "description", "enabled") if name in body}
    world().db.pickups.change(row["id"], **given)
    return DONE


@groups.delete("/callpickups/<int:id>")
@unrecorded
def delete_pickup(id: int) -> Done:
    world().db.pickups.remove(find_by(world().db.pickups, id, "CallPickup")["id"])
    return DONE


@groups.put("/callpickups/<int:id>/<side>/<kind>")
@unrecorded
def change_pickup(id: int, side: str, kind: str) -> Done:
    """The whole list anew. Users are named by uuid, groups by their number."""
    row = find_by(world().db.pickups, id, "CallPickup")
    if side not in _SIDES or kind not in ("users", "groups"):
        abort(404)
    body = read_object()
    if kind not in body:
        raise invalid({kind: [REQUIRED]})
    name = "uuid" if kind == "users" else "id"
    if lacking := {str(place): {name: [REQUIRED]} for place, one in enumerate(body[kind]) if name not in one}:
        raise invalid({kind: lacking})
    found = [_user(one["uuid"]) if kind == "users" else _group(one["id"]) for one in body[kind]]
    for one in found:
        if one["tenant_uuid"] != row["tenant_uuid"]:
            tenants = {"call_pickup_tenant_uuid": row["tenant_uuid"], f"{kind[:-1]}_tenant_uuid": one["tenant_uuid"]}
            raise different_tenants(**tenants)
    uuids = [one["uuid"] for one in found]
    if len(uuids) != len(set(uuids)):
        raise Refusal(400, [f"Resource Error - Cannot associate same {kind[:-1]} more than once"])
    world().db.pickups.change(row["id"], **{f"{side}_{kind}": uuids})
    return DONE


def _pickup(row: Row) -> Row:
    sides = {side: {kind: _named(row, side, kind) for kind in ("users", "groups")} for side in _SIDES}
    own = {name: row[name] for name in ("id", "tenant_uuid", "name", "description", "enabled")}
    return {**own, "links": links("callpickups", row["id"]), **sides}


def _named(row: Row, side: str, kind: str) -> list[Row]:
    db, found = world().db, row[f"{side}_{kind}"]
    if kind == "users":
        return [user_brief(user) for uuid in found if (user := db.users.first(uuid=uuid))]
    rows = [db.groups[uuid] for uuid in found if uuid in db.groups]
    return [{"id": group["id"], "name": group["name"]} for group in rows]


def _refuse_taken_name(name: str) -> None:
    """One name is one pickup on the whole engine, whoever asks."""
    if world().db.pickups.first(name=name):
        raise already_exists("CallPickup", name=name)


def _user(uuid: str) -> Row:
    found = world().db.users.first(uuid=uuid)
    if found is None:
        raise field_not_found("users", "User", {"uuid": uuid})
    return found


def _group(number: int) -> Row:
    found = world().db.groups.first(id=number)
    if found is None:
        raise field_not_found("groups", "Group", {"id": number})
    return found
