"""What stands on the stack now? Word for word, with few requests."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from staging.adapters.wazo_http.address import Service
from staging.adapters.wazo_http.devices import list_devices
from staging.adapters.wazo_http.session import EngineSession
from staging.adapters.wazo_http.wire import Query
from staging.core.faults import StackRefused
from staging.wazo.raw import Json, Mattering, RawEngine, RawTenant

# Full user documents cost about 4 ms and 3 kB each on a small engine; the other lists are lighter.
_USERS_PAGE = 200
# Each page costs the engine a search through the whole list (0.2 to 1 s among 2,000 lines), whatever it shows of it.
_PAGE = 5000
# Their uuids stand in the address, 37 characters each; a request line may have 8,000.
_USERS_BY_NAME = 150


def fetch_tenant(
    session: EngineSession, tenant_uuid: str, *, mattering: Mattering | None = None, funckeys_of: Sequence[str] = ()
) -> RawTenant:
    """Everything in one tenant that the plan may touch.

    mattering: whose user documents are read in full; without it everybody's, 200 a request.
    funckeys_of: uuids of users whose function keys are read too, one request each.
    With `mattering` about fifteen requests, and one more per 150 users of the plan or 5,000 of anything.
    Raises StackRefused `stack-not-found` for a tenant that confd does not know (yet).
    """
    tenant = session.send("confd", "GET", f"tenants/{tenant_uuid}", tenant=tenant_uuid).object()

    def lists(path: str, service: Service = "confd", **how: Any) -> Callable[[], tuple[dict[str, Any], ...]]:
        return lambda: list_all(session, service, path, tenant=tenant_uuid, **how)

    everybody = lists("users", page=_USERS_PAGE) if mattering is None else lists("users", query={"view": "directory"})
    answers = session.ask_together(
        {
            "users": everybody,
            "lines": lists("lines"),
            "extensions": lists("extensions"),
            "incalls": lists("incalls"),
            "voicemails": lists("voicemails"),
            "contexts": lists("contexts"),
            "groups": lists("groups"),
            "pickups": lists("callpickups"),
            "auth_users": lists("users", service="auth"),
            "devices": lambda: list_devices(session, tenant_uuid),
        }
    )
    if mattering is not None:
        answers["users"] = _completed(session, tenant_uuid, answers["users"], _who_matters(answers, mattering))
    keys = {uuid: _funckeys(session, tenant_uuid, uuid) for uuid in funckeys_of}
    return RawTenant(
        tenant=tenant, sip_template=_sip_template(session, tenant), funckeys=session.ask_together(keys), **answers
    )


def fetch_engine(session: EngineSession) -> RawEngine:
    """The settings of the whole engine that an on-premise stack gets from us: nine requests."""

    def document(service: Service, path: str, key: str | None = None) -> Callable[[], dict[str, Any]]:
        def fetch() -> dict[str, Any]:
            reply = session.send(service, "GET", path)
            return reply.object_in(key) if key else reply.object()

        return fetch

    answers = session.ask_together(
        {
            "networking": document("confd", "provisioning/networking"),
            "dhcp": document("confd", "dhcp"),
            "registrar": document("confd", "registrars/default"),
            "rtp": document("confd", "asterisk/rtp/general"),
            "default_device": document("provd", "cfg_mgr/configs/defaultconfigdevice", "config"),
            "base_device": lambda: _config(session, "base"),
            "plugins_installed": document("provd", "pg_mgr/install/installed", "pkgs"),
            "plugins_installable": document("provd", "pg_mgr/install/installable", "pkgs"),
        }
    )
    return RawEngine(access_features=list_all(session, "confd", "access_features"), **answers)


def _config(session: EngineSession, name: str) -> dict[str, Any]:
    """One of provd's configurations; empty where there is none."""
    try:
        return session.send("provd", "GET", f"cfg_mgr/configs/{name}").object_in("config")
    except StackRefused as error:
        if error.faults[0].code != "stack-not-found":
            raise
        return {}


def list_all(
    session: EngineSession,
    service: Service,
    path: str,
    *,
    tenant: str | None = None,
    page: int = _PAGE,
    query: Query | None = None,
) -> tuple[dict[str, Any], ...]:
    """Every item of a list, page by page, each once.

    The engine's default orders are not unique, so an item may stand on two pages and another on none: when the
    count shows it, the list is read once more in one piece.
    """
    found: dict[Any, dict[str, Any]] = {}
    offset = 0
    while True:
        asked = {**(query or {}), "limit": page, "offset": offset}
        reply = session.send(service, "GET", path, query=asked, tenant=tenant)
        items = reply.list_in("items")
        found.update((_identity(item), item) for item in items)
        offset += len(items)
        if not items or offset >= _total(reply.object(), offset):
            break
    if len(found) < offset:
        items = session.send(service, "GET", path, query=query, tenant=tenant).list_in("items")
        return tuple({_identity(item): item for item in items}.values())
    return tuple(found.values())


def _who_matters(answers: Mapping[str, Sequence[Json]], mattering: Mattering) -> list[str]:
    """The uuids of those whom `mattering` means, as far as the lists know."""
    seated = {
        user.get("uuid")
        for line in answers["lines"]
        if any(extension.get("exten") in mattering.numbers for extension in line.get("extensions") or ())
        for user in line.get("users") or ()
    }
    return [
        row["uuid"]
        for row in answers["users"]
        if row.get("userfield") == mattering.marker or row.get("exten") in mattering.numbers or row["uuid"] in seated
    ]


def _completed(
    session: EngineSession, tenant_uuid: str, rows: Sequence[dict[str, Any]], wanted: Sequence[str]
) -> tuple[dict[str, Any], ...]:
    """The directory's rows, with the full document in place of the row of each who is wanted.

    Who left between the two readings is left out.
    """

    def ask(uuids: Sequence[str]) -> Callable[[], list[dict[str, Any]]]:
        query: Query = {"uuid": ",".join(uuids), "limit": len(uuids)}
        return lambda: session.send("confd", "GET", "users", query=query, tenant=tenant_uuid).list_in("items")

    parts = [wanted[i : i + _USERS_BY_NAME] for i in range(0, len(wanted), _USERS_BY_NAME)]
    answers = session.ask_together({str(i): ask(part) for i, part in enumerate(parts)})
    whole = {user["uuid"]: user for users in answers.values() for user in users}
    asked = set(wanted)
    return tuple(whole.get(row["uuid"], row) for row in rows if row["uuid"] in whole or row["uuid"] not in asked)


def _funckeys(session: EngineSession, tenant_uuid: str, user_uuid: str) -> Callable[[], dict[str, Any]]:
    return lambda: session.send("confd", "GET", f"users/{user_uuid}/funckeys", tenant=tenant_uuid).object()


def _sip_template(session: EngineSession, tenant: Mapping[str, Any]) -> dict[str, Any]:
    uuid = tenant.get("global_sip_template_uuid")
    if not uuid:
        return {}
    return session.send("confd", "GET", f"endpoints/sip/templates/{uuid}", tenant=tenant["uuid"]).object()


def _identity(item: Mapping[str, Any]) -> Any:
    return item.get("uuid") or item.get("id") or repr(sorted(item.items(), key=lambda pair: pair[0]))


def _total(body: Mapping[str, Any], fallback: int) -> int:
    # confd's total counts what matches; wazo-auth's counts the whole tenant tree, and `filtered` what matches.
    total = body.get("filtered", body.get("total", fallback))
    return total if isinstance(total, int) else fallback
