"""What do programs do for the administrator? People, tokens, installation answers; the API's share of those pages.

A secret that somebody needs once, a link or a token, stands in the answer that made it and in no other.
"""

from dataclasses import dataclass
from datetime import datetime

from preseed.template import BLANKS, PROTECTED
from staging.core.roles import Role
from staging.core.words import Language
from staging.desk import answer_texts
from staging.desk import people as desk_people
from staging.desk.answer_texts import TextScope
from staging.web import api_answers as answers
from staging.web import api_telling as telling
from staging.web.admin import link_to
from staging.web.gate import language, operator
from staging.web.here import here


@dataclass(frozen=True, slots=True)
class NewPerson:
    """Body of POST /people. password: ten characters at least; without one, the answer holds a link to sign in by."""

    name: str
    role: Role
    language: Language = "fr"
    password: str | None = None


@dataclass(frozen=True, slots=True)
class NewToken:
    """Body of POST /tokens."""

    name: str
    role: Role


@dataclass(frozen=True, slots=True)
class AnswerText:
    """Answers laid over the standard ones, as the installer's own lines. name: of the customer, or the serial."""

    scope: TextScope
    body: str
    name: str = ""


@dataclass(frozen=True, slots=True)
class ShownText:
    """Body of PUT /answers: a text as it was previewed. expect: the fingerprint that the preview gave."""

    scope: TextScope
    body: str
    expect: str
    name: str = ""


@dataclass(frozen=True, slots=True)
class PersonOut:
    """Somebody who may sign in."""

    name: str
    role: Role
    language: Language


@dataclass(frozen=True, slots=True)
class PeopleOut:
    """By name."""

    people: tuple[PersonOut, ...]


@dataclass(frozen=True, slots=True)
class NewPersonOut:
    """Somebody who was added. link: to sign in by, once, within twelve hours; none where a password was given."""

    name: str
    role: Role
    language: Language
    link: str | None


@dataclass(frozen=True, slots=True)
class LinkOut:
    """A link to sign in by, once, within twelve hours. It is told this once."""

    name: str
    link: str


@dataclass(frozen=True, slots=True)
class TokenOut:
    """A token; what it is itself nobody can read any more."""

    name: str
    role: Role
    created_at: datetime


@dataclass(frozen=True, slots=True)
class TokensOut:
    """By name."""

    tokens: tuple[TokenOut, ...]


@dataclass(frozen=True, slots=True)
class NewTokenOut:
    """A token that was made. It is told this once."""

    name: str
    role: Role
    token: str


@dataclass(frozen=True, slots=True)
class TextOut:
    """A text of our own answers."""

    scope: str
    name: str
    body: str
    at: datetime
    by: str


@dataclass(frozen=True, slots=True)
class TextsOut:
    """Texts that are there. blanks: words that are filled in for a box; protected: questions that no text answers."""

    texts: tuple[TextOut, ...]
    blanks: tuple[str, ...]
    protected: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class BoxChangeOut:
    """What a text does to one box. lines: `+…` and `-…` of its preseed."""

    serial: str
    customer: str
    lines: tuple[str, ...]
    faults: tuple[answers.FaultOut, ...]


@dataclass(frozen=True, slots=True)
class TextPreviewOut:
    """A text and what it changes. rendered: boxes that were tried; ok: whether each can be installed with it."""

    scope: str
    name: str
    body: str
    ok: bool
    rendered: int
    changed: tuple[BoxChangeOut, ...]
    faults: tuple[answers.FaultOut, ...]
    fingerprint: str


def list_people() -> PeopleOut:
    """Everybody who may sign in."""
    return PeopleOut(tuple(PersonOut(one.name, one.role, one.language) for one in here().store.people.all()))


def add_person(body: NewPerson) -> NewPersonOut:
    """Let somebody in."""
    by = operator().name
    made = desk_people.add_operator(
        here().desk, body.name, role=body.role, language=body.language, password=body.password, by=by
    )
    link = link_to(desk_people.make_link(here().desk, made.name, by=by)) if body.password is None else None
    return NewPersonOut(made.name, made.role, made.language, link)


def link_person(name: str) -> LinkOut:
    """A new one-time link for somebody who cannot get in."""
    return LinkOut(name, link_to(desk_people.make_link(here().desk, name, by=operator().name)))


def remove_person(name: str) -> answers.DoneOut:
    """Shut somebody out, in every browser."""
    desk_people.remove_operator(here().desk, name, by=operator().name)
    return answers.DoneOut(done=True)


def list_tokens() -> TokensOut:
    """Every token by name."""
    return TokensOut(tuple(TokenOut(one.name, one.role, one.created_at) for one in here().store.people.tokens()))


def add_token(body: NewToken) -> NewTokenOut:
    """Make a token for a program or a wall screen."""
    token = desk_people.add_token(here().desk, body.name, role=body.role, by=operator().name)
    return NewTokenOut(body.name.strip(), body.role, token)


def remove_token(name: str) -> answers.DoneOut:
    """Make a token worthless from the next request on."""
    desk_people.remove_token(here().desk, name, by=operator().name)
    return answers.DoneOut(done=True)


def list_answers() -> TextsOut:
    """The texts that are laid over the standard answers."""
    found = here().store.installs.templates()
    texts = tuple(TextOut(one.scope, one.name, one.body, one.at, one.by) for one in found)
    return TextsOut(texts, tuple(BLANKS), tuple(sorted(PROTECTED)))


def preview_answers(body: AnswerText) -> TextPreviewOut:
    """What a text would change on every box; nothing is kept."""
    return _preview(answer_texts.preview_text(here().desk, body.scope, body.name, body.body))


def keep_answers(body: ShownText) -> TextPreviewOut:
    """Keep a text as it was shown; an empty one takes it away."""
    kept = answer_texts.keep_text(
        here().desk, body.scope, body.name, body.body, expect=body.expect, by=operator().name
    )  # fmt: skip
    return _preview(kept)


def _preview(shown: answer_texts.TextPreview) -> TextPreviewOut:
    lang = language()
    return TextPreviewOut(
        scope=shown.scope, name=shown.name, body=shown.body, ok=shown.ok, rendered=shown.rendered,
        changed=tuple(
            BoxChangeOut(
                one.serial, one.customer, one.lines, tuple(telling.fault_out(fault, lang) for fault in one.faults)
            )
            for one in shown.changed
        ),
        faults=tuple(telling.fault_out(fault, lang) for fault in shown.faults), fingerprint=shown.fingerprint,
    )  # fmt: skip
