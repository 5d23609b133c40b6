"""Is a body's field acceptable? The checks of confd's schemas, with marshmallow's own sentences."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from flask import request
from werkzeug.exceptions import BadRequest

from staging.sandbox.refusals import Refusal, invalid

REQUIRED = "Missing data for required field."
_NULL = "Field may not be null."
_PATTERN = "String does not match expected pattern."

Check = Callable[[Any], str | None]


@dataclass(frozen=True, slots=True)
class Field:
    """What one member of a body must be."""

    check: Check
    required: bool = False
    nullable: bool = True


Schema = Mapping[str, Field]


def read_body() -> Any:
    """The JSON that was sent, whatever it is; refuses what is not JSON."""
    try:
        return request.get_json(force=True)
    except BadRequest:
        sentence = "The browser (or proxy) sent a request that this server could not understand."
        raise Refusal(400, [sentence]) from None


def read_object() -> dict[str, Any]:
    """A JSON object; a list or a string makes confd crash, so it does here."""
    found = read_body()
    if isinstance(found, dict):
        return found
    reason = (
        "pop expected at most 1 argument, got 2"
        if isinstance(found, list)
        else f"{type(found).__name__!r} object has no attribute 'pop'"
    )
    raise Refusal(500, [f"Unexpected error: {reason}"])


def check(body: Mapping[str, Any], schema: Schema, *, partial: bool = False) -> None:
    """Refuse a body with bad members. partial: what is absent is left as it was, so nothing is required."""
    faults = faults_of(body, schema, partial=partial)
    if faults:
        raise invalid(faults)


def faults_of(body: Mapping[str, Any], schema: Schema, *, partial: bool = False) -> dict[str, Any]:
    """Sentences by member, empty when all is well; members that the schema does not know are let by."""
    faults: dict[str, Any] = {}
    for name, field in schema.items():
        if name not in body:
            if field.required and not partial:
                faults[name] = [REQUIRED]
        elif body[name] is None:
            if field.required or not field.nullable:
                faults[name] = [_NULL]
        elif sentence := field.check(body[name]):
            faults[name] = [sentence]
    return faults


def text(longest: int) -> Check:
    def look(value: Any) -> str | None:
        if not isinstance(value, str):
            return "Not a valid string."
        return None if len(value) <= longest else f"Longer than maximum length {longest}."

    return look


def matching(pattern: str) -> Check:
    def look(value: Any) -> str | None:
        return None if isinstance(value, str) and re.fullmatch(pattern, value) else _PATTERN

    return look


def exactly(length: int) -> Check:
    def look(value: Any) -> str | None:
        return None if isinstance(value, str) and len(value) == length else f"Length must be {length}."

    return look


def whole(least: int, most: int | None = None) -> Check:
    def look(value: Any) -> str | None:
        if isinstance(value, bool) or not isinstance(value, int):
            return "Not a valid integer."
        if value >= least and (most is None or value <= most):
            return None
        upper = "" if most is None else f" and less than or equal to {most}"
        return f"Must be greater than or equal to {least}{upper}."

    return look


def yes_or_no(value: Any) -> str | None:
    return None if isinstance(value, bool) else "Not a valid boolean."


def email(value: Any) -> str | None:
    good = isinstance(value, str) and re.fullmatch(r"[^@\s]+@[^@\s]+\.[^@\s.]+", value)
    return None if good else "Not a valid email address."


def one_of(*words: str) -> Check:
    def look(value: Any) -> str | None:
        return None if value in words else f"Must be one of: {', '.join(words)}."

    return look
