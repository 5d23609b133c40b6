"""What does each step of an order do? One function per step, in order; each can run twice without harm.

A step looks at what is there, does what is left and says `done`, `skipped` or `waiting` for something. It raises a
StagingError when it cannot go on; the runner decides whether that deserves another try.
"""

import hashlib
import json
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from staging.core.faults import ChangesRefused, Fault, StackRefused, StackUnreachable, Where
from staging.core.messages import say
from staging.jobs.apply import converge
from staging.jobs.job import Order, Outcome, Stack, StepName, done, skipped, waiting
from staging.jobs.needs import Engine, StepNeeds
from staging.jobs.records import Changeset
from staging.jobs.view import PEOPLE, PHONES, SETTINGS, View, engine_host, look, plan_of, taken_back, tenant_slug
from staging.phones.seen import SeenPhone
from staging.wazo.change import Change, due
from staging.wazo.diff import describe, fingerprint
from staging.wazo.document import state_document, state_from_document
from staging.wazo.guard import check_changes
from staging.wazo.left import brought
from staging.wazo.state import StackState
from staging.wazo.undo import snapshot
from staging.wazo.verify import differences
from staging.wazo.verify_phones import phones_to_read, served_differences

_LOOK_AGAIN_S = 5.0
_ASK_AGAIN_S = 30.0
"""A phone that does not answer is asked once more when nothing was new for this long."""


def run_appliance(order: Order, needs: StepNeeds) -> Outcome:
    """A box of this order is registered and its checklist is ticked."""
    stack = needs.stacks.get(order.stack)
    if stack.kind == "on-cloud":
        return skipped("skipped-shared-stack", stack=stack.name)
    if order.serial is None:
        return skipped("skipped-engine-there", stack=stack.name) if stack.reachable_at else waiting("waits-serial")
    box = needs.boxes.find(order.serial)
    if box is None:
        return waiting("waits-registered", serial=order.serial)
    if not box.checked and box.engine_ready_at is None:
        return waiting("waits-checklist", serial=order.serial)
    return done(serial=order.serial)


def run_install(order: Order, needs: StepNeeds) -> Outcome:
    """The box was armed, installed itself, and its engine called home; the stack takes its address."""
    stack = needs.stacks.get(order.stack)
    if stack.kind == "on-cloud":
        return skipped("skipped-shared-stack", stack=stack.name)
    box = needs.boxes.find(order.serial) if order.serial else None
    if box is None:
        return skipped("skipped-engine-there", stack=stack.name)
    if box.engine_ready_at is None:
        return waiting(_install_reason(box.armed_at is not None, box.phase), serial=box.serial, phase=box.phase or "–")
    if stack.reachable_at is None or stack.learnt_from == box.serial:
        if not box.address:
            raise StackUnreachable(Fault("stack-without-address", Where(stack.name), {"stack": stack.name}))
        url = box.address if "://" in box.address else f"https://{box.address.split('/')[0]}"
        certificate = needs.certificate_of(box.serial, stack.name)
        needs.stacks.change(stack.name, url=url, ca_file=certificate or stack.ca_file, learnt_from=box.serial)
        needs.diary.add("stack-address-learnt", {"stack": stack.name, "url": url}, order_id=order.id)
    return done(serial=box.serial)


def run_register(order: Order, needs: StepNeeds) -> Outcome:
    """The engine is set up, known to the portal, and holds the customer's tenant."""
    stack = needs.stacks.get(order.stack)
    engine = needs.engine_of(stack)
    if stack.kind == "on-premise":
        stack = _set_up(order, stack, engine, needs)
    order = _tenant(order, engine, needs)
    if stack.portal is None:
        return done(portal=say("no-portal", "fr"))
    return _on_portal(order, stack, needs)


def run_configure(order: Order, needs: StepNeeds) -> Outcome:
    """The engine's settings, the tenant's SIP template and its contexts with all ranges are as the plan needs them."""
    if needs.plans.latest(order.id, ok=True) is None:
        return waiting("waits-plan")
    stack = needs.stacks.get(order.stack)
    engine = needs.engine_of(stack)
    look_again = _looker(order, stack, engine, needs)
    # Whose tenant this is counts already; how many users would change is the provision step's question.
    _refuse_unsafe(look_again(), forced=True)
    converge(order, "configure", SETTINGS, look=look_again, engine=engine, needs=needs)
    return done()


def run_provision(order: Order, needs: StepNeeds) -> Outcome:
    """Users, lines, voicemails, DIDs, groups and keys are as the plan says, once a person agreed to the changes."""
    if needs.plans.latest(order.id, ok=True) is None:
        return waiting("waits-plan")
    stack = needs.stacks.get(order.stack)
    engine = needs.engine_of(stack)
    look_again = _looker(order, stack, engine, needs)
    approved = needs.journal.open(order.id)
    if approved is not None and approved.undoes is not None:
        _take_back(order, approved, approved.undoes, stack, engine, needs)
        approved = None
    view = look_again()
    if approved is not None and approved.plan_version != view.plan_version:
        approved = None
    if approved is not None and approved.overwrite:
        view = view.overwriting()
    missing = due(view.changes(PEOPLE))
    if not missing:
        _refuse_conflicts(view)
        _close(order, approved, needs)
        return _provisioned(view)
    _refuse_unsafe(view, forced=approved is not None and approved.forced)
    if approved is None:
        return waiting("waits-approval", changes=len(missing), fingerprint=fingerprint(view.changes(PEOPLE), view.live))
    if needs.journal.states(approved.id) is None and not _agreed(missing, approved):
        # The stack moved since somebody agreed: only what was shown is applied, so it is shown again.
        needs.journal.close(approved.id, "dropped")
        needs.diary.add("approval-outdated", {"changeset": approved.id}, order_id=order.id)
        return waiting("waits-approval", changes=len(missing), fingerprint=fingerprint(view.changes(PEOPLE), view.live))
    needs.diary.add("apply-started", {"changes": len(missing), "changeset": approved.id}, order_id=order.id)
    applied = brought(replace(view.desired, engine=None, devices=()), view.ours, view.changes(PEOPLE))
    needs.journal.keep_states(approved.id, applied=state_document(applied), before=state_document(snapshot(view.live)))
    view = converge(
        order,
        "provision",
        PEOPLE,
        look=lambda: _as_agreed(_unless_replaced(look_again, order, approved, needs), approved),
        engine=engine,
        needs=needs,
    )
    _close(order, approved, needs)
    _refuse_conflicts(view)
    return _provisioned(view)


def run_phones(order: Order, needs: StepNeeds) -> Outcome:
    """Every phone of the plan is paired, associated, and has fetched the file made for it."""
    stack = needs.stacks.get(order.stack)
    engine = needs.engine_of(stack)
    look_again = _looker(order, stack, engine, needs)
    view = look_again()
    if due(view.changes(PHONES)):
        _keep_phones(order, view, needs)
        view = converge(order, "phones", PHONES, look=look_again, engine=engine, needs=needs)
    needs.shelf.keep_pairs(order.id, {pair.wanted.key: pair.mac for pair in view.matching.pairs})
    late = _not_fetched(view)
    if late and _may_ask_again(order, late, needs):
        _synchronise(order, late, engine, needs)
        late = _not_fetched(look_again())
    wanted = len(view.matching.pairs) + len(view.matching.seats_left)
    if view.matching.seats_left:
        return waiting(
            "waits-phones",
            again_s=_LOOK_AGAIN_S,
            missing=len(view.matching.seats_left),
            wanted=wanted,
            unpaired=len(view.matching.phones_left),
            which=_which(late),
        )
    if late:
        return waiting("waits-fetch", again_s=_LOOK_AGAIN_S, late=len(late), wanted=wanted, which=_which(late))
    registered = engine.registered_lines(order.tenant_uuid or "")
    return done(phones=wanted, registered="–" if registered is None else len(registered))


def run_label(order: Order, needs: StepNeeds) -> Outcome:
    """Every label was drawn, read back as it should be, and went to a printer."""
    wanted = needs.stationery.check(order, plan_of(order, needs), needs.shelf.pairs(order.id))
    printed = needs.shelf.copies(order.id)
    # A sticker that says something else than the plan by now has to be printed anew.
    missing = [key for key, said in wanted.items() if key not in printed or printed[key].content != said]
    if missing:
        return waiting("waits-print", missing=len(missing), labels=len(wanted))
    return done(labels=len(wanted))


def run_accept(order: Order, needs: StepNeeds) -> Outcome:
    """The customer's final address stands everywhere, the stack holds what the plan says, the sheet is made."""
    stack = needs.stacks.get(order.stack)
    engine = needs.engine_of(stack)
    host = order.final_host if stack.kind == "on-premise" else None
    look_again = _looker(order, stack, engine, needs, host=host)
    if host is not None:
        converge(order, "accept", SETTINGS, look=look_again, engine=engine, needs=needs)
        if stack.portal is not None and stack.instance_uuid is not None:
            needs.portal_of(stack.portal)[0].move_instance(stack.instance_uuid, stack=stack.name, host=host)
    view = look_again()
    kept = {(change.noun, change.key, field.name) for change in _edits(view) for field in change.fields}
    found = [one for one in differences(view.desired, view.live) if (one.noun, one.key, one.name) not in kept]
    served = engine.phone_settings(phones_to_read(view.desired, view.live))
    found += served_differences(view.desired, view.live, served)
    faults = [_difference(stack, one) for one in found]
    faults += [_setting(stack, change) for change in due(view.changes(SETTINGS))]
    if host is not None:
        faults += _left_at_bench(view, bench=engine_host(stack), host=host)
    if faults:
        raise StackRefused(*faults[:50])
    sheet = needs.stationery.acceptance_sheet(order, plan_of(order, needs), needs.shelf.pairs(order.id))
    needs.shelf.keep_document(order.id, "acceptance.pdf", sheet)
    event = "order-accepted" if host or stack.kind == "on-cloud" else "order-accepted-at-bench-address"
    facts = {"users": len(view.desired.users), "devices": len(view.desired.devices)}
    return Outcome("done", facts=facts, told=(event, {"address": host or engine_host(stack)}), accepted=True)


RUN: Mapping[StepName, Callable[[Order, StepNeeds], Outcome]] = {
    "appliance": run_appliance,
    "install": run_install,
    "register": run_register,
    "configure": run_configure,
    "provision": run_provision,
    "phones": run_phones,
    "label": run_label,
    "accept": run_accept,
}


def _install_reason(armed: bool, phase: str | None) -> str:
    if not armed:
        return "waits-armed"
    return "waits-installer" if phase is None else "waits-engine"


def _set_up(order: Order, stack: Stack, engine: Engine, needs: StepNeeds) -> Stack:
    ready = engine.is_set_up()
    if ready is None:
        raise StackUnreachable(Fault("engine-not-ready", Where(stack.name), {"stack": stack.name}))
    door, login = needs.portal_of(stack.portal) if stack.portal else (None, None)
    known = stack.instance_uuid or (door.find_instance(stack.name) if door else None)
    if known and known != stack.instance_uuid:
        needs.stacks.change(stack.name, instance_uuid=known)
    if not ready or (door is not None and known is None):
        needs.secret(f"stack:{stack.name}", "engine-password", "")
        known = engine.set_up(name=stack.name, address=engine_host(stack), portal=login, instance_uuid=known)
        if door is not None and known is None:
            known = door.find_instance(stack.name)
        needs.stacks.change(stack.name, instance_uuid=known)
        needs.diary.add("engine-set-up", {"stack": stack.name}, order_id=order.id, serial=order.serial)
    return needs.stacks.get(stack.name)


def _tenant(order: Order, engine: Engine, needs: StepNeeds) -> Order:
    # The uuid is ours and is written down first: a second try finds the tenant that the first one made.
    tenant = order.tenant_uuid or str(uuid.uuid4())
    needs.orders.keep(order.id, tenant_uuid=tenant)
    engine.ensure_tenant(name=order.customer, slug=tenant_slug(order), uuid=tenant)
    return needs.orders.get(order.id)


def _on_portal(order: Order, stack: Stack, needs: StepNeeds) -> Outcome:
    door, _ = needs.portal_of(stack.portal or "")
    instance = stack.instance_uuid or door.find_instance(stack.name)
    if instance is None:
        # The engine tells the portal by itself, some moments after its set-up.
        raise StackUnreachable(
            Fault("stack-not-on-portal", Where(stack.name), {"stack": stack.name, "portal": stack.portal})
        )
    if instance != stack.instance_uuid:
        needs.stacks.change(stack.name, instance_uuid=instance)
    if not door.instance_configured(instance):
        raise StackUnreachable(Fault("portal-sees-no-engine", Where(stack.name), {"stack": stack.name}))
    customer = door.ensure_customer(name=order.customer, siret=order.siret)
    location = door.ensure_location(name=order.customer, customer_uuid=customer)
    needs.orders.keep(order.id, location_uuid=location)
    door.link(location_uuid=location, tenant_uuid=order.tenant_uuid or "", instance_uuid=instance)
    return done(portal=stack.portal)


def _looker(
    order: Order,
    stack: Stack,
    engine: Engine,
    needs: StepNeeds,
    *,
    host: str | None = None,
    also: tuple[StackState, ...] = (),
) -> Callable[[], View]:
    """Looks at the stack for one version of the plan; a newer one ends the step, which its upload has reopened."""
    version = plan_of(order, needs).version
    # What a dead worker had sent is answered by the look that follows, even when that finds nothing left to do.
    needs.journal.settle_unknown(order.id)

    def look_again() -> View:
        view = look(order, stack, engine, needs, host=host, also=also)
        if view.plan_version != version:
            raise ChangesRefused(Fault("plan-moved", Where("order", field=order.id), {"order": order.id}))
        return view

    return look_again


def _agreed(missing: Sequence[Change], approved: Changeset) -> bool:
    """Whether everything that is to be done stands among the lines that somebody agreed to."""
    shown = set(approved.lines.get("en", ()))
    return all(describe(change, "en") in shown for change in missing)


def _unless_replaced(look_again: Callable[[], View], order: Order, approved: Changeset, needs: StepNeeds) -> View:
    """A look, as long as nobody agreed to something else meanwhile, such as taking it all back."""
    present = needs.journal.open(order.id)
    if present is None or present.id != approved.id:
        raise ChangesRefused(Fault("plan-moved", Where("order", field=order.id), {"order": order.id}))
    return look_again()


def _as_agreed(view: View, approved: Changeset) -> View:
    return view.overwriting() if approved.overwrite else view


def _provisioned(view: View) -> Outcome:
    kept = sum(len(change.fields) for change in _edits(view))
    return done(users=len(view.desired.users), **({"kept": kept} if kept else {}))


def _edits(view: View) -> tuple[Change, ...]:
    """What somebody changed on the stack since we left it, and the plan does not touch: it stays."""
    return tuple(change for change in view.changes(PEOPLE) if change.standing == "kept" and change.reason)


def _take_back(order: Order, approved: Changeset, undone: int, stack: Stack, engine: Engine, needs: StepNeeds) -> None:
    """Carry an undo out: a change set like any other, towards what stood there before."""
    states = needs.journal.states(undone)
    if states is None:
        # Nothing of it was ever sent.
        needs.journal.close(approved.id, "applied")
        return
    applied, before = (state_from_document(document) for document in states)
    needs.diary.add("undo-started", {"changeset": undone}, order_id=order.id)
    look_again = _looker(order, stack, engine, needs, also=(applied, before))
    converge(
        order,
        "provision",
        PEOPLE | PHONES,
        look=lambda: taken_back(_unless_replaced(look_again, order, approved, needs), applied, before),
        engine=engine,
        needs=needs,
    )
    needs.journal.mark_undone(undone)
    needs.journal.close(approved.id, "applied")
    # Its phones are free for other orders; those of seats that stay are found again by the next step.
    needs.shelf.keep_pairs(order.id, {})
    needs.diary.add("changes-undone", {"changeset": undone}, order_id=order.id)


def _keep_phones(order: Order, view: View, needs: StepNeeds) -> None:
    """Phones belong to what was applied last: taking it back sends them home too."""
    last = needs.journal.last_sent(order.id)
    states = needs.journal.states(last.id) if last is not None else None
    if last is not None and states is not None:
        before = state_from_document(states[0])
        # A phone that another one replaces stays written down: it is still to be taken off the tenant.
        now = {device.mac for device in view.desired.devices}
        swapped = tuple(replace(one, seatings=()) for one in before.devices if one.mac not in now)
        applied = replace(before, devices=(*view.desired.devices, *swapped))
        needs.journal.keep_applied(last.id, state_document(applied))


def _refuse_unsafe(view: View, *, forced: bool) -> None:
    faults = check_changes(view.changes(PEOPLE), view.live, ours=view.facts.marker, at_home=view.at_home)
    # "Yes, really" covers size, never a tenant that belongs to somebody else.
    stopping = [fault for fault in faults if fault.severity == "error"]
    standing = [fault for fault in stopping if not forced or fault.code == "tenant-not-ours"]
    if standing:
        raise ChangesRefused(*standing)


def _refuse_conflicts(view: View) -> None:
    """What the plan wants and the stack cannot give, such as an e-mail address that somebody else has there."""
    disputed = [change for change in view.changes(PEOPLE) if change.standing == "conflict"]
    if disputed:
        raise ChangesRefused(
            *(
                Fault(
                    "change-disputed",
                    Where(change.noun, field=change.key),
                    {"fr": describe(change, "fr"), "en": describe(change, "en")},
                )
                for change in disputed[:20]
            )
        )


def _close(order: Order, approved: Changeset | None, needs: StepNeeds) -> None:
    if approved is not None and needs.journal.close(approved.id, "applied"):
        needs.diary.add("changes-applied", {"changeset": approved.id}, order_id=order.id)


def _not_fetched(view: View) -> tuple[SeenPhone, ...]:
    """Paired phones that provd has seen and that did not fetch the file made for them yet."""
    usernames = {device.id: set[str]() for device in view.live.devices}
    for line in view.live.lines:
        if line.device in usernames and line.username:
            usernames[line.device].add(line.username)
    return tuple(
        phone
        for pair in view.matching.pairs
        if (phone := pair.phone) is not None and phone.fetched_username not in usernames.get(phone.device_id, set())
    )


def _which(late: tuple[SeenPhone, ...]) -> str:
    """The same phones, the same word; short enough for a step's facts."""
    return hashlib.sha256(" ".join(sorted(phone.mac for phone in late)).encode()).hexdigest()[:8] if late else ""


def _may_ask_again(order: Order, late: tuple[SeenPhone, ...], needs: StepNeeds) -> bool:
    """Whether these phones are to be told to fetch their file: at first, then about once a minute."""
    said = needs.orders.steps(order.id)["phones"].waits_facts
    return said.get("which") != _which(late) or float(said.get("pause", 0)) >= _ASK_AGAIN_S


def _synchronise(order: Order, late: tuple[SeenPhone, ...], engine: Engine, needs: StepNeeds) -> None:
    told = needs.orders.steps(order.id)["phones"].waits_facts.get("which") == _which(late)
    for number, phone in enumerate(late, start=1):
        # A phone that stays silent is one line of the timeline, not one a minute.
        if phone.state == "configured" and not engine.synchronise(phone.device_id) and not told:
            needs.diary.add("phone-not-reached", {"mac": phone.mac, "ip": phone.ip or "–"}, order_id=order.id)
        needs.orders.set_step(order.id, "phones", done=number, total=len(late))


def _setting(stack: Stack, change: Change) -> Fault:
    facts = {"noun": change.noun, "key": change.key, "name": describe(change, "en"), "wanted": "–", "found": "–"}
    return Fault("stack-differs", Where(stack.name, field=change.key), facts)


def _left_at_bench(view: View, *, bench: str, host: str) -> list[Fault]:
    """Settings of the engine that still hold the bench's address once the customer's was written."""
    engine = view.live.engine
    if engine is None or bench == host:
        return []
    shown = {"networking": engine.networking, "registrar": engine.registrar, "default-device": engine.default_device}
    held = [name for name, document in shown.items() if f'"{bench}"' in json.dumps(document)]
    return [Fault("bench-address-left", Where(name), {"where": name, "address": bench}) for name in held]


def _difference(stack: Stack, one: object) -> Fault:
    facts = {name: getattr(one, name) or "–" for name in ("noun", "key", "name", "wanted", "found")}
    return Fault("stack-differs", Where(stack.name, field=str(facts["key"])), facts)
