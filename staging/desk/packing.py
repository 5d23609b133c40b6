"""Packing: does this phone belong in this carton, what is missing, may the order leave?"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

from labels.label import CartonLabel, LabelCode, label_name, parse_code
from labels.manifest import Manifest, ManifestRow, draw_manifest
from staging.core.faults import Fault, Refused, Where
from staging.core.words import Language
from staging.desk.desk import Desk
from staging.desk.labelbook import Key, counting, key_of, labels_of
from staging.jobs.job import Order
from staging.jobs.records import Packing

Verdict = Literal["next", "right", "wrong", "void", "foreign", "again", "unreadable"]
"""next: now scan the other one. right: a pair. wrong: not a pair. void: a print that does not count (any more); its
`second` is the copy that does, or a dash. again: packed before."""


@dataclass(frozen=True, slots=True)
class PackAnswer:
    """What a scan at the packing bench came to. text: key `pack-<verdict>` with these names.

    closed: with this pair, every phone of the order is in its carton.
    """

    verdict: Verdict
    first: str
    second: str
    handset: str | None
    closed: bool = False


@dataclass(frozen=True, slots=True)
class PackState:
    """How far packing is. missing: names of what was not packed yet. last: name of the pair made last, or None."""

    packed: int
    total: int
    missing: tuple[str, ...]
    last: str | None = None


def pack(desk: Desk, order_id: str, scanned: str, *, before: str | None, by: str) -> PackAnswer:
    """One scan at the packing bench. before: the code scanned just before it, which waits for its other half."""
    return _judge(desk, _room(desk, order_id), scanned, before, by)


def pack_and_look(
    desk: Desk, order_id: str, scanned: str, *, before: str | None, by: str
) -> tuple[PackAnswer, PackState]:
    """One scan, and how far packing is after it."""
    room = _room(desk, order_id)
    answer = _judge(desk, room, scanned, before, by)
    code = parse_code(scanned.strip())
    made = code.item if code is not None and answer.verdict == "right" else None
    return answer, _state(room, also=made)


def unpack_last(desk: Desk, order_id: str, *, by: str) -> str | None:
    """Take back the last pair that this person made; gives its name, or None when there is none."""
    desk.store.orders.get(order_id)
    mine = [item for item, one in desk.store.bench.packings(order_id).items() if one.operator == by]
    if not mine or not desk.store.bench.unpack(order_id, mine[-1]):
        return None
    names = {key_of(label): label_name(label) for label in labels_of(desk, order_id, {})}
    name = names.get(("carton", mine[-1]), mine[-1])
    desk.store.timeline.add("unpacked", {"name": name}, order_id=order_id, operator=by)
    return name


def pack_state(desk: Desk, order_id: str) -> PackState:
    """What is packed and what is missing, by name."""
    return _state(_room(desk, order_id))


def manifest(desk: Desk, order_id: str, *, lang: Language) -> bytes:
    """What is in which carton, as a PDF to go with the parcel; what is not packed says so."""
    order = desk.store.orders.get(order_id)
    labels, room = labels_of(desk, order_id, {}), _room(desk, order_id)
    rows = tuple(
        ManifestRow(
            site=label.site or order.customer,
            n=label.n,
            of=label.of,
            name=label.name,
            extension=label.extension,
            model=label.model,
            mac=label.mac,
            packed_at=room.packed[label.code.item].at.astimezone() if room.holds(label.code.item) else None,
            packed_by=room.packed[label.code.item].operator if room.holds(label.code.item) else None,
        )
        for label in labels
        if isinstance(label, CartonLabel)
    )
    made_on = desk.clock.now().astimezone().date()
    return draw_manifest(Manifest(order.customer, order.id, order.serial, made_on, rows), lang=lang)


def ship(desk: Desk, order_id: str, *, by: str) -> datetime:
    """The order left, and when: its box is guarded against being armed again. Said twice, it left once.

    Raises Refused `not-ready-to-ship` while a carton is missing, `not-accepted-yet` before acceptance.
    """
    order = desk.store.orders.get(order_id)
    state = pack_state(desk, order_id)
    at_order, faults = Where("order", field=order_id), []
    if state.missing:
        faults.append(Fault("not-ready-to-ship", at_order, {"order": order_id, "missing": len(state.missing)}))
    if order.accepted_at is None:
        faults.append(Fault("not-accepted-yet", at_order, {"order": order_id}))
    if faults:
        raise Refused(*faults)
    if (left_at := _left_at(desk, order)) is not None:
        return left_at
    at = desk.clock.now()
    with desk.store.database.write() as one:
        # Asked again where nobody else writes: a button pressed twice is two requests at the same moment.
        if (left_at := _left_at(desk, order)) is not None:
            return left_at
        if order.serial is not None:
            desk.store.appliances.ship(order.serial, at=at, within=one)
        desk.store.timeline.add("order-shipped", {}, order_id=order_id, serial=order.serial, operator=by, within=one)
    return _left_at(desk, order) or at


@dataclass(frozen=True, slots=True)
class _Room:
    """The packing bench of an order at one moment. valid: the copy that counts; packed: the newest last."""

    order_id: str
    names: Mapping[Key, str]
    valid: Mapping[Key, int]
    packed: Mapping[str, Packing]

    def holds(self, item: str) -> bool:
        """Whether a carton holds its phone. One whose label was printed anew since has to be scanned again, or it
        leaves under a void label."""
        one = self.packed.get(item)
        copies = (self.valid.get(("handset", item)), self.valid.get(("carton", item)))
        return one is not None and (one.handset, one.carton) == copies


def _room(desk: Desk, order_id: str) -> _Room:
    labels = labels_of(desk, order_id, {})
    names = {key_of(label): label_name(label) for label in labels}
    return _Room(order_id, names, counting(desk, order_id, labels), desk.store.bench.packings(order_id))


def _state(room: _Room, *, also: str | None = None) -> PackState:
    cartons = {item: name for (kind, item), name in room.names.items() if kind == "carton"}
    missing = tuple(name for item, name in cartons.items() if item != also and not room.holds(item))
    last = also or next((item for item in reversed(list(room.packed)) if item in cartons), None)
    return PackState(len(cartons) - len(missing), len(cartons), missing, cartons.get(last) if last else None)


def _judge(desk: Desk, room: _Room, scanned: str, before: str | None, by: str) -> PackAnswer:
    code, waiting = parse_code(scanned.strip()), parse_code(before or "")
    if code is None or code.kind not in ("handset", "carton"):
        return PackAnswer("unreadable", scanned.strip()[:40], "", None)
    name = room.names.get((code.kind, code.item))
    if code.order != room.order_id or name is None:
        return PackAnswer("foreign", str(code), _whose(desk, code), None)
    counts = room.valid.get((code.kind, code.item), 0)
    if code.copy != counts:
        return PackAnswer("void", name, str(counts or "–"), None)
    if waiting is None or waiting.kind == code.kind or waiting.order != room.order_id:
        return PackAnswer("next", name, "", str(code))
    if waiting.copy != (valid := room.valid.get((waiting.kind, waiting.item), 0)):
        # Reprinted after it was scanned: the half in the packer's hand is void by now.
        return PackAnswer("void", room.names.get((waiting.kind, waiting.item), str(waiting)), str(valid or "–"), None)
    return _pair(desk, room, code, waiting, by)


def _pair(desk: Desk, room: _Room, code: LabelCode, waiting: LabelCode, by: str) -> PackAnswer:
    other = room.names.get((waiting.kind, waiting.item), str(waiting))
    name, tell = room.names[code.kind, code.item], desk.store.timeline.add
    if code.item != waiting.item:
        tell("pack-wrong", {"first": other, "second": name}, order_id=room.order_id, operator=by)
        return PackAnswer("wrong", other, name, None)
    copy = {code.kind: code.copy, waiting.kind: waiting.copy}
    with desk.store.database.write() as one:
        # Looked at again, now that nobody else writes: of two who pack the last two phones, one closes the order.
        packed = desk.store.bench.packings(room.order_id)
        closed = not _state(replace(room, packed=packed), also=code.item).missing
        if not desk.store.bench.pack(
            room.order_id, code.item, handset=copy["handset"], carton=copy["carton"], by=by, within=one
        ):
            return PackAnswer("again", other, name, None)
        tell("packed", {"name": name}, order_id=room.order_id, operator=by, within=one)
        if closed:
            tell("order-packed", {}, order_id=room.order_id, operator=by, within=one)
    return PackAnswer("right", other, name, None, closed)


def _left_at(desk: Desk, order: Order) -> datetime | None:
    """When an order left; a box knows it itself, as it may come back and be armed again."""
    if order.serial is not None:
        return desk.store.appliances.get(order.serial).shipped_at
    told = desk.store.timeline.of_order(order.id)
    return next((line.at for line in reversed(told) if line.event == "order-shipped"), None)


def _whose(desk: Desk, code: LabelCode) -> str:
    """The order of a label that is not ours, and its customer where we know it."""
    try:
        return f"{code.order}, {desk.store.orders.get(code.order).customer}"
    except Refused:
        return code.order
