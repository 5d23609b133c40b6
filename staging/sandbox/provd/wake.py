"""What happens when a phone is told to read its file again, or reads it by itself?"""

from __future__ import annotations

from typing import TYPE_CHECKING

from staging.sandbox.devices.models import models
from staging.sandbox.tables import Row

if TYPE_CHECKING:
    from staging.sandbox.world import World


def synchronise(world: World, device: Row) -> bool:
    """Have Asterisk notify a phone; True when the message was sent, which is not to say that a phone heard it.

    Sent to the account the phone was last seen with, else to its address; a phone that has neither cannot be told.
    """
    if not device["configured"] or device.get("plugin") not in world.provd.installed:
        return False
    if not device.get("remote_state_sip_username") and not device.get("ip"):
        return False
    world.room.woken.append(str(device.get("remote_state_sip_username") or device.get("ip")))
    if world.room.notify != "ok":
        return False
    fetch_file(world, device)
    return True


def fetch_file(world: World, device: Row) -> None:
    """A phone that is plugged in takes its file and registers with the accounts in it."""
    phone = world.room.phones.get(device.get("mac", ""))
    if phone is None or not phone["plugged"]:
        return
    text = world.provd.serve_file(device)
    phone["file"] = text
    phone["accounts"] = accounts_in(world, device) if text is not None else []


def accounts_in(world: World, device: Row) -> list[Row]:
    """The accounts that a device's file holds, by position, as far as its model has room."""
    model = models().get(device.get("model", ""))
    lines = world.provd.raw(device["config"]).get("sip_lines", {})
    room = model.lines if model else 1
    return [
        {"position": int(n), **{name: lines[n].get(name) for name in ("number", "username", "display_name")}}
        for n in sorted(lines, key=int)
        if int(n) <= room
    ]
