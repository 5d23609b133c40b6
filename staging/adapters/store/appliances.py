"""Which boxes do we know, and how far is each? Also the boxes that said hello and that nobody registered."""

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, RowMapping, Select, delete, func, insert, select, update
from sqlalchemy.exc import IntegrityError

from preseed.boot import parse_asset
from staging.adapters.store.database import Database
from staging.adapters.store.tables import (
    appliances,
    checklist_photos,
    hellos,
    install_logs,
    orders,
    preseed_templates,
    tickets,
)
from staging.core.clock import Clock
from staging.core.faults import Fault, Refused, Where
from staging.core.words import Mac, Serial, parse_mac
from staging.jobs.records import Box, Hello

HELLO_LIFE = timedelta(days=1)
HELLO_AGAIN = timedelta(minutes=3)
"""A box that waits says hello each minute; after a longer silence its waiting begins anew."""

BOOTED = "booted"
"""A fact of strangers that wait at their network boot, and said no hello yet."""

MOST_HELLOS = 1000
MOST_HELLOS_OF_ADDRESS = 100
"""Strangers that are kept, in all and of one address: a shelf may stand behind one router, ten thousand are none."""
_ON_BENCH = 400
"""Boxes that a screen shows at most; more than stand on any bench."""


_FOR_ANSWERS = (
    "SELECT model, customer, suite, overrides, armed_at, shipped_at, hello_address, hello_at, facts, first_fetch_at, "
    "early_at, partitioned_at, installed_at, engine_ready_at, restage, "
    "(SELECT max(at) FROM preseed_templates), (SELECT count(*) FROM preseed_templates) "
    "FROM appliances WHERE serial = :serial"
)


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
            "restage": False,
        }
        try:
            with self._database.write() as connection:
                hello = connection.execute(select(hellos).where(hellos.c.serial == serial)).mappings().first()
                if hello:
                    row |= _told(hello["facts"])
                    # Who only asked for a boot script did not run the first stage, and has no right to answers yet.
                    if BOOTED not in hello["facts"]:
                        row |= {"hello_address": hello["address"], "hello_at": hello["at"]}
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
            row = connection.execute(select(appliances).where(appliances.c.serial == serial)).mappings().first()
        return _box(row) if row else None

    def row_for_answers(self, serial: Serial) -> tuple[Any, ...] | None:
        """Everything that a box's answers depend on, by one query; equal rows give equal answers. None: unknown.

        The newest change of any template counts too, so that nothing that was made of an older one is served.
        """
        return self._database.look_up(_FOR_ANSWERS, serial)

    def get(self, serial: Serial) -> Box:
        """The box; raises Refused with `unknown-serial`."""
        box = self.find(serial)
        if box is None:
            raise Refused(Fault("unknown-serial", Where("appliance"), {"serial": serial}))
        return box

    def all(self) -> tuple[Box, ...]:
        """Every box, the one registered last first."""
        with self._database.read() as connection:
            rows = connection.execute(select(appliances).order_by(appliances.c.registered_at.desc())).mappings().all()
        return tuple(_box(row) for row in rows)

    def count(self) -> int:
        """How many boxes are known."""
        with self._database.read() as connection:
            return connection.scalar(select(func.count()).select_from(appliances)) or 0

    def known(self, among: Collection[str]) -> frozenset[str]:
        """Those of these words that are serials of boxes."""
        with self._database.read() as connection:
            return frozenset(connection.scalars(select(appliances.c.serial).where(appliances.c.serial.in_(among))))

    def change(self, serial: Serial, **values: Any) -> None:
        """Set columns of a box."""
        with self._database.write() as connection:
            connection.execute(update(appliances).where(appliances.c.serial == serial).values(**values))

    def ship(self, serial: Serial, *, at: datetime, within: Connection) -> None:
        """A box left with its order. within: the transaction that also writes the line of it."""
        within.execute(update(appliances).where(appliances.c.serial == serial).values(shipped_at=at))

    def on_bench(self) -> tuple[Box, ...]:
        """Boxes that are not shipped, those that something happened to last first; as many as a screen can show."""
        moved = func.coalesce(
            appliances.c.beat_at, appliances.c.hello_at, appliances.c.armed_at, appliances.c.registered_at
        )
        with self._database.read() as connection:
            rows = (
                connection.execute(
                    select(appliances).where(appliances.c.shipped_at.is_(None)).order_by(moved.desc()).limit(_ON_BENCH)
                )
                .mappings()
                .all()
            )
        return tuple(_box(row) for row in rows)

    def without_order(self) -> tuple[Serial, ...]:
        """Serials of boxes that no order has and that have not left, the one registered last first."""
        taken = select(orders.c.serial).where(orders.c.serial.is_not(None))
        wanted = select(appliances.c.serial).where(appliances.c.shipped_at.is_(None), appliances.c.serial.not_in(taken))
        with self._database.read() as connection:
            found = connection.scalars(wanted.order_by(appliances.c.registered_at.desc()).limit(_ON_BENCH)).all()
        return tuple(Serial(serial) for serial in found)

    def arm(self, serial: Serial, *, by: str, restage: bool = False) -> None:
        """Let this box be installed once more: what an earlier installation left behind is forgotten.

        restage: its disk may be wiped although something stands on it.
        """
        forgotten = (
            "first_fetch_at", "early_at", "phase", "phase_at", "beat_at", "beat_step", "question", "partitioned_at",
            "installed_at", "engine_ready_at", "address", "trouble", "shipped_at", "disks", "disk_choice",
        )  # fmt: skip
        values: dict[str, Any] = dict.fromkeys(forgotten)
        values |= {"armed_at": self._clock.now(), "armed_by": by, "restage": restage}
        with self._database.write() as connection:
            connection.execute(update(appliances).where(appliances.c.serial == serial).values(**values))
            connection.execute(delete(tickets).where(tickets.c.serial == serial))

    def disarm(self, serial: Serial) -> bool:
        """Take an arming back; False when there is none, or the box took its answers already."""
        still = (appliances.c.armed_at.is_not(None), appliances.c.first_fetch_at.is_(None))
        forgotten: dict[str, Any] = dict.fromkeys(("armed_at", "armed_by", "trouble"))
        with self._database.write() as connection:
            changed = update(appliances).where(appliances.c.serial == serial, *still).values(**forgotten, restage=False)
            return bool(connection.execute(changed).rowcount)

    def forget(self, serial: Serial) -> bool:
        """Take a box away with what only it has; False for one that was armed or installed, or that an order has."""
        untouched = [
            appliances.c[name].is_(None) for name in ("armed_at", "installed_at", "engine_ready_at", "shipped_at")
        ]
        taken = select(orders.c.serial).where(orders.c.serial == serial).exists()
        with self._database.write() as connection:
            found = select(appliances.c.serial).where(appliances.c.serial == serial, *untouched, ~taken)
            if connection.scalar(found) is None:
                return False
            for table in (checklist_photos, install_logs, tickets):
                connection.execute(delete(table).where(table.c.serial == serial))
            its_text = (preseed_templates.c.scope == "box", preseed_templates.c.name == serial)
            connection.execute(delete(preseed_templates).where(*its_text))
            connection.execute(delete(appliances).where(appliances.c.serial == serial))
            return True

    def hello(self, serial: str, *, address: str, facts: Mapping[str, Any]) -> bool:
        """A box ran the universal stage; True when it is registered. Old strangers are dropped on the way."""
        now = self._clock.now()
        with self._database.write() as connection:
            connection.execute(delete(hellos).where(hellos.c.at < now - HELLO_LIFE))
            known = connection.execute(
                update(appliances)
                .where(appliances.c.serial == serial)
                .values(hello_address=address, hello_at=now, **_told(facts))
            ).rowcount
            if known:
                return True
            held = connection.execute(select(hellos.c.at, hellos.c.first_at).where(hellos.c.serial == serial)).first()
            waits = held is not None and now - held[0] < HELLO_AGAIN
            values = {
                "address": address,
                "at": now,
                "facts": dict(facts),
                "first_at": held[1] if held and waits else now,
            }
            if held is not None:
                connection.execute(update(hellos).where(hellos.c.serial == serial).values(values))
                return False
            connection.execute(insert(hellos).values(serial=serial, **values))
            of_address = select(hellos.c.serial).where(hellos.c.address == address)
            _make_room(connection, of_address, most=MOST_HELLOS_OF_ADDRESS)
            _make_room(connection, select(hellos.c.serial), most=MOST_HELLOS)
        return False

    def strangers(self) -> tuple[Hello, ...]:
        """Boxes that said hello within a day and that nobody registered, the latest first."""
        since = self._clock.now() - HELLO_LIFE
        with self._database.read() as connection:
            rows = (
                connection.execute(select(hellos).where(hellos.c.at >= since).order_by(hellos.c.at.desc()))
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
        """The box that once said hello with this MAC or asset tag, or None."""
        for column, value in ((appliances.c.mac, mac), (appliances.c.asset, asset)):
            if not value:
                continue
            with self._database.read() as connection:
                found: str | None = connection.scalar(select(appliances.c.serial).where(column == value).limit(1))
            if found is not None:
                return Serial(found)
        return None

    def serial_at(self, address: str) -> Serial | None:
        """The box that said hello last from an address, or None."""
        statement = select(appliances.c.serial).where(appliances.c.hello_address == address)
        with self._database.read() as connection:
            found: str | None = connection.scalar(statement.order_by(appliances.c.hello_at.desc()).limit(1))
        return Serial(found) if found else None

    def matching(self, start: str) -> tuple[Serial, ...]:
        """Serials that begin so, for a search field; twenty at most."""
        pattern = start.replace("%", "").replace("_", r"\_").upper() + "%"
        with self._database.read() as connection:
            rows = connection.execute(
                select(appliances.c.serial).where(appliances.c.serial.like(pattern, escape="\\")).limit(20)
            ).all()
        return tuple(row[0] for row in rows)


def _make_room(connection: Connection, among: Select[tuple[str]], *, most: int) -> None:
    """The oldest strangers go."""
    old = connection.scalars(among.order_by(hellos.c.at.desc(), hellos.c.serial).offset(most)).all()
    if old:
        connection.execute(delete(hellos).where(hellos.c.serial.in_(old)))


def _told(facts: Mapping[str, Any]) -> dict[str, Any]:
    """What a box said, with the words that it is looked up by in columns of their own."""
    mac = parse_mac(str(facts.get("mac", "")))
    return {"facts": dict(facts), "mac": mac, "asset": parse_asset(str(facts.get("chassis_asset_tag", ""))) or None}


def _box(row: RowMapping) -> Box:
    return Box(**row)
