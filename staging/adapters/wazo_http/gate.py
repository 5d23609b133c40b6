"""Who may send now? At most as many requests at once as a daemon takes, shared by all threads of a session."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial

from staging.core.faults import StackUnreachable
from staging.wazo.flow import Flow, answered, failed


class Gate:
    """Lets requests to one daemon through, as many at once as `staging.wazo.flow` says.

    A request must not wait at a gate while it stands in the same one: logging in goes around it.
    """

    def __init__(self, flow: Flow | None = None, *, seconds: Callable[[], float] = time.monotonic) -> None:
        self._flow = flow or Flow()
        self._seconds = seconds
        self._in_hand = 0
        self._room = threading.Condition()

    @property
    def flow(self) -> Flow:
        """What is known of the daemon by now."""
        return self._flow

    @contextmanager
    def through(self, kind: str) -> Iterator[None]:
        """Wait for room, then hold it until the request is answered. kind: as `kind_of` gives it."""
        with self._room:
            self._room.wait_for(lambda: self._in_hand < self._flow.limit)
            self._in_hand += 1
            in_hand = self._in_hand
        started = self._seconds()
        learn: Callable[[Flow], Flow] = _nothing
        try:
            yield
            learn = partial(answered, kind=kind, seconds=self._seconds() - started, in_hand=in_hand)
        except StackUnreachable:
            learn = failed
            raise
        finally:
            with self._room:
                self._flow = learn(self._flow)
                self._in_hand -= 1
                self._room.notify_all()


def _nothing(flow: Flow) -> Flow:
    return flow
