"""What differs in who may take whose call?"""

from collections.abc import Collection, Iterator

from staging.wazo.change import Change, FieldChange
from staging.wazo.diff_numbers import wanted_members
from staging.wazo.found import Found
from staging.wazo.live_state import LivePickup
from staging.wazo.state import CallPickup, StackState

SIDES = ("interceptors", "targets")


def pickup_changes(
    desired: StackState, found: Found, applied: StackState | None, *, reachable: Collection[str]
) -> Iterator[Change]:
    """Call pickups: to make, to complete, to take away. reachable: extensions that have or get a user."""
    before = {pickup.name: pickup for pickup in applied.pickups} if applied else {}
    for pickup in desired.pickups:
        live = found.pickup(pickup.name)
        left = before.get(pickup.name)
        fields = tuple(field for side in SIDES for field in _side(side, pickup, left, live, found, reachable))
        if live is None or fields:
            yield Change("+" if live is None else "~", "pickup", pickup.name, {"name": pickup.name}, fields)
    wanted = {pickup.name for pickup in desired.pickups}
    for name in before:
        if name not in wanted and found.pickup(name):
            yield Change("-", "pickup", name, {"name": name})


def pickup_side(
    side: str, wanted: CallPickup, before: CallPickup | None, live: LivePickup | None, found: Found
) -> tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]]:
    """Of one side, by number: whom the plan wants, whom we left there, who is there."""
    by_uuid = {user.uuid: found.extension_of(user.id) for user in found.live.users}
    there = tuple(number for uuid in getattr(live, side, ()) if (number := by_uuid.get(uuid)))
    return getattr(wanted, side), getattr(before, side, ()), there


def _side(
    side: str,
    pickup: CallPickup,
    before: CallPickup | None,
    live: LivePickup | None,
    found: Found,
    reachable: Collection[str],
) -> Iterator[FieldChange]:
    ours, left, there = pickup_side(side, pickup, before, live, found)
    wanted = wanted_members(ours, left, there, reachable)
    if set(wanted) != set(there):
        yield FieldChange(side, ", ".join(there) or None, ", ".join(wanted) or None)
