"""Which workbooks did an order get, what did they say, what was corrected in them? Every version is kept."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, delete, func, insert, select, update

from numbering.plan import seat_keys
from staging.adapters.store.database import Database
from staging.adapters.store.tables import allotments, plan_corrections, plans
from staging.core.clock import Clock
from staging.core.words import Extension
from staging.jobs.records import PlanVersion

_SEEN = [column for column in plans.columns if column.name != "content"]


@dataclass(frozen=True, slots=True)
class MadeCorrection:
    """One correction of a cell in a version's workbook. number: from 1, in the order in which they were made.

    before: the text that stood there; text: the one since, None to put back what the workbook itself says.
    kept_as: the version that it became a part of, None while it waits for that.
    """

    number: int
    sheet: str
    cell: str
    before: str
    text: str | None
    at: datetime
    operator: str
    kept_as: int | None = None


@dataclass(frozen=True, slots=True)
class Standing:
    """How far a version has been worked on. revision: corrections so far; newest: the order's newest version."""

    revision: int
    newest: int


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
            number = self._newest(connection, order_id) + 1
            return self._insert(connection, order_id, number, workbook, content, document, by, when_good)

    def keep_corrected(
        self,
        base: PlanVersion,
        *,
        standing: Standing,
        workbook: str,
        content: bytes,
        document: Mapping[str, Any],
        by: str,
        when_good: Callable[[Connection], None] = lambda _: None,
    ) -> PlanVersion | None:
        """Keep a version with its corrections as the next one, and say so in them.

        standing: how far it was when content and document were made of it; None when more has happened since, and
        nothing is kept then.
        """
        with self._database.write() as connection:
            if self._standing(connection, base.order_id, base.version) != standing:
                return None
            number = standing.newest + 1
            added = self._insert(connection, base.order_id, number, workbook, content, document, by, when_good)
            waiting = _waiting(update(plan_corrections), base.order_id, base.version)
            connection.execute(waiting.values(kept_as=number))
        return added

    def find(self, order_id: str, version: int) -> PlanVersion | None:
        """One version, without its bytes."""
        statement = select(*_SEEN).where(plans.c.order_id == order_id, plans.c.version == version)
        with self._database.read() as connection:
            row = connection.execute(statement).mappings().first()
        return PlanVersion(**row) if row else None

    def standing(self, order_id: str, version: int) -> Standing:
        """How far a version has been worked on; whoever writes tells it back, and is told when it moved."""
        with self._database.read() as connection:
            return self._standing(connection, order_id, version)

    def corrections(self, order_id: str, version: int) -> tuple[MadeCorrection, ...]:
        """The corrections of a version that no later version holds yet, in the order in which they were made."""
        statement = _waiting(select(plan_corrections), order_id, version).order_by(plan_corrections.c.number)
        with self._database.read() as connection:
            rows = connection.execute(statement).mappings().all()
        return tuple(
            MadeCorrection(**{name: value for name, value in row.items() if name not in ("order_id", "version")})
            for row in rows
        )

    def last_corrector(self, order_id: str, version: int) -> MadeCorrection | None:
        """The newest correction of a version, kept or not."""
        mine = (plan_corrections.c.order_id == order_id, plan_corrections.c.version == version)
        statement = select(plan_corrections).where(*mine).order_by(plan_corrections.c.number.desc()).limit(1)
        with self._database.read() as connection:
            row = connection.execute(statement).mappings().first()
        found = {name: value for name, value in row.items() if name not in ("order_id", "version")} if row else None
        return MadeCorrection(**found) if found else None

    def unkept(self, order_id: str) -> Mapping[int, int]:
        """By version, how many of its cells are corrected in no later version."""
        columns = [plan_corrections.c[name] for name in ("version", "sheet", "cell", "text")]
        waiting = (plan_corrections.c.order_id == order_id, plan_corrections.c.kept_as.is_(None))
        with self._database.read() as connection:
            rows = connection.execute(select(*columns).where(*waiting).order_by(plan_corrections.c.number)).all()
        last = {(version, sheet, cell): text for version, sheet, cell, text in rows}
        return Counter(version for (version, _, _), text in last.items() if text is not None)

    def correct(
        self,
        order_id: str,
        version: int,
        texts: Sequence[tuple[str, str, str, str | None]],
        *,
        standing: Standing,
        by: str,
    ) -> bool:
        """Write corrections down: sheet, cell, text before, text since. False when more has happened."""
        with self._database.write() as connection:
            if self._standing(connection, order_id, version) != standing:
                return False
            for number, (sheet, cell, before, text) in enumerate(texts, start=standing.revision + 1):
                connection.execute(
                    insert(plan_corrections).values(
                        order_id=order_id, version=version, number=number, sheet=sheet, cell=cell, before=before,
                        text=text, at=self._clock.now(), operator=by,
                    )
                )  # fmt: skip
        return True

    def _insert(
        self,
        connection: Connection,
        order_id: str,
        number: int,
        workbook: str,
        content: bytes,
        document: Mapping[str, Any],
        by: str,
        when_good: Callable[[Connection], None],
    ) -> PlanVersion:
        row = {"order_id": order_id, "version": number, "workbook": workbook, "document": dict(document),
               "ok": document["ok"], "uploaded_at": self._clock.now(), "uploaded_by": by}  # fmt: skip
        connection.execute(insert(plans).values(**row, content=content))
        if document["ok"]:
            self._allot(connection, order_id, document)
            when_good(connection)
        return PlanVersion(**row)

    def _newest(self, connection: Connection, order_id: str) -> int:
        return connection.scalar(select(func.max(plans.c.version)).where(plans.c.order_id == order_id)) or 0

    def _standing(self, connection: Connection, order_id: str, version: int) -> Standing:
        mine = (plan_corrections.c.order_id == order_id, plan_corrections.c.version == version)
        made = connection.scalar(select(func.max(plan_corrections.c.number)).where(*mine)) or 0
        return Standing(made, self._newest(connection, order_id))

    def _allot(self, connection: Connection, order_id: str, document: Mapping[str, Any]) -> None:
        connection.execute(delete(allotments).where(allotments.c.order_id == order_id))
        seats = document["seats"]
        keys = seat_keys((seat["site"], f"{seat['firstname']} {seat['lastname']}".strip()) for seat in seats)
        rows = [
            {"order_id": order_id, "site": site, "name": name, "extension": seat["extension"]}
            for (site, name), seat in zip(keys, seats, strict=True)
            if seat["extension"]
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
        """The short number of each seat by the newest good plan, by `seat_keys`; stickers may be printed already."""
        with self._database.read() as connection:
            rows = connection.execute(select(allotments).where(allotments.c.order_id == order_id)).mappings().all()
        return {(row["site"], row["name"]): row["extension"] for row in rows}

    def forget_allotted(self, order_id: str) -> None:
        """Let the next good plan number all seats anew, because somebody asked for it."""
        with self._database.write() as connection:
            connection.execute(delete(allotments).where(allotments.c.order_id == order_id))


def _waiting(statement: Any, order_id: str, version: int) -> Any:
    return statement.where(
        plan_corrections.c.order_id == order_id,
        plan_corrections.c.version == version,
        plan_corrections.c.kept_as.is_(None),
    )
