"""Which requests bring phones in and put lines on them, one line of a base after the other?"""

from collections.abc import Iterator

from staging.core.words import Extension
from staging.wazo.bodies import Body
from staging.wazo.change import Action, Change
from staging.wazo.diff_devices import surplus_devices
from staging.wazo.live_state import LiveLine
from staging.wazo.progress import Pass
from staging.wazo.state import Device, LineKey

VENDOR = "Yealink"


def device_actions(change: Change, now: Pass) -> Iterator[Action]:
    """Declare a phone before it was ever plugged, or take over one that waits; mend its plugin; remove it."""
    if change.verb == "-":
        yield from _remove(change, now)
        return
    device = next(device for device in now.desired.devices if device.mac == change.key)
    if not _plugin_there(device, now):
        return
    lane = f"device {device.mac}"
    live = now.found.device(device.mac)
    if live:
        yield now.send(change, "PUT", f"devices/{live.id}", {"plugin": device.plugin}, lane=lane)
        return
    waiting = next((there for there in now.found.devices(device.mac) if there.new), None)
    if waiting:
        yield now.send(change, "PUT", f"devices/unallocated/{waiting.id}", lane=lane)
    else:
        yield now.send(change, "POST", "devices", _declaration(device), lane=lane)


def _declaration(device: Device) -> Body:
    body: Body = {"mac": device.mac, "vendor": VENDOR, "model": device.model}
    return {**body, "plugin": device.plugin} if device.plugin else body


def _plugin_there(device: Device, now: Pass) -> bool:
    """Whether confd will know the plugin; on an engine that we did not read it is taken to be there."""
    engine = now.live.engine
    return device.plugin is None or engine is None or device.plugin in engine.installed


def _remove(change: Change, now: Pass) -> Iterator[Action]:
    lane = f"device {change.key}"
    if change.facts.get("how") == "duplicate":
        for device_id in surplus_devices(change.key, now.found):
            yield now.send(change, "DELETE", f"devices/{device_id}", lane=lane)
        return
    for device in now.found.devices(change.key):
        if not now.found.unallocated(device) and not now.found.lines_on(device.id):
            yield now.send(change, "DELETE", f"devices/{device.id}", lane=lane)


def seating_actions(change: Change, now: Pass) -> Iterator[Action]:
    """Put a line on its phone once the phone is there, the line whole and the slot free; take it off a wrong one."""
    extension, kind = change.key.split("/")
    key = LineKey(Extension(extension), "app" if kind == "app" else "sip")
    line = now.found.line_of(key)
    if line is None:
        return
    if line.device:
        yield from now.take_off(change, line)
        return
    device, seating = now.seatings[key]
    live = now.found.device(device.mac)
    if live is None or line.position != seating.position or not _whole(line):
        return
    if any(other.position == line.position for other in now.found.lines_on(live.id)):
        return
    yield now.send(change, "PUT", f"lines/{line.id}/devices/{live.id}", lane=f"device {device.mac}")


def _whole(line: LiveLine) -> bool:
    """What confd wants of a line before it goes on a phone; without credentials the phone would get an empty login."""
    return bool(line.endpoint and line.username and line.extension and line.user)
