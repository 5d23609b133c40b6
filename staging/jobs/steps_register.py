"""Is the engine set up, known to the portal, and does it hold the customer's tenant?"""

import uuid

from staging.core.faults import Fault, StackUnreachable, Where
from staging.core.messages import say
from staging.jobs.job import Order, Outcome, Stack, done
from staging.jobs.needs import Engine, StepNeeds
from staging.jobs.view import engine_host, tenant_slug


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
