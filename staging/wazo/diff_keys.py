"""What differs on the receptionists' keys?"""

from collections.abc import Collection, Iterator

from staging.wazo.change import Change, FieldChange, Standing, Verb
from staging.wazo.found import Found
from staging.wazo.live_state import LiveKey
from staging.wazo.sides import CHANGED_ON_STACK, REASONS, standing
from staging.wazo.state import FunctionKey, FunctionKeys, StackState


def key_changes(
    desired: StackState, found: Found, applied: StackState | None, *, reachable: Collection[str]
) -> Iterator[Change]:
    """Keys to write, user by user; keys that people made elsewhere on the phone stay.

    A user whose keys were not read counts as one without keys, and gets none until they are (`users_with_keys`).
    """
    staying = {user.extension for user in desired.users}
    last_time = applied.function_keys if applied else ()
    before = {keys.extension: keys for keys in last_time if keys.extension in staying}
    wanted = {keys.extension: keys for keys in desired.function_keys}
    for extension in dict.fromkeys((*wanted, *before)):
        ours = wanted.get(extension) or FunctionKeys(extension, ())
        last = before.get(extension) or FunctionKeys(extension, ())
        if extension in reachable or found.user(extension):
            yield from _keys(ours, last, found, reachable, known=applied is not None)


def _keys(
    wanted: FunctionKeys, before: FunctionKeys, found: Found, reachable: Collection[str], *, known: bool
) -> Iterator[Change]:
    user = found.user(wanted.extension)
    there = {key.position: key for key in found.live.function_keys.get(user.uuid, ())} if user else {}
    last = {key.position: key for key in before.keys}
    fields = [
        (field, reason)
        for key in wanted.keys
        for field, reason in _key(key, there, last, wanted, found, reachable, known=known)
    ]
    positions = {key.position for key in wanted.keys}
    for position, key in last.items():
        live = there.get(position)
        if position not in positions and live and live_text(live, found) == key_text(key):
            fields.append((FieldChange(str(position), live_text(live, found), None), None))
    due = tuple(field for field, reason in fields if reason is None)
    facts = {"count": str(len(due))}
    if due:
        verb: Verb = "~" if any(field.before for field in due) else "+"
        yield Change(verb, "keys", wanted.extension, facts, due, wanted.extension)
    for reason in sorted({reason for _, reason in fields if reason}):
        some = tuple(field for field, why in fields if why == reason)
        facts = {"count": str(len(some))}
        how: Standing = "kept" if reason == CHANGED_ON_STACK else "conflict"
        yield Change("~", "keys", wanted.extension, facts, some, wanted.extension, how, reason)


def _key(
    key: FunctionKey,
    there: dict[int, LiveKey],
    last: dict[int, FunctionKey],
    wanted: FunctionKeys,
    found: Found,
    reachable: Collection[str],
    *,
    known: bool,
) -> Iterator[tuple[FieldChange, str | None]]:
    live = there.get(key.position)
    now = live_text(live, found) if live else None
    if now == key_text(key):
        return
    reason = None
    if key.target not in reachable:
        reason = "target-missing"
    elif _elsewhere(key, there, last, wanted, found):
        reason = "key-elsewhere"
    elif live and known and not is_dead(live, found):
        left = last.get(key.position)
        reason = REASONS.get(standing(key_text(key), now, key_text(left) if left else None))
    yield FieldChange(str(key.position), now, key_text(key)), reason


def _elsewhere(
    key: FunctionKey,
    there: dict[int, LiveKey],
    last: dict[int, FunctionKey],
    wanted: FunctionKeys,
    found: Found,
) -> bool:
    """Whether people gave that user another key of the phone; confd refuses one destination twice."""
    rewritten = {other.position for other in wanted.keys} | set(last)
    target = found.user(key.target)
    return target is not None and any(
        live.target_type == "user" and live.target_user == target.id and position not in rewritten
        for position, live in there.items()
    )


def key_text(key: FunctionKey) -> str:
    """A key as a person reads it: whose light it is, and what stands beside it."""
    return f"{key.target} {key.label}"


def live_text(key: LiveKey, found: Found) -> str:
    """The same of a live key; one that is no user's light shows Wazo's type."""
    if key.target_type == "user" and key.blf:
        return f"{found.extension_of(key.target_user) or key.target_user} {key.label or ''}"
    return f"{key.target_type} {key.label or ''}".strip()


def is_dead(key: LiveKey, found: Found) -> bool:
    """A light of a user who is gone: nobody's wish, so it may be written over."""
    return key.target_type == "user" and all(user.id != key.target_user for user in found.live.users)
