"""Who is asking, in which language, may they, and did they mean it? Everything that comes before a page.

Each view is wrapped in `needs(right)` or `for_everyone`; `check_guarded` refuses to start with one that is not.
"""

import hmac
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import update_wrapper
from typing import Any, Literal

from flask import Flask, g, request, session
from flask.typing import ResponseReturnValue

from staging.adapters.store.people import Operator, People
from staging.core.faults import Fault, Refused, Where
from staging.core.messages import say
from staging.core.roles import Right, may, roles_with
from staging.core.words import LANGUAGES, Language

SESSION_LIFE = timedelta(hours=14)
"""One long working day; a wall screen's token lives until it is taken away."""

CSRF_FIELD, CSRF_HEADER = "csrf", "X-CSRF"
_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
View = Callable[..., ResponseReturnValue]


@dataclass(frozen=True, slots=True)
class Visitor:
    """Whoever asks. by_bearer: with a token in this very request, so that no other site can have forged it."""

    operator: Operator
    by_bearer: bool


class NotSignedIn(Refused):
    """Nobody is signed in, or the session ended."""


class Guarded:
    """A view with the right that it asks for; right None: open to everyone."""

    def __init__(self, view: View, right: Right | None) -> None:
        update_wrapper(self, view)
        self.right = right
        self._view = view

    def __call__(self, *args: Any, **kwargs: Any) -> ResponseReturnValue:
        if self.right is not None:
            demand(self.right)
        return self._view(*args, **kwargs)


def needs(right: Right) -> Callable[[View], Guarded]:
    """Let only people with this right in; the others are told who may do it."""
    return lambda view: Guarded(view, right)


def for_everyone(view: View) -> Guarded:
    """No sign-in needed: the door itself, and what monitors ask."""
    return Guarded(view, None)


def demand(right: Right) -> None:
    """Raises NotSignedIn, or Refused with the roles that hold the right."""
    role = operator().role
    if not may(role, right):
        lang = language()
        roles = ", ".join(say(f"web-role-{one}", lang) for one in roles_with(right))
        raise Refused(
            Fault("not-allowed", Where(request.path),
                  {"role": say(f"web-role-{role}", lang), "roles": roles, "right": say(f"web-right-{right}", lang)})
        )  # fmt: skip


def operator() -> Operator:
    """Who is asking; raises NotSignedIn when nobody is."""
    visitor: Visitor | None = g.get("visitor")
    if visitor is None:
        raise NotSignedIn(Fault("not-signed-in", Where(request.path)))
    return visitor.operator


def allowed(right: Right) -> bool:
    """Whether whoever asks holds a right, to show or leave out a button."""
    visitor: Visitor | None = g.get("visitor")
    return visitor is not None and may(visitor.operator.role, right)


def language() -> Language:
    """The language to answer in: chosen in this session, else the operator's, else what the browser prefers."""
    chosen = g.get("language")
    if chosen in LANGUAGES:
        return "en" if chosen == "en" else "fr"
    visitor: Visitor | None = g.get("visitor")
    if visitor is not None and not visitor.by_bearer:
        return visitor.operator.language
    return "en" if request.accept_languages.best_match(LANGUAGES) == "en" else "fr"


def csrf_token() -> str:
    """The word that every form of this session carries and no other site can know."""
    if "csrf" not in session:
        session["csrf"] = secrets.token_urlsafe(24)
    return str(session["csrf"])


def sign_in(who: Operator, *, now: datetime, token: str | None = None, by_link: bool = False) -> None:
    """Begin a session. The one before is thrown away, so nobody can have prepared it.

    token: of a wall screen; it is asked again at every request, and works until it is revoked. by_link: with a
    one-time link, so whoever forgot the password may choose another; when that was is kept.
    """
    session.clear()
    session.permanent = True
    session["lang"] = who.language
    if token is not None:
        session["token"] = token
        return
    session["name"] = who.name
    if by_link:
        session["link_at"] = now.timestamp()
    session["since"] = now.timestamp()


def install_gate(app: Flask, people: People, *, now: Callable[[], datetime], machine_doors: frozenset[str]) -> None:
    """Recognise everybody before each request, and refuse what another site sent in their name.

    machine_doors: blueprints whose callers prove themselves otherwise (tickets, signatures).
    """

    @app.before_request
    def recognise() -> None:
        if request.blueprint in machine_doors or request.endpoint == "static":
            return
        g.visitor = _by_bearer(people) or _by_session(people, now())
        g.language = session.get("lang")

    @app.before_request
    def refuse_forgery() -> None:
        if request.method in _SAFE or request.blueprint in machine_doors:
            return
        visitor: Visitor | None = g.get("visitor")
        if visitor is not None and visitor.by_bearer:
            return
        given = request.headers.get(CSRF_HEADER) or request.form.get(CSRF_FIELD) or ""
        if not hmac.compare_digest(given.encode(), str(session.get("csrf", "")).encode()) or not given:
            raise Refused(Fault("stale-form", Where(request.path)))


def check_guarded(app: Flask, machine_doors: frozenset[str]) -> None:
    """Raises RuntimeError for a route that forgot to say who may use it."""
    for endpoint, view in app.view_functions.items():
        blueprint = endpoint.rpartition(".")[0]
        if endpoint != "static" and blueprint not in machine_doors and not isinstance(view, Guarded):
            raise RuntimeError(f"route {endpoint} says nothing about who may use it")


def local_path(asked: str | None) -> str:
    """A path on this site to go on to after signing in; anything else becomes the first page."""
    if asked and asked.startswith("/") and not asked.startswith(("//", "/\\")) and asked.isprintable():
        return asked
    return "/"


def address() -> str:
    """Where the request comes from, as the server sees it."""
    return request.remote_addr or "?"


Wants = Literal["page", "fragment", "json"]


def wants() -> Wants:
    """In which form the asker can read an answer."""
    if request.path.startswith("/api/") or request.path == "/healthz":
        return "json"
    return "fragment" if request.headers.get("HX-Request") == "true" else "page"


def _by_bearer(people: People) -> Visitor | None:
    kind, _, token = request.headers.get("Authorization", "").partition(" ")
    if kind.lower() != "bearer":
        return None
    who = people.of_token(token.strip())
    return Visitor(who, by_bearer=True) if who else None


def _by_session(people: People, now: datetime) -> Visitor | None:
    began = datetime.fromtimestamp(session.get("since", 0), UTC)
    if "token" in session:
        who = people.of_token(session["token"])
    elif "name" in session and now - began < SESSION_LIFE:
        who = people.find(session["name"], signed_in_at=began)
    else:
        who = None
    return Visitor(who, by_bearer=False) if who else None
