"""How does wazo-auth answer? Tokens, tenants, accounts and policies; the portal's daemon is one too."""

import re
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import uuid4

from flask import Blueprint, Response, jsonify, request

from staging.sandbox.access import guard_auth, listed_tenants, scope, visible_tenants
from staging.sandbox.accounts import Accounts, Token, tenant_row, user_row
from staging.sandbox.recorded import unrecorded
from staging.sandbox.refusals import Refusal
from staging.sandbox.seeds import random_name
from staging.sandbox.tables import Row
from staging.sandbox.world import world

auth = Blueprint("auth", __name__, url_prefix="/api/auth/0.1")

_OPEN = {"auth.log_in", "auth.status", "auth.look_at_token", "auth.revoke"}


@auth.before_request
def _guard() -> None:
    if request.endpoint not in _OPEN:
        guard_auth(world().accounts, "auth")


@auth.route("/status", methods=["HEAD"])
@unrecorded
def status() -> Response:
    return jsonify({})


@auth.post("/token")
def log_in() -> Response:
    return answer_log_in(world().accounts)


@auth.route("/token/<token>", methods=["HEAD"])
def look_at_token(token: str) -> tuple[str, int]:
    found = world().accounts.tokens.get(token)
    if found is None or not found.alive():
        return "", 404
    wanted, tenant = request.args.get("scope"), request.args.get("tenant")
    tenants = world().accounts.subtree(found.tenant)
    allowed = (wanted is None or found.allows(wanted)) and (tenant is None or tenant in tenants)
    return "", 204 if allowed else 403


@auth.delete("/token/<token>")
def revoke(token: str) -> Response:
    world().accounts.tokens.pop(token, None)
    return jsonify({"data": {"message": "success"}})


@auth.post("/token/<token>/scopes/check")
def check_scopes(token: str) -> Response:
    found = world().accounts.tokens.get(token)
    if found is None or not found.alive():
        raise _missing("token", "tokens", token=token)
    return jsonify({"scopes": {name: found.allows(name) for name in _body().get("scopes", [])}})


@auth.get("/tenants")
def list_tenants() -> Response:
    accounts = world().accounts
    rows = [accounts.tenants[uuid] for uuid in accounts.tenants if uuid in accounts.subtree(scope())]
    return _page(rows, ("name", "slug", "uuid"))


@auth.post("/tenants")
def create_tenant() -> Response:
    accounts, body = world().accounts, _body()
    slug = body.get("slug")
    if slug is not None and not 1 <= len(slug) <= 10:
        raise _too_long("slug", "tenants", 1, 10)
    if not body.get("name") or len(body["name"]) > 128:
        raise _too_long("name", "tenants", 1, 128)
    uuid = body.get("uuid") or str(uuid4())
    if uuid in accounts.tenants:
        raise _conflict("tenants", "uuid", f'The uuid "{uuid}" is already used')
    if slug in {tenant["slug"] for tenant in accounts.tenants.values()}:
        raise _conflict("tenants", "slug", f'The slug "{slug}" is already used')
    row = tenant_row(uuid, scope(), {**body, "slug": slug or _free_slug(accounts, body["name"])})
    accounts.tenants[uuid] = row
    if "bus-down" not in world().trouble.now:
        world().await_tenant(uuid)
    return jsonify(row)


@auth.get("/tenants/<uuid>")
@unrecorded
def read_tenant(uuid: str) -> Response:
    if uuid not in visible_tenants() & set(world().accounts.tenants):
        raise _missing("tenant", "tenants", uuid=uuid)
    return jsonify(world().accounts.tenants[uuid])


@auth.put("/tenants/<uuid>")
@unrecorded
def change_tenant(uuid: str) -> Response:
    if uuid not in visible_tenants() & set(world().accounts.tenants):
        raise _missing("tenant", "tenants", uuid=uuid)
    old = world().accounts.tenants[uuid]
    world().accounts.tenants[uuid] = tenant_row(uuid, old["parent_uuid"], {**_body(), "slug": old["slug"]})
    return jsonify(world().accounts.tenants[uuid])


@auth.delete("/tenants/<uuid>")
@unrecorded
def delete_tenant(uuid: str) -> tuple[str, int]:
    if uuid not in visible_tenants() & set(world().accounts.tenants):
        raise _missing("tenant", "tenants", uuid=uuid)
    del world().accounts.tenants[uuid]
    world().db.tenants.remove(uuid)
    return "", 204


@auth.get("/users")
def list_users() -> Response:
    rows = [row for row in world().accounts.users.values() if row["tenant_uuid"] in listed_tenants()]
    return _page(rows, ("username", "firstname", "lastname", "uuid"), key=lambda row: row["username"] or "")


@auth.post("/users")
def create_user() -> Response:
    accounts, body = world().accounts, _body()
    email = body.get("email_address")
    uuid = body.get("uuid") or str(uuid4())
    taken = accounts.taken(uuid=uuid, username=body.get("username") or email, email=email)
    if taken is not None:
        said = taken if taken == "uuid" else "login"
        raise _conflict("users", taken, f'The {said} "{body.get(taken, uuid)}" is already used')
    purpose = body.get("purpose", "user")
    method = "default" if purpose == "user" else "native"
    return jsonify(accounts.add_user(user_row(uuid, scope(), body, purpose=purpose, method=method), body["password"]))


@auth.get("/users/<uuid>")
def read_user(uuid: str) -> Response:
    return jsonify(_visible_user(uuid))


@auth.put("/users/<uuid>")
@unrecorded
def change_user(uuid: str) -> Response:
    """Replace what is not named by its default, as wazo-auth's schema does."""
    row, body = _visible_user(uuid), _body()
    username = body.get("username")
    if world().accounts.logs_in(username, but=uuid):
        raise _conflict("users", "username", f'The login "{username}" is already used')
    named = {name: body.get(name) for name in ("username", "firstname", "lastname")}
    row |= {**named, "enabled": body.get("enabled", True), "purpose": body.get("purpose", "user")}
    row["authentication_method"] = body.get("authentication_method", "default")
    return jsonify(row)


@auth.put("/admin/users/<uuid>/emails")
@unrecorded
def change_addresses(uuid: str) -> Response:
    row, wanted = _visible_user(uuid), _body()["emails"]
    for mail in wanted:
        if world().accounts.logs_in(mail["address"], but=uuid):
            raise _conflict("users", "email_address", f'The login "{mail["address"]}" is already used')
    if wanted and [mail.get("main", False) for mail in wanted].count(True) != 1:
        raise _refused(400, "One address should be main", "invalid-data", "users", {"emails": {}})
    known = {mail["address"]: mail for mail in row["emails"]}
    row["emails"] = [
        {"uuid": str(uuid4()), "confirmed": False, **known.get(mail["address"], {}), **_given(mail)} for mail in wanted
    ]
    return jsonify(wanted)


def _given(mail: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in mail.items() if value is not None}


@auth.delete("/users/<uuid>")
@unrecorded
def delete_user(uuid: str) -> tuple[str, int]:
    world().accounts.remove_user(_visible_user(uuid)["uuid"])
    return "", 204


@auth.post("/policies")
def create_policy() -> Response:
    body, uuid = _body(), str(uuid4())
    if any(policy["name"] == body["name"] for policy in world().accounts.policies.values()):
        raise _conflict("policies", "name", f'The name "{body["name"]}" is already used')
    row = {"uuid": uuid, "tenant_uuid": scope(), "name": body["name"], "slug": body["name"], "acl": body["acl"]}
    row |= {"description": body.get("description"), "read_only": False, "shared": False}
    world().accounts.policies[uuid] = row
    return jsonify(row)


@auth.put("/users/<user>/policies/<policy>")
def grant(user: str, policy: str) -> tuple[str, int]:
    if user not in world().accounts.users or policy not in world().accounts.policies:
        raise _missing("policy", "policies", uuid=policy)
    world().accounts.granted.setdefault(user, []).append(policy)
    return "", 204


def answer_log_in(accounts: Accounts) -> Response:
    """Exchange name and password for a token; both daemons, the engine's and the portal's, do it alike."""
    body = request.get_json(silent=True) or {}
    lifetime = timedelta(seconds=body.get("expiration", 7200))
    given = request.authorization
    token = accounts.log_in(given.username or "", given.password or "", lifetime) if given else None
    if token is None:
        failed = {"reason": ["Authentication Failed"], "timestamp": [time.time()], "status_code": 401}
        raise Refusal(401, failed)
    return jsonify({"data": _token_document(accounts, token)})


def _token_document(accounts: Accounts, token: Token) -> dict[str, Any]:
    user = accounts.users[token.account]
    pbx = token.account if user["purpose"] == "user" else None
    issued, expires = (moment.replace(tzinfo=None).isoformat() for moment in (token.issued_at, token.expires_at))
    owner = {"uuid": token.account, "tenant_uuid": token.tenant, "auth_id": token.account, "pbx_user_uuid": pbx}
    return {
        "token": token.id,
        "auth_id": token.account,
        "xivo_user_uuid": pbx,
        "xivo_uuid": accounts.instance,
        "issued_at": issued,
        "expires_at": expires,
        "utc_issued_at": issued,
        "utc_expires_at": expires,
        "acl": list(token.acl),
        "metadata": {**owner, "xivo_uuid": accounts.instance, "purpose": user["purpose"]},
        "session_uuid": str(uuid4()),
        "remote_addr": request.remote_addr,
        "user_agent": request.headers.get("User-Agent", ""),
    }


def _visible_user(uuid: str) -> Row:
    row = world().accounts.users.get(uuid)
    if row is None or row["tenant_uuid"] not in visible_tenants():
        raise _missing("user", "users", uuid=uuid)
    return row


def _body() -> dict[str, Any]:
    found = request.get_json(silent=True)
    return found if isinstance(found, dict) else {}


def _page(rows: list[Any], columns: tuple[str, ...], key: Callable[[Any], Any] | None = None) -> Response:
    for column in columns:
        wanted = request.args.get(column)
        rows = [row for row in rows if wanted is None or row[column] == wanted]
    found = request.args.get("search", "").lower()
    shown = [row for row in rows if any(found in str(row[column] or "").lower() for column in columns)]
    shown = sorted(shown, key=key) if key else shown
    offset, limit = int(request.args.get("offset", 0)), int(request.args.get("limit", len(shown)))
    return jsonify({"filtered": len(shown), "total": len(rows), "items": shown[offset : offset + limit]})


def _free_slug(accounts: Accounts, name: str) -> str:
    """What wazo-auth makes of a name: its first ten plain characters, or three random ones."""
    slug = re.sub(r"[^a-zA-Z0-9_]", "", name)[:10]
    used = {tenant["slug"] for tenant in accounts.tenants.values()}
    while not slug or slug in used:
        slug = random_name(3)
    return slug


def _refused(status: int, message: str, error: str, resource: str, details: dict[str, Any]) -> Refusal:
    body = {"message": message, "error_id": error, "details": details, "timestamp": time.time(), "resource": resource}
    return Refusal(status, body)


def _conflict(resource: str, field: str, message: str) -> Refusal:
    details = {field: {"constraint_id": "unique", "message": message}}
    return _refused(409, "Conflict detected", "conflict", resource, details)


def _too_long(field: str, resource: str, least: int, most: int) -> Refusal:
    message = f"Length must be between {least} and {most}."
    constraint = {"constraint_id": "length", "constraint": {"min": least, "max": most}, "message": message}
    return _refused(400, message, "invalid-data", resource, {field: constraint})


def _missing(what: str, resource: str, **details: Any) -> Refusal:
    value = next(iter(details.values()))
    return _refused(404, f'No such {what}: "{value}"', f"unknown-{what}", resource, details)
