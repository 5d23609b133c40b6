"""How does every provd call begin and end? Its guard, its media type, its operations."""

import json
from typing import Any

from flask import Blueprint, Response, request

from staging.sandbox.access import guard_provd
from staging.sandbox.world import world

MEDIA_TYPE = "application/vnd.proformatique.provd+json"
INTERNAL = "/0.2"
"""Locations name provd's own path, not the one behind nginx."""

_GATEWAY = "<html><head><title>502 Bad Gateway</title></head></html>"


def provd_blueprint(name: str) -> Blueprint:
    """Some of provd's calls, behind its checks."""
    made = Blueprint(name, __name__, url_prefix="/api/provd/0.2")
    made.before_request(_guard)
    return made


def begin(path: str, outcome: str, *, label: str | None = None, size: int = 0) -> Response:
    """Start an operation and say where it can be followed. label: of those that take a while; size: bytes to fetch."""
    seconds = world().options.operation_delay if label else 0.0
    location = world().provd.begin(path, outcome, label=label, seconds=seconds, size=size)
    return Response("", 201, {"Location": f"{INTERNAL}/{location}"}, content_type="text/html")


def answer_operation(location: str) -> Response:
    operation = world().provd.operations.get(location)
    return show({"status": operation.status()}) if operation else nothing()


def forget_operation(location: str) -> Response:
    return done() if world().provd.operations.pop(location, None) else nothing()


def body() -> dict[str, Any]:
    """The object that was sent; anything else counts as empty."""
    found = request.get_json(force=True, silent=True)
    return found if isinstance(found, dict) else {}


def show(document: Any, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    return Response(json.dumps(document), status, headers, content_type=MEDIA_TYPE)


def say(status: int, words: str) -> Response:
    """A refusal, in plain words."""
    return Response(words, status, content_type="text/plain")


def done() -> Response:
    return Response("", 204)


def nothing() -> Response:
    return say(404, "Resource not found")


def _guard() -> Response | None:
    if not world().provd.available():
        return Response(_GATEWAY, 502, content_type="text/html")
    if not guard_provd():
        return say(401, "Unauthorized")
    if request.method in ("POST", "PUT") and request.mimetype != MEDIA_TYPE:
        return say(415, f"Content-Type must be {MEDIA_TYPE}")
    accepted = request.accept_mimetypes
    if request.method == "GET" and accepted and not accepted.quality(MEDIA_TYPE):
        return say(406, f"You must accept the {MEDIA_TYPE} MIME type")
    return None
