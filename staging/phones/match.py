"""Which phone is whose? Phones seen, seats that want one and what was scanned, made into pairs."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from numbering.plan import NumberingPlan, Seat, SeatLine
from staging.core.faults import Fault
from staging.core.words import Extension, Mac
from staging.phones.seen import SeenPhone

PhoneReason = Literal["wrong-model", "other-customer", "duplicate-device", "no-seat-left", "not-scanned"]
SeatReason = Literal["wrong-model", "other-customer", "duplicate-device", "not-scanned"]


@dataclass(frozen=True, slots=True)
class WantedPhone:
    """A phone that the plan asks for, with its seats. key: `base` and its name, or the seat's extension.

    mac: named in the plan, or None. seats: extensions in row order; several only on a DECT base.
    """

    key: str
    model: str
    mac: Mac | None
    seats: tuple[Extension, ...]


def wanted_phones(plan: NumberingPlan) -> tuple[WantedPhone, ...]:
    """The phones that a plan asks for, in row order: one per desk line, one per DECT base with its handsets' seats."""
    places: dict[str, WantedPhone] = {}
    for seat in plan.seats:
        for line in seat.lines:
            if line.kind == "app" or line.model is None or seat.extension is None:
                continue
            key = wanted_key(seat, line)
            before = places.get(key)
            seats = (*(before.seats if before else ()), seat.extension)
            places[key] = WantedPhone(key, line.model, (before.mac if before else None) or line.mac, seats)
    return tuple(places.values())


def wanted_key(seat: Seat, line: SeatLine) -> str:
    """What names the phone of a line: `base 1` for a handset of base 1, else the seat's extension."""
    return f"base {line.base}" if line.base else str(seat.extension)


@dataclass(frozen=True, slots=True)
class Scan:
    """What the technician read on a phone. model: from its sticker, where it says it.

    seat: the extension that it was scanned for, any of a base's; None for "the next one of that model".
    """

    mac: Mac
    model: str | None = None
    seat: Extension | None = None


@dataclass(frozen=True, slots=True)
class Pair:
    """A phone and what it is for. phone: None while provd has not seen it; it can be declared ahead all the same."""

    wanted: WantedPhone
    mac: Mac
    phone: SeenPhone | None


@dataclass(frozen=True, slots=True)
class PhoneLeft:
    """A phone, seen or scanned, that got no seat, and why."""

    mac: Mac
    reason: PhoneReason


@dataclass(frozen=True, slots=True)
class SeatLeft:
    """A wanted phone that is not there, and why."""

    wanted: WantedPhone
    reason: SeatReason


@dataclass(frozen=True, slots=True)
class Matching:
    """Pairs, and everybody left over with a reason: no phone and no seat is passed over in silence."""

    pairs: tuple[Pair, ...]
    phones_left: tuple[PhoneLeft, ...]
    seats_left: tuple[SeatLeft, ...]

    def macs(self) -> dict[Extension, Mac]:
        """The MAC for every seat that has a phone; all handsets of a base have the base's."""
        return {seat: pair.mac for pair in self.pairs for seat in pair.wanted.seats}


def match(
    seen: Sequence[SeenPhone],
    wanted: Sequence[WantedPhone],
    scanned: Sequence[Scan],
    *,
    tenant: str | None = None,
    paired: Mapping[str, Mac] | None = None,
) -> Matching:
    """Pair phones with seats: by earlier pairs, by the plan's MACs, then by scans in the order of scanning.

    A scan with a seat takes that seat; one without takes the next free seat of its model, in the plan's order.
    The model is the one that provd saw, else the sticker's; a scan that has neither fits any free seat.
    tenant: uuid of the order's own; a phone of another tenant is another customer's.
    paired: what was decided before, by the wanted phone's key; it stays, so that stickers stay true.
    """
    return _Table(seen, wanted, tenant, paired or {}).seat(scanned)


def leftover_faults(matching: Matching) -> tuple[Fault, ...]:
    """What a person has to look at, as warnings: phones and seats left over, paired phones that provd never saw."""
    phones = [
        Fault(f"phone-{left.reason}", facts={"mac": left.mac}, severity="warning") for left in matching.phones_left
    ]
    seats = [
        Fault(f"seat-{left.reason}", facts=_facts(left.wanted), severity="warning") for left in matching.seats_left
    ]
    unseen = [
        Fault("seat-never-seen", facts={**_facts(pair.wanted), "mac": pair.mac}, severity="warning")
        for pair in matching.pairs
        if pair.phone is None
    ]
    return (*phones, *seats, *unseen)


def _facts(wanted: WantedPhone) -> dict[str, str]:
    return {"seat": ", ".join(wanted.seats), "model": wanted.model}


class _Table:
    """The bench while phones are given out: who is free, who has what, who was turned away."""

    def __init__(
        self, seen: Sequence[SeenPhone], wanted: Sequence[WantedPhone], tenant: str | None, paired: Mapping[str, Mac]
    ) -> None:
        self._wanted = tuple(wanted)
        self._tenant = tenant
        self._phones = {phone.mac: phone for phone in reversed(seen)}
        self._count = Counter(phone.mac for phone in seen)
        self._given: dict[str, Mac] = {}
        self._turned_away: dict[Mac, PhoneReason] = {}
        self._empty: dict[str, SeatReason] = {}
        for place in self._wanted:
            mac = paired.get(place.key) or place.mac
            if mac:
                self._try_named(place, mac)

    def seat(self, scanned: Sequence[Scan]) -> Matching:
        for scan in scanned:
            if scan.mac not in self._given.values():
                self._seat_scanned(scan)
        return Matching(tuple(self._pairs()), tuple(self._phones_left()), tuple(self._seats_left()))

    def _try_named(self, place: WantedPhone, mac: Mac) -> None:
        phone = self._phones.get(mac)
        fault = self._fault(mac, place.model, phone.model if phone else None)
        if fault:
            self._turned_away[mac] = fault
            self._empty[place.key] = fault
        else:
            self._given[place.key] = mac

    def _seat_scanned(self, scan: Scan) -> None:
        phone = self._phones.get(scan.mac)
        model = (phone.model if phone else None) or scan.model
        free = [place for place in self._wanted if place.key not in self._given]
        if scan.seat is not None:
            free = [place for place in free if scan.seat in place.seats]
        fitting = [place for place in free if self._fault(scan.mac, place.model, model) is None and place.mac is None]
        if fitting:
            self._given[fitting[0].key] = scan.mac
            self._turned_away.pop(scan.mac, None)
            self._empty.pop(fitting[0].key, None)
            return
        self._turned_away[scan.mac] = self._why_not(scan, model, free)
        if scan.seat is not None and free and self._turned_away[scan.mac] != "no-seat-left":
            self._empty[free[0].key] = _as_seat_reason(self._turned_away[scan.mac])

    def _why_not(self, scan: Scan, model: str | None, free: Sequence[WantedPhone]) -> PhoneReason:
        own = self._fault(scan.mac, model, model)
        if own:
            return own
        wrong = bool(free) if scan.seat is not None else not any(model == place.model for place in self._wanted)
        return "wrong-model" if wrong and model is not None else "no-seat-left"

    def _fault(
        self, mac: Mac, wanted: str | None, model: str | None
    ) -> Literal["other-customer", "duplicate-device", "wrong-model"] | None:
        phone = self._phones.get(mac)
        if phone and phone.allocated and self._tenant and phone.tenant and phone.tenant != self._tenant:
            return "other-customer"
        if self._count[mac] > 1:
            return "duplicate-device"
        return "wrong-model" if wanted and model and model != wanted else None

    def _pairs(self) -> Iterator[Pair]:
        for place in self._wanted:
            mac = self._given.get(place.key)
            if mac:
                yield Pair(place, mac, self._phones.get(mac))

    def _phones_left(self) -> Iterator[PhoneLeft]:
        taken = set(self._given.values())
        for mac in sorted({*self._phones, *self._turned_away} - taken):
            yield PhoneLeft(mac, self._turned_away.get(mac) or self._fault(mac, None, None) or self._idle(mac))

    def _idle(self, mac: Mac) -> PhoneReason:
        """Why a phone that is merely plugged in has no seat."""
        model = self._phones[mac].model
        places = [place for place in self._wanted if model in (None, place.model)]
        if not places:
            return "wrong-model"
        return "not-scanned" if any(place.key not in self._given for place in places) else "no-seat-left"

    def _seats_left(self) -> Iterator[SeatLeft]:
        for place in self._wanted:
            if place.key not in self._given:
                yield SeatLeft(place, self._empty.get(place.key, "not-scanned"))


def _as_seat_reason(reason: PhoneReason) -> SeatReason:
    return "not-scanned" if reason == "no-seat-left" else reason
