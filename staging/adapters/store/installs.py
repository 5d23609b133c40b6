"""What did installations leave behind? Tickets, fetches, logs, how long each phase took, answers of our own, photos."""

import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median
from typing import Any

from sqlalchemy import JSON, Select, bindparam, delete, func, insert, select, text, update

from staging.adapters.store.database import Database
from staging.adapters.store.tables import (
    Moment,
    appliances,
    checklist_photos,
    fetches,
    install_logs,
    phase_times,
    preseed_templates,
    tickets,
)
from staging.core.clock import Clock
from staging.core.words import Serial
from staging.jobs.records import LogPart, Pace, Photo, TemplateText

TICKET_LIFE = timedelta(hours=6)
"""An installation takes under an hour; progress renews the tickets."""

_RENEWED_EVERY = timedelta(minutes=10)
_FETCHES_KEPT = timedelta(days=30)
_REFUSALS_KEPT = timedelta(days=3)  # A shelf that waits over a night asks half a million times.
_LOGS_KEPT = 10
_LOOKED_AT_OF_ADDRESS = 40
_SHOWN_OF_ADDRESS = 5
"""Odd requests of one address on the bench screen."""

_RUNS_COUNTED = 50


# A shelf of boxes is answered for the first time within a second: these are ready-made, building them takes longer
# than running them.
_FIRST_FETCH = text(
    "UPDATE appliances SET first_fetch_at = :now, trouble = NULL "
    "WHERE serial = :serial AND first_fetch_at IS NULL AND armed_at IS NOT NULL"
).bindparams(bindparam("now", type_=Moment))
_DROP_TICKETS = text("DELETE FROM tickets WHERE serial = :serial")
_OPEN_TICKET = text(
    "INSERT INTO tickets (hash, serial, scope, expires_at) VALUES (:hash, :serial, :scope, :expires)"
).bindparams(bindparam("expires", type_=Moment))
_TELL_FETCH = text(
    "INSERT INTO timeline (at, event, facts, serial) VALUES (:now, 'answers-fetched', :facts, :serial)"
).bindparams(bindparam("now", type_=Moment), bindparam("facts", type_=JSON))
_WAKE_ORDER = text("UPDATE orders SET wake = wake + 1 WHERE serial = :serial")


@dataclass(frozen=True, slots=True)
class FetchLine:
    """One request for answers, as it is written down. serial: as asked, cut to 64 characters; code: of the refusal."""

    at: datetime
    serial: str
    address: str
    status: int
    line: str = ""
    code: str = ""


class Installs:
    """What installing boxes hold, asked and sent."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    # --- tickets ---

    def open_tickets(self, serial: Serial, given: Mapping[str, str]) -> None:
        """Take what a box sends under these tickets (by scope) from now on; its earlier ones stop working.

        Only hashes are kept. Tickets that are open already go on as they are: their clock began at the first fetch.
        """
        hashes = {_hash(ticket): scope for scope, ticket in given.items()}
        with self._database.write() as connection:
            open_ = set(connection.scalars(select(tickets.c.hash).where(tickets.c.serial == serial)))
            if open_ == set(hashes):
                return
            connection.execute(delete(tickets).where(tickets.c.serial == serial))
            expires = self._clock.now() + TICKET_LIFE
            rows = [
                {"hash": one, "serial": serial, "scope": scope, "expires_at": expires} for one, scope in hashes.items()
            ]
            connection.execute(insert(tickets), rows)

    def first_answer(self, serial: Serial, given: Mapping[str, str], *, address: str) -> None:
        """Everything that the first answer of an arming changes, in one transaction; a later one changes nothing.

        The clock of its tickets begins, the ten minutes begin, and a trouble that it told before is over.
        """
        now = self._clock.now()
        expires = now + TICKET_LIFE
        rows = [
            {"hash": _hash(one), "serial": serial, "scope": scope, "expires": expires} for scope, one in given.items()
        ]
        with self._database.write() as connection:
            if not connection.execute(_FIRST_FETCH, {"now": now, "serial": serial}).rowcount:
                return
            connection.execute(_DROP_TICKETS, {"serial": serial})
            connection.execute(_OPEN_TICKET, rows)
            connection.execute(_TELL_FETCH, {"now": now, "facts": {"address": address}, "serial": serial})
            connection.execute(_WAKE_ORDER, {"serial": serial})

    def serial_of_ticket(self, ticket: str, scope: str, *, renew: bool = True) -> Serial | None:
        """Whose ticket of this scope it is; None when it is unknown, ended, too old or for something else.

        A used one renews all of its box: whoever reports still works.
        """
        now = self._clock.now()
        statement = select(tickets.c.serial, tickets.c.expires_at).where(
            tickets.c.hash == _hash(ticket), tickets.c.scope == scope, tickets.c.expires_at > now
        )
        with self._database.read() as connection:
            found = connection.execute(statement).first()
        if found is None:
            return None
        if renew and found[1] - now < TICKET_LIFE - _RENEWED_EVERY:
            with self._database.write() as connection:
                connection.execute(
                    update(tickets).where(tickets.c.serial == found[0]).values(expires_at=now + TICKET_LIFE)
                )
        return Serial(found[0])

    def end_tickets(self, serial: Serial, *, but: str = "") -> None:
        """The last phase was reported: nothing more is taken or given under these tickets. but: a scope that stays."""
        with self._database.write() as connection:
            connection.execute(delete(tickets).where(tickets.c.serial == serial, tickets.c.scope != but))

    # --- fetches ---

    def note_fetches(self, lines: Iterable[FetchLine]) -> None:
        """Write many requests down in one transaction; those of a month ago go, and refusals after three days."""
        rows = [
            {"at": one.at, "serial": one.serial, "address": one.address, "status": one.status, "line": one.line,
             "code": one.code}
            for one in lines
        ]  # fmt: skip
        if not rows:
            return
        with self._database.write() as connection:
            now = self._clock.now()
            old_refusal = (fetches.c.at < now - _REFUSALS_KEPT) & (fetches.c.status >= 400)
            connection.execute(delete(fetches).where((fetches.c.at < now - _FETCHES_KEPT) | old_refusal))
            connection.execute(insert(fetches), rows)

    def fetches_of(self, serial: str, *, limit: int = 20) -> tuple[FetchLine, ...]:
        """The last requests for one serial's answers, the newest first."""
        return self._fetch_lines(select(fetches).where(fetches.c.serial == serial), limit)

    def odd_fetches(self, *, since: datetime, limit: int = 20) -> tuple[FetchLine, ...]:
        """Refused requests for what is no box of ours: misread, hostile and mistyped serials, one line each.

        A few of each address, the newest first: one that asks ten thousand times hides nobody else.
        """
        known = select(appliances.c.serial)
        odd = (fetches.c.at >= since, fetches.c.status >= 400, fetches.c.serial.not_in(known))
        of_each = func.row_number().over(partition_by=fetches.c.address, order_by=fetches.c.id.desc())
        newest = select(fetches.c.id, of_each.label("number")).where(*odd).subquery()
        wanted = select(newest.c.id).where(newest.c.number <= _LOOKED_AT_OF_ADDRESS)
        found: dict[tuple[str, str], FetchLine] = {}
        shown: Counter[str] = Counter()
        for line in self._fetch_lines(select(fetches).where(fetches.c.id.in_(wanted)), 400):
            if (line.serial, line.address) not in found and shown[line.address] < _SHOWN_OF_ADDRESS:
                found[line.serial, line.address] = line
                shown[line.address] += 1
        return tuple(found.values())[:limit]

    def _fetch_lines(self, statement: Select[Any], limit: int) -> tuple[FetchLine, ...]:
        with self._database.read() as connection:
            rows = connection.execute(statement.order_by(fetches.c.id.desc()).limit(limit)).mappings().all()
        return tuple(FetchLine(**{name: row[name] for name in row if name != "id"}) for row in rows)

    # --- logs ---

    def append_log(self, serial: Serial, part: LogPart, *, longest: int) -> int:
        """Add a piece to a log; the bytes that are kept of it now, `longest` at most.

        A piece that was sent before (its answer was lost) changes nothing; one after a gap is kept all the same.
        """
        place = (
            install_logs.c.serial == serial, install_logs.c.name == part.name, install_logs.c.upload == part.upload
        )  # fmt: skip
        with self._database.write() as connection:
            held = connection.execute(select(install_logs.c.id, install_logs.c.body).where(*place)).first()
            if held is None:
                body = part.body[:longest]
                connection.execute(
                    insert(install_logs).values(
                        serial=serial, at=self._clock.now(), name=part.name, upload=part.upload, body=body
                    )
                )
                old = select(install_logs.c.id).where(install_logs.c.serial == serial)
                ids = connection.scalars(old.order_by(install_logs.c.id.desc()).offset(_LOGS_KEPT)).all()
                connection.execute(delete(install_logs).where(install_logs.c.id.in_(ids)))
                return len(body)
            if part.offset < len(held[1]):
                return len(held[1])
            body = (held[1] + part.body)[:longest]
            connection.execute(update(install_logs).where(install_logs.c.id == held[0]).values(body=body))
            return len(body)

    def logs(self, serial: Serial, *, limit: int = _LOGS_KEPT) -> tuple[tuple[datetime, str, bytes], ...]:
        """The box's logs, the newest first, ten at most."""
        with self._database.read() as connection:
            rows = connection.execute(
                select(install_logs.c.at, install_logs.c.name, install_logs.c.body)
                .where(install_logs.c.serial == serial)
                .order_by(install_logs.c.id.desc())
                .limit(limit)
            ).all()
        return tuple((row[0], row[1], row[2]) for row in rows)

    # --- how long phases take ---

    def phase_took(self, serial: Serial, phase: str, seconds: int) -> None:
        """Remember how long a box stood in a phase before it reported the next."""
        with self._database.write() as connection:
            connection.execute(
                insert(phase_times).values(serial=serial, phase=phase, seconds=seconds, at=self._clock.now())
            )

    def paces(self) -> Mapping[str, Pace]:
        """Median and slowest of the last fifty runs of each phase."""
        found: dict[str, list[int]] = {}
        with self._database.read() as connection:
            rows = connection.execute(
                select(phase_times.c.phase, phase_times.c.seconds).order_by(phase_times.c.id.desc()).limit(2000)
            ).all()
        for phase, seconds in rows:
            held = found.setdefault(phase, [])
            if len(held) < _RUNS_COUNTED:
                held.append(seconds)
        return {phase: Pace(int(median(all_)), max(all_), len(all_)) for phase, all_ in found.items()}

    # --- answers of our own ---

    def templates(self) -> tuple[TemplateText, ...]:
        """Every text that changes answers: the bench's own, customers', boxes'."""
        columns = preseed_templates.c
        with self._database.read() as connection:
            rows = connection.execute(
                select(columns.scope, columns.name, columns.body, columns.at, columns.operator).order_by(
                    columns.scope, columns.name
                )
            ).all()
        return tuple(TemplateText(*row) for row in rows)

    def keep_template(self, scope: str, name: str, body: str, *, by: str) -> None:
        """Keep a text in place of the earlier one; an empty one takes it away."""
        place = (preseed_templates.c.scope == scope, preseed_templates.c.name == name)
        with self._database.write() as connection:
            connection.execute(delete(preseed_templates).where(*place))
            if body.strip():
                connection.execute(
                    insert(preseed_templates).values(
                        scope=scope, name=name, body=body, at=self._clock.now(), operator=by
                    )
                )

    # --- photos of the checklist ---

    def keep_photo(self, serial: Serial, point: str, content: bytes, *, by: str) -> None:
        """Keep a photo of a point, in place of an earlier one."""
        place = (checklist_photos.c.serial == serial, checklist_photos.c.point == point)
        with self._database.write() as connection:
            connection.execute(delete(checklist_photos).where(*place))
            connection.execute(
                insert(checklist_photos).values(
                    serial=serial, point=point, at=self._clock.now(), operator=by, content=content
                )
            )

    def photo(self, serial: Serial, point: str) -> bytes | None:
        """The photo of a point, or None."""
        place = (checklist_photos.c.serial == serial, checklist_photos.c.point == point)
        with self._database.read() as connection:
            found: bytes | None = connection.scalar(select(checklist_photos.c.content).where(*place))
        return found

    def photos(self, serial: Serial) -> Sequence[Photo]:
        """Which points have a photo, by whom and when."""
        columns = checklist_photos.c
        with self._database.read() as connection:
            rows = connection.execute(
                select(columns.point, columns.at, columns.operator).where(columns.serial == serial)
            ).all()
        return tuple(Photo(*row) for row in rows)


def _hash(ticket: str) -> str:
    return hashlib.sha256(ticket.encode()).hexdigest()
