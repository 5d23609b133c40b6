"""Why is a file refused whole? The limits of the readers, and what they raise beyond them."""

from staging.core.faults import Fault, PlanRefused

MAX_FILE_BYTES = 20_000_000
MAX_UNPACKED_BYTES = 200_000_000
MAX_RATIO = 200
MAX_ROWS = 100_000
MAX_COLUMNS = 200
LAST_ROW = 1_048_576
MAX_ENTRIES = 10_000
MAX_TEXT_CHARACTERS = 60_000_000
MAX_MERGES = 100_000


def refused(code: str, **facts: str | int) -> PlanRefused:
    """The refusal of a file under a code; the place is added by whoever knows the file's name."""
    return PlanRefused(Fault(code, facts=facts))


def not_a_workbook(reason: str) -> PlanRefused:
    """The refusal of something that is not a workbook; the reason is for a log, not for a person."""
    return refused("unreadable-workbook", reason=reason)


def too_large(what: str, limit: int) -> PlanRefused:
    """The refusal of a workbook beyond one of the limits."""
    return refused("workbook-too-large", what=what, limit=limit)
