"""Who may sign in, and with what? Operators, one-time links, tokens of programs and screens."""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from staging.adapters.store.database import Database
from staging.adapters.store.tables import operators, signin_links, tokens
from staging.core.clock import Clock
from staging.core.faults import Fault, Refused, Where
from staging.core.roles import Role
from staging.core.words import Language

_LINK_LIFE = timedelta(hours=12)


@dataclass(frozen=True, slots=True)
class Operator:
    """A person at our screen, or a program with a token (its name then begins with `token:`)."""

    name: str
    role: Role
    language: Language


@dataclass(frozen=True, slots=True)
class Token:
    """What is known of a token: all but the token itself."""

    name: str
    role: Role
    created_at: datetime


@cache
def _hasher() -> PasswordHasher:
    return PasswordHasher()


class People:
    """Operators and what lets them in. Passwords and tokens are kept as hashes only."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def add(self, name: str, *, role: Role, language: Language, password: str | None = None) -> Operator:
        """Add an operator. Raises Refused when the name is taken."""
        row = {
            "name": name,
            "role": role,
            "language": language,
            "created_at": self._clock.now(),
            "password_hash": _hasher().hash(password) if password else None,
        }
        try:
            with self._database.write() as connection:
                connection.execute(insert(operators).values(row))
        except IntegrityError as error:
            raise Refused(Fault("operator-exists", Where("user"), {"name": name})) from error
        return Operator(name, role, language)

    def find(self, name: str, *, signed_in_at: datetime | None = None) -> Operator | None:
        """The operator, or None.

        signed_in_at: when a session of this name began. One that is older than the operator was somebody else's, who
        was removed meanwhile; one that is older than the password may be whoever the password was changed against.
        """
        with self._database.read() as connection:
            row = connection.execute(select(operators).where(operators.c.name == name)).mappings().first()
        if row and signed_in_at is not None and signed_in_at < (row["password_at"] or row["created_at"]):
            return None
        return Operator(row["name"], row["role"], row["language"]) if row else None

    def all(self) -> tuple[Operator, ...]:
        """Every operator by name."""
        with self._database.read() as connection:
            rows = connection.execute(select(operators).order_by(operators.c.name)).mappings().all()
        return tuple(Operator(row["name"], row["role"], row["language"]) for row in rows)

    def check_password(self, name: str, password: str) -> Operator | None:
        """The operator when the password is right. An unknown name costs as much time as a wrong password."""
        with self._database.read() as connection:
            row = connection.execute(select(operators).where(operators.c.name == name)).mappings().first()
        hashed = row["password_hash"] if row and row["password_hash"] else _decoy()
        try:
            _hasher().verify(hashed, password)
        except (VerificationError, InvalidHashError):
            return None
        return Operator(row["name"], row["role"], row["language"]) if row and row["password_hash"] else None

    def has_password(self, name: str) -> bool:
        """Whether this operator can sign in without a link."""
        with self._database.read() as connection:
            return bool(connection.scalar(select(operators.c.password_hash).where(operators.c.name == name)))

    def set_password(self, name: str, password: str) -> None:
        """Give an operator a password; sessions that began before and links that were not used end now."""
        values = {"password_hash": _hasher().hash(password), "password_at": self._clock.now()}
        with self._database.write() as connection:
            connection.execute(update(operators).where(operators.c.name == name).values(values))
            connection.execute(
                delete(signin_links).where(signin_links.c.operator == name, signin_links.c.used_at.is_(None))
            )

    def set_language(self, name: str, language: Language) -> None:
        """Remember the language that a person chose."""
        with self._database.write() as connection:
            connection.execute(update(operators).where(operators.c.name == name).values(language=language))

    def remove(self, name: str) -> bool:
        """Shut a person out: sessions, links and password end now. False when there is none of that name."""
        with self._database.write() as connection:
            return connection.execute(delete(operators).where(operators.c.name == name)).rowcount > 0

    def make_link(self, name: str) -> str:
        """The secret of a sign-in link that works once, within twelve hours."""
        secret = secrets.token_urlsafe(24)
        with self._database.write() as connection:
            connection.execute(
                insert(signin_links).values(
                    token_hash=_hash(secret), operator=name, expires_at=self._clock.now() + _LINK_LIFE
                )
            )
        return secret

    def use_link(self, secret: str) -> Operator | None:
        """The operator of a link that was not used yet and is not too old; it is used up now."""
        now = self._clock.now()
        with self._database.write() as connection:
            name = connection.scalar(
                update(signin_links)
                .where(
                    signin_links.c.token_hash == _hash(secret),
                    signin_links.c.used_at.is_(None),
                    signin_links.c.expires_at > now,
                )
                .values(used_at=now)
                .returning(signin_links.c.operator)
            )
        return self.find(name) if name else None

    def add_token(self, name: str, *, role: Role) -> str:
        """A token for a program or a wall screen, shown this once. Raises Refused when the name is taken."""
        token = f"st_{secrets.token_urlsafe(24)}"
        row = {"name": name, "role": role, "token_hash": _hash(token), "created_at": self._clock.now()}
        try:
            with self._database.write() as connection:
                connection.execute(insert(tokens).values(row))
        except IntegrityError as error:
            raise Refused(Fault("token-exists", Where("token"), {"name": name})) from error
        return token

    def tokens(self) -> tuple[Token, ...]:
        """Every token by name."""
        with self._database.read() as connection:
            rows = connection.execute(select(tokens).order_by(tokens.c.name)).mappings().all()
        return tuple(Token(row["name"], row["role"], row["created_at"]) for row in rows)

    def remove_token(self, name: str) -> bool:
        """Make a token worthless. False when there is none of that name."""
        with self._database.write() as connection:
            return connection.execute(delete(tokens).where(tokens.c.name == name)).rowcount > 0

    def of_token(self, token: str) -> Operator | None:
        """Who a token stands for, or None."""
        with self._database.read() as connection:
            row = connection.execute(select(tokens).where(tokens.c.token_hash == _hash(token))).mappings().first()
        return Operator(f"token:{row['name']}", row["role"], "fr") if row else None


@cache
def _decoy() -> str:
    return _hasher().hash(secrets.token_urlsafe(16))


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
