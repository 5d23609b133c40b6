"""What differs in the phones: which are known, and which line is on which?"""

from collections.abc import Collection, Iterator

from staging.wazo.change import Change, FieldChange, Standing, Verb
from staging.wazo.found import Found
from staging.wazo.live_state import LiveLine
from staging.wazo.models import lists_model
from staging.wazo.state import Device, LineKey, Seating, StackState


def device_changes(
    desired: StackState, found: Found, applied: StackState | None, *, reachable: Collection[str]
) -> Iterator[Change]:
    """Phones to declare or take over, lines to put on them, then what left the plan.

    reachable: extensions that have or get a user.
    """
    before = {seating.line: device for device in applied.devices for seating in device.seatings} if applied else {}
    for device in desired.devices:
        yield from _device(device, found)
        for seating in device.seatings:
            has_user = seating.line.extension in reachable
            last = before.get(seating.line)
            yield from _seating(device, seating, last, found, known=applied is not None, has_user=has_user)
    yield from _removed(desired, found, applied)


def seating_key(line: LineKey) -> str:
    """`8000/sip`."""
    return f"{line.extension}/{line.kind}"


def _device(device: Device, found: Found) -> Iterator[Change]:
    seats = ", ".join(seating.line.extension for seating in device.seatings)
    seat = device.seatings[0].line.extension if len(device.seatings) == 1 else None
    facts = {"model": device.model, "mac": device.mac, "seats": seats}
    live = found.device(device.mac)
    if live is None:
        waiting = bool(found.devices(device.mac))
        yield Change("+", "device", device.mac, {**facts, "how": "taken-over" if waiting else "declared"}, seat=seat)
        return
    if device.plugin and not lists_model(live.plugin, device.model):
        yield Change("~", "device", device.mac, facts, (FieldChange("plugin", live.plugin, device.plugin),), seat)
    if surplus_devices(device.mac, found):
        yield Change("-", "device", device.mac, {**facts, "how": "duplicate"}, seat=seat)


def surplus_devices(mac: str, found: Found) -> tuple[str, ...]:
    """Ids of the tenant's further devices of one MAC that carry no line: a race made them, provd may serve any."""
    kept = found.device(mac)
    return tuple(
        device.id
        for device in found.devices(mac)
        if device != kept and not found.unallocated(device) and not found.lines_on(device.id)
    )


def _seating(
    device: Device, seating: Seating, before: Device | None, found: Found, *, known: bool, has_user: bool
) -> Iterator[Change]:
    line = found.line_of(seating.line)
    there = mac_of(line, found)
    if there == device.mac:
        return
    mine = there is None or not known or (before is not None and before.mac == there)
    reason = None if mine else "changed-on-both-sides"
    if mine and _slot_taken(device, seating, found):
        reason = "slot-taken"
    if not has_user:
        reason = "target-missing"
    facts = {"model": device.model, "mac": device.mac, "position": str(seating.position)}
    fields = (FieldChange("mac", there, device.mac),)
    key = seating_key(seating.line)
    verb: Verb = "+" if there is None else "~"
    standing: Standing = "conflict" if reason else "due"
    yield Change(verb, "seating", key, facts, fields, seating.line.extension, standing, reason)


def mac_of(line: LiveLine | None, found: Found) -> str | None:
    """The MAC of the phone that a line is on; the device's id when provd does not know the phone any more."""
    if line is None or line.device is None:
        return None
    return next((device.mac for device in found.live.devices if device.id == line.device), None) or line.device


def _slot_taken(device: Device, seating: Seating, found: Found) -> bool:
    """Whether a line that is not ours sits in the slot; ours are moved, other people's are not."""
    live = found.device(device.mac)
    return live is not None and any(
        line.position == seating.position and line.id not in found.our_lines for line in found.lines_on(live.id)
    )


def _removed(desired: StackState, found: Found, applied: StackState | None) -> Iterator[Change]:
    wanted = {device.mac for device in desired.devices}
    seated = {seating.line for device in desired.devices for seating in device.seatings}
    for device in applied.devices if applied else ():
        for seating in device.seatings:
            line = found.line_of(seating.line)
            if seating.line not in seated and mac_of(line, found) == device.mac:
                fields = (FieldChange("mac", device.mac, None),)
                facts = {"model": device.model, "mac": device.mac, "position": str(seating.position)}
                yield Change("-", "seating", seating_key(seating.line), facts, fields, seating.line.extension)
        if device.mac not in wanted and found.device(device.mac):
            facts = {"model": device.model, "mac": device.mac, "seats": "", "how": "removed"}
            yield Change("-", "device", device.mac, facts)
