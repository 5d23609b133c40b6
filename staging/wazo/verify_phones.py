"""Does provd serve each phone what confd says of it? The settings that a phone's file is written from, read back.

confd answers 204 and keeps its own word when provd lost a line: four handsets in its tables, one in the file (seen with
confd 26.08, several associations on one base at a time). So both are read, and compared.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from staging.wazo.live_state import LiveDevice, LiveLine, LiveState
from staging.wazo.raw import Json
from staging.wazo.state import Device, StackState
from staging.wazo.verify import Difference

_NOUN = "phone-file"


def phones_to_read(desired: StackState, live: LiveState) -> tuple[str, ...]:
    """Ids of the devices whose settings `served_differences` compares."""
    return tuple(there.id for device in desired.devices if (there := _device(device, live)))


def served_differences(desired: StackState, live: LiveState, served: Mapping[str, Json]) -> tuple[Difference, ...]:
    """Accounts that a phone's settings lack, hold otherwise or hold too many of, and a registrar that is not ours.

    served: provd's merged settings by device id, as far as they could be read.
    """
    return tuple(difference for device in desired.devices for difference in _phone(device, desired, live, served))


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
    if desired.engine:
        hosts = {str(account.get("proxy_ip")) for account in accounts.values()} - {desired.engine.registrar_host}
        for host in sorted(hosts):
            yield Difference(_NOUN, device.mac, "registrar", desired.engine.registrar_host, host)


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
