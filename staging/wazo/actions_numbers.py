"""Which requests make numbers ring: contexts, the SIP template, groups, incalls?"""

from collections.abc import Iterator

from staging.wazo import bodies
from staging.wazo.bodies import Body
from staging.wazo.change import Action, Change
from staging.wazo.diff_numbers import awaited, member_extensions, wanted_members
from staging.wazo.live_state import LiveGroup
from staging.wazo.progress import Pass
from staging.wazo.state import Context, Group, Incall


def context_actions(change: Change, now: Pass) -> Iterator[Action]:
    """Make a context with all its ranges in one write; complete one without losing what people added."""
    wanted = next(context for context in now.desired.contexts if context.type == change.key)
    live = now.found.context(wanted.type)
    if live is None:
        yield now.send(change, "POST", "contexts", bodies.new_context(wanted), lane="contexts")
        return
    lists = [field.name for field in change.fields if field.name != "includes"]
    if lists:
        body = bodies.completed_context(wanted, live, lists)
        yield now.send(change, "PUT", f"contexts/{live.id}", body, lane="contexts")
    if any(field.name == "includes" for field in change.fields):
        yield from _include(change, wanted, now)


def _include(change: Change, wanted: Context, now: Pass) -> Iterator[Action]:
    live = now.found.context(wanted.type)
    others = [now.found.context(kind) for kind in wanted.includes]
    if live and all(others):
        ids = dict.fromkeys([*live.includes, *(other.id for other in others if other)])
        body = {"contexts": [{"id": i} for i in ids]}
        yield now.send(change, "PUT", f"contexts/{live.id}/contexts", body, lane="contexts")


def template_actions(change: Change, now: Pass) -> Iterator[Action]:
    """Rewrite the endpoint options of the `global` template: a PUT replaces the list, so the others are in it."""
    tenant, wanted = now.live.tenant, now.desired.sip_template
    if tenant is None or tenant.global_template is None or wanted is None or not now.live.template_options:
        return
    due = {field.name for field in change.fields}
    ours = {name: value for name, value in wanted.options if name in due}
    options = [[name, value] for name, value in now.live.template_options if name not in ours]
    body: Body = {"endpoint_section_options": [*options, *([name, value] for name, value in ours.items())]}
    yield now.send(change, "PUT", f"endpoints/sip/templates/{tenant.global_template}", body)


def group_actions(change: Change, now: Pass) -> Iterator[Action]:
    """Make a group, then its number, then its members; remove it when no DID rings it any more."""
    live = now.found.group(change.key)
    if not now.numbers_ready:
        return
    if change.verb == "-":
        yield from _remove_group(change, live, now)
        return
    wanted = next(group for group in now.desired.groups if group.label == change.key)
    lane = f"group {wanted.label}"
    if live is None:
        body = {"label": wanted.label, "ring_strategy": wanted.ring_strategy}
        yield now.send(change, "POST", "groups", body, lane=lane)
        if now.found.number(wanted.extension, now.found.internal) is None:
            yield _group_number(change, wanted, now)
        return
    changed = {field.name for field in change.fields}
    if "ring_strategy" in changed:
        yield now.send(change, "PUT", f"groups/{live.uuid}", {"ring_strategy": wanted.ring_strategy}, lane=lane)
    if "extension" in changed:
        yield from _renumber_group(change, wanted, live, now)
    if "members" in changed:
        yield from _members(change, wanted, live, now)


def _group_number(change: Change, group: Group, now: Pass) -> Action:
    body = {"exten": group.extension, "context": now.found.internal}
    return now.send(change, "POST", "extensions", body, lane=f"group {group.label}")


def _renumber_group(change: Change, wanted: Group, live: LiveGroup, now: Pass) -> Iterator[Action]:
    lane = f"group {wanted.label}"
    number = now.found.number(wanted.extension, now.found.internal)
    if live.extension_id is not None:
        yield now.send(change, "DELETE", f"groups/{live.uuid}/extensions/{live.extension_id}", lane=lane)
        yield now.send(change, "DELETE", f"extensions/{live.extension_id}", lane=lane)
    elif number is None:
        yield _group_number(change, wanted, now)
    elif number.use is None:
        yield now.send(change, "PUT", f"groups/{live.uuid}/extensions/{number.id}", lane=lane)


def _members(change: Change, wanted: Group, live: LiveGroup, now: Pass) -> Iterator[Action]:
    before = next((g for g in now.applied.groups if g.label == wanted.label), None) if now.applied else None
    there = member_extensions(live, now.found)
    by_uuid = {user.uuid: now.found.extension_of(user.id) for user in now.live.users}
    coming = [c.key for c in now.due if c.noun == "user" and c.verb == "+"]
    reachable = {*coming, *(user.extension for user in now.desired.users if now.found.user(user.extension))}
    # A member without a line is refused; ours get theirs first.
    uuids = {n: uuid for uuid in live.members if (n := by_uuid.get(uuid)) and n not in wanted.members}
    uuids |= {m: user.uuid for m in wanted.members if (user := now.ringing(m))}
    members = wanted_members(wanted.members, before.members if before else (), there, reachable)
    if all(member in uuids for member in members):
        body = {"users": [{"uuid": uuids[member]} for member in members]}
        yield now.send(change, "PUT", f"groups/{live.uuid}/members/users", body, lane=f"group {wanted.label}")


def _remove_group(change: Change, live: LiveGroup | None, now: Pass) -> Iterator[Action]:
    lane = f"group {change.key}"
    if live and any(i.target_type == "group" and i.target_id == live.id for i in now.live.incalls):
        return
    if live and live.extension_id is not None:
        yield now.send(change, "DELETE", f"groups/{live.uuid}/extensions/{live.extension_id}", lane=lane)
    if live:
        yield now.send(change, "DELETE", f"groups/{live.uuid}", lane=lane)
    number = now.found.number(change.facts["number"], now.found.internal)
    taken_over = any(group.extension == change.facts["number"] for group in now.desired.groups)
    own = number is not None and (number.use is None or (live is not None and live.extension_id == number.id))
    if number and own and not taken_over:
        yield now.send(change, "DELETE", f"extensions/{number.id}", lane=lane)


def incall_actions(now: Pass) -> Iterator[Action]:
    """Connect, turn or disconnect the DIDs; rules that an interrupted run left without their DID are used up first."""
    wanted = {incall.did: incall for incall in now.desired.incalls}
    taken: set[int] = set()
    for change in now.due:
        if change.noun == "incall" and change.verb == "-":
            yield from _disconnect(change, now)
        elif change.noun == "incall" and now.numbers_ready and now.found.incoming:
            yield from _connect(change, wanted[change.key], taken, now)


def _connect(change: Change, incall: Incall, taken: set[int], now: Pass) -> Iterator[Action]:
    target = now.found.target_id(incall.target)
    if target is None:
        return
    lane = f"did {incall.did}"
    destination = {"destination": {"type": incall.target.kind, f"{incall.target.kind}_id": target}}
    live = now.found.incall(incall.did)
    if live:
        yield now.send(change, "PUT", f"incalls/{live.id}", destination, lane=lane)
        return
    number = now.found.number(incall.did, now.found.incoming)
    loose = next((i for i in now.found.loose_incalls(incall.target) if i.id not in taken), None)
    if loose:
        taken.add(loose.id)
    else:
        yield now.send(change, "POST", "incalls", destination, lane=lane)
    if number is None:
        body = {"exten": incall.did, "context": now.found.incoming}
        yield now.send(change, "POST", "extensions", body, lane=lane)
    if loose and number:
        yield now.send(change, "PUT", f"incalls/{loose.id}/extensions/{number.id}", lane=lane)


def _disconnect(change: Change, now: Pass) -> Iterator[Action]:
    lane = f"did {change.key}"
    live = now.found.incall(change.key)
    number = now.found.number(change.key, now.found.incoming)
    last = next((i for i in now.applied.incalls if i.did == change.key), None) if now.applied else None
    gone = last is not None and live is None and not awaited(last.target, now.desired, now.found)
    loose = now.found.loose_incalls(last.target) if last and gone else ()
    for rule in (live,) if live else loose:
        yield now.send(change, "DELETE", f"incalls/{rule.id}", lane=lane)
    if number and number.use in (None, "incall"):
        yield now.send(change, "DELETE", f"extensions/{number.id}", lane=lane)
