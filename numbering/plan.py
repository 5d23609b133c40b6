"""What does a customer ask for? The values that a workbook becomes, and their JSON form.

Names and fields are the contract of `docs/numbering-plan.md`, section 6; the JSON is read by other programs.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any, Literal

from staging.core.words import Did, Extension, Mac

Profile = Literal["voice", "unified-communication", "customer-relationship"]
LineKind = Literal["desk", "dect", "conference", "ata", "app"]

TO_CREATE = "to-create"
"""What stands for a main number that the operator still has to give."""


@dataclass(frozen=True, slots=True)
class SeatLine:
    """One telephone line of a seat: a desk phone, a DECT handset's account, an application.

    base, position: a DECT handset's base name and its slot there, from 1; otherwise None and 1.
    mac: of the phone, or of the base of a handset. model: as wazo-provd spells it; None for an application.
    """

    kind: LineKind
    model: str | None = None
    expansion_modules: int = 0
    mac: Mac | None = None
    base: str | None = None
    position: int = 1


@dataclass(frozen=True, slots=True)
class Seat:
    """One person or place that gets a telephone. cell: its name cell, `Sheet!B12`."""

    cell: str
    site: str
    firstname: str
    lastname: str
    profile: Profile | None
    extension: Extension | None
    extension_given: bool
    email: str | None
    voicemail: bool
    group: str | None
    numbers: tuple[Did, ...]
    number_wanted: bool
    lines: tuple[SeatLine, ...]

    @property
    def name(self) -> str:
        """The name as it is shown on a phone: first name, then last name."""
        return f"{self.firstname} {self.lastname}".strip()


def seat_keys(seats: Iterable[tuple[str, str]]) -> Iterator[tuple[str, str]]:
    """What a seat's short number is remembered under, from site and name of each seat in row order.

    It is the two themselves. Further seats of the same site and name are told apart by their order, after a line
    break, which no name of a good plan holds.
    """
    seen: Counter[tuple[str, str]] = Counter()
    for site, name in seats:
        seen[site, name] += 1
        times = seen[site, name]
        yield site, name if times == 1 else f"{name}\n{times}"


@dataclass(frozen=True, slots=True)
class DidRange:
    """Consecutive direct numbers, both ends included."""

    first: Did
    last: Did
    count: int


@dataclass(frozen=True, slots=True)
class Summary:
    """Counts. rows = seats + merged + sections + ignored + refused, always."""

    rows: int
    seats: int
    merged: int
    sections: int
    ignored: int
    refused: int
    phones: int
    dect_bases: int
    softphones: int
    voicemails: int
    numbers: int
    numbers_wanted: int


@dataclass(frozen=True, slots=True)
class NumberingPlan:
    """What the customer asks, whole. extension_range: `8000-8019`; main_number: a DID, `to-create` or None."""

    workbook: str
    main_number: str | None
    summary: Summary
    extension_range: str
    number_ranges: tuple[DidRange, ...]
    seats: tuple[Seat, ...]


def plan_document(plan: NumberingPlan, *, seats: bool = True) -> dict[str, Any]:
    """The plan as the JSON of `staging plan check`, without `ok` and `faults`; its list of seats empty unless told."""
    return {
        "workbook": plan.workbook,
        "main_number": plan.main_number,
        "summary": asdict(plan.summary),
        "extension_range": plan.extension_range,
        "number_ranges": [asdict(item) for item in plan.number_ranges],
        "seats": [seat_document(seat) for seat in plan.seats] if seats else [],
    }


def seat_document(seat: Seat) -> dict[str, Any]:
    """One seat as JSON, its fields in the order of the contract."""
    document: dict[str, Any] = {name: getattr(seat, name) for name in _SEAT_FIELDS}
    document["numbers"] = list(seat.numbers)
    document["lines"] = [{name: getattr(line, name) for name in _LINE_FIELDS} for line in seat.lines]
    return document


def plan_from_document(document: Mapping[str, Any]) -> NumberingPlan:
    """The plan that `plan_document` wrote down. Raises KeyError or TypeError on anything else."""
    return NumberingPlan(
        workbook=document["workbook"],
        main_number=document["main_number"],
        summary=Summary(**document["summary"]),
        extension_range=document["extension_range"],
        number_ranges=tuple(DidRange(**item) for item in document["number_ranges"]),
        seats=tuple(_seat(item) for item in document["seats"]),
    )


def _seat(item: Mapping[str, Any]) -> Seat:
    return Seat(
        **{
            **item,
            "numbers": tuple(item["numbers"]),
            "lines": tuple(SeatLine(**line) for line in item["lines"]),
        }
    )


_SEAT_FIELDS = tuple(field.name for field in fields(Seat))
_LINE_FIELDS = tuple(field.name for field in fields(SeatLine))
