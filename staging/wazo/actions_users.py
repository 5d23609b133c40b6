"""Which requests make, mend or remove a seat: user, lines, mailbox, login, keys?"""

from collections.abc import Iterator
from typing import Any

from staging.core.words import Extension
from staging.wazo import bodies
from staging.wazo.actions_logins import login_free
from staging.wazo.bodies import Body
from staging.wazo.change import Action, Change
from staging.wazo.diff_devices import seating_key
from staging.wazo.diff_numbers import is_free
from staging.wazo.live_state import LiveLine, LiveUser
from staging.wazo.progress import Pass
from staging.wazo.state import FunctionKey, Line, LineKey, MadeUuid, User


def user_actions(change: Change, now: Pass) -> Iterator[Action]:
    """Make a user with all that is his; change his fields; remove him once his phones are free.

    His login is a second request, to wazo-auth itself: inside confd's nested one it costs a token of its own and keeps
    confd waiting while wazo-auth hashes; beside it, both work at once.
    """
    live = now.found.user(change.key)
    if change.verb == "-":
        if live:
            yield from _remove(change, live, now)
    elif live:
        body = _changed_fields(now.users[change.key], live, [field.name for field in change.fields], now)
        if body:
            yield now.send(change, "PUT", f"users/{live.uuid}", body, lane=now.lane(change.key))
    elif now.numbers_ready and now.templates_ready and _unclaimed(now.users[change.key], now):
        user = now.users[change.key]
        lane = now.lane(change.key)
        yield now.send(change, "POST", "users", nested_user(user, now), lane=lane)
        if user.account:
            login = {"uuid": MadeUuid(), **bodies.account(user, user.account)}
            yield now.send(change, "POST", "users", login, service="auth", lane=lane, follows=True)


def _changed_fields(user: User, live: LiveUser, names: list[str], now: Pass) -> Body:
    """What to write of a user now.

    An address that somebody still has waits for him, and whoever has one that others wait for gives it up meanwhile:
    so people may change places in any circle.
    """
    body = bodies.user_fields(user, names)
    if "email" not in body or now.address_free(user.email, but=live.uuid):
        return body
    del body["email"]
    if live.email and now.awaited(live.email, but=user.extension):
        body["email"] = None
    return body


def nested_user(user: User, now: Pass) -> Body:
    """The one request that makes a whole seat but its login.

    Without `device_id`: provd is not rolled back when confd refuses.

    Lines that an earlier run left at this number without a user are tied to him afterwards, one by one; a mailbox
    that was left is taken by its id.
    """
    body = bodies.new_user(user)
    context = now.found.internal or ""
    leftovers = [now.found.orphan(line.key, user.marker) for line in user.lines]
    if not any(leftovers) and not now.found.lines_at(user.extension):
        body["lines"] = [
            _line_body(line, user, now) | {"extensions": [{"exten": user.extension, "context": context}]}
            for line in user.lines
        ]
    if user.voicemail:
        box = now.found.voicemail(user.extension)
        if box is None:
            body["voicemail"] = bodies.new_voicemail(user.voicemail, context=context)
        elif box.user is None:
            body["voicemail"] = {"id": box.id}
    if numbers := _numbers_along(user, now):
        body["incalls"] = [{"extensions": [{"exten": did, "context": now.found.incoming}]} for did in numbers]
    return body


def _numbers_along(user: User, now: Pass) -> list[str]:
    """The DIDs that can come with the user: nobody rings there yet, and no plus sign.

    Ranges hold digits only, and the nested request compares whole texts: it would add a range for every `+33…`.
    """
    own = [i.did for i in now.desired.incalls if i.target.kind == "user" and i.target.key == user.extension]
    return [did for did in own if did.isdigit() and is_free(did, now.found)]


def _unclaimed(user: User, now: Pass) -> bool:
    """Whether e-mail and login are free by now; the seat that leaves may still hold them."""
    return now.address_free(user.email) and (user.account is None or login_free(user.account, now))


def _remove(change: Change, live: LiveUser, now: Pass) -> Iterator[Action]:
    on_phones = [line for line in now.lines_of(live) if line.device]
    for line in on_phones:
        yield from now.take_off(change, line)
    going = now.leaving_with_keys
    if on_phones or (going and live.uuid not in going):
        return
    # Those with keys one by one and before all others: see `leaving_with_keys`.
    lane = "keys" if going else now.lane(change.key)
    yield from _unshare_numbers(change, live, now, lane=lane)
    yield now.send(change, "DELETE", f"users/{live.uuid}?recursive=true", lane=lane)


def _unshare_numbers(change: Change, live: LiveUser, now: Pass, *, lane: str) -> Iterator[Action]:
    """Leave each number of a user to one of his lines: one that two lines share stays behind when they all go.

    Seen with confd 26.08: its recursive DELETE unties both lines and then takes the number for one still in use.
    """
    keepers: dict[int, int] = {}
    for line in sorted(now.lines_of(live), key=lambda line: live.lines.index(line.id)):
        number = line.extension_id
        if number is not None and keepers.setdefault(number, line.id) != line.id:
            yield now.send(change, "DELETE", f"lines/{line.id}/extensions/{number}", lane=lane)


def _line_body(line: Line, user: User, now: Pass) -> Body:
    if now.live.tenant is None or now.found.internal is None:
        raise ValueError("a line needs its tenant and context")
    return bodies.new_line(line, context=now.found.internal, marker=user.marker, tenant=now.live.tenant)


def _line_key(key: str) -> LineKey:
    extension, kind = key.split("/")
    return LineKey(Extension(extension), "app" if kind == "app" else "sip")


def line_actions(change: Change, now: Pass) -> Iterator[Action]:
    """Give a user the line that he lacks; complete one that an interrupted run or a person left half made."""
    key = _line_key(change.key)
    live = now.found.user(key.extension)
    if live is None or not (now.numbers_ready and now.templates_ready):
        return
    there = now.found.line_of(key)
    user = now.users[key.extension]
    if change.verb == "-":
        if there and _rings(user, now):
            yield from now.take_off(change, there)
            yield now.send(change, "DELETE", f"lines/{there.id}", lane=now.lane(key.extension))
        return
    line = next(line for line in user.lines if line.key == key)
    if there is None:
        yield from _add_line(change, line, user, live, now)
    else:
        yield from _mend_line(change, line, user, there, now)


def _rings(user: User, now: Pass) -> bool:
    """Whether each line that a user keeps or gets is his and has his number: without one nobody would know him again,
    and his groups would forget him."""
    lines = [now.found.line_of(line.key) for line in user.lines]
    return all(line and line.user and line.extension for line in lines)


def _add_line(change: Change, line: Line, user: User, live: LiveUser, now: Pass) -> Iterator[Action]:
    lane = now.lane(user.extension)
    orphan = now.found.orphan(line.key, user.marker)
    if orphan:
        yield now.send(change, "PUT", f"users/{live.uuid}/lines/{orphan.id}", lane=lane)
    else:
        yield now.send(change, "POST", "lines", _line_body(line, user, now), lane=lane)


def _mend_line(change: Change, line: Line, user: User, there: LiveLine, now: Pass) -> Iterator[Action]:
    lane = now.lane(user.extension)
    wrong = {field.name for field in change.fields}
    if "endpoint" in wrong:
        # A line cannot be found again by an endpoint of its own that is not tied yet: made anew, in one request.
        yield from now.take_off(change, there)
        yield now.send(change, "DELETE", f"lines/{there.id}", lane=lane)
        return
    if "credentials" in wrong and now.live.tenant:
        account = bodies.endpoint(line.key, user.marker, now.live.tenant)
        yield now.send(change, "PUT", f"endpoints/sip/{there.endpoint}", account, lane=lane)
    if "extension" in wrong:
        yield from _tie_number(change, user, there, now)
    if "position" in wrong and there.device and (line.key in now.seatings or _crowded(line, there, now)):
        # Two lines in one slot: confd accepts it and a handset disappears. Off first, back when the slot is right.
        yield from now.take_off(change, there)
    elif "position" in wrong:
        yield now.send(change, "PUT", f"lines/{there.id}", {"position": line.position}, lane=lane)
    if wrong == {"main"} and (live := now.found.user(user.extension)):
        # The list is the user's whole one; its first becomes the main line.
        ids = [there.id, *(number for number in live.lines if number != there.id)]
        body = {"lines": [{"id": number} for number in ids]}
        yield now.send(change, "PUT", f"users/{live.uuid}/lines", body, lane=lane)


def _crowded(line: Line, there: LiveLine, now: Pass) -> bool:
    """Whether another line has the slot, or this one leaves the phone anyway."""
    others = now.found.lines_on(there.device or "")
    leaves = any(c.noun == "seating" and c.verb == "-" and c.key == seating_key(line.key) for c in now.due)
    return leaves or any(other.position == line.position for other in others if other.id != there.id)


def _tie_number(change: Change, user: User, line: LiveLine, now: Pass) -> Iterator[Action]:
    lane = now.lane(user.extension)
    number = now.found.number(user.extension, now.found.internal)
    nobodys = [other for other in now.found.lines_at(user.extension) if other.user is None and other.id != line.id]
    if number is None:
        body = {"exten": user.extension, "context": now.found.internal}
        yield now.send(change, "POST", "extensions", body, lane=lane)
    elif nobodys:
        yield from _clear_number(change, user, nobodys, now)
    else:
        yield now.send(change, "PUT", f"lines/{line.id}/extensions/{number.id}", lane=lane)


def _clear_number(change: Change, user: User, nobodys: list[LiveLine], now: Pass) -> Iterator[Action]:
    """Remove the lines that hold the number and belong to nobody, save those that the user is about to get."""
    missing = [line.key for line in user.lines if now.found.line_of(line.key) is None]
    wanted = {orphan.id for key in missing if (orphan := now.found.orphan(key, user.marker))}
    for line in nobodys:
        if line.id not in wanted:
            yield from now.take_off(change, line)
            yield now.send(change, "DELETE", f"lines/{line.id}", lane=now.lane(user.extension))


def voicemail_actions(change: Change, now: Pass) -> Iterator[Action]:
    """Make the mailbox, tie it to its user, change it, or remove it."""
    live = now.found.user(change.key)
    box = now.found.voicemail(change.key)
    if live is None or not now.found.internal:
        return
    lane = now.lane(change.key)
    if change.verb == "-":
        yield now.send(change, "DELETE", f"users/{live.uuid}/voicemails", lane=lane)
        if box:
            yield now.send(change, "DELETE", f"voicemails/{box.id}", lane=lane)
        return
    wanted = now.users[change.key].voicemail
    if wanted is None:
        return
    if box is None:
        body = bodies.new_voicemail(wanted, context=now.found.internal)
        yield now.send(change, "POST", "voicemails", body, lane=lane)
    elif change.verb == "+":
        yield now.send(change, "PUT", f"users/{live.uuid}/voicemails/{box.id}", lane=lane)
    else:
        body = bodies.voicemail_fields(wanted, [field.name for field in change.fields])
        if any(field.name == "email" and field.before is None for field in change.fields):
            # Messages go along by mail from the first address on; whether they go on doing so is people's choice.
            body["attach_audio"] = True
        yield now.send(change, "PUT", f"voicemails/{box.id}", body, lane=lane)


def key_actions(change: Change, now: Pass) -> Iterator[Action]:
    """Write a user's keys in one request: ours, and those that people made, which a PUT would wipe out.

    Only once they were read, and once everybody on them exists: a key without a number is silently no key.
    """
    live = now.found.user(change.key)
    if live is None or live.uuid not in now.live.function_keys:
        return
    keys = next((k.keys for k in now.desired.function_keys if k.extension == change.key), ())
    by_position = {str(key.position): key for key in keys}
    written: dict[str, Any] = {str(key.position): key.document for key in now.live.function_keys[live.uuid]}
    for field in change.fields:
        written.pop(field.name, None)
        if field.after is not None:
            document = _key_document(by_position[field.name], now)
            if document is None:
                return
            written[field.name] = document
    body = {"keys": dict(sorted(written.items(), key=lambda item: int(item[0])))}
    yield now.send(change, "PUT", f"users/{live.uuid}/funckeys", body, lane=now.lane(change.key))


def _key_document(key: FunctionKey, now: Pass) -> Body | None:
    target = now.ringing(key.target)
    if target is None:
        return None
    return {"label": key.label, "blf": True, "destination": {"type": "user", "user_id": target.id}}
