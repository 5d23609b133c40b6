"""Phones: which ones provd sees, whose each is, and what a scan says."""

from dataclasses import dataclass
from typing import Literal

from staging.core.faults import Fault, PhoneUnmatched, StackUnreachable, Where
from staging.core.words import Mac, parse_mac
from staging.desk.desk import Desk, Wishes
from staging.desk.orders import refuse_shipped, stack_view
from staging.jobs.job import Order
from staging.jobs.records import BenchScan
from staging.jobs.view import View, plan_of
from staging.phones.match import Matching, Pair, Scan, WantedPhone, match, wanted_key, wanted_phones
from staging.phones.ports import BenchPort, bench_ports
from staging.phones.seen import SeenPhone, seen_phones

Stage = Literal["scanned", "seen", "associated", "fetched"]
"""How far a paired phone is: scanned only, seen by provd, holding its lines, having fetched its file."""


@dataclass(frozen=True, slots=True)
class PhoneRow:
    """A phone that the plan asks for. names: its seats' names in slot order; stage: None while it has no phone.

    bench: its socket on the bench switch; None where there are none.
    """

    wanted: WantedPhone
    names: tuple[str, ...]
    site: str
    mac: Mac | None
    stage: Stage | None
    reason: str | None
    bench: BenchPort | None = None


@dataclass(frozen=True, slots=True)
class PhoneTable:
    """Phones wanted, and phones that got no seat, each with a reason (`seat-<reason>`, `phone-<reason>`).

    shared: the stack is several customers'; its unallocated phones are scanned, never given out by model.
    """

    rows: tuple[PhoneRow, ...]
    left: tuple[tuple[SeenPhone | None, Mac, str], ...]
    shared: bool

    @property
    def paired(self) -> int:
        """How many wanted phones have one."""
        return sum(1 for row in self.rows if row.mac)

    @property
    def fetched(self) -> int:
        """How many fetched their file."""
        return sum(1 for row in self.rows if row.stage == "fetched")


@dataclass(frozen=True, slots=True)
class ScanAnswer:
    """What a scan came to. row: whose the phone is now, or None with a reason (text key `phone-<reason>`).

    again: it was this seat's before; nothing was written.
    """

    mac: Mac
    row: PhoneRow | None
    reason: str | None
    seen: SeenPhone | None
    again: bool = False


def phone_table(desk: Desk, order_id: str) -> PhoneTable:
    """Every phone wanted and every phone left over, as the stack and the scans stand now."""
    return _table(desk, desk.store.orders.get(order_id), stack_view(desk, order_id))


def scan_phone(desk: Desk, order_id: str, typed: str, *, seat: str | None, by: str) -> ScanAnswer:
    """A technician scanned or typed a MAC: say whose phone it is, and keep it for that seat.

    seat: key of the phone wanted (extension, or `base 1`), None for the one it has, else the next one of its model.
    A scan that comes to nothing changes nothing. Raises PhoneUnmatched for what is no MAC and for a phone that
    another order holds.
    """
    order = desk.store.orders.get(order_id)
    refuse_shipped(desk, order)
    mac = parse_mac(typed)
    if mac is None:
        raise PhoneUnmatched(Fault("not-a-mac", Where("scan"), {"typed": typed.strip()[:40]}))
    elsewhere = desk.store.bench.held_elsewhere(mac, order_id=order_id)
    if elsewhere is not None:
        other = desk.store.orders.get(elsewhere)
        facts = {"mac": mac, "order": elsewhere, "customer": other.customer}
        raise PhoneUnmatched(Fault("phone-of-other-order", Where("scan", field=mac), facts))
    wishes, scans = wishes_of(desk, order), desk.store.bench.scans(order_id)
    before = next((scan for scan in scans if scan.mac == mac), None)
    extension = find_wish(wishes, seat).seats[0] if seat else (before.seat if before else None)
    others = [Scan(scan.mac, seat=scan.seat) for scan in scans if scan.mac != mac]
    seen = _seen(desk, order, mac)
    matching = match(seen, wishes.phones, [*others, Scan(mac, seat=extension)], tenant=order.tenant_uuid)
    return _keep(desk, order, mac, matching, before, by)


def wishes_of(desk: Desk, order: Order) -> Wishes:
    """The phones that the order's plan asks for. Raises PlanRefused for an order without a plan."""
    stamp, standing = desk.store.bench.stamp(order.id), desk.paper.standing_of(order)

    def make() -> Wishes:
        plan = plan_of(order, desk.needs).plan
        phones = wanted_phones(plan)
        return Wishes(
            phones=phones,
            names={seat.extension: seat.name for seat in plan.seats if seat.extension},
            sites={wanted_key(seat, line): seat.site for seat in plan.seats for line in seat.lines},
            ports=bench_ports((wanted.key for wanted in phones), standing.ports),
        )

    return desk.wishes.get((order.id, stamp.plan_version, standing.ports), make)


def find_wish(wishes: Wishes, seat: str) -> WantedPhone:
    """The phone wanted under a key, or for one of its seats' extensions. Raises PhoneUnmatched `unknown-seat`."""
    for wanted in wishes.phones:
        if seat == wanted.key or seat in wanted.seats:
            return wanted
    raise PhoneUnmatched(Fault("unknown-seat", Where("scan", field=seat), {"seat": seat}))


def wish_row(wishes: Wishes, wanted: WantedPhone, mac: Mac | None, *, seen: bool) -> PhoneRow:
    """A phone wanted, as our own books have it."""
    return PhoneRow(
        wanted=wanted,
        names=tuple(wishes.names.get(extension, extension) for extension in wanted.seats),
        site=wishes.sites.get(wanted.key, ""),
        mac=mac,
        stage=("seen" if seen else "scanned") if mac else None,
        reason=None if mac else "not-scanned",
        bench=wishes.ports.get(wanted.key),
    )


def undo_last(desk: Desk, order_id: str, *, by: str) -> ScanAnswer | None:
    """Take back the last phone that this person scanned; what it was, or None when there is none."""
    order = desk.store.orders.get(order_id)
    mine = [scan for scan in desk.store.bench.scans(order_id) if scan.operator == by]
    if not mine or not take_back(desk, order_id, mine[-1].mac, by=by):
        return None
    wishes = wishes_of(desk, order)
    row = wish_row(wishes, find_wish(wishes, mine[-1].seat), None, seen=False) if mine[-1].seat else None
    return ScanAnswer(mine[-1].mac, row, None, None)


def take_back(desk: Desk, order_id: str, mac: Mac, *, by: str) -> bool:
    """Undo a scan; False when there was none. A phone that is associated already stays so until its seat moves."""
    refuse_shipped(desk, desk.store.orders.get(order_id))
    gone = desk.store.bench.unscan(order_id, mac)
    if gone:
        desk.store.timeline.add("scan-taken-back", {"mac": mac}, order_id=order_id, operator=by)
        desk.store.orders.reopen_from(order_id, "phones")
    return gone


def pair_rest(desk: Desk, order_id: str, *, by: str) -> PhoneTable:
    """Give every phone that provd sees and that has no seat to the next free seat of its model, in order of MAC.

    Any phone of a model fits any seat of it; the sticker then says whose it became. On a shared stack only phones
    of the order's own tenant are given out: one that waits there unallocated may be on another customer's desk,
    and has to be scanned.
    """
    refuse_shipped(desk, desk.store.orders.get(order_id))
    order, view = desk.store.orders.get(order_id), stack_view(desk, order_id)
    taken = {pair.mac for pair in view.matching.pairs}
    given: set[Mac] = set()
    for phone in view.phones:
        ours = phone.tenant == view.desired.tenant.uuid if view.desired.tenant else False
        if phone.mac in taken or (not ours and (phone.allocated or _shared(view))):
            continue
        if desk.store.bench.held_elsewhere(phone.mac, order_id=order_id):
            continue
        if any(left.wanted.model == phone.model for left in view.matching.seats_left):
            desk.store.bench.scan(order_id, phone.mac, seat=None, by=by)
            taken.add(phone.mac)
            given.add(phone.mac)
    view = stack_view(desk, order_id)
    # What a technician scanned stays written down, also while the plan has no seat for it.
    for left in view.matching.phones_left:
        if left.mac in given:
            desk.store.bench.unscan(order_id, left.mac)
    for pair in view.matching.pairs:
        if pair.mac in given:
            desk.store.bench.scan(order_id, pair.mac, seat=pair.wanted.seats[0], by=by)
    if given:
        desk.store.timeline.add("phones-paired", {"phones": len(given)}, order_id=order_id, operator=by)
        desk.store.orders.reopen_from(order_id, "phones")
    return _table(desk, order, view)


def _seen(desk: Desk, order: Order, mac: Mac) -> tuple[SeenPhone, ...]:
    """The phones that provd sees for an order, true for this one."""
    tenant = order.tenant_uuid
    if tenant is None:
        raise StackUnreachable(Fault("tenant-not-made", Where(order.stack), {"stack": order.stack}))

    def fetch() -> tuple[SeenPhone, ...]:
        return seen_phones(desk.engine_of(desk.store.stacks.get(order.stack)).devices(tenant))

    return desk.glance.phones(f"{order.stack} {tenant}", mac, fetch)


def _keep(desk: Desk, order: Order, mac: Mac, matching: Matching, before: BenchScan | None, by: str) -> ScanAnswer:
    """Write a scan down in one go, if it came to a seat, and say what it came to."""
    pair = next((pair for pair in matching.pairs if pair.mac == mac), None)
    if pair is None:
        reason = next((left.reason for left in matching.phones_left if left.mac == mac), "no-seat-left")
        return ScanAnswer(mac, None, reason, None)
    row = wish_row(wishes_of(desk, order), pair.wanted, mac, seen=pair.phone is not None)
    if before is not None and before.seat in pair.wanted.seats:
        return ScanAnswer(mac, row, None, pair.phone, again=True)
    tell = {"mac": mac, "seat": pair.wanted.key, "name": ", ".join(row.names)}
    with desk.store.database.write() as one:
        # From here on the phone is this seat's, whatever rows a later plan puts above: its sticker says so.
        desk.store.bench.scan(order.id, mac, seat=pair.wanted.seats[0], by=by, within=one)
        desk.store.bench.keep_pair(order.id, pair.wanted.key, mac, within=one)
        desk.store.timeline.add("phone-was-scanned", tell, order_id=order.id, operator=by, within=one)
        desk.store.orders.reopen_from(order.id, "phones", within=one)
    return ScanAnswer(mac, row, None, pair.phone)


def _table(desk: Desk, order: Order, view: View) -> PhoneTable:
    wishes = wishes_of(desk, order)
    pairs = {pair.wanted.key: pair for pair in view.matching.pairs}
    reasons = {left.wanted.key: left.reason for left in view.matching.seats_left}
    names = {user.extension: user.name for user in view.desired.users}
    rows = []
    for wanted in _wanted(view.matching):
        pair = pairs.get(wanted.key)
        rows.append(
            PhoneRow(
                wanted=wanted,
                names=tuple(names.get(extension, extension) for extension in wanted.seats),
                site=wishes.sites.get(wanted.key, ""),
                mac=pair.mac if pair else None,
                stage=_stage(view, pair) if pair else None,
                reason=reasons.get(wanted.key),
                bench=wishes.ports.get(wanted.key),
            )
        )
    seen = {phone.mac: phone for phone in view.phones}
    left = tuple((seen.get(one.mac), one.mac, one.reason) for one in view.matching.phones_left)
    return PhoneTable(tuple(rows), left, _shared(view))


def _shared(view: View) -> bool:
    # Settings of the engine itself are read and written on a customer's own stack alone.
    return view.facts.engine is None


def _wanted(matching: Matching) -> list[WantedPhone]:
    every = [pair.wanted for pair in matching.pairs] + [left.wanted for left in matching.seats_left]
    return sorted(every, key=lambda wanted: wanted.seats[0] if wanted.seats else wanted.key)


def _stage(view: View, pair: Pair) -> Stage:
    phone = pair.phone
    if phone is None:
        return "scanned"
    usernames = {line.username for line in view.live.lines if line.device == phone.device_id and line.username}
    if not usernames:
        return "seen"
    return "fetched" if phone.fetched_username in usernames else "associated"
