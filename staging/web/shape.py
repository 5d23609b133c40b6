"""How do our frozen values look as JSON, and as the schema of it? Both come from the same type hints, so they agree."""

import inspect
import types
from collections.abc import Mapping, Sequence
from dataclasses import MISSING, fields, is_dataclass
from datetime import datetime
from typing import Any, Literal, NewType, TypeVar, Union, get_args, get_origin, get_type_hints

from staging.core.faults import Fault, Refused, Where
from staging.core.secret import Secret

Json = Any
_T = TypeVar("_T")
_PLAIN = {str: "string", int: "integer", float: "number", bool: "boolean"}


def plain(value: Any) -> Json:
    """A value as JSON: dataclasses as objects, moments in ISO 8601, sequences and sets as arrays; a Secret raises."""
    if isinstance(value, Secret):
        raise TypeError("a secret must not leave")
    if is_dataclass(value) and not isinstance(value, type):
        return {field.name: plain(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, Mapping):
        return {str(key): plain(one) for key, one in value.items()}
    if isinstance(value, Sequence | frozenset | set) and not isinstance(value, str | bytes):
        return [plain(one) for one in value]
    return value


def schema_of(kind: Any, components: dict[str, Json]) -> Json:
    """The JSON schema of a type; dataclasses are put into components and referred to. Raises TypeError for others."""
    if isinstance(kind, NewType):
        return schema_of(kind.__supertype__, components)
    if kind in _PLAIN:
        return {"type": _PLAIN[kind]}
    if kind is datetime:
        return {"type": "string", "format": "date-time"}
    if kind is Any:
        return {}
    if isinstance(kind, type) and is_dataclass(kind):
        return _object(kind, components)
    return _generic(get_origin(kind), get_args(kind), components)


def read_object(kind: type[_T], document: Any) -> _T:
    """A request's JSON object as a dataclass; raises Refused with every field that is missing, unknown or wrong."""
    if not isinstance(document, dict):
        raise Refused(Fault("body-not-object", Where("body")))
    hints = get_type_hints(kind)
    needed = {field.name for field in _fields(kind) if field.default is MISSING and field.default_factory is MISSING}
    faults = [
        Fault("body-field-missing", Where("body", field=name), {"field": name})
        for name in sorted(needed - document.keys())
    ]
    faults += [Fault("body-field-unknown", Where("body", field=name), {"field": name, "known": ", ".join(hints)})
               for name in sorted(document.keys() - hints.keys())]  # fmt: skip
    faults += [Fault("body-field-wrong", Where("body", field=name), {"field": name, "wanted": _words(hints[name])})
               for name, value in document.items() if name in hints and not _fits(value, hints[name])]  # fmt: skip
    if faults:
        raise Refused(*faults)
    return kind(**{name: tuple(value) if isinstance(value, list) else value for name, value in document.items()})


def _fields(kind: Any) -> Any:
    return fields(kind)


def _object(kind: type, components: dict[str, Json]) -> Json:
    if kind.__name__ not in components:
        components[kind.__name__] = {}  # so that a type that holds itself ends
        hints = get_type_hints(kind)
        components[kind.__name__] = {
            "type": "object",
            "description": inspect.cleandoc(kind.__doc__ or ""),
            "properties": {field.name: schema_of(hints[field.name], components) for field in _fields(kind)},
            "required": [f.name for f in _fields(kind) if f.default is MISSING and f.default_factory is MISSING],
        }
    return {"$ref": f"#/components/schemas/{kind.__name__}"}


def _generic(origin: Any, args: tuple[Any, ...], components: dict[str, Json]) -> Json:
    if origin is Literal:
        return {"type": "string", "enum": list(args)}
    if origin in (Union, types.UnionType):
        several = [{"type": "null"} if one is type(None) else schema_of(one, components) for one in args]
        return several[0] if len(several) == 1 else {"anyOf": several}
    if isinstance(origin, type) and issubclass(origin, Mapping):
        return {"type": "object", "additionalProperties": schema_of(args[1], components)}
    if isinstance(origin, type) and issubclass(origin, tuple | Sequence | frozenset):
        return {"type": "array", "items": schema_of(args[0], components)}
    raise TypeError(f"no schema for {origin} {args}")


def _fits(value: Any, kind: Any) -> bool:
    origin, args = get_origin(kind), get_args(kind)
    if isinstance(kind, NewType):
        return _fits(value, kind.__supertype__)
    if kind in _PLAIN:
        # In Python a bool is an int; in JSON it is not.
        wanted = (int, float) if kind is float else kind
        return isinstance(value, wanted) and (kind is bool) == isinstance(value, bool)
    if origin is Literal:
        return value in args
    if origin in (Union, types.UnionType):
        return any(value is None if one is type(None) else _fits(value, one) for one in args)
    if isinstance(origin, type) and issubclass(origin, Mapping):
        return isinstance(value, dict) and all(_fits(one, args[1]) for one in value.values())
    return isinstance(value, list) and all(_fits(one, args[0]) for one in value)


def _words(kind: Any) -> str:
    found = schema_of(kind, {})
    several = found.get("anyOf", [found])
    return " | ".join("/".join(one["enum"]) if "enum" in one else str(one.get("type", "object")) for one in several)
