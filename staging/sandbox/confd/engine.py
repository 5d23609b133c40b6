"""The engine's own settings: first set-up, state, tenants, DHCP, registrar, provisioning address, RTP."""

import ipaddress
from typing import Any
from uuid import UUID

from flask import Blueprint, Response, jsonify

from staging.sandbox.access import listed_tenants, master_only, visible_tenants
from staging.sandbox.confd.blueprint import DONE, Done, confd_blueprint, created
from staging.sandbox.confd.documents import links
from staging.sandbox.confd.fields import Field, Schema, check, matching, one_of, read_object, text, whole, yes_or_no
from staging.sandbox.confd.provisioning import push_all
from staging.sandbox.recorded import unrecorded
from staging.sandbox.refusals import Refusal, already_exists, invalid, not_found
from staging.sandbox.tables import Row
from staging.sandbox.world import world

engine = confd_blueprint("engine")
wizard = Blueprint("confd_wizard", __name__, url_prefix="/api/confd/1.1")
"""The calls that need no token, because nobody has one yet."""

INTERFACES = ("eno1",)


def _address(value: Any) -> str | None:
    try:
        ipaddress.IPv4Address(value)
    except ValueError:
        return "Not a valid IPv4 address."
    return None


_DHCP: Schema = {
    "active": Field(yes_or_no, required=True),
    "pool_start": Field(_address),
    "pool_end": Field(_address),
}
_NETWORKING: Schema = {
    "provision_host": Field(text(39)),
    "provision_http_port": Field(whole(1, 65535)),
    "provision_http_base_url": Field(text(255)),
}
_ACCESS: Schema = {
    "host": Field(matching(r"[0-9.]+(/\d{1,2})?"), required=True),
    "feature": Field(one_of("phonebook"), required=True),
    "enabled": Field(yes_or_no, nullable=False),
}


@wizard.get("/wizard")
@unrecorded
def read_wizard() -> Response:
    ready = {"wazo-auth": "ok", "wazo-provd": "ok"}
    return jsonify({"configured": world().configured, "configurable": True, "configurable_status": ready})


@wizard.get("/wizard/discover")
@unrecorded
def discover() -> Response:
    if world().configured:
        raise Refusal(403, ["Wizard is already configured"])
    interface = {"interface": INTERFACES[0], "ip_address": "127.0.0.1", "netmask": "255.0.0.0"}
    network = {"interfaces": [interface], "gateways": [{"gateway": "127.0.0.1", "interface": INTERFACES[0]}]}
    names = {"hostname": "wazo", "domain": "localdomain", "timezone": "Europe/Paris", "nameservers": ["127.0.0.1"]}
    return jsonify({**names, **network})


@wizard.post("/wizard")
@unrecorded
def run_wizard() -> Response:
    if world().configured:
        raise Refusal(403, ["Wizard is already configured"])
    body = read_object()
    if body.get("license") is not True or not 4 <= len(body.get("admin_password") or "") <= 64:
        raise invalid({"admin_password": ["Length must be between 4 and 64."]})
    world().set_up(body["admin_password"])
    return jsonify({"xivo_uuid": world().accounts.instance})


@engine.get("/status")
def status() -> Response:
    parts = ("master_tenant", "service_token", "bus_consumer", "rest_api")
    down = {"bus_consumer"} if "bus-down" in world().trouble.now else set()
    return jsonify({part: {"status": "fail" if part in down else "ok"} for part in parts})


@engine.get("/infos")
@unrecorded
def infos() -> Response:
    return jsonify({"uuid": world().accounts.instance, "wazo_version": "26.08"})


@engine.get("/tenants")
def list_tenants() -> Response:
    """Without `recurse` only the tenant that asks; names are wazo-auth's business."""
    rows = [_tenant(row) for row in world().db.tenants.all() if row["uuid"] in listed_tenants()]
    return jsonify({"total": len(rows), "items": rows})


@engine.get("/tenants/<uuid:uuid>")
def read_tenant(uuid: UUID) -> Response:
    row = world().db.tenants.find(str(uuid))
    if row is None or row["uuid"] not in visible_tenants():
        raise not_found("Tenant", uuid=uuid)
    return jsonify(_tenant(row))


@engine.get("/dhcp")
@unrecorded
def read_dhcp() -> Response:
    master_only()
    return jsonify(world().setting("dhcp"))


@engine.put("/dhcp")
@unrecorded
def change_dhcp() -> Done:
    """The whole document anew."""
    master_only()
    body = read_object()
    check(body, _DHCP)
    start, end = body.get("pool_start"), body.get("pool_end")
    if body["active"] and not (start and end):
        missing = "pool_start" if not start else "pool_end"
        raise invalid({missing: ["Missing data for required field."]})
    if start and end and ipaddress.IPv4Address(start) > ipaddress.IPv4Address(end):
        raise invalid({"_schema": ["pool_start must be before pool_end"]})
    unknown = [name for name in body.get("network_interfaces", []) if name not in INTERFACES]
    if unknown:
        raise invalid({"network_interfaces": [f"Interface {unknown[0]!r} was not found"]})
    kept = {"active": body["active"], "pool_start": start, "pool_end": end}
    world().keep_setting("dhcp", {**kept, "network_interfaces": body.get("network_interfaces", [])})
    return DONE


@engine.get("/registrars")
def list_registrars() -> Response:
    return jsonify({"total": 1, "items": [_registrar()]})


@engine.get("/registrars/default")
@unrecorded
def read_registrar() -> Response:
    return jsonify(_registrar())


@engine.put("/registrars/default")
@unrecorded
def change_registrar() -> Done:
    """Rewrites every configured phone's file; the phones read it when told."""
    master_only()
    known, body = world().setting("registrar"), read_object()
    fixed = ("id", "deletable")
    world().keep_setting("registrar", known | {n: body[n] for n in known if n in body and n not in fixed})
    world().provd.autoprov_registrar(world().setting("registrar")["proxy_main_host"])
    push_all()
    return DONE


@engine.get("/provisioning/networking")
@unrecorded
def read_networking() -> Response:
    master_only()
    return jsonify(world().setting("networking"))


@engine.put("/provisioning/networking")
@unrecorded
def change_networking() -> Done:
    """Restarts provd, which does not answer for a moment."""
    master_only()
    body, known = read_object(), world().setting("networking")
    check(body, _NETWORKING)
    kept = known | {name: body[name] for name in known if name in body}
    world().keep_setting("networking", kept)
    host, port = kept["provision_host"], kept["provision_http_port"]
    base = kept["provision_http_base_url"] or f"http://{host}:{port}"
    world().provd.configs["base"]["raw_config"] |= {"http_base_url": base, "ip": host, "http_port": port}
    world().provd.reconfigure_all()
    world().provd.restart(world().options.restart_delay)
    return DONE


@engine.get("/access_features")
@unrecorded
def list_access() -> Response:
    master_only()
    rows = [{**row, "links": links("access_features", row["id"])} for row in world().db.access_features.all()]
    return jsonify({"total": len(rows), "items": rows})


@engine.post("/access_features")
@unrecorded
def create_access() -> tuple[Response, int, dict[str, str]]:
    master_only()
    body = read_object()
    check(body, _ACCESS)
    if world().db.access_features.first(host=body["host"], feature=body["feature"]):
        raise already_exists("AccessFeatures", host=body["host"], feature=body["feature"])
    row = {"host": body["host"], "feature": body["feature"], "enabled": body.get("enabled", True)}
    row = world().db.access_features.add(row)
    return created({**row, "links": links("access_features", row["id"])}, "access_features", row["id"])


@engine.put("/access_features/<int:id>")
@unrecorded
def change_access(id: int) -> Done:
    master_only()
    row, body = world().db.access_features.find(id), read_object()
    if row is None:
        raise not_found("AccessFeatures", id=id)
    check(body, _ACCESS, partial=True)
    given = {name: body[name] for name in ("host", "feature", "enabled") if name in body}
    wanted = {name: given.get(name, row[name]) for name in ("host", "feature")}
    other = world().db.access_features.first(**wanted)
    if other is not None and other["id"] != id:
        raise already_exists("AccessFeatures", **wanted)
    world().db.access_features.change(id, **given)
    return DONE


@engine.delete("/access_features/<int:id>")
@unrecorded
def delete_access(id: int) -> Done:
    master_only()
    if id not in world().db.access_features:
        raise not_found("AccessFeatures", id=id)
    world().db.access_features.remove(id)
    return DONE


@engine.get("/asterisk/rtp/general")
@unrecorded
def read_rtp() -> Response:
    master_only()
    return jsonify(world().setting("rtp"))


@engine.put("/asterisk/rtp/general")
@unrecorded
def change_rtp() -> Done:
    """All options anew: what is not named is gone."""
    master_only()
    world().keep_setting("rtp", {"options": dict(read_object().get("options", {}))})
    return DONE


@engine.get("/configuration/live_reload")
@unrecorded
def read_reload() -> Response:
    master_only()
    return jsonify(world().setting("live_reload"))


@engine.put("/configuration/live_reload")
@unrecorded
def change_reload() -> Done:
    master_only()
    body = read_object()
    check(body, {"enabled": Field(yes_or_no, required=True)})
    world().keep_setting("live_reload", {"enabled": body["enabled"]})
    return DONE


def _tenant(row: Row) -> Row:
    return {name: value for name, value in row.items() if name != "slug"}


def _registrar() -> Row:
    return {**world().setting("registrar"), "links": links("registrars", "default")}
