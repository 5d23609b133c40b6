"""The scan station: one field takes whatever a scanner reads, and says what it is and what comes next."""

from dataclasses import dataclass
from typing import Literal

from labels.label import BaseLabel, LabelCode
from staging.adapters.stationery import base_item
from staging.core.faults import Fault, PhoneUnmatched, Refused, StagingError, Where
from staging.core.words import Extension, Serial
from staging.desk.desk import Desk
from staging.desk.labelbook import counting, labels_of
from staging.desk.labels import print_labels
from staging.desk.phones import PhoneRow, ScanAnswer, find_wish, scan_phone, undo_last, wish_row, wishes_of
from staging.jobs.job import Order
from staging.phones.reading import ReadControl, ReadExtension, ReadLabel, ReadMac, read_scan

Verdict = Literal["paired", "again", "left", "seat", "taken", "appliance", "foreign", "void", "undone", "nothing"]
"""paired: the phone is this seat's from now on. again: it was already. left: no seat for it, with a reason.
seat: the next phone goes there. taken: this seat's phone is known. foreign: another order's. void: an earlier print.
undone: the last scan was taken back; nothing: there was none to take back."""


@dataclass(frozen=True, slots=True)
class StationAnswer:
    """What a scan at the station came to. text: key `station-<verdict>` with `facts`, or `phone-<reason>` for left.

    seat: key of the phone wanted that the next phone scanned goes to, or None. printed: labels that went out with it.
    faults: why its label was not printed.
    """

    verdict: Verdict
    row: PhoneRow | None = None
    scan: ScanAnswer | None = None
    serial: Serial | None = None
    facts: tuple[tuple[str, str], ...] = ()
    seat: str | None = None
    printed: int = 0
    faults: tuple[Fault, ...] = ()


def read_at_station(
    desk: Desk, order_id: str, typed: str, *, seat: str | None, by: str, printer: str | None = None
) -> StationAnswer:
    """One scan. seat: the phone wanted that was chosen before, for a phone. printer: print the phone's label there.

    Raises PhoneUnmatched for what nobody can read, for a phone of another order and a seat that is not in the plan.
    """
    order = desk.store.orders.get(order_id)
    match read_scan(typed):
        case ReadMac(mac):
            return _phone(desk, order, scan_phone(desk, order_id, mac, seat=seat, by=by), by, printer)
        case ReadLabel(code):
            return _label(desk, order, code)
        case ReadExtension(extension):
            return _seat(desk, order, extension)
        case ReadControl():
            return undo_at_station(desk, order_id, by=by)
        case None:
            raise _unreadable(typed)
        case other:
            return _appliance(desk, order, other.serial, typed)


def station_facts(answer: StationAnswer) -> dict[str, str]:
    """What the sentence of a verdict may name."""
    row = answer.row
    if row is None:
        return dict(answer.facts)
    about = {"seats": " · ".join(row.wanted.seats), "names": ", ".join(row.names), "mac": (row.mac or "–").upper()}
    return about | dict(answer.facts)


def undo_at_station(desk: Desk, order_id: str, *, by: str) -> StationAnswer:
    """Take back the last phone that this person scanned; its seat is chosen for the next one."""
    undone = undo_last(desk, order_id, by=by)
    if undone is None:
        return StationAnswer("nothing")
    facts = (("mac", str(undone.mac).upper()),)
    return StationAnswer("undone", undone.row, undone, facts=facts, seat=undone.row.wanted.key if undone.row else None)


def _phone(desk: Desk, order: Order, answer: ScanAnswer, by: str, printer: str | None) -> StationAnswer:
    if answer.row is None:
        return StationAnswer("left", None, answer)
    verdict: Verdict = "again" if answer.again else "paired"
    if printer is None:
        return StationAnswer(verdict, answer.row, answer)
    wanted = answer.row.wanted.key
    base = wanted.removeprefix("base ") if wanted.startswith("base ") else None
    kind, item = ("handset", wanted) if base is None else ("base", base_item(base))
    if answer.again and (kind, item) in counting(desk, order.id, labels_of(desk, order.id, {})):
        return StationAnswer(verdict, answer.row, answer)
    try:
        done = print_labels(desk, order.id, printer=printer, by=by, kinds=frozenset({kind}), items=frozenset({item}))
    except StagingError as error:
        # The phone is this seat's all the same; only its sticker has to be printed again.
        return StationAnswer(verdict, answer.row, answer, faults=error.faults)
    return StationAnswer(verdict, answer.row, answer, printed=done.labels)


def _label(desk: Desk, order: Order, code: LabelCode) -> StationAnswer:
    labels = labels_of(desk, order.id, {})
    if code.order != order.id:
        return StationAnswer("foreign", facts=(("order", code.order), ("customer", _customer(desk, code.order))))
    label = next((one for one in labels if (one.code.kind, one.code.item) == (code.kind, code.item)), None)
    if label is None:
        return StationAnswer("foreign", facts=(("order", str(code)), ("customer", "–")))
    valid = counting(desk, order.id, labels).get((code.kind, code.item), 0)
    if code.copy != valid:
        return StationAnswer("void", facts=(("copy", str(code.copy)), ("valid", str(valid or "–"))))
    if code.kind in ("handset", "carton"):
        return _seat(desk, order, Extension(code.item))
    if isinstance(label, BaseLabel):
        return _seat(desk, order, label.slots[0].extension)
    return StationAnswer("appliance", serial=order.serial, facts=(("serial", order.serial or code.item),))


def _seat(desk: Desk, order: Order, extension: Extension) -> StationAnswer:
    wishes = wishes_of(desk, order)
    wanted = find_wish(wishes, extension)
    mac = dict(desk.store.bench.stamp(order.id).pairs).get(wanted.key)
    row = wish_row(wishes, wanted, mac, seen=False)
    return StationAnswer("taken", row) if mac else StationAnswer("seat", row, seat=wanted.key)


def _appliance(desk: Desk, order: Order, serial: Serial, typed: str) -> StationAnswer:
    box = desk.store.appliances.find(serial)
    if box is None:
        raise _unreadable(typed)
    if serial == order.serial:
        return StationAnswer("appliance", serial=serial, facts=(("serial", serial),))
    owner = desk.store.orders.of_serial(serial)
    facts = (("order", owner.id if owner else serial), ("customer", (owner.customer if owner else box.customer) or "–"))
    return StationAnswer("foreign", facts=facts)


def _customer(desk: Desk, order_id: str) -> str:
    try:
        return desk.store.orders.get(order_id).customer
    except Refused:
        return "–"


def _unreadable(typed: str) -> PhoneUnmatched:
    return PhoneUnmatched(Fault("scan-unknown", Where("scan"), {"typed": typed.strip()[:40]}))
