"""Which addresses does a customer's own engine give to phones, on which card, and where do they ask for files?"""

import ipaddress
from urllib.parse import urlsplit

from staging.jobs.records import Box
from staging.wazo.raw import RawEngine
from staging.wazo.state import Dhcp

_SMALLEST_NETWORK = 32
_LEFT_ALONE = 5


def network_of(cidr: str) -> ipaddress.IPv4Network | None:
    """The network of an address that was given with its prefix length; without one nothing is guessed."""
    try:
        return ipaddress.IPv4Network(cidr, strict=False) if "/" in cidr else None
    except ValueError:
        return None


def card_of(box: Box | None, settings: RawEngine) -> str | None:
    """The card that the box was installed through, else the one that the engine's DHCP server has by now."""
    known = [str(box.facts.get("interface", ""))] if box else []
    return next((card for card in (*known, *(settings.dhcp.get("network_interfaces") or ())) if card), None)


def moved_url(url: object, *, bench: str | None, host: str) -> str | None:
    """A URL at the bench's address with the customer's host in its place; None for any other, which stays."""
    try:
        parts = urlsplit(str(url or ""))
        port = f":{parts.port}" if parts.port else ""
    except ValueError:
        return None
    if bench is None or parts.hostname != bench or bench == host:
        return None
    return parts._replace(netloc=f"{host}{port}").geturl()


def pool_in(network: ipaddress.IPv4Network, card: str, *, engine: str) -> Dhcp | None:
    """At most a hundred addresses on that card, beside the engine's own.

    The first and last few of a network are left alone: gateways and printers like them.
    """
    if network.num_addresses < _SMALLEST_NETWORK:
        return None
    first, last = network.network_address + _LEFT_ALONE, network.broadcast_address - _LEFT_ALONE
    try:
        own = ipaddress.IPv4Address(engine)
    except ValueError:
        own = network.network_address
    below, above = (first, min(last, own - 1)), (max(first, own + 1), last)
    low, high = max(below, above, key=lambda free: int(free[1]) - int(free[0]))
    low = max(low, high - 99)
    return Dhcp(active=True, pool_start=str(low), pool_end=str(high), interfaces=(card,))
