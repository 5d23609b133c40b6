"""How is a whole user made in one request? In confd's order, with its traps."""

from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from staging.sandbox.access import scope
from staging.sandbox.accounts import user_row
from staging.sandbox.confd.devices import adopt_device, join_device
from staging.sandbox.confd.diversions import FORWARDS, keep_fallbacks, keep_forwards
from staging.sandbox.confd.documents import (
    endpoint_document,
    extension_document,
    line_document,
    user_document,
    voicemail_document,
)
from staging.sandbox.confd.endpoints import create_endpoint
from staging.sandbox.confd.extensions import get_or_create_extension
from staging.sandbox.confd.fields import (
    REQUIRED,
    Field,
    Schema,
    email,
    faults_of,
    matching,
    text,
    whole,
    yes_or_no,
)
from staging.sandbox.confd.incalls import give_did
from staging.sandbox.confd.lines import create_line
from staging.sandbox.confd.links import (
    join_endpoint,
    join_extension,
    join_user,
    join_voicemail,
)
from staging.sandbox.confd.voicemails import VOICEMAIL_SCHEMA, create_voicemail
from staging.sandbox.refusals import (
    already_exists,
    auth_conflict,
    bus_down,
    crashed,
    field_not_found,
    invalid,
    not_found,
)
from staging.sandbox.tables import Row
from staging.sandbox.world import world

_FLAGS = [
    "call_transfer_enabled",
    "dtmf_hangup_enabled",
    "call_record_outgoing_external_enabled",
    "call_record_outgoing_internal_enabled",
    "call_record_incoming_internal_enabled",
    "call_record_incoming_external_enabled",
    "online_call_record_enabled",
]

USER_SCHEMA: Schema = {
    "firstname": Field(text(128), required=True),
    "lastname": Field(text(128)),
    "email": Field(email),
    "language": Field(matching(r"[a-z]{2}_[A-Z]{2}")),
    "caller_id": Field(matching(r'"(.*)"( <\+?\d+>)?')),
    "outgoing_caller_id": Field(matching(r'"(.*)"( <\+?\d+>)?|\+?\d+|default|anonymous')),
    "mobile_phone_number": Field(matching(r"\+?[0-9*#]+")),
    "userfield": Field(text(128)),
    "ring_seconds": Field(whole(0, 10800), nullable=False),
    "simultaneous_calls": Field(whole(1, 20), nullable=False),
    "subscription_type": Field(whole(0, 10), nullable=False),
    "enabled": Field(yes_or_no, nullable=False),
    "supervision_enabled": Field(yes_or_no, nullable=False),
    **{name: Field(yes_or_no, nullable=False) for name in _FLAGS},
}

_DEFAULTS: Row = {
    **dict.fromkeys(("lastname", "email", "timezone", "country", "language", "description", "caller_id")),
    **dict.fromkeys(("outgoing_caller_id", "mobile_phone_number")),
    "mobile_fallback_enabled": False,
    **dict.fromkeys(("username", "password", "music_on_hold", "preprocess_subroutine", "userfield")),
    **dict.fromkeys(_FLAGS, False),
    "supervision_enabled": True,
    "ring_seconds": 30,
    "simultaneous_calls": 5,
    "call_permission_password": None,
    "subscription_type": 0,
    "enabled": True,
}
_AUTH_SCHEMA: Schema = {"email_address": Field(email), "enabled": Field(yes_or_no)}


def user_fields(body: Row, *, defaults: bool = True) -> Row:
    """The members of a body that confd keeps; unknown ones, a chosen uuid among them, are dropped."""
    kept = {name: body[name] for name in ("firstname", *_DEFAULTS) if name in body}
    return {**_DEFAULTS, **kept} if defaults else kept


def create_nested(body: Row, *, imported: bool = False) -> Row:
    """Make a user with all that the body asks for; returns the answer, which is older than what it describes.

    imported: the endpoint is not told its context, as in a CSV import.

    Rows are undone when anything is refused. What provd was told is not: a device named in a refused request
    keeps the configuration of a line that does not exist.
    """
    _check_nested(body)
    user = _create_user(body)
    voicemail = _give_voicemail(user, body)
    lines = [_create_line(user["id"], given, imported=imported) for given in body.get("lines") or []]
    incalls = [did for given in body.get("incalls") or [] for did in _give_dids(user["id"], given)]
    _join_groups(user["id"], body)
    keep_forwards(user, body.get("forwards") or {})
    keep_fallbacks(user, body.get("fallbacks") or {})
    auth = _create_account(user["id"], body)
    document = user_document(world().db.users[user["id"]])
    document |= {"lines": lines, "incalls": incalls, "voicemail": voicemail}
    return {**document, "auth": auth} if auth else document


def _check_nested(body: Row) -> None:
    faults = faults_of(body, USER_SCHEMA)
    lines = {place: fault for place, line in enumerate(body.get("lines") or []) if (fault := _line_fault(line))}
    voicemail = body.get("voicemail") or {}
    parts: dict[str, Any] = {
        "lines": lines,
        "voicemail": {} if "id" in voicemail else faults_of(voicemail, VOICEMAIL_SCHEMA, partial=True),
        "auth": faults_of(body.get("auth") or {}, _AUTH_SCHEMA),
    }
    faults |= {name: fault for name, fault in parts.items() if fault}
    if faults:
        raise invalid(faults)


def _line_fault(line: Row) -> Row:
    if "context" not in line:
        return {"context": [REQUIRED]}
    numbers = enumerate(line.get("extensions") or [])
    missing = {place: {"exten": [REQUIRED]} for place, number in numbers if "exten" not in number}
    return {"extensions": missing} if missing else {}


def _create_user(body: Row) -> Row:
    address = body.get("email")
    if address is not None and world().db.users.first(email=address):
        raise already_exists("User", email=address)
    template = body.get("func_key_template_id")
    if template is not None and template not in world().db.key_templates:
        raise field_not_found("func_key_template_id", "FuncKeyTemplate", template)
    fields = user_fields(body)
    name = " ".join(filter(None, (fields["firstname"], fields["lastname"])))
    return world().db.users.add(
        {
            "id": world().db.users.next_number(),
            "uuid": str(uuid4()),
            **fields,
            "caller_id": fields["caller_id"] or f'"{name}"',
            "created_at": datetime.now(UTC).replace(tzinfo=None).isoformat(),
            "tenant_uuid": scope(),
            "lines": [],
            "voicemail": None,
            "keys": {},
            "key_template": template,
            "fallbacks": {},
            "forwards": {kind: {"enabled": False, "destination": None} for kind in FORWARDS},
            "services": {"dnd": {"enabled": False}, "incallfilter": {"enabled": False}},
        }
    )


def _give_voicemail(user: Row, body: Row) -> Row | None:
    given = body.get("voicemail")
    if not given:
        return None
    if "id" in given:
        row = world().db.voicemails.find(given["id"])
        if row is None:
            raise not_found("Voicemail", id=given["id"])
    else:
        name = " ".join(filter(None, (user["firstname"], user["lastname"])))
        row = create_voicemail({"name": name, **given})
    shown = voicemail_document(row)
    join_voicemail(user, row)
    return shown


def _create_line(user: int, given: Row, *, imported: bool) -> Row:
    db = world().db
    line = create_line(given)
    endpoint = None
    if given.get("endpoint_sip") is not None:
        endpoint = create_endpoint(given["endpoint_sip"], context=None if imported else given["context"])
        join_endpoint(line, endpoint)
    numbers = []
    for number in given.get("extensions") or []:
        extension = get_or_create_extension({"context": given["context"], **number})
        numbers.append(extension_document(extension))
        join_extension(db.lines[line["id"]], extension, user=user)
    # The answer shows the line before it has a user, with its endpoint and numbers in full.
    shown = line_document(db.lines[line["id"]])
    shown |= {"endpoint_sip": endpoint and endpoint_document(endpoint), "extensions": numbers}
    join_user(db.users[user], db.lines[line["id"]])
    if given.get("device_id"):
        adopt_device(given["device_id"], line["tenant_uuid"])
        join_device(db.lines[line["id"]], given["device_id"])
        shown["device_id"] = given["device_id"]
    return shown


def _give_dids(user: int, given: Row) -> list[Row]:
    if "extensions" not in given:
        raise crashed("'extensions'")
    shown = []
    for number in given["extensions"]:
        incall, extension = give_did(number, user)
        brief = {"exten": extension["exten"], "context": extension["context"], "id": extension["id"]}
        shown.append({"extensions": [brief], "id": incall["id"]})
    return shown


def _join_groups(user: int, body: Row) -> None:
    for given in body.get("groups") or []:
        group = world().db.groups.find(given.get("uuid"))
        if group is None:
            raise not_found("Group", uuid=given.get("uuid"))
        member = {"user": user, "priority": len(group["members"])}
        world().db.groups.change(group["uuid"], members=[*group["members"], member])


def _create_account(user: int, body: Row) -> Row | None:
    """The account for the apps, with the user's own uuid; it is made last, by another daemon."""
    if body.get("auth") is None:
        return None
    row, given = world().db.users[user], body["auth"]
    filled = {
        "username": given.get("username") or row["username"],
        "email_address": given.get("email_address") or row["email"],
        "firstname": given.get("firstname") or row["firstname"],
        "lastname": given.get("lastname") or row["lastname"],
        "enabled": given.get("enabled", True),
    }
    if "bus-down" in world().trouble.now:
        raise bus_down()
    account = user_row(row["uuid"], row["tenant_uuid"], filled, purpose="user", method="default")
    accounts = world().accounts
    if accounts.taken(uuid=row["uuid"], username=account["username"], email=filled["email_address"]):
        raise auth_conflict()
    return accounts.add_user(account, given.get("password") or row["password"])
