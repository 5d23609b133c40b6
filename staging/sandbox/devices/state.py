"""What does provd remember? Devices, configurations and operations; no request of confd's ever rolls it back."""

import re
import secrets
import string
import time
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

from staging.sandbox.devices.models import PLUGINS, choose_plugin
from staging.sandbox.devices.phone_file import render_phone_file
from staging.sandbox.tables import Row

_AUTOPROV_PASSWORD = "autoprovpw"  # noqa: S105  # the same on every phone that has no line yet
_NEEDS = (("ntp_enabled", "ntp_ip"), ("vlan_enabled", "vlan_id"), ("syslog_enabled", "syslog_ip"))


@dataclass(frozen=True, slots=True)
class Operation:
    """Something that takes a while. due: when it is over, on the monotonic clock; outcome: `success` or `fail`.

    seconds: how long it takes in all; size: bytes of its download, 0 when it counts none.
    """

    label: str | None
    due: float
    outcome: str
    seconds: float = 0.0
    size: int = 0

    def status(self) -> str:
        left = self.due - time.monotonic()
        state = self.outcome if left <= 0 else "progress"
        said = f"{self.label}|{state}" if self.label else state
        if not self.size or left <= 0:
            return said
        return f"{said}(download|progress;{round(self.size * (1 - left / self.seconds))}/{self.size})"


@dataclass(slots=True)
class Provd:
    """provd's own memory; devices and configurations by id, operations by their path."""

    devices: dict[str, Row] = field(default_factory=dict)
    configs: dict[str, Row] = field(default_factory=dict)
    operations: dict[str, Operation] = field(default_factory=dict)
    installed: dict[str, set[str]] = field(default_factory=dict)
    params: dict[str, str | None] = field(default_factory=dict)
    catalogue_read: bool = False
    down_until: float = 0.0
    _last_operation: dict[str, int] = field(default_factory=dict)

    def available(self) -> bool:
        return time.monotonic() >= self.down_until

    def restart(self, seconds: float) -> None:
        """Unavailable for a while; operations are forgotten, devices and configurations are not."""
        self.down_until = time.monotonic() + seconds
        self.operations.clear()

    def set_up(self, *, address: str) -> None:
        """The four documents that the first-time wizard writes."""
        base: Row = {"id": "base", "X_type": "internal", "deletable": False, "parent_ids": []}
        default = {**base, "id": "defaultconfigdevice", "X_type": "device", "label": "Default config device"}
        registrar = {**base, "id": "default", "X_type": "registrar", "registrar_main": address, "proxy_main": address}
        autoprov = {**base, "id": "autoprov", "parent_ids": ["base", "defaultconfigdevice"], "role": "autocreate"}
        where = {"http_base_url": f"http://{address}:8667", "ip": address, "http_port": 8667, "tftp_port": 69}
        where |= {"ntp_enabled": True, "ntp_ip": address, "X_xivo_phonebook_ip": address}
        line = {"username": f"ap{_letters(8)}", "password": _AUTOPROV_PASSWORD, "number": "autoprov"}
        line |= {"auth_username": line["username"], "display_name": "Autoprov", "proxy_ip": address}
        device = {
            "ntp_enabled": True,
            "ntp_ip": address,
            "sip_dtmf_mode": "RTP-out-of-band",
            "admin_username": "admin",
            "admin_password": _letters(16),
            "user_username": "user",
            "user_password": _letters(16),
        }
        self.configs["base"] = {**base, "raw_config": where}
        self.configs["default"] = {**registrar, "raw_config": {"X_key": "xivo"}}
        self.configs["defaultconfigdevice"] = {**default, "parent_ids": ["base"], "raw_config": device}
        self.configs["autoprov"] = {**autoprov, "raw_config": {"protocol": "SIP", "sip_lines": {"1": line}}}

    def install(self, plugin: str) -> None:
        self.installed[plugin] = set()

    def offered(self) -> dict[str, Row]:
        """Plugins that can be installed; none before the catalogue was fetched once."""
        return {name: plugin_row(name) for name in PLUGINS} if self.catalogue_read else {}

    def device_by_mac(self, mac: str) -> Row | None:
        return next((device for device in self.devices.values() if device.get("mac") == mac), None)

    def add_device(self, fields: Row, *, tenant: str, is_new: bool) -> Row:
        """Keep a new device under a fresh id, with the configuration of a phone that has no line."""
        given = {name: value for name, value in fields.items() if value is not None}
        device: Row = {"config": self.autocreate(), "tenant_uuid": tenant, "configured": False, "is_new": is_new}
        device |= {"id": uuid4().hex, **given}
        self.devices[device["id"]] = device
        self.reconfigure(device["id"])
        return device

    def remove_device(self, id: str) -> None:
        device = self.devices.pop(id)
        if device["config"] == id or str(device["config"]).startswith("autoprov"):
            self.configs.pop(device["config"], None)

    def autocreate(self) -> str:
        """A fresh configuration for a phone that has no line yet."""
        made = f"autoprov{uuid4()}"
        self.configs[made] = {"id": made, "parent_ids": ["autoprov"], "deletable": True, "raw_config": {}}
        return made

    def apply(self, id: str, config: Row) -> None:
        """Give a device its own configuration and write its file anew."""
        self.configs[id] = {"id": id, **config}
        self.devices[id]["config"] = id
        self.reconfigure(id)

    def reset(self, id: str) -> None:
        """Back to a phone without a line."""
        device = self.devices[id]
        self.configs.pop(id, None)
        device["config"] = self.autocreate()
        device.pop("options", None)
        self.reconfigure(id)

    def reconfigure(self, id: str) -> None:
        device = self.devices[id]
        device["configured"] = bool(
            device.get("mac") and device.get("plugin") in self.installed and _sound(self.raw(device["config"]))
        )

    def reconfigure_all(self) -> None:
        """A document that others build upon has changed."""
        for device in self.devices:
            self.reconfigure(device)

    def raw(self, id: str | None) -> Row:
        """A configuration with everything it inherits."""
        config = self.configs.get(id or "")
        if config is None:
            return {}
        merged: Row = {}
        for parent in config.get("parent_ids", []):
            merged |= self.raw(parent)
        merged |= config.get("raw_config", {})
        return merged

    def file_of(self, device: Row) -> str | None:
        """The text that this phone reads, or None when provd wrote none."""
        return render_phone_file(device.get("model"), self.raw(device["config"])) if device["configured"] else None

    def hear(self, mac: str, facts: Row, *, tenant: str) -> Row:
        """A phone asked for something: keep what it told of itself, or meet it for the first time."""
        device = self.device_by_mac(mac)
        if device is None:
            plugin = choose_plugin(facts.get("model"), facts.get("version"), self.installed)
            return self.add_device({"mac": mac, "plugin": plugin, **facts}, tenant=tenant, is_new=True)
        device.update({name: value for name, value in facts.items() if value is not None})
        if not device.get("plugin"):
            device["plugin"] = choose_plugin(device.get("model"), device.get("version"), self.installed)
        self.reconfigure(device["id"])
        return device

    def serve_file(self, device: Row) -> str | None:
        """The phone takes its file; provd notes the account it will speak with."""
        text = self.file_of(device)
        lines = self.raw(device["config"]).get("sip_lines", {})
        if text is not None and lines:
            device["remote_state_sip_username"] = lines[min(lines, key=int)].get("username")
        return text

    def autoprov_registrar(self, address: str) -> None:
        """Phones without a line register there too."""
        self.configs["default"] |= {"registrar_main": address, "proxy_main": address}
        lines = self.configs["autoprov"]["raw_config"]["sip_lines"]
        lines["1"] = {**lines["1"], "proxy_ip": address}

    def begin(self, path: str, outcome: str, *, label: str | None = None, seconds: float = 0.0, size: int = 0) -> str:
        """Start an operation under a collection; returns the path where its status can be asked."""
        self._last_operation[path] = self._last_operation.get(path, 0) + 1
        location = f"{path}/{self._last_operation[path]}"
        self.operations[location] = Operation(label, time.monotonic() + seconds, outcome, seconds, size)
        return location

    def once(self, path: str, outcome: str) -> None:
        """An operation of confd's: it takes a number, and nobody looks at how it ends."""
        del self.operations[self.begin(path, outcome)]


def plugin_row(name: str) -> Row:
    """A plugin as the catalogue describes it."""
    number = name.rpartition("v")[2]
    about = {"description": f"Plugin for Yealink phones, firmware {number}", "dsize": 20_000}
    return {"version": PLUGINS[name].version, **about, "capabilities": {}}


def _sound(raw: Row) -> bool:
    """provd finds bad values only when it writes a phone's file, and then writes none."""
    locale: Any = raw.get("locale")
    if locale is not None and not re.fullmatch(r"[a-z]{2}_[A-Z]{2}", str(locale)):
        return False
    return "http_port" in raw and all(raw.get(needed) or not raw.get(switch) for switch, needed in _NEEDS)


def _letters(length: int) -> str:
    return "".join(secrets.choice(string.ascii_letters + string.digits) for _ in range(length))
