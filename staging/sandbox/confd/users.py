"""Users: the people and places that a tenant's phones belong to."""

from typing import Any

from flask import Response, jsonify, request

from staging.sandbox.confd.blueprint import (
    DONE,
    Done,
    Ref,
    confd_blueprint,
    created,
    find_line,
    find_user,
    find_voicemail,
)
from staging.sandbox.confd.diversions import keep_fallbacks, keep_forwards
from staging.sandbox.confd.documents import (
    endpoint_document,
    fallbacks_document,
    user_directory,
    user_document,
    user_summary,
    voicemail_document,
)
from staging.sandbox.confd.fields import check, read_object
from staging.sandbox.confd.incalls import forget_destination
from staging.sandbox.confd.links import (
    forget_in_pickups,
    join_user,
    join_voicemail,
    part_user,
    part_voicemail,
    refresh_caller_id,
)
from staging.sandbox.confd.listing import answer_list, field
from staging.sandbox.confd.nested import USER_SCHEMA, create_nested, user_fields
from staging.sandbox.confd.provisioning import push_user
from staging.sandbox.confd.rewrite import remove_whole_user, replace_nested
from staging.sandbox.confd.voicemails import create_voicemail
from staging.sandbox.recorded import unrecorded
from staging.sandbox.refusals import already_exists, is_associated, not_found
from staging.sandbox.tables import Row
from staging.sandbox.world import world

users = confd_blueprint("users")


def _of_line(name: str) -> Any:
    return lambda row: user_summary(row)[name]


def _voicemail_number(row: Row) -> Any:
    voicemail = world().db.voicemails.find(row["voicemail"])
    return voicemail and voicemail["number"]


_OWN = "id uuid firstname lastname email userfield description mobile_phone_number username subscription_type enabled"
_COLUMNS = {name: field(name) for name in _OWN.split()}
_COLUMNS |= {
    "exten": _of_line("extension"),
    "extension": _of_line("extension"),
    "context": _of_line("context"),
    "provisioning_code": _of_line("provisioning_code"),
    "voicemail_number": _voicemail_number,
    "fullname": lambda row: " ".join(filter(None, (row["firstname"], row["lastname"]))),
}
_UNSEARCHED = ("id", "uuid", "context", "provisioning_code", "subscription_type", "enabled")
_VIEWS = {"summary": user_summary, "directory": user_directory}
_SERVICES = ("dnd", "incallfilter")


@users.get("/users")
def list_users() -> Response:
    show = _VIEWS.get(request.args.get("view", ""), user_document)
    rows = world().db.users.all()
    return jsonify(answer_list(rows, _COLUMNS, show, order="lastname", unsearched=_UNSEARCHED))


@users.post("/users")
def create_user() -> tuple[Response, int, dict[str, str]]:
    document = create_nested(read_object())
    return created(document, "users", document["id"])


@users.get("/users/<ref:ref>")
def read_user(ref: Ref) -> Response:
    return jsonify(user_document(find_user(ref)))


@users.put("/users/<ref:ref>")
def change_user(ref: Ref) -> Done:
    """Fields that are given change, others stay; with `recursive`, what is absent is taken away."""
    user, body = find_user(ref), read_object()
    check(body, USER_SCHEMA, partial=True)
    if _recursive():
        replace_nested(user, body)
        return DONE
    email = body.get("email")
    if email is not None and any(row["email"] == email and row["id"] != user["id"] for row in world().db.users.all()):
        raise already_exists("User", email=email)
    changed = world().db.users.change(user["id"], **user_fields(body, defaults=False))
    if "func_key_template_id" in body:
        changed = world().db.users.change(user["id"], key_template=body["func_key_template_id"])
    # A changed name alone leaves the caller id, hence the caption on the phone, as it was.
    for line in changed["lines"]:
        refresh_caller_id(line)
    push_user(changed)
    return DONE


@users.delete("/users/<ref:ref>")
def delete_user(ref: Ref) -> Done:
    """Refused while there is a voicemail; lines, phone and account stay behind, unless `recursive`."""
    user = find_user(ref)
    if _recursive():
        remove_whole_user(user)
        return DONE
    if user["voicemail"]:
        raise is_associated("User", "Voicemail", user_id=user["id"], voicemail_id=user["voicemail"])
    for line in user["lines"]:
        part_user(world().db.users[user["id"]], world().db.lines[line])
    forget_destination("user_id", user["id"])
    forget_in_pickups("users", user["uuid"])
    world().db.users.remove(user["id"])
    return DONE


@users.put("/users/<ref:ref>/lines")
@unrecorded
def keep_lines(ref: Ref) -> Done:
    """These lines and no others; the first is the main one."""
    user = find_user(ref)
    wanted = [find_line(line["id"]) for line in read_object()["lines"]]
    for gone in set(user["lines"]) - {line["id"] for line in wanted}:
        take_line(ref, gone)
    for line in wanted:
        join_user(find_user(ref), line)
    world().db.users.change(user["id"], lines=[line["id"] for line in wanted])
    return DONE


@users.put("/users/<ref:ref>/lines/<int:line>")
def give_line(ref: Ref, line: int) -> Done:
    join_user(find_user(ref), find_line(line))
    return DONE


@users.delete("/users/<ref:ref>/lines/<int:line>")
def take_line(ref: Ref, line: int) -> Done:
    user, row = find_user(ref), find_line(line)
    if row["device_id"] and row["users"] == [user["id"]]:
        raise is_associated("Line", "Device", line_id=line, device_id=row["device_id"])
    part_user(user, row)
    return DONE


@users.get("/users/<ref:ref>/lines/main/associated/endpoints/sip")
def read_main_endpoint(ref: Ref) -> Response:
    user = find_user(ref)
    line = world().db.lines.find(user["lines"][0]) if user["lines"] else None
    endpoint = world().db.endpoints.find(line["endpoint"]) if line else None
    if endpoint is None:
        raise not_found("SIPEndpoint", user_uuid=user["uuid"])
    return jsonify(endpoint_document(endpoint))


@users.get("/users/<ref:ref>/voicemails")
def list_voicemails(ref: Ref) -> Response:
    voicemail = world().db.voicemails.find(find_user(ref)["voicemail"])
    items = [voicemail_document(voicemail)] if voicemail else []
    return jsonify({"total": len(items), "items": items})


@users.post("/users/<ref:ref>/voicemails")
@unrecorded
def create_users_voicemail(ref: Ref) -> tuple[Response, int, dict[str, str]]:
    user = find_user(ref)
    voicemail = create_voicemail(read_object())
    join_voicemail(user, voicemail)
    row = world().db.voicemails[voicemail["id"]]
    return created(voicemail_document(row), "voicemails", row["id"])


@users.put("/users/<ref:ref>/voicemails/<int:voicemail>")
def give_voicemail(ref: Ref, voicemail: int) -> Done:
    join_voicemail(find_user(ref), find_voicemail(voicemail))
    return DONE


@users.delete("/users/<ref:ref>/voicemails")
def take_voicemail(ref: Ref) -> Done:
    part_voicemail(find_user(ref))
    return DONE


@users.get("/users/<ref:ref>/fallbacks")
def read_fallbacks(ref: Ref) -> Response:
    return jsonify(fallbacks_document(find_user(ref)))


@users.put("/users/<ref:ref>/fallbacks")
def change_fallbacks(ref: Ref) -> Done:
    keep_fallbacks(find_user(ref), read_object())
    return DONE


@users.get("/users/<ref:ref>/forwards")
def read_forwards(ref: Ref) -> Response:
    return jsonify(find_user(ref)["forwards"])


@users.put("/users/<ref:ref>/forwards")
def change_forwards(ref: Ref) -> Done:
    keep_forwards(find_user(ref), read_object())
    return DONE


@users.get("/users/<ref:ref>/services")
@unrecorded
def read_services(ref: Ref) -> Response:
    return jsonify(find_user(ref)["services"])


@users.put("/users/<ref:ref>/services")
def change_services(ref: Ref) -> Done:
    user, body = find_user(ref), read_object()
    given = {name: {"enabled": body[name]["enabled"]} for name in _SERVICES if name in body}
    world().db.users.change(user["id"], services={**user["services"], **given})
    return DONE


def _recursive() -> bool:
    return request.args.get("recursive", "").lower() == "true"
