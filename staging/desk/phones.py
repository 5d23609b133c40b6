"""Phones: which ones provd sees, whose each is, and what a scan says."""

from dataclasses import dataclass
from typing import Literal

from staging.core.faults import Fault, PhoneUnmatched, StagingError, Where
from staging.core.words import Extension, Mac, parse_mac
from staging.desk.desk import Desk
from staging.desk.orders import refuse_shipped, stack_view
from staging.jobs.records import BenchScan
from staging.jobs.view import View
from staging.phones.match import Matching, Pair, WantedPhone
from staging.phones.seen import SeenPhone

Stage = Literal["scanned", "seen", "associated", "fetched"]
"""How far a paired phone is: scanned only, seen by provd, holding its lines, having fetched its file."""


@dataclass(frozen=True, slots=True)
class PhoneRow:
    """A phone that the plan asks for. names: its seats' names in slot order; stage: None while it has no phone."""

    wanted: WantedPhone
    names: tuple[str, ...]
    site: str
    mac: Mac | None
    stage: Stage | None
    reason: str | None


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
    """What a scan came to. row: whose the phone is now, or None with a reason (text key `phone-<reason>`)."""

    mac: Mac
    row: PhoneRow | None
    reason: str | None
    seen: SeenPhone | None


def phone_table(desk: Desk, order_id: str) -> PhoneTable:
    """Every phone wanted and every phone left over, as the stack and the scans stand now."""
    view = stack_view(desk, order_id)
    return _table(view)


def scan_phone(desk: Desk, order_id: str, typed: str, *, seat: str | None, by: str) -> ScanAnswer:
    """A technician scanned or typed a MAC: say whose phone it is, and keep it for that seat.

    seat: key of the phone wanted (extension, or `base 1`), None for the one it has, else the next one of its model.
    A scan that comes to nothing changes nothing. Raises PhoneUnmatched for what is no MAC and for a phone that
    another order holds.
    """
    refuse_shipped(desk, desk.store.orders.get(order_id))
    mac = parse_mac(typed)
    if mac is None:
        raise PhoneUnmatched(Fault("not-a-mac", Where("scan"), {"typed": typed.strip()[:40]}))
    elsewhere = desk.store.bench.held_elsewhere(mac, order_id=order_id)
    if elsewhere is not None:
        other = desk.store.orders.get(elsewhere)
        facts = {"mac": mac, "order": elsewhere, "customer": other.customer}
        raise PhoneUnmatched(Fault("phone-of-other-order", Where("scan", field=mac), facts))
    before = next((scan for scan in desk.store.bench.scans(order_id) if scan.mac == mac), None)
    extension = _extension_of(desk, order_id, seat) if seat else (before.seat if before else None)
    desk.store.bench.scan(order_id, mac, seat=extension, by=by)
    try:
        answer = _answer(stack_view(desk, order_id), mac)
    except StagingError:
        _as_before(desk, order_id, mac, before)
        raise
    if answer.row is None:
        _as_before(desk, order_id, mac, before)
        return answer
    # From here on the phone is this seat's, whatever rows a later plan puts above: its sticker says so.
    desk.store.bench.scan(order_id, mac, seat=answer.row.wanted.seats[0], by=by)
    desk.store.timeline.add(
        "phone-was-scanned",
        {"mac": mac, "seat": answer.row.wanted.key, "name": ", ".join(answer.row.names)},
        order_id=order_id,
        operator=by,
    )
    desk.store.orders.reopen_from(order_id, "phones")
    return answer


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
    view = stack_view(desk, order_id)
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
    for left in view.matching.phones_left:
        desk.store.bench.unscan(order_id, left.mac)
    for pair in view.matching.pairs:
        if pair.mac in given:
            desk.store.bench.scan(order_id, pair.mac, seat=pair.wanted.seats[0], by=by)
    if given:
        desk.store.timeline.add("phones-paired", {"phones": len(given)}, order_id=order_id, operator=by)
        desk.store.orders.reopen_from(order_id, "phones")
    return _table(view)


def _as_before(desk: Desk, order_id: str, mac: Mac, before: BenchScan | None) -> None:
    if before is None:
        desk.store.bench.unscan(order_id, mac)
    else:
        desk.store.bench.scan(order_id, mac, seat=before.seat, by=before.operator)


def _answer(view: View, mac: Mac) -> ScanAnswer:
    seen = next((phone for phone in view.phones if phone.mac == mac), None)
    for row in _table(view).rows:
        if row.mac == mac:
            return ScanAnswer(mac, row, None, seen)
    reason = next((left.reason for left in view.matching.phones_left if left.mac == mac), "no-seat-left")
    return ScanAnswer(mac, None, reason, seen)


def _table(view: View) -> PhoneTable:
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
                site="",
                mac=pair.mac if pair else None,
                stage=_stage(view, pair) if pair else None,
                reason=reasons.get(wanted.key),
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


def _extension_of(desk: Desk, order_id: str, seat: str) -> Extension:
    view = stack_view(desk, order_id)
    for wanted in _wanted(view.matching):
        if seat == wanted.key or seat in wanted.seats:
            return wanted.seats[0]
    raise PhoneUnmatched(Fault("unknown-seat", Where("scan", field=seat), {"seat": seat}))
