"""What was decided, what was sent, what came of it? Intent before each action, outcome after."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, RowMapping, bindparam, func, insert, select, update

from staging.adapters.store.database import Database
from staging.adapters.store.orders import fault_of, fault_row
from staging.adapters.store.tables import actions, changeset_states, changesets, plans
from staging.core.clock import Clock
from staging.core.faults import Fault
from staging.jobs.job import StepName
from staging.jobs.records import Changeset, SentAction

# Two of these for each request that is sent: built once.
_INTEND = insert(actions).returning(actions.c.id)
_CLOSE = (
    update(actions)
    .where(actions.c.id == bindparam("row"))
    .values({name: bindparam(name) for name in ("status", "answer", "fault", "ended_at")})
)


class Changesets:
    """Approved changes and the actions that carried them out. Bodies are never kept: they hold secrets."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def approve(
        self,
        order_id: str,
        *,
        plan_version: int,
        fingerprint: str,
        lines: Mapping[str, Sequence[str]],
        by: str,
        forced: bool = False,
        overwrite: bool = False,
        undoes: int | None = None,
    ) -> int | None:
        """Write down that a person wants these changes; gives the change set's number.

        None when the plan that they were shown for is not the newest good one any more. An earlier approval that was
        not carried out yet is superseded: only what was agreed to last may be applied.
        """
        row = {
            "order_id": order_id,
            "plan_version": plan_version,
            "fingerprint": fingerprint,
            "lines": {lang: list(one) for lang, one in lines.items()},
            "forced": forced,
            "overwrite": overwrite,
            "undoes": undoes,
            "status": "approved",
            "approved_at": self._clock.now(),
            "approved_by": by,
        }
        newest = select(func.max(plans.c.version)).where(plans.c.order_id == order_id, plans.c.ok.is_(True))
        with self._database.write() as connection:
            if connection.scalar(newest) != plan_version:
                return None
            self._end_open(connection, order_id, "superseded")
            result = connection.execute(insert(changesets).values(row).returning(changesets.c.id))
            return int(result.scalar_one())

    def drop_open(self, order_id: str, *, within: Connection) -> None:
        """The plan changed: what was agreed to for the one before is not applied any more."""
        self._end_open(within, order_id, "dropped")

    def _end_open(self, connection: Connection, order_id: str, status: str) -> None:
        connection.execute(
            update(changesets)
            .where(changesets.c.order_id == order_id, changesets.c.status == "approved")
            .values(status=status, ended_at=self._clock.now())
        )

    def open(self, order_id: str) -> Changeset | None:
        """The approved change set that is not applied yet, or None."""
        statement = (
            select(changesets)
            .where(changesets.c.order_id == order_id, changesets.c.status == "approved")
            .order_by(changesets.c.id.desc())
            .limit(1)
        )
        with self._database.read() as connection:
            row = connection.execute(statement).mappings().first()
        return Changeset(**row) if row else None

    def of_order(self, order_id: str) -> tuple[Changeset, ...]:
        """All change sets of an order, newest first."""
        statement = select(changesets).where(changesets.c.order_id == order_id).order_by(changesets.c.id.desc())
        with self._database.read() as connection:
            rows = connection.execute(statement).mappings().all()
        return tuple(Changeset(**row) for row in rows)

    def close(self, changeset_id: int, status: str) -> bool:
        """An approved change set came to its end; False for one that ended otherwise meanwhile, which stays so."""
        with self._database.write() as connection:
            return bool(
                connection.execute(
                    update(changesets)
                    .where(changesets.c.id == changeset_id, changesets.c.status == "approved")
                    .values(status=status, ended_at=self._clock.now())
                ).rowcount
            )

    def keep_states(self, changeset_id: int, *, applied: Mapping[str, Any], before: Mapping[str, Any]) -> None:
        """What stood there before a change set, and what it is to bring: written once, before anything is sent."""
        row = {"changeset_id": changeset_id, "applied": dict(applied), "before": dict(before)}
        with self._database.write() as connection:
            place = changeset_states.c.changeset_id == changeset_id
            if connection.scalar(select(func.count()).select_from(changeset_states).where(place)) == 0:
                connection.execute(insert(changeset_states).values(row))

    def keep_applied(self, changeset_id: int, applied: Mapping[str, Any]) -> None:
        """More belongs to a change set than was known: its phones, once they were paired."""
        with self._database.write() as connection:
            connection.execute(
                update(changeset_states)
                .where(changeset_states.c.changeset_id == changeset_id)
                .values(applied=dict(applied))
            )

    def states(self, changeset_id: int) -> tuple[Mapping[str, Any], Mapping[str, Any]] | None:
        """What a change set brings and what stood there before; None for one that never sent anything."""
        statement = select(changeset_states.c.applied, changeset_states.c.before).where(
            changeset_states.c.changeset_id == changeset_id
        )
        with self._database.read() as connection:
            row = connection.execute(statement).first()
        return (row[0], row[1]) if row else None

    def last_sent(self, order_id: str) -> Changeset | None:
        """The newest change set that sent something, whole or in part, and that was not taken back."""
        statement = (
            select(changesets)
            .join(changeset_states, changeset_states.c.changeset_id == changesets.c.id)
            .where(changesets.c.order_id == order_id, changesets.c.status != "undone")
            .order_by(changesets.c.id.desc())
            .limit(1)
        )
        with self._database.read() as connection:
            row = connection.execute(statement).mappings().first()
        return Changeset(**row) if row else None

    def left(self, order_id: str) -> tuple[Mapping[str, Any], ...]:
        """What the change sets that sent something brought, newest first, back to the last that was carried out whole.

        Without the one that is being applied, and without those that were taken back.
        """
        statement = (
            select(changeset_states.c.applied, changesets.c.status)
            .join(changesets, changeset_states.c.changeset_id == changesets.c.id)
            .where(changesets.c.order_id == order_id, changesets.c.status.not_in(("approved", "undone")))
            .order_by(changesets.c.id.desc())
        )
        found: list[Mapping[str, Any]] = []
        with self._database.read() as connection:
            for applied, status in connection.execute(statement):
                found.append(applied)
                if status == "applied":
                    break
        return tuple(found)

    def ever_sent(self, order_id: str) -> bool:
        """Whether any change set of the order sent something, taken back or not."""
        statement = (
            select(func.count())
            .select_from(changesets)
            .join(changeset_states, changeset_states.c.changeset_id == changesets.c.id)
            .where(changesets.c.order_id == order_id)
        )
        with self._database.read() as connection:
            return bool(connection.scalar(statement))

    def mark_undone(self, changeset_id: int) -> None:
        """Everything that a change set brought is off the stack again."""
        with self._database.write() as connection:
            connection.execute(
                update(changesets)
                .where(changesets.c.id == changeset_id)
                .values(status="undone", ended_at=self._clock.now())
            )

    def intend(
        self, order_id: str, *, step: StepName, key: str, title: Mapping[str, str], method: str, path: str
    ) -> int:
        """Write down what is about to be sent; gives the row to close with `outcome`."""
        row = {
            "order_id": order_id,
            "step": step,
            "key": key,
            "title": dict(title),
            "method": method,
            "path": path,
            "status": "intent",
            "intended_at": self._clock.now(),
        }
        with self._database.write() as connection:
            return int(connection.execute(_INTEND, row).scalar_one())

    def outcome(self, action_id: int, *, status: str, answer: int | None = None, fault: Fault | None = None) -> None:
        """Write down what came of it: `done`, `failed` (they said no) or `unknown` (nobody knows: read back)."""
        with self._database.write() as connection:
            kept = {"status": status, "answer": answer, "ended_at": self._clock.now()}
            connection.execute(_CLOSE, {"row": action_id, "fault": fault_row(fault) if fault else None, **kept})

    def settle_unknown(self, order_id: str) -> int:
        """After a silence: intents without an outcome become `unknown`; how many there were."""
        with self._database.write() as connection:
            return connection.execute(
                update(actions)
                .where(actions.c.order_id == order_id, actions.c.status == "intent")
                .values(status="unknown", ended_at=self._clock.now())
            ).rowcount

    def recent(self, order_id: str, limit: int = 20) -> tuple[SentAction, ...]:
        """The last actions of an order, newest first."""
        statement = select(actions).where(actions.c.order_id == order_id).order_by(actions.c.id.desc()).limit(limit)
        with self._database.read() as connection:
            rows = connection.execute(statement).mappings().all()
        return tuple(_action(row) for row in rows)

    def counts(self, order_id: str | None = None) -> Mapping[str, int]:
        """How many actions of an order, or of all of them, ended how."""
        statement = select(actions.c.status, func.count()).group_by(actions.c.status)
        if order_id is not None:
            statement = statement.where(actions.c.order_id == order_id)
        with self._database.read() as connection:
            return {row[0]: row[1] for row in connection.execute(statement)}


def _action(row: RowMapping) -> SentAction:
    return SentAction(**{**{k: v for k, v in row.items() if k != "order_id"}, "fault": fault_of(row["fault"])})
