"""Which requests say who may take whose call?"""

from collections.abc import Iterator

from staging.wazo.change import Action, Change
from staging.wazo.diff_numbers import wanted_members
from staging.wazo.diff_pickups import pickup_side
from staging.wazo.progress import Pass

_LANE = "pickups"
"""One after the other: confd numbers a new one by the last it sees, so two at once get one number, and a 500."""


def pickup_actions(change: Change, now: Pass) -> Iterator[Action]:
    """Make a pickup, then name its people, side by side; remove it, which leaves its people alone."""
    live = now.found.pickup(change.key)
    if change.verb == "-":
        if live:
            yield now.send(change, "DELETE", f"callpickups/{live.id}", lane=_LANE)
    elif live is None:
        yield now.send(change, "POST", "callpickups", {"name": change.key}, lane=_LANE)
    else:
        for field in change.fields:
            yield from _people(change, field.name, now)


def _people(change: Change, side: str, now: Pass) -> Iterator[Action]:
    live = now.found.pickup(change.key)
    wanted = next(pickup for pickup in now.desired.pickups if pickup.name == change.key)
    before = next((p for p in now.applied.pickups if p.name == change.key), None) if now.applied else None
    if live is None:
        return
    ours, left, there = pickup_side(side, wanted, before, live, now.found)
    coming = {c.key for c in now.due if c.noun == "user" and c.verb == "+"}
    users = {number: user.uuid for number in (*ours, *there) if (user := now.found.user(number))}
    # Somebody who is about to be made is waited for: the list is written once.
    if coming.intersection(ours) - users.keys():
        return
    members = wanted_members(ours, left, there, users)
    body = {"users": [{"uuid": users[member]} for member in members if member in users]}
    yield now.send(change, "PUT", f"callpickups/{live.id}/{side}/users", body, lane=_LANE)
