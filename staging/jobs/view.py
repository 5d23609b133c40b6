"""What does an order want of its stack, and what is there now? Plan, order and live answers made comparable."""

import ipaddress
import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from urllib.parse import urlsplit

from staging.core.faults import Fault, PlanRefused, StackUnreachable, Where
from staging.core.words import Mac
from staging.jobs.job import Order, Stack
from staging.jobs.needs import Engine, StepNeeds
from staging.jobs.records import Box, PlanVersion
from staging.phones.match import Matching, Scan, match, wanted_phones
from staging.phones.seen import SeenPhone, seen_phones
from staging.wazo.change import Change, Noun
from staging.wazo.desired import desired_state
from staging.wazo.diff import changes, users_with_keys
from staging.wazo.facts import EngineFacts, OrderFacts
from staging.wazo.live import read_stack
from staging.wazo.live_state import LiveState
from staging.wazo.raw import RawEngine
from staging.wazo.state import Dhcp, LineKey, StackState

SETTINGS: frozenset[Noun] = frozenset(
    {"provisioning", "dhcp", "registrar", "rtp", "phonebook", "plugin", "default-device", "sip-template", "context"}
)
"""What the configure step sets."""
PEOPLE: frozenset[Noun] = frozenset({"context", "user", "line", "voicemail", "account", "incall", "group", "keys"})
"""What the provision step makes, once a person agreed."""
PHONES: frozenset[Noun] = frozenset({"device", "seating"})
"""What the phones step ties together."""


@dataclass(frozen=True, slots=True)
class View:
    """Desired and live state of one order at one moment, and the phones that were paired for it."""

    desired: StackState
    live: LiveState
    facts: OrderFacts
    matching: Matching
    phones: tuple[SeenPhone, ...]

    def changes(self, nouns: Iterable[Noun] | None = None) -> tuple[Change, ...]:
        """The differences, of these nouns only when some are named."""
        found = changes(self.desired, self.live)
        if nouns is None:
            return found
        wanted = frozenset(nouns)
        return tuple(change for change in found if change.noun in wanted)


def plan_of(order: Order, needs: StepNeeds) -> PlanVersion:
    """The order's newest plan without errors; raises PlanRefused when there is none."""
    version = needs.plans.latest(order.id, ok=True)
    if version is None:
        raise PlanRefused(Fault("order-without-plan", Where("order", field=order.id), {"order": order.id}))
    return version


def look(order: Order, stack: Stack, engine: Engine, needs: StepNeeds, *, host: str | None = None) -> View:
    """Read the stack and set it beside what the order wants. host: the engine's address to use, if not the bench's."""
    if order.tenant_uuid is None:
        raise StackUnreachable(Fault("tenant-not-made", Where(stack.name), {"stack": stack.name}))
    plan = plan_of(order, needs).plan
    raw = engine.fetch_tenant(order.tenant_uuid)
    settings = engine.fetch_engine() if stack.kind == "on-premise" else None
    box = needs.boxes.find(order.serial) if order.serial else None
    facts = order_facts(order, stack, settings, box=box, host=host)
    phones = seen_phones(raw.devices)
    matching = match(
        phones,
        wanted_phones(plan),
        [Scan(scan.mac, seat=scan.seat) for scan in needs.shelf.scans(order.id)],
        tenant=order.tenant_uuid,
    )
    desired = desired_state(plan, facts, macs=macs_of(matching))
    live = read_stack(raw, settings)
    # Function keys cost one request a user, so they are read for those alone who get some from us.
    keys = engine.fetch_keys(order.tenant_uuid, users_with_keys(desired, live))
    return View(
        desired=desired,
        live=read_stack(replace(raw, funckeys=keys), settings) if keys else live,
        facts=facts,
        matching=matching,
        phones=phones,
    )


def macs_of(matching: Matching) -> Mapping[LineKey, Mac]:
    """The phone of each line, as matching found it; a DECT base stands for all its handsets."""
    return {LineKey(extension, "sip"): mac for extension, mac in matching.macs().items()}


def order_facts(
    order: Order, stack: Stack, settings: RawEngine | None, *, box: Box | None = None, host: str | None = None
) -> OrderFacts:
    """The order's own facts for the pure part. An accepted order holds the customer's address, not the bench's."""
    at_customer = order.final_address if order.accepted_at else None
    return OrderFacts(
        order_id=order.id,
        customer=order.customer,
        slug=tenant_slug(order),
        tenant_name=order.customer,
        did_format=stack.did_format,
        main_to=order.main_to,
        tenant_uuid=order.tenant_uuid,
        engine=_engine_facts(host or at_customer or engine_host(stack), settings, box)
        if settings is not None
        else None,
        plugins=tuple(sorted(settings.plugins_installed)) if settings is not None else (),
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


def _engine_facts(host: str, settings: RawEngine, box: Box | None) -> EngineFacts:
    network = _network(box)
    return EngineFacts(
        stack_address=host,
        dhcp=_pool(network, box) if network and box else None,
        phonebook_networks=(str(network),) if network else (),
        installable=tuple(sorted({*settings.plugins_installable, *settings.plugins_installed})),
    )


def _network(box: Box | None) -> ipaddress.IPv4Network | None:
    cidr = str(box.facts.get("network", "")) if box else ""
    try:
        return ipaddress.IPv4Network(cidr, strict=False) if cidr else None
    except ValueError:
        return None


def _pool(network: ipaddress.IPv4Network, box: Box) -> Dhcp | None:
    """A hundred addresses at the upper end of the bench's network, on the card that the installer used."""
    card = str(box.facts.get("interface", ""))
    if network.num_addresses < 128 or not card:
        return None
    last = network.broadcast_address - 1
    return Dhcp(active=True, pool_start=str(last - 99), pool_end=str(last), interfaces=(card,))
