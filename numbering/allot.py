"""Which short number does each seat get? The given one, the one it had before, or the lowest that is free."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from numbering.assign import ExtensionRange, assign_extensions, computed_range, sufficient_range
from numbering.checks import Person
from numbering.plan import seat_keys
from numbering.rows import Draft
from staging.core.words import Extension, parse_extension


@dataclass(frozen=True, slots=True)
class Allotment:
    """extensions: of each seat, None where it gets none; within: the range they lie in.

    needed: a range that would do, where `within` is too small.
    """

    extensions: list[Extension | None]
    within: ExtensionRange
    needed: ExtensionRange | None


def allot(
    people: Sequence[Person],
    *,
    asked: ExtensionRange | None,
    kept: Mapping[tuple[str, str], Extension],
    proposed: Mapping[str, int],
) -> Allotment:
    """Give each seat its short number, in row order, after all explicit ones are placed.

    asked: the customer's range, computed where none is. kept: what seats had before, by `seat_keys`.
    proposed: by sheet, the column in which we proposed numbers in an annotated workbook.
    """
    given = [next((draft.extension for draft in person if draft.extension), None) for person in people]
    open_seats = [
        index for index, person in enumerate(people)
        if given[index] is None and all(draft.extension_silent for draft in person)
    ]  # fmt: skip
    stated = [extension for extension in given if extension]
    before = _before(people, kept, proposed)
    wishes = _once([before[index] for index in open_seats], stated, asked)
    placed = stated + [wish for wish in wishes if wish]
    within = asked or computed_range(placed, seats=len(people), fixed_length=bool(stated))
    allotted = assign_extensions(wishes, stated, within)
    for index, extension in zip(open_seats, allotted, strict=True):
        given[index] = extension
    return Allotment(given, within, sufficient_range(within, seats=len(people)) if None in allotted else None)


def _before(
    people: Sequence[Person], kept: Mapping[tuple[str, str], Extension], proposed: Mapping[str, int]
) -> list[Extension | None]:
    """What each seat had: as the order remembers it, else as our own column of the workbook proposes it."""
    keys = seat_keys((person[0].row.site, person[0].name) for person in people) if kept else None
    remembered = [kept.get(key) for key in keys] if keys else [None] * len(people)
    return [had or _proposed(person[0], proposed) for had, person in zip(remembered, people, strict=True)]


def _once(
    wishes: Sequence[Extension | None], taken: Sequence[Extension], asked: ExtensionRange | None
) -> list[Extension | None]:
    """The wishes that can be: a number is wished once, lies in the range where one is asked for, and has the length
    of those that are taken: one range holds numbers of one length."""
    gone = set(taken)
    length = len(next(iter(taken), None) or next((wish for wish in wishes if wish), ""))
    usable: list[Extension | None] = []
    for wish in wishes:
        fits = asked.holds(wish) if wish and asked else wish is not None and len(wish) == length
        free = fits and wish not in gone
        usable.append(wish if free else None)
        if free and wish is not None:
            gone.add(wish)
    return usable


def _proposed(draft: Draft, proposed: Mapping[str, int]) -> Extension | None:
    column = proposed.get(draft.sheet)
    return parse_extension(draft.row.row.cell(column).text) if column else None
