"""What differs between what we want and what is there?

Only what the plan determines is compared. With `applied`, what was written last time, the comparison has three
sides: what people added or changed on the stack since is kept, and what both sides changed is a conflict, shown and
kept. What is missing is made again, whoever took it away: nobody can tell a thing deleted from one never sent.
"""

import hashlib
import json
from collections.abc import Iterable, Iterator, Sequence

from staging.wazo.change import Change
from staging.wazo.describe import describe
from staging.wazo.diff_added import added
from staging.wazo.diff_devices import device_changes
from staging.wazo.diff_engine import engine_changes, firmware_changes, rtp_changes
from staging.wazo.diff_keys import key_changes
from staging.wazo.diff_numbers import context_changes, group_changes, incall_changes
from staging.wazo.diff_pickups import pickup_changes
from staging.wazo.diff_template import template_changes
from staging.wazo.diff_users import user_changes
from staging.wazo.found import Found
from staging.wazo.live_state import LiveState
from staging.wazo.state import SameSecret, StackState


def changes(
    desired: StackState,
    live: LiveState,
    *,
    applied: StackState | None = None,
    same_secret: SameSecret | None = None,
) -> tuple[Change, ...]:
    """The differences, in the order in which a person reads them: engine, tenant, seats, numbers, phones.

    applied: the desired state that was last applied to this tenant; without it nothing is ever taken away.
    same_secret: says whether a value on the engine is the secret meant; without it, any value passes.
    """
    found = Found(live, desired, applied)
    seats = tuple(user_changes(desired, found, applied))
    coming = {change.key for change in seats if change.due and change.noun == "user" and change.verb == "+"}
    there = {user.extension for user in desired.users if found.user(user.extension)}
    return (
        *engine_changes(desired.engine, live.engine, same_secret),
        *rtp_changes(desired.rtp, live.engine, applied.rtp if applied else None),
        *firmware_changes(desired.engine, live.engine),
        *_tenant_changes(desired, live),
        *context_changes(desired, found),
        *template_changes(desired, live, applied.sip_template if applied else None),
        *seats,
        *group_changes(desired, found, applied, reachable=coming | there),
        *pickup_changes(desired, found, applied, reachable=coming | there),
        *incall_changes(desired, found, applied, reachable=coming | there, coming=coming),
        *key_changes(desired, found, applied, reachable=coming | there),
        *device_changes(desired, found, applied, reachable=coming | there),
        *added(desired, found, applied),
    )


def fingerprint(found: Sequence[Change], live: LiveState) -> str:
    """12 hexadecimal digits that stand for what applying would do to this tenant, and what it would step around.

    The same whatever the order of Wazo's lists, and free of Wazo's numeric ids: an object that was deleted and
    made again alike does not change it. What people merely added does not change it either; what they changed does.
    """
    lines = sorted(_signature(change) for change in found if change.standing != "kept" or change.reason)
    tenant = live.tenant.uuid if live.tenant else ""
    return hashlib.sha256("\n".join([tenant, *lines]).encode()).hexdigest()[:12]


def users_with_keys(desired: StackState, live: LiveState) -> tuple[str, ...]:
    """The uuids whose function keys have to be read before keys can be compared; those that exist by now."""
    found = Found(live, desired)
    users = (found.user(keys.extension) for keys in desired.function_keys)
    return tuple(user.uuid for user in users if user)


def _signature(change: Change) -> str:
    fields = sorted((field.name, field.before, field.after) for field in change.fields)
    return json.dumps([change.verb, change.noun, change.key, change.standing, fields], ensure_ascii=False)


def _tenant_changes(desired: StackState, live: LiveState) -> Iterator[Change]:
    if desired.tenant and live.tenant is None:
        yield Change("+", "tenant", desired.tenant.slug, {"name": desired.tenant.name})


def by_seat(found: Iterable[Change]) -> dict[str | None, tuple[Change, ...]]:
    """The changes grouped by the extension that they belong to, None for what belongs to no seat."""
    groups: dict[str | None, tuple[Change, ...]] = {}
    for change in found:
        groups[change.seat] = (*groups.get(change.seat, ()), change)
    return groups


__all__ = ["by_seat", "changes", "describe", "fingerprint", "users_with_keys"]
