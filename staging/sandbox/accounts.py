"""Who exists, in which tenant, and which tokens are alive? The memory of one wazo-auth."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

from staging.sandbox.tables import Row


@dataclass(frozen=True, slots=True)
class Token:
    """A pass for one account until a moment; acl: patterns where `#` ends a path and `*` is one word."""

    id: str
    account: str
    tenant: str
    acl: tuple[str, ...]
    issued_at: datetime
    expires_at: datetime

    def alive(self) -> bool:
        return datetime.now(UTC) < self.expires_at

    def allows(self, access: str) -> bool:
        return any(_matches(pattern.split("."), access.split(".")) for pattern in self.acl)


@dataclass(slots=True)
class Accounts:
    """Tenants, users with their passwords, policies and tokens of one wazo-auth (the engine's or the portal's)."""

    master: str = field(default_factory=lambda: str(uuid4()))
    instance: str = field(default_factory=lambda: str(uuid4()))
    tenants: dict[str, Row] = field(default_factory=dict)
    users: dict[str, Row] = field(default_factory=dict)
    passwords: dict[str, str | None] = field(default_factory=dict)
    policies: dict[str, Row] = field(default_factory=dict)
    granted: dict[str, list[str]] = field(default_factory=dict)
    tokens: dict[str, Token] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.tenants[self.master] = tenant_row(self.master, self.master, {"name": "master", "slug": "master"})

    def add_user(self, row: Row, password: str | None, *, acl: Iterable[str] = ()) -> Row:
        self.users[row["uuid"]] = row
        self.passwords[row["uuid"]] = password
        if acl:
            policy = str(uuid4())
            self.policies[policy] = {"uuid": policy, "acl": list(acl), "name": f"own-{row['uuid']}"}
            self.granted[row["uuid"]] = [policy]
        return row

    def remove_user(self, uuid: str) -> None:
        self.users.pop(uuid, None)
        self.passwords.pop(uuid, None)
        self.granted.pop(uuid, None)

    def taken(self, *, uuid: str, username: str | None, email: str | None) -> str | None:
        """Which of the three identifies somebody already, if any; names and addresses are unique engine-wide."""
        if self.logs_in(username):
            return "username"
        if uuid in self.users:
            return "uuid"
        return "email_address" if self.logs_in(email) else None

    def logs_in(self, login: str | None, *, but: str | None = None) -> bool:
        """Whether somebody else has that user name or address, whatever the case of its letters."""
        others = (user for uuid, user in self.users.items() if uuid != but)
        names = (name for user in others for name in (user["username"], *(mail["address"] for mail in user["emails"])))
        # One who was changed without a user name has none.
        return login is not None and login.lower() in (name.lower() for name in names if name)

    def log_in(self, username: str, password: str, lifetime: timedelta) -> Token | None:
        """A fresh token, or None when nobody has this name and password."""
        for uuid, user in self.users.items():
            names = {user["username"], *(mail["address"] for mail in user["emails"])}
            if username in names and password == self.passwords[uuid] and password is not None:
                return self._issue(user, lifetime)
        return None

    def subtree(self, tenant: str) -> set[str]:
        """A tenant and all below it."""
        found = {tenant}
        for uuid, row in self.tenants.items():
            if row["parent_uuid"] in found:
                found.add(uuid)
        return found

    def _issue(self, user: Row, lifetime: timedelta) -> Token:
        acl = [pattern for policy in self.granted.get(user["uuid"], []) for pattern in self.policies[policy]["acl"]]
        now = datetime.now(UTC)
        token = Token(str(uuid4()), user["uuid"], user["tenant_uuid"], tuple(acl), now, now + lifetime)
        self.tokens[token.id] = token
        return token


def tenant_row(uuid: str, parent: str, body: Row) -> Row:
    """A tenant as wazo-auth shows it."""
    address = dict.fromkeys(("line_1", "line_2", "city", "state", "country", "zip_code"))
    return {
        "uuid": uuid,
        "parent_uuid": parent,
        "name": body.get("name"),
        "slug": body.get("slug"),
        "contact": body.get("contact"),
        "phone": body.get("phone"),
        "default_authentication_method": body.get("default_authentication_method", "native"),
        "domain_names": body.get("domain_names", []),
        "address": address | (body.get("address") or {}),
    }


def user_row(uuid: str, tenant: str, body: Row, *, purpose: str, method: str) -> Row:
    """An account as wazo-auth shows it; its user name falls back to the e-mail address, then to the uuid."""
    email = body.get("email_address")
    emails: list[dict[str, Any]] = []
    if email:
        emails.append({"uuid": str(uuid4()), "address": email, "confirmed": True, "main": True})
    return {
        "uuid": uuid,
        "username": body.get("username") or email or uuid,
        "firstname": body.get("firstname"),
        "lastname": body.get("lastname"),
        "purpose": purpose,
        "emails": emails,
        "enabled": body.get("enabled", True),
        "tenant_uuid": tenant,
        "authentication_method": method,
    }


def _matches(pattern: list[str], words: list[str]) -> bool:
    if not pattern:
        return not words
    if pattern[0] == "#":
        return len(pattern) == 1 or any(_matches(pattern[1:], words[n:]) for n in range(len(words) + 1))
    return bool(words) and pattern[0] in ("*", words[0]) and _matches(pattern[1:], words[1:])
