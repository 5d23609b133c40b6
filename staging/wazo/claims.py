"""Who holds an address or a login that somebody else is to get, and does he give it up?

Both are one of the whole engine. Two people who change places, or a row more at the top of a plan, move each address
on to the next seat: every one of them is taken, and none is in the way.
"""

from collections.abc import Mapping
from functools import cached_property

from staging.core.words import Extension
from staging.wazo.found import Found
from staging.wazo.live_state import LiveAccount, LiveUser
from staging.wazo.sides import standing
from staging.wazo.state import StackState, User

LOGIN_NAMES = ("username", "email")


class Claims:
    """Addresses and logins of a tenant, those who hold them, and what the plan makes of each.

    Whoever is to get one that its holder keeps, keeps his own meanwhile: so one stranger stops a whole row.
    """

    def __init__(
        self, desired: StackState, found: Found, before: Mapping[Extension, User], leaving: set[str], *, known: bool
    ) -> None:
        """before: what we left last, by extension; leaving: uuids of the users who go; known: we left something."""
        self._found = found
        self._before = before
        self._leaving = leaving
        self._known = known
        self._wanted = {live.uuid: user for user in desired.users if (live := found.user(user.extension))}

    def address_taken(self, address: str | None, *, by: str | None = None) -> bool:
        """Whether somebody else has that e-mail address and keeps it. by: uuid of the user who is to get it."""
        return any(
            user.uuid != by and (user.uuid in self._without_address or self._keeps_address(user))
            for user in self._found.addressees(address)
        )

    def login_taken(self, login: str | None, *, by: str | None = None) -> bool:
        """Whether somebody else logs in under that name or address and goes on doing so."""
        return self._login_kept(login, by=by, waiting=self._without_login)

    @cached_property
    def _without_address(self) -> set[str]:
        """Uuids of those who cannot get their address, because somebody keeps it."""
        waiting: set[str] = set()
        while more := {
            uuid
            for uuid, user in self._wanted.items()
            if uuid not in waiting
            for holder in self._found.addressees(user.email)
            if holder.uuid != uuid and (holder.uuid in waiting or self._keeps_address(holder))
        }:
            waiting |= more
        return waiting

    @cached_property
    def _without_login(self) -> set[tuple[str, str]]:
        """Uuids of those who cannot get their user name or main address, and which of the two."""
        waiting: set[tuple[str, str]] = set()
        while more := {
            (uuid, name)
            for uuid, user in self._wanted.items()
            for name in LOGIN_NAMES
            if (uuid, name) not in waiting
            and self._login_kept(getattr(user.account, name, None), by=uuid, waiting=waiting)
        }:
            waiting |= more
        return waiting

    def _login_kept(self, login: str | None, *, by: str | None, waiting: set[tuple[str, str]]) -> bool:
        return any(
            holder.uuid != by and (_held(holder, login, waiting) or self._keeps_login(holder, login or ""))
            for holder in self._found.logins(login)
        )

    def _keeps_address(self, holder: LiveUser) -> bool:
        if holder.uuid in self._leaving:
            return False
        wanted = self._wanted.get(holder.uuid)
        if wanted is None or _same(wanted.email, holder.email):
            return True
        before = self._before.get(wanted.extension)
        if before is None:
            # Somebody else's user at our number is a conflict himself, and is not written to.
            return self._known and holder.marker != wanted.marker
        return standing(wanted.email, holder.email, before.email) != "due"

    def _keeps_login(self, holder: LiveAccount, login: str) -> bool:
        if holder.uuid in self._leaving:
            return False
        wanted = self._wanted.get(holder.uuid)
        before = self._before.get(wanted.extension) if wanted else None
        left = before.account if before else None
        if wanted is None or wanted.account is None:
            return left is None
        for name in LOGIN_NAMES:
            there, wish = getattr(holder, name), getattr(wanted.account, name)
            if not _same(there, login):
                continue
            if _same(wish, there) or (left and standing(wish, there, getattr(left, name)) != "due"):
                return True
        # An address that people added beside the main one is theirs.
        return login.lower() not in {(getattr(holder, name) or "").lower() for name in LOGIN_NAMES}


def _held(holder: LiveAccount, login: str | None, waiting: set[tuple[str, str]]) -> bool:
    return any((holder.uuid, name) in waiting and _same(getattr(holder, name), login) for name in LOGIN_NAMES)


def _same(one: str | None, other: str | None) -> bool:
    return (one or "").lower() == (other or "").lower()
