"""What does confd tell provd? A device's whole configuration, rebuilt from the lines on it at every change."""

import re
from typing import Any

from staging.sandbox.confd.keys import provd_keys
from staging.sandbox.refusals import provd_down
from staging.sandbox.tables import Row
from staging.sandbox.world import world

_EXTENS = {
    "exten_dnd": "*25",
    "exten_fwd_unconditional": "*21",
    "exten_fwd_no_answer": "*22",
    "exten_fwd_busy": "*23",
    "exten_fwd_disable_all": "*20",
    "exten_park": None,
    "exten_pickup_group": None,
    "exten_pickup_call": "*8",
    "exten_voicemail": "*98",
}


def need_provd(path: str = "dev_mgr/devices") -> None:
    """Refuse as confd does while provd restarts: with a crash, not with a 503."""
    if not world().provd.available():
        raise provd_down(path)


def push_config(device: str) -> None:
    """Write a device's configuration from the database rows as they stand; provd keeps it even if they are undone."""
    need_provd(f"cfg_mgr/configs/{device}")
    lines = sorted(world().db.lines.where(device_id=device), key=lambda line: int(line["id"]))
    if not lines or device not in world().provd.devices:
        return
    main = min(lines, key=lambda line: int(line["position"]))
    user = world().db.users.find(main["users"][0]) if main["users"] else None
    raw = {
        "X_key": "",
        "config_version": 1,
        "X_xivo_user_uuid": user and user["uuid"],
        "X_xivo_phonebook_profile": main["context"],
        **_EXTENS,
        "funckeys": provd_keys(user) if user else {},
        "protocol": "SIP",
        # By ascending line: of two lines at one position the later is written, the earlier is lost.
        "sip_lines": {str(line["position"]): _sip_line(line) for line in lines},
    }
    template = world().provd.devices[device].get("template_id", "defaultconfigdevice")
    config = {"configdevice": template, "parent_ids": ["base", template], "deletable": True, "raw_config": raw}
    world().provd.apply(device, config)


def push_user(user: Row) -> None:
    """Write anew every device on which the user has a line."""
    lines = [world().db.lines[key] for key in user["lines"]]
    for device in {line["device_id"] for line in lines} - {None}:
        push_config(device)


def push_all() -> None:
    """An engine-wide address changed: write every configured device anew."""
    for device in {line["device_id"] for line in world().db.lines.all()} - {None}:
        push_config(device)


def reset_device(device: str) -> None:
    """Make a device a phone without a line again."""
    need_provd()
    if device in world().provd.devices:
        world().provd.reset(device)


def _sip_line(line: Row) -> dict[str, Any]:
    db = world().db
    endpoint = db.endpoints[line["endpoint"]]
    auth = dict(endpoint["auth_section_options"])
    caller = dict(endpoint["endpoint_section_options"]).get("callerid", "")
    registrar = world().setting("registrar")
    written = {
        # An endpoint without credentials gives the phone empty ones; nothing complains.
        "auth_username": auth.get("username", ""),
        "username": auth.get("username", ""),
        "password": auth.get("password", ""),
        "display_name": re.sub(r'^"(.*)".*$', r"\1", caller),
        "number": db.extensions[line["extensions"][0]]["exten"] if line["extensions"] else "",
        "registrar_ip": registrar["main_host"],
        "proxy_ip": registrar["proxy_main_host"],
    }
    ports = {"registrar_port": "main_port", "proxy_port": "proxy_main_port", "backup_proxy_ip": "proxy_backup_host"}
    return written | {name: registrar[source] for name, source in ports.items() if registrar[source]}
