"""How does a stack appear on the portal, and how is a customer's site linked to it?

The portal's server code is not public: paths and fields are those of its published types and clients; whatever else
(uniqueness, validation) is not promised, so everything here looks first, compares exactly, and keeps uuids.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from staging.adapters.wazo_http.address import PortalAddress, Service
from staging.adapters.wazo_http.session import PortalSession
from staging.adapters.wazo_http.wire import Query
from staging.core.faults import Fault, StackRefused, Where
from staging.core.secret import Secret

__all__ = ["PortalAddress", "PortalSession"]

_PAGE = 100


@dataclass(frozen=True, slots=True)
class Ensured:
    """Something that stands on the portal. changed: it was created or rewritten just now."""

    uuid: str
    changed: bool


@dataclass(frozen=True, slots=True)
class InstanceAddress:
    """How the portal reaches an engine: by its own network, by the public one, and which it tries."""

    private_host: str
    public_host: str
    port: int = 443
    preferred_connection: Literal["private", "public", "any"] = "public"


@dataclass(frozen=True, slots=True)
class EngineSeen:
    """What the portal reads through to an engine: proof that it reaches it."""

    configured: bool
    uuid: str | None
    version: str | None


def find_instance(session: PortalSession, name: str) -> dict[str, Any] | None:
    """The instance (stack) with exactly this name; None when there is none.

    Two of them raise StackRefused `portal-instance-ambiguous`: a repeated registration makes doubles.
    """
    found = [item for item in _list(session, "deployd", "instances", {"search": name}) if item.get("name") == name]
    if len(found) > 1:
        at = Where(session.host, field="instances")
        raise StackRefused(Fault("portal-instance-ambiguous", at, {"host": session.host, "name": name}))
    return found[0] if found else None


def get_instance(session: PortalSession, uuid: str) -> dict[str, Any]:
    """One instance. Raises StackRefused `stack-not-found` when the portal has it no more."""
    return session.send("deployd", "GET", f"instances/{uuid}").object()


def read_engine_through_portal(session: PortalSession, instance_uuid: str) -> EngineSeen:
    """Ask the portal to ask the engine; the acceptance test of a registration."""
    seen = session.send("deployd", "GET", f"instances/{instance_uuid}/wazo").object()
    uuid, version = seen.get("uuid"), seen.get("wazo_version")
    return EngineSeen(seen.get("configured") is True, uuid and str(uuid), version and str(version))


def ensure_instance(
    session: PortalSession, *, name: str, password: Secret, address: InstanceAddress, uuid: str | None = None
) -> Ensured:
    """A registered engine's entry, created when missing, rewritten when its addresses differ.

    password: the engine's root password, which the portal keeps; uuid: when known, else it is found by name.
    Usually set-up registers the engine; this one follows an address change, or serves an engine set up by hand.
    """
    present = get_instance(session, uuid) if uuid else find_instance(session, name)
    wanted: dict[str, Any] = {
        "name": name,
        "private_host": address.private_host,
        "private_port": address.port,
        "public_host": address.public_host,
        "public_port": address.port,
        "preferred_connection": address.preferred_connection,
    }
    if present and all(present.get(key) == value for key, value in wanted.items()):
        return Ensured(_uuid(present), changed=False)
    account = {"username": "root", "password": password.reveal(), "service_id": 1}
    if present:
        body = {**wanted, **account, "config": present.get("config") or {}, "installed": True}
        session.send("deployd", "PUT", f"instances/{present['uuid']}", body=body)
        return Ensured(_uuid(present), changed=True)
    body = {**wanted, **account, "config": {}, "installed": True}
    return Ensured(_uuid(session.send("deployd", "POST", "instances", body=body).object()), changed=True)


def find_customer(session: PortalSession, siret: str) -> dict[str, Any] | None:
    """The customer whose ID in our own books (`client_id`) is this SIRET; None when there is none."""
    found = _list(session, "confd", "customers", {"client_id": siret})
    return next((item for item in found if item.get("client_id") == siret), None)


def ensure_customer(session: PortalSession, *, name: str, siret: str) -> Ensured:
    """The customer, found by SIRET, created when missing. A name that the portal knows otherwise stays."""
    present = find_customer(session, siret)
    if present:
        return Ensured(_uuid(present), changed=False)
    body = {"name": name, "client_id": siret}
    return Ensured(_uuid(session.send("confd", "POST", "customers", body=body).object()), changed=True)


def find_location(session: PortalSession, *, customer_uuid: str, name: str) -> dict[str, Any] | None:
    """The customer's location with exactly this name; None when there is none."""
    found = _list(session, "confd", "locations", {"customer_uuid": customer_uuid, "name": name})
    own = (item for item in found if item.get("name") == name)
    return next((item for item in own if item.get("customer_uuid", customer_uuid) == customer_uuid), None)


def ensure_location(
    session: PortalSession, *, customer_uuid: str, name: str, address: Mapping[str, str] | None = None
) -> Ensured:
    """The customer's location, created when missing.

    address: `line_1`, `line_2`, `city`, `state`, `country`, `zip_code`, as far as known.
    """
    present = find_location(session, customer_uuid=customer_uuid, name=name)
    if present:
        return Ensured(_uuid(present), changed=False)
    body: dict[str, Any] = {"name": name, "customer_uuid": customer_uuid}
    if address:
        body["address"] = dict(address)
    return Ensured(_uuid(session.send("confd", "POST", "locations", body=body).object()), changed=True)


def ensure_link(
    session: PortalSession,
    *,
    location_uuid: str,
    instance_uuid: str,
    tenant_uuid: str,
    credential_uuid: str | None = None,
) -> Ensured:
    """The link of a location with an engine's tenant; other tenants linked to the location stay.

    credential_uuid: the account that the portal uses on the engine; by default the instance's root account.
    """
    location = session.send("confd", "GET", f"locations/{location_uuid}").object()
    links = [link for link in location.get("wazo_tenants") or [] if isinstance(link, Mapping)]
    if any(link.get("uuid") == tenant_uuid and link.get("instance_uuid") == instance_uuid for link in links):
        return Ensured(location_uuid, changed=False)
    credential = credential_uuid or get_instance(session, instance_uuid).get("root_credential_uuid")
    link = {"uuid": tenant_uuid, "instance_uuid": instance_uuid, "credential_uuid": credential}
    others = [
        {key: other.get(key) for key in ("uuid", "instance_uuid", "credential_uuid")}
        for other in links
        if other.get("uuid") != tenant_uuid
    ]
    body = {"wazo_tenants": [*others, link]}
    session.send("confd", "PUT", f"locations/{location_uuid}/wazo/tenants", body=body)
    return Ensured(location_uuid, changed=True)


def _list(session: PortalSession, service: Service, path: str, query: Query) -> list[dict[str, Any]]:
    found: dict[Any, dict[str, Any]] = {}
    offset = 0
    while True:
        page = session.send(service, "GET", path, query={**query, "limit": _PAGE, "offset": offset})
        items = page.list_in("items")
        fresh = [item for item in items if item.get("uuid") not in found]
        found |= {item.get("uuid"): item for item in fresh}
        offset += len(items)
        # A portal that does not know `offset` sends the same ones for ever.
        if len(items) < _PAGE or not fresh:
            return list(found.values())


def _uuid(document: Mapping[str, Any]) -> str:
    return str(document["uuid"])
