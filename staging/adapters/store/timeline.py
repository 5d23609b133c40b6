"""What happened to an order or a serial? One line per event, in the order it happened."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, insert, or_, select

from staging.adapters.store.database import Database
from staging.adapters.store.tables import orders, timeline
from staging.core.clock import Clock
from staging.core.words import Serial
from staging.jobs.job import TimelineLine


class Timeline:
    """Writes and reads the timeline; lines are never changed."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def add(
        self,
        event: str,
        facts: Mapping[str, Any] | None = None,
        *,
        order_id: str | None = None,
        serial: Serial | None = None,
        operator: str | None = None,
        within: Connection | None = None,
    ) -> None:
        """Write one line down. within: the transaction of which it is part, when there is one."""
        statement = insert(timeline).values(
            at=self._clock.now(),
            event=event,
            facts=dict(facts or {}),
            order_id=order_id,
            serial=serial,
            operator=operator,
        )
        if within is not None:
            within.execute(statement)
            return
        with self._database.write() as connection:
            connection.execute(statement)

    def of_order(self, order_id: str, limit: int = 500) -> tuple[TimelineLine, ...]:
        """The order's lines and those of its appliance, oldest first; the newest `limit` of them."""
        serial = select(orders.c.serial).where(orders.c.id == order_id).scalar_subquery()
        return self._read(or_(timeline.c.order_id == order_id, timeline.c.serial == serial), limit)

    def of_serial(self, serial: Serial, limit: int = 500) -> tuple[TimelineLine, ...]:
        """The appliance's lines and those of its order, oldest first; the newest `limit` of them."""
        order = select(orders.c.id).where(orders.c.serial == serial).scalar_subquery()
        return self._read(or_(timeline.c.serial == serial, timeline.c.order_id == order), limit)

    def _read(self, condition: Any, limit: int) -> tuple[TimelineLine, ...]:
        statement = select(timeline).where(condition).order_by(timeline.c.id.desc()).limit(limit)
        with self._database.read() as connection:
            rows = connection.execute(statement).mappings().all()
        return tuple(
            TimelineLine(
                at=row["at"],
                event=row["event"],
                facts=row["facts"],
                order_id=row["order_id"],
                serial=row["serial"],
                operator=row["operator"],
            )
            for row in reversed(rows)
        )
