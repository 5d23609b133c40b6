"""What is known of one box before it is installed, and what is still missing to answer it?"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal

from preseed.releases import Suite, release
from staging.core.secret import Secret
from staging.core.words import Serial

ApplianceState = Literal["registered", "armed", "installing", "installed", "shipped"]
"""registered: known, nothing may be wiped. armed: one installation may start. installing: its disk is partitioned,
so a network boot starts from it. installed: Debian is on it and the engine may follow. shipped: with the carrier or the
customer."""


@dataclass(frozen=True, slots=True)
class FixedNetwork:
    """The address the installed system takes at its first boot; the installer itself always uses DHCP.

    address: IPv4 with its prefix length, `192.0.2.10/24`. nameservers: one to three (wazo-setupd takes no more).
    """

    address: str
    gateway: str
    nameservers: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Mirror:
    """Where the box takes its packages: a whole Debian mirror, or a caching proxy in front of one.

    host: name or address, a port may follow; no default on purpose. directory: path of the archive on that host.
    security_host: empty for no security updates while installing (a bench without Internet).
    proxy: empty, or the URL of an HTTP proxy.
    """

    host: str = ""
    directory: str = "/debian"
    security_host: str = ""
    proxy: str = ""


@dataclass(frozen=True, slots=True)
class DiskRules:
    """What `disks.py` asks of a disk beyond never being removable, read-only, USB or the installer's own.

    Sizes are GB of 10^9 bytes. models: beginnings of allowed models, none for any. restage: something may stand on it.
    Source: trixie's UEFI recipe fails below about 11 GB with a message nobody understands, so 16 is asked.
    """

    minimum_gb: int = 16
    maximum_gb: int | None = None
    models: tuple[str, ...] = ()
    restage: bool = False


@dataclass(frozen=True, slots=True)
class WazoRelease:
    """Which Wazo the first boot installs, and from where.

    ansible_url: git repository of wazo-ansible; no default on purpose. ansible_version: a tag, `wazo-26.04`.
    distribution: None takes the one known for the Debian release. repository: `main`, or `archive` to freeze a version.
    """

    ansible_url: str = ""
    ansible_version: str = ""
    distribution: str | None = None
    repository: str = "main"


@dataclass(frozen=True, slots=True)
class Appliance:
    """One small PC and what it must become.

    wazo: None makes a plain Debian. root_password_hash: crypt(3), `$6$…` or `$y$…`. keyboard: the installer's
    own name, `fr(latin9)`. network: None keeps DHCP after the installation. authorities: PEM certificates, one each,
    that the box trusts for its mirrors and git. templates: texts of the bench, of its
    customer and of its own that are laid over the standard answers, in this order (`template.py`).
    """

    serial: Serial
    model: str
    hostname: str
    domain: str
    suite: Suite = "bookworm"
    customer: str = ""
    state: ApplianceState = "registered"
    network: FixedNetwork | None = None
    keyboard: str = "fr(latin9)"
    locale: str = "en_US.UTF-8"
    country: str = "FR"
    timezone: str = "Europe/Paris"
    mirror: Mirror = field(default_factory=Mirror)
    ssh_keys: tuple[str, ...] = ()
    authorities: tuple[str, ...] = ()
    root_password_hash: Secret | None = None
    packages: tuple[str, ...] = ()
    disk: DiskRules = field(default_factory=DiskRules)
    ntp_servers: tuple[str, ...] = ()
    wazo: WazoRelease | None = field(default_factory=WazoRelease)
    templates: tuple[str, ...] = ()


def wazo_distribution(appliance: Appliance) -> str:
    """The Wazo package distribution for this box; empty when none is known for its Debian release."""
    if appliance.wazo is None:
        return ""
    return appliance.wazo.distribution or release(appliance.suite).wazo_distribution


def missing_answers(appliance: Appliance) -> tuple[str, ...]:
    """What has to be given before this box can be installed; each is a fault code `lacks-…` without its head.

    Everything that has a sensible value has a default; these have none.
    """
    return tuple(_missing(appliance))


def _missing(appliance: Appliance) -> Iterator[str]:
    if not appliance.hostname:
        yield "hostname"
    if not appliance.mirror.host:
        yield "mirror-host"
    # One way in is enough, no way in is a box that must be installed again.
    if not appliance.root_password_hash and not appliance.ssh_keys:
        yield "root-access"
    if appliance.network is not None and not _is_whole(appliance.network):
        yield "network"
    if appliance.wazo is not None:
        yield from _missing_wazo(appliance, appliance.wazo)


def _missing_wazo(appliance: Appliance, wazo: WazoRelease) -> Iterator[str]:
    if not wazo.ansible_url:
        yield "ansible-url"
    if not wazo.ansible_version:
        yield "ansible-version"
    if not wazo_distribution(appliance):
        yield "wazo-distribution"


def _is_whole(network: FixedNetwork) -> bool:
    return "/" in network.address and bool(network.gateway) and 1 <= len(network.nameservers) <= 3
