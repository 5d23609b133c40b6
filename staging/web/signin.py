"""How does a person get in and out? Password, also another one; one-time link, wall-screen token; language switch."""

from collections.abc import Callable
from datetime import timedelta

from flask import Blueprint, flash, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue

from staging.adapters.store.people import Operator
from staging.core.faults import Fault, Refused, Where
from staging.core.words import LANGUAGES, Language
from staging.desk import people as desk_people
from staging.web.brake import SignInBrake
from staging.web.gate import address, for_everyone, local_path, needs, operator, sign_in
from staging.web.here import here
from staging.web.words import translate

signin = Blueprint("signin", __name__)

_LINK_COUNTS = timedelta(minutes=15)
"""How long after a link another password may be chosen without the present one; the session lasts far longer."""


@signin.get("/signin")
@for_everyone
def ask() -> ResponseReturnValue:
    """The form for name and password."""
    return render_template("signin.html", next=local_path(request.args.get("next")), name="")


@signin.post("/signin")
@for_everyone
def enter() -> ResponseReturnValue:
    """Check name and password; too many wrong ones have to wait."""
    name, password = request.form.get("name", "").strip(), request.form.get("password", "")
    who = _listen(name, lambda: here().store.people.check_password(name, password))
    if who is None:
        faults = (Fault("sign-in-wrong", Where("signin")),)
        page = render_template("signin.html", next=local_path(request.form.get("next")), name=name, faults=faults)
        return page, 401
    sign_in(who, now=here().now())
    return redirect(local_path(request.form.get("next")), 303)


@signin.get("/signin/screen")
@for_everyone
def ask_screen() -> ResponseReturnValue:
    """The form for a wall screen's token: it stays out of the address bar and of every log."""
    return render_template("signin_screen.html")


@signin.post("/signin/screen")
@for_everyone
def enter_screen() -> ResponseReturnValue:
    """Keep a token in the session of this browser."""
    token = request.form.get("token", "").strip()
    who = _listen(_secret_of("token"), lambda: here().store.people.of_token(token))
    if who is None:
        raise Refused(Fault("token-wrong", Where("signin")))
    sign_in(who, now=here().now(), token=token)
    return redirect(url_for("bench.show"), 303)


@signin.post("/signin/demo")
@for_everyone
def enter_demo() -> ResponseReturnValue:
    """The demo's buttons: sign in as somebody of a role, without a password. Not there outside the demo."""
    demo, role = here().demo, request.form.get("role", "")
    name = next((name for known, name in demo.operators.items() if known == role), None) if demo else None
    who = here().store.people.find(name) if name else None
    if who is None:
        raise Refused(Fault("no-such-page", Where("signin"), {"status": 404}))
    sign_in(who, now=here().now())
    return redirect("/", 303)


@signin.get("/signin/<secret>")
@for_everyone
def ask_link(secret: str) -> ResponseReturnValue:
    """A button, not a sign-in: programs that preview links must not use the link up."""
    return render_template("signin_link.html", secret=secret)


@signin.post("/signin/<secret>")
@for_everyone
def enter_link(secret: str) -> ResponseReturnValue:
    """Use a one-time link up; whoever has no password yet is asked to choose one."""
    who = _listen(_secret_of("link"), lambda: here().store.people.use_link(secret))
    if who is None:
        raise Refused(Fault("link-used", Where("signin")))
    sign_in(who, now=here().now(), by_link=True)
    # The demo has buttons instead of passwords.
    chosen = here().demo is not None or here().store.people.has_password(who.name)
    return redirect("/" if chosen else url_for("signin.account"), 303)


@signin.get("/account")
@needs("see")
def account() -> ResponseReturnValue:
    """The form for a password of one's own; the present one is asked for, unless a link was used just now."""
    return render_template("account.html", known=_knows_password(_person()))


@signin.post("/account/password")
@needs("see")
def choose_password() -> ResponseReturnValue:
    """Change one's own password; every other browser of this person has to sign in again."""
    name, form, people = _person(), request.form, here().store.people
    if _knows_password(name) and _listen(name, lambda: people.check_password(name, form.get("present", ""))) is None:
        raise Refused(Fault("password-not-present", Where("account")))
    if form.get("password", "") != form.get("again", ""):
        raise Refused(Fault("passwords-differ", Where("account")))
    desk_people.set_password(here().desk, name, form.get("password", ""), by=name)
    sign_in(operator(), now=here().now())
    flash(translate("password-set", name=name))
    return redirect("/", 303)


@signin.post("/signout")
@for_everyone
def leave() -> ResponseReturnValue:
    """End the session of this browser."""
    session.clear()
    return redirect(url_for("signin.ask"), 303)


@signin.post("/language")
@for_everyone
def speak() -> ResponseReturnValue:
    """Switch the language, and remember it with the person who is signed in."""
    chosen: Language = "en" if request.form.get("lang") == LANGUAGES[1] else "fr"
    session["lang"] = chosen
    if "name" in session:
        here().store.people.set_language(operator().name, chosen)
    return redirect(local_path(request.form.get("next")), 303)


def _person() -> str:
    """Who is signed in as a person; raises Refused for a wall screen and for a program."""
    if session.get("name") != operator().name:
        raise Refused(Fault("no-account", Where("account")))
    return operator().name


def _knows_password(name: str) -> bool:
    """Whether the present password must be given before another counts."""
    since_link = here().now().timestamp() - session.get("link_at", 0.0)
    return here().store.people.has_password(name) and since_link > _LINK_COUNTS.total_seconds()


def _secret_of(kind: str) -> str:
    """What the brake counts guesses of a long random word under: nobody's name, and apart for each address.

    A stranger who guesses must lock no other address out.
    """
    return f"/{kind}/{address()}"


def _listen(name: str, check: Callable[[], Operator | None]) -> Operator | None:
    brake: SignInBrake = here().brake
    now = here().now()
    wait_s = brake.wait_s(name=name, address=address(), now=now)
    if wait_s:
        raise Refused(Fault("sign-in-too-often", Where("signin"), {"seconds": wait_s}))
    who = check()
    if who is None:
        brake.failed(name=name, address=address(), now=now)
        return None
    brake.passed(name=name, address=address())
    return who
