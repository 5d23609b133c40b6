"""How is the people's door put together? One Flask application: gate, words, problems, pages, API, health."""

from collections.abc import Sequence

from flask import Flask, Response, request
from flask.sessions import SecureCookieSessionInterface

from staging.desk.desk import Desk
from staging.web.admin import admin
from staging.web.answers import answers
from staging.web.api import api
from staging.web.bench import bench
from staging.web.boxes import boxes
from staging.web.corrections import corrections
from staging.web.gate import SESSION_LIFE, check_guarded, install_gate
from staging.web.health import health
from staging.web.here import DemoLinks, Here, settle
from staging.web.home import home
from staging.web.orders import orders
from staging.web.pack import pack
from staging.web.phones import phones
from staging.web.plans import plans
from staging.web.problems import install_problems
from staging.web.scanning import scanning
from staging.web.signin import signin
from staging.web.stickers import stickers
from staging.web.undo import undo
from staging.web.words import install_words

__all__ = ["DemoLinks", "create_app"]

BODY_CAP = 25 * 1024 * 1024
"""Bytes of one request; the largest workbook that is read is smaller."""

_POLICY = (
    "default-src 'self'; object-src 'none'; base-uri 'none'; frame-ancestors 'none'; form-action 'self'; "
    "img-src 'self' data:"
)
_HEADERS = {
    "Content-Security-Policy": _POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    # The path of a one-time link must not travel to the next site.
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(self), microphone=(), geolocation=()",
}


def create_app(
    desk: Desk, *, session_key: bytes, demo: DemoLinks | None = None, machine_doors: Sequence[str] = ("hooks",)
) -> Flask:
    """The application that people and programs talk to.

    session_key: 32 random bytes that sign the cookies; another key signs everybody out.
    machine_doors: names of blueprints, registered later by whoever knows them, for callers that cannot sign in;
    they prove themselves by signature, so neither the gate nor the forgery check applies to them.
    Raises RuntimeError when a route does not say who may use it.
    """
    app = Flask(__name__)
    app.config.update(
        SECRET_KEY=session_key,
        MAX_CONTENT_LENGTH=BODY_CAP,
        SESSION_COOKIE_NAME="staging",
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        PERMANENT_SESSION_LIFETIME=max(SESSION_LIFE.total_seconds(), _SCREEN_LIFE_S),
    )
    app.session_interface = _CookieByScheme()
    settle(app, Here(desk, demo))
    names = frozenset(machine_doors)
    install_gate(app, desk.store.people, now=desk.clock.now, machine_doors=names)
    install_words(app)
    install_problems(app)
    for part in (
        signin, home, bench, boxes, answers, orders, plans, corrections, undo, phones, stickers, pack, scanning, admin,
        api, health,
    ):  # fmt: skip
        app.register_blueprint(part)
    app.after_request(_add_headers)
    check_guarded(app, names)
    return app


# A wall screen that was off over the summer still knows its token; people's sessions end by SESSION_LIFE.
_SCREEN_LIFE_S = 90 * 86_400


class _CookieByScheme(SecureCookieSessionInterface):
    """The session's cookie is Secure wherever the page came by HTTPS; the demo on loopback has none."""

    def get_cookie_secure(self, app: Flask) -> bool:  # noqa: ARG002  # Flask's own signature
        """Whether the cookie may travel by HTTPS alone."""
        return request.is_secure


def _add_headers(response: Response) -> Response:
    for name, value in _HEADERS.items():
        response.headers.setdefault(name, value)
    if request.is_secure:
        response.headers.setdefault("Strict-Transport-Security", "max-age=31536000")
    if request.endpoint == "static":
        response.headers["Cache-Control"] = "public, max-age=3600"
    else:
        response.headers.setdefault("Cache-Control", "no-store")
    return response
