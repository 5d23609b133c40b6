"""What did people scan, print and pack? Scans, label copies, printers, cartons, finished documents."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import asdict

from sqlalchemy import BindParameter, Connection, bindparam, delete, func, insert, select, union, update
from sqlalchemy.exc import IntegrityError

from staging.adapters.store.database import Database
from staging.adapters.store.tables import (
    documents,
    firmware_notes,
    label_copies,
    orders,
    packed,
    pairings,
    plans,
    printers,
    scans,
)
from staging.core.clock import Clock
from staging.core.faults import Fault, LabelRefused, Refused, Where
from staging.core.words import Extension, Mac
from staging.jobs.records import BenchScan, FirmwareNote, LabelCopy, LabelStamp, Packing, PrintedCopy, Printer


class Bench:
    """Scans, label copies and packing of orders."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def scan(
        self, order_id: str, mac: Mac, *, seat: Extension | None, by: str, within: Connection | None = None
    ) -> None:
        """Write down a scanned phone; the same phone again replaces what was said before.

        within: the transaction of which it is part, when there is one.
        """
        if within is None:
            with self._database.write() as connection:
                self.scan(order_id, mac, seat=seat, by=by, within=connection)
            return
        values = {"seat": seat, "at": self._clock.now(), "operator": by}
        place = (scans.c.order_id == order_id, scans.c.mac == mac)
        if not within.execute(update(scans).where(*place).values(values)).rowcount:
            within.execute(insert(scans).values(order_id=order_id, mac=mac, **values))

    def unscan(self, order_id: str, mac: Mac) -> bool:
        """Take a scan back; False when there was none."""
        with self._database.write() as connection:
            # Whatever it was given to, it is free for other orders from here on.
            connection.execute(delete(pairings).where(pairings.c.order_id == order_id, pairings.c.mac == mac))
            return bool(
                connection.execute(delete(scans).where(scans.c.order_id == order_id, scans.c.mac == mac)).rowcount
            )

    def scans(self, order_id: str) -> tuple[BenchScan, ...]:
        """The order's scans, in the order they were made."""
        with self._database.read() as connection:
            rows = connection.execute(
                select(scans.c.mac, scans.c.seat, scans.c.at, scans.c.operator)
                .where(scans.c.order_id == order_id)
                .order_by(scans.c.at, scans.c.mac)
            ).all()
        return tuple(BenchScan(*row) for row in rows)

    def held_elsewhere(self, mac: Mac, *, order_id: str) -> str | None:
        """Another order on the bench that scanned this phone or was given it; an accepted one lets it go."""
        held = [
            select(table.c.order_id)
            .join(orders, orders.c.id == table.c.order_id)
            .where(table.c.mac == mac, table.c.order_id != order_id, orders.c.accepted_at.is_(None))
            for table in (scans, pairings)
        ]
        with self._database.read() as connection:
            found: str | None = connection.scalar(union(*held).limit(1))
        return found

    def keep_pairs(self, order_id: str, pairs: Mapping[str, Mac]) -> None:
        """Remember which phone stands for which wanted one (extension or base), in place of what was known."""
        with self._database.write() as connection:
            connection.execute(delete(pairings).where(pairings.c.order_id == order_id))
            if pairs:
                rows = [{"order_id": order_id, "key": key, "mac": mac} for key, mac in pairs.items()]
                connection.execute(insert(pairings), rows)

    def keep_pair(self, order_id: str, key: str, mac: Mac, *, within: Connection) -> None:
        """Remember one phone for one wanted one, in place of whatever either had in this order."""
        mine = pairings.c.order_id == order_id
        within.execute(delete(pairings).where(mine, (pairings.c.key == key) | (pairings.c.mac == mac)))
        within.execute(insert(pairings).values(order_id=order_id, key=key, mac=mac))

    def pairs(self, order_id: str) -> Mapping[str, Mac]:
        """The phone of each wanted one, as the stack last confirmed it; true when the stack is down."""
        with self._database.read() as connection:
            rows = connection.execute(select(pairings.c.key, pairings.c.mac).where(pairings.c.order_id == order_id))
            return {row[0]: row[1] for row in rows}

    def next_copies(self, order_id: str, items: Iterable[tuple[str, str]]) -> Mapping[tuple[str, str], int]:
        """The number that the next print of each label (kind, item) carries; the first is 1."""
        with self._database.read() as connection:
            rows = connection.execute(
                select(label_copies.c.kind, label_copies.c.item, func.max(label_copies.c.copy))
                .where(label_copies.c.order_id == order_id)
                .group_by(label_copies.c.kind, label_copies.c.item)
            ).all()
        last = {(row[0], row[1]): row[2] for row in rows}
        return {item: last.get(item, 0) + 1 for item in items}

    def settle_copies(self, order_id: str, copies: Mapping[tuple[str, str], int], *, status: str) -> None:
        """Write down what became of copies that were on their way: `sent`, `printed` or `failed`."""
        with self._database.write() as connection:
            for (kind, item), copy in copies.items():
                connection.execute(
                    update(label_copies)
                    .where(
                        label_copies.c.order_id == order_id,
                        label_copies.c.kind == kind,
                        label_copies.c.item == item,
                        label_copies.c.copy == copy,
                    )
                    .values(status=status)
                )

    def printed(
        self, order_id: str, copies: Mapping[tuple[str, str], LabelCopy], *, printer: str, status: str, by: str
    ) -> None:
        """Write down which copies go to a printer, before they do: status `sending`; `settle_copies` closes them.

        Raises LabelRefused `labels-printed-meanwhile` when somebody used one of these numbers up: none is kept then.
        """
        rows = [
            {
                "order_id": order_id,
                "kind": kind,
                "item": item,
                "copy": one.copy,
                "content": one.content,
                "printer": printer,
                "status": status,
                "at": self._clock.now(),
                "operator": by,
            }
            for (kind, item), one in copies.items()
        ]
        try:
            with self._database.write() as connection:
                if rows:
                    connection.execute(insert(label_copies), rows)
        except IntegrityError as error:
            raise LabelRefused(Fault("labels-printed-meanwhile", Where("labels"), {"order": order_id})) from error

    def copies(self, order_id: str) -> Mapping[tuple[str, str], LabelCopy]:
        """The newest copy of each label (kind, item) that left; earlier ones are void, and one that failed is not."""
        with self._database.read() as connection:
            rows = connection.execute(
                select(label_copies.c.kind, label_copies.c.item, label_copies.c.copy, label_copies.c.content)
                .where(label_copies.c.order_id == order_id, label_copies.c.status.in_(("sent", "printed")))
                .order_by(label_copies.c.copy)
            ).all()
        return {(row[0], row[1]): LabelCopy(row[2], row[3]) for row in rows}

    def ledger(self, order_id: str) -> Mapping[tuple[str, str], PrintedCopy]:
        """What became of the newest print of each label (kind, item), whether it counts or not."""
        names = ("copy", "status", "printer", "at", "operator")
        with self._database.read() as connection:
            rows = connection.execute(
                select(label_copies.c.kind, label_copies.c.item, *(label_copies.c[name] for name in names))
                .where(label_copies.c.order_id == order_id)
                .order_by(label_copies.c.copy)
            ).all()
        return {(row[0], row[1]): PrintedCopy(*row[2:]) for row in rows}

    def add_printer(self, printer: Printer) -> None:
        """Keep a printer. Raises Refused when the name is taken."""
        try:
            with self._database.write() as connection:
                connection.execute(insert(printers).values(asdict(printer)))
        except IntegrityError as error:
            raise Refused(Fault("printer-exists", Where("printer"), {"name": printer.name})) from error

    def change_printer(self, name: str, **values: object) -> None:
        """Change what is known of a printer. Raises Refused `unknown-printer`."""
        self.get_printer(name)
        with self._database.write() as connection:
            connection.execute(update(printers).where(printers.c.name == name).values(values))

    def printers(self) -> tuple[Printer, ...]:
        """Every printer by name."""
        with self._database.read() as connection:
            rows = connection.execute(select(printers).order_by(printers.c.name)).mappings().all()
        return tuple(Printer(**row) for row in rows)

    def get_printer(self, name: str) -> Printer:
        """The printer; raises Refused with `unknown-printer`."""
        for printer in self.printers():
            if printer.name == name:
                return printer
        known = ", ".join(one.name for one in self.printers()) or "–"
        raise Refused(Fault("unknown-printer", Where("printer"), {"name": name, "known": known}))

    def stamp(self, order_id: str) -> LabelStamp:
        """Everything that an order's labels are made of beside the order itself; cheap, for every scan asks."""
        given = {"order": order_id}
        with self._database.read() as connection:
            version = connection.scalar(_NEWEST_GOOD, given)
            pairs = connection.execute(_PAIRS, given).all()
            notes = connection.execute(_NOTES, given).all()
        return LabelStamp(version, tuple((row[0], row[1]) for row in pairs), tuple(FirmwareNote(*row) for row in notes))

    def pack(
        self, order_id: str, item: str, *, handset: int, carton: int, by: str, within: Connection | None = None
    ) -> bool:
        """A handset met its carton, under these copies of their labels; False when these two had met before.

        within: the transaction of which it is part, when there is one.
        """
        if within is None:
            with self._database.write() as connection:
                return self.pack(order_id, item, handset=handset, carton=carton, by=by, within=connection)
        values = {"handset": handset, "carton": carton, "at": self._clock.now(), "operator": by}
        place = (packed.c.order_id == order_id, packed.c.item == item)
        met = within.execute(select(packed.c.handset, packed.c.carton).where(*place)).first()
        if met is None:
            within.execute(insert(packed).values(order_id=order_id, item=item, **values))
        elif tuple(met) != (handset, carton):
            within.execute(update(packed).where(*place).values(values))
        return met is None or tuple(met) != (handset, carton)

    def packed(self, order_id: str) -> Mapping[str, tuple[int, int]]:
        """Items of the order that are in their cartons, with the copies of the handset's and the carton's label."""
        statement = select(packed.c.item, packed.c.handset, packed.c.carton).where(packed.c.order_id == order_id)
        with self._database.read() as connection:
            return {row[0]: (row[1], row[2]) for row in connection.execute(statement)}

    def packed_counts(self, among: Collection[str]) -> Mapping[str, int]:
        """Of these orders those that have labels that count, each with the number of its cartons that are packed."""
        labelled = (
            select(label_copies.c.order_id)
            .where(label_copies.c.order_id.in_(among), label_copies.c.status.in_(("sent", "printed")))
            .distinct()
        )
        counted = (
            select(packed.c.order_id, func.count()).where(packed.c.order_id.in_(among)).group_by(packed.c.order_id)
        )
        with self._database.read() as connection:
            counts = {row[0]: row[1] for row in connection.execute(counted)}
            return {order_id: counts.get(order_id, 0) for order_id in connection.scalars(labelled)}

    def unpack(self, order_id: str, item: str) -> bool:
        """Take a pair back; False when there was none."""
        place = (packed.c.order_id == order_id, packed.c.item == item)
        with self._database.write() as connection:
            return bool(connection.execute(delete(packed).where(*place)).rowcount)

    def packings(self, order_id: str) -> Mapping[str, Packing]:
        """Who put each item into its carton, and when; the newest last."""
        columns = (packed.c.item, packed.c.handset, packed.c.carton, packed.c.at, packed.c.operator)
        statement = select(*columns).where(packed.c.order_id == order_id).order_by(packed.c.at)
        with self._database.read() as connection:
            return {row[0]: Packing(*row[1:]) for row in connection.execute(statement)}

    def keep_document(self, order_id: str, name: str, content: bytes) -> None:
        """Keep a finished document of an order, such as its acceptance sheet."""
        values = {"content": content, "at": self._clock.now()}
        place = (documents.c.order_id == order_id, documents.c.name == name)
        with self._database.write() as connection:
            if not connection.execute(update(documents).where(*place).values(values)).rowcount:
                connection.execute(insert(documents).values(order_id=order_id, name=name, **values))

    def document(self, order_id: str, name: str) -> bytes | None:
        """A finished document, or None."""
        with self._database.read() as connection:
            found: bytes | None = connection.scalar(
                select(documents.c.content).where(documents.c.order_id == order_id, documents.c.name == name)
            )
        return found


_ORDER: BindParameter[str] = bindparam("order")
_NEWEST_GOOD = select(func.max(plans.c.version)).where(plans.c.order_id == _ORDER, plans.c.ok.is_(True))
_PAIRS = select(pairings.c.key, pairings.c.mac).where(pairings.c.order_id == _ORDER).order_by(pairings.c.key)
_NOTES = (
    select(*(firmware_notes.c[name] for name in FirmwareNote.__slots__))
    .where(firmware_notes.c.order_id == _ORDER)
    .order_by(firmware_notes.c.item)
)
