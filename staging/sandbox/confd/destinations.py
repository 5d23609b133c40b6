"""Where does a call go, and is it there? Destinations of incalls, fallbacks and keys."""

from typing import Any

from staging.sandbox.refusals import field_not_found
from staging.sandbox.tables import Row
from staging.sandbox.world import world

TYPES = (
    "application, conference, custom, extension, group, hangup, ivr, none, outcall, queue, sound, switchboard, user, "
    "voicemail"
)


def destination_fault(destination: Any) -> dict[str, Any] | None:
    """Marshmallow's complaint about a destination, or None."""
    if not isinstance(destination, dict) or "type" not in destination:
        return {"type": ["Missing data for required field."]}
    if destination["type"] not in TYPES.split(", "):
        return {"type": [f"Must be one of: {TYPES}."]}
    return None


def check_exists(destination: Row) -> None:
    """Refuse a destination that rings nobody we know."""
    db, kind = world().db, destination["type"]
    if kind == "user" and destination.get("user_id") not in db.users:
        raise field_not_found("actionarg1", "User", destination.get("user_id"))
    if kind == "voicemail" and destination.get("voicemail_id") not in db.voicemails:
        raise field_not_found("actionarg1", "Voicemail", destination.get("voicemail_id"))
    if kind == "group" and find_group(destination) is None:
        raise field_not_found("actionarg1", "Group", destination.get("group_id", destination.get("group_uuid")))


def keep_destination(destination: Row) -> Row:
    """A destination as confd remembers it: groups by their number, absent choices as null."""
    kept = dict(destination)
    group = find_group(destination) if destination["type"] == "group" else None
    if group is not None:
        kept |= {"group_id": group["id"], "group_uuid": group["uuid"]}
    return {**_DEFAULTS.get(destination["type"], {}), **kept}


def show_destination(destination: Row) -> Row:
    """A destination with the names of what it rings."""
    db, shown = world().db, dict(destination)
    if user := db.users.find(destination.get("user_id")):
        shown |= {"user_firstname": user["firstname"], "user_lastname": user["lastname"]}
    if voicemail := db.voicemails.find(destination.get("voicemail_id")):
        shown["voicemail_name"] = voicemail["name"]
    if destination["type"] == "group" and (group := find_group(destination)):
        shown |= {"group_label": group["label"], "group_name": group["name"]}
    return shown


def find_group(named: Row) -> Row | None:
    """The group that a body names by number or uuid."""
    groups = world().db.groups
    return groups.find(named.get("group_uuid")) or groups.first(id=named.get("group_id", 0))


_DEFAULTS: dict[str, Row] = {
    "user": {"moh_uuid": None, "ring_time": None},
    "group": {"ring_time": None},
    "hangup": {"timeout": None},
    "voicemail": {"skip_instructions": False, "greeting": None},
}
