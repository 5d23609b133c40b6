"""Does provd serve each phone what confd says of it? The settings that a phone's file is written from, read back.

confd answers 204 and keeps its own word when provd lost a line: four handsets in its tables, one in the file (seen with
confd 26.08, several associations on one base at a time). So both are read, and compared.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace
from typing import Any

from staging.wazo.live_state import LiveDevice, LiveEngine, LiveLine, LiveState
from staging.wazo.models import phone_models
from staging.wazo.raw import Json
from staging.wazo.reading import Difference
from staging.wazo.state import Device, EngineSettings, SecretRef, StackState
from staging.wazo.verify_engine import HIDDEN

Place = tuple[str, str, str]
"""Noun, key and name of what a difference is told of."""

_NOUN = "phone-file"
_LEFT_OUT = str.maketrans("", "", "\n\r\t;")
"""What confd drops from a key's label on its way to the phone (read in wazo-confd's `funckey.py`)."""


def phones_to_read(desired: StackState, live: LiveState) -> tuple[str, ...]:
    """Ids of the devices whose settings `served_differences` compares."""
    return tuple(there.id for device in desired.devices if (there := _device(device, live)))


def served_differences(
    desired: StackState, live: LiveState, served: Mapping[str, Json], *, kept: Collection[Place] = ()
) -> tuple[Difference, ...]:
    """Accounts, keys and defaults that a phone's settings lack or hold otherwise, accounts too many, another registrar.

    served: provd's merged settings by device id, as far as they could be read. A key that people added is not told.
    kept: what somebody changed on the stack and keeps, such as `("keys", "8000", "3")`; phones hold it too.
    """
    wanted = _without(desired, kept)
    return tuple(difference for device in desired.devices for difference in _phone(device, wanted, live, served))


def _without(desired: StackState, kept: Collection[Place]) -> StackState:
    return replace(
        desired,
        function_keys=tuple(
            replace(
                keys,
                keys=tuple(key for key in keys.keys if ("keys", keys.extension, str(key.position)) not in kept),
            )
            for keys in desired.function_keys
        ),
    )


def _phone(device: Device, desired: StackState, live: LiveState, served: Mapping[str, Json]) -> Iterator[Difference]:
    there = _device(device, live)
    if there is None:
        return
    accounts = served.get(there.id, {}).get("sip_lines") or {}
    wanted = {str(seating.position): seating.line for seating in device.seatings}
    lines = {(line.extension, line.kind): line for line in live.lines if line.extension}
    names = {user.uuid: (user.caller_id or "").strip('"') for user in live.users}
    for place, key in wanted.items():
        line = lines.get((key.extension, key.kind))
        yield from _account(device.mac, place, line, accounts.get(place), names)
    for place in sorted(set(accounts) - set(wanted)):
        yield Difference(_NOUN, device.mac, f"account {place}", None, str(accounts[place].get("number")))
    if there.id in served:
        yield from _keys(device, desired, served[there.id].get("funckeys") or {})
    if desired.engine and there.id in served:
        yield from _defaults(device.mac, desired.engine, live.engine, served[there.id])
    if desired.engine:
        hosts = {str(account.get("proxy_ip")) for account in accounts.values()} - {desired.engine.registrar_host}
        for host in sorted(hosts):
            yield Difference(_NOUN, device.mac, "registrar", desired.engine.registrar_host, host)


def _defaults(mac: str, wanted: EngineSettings, engine: LiveEngine | None, served: Json) -> Iterator[Difference]:
    """Language, clock, NTP, phonebook, names and passwords: what the engine's default gives to every phone."""
    default = (engine.default_device.get("raw_config") or {}) if engine else {}
    for name, value in wanted.default_device:
        secret = isinstance(value, SecretRef)
        wish = default.get(name) if secret else value
        if served.get(name) != wish:
            found = served.get(name)
            yield Difference(_NOUN, mac, name, HIDDEN if secret else str(wish), _shown(found, secret=secret))


def _shown(value: object, *, secret: bool) -> str | None:
    return None if value is None else HIDDEN if secret else str(value)


def _keys(device: Device, desired: StackState, served: Mapping[str, Any]) -> Iterator[Difference]:
    """The keys of whoever has the first line of a phone; a base prints none."""
    known = phone_models().get(device.model)
    if known is None or not known.keys or not device.seatings:
        return
    owner = min(device.seatings, key=lambda seating: seating.position).line.extension
    last = known.key_positions(known.modules)[-1]
    for key in (key for keys in desired.function_keys if keys.extension == owner for key in keys.keys):
        there = served.get(str(key.position)) if key.position <= last else None
        wanted = f"{key.target} {key.label.translate(_LEFT_OUT)}"
        now = f"{there.get('value')} {there.get('label')}" if there else None
        if now != wanted:
            yield Difference(_NOUN, device.mac, f"key {key.position}", wanted, now)
        elif there and there.get("type") != "blf":
            yield Difference(_NOUN, device.mac, f"key {key.position} type", "blf", str(there.get("type")))


def _account(
    mac: str, place: str, line: LiveLine | None, served: Mapping[str, Any] | None, names: Mapping[str, str]
) -> Iterator[Difference]:
    if line is None:
        # What is not on the stack is told by the comparison with the plan.
        return
    if served is None:
        yield Difference(_NOUN, mac, f"account {place}", line.extension, None)
        return
    if served.get("number") != line.extension:
        yield Difference(_NOUN, mac, f"account {place}", line.extension, str(served.get("number")))
    if served.get("username") != line.username or not served.get("password"):
        yield Difference(_NOUN, mac, f"credentials {place}", line.extension, None)
    name = names.get(line.user or "")
    if name and served.get("display_name") != name:
        yield Difference(_NOUN, mac, f"label {place}", name, str(served.get("display_name")))


def _device(device: Device, live: LiveState) -> LiveDevice | None:
    return next((one for one in live.devices if one.mac == device.mac and not one.new), None)
