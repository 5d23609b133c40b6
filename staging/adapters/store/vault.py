"""Where do secrets lie? Encrypted in the database, the key in a file that only we may read."""

import os
import secrets as random
import string
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from sqlalchemy import Connection, delete, insert, select, update

from staging.adapters.store.database import Database
from staging.adapters.store.tables import secrets
from staging.core.clock import Clock
from staging.core.faults import Fault, SettingsRefused, Where
from staging.core.secret import Secret

_LETTERS = string.ascii_letters + string.digits


def open_key(path: Path) -> MultiFernet:
    """The key of the vault, made at first use with rights for its owner alone.

    Several lines are several keys: the first encrypts, all decrypt, so a key can be replaced.
    Raises SettingsRefused when the file holds no key, cannot be read or cannot be made.
    """
    try:
        if not path.exists():
            _make_key(path)
        return MultiFernet([Fernet(line) for line in path.read_bytes().split()])
    except (ValueError, OSError) as error:
        raise SettingsRefused(Fault("key-unusable", Where(str(path)), {"file": str(path)})) from error


class Vault:
    """Named secrets: scope (an order, a stack, a portal), kind (sip-password…), key (whose)."""

    def __init__(self, database: Database, key: MultiFernet, clock: Clock) -> None:
        self._database = database
        self._key = key
        self._clock = clock

    def find(self, scope: str, kind: str, key: str = "") -> Secret | None:
        """The secret, or None when nobody made it yet."""
        with self._database.read() as connection:
            return self._find(connection, scope, kind, key)

    def put(self, value: str, *, scope: str, kind: str, key: str = "", within: Connection | None = None) -> None:
        """Keep a secret that somebody gave us, in place of an earlier one."""
        if within is None:
            with self._database.write() as connection:
                self.put(value, scope=scope, kind=kind, key=key, within=connection)
            return
        place = (secrets.c.scope == scope, secrets.c.kind == kind, secrets.c.key == key)
        row = {"value": self._sealed(Secret(value)), "made_at": self._clock.now()}
        if not within.execute(update(secrets).where(*place).values(row)).rowcount:
            within.execute(insert(secrets).values(scope=scope, kind=kind, key=key, **row))

    def ensure(self, scope: str, kind: str, key: str = "") -> Secret:
        """The secret, made now if it is new; every later call gives the same one."""
        found = self.find(scope, kind, key)
        if found is not None:
            return found
        with self._database.write() as connection:
            found = self._find(connection, scope, kind, key)
            if found is None:
                self.put(make(kind), scope=scope, kind=kind, key=key, within=connection)
                found = self._find(connection, scope, kind, key)
        if found is None:
            raise LookupError(f"secret {kind} was not kept")
        return found

    def ensure_all(self, scope: str, wanted: Iterable[tuple[str, str]]) -> dict[tuple[str, str], Secret]:
        """Many secrets of a scope, by (kind, key), as `ensure` would give them one by one; one transaction for all."""
        places = dict.fromkeys(wanted)
        with self._database.read() as connection:
            kept = self._all_of(connection, scope)
        if all(place in kept for place in places):
            return {place: kept[place] for place in places}
        with self._database.write() as connection:
            kept = self._all_of(connection, scope)
            new = {place: Secret(make(place[0])) for place in places if place not in kept}
            now = self._clock.now()
            rows = [
                {"scope": scope, "kind": kind, "key": key, "made_at": now, "value": self._sealed(secret)}
                for (kind, key), secret in new.items()
            ]
            if rows:
                connection.execute(insert(secrets), rows)
        return {place: kept.get(place) or new[place] for place in places}

    def forget(self, scope: str) -> None:
        """Drop every secret of a scope."""
        with self._database.write() as connection:
            connection.execute(delete(secrets).where(secrets.c.scope == scope))

    def _find(self, connection: Connection, scope: str, kind: str, key: str) -> Secret | None:
        value = connection.scalar(
            select(secrets.c.value).where(secrets.c.scope == scope, secrets.c.kind == kind, secrets.c.key == key)
        )
        return None if value is None else self._opened(value, kind)

    def _all_of(self, connection: Connection, scope: str) -> dict[tuple[str, str], Secret]:
        rows = connection.execute(
            select(secrets.c.kind, secrets.c.key, secrets.c.value).where(secrets.c.scope == scope)
        )
        return {(kind, key): self._opened(value, kind) for kind, key, value in rows}

    def _sealed(self, secret: Secret) -> bytes:
        return self._key.encrypt(secret.reveal().encode())

    def _opened(self, value: bytes, kind: str) -> Secret:
        try:
            return Secret(self._key.decrypt(value).decode())
        except InvalidToken as error:
            raise SettingsRefused(Fault("key-does-not-fit", Where("vault", field=kind), {"kind": kind})) from error


def _make_key(path: Path) -> None:
    """A whole key under its name, or none: two processes that start together must end with the same one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{os.getpid()}.{random.token_hex(4)}")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(Fernet.generate_key() + b"\n")
    with suppress(FileExistsError):
        os.link(draft, path)
    draft.unlink()


def make(kind: str) -> str:
    """A fresh secret of a kind.

    PINs are six digits; SIP user names are eight lower-case letters and digits, as wazo-confd makes its own;
    passwords are 20 letters and digits: confd's wizard refuses `~`, spaces and accents, phones refuse more.
    """
    if kind == "voicemail-pin":
        return "".join(random.choice(string.digits) for _ in range(6))
    if kind == "sip-username":
        alphabet = string.ascii_lowercase + string.digits
        return random.choice(string.ascii_lowercase) + "".join(random.choice(alphabet) for _ in range(7))
    return "".join(random.choice(_LETTERS) for _ in range(20))
