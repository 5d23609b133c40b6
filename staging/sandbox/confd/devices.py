"""Devices: the phones that provd knows, as confd shows them, and which lines they carry."""

import json
from collections.abc import Callable
from urllib.parse import urlencode

from flask import Response, jsonify, request

from staging.sandbox.access import listed_tenants, scope, visible_tenants
from staging.sandbox.confd.blueprint import DONE, Done, confd_blueprint, created, find_line
from staging.sandbox.confd.documents import links
from staging.sandbox.confd.fields import Field, Schema, check, matching, read_object
from staging.sandbox.confd.links import push_or_reset
from staging.sandbox.confd.listing import Column, select
from staging.sandbox.confd.provisioning import need_provd, push_config, reset_device
from staging.sandbox.provd.wake import synchronise
from staging.sandbox.recorded import unrecorded
from staging.sandbox.refusals import (
    Refusal,
    already_exists,
    different_tenants,
    field_not_found,
    is_associated,
    must_be_associated,
    not_found,
    provd_refused,
)
from staging.sandbox.tables import Row
from staging.sandbox.world import world

devices = confd_blueprint("devices")

_OCTET = r"(25[0-5]|2[0-4]\d|1?\d?\d)"
_SCHEMA: Schema = {
    "mac": Field(matching(r"([0-9A-Fa-f]{2}:){5}[0-9A-Fa-f]{2}")),
    "ip": Field(matching(rf"({_OCTET}\.){{3}}{_OCTET}")),
}
_OWN = ("mac", "ip", "sn", "model", "vendor", "plugin", "version", "description", "options", "template_id")


def _known(name: str) -> Column:
    # What provd does not know sorts first, unlike in the database.
    return lambda device: device.get(name) or ""


_COLUMNS = {name: _known(name) for name in ("id", *_OWN[:-2])}


def adopt_device(id: str | None, tenant: str) -> None:
    """A new device that nobody has yet moves to the tenant of the line it is about to get."""
    need_provd(f"dev_mgr/devices/{id}")
    device = world().provd.devices.get(id or "")
    if device is None:
        raise not_found("Device", id=id)
    if device["is_new"]:
        device |= {"tenant_uuid": tenant, "is_new": False}


def join_device(line: Row, id: str) -> None:
    """Put a line on a device. The phone's file is written at once; the phone reads it when told, or when it starts."""
    device = world().provd.devices.get(id)
    if device is None:
        raise not_found("Device", id=id)
    if line["device_id"] == id:
        return
    if line["device_id"]:
        raise is_associated("Line", "Device", line_id=line["id"], device_id=line["device_id"])
    for name, present in (("Endpoint", line["endpoint"]), ("Extension", line["extensions"]), ("User", line["users"])):
        if not present:
            raise must_be_associated("Line", name, line_id=line["id"])
    if device["tenant_uuid"] != line["tenant_uuid"]:
        raise different_tenants(device_tenant_uuid=device["tenant_uuid"], line_tenant_uuid=line["tenant_uuid"])
    if any(other["position"] == line["position"] for other in world().db.lines.where(device_id=id)):
        raise Refusal(400, [f"Cannot associate 2 lines with same position (position: {line['position']})"])
    world().db.lines.change(line["id"], device_id=id)
    push_config(id)


def part_device(line: Row, id: str) -> None:
    if line["device_id"] == id:
        world().db.lines.change(line["id"], device_id=None)
        push_or_reset(id)


@devices.get("/devices")
def list_devices() -> Response:
    return _answer(lambda device: device["tenant_uuid"] in listed_tenants())


@devices.post("/devices")
def create_device() -> tuple[Response, int, dict[str, str]]:
    given = _read(read_object())
    need_provd("dev_mgr/devices?" + urlencode({"q": json.dumps({"mac": given.get("mac")}), "recurse": True}))
    _check_free(given.get("mac"))
    device = world().provd.add_device(given, tenant=scope(), is_new=False)
    # The answer is older than the phone's file, so it says not configured whatever is true.
    return created({**_document(device), "status": "not_configured"}, "devices", device["id"])


@devices.get("/devices/unallocated")
def list_unallocated() -> Response:
    master = world().accounts.master
    return _answer(lambda device: device["tenant_uuid"] == master and device["is_new"])


@devices.put("/devices/unallocated/<id>")
def assign_device(id: str) -> Done:
    """Take a device that nobody has; a second time it is not to be found."""
    need_provd()
    device = world().provd.devices.get(id)
    if device is None or not device["is_new"]:
        raise not_found("Device", id=id)
    device |= {"tenant_uuid": scope(), "is_new": False}
    return DONE


@devices.get("/devices/<id>")
def read_device(id: str) -> Response:
    return jsonify(_document(_find(id)))


@devices.put("/devices/<id>")
def change_device(id: str) -> Done:
    device, given = _find(id), _read(read_object())
    if given.get("mac") not in (None, device.get("mac")):
        _check_free(given["mac"])
    device |= given
    world().provd.reconfigure(id)
    if world().db.lines.where(device_id=id):
        push_config(id)
    return DONE


@devices.delete("/devices/<id>")
def delete_device(id: str) -> Done:
    _find(id)
    lines = world().db.lines.where(device_id=id)
    if lines:
        raise is_associated("Device", "Line", device_id=id, line_ids=tuple(line["id"] for line in lines))
    world().provd.remove_device(id)
    return DONE


@devices.get("/devices/<id>/autoprov")
def reset(id: str) -> Done:
    """A GET that changes things. Only lines that confd knows are taken off: a ghost's configuration stays."""
    _find(id)
    lines = world().db.lines.where(device_id=id)
    for line in lines:
        world().db.lines.change(line["id"], device_id=None)
    if lines:
        reset_device(id)
    return DONE


@devices.get("/devices/<id>/synchronize")
def wake(id: str) -> Done:
    """Always 204: whether the phone was told is known to provd alone."""
    world().provd.once("dev_mgr/synchronize", "success" if synchronise(world(), _find(id)) else "fail")
    return DONE


@devices.get("/devices/<id>/lines")
def list_lines(id: str) -> Response:
    _find(id)
    items = [_pair(line["id"], id) for line in world().db.lines.where(device_id=id)]
    return jsonify({"total": len(items), "items": items})


@devices.get("/lines/<int:line>/devices")
def read_lines_device(line: int) -> Response:
    row = find_line(line)
    if not row["device_id"]:
        raise not_found("LineDevice", line_id=line)
    return jsonify(_pair(line, row["device_id"]))


@devices.put("/lines/<int:line>/devices/<id>")
def give_device(line: int, id: str) -> Done:
    row = find_line(line)
    _find(id)
    if world().in_flight[id] > 1:
        # Each association rewrites the whole device: of several at once, provd refuses all but the last.
        raise provd_refused("cfg_mgr/configs")
    if row["device_id"] != id:
        adopt_device(id, row["tenant_uuid"])
    join_device(row, id)
    return DONE


@devices.delete("/lines/<int:line>/devices/<id>")
def take_device(line: int, id: str) -> Done:
    row = find_line(line)
    _find(id)
    part_device(row, id)
    return DONE


@devices.get("/devices/<id>/lines/<int:line>")
@unrecorded
def read_pair(id: str, line: int) -> Response:
    _find(id)
    if find_line(line)["device_id"] != id:
        raise not_found("LineDevice", line_id=line, device_id=id)
    return jsonify(_pair(line, id))


def _find(id: str) -> Row:
    need_provd(f"dev_mgr/devices/{id}")
    device = world().provd.devices.get(id)
    if device is None or device["tenant_uuid"] not in visible_tenants():
        raise not_found("Device", id=id)
    return device


def _answer(keep: Callable[[Row], bool]) -> Response:
    need_provd("dev_mgr/devices?sort=ip&sort_ord=ASC&recurse=False")
    found = select(filter(keep, world().provd.devices.values()), _COLUMNS, order="ip")
    offset, limit = int(request.args.get("offset", 0)), int(request.args.get("limit", len(found)))
    return jsonify({"total": len(found), "items": [_document(device) for device in found[offset : offset + limit]]})


def _document(device: Row) -> Row:
    config = world().provd.configs.get(device["config"] or "")
    return {
        "id": device["id"],
        "status": _status(device, config),
        "tenant_uuid": device["tenant_uuid"],
        "is_new": device["is_new"],
        **{name: device.get(name) for name in ("ip", "mac", "sn", "plugin", "vendor", "model", "version")},
        "description": device.get("description"),
        "template_id": config and config.get("configdevice"),
        "options": device.get("options"),
        "links": links("devices", device["id"]),
    }


def _status(device: Row, config: Row | None) -> str:
    if config is None:
        return "corrupted"
    if not device["configured"]:
        return "not_configured"
    return "autoprov" if config["id"].startswith("autoprov") else "configured"


def _read(body: Row) -> Row:
    check(body, _SCHEMA)
    given = {name: body[name] for name in _OWN if name in body}
    if given.get("mac"):
        given["mac"] = given["mac"].lower()
    if given.get("plugin") is not None and given["plugin"] not in world().provd.installed:
        raise field_not_found("plugin", "Plugin", given["plugin"])
    if given.get("template_id") is not None and given["template_id"] not in world().provd.configs:
        raise field_not_found("template_id", "DeviceTemplate", given["template_id"])
    return given


def _check_free(mac: str | None) -> None:
    """MACs are unique on the whole engine, as long as nobody asks twice at once."""
    if "race" not in world().trouble.now and mac is not None and world().provd.device_by_mac(mac):
        raise already_exists("Device", mac=mac)


def _pair(line: int, device: str) -> Row:
    return {"line_id": line, "device_id": device, "links": links("lines", line) + links("devices", device)}
