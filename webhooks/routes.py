"""How do other systems tell us something? Edge: POST `/hooks/<source>`: verify, write down, answer 202."""

from collections.abc import Callable
from dataclasses import dataclass

from flask import Blueprint, Response, jsonify, request

from staging.core.clock import Clock
from staging.core.faults import Fault, Where
from staging.core.messages import explain
from staging.core.secret import Secret
from webhooks.events import Event
from webhooks.payload import parse_payload
from webhooks.sign import verify

LONGEST_BODY = 256 * 1024
"""Bytes of one delivery, at most."""

RESERVED_SOURCES = frozenset({"hello", "install"})
"""Names that no source may have: boxes speak there."""


@dataclass(frozen=True, slots=True)
class HookNeeds:
    """What the route needs from above.

    find_secrets: the signing secrets of a source, newest first (two while one is being replaced); empty: unknown.
    record_event: writes one event down, with the id under which its sender knows it; False when that id is
    already there, so a repeated delivery does nothing.
    """

    find_secrets: Callable[[str], tuple[Secret, ...]]
    record_event: Callable[[str, str, Event], bool]
    clock: Clock


def blueprint(needs: HookNeeds) -> Blueprint:
    """`/hooks/<source>`; the names `hello` and `install` are taken and can be no source."""
    routes = Blueprint("hooks", __name__)

    @routes.post("/hooks/<source>")
    def receive(source: str) -> tuple[Response, int]:
        """Verify, write down, answer 202. What it means for anybody is found out later, from what is written down."""
        body = request.stream.read(LONGEST_BODY + 1)
        if len(body) > LONGEST_BODY:
            return _refused(413, Fault("hook-too-long", Where(source=source), {"longest": LONGEST_BODY}))
        delivery = request.headers.get("webhook-id", "")
        fault = _verify(needs, source, body, delivery)
        if fault is not None:
            return _refused(401, fault)
        event = parse_payload(body, source=source)
        if isinstance(event, Fault):
            return _refused(400, event)
        is_new = needs.record_event(source, delivery, event)
        return jsonify({"taken": True, "repeated": not is_new}), 202

    return routes


def _verify(needs: HookNeeds, source: str, body: bytes, delivery: str) -> Fault | None:
    # An unknown source and a wrong signature are told alike: names of sources are nobody's business.
    secrets = needs.find_secrets(source) if source not in RESERVED_SOURCES else ()
    return verify(
        body,
        id=delivery,
        timestamp=request.headers.get("webhook-timestamp", ""),
        signatures=request.headers.get("webhook-signature", ""),
        secrets=secrets,
        now=needs.clock.now(),
    )


def _refused(status: int, fault: Fault) -> tuple[Response, int]:
    message = explain(fault, "en")
    answer = jsonify({"type": "about:blank", "title": message.text, "detail": message.hint, "code": fault.code})
    answer.content_type = "application/problem+json"
    return answer, status
