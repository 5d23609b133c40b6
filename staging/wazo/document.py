"""How is a desired state kept until the next change set? As JSON, and back.

What was applied is stored, to be one of the three sides of the next comparison and to be undone days later.
"""

import types
from collections.abc import Mapping
from dataclasses import asdict, fields, is_dataclass
from functools import cache
from typing import Any, Literal, NewType, Union, get_args, get_origin, get_type_hints

from staging.wazo.state import SecretRef, StackState


def state_document(state: StackState) -> dict[str, Any]:
    """The state as JSON; a SecretRef stays a reference, so that no secret is ever in it."""
    document: dict[str, Any] = _plain(asdict(state))
    return document


def state_from_document(document: Mapping[str, Any]) -> StackState:
    """The state that `state_document` wrote down; a field that it lacks has its default.

    Raises KeyError, TypeError or ValueError on anything else.
    """
    state = _build(StackState, document)
    if not isinstance(state, StackState):
        raise TypeError("not a state")
    return state


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    return [_plain(item) for item in value] if isinstance(value, list | tuple) else value


@cache
def _hints(kind: Any) -> Mapping[str, Any]:
    return get_type_hints(kind)


def _build(kind: Any, value: Any) -> Any:
    if isinstance(kind, NewType):
        return _build(kind.__supertype__, value)
    origin = get_origin(kind)
    if origin in (types.UnionType, Union):
        return _build_one_of(get_args(kind), value)
    if origin is tuple:
        return _build_tuple(get_args(kind), value)
    if is_dataclass(kind):
        return _build_dataclass(kind, value)
    if hasattr(kind, "_fields"):
        return kind(*(_build(hint, item) for hint, item in zip(_hints(kind).values(), value, strict=True)))
    if origin is Literal:
        if value not in get_args(kind):
            raise ValueError(f"{value!r} is none of {get_args(kind)}")
        return value
    if not isinstance(value, kind):
        raise TypeError(f"{value!r} is no {kind.__name__}")
    return value


def _build_dataclass(kind: Any, value: Mapping[str, Any]) -> Any:
    hints = _hints(kind)
    return kind(
        **{field.name: _build(hints[field.name], value[field.name]) for field in fields(kind) if field.name in value}
    )


def _build_tuple(kinds: tuple[Any, ...], value: Any) -> tuple[Any, ...]:
    if len(kinds) == 2 and kinds[1] is Ellipsis:
        return tuple(_build(kinds[0], item) for item in value)
    return tuple(_build(kind, item) for kind, item in zip(kinds, value, strict=True))


def _build_one_of(kinds: tuple[Any, ...], value: Any) -> Any:
    if value is None and type(None) in kinds:
        return None
    if isinstance(value, dict):
        return _build(next(kind for kind in kinds if is_dataclass(kind)), value)
    simple = [kind for kind in kinds if kind not in (type(None), SecretRef)]
    return _build(simple[0], value) if len(simple) == 1 else value
