"""Are a receptionist's keys in what provd writes her phone's file from, each at its place?"""

from dataclasses import replace
from typing import Any

import pytest

from staging.wazo.desired import desired_state
from staging.wazo.live_state import LiveState
from staging.wazo.state import StackState
from staging.wazo.verify_phones import served_differences
from tests.fakes.wazo_state import FACTS, MACS, Tenant, apply_until_settled, six_seats

RECEPTION = "02:00:00:00:00:01"


@pytest.fixture(scope="module")
def wish() -> StackState:
    return desired_state(six_seats(), FACTS, macs=MACS)


@pytest.fixture(scope="module")
def live(wish: StackState) -> LiveState:
    tenant = Tenant()
    apply_until_settled(tenant, wish)
    return tenant.live(wish)


def served(wish: StackState, live: LiveState, **keys: Any) -> dict[str, Any]:
    """What provd would serve when all is well, but for some keys of the reception's phone (`k3=…`; None takes away)."""
    lines = {(line.extension, line.kind): line for line in live.lines}
    names = {user.uuid: (user.caller_id or "").strip('"') for user in live.users}
    found = {}
    for device in wish.devices:
        there = next(one for one in live.devices if one.mac == device.mac)
        accounts = {}
        for seating in device.seatings:
            line = lines[seating.line]
            account = {"number": line.extension, "username": line.username, "password": "x"}
            accounts[str(seating.position)] = {**account, "display_name": names[line.user or ""]}
        found[there.id] = {"sip_lines": accounts, "funckeys": {}}
    phone = found[next(one.id for one in live.devices if one.mac == RECEPTION)]
    own = {
        str(key.position): {"type": "blf", "value": key.target, "label": key.label, "line": 1}
        for key in wish.function_keys[0].keys
    }
    own |= {name[1:]: key for name, key in keys.items()}
    phone["funckeys"] = {place: key for place, key in own.items() if key}
    return found


def told(wish: StackState, live: LiveState, **keys: Any) -> list[tuple[str, str | None, str | None]]:
    found = served_differences(wish, live, served(wish, live, **keys))
    assert {one.key for one in found} <= {RECEPTION}
    return [(one.name, one.wanted, one.found) for one in found]


def test_nothing_is_told_when_each_key_is_in_its_place(wish: StackState, live: LiveState) -> None:
    assert len(wish.function_keys[0].keys) == 5
    assert told(wish, live) == []


def test_each_key_that_is_missing_or_another_one_is_named(wish: StackState, live: LiveState) -> None:
    other = {"type": "blf", "value": "8004", "label": "directrice", "line": 1}
    dials = {"type": "speeddial", "value": "8003", "label": "atelier 2", "line": 1}
    assert told(wish, live, k2=None, k3=other, k4=dials) == [
        ("key 2", "8001 directrice", None),
        ("key 3", "8002 atelier 1", "8004 directrice"),
        ("key 4 type", "blf", "speeddial"),
    ]


def test_a_key_that_people_added_is_no_difference(wish: StackState, live: LiveState) -> None:
    assert told(wish, live, k40={"type": "park", "value": "700", "label": "", "line": 1}) == []


def test_a_key_beyond_what_the_phone_can_hold_is_not_on_it(wish: StackState, live: LiveState) -> None:
    # A T54W has 27 keys of its own, and 60 on each of three modules.
    keys = wish.function_keys[0]
    beyond = replace(keys, keys=(replace(keys.keys[0], position=208),))
    far = replace(wish, function_keys=(beyond,))
    assert ("key 208", "8001 directrice", None) in told(far, live)
    there = replace(keys, keys=(replace(keys.keys[0], position=207),))
    assert told(replace(wish, function_keys=(there,)), live) == []


def test_a_label_loses_what_confd_drops_on_the_way(wish: StackState, live: LiveState) -> None:
    keys = wish.function_keys[0]
    labelled = replace(wish, function_keys=(replace(keys, keys=(replace(keys.keys[0], label="hall; nord"),)),))
    short = {"type": "blf", "value": "8001", "label": "hall nord", "line": 1}
    assert told(labelled, live, k2=short) == []


def test_a_phone_that_could_not_be_read_tells_nothing_of_its_keys(wish: StackState, live: LiveState) -> None:
    found = served_differences(wish, live, {})
    assert not [one for one in found if one.name.startswith("key")]
