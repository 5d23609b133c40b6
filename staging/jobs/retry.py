"""When does a failure deserve another try?"""

from datetime import timedelta

from staging.core.faults import StagingError

_FIRST = timedelta(seconds=2)
_LONGEST = timedelta(minutes=5)


def wait_before_retry(error: StagingError, attempt: int) -> timedelta | None:
    """How long to wait before a failed step runs again; None means stop and ask a person.

    attempt: failures so far, this one included; the first failure is 1.

    Doubles from 2 s and stays at 5 min: an engine that boots for the first time is silent for some
    minutes, and nobody should have to press a button for that. A permanent error is never retried.
    """
    if error.permanent:
        return None
    doubled: timedelta = _FIRST * (1 << min(attempt - 1, 16))
    return min(_LONGEST, doubled)
