"""Who changed a value since we left it: nobody, the plan, somebody on the stack, or both?"""

from collections.abc import Iterable, Iterator

from staging.wazo.change import FieldChange, Standing

CHANGED_ON_STACK = "changed-on-stack"
BOTH_SIDES = "changed-on-both-sides"
EDITED_SINCE = "edited-since"
"""Why a thing that goes shows values: somebody changed them on the stack since, and they go with it."""
REASONS: dict[Standing, str] = {"kept": CHANGED_ON_STACK, "conflict": BOTH_SIDES}


def standing(wanted: object, there: object, left: object) -> Standing:
    """What becomes of a value that is not as the plan wants it; the empty text and None are one.

    due: it is as we left it, so the plan changed. kept: the plan still says what we left, so somebody changed it on
    the stack. conflict: both did.
    """
    if (there or None) == (left or None):
        return "due"
    return "kept" if (wanted or None) == (left or None) else "conflict"


def sorted_out(
    fields: Iterable[tuple[FieldChange, Standing]],
) -> Iterator[tuple[Standing, str | None, tuple[FieldChange, ...]]]:
    """The fields by their standing, those that are due first, each with the reason for leaving them alone."""
    found = list(fields)
    wanted: tuple[Standing, ...] = ("due", "kept", "conflict")
    for one in wanted:
        some = tuple(field for field, how in found if how == one)
        if some:
            yield one, REASONS.get(one), some
