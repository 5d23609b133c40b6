"""Orders: open one, give it a plan, see what would change, agree to it, look at how it stands."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from stdnum.fr import siret as siret_numbers

from staging.core.faults import ChangesRefused, Fault, Refused, Where
from staging.core.words import LANGUAGES, Language, Serial, parse_extension, parse_serial
from staging.desk.desk import Desk
from staging.desk.order_form import bad_address, bad_customer, bad_main, bad_range, bad_siret
from staging.desk.plans import check_workbook as check_workbook
from staging.desk.plans import extension_range
from staging.desk.plans import refuse_shipped as refuse_shipped
from staging.desk.plans import upload_plan as upload_plan
from staging.jobs.job import Order, StepName, StepRecord, TimelineLine, next_step
from staging.jobs.records import Changeset, PlanVersion, SentAction
from staging.jobs.view import PEOPLE, View, look
from staging.wazo.change import Change, due
from staging.wazo.diff import describe, fingerprint
from staging.wazo.guard import check_changes
from staging.wazo.sides import REASONS
from staging.wazo.state import StackState
from staging.wazo.verify import Difference, differences
from staging.wazo.verify_phones import phones_to_read, served_differences


@dataclass(frozen=True, slots=True)
class Overview:
    """One order with everything that its page shows. steps: in order; current: the first that is not finished.

    undoable: number of the change set that can be taken back next.
    """

    order: Order
    steps: Mapping[StepName, StepRecord]
    current: StepName | None
    plan: PlanVersion | None
    changesets: tuple[Changeset, ...]
    undoable: int | None
    recent: tuple[SentAction, ...]
    timeline: tuple[TimelineLine, ...]

    @property
    def accepted(self) -> bool:
        """Whether the order is through."""
        return self.order.accepted_at is not None


@dataclass(frozen=True, slots=True)
class Shown:
    """What applying would do. fingerprint: what `approve` asks for; faults: why it would be refused, if so.

    kept: what somebody added or changed on the stack and what both sides changed; with `reason`, why it stays.
    """

    order_id: str
    plan_version: int
    changes: tuple[Change, ...]
    kept: tuple[Change, ...]
    fingerprint: str
    faults: tuple[Fault, ...]

    @property
    def edits(self) -> tuple[Change, ...]:
        """What somebody changed on the stack, alone or as well as the plan: what `overwrite` would set back."""
        return tuple(change for change in self.kept if change.reason in REASONS.values())

    def lines(self, lang: Language) -> tuple[str, ...]:
        """One line per change, in a person's language."""
        return tuple(describe(change, lang) for change in self.changes)

    def kept_lines(self, lang: Language) -> tuple[str, ...]:
        """The same of what is left alone, each with the reason."""
        return tuple(describe(change, lang) for change in self.kept)


def new_order(
    desk: Desk,
    *,
    customer: str,
    siret: str,
    stack: str,
    by: str,
    serial: str | None = None,
    extensions: str | None = None,
    main_to: str | None = None,
    final_address: str | None = None,
) -> Order:
    """Open an order. Raises Refused with everything that is wrong with it, and for a serial that has an order."""
    read = parse_serial(serial) if serial else None
    misread = Fault("bad-serial", Where("order", field="serial"), {"typed": (serial or "")[:40]})
    found = (
        bad_customer(customer),
        bad_siret(siret),
        bad_range(extensions),
        bad_main(main_to),
        misread if serial and read is None else None,
        bad_address(final_address) if final_address else None,
    )
    if any(found):
        raise Refused(*(fault for fault in found if fault))
    _refuse_other_customers_stack(desk, stack, siret=siret_numbers.compact(siret))
    box = desk.store.appliances.find(read) if read else None
    if read is not None and box is None:
        raise Refused(Fault("unknown-serial", Where("order", field="serial"), {"serial": read}))
    if box is not None and box.shipped_at is not None:
        raise Refused(Fault("appliance-left", Where("order", field="serial"), {"serial": read}))
    order = desk.store.orders.create(
        customer=customer.strip(),
        siret=siret_numbers.compact(siret),
        stack=stack,
        by=by,
        serial=read,
        extensions="-".join(range_) if (range_ := extension_range(extensions)) else None,
        main_to=parse_extension(main_to) if main_to else None,
    )
    if final_address:
        set_final_address(desk, order.id, final_address, by=by)
    desk.store.timeline.add(
        "order-opened", {"customer": order.customer, "stack": stack}, order_id=order.id, serial=read, operator=by
    )
    return desk.store.orders.get(order.id)


def attach_serial(desk: Desk, order_id: str, serial: Serial, *, by: str) -> Order:
    """Give an order its appliance. Raises Refused for one that nobody registered, that has an order, or that left."""
    refuse_shipped(desk, desk.store.orders.get(order_id))
    box = desk.store.appliances.get(serial)
    if box.shipped_at is not None:
        raise Refused(Fault("appliance-left", Where("order", field="serial"), {"serial": serial}))
    desk.store.orders.change(order_id, serial=serial)
    desk.store.orders.reopen_from(order_id, "appliance")
    order = desk.store.orders.get(order_id)
    desk.store.timeline.add("serial-attached", {"serial": serial}, order_id=order_id, serial=serial, operator=by)
    return order


def set_final_address(desk: Desk, order_id: str, address: str, *, by: str) -> Order:
    """Say where the engine will stand at the customer's: a host name or an IPv4 address.

    An address may carry its prefix length (`10.1.2.3/24`): the engine's own DHCP pool is then moved into that
    network; without one its DHCP server is switched off at acceptance.
    """
    typed, fault = address.strip(), bad_address(address)
    if fault:
        raise Refused(fault)
    refuse_shipped(desk, desk.store.orders.get(order_id))
    order = desk.store.orders.change(order_id, final_address=typed)
    # The appliance's sticker bears the address: one that was printed before is to be printed anew.
    desk.store.orders.reopen_from(order_id, "label")
    desk.store.timeline.add("final-address-set", {"address": typed}, order_id=order_id, operator=by)
    return order


def stack_view(desk: Desk, order_id: str, *, also: tuple[StackState, ...] = ()) -> View:
    """The order's wishes beside the live stack, read now. Raises StackUnreachable, StackRefused, PlanRefused."""
    order = desk.store.orders.get(order_id)
    stack = desk.store.stacks.get(order.stack)
    return look(order, stack, desk.engine_of(stack), desk.needs, also=also)


def show_changes(desk: Desk, order_id: str, *, overwrite: bool = False) -> Shown:
    """What applying would do now; writes nothing.

    overwrite: as if nothing of what somebody changed on the stack were kept. The fingerprint is the same either way:
    it holds what is kept too.
    """
    view = stack_view(desk, order_id)
    seen = view.changes(PEOPLE)
    found = view.overwriting().changes(PEOPLE) if overwrite else seen
    return Shown(
        order_id=order_id,
        plan_version=view.plan_version,
        changes=due(found),
        kept=tuple(change for change in found if not change.due),
        fingerprint=fingerprint(seen, view.live),
        faults=check_changes(found, view.live, ours=view.facts.marker, at_home=view.at_home),
    )


def approve(
    desk: Desk, order_id: str, *, expect: str | None, by: str, forced: bool = False, overwrite: bool = False
) -> int | None:
    """Agree to the changes that were shown; the order goes on by itself. None when there is nothing to do.

    expect: the fingerprint that was shown; another state of the stack by now raises ChangesRefused
    `changes-moved`, unless it is that of changes that were carried out and nothing is left to do.
    forced: also when many things are deleted or rewritten; never in somebody else's tenant.
    overwrite: also what somebody changed on the stack since the last time is set back to what the plan says.
    """
    shown = show_changes(desk, order_id, overwrite=overwrite)
    if not shown.changes and (expect in (None, shown.fingerprint) or _carried_out(desk, order_id, expect)):
        desk.store.orders.wake(order_id)
        return None
    if expect is not None and expect != shown.fingerprint:
        facts = {"order": order_id, "expected": expect, "found": shown.fingerprint}
        raise ChangesRefused(Fault("changes-moved", Where("order", field=order_id), facts))
    stopping = [fault for fault in shown.faults if fault.severity == "error"]
    standing = [fault for fault in stopping if not forced or fault.code == "tenant-not-ours"]
    if standing:
        raise ChangesRefused(*standing)
    number = desk.store.changesets.approve(
        order_id,
        plan_version=shown.plan_version,
        fingerprint=shown.fingerprint,
        by=by,
        forced=forced,
        overwrite=overwrite,
        lines={lang: shown.lines(lang) for lang in LANGUAGES},
    )
    if number is None:
        facts = {"order": order_id, "expected": shown.fingerprint, "found": "–"}
        raise ChangesRefused(Fault("changes-moved", Where("order", field=order_id), facts))
    desk.store.timeline.add(
        "changes-approved",
        {"changes": len(shown.changes), "changeset": number, "fingerprint": shown.fingerprint},
        order_id=order_id,
        operator=by,
    )
    # Also when the step had ended: somebody changed the stack since, and agreed to mend it.
    desk.store.orders.reopen_from(order_id, "provision")
    return number


def resume(desk: Desk, order_id: str, *, by: str) -> None:
    """Try the step that failed or waits again, now."""
    desk.store.orders.get(order_id)
    current = next_step(desk.store.orders.steps(order_id))
    if current is not None:
        desk.store.orders.set_step(order_id, current, status="to-do", again_at=None)
    desk.store.timeline.add("resume-asked", {"step": current or "–"}, order_id=order_id, operator=by)
    desk.store.orders.wake(order_id)


def verify(desk: Desk, order_id: str) -> tuple[Difference, ...]:
    """Everything in which the stack differs from the plan, read back now; a seat without its phone counts.

    Of phones also what provd writes their files from.
    """
    order = desk.store.orders.get(order_id)
    view = stack_view(desk, order_id)
    engine = desk.engine_of(desk.store.stacks.get(order.stack))
    served = engine.phone_settings(phones_to_read(view.desired, view.live))
    absent = (
        Difference("device", left.wanted.key, "mac", left.wanted.mac or left.wanted.model, None)
        for left in view.matching.seats_left
    )
    found = differences(view.desired, view.live, same_secret=view.same_secret)
    return (*found, *served_differences(view.desired, view.live, served), *absent)


def overview(desk: Desk, order_id: str) -> Overview:
    """One order, from our own books: fast, and true when the stack is down."""
    order = desk.store.orders.get(order_id)
    steps = desk.store.orders.steps(order_id)
    return Overview(
        order=order,
        steps=steps,
        current=next_step(steps),
        plan=desk.store.plans.latest(order_id),
        changesets=desk.store.changesets.of_order(order_id),
        undoable=last.id if (last := desk.store.changesets.last_sent(order_id)) else None,
        recent=desk.store.changesets.recent(order_id),
        timeline=desk.store.timeline.of_order(order_id),
    )


def all_orders(desk: Desk, *, accepted: int | None = None) -> Sequence[tuple[Order, Mapping[StepName, StepRecord]]]:
    """Every order with its steps, newest first. accepted: of those that are accepted only so many, the last ones."""
    found = desk.store.orders.all(accepted=accepted)
    steps = desk.store.orders.all_steps(None if accepted is None else [order.id for order in found])
    return [(order, steps.get(order.id, {})) for order in found]


def _carried_out(desk: Desk, order_id: str, fingerprint: str | None) -> bool:
    """Whether changes of this fingerprint were applied: asking for them again is no old wish."""
    found = desk.store.changesets.of_order(order_id)
    return any(one.fingerprint == fingerprint and one.status == "applied" for one in found)


def _refuse_other_customers_stack(desk: Desk, stack: str, *, siret: str) -> None:
    """One engine on a customer's premises is one customer's: a second one's users must not be made there."""
    if desk.store.stacks.get(stack).kind == "on-cloud":
        return
    for other in desk.store.orders.all():
        if other.stack == stack and (other.siret != siret or other.accepted_at is None):
            facts = {"stack": stack, "order": other.id, "customer": other.customer}
            raise Refused(Fault("stack-has-order", Where("order", field="stack"), facts))
