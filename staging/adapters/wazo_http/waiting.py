"""How do we wait for something that the engine does in its own time?"""

import time
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import timedelta
from typing import TypeVar

from staging.core.faults import Fault, StackRefused, StackUnreachable

Found = TypeVar("Found")

_SOONER = 16


@dataclass(frozen=True, slots=True)
class Patience:
    """How long to wait and how often to look; the two callables are there for tests.

    every: between two looks, once it takes long; the first ones come sooner, since most things are quickly done.
    """

    within: timedelta = timedelta(minutes=2)
    every: timedelta = timedelta(seconds=1)
    pause: Callable[[float], None] = time.sleep
    seconds: Callable[[], float] = time.monotonic


def wait_for(
    look: Callable[[], Found | None], *, patience: Patience, otherwise: Fault, not_yet: Collection[str] = ()
) -> Found:
    """What `look` finds, once it finds something. Raises StackUnreachable with `otherwise` when it never does.

    A look that meets a silent or busy engine counts as "not yet", and so does a refusal with a code in `not_yet`;
    the last of them becomes the cause.
    """
    end = patience.seconds() + patience.within.total_seconds()
    longest = patience.every.total_seconds()
    pause = longest / _SOONER
    while True:
        cause: StackUnreachable | StackRefused | None = None
        try:
            found = look()
        except StackUnreachable as error:
            found, cause = None, error
        except StackRefused as error:
            if error.faults[0].code not in not_yet:
                raise
            found, cause = None, error
        if found is not None:
            return found
        if patience.seconds() >= end:
            raise StackUnreachable(otherwise) from cause
        patience.pause(pause)
        pause = min(2 * pause, longest)
