"""What does each thing look like in an answer? Whole documents, and the short forms that others embed."""

import re
from typing import Any

from flask import request

from staging.sandbox.confd.destinations import show_destination
from staging.sandbox.seeds import SECTIONS
from staging.sandbox.tables import Row
from staging.sandbox.world import world

_USER_OWN = ("lines", "voicemail", "keys", "key_template", "fallbacks", "forwards", "services")
_PATHS = {"endpoint_sip": "endpoints/sip", "endpoint_sip_templates": "endpoints/sip/templates"}


def href(rel: str, key: Any) -> str:
    """The absolute address of a thing, by the host it was asked through."""
    return f"{request.host_url}api/confd/1.1/{_PATHS.get(rel, rel)}/{key}"


def links(rel: str, key: Any) -> list[dict[str, str]]:
    return [{"rel": rel, "href": href(rel, key)}]


def context_document(row: Row) -> Row:
    included = [world().db.contexts[key] for key in row["contexts"]]
    brief = [{**_pick(other, "id", "name", "label"), "links": links("contexts", other["id"])} for other in included]
    return {**row, "links": links("contexts", row["id"]), "contexts": brief}


def user_document(row: Row) -> Row:
    own = {name: value for name, value in row.items() if name not in _USER_OWN}
    # Inside a user no line says that it is WebRTC, whatever the line itself says.
    lines = [{**line_document(world().db.lines[key]), "is_webrtc": False} for key in row["lines"]]
    voicemail = world().db.voicemails[row["voicemail"]] if row["voicemail"] else None
    return {
        **own,
        "links": links("users", row["id"]),
        "agent": None,
        "call_permissions": [],
        "fallbacks": fallbacks_document(row),
        "groups": [_group_brief(group) for group in groups_of(row["id"])],
        "incalls": [_incall_brief(incall) for incall in incalls_of(row["id"])],
        "lines": lines,
        "forwards": row["forwards"],
        "schedules": [],
        "services": row["services"],
        "switchboards": [],
        "voicemail": voicemail and {**_pick(voicemail, "id", "name"), "links": links("voicemails", voicemail["id"])},
        "queues": [],
        "func_key_template_id": row["key_template"],
        "call_record_enabled": False,
        "call_pickup_target_users": [user_brief(target) for target in _taken_from(row)],
    }


def _taken_from(row: Row) -> list[Row]:
    """Users whose calls this one may take, each once."""
    db = world().db
    mine = {group["uuid"] for group in groups_of(row["id"])}
    taken: dict[str, None] = {}
    for pickup in db.pickups.all():
        if row["uuid"] in pickup["interceptors_users"] or mine.intersection(pickup["interceptors_groups"]):
            members = [member["user"] for uuid in pickup["targets_groups"] for member in db.groups[uuid]["members"]]
            taken |= dict.fromkeys([*pickup["targets_users"], *(db.users[key]["uuid"] for key in members)])
    return [user for uuid in taken if (user := db.users.first(uuid=uuid))]


def user_summary(row: Row) -> Row:
    lines = [world().db.lines[key] for key in row["lines"]]
    line = lines[0] if lines else None
    extension = world().db.extensions[line["extensions"][0]] if line and line["extensions"] else None
    return {
        **_pick(row, "id", "uuid", "firstname", "lastname", "email"),
        "extension": extension and extension["exten"],
        "context": extension and extension["context"],
        "provisioning_code": line and line["provisioning_code"],
        "protocol": line and line_protocol(line),
        **_pick(row, "enabled", "subscription_type"),
        "is_webrtc": is_webrtc(line) if line else None,
    }


def user_directory(row: Row) -> Row:
    """A user as `view=directory` shows it."""
    summary = user_summary(row)
    voicemail = world().db.voicemails[row["voicemail"]] if row["voicemail"] else None
    return {
        **_pick(row, "id", "uuid", "firstname", "lastname", "email", "mobile_phone_number", "userfield", "description"),
        "line_id": row["lines"][0] if row["lines"] else None,
        "agent_id": None,
        "exten": summary["extension"],
        "context": summary["context"],
        "voicemail_number": voicemail and voicemail["number"],
    }


def user_brief(row: Row) -> Row:
    return {**_pick(row, "uuid", "firstname", "lastname"), "links": links("users", row["id"])}


def fallbacks_document(row: Row) -> Row:
    names = ("noanswer_destination", "busy_destination", "congestion_destination", "fail_destination")
    return {name: (found := row["fallbacks"].get(name)) and show_destination(found) for name in names}


def line_document(row: Row) -> Row:
    db = world().db
    endpoint = db.endpoints.find(row["endpoint"])
    name, number = _caller(endpoint)
    short = endpoint and {
        **_pick(endpoint, "uuid", "label", "name"),
        # Passwords are only shown by the endpoint itself.
        "auth_section_options": [pair for pair in endpoint["auth_section_options"] if pair[0] == "username"],
        "links": links("endpoint_sip", endpoint["uuid"]),
    }
    return {
        **_pick(row, "id", "tenant_uuid"),
        "name": endpoint and endpoint["name"],
        "protocol": line_protocol(row),
        "device_id": row["device_id"],
        "device_slot": row["position"],
        "provisioning_extension": row["provisioning_code"],
        **_pick(row, "context", "provisioning_code", "position"),
        "caller_id_name": name,
        "caller_id_num": number,
        "registrar": row["registrar"],
        "links": links("lines", row["id"]),
        "application": None,
        "endpoint_sip": short,
        "endpoint_sccp": None,
        "endpoint_custom": None,
        "extensions": [extension_brief(db.extensions[key]) for key in row["extensions"]],
        "users": [user_brief(db.users[key]) for key in row["users"]],
        "is_webrtc": is_webrtc(row),
    }


def line_protocol(row: Row) -> str | None:
    return "sip" if row["endpoint"] else None


def is_webrtc(row: Row) -> bool:
    """Whether the line's endpoint is made from its tenant's `webrtc` template."""
    endpoint = world().db.endpoints.find(row["endpoint"])
    tenant = world().db.tenants.find(row["tenant_uuid"])
    return bool(endpoint and tenant and tenant["webrtc_sip_template_uuid"] in endpoint["templates"])


def endpoint_document(row: Row) -> Row:
    line = row["line"] and {"id": row["line"], "links": links("lines", row["line"])}
    return {**_sip_document(row, "endpoint_sip"), "trunk": None, "line": line}


def template_document(row: Row) -> Row:
    return _sip_document(row, "endpoint_sip_templates")


def merged_sections(row: Row) -> Row:
    """The sections of an endpoint with what its templates give; the nearest value of a name wins."""
    merged: dict[str, list[list[str]]] = {section: [] for section in SECTIONS}
    for parent in row["templates"]:
        inherited = merged_sections(world().db.templates[parent])
        merged = {section: _overlay(merged[section], inherited[section]) for section in SECTIONS}
    return {section: _overlay(merged[section], row[section]) for section in SECTIONS}


def extension_document(row: Row) -> Row:
    db = world().db
    lines = [line_document(db.lines[key]) for key in row["lines"]]
    group = db.groups.find(row["group"])
    return {
        **_pick(row, "id", "tenant_uuid", "exten", "context"),
        "commented": not row["enabled"],
        "enabled": row["enabled"],
        "links": links("extensions", row["id"]),
        "conference": None,
        "parking_lot": None,
        "group": group and _group_brief(group),
        "incall": row["incall"] and {"id": row["incall"], "links": links("incalls", row["incall"])},
        "lines": [_pick(line, "id", "name", "links") for line in lines],
        "outcall": None,
        "queue": None,
    }


def extension_brief(row: Row) -> Row:
    return {**_pick(row, "id", "exten", "context"), "links": links("extensions", row["id"])}


def incall_document(row: Row) -> Row:
    return {
        **row,
        "destination": show_destination(row["destination"]),
        "links": links("incalls", row["id"]),
        "extensions": [extension_brief(world().db.extensions[key]) for key in row["extensions"]],
        "schedules": [],
    }


def voicemail_document(row: Row) -> Row:
    users = [user_brief(world().db.users[key]) for key in row["users"]]
    return {**row, "links": links("voicemails", row["id"]), "accesstype": "personal", "users": users}


def group_document(row: Row) -> Row:
    db = world().db
    own = {name: value for name, value in row.items() if name != "members"}
    members = [
        {"priority": member["priority"], **user_brief(db.users[member["user"]])}
        for member in sorted(row["members"], key=lambda member: member["priority"])
    ]
    incalls = [incall for incall in db.incalls.all() if incall["destination"].get("group_id") == row["id"]]
    return {
        **own,
        "links": links("groups", row["uuid"]),
        "extensions": [extension_brief(db.extensions[key]) for key in row["extensions"]],
        "fallbacks": {"noanswer_destination": None, "congestion_destination": None},
        "incalls": [_incall_brief(incall) for incall in incalls],
        "schedules": [],
        "call_permissions": [],
        "members": {"users": members, "extensions": []},
    }


def incalls_of(user: int) -> list[Row]:
    """The incalls that ring a user."""
    return [row for row in world().db.incalls.all() if row["destination"].get("user_id") == user]


def groups_of(user: int) -> list[Row]:
    return [row for row in world().db.groups.all() if any(member["user"] == user for member in row["members"])]


def _incall_brief(row: Row) -> Row:
    extensions = [extension_brief(world().db.extensions[key]) for key in row["extensions"]]
    return {"id": row["id"], "extensions": extensions, "links": links("incalls", row["id"])}


def _group_brief(row: Row) -> Row:
    return {**_pick(row, "id", "uuid", "name"), "links": links("groups", row["uuid"])}


def _sip_document(row: Row, rel: str) -> Row:
    own = {name: value for name, value in row.items() if name != "line"}
    templates = [{"uuid": uuid, "label": world().db.templates[uuid]["label"]} for uuid in row["templates"]]
    transport = row["transport"] and {"uuid": row["transport"]}
    return {**own, "templates": templates, "transport": transport, "links": links(rel, row["uuid"])}


def _overlay(base: list[list[str]], over: list[list[str]]) -> list[list[str]]:
    """One value a name, the last: of two `set_var` only one is left."""
    merged = {name: value for name, value in [*base, *over]}  # noqa: C416  # dict() would not take lists
    return [[name, value] for name, value in merged.items()]


def _caller(endpoint: Row | None) -> tuple[str | None, str | None]:
    """Name and number of the `callerid` option: `"Anne" <8001>`."""
    options = dict(endpoint["endpoint_section_options"]) if endpoint else {}
    found = re.fullmatch(r'"(.*?)"(?: <(.*)>)?', options.get("callerid", ""))
    return (found[1], found[2]) if found else (None, None)


def _pick(row: Row, *names: str) -> Row:
    return {name: row[name] for name in names}
