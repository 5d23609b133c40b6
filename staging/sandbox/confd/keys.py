"""Which function keys does a user have, and what do they become on the phone?"""

from itertools import count
from typing import Any

from staging.sandbox.refusals import Refusal, field_not_found, invalid
from staging.sandbox.tables import Row
from staging.sandbox.world import world

TYPES = (
    "agent, bsfilter, conference, custom, forward, group, groupmember, onlinerec, paging, park_position, parking, "
    "queue, service, transfer, user"
)
_NUMBERS = count(1)
_LEFT_OUT = str.maketrans("", "", "\n\r\t;")


def read_keys(body: Row) -> dict[str, Row]:
    """The keys of a body by position; refuses unknown types, absent targets and one target given twice."""
    keys = {str(position): read_key(key) for position, key in (body.get("keys") or {}).items()}
    targets = [sorted((k, str(v)) for k, v in key["destination"].items() if v is not None) for key in keys.values()]
    if any(targets.count(target) > 1 for target in targets):
        raise Refusal(400, ["Input Error - FuncKeyTemplate: func keys have duplicate destinations"])
    return keys


def read_key(body: Row) -> Row:
    """One key, with its target checked."""
    destination = body.get("destination") or {}
    if destination.get("type") not in TYPES.split(", "):
        raise invalid({"destination": {"type": [f"Must be one of: {TYPES}."]}})
    users = world().db.users
    if destination["type"] == "user" and destination.get("user_id") not in users:
        raise field_not_found("user_id", "User", destination.get("user_id"))
    target = {**_DEFAULTS.get(destination["type"], {}), **destination}
    return {"id": next(_NUMBERS), "blf": body.get("blf", True), "label": body.get("label"), "destination": target}


def show_key(key: Row, *, inherited: bool = False) -> Row:
    destination = dict(key["destination"])
    if user := world().db.users.find(destination.get("user_id")):
        destination |= {"user_firstname": user["firstname"], "user_lastname": user["lastname"]}
    return {**key, "inherited": inherited, "destination": {"href": None, **destination}}


def merged_keys(user: Row) -> dict[str, tuple[Row, bool]]:
    """A user's keys by position, each with whether it comes from the shared template; his own win."""
    template = world().db.key_templates.find(user["key_template"])
    shared = {position: (key, True) for position, key in (template["keys"] if template else {}).items()}
    return shared | {position: (key, False) for position, key in user["keys"].items()}


def provd_keys(user: Row) -> dict[str, Row]:
    """The keys as the phone gets them; a key whose target has no number is left out, silently."""
    printed: dict[str, Row] = {}
    for position, (key, _) in merged_keys(user).items():
        value = _number_of(key["destination"])
        if value:
            kind = "blf" if key["blf"] else "speeddial"
            label = (key["label"] or "").translate(_LEFT_OUT)
            printed[position] = {"type": kind, "value": value, "label": label, "line": 1}
    return printed


def _number_of(destination: Row) -> str | None:
    db = world().db
    kind = destination["type"]
    if kind == "custom":
        found: Any = destination.get("exten")
        return str(found) if found else None
    if kind == "user":
        user = db.users.find(destination.get("user_id"))
        lines = [db.lines[key] for key in user["lines"]] if user else []
        numbers = [key for line in lines for key in line["extensions"]]
    elif kind == "group":
        group = db.groups.first(id=destination.get("group_id"))
        numbers = group["extensions"] if group else []
    else:
        return None
    return str(db.extensions[numbers[0]]["exten"]) if numbers else None


_DEFAULTS: dict[str, Row] = {"custom": {"href": None}}
