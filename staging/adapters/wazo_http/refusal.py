"""What does an answer that is a no mean? The engine's seven shapes of error to one fault and one error.

Shapes seen on confd 26.08, wazo-auth and provd: a JSON list of one text; a bare JSON text; `{"message": …}`;
HTML; wazo-auth's `{message, error_id, details, …}`; wazo-auth's token `{reason, status_code}`; provd's plain text.
There is no machine code in confd, so its texts are matched.
"""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from staging.core.faults import Fault, StackRefused, StackUnreachable, StagingError, Where

_DUPLICATE = re.compile(r"already exists|409 Client Error|does not have the new user as a destination", re.IGNORECASE)
_EMAIL_TAKEN = re.compile(r"User already exists \('email'", re.IGNORECASE)
"""E-mail addresses are unique over all tenants of an engine, and another tenant's users cannot be seen from ours."""
_SECRET_KEY = re.compile(r"passw|secret|token|\bpin\b|service_key|_key$|authorization", re.IGNORECASE)
_TOKEN_IN_PATH = re.compile(r"(/token/)[^\s/?&'\"]+")
_SECRET_IN_TEXT = re.compile(
    r"((?:password|passwd|secret|token|pin)\w*['\"]?\s*[:=,]\s*['\"]?)[^\s'\",()\[\]{}]+", re.IGNORECASE
)
_LONGEST_REASON = 300


def refusal(
    status: int, text: str, *, at: Where, host: str, secrets: Iterable[str] = (), for_token: bool = False
) -> StagingError | None:
    """The error for an answer of at least 400, None for one below.

    text: the body as it came; secrets: values that must not show up, wherever the engine repeats them;
    for_token: this was the request for a token, where 401 means a wrong password.
    A 401 elsewhere never carries its body: confd writes the whole token in it.
    """
    if status < 400:
        return None
    facts: dict[str, Any] = {"host": host, "status": status}
    if status >= 500:
        # "Nothing is known": confd commits, then reloads Asterisk, and answers 500 when only the reload failed.
        facts |= {"error_id": _error_id(text), "reason": mask(_first_line(reason(text)), secrets)}
        return StackUnreachable(Fault("stack-busy", at, facts))
    if status in (401, 403):
        return StackRefused(Fault("stack-password" if for_token else "stack-forbidden", at, facts))
    if looks_like_html(text):
        return StackRefused(Fault("stack-strange-answer", at, facts))
    facts["reason"] = mask(reason(text), secrets) or "–"
    return StackRefused(Fault(_code(status, facts["reason"]), at, facts))


def reason(text: str) -> str:
    """The words in an error body, whatever its shape."""
    try:
        body = json.loads(text)
    except ValueError:
        return text.strip()
    if isinstance(body, list):
        return "; ".join(str(item) for item in body)
    if isinstance(body, Mapping):
        return _reason_of(body)
    return str(body)


def mask(text: str, secrets: Iterable[str] = ()) -> str:
    """The text without the given secrets, tokens in paths, or values that stand behind a secret's name."""
    for secret in sorted(set(secrets), key=len, reverse=True):
        # A PIN may look like a part of some longer number; a password may not.
        pattern = re.escape(secret) if len(secret) > 6 else rf"(?<!\w){re.escape(secret)}(?!\w)"
        text = re.sub(pattern, "***", text)
    text = _TOKEN_IN_PATH.sub(r"\1***", text)
    return _SECRET_IN_TEXT.sub(r"\1***", text)[:_LONGEST_REASON]


def secrets_in(body: object) -> frozenset[str]:
    """Every value in a request's body that a person must not read: passwords, PINs, keys, SIP credentials."""
    if isinstance(body, Mapping):
        own = {str(v) for k, v in body.items() if _SECRET_KEY.search(str(k)) and _is_value(v)}
        return frozenset(own).union(*(secrets_in(value) for value in body.values()))
    if isinstance(body, Sequence) and not isinstance(body, str | bytes):
        # Sections of a SIP endpoint are lists of pairs: ["password", "…"].
        if len(body) == 2 and isinstance(body[0], str) and isinstance(body[1], str) and _SECRET_KEY.search(body[0]):
            return frozenset({body[1]} - {""})
        return frozenset().union(*(secrets_in(item) for item in body))
    return frozenset()


def looks_like_html(text: str) -> bool:
    """Whether a body is a web page: what answered is a proxy or another service."""
    return text.lstrip()[:15].lower().startswith(("<!doctype", "<html"))


def _error_id(text: str) -> str:
    try:
        body = json.loads(text)
    except ValueError:
        return ""
    return str(body.get("error_id") or "") if isinstance(body, Mapping) else ""


def _first_line(words: str) -> str:
    """The first line: the ones below may be an SQL statement with all its values, passwords too."""
    return "" if looks_like_html(words) else words.split("\n", 1)[0].split("[SQL", 1)[0].strip()


def _is_value(value: object) -> bool:
    return isinstance(value, str | int) and not isinstance(value, bool) and value != ""


def _reason_of(body: Mapping[str, Any]) -> str:
    if "errors" in body and isinstance(body["errors"], list):  # users/import; its `details` repeat whole rows
        return "; ".join(str(e.get("message", e)) if isinstance(e, Mapping) else "" for e in body["errors"])
    said = body.get("message") or body.get("reason") or ""
    words = "; ".join(map(str, said)) if isinstance(said, list) else str(said)
    details = body.get("details")
    fields = ", ".join(str(key) for key in details) if isinstance(details, Mapping) else ""
    return f"{words} ({fields})" if fields else words


def _code(status: int, words: str) -> str:
    if status == 404:
        return "stack-not-found"
    if _EMAIL_TAKEN.search(words):
        return "stack-email-taken"
    if status == 409 or _DUPLICATE.search(words):
        return "stack-duplicate"
    return "stack-refused"
