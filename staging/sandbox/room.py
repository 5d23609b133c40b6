"""The bench: plug phones, look at them, count, and make trouble. The real thing has none of these calls."""

from typing import Any

from flask import Blueprint, Response, current_app, jsonify, request

from staging.sandbox.devices.models import default_version
from staging.sandbox.provd.files import plug
from staging.sandbox.refusals import Refusal
from staging.sandbox.tables import Row, Table
from staging.sandbox.trouble import RuleError, read_rule
from staging.sandbox.world import world

room = Blueprint("room", __name__, url_prefix="/room")


@room.get("")
def look_around() -> Response:
    """The whole room for somebody who opens it in a browser: phones, counts, and what can be asked for."""
    rules = [rule for rule in current_app.url_map.iter_rules() if rule.rule.startswith("/room/")]
    calls = sorted(f"{method} {rule.rule}" for rule in rules for method in (rule.methods or set()) & {"GET", "POST"})
    return jsonify({"phones": _phones(), "counts": _counted(), "calls": calls})


@room.post("/plug")
def plug_in() -> Response:
    """Plug one phone `{mac, model, ip?, version?}`, or several as a list; answers with them as they now are."""
    given = request.get_json()
    found = [plug_phone(phone) for phone in (given if isinstance(given, list) else [given])]
    return jsonify([_shown(phone) for phone in found] if isinstance(given, list) else _shown(found[0]))


@room.post("/unplug")
def unplug() -> Response:
    """Unplug the phones of `{mac}`, or of a list of such; an unknown one is refused."""
    given = request.get_json()
    for one in given if isinstance(given, list) else [given]:
        phone = world().room.phones.get(str(one.get("mac", "")).lower())
        if phone is None:
            raise Refusal(404, {"message": f"no phone {one.get('mac')!r} in the room"})
        phone |= {"plugged": False, "file": None, "accounts": []}
    return jsonify(_phones())


@room.get("/phones")
def list_phones() -> Response:
    return jsonify(_phones())


@room.get("/files/<mac>")
def read_file(mac: str) -> Response:
    """The text that provd has for a phone at this moment, without anybody having asked for it."""
    device = world().provd.device_by_mac(mac.lower())
    text = world().provd.file_of(device) if device else None
    return Response(text or "", 200 if text else 404, content_type="text/plain; charset=utf-8")


@room.post("/reset")
def reset() -> tuple[str, int]:
    """Start afresh with the same options; trouble ends too."""
    world().reset()
    world().trouble.rules.clear()
    return "", 204


@room.post("/notify")
def set_notify() -> tuple[str, int]:
    """What Asterisk answers when a phone shall be woken: `{mode: ok | error | 503}`."""
    mode = request.get_json().get("mode")
    if mode not in ("ok", "error", "503"):
        raise Refusal(400, {"message": "mode must be ok, error or 503"})
    world().room.notify = mode
    return "", 204


@room.post("/faults")
def make_trouble() -> Response:
    """Replace the rules in force by a list of rules; an empty list ends all trouble."""
    try:
        rules = [read_rule(given) for given in request.get_json()]
    except RuleError as reason:
        raise Refusal(400, {"message": str(reason)}) from reason
    world().trouble.rules = rules
    return jsonify({"rules": len(rules)})


@room.get("/faults")
def list_trouble() -> Response:
    shown = [{"kind": rule.kind, "path": rule.path, "struck": rule.struck} for rule in world().trouble.rules]
    return jsonify(shown)


@room.get("/log")
def read_log() -> Response:
    """Every request so far, oldest first: method, path, status; 0 stands for a cut connection."""
    return jsonify(world().log)


@room.get("/counts")
def count() -> Response:
    """How much there is, by tenant, and how many writing requests were served since the start."""
    return jsonify(_counted())


def plug_phone(given: Row) -> Row:
    """Plug a phone `{mac, model, ip?, version?}`; a known one is rebooted."""
    mac, model = str(given.get("mac", "")).lower(), given.get("model")
    if len(mac.split(":")) != 6 or not model:
        raise Refusal(400, {"message": "a phone needs mac (with colons) and model"})
    here = world()
    facts = {"ip": given.get("ip") or _free_address(), "version": given.get("version") or default_version(model)}
    phone = {"mac": mac, "model": model, **facts, "plugged": True, "file": None, "accounts": []}
    here.room.phones[mac] = phone
    plug(phone)
    return phone


def _free_address() -> str:
    number = len(world().room.phones) + 10
    return f"10.10.{number // 250}.{number % 250 + 1}"


def _shown(phone: Row) -> Row:
    device = world().provd.device_by_mac(phone["mac"])
    seen: dict[str, Any] = {name: phone[name] for name in ("mac", "model", "ip", "version")}
    return {**seen, "state": _state(phone, device), "device": device and device["id"], "accounts": phone["accounts"]}


def _state(phone: Row, device: Row | None) -> str:
    """`configured`: a file waits that the phone has not read; `fetched`: read, but nothing in it to register with."""
    if not phone["plugged"]:
        return "unplugged"
    if device is None or str(device["config"]).startswith("autoprov"):
        return "autoprov"
    if phone["file"] is None or phone["file"] != world().provd.file_of(device):
        return "configured"
    return "registered" if any(account["username"] for account in phone["accounts"]) else "fetched"


def _phones() -> list[Row]:
    return [_shown(phone) for phone in world().room.phones.values()]


def _counted() -> Row:
    here = world()
    tenants = {row["uuid"]: _counts(row["uuid"]) for row in here.accounts.tenants.values()}
    portal = {name: len(getattr(here.portal, name)) for name in ("instances", "customers", "locations")}
    return {"tenants": tenants, "portal": portal, "writes": here.writes, "requests": len(here.log)}


def _counts(tenant: str) -> Row:
    db = world().db
    names: dict[str, Table] = {"users": db.users, "lines": db.lines, "voicemails": db.voicemails, "groups": db.groups}
    counted = {name: len(table.where(tenant_uuid=tenant)) for name, table in names.items()}
    numbers = [row for row in db.extensions.where(tenant_uuid=tenant) if row["incall"]]
    devices = [row for row in world().provd.devices.values() if row["tenant_uuid"] == tenant]
    return {**counted, "dids": len(numbers), "devices": len(devices)}
