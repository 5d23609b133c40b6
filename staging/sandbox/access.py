"""Who asks, in which tenant, and may they? Each daemon's own way of answering that they may not."""

from flask import g, request

from staging.sandbox.accounts import Accounts, Token
from staging.sandbox.refusals import Refusal, auth_down
from staging.sandbox.tables import Row
from staging.sandbox.world import world

_VERBS = {"GET": "read", "HEAD": "read", "POST": "create", "PUT": "update", "DELETE": "delete", "PATCH": "update"}


def guard_confd() -> None:
    """Let the request through in its tenant, or refuse as confd does: 401 with the token in clear."""
    access = access_name("confd")
    token = request.headers.get("X-Auth-Token", "")
    if "auth-down" in world().trouble.now:
        raise auth_down(token, access, request.headers.get("Wazo-Tenant"))
    found = _live(world().accounts, token)
    if found is None:
        raise Refusal(401, [repr((token, access))])
    wanted = request.headers.get("Wazo-Tenant")
    if not found.allows(access) or not _within(world().accounts, found, wanted):
        raise Refusal(401, [repr((token, access, wanted))])
    _remember(found, wanted)


def guard_provd() -> bool:
    """Whether the token is alive and in its tenant; provd says no with one plain word."""
    return _guard(world().accounts, access_name("provd"))


def guard_auth(accounts: Accounts, service: str) -> None:
    """Let the request through, or refuse as wazo-auth and the portal's daemons do."""
    if not _guard(accounts, access_name(service)):
        raise Refusal(401, {"message": "Unauthorized", "error_id": "unauthorized", "details": {}, "timestamp": 0})


def access_name(service: str) -> str:
    """What is being asked, as access lists write it: `confd.users.read`."""
    rule = request.url_rule.rule if request.url_rule else request.path
    words = rule.split(f"/api/{service}/", 1)[-1].split("/")[1:]
    named = [(request.view_args or {}).get(word.strip("<>").rpartition(":")[2], word.strip("<>")) for word in words]
    return ".".join([service, *map(str, named), _VERBS[request.method]])


def token_of_request() -> Token:
    token: Token = g.token
    return token


def scope() -> str:
    """The tenant this request speaks for."""
    tenant: str = g.tenant
    return tenant


def master_only() -> None:
    """Refuse who is not of the master tenant: settings of the whole engine are theirs."""
    token = token_of_request()
    if token.tenant != world().accounts.master:
        raise Refusal(401, [repr((token.id, access_name("confd"), scope()))])


def visible_tenants() -> set[str]:
    """Where a thing named in the path may live: the tenant and all below it."""
    return world().accounts.subtree(scope())


def listed_tenants() -> set[str]:
    """Where the things of a list live: the tenant alone, unless asked to descend."""
    return visible_tenants() if request.args.get("recurse", "").lower() == "true" else {scope()}


def visible(row: Row | None) -> bool:
    return row is not None and row["tenant_uuid"] in visible_tenants()


def _guard(accounts: Accounts, access: str) -> bool:
    found = _live(accounts, request.headers.get("X-Auth-Token", ""))
    wanted = request.headers.get("Wazo-Tenant")
    if found is None or not found.allows(access) or not _within(accounts, found, wanted):
        return False
    _remember(found, wanted)
    return True


def _live(accounts: Accounts, token: str) -> Token | None:
    found = accounts.tokens.get(token)
    return found if found is not None and found.alive() else None


def _within(accounts: Accounts, token: Token, tenant: str | None) -> bool:
    return tenant is None or tenant in accounts.subtree(token.tenant) & set(accounts.tenants)


def _remember(token: Token, tenant: str | None) -> None:
    g.token = token
    g.tenant = tenant or token.tenant
