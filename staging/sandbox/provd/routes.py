"""How does provd answer? Devices, configurations and its own parameters; plugins are in `plugin_routes.py`."""

import base64
import json
from typing import Any
from uuid import uuid4

from flask import Response, request

from staging.sandbox.access import listed_tenants, scope, visible_tenants
from staging.sandbox.provd.answers import (
    INTERNAL,
    answer_operation,
    begin,
    body,
    done,
    forget_operation,
    nothing,
    provd_blueprint,
    say,
    show,
)
from staging.sandbox.provd.wake import synchronise
from staging.sandbox.recorded import unrecorded
from staging.sandbox.tables import Row
from staging.sandbox.world import world

provd = provd_blueprint("provd")


@provd.get("/status")
@unrecorded
def status() -> Response:
    return show({"rest_api": "ok"})


@provd.get("/dev_mgr/devices")
@unrecorded
def list_devices() -> Response:
    wanted, tenants = _selector(), listed_tenants()
    found = [device for device in world().provd.devices.values() if device["tenant_uuid"] in tenants]
    found = [device for device in found if all(device.get(name) == value for name, value in wanted.items())]
    if sort := request.args.get("sort"):
        backwards = request.args.get("sort_ord") in ("-1", "DESC")
        found.sort(key=lambda device: str(device.get(sort) or ""), reverse=backwards)
    skip, limit = int(request.args.get("skip", 0)), int(request.args.get("limit") or len(found))
    fields = request.args.get("fields")
    names = {"id", *fields.split(",")} if fields else None
    shown = [{n: v for n, v in d.items() if names is None or n in names} for d in found[skip : skip + limit]]
    return show({"devices": shown})


@provd.post("/dev_mgr/devices")
@unrecorded
def create_device() -> Response:
    given = body().get("device", {})
    device = world().provd.add_device({**given, **_mac(given)}, tenant=scope(), is_new=False)
    return show({"id": device["id"]}, 201, {"Location": f"{INTERNAL}/dev_mgr/devices/{device['id']}"})


@provd.get("/dev_mgr/devices/<id>")
def read_device(id: str) -> Response:
    device = _device(id)
    return show({"device": device}) if device else nothing()


@provd.put("/dev_mgr/devices/<id>")
@unrecorded
def change_device(id: str) -> Response:
    device = _device(id)
    if device is None:
        return nothing()
    given = body().get("device", {})
    # A tenant, once given, is never changed.
    world().provd.devices[id] = {**given, **_mac(given), "id": id, "tenant_uuid": device["tenant_uuid"]}
    world().provd.devices[id].setdefault("is_new", device["is_new"])
    world().provd.devices[id].setdefault("config", device["config"])
    world().provd.reconfigure(id)
    return done()


@provd.delete("/dev_mgr/devices/<id>")
@unrecorded
def delete_device(id: str) -> Response:
    if _device(id) is None:
        return nothing()
    world().provd.remove_device(id)
    return done()


@provd.post("/dev_mgr/reconfigure")
@unrecorded
def reconfigure() -> Response:
    device = _device(body().get("id", ""))
    if device is None:
        return say(400, "invalid device id")
    world().provd.reconfigure(device["id"])
    return done()


@provd.post("/dev_mgr/synchronize")
def synchronize() -> Response:
    device = _device(body().get("id", ""))
    if device is None:
        return say(400, "invalid device id")
    outcome = "success" if synchronise(world(), device) else "fail"
    return begin("dev_mgr/synchronize", outcome)


@provd.get("/dev_mgr/synchronize/<int:number>")
def read_synchronisation(number: int) -> Response:
    return answer_operation(f"dev_mgr/synchronize/{number}")


@provd.delete("/dev_mgr/synchronize/<int:number>")
@unrecorded
def forget_synchronisation(number: int) -> Response:
    return forget_operation(f"dev_mgr/synchronize/{number}")


@provd.get("/cfg_mgr/configs")
@unrecorded
def list_configs() -> Response:
    wanted = _selector()
    found = [config for config in world().provd.configs.values() if wanted.items() <= config.items()]
    return show({"configs": found})


@provd.post("/cfg_mgr/configs")
@unrecorded
def create_config() -> Response:
    given = body().get("config", {})
    name = given.get("id") or uuid4().hex
    if name in world().provd.configs:
        return say(400, "config id already exists")
    world().provd.configs[name] = {"deletable": True, "parent_ids": [], "raw_config": {}, **given, "id": name}
    return show({"id": name}, 201, {"Location": f"{INTERNAL}/cfg_mgr/configs/{name}"})


@provd.post("/cfg_mgr/autocreate")
@unrecorded
def autocreate() -> Response:
    made = world().provd.autocreate()
    return show({"id": made}, 201, {"Location": f"{INTERNAL}/cfg_mgr/configs/{made}"})


@provd.get("/cfg_mgr/configs/<id>")
def read_config(id: str) -> Response:
    config = world().provd.configs.get(id)
    return show({"config": config}) if config else nothing()


@provd.get("/cfg_mgr/configs/<id>/raw")
def read_raw(id: str) -> Response:
    return show({"raw_config": world().provd.raw(id)}) if id in world().provd.configs else nothing()


@provd.put("/cfg_mgr/configs/<id>")
@unrecorded
def change_config(id: str) -> Response:
    """The whole document anew. A bad value is taken, and found only when the phones' files are written."""
    if id not in world().provd.configs:
        return nothing()
    world().provd.configs[id] = {**body().get("config", {}), "id": id}
    world().provd.reconfigure_all()
    return done()


@provd.delete("/cfg_mgr/configs/<id>")
@unrecorded
def delete_config(id: str) -> Response:
    config = world().provd.configs.get(id)
    if config is None:
        return nothing()
    if not config.get("deletable", True):
        return say(400, "config is not deletable")
    del world().provd.configs[id]
    world().provd.reconfigure_all()
    return done()


@provd.get("/configure/<name>")
@unrecorded
def read_param(name: str) -> Response:
    return show({"param": {"value": world().provd.params.get(name)}})


@provd.put("/configure/<name>")
@unrecorded
def change_param(name: str) -> Response:
    world().provd.params[name] = body().get("param", {}).get("value")
    return done()


def _device(id: str) -> Row | None:
    device = world().provd.devices.get(id)
    return device if device is not None and device["tenant_uuid"] in visible_tenants() else None


def _selector() -> dict[str, Any]:
    if encoded := request.args.get("q64"):
        return dict(json.loads(base64.b64decode(encoded)))
    wanted = dict(json.loads(request.args.get("q", "{}")))
    return wanted | _mac(wanted)


def _mac(given: Row) -> Row:
    return {"mac": given["mac"].lower()} if given.get("mac") else {}
