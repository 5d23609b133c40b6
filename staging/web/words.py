"""What do templates call to speak? Texts, moments and faults in the language of whoever asks."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from flask import Flask, g, request
from markupsafe import Markup

from staging.core.faults import Fault, Where
from staging.core.messages import Message, catalogue, explain, say
from staging.core.roles import ROLES
from staging.core.words import LANGUAGES
from staging.desk.tell import spoken, tell
from staging.jobs.job import STEPS, TimelineLine
from staging.web.gate import CSRF_FIELD, CSRF_HEADER, allowed, csrf_token, language, local_path
from staging.web.here import here

NOT_YET = frozenset(
    {"order-without-plan", "tenant-not-made", "not-accepted-yet", "stack-without-address", "engine-not-ready"}
)
"""Faults that only say that a page was opened before its time."""


def install_words(app: Flask) -> None:
    """Give the templates their functions; the names are short because every line of a page uses them."""
    app.jinja_env.trim_blocks = True
    app.jinja_env.lstrip_blocks = True
    app.jinja_env.globals.update(
        t=translate, allowed=allowed, explain=explained, when=when, ago=ago, csrf_field=csrf_field,
        told=told, waits=waits, NOT_YET=NOT_YET, STEPS=STEPS, LANGUAGES=LANGUAGES, ROLES=ROLES,
    )  # fmt: skip
    app.jinja_env.filters["pairs"] = lambda values: [(value, value) for value in values]
    app.context_processor(_about_the_asker)


def translate(key: str, **facts: Any) -> str:
    """The words for a key; plain text, so the template escapes it. One thing takes the entry `<key>-one`, if any."""
    if facts.get("n", facts.get("seats")) == 1 and f"{key}-one" in catalogue():
        key = f"{key}-one"
    return say(key, language(), **facts)


def explained(fault: Fault) -> Message:
    """Text and hint of a fault."""
    return explain(fault, language())


def told(line: TimelineLine) -> str:
    """A line of the timeline as a sentence."""
    return tell(line, language())


def waits(key: str, facts: Mapping[str, Any]) -> Message:
    """What something waits for or stumbled over: a text key or a fault's code, and the next action if there is one."""
    return explain(Fault(key, Where(), spoken(facts, language())), language())


def when(moment: datetime | None) -> str:
    """A moment as people read it, in the machine's own zone: today's by its time, older ones with day and year."""
    if moment is None:
        return "–"
    local, today = moment.astimezone(), here().now().astimezone().date()
    if local.date() == today:
        return local.strftime("%H:%M")
    year = "" if local.year == today.year else "/%Y" if language() == "fr" else " %Y"
    day = local.strftime(("%d/%m" if language() == "fr" else "%d %b") + year)
    return f"{day} {local.strftime('%H:%M')}"


def ago(moment: datetime | None) -> str:
    """How long ago a moment was, in the largest unit that says enough."""
    if moment is None:
        return "–"
    seconds = max(0, int((here().now() - moment).total_seconds()))
    for unit, size in (("d", 86_400), ("h", 3_600), ("min", 60)):
        if seconds >= size:
            return translate(f"web-ago-{unit}", n=seconds // size)
    return translate("web-ago-now")


def csrf_field() -> Markup:
    """The hidden field that proves a form to be ours."""
    return Markup('<input type="hidden" name="{}" value="{}">').format(CSRF_FIELD, csrf_token())


def _about_the_asker() -> dict[str, Any]:
    visitor = g.get("visitor")
    return {
        "lang": language(),
        "me": visitor.operator if visitor else None,
        "csrf_header": CSRF_HEADER,
        "csrf": csrf_token() if visitor is None or not visitor.by_bearer else "",
        "demo": here().demo,
        "path": request.path,
        "back": _back(),
    }


def _back() -> str:
    """Where the person came from, if it was a page of ours; else the first page."""
    came = urlsplit(request.referrer or "")
    return local_path(came.path) if came.netloc == request.host and came.path != request.path else "/"
