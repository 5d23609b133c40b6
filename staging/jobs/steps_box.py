"""Is the box there: registered, checked, armed, installed, calling home?"""

from staging.core.faults import Fault, StackUnreachable, Where
from staging.jobs.job import Order, Outcome, done, skipped, waiting
from staging.jobs.needs import StepNeeds


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


def _install_reason(armed: bool, phase: str | None) -> str:
    if not armed:
        return "waits-armed"
    return "waits-installer" if phase is None else "waits-engine"
