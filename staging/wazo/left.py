"""What did we leave on the stack last? The middle one of the three sides that a comparison has.

Each change set that sent something wrote down what it was to bring. Where one of them was broken off, a value may
still be an earlier one of ours: any value that one of them brought counts as ours, all others are somebody else's.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import TypeVar

from staging.core.words import Extension
from staging.wazo.change import Change
from staging.wazo.state import (
    Account,
    CallPickup,
    FunctionKey,
    FunctionKeys,
    Group,
    Incall,
    Line,
    LineKey,
    Rtp,
    SipTemplate,
    StackState,
    User,
    Voicemail,
)

USER_FIELDS = ("firstname", "lastname", "email", "language", "subscription_type", "caller_id", "marker")
VOICEMAIL_FIELDS = ("name", "email", "language", "timezone")
ACCOUNT_FIELDS = ("username", "email", "firstname", "lastname")
GROUP_FIELDS = ("extension", "ring_strategy")

Options = tuple[tuple[str, str], ...]

Kept = Mapping[tuple[str, str], set[str]]
"""Names of the fields that are not written, by noun and key."""


def left_last(sent: Sequence[StackState], there: StackState, *, as_there: bool = False) -> StackState:
    """What we left, of every seat, DID, group and key that the change sets brought; phones are taken as they stand.

    sent: what the change sets brought, newest first, back to the last one that was carried out whole; without any,
    `there` is all that we know. there: what stands now and is ours by its marker or its key.
    as_there: whatever stands there now counts as left by us, so that nothing of it is kept against the plan.
    """
    if not sent:
        return there
    return StackState(
        users=_users(sent, there, as_there=as_there),
        groups=_groups(sent, there, as_there=as_there),
        pickups=_pickups(sent),
        incalls=_incalls(sent, there, as_there=as_there),
        function_keys=_function_keys(sent, there, as_there=as_there),
        devices=there.devices,
        rtp=_rtp(sent, there.rtp, as_there=as_there),
        sip_template=_template(sent, there.sip_template, as_there=as_there),
    )


def brought(desired: StackState, base: StackState, found: Iterable[Change]) -> StackState:
    """What applying leaves: the plan's wish, and our last word where somebody else's is kept."""
    kept: dict[tuple[str, str], set[str]] = {}
    for change in found:
        if not change.due:
            kept.setdefault((change.noun, change.key), set()).update(field.name for field in change.fields)
    last = _Index(base)
    return replace(
        desired,
        users=tuple(_user_left(user, last.users.get(user.extension), kept) for user in desired.users),
        groups=tuple(_group_left(group, last.groups.get(group.label), kept) for group in desired.groups),
        incalls=tuple(
            last.incalls.get(incall.did, incall) if ("incall", incall.did) in kept else incall
            for incall in desired.incalls
        ),
        function_keys=tuple(_keys_left(keys, last.keys.get(keys.extension), kept) for keys in desired.function_keys),
        rtp=_rtp_left(desired.rtp, base.rtp, _names(kept, "rtp", "rtp")),
        sip_template=_template_left(desired.sip_template, base.sip_template, _names(kept, "sip-template", "global")),
    )


class _Index:
    """A state by its keys."""

    def __init__(self, state: StackState) -> None:
        self.users = {user.extension: user for user in state.users}
        self.groups = {group.label: group for group in state.groups}
        self.incalls = {incall.did: incall for incall in state.incalls}
        self.keys = {keys.extension: keys for keys in state.function_keys}


_Thing = TypeVar("_Thing", User, Voicemail, Account, Group)


def _as_left(brought: Sequence[_Thing], now: _Thing | None, names: Sequence[str], *, as_there: bool) -> _Thing:
    """The newest of what was brought, with each value that stands there now and that we brought at some time."""
    if now is None:
        return brought[0]
    stands = {name: getattr(now, name) for name in names}
    ours = {name: value for name, value in stands.items() if as_there or value in [getattr(b, name) for b in brought]}
    return replace(brought[0], **ours)


def _users(sent: Sequence[StackState], there: StackState, *, as_there: bool) -> tuple[User, ...]:
    now = {user.extension: user for user in there.users}
    found: dict[Extension, User] = {}
    for extension in dict.fromkeys(user.extension for state in sent for user in state.users):
        brought = [user for state in sent for user in state.users if user.extension == extension]
        found[extension] = _user(brought, now.get(extension), as_there=as_there)
    # Ours by its marker, yet in no change set: the database was restored from an older backup.
    return (*found.values(), *(user for extension, user in now.items() if extension not in found))


def _user(brought: Sequence[User], now: User | None, *, as_there: bool) -> User:
    user = _as_left(brought, now, USER_FIELDS, as_there=as_there)
    boxes = [box for one in brought if (box := one.voicemail)]
    logins = [login for one in brought if (login := one.account)]
    lines: dict[LineKey, Line] = {line.key: line for one in reversed(brought) for line in one.lines}
    return replace(
        user,
        voicemail=_as_left(boxes, now.voicemail if now else None, VOICEMAIL_FIELDS, as_there=as_there)
        if boxes
        else None,
        account=_as_left(logins, now.account if now else None, ACCOUNT_FIELDS, as_there=as_there) if logins else None,
        lines=tuple(lines.values()),
    )


def _groups(sent: Sequence[StackState], there: StackState, *, as_there: bool) -> tuple[Group, ...]:
    now = {group.label: group for group in there.groups}
    found = []
    for label in dict.fromkeys(group.label for state in sent for group in state.groups):
        brought = [group for state in sent for group in state.groups if group.label == label]
        group = _as_left(brought, now.get(label), GROUP_FIELDS, as_there=as_there)
        members = dict.fromkeys(member for one in brought for member in one.members)
        found.append(replace(group, members=tuple(members)))
    return tuple(found)


def _pickups(sent: Sequence[StackState]) -> tuple[CallPickup, ...]:
    found = []
    for name in dict.fromkeys(pickup.name for state in sent for pickup in state.pickups):
        brought = [pickup for state in sent for pickup in state.pickups if pickup.name == name]
        interceptors = dict.fromkeys(number for one in brought for number in one.interceptors)
        targets = dict.fromkeys(number for one in brought for number in one.targets)
        found.append(CallPickup(name, tuple(interceptors), tuple(targets)))
    return tuple(found)


def _rtp(sent: Sequence[StackState], there: Rtp | None, *, as_there: bool) -> Rtp | None:
    brought = [state.rtp.options for state in sent if state.rtp]
    # Where nothing was ever said of it, what stands there is all that we know.
    return Rtp(_options(brought, there.options if there else (), as_there=as_there)) if brought else there


def _template(sent: Sequence[StackState], there: SipTemplate | None, *, as_there: bool) -> SipTemplate | None:
    brought = [state.sip_template.options for state in sent if state.sip_template]
    return SipTemplate(_options(brought, there.options if there else (), as_there=as_there)) if brought else there


def _options(brought: Sequence[Options], there: Options, *, as_there: bool) -> Options:
    said = [dict(options) for options in brought]
    ours = {name: value for name, value in there if as_there or value in [one.get(name) for one in said]}
    return tuple({**said[0], **ours}.items())


def _incalls(sent: Sequence[StackState], there: StackState, *, as_there: bool) -> tuple[Incall, ...]:
    now = {incall.did: incall for incall in there.incalls}
    found: dict[str, Incall] = {}
    for state in sent:
        for incall in state.incalls:
            stands = now.get(incall.did)
            ours = stands == incall or as_there
            if incall.did not in found or stands == incall:
                found[incall.did] = stands if stands and ours else incall
    return tuple(found.values())


def _function_keys(sent: Sequence[StackState], there: StackState, *, as_there: bool) -> tuple[FunctionKeys, ...]:
    now = {(keys.extension, key.position): key for keys in there.function_keys for key in keys.keys}
    found: dict[Extension, dict[int, FunctionKey]] = {}
    for state in sent:
        for keys in state.function_keys:
            ours = found.setdefault(keys.extension, {})
            for key in keys.keys:
                stands = now.get((keys.extension, key.position))
                if key.position not in ours or stands == key:
                    ours[key.position] = stands if stands and as_there else key
    return tuple(
        FunctionKeys(extension, tuple(keys[place] for place in sorted(keys))) for extension, keys in found.items()
    )


def _names(kept: Kept, noun: str, key: str) -> set[str]:
    return kept.get((noun, key), set())


def _user_left(user: User, last: User | None, kept: Kept) -> User:
    if last is None:
        return user
    names = _names(kept, "user", user.extension) & set(USER_FIELDS)
    user = replace(user, **{name: getattr(last, name) for name in names})
    names = _names(kept, "voicemail", user.extension) & set(VOICEMAIL_FIELDS)
    if user.voicemail and last.voicemail and names:
        user = replace(
            user, voicemail=replace(user.voicemail, **{name: getattr(last.voicemail, name) for name in names})
        )
    names = _names(kept, "account", user.extension) & set(ACCOUNT_FIELDS)
    if user.account and last.account and names:
        user = replace(user, account=replace(user.account, **{name: getattr(last.account, name) for name in names}))
    return user


def _group_left(group: Group, last: Group | None, kept: Kept) -> Group:
    names = _names(kept, "group", group.label) & set(GROUP_FIELDS)
    return replace(group, **{name: getattr(last, name) for name in names}) if last else group


def _rtp_left(wanted: Rtp | None, last: Rtp | None, names: set[str]) -> Rtp | None:
    return Rtp(_options_left(wanted.options, last.options, names)) if wanted and last else wanted


def _template_left(wanted: SipTemplate | None, last: SipTemplate | None, names: set[str]) -> SipTemplate | None:
    return SipTemplate(_options_left(wanted.options, last.options, names)) if wanted and last else wanted


def _options_left(wanted: Options, last: Options, names: set[str]) -> Options:
    earlier = {name: value for name, value in last if name in names}
    return tuple({**{name: value for name, value in wanted if name not in names}, **earlier}.items())


def _keys_left(keys: FunctionKeys, last: FunctionKeys | None, kept: Kept) -> FunctionKeys:
    places = _names(kept, "keys", keys.extension)
    before = {key.position: key for key in last.keys} if last else {}
    return replace(
        keys,
        keys=tuple(before.get(key.position, key) if str(key.position) in places else key for key in keys.keys),
    )
