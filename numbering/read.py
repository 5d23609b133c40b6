"""What does a whole workbook mean? Sheets to a numbering plan and every fault of it, at once."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from numbering.allot import allot
from numbering.appliances import find_capacity, shipped_appliances
from numbering.assign import (
    Base,
    ExtensionRange,
    gather_ranges,
    given_range,
    place_handsets,
    slots,
)
from numbering.cells import Sheet, Spot, cell_position
from numbering.checks import (
    check_bases,
    check_emails,
    check_lengths,
    check_macs,
    check_names,
    check_pairs,
    check_range,
    check_twice,
    pair_rows,
)
from numbering.columns import Headings, nearest_finder, shipped_headings
from numbering.dids import means_none, means_to_create, read_number
from numbering.hardware import Catalogue, shipped_catalogue
from numbering.parse import clip, fault_at, hardware_finder, profile_finder
from numbering.plan import TO_CREATE, NumberingPlan, Seat, Summary
from numbering.rows import Draft, read_row
from numbering.seats import make_seat
from numbering.table import Table, TableRow, check_columns, find_table
from staging.core.faults import Fault, Refused, Where
from staging.core.words import Did, Extension

MAX_NUMBERS = 200_000
"""Direct numbers in one workbook; blocks make it easy to ask for more than any memory holds."""


@dataclass(frozen=True, slots=True)
class PlanOptions:
    """What the person asks beside the workbook.

    extensions: first and last short number of the customer. appliance: model that must carry the phones.
    kept: short numbers that seats were allotted before, by `seat_keys`; they keep them while they are free.
    catalogue, appliances, headings: the integrator's own tables in place of the shipped ones.
    proposed: by sheet, the column that we once added for allotted numbers: a seat keeps what stands there while free.
    """

    extensions: tuple[Extension, Extension] | None = None
    appliance: str | None = None
    kept: Mapping[tuple[str, str], Extension] = field(default_factory=dict)
    catalogue: Catalogue = field(default_factory=shipped_catalogue)
    appliances: Mapping[str, int] = field(default_factory=shipped_appliances)
    headings: Headings = field(default_factory=shipped_headings)
    proposed: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Reading:
    """A workbook read. plan: None when it was refused whole; faults: all of them, in the order of the contract.

    header_rows: by sheet, the row number of the table's header.
    """

    plan: NumberingPlan | None
    faults: tuple[Fault, ...]
    workbook: str = ""
    header_rows: Mapping[str, int] = field(default_factory=dict)

    @property
    def ok(self) -> bool:
        """True when nothing is an error."""
        return self.plan is not None and all(fault.severity != "error" for fault in self.faults)


def read_plan(sheets: Sequence[Sheet], options: PlanOptions | None = None, *, workbook: str = "") -> Reading:
    """Read the visible sheets of a workbook. All faults come at once; none raises.

    workbook: the file's name without folders. Raises Refused when an option itself makes no sense:
    a range whose ends do not fit together, an appliance model that is not in the table.
    """
    options = options or PlanOptions()
    asked, capacity = _asked_range(options), _asked_capacity(options)
    reader = _PlanReader(workbook, _tables(sheets, options), options, asked)
    if not reader.header_rows:
        return Reading(None, (Fault("no-table", Where(workbook)),), workbook)
    plan = reader.plan(capacity)
    faults = sort_faults(reader.faults, [sheet.name for sheet in sheets])
    return Reading(plan, faults, workbook, reader.header_rows)


def sort_faults(faults: Iterable[Fault], sheets: Sequence[str]) -> tuple[Fault, ...]:
    """Each fault once, in the order of the contract: whole workbook, sheet, row, column, errors first, code."""
    places = {name: index for index, name in enumerate(sheets)}

    def key(fault: Fault) -> tuple[int, int, int, bool, str]:
        column, row = cell_position(fault.at.cell) if fault.at.cell else (0, 0)
        return places.get(fault.at.sheet or "", -1), row, column, fault.severity == "warning", fault.code

    once: list[Fault] = []
    for fault in sorted(faults, key=key):
        if not once or (fault.code, fault.at.cell, fault.at.sheet) != (
            once[-1].code,
            once[-1].at.cell,
            once[-1].at.sheet,
        ):
            once.append(fault)
    return tuple(once)


def _tables(sheets: Iterable[Sheet], options: PlanOptions) -> list[Table]:
    found = (find_table(sheet, skipped=_ours(sheet, options), headings=options.headings) for sheet in sheets)
    return [table for table in found if table is not None]


def _ours(sheet: Sheet, options: PlanOptions) -> tuple[int, ...]:
    return (options.proposed[sheet.name],) if sheet.name in options.proposed else ()


def _asked_range(options: PlanOptions) -> ExtensionRange | None:
    if options.extensions is None:
        return None
    low, high = options.extensions
    try:
        return given_range(low, high)
    except ValueError as error:
        raise Refused(Fault("bad-extension-range", Where(), {"range": f"{low}-{high}"})) from error


def _asked_capacity(options: PlanOptions) -> int | None:
    if options.appliance is None:
        return None
    capacity = find_capacity(options.appliance, options.appliances)
    if capacity is None:
        known = ", ".join(options.appliances)
        raise Refused(Fault("unknown-appliance-model", Where(), {"model": options.appliance, "known": known}))
    return capacity


class _PlanReader:
    """Reads the rows of all tables, then applies the rules that need them all; gathers the faults.

    header_rows: by sheet, the row number of the table's header.
    """

    def __init__(
        self, workbook: str, tables: Sequence[Table], options: PlanOptions, asked: ExtensionRange | None
    ) -> None:
        self.faults: list[Fault] = []
        self.header_rows = {table.sheet: table.header.first for table in tables}
        self._workbook = workbook
        self._tables = tables
        self._options = options
        self._asked = asked
        self._main_number = self._read_main_number()
        drafts = self._read_rows()
        drafts, faults = check_lengths(drafts, asked)
        self.faults += faults
        self._refused = [draft for draft in drafts if draft.refused]
        self._people = pair_rows(draft for draft in drafts if not draft.refused)
        self._numbers = self._expand(drafts)

    def plan(self, capacity: int | None) -> NumberingPlan:
        bases = place_handsets([draft for person in self._people for draft in person])
        self._check(bases)
        extensions, within = self._extensions()
        rows = self._count_rows()
        seats = self._take_seats(extensions, bases)
        summary = _summary(rows, seats, bases)
        if capacity is not None and summary.phones > capacity:
            facts = {"phones": summary.phones, "capacity": capacity, "model": self._options.appliance}
            self.faults.append(Fault("capacity-exceeded", Where(self._workbook), facts))
        ranges = gather_ranges(number for seat in seats for number in seat.numbers)
        return NumberingPlan(self._workbook, self._main_number, summary, str(within), ranges, tuple(seats))

    def _check(self, bases: Sequence[Base]) -> None:
        everyone = [draft for person in self._people for draft in person]
        self.faults += check_pairs(self._people)
        self.faults += check_twice(self._people, self._refused, self._numbers)
        self.faults += check_names(self._people)
        self.faults += check_emails(self._people)
        self.faults += check_bases(bases)
        self.faults += check_macs(self._people, self._refused, bases)
        if self._asked is not None:
            self.faults += check_range([*everyone, *self._refused], self._asked)

    def _read_main_number(self) -> str | None:
        """The first that a sheet tells; a label without a value, or with a wrong one, leaves it to the next sheet."""
        told = None
        for table in self._tables:
            if (spot := table.main_number) is not None:
                read = self._main_number_of(spot, Where(self._workbook, table.sheet, spot.name, "main_number"))
                told = told or read
        return told

    def _main_number_of(self, spot: Spot, at: Where) -> str | None:
        cell = spot.cell
        if cell.is_formula_without_value:
            self.faults.append(fault_at("formula-without-value", at, cell))
            return None
        if means_to_create(cell.text):
            return TO_CREATE
        if means_none(cell.text):
            return None
        read = read_number(cell.text, cell.value)
        if read is None:
            self.faults.append(fault_at("invalid-number", at, cell, wrong=cell.text.strip()))
            return None
        if read[1]:
            self.faults.append(fault_at("leading-zero-restored", at, cell, severity="warning", number=read[0]))
        return read[0]

    def _read_rows(self) -> list[Draft]:
        drafts: list[Draft] = []
        find_hardware, find_profile = hardware_finder(self._options.catalogue), profile_finder()
        find_nearest = nearest_finder(self._options.headings)
        for table in self._tables:
            self.faults += check_columns(table, self._workbook, self._options.headings, find_nearest)
            for row in table.rows:
                self._report(row, table.sheet)
                if row.kind not in ("seat", "refused"):
                    continue
                draft, faults = read_row(
                    row,
                    order=len(drafts),
                    workbook=self._workbook,
                    sheet=table.sheet,
                    find_hardware=find_hardware,
                    find_profile=find_profile,
                )
                drafts.append(draft)
                self.faults += faults
        return drafts

    def _report(self, row: TableRow, sheet: str) -> None:
        if row.kind == "ignored":
            spot = self._first_own(row)
            at = Where(self._workbook, sheet, spot.name)
            text = spot.cell.text.strip()[:80]
            self.faults.append(fault_at("ignored-row", at, spot.cell, severity="warning", text=text))
        if row.kind == "refused":
            spot = row.name
            at = Where(self._workbook, sheet, spot.name, "name")
            self.faults.append(fault_at("missing-name", at, spot.cell))
        if any(cell.hidden or cell.struck for cell in row.row.contents):
            self._report_hidden(row, sheet)

    def _report_hidden(self, row: TableRow, sheet: str) -> None:
        own = [cell for _, cell in row.row.own_cells()]
        if any(cell.hidden for cell in own) or row.name.cell.struck or all(cell.struck for cell in own):
            spot = row.name if row.kind == "seat" else self._first_own(row)
            at = Where(self._workbook, sheet, spot.name)
            self.faults.append(fault_at("hidden-row", at, spot.cell, severity="warning", row=row.row.number))

    def _first_own(self, row: TableRow) -> Spot:
        return row.row.spot(row.row.own_cells()[0][0])

    def _expand(self, drafts: Iterable[Draft]) -> dict[int, tuple[Did, ...]]:
        numbers: dict[int, tuple[Did, ...]] = {}
        room = MAX_NUMBERS
        for draft in drafts:
            room -= sum(block.count for block in draft.numbers.blocks)
            if room < 0:
                self.faults.append(
                    draft.fault("invalid-number", "number", wrong=clip(draft.spot("number").cell.text.strip()))
                )
                break
            if draft.numbers.blocks:
                numbers[draft.order] = tuple(number for block in draft.numbers.blocks for number in block.numbers())
        return numbers

    def _extensions(self) -> tuple[list[Extension | None], ExtensionRange]:
        options = self._options
        allotted = allot(self._people, asked=self._asked, kept=options.kept, proposed=options.proposed)
        if allotted.needed is not None:
            facts = {"range": str(allotted.within), "seats": len(self._people), "needed": str(allotted.needed)}
            self.faults.append(Fault("range-too-small", Where(self._workbook), facts))
        return allotted.extensions, allotted.within

    def _count_rows(self) -> dict[str, int]:
        kinds = Counter(row.kind for table in self._tables for row in table.rows)
        merged = sum(len(person) - 1 for person in self._people)
        counts = {"sections": kinds["section"], "ignored": kinds["ignored"], "refused": kinds["refused"]}
        return {"rows": kinds.total(), "merged": merged, **counts}

    def _take_seats(self, extensions: Sequence[Extension | None], bases: Sequence[Base]) -> list[Seat]:
        """The seats; what was read of their rows is let go on the way, or a large plan would stand there twice."""
        placed = slots(bases)
        self._tables = ()
        self._people.reverse()
        return [make_seat(self._people.pop(), extension, self._numbers, placed) for extension in extensions]


def _summary(rows: Mapping[str, int], seats: Sequence[Seat], bases: Sequence[Base]) -> Summary:
    kinds = Counter(line.kind for seat in seats for line in seat.lines)
    return Summary(
        seats=len(seats),
        phones=kinds.total() - kinds["app"],
        dect_bases=len(bases),
        softphones=kinds["app"],
        voicemails=sum(seat.voicemail for seat in seats),
        numbers=len({number for seat in seats for number in seat.numbers}),
        numbers_wanted=sum(seat.number_wanted for seat in seats),
        **rows,
    )
