"""Which orders are there, and how do their steps stand?"""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, RowMapping, func, insert, select, update
from sqlalchemy.exc import IntegrityError

from staging.adapters.store.database import Database
from staging.adapters.store.tables import orders, steps
from staging.core.clock import Clock, Ids
from staging.core.faults import Fault, Refused, Where
from staging.core.words import Serial
from staging.jobs.job import STEPS, Order, StepName, StepRecord

_ORDER = [column.name for column in orders.columns]


class Orders:
    """Orders and their steps."""

    def __init__(self, database: Database, clock: Clock, ids: Ids) -> None:
        self._database = database
        self._clock = clock
        self._ids = ids

    def create(
        self,
        *,
        customer: str,
        siret: str,
        stack: str,
        by: str,
        serial: Serial | None = None,
        extensions: str | None = None,
        main_to: str | None = None,
    ) -> Order:
        """Open an order with all its steps to do. Raises Refused when the serial already has one."""
        row = {
            "customer": customer,
            "siret": siret,
            "stack": stack,
            "serial": serial,
            "extensions": extensions,
            "main_to": main_to,
            "created_at": self._clock.now(),
            "created_by": by,
            "wake": 1,
            "handled": 0,
        }
        try:
            with self._database.write() as connection:
                order_id = self._free_id(connection)
                connection.execute(insert(orders).values(id=order_id, **row))
                connection.execute(insert(steps), [_blank_step(order_id, name) for name in STEPS])
        except IntegrityError as error:
            if serial is None or self.of_serial(serial) is None:
                # Our own mistake, such as a stack that nobody knows: no other order has anything to do with it.
                raise
            raise self._serial_taken(serial) from error
        return self.get(order_id)

    def find(self, order_id: str) -> Order | None:
        """The order, or None."""
        with self._database.read() as connection:
            row = connection.execute(select(orders).where(orders.c.id == order_id)).mappings().first()
        return _order(row) if row else None

    def get(self, order_id: str) -> Order:
        """The order; raises Refused with `unknown-order`."""
        order = self.find(order_id)
        if order is None:
            raise Refused(Fault("unknown-order", Where("order"), {"order": order_id}))
        return order

    def of_serial(self, serial: Serial) -> Order | None:
        """The order that an appliance belongs to, or None."""
        with self._database.read() as connection:
            row = connection.execute(select(orders).where(orders.c.serial == serial)).mappings().first()
        return _order(row) if row else None

    def all(self, *, accepted: int | None = None) -> tuple[Order, ...]:
        """Every order, newest first. accepted: of those that are accepted only so many, those accepted last."""
        statement = select(orders).order_by(orders.c.created_at.desc(), orders.c.id)
        if accepted is not None:
            through = select(orders.c.id).where(orders.c.accepted_at.is_not(None))
            last = through.order_by(orders.c.accepted_at.desc(), orders.c.id).limit(accepted)
            statement = statement.where(orders.c.accepted_at.is_(None) | orders.c.id.in_(last))
        with self._database.read() as connection:
            rows = connection.execute(statement).mappings().all()
        return tuple(_order(row) for row in rows)

    def on_bench(self, serials: Collection[Serial], *, since: datetime) -> tuple[Order, ...]:
        """Orders that are not accepted, or were accepted since then, or have one of these appliances."""
        wanted = orders.c.accepted_at.is_(None) | (orders.c.accepted_at >= since) | orders.c.serial.in_(serials)
        with self._database.read() as connection:
            rows = connection.execute(select(orders).where(wanted)).mappings().all()
        return tuple(_order(row) for row in rows)

    def change(self, order_id: str, **values: Any) -> Order:
        """Set columns of an order, and wake it. Raises Refused when another order has the serial."""
        try:
            with self._database.write() as connection:
                connection.execute(
                    update(orders).where(orders.c.id == order_id).values(**values, wake=orders.c.wake + 1)
                )
        except IntegrityError as error:
            raise self._serial_taken(values.get("serial")) from error
        return self.get(order_id)

    def keep(self, order_id: str, **values: Any) -> None:
        """Set columns of an order without waking it; for what the job itself found out."""
        with self._database.write() as connection:
            connection.execute(update(orders).where(orders.c.id == order_id).values(**values))

    def wake(self, order_id: str, *, within: Connection | None = None) -> None:
        """Something happened that may let the order go on."""
        statement = update(orders).where(orders.c.id == order_id).values(wake=orders.c.wake + 1)
        if within is not None:
            within.execute(statement)
            return
        with self._database.write() as connection:
            connection.execute(statement)

    def wake_unfinished(self) -> int:
        """Wake every order that is neither through nor stopped for good by a step that failed; how many there were."""
        with self._database.write() as connection:
            open_steps = select(steps.c.order_id).where(steps.c.status.in_(("to-do", "running", "waiting")))
            failed = select(steps.c.order_id).where(steps.c.status == "failed")
            return connection.execute(
                update(orders)
                .where(orders.c.id.in_(open_steps), orders.c.id.not_in(failed), orders.c.wake == orders.c.handled)
                .values(wake=orders.c.wake + 1)
            ).rowcount

    def due(self) -> tuple[tuple[str, int], ...]:
        """Orders that a worker should look at, with the wake that says why; also those whose time has come."""
        now = self._clock.now()
        with self._database.read() as connection:
            ripe = connection.scalars(select(steps.c.order_id).where(steps.c.again_at <= now)).all()
        if ripe:
            self._wake_ripe(list(ripe), now)
        with self._database.read() as connection:
            rows = connection.execute(select(orders.c.id, orders.c.wake).where(orders.c.wake > orders.c.handled)).all()
        return tuple((row[0], row[1]) for row in rows)

    def _wake_ripe(self, ripe: list[str], now: datetime) -> None:
        with self._database.write() as connection:
            # One that is being worked on keeps its moment: it is looked at again once that work has ended.
            idle = select(orders.c.id).where(orders.c.id.in_(ripe), orders.c.wake == orders.c.handled)
            found = list(connection.scalars(idle))
            connection.execute(update(orders).where(orders.c.id.in_(found)).values(wake=orders.c.wake + 1))
            connection.execute(
                update(steps).where(steps.c.order_id.in_(found), steps.c.again_at <= now).values(again_at=None)
            )

    def handled(self, order_id: str, wake: int) -> None:
        """A worker saw this wake and did all it could."""
        with self._database.write() as connection:
            connection.execute(
                update(orders).where(orders.c.id == order_id, orders.c.handled < wake).values(handled=wake)
            )

    def steps(self, order_id: str) -> Mapping[StepName, StepRecord]:
        """How every step of an order stands."""
        with self._database.read() as connection:
            rows = connection.execute(select(steps).where(steps.c.order_id == order_id)).mappings().all()
        found = {row["name"]: _step(row) for row in rows}
        return {name: found[name] for name in STEPS if name in found}

    def all_steps(self, among: Collection[str] | None = None) -> Mapping[str, Mapping[StepName, StepRecord]]:
        """How every step of every order, or of these, stands, by order; one query for a whole screen."""
        statement = select(steps) if among is None else select(steps).where(steps.c.order_id.in_(among))
        with self._database.read() as connection:
            rows = connection.execute(statement).mappings().all()
        by_order: dict[str, dict[StepName, StepRecord]] = {}
        for row in sorted(rows, key=lambda row: STEPS.index(row["name"])):
            by_order.setdefault(row["order_id"], {})[row["name"]] = _step(row)
        return by_order

    def step_counts(self) -> Mapping[tuple[StepName, str], int]:
        """How many orders have each step standing each way; counted by the database, however many there are."""
        counted = select(steps.c.name, steps.c.status, func.count()).group_by(steps.c.name, steps.c.status)
        with self._database.read() as connection:
            return {(row[0], row[1]): row[2] for row in connection.execute(counted)}

    def counts(self) -> tuple[int, int]:
        """How many orders are open, and how many accepted."""
        counted = select(func.count(), func.count(orders.c.accepted_at))
        with self._database.read() as connection:
            row = connection.execute(counted).one()
        return row[0] - row[1], row[1]

    def set_step(self, order_id: str, name: StepName, **values: Any) -> None:
        """Write down how a step stands."""
        if isinstance(values.get("fault"), Fault):
            values["fault"] = fault_row(values["fault"])
        with self._database.write() as connection:
            connection.execute(update(steps).where(steps.c.order_id == order_id, steps.c.name == name).values(**values))

    def begin_step(self, order_id: str, name: StepName) -> None:
        """A step starts another attempt."""
        self.set_step(
            order_id,
            name,
            status="running",
            attempts=steps.c.attempts + 1,
            done=0,
            total=0,
            again_at=None,
            started_at=func.coalesce(steps.c.started_at, self._clock.now()),
            ended_at=None,
        )

    def end_step(self, order_id: str, name: StepName, *, accepted_at: datetime | None = None, **values: Any) -> bool:
        """Write down what a running step came to. False when it was reopened meanwhile: then it has to run again.

        accepted_at: with the last step, the moment of acceptance; it stands or falls with the step.
        """
        if isinstance(values.get("fault"), Fault):
            values["fault"] = fault_row(values["fault"])
        with self._database.write() as connection:
            running = (steps.c.order_id == order_id, steps.c.name == name, steps.c.status == "running")
            if not connection.execute(update(steps).where(*running).values(**values)).rowcount:
                return False
            if accepted_at is not None:
                connection.execute(update(orders).where(orders.c.id == order_id).values(accepted_at=accepted_at))
        return True

    def reopen_from(self, order_id: str, name: StepName, *, within: Connection | None = None) -> None:
        """A step and all behind it have to be looked at again, for instance after a new plan; wakes the order."""
        if within is None:
            with self._database.write() as connection:
                self.reopen_from(order_id, name, within=connection)
            return
        later = STEPS[STEPS.index(name) :]
        within.execute(
            update(steps)
            .where(steps.c.order_id == order_id, steps.c.name.in_(later))
            .values(status="to-do", fault=None, waits_for=None, waits_facts={}, ended_at=None, again_at=None)
        )
        within.execute(update(orders).where(orders.c.id == order_id).values(accepted_at=None))
        self.wake(order_id, within=within)

    def now(self) -> datetime:
        """The clock that all rows are stamped with."""
        return self._clock.now()

    def _free_id(self, connection: Connection) -> str:
        """An id that no order has. Ids are short enough to be spoken, so a service of many years may meet one twice."""
        while True:
            order_id = self._ids.short()
            if connection.scalar(select(orders.c.id).where(orders.c.id == order_id)) is None:
                return order_id

    def _serial_taken(self, serial: Serial | None) -> Refused:
        holder = self.of_serial(serial) if serial else None
        facts = {"serial": serial, "order": holder.id if holder else "?"}
        return Refused(Fault("serial-has-order", Where("order"), facts))


def fault_row(fault: Fault) -> dict[str, Any]:
    """A fault as JSON for a column."""
    return {
        "code": fault.code,
        "at": {"source": fault.at.source, "sheet": fault.at.sheet, "cell": fault.at.cell, "field": fault.at.field},
        "facts": {
            key: value if isinstance(value, int | float | bool) else str(value) for key, value in fault.facts.items()
        },
        "severity": fault.severity,
        "related": list(fault.related),
    }


def fault_of(row: Mapping[str, Any] | None) -> Fault | None:
    """The fault that `fault_row` wrote down."""
    if not row:
        return None
    return Fault(row["code"], Where(**row["at"]), row["facts"], row["severity"], tuple(row["related"]))


def _blank_step(order_id: str, name: StepName) -> dict[str, Any]:
    return {
        "order_id": order_id,
        "name": name,
        "status": "to-do",
        "attempts": 0,
        "waits_facts": {},
        "done": 0,
        "total": 0,
    }


def _order(row: RowMapping) -> Order:
    return Order(**{name: row[name] for name in _ORDER})


def _step(row: RowMapping) -> StepRecord:
    return StepRecord(**{**row, "fault": fault_of(row["fault"])})
