"""Who gets which short number and which slot of which base, and what are the fewest ranges of direct numbers?"""

from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import count

from numbering.parse import EMERGENCY
from numbering.plan import DidRange
from numbering.rows import Draft
from staging.core.words import Did, Extension, Mac

_STEP = 20
_FIRST_EXTENSION = Extension("8000")
_LAST_EXTENSION = 999_999


@dataclass(frozen=True, slots=True)
class ExtensionRange:
    """Short numbers from low to high, both included. width: digits that a number has at least."""

    low: int
    high: int
    width: int

    def __str__(self) -> str:
        return f"{self.extension(self.low)}-{self.extension(self.high)}"

    def extension(self, number: int) -> Extension:
        """A number of the range as it is dialled, with its leading zeros."""
        return Extension(f"{number:0{self.width}d}")

    def holds(self, extension: Extension) -> bool:
        """True for a number of the range, in its length."""
        number = int(extension)
        return self.low <= number <= self.high and extension == self.extension(number)

    def room(self) -> int:
        """How many seats it can hold: the numbers that call for help are not for seats."""
        return self.high - self.low + 1 - sum(self.holds(Extension(number)) for number in EMERGENCY)


def given_range(low: Extension, high: Extension) -> ExtensionRange:
    """The range that somebody asked for. Raises ValueError when its ends do not fit together."""
    if len(low) != len(high) or int(low) > int(high):
        raise ValueError(f"{low}-{high} is not a range")
    return ExtensionRange(int(low), int(high), len(low))


def computed_range(placed: Sequence[Extension], *, seats: int, fixed_length: bool = True) -> ExtensionRange:
    """The shortest range in steps of 20 that holds the seats and every placed number.

    It starts at the lowest placed number rounded down to a multiple of 20, at 8000 when there is none.
    fixed_length: it ends with the last number of its length, because somebody gave numbers of that length.
    """
    numbers = [int(extension) for extension in placed] or [int(_FIRST_EXTENSION)]
    width = len(placed[0]) if placed else len(_FIRST_EXTENSION)
    low = min(numbers) // _STEP * _STEP
    last = 10**width - 1 if fixed_length else _LAST_EXTENSION
    least = max(max(numbers) + 1 - low, seats)
    high = low + -(-least // _STEP) * _STEP - 1
    # The numbers that call for help take places of the range and are nobody's.
    while high < last and ExtensionRange(low, high, width).room() < seats:
        high += _STEP
    return ExtensionRange(low, min(high, last), width)


def sufficient_range(tried: ExtensionRange, *, seats: int) -> ExtensionRange:
    """A range that would hold the seats: longer, else starting lower, else with one digit more."""
    for width in range(tried.width, tried.width + 5):
        lowest = 0 if width == 2 else 10 ** (width - 1)
        latest = (10**width - seats - len(EMERGENCY)) // _STEP * _STEP
        low = min(tried.low * 10 ** (width - tried.width), latest)
        if low >= lowest:
            return computed_range([Extension(f"{low:0{width}d}")], seats=seats)
    raise ValueError(f"no range holds {seats} seats")


def assign_extensions(
    wishes: Iterable[Extension | None], taken: Iterable[Extension], within: ExtensionRange
) -> list[Extension | None]:
    """One short number for each seat without one, in order; None where the range is full.

    wishes: the number that the seat had before, which it keeps while that is free; None for a new seat.
    taken: the explicit ones.
    """
    used = set(taken) | {Extension(number) for number in EMERGENCY}
    asked = list(wishes)
    kept: list[Extension | None] = []
    for wish in asked:
        free = wish is not None and wish not in used
        kept.append(wish if free else None)
        if free and wish is not None:
            used.add(wish)
    fresh = (
        extension for extension in map(within.extension, range(within.low, within.high + 1)) if extension not in used
    )
    return [extension if extension is not None else next(fresh, None) for extension in kept]


@dataclass(slots=True)
class Base:
    """A DECT base while it fills: who sits on it, in slot order. name is unique in the workbook."""

    name: str
    model: str
    capacity: int
    named: bool
    drafts: list[Draft] = field(default_factory=list)
    mac: Mac | None = None

    @property
    def is_full(self) -> bool:
        """True when every slot is taken."""
        return len(self.drafts) >= self.capacity

    def seat(self, draft: Draft) -> None:
        """Put a handset in the next slot."""
        self.drafts.append(draft)
        self.mac = self.mac or draft.mac


def place_handsets(drafts: Sequence[Draft]) -> list[Base]:
    """Handsets on bases, in row order: on the base that the row names, else per site and model on bases of ours.

    A row that gives the MAC of a base goes to that base. Bases of ours take the lowest free integer as name.
    """
    handsets = [draft for draft in drafts if draft.handset is not None]
    named: dict[str, Base] = {}
    for draft in handsets:
        if draft.base and draft.base.casefold() not in named:
            named[draft.base.casefold()] = _base(draft, draft.base, named=True)
    free_names = (str(number) for number in count(1) if str(number) not in named)
    rooms: dict[tuple[str, str], _Room] = {}
    ours: list[Base] = []
    for draft in handsets:
        if draft.base:
            named[draft.base.casefold()].seat(draft)
            continue
        room = rooms.setdefault((draft.row.site.casefold(), _model(draft)), _Room())
        base = room.find(draft)
        if base is None:
            base = _base(draft, next(free_names), named=False)
            ours.append(base)
        base.seat(draft)
        room.keep(base)
    return [*named.values(), *ours]


class _Room:
    """The bases of one site and model that still have a free slot."""

    def __init__(self) -> None:
        self._open: dict[str, Base] = {}
        self._anonymous: dict[str, Base] = {}
        self._by_mac: dict[Mac, Base] = {}

    def find(self, draft: Draft) -> Base | None:
        if draft.mac is None:
            return next(iter(self._open.values()), None)
        known = self._by_mac.get(draft.mac)
        if known is not None:
            return None if known.is_full else known
        return next(iter(self._anonymous.values()), None)

    def keep(self, base: Base) -> None:
        self._open[base.name] = self._anonymous[base.name] = base
        if base.mac is not None:
            self._by_mac[base.mac] = base
            del self._anonymous[base.name]
        if base.is_full:
            self._open.pop(base.name)
            self._anonymous.pop(base.name, None)


def gather_ranges(numbers: Iterable[Did]) -> tuple[DidRange, ...]:
    """The fewest ranges of consecutive numbers that cover all of them exactly, in ascending order."""
    waiting = deque(sorted({int(number[1:]) for number in numbers}))
    ranges = []
    while waiting:
        first = last = waiting.popleft()
        # A longer number is another country's or a shorter line: +339 and +3310 are no neighbours.
        while waiting and waiting[0] == last + 1 and len(str(waiting[0])) == len(str(first)):
            last = waiting.popleft()
        ranges.append(DidRange(Did(f"+{first}"), Did(f"+{last}"), last - first + 1))
    return tuple(ranges)


def slots(bases: Iterable[Base]) -> Mapping[int, tuple[Base, int]]:
    """Base and slot, from 1, of each handset, by the row's order in the workbook."""
    return {draft.order: (base, slot) for base in bases for slot, draft in enumerate(base.drafts, start=1)}


def _base(draft: Draft, name: str, *, named: bool) -> Base:
    return Base(name, _model(draft), draft.handset.device.lines if draft.handset else 0, named)


def _model(draft: Draft) -> str:
    return (draft.handset.device.model if draft.handset else None) or ""
