"""What does a box's row mean for its answers? Its appliance, visit and texts, on top of what the bench decided."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from passlib.hash import sha512_crypt

from preseed.appliance import Appliance, ApplianceState, DiskRules, FixedNetwork, Mirror, WazoRelease
from preseed.releases import SUITES, Suite, parse_suite, release
from preseed.serve import Visit
from staging.adapters.store.store import Store
from staging.core.secret import Secret
from staging.core.words import Serial, host_name
from staging.jobs.records import Box

TWIN_LIFE = timedelta(minutes=3)
"""How long a second box that says the same serial is remembered; each says hello once a minute."""

_ROUNDS = 20_000
"""Of the root password's hash; bulk rendering stays quick, and the password is random anyway."""


@dataclass(frozen=True, slots=True)
class BenchSettings:
    """What the installation decides for every box: mirror, keys, the playbook. None makes a box incomplete."""

    mirror_host: str | None
    mirror_directory: str
    proxy: str | None
    ssh_keys: tuple[str, ...]
    authorities: tuple[str, ...]
    ansible_url: str | None
    wazo_release: str
    wazo_distribution: str | None
    domain: str


def root_hash(store: Store, serial: Serial) -> Secret:
    """The hash of a box's root password, both made when they are new; slow, so arming asks for it before any box."""
    scope = f"appliance:{serial}:root"
    found = store.vault.find(scope, "root-hash")
    if found is None:
        password = store.vault.ensure(scope, "root-password").reveal()
        found = Secret(sha512_crypt.using(rounds=_ROUNDS).hash(password))
        store.vault.put(found.reveal(), scope=scope, kind="root-hash")
    return found


def texts_for(box: Box, texts: Mapping[tuple[str, str], str]) -> tuple[str, ...]:
    """The texts that change this box's answers, in order: the bench's, its customer's, its own."""
    wanted = (("bench", ""), ("customer", box.customer or "?"), ("box", box.serial))
    return tuple(texts[one] for one in wanted if one in texts)


def appliance_of(box: Box, bench: BenchSettings, *, templates: tuple[str, ...], password_hash: Secret) -> Appliance:
    """A box as its preseed needs it: what was registered, on top of the bench's settings and texts."""
    given = box.overrides
    network, disk = given.get("network"), given.get("disk") or {}
    return Appliance(
        serial=box.serial,
        model=box.model,
        hostname=str(given.get("hostname") or host_name(box.serial)),
        domain=bench.domain,
        suite=_suite(box.suite),
        customer=box.customer or "",
        state=_state(box),
        network=FixedNetwork(network["address"], network["gateway"], tuple(network["nameservers"]))
        if network
        else None,
        keyboard=str(given.get("keyboard") or "fr(latin9)"),
        mirror=bench_mirror(bench),
        ssh_keys=bench.ssh_keys,
        authorities=bench.authorities,
        root_password_hash=password_hash,
        packages=tuple(given.get("packages") or ()),
        disk=DiskRules(maximum_gb=disk.get("maximum_gb"), models=tuple(disk.get("models") or ()), restage=box.restage),
        wazo=_wazo(box, bench),
        templates=templates,
    )


def bench_mirror(bench: BenchSettings) -> Mirror:
    """Where every box takes its packages from; without a host where the settings name none."""
    return Mirror(host=bench.mirror_host or "", directory=bench.mirror_directory, proxy=bench.proxy or "")


def visit_of(box: Box, now: datetime) -> Visit:
    """What is remembered of a box since it was armed."""
    suite, twin = box.facts.get("suite"), box.facts.get("twin")
    alive = isinstance(twin, Mapping) and now - datetime.fromisoformat(str(twin["at"])) < TWIN_LIFE
    return Visit(
        box.hello_address,
        str(suite) if suite else None,
        box.first_fetch_at,
        box.early_at is not None,
        str(twin["address"]) if alive and isinstance(twin, Mapping) else None,
    )


def _wazo(box: Box, bench: BenchSettings) -> WazoRelease:
    """What the first boot installs. The setting speaks for releases of which we know no packages, and only for them."""
    known = release(_suite(box.suite)).wazo_distribution
    return WazoRelease(
        ansible_url=bench.ansible_url or "",
        ansible_version=bench.wazo_release,
        distribution=known or bench.wazo_distribution,
    )


def _state(box: Box) -> ApplianceState:
    if box.shipped_at is not None:
        return "shipped"
    # Before whether it was armed: one that was taken as it is never was, and has to start from its disk.
    if box.installed_at is not None or box.engine_ready_at is not None:
        return "installed"
    if box.armed_at is None:
        return "registered"
    return "installing" if box.partitioned_at is not None else "armed"


def _suite(name: str) -> Suite:
    return parse_suite(name) or SUITES[0]
