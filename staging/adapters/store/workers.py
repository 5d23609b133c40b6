"""Which workers live? Each takes a name of its own, beats, and finds those that stopped beating."""

import os
import socket
from datetime import datetime, timedelta

from sqlalchemy import delete, insert, select, update

from staging.adapters.store.database import Database
from staging.adapters.store.tables import workers
from staging.core.clock import Clock

_SILENT_ELSEWHERE = timedelta(seconds=30)
_SILENT_HERE = timedelta(minutes=5)
"""A process of this machine that still runs may be suspended or wait for a lock; only a long silence is its end."""

_NOBODY = 0


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

    def beat(self, executor: str) -> bool:
        """Still alive. False when the name was taken away meanwhile: whoever took it has our jobs, and we must stop."""
        mine = (workers.c.executor == executor, workers.c.host == self._host, workers.c.pid == os.getpid())
        with self._database.write() as connection:
            return bool(connection.execute(update(workers).where(*mine).values(beat_at=self._clock.now())).rowcount)

    def leave(self, executor: str) -> None:
        """Nobody works under this name any more. The row stays: jobs left unfinished are found by it."""
        mine = (workers.c.executor == executor, workers.c.host == self._host, workers.c.pid == os.getpid())
        with self._database.write() as connection:
            connection.execute(update(workers).where(*mine).values(pid=_NOBODY))

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
        """How many workers live, as far as can be told."""
        with self._database.read() as connection:
            held = connection.execute(select(workers)).mappings().all()
        return sum(1 for one in held if not self._gone(one["host"], one["pid"], one["beat_at"]))

    def _gone(self, host: str, pid: int, beat_at: datetime) -> bool:
        if pid == _NOBODY:
            return True
        if host != self._host:
            return beat_at < self._clock.now() - _SILENT_ELSEWHERE
        return not _runs(pid) or beat_at < self._clock.now() - _SILENT_HERE


def _runs(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
