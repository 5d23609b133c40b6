"""Which phones does provd see? Remembered for moments, so that twenty scanners do not ask the engine at every scan.

A scan is judged by the model that provd saw. A phone that is remembered is answered at once; one that is not is looked
up, because it may have been plugged in a second ago. What a scan gives out is checked against the live stack again
by the step that ties phones and lines together.
"""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from staging.core.faults import StagingError
from staging.core.words import Mac
from staging.phones.seen import SeenPhone

FRESH_S = 3.0
"""After this long, a remembered phone is still answered at once, and the memory is refreshed behind its back."""
STALE_S = 60.0
"""After this long nothing is answered from memory."""

Fetch = Callable[[], tuple[SeenPhone, ...]]


@dataclass(frozen=True, slots=True)
class _Look:
    began: float
    phones: tuple[SeenPhone, ...]


@dataclass(slots=True)
class _Memory:
    lock: threading.Lock = field(default_factory=threading.Lock)
    look: _Look | None = None
    refreshing: bool = False


class Glance:
    """What provd saw, for each tenant. now: seconds that only go forward."""

    def __init__(self, *, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._lock = threading.Lock()
        self._memories: dict[str, _Memory] = {}

    def phones(self, tenant: str, wanted: Mac, fetch: Fetch) -> tuple[SeenPhone, ...]:
        """The phones of a tenant and those of nobody, true for the wanted one. Raises what `fetch` raises."""
        memory, came = self._memory(tenant), self._now()
        look = memory.look
        if look is not None and came - look.began <= STALE_S and any(phone.mac == wanted for phone in look.phones):
            if came - look.began > FRESH_S:
                self._refresh(memory, fetch)
            return look.phones
        with memory.lock:
            # Whoever waited here for another's look that began after they came needs none of their own.
            look = memory.look
            return look.phones if look is not None and look.began >= came else self._look(memory, fetch)

    def forget(self) -> None:
        """Remember nothing, as at the start."""
        with self._lock:
            self._memories.clear()

    def _memory(self, tenant: str) -> _Memory:
        with self._lock:
            return self._memories.setdefault(tenant, _Memory())

    def _look(self, memory: _Memory, fetch: Fetch) -> tuple[SeenPhone, ...]:
        began = self._now()
        phones = fetch()
        memory.look = _Look(began, phones)
        return phones

    def _refresh(self, memory: _Memory, fetch: Fetch) -> None:
        with self._lock:
            if memory.refreshing:
                return
            memory.refreshing = True
        threading.Thread(target=self._refresh_now, args=(memory, fetch), daemon=True, name="glance").start()

    def _refresh_now(self, memory: _Memory, fetch: Fetch) -> None:
        try:
            with memory.lock:
                self._look(memory, fetch)
        except StagingError:
            # Nobody waits for this one; whoever needs a true answer asks and is told.
            pass
        finally:
            memory.refreshing = False
