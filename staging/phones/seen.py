"""Which phones has provd seen, and in which state is each?"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from staging.core.words import Mac, parse_mac

PhoneState = Literal["autoprov", "configured", "not_configured", "corrupted"]


@dataclass(frozen=True, slots=True)
class SeenPhone:
    """A phone as provd sees it. fetched_username: the SIP user name in the file that it last fetched.

    tenant: uuid of the tenant that it belongs to; allocated: False while it waits in the master tenant.
    """

    mac: Mac
    model: str | None
    vendor: str | None
    ip: str | None
    state: PhoneState
    device_id: str
    fetched_username: str | None
    tenant: str | None
    allocated: bool = True


def seen_phones(documents: Iterable[Mapping[str, Any]]) -> tuple[SeenPhone, ...]:
    """The phones among provd's device documents, by MAC; a device without a usable MAC is none (a browser made it)."""
    phones = (seen_phone(document) for document in documents)
    return tuple(sorted((phone for phone in phones if phone), key=lambda phone: (phone.mac, phone.device_id)))


def seen_phone(document: Mapping[str, Any]) -> SeenPhone | None:
    """One phone from provd's device document; None without a usable MAC."""
    mac = parse_mac(document.get("mac") or "")
    if mac is None:
        return None
    return SeenPhone(
        mac=mac,
        model=document.get("model"),
        vendor=document.get("vendor"),
        ip=document.get("ip"),
        state=_state(document),
        device_id=document["id"],
        fetched_username=document.get("remote_state_sip_username"),
        tenant=document.get("tenant_uuid"),
        allocated=not document.get("is_new", False),
    )


def _state(document: Mapping[str, Any]) -> PhoneState:
    # wazo-confd computes `status` from the same three facts; its own word is taken where it is given.
    given: PhoneState | None = document.get("status")
    if given:
        return given
    config = document.get("config")
    if not config:
        return "corrupted"
    if not document.get("configured"):
        return "not_configured"
    return "autoprov" if config.startswith("autoprov") else "configured"
