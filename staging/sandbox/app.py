"""How is the sandbox put together? Every service on one address, laid out as behind the engine's nginx."""

from collections.abc import Mapping, Sequence
from typing import Any, Literal
from uuid import UUID

from flask import Flask, Response, jsonify, request
from werkzeug.exceptions import InternalServerError, MethodNotAllowed
from werkzeug.routing import BaseConverter

from staging.sandbox.auth import auth
from staging.sandbox.calld import calld
from staging.sandbox.confd.contexts import contexts
from staging.sandbox.confd.csv_import import csv_import
from staging.sandbox.confd.devices import devices
from staging.sandbox.confd.endpoints import endpoints
from staging.sandbox.confd.engine import engine, wizard
from staging.sandbox.confd.extensions import extensions
from staging.sandbox.confd.funckeys import funckeys
from staging.sandbox.confd.groups import groups
from staging.sandbox.confd.incalls import incalls
from staging.sandbox.confd.lines import lines
from staging.sandbox.confd.users import users
from staging.sandbox.confd.voicemails import voicemails
from staging.sandbox.customers import customers
from staging.sandbox.portal import portal
from staging.sandbox.provd.files import phone_files
from staging.sandbox.provd.plugin_routes import plugins
from staging.sandbox.provd.routes import provd
from staging.sandbox.refusals import Refusal
from staging.sandbox.room import room
from staging.sandbox.room_page import room_page
from staging.sandbox.setupd import setupd
from staging.sandbox.traffic import Traffic
from staging.sandbox.trouble import read_rule
from staging.sandbox.world import Options, World

_CONFD = (
    contexts,
    users,
    csv_import,
    lines,
    endpoints,
    extensions,
    incalls,
    voicemails,
    groups,
    funckeys,
    devices,
    engine,
    wizard,
)
_OTHERS = (auth, setupd, provd, plugins, phone_files, calld, portal, customers, room, room_page)


def create_sandbox(
    *,
    configured: bool = False,
    open_door: bool = False,
    root_password: str = "sandbox",  # noqa: S107  # published; it opens nothing but this sandbox
    tenant_delay: float = 0.1,
    restart_delay: float = 0.3,
    operation_delay: float = 0.05,
    latency_ms: int | Literal["recorded"] = 0,
    faults: Sequence[Mapping[str, Any]] = (),
) -> Flask:
    """A Wazo engine, a portal and a room of phones, all in memory.

    configured: an engine in service, with its root account and two phone plugins; else one fresh from its installer.
    open_door: see `world.Options`.
    tenant_delay: seconds until confd hears of a tenant; restart_delay: seconds that provd is away when it restarts;
    operation_delay: seconds that an installation of a plugin takes. latency_ms: added to every request.
    faults: rules as `trouble.read_rule` reads them; raises RuleError.
    """
    app = Flask(__name__, static_folder=None)
    world = World(Options(configured, open_door, root_password, tenant_delay, restart_delay, operation_delay))
    world.trouble.latency_ms = latency_ms
    world.trouble.rules = [read_rule(rule) for rule in faults]
    app.extensions["sandbox"] = world
    app.url_map.converters["ref"] = _RefConverter
    app.url_map.strict_slashes = False
    app.json.sort_keys = False  # type: ignore[attr-defined]  # Flask's default provider has it
    for blueprint in (*_CONFD, *_OTHERS):
        app.register_blueprint(blueprint)
    _answer_alike(app, world)
    app.wsgi_app = Traffic(app.wsgi_app, world)  # type: ignore[method-assign]  # Flask's documented way
    return app


class _RefConverter(BaseConverter):
    """A number or a uuid; anything else is no address of ours."""

    regex = r"\d+|[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"

    def to_python(self, value: str) -> int | UUID:
        return int(value) if value.isdigit() else UUID(value)

    def to_url(self, value: int | UUID) -> str:
        return str(value)


def _answer_alike(app: Flask, world: World) -> None:
    """What all services share: refusals as JSON, and rows that are kept only when the request succeeds."""

    @app.before_request
    def begin() -> None:
        world.db.journal.begin()

    @app.errorhandler(Refusal)
    def refuse(refusal: Refusal) -> tuple[Response, int]:
        return jsonify(refusal.body), refusal.status

    @app.errorhandler(InternalServerError)
    def crash(error: InternalServerError) -> tuple[Response, int]:
        # A body of a shape that nobody foresaw: the real daemons say no more than this either.
        return jsonify([f"Unexpected error: {error.original_exception}"]), 500

    @app.errorhandler(MethodNotAllowed)
    def wrong_method(_: MethodNotAllowed) -> tuple[Response, int]:
        return jsonify({"message": "The method is not allowed for the requested URL."}), 405

    @app.after_request
    def end(response: Response) -> Response:
        if response.status_code >= 400:
            world.db.journal.undo()
        if response.status_code == 204 and "/confd/" in request.path:
            response.content_type = "application/json"
        return response
