"""Is an engine of the customer's own set as the order asks? Read back and compared afresh, without the diff's help."""

from collections.abc import Iterator, Mapping

from staging.wazo.live_state import LiveEngine, LiveState
from staging.wazo.models import firmware_package
from staging.wazo.raw import Json
from staging.wazo.reading import Difference, compared
from staging.wazo.state import EngineSettings, SameSecret, SecretRef, StackState

HIDDEN = "•••"


def engine_differences(
    desired: StackState, live: LiveState, same_secret: SameSecret | None = None
) -> Iterator[Difference]:
    """Voice, addresses, DHCP, phonebook, plugins, firmware, the phones' defaults; none where no engine was read.

    Of a password whether there is one, and with `same_secret` whether it is the order's.
    """
    engine = live.engine
    if engine is None:
        return
    if desired.rtp:
        yield from compared("rtp", "rtp", dict(desired.rtp.options), engine.rtp.get("options") or {})
    if desired.engine:
        yield from _addresses(desired.engine, engine)
        yield from _offers(desired.engine, engine)
        yield from _defaults(desired.engine, engine.default_device.get("raw_config") or {}, same_secret)
        yield from _base(desired.engine, engine.base_device.get("raw_config") or {})


def _addresses(wanted: EngineSettings, engine: LiveEngine) -> Iterator[Difference]:
    host, port = wanted.provision_host, wanted.provision_http_port
    where: dict[str, object] = {"provision_host": host, "provision_http_port": port}
    if wanted.provision_url:
        where["provision_http_base_url"] = wanted.provision_url
    yield from compared("provisioning", "provisioning", where, engine.networking)
    registrar = {"main_host": wanted.registrar_host, "proxy_main_host": wanted.registrar_host}
    yield from compared("registrar", "registrar", registrar, engine.registrar)
    if wanted.dhcp is None:
        return
    pool: dict[str, object] = {"active": wanted.dhcp.active}
    if wanted.dhcp.active:
        pool |= {"pool_start": wanted.dhcp.pool_start, "pool_end": wanted.dhcp.pool_end}
        pool |= {"network_interfaces": list(wanted.dhcp.interfaces)}
    yield from compared("dhcp", "dhcp", pool, engine.dhcp)


def _offers(wanted: EngineSettings, engine: LiveEngine) -> Iterator[Difference]:
    for network in wanted.phonebook_networks:
        if network not in engine.phonebook_networks:
            yield Difference("phonebook", network, "network", network, None)
    for plugin in wanted.plugins:
        if plugin not in engine.installed:
            yield Difference("plugin", plugin, "plugin", plugin, None)
    for one in wanted.firmware:
        packages = engine.firmware.get(one.plugin)
        package = firmware_package(one.model, {*packages.installed, *packages.offered}) if packages else None
        if packages and package and package not in packages.installed:
            yield Difference("firmware", one.plugin, one.model, package, None)


def _defaults(wanted: EngineSettings, there: Json, same_secret: SameSecret | None) -> Iterator[Difference]:
    plain: Mapping[str, object] = {
        name: value for name, value in wanted.default_device if not isinstance(value, SecretRef)
    }
    yield from compared("default-device", "default-device", plain, there)
    for name, value in wanted.default_device:
        if not isinstance(value, SecretRef):
            continue
        now = there.get(name)
        if not now or (same_secret and not same_secret(value, str(now))):
            yield Difference("default-device", "default-device", name, HIDDEN, HIDDEN if now else None)


def _base(wanted: EngineSettings, there: Json) -> Iterator[Difference]:
    """The two hosts that the first set-up wrote into provd's `base`, where it did."""
    hosts = {name: str(value) for name, value in wanted.default_device if name in ("ntp_ip", "X_xivo_phonebook_ip")}
    named = {name: host for name, host in hosts.items() if name in there}
    yield from compared("base-device", "base-device", named, there)
