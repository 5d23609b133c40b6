"""What does a recursive PUT or DELETE of a user take with it? More than one expects, and less."""

from staging.sandbox.confd.devices import adopt_device, join_device, part_device
from staging.sandbox.confd.documents import incalls_of
from staging.sandbox.confd.endpoints import endpoint_fields
from staging.sandbox.confd.incalls import forget_destination
from staging.sandbox.confd.links import forget_in_pickups, part_voicemail, refresh_caller_id, remove_line
from staging.sandbox.refusals import not_found
from staging.sandbox.tables import Row
from staging.sandbox.world import world


def replace_nested(user: Row, body: Row) -> None:
    """A recursive PUT: lines and DIDs that the body does not name are deleted, and its own fields are not applied.

    A line without a device makes it fail, after the fact that a device of that name was looked for.
    """
    db = world().db
    given = {line["id"]: line for line in body.get("lines") or [] if "id" in line}
    for line in db.users[user["id"]]["lines"]:
        if line not in given:
            remove_line(db.lines[line])
    for key, wanted in given.items():
        _rewrite_line(key, wanted)
    dids = {e.get("exten") for incall in body.get("incalls") or [] for e in incall.get("extensions", [])}
    for incall in incalls_of(user["id"]):
        numbers = [db.extensions[key] for key in incall["extensions"]]
        if not {number["exten"] for number in numbers} & dids:
            for number in numbers:
                db.extensions.remove(number["id"])
            db.incalls.remove(incall["id"])


def remove_whole_user(user: Row) -> None:
    """A recursive DELETE: the DID and its incall stay, ringing nobody, and so does a number that two lines shared."""
    db = world().db
    own = {
        line: [number for number in db.lines[line]["extensions"] if db.extensions[number]["lines"] == [line]]
        for line in db.users[user["id"]]["lines"]
    }
    for line, alone in own.items():
        remove_line(db.lines[line])
        for number in alone:
            db.extensions.remove(number)
    voicemail = user["voicemail"]
    part_voicemail(db.users[user["id"]])
    if voicemail and not db.voicemails[voicemail]["users"]:
        db.voicemails.remove(voicemail)
    forget_destination("user_id", user["id"])
    for group in db.groups.all():
        members = [member for member in group["members"] if member["user"] != user["id"]]
        db.groups.change(group["uuid"], members=members)
    forget_in_pickups("users", user["uuid"])
    db.users.remove(user["id"])
    world().accounts.remove_user(user["uuid"])


def _rewrite_line(id: int, given: Row) -> None:
    db = world().db
    line = db.lines.find(id)
    if line is None:
        raise not_found("Line", id=id)
    for number in given.get("extensions") or []:
        if number.get("id") in db.extensions:
            db.extensions.change(number["id"], exten=number["exten"])
    if line["endpoint"] and given.get("endpoint_sip"):
        db.endpoints.change(line["endpoint"], **endpoint_fields(given["endpoint_sip"]))
    refresh_caller_id(id)
    if line["device_id"] and line["device_id"] != given.get("device_id"):
        part_device(db.lines[id], line["device_id"])
    adopt_device(given.get("device_id"), line["tenant_uuid"])
    join_device(db.lines[id], given["device_id"])
