"""Who may come in, and which stacks, portals and printers are there? The administrator's one page."""

from dataclasses import replace
from typing import Any

from flask import Blueprint, Response, flash, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from labels.sheet import sheets
from staging.core.faults import Fault, Refused, Where
from staging.core.roles import ROLES, Role
from staging.core.words import Language
from staging.desk import labels as desk_labels
from staging.desk import people as desk_people
from staging.desk import stacks as desk_stacks
from staging.jobs.job import Portal, Stack, StackKind
from staging.jobs.records import Printer
from staging.web.gate import needs, operator
from staging.web.here import here
from staging.web.orders import attempt
from staging.web.words import translate

admin = Blueprint("admin", __name__, url_prefix="/admin")

FORMATS = ("national", "e164", "e164-plus", "last-9")
SERVICES = ("auth", "confd", "provd", "setupd", "calld")


@admin.get("")
@needs("administer")
def show() -> ResponseReturnValue:
    """Everything that can be added, and what is there."""
    return _page()


@admin.post("/users")
@needs("administer")
def add_user() -> ResponseReturnValue:
    """Add an operator; without a password, by a link that works once and is shown this once."""
    form, by = request.form, operator().name
    password = form.get("password") or None
    language: Language = "en" if form.get("language") == "en" else "fr"
    made = desk_people.add_operator(
        here().desk, form.get("name", ""), role=_role(form.get("role")), language=language, password=password, by=by
    )
    return _kept("web-user-added", "users", name=made.name) if password is not None else _link(made.name)


@admin.post("/users/link")
@needs("administer")
def link_user() -> ResponseReturnValue:
    """A new one-time link for somebody who cannot get in."""
    return _link(request.form.get("name", ""))


@admin.post("/users/remove")
@needs("administer")
def remove_user() -> ResponseReturnValue:
    """Shut somebody out, in every browser."""
    name = request.form.get("name", "")
    desk_people.remove_operator(here().desk, name, by=operator().name)
    return _kept("operator-removed", "users", name=name)


@admin.post("/tokens")
@needs("administer")
def add_token() -> ResponseReturnValue:
    """Add a token for a program or a wall screen; it is shown this once."""
    name = request.form.get("name", "")
    token = desk_people.add_token(here().desk, name, role=_role(request.form.get("role")), by=operator().name)
    return _once("token", name, token)


@admin.post("/tokens/remove")
@needs("administer")
def remove_token() -> ResponseReturnValue:
    """Make a token worthless: the screen or program that holds it is shut out."""
    name = request.form.get("name", "")
    desk_people.remove_token(here().desk, name, by=operator().name)
    return _kept("token-removed", "tokens", name=name)


@admin.post("/stacks")
@needs("administer")
def add_stack() -> ResponseReturnValue:
    """Add a stack; its password goes into the vault."""
    form = request.form
    kind: StackKind = "on-cloud" if form.get("kind") == "on-cloud" else "on-premise"
    stack = Stack(
        name=form.get("name", "").strip(), kind=kind, url=_text("url"),
        urls={one: url for one in SERVICES if (url := _text(f"{one}_url"))}, username=_text("username") or "root",
        ca_file=_text("ca_file"), portal=_text("portal"), did_format=_text("did_format") or FORMATS[0],
    )  # fmt: skip
    desk_stacks.add_stack(here().desk, stack, password=form.get("password") or None)
    return _kept("web-stack-added", "stacks", name=stack.name)


@admin.get("/stacks/<name>")
@needs("administer")
def check_stack(name: str) -> ResponseReturnValue:
    """Ask every service of a stack, which writes nothing; the way in to it can be corrected here."""
    stack = here().store.stacks.get(name)
    findings, faults = attempt(lambda: desk_stacks.check(here().desk, name))
    return render_template(
        "stack_check.html", stack=stack, findings=findings or (), faults=faults, services=SERVICES
    )  # fmt: skip


@admin.post("/stacks/<name>")
@needs("administer")
def change_stack(name: str) -> ResponseReturnValue:
    """Correct the way in to a stack; an empty password keeps the one that is there."""
    known = here().store.stacks.get(name)
    urls = {one: url for one in SERVICES if (url := _text(f"{one}_url"))}
    made = replace(known, url=_text("url"), urls=urls, username=_text("username") or known.username,
                   ca_file=_text("ca_file"))  # fmt: skip
    desk_stacks.change_stack(here().desk, made, password=request.form.get("password") or None, by=operator().name)
    flash(translate("stack-changed", stack=name))
    return redirect(url_for("admin.check_stack", name=name), 303)


@admin.post("/portals/<name>")
@needs("administer")
def change_portal(name: str) -> ResponseReturnValue:
    """Correct the way in to a portal; an empty password keeps the one that is there."""
    known = here().store.stacks.get_portal(name)
    made = replace(known, url=_text("url") or known.url, username=_text("username") or known.username,
                   ca_file=_text("ca_file"))  # fmt: skip
    desk_stacks.change_portal(here().desk, made, password=request.form.get("password") or None, by=operator().name)
    return _kept("portal-changed", "portals", portal=name)


@admin.post("/portals")
@needs("administer")
def add_portal() -> ResponseReturnValue:
    """Add a portal; its password goes into the vault."""
    form = request.form
    portal = Portal(
        form.get("name", "").strip(),
        form.get("url", "").strip(),
        form.get("username", "").strip(),
        _text("ca_file"),
    )
    if not form.get("password"):
        raise Refused(Fault("password-missing", Where("portal", field=portal.name), {"name": portal.name}))
    desk_stacks.add_portal(here().desk, portal, password=form["password"])
    return _kept("web-portal-added", "portals", name=portal.name)


@admin.post("/printers")
@needs("administer")
def add_printer() -> ResponseReturnValue:
    """Add a printer; its address and its sheet must be ones that we can use."""
    form = request.form
    url = form.get("url", "").strip()
    sheet = form.get("sheet", "").strip()
    language = form.get("language") or desk_labels.language_for(url, sheet)
    dpi = 300 if form.get("dpi") == "300" else 203
    printer = Printer(form.get("name", "").strip(), url, sheet, language, dpi)
    desk_labels.add_printer(here().desk, printer)
    return _kept("web-printer-added", "printers", name=printer.name)


@admin.post("/printers/<name>/calibrate")
@needs("administer")
def calibrate(name: str) -> ResponseReturnValue:
    """Keep how far this printer's picture has to move, as read off its test page."""
    right, down = _millimetres("right"), _millimetres("down")
    desk_labels.calibrate(here().desk, name, dx_mm=right, dy_mm=down)
    return _kept("printer-calibrated", "printers", name=name, right=f"{right:g}", down=f"{down:g}")


@admin.post("/printers/<name>/test-page")
@needs("administer")
def print_test_page(name: str) -> ResponseReturnValue:
    """Print where this printer puts things."""
    desk_labels.print_test_page(here().desk, name)
    return _kept("web-test-page-sent", "printers", name=name)


def link_to(secret: str) -> str:
    """The address of a one-time link, under the name by which people reach this service; without one, the asker's."""
    base = here().desk.settings.web_url
    return f"{base or ''}{url_for('signin.ask_link', secret=secret, _external=base is None)}"


def _millimetres(field: str) -> float:
    try:
        return float(request.form.get(field, "").replace(",", ".") or 0)
    except ValueError as error:
        fault = Fault("printer-offset", Where("printer", field=field), {"longest": desk_labels.LONGEST_OFFSET_MM})
        raise Refused(fault) from error


def _page(**once: Any) -> Response:
    store = here().store
    page = render_template(
        "admin.html", people=store.people.all(), tokens=store.people.tokens(), stacks=store.stacks.all(),
        portals=store.stacks.portals(), printers=store.bench.printers(), sheets=sorted(sheets()), formats=FORMATS,
        workers=store.workers.alive(), **once,
    )  # fmt: skip
    response = make_response(page)
    # A reload must show the page again, not send the form again.
    response.headers["HX-Push-Url"] = url_for("admin.show")
    return response


def _link(name: str) -> Response:
    """A new way in for somebody, shown with this page alone."""
    return _once("link", name, link_to(desk_people.make_link(here().desk, name, by=operator().name)))


def _once(what: str, name: str, secret: str) -> Response:
    return _page(once_what=what, once_name=name, once=secret)


def _kept(key: str, part: str, **facts: str) -> ResponseReturnValue:
    flash(translate(key, **facts))
    return redirect(url_for("admin.show", _anchor=part), 303)


def _role(typed: str | None) -> Role:
    found = next((role for role in ROLES if role == typed), None)
    if found is None:
        raise Refused(Fault("unknown-role", Where("user"), {"typed": typed or "", "known": ", ".join(ROLES)}))
    return found


def _text(name: str) -> str | None:
    return request.form.get(name, "").strip() or None
