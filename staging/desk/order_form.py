"""Is what somebody typed for an order right? Each check gives the fault, or None."""

import ipaddress
import re
from unicodedata import normalize

from stdnum.exceptions import ValidationError
from stdnum.fr import siret as siret_numbers

from staging.core.faults import Fault, Where
from staging.core.words import parse_extension
from staging.desk.plans import extension_range

_LONGEST_CUSTOMER = 128
_LONGEST_HOST = 39
_HOST = re.compile(r"([A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?\.)*[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?")
_LOOKS_IPV4 = re.compile(r"[0-9.]*")
"""A name of digits alone is a mistyped address: no host of a customer's is called 10.1.2."""


def bad_customer(customer: str) -> Fault | None:
    """The fault of a customer's name that is empty, too long for the portal, or that no label could show."""
    # A font is read for it, which only this command needs.
    from labels.layout import undrawable
    from labels.ruler import font_ruler

    named = customer.strip()
    at = Where("order", field="customer")
    if not (1 <= len(named) <= _LONGEST_CUSTOMER and named.isprintable()):
        return Fault("bad-customer", at, {"typed": customer[:40]})
    if strange := undrawable(normalize("NFC", named), font_ruler(), bold=True):
        return Fault("customer-undrawable", at, {"typed": named, "characters": strange})
    return None


def bad_siret(siret: str) -> Fault | None:
    """The fault of a SIRET whose digits or check digit are wrong."""
    try:
        siret_numbers.validate(siret)
    except ValidationError:
        return Fault("bad-siret", Where("order", field="siret"), {"typed": siret[:40]})
    return None


def bad_range(extensions: str | None) -> Fault | None:
    """The fault of a range of short numbers that is none (`8000-8079`)."""
    if extensions is None:
        return None
    try:
        extension_range(extensions)
    except ValueError:
        return Fault("bad-extension-range", Where("order", field="extensions"), {"range": extensions[:40]})
    return None


def bad_main(main_to: str | None) -> Fault | None:
    """The fault of a main destination that is no extension; none given is none."""
    if not main_to or parse_extension(main_to):
        return None
    return Fault("invalid-extension", Where("order", field="main_to"), {"value": main_to[:40]})


def bad_address(address: str) -> Fault | None:
    """The fault of a final address that is neither a host name nor an IPv4 address, which may carry `/8` to `/27`."""
    typed = address.strip()
    host, slash, prefix = typed.partition("/")
    if _LOOKS_IPV4.fullmatch(host):
        good = _is_ipv4(host) and (not slash or (_is_prefix(prefix) and _is_host(typed)))
    else:
        good = not slash and len(host) <= _LONGEST_HOST and bool(_HOST.fullmatch(host))
    if good:
        return None
    return Fault("bad-address", Where("order", field="address"), {"typed": address[:40]})


def _is_ipv4(typed: str) -> bool:
    try:
        address = ipaddress.IPv4Address(typed)
    except ValueError:
        return False
    return not (address.is_loopback or address.is_multicast or address.is_unspecified or address.is_link_local)


def _is_prefix(typed: str) -> bool:
    return typed.isdecimal() and typed.isascii() and len(typed) <= 2 and 8 <= int(typed) <= 27


def _is_host(typed: str) -> bool:
    """Not the first or last address of its network, which no machine can have."""
    wanted = ipaddress.IPv4Interface(typed)
    return wanted.ip not in (wanted.network.network_address, wanted.network.broadcast_address)
