"""What did people add on the stack beside what is ours? It is shown, and it stays."""

from collections.abc import Collection, Iterator, Mapping

from staging.wazo.change import Change, Noun
from staging.wazo.diff_keys import is_dead, live_text
from staging.wazo.diff_numbers import member_extensions
from staging.wazo.diff_pickups import SIDES, pickup_side
from staging.wazo.found import Found
from staging.wazo.live_state import LiveUser
from staging.wazo.state import CallPickup, FunctionKeys, Group, StackState, User

_NOTHING = StackState()


def added(desired: StackState, found: Found, applied: StackState | None) -> Iterator[Change]:
    """Of our seats lines, mailboxes, logins and keys; groups and pickups, and people in ours; users of their own.

    DIDs that people connected stand among the DIDs.
    """
    left = applied or _NOTHING
    before = {user.extension: user for user in left.users}
    for user in desired.users:
        if live := found.user(user.extension):
            yield from _at_seat(user, live, before.get(user.extension), found)
    yield from _groups(desired.groups, left.groups, found)
    yield from _pickups(desired.pickups, left.pickups, found)
    yield from _keys(desired, left, found)
    yield from _users(found)


def _users(found: Found) -> Iterator[Change]:
    for user in sorted(found.users_elsewhere(), key=lambda user: (user.extension or "", user.uuid)):
        name = f"{user.firstname} {user.lastname}".strip()
        yield Change("+", "user", user.extension or user.uuid, {"name": name}, seat=user.extension, standing="kept")


def _at_seat(user: User, live: LiveUser, before: User | None, found: Found) -> Iterator[Change]:
    states = [one for one in (user, before) if one]
    known = {line.key for one in states for line in one.lines}
    facts, seat = {"name": user.name}, user.extension
    for line in found.live.lines:
        if line.user == live.uuid and line.extension and (line.extension, line.kind) not in known:
            key = f"{line.extension}/{line.kind}"
            yield Change("+", "line", key, {**facts, "model": line.kind}, seat=seat, standing="kept")
    if live.voicemail is not None and not any(one.voicemail for one in states):
        yield Change("+", "voicemail", seat, facts, seat=seat, standing="kept")
    if (login := found.account(live.uuid)) and not any(one.account for one in states):
        yield Change("+", "account", seat, {**facts, "login": login.username}, seat=seat, standing="kept")


def _groups(wanted: Collection[Group], left: Collection[Group], found: Found) -> Iterator[Change]:
    ours = _members((group.label, group.members) for group in (*wanted, *left))
    staying = {group.label for group in wanted}
    for live in found.live.groups:
        if live.label not in ours:
            facts = {"name": live.label, "number": live.extension or ""}
            yield Change("+", "group", live.label, facts, standing="kept")
        elif live.label in staying:
            who = [one for one in member_extensions(live, found) if one not in ours[live.label]]
            yield from _people("group", live.label, who)


def _pickups(wanted: Collection[CallPickup], left: Collection[CallPickup], found: Found) -> Iterator[Change]:
    ours = _members((one.name, (*one.interceptors, *one.targets)) for one in (*wanted, *left))
    staying = {one.name for one in wanted}
    for live in found.live.pickups:
        if live.name not in ours:
            yield Change("+", "pickup", live.name, {"name": live.name}, standing="kept")
            continue
        if live.name in staying:
            there = [pickup_side(side, CallPickup(live.name, (), ()), None, live, found)[2] for side in SIDES]
            people = dict.fromkeys(one for side in there for one in side)
            yield from _people("pickup", live.name, [one for one in people if one not in ours[live.name]])


def _people(noun: Noun, name: str, who: Collection[str]) -> Iterator[Change]:
    if who:
        yield Change("+", noun, name, {"how": "people", "name": name, "who": ", ".join(who)}, standing="kept")


def _members(things: Iterator[tuple[str, Collection[str]]]) -> Mapping[str, set[str]]:
    found: dict[str, set[str]] = {}
    for name, members in things:
        found.setdefault(name, set()).update(members)
    return found


def _keys(desired: StackState, left: StackState, found: Found) -> Iterator[Change]:
    ours: dict[str, set[int]] = {}
    staying = {user.extension for user in desired.users}
    keyed: list[FunctionKeys] = [*desired.function_keys, *left.function_keys]
    for keys in keyed:
        ours.setdefault(keys.extension, set()).update(key.position for key in keys.keys)
    for extension, positions in ours.items():
        user = found.user(extension) if extension in staying else None
        for key in found.live.function_keys.get(user.uuid, ()) if user else ():
            if key.position not in positions and not is_dead(key, found):
                facts = {"how": "added", "position": str(key.position), "label": live_text(key, found)}
                yield Change("+", "keys", extension, facts, seat=extension, standing="kept")
