"""How do scattered numbers become ranges, and do the ranges that are there hold the ones we need?"""

from bisect import bisect_right
from collections.abc import Iterable
from operator import itemgetter

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


def lacking(present: Iterable[NumberRange], wanted: Iterable[NumberRange]) -> tuple[NumberRange, ...]:
    """Those of `wanted` of which `present` does not hold every number; bounds are compared as confd does, by length."""
    spans = _spans(present)
    return tuple(r for r in wanted if not _held(spans.get(len(r.start), []), r))


def with_ranges(present: tuple[NumberRange, ...], wanted: tuple[NumberRange, ...]) -> tuple[NumberRange, ...]:
    """The list to write: what is there, plus what is missing; a range inside one that we add is folded into it.

    A PUT replaces the whole list, so what people added must be in it, and no range may stand in it twice.
    """
    missing = lacking(present, wanted)
    kept = lacking(missing, present)
    return tuple(sorted({*kept, *missing}))


def _spans(ranges: Iterable[NumberRange]) -> dict[int, list[tuple[int, int]]]:
    """First and last number of each run without a gap, ascending, by how many digits they have."""
    spans: dict[int, list[tuple[int, int]]] = {}
    for length, start, end in sorted((len(r.start), int(r.start), int(r.end)) for r in ranges):
        runs = spans.setdefault(length, [])
        if runs and start <= runs[-1][1] + 1:
            runs[-1] = (runs[-1][0], max(runs[-1][1], end))
        else:
            runs.append((start, end))
    return spans


def _held(runs: list[tuple[int, int]], wanted: NumberRange) -> bool:
    place = bisect_right(runs, int(wanted.start), key=itemgetter(0)) - 1
    return place >= 0 and int(wanted.end) <= runs[place][1]
