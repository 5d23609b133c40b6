"""What differs in the contexts, the DIDs and the groups?"""

from collections.abc import Collection, Iterator

from staging.wazo.change import Change, FieldChange, Standing
from staging.wazo.found import Found
from staging.wazo.live_state import LiveContext, LiveGroup
from staging.wazo.ranges import lacking
from staging.wazo.sides import BOTH_SIDES, EDITED_SINCE, REASONS, sorted_out, standing
from staging.wazo.state import Context, Group, Incall, NumberRange, StackState, Target


def context_changes(desired: StackState, found: Found) -> Iterator[Change]:
    """Contexts to make, and ranges or inclusions that they lack; ranges that people added are left in them."""
    for wanted in desired.contexts:
        live = found.context(wanted.type)
        if live is None:
            ranges = (*wanted.user_ranges, *wanted.group_ranges, *wanted.incall_ranges)
            made = FieldChange("ranges", None, ranges_text(ranges) or None)
            yield Change("+", "context", wanted.type, {"name": wanted.label}, (made,))
        elif fields := _context_fields(wanted, live, found):
            yield Change("~", "context", wanted.type, {"name": live.label}, fields)


def _context_fields(wanted: Context, live: LiveContext, found: Found) -> tuple[FieldChange, ...]:
    fields = []
    for name in ("user_ranges", "group_ranges", "incall_ranges"):
        there: tuple[NumberRange, ...] = getattr(live, name)
        missing = lacking(there, getattr(wanted, name))
        if missing:
            fields.append(FieldChange(name, ranges_text(there) or None, ranges_text((*there, *missing))))
    for kind in wanted.includes:
        other = found.context(kind)
        if other is None or other.id not in live.includes:
            fields.append(FieldChange("includes", None, kind))
    return tuple(fields)


def ranges_text(ranges: Collection[NumberRange]) -> str:
    """Ranges as a person reads them: `8000-8019, 8042`."""
    return ", ".join(sorted(r.start if r.start == r.end else f"{r.start}-{r.end}" for r in ranges))


def group_changes(
    desired: StackState, found: Found, applied: StackState | None, *, reachable: Collection[str]
) -> Iterator[Change]:
    """Ring groups: to make, to complete, to take away. reachable: extensions that have or get a user."""
    before = {group.label: group for group in applied.groups} if applied else {}
    freed = _freed(desired, before, found)
    for group in desired.groups:
        live = found.group(group.label)
        if live is None:
            taken = _taken(group, found, freed)
            fields = (FieldChange("members", None, ", ".join(group.members)),)
            facts = {"name": group.label, "number": group.extension}
            yield Change("+", "group", group.label, facts, fields, None, "conflict" if taken else "due", taken)
        else:
            yield from _changed_group(group, live, before.get(group.label), found, reachable, freed)
    wanted = {group.label for group in desired.groups}
    numbers = {group.extension for group in desired.groups}
    for label, group in before.items():
        number = found.number(group.extension, found.internal)
        # A number that another group takes over is that group's to care for.
        left = number and number.use is None and group.extension not in numbers
        if label not in wanted and (found.group(label) or left):
            yield _removed_group(group, found)


def _removed_group(group: Group, found: Found) -> Change:
    live = found.group(group.label)
    there = member_extensions(live, found) if live else ()
    facts = {"name": group.label, "number": group.extension}
    if not set(there) - set(group.members):
        return Change("-", "group", group.label, facts)
    field = FieldChange("members", ", ".join(group.members) or None, ", ".join(there))
    return Change("-", "group", group.label, facts, (field,), reason=EDITED_SINCE)


def _freed(desired: StackState, before: Collection[str], found: Found) -> set[str]:
    """Numbers that a group of ours holds now and gives up: it goes, or gets another one."""
    wanted = {group.label: group.extension for group in desired.groups}
    held = {label: live.extension for label in {*wanted, *before} if (live := found.group(label))}
    return {number for label, number in held.items() if number and number != wanted.get(label)}


def _taken(group: Group, found: Found, freed: Collection[str]) -> str | None:
    number = found.number(group.extension, found.internal)
    return "extension-taken" if number and number.use is not None and number.number not in freed else None


def _changed_group(
    group: Group,
    live: LiveGroup,
    before: Group | None,
    found: Found,
    reachable: Collection[str],
    freed: Collection[str],
) -> Iterator[Change]:
    fields: list[tuple[FieldChange, Standing]] = []
    if live.extension != group.extension:
        how = "conflict" if _taken(group, found, freed) else _number(group, live, before)
        fields.append((FieldChange("extension", live.extension, group.extension), how))
    if live.ring_strategy != group.ring_strategy:
        how = standing(group.ring_strategy, live.ring_strategy, before.ring_strategy) if before else "due"
        fields.append((FieldChange("ring_strategy", live.ring_strategy, group.ring_strategy), how))
    there = member_extensions(live, found)
    wanted = wanted_members(group.members, before.members if before else (), there, reachable)
    if set(wanted) != set(there):
        fields.append((FieldChange("members", ", ".join(there) or None, ", ".join(wanted) or None), "due"))
    facts = {"name": group.label, "number": group.extension}
    for how, reason, some in sorted_out(fields):
        yield Change("~", "group", group.label, facts, some, None, how, reason)


def _number(group: Group, live: LiveGroup, before: Group | None) -> Standing:
    if live.extension is None or before is None:
        return "due"
    return standing(group.extension, live.extension, before.extension)


def member_extensions(live: LiveGroup, found: Found) -> tuple[str, ...]:
    """The members by number. One that lost its line rings nobody, and confd takes no list that names it."""
    by_uuid = {user.uuid: found.extension_of(user.id) for user in found.live.users}
    return tuple(number for uuid in live.members if (number := by_uuid.get(uuid)))


def wanted_members(
    wanted: Collection[str], before: Collection[str], there: Collection[str], reachable: Collection[str]
) -> tuple[str, ...]:
    """The plan's members, then those whom people added; who left the plan since last time goes."""
    left = set(before) - set(wanted)
    ours = [member for member in wanted if member in reachable]
    return (*ours, *(member for member in there if member not in wanted and member not in left))


def incall_changes(
    desired: StackState,
    found: Found,
    applied: StackState | None,
    *,
    reachable: Collection[str],
    coming: Collection[str],
) -> Iterator[Change]:
    """DIDs: to connect, to turn to somebody else, to take away; then those that people connected.

    coming: extensions whose user is about to be made and brings its free DIDs along; these are not listed here.
    """
    before = {incall.did: incall for incall in applied.incalls} if applied else {}
    for incall in desired.incalls:
        if not (is_free(incall.did, found) and incall.target.kind == "user" and incall.target.key in coming):
            yield from _incall(incall, before.get(incall.did), found, reachable, known=applied is not None)
    wanted = {incall.did for incall in desired.incalls}
    for did, incall in before.items():
        if did not in wanted:
            yield from _removed_incall(incall, desired, found)
    for there in sorted(found.live.incalls, key=lambda live: live.did or ""):
        if there.did and there.did not in wanted and there.did not in before:
            yield Change("+", "incall", there.did, {"target": found.target(there)}, standing="kept")


def is_free(did: str, found: Found) -> bool:
    """Whether nobody rings at that DID, so that making a user may take it along."""
    live = found.incall(did)
    number = found.number(did, found.incoming)
    return (live is None or live.target_type == "none") and (number is None or number.use in (None, "incall"))


def _incall(
    incall: Incall, before: Incall | None, found: Found, reachable: Collection[str], *, known: bool
) -> Iterator[Change]:
    seat = incall.target.key if incall.target.kind == "user" else None
    live = found.incall(incall.did)
    there = found.target(live) if live else None
    wanted = target_text(incall.target)
    if there == wanted:
        return
    fields = (FieldChange("target", there, wanted),)
    how, reason = _incall_standing(incall, before, there, found, reachable, known=known)
    yield Change("~" if live else "+", "incall", incall.did, {"target": wanted}, fields, seat, how, reason)


def _incall_standing(
    incall: Incall, before: Incall | None, there: str | None, found: Found, reachable: Collection[str], *, known: bool
) -> tuple[Standing, str | None]:
    number = found.number(incall.did, found.incoming)
    if number and number.use not in (None, "incall"):
        return "conflict", "extension-taken"
    if incall.target.kind == "user" and incall.target.key not in reachable:
        return "conflict", "target-missing"
    if there in (None, "none") or not known:
        return "due", None
    left = target_text(before.target) if before else None
    how = standing(target_text(incall.target), there, left)
    return how, REASONS.get(how)


def target_text(target: Target) -> str:
    """Who rings, as `Found.target` says it of a live rule."""
    return f"{target.kind} {target.key}"


def awaited(target: Target, desired: StackState, found: Found) -> bool:
    """Whether a DID that rings this target is about to be connected: a rule without a DID is then meant for it."""
    return any(incall.target == target and found.incall(incall.did) is None for incall in desired.incalls)


def _removed_incall(incall: Incall, desired: StackState, found: Found) -> Iterator[Change]:
    live = found.incall(incall.did)
    number = found.number(incall.did, found.incoming)
    loose = () if awaited(incall.target, desired, found) else found.loose_incalls(incall.target)
    if live is None and not loose and (number is None or number.use is not None):
        return
    there = found.target(live) if live else None
    ours = there in (None, "none", target_text(incall.target))
    fields = (FieldChange("target", there, None),)
    seat = incall.target.key if incall.target.kind == "user" else None
    reason = None if ours else BOTH_SIDES
    facts = {"target": target_text(incall.target)}
    yield Change("-", "incall", incall.did, facts, fields, seat, "due" if ours else "conflict", reason)
