"""Which stacks and portals do we know?"""

from typing import Any

from sqlalchemy import RowMapping, insert, select, update
from sqlalchemy.exc import IntegrityError

from staging.adapters.store.database import Database
from staging.adapters.store.tables import portals, stacks
from staging.core.faults import Fault, Refused, Where
from staging.jobs.job import Portal, Stack


class Stacks:
    """Stacks and portals by name; their passwords lie in the vault."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, stack: Stack) -> None:
        """Keep a new stack. Raises Refused when the name is taken or its portal unknown."""
        if stack.portal is not None:
            self.get_portal(stack.portal)
        row = {name: getattr(stack, name) for name in list(stacks.columns.keys())} | {"urls": dict(stack.urls)}
        self._insert(insert(stacks).values(row), "stack-exists", stack.name)

    def add_portal(self, portal: Portal) -> None:
        """Keep a new portal. Raises Refused when the name is taken."""
        row = {name: getattr(portal, name) for name in list(portals.columns.keys())}
        self._insert(insert(portals).values(row), "portal-exists", portal.name)

    def find(self, name: str) -> Stack | None:
        """The stack, or None."""
        with self._database.read() as connection:
            row = connection.execute(select(stacks).where(stacks.c.name == name)).mappings().first()
        return Stack(**row) if row else None

    def get(self, name: str) -> Stack:
        """The stack; raises Refused with `unknown-stack`."""
        stack = self.find(name)
        if stack is None:
            known = ", ".join(one.name for one in self.all()) or "–"
            raise Refused(Fault("unknown-stack", Where("stack"), {"name": name, "known": known}))
        return stack

    def all(self) -> tuple[Stack, ...]:
        """Every stack by name."""
        with self._database.read() as connection:
            rows = connection.execute(select(stacks).order_by(stacks.c.name)).mappings().all()
        return tuple(Stack(**row) for row in rows)

    def change(self, name: str, **values: Any) -> None:
        """Set columns of a stack."""
        with self._database.write() as connection:
            connection.execute(update(stacks).where(stacks.c.name == name).values(**values))

    def change_portal(self, portal: Portal) -> None:
        """Keep another way in to a portal that is known by its name."""
        row = {name: getattr(portal, name) for name in list(portals.columns.keys())}
        with self._database.write() as connection:
            connection.execute(update(portals).where(portals.c.name == portal.name).values(row))

    def get_portal(self, name: str) -> Portal:
        """The portal; raises Refused with `unknown-portal`."""
        with self._database.read() as connection:
            row = connection.execute(select(portals).where(portals.c.name == name)).mappings().first()
        if row is None:
            known = ", ".join(one.name for one in self.portals()) or "–"
            raise Refused(Fault("unknown-portal", Where("portal"), {"name": name, "known": known}))
        return _portal(row)

    def portals(self) -> tuple[Portal, ...]:
        """Every portal by name."""
        with self._database.read() as connection:
            rows = connection.execute(select(portals).order_by(portals.c.name)).mappings().all()
        return tuple(_portal(row) for row in rows)

    def _insert(self, statement: Any, code: str, name: str) -> None:
        try:
            with self._database.write() as connection:
                connection.execute(statement)
        except IntegrityError as error:
            raise Refused(Fault(code, Where(), {"name": name})) from error


def _portal(row: RowMapping) -> Portal:
    return Portal(**row)
