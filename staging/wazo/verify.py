"""Does the stack hold what the plan asks? Read back and compared afresh, without the diff's help.

A second opinion: it does not know how a change is found or made, only how a seat looks when it is right.
"""

from collections import Counter
from collections.abc import Iterator

from staging.wazo.live_state import LiveLine, LiveState, LiveUser
from staging.wazo.models import lists_model
from staging.wazo.reading import Difference, compared
from staging.wazo.state import CallPickup, Device, Group, NumberRange, SameSecret, StackState, User
from staging.wazo.verify_engine import engine_differences

__all__ = ["Difference", "differences"]


def differences(
    desired: StackState, live: LiveState, *, same_secret: SameSecret | None = None
) -> tuple[Difference, ...]:
    """All that the stack lacks or holds otherwise, things that stand twice included; empty when the plan is there.

    Function keys are compared where they were read, and so are the settings of an engine of the customer's own. A
    phone has to be `configured`, since Wazo's 204 does not say that its file was made. same_secret: says whether a
    password on the engine is the order's; without it, any passes.
    """
    view = _View(live)
    return (
        *_contexts(desired, live),
        *_template(desired, live),
        *(d for user in desired.users for d in _user(user, view)),
        *engine_differences(desired, live, same_secret),
        *(d for group in desired.groups for d in _group(group, view)),
        *(d for pickup in desired.pickups for d in _pickup(pickup, view)),
        *_incalls(desired, view),
        *_keys(desired, view),
        *(d for device in desired.devices for d in _device(device, view)),
    )


class _View:
    """The live state by number, uuid and MAC, read in its own way."""

    def __init__(self, live: LiveState) -> None:
        self.live = live
        internal = {context.name for context in live.contexts if context.type == "internal"}
        self.users = {user.uuid: user for user in live.users}
        self.by_id = {user.id: user for user in live.users}
        self.lines: dict[str, list[LiveLine]] = {}
        for line in live.lines:
            if line.extension and line.context in internal:
                self.lines.setdefault(line.extension, []).append(line)
        self.macs = {device.id: device.mac for device in live.devices}

    def user(self, extension: str) -> LiveUser | None:
        owners = [self.users[line.user] for line in self.lines.get(extension, ()) if line.user in self.users]
        return owners[0] if owners else None

    def number(self, user_id: int | None) -> str:
        user = self.by_id.get(user_id or -1)
        return (user.extension if user else None) or "?"


def _contexts(desired: StackState, live: LiveState) -> Iterator[Difference]:
    for wanted in desired.contexts:
        same = [context for context in live.contexts if context.type == wanted.type]
        if not same:
            yield Difference("context", wanted.type, "label", wanted.label, None)
        for name in ("user_ranges", "group_ranges", "incall_ranges"):
            there = {number for context in same for number in _all_numbers(getattr(context, name))}
            missing = _all_numbers(getattr(wanted, name)) - there
            if missing:
                yield Difference("context", wanted.type, name, ", ".join(sorted(missing)), None)
        reached = {number for context in same for number in context.includes}
        for kind in wanted.includes:
            if not any(context.type == kind and context.id in reached for context in live.contexts):
                yield Difference("context", wanted.type, "includes", kind, None)


def _all_numbers(ranges: tuple[NumberRange, ...]) -> set[str]:
    return {str(n).zfill(len(r.start)) for r in ranges for n in range(int(r.start), int(r.end) + 1)}


def _template(desired: StackState, live: LiveState) -> Iterator[Difference]:
    if desired.sip_template:
        yield from compared("sip-template", "global", dict(desired.sip_template.options), dict(live.template_options))


def _user(user: User, view: _View) -> Iterator[Difference]:
    live = view.user(user.extension)
    if live is None:
        yield Difference("user", user.extension, "user", user.name, None)
        return
    names = ("firstname", "lastname", "email", "language", "subscription_type", "caller_id", "marker")
    wanted = {name: getattr(user, name) for name in names}
    yield from compared("user", user.extension, wanted, {name: getattr(live, name) for name in names})
    yield from _lines(user, live, view)
    yield from _mailbox(user, live, view)
    if user.account:
        login = next((account for account in view.live.accounts if account.uuid == live.uuid), None)
        words = ("username", "email", "firstname", "lastname")
        said = {name: getattr(login, name, None) for name in words}
        yield from compared("account", user.extension, {name: getattr(user.account, name) for name in words}, said)


def _lines(user: User, live: LiveUser, view: _View) -> Iterator[Difference]:
    there = view.lines.get(user.extension, [])
    if len({line.user for line in there}) > 1:
        yield Difference("user", user.extension, "owners", "1", str(len({line.user for line in there})))
    for wanted in user.lines:
        same = [line for line in there if line.kind == wanted.key.kind]
        key = f"{user.extension}/{wanted.key.kind}"
        if not same:
            yield Difference("line", key, "line", wanted.key.kind, None)
        elif len(same) > 1:
            yield Difference("line", key, "lines", "1", str(len(same)))
        elif not all(line.endpoint and line.username for line in same):
            yield Difference("line", key, "credentials", wanted.key.kind, None)
        elif wanted.position not in {line.position for line in same}:
            yield Difference("line", key, "position", str(wanted.position), str(same[0].position))
        elif wanted.key.kind == "app" and live.lines[:1] != (same[0].id,):
            yield Difference("line", key, "main", "app", "sip")


def _mailbox(user: User, live: LiveUser, view: _View) -> Iterator[Difference]:
    wanted = user.voicemail
    if wanted is None:
        return
    box = next((box for box in view.live.voicemails if box.id == live.voicemail), None)
    if box is None:
        yield Difference("voicemail", user.extension, "voicemail", wanted.number, None)
        return
    names = ("number", "name", "email", "language", "timezone")
    there = {name: getattr(box, name) for name in names}
    yield from compared("voicemail", user.extension, {name: getattr(wanted, name) for name in names}, there)


def _group(group: Group, view: _View) -> Iterator[Difference]:
    same = [live for live in view.live.groups if live.label == group.label]
    if len(same) != 1:
        yield Difference("group", group.label, "groups", "1", str(len(same)))
        return
    live = same[0]
    wanted = {"extension": group.extension, "ring_strategy": group.ring_strategy}
    there = {"extension": live.extension, "ring_strategy": live.ring_strategy}
    yield from compared("group", group.label, wanted, there)
    members = {view.users[uuid].extension for uuid in live.members if uuid in view.users}
    missing = [member for member in group.members if member not in members]
    if missing:
        yield Difference("group", group.label, "members", ", ".join(missing), None)


def _pickup(pickup: CallPickup, view: _View) -> Iterator[Difference]:
    same = [live for live in view.live.pickups if live.name == pickup.name]
    if len(same) != 1:
        yield Difference("pickup", pickup.name, "pickups", "1", str(len(same)))
        return
    sides = {"interceptors": (pickup.interceptors, same[0].interceptors), "targets": (pickup.targets, same[0].targets)}
    for name, (wanted, uuids) in sides.items():
        there = {view.users[uuid].extension for uuid in uuids if uuid in view.users}
        if missing := [number for number in wanted if number not in there]:
            yield Difference("pickup", pickup.name, name, ", ".join(missing), None)


def _incalls(desired: StackState, view: _View) -> Iterator[Difference]:
    groups = {group.id: group.label for group in view.live.groups}
    rings: dict[str, list[str]] = {}
    for live in view.live.incalls:
        who = view.number(live.target_id) if live.target_type == "user" else groups.get(live.target_id or -1, "?")
        if live.did:
            rings.setdefault(live.did, []).append(f"{live.target_type} {who}")
    for incall in desired.incalls:
        wanted = f"{incall.target.kind} {incall.target.key}"
        there = rings.get(incall.did, [])
        if there != [wanted]:
            yield Difference("incall", incall.did, "target", wanted, ", ".join(there) or None)


def _keys(desired: StackState, view: _View) -> Iterator[Difference]:
    for keys in desired.function_keys:
        user = view.user(keys.extension)
        if user is None or user.uuid not in view.live.function_keys:
            continue
        there = {key.position: key for key in view.live.function_keys[user.uuid]}
        for key in keys.keys:
            live = there.get(key.position)
            # A key without its light is one that dials only.
            how = "" if live and live.blf else "speeddial "
            now = f"{how}{view.number(live.target_user)} {live.label}" if live else None
            if now != f"{key.target} {key.label}":
                yield Difference("keys", keys.extension, str(key.position), f"{key.target} {key.label}", now)


def _device(device: Device, view: _View) -> Iterator[Difference]:
    count = Counter(live.mac for live in view.live.devices if not live.new)[device.mac]
    if count != 1:
        yield Difference("device", device.mac, "devices", "1", str(count))
        return
    live = next(live for live in view.live.devices if live.mac == device.mac and not live.new)
    if device.plugin and not lists_model(live.plugin, device.model):
        yield Difference("device", device.mac, "plugin", device.plugin, live.plugin)
    if live.status != "configured":
        yield Difference("device", device.mac, "status", "configured", live.status)
    for seating in device.seatings:
        same = [line for line in view.lines.get(seating.line.extension, ()) if line.kind == seating.line.kind]
        macs = {view.macs.get(line.device or "") for line in same}
        if device.mac not in macs:
            found = ", ".join(sorted(mac for mac in macs if mac)) or None
            yield Difference("seating", f"{seating.line.extension}/{seating.line.kind}", "mac", device.mac, found)
