"""How do scattered numbers become ranges, and do the ranges that are there hold the ones we need?"""

from collections.abc import Iterable

from staging.wazo.state import NumberRange


def consecutive_ranges(numbers: Iterable[str]) -> tuple[NumberRange, ...]:
    """The fewest ranges that hold exactly these digit strings, ascending; bounds of one range have one length."""
    ranges: list[NumberRange] = []
    for number in sorted(set(numbers), key=lambda digits: (len(digits), digits)):
        last = ranges[-1] if ranges else None
        if last and len(last.end) == len(number) and int(last.end) + 1 == int(number):
            ranges[-1] = NumberRange(last.start, number, len(number))
        else:
            ranges.append(NumberRange(number, number, len(number)))
    return tuple(ranges)


def covers(ranges: Iterable[NumberRange], wanted: NumberRange) -> bool:
    """Whether these ranges together hold every number of `wanted`; bounds are compared as confd does, by length."""
    same = sorted((int(r.start), int(r.end)) for r in ranges if len(r.start) == len(wanted.start))
    needed, end = int(wanted.start), int(wanted.end)
    for start, stop in same:
        if start <= needed <= stop:
            needed = stop + 1
    return needed > end


def with_ranges(present: tuple[NumberRange, ...], wanted: tuple[NumberRange, ...]) -> tuple[NumberRange, ...]:
    """The list to write: what is there, plus what is missing; a range inside one that we add is folded into it.

    A PUT replaces the whole list, so what people added must be in it, and no range may stand in it twice.
    """
    missing = tuple(r for r in wanted if not covers(present, r))
    kept = tuple(r for r in present if not any(covers((m,), r) for m in missing))
    return tuple(sorted({*kept, *missing}))
