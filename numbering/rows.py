"""What does one row of the table ask for? Its cells parsed, with every fault that the row alone can show."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from numbering.cells import EMPTY, Cell, Spot
from numbering.columns import Field
from numbering.dids import NumberCell
from numbering.hardware import NOTHING, Choice
from numbering.parse import (
    FindHardware,
    FindProfile,
    ProfileChoice,
    fault_at,
    has_control_character,
    parse_email,
    parse_extension,
    parse_hardware,
    parse_mac,
    parse_name,
    parse_numbers,
    parse_profile,
    parse_voicemail,
)
from numbering.table import TableRow
from numbering.words import fold_spaces
from staging.core.faults import Fault, Where
from staging.core.words import Extension, Mac

_VOICE = ProfileChoice("voice", application=False, desk=True)
_SOMEWHERE = Where()
_NO_NUMBER = NumberCell()
_Value = TypeVar("_Value")


@dataclass(frozen=True, slots=True)
class Draft:
    """One row read. order: its place in the workbook; refused: nothing of it enters the plan.

    extension_silent: its cell is empty, so a short number may be allotted. choice: the telephone, None
    when there is none or its words are unknown. application: a softphone belongs to the row.
    """

    order: int
    workbook: str
    sheet: str
    row: TableRow
    refused: bool
    firstname: str
    lastname: str
    profile: ProfileChoice | None
    choice: Choice | None
    application: bool
    numbers: NumberCell
    extension: Extension | None
    extension_silent: bool
    email: str | None
    voicemail: bool | None
    mac: Mac | None
    base: str
    group: str | None

    @property
    def name(self) -> str:
        """The name as a telephone shows it."""
        return f"{self.firstname} {self.lastname}".strip()

    @property
    def place(self) -> str:
        """The name cell, `Sheet!B12`."""
        return f"{self.sheet}!{self.row.name.name}"

    @property
    def physical(self) -> Choice | None:
        """The telephone that stands on a desk or hangs on a base; None for an application."""
        return self.choice if self.choice and self.choice.device.kind != "app" else None

    @property
    def handset(self) -> Choice | None:
        """The cordless handset, None for any other telephone."""
        return self.choice if self.choice and self.choice.device.kind == "dect" else None

    @property
    def is_application_row(self) -> bool:
        """True when the row asks for a softphone and for nothing that can be touched."""
        asks_desk = self.profile is not None and self.profile.desk and self.profile.application
        return self.application and not self.physical and not asks_desk and not self._hardware_is_wrong

    @property
    def _hardware_is_wrong(self) -> bool:
        cell = self.cell("hardware")
        return cell is not None and cell.is_filled and self.choice is None

    def cell(self, field: Field) -> Cell | None:
        """The row's cell of a field, None when the sheet has no such column."""
        return self.row.cell(field)

    def spot(self, field: Field) -> Spot:
        """The cell on which a fault of a field stands: its own, or the name cell when the column is absent."""
        return self.row.spot(field)

    def at(self, field: Field) -> Where:
        """The place of `spot`."""
        return Where(self.workbook, self.sheet, self.spot(field).name, field)

    def fault(self, code: str, field: Field, **facts: str | int) -> Fault:
        """An error on the row's cell of a field."""
        return fault_at(code, self.at(field), self.spot(field).cell, severity="error", **facts)


def read_row(
    row: TableRow, *, order: int, workbook: str, sheet: str, find_hardware: FindHardware, find_profile: FindProfile
) -> tuple[Draft, list[Fault]]:
    """Parse every cell of a seat's row or of a refused one. Cells that are wrong count as silent afterwards."""
    reader = _RowReader(row, workbook, sheet)
    refused = row.kind == "refused"
    firstname, lastname = ("", "") if refused else reader.name()
    profile, profile_known = reader.profile(find_profile, assume=not refused)
    choice, application = reader.hardware(profile, find_hardware, profile_known=profile_known, mandatory=not refused)
    numbers = reader.numbers()
    extension = reader.value("extension", parse_extension)
    email = reader.value("email", parse_email)
    mac = reader.value("mac", parse_mac)
    draft = Draft(
        order=order,
        workbook=workbook,
        sheet=sheet,
        row=row,
        refused=refused,
        firstname=firstname,
        lastname=lastname,
        profile=profile,
        choice=choice,
        application=application,
        numbers=numbers,
        extension=extension,
        extension_silent=not reader.is_filled("extension"),
        email=email,
        voicemail=reader.voicemail(),
        mac=mac,
        base=reader.text("base"),
        group=reader.text("group") or None,
    )
    reader.text("site")
    return draft, reader.faults


class _RowReader:
    """Reads the cells of one row and gathers what is wrong with them."""

    def __init__(self, row: TableRow, workbook: str, sheet: str) -> None:
        self._row = row
        self._filled = row.filled()
        self._workbook = workbook
        self._sheet = sheet
        self.faults: list[Fault] = []
        for field, cell in self._filled.items():
            if cell.is_formula_without_value:
                self.faults.append(fault_at("formula-without-value", self._at(field), cell))

    def is_filled(self, field: Field) -> bool:
        return field in self._filled

    def name(self) -> tuple[str, str]:
        parts = {field: self._name_part(field) for field in self._row.header.name_fields}
        if "name" in parts:
            return parts["name"]
        filled = [part for part in parts.values() if part != ("", "")]
        if len(filled) < 2:
            return filled[0] if filled else ("", "")
        whole = {field: f"{last} {first}".strip() for field, (first, last) in parts.items()}
        return whole["firstname"], whole["lastname"]

    def profile(self, find_profile: FindProfile, *, assume: bool) -> tuple[ProfileChoice | None, bool]:
        if "profile" not in self._filled:
            if assume and "profile" in self._row.header.columns:
                at = self._at("profile")
                self.faults.append(fault_at("profile-assumed", at, EMPTY, severity="warning"))
            return _VOICE, True
        choice = self.value("profile", lambda cell, at: parse_profile(cell, at, find_profile))
        return choice, choice is not None

    def hardware(
        self, profile: ProfileChoice | None, find_hardware: FindHardware, *, profile_known: bool, mandatory: bool
    ) -> tuple[Choice | None, bool]:
        application = profile is not None and profile.application
        wanted = mandatory and profile_known and profile is not None and profile.desk
        choice = self.value("hardware", lambda cell, at: parse_hardware(cell, at, find_hardware))
        says_none = choice is not None and choice.device == NOTHING
        if "hardware" not in self._filled or (wanted and says_none):
            if wanted and "hardware" in self._row.header.columns:
                cell = self._filled.get("hardware", EMPTY)
                self.faults.append(fault_at("missing-hardware", self._at("hardware"), cell))
            return None, application
        return choice, application or (choice is not None and choice.device.kind == "app")

    def voicemail(self) -> bool | None:
        cell = self._readable("voicemail")
        return None if cell is None else parse_voicemail(cell)

    def numbers(self) -> NumberCell:
        cell = self._readable("number")
        if cell is None:
            return _NO_NUMBER
        read, faults = parse_numbers(cell, _SOMEWHERE)
        self.faults += [_moved(fault, self._at("number")) for fault in faults]
        return read

    def value(self, field: Field, parse: Callable[[Cell, Where], _Value | Fault]) -> _Value | None:
        cell = self._readable(field)
        if cell is None:
            return None
        # The place is told afterwards: naming it costs more than reading most cells.
        read = parse(cell, _SOMEWHERE)
        if isinstance(read, Fault):
            self.faults.append(_moved(read, self._at(field)))
            return None
        return read

    def text(self, field: Field) -> str:
        cell = self._readable(field)
        if cell is None:
            return ""
        text = fold_spaces(cell.text)
        if has_control_character(text) and not cell.merged_from:
            self.faults.append(fault_at("invalid-character", self._at(field), cell))
        return text

    def _name_part(self, field: Field) -> tuple[str, str]:
        read = self.value(field, parse_name)
        return read or (fold_spaces(self._row.spot(field).cell.text), "")

    def _readable(self, field: Field) -> Cell | None:
        cell = self._filled.get(field)
        return None if cell is None or cell.is_formula_without_value else cell

    def _at(self, field: Field) -> Where:
        return Where(self._workbook, self._sheet, self._row.spot(field).name, field)


def _moved(fault: Fault, at: Where) -> Fault:
    return Fault(fault.code, at, fault.facts, fault.severity, fault.related)
