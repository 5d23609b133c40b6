"""What did other systems tell us? Each delivery once, and which systems may."""

from sqlalchemy import insert, select
from sqlalchemy.exc import IntegrityError

from staging.adapters.store.database import Database
from staging.adapters.store.tables import hook_events, hook_sources
from staging.core.clock import Clock
from staging.core.faults import Fault, Refused, Where


class Hooks:
    """Signed deliveries by source and id; the signing keys lie in the vault."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def add_source(self, name: str) -> None:
        """Let a system of this name tell us things. Raises Refused when the name is taken."""
        try:
            with self._database.write() as connection:
                connection.execute(insert(hook_sources).values(name=name, created_at=self._clock.now()))
        except IntegrityError as error:
            raise Refused(Fault("hook-source-exists", Where("hook"), {"name": name})) from error

    def sources(self) -> tuple[str, ...]:
        """Names of the systems that may tell us things."""
        with self._database.read() as connection:
            return tuple(connection.scalars(select(hook_sources.c.name).order_by(hook_sources.c.name)))

    def record(self, source: str, event_id: str, body: bytes) -> bool:
        """Keep a delivery; False when it was here before."""
        row = {"source": source, "event_id": event_id, "received_at": self._clock.now(), "body": body}
        try:
            with self._database.write() as connection:
                connection.execute(insert(hook_events).values(row))
        except IntegrityError:
            return False
        return True
