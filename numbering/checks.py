"""Which rules need the whole plan? What stands twice, what contradicts itself, what does not fit."""

from collections import Counter, defaultdict, deque
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import replace

from numbering.assign import Base, ExtensionRange
from numbering.columns import Field
from numbering.others import Places, held_by_others, named_at_most
from numbering.parse import clip
from numbering.rows import Draft
from staging.core.faults import Fault, Severity
from staging.core.words import Did, national_writing

Person = tuple[Draft, ...]
"""The one or two rows that make a seat, in row order."""


def check_lengths(drafts: Sequence[Draft], within: ExtensionRange | None) -> tuple[list[Draft], list[Fault]]:
    """Refuse short numbers of another length than most; the drafts come back without them.

    On a draw the length of the range asked for wins, then the one that stands first.
    """
    lengths = Counter(len(draft.extension) for draft in drafts if draft.extension)
    if len(lengths) < 2:
        return list(drafts), []
    most = max(lengths, key=lambda length: (lengths[length], within is not None and length == within.width))
    kept, faults = [], []
    for draft in drafts:
        if draft.extension and len(draft.extension) != most:
            faults.append(draft.fault("invalid-extension", "extension", reason="length", length=most))
            draft = replace(draft, extension=None)
        kept.append(draft)
    return kept, faults


def pair_rows(drafts: Iterable[Draft]) -> list[Person]:
    """The seats: rows by themselves, and an application row with the desk row of the same name and site.

    Their short numbers are equal, or at least one is empty. In row order of the first row.
    """
    groups: dict[Hashable, list[Draft]] = defaultdict(list)
    for draft in drafts:
        groups[(draft.name.casefold(), draft.row.site.casefold()) if draft.name else draft.order].append(draft)
    people = [person for group in groups.values() for person in _pair(group)]
    return sorted(people, key=lambda person: person[0].order)


def check_pairs(people: Iterable[Person]) -> list[Fault]:
    """Two rows of one seat whose cells contradict each other: a fault on both cells."""
    return [
        fault
        for person in people
        if len(person) == 2
        for field, value in _COMPARED.items()
        if _contradict(value(person[0]), value(person[1]))
        for fault in conflict(field, person)
    ]


def conflict(field: Field, drafts: Sequence[Draft]) -> list[Fault]:
    """`conflicting-rows` on the cell of a field of each row, each naming the others."""
    return _on_each("conflicting-rows", field, drafts)


def check_twice(
    people: Sequence[Person], refused: Sequence[Draft], numbers: Mapping[int, Sequence[Did]]
) -> list[Fault]:
    """Direct numbers, short numbers and e-mail addresses that stand twice, on each cell concerned.

    numbers: the direct numbers of each row, by its order. The two rows of a seat may say the same.
    """
    units = [*people, *((draft,) for draft in refused)]
    return [
        *_twice(units, "duplicate-number", "number", lambda draft: numbers.get(draft.order, ())),
        *_repeated_in_cell([draft for unit in units for draft in unit], numbers),
        *_twice(units, "duplicate-extension", "extension", lambda draft: (draft.extension,)),
        *_twice(units, "duplicate-email", "email", lambda draft: (draft.email and draft.email.casefold(),)),
    ]


def check_names(people: Iterable[Person]) -> list[Fault]:
    """The same name twice with two different given short numbers: somebody will ring the wrong one."""
    groups: dict[str, list[Draft]] = defaultdict(list)
    for person in people:
        given = next((draft for draft in person if draft.extension), None)
        if given is not None and given.name:
            groups[given.name.casefold()].append(given)
    doubled = [group for group in groups.values() if len({draft.extension for draft in group}) > 1]
    return [
        fault
        for group in doubled
        for fault in _on_each("duplicate-name", _name_field(group[0]), group, severity="warning")
    ]


def check_range(drafts: Iterable[Draft], within: ExtensionRange) -> list[Fault]:
    """Given short numbers outside the range that was asked for."""
    return [
        draft.fault("extension-out-of-range", "extension", range=str(within))
        for draft in drafts
        if draft.extension and not within.holds(draft.extension)
    ]


def check_emails(people: Iterable[Person]) -> list[Fault]:
    """Seats whose profile needs an e-mail address that no row gives."""
    faults = []
    for person in people:
        needing = next(
            (draft for draft in person if draft.profile and draft.profile.profile == "unified-communication"), None
        )
        silent = all((cell := draft.cell("email")) is None or not cell.is_filled for draft in person)
        if needing is not None and silent:
            faults.append(needing.fault("missing-email", "email"))
    return faults


def check_bases(bases: Iterable[Base]) -> list[Fault]:
    """Bases with more handsets than slots, of two models, or with two addresses."""
    faults = []
    for base in bases:
        if base.named:
            faults += [
                draft.fault("dect-base-full", "base", base=base.name, model=base.model, capacity=base.capacity)
                for draft in base.drafts[base.capacity :]
            ]
        for field, value in (("hardware", _model), ("mac", _mac)):
            stated = [draft for draft in base.drafts if value(draft)]
            if len({value(draft) for draft in stated}) > 1:
                faults += conflict("hardware" if field == "hardware" else "mac", stated)
    return faults


def check_macs(people: Sequence[Person], refused: Sequence[Draft], bases: Iterable[Base]) -> list[Fault]:
    """The same hardware address on two devices; the handsets of one base share its address."""
    if not any(draft.mac for person in [*people, refused] for draft in person):
        return []
    owners: dict[int, Hashable] = {draft.order: ("base", base.name) for base in bases for draft in base.drafts}
    units = [*people, *((draft,) for draft in refused)]
    holders: dict[str, dict[Hashable, list[Draft]]] = defaultdict(lambda: defaultdict(list))
    for unit in units:
        for draft in unit:
            if draft.mac:
                holders[draft.mac][_owner(draft, unit, owners)].append(draft)
    doubled = [owned for owned in holders.values() if len(owned) > 1]
    return [
        fault
        for owned in doubled
        for fault in _on_each("duplicate-mac", "mac", [d for drafts in owned.values() for d in drafts])
    ]


def _owner(draft: Draft, unit: Person, owners: Mapping[int, Hashable]) -> Hashable:
    if draft.refused and draft.handset and draft.base:
        return ("base", draft.base)
    return owners.get(draft.order, ("row", unit[0].order))


def _pair(group: list[Draft]) -> list[Person]:
    desks = [draft for draft in group if not draft.is_application_row]
    if len(desks) in (0, len(group)):
        return [(draft,) for draft in group]
    free = _Desks(desks)
    people: list[Person] = []
    # Those whose short number a desk row has go first, or another one takes that row from them.
    applications = [draft for draft in group if draft.is_application_row]
    for application in sorted(applications, key=lambda draft: draft.extension not in free.numbered):
        desk = free.partner(application)
        if desk is None:
            people.append((application,))
        else:
            people.append((application, desk) if application.order < desk.order else (desk, application))
    return people + [(desk,) for desk in free.left()]


class _Desks:
    """Desk rows of one name and site that have no application row yet. Thousands of rows may have one name."""

    def __init__(self, desks: Sequence[Draft]) -> None:
        self._free = {desk.order: desk for desk in desks}
        self._all, self._silent = deque(desks), deque(desk for desk in desks if not desk.extension)
        self.numbered: dict[str | None, deque[Draft]] = {}
        for desk in desks:
            if desk.extension:
                self.numbered.setdefault(desk.extension, deque()).append(desk)

    def partner(self, application: Draft) -> Draft | None:
        """The first with the same short number, else the first where one of the two has none."""
        if application.extension is None:
            return self._take(self._all)
        return self._take(self.numbered.get(application.extension, deque())) or self._take(self._silent)

    def left(self) -> Iterable[Draft]:
        """Those that nobody took, in row order."""
        return self._free.values()

    def _take(self, line: deque[Draft]) -> Draft | None:
        while line:
            if (desk := self._free.pop(line.popleft().order, None)) is not None:
                return desk
        return None


def _contradict(one: object, other: object) -> bool:
    return one is not None and other is not None and one != other


_COMPARED: Mapping[Field, Callable[[Draft], object]] = {
    "number": lambda draft: (draft.numbers.wanted, frozenset(draft.numbers.blocks)) if _has_numbers(draft) else None,
    "email": lambda draft: draft.email.casefold() if draft.email else None,
    "voicemail": lambda draft: draft.voicemail,
    "mac": lambda draft: draft.mac,
    "group": lambda draft: draft.group,
}


def _has_numbers(draft: Draft) -> bool:
    return draft.numbers.wanted or bool(draft.numbers.blocks)


def _twice(
    units: Sequence[Person], code: str, field: Field, values: Callable[[Draft], Iterable[Hashable]]
) -> list[Fault]:
    # Two passes: of a large plan, only what is there more than once is worth a list of its holders.
    repeated = _repeated(value for unit in units for draft in unit for value in set(values(draft)))
    if not repeated:
        return []
    holders: dict[Hashable, dict[int, list[Draft]]] = defaultdict(dict)
    for unit in units:
        for draft in unit:
            for value in repeated.intersection(values(draft)):
                holders[value].setdefault(unit[0].order, []).append(draft)
    groups: dict[int, list[tuple[str, list[Draft]]]] = defaultdict(list)
    shared_by = {
        value: [draft for group in owned.values() for draft in group]
        for value, owned in holders.items()
        if len(owned) > 1
    }
    named = named_at_most(shared_by.values())
    for value, drafts in shared_by.items():
        for draft in drafts:
            groups[draft.order].append((_shown(value, field), drafts[:named]))
    by_order = {draft.order: draft for unit in units for draft in unit}
    places = Places(field)
    return [_held_twice(code, by_order[order], shared, places) for order, shared in groups.items()]


def _shown(value: Hashable, field: Field) -> str:
    return national_writing(str(value)) if field == "number" else str(value)


def _held_twice(code: str, draft: Draft, shared: Sequence[tuple[str, list[Draft]]], places: Places) -> Fault:
    others = {other.order: other for _, group in shared for other in group if other.order != draft.order}
    what = clip(", ".join(sorted(value for value, _ in shared)))
    return held_by_others(code, draft, [others[key] for key in sorted(others)], places, what=what)


def _repeated(values: Iterable[Hashable]) -> set[Hashable]:
    seen: set[Hashable] = set()
    repeated: set[Hashable] = set()
    for value in values:
        if value and value in seen:
            repeated.add(value)
        seen.add(value)
    return repeated


def _repeated_in_cell(drafts: Iterable[Draft], numbers: Mapping[int, Sequence[Did]]) -> list[Fault]:
    """A cell that gives one number twice: a fault unless another cell gives it too, which says enough."""
    faults = []
    for draft in drafts:
        given = numbers.get(draft.order, ())
        if len(given) < 2:
            continue
        found = Counter(given)
        repeated = [number for number, times in found.items() if times > 1]
        if repeated:
            what = clip(", ".join(national_writing(number) for number in repeated))
            faults.append(held_by_others("duplicate-number", draft, [], Places("number"), what=what))
    return faults


def _on_each(code: str, field: Field, drafts: Sequence[Draft], severity: Severity = "error") -> list[Fault]:
    named, places = drafts[: named_at_most([drafts])], Places(field)
    return [
        held_by_others(code, draft, [other for other in named if other is not draft], places, severity=severity)
        for draft in drafts
    ]


def _name_field(draft: Draft) -> Field:
    return draft.row.name_field


def _model(draft: Draft) -> str | None:
    return draft.handset.device.model if draft.handset else None


def _mac(draft: Draft) -> str | None:
    return draft.mac
