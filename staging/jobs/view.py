"""What does an order want of its stack, and what is there now? Plan, order and live answers made comparable."""

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from urllib.parse import urlsplit

from numbering.plan import NumberingPlan
from staging.core.faults import Fault, PlanRefused, StackRefused, StackUnreachable, Where
from staging.core.words import Mac
from staging.jobs.job import Order, Stack
from staging.jobs.needs import Engine, StepNeeds
from staging.jobs.pool import card_of, moved_url, network_of, pool_in
from staging.jobs.records import Box, PlanVersion
from staging.phones.match import Matching, Scan, match, wanted_phones
from staging.phones.seen import SeenPhone, seen_phones
from staging.wazo.change import Change, Noun
from staging.wazo.desired import desired_state
from staging.wazo.diff import changes, users_with_keys
from staging.wazo.document import state_from_document
from staging.wazo.facts import EngineFacts, OrderFacts, Preset, marker_of
from staging.wazo.left import left_last
from staging.wazo.live import read_stack
from staging.wazo.live_state import LiveState
from staging.wazo.raw import Mattering, RawEngine
from staging.wazo.state import Dhcp, LineKey, SameSecret, SipTemplate, StackState
from staging.wazo.undo import snapshot, undo_target

SETTINGS: frozenset[Noun] = frozenset(
    {
        "provisioning", "dhcp", "registrar", "phonebook", "plugin", "default-device", "base-device", "sip-template",
        "context",
    }
)  # fmt: skip
"""What the configure step sets."""
PEOPLE: frozenset[Noun] = frozenset(
    {
        "context", "sip-template", "user", "line", "voicemail", "account", "incall", "group", "pickup", "keys", "rtp",
        "firmware",
    }
)  # fmt: skip
"""What the provision step makes, once a person agreed: people, how their voice travels, what their phones run.

Contexts and the SIP template stand in both: what configuring leaves of them to a person's word is done here.
"""
PHONES: frozenset[Noun] = frozenset({"device", "seating"})
"""What the phones step ties together."""


@dataclass(frozen=True, slots=True)
class View:
    """Desired and live state of one order at one moment, and the phones that were paired for it.

    ours: what we left on the stack last. there: what stands there now and is this order's. plan_version: the version
    of the plan that is wanted. at_home: something was sent to this tenant before. same_secret: whether a value that
    stands on the engine is the order's own.
    """

    desired: StackState
    live: LiveState
    facts: OrderFacts
    matching: Matching
    phones: tuple[SeenPhone, ...]
    plan_version: int
    ours: StackState
    there: StackState
    at_home: bool = False
    sent: tuple[StackState, ...] = ()
    same_secret: SameSecret | None = None

    def changes(self, nouns: Iterable[Noun] | None = None) -> tuple[Change, ...]:
        """The differences, of these nouns only when some are named."""
        found = changes(self.desired, self.live, applied=self.ours, same_secret=self.same_secret)
        if nouns is None:
            return found
        wanted = frozenset(nouns)
        return tuple(change for change in found if change.noun in wanted)

    def overwriting(self) -> "View":
        """The same moment, with nothing of what somebody changed on the stack since kept against the plan."""
        ours = left_last(self.sent, self.there, as_there=True)
        return replace(self, ours=_with_swapped(ours, self.sent, self.live))


def plan_of(order: Order, needs: StepNeeds) -> PlanVersion:
    """The order's newest plan without errors; raises PlanRefused when there is none."""
    version = needs.plans.latest(order.id, ok=True)
    if version is None:
        raise PlanRefused(Fault("order-without-plan", Where("order", field=order.id), {"order": order.id}))
    return version


def look(
    order: Order,
    stack: Stack,
    engine: Engine,
    needs: StepNeeds,
    *,
    host: str | None = None,
    also: tuple[StackState, ...] = (),
) -> View:
    """Read the stack and set it beside what the order wants. host: the engine's address to use, if not the bench's.

    also: states whose users' function keys are read too, beside those that the plan gives some; with them the plan
    need not be possible, since what was applied before is to be taken back whatever the newest plan says.
    """
    if order.tenant_uuid is None:
        raise StackUnreachable(Fault("tenant-not-made", Where(stack.name), {"stack": stack.name}))
    version = plan_of(order, needs)
    plan = version.plan
    sent = tuple(state_from_document(document) for document in needs.journal.left(order.id))
    raw = engine.fetch_tenant(order.tenant_uuid, _mattering(order, plan, (*also, *sent)))
    settings = engine.fetch_engine() if stack.kind == "on-premise" else None
    box = needs.boxes.find(order.serial) if order.serial else None
    plugins = tuple(sorted(settings.plugins_installed)) if settings is not None else engine.installed_plugins()
    facts = order_facts(order, stack, settings, box=box, host=host, plugins=plugins, preset=needs.preset)
    phones = seen_phones(raw.devices)
    matching = match(
        phones,
        wanted_phones(plan),
        [Scan(scan.mac, seat=scan.seat) for scan in needs.shelf.scans(order.id)],
        tenant=order.tenant_uuid,
    )
    desired = _wish(version, facts, matching, needed=not also)
    settings = _with_packages(settings, desired, engine)
    live = read_stack(raw, settings)
    # Function keys cost one request a user, so they are read for those alone who get some from us, or once did.
    with_keys = dict.fromkeys(uuid for state in (desired, *also, *sent) for uuid in users_with_keys(state, live))
    keys = engine.fetch_keys(order.tenant_uuid, tuple(with_keys))
    live = read_stack(replace(raw, funckeys=keys), settings) if keys else live
    there = _ours(desired, live, marker=facts.marker)
    return View(
        desired=desired,
        live=live,
        facts=facts,
        matching=matching,
        phones=phones,
        plan_version=version.version,
        ours=_with_swapped(left_last(sent, there), sent, live),
        there=there,
        at_home=needs.journal.ever_sent(order.id),
        sent=sent,
        same_secret=lambda ref, value: needs.secret(f"order:{order.id}", ref.kind, ref.key).reveal() == value,
    )


def _with_packages(settings: RawEngine | None, desired: StackState, engine: Engine) -> RawEngine | None:
    """With what each plugin that shall bring firmware has of it; one that is not installed yet cannot be asked."""
    if settings is None or desired.engine is None:
        return settings
    plugins = dict.fromkeys(one.plugin for one in desired.engine.firmware if one.plugin in settings.plugins_installed)
    return replace(settings, packages=engine.fetch_packages(tuple(plugins))) if plugins else settings


def _wish(version: PlanVersion, facts: OrderFacts, matching: Matching, *, needed: bool) -> StackState:
    try:
        return desired_state(version.plan, facts, macs=macs_of(matching))
    except PlanRefused:
        if needed:
            raise
        return StackState()


def _with_swapped(ours: StackState, sent: Sequence[StackState], live: LiveState) -> StackState:
    """With the phones that we once put lines on and that carry none any more: another one stands in their place."""
    known = {device.mac for device in ours.devices}
    busy = {line.device for line in live.lines}
    idle = {device.mac for device in live.devices if device.id not in busy and not device.new}
    once = {device.mac: replace(device, seatings=()) for state in sent for device in state.devices}
    swapped = (device for mac, device in once.items() if mac in idle and mac not in known)
    return replace(ours, devices=(*ours.devices, *swapped))


def _ours(desired: StackState, live: LiveState, *, marker: str) -> StackState:
    """What of the stack is this order's: its users by their marker, and whatever the plan names."""
    there = snapshot(live)
    users = tuple(user for user in there.users if user.marker == marker)
    mine = {user.extension for user in users} | {user.extension for user in desired.users}
    dids, labels = {i.did for i in desired.incalls}, {group.label for group in desired.groups}
    names = {pickup.name for pickup in desired.pickups}
    macs = {device.mac for device in desired.devices}
    lines = {seating.line for device in desired.devices for seating in device.seatings}
    return StackState(
        users=users,
        incalls=tuple(i for i in there.incalls if i.did in dids or i.target.key in mine),
        groups=tuple(group for group in there.groups if group.label in labels),
        pickups=tuple(pickup for pickup in there.pickups if pickup.name in names),
        function_keys=tuple(keys for keys in there.function_keys if keys.extension in mine),
        devices=tuple(d for d in there.devices if d.mac in macs or any(s.line in lines for s in d.seatings)),
        rtp=there.rtp,
        sip_template=_template(desired, live),
    )


def _template(desired: StackState, live: LiveState) -> SipTemplate | None:
    """Of the tenant's SIP template the options that are ours to set."""
    ours = dict(desired.sip_template.options) if desired.sip_template else {}
    return SipTemplate(tuple((name, value) for name, value in live.template_options if name in ours))


def _mattering(order: Order, plan: NumberingPlan, states: tuple[StackState, ...]) -> Mattering:
    """Whom the comparison looks at closely: this order's users, and whoever sits at a number that it names or named."""
    numbers = {seat.extension for seat in plan.seats} | {user.extension for state in states for user in state.users}
    return Mattering(marker_of(order.id), frozenset(str(number) for number in numbers if number))


def taken_back(view: View, applied: StackState, before: StackState) -> View:
    """The same moment, with the wish that what was applied were gone and what stood there before were back."""
    return replace(view, desired=undo_target(applied, before), ours=applied)


def macs_of(matching: Matching) -> Mapping[LineKey, Mac]:
    """The phone of each line, as matching found it; a DECT base stands for all its handsets."""
    return {LineKey(extension, "sip"): mac for extension, mac in matching.macs().items()}


def order_facts(
    order: Order,
    stack: Stack,
    settings: RawEngine | None,
    *,
    box: Box | None = None,
    host: str | None = None,
    plugins: tuple[str, ...] = (),
    preset: Preset | None = None,
) -> OrderFacts:
    """The order's own facts for the pure part. An accepted order holds the customer's address, not the bench's.

    plugins: that provd has, to choose a phone's among; a shared stack's are read too, though none is installed there.
    """
    at_customer = host or (order.final_host if order.accepted_at else None)
    return OrderFacts(
        order_id=order.id,
        customer=order.customer,
        slug=tenant_slug(order),
        tenant_name=order.customer,
        did_format=stack.did_format,
        main_to=order.main_to,
        tenant_uuid=order.tenant_uuid,
        engine=_engine_facts(order, stack, settings, box, at_customer=at_customer) if settings is not None else None,
        plugins=plugins,
        preset=preset or Preset(),
    )


def tenant_slug(order: Order) -> str:
    """A slug of at most ten letters and digits that no other order has: six of the customer, four of the order."""
    plain = unicodedata.normalize("NFKD", order.customer).encode("ascii", "ignore").decode().lower()
    return (re.sub(r"[^a-z0-9]", "", plain)[:6] or "tenant") + order.id[:4]


def engine_host(stack: Stack) -> str:
    """The engine's host as phones reach it; raises StackUnreachable while it has no address."""
    host = urlsplit(stack.reachable_at or "").hostname
    if not host:
        raise StackUnreachable(Fault("stack-without-address", Where(stack.name), {"stack": stack.name}))
    return host


def _engine_facts(
    order: Order, stack: Stack, settings: RawEngine, box: Box | None, *, at_customer: str | None
) -> EngineFacts:
    cidr = order.final_address if at_customer else box.facts.get("network") if box else None
    network = network_of(str(cidr or ""))
    own = at_customer or engine_host(stack)
    card = card_of(box, settings)
    if at_customer and network and card is None:
        # A prefix asks for a pool: switching DHCP off instead would be found out by phones that stay dark on site.
        facts = {"stack": stack.name, "address": str(cidr)}
        raise StackRefused(Fault("dhcp-card-unknown", Where(stack.name, field="dhcp"), facts))
    dhcp = pool_in(network, card, engine=own) if network and card else None
    if at_customer and dhcp is None:
        # The bench's DHCP server must not answer in a network that has its own.
        dhcp = Dhcp(active=False, pool_start="", pool_end="", interfaces=())
    bench = urlsplit(stack.reachable_at or "").hostname
    url = settings.networking.get("provision_http_base_url")
    return EngineFacts(
        stack_address=own,
        provision_url=moved_url(url, bench=bench, host=at_customer) if at_customer else None,
        dhcp=dhcp,
        phonebook_networks=(str(network),) if network else (),
        installable=tuple(sorted({*settings.plugins_installable, *settings.plugins_installed})),
    )
