"""What differs in the settings of a customer's own engine?"""

from collections.abc import Iterator, Mapping
from typing import Any

from staging.wazo.change import Change, FieldChange, Noun, Standing
from staging.wazo.live_state import LiveEngine
from staging.wazo.models import firmware_package
from staging.wazo.raw import Json
from staging.wazo.sides import sorted_out, standing
from staging.wazo.state import EngineSettings, Rtp, SameSecret, SecretRef

_RTP = ("rtpstart", "rtpend", "icesupport", "stunaddr")


def engine_changes(
    wanted: EngineSettings | None, live: LiveEngine | None, same_secret: SameSecret | None = None
) -> Iterator[Change]:
    """Setting by setting, in the order in which they are written; none when the engine is not ours or was not read."""
    if wanted is None or live is None:
        return
    yield from _setting("provisioning", wanted_networking(wanted), live.networking)
    if wanted.dhcp:
        yield from _setting("dhcp", wanted_dhcp(wanted), live.dhcp)
    yield from _setting("registrar", wanted_registrar(wanted), live.registrar)
    for network in wanted.phonebook_networks:
        if network not in live.phonebook_networks:
            yield Change("+", "phonebook", network, {"name": network})
    for plugin in wanted.plugins:
        if plugin not in live.installed:
            yield Change("+", "plugin", plugin, {"name": plugin})
    yield from _default_device(wanted, live, same_secret)
    if fields := _base_device(wanted, live):
        yield Change("~", "base-device", "base-device", {}, fields)


def wanted_base(wanted: EngineSettings, live: LiveEngine) -> dict[str, Any]:
    """Where provd's `base` document names a host: the first set-up left the address there that it met.

    The default device is stronger, so no phone reads it; but it is one more place that holds the bench's address.
    """
    there = live.base_device.get("raw_config") or {}
    hosts = ("ntp_ip", "X_xivo_phonebook_ip")
    return {name: value for name, value in wanted.default_device if name in hosts and name in there}


def _base_device(wanted: EngineSettings, live: LiveEngine) -> tuple[FieldChange, ...]:
    there = live.base_device.get("raw_config") or {}
    wish = wanted_base(wanted, live)
    return tuple(
        FieldChange(name, _text(there[name]), _text(value)) for name, value in wish.items() if there[name] != value
    )


def wanted_networking(wanted: EngineSettings) -> dict[str, Any]:
    """Where phones find their configuration."""
    where = {"provision_host": wanted.provision_host, "provision_http_port": wanted.provision_http_port}
    return {**where, "provision_http_base_url": wanted.provision_url} if wanted.provision_url else where


def wanted_dhcp(wanted: EngineSettings) -> dict[str, Any]:
    """confd's DHCP document; empty when DHCP is left alone."""
    dhcp = wanted.dhcp
    if dhcp is None:
        return {}
    if not dhcp.active:
        return {"active": False}
    return {
        "active": True,
        "pool_start": dhcp.pool_start,
        "pool_end": dhcp.pool_end,
        "network_interfaces": list(dhcp.interfaces),
    }


def wanted_registrar(wanted: EngineSettings) -> dict[str, Any]:
    """Where phones register."""
    return {"main_host": wanted.registrar_host, "proxy_main_host": wanted.registrar_host}


def rtp_changes(wanted: Rtp | None, live: LiveEngine | None, before: Rtp | None) -> Iterator[Change]:
    """Options to set, and those of ours to take away; what somebody set on the engine since is kept.

    before: what we left last.
    """
    if wanted is None or live is None:
        return
    there, wish = ours_of(live.rtp.get("options") or {}), ours_of(dict(wanted.options))
    left = ours_of(dict(before.options)) if before else None
    fields: list[tuple[FieldChange, Standing]] = []
    for name in dict.fromkeys((*wish, *(left or {}))):
        now, new = there.get(name), wish.get(name)
        if now != new:
            how = "due" if left is None else standing(new, now, left.get(name))
            fields.append((FieldChange(name, now, new), how))
    for how, reason, some in sorted_out(fields):
        yield Change("~", "rtp", "rtp", {}, some, None, how, reason)


def ours_of(options: Mapping[str, object]) -> dict[str, str]:
    """Of the options of RTP those that we set; an engine that says no to ICE and one that never heard of it are one."""
    found = {name: str(options[name]) for name in _RTP if options.get(name)}
    return {name: value for name, value in found.items() if (name, value) != ("icesupport", "no")}


def firmware_changes(wanted: EngineSettings | None, live: LiveEngine | None) -> Iterator[Change]:
    """Packages that the plan's phones need and that their plugin offers; none for a plugin that was not asked."""
    packages = live.firmware if wanted and live else {}
    models: dict[tuple[str, str], list[str]] = {}
    for one in wanted.firmware if wanted else ():
        known = packages.get(one.plugin)
        package = firmware_package(one.model, (*known.installed, *known.offered)) if known else None
        if known and package and package not in known.installed:
            models.setdefault((one.plugin, package), []).append(one.model)
    for (plugin, package), names in models.items():
        yield Change("+", "firmware", f"{plugin}/{package}", {"name": ", ".join(names), "plugin": plugin})


def _setting(noun: Noun, wanted: Json, live: Json) -> Iterator[Change]:
    fields = tuple(
        FieldChange(name, _text(live.get(name)), _text(value))
        for name, value in wanted.items()
        if live.get(name) != value
    )
    if fields:
        yield Change("~", noun, noun, {}, fields)


def _default_device(wanted: EngineSettings, live: LiveEngine, same_secret: SameSecret | None) -> Iterator[Change]:
    there = live.default_device.get("raw_config") or {}
    fields = []
    for name, value in wanted.default_device:
        now = there.get(name)
        if isinstance(value, SecretRef):
            right = isinstance(now, str) and bool(now) and (same_secret is None or same_secret(value, now))
            if not right:
                fields.append(FieldChange(name, "•••" if now else None, "•••"))
        elif now != value:
            fields.append(FieldChange(name, _text(now), _text(value)))
    if fields:
        yield Change("~", "default-device", "default-device", {}, tuple(fields))


def _text(value: object) -> str | None:
    if value is None or value == "" or value == []:
        return None
    if isinstance(value, bool):
        return "yes" if value else "no"
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)
