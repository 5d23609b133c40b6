"""How is the API told to programs? An OpenAPI 3.1 document made of the table that registers the routes."""

import re
from collections.abc import Iterable
from typing import Any, Literal, Protocol

from staging.core.roles import Right, roles_with
from staging.web.api_answers import FaultOut
from staging.web.shape import Json, schema_of

_BLANK = re.compile(r"\{(\w+)\}")
PICTURES = ("image/jpeg", "image/png")
_BINARY: Json = {"type": "string", "format": "binary"}

Upload = Literal["workbook", "picture"]
"""A body that is no JSON: a form with a workbook in it, or a JPEG or PNG as it is."""


class Described(Protocol):
    """What the document needs to know of a route."""

    @property
    def method(self) -> str: ...
    @property
    def path(self) -> str: ...
    @property
    def right(self) -> Right: ...
    @property
    def summary(self) -> str: ...
    @property
    def takes(self) -> type | Upload | None: ...
    @property
    def gives(self) -> type | tuple[str, ...]: ...
    @property
    def status(self) -> int: ...
    @property
    def query(self) -> tuple[str, ...]: ...
    @property
    def handler(self) -> Any: ...


def openapi_document(routes: Iterable[Described]) -> Json:
    """The whole document. Every operation names the right that it asks for and the roles that hold it."""
    components: dict[str, Json] = {}
    schema_of(FaultOut, components)
    components["Problem"] = _problem()
    paths: dict[str, dict[str, Json]] = {}
    for route in routes:
        paths.setdefault(f"/api/v1{route.path}", {})[route.method.lower()] = _operation(route, components)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Staging",
            "version": "1",
            "summary": "From a bare mini-PC to a telephone system that rings.",
        },
        "servers": [{"url": "/"}],
        "security": [{"bearer": []}, {"session": [], "csrf": []}],
        "paths": paths,
        "components": {
            "schemas": components,
            "securitySchemes": {
                "bearer": {"type": "http", "scheme": "bearer"},
                "session": {"type": "apiKey", "in": "cookie", "name": "staging"},
                "csrf": {"type": "apiKey", "in": "header", "name": "X-CSRF"},
            },
        },
    }


def _operation(route: Described, components: dict[str, Json]) -> Json:
    operation: dict[str, Json] = {
        "operationId": route.handler.__name__,
        "summary": route.summary,
        "description": f"{route.handler.__doc__}\n\nRight `{route.right}`: {', '.join(roles_with(route.right))}.",
        "parameters": [
            {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
            for name in _BLANK.findall(route.path)
        ]
        + [{"name": name, "in": "query", "schema": {"type": "string"}} for name in route.query],
        "responses": {
            str(route.status): {"description": "Done", "content": _gives(route.gives, components)},
            "default": {
                "description": "Refused or failed, with every fault",
                "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}},
            },
        },
    }
    if route.takes is not None:
        operation["requestBody"] = {"required": True, "content": _takes(route.takes, components)}
    return operation


def _takes(takes: type | Upload, components: dict[str, Json]) -> Json:
    if isinstance(takes, type):
        return {"application/json": {"schema": schema_of(takes, components)}}
    if takes == "picture":
        return {kind: {"schema": _BINARY} for kind in PICTURES}
    field = {
        "type": "object",
        "properties": {
            "workbook": _BINARY,
            "renumber": {"type": "string", "enum": ["yes"]},
        },
        "required": ["workbook"],
    }
    return {"multipart/form-data": {"schema": field}}


def _gives(gives: type | tuple[str, ...], components: dict[str, Json]) -> Json:
    if isinstance(gives, type):
        return {"application/json": {"schema": schema_of(gives, components)}}
    return {kind: {"schema": _BINARY} for kind in gives}


def _problem() -> Json:
    text = {"type": "string"}
    return {
        "type": "object",
        "properties": {
            "type": text, "title": text, "status": {"type": "integer"}, "detail": text, "code": text,
            "faults": {"type": "array", "items": {"$ref": "#/components/schemas/FaultOut"}},
        },
        "required": ["type", "title", "status", "code", "faults"],
    }  # fmt: skip
