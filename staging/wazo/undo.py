"""How is an applied order taken back?

Undoing is applying something else: what stood there before, or nothing. So it is shown, checked, interrupted and
resumed like any other change set. Contexts, the tenant, the SIP template and what configuring wrote on the engine stay,
and firmware: phones that took it do not give it back.
"""

from collections.abc import Mapping
from dataclasses import replace

from staging.core.words import Extension
from staging.wazo.change import Change
from staging.wazo.diff import changes
from staging.wazo.diff_engine import ours_of
from staging.wazo.found import Found
from staging.wazo.live_state import LiveKey, LiveState, LiveUser
from staging.wazo.state import (
    Account,
    CallPickup,
    Device,
    FunctionKey,
    FunctionKeys,
    Group,
    Incall,
    Line,
    LineKey,
    Rtp,
    Seating,
    StackState,
    Target,
    User,
    Voicemail,
)


def undo_target(applied: StackState, before: StackState | None = None) -> StackState:
    """The desired state that undoes: what stood there before, of all that `applied` has changed or taken away.

    before: `snapshot` of the stack just before applying; None when the tenant was empty. A seat that stays keeps the
    phone that it has by now: which one stands on the desk is no matter of plans.
    """
    earlier = before or StackState()
    marks = {user.marker for user in applied.users}
    extensions = {user.extension for user in applied.users}
    extensions |= {user.extension for user in earlier.users if user.marker in marks}
    users = tuple(user for user in earlier.users if user.extension in extensions)
    dids = {incall.did for incall in applied.incalls}
    labels = {group.label for group in applied.groups}
    names = {pickup.name for pickup in applied.pickups}
    return StackState(
        users=users,
        groups=tuple(g for g in earlier.groups if g.label in labels or extensions.intersection(g.members)),
        pickups=tuple(p for p in earlier.pickups if p.name in names or extensions & {*p.interceptors, *p.targets}),
        incalls=tuple(i for i in earlier.incalls if i.did in dids or i.target.key in extensions),
        function_keys=tuple(k for k in earlier.function_keys if k.extension in extensions),
        devices=_phones_back(
            applied, earlier, staying={line.key: line.position for user in users for line in user.lines}
        ),
        rtp=earlier.rtp if applied.rtp else None,
    )


def _phones_back(applied: StackState, earlier: StackState, *, staying: Mapping[LineKey, int]) -> tuple[Device, ...]:
    """staying: the slot of each line that stays; a line that had another slot before does not fit its present phone."""
    macs = {device.mac for device in applied.devices}
    seated = {seating.line for device in applied.devices for seating in device.seatings}
    back = [
        device
        for device in earlier.devices
        if device.mac in macs or any(s.line in staying and s.line not in seated for s in device.seatings)
    ]
    known = {device.mac for device in back}
    held = {seating.line for device in back for seating in device.seatings}
    for device in applied.devices:
        seats = tuple(s for s in device.seatings if staying.get(s.line) == s.position and s.line not in held)
        if device.mac not in known and seats:
            back.append(replace(device, seatings=seats))
    return tuple(back)


def undo_changes(applied: StackState, live: LiveState, *, before: StackState | None = None) -> tuple[Change, ...]:
    """The changes that take `applied` off the stack again; what people changed since is a conflict and stays.

    Carried out by `ready_actions(found, live, desired=undo_target(applied, before), applied=applied)`: lines leave
    their phones first, then users go with their lines, mailboxes and logins, DIDs with their extensions, and phones
    last; nothing of ours is left, no ringing DID, no login, no phone that still serves credentials.
    """
    return changes(undo_target(applied, before), live, applied=applied)


def snapshot(live: LiveState) -> StackState:
    """What stands on a stack, in our words, to be kept before applying.

    Only what we can put back: rules to users and groups, lights of users on keys, phones with a MAC.
    Function keys appear as far as they were read.
    """
    found = Found(live)
    return StackState(
        users=tuple(_user(user, found) for user in live.users if user.extension),
        groups=_groups(found),
        pickups=_pickups(found),
        incalls=_incalls(found),
        function_keys=_function_keys(found),
        devices=_devices(found),
        rtp=Rtp(tuple(ours_of(live.engine.rtp.get("options") or {}).items())) if live.engine else None,
    )


def _user(user: LiveUser, found: Found) -> User:
    extension = user.extension or Extension("")
    lines = sorted(found.lines_at(extension), key=lambda line: (line.kind != "app", line.id))
    box = found.voicemail(extension)
    account = found.account(user.uuid)
    return User(
        extension=extension,
        firstname=user.firstname,
        lastname=user.lastname,
        email=user.email,
        language=user.language or "",
        subscription_type=user.subscription_type,
        caller_id=user.caller_id or "",
        marker=user.marker or "",
        lines=tuple({line.kind: Line(LineKey(extension, line.kind), line.position) for line in lines}.values()),
        voicemail=Voicemail(extension, box.name, box.email, box.language or "", box.timezone or "") if box else None,
        account=Account(account.username, account.email, account.firstname, account.lastname) if account else None,
    )


def _groups(found: Found) -> tuple[Group, ...]:
    by_uuid = {user.uuid: user.extension for user in found.live.users}
    return tuple(
        Group(
            group.label,
            Extension(group.extension),
            tuple(member for uuid in group.members if (member := by_uuid.get(uuid))),
            group.ring_strategy or "all",
        )
        for group in found.live.groups
        if group.extension
    )


def _pickups(found: Found) -> tuple[CallPickup, ...]:
    by_uuid = {user.uuid: user.extension for user in found.live.users}

    def numbers(uuids: tuple[str, ...]) -> tuple[Extension, ...]:
        return tuple(number for uuid in uuids if (number := by_uuid.get(uuid)))

    return tuple(CallPickup(p.name, numbers(p.interceptors), numbers(p.targets)) for p in found.live.pickups)


def _incalls(found: Found) -> tuple[Incall, ...]:
    rules = []
    for incall in found.live.incalls:
        kind, _, key = found.target(incall).partition(" ")
        if incall.did and kind in ("user", "group") and found.target_id(target := _target(kind, key)):
            rules.append(Incall(incall.did, target))
    return tuple(rules)


def _target(kind: str, key: str) -> Target:
    return Target("group", key) if kind == "group" else Target("user", key)


def _function_keys(found: Found) -> tuple[FunctionKeys, ...]:
    by_uuid = {user.uuid: user.extension for user in found.live.users}
    kept = []
    for uuid, keys in found.live.function_keys.items():
        extension = by_uuid.get(uuid)
        lights = tuple(light for key in keys if (light := _light(key, found)))
        if extension and lights:
            kept.append(FunctionKeys(extension, lights))
    return tuple(kept)


def _light(key: LiveKey, found: Found) -> FunctionKey | None:
    target = found.extension_of(key.target_user) if key.target_type == "user" else None
    return FunctionKey(key.position, Extension(target), key.label or "") if target else None


def _devices(found: Found) -> tuple[Device, ...]:
    kept: dict[str, Device] = {}
    for device in found.live.devices:
        if device.mac is None or device.mac in kept or found.unallocated(device):
            continue
        seatings = tuple(
            Seating(LineKey(line.extension, line.kind), line.position)
            for line in found.lines_on(device.id)
            if line.extension
        )
        kept[device.mac] = Device(device.mac, device.model or "", device.plugin, seatings)
    return tuple(kept.values())
