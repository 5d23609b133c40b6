"""How does confd say no? Statuses and texts as recorded, Python reprs in them included."""

from collections.abc import Mapping
from typing import Any


class Refusal(Exception):  # an answer, not a mistake of ours
    """An answer that is not a success. body: a list, text or object, sent as JSON as it stands."""

    def __init__(self, status: int, body: Any) -> None:
        super().__init__(f"{status} {body}")
        self.status = status
        self.body = body


def already_exists(what: str, **facts: Any) -> Refusal:
    return Refusal(400, [f"Resource Error - {what} already exists {_shown(facts)}"])


def is_associated(what: str, other: str, **facts: Any) -> Refusal:
    return Refusal(400, [f"Resource Error - {what} is associated with a {other} {_shown(facts)}"])


def must_be_associated(what: str, other: str, **facts: Any) -> Refusal:
    return Refusal(400, [f"Resource Error - {what} must be associated with a {other} {_shown(facts)}"])


def not_found(what: str, **facts: Any) -> Refusal:
    return Refusal(404, [f"Resource Not Found - {what} was not found {_shown(facts)}"])


def field_not_found(field: str, what: str, value: Any) -> Refusal:
    """A body names something that is not there: 400, unlike a path that does."""
    return Refusal(400, [f"Input Error - field {field!r}: {what} was not found {_shown({field: value})}"])


def outside_range(exten: str, context: str) -> Refusal:
    return Refusal(400, [f"Input Error - Extension {exten!r} is outside of range for context {context!r}"])


def wrong_context_type(kind: str, extension: Mapping[str, Any]) -> Refusal:
    facts = {"id": extension["id"], "context": extension["context"]}
    return Refusal(400, [f"Resource Error - ContextType {kind!r} cannot be associated {_shown(facts)}"])


def invalid(faults: Mapping[str, Any]) -> Refusal:
    """One line per bad field; the value is marshmallow's, printed as Python prints it."""
    return Refusal(400, [f"Input Error - {field}: {messages}" for field, messages in faults.items()])


def different_tenants(**facts: Any) -> Refusal:
    return Refusal(400, [f"Resource Error - different tenants {_shown(facts)}"])


def crashed(reason: str) -> Refusal:
    return Refusal(500, [f"Unexpected error: {reason}"])


def provd_refused(path: str, reason: str = "400 Client Error: Bad Request") -> Refusal:
    """confd relays what provd said as one bare string, not as a list."""
    return Refusal(400, f"Provd client error: {reason} for url: http://127.0.0.1:8666/0.2/{path}")


def provd_down(path: str) -> Refusal:
    return crashed(
        f"HTTPConnectionPool(host='127.0.0.1', port=8666): Max retries exceeded with url: /0.2/{path} "
        "(Caused by NewConnectionError('Failed to establish a new connection: [Errno 111] Connection refused'))"
    )


def auth_down(token: str, access: str, tenant: str | None) -> Refusal:
    """confd cannot ask whose token it is, and says so with the token in clear."""
    asked = f"/0.1/token/{token}?scope={access}" + (f"&tenant={tenant}" if tenant else "")
    reason = (
        f"HTTPConnectionPool(host='127.0.0.1', port=9497): Max retries exceeded with url: {asked} "
        "(Caused by NewConnectionError('Failed to establish a new connection: [Errno 111] Connection refused'))"
    )
    return Refusal(503, [f"('127.0.0.1', 9497, ConnectionError(MaxRetryError(\"{reason}\")))"])


def bus_down() -> Refusal:
    """wazo-auth gives confd no token while it cannot publish, so nobody who gets an account is made."""
    return crashed("500 Server Error: Internal Server Error for url: http://127.0.0.1:9497/0.1/token")


def raced() -> Refusal:
    """The loser of a race meets the database's own rule."""
    return crashed("(psycopg2.errors.UniqueViolation) duplicate key value violates unique constraint")


def auth_conflict() -> Refusal:
    """wazo-auth's 409, as confd passes it on inside a nested creation."""
    return Refusal(400, ["409 Client Error: Conflict detected for url: http://127.0.0.1:9497/0.1/users"])


def _shown(facts: Mapping[str, Any]) -> str:
    return "(" + ", ".join(f"{name!r}: {value!r}" for name, value in facts.items()) + ")"
