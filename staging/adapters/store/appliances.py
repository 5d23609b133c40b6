"""Which boxes do we know, and how far is each? Also the boxes that said hello and that nobody registered."""

import hashlib
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import RowMapping, delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from staging.adapters.store.database import Database
from staging.adapters.store.tables import appliances, hellos, install_logs
from staging.core.clock import Clock
from staging.core.faults import Fault, Refused, Where
from staging.core.words import Mac, Serial, parse_mac
from staging.jobs.records import Box, Hello

TICKET_LIFE = timedelta(hours=6)
"""An installation takes under an hour; progress renews the ticket."""

HELLO_LIFE = timedelta(days=1)
_HIDDEN = ("ticket_hash", "ticket_expires_at")
_SEEN = [column for column in appliances.columns if column.name not in _HIDDEN]


class Appliances:
    """Boxes by serial."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def add(self, serial: Serial, *, model: str, customer: str | None = None, suite: str = "bookworm") -> Box:
        """Register a box. Raises Refused when the serial is known already."""
        row: dict[str, Any] = {
            "serial": serial,
            "model": model,
            "customer": customer,
            "suite": suite,
            "overrides": {},
            "registered_at": self._clock.now(),
            "facts": {},
            "checklist": {},
        }
        try:
            with self._database.write() as connection:
                hello = connection.execute(select(hellos).where(hellos.c.serial == serial)).mappings().first()
                if hello:
                    row |= {"hello_address": hello["address"], "hello_at": hello["at"], "facts": hello["facts"]}
                connection.execute(insert(appliances).values(row))
                connection.execute(delete(hellos).where(hellos.c.serial == serial))
        except IntegrityError as error:
            known = self.find(serial)
            raise Refused(
                Fault(
                    "serial-known",
                    Where("appliance", field=serial),
                    {"serial": serial, "customer": (known.customer if known else None) or "–"},
                )
            ) from error
        return self.get(serial)

    def find(self, serial: Serial) -> Box | None:
        """The box, or None."""
        with self._database.read() as connection:
            row = connection.execute(select(*_SEEN).where(appliances.c.serial == serial)).mappings().first()
        return _box(row) if row else None

    def get(self, serial: Serial) -> Box:
        """The box; raises Refused with `unknown-serial`."""
        box = self.find(serial)
        if box is None:
            raise Refused(Fault("unknown-serial", Where("appliance"), {"serial": serial}))
        return box

    def all(self) -> tuple[Box, ...]:
        """Every box, the one registered last first."""
        with self._database.read() as connection:
            rows = connection.execute(select(*_SEEN).order_by(appliances.c.registered_at.desc())).mappings().all()
        return tuple(_box(row) for row in rows)

    def change(self, serial: Serial, **values: Any) -> None:
        """Set columns of a box."""
        with self._database.write() as connection:
            connection.execute(update(appliances).where(appliances.c.serial == serial).values(**values))

    def arm(self, serial: Serial, *, by: str) -> None:
        """Let this box be installed once more: what an earlier installation left behind is forgotten."""
        self.change(
            serial,
            armed_at=self._clock.now(),
            armed_by=by,
            ticket_hash=None,
            ticket_expires_at=None,
            first_fetch_at=None,
            early_at=None,
            phase=None,
            phase_at=None,
            beat_at=None,
            installed_at=None,
            engine_ready_at=None,
            address=None,
            trouble=None,
            shipped_at=None,
        )

    def open_ticket(self, serial: Serial, ticket: str) -> None:
        """Take reports under this ticket from now on; another one of this box stops working. Only its hash is kept."""
        self.change(serial, ticket_hash=_hash(ticket), ticket_expires_at=self._clock.now() + TICKET_LIFE)

    def serial_of_ticket(self, ticket: str, *, renew: bool = True) -> Serial | None:
        """Whose ticket this is, or None when it is unknown, ended or too old; a used one lives longer."""
        now = self._clock.now()
        statement = select(appliances.c.serial).where(
            appliances.c.ticket_hash == _hash(ticket), appliances.c.ticket_expires_at > now
        )
        with self._database.read() as connection:
            serial: Serial | None = connection.scalar(statement)
        if serial is not None and renew:
            self.change(serial, ticket_expires_at=now + TICKET_LIFE)
        return serial

    def end_ticket(self, serial: Serial) -> None:
        """The last phase was reported: nothing more is taken under this ticket."""
        self.change(serial, ticket_hash=None, ticket_expires_at=None)

    def hello(self, serial: str, *, address: str, facts: Mapping[str, Any]) -> bool:
        """A box ran the universal stage; True when it is registered. Old strangers are dropped on the way."""
        now = self._clock.now()
        with self._database.write() as connection:
            connection.execute(delete(hellos).where(hellos.c.at < now - HELLO_LIFE))
            known = connection.execute(
                update(appliances)
                .where(appliances.c.serial == serial)
                .values(hello_address=address, hello_at=now, facts=dict(facts))
            ).rowcount
            if known:
                return True
            values = {"address": address, "at": now, "facts": dict(facts)}
            if not connection.execute(update(hellos).where(hellos.c.serial == serial).values(values)).rowcount:
                connection.execute(insert(hellos).values(serial=serial, **values))
        return False

    def strangers(self) -> tuple[Hello, ...]:
        """Boxes that said hello within a day and that nobody registered, the latest first."""
        since = self._clock.now() - HELLO_LIFE
        with self._database.read() as connection:
            rows = (
                connection.execute(select(hellos).where(hellos.c.at >= since).order_by(hellos.c.at.desc()).limit(100))
                .mappings()
                .all()
            )
        return tuple(Hello(**row) for row in rows)

    def hello_address(self, serial: str) -> str | None:
        """The address that last ran the universal stage for a serial, registered or not."""
        statement = (
            select(appliances.c.hello_address)
            .where(appliances.c.serial == serial)
            .union_all(select(hellos.c.address).where(hellos.c.serial == serial))
        )
        with self._database.read() as connection:
            found: str | None = connection.scalar(statement)
        return found

    def serial_by_facts(self, *, mac: Mac | None, asset: str) -> Serial | None:
        """The box that once said hello with this MAC or asset tag, or None. Boxes are few: all are looked at."""
        for box in self.all() if mac or asset else ():
            if mac is not None and parse_mac(str(box.facts.get("mac", ""))) == mac:
                return box.serial
            if asset and box.facts.get("asset") == asset:
                return box.serial
        return None

    def keep_log(self, serial: Serial, *, name: str, body: bytes) -> None:
        """Keep a log that a box sent."""
        with self._database.write() as connection:
            connection.execute(insert(install_logs).values(serial=serial, at=self._clock.now(), name=name, body=body))

    def logs(self, serial: Serial) -> tuple[tuple[datetime, str, bytes], ...]:
        """The box's logs, the newest first, ten at most."""
        with self._database.read() as connection:
            rows = connection.execute(
                select(install_logs.c.at, install_logs.c.name, install_logs.c.body)
                .where(install_logs.c.serial == serial)
                .order_by(install_logs.c.id.desc())
                .limit(10)
            ).all()
        return tuple((row[0], row[1], row[2]) for row in rows)

    def matching(self, start: str) -> tuple[Serial, ...]:
        """Serials that begin so, for a search field; twenty at most."""
        pattern = start.replace("%", "").replace("_", r"\_").upper() + "%"
        with self._database.read() as connection:
            rows = connection.execute(
                select(appliances.c.serial).where(appliances.c.serial.like(pattern, escape="\\")).limit(20)
            ).all()
        return tuple(row[0] for row in rows)


def _hash(ticket: str) -> str:
    return hashlib.sha256(ticket.encode()).hexdigest()


def _box(row: RowMapping) -> Box:
    return Box(**row)
