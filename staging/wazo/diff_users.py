"""What differs in the seats: users, their lines, mailboxes and logins?"""

from collections.abc import Iterator, Mapping

from staging.core.words import Extension
from staging.wazo.change import Change, FieldChange, Standing
from staging.wazo.claims import LOGIN_NAMES, Claims
from staging.wazo.found import Found
from staging.wazo.left import ACCOUNT_FIELDS, USER_FIELDS, VOICEMAIL_FIELDS
from staging.wazo.live_state import LiveAccount, LiveLine, LiveUser, LiveVoicemail
from staging.wazo.sides import BOTH_SIDES, EDITED_SINCE, sorted_out, standing
from staging.wazo.state import Account, Line, StackState, User, Voicemail


def user_changes(desired: StackState, found: Found, applied: StackState | None) -> Iterator[Change]:
    """Seat by seat in the plan's order, then the seats that left the plan."""
    before = {user.extension: user for user in applied.users} if applied else {}
    leaving = _leaving(desired, found, applied)
    claims = Claims(desired, found, before, leaving, known=applied is not None)
    for user in desired.users:
        live = found.user(user.extension)
        if live is None:
            yield _new_user(user, desired, found, claims)
            continue
        yield from _changed_user(user, live, before.get(user.extension), applied, claims)
        yield from _lines(user, live, before.get(user.extension), found)
        yield from _voicemail(user, live, before.get(user.extension), found)
        yield from _account(user, live, before.get(user.extension), found, claims)
    yield from _removed_users(desired, found, before, leaving)


def described_user(user: User, desired: StackState) -> dict[str, str]:
    """What a person wants to read of a seat: name, phones, mailbox, direct numbers."""
    numbers = [i.did for i in desired.incalls if i.target.kind == "user" and i.target.key == user.extension]
    phones = [line.model or line.key.kind for line in user.lines]
    return {"name": user.name, "phones": ", ".join(phones), "numbers": ", ".join(numbers)}


def _leaving(desired: StackState, found: Found, applied: StackState | None) -> set[str]:
    """Uuids of users that applying takes away, so that what they hold becomes free."""
    staying = {user.extension for user in desired.users}
    gone = [user for user in applied.users if user.extension not in staying] if applied else []
    live = ((user, found.user(user.extension)) for user in gone)
    return {there.uuid for user, there in live if there and there.marker == user.marker}


def _new_user(user: User, desired: StackState, found: Found, claims: Claims) -> Change:
    reason = _obstacle(user, found, claims)
    fields = tuple(FieldChange(name, None, _text(getattr(user, name))) for name in USER_FIELDS)
    return Change(
        "+", "user", user.extension, described_user(user, desired), fields, user.extension,
        "conflict" if reason else "due", reason,
    )  # fmt: skip


def _obstacle(user: User, found: Found, claims: Claims) -> str | None:
    """Why confd would refuse the user, whatever we do."""
    number = found.number(user.extension, found.internal)
    if number and number.use not in (None, "lines"):
        return "extension-taken"
    if claims.address_taken(user.email):
        return "email-taken"
    return "login-taken" if user.account and _login_taken(user.account, claims) else None


def _login_taken(account: Account, claims: Claims, *, by: str | None = None) -> bool:
    return any(claims.login_taken(getattr(account, name), by=by) for name in LOGIN_NAMES)


def _changed_user(
    user: User, live: LiveUser, before: User | None, applied: StackState | None, claims: Claims
) -> Iterator[Change]:
    ours: Standing = "due" if applied is None or live.marker == user.marker else "conflict"
    fields: list[tuple[FieldChange, Standing]] = []
    taken: tuple[FieldChange, ...] = ()
    for name in USER_FIELDS:
        wanted, there = getattr(user, name), getattr(live, name)
        if (wanted or None) == (there or None):
            continue
        # An address that is gone is one more thing that is missing; it also is, while two people change places.
        gone = name == "email" and not there
        how = standing(wanted, there, getattr(before, name)) if before and not gone else ours
        field = FieldChange(name, _text(there), _text(wanted))
        if name == "email" and how == "due" and claims.address_taken(wanted, by=live.uuid):
            taken = (field,)
        else:
            fields.append((field, how))
    facts = {"name": user.name}
    for how, reason, some in sorted_out(fields):
        yield Change("~", "user", user.extension, facts, some, user.extension, how, reason)
    if taken:
        yield Change("~", "user", user.extension, facts, taken, user.extension, "conflict", "email-taken")


def _lines(user: User, live: LiveUser, before: User | None, found: Found) -> Iterator[Change]:
    for line in user.lines:
        there = found.line(live, line.key, user.marker)
        facts = {"name": user.name, "model": line.model or line.key.kind}
        key = f"{line.key.extension}/{line.key.kind}"
        if there is None:
            yield Change("+", "line", key, facts, seat=user.extension)
        elif fields := _line_fields(line, there, live):
            yield Change("~", "line", key, facts, fields, user.extension)
    wanted = {line.key for line in user.lines}
    for line in before.lines if before else ():
        if line.key not in wanted and found.line(live, line.key, user.marker):
            key = f"{line.key.extension}/{line.key.kind}"
            yield Change("-", "line", key, {"name": user.name, "model": line.model or ""}, seat=user.extension)


def _line_fields(line: Line, there: LiveLine, live: LiveUser) -> tuple[FieldChange, ...]:
    fields = []
    if there.endpoint is None:
        fields.append(FieldChange("endpoint", None, "sip"))
    elif there.username is None:
        fields.append(FieldChange("credentials", None, "sip"))
    if there.extension is None:
        fields.append(FieldChange("extension", None, line.key.extension))
    if there.position != line.position:
        fields.append(FieldChange("position", str(there.position), str(line.position)))
    if line.key.kind == "app" and there.id in live.lines[1:]:
        # The portal lets somebody use the application only where its line is the user's first.
        fields.append(FieldChange("main", "sip", "app"))
    return tuple(fields)


def _voicemail(user: User, live: LiveUser, before: User | None, found: Found) -> Iterator[Change]:
    facts = {"name": user.name}
    box = found.voicemail(user.extension)
    if user.voicemail is None:
        if before and before.voicemail and box and box.user == live.uuid:
            yield Change("-", "voicemail", user.extension, facts, seat=user.extension)
    elif live.voicemail is None or box is None or box.id != live.voicemail:
        other = (live.voicemail is not None) or (box is not None and box.user not in (None, live.uuid))
        how: Standing = "conflict" if other else "due"
        reason = "other-voicemail" if other else None
        yield Change("+", "voicemail", user.extension, facts, (), user.extension, how, reason)
    else:
        yield from _changed_voicemail(user, user.voicemail, box, before)


def _changed_voicemail(user: User, wanted: Voicemail, box: LiveVoicemail, before: User | None) -> Iterator[Change]:
    last = before.voicemail if before else None
    fields: list[tuple[FieldChange, Standing]] = []
    for name in VOICEMAIL_FIELDS:
        ours, there = getattr(wanted, name) or None, getattr(box, name) or None
        if ours != there:
            how = standing(ours, there, getattr(last, name)) if last else "due"
            fields.append((FieldChange(name, there, ours), how))
    for how, reason, some in sorted_out(fields):
        yield Change("~", "voicemail", user.extension, {"name": user.name}, some, user.extension, how, reason)


def _account(user: User, live: LiveUser, before: User | None, found: Found, claims: Claims) -> Iterator[Change]:
    there = found.account(live.uuid)
    if user.account and there is None:
        facts = {"name": user.name, "login": user.account.username}
        taken = _login_taken(user.account, claims, by=live.uuid)
        how: Standing = "conflict" if taken else "due"
        reason = "login-taken" if taken else None
        yield Change("+", "account", user.extension, facts, (), user.extension, how, reason)
    elif user.account and there:
        yield from _changed_account(user, user.account, there, before.account if before else None, claims)
    elif there and before and before.account:
        facts = {"name": user.name, "login": there.username}
        yield Change("-", "account", user.extension, facts, seat=user.extension)


def _changed_account(
    user: User, wanted: Account, there: LiveAccount, left: Account | None, claims: Claims
) -> Iterator[Change]:
    """What a person logs in with follows his address; what somebody changed of it on the stack stays."""
    fields: list[tuple[FieldChange, Standing]] = []
    taken: list[FieldChange] = []
    for name in ACCOUNT_FIELDS:
        wish, now = getattr(wanted, name) or None, getattr(there, name) or None
        if wish == now:
            continue
        # What we leave while people change places is nobody's wish: no address, or one of a person's others.
        between = name in LOGIN_NAMES and (now is None or there.between)
        how = standing(wish, now, getattr(left, name)) if left and not between else "due"
        field = FieldChange(name, now, wish)
        if name in LOGIN_NAMES and how == "due" and claims.login_taken(wish, by=there.uuid):
            taken.append(field)
        else:
            fields.append((field, how))
    facts = {"name": user.name, "login": there.username}
    for how, reason, some in sorted_out(fields):
        yield Change("~", "account", user.extension, facts, some, user.extension, how, reason)
    if taken:
        yield Change("~", "account", user.extension, facts, tuple(taken), user.extension, "conflict", "login-taken")


def _removed_users(
    desired: StackState, found: Found, before: Mapping[Extension, User], leaving: set[str]
) -> Iterator[Change]:
    staying = {user.extension for user in desired.users}
    for extension, user in before.items():
        live = found.user(extension)
        if extension in staying or live is None:
            continue
        edited = tuple(
            FieldChange(name, _text(getattr(user, name)), _text(getattr(live, name)))
            for name in USER_FIELDS
            if (getattr(user, name) or None) != (getattr(live, name) or None)
        )
        ours = live.uuid in leaving
        reason = (EDITED_SINCE if edited else None) if ours else BOTH_SIDES
        how: Standing = "due" if ours else "conflict"
        yield Change("-", "user", extension, {"name": user.name}, edited, extension, how, reason)


def _text(value: object) -> str | None:
    return None if value is None or value == "" else str(value)
