"""Which workbooks did an order get, and what did they say? Every version is kept."""

from collections.abc import Callable, Mapping
from typing import Any

from sqlalchemy import Connection, delete, func, insert, select

from staging.adapters.store.database import Database
from staging.adapters.store.tables import allotments, plans
from staging.core.clock import Clock
from staging.core.words import Extension
from staging.jobs.records import PlanVersion

_SEEN = [column for column in plans.columns if column.name != "content"]


class Plans:
    """Workbooks and plans of orders."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def add(
        self,
        order_id: str,
        *,
        workbook: str,
        content: bytes,
        document: Mapping[str, Any],
        by: str,
        when_good: Callable[[Connection], None] = lambda _: None,
    ) -> PlanVersion:
        """Keep an upload as the next version; a good one also fixes the short numbers that it allotted.

        when_good: what else a good one changes, in the same transaction.
        """
        with self._database.write() as connection:
            last = connection.scalar(select(func.max(plans.c.version)).where(plans.c.order_id == order_id)) or 0
            connection.execute(
                insert(plans).values(
                    order_id=order_id,
                    version=last + 1,
                    workbook=workbook,
                    content=content,
                    document=dict(document),
                    ok=document["ok"],
                    uploaded_at=self._clock.now(),
                    uploaded_by=by,
                )
            )
            if document["ok"]:
                self._allot(connection, order_id, document)
                when_good(connection)
        version = self.latest(order_id)
        if version is None:
            raise LookupError(order_id)
        return version

    def _allot(self, connection: Connection, order_id: str, document: Mapping[str, Any]) -> None:
        connection.execute(delete(allotments).where(allotments.c.order_id == order_id))
        # Two seats of one name on one site cannot both be remembered; the first one is.
        kept = {
            (seat["site"], f"{seat['firstname']} {seat['lastname']}".strip()): seat["extension"]
            for seat in reversed(document["seats"])
        }
        rows = [
            {"order_id": order_id, "site": site, "name": name, "extension": extension}
            for (site, name), extension in kept.items()
            if extension
        ]
        if rows:
            connection.execute(insert(allotments), rows)

    def latest(self, order_id: str, *, ok: bool = False) -> PlanVersion | None:
        """The newest version, or the newest without errors; None when there is none."""
        statement = select(*_SEEN).where(plans.c.order_id == order_id).order_by(plans.c.version.desc()).limit(1)
        if ok:
            statement = statement.where(plans.c.ok.is_(True))
        with self._database.read() as connection:
            row = connection.execute(statement).mappings().first()
        return PlanVersion(**row) if row else None

    def versions(self, order_id: str) -> tuple[PlanVersion, ...]:
        """All versions, newest first."""
        with self._database.read() as connection:
            rows = (
                connection.execute(select(*_SEEN).where(plans.c.order_id == order_id).order_by(plans.c.version.desc()))
                .mappings()
                .all()
            )
        return tuple(PlanVersion(**row) for row in rows)

    def content(self, order_id: str, version: int) -> bytes | None:
        """The workbook as it was uploaded."""
        with self._database.read() as connection:
            found: bytes | None = connection.scalar(
                select(plans.c.content).where(plans.c.order_id == order_id, plans.c.version == version)
            )
        return found

    def allotted(self, order_id: str) -> Mapping[tuple[str, str], Extension]:
        """The short number that each seat (site, name) was first given; stickers may be printed already."""
        with self._database.read() as connection:
            rows = connection.execute(select(allotments).where(allotments.c.order_id == order_id)).mappings().all()
        return {(row["site"], row["name"]): row["extension"] for row in rows}

    def forget_allotted(self, order_id: str) -> None:
        """Let the next upload number all seats anew, because somebody asked for it."""
        with self._database.write() as connection:
            connection.execute(delete(allotments).where(allotments.c.order_id == order_id))
