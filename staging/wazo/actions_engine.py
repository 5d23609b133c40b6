"""Which requests set up a customer's own engine, and in which order?"""

from collections.abc import Iterator
from typing import Any

from staging.wazo.bodies import Body
from staging.wazo.change import Action, Change
from staging.wazo.diff_engine import wanted_base, wanted_dhcp, wanted_networking, wanted_registrar
from staging.wazo.live_state import LiveEngine
from staging.wazo.progress import Pass
from staging.wazo.state import EngineSettings

_LANE = "engine"
_READ_ONLY = ("id", "links", "deletable", "uuid")


def engine_actions(now: Pass) -> Iterator[Action]:
    """One lane for all. The provisioning address goes alone: it restarts wazo-provd, which the others need.

    Installing a plugin and updating their list only start an operation of provd; the executor waits for its end.
    """
    wanted, live = now.desired.engine, now.live.engine
    if wanted is None or live is None:
        return
    engine = [change for change in now.due if change.noun in _WRITERS]
    alone = [change for change in engine if change.noun == "provisioning"]
    for change in alone or engine:
        service, method, path, body = _WRITERS[change.noun](change, wanted, live)
        yield now.send(change, method, path, body, service=service, master=True, lane=_LANE)


def rtp_actions(change: Change, now: Pass) -> Iterator[Action]:
    """Write the options of RTP; a PUT replaces them all, so the others are in it."""
    live = now.live.engine
    if live is None:
        return
    options = dict(live.rtp.get("options") or {})
    for field in change.fields:
        options.pop(field.name, None)
        if field.after is not None:
            options[field.name] = field.after
    yield now.send(change, "PUT", "asterisk/rtp/general", {"options": options}, master=True, lane=_LANE)


def firmware_actions(change: Change, now: Pass) -> Iterator[Action]:
    """Have provd fetch a package, one after the other: it refuses a second one meanwhile."""
    plugin, package = change.key.split("/")
    path = f"pg_mgr/plugins/{plugin}/install/install"
    yield now.send(change, "POST", path, {"id": package}, service="provd", master=True, lane=_LANE)


def _networking(_: Change, wanted: EngineSettings, live: LiveEngine) -> Any:
    return "confd", "PUT", "provisioning/networking", _over(live.networking, wanted_networking(wanted))


def _dhcp(_: Change, wanted: EngineSettings, live: LiveEngine) -> Any:
    return "confd", "PUT", "dhcp", _over(live.dhcp, wanted_dhcp(wanted))


def _registrar(_: Change, wanted: EngineSettings, live: LiveEngine) -> Any:
    return "confd", "PUT", "registrars/default", _over(live.registrar, wanted_registrar(wanted))


def _phonebook(change: Change, _: EngineSettings, live: LiveEngine) -> Any:
    body = {"host": change.key, "feature": "phonebook", "enabled": True}
    closed = live.phonebook_off.get(change.key)
    if closed is not None:
        return "confd", "PUT", f"access_features/{closed}", body
    return "confd", "POST", "access_features", body


def _plugin(change: Change, _: EngineSettings, live: LiveEngine) -> Any:
    if change.key in live.installable:
        return "provd", "POST", "pg_mgr/install/install", {"id": change.key}
    return "provd", "POST", "pg_mgr/install/update", {}


def _default_device(_: Change, wanted: EngineSettings, live: LiveEngine) -> Any:
    raw = _over(live.default_device.get("raw_config") or {}, dict(wanted.default_device))
    document = {**live.default_device, "raw_config": raw}
    return "provd", "PUT", "cfg_mgr/configs/defaultconfigdevice", {"config": document}


def _base_device(_: Change, wanted: EngineSettings, live: LiveEngine) -> Any:
    raw = _over(live.base_device.get("raw_config") or {}, wanted_base(wanted, live))
    return "provd", "PUT", "cfg_mgr/configs/base", {"config": {**live.base_device, "raw_config": raw}}


def _over(live: Any, wanted: Any) -> Body:
    """What is there with ours over it: these requests replace the whole document."""
    return {name: value for name, value in {**live, **wanted}.items() if name not in _READ_ONLY}


_WRITERS = {
    "provisioning": _networking,
    "dhcp": _dhcp,
    "registrar": _registrar,
    "phonebook": _phonebook,
    "plugin": _plugin,
    "default-device": _default_device,
    "base-device": _base_device,
}
