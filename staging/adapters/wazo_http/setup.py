"""How does a fresh engine become a registered one with our customer's tenant?"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Literal

from staging.adapters.wazo_http.session import EngineSession
from staging.adapters.wazo_http.waiting import Patience, wait_for
from staging.core.faults import Fault, StackRefused, StackUnreachable, Where
from staging.core.secret import Secret

_RESTARTING = Patience(within=timedelta(minutes=3), every=timedelta(seconds=2))
_TEMPLATES = Patience(within=timedelta(seconds=60), every=timedelta(milliseconds=250))
# nginx gives up after 180 s, the engine's own installer after 300.
_SETUP_S = 300.0
# While the engine is being installed, some other page may answer in its place.
_STARTING = ("stack-strange-answer", "stack-not-found")


@dataclass(frozen=True, slots=True)
class EngineHealth:
    """What an engine says of itself before anybody logs in.

    auth_ok: wazo-auth answers and all its parts work; configurable: set-up can start; configured: it was done;
    parts: confd's view of auth and provd, `ok` or `fail`.
    """

    auth_ok: bool
    configurable: bool
    configured: bool
    parts: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class PortalRegistration:
    """What the engine needs to register itself on the portal while it is set up.

    host, port: the portal as the engine reaches it; service_id, service_key: its account there;
    instance_name: the stack's name there; engine_host, engine_port: where the portal reaches the engine.
    """

    host: str
    service_id: str
    service_key: Secret
    instance_name: str
    engine_host: str
    port: int = 443
    engine_port: int = 443
    verify_certificate: bool = True
    preferred_connection: Literal["public", "private"] = "public"


@dataclass(frozen=True, slots=True)
class EnsuredTenant:
    """A tenant that exists on the engine, in confd too. created: it was not there before."""

    uuid: str
    slug: str
    created: bool


def engine_health(session: EngineSession) -> EngineHealth:
    """Ask wazo-auth's status and confd's wizard, without a token. Raises StackUnreachable when confd is silent."""
    wizard = session.send("confd", "GET", "wizard", anonymous=True).object()
    parts = wizard.get("configurable_status")
    return EngineHealth(
        auth_ok=_auth_ok(session),
        configurable=wizard.get("configurable") is True,
        configured=wizard.get("configured") is True,
        parts={str(k): str(v) for k, v in parts.items()} if isinstance(parts, Mapping) else {},
    )


def set_up_engine(
    session: EngineSession,
    *,
    password: Secret,
    language: Literal["fr_FR", "en_US"] = "fr_FR",
    internal_address: str | None = None,
    portal: PortalRegistration | None = None,
    instance_uuid: str | None = None,
    patience: Patience = _RESTARTING,
) -> list[str]:
    """Set up a fresh engine and register it on the portal, in one call; what was done, nothing the second time.

    password: the future root password, 4 to 64 characters; internal_address: the engine as its own network
    sees it, needed with a portal; instance_uuid: the stack's uuid on the portal when it already has one: without
    it a second registration makes a second stack there, so look it up by name first.
    An engine that is configured and either needs no portal or has its uuid there is left alone. One that was
    set up before without the portal, and whose setupd is gone, raises StackRefused `stack-setup-stopped`.
    Afterwards setupd stops itself (its 502 is the normal end) and wazo-auth restarts: this waits for it.
    """
    health = engine_health(session)
    if health.configured and (portal is None or instance_uuid is not None):
        return []
    body = _setup_body(password, language, internal_address, portal, instance_uuid)
    try:
        session.send("setupd", "POST", "setup", body=body, timeout=_SETUP_S, anonymous=True)
    except StackUnreachable as error:
        _accept_if_done(session, error, portal, was_configured=health.configured)
    wait_until_ready(session, patience=patience)
    return ["engine"] + (["portal.instance"] if portal else [])


def wait_until_ready(session: EngineSession, *, patience: Patience = _RESTARTING) -> None:
    """Wait until the engine is set up, wazo-auth is well and gives us a token."""

    def look() -> bool | None:
        health = engine_health(session)
        if not (health.configured and health.auth_ok):
            return None
        session.log_in_again()
        session.master_tenant()
        return True

    wait_for(look, patience=patience, otherwise=_not_ready(session), not_yet=_STARTING)


def ensure_tenant(
    session: EngineSession, *, name: str, slug: str, uuid: str, patience: Patience = _TEMPLATES
) -> EnsuredTenant:
    """The customer's tenant, made when missing, and known to confd with its SIP templates.

    uuid: ours, chosen once and kept: it makes a repeated creation harmless. slug: at most 10 of `[a-zA-Z0-9_]`;
    when another tenant has it, the engine chooses one from the name.
    confd learns of a tenant from the message bus and makes the templates then, some 100 ms later; until then
    a context would get a name without slug. Raises StackUnreachable `stack-tenant-unknown` when it never does.
    """
    tenant = _tenant(session, uuid)
    created = tenant is None
    if tenant is None:
        tenant = _create_tenant(session, name=name, slug=slug, uuid=uuid)
    wait_for_templates(session, uuid, patience=patience)
    return EnsuredTenant(uuid, str(tenant.get("slug") or slug), created)


def wait_for_templates(session: EngineSession, uuid: str, *, patience: Patience = _TEMPLATES) -> dict[str, Any]:
    """confd's document of a tenant, once its SIP templates were generated."""

    def look() -> dict[str, Any] | None:
        tenant = session.send("confd", "GET", f"tenants/{uuid}", tenant=uuid).object()
        return tenant if tenant.get("sip_templates_generated") is True else None

    # confd says 404, or 401 for a tenant that it cannot see yet.
    not_yet = ("stack-not-found", "stack-forbidden")
    fault = Fault("stack-tenant-unknown", Where(session.host, field=uuid), {"host": session.host, "uuid": uuid})
    return wait_for(look, patience=patience, otherwise=fault, not_yet=not_yet)


def _setup_body(
    password: Secret,
    language: str,
    internal_address: str | None,
    portal: PortalRegistration | None,
    instance_uuid: str | None,
) -> dict[str, Any]:
    body: dict[str, Any] = {
        "engine_language": language,
        "engine_password": password.reveal(),
        "engine_license": True,
        "engine_internal_address": internal_address,
        "engine_instance_uuid": instance_uuid,
    }
    if portal:
        body |= {
            "nestbox_host": portal.host,
            "nestbox_port": portal.port,
            "nestbox_verify_certificate": portal.verify_certificate,
            "nestbox_service_id": portal.service_id,
            "nestbox_service_key": portal.service_key.reveal(),
            "nestbox_instance_name": portal.instance_name,
            "nestbox_engine_host": portal.engine_host,
            "nestbox_engine_port": portal.engine_port,
            "nestbox_instance_preferred_connection": portal.preferred_connection,
        }
    return {key: value for key, value in body.items() if value is not None}


def _accept_if_done(
    session: EngineSession, error: StackUnreachable, portal: PortalRegistration | None, *, was_configured: bool
) -> None:
    """A 5xx or a silence may hide a finished set-up; with a portal nobody here can tell, so the error stands."""
    fault = error.faults[0]
    if fault.facts.get("error_id") == "setup-token-failed":
        raise StackRefused(Fault("stack-setup-login", fault.at, fault.facts)) from error
    if was_configured and (fault.code == "stack-silent" or fault.facts.get("status") == 502):
        raise StackRefused(Fault("stack-setup-stopped", fault.at, fault.facts)) from error
    if portal is not None or not engine_health(session).configured:
        raise error


def _auth_ok(session: EngineSession) -> bool:
    try:
        session.send("auth", "HEAD", "status", anonymous=True)
    except (StackUnreachable, StackRefused):
        return False
    return True


def _tenant(session: EngineSession, uuid: str) -> dict[str, Any] | None:
    try:
        return session.send("auth", "GET", f"tenants/{uuid}").object()
    except StackRefused as error:
        if error.faults[0].code == "stack-not-found":
            return None
        raise


def _create_tenant(session: EngineSession, *, name: str, slug: str, uuid: str) -> dict[str, Any]:
    body = {"name": name, "slug": re.sub(r"[^A-Za-z0-9_]", "", slug)[:10], "uuid": uuid}
    try:
        return session.send("auth", "POST", "tenants", body=body).object()
    except StackRefused as error:
        if error.faults[0].code != "stack-duplicate":
            raise
    # Either an earlier try of ours worked after all, or another tenant has the slug.
    return _tenant(session, uuid) or session.send("auth", "POST", "tenants", body={"name": name, "uuid": uuid}).object()


def _not_ready(session: EngineSession) -> Fault:
    return Fault("stack-not-ready", Where(session.host), {"host": session.host})
