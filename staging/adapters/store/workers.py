"""Which workers live? Each takes a name of its own, beats, and finds those that stopped beating."""

import os
import socket
from datetime import timedelta

from sqlalchemy import delete, insert, select, update

from staging.adapters.store.database import Database
from staging.adapters.store.tables import workers
from staging.core.clock import Clock

BEAT_S = 2.0
_SILENT = timedelta(seconds=15)


class Workers:
    """Names of live workers. Two processes under one name would run the same job twice (seen with dbos 3.4)."""

    def __init__(self, database: Database, clock: Clock, *, host: str | None = None) -> None:
        self._database = database
        self._clock = clock
        self._host = host or socket.gethostname()

    def claim(self) -> str:
        """A name for this process: one whose holder is gone if there is one, else a new one.

        Taking over a name means that its unfinished jobs are this process's from the start.
        """
        now, mine = self._clock.now(), (self._host, os.getpid())
        row = {"host": self._host, "pid": os.getpid(), "started_at": now, "beat_at": now}
        with self._database.write() as connection:
            held = connection.execute(select(workers)).mappings().all()
            # A row of our own number was left by an earlier life: in a container every life has the same one.
            for one in sorted(held, key=lambda one: ((one["host"], one["pid"]) != mine, str(one["executor"]))):
                if (one["host"], one["pid"]) == mine or self._gone(one["host"], one["pid"], one["beat_at"]):
                    connection.execute(update(workers).where(workers.c.executor == one["executor"]).values(row))
                    return str(one["executor"])
            names = {one["executor"] for one in held}
            name = next(f"worker-{n}" for n in range(1, len(held) + 2) if f"worker-{n}" not in names)
            connection.execute(insert(workers).values(executor=name, **row))
        return name

    def beat(self, executor: str) -> None:
        """Still alive."""
        with self._database.write() as connection:
            connection.execute(update(workers).where(workers.c.executor == executor).values(beat_at=self._clock.now()))

    def leave(self, executor: str) -> None:
        """Gone for good, nothing left undone."""
        with self._database.write() as connection:
            connection.execute(delete(workers).where(workers.c.executor == executor, workers.c.pid == os.getpid()))

    def take_dead(self, executor: str) -> tuple[str, ...]:
        """Names of workers that died, removed so that only the caller takes their jobs over."""
        taken = []
        with self._database.write() as connection:
            for one in connection.execute(select(workers).where(workers.c.executor != executor)).mappings().all():
                if self._gone(one["host"], one["pid"], one["beat_at"]):
                    connection.execute(delete(workers).where(workers.c.executor == one["executor"]))
                    taken.append(str(one["executor"]))
        return tuple(taken)

    def alive(self) -> int:
        """How many workers beat lately."""
        since = self._clock.now() - _SILENT
        with self._database.read() as connection:
            return len(connection.execute(select(workers.c.executor).where(workers.c.beat_at >= since)).all())

    def _gone(self, host: str, pid: int, beat_at: object) -> bool:
        if host == self._host and not _runs(pid):
            return True
        return beat_at < self._clock.now() - _SILENT  # type: ignore[operator]  # a row's value is untyped


def _runs(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
