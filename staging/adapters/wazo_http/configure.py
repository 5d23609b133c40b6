"""Which settings of the whole engine are ours, and are they already so?

Every `ensure_…` reads, compares, and writes only what differs; it returns the names of what it changed, so an empty
list is the proof that nothing was written. confd's PUTs here replace the whole document: what we do not determine
is sent back as it was read. All of them need an account of the master tenant.
"""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from staging.adapters.wazo_http.address import Service
from staging.adapters.wazo_http.read import list_all
from staging.adapters.wazo_http.session import EngineSession
from staging.adapters.wazo_http.waiting import Patience, wait_for
from staging.core.faults import Fault, StackRefused, Where

Pairs = Sequence[tuple[str, str]]

_PROVD_RESTART = Patience(within=timedelta(minutes=2), every=timedelta(seconds=1))


def ensure_networking(
    session: EngineSession, desired: Mapping[str, Any], *, patience: Patience = _PROVD_RESTART
) -> list[str]:
    """Where phones fetch their files: `provision_host`, `provision_http_port`, `provision_http_base_url`.

    A write restarts provd; this waits until it answers again. Do it before plugins and phones.
    """
    changed = _put_document(session, "provisioning/networking", desired)
    if changed:
        wait_for_provd(session, patience=patience)
    return changed


def ensure_dhcp(session: EngineSession, desired: Mapping[str, Any]) -> list[str]:
    """The engine's DHCP server: `active`, `pool_start`, `pool_end` (IPv4), `network_interfaces`."""
    return _put_document(session, "dhcp", desired)


def ensure_registrar(session: EngineSession, desired: Mapping[str, Any]) -> list[str]:
    """Where phones register: `main_host`, `proxy_main_host`, … A write changes the files of all phones."""
    return _put_document(session, "registrars/default", desired)


def ensure_rtp(session: EngineSession, desired: Mapping[str, str]) -> list[str]:
    """Options of RTP: `stunaddr`, `icesupport` ("yes"), … Options that are not named stay."""
    options = session.send("confd", "GET", "asterisk/rtp/general").object_in("options")
    changed = _differing(options, desired)
    if changed:
        session.send("confd", "PUT", "asterisk/rtp/general", body={"options": {**options, **desired}})
    return [f"rtp.{name}" for name in changed]


def ensure_access_features(session: EngineSession, hosts: Sequence[str]) -> list[str]:
    """Networks (`172.16.0.0/24`) whose phones may read the phonebook; others that stand there stay."""
    present = {
        feature.get("host"): feature
        for feature in list_all(session, "confd", "access_features")
        if feature.get("feature") == "phonebook"
    }
    changed = []
    for host in hosts:
        feature = present.get(host)
        if feature is None:
            session.send("confd", "POST", "access_features", body=_phonebook(host))
        elif feature.get("enabled") is False:
            session.send("confd", "PUT", f"access_features/{feature['id']}", body=_phonebook(host))
        else:
            continue
        changed.append(f"access_features.{host}")
    return changed


def ensure_default_device(session: EngineSession, desired: Mapping[str, Any]) -> list[str]:
    """Keys of `raw_config` in provd's `defaultconfigdevice`: locale, timezone, NTP, phonebook, passwords, …

    provd takes any value and fails later, when it makes a phone's file: refuse nonsense before this.
    Raises StackRefused `stack-default-device` for a switch that is on without what it needs.
    A write makes all phones' files anew. Names are returned, never values: two of them are passwords.
    """
    reply = session.send("provd", "GET", "cfg_mgr/configs/defaultconfigdevice")
    config = reply.object_in("config")
    raw = dict(config.get("raw_config") or {})
    changed = _differing(raw, desired)
    if not changed:
        return []
    wanted = {**raw, **desired}
    _refuse_half_switches(wanted, reply.at)
    document = {"config": {**config, "raw_config": wanted}}
    session.send("provd", "PUT", "cfg_mgr/configs/defaultconfigdevice", body=document)
    return [f"default_device.{name}" for name in changed]


def ensure_sip_template(session: EngineSession, tenant_uuid: str, options: Mapping[str, str]) -> list[str]:
    """Options of the endpoint section of a tenant's `global` SIP template: `allow`, `language`, `send_rpid`, …

    Options that are not named, and options that may stand twice (`set_var`), stay as they are.
    """
    tenant = session.send("confd", "GET", f"tenants/{tenant_uuid}", tenant=tenant_uuid)
    uuid = tenant.object().get("global_sip_template_uuid")
    if not uuid:
        raise tenant.strange()
    path = f"endpoints/sip/templates/{uuid}"
    template = session.send("confd", "GET", path, tenant=tenant_uuid).object()
    before: Pairs = [(key, value) for key, value in template.get("endpoint_section_options") or []]
    changed = _differing(dict(before), options)
    if changed:
        section = _replaced(before, options)
        session.send("confd", "PUT", path, body={"endpoint_section_options": section}, tenant=tenant_uuid)
    return [f"sip_template.{name}" for name in changed]


def ensure_plugin_server(session: EngineSession, url: str) -> list[str]:
    """The repository that provd takes its plugins from."""
    if _parameter(session, "plugin_server") == url:
        return []
    session.send("provd", "PUT", "configure/plugin_server", body={"param": {"value": url}})
    return ["plugin_server"]


def set_live_reload(session: EngineSession, *, enabled: bool) -> None:
    """Switch Asterisk's reload after each write; after switching it on again, one write must follow."""
    session.send("confd", "PUT", "configuration/live_reload", body={"enabled": enabled})


def wait_for_provd(session: EngineSession, *, patience: Patience = _PROVD_RESTART) -> None:
    """Wait until provd answers its status."""

    def look() -> bool:
        session.send("provd", "GET", "status", timeout=5)
        return True

    silent = Fault("stack-provd-silent", Where(session.host), {"host": session.host})
    # While it starts, something else may answer in its place.
    wait_for(look, patience=patience, otherwise=silent, not_yet=("stack-strange-answer", "stack-not-found"))


def _put_document(
    session: EngineSession, path: str, desired: Mapping[str, Any], service: Service = "confd"
) -> list[str]:
    present = session.send(service, "GET", path).object()
    changed = _differing(present, desired)
    if changed:
        kept = {key: value for key, value in present.items() if key not in _READ_ONLY}
        session.send(service, "PUT", path, body={**kept, **desired})
    return [f"{path.split('/')[0].replace('provisioning', 'networking')}.{name}" for name in changed]


_READ_ONLY = frozenset({"links", "id", "deletable", "tenant_uuid"})
_NEEDS = {"ntp_enabled": "ntp_ip", "vlan_enabled": "vlan_id", "syslog_enabled": "syslog_ip", "dns_enabled": "dns_ip"}


def _differing(present: Mapping[str, Any], desired: Mapping[str, Any]) -> list[str]:
    return [name for name, value in desired.items() if present.get(name) != value]


def _replaced(before: Pairs, options: Mapping[str, str]) -> list[list[str]]:
    """The section with each named option once, at its old place; new ones at the end."""
    section: list[list[str]] = []
    left = dict(options)
    for key, value in before:
        if key not in options:
            section.append([key, value])
        elif key in left:
            section.append([key, left.pop(key)])
    return section + [[key, value] for key, value in left.items()]


def _refuse_half_switches(config: Mapping[str, Any], at: Where) -> None:
    faults = [
        Fault("stack-default-device", at, {"switch": switch, "needs": needs})
        for switch, needs in _NEEDS.items()
        if config.get(switch) is True and not config.get(needs)
    ]
    if faults:
        raise StackRefused(*faults)


def _phonebook(host: str) -> dict[str, Any]:
    return {"host": host, "feature": "phonebook", "enabled": True}


def _parameter(session: EngineSession, name: str) -> Any:
    try:
        return session.send("provd", "GET", f"configure/{name}").object_in("param").get("value")
    except StackRefused as error:
        if error.faults[0].code == "stack-not-found":
            return None
        raise
