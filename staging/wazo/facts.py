"""What does an order know beside its numbering plan?"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from numbering.plan import Profile
from staging.core.words import Did
from staging.wazo.state import Dhcp

SUBSCRIPTION_TYPES: Mapping[Profile, int] = MappingProxyType(
    {"voice": 0, "unified-communication": 1, "customer-relationship": 3}
)
"""Inferred from the portal's own types (`wazo-ts-types`, `Seats`); an integrator may configure others."""

DID_FORMATS = ("national", "e164", "e164-plus")
_LAST = re.compile(r"last-([1-9][0-9]?)")


@dataclass(frozen=True, slots=True)
class Preset:
    """What the integrator sets once, for every order.

    stun: `host:port` of the server that applications find their way in with, or None; rtp_start, rtp_end: media ports.
    pickups: members of a ring group may take each other's calls; firmware: the engine serves the phones theirs.
    """

    stun: str | None = None
    rtp_start: int = 10000
    rtp_end: int = 20000
    pickups: bool = True
    firmware: bool = True


@dataclass(frozen=True, slots=True)
class EngineFacts:
    """What an engine of the customer's own is told. stack_address: how phones on the bench reach it.

    ntp: a host, the stack itself when None. installable: plugins that provd can install, or None when not known.
    provision_url: what becomes of the URL that somebody gave phones for their files, None when it is left alone.
    """

    stack_address: str
    dhcp: Dhcp | None = None
    phonebook_networks: tuple[str, ...] = ()
    ntp: str | None = None
    installable: tuple[str, ...] | None = None
    admin_username: str = "admin"
    user_username: str = "user"
    provision_url: str | None = None


@dataclass(frozen=True, slots=True)
class OrderFacts:
    """An order's own facts. slug: at most 10 letters or digits; did_format: national, e164, e164-plus or last-N.

    main_to: extension or group label that the main number rings; the first receptionist when None.
    engine: None on a shared stack in service, whose settings nobody touches.
    plugins: ids of the engine's installed plugins, to choose a device's from.
    """

    order_id: str
    customer: str
    slug: str
    tenant_name: str
    did_format: str = "national"
    main_to: str | None = None
    main_number: Did | None = None
    tenant_uuid: str | None = None
    engine: EngineFacts | None = None
    plugins: tuple[str, ...] = ()
    country_code: str = "33"
    language: str = "fr_FR"
    timezone: str = "Europe/Paris"
    voicemail_timezone: str = "eu-fr"
    subscription_types: Mapping[Profile, int] = field(default_factory=lambda: SUBSCRIPTION_TYPES)
    preset: Preset = field(default_factory=Preset)

    @property
    def on_premise(self) -> bool:
        """Whether the engine is the customer's own, so that its settings are ours to write."""
        return self.engine is not None

    @property
    def marker(self) -> str:
        """What the users of this order carry in `userfield`."""
        return marker_of(self.order_id)


def marker_of(order_id: str) -> str:
    """What the users of an order carry in `userfield`."""
    return f"staging:{order_id}"


def engine_number(did: Did, did_format: str, *, country_code: str = "33") -> str:
    """A DID in the digits that the engine receives: national `0465710001`, e164 `33465710001`, e164-plus, last-N.

    A number of another country keeps its full digits in the national form. Raises ValueError on an unknown format.
    """
    digits = did.removeprefix("+")
    last = _LAST.fullmatch(did_format)
    if last:
        return digits[-int(last[1]) :]
    match did_format:
        case "e164":
            return digits
        case "e164-plus":
            return f"+{digits}"
        case "national":
            return "0" + digits.removeprefix(country_code) if digits.startswith(country_code) else f"00{digits}"
    raise ValueError(f"unknown DID format {did_format!r}")
