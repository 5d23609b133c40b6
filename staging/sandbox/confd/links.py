"""What may be joined to what, and what follows? Associations with confd's conditions and refusals."""

import re
from uuid import UUID

from staging.sandbox.confd.provisioning import push_config, reset_device
from staging.sandbox.refusals import (
    different_tenants,
    field_not_found,
    is_associated,
    must_be_associated,
    outside_range,
    wrong_context_type,
)
from staging.sandbox.tables import Row
from staging.sandbox.world import world


def find_context(name: str, *, field: str = "context") -> Row:
    """A context by its generated name; refuses a body that names none."""
    found = world().db.contexts.first(name=name)
    if found is None:
        raise field_not_found(field, "Context", name)
    return found


def join_endpoint(line: Row, endpoint: Row) -> None:
    """One endpoint for a line; the same pair again changes nothing."""
    if line["endpoint"] == endpoint["uuid"]:
        return
    if line["endpoint"]:
        facts = {"line_id": line["id"], "endpoint": "sip", "endpoint_id": UUID(line["endpoint"])}
        raise is_associated("Line", "Endpoint", **facts)
    if endpoint["line"]:
        facts = {"line_id": endpoint["line"], "endpoint": "sip", "endpoint_id": UUID(endpoint["uuid"])}
        raise is_associated("Line", "Endpoint", **facts)
    if line["tenant_uuid"] != endpoint["tenant_uuid"]:
        raise different_tenants(line_tenant_uuid=line["tenant_uuid"], endpoint_tenant_uuid=endpoint["tenant_uuid"])
    world().db.lines.change(line["id"], endpoint=endpoint["uuid"])
    world().db.endpoints.change(endpoint["uuid"], line=line["id"])
    refresh_caller_id(line["id"])


def join_extension(line: Row, extension: Row, *, user: int | None = None) -> None:
    """A short number for a line: of an internal context, in its range, not another user's.

    user: who is about to get the line; several lines of one user may share a number.
    """
    if extension["id"] in line["extensions"]:
        return
    if line["extensions"]:
        raise is_associated("Line", "Extension", line_id=line["id"], extension_id=line["extensions"][0])
    if not line["endpoint"]:
        raise must_be_associated("Line", "Endpoint", line_id=line["id"])
    for other in extension["lines"]:
        if set(world().db.lines[other]["users"]) - {*line["users"], user}:
            raise is_associated("Line", "Extension", line_id=other, extension_id=extension["id"])
    context = find_context(extension["context"])
    if context["type"] != "internal":
        raise wrong_context_type(context["type"], extension)
    if not in_ranges(extension["exten"], context["user_ranges"]):
        raise outside_range(extension["exten"], extension["context"])
    world().db.lines.change(line["id"], extensions=[*line["extensions"], extension["id"]])
    world().db.extensions.change(extension["id"], lines=[*extension["lines"], line["id"]])
    refresh_caller_id(line["id"])


def part_extension(line: Row, extension: Row) -> None:
    world().db.lines.change(line["id"], extensions=[key for key in line["extensions"] if key != extension["id"]])
    world().db.extensions.change(extension["id"], lines=[key for key in extension["lines"] if key != line["id"]])


def join_user(user: Row, line: Row) -> None:
    """A line for a user; two users may share one, as the real thing lets them."""
    if line["id"] in user["lines"]:
        return
    if not line["endpoint"]:
        raise must_be_associated("Line", "Endpoint", line_id=line["id"])
    if user["tenant_uuid"] != line["tenant_uuid"]:
        raise different_tenants(user_tenant_uuid=user["tenant_uuid"], line_tenant_uuid=line["tenant_uuid"])
    world().db.users.change(user["id"], lines=[*user["lines"], line["id"]])
    world().db.lines.change(line["id"], users=[*line["users"], user["id"]])
    refresh_caller_id(line["id"])


def part_user(user: Row, line: Row) -> None:
    world().db.users.change(user["id"], lines=[key for key in user["lines"] if key != line["id"]])
    world().db.lines.change(line["id"], users=[key for key in line["users"] if key != user["id"]])


def join_voicemail(user: Row, voicemail: Row) -> None:
    if user["voicemail"] == voicemail["id"]:
        return
    if user["voicemail"]:
        raise is_associated("User", "Voicemail", user_id=user["id"], voicemail_id=user["voicemail"])
    world().db.users.change(user["id"], voicemail=voicemail["id"])
    world().db.voicemails.change(voicemail["id"], users=[*voicemail["users"], user["id"]])


def part_voicemail(user: Row) -> None:
    voicemail = world().db.voicemails.find(user["voicemail"])
    if voicemail is not None:
        world().db.users.change(user["id"], voicemail=None)
        remaining = [key for key in voicemail["users"] if key != user["id"]]
        world().db.voicemails.change(voicemail["id"], users=remaining)


def join_incall(incall: Row, extension: Row) -> None:
    """A DID for an incall. The range of the context is not looked at here; the real thing does not either."""
    if extension["id"] in incall["extensions"]:
        return
    if extension["incall"]:
        # The number of the incall comes as text in this refusal.
        facts = {"incall_id": str(extension["incall"]), "extension_id": extension["id"]}
        raise is_associated("Incall", "Extension", **facts)
    if incall["extensions"]:
        facts = {"incall_id": incall["id"], "extension_id": incall["extensions"][0]}
        raise is_associated("Incall", "Extension", **facts)
    context = find_context(extension["context"])
    if context["type"] != "incall":
        raise wrong_context_type(context["type"], extension)
    world().db.incalls.change(incall["id"], extensions=[extension["id"]])
    world().db.extensions.change(extension["id"], incall=incall["id"])


def part_incall(incall: Row, extension: Row) -> None:
    world().db.incalls.change(incall["id"], extensions=[key for key in incall["extensions"] if key != extension["id"]])
    world().db.extensions.change(extension["id"], incall=None)


def join_group(group: Row, extension: Row) -> None:
    """A short number for a group: inside the group range, used by nothing else."""
    if extension["id"] in group["extensions"]:
        return
    if group["extensions"]:
        facts = {"group_uuid": UUID(group["uuid"]), "extension_id": group["extensions"][0]}
        raise is_associated("Group", "Extension", **facts)
    if extension["lines"] or extension["group"]:
        raise is_associated("Extension", "line", extension_id=extension["id"], associated_ids=extension["lines"])
    context = find_context(extension["context"])
    if not in_ranges(extension["exten"], context["group_ranges"]):
        raise outside_range(extension["exten"], extension["context"])
    world().db.groups.change(group["uuid"], extensions=[extension["id"]])
    world().db.extensions.change(extension["id"], group=group["uuid"])


def forget_in_pickups(kind: str, uuid: str) -> None:
    """Take somebody, or a group, off every call pickup: it goes for good. kind: `users` or `groups`."""
    pickups = world().db.pickups
    for row in pickups.all():
        sides = {f"{side}_{kind}": row[f"{side}_{kind}"] for side in ("interceptors", "targets")}
        held = {name: [one for one in there if one != uuid] for name, there in sides.items() if uuid in there}
        if held:
            pickups.change(row["id"], **held)


def remove_line(line: Row) -> None:
    """A line goes with its endpoint; its short number stays, alone."""
    db = world().db
    device = line["device_id"]
    for extension in line["extensions"]:
        part_extension(db.lines[line["id"]], db.extensions[extension])
    for user in line["users"]:
        part_user(db.users[user], db.lines[line["id"]])
    if line["endpoint"]:
        db.endpoints.remove(line["endpoint"])
    db.lines.remove(line["id"])
    if device:
        push_or_reset(device)


def push_or_reset(device: str) -> None:
    """After a line left a device: write the others anew, or forget it all when none is left."""
    if world().db.lines.where(device_id=device):
        push_config(device)
    else:
        reset_device(device)


def in_ranges(exten: str, ranges: list[Row]) -> bool:
    """Whether a number lies in a range, comparing its last digits when the range says how many count."""
    return any(_in_range(exten, given) for given in ranges)


def refresh_caller_id(line_id: int) -> None:
    """A line's endpoint carries the name of its first user and its number: `"Anne Martin" <8001>`."""
    db = world().db
    line = db.lines[line_id]
    endpoint = db.endpoints.find(line["endpoint"])
    if endpoint is None or not line["users"]:
        return
    name = re.sub(r" <.*>$", "", db.users[line["users"][0]]["caller_id"])
    number = db.extensions[line["extensions"][0]]["exten"] if line["extensions"] else None
    callerid = f"{name} <{number}>" if number else name
    options = [pair for pair in endpoint["endpoint_section_options"] if pair[0] != "callerid"]
    db.endpoints.change(endpoint["uuid"], endpoint_section_options=[*options, ["callerid", callerid]])


def _in_range(exten: str, given: Row) -> bool:
    length = given.get("did_length") or 0
    start, end = given["start"][-length:], (given.get("end") or given["start"])[-length:]
    return len(exten) == len(start) and start <= exten <= end
