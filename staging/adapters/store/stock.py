"""Which sheets of labels were begun, and which software was put on what? What labels need beside plan and copies."""

from collections.abc import Iterable
from datetime import date

from sqlalchemy import insert, select, update

from staging.adapters.store.database import Database
from staging.adapters.store.tables import firmware_notes, label_sheets
from staging.core.clock import Clock
from staging.core.faults import Fault, Refused, Where
from staging.jobs.records import OpenSheet


class Stock:
    """Sheets that still have labels on them, and notes of firmware."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def open_sheet(self, sheet: str, *, used: Iterable[int], by: str) -> int:
        """Remember a sheet that was begun; gives its number, which is never given twice."""
        values = {"sheet": sheet, "used": sorted(used), "closed": False, "at": self._clock.now(), "operator": by}
        with self._database.write() as connection:
            made = connection.execute(insert(label_sheets).values(**values)).inserted_primary_key
        return int(made[0]) if made else 0

    def use_cells(self, number: int, cells: Iterable[int], *, by: str) -> None:
        """These cells of a sheet have no label any more. Raises Refused `unknown-label-sheet`."""
        place = (label_sheets.c.number == number, label_sheets.c.closed.is_(False))
        with self._database.write() as connection:
            # Read and written in one go: what somebody else used meanwhile stays used.
            held = connection.scalar(select(label_sheets.c.used).where(*place))
            if held is None:
                raise _unknown(number)
            values = {"used": sorted({*held, *cells}), "at": self._clock.now(), "operator": by}
            connection.execute(update(label_sheets).where(*place).values(**values))

    def forget_sheet(self, number: int) -> bool:
        """The sheet is used up or thrown away; False when nobody knew it. Its line stays, so that its number does."""
        place = (label_sheets.c.number == number, label_sheets.c.closed.is_(False))
        with self._database.write() as connection:
            return bool(connection.execute(update(label_sheets).where(*place).values(closed=True)).rowcount)

    def sheets(self, sheet: str | None = None) -> tuple[OpenSheet, ...]:
        """Sheets that were begun, the oldest first; of one stock, or of all."""
        wanted = select(label_sheets).where(label_sheets.c.closed.is_(False)).order_by(label_sheets.c.number)
        if sheet is not None:
            wanted = wanted.where(label_sheets.c.sheet == sheet)
        with self._database.read() as connection:
            rows = connection.execute(wanted).all()
        return tuple(OpenSheet(row.number, row.sheet, frozenset(row.used), row.at) for row in rows)

    def get_sheet(self, number: int) -> OpenSheet:
        """One sheet that was begun. Raises Refused `unknown-label-sheet`."""
        for one in self.sheets():
            if one.number == number:
                return one
        raise _unknown(number)

    def note_firmware(
        self, order_id: str, item: str, *, equipment: str, software: str, serial: str | None, on: date, by: str
    ) -> None:
        """Write down which software a piece of equipment has; a second note of the same item replaces the first."""
        values = {"equipment": equipment, "software": software, "serial": serial, "applied_on": on}
        values |= {"at": self._clock.now(), "operator": by}
        place = (firmware_notes.c.order_id == order_id, firmware_notes.c.item == item)
        with self._database.write() as connection:
            if not connection.execute(update(firmware_notes).where(*place).values(values)).rowcount:
                connection.execute(insert(firmware_notes).values(order_id=order_id, item=item, **values))


def _unknown(number: int) -> Refused:
    return Refused(Fault("unknown-label-sheet", Where("labels"), {"number": number}))
