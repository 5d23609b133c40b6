"""What is one box told that the others are not? Its own name, keyboard, address, packages and disk."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Interface, ip_address
from typing import Any

from preseed.appliance import DiskRules
from preseed.disks import clean_model
from preseed.questions import known_questions
from preseed.releases import Suite
from staging.core.faults import Fault, Where

MOST_PACKAGES = 50
MOST_MODELS = 10
_LARGEST_GB = 100_000
_HOST_NAME = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")
# Source: Debian policy 5.6.1. None ends in a hyphen: apt takes that for "remove it".
_PACKAGE = re.compile(r"[a-z0-9][a-z0-9+.-]*[a-z0-9+]")


@dataclass(frozen=True, slots=True)
class Own:
    """What was typed for one box; an empty word leaves it as it is for every box.

    address: IPv4 with its prefix length, `192.0.2.10/24`; with it a gateway and one to three nameservers. Without any
    of the three the box keeps DHCP. disk_maximum_gb: digits, GB of 10^9 bytes. disk_models: beginnings of models.
    """

    hostname: str = ""
    keyboard: str = ""
    address: str = ""
    gateway: str = ""
    nameservers: tuple[str, ...] = ()
    packages: tuple[str, ...] = ()
    disk_maximum_gb: str = ""
    disk_models: tuple[str, ...] = ()


def split_words(typed: str) -> tuple[str, ...]:
    """Words as somebody writes several in one field: parted by blanks or commas."""
    return tuple(typed.replace(",", " ").split())


def split_models(typed: str) -> tuple[str, ...]:
    """Disk models in one field: parted by commas, for they hold blanks."""
    return tuple(model for part in typed.split(",") if (model := part.strip()))


def keyboards(suite: Suite) -> tuple[str, ...]:
    """The keyboards that a release's installer knows, by its own names."""
    questions = known_questions(suite)["keyboard-configuration/xkb-keymap"]
    return tuple(sorted(frozenset[str]().union(*(question.choices or () for question in questions))))


def check_own(own: Own, suite: Suite, *, source: str = "") -> tuple[Fault, ...]:
    """All that is wrong with what was typed; each fault's place is the field. source: the box's serial."""
    return tuple(
        Fault(code, Where(source, field=field), facts)
        for code, field, facts in (*_check_name(own, suite), *_check_network(own), *_check_disk(own))
    )


def as_overrides(own: Own) -> dict[str, Any]:
    """What is kept of it; nothing of a field that was left empty. Only for what `check_own` finds no fault with."""
    kept: dict[str, Any] = {"hostname": own.hostname, "keyboard": own.keyboard, "packages": list(own.packages)}
    if own.address:
        kept["network"] = {"address": own.address, "gateway": own.gateway, "nameservers": list(own.nameservers)}
    disk = {
        "maximum_gb": int(own.disk_maximum_gb) if own.disk_maximum_gb else None,
        "models": [clean_model(model) for model in own.disk_models],
    }
    kept["disk"] = {name: value for name, value in disk.items() if value}
    return {name: value for name, value in kept.items() if value}


def read_overrides(kept: Mapping[str, Any]) -> Own:
    """What was kept, as it is typed."""
    network, disk = kept.get("network") or {}, kept.get("disk") or {}
    return Own(
        hostname=str(kept.get("hostname") or ""),
        keyboard=str(kept.get("keyboard") or ""),
        address=str(network.get("address") or ""),
        gateway=str(network.get("gateway") or ""),
        nameservers=tuple(network.get("nameservers") or ()),
        packages=tuple(kept.get("packages") or ()),
        disk_maximum_gb=str(disk.get("maximum_gb") or ""),
        disk_models=tuple(disk.get("models") or ()),
    )


_Wrong = tuple[str, str, Mapping[str, Any]]


def _check_name(own: Own, suite: Suite) -> Iterator[_Wrong]:
    if own.hostname and not _HOST_NAME.fullmatch(own.hostname):
        yield "own-hostname", "hostname", {"typed": own.hostname[:80]}
    if own.keyboard and own.keyboard not in keyboards(suite):
        near = [one for one in keyboards(suite) if one.startswith(own.keyboard[:2])]
        yield "own-keyboard", "keyboard", {"typed": own.keyboard[:40], "known": ", ".join(near[:8]) or "fr(latin9), us"}
    wrong = next((one for one in own.packages if not _PACKAGE.fullmatch(one)), None)
    if wrong is not None or len(own.packages) > MOST_PACKAGES:
        yield "own-packages", "packages", {"typed": (wrong or "…")[:40], "most": MOST_PACKAGES}


def _check_network(own: Own) -> Iterator[_Wrong]:
    if not (own.address or own.gateway or own.nameservers):
        return
    if not (own.address and own.gateway and own.nameservers):
        yield "own-network-half", "address", {}
        return
    interface = _interface(own.address)
    if interface is None:
        yield "own-address", "address", {"typed": own.address[:60]}
    elif not _is_neighbour(own.gateway, interface):
        yield "own-gateway", "gateway", {"typed": own.gateway[:60], "network": str(interface.network)}
    if len(own.nameservers) > 3 or not all(map(_is_host, own.nameservers)):
        yield "own-nameservers", "nameservers", {"typed": " ".join(own.nameservers)[:80]}


def _check_disk(own: Own) -> Iterator[_Wrong]:
    gb, least = own.disk_maximum_gb, DiskRules().minimum_gb
    if gb and not (gb.isascii() and gb.isdigit() and len(gb) < 7 and least <= int(gb) <= _LARGEST_GB):
        yield "own-disk-size", "disk_maximum_gb", {"typed": gb[:20], "least": least, "most": _LARGEST_GB}
    models = own.disk_models
    # A model of which nothing is left once it is cleaned would be a pattern that every disk fits.
    if len(models) > MOST_MODELS or not all(map(clean_model, models)):
        yield "own-disk-model", "disk_models", {"typed": ", ".join(models)[:80], "most": MOST_MODELS}


def _interface(typed: str) -> IPv4Interface | None:
    """An address that a box can have: with its prefix length, and neither the network's own nor everybody's."""
    try:
        interface = IPv4Interface(typed)
    except ValueError:
        return None
    usable = typed == str(interface) and interface.ip not in _ends(interface) and _is_host(str(interface.ip))
    return interface if usable and interface.network.prefixlen < 32 else None


def _is_neighbour(typed: str, interface: IPv4Interface) -> bool:
    taken = (interface.ip, *_ends(interface))
    return _is_host(typed) and ip_address(typed) in interface.network and ip_address(typed) not in taken


def _ends(interface: IPv4Interface) -> tuple[IPv4Address, ...]:
    """The network's own address and everybody's; a wire between two machines has neither (RFC 3021)."""
    network = interface.network
    return (network.network_address, network.broadcast_address) if network.prefixlen < 31 else ()


def _is_host(typed: str) -> bool:
    try:
        address = ip_address(typed)
    except ValueError:
        return False
    return not (address.is_loopback or address.is_unspecified or address.is_multicast) and "%" not in typed
