"""How are rows kept so that a refused request leaves no trace? Tables that write down how to undo."""

from collections.abc import Callable
from typing import Any

Row = dict[str, Any]


class Journal:
    """What to do, last first, to take back the writes of the request in hand."""

    def __init__(self) -> None:
        self._undo: list[Callable[[], None]] = []

    def __reduce__(self) -> tuple[type["Journal"], tuple[()]]:
        """A copy of tables begins without a request in hand."""
        return Journal, ()

    def note(self, undo: Callable[[], None]) -> None:
        self._undo.append(undo)

    def begin(self) -> None:
        """From here on; what came before stays."""
        self._undo.clear()

    def undo(self) -> None:
        """As it was at the beginning."""
        while self._undo:
            self._undo.pop()()


class Table:
    """Rows by key. A row is never changed in place: `change` puts a new one, so undoing is putting the old one back.

    Numbered tables give the next number and, as PostgreSQL's sequences do, never give one back.
    """

    def __init__(self, journal: Journal, *, key: str) -> None:
        self._journal = journal
        self._key = key
        self._rows: dict[Any, Row] = {}
        self._last = 0

    def next_number(self) -> int:
        self._last += 1
        return self._last

    def add(self, row: Row) -> Row:
        """Keep a new row; a row without its number gets the next one."""
        if self._key == "id" and "id" not in row:
            row = {"id": self.next_number(), **row}
        key = row[self._key]
        self._rows[key] = row
        self._journal.note(lambda: self._forget(key))
        return row

    def change(self, key: Any, **fields: Any) -> Row:
        old = self._rows[key]
        self._rows[key] = {**old, **fields}
        self._journal.note(lambda: self._restore(key, old))
        return self._rows[key]

    def remove(self, key: Any) -> None:
        old = self._rows.pop(key, None)
        if old is not None:
            self._journal.note(lambda: self._restore(key, old))

    def find(self, key: Any) -> Row | None:
        return self._rows.get(key)

    def __getitem__(self, key: Any) -> Row:
        return self._rows[key]

    def __contains__(self, key: Any) -> bool:
        return key in self._rows

    def all(self) -> list[Row]:
        return list(self._rows.values())

    def where(self, **fields: Any) -> list[Row]:
        """Rows whose fields all equal the given ones, oldest first."""
        return [row for row in self._rows.values() if all(row.get(name) == value for name, value in fields.items())]

    def first(self, **fields: Any) -> Row | None:
        return next(iter(self.where(**fields)), None)

    def _forget(self, key: Any) -> None:
        self._rows.pop(key, None)

    def _restore(self, key: Any, row: Row) -> None:
        self._rows[key] = row


class Database:
    """confd's tables, as far as a staging client sees them."""

    def __init__(self) -> None:
        self.journal = Journal()
        self.tenants = Table(self.journal, key="uuid")
        self.contexts = Table(self.journal, key="id")
        self.users = Table(self.journal, key="id")
        self.lines = Table(self.journal, key="id")
        self.endpoints = Table(self.journal, key="uuid")
        self.templates = Table(self.journal, key="uuid")
        self.extensions = Table(self.journal, key="id")
        self.incalls = Table(self.journal, key="id")
        self.voicemails = Table(self.journal, key="id")
        self.groups = Table(self.journal, key="uuid")
        self.pickups = Table(self.journal, key="id")
        self.key_templates = Table(self.journal, key="id")
        self.access_features = Table(self.journal, key="id")
        self.settings = Table(self.journal, key="name")
