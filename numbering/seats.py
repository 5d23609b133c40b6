"""What seat do the rows of one person or place make?"""

from collections.abc import Mapping
from functools import lru_cache

from numbering.assign import Base
from numbering.checks import Person
from numbering.plan import Profile, Seat, SeatLine
from staging.core.words import Did, Extension


def make_seat(
    person: Person,
    extension: Extension | None,
    numbers: Mapping[int, tuple[Did, ...]],
    placed: Mapping[int, tuple[Base, int]],
) -> Seat:
    """One seat from its one or two rows. numbers: direct ones; placed: base and slot of handsets; both by row."""
    first = person[0]
    said = [draft.voicemail for draft in person if draft.voicemail is not None]
    return Seat(
        cell=first.place,
        site=first.row.site,
        firstname=first.firstname,
        lastname=first.lastname,
        profile=_profile(person),
        extension=extension,
        extension_given=any(draft.extension for draft in person),
        email=next((draft.email for draft in person if draft.email), None),
        voicemail=all(said),
        group=next((draft.group for draft in person if draft.group), None),
        numbers=tuple(dict.fromkeys(number for draft in person for number in numbers.get(draft.order, ()))),
        number_wanted=any(draft.numbers.wanted for draft in person),
        lines=_lines(person, placed),
    )


def _profile(person: Person) -> Profile | None:
    profiles = [draft.profile.profile for draft in person if draft.profile]
    if len(profiles) < len(person):
        return None
    return min(profiles, key=("customer-relationship", "unified-communication", "voice").index)


def _lines(person: Person, placed: Mapping[int, tuple[Base, int]]) -> tuple[SeatLine, ...]:
    lines = [SeatLine("app")] if any(draft.application for draft in person) else []
    for draft in person:
        if (choice := draft.physical) is None:
            continue
        device = choice.device
        if draft.order in placed:
            base, slot = placed[draft.order]
            lines.append(SeatLine("dect", base.model, 0, base.mac, base.name, slot))
        else:
            lines.append(SeatLine(device.kind, device.model, choice.expansion_modules, draft.mac))
    return _shared(tuple(lines))


@lru_cache(maxsize=1024)
def _shared(lines: tuple[SeatLine, ...]) -> tuple[SeatLine, ...]:
    """Equal lines as one object: most seats of a large plan have the same telephone."""
    return lines
