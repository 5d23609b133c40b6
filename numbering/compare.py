"""What changed from one plan to another? Seat by seat: added, removed, or which of its fields say something else."""

from collections import deque
from collections.abc import Callable, Collection, Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from numbering.plan import NumberingPlan, Seat, SeatLine

Change = Literal["added", "removed", "changed", "same"]
Compared = Literal[
    "name", "site", "profile", "extension", "numbers", "number_wanted", "lines", "email", "voicemail", "group",
    "main_number", "extension_range",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class FieldChange:
    """One field that says something else. before, after: as the plan's JSON spells them, several joined with commas.

    on_stack: whether the telephone system would be changed by it; a site is a word of the workbook only.
    """

    field: Compared
    before: str
    after: str
    on_stack: bool = True


@dataclass(frozen=True, slots=True)
class SeatChange:
    """One seat that is not as it was. before, after: None for one that was added or removed."""

    before: Seat | None
    after: Seat | None
    fields: tuple[FieldChange, ...] = ()

    @property
    def change(self) -> Change:
        """What happened to it."""
        if self.before is None:
            return "added"
        return "removed" if self.after is None else "changed"

    @property
    def seat(self) -> Seat:
        """The seat as it is, or as it last was."""
        found = self.after or self.before
        if found is None:
            raise ValueError("a change of no seat")
        return found


@dataclass(frozen=True, slots=True)
class PlanChanges:
    """Everything that changed. plan: fields of the whole plan; same: how many seats are as they were."""

    plan: tuple[FieldChange, ...]
    seats: tuple[SeatChange, ...]
    same: int

    def count(self, change: Change) -> int:
        """How many seats were added, removed or changed."""
        return self.same if change == "same" else sum(one.change == change for one in self.seats)


def compare_plans(before: NumberingPlan | None, after: NumberingPlan | None) -> PlanChanges:
    """The differences between two plans, seats of the later one first, in their order, then those that are gone.

    A seat is the same one when site and name agree; of the rest when its given short number does, then when a direct
    number or a MAC does, then when its cell does. None stands for a workbook that could not be read: a plan of nothing.
    """
    old, new = (list(plan.seats) if plan else [] for plan in (before, after))
    pairs = _pairs(old, new)
    found = [SeatChange(pairs.get(index), seat, _fields(pairs.get(index), seat)) for index, seat in enumerate(new)]
    kept = {id(seat) for seat in pairs.values()}
    gone = [SeatChange(seat, None) for seat in old if id(seat) not in kept]
    seats = tuple(one for one in found if one.before is None or one.fields)
    whole = tuple(_differing(_of_plan(before), _of_plan(after)))
    return PlanChanges(whole, (*seats, *gone), len(new) - len(seats))


_Key = Callable[[Seat], Iterable[Hashable]]


def _pairs(old: Sequence[Seat], new: Sequence[Seat]) -> dict[int, Seat]:
    """For each place in the later plan, the seat that it was; each earlier seat is taken once."""
    pairs: dict[int, Seat] = {}
    left = list(old)
    for keys in _WAYS:
        by_key: dict[Hashable, deque[Seat]] = {}
        for seat in left:
            for key in keys(seat):
                by_key.setdefault(key, deque()).append(seat)
        taken: set[int] = set()
        for index, seat in enumerate(new):
            if index in pairs:
                continue
            match = next((one for key in keys(seat) if (one := _first(by_key.get(key), taken))), None)
            if match is not None:
                pairs[index] = match
                taken.add(id(match))
        left = [seat for seat in left if id(seat) not in taken]
    return pairs


def _first(seats: deque[Seat] | None, taken: Collection[int]) -> Seat | None:
    """The first that nobody took; those before it are forgotten, as thousands of seats may have one name."""
    while seats and id(seats[0]) in taken:
        seats.popleft()
    return seats[0] if seats else None


def _by_name_and_number(seat: Seat) -> Iterable[Hashable]:
    return [(seat.site, seat.name, seat.extension)]


def _by_name(seat: Seat) -> Iterable[Hashable]:
    return [(seat.site, seat.name)]


def _by_given_extension(seat: Seat) -> Iterable[Hashable]:
    return [seat.extension] if seat.extension and seat.extension_given else []


def _by_what_it_has(seat: Seat) -> Iterable[Hashable]:
    return [*seat.numbers, *(line.mac for line in seat.lines if line.mac and line.kind != "dect")]


def _by_cell(seat: Seat) -> Iterable[Hashable]:
    return [seat.cell]


_WAYS: tuple[_Key, ...] = (_by_name_and_number, _by_name, _by_given_extension, _by_what_it_has, _by_cell)


def _fields(before: Seat | None, after: Seat) -> tuple[FieldChange, ...]:
    return () if before is None else tuple(_differing(_of_seat(before), _of_seat(after)))


def _differing(before: dict[Compared, str], after: dict[Compared, str]) -> Iterator[FieldChange]:
    for field in before:
        if before[field] != after[field]:
            yield FieldChange(field, before[field], after[field], on_stack=field != "site")


def _of_seat(seat: Seat) -> dict[Compared, str]:
    return {
        "name": seat.name,
        "site": seat.site,
        "profile": seat.profile or "",
        "extension": seat.extension or "",
        "numbers": ", ".join(seat.numbers),
        "number_wanted": _told(seat.number_wanted),
        "lines": ", ".join(_line(line) for line in seat.lines),
        "email": seat.email or "",
        "voicemail": _told(seat.voicemail),
        "group": seat.group or "",
    }


def _of_plan(plan: NumberingPlan | None) -> dict[Compared, str]:
    if plan is None:
        return {"main_number": "", "extension_range": ""}
    return {"main_number": plan.main_number or "", "extension_range": plan.extension_range}


def _told(yes: bool) -> str:
    return "true" if yes else "false"


def _line(line: SeatLine) -> str:
    parts = [line.model or line.kind]
    if line.expansion_modules:
        parts.append(f"+{line.expansion_modules}")
    if line.base is not None:
        parts.append(f"{line.base}/{line.position}")
    if line.mac is not None:
        parts.append(line.mac)
    return " ".join(parts)
