"""Function keys: a user's own, and the sets that many users share."""

from flask import Response, jsonify

from staging.sandbox.access import scope
from staging.sandbox.confd.blueprint import DONE, Done, Ref, confd_blueprint, created, find_by, find_user
from staging.sandbox.confd.documents import links
from staging.sandbox.confd.fields import read_object
from staging.sandbox.confd.keys import merged_keys, read_key, read_keys, show_key
from staging.sandbox.confd.listing import answer_list, field
from staging.sandbox.confd.provisioning import push_user
from staging.sandbox.recorded import unrecorded
from staging.sandbox.refusals import not_found
from staging.sandbox.tables import Row
from staging.sandbox.world import world

funckeys = confd_blueprint("funckeys")


@funckeys.get("/users/<ref:ref>/funckeys")
def read_users_keys(ref: Ref) -> Response:
    user = find_user(ref)
    keys = {position: show_key(key, inherited=shared) for position, (key, shared) in merged_keys(user).items()}
    return jsonify({"id": user["id"], "name": None, "keys": keys})


@funckeys.put("/users/<ref:ref>/funckeys")
@unrecorded
def change_users_keys(ref: Ref) -> Done:
    """All his keys at once: those not named are gone."""
    _keep(find_user(ref), read_keys(read_object()))
    return DONE


@funckeys.get("/users/<ref:ref>/funckeys/<int:position>")
@unrecorded
def read_users_key(ref: Ref, position: int) -> Response:
    found = merged_keys(find_user(ref)).get(str(position))
    if found is None:
        raise not_found("FuncKey", position=position)
    return jsonify(show_key(found[0], inherited=found[1]))


@funckeys.put("/users/<ref:ref>/funckeys/<int:position>")
def change_users_key(ref: Ref, position: int) -> Done:
    user = find_user(ref)
    _keep(user, {**user["keys"], str(position): read_key(read_object())})
    return DONE


@funckeys.delete("/users/<ref:ref>/funckeys/<int:position>")
@unrecorded
def delete_users_key(ref: Ref, position: int) -> Done:
    user = find_user(ref)
    _keep(user, {place: key for place, key in user["keys"].items() if place != str(position)})
    return DONE


@funckeys.get("/funckeys/templates")
@unrecorded
def list_templates() -> Response:
    columns = {name: field(name) for name in ("id", "name")}
    return jsonify(answer_list(world().db.key_templates.all(), columns, _document, order="name"))


@funckeys.post("/funckeys/templates")
@unrecorded
def create_template() -> tuple[Response, int, dict[str, str]]:
    body = read_object()
    row = {"id": world().db.key_templates.next_number(), "tenant_uuid": scope(), "name": body.get("name")}
    row = world().db.key_templates.add({**row, "keys": read_keys(body)})
    return created(_document(row), "funckeys/templates", row["id"])


@funckeys.get("/funckeys/templates/<int:id>")
@unrecorded
def read_template(id: int) -> Response:
    return jsonify(_document(_find(id)))


@funckeys.delete("/funckeys/templates/<int:id>")
@unrecorded
def delete_template(id: int) -> Done:
    _find(id)
    for user in world().db.users.where(key_template=id):
        world().db.users.change(user["id"], key_template=None)
    world().db.key_templates.remove(id)
    return DONE


@funckeys.put("/users/<ref:ref>/funckeys/templates/<int:id>")
@unrecorded
def share_template(ref: Ref, id: int) -> Done:
    user = find_user(ref)
    push_user(world().db.users.change(user["id"], key_template=_find(id)["id"]))
    return DONE


@funckeys.delete("/users/<ref:ref>/funckeys/templates/<int:id>")
@unrecorded
def unshare_template(ref: Ref, id: int) -> Done:
    user = find_user(ref)
    if user["key_template"] == id:
        push_user(world().db.users.change(user["id"], key_template=None))
    return DONE


def _find(id: int) -> Row:
    return find_by(world().db.key_templates, id, "FuncKeyTemplate")


def _document(row: Row) -> Row:
    keys = {position: show_key(key) for position, key in row["keys"].items()}
    return {"id": row["id"], "name": row["name"], "keys": keys, "links": links("funckeys/templates", row["id"])}


def _keep(user: Row, keys: dict[str, Row]) -> None:
    push_user(world().db.users.change(user["id"], keys=keys))
