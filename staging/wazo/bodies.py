"""What do we write to Wazo? Request bodies, with SecretRefs where secrets will stand.

Field names are confd's. A body never carries an empty or absent value: confd refuses a null first name,
and silently drops what it does not know.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from staging.wazo.found import line_label
from staging.wazo.live_state import LiveAccount, LiveContext, LiveTenant
from staging.wazo.ranges import with_ranges
from staging.wazo.state import Account, Context, Line, LineKey, NumberRange, SecretRef, User, Voicemail

Body = dict[str, Any]

_CONFD_NAMES = {"marker": "userfield"}


def user_fields(user: User, names: Sequence[str]) -> Body:
    """A user's own fields; an empty last name or e-mail is null, which takes it away."""
    values = {name: getattr(user, name) for name in names}
    return {_CONFD_NAMES.get(name, name): None if value == "" else value for name, value in values.items()}


def new_user(user: User) -> Body:
    """A user's own fields for the first time, without the empty ones."""
    names = ("firstname", "lastname", "email", "language", "subscription_type", "caller_id", "marker")
    return {name: value for name, value in user_fields(user, names).items() if value is not None}


def new_line(line: Line, *, context: str, marker: str, tenant: LiveTenant) -> Body:
    """A line with its SIP account. confd makes up neither credentials nor templates; without them nothing rings."""
    return {"context": context, "position": line.position, "endpoint_sip": endpoint(line.key, marker, tenant)}


def endpoint(key: LineKey, marker: str, tenant: LiveTenant) -> Body:
    """The SIP account of a line; an application's inherits from the WebRTC template, which inherits from `global`."""
    reference = f"{key.extension}/{key.kind}"
    username = SecretRef("sip-username", reference)
    template = tenant.webrtc_template if key.kind == "app" else tenant.global_template
    return {
        "name": username,
        "label": line_label(marker, key),
        "templates": [{"uuid": template}],
        "auth_section_options": [["username", username], ["password", SecretRef("sip-password", reference)]],
    }


def voicemail_fields(voicemail: Voicemail, names: Sequence[str]) -> Body:
    """A mailbox's fields that are to change."""
    return {name: getattr(voicemail, name) for name in names}


def new_voicemail(voicemail: Voicemail, *, context: str) -> Body:
    """A mailbox; messages go along by mail where there is an address."""
    body: Body = {
        "name": voicemail.name,
        "number": voicemail.number,
        "context": context,
        "password": SecretRef("voicemail-pin", voicemail.number),
        "language": voicemail.language,
        "timezone": voicemail.timezone,
    }
    return body | ({"email": voicemail.email, "attach_audio": True} if voicemail.email else {})


def account(user: User, wanted: Account) -> Body:
    """A login; in its request the user's uuid stands beside it."""
    body: Body = {
        "username": wanted.username,
        "password": SecretRef("account-password", user.extension),
        "firstname": user.firstname,
    }
    extra = {"lastname": user.lastname, "email_address": wanted.email}
    return body | {name: value for name, value in extra.items() if value}


def login(there: LiveAccount, words: Mapping[str, str | None]) -> Body:
    """A login with these of its names changed; without a user name it gets its uuid, which nobody else wants.

    A PUT replaces it whole: what is not ours, such as how its password is checked, is in it as it was.
    """
    kept = ("username", "firstname", "lastname", "purpose", "authentication_method", "enabled")
    body: Body = {name: value for name in kept if (value := there.document.get(name)) is not None} | dict(words)
    return body | {"username": body.get("username") or there.uuid}


def login_addresses(there: LiveAccount, main: str | None, *, own: bool = False) -> Body:
    """All addresses of a login: the main one, and those that people added beside the one before.

    own: the main one is one of those, too; it stands in while people change places.
    """
    others = [
        {"address": mail["address"], "main": False, "confirmed": mail.get("confirmed")}
        for mail in there.document.get("emails") or ()
        if (own or not mail.get("main")) and mail.get("address") != main
    ]
    if main is None:
        # One of them has to be the main one.
        return {"emails": [{**other, "main": place == 0} for place, other in enumerate(others)]}
    return {"emails": [{"address": main, "main": True, "confirmed": True}, *others]}


def new_context(context: Context) -> Body:
    """A context with all its ranges at once."""
    lists = {name: getattr(context, name) for name in ("user_ranges", "group_ranges", "incall_ranges")}
    return {"label": context.label, "type": context.type} | {
        name: [_range(r, name) for r in ranges] for name, ranges in lists.items() if ranges
    }


def completed_context(context: Context, live: LiveContext, names: Sequence[str]) -> Body:
    """The range lists to write: a PUT replaces a list, so each holds what people added too."""
    return {name: [_range(r, name) for r in with_ranges(getattr(live, name), getattr(context, name))] for name in names}


def _range(numbers: NumberRange, name: str) -> Mapping[str, Any]:
    bounds = {"start": numbers.start, "end": numbers.end}
    return {**bounds, "did_length": numbers.did_length} if name == "incall_ranges" else bounds
