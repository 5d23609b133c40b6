"""What does one row of the table ask for? Its cells parsed, with every fault that the row alone can show."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeVar

from numbering.cells import Cell
from numbering.columns import Field
from numbering.dids import NumberCell
from numbering.hardware import Catalogue, Choice
from numbering.parse import (
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
        return self.row.cells.get(field)

    def spot(self, field: Field) -> Cell:
        """The cell on which a fault of a field stands: its own, or the name cell when the column is absent."""
        return self.cell(field) or self.row.name

    def at(self, field: Field) -> Where:
        """The place of `spot`."""
        return Where(self.workbook, self.sheet, self.spot(field).name, field)

    def fault(self, code: str, field: Field, **facts: str | int) -> Fault:
        """An error on the row's cell of a field."""
        return fault_at(code, self.at(field), self.spot(field), severity="error", **facts)


def read_row(
    row: TableRow, *, order: int, workbook: str, sheet: str, catalogue: Catalogue
) -> tuple[Draft, list[Fault]]:
    """Parse every cell of a seat's row or of a refused one. Cells that are wrong count as silent afterwards."""
    reader = _RowReader(row, workbook, sheet)
    refused = row.kind == "refused"
    firstname, lastname = ("", "") if refused else reader.name()
    profile, profile_known = reader.profile(assume=not refused)
    choice, application = reader.hardware(profile, catalogue, profile_known=profile_known, mandatory=not refused)
    numbers = reader.numbers()
    extension = reader.value("extension", parse_extension)
    email = reader.value("email", parse_email)
    mac = reader.value("mac", parse_mac)
    voicemail = row.cells.get("voicemail")
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
        voicemail=parse_voicemail(voicemail) if voicemail and reader.is_filled("voicemail") else None,
        mac=mac,
        base=reader.text("base"),
        group=reader.text("group") or None,
    )
    reader.text("site")
    return draft, reader.faults


class _RowReader:
    """Reads the cells of one row and gathers what is wrong with them."""

    def __init__(self, row: TableRow, workbook: str, sheet: str) -> None:
        self._cells: Mapping[Field, Cell] = row.cells
        self._name = row.name
        self._workbook = workbook
        self._sheet = sheet
        self.faults: list[Fault] = []
        for field, cell in row.cells.items():
            if cell.is_formula_without_value:
                self.faults.append(fault_at("formula-without-value", self._at(field, cell), cell))

    def is_filled(self, field: Field) -> bool:
        cell = self._cells.get(field)
        return cell is not None and cell.is_filled

    def name(self) -> tuple[str, str]:
        parts = {field: self._name_part(field) for field in ("name", "lastname", "firstname") if field in self._cells}
        if "name" in parts:
            return parts["name"]
        filled = [part for part in parts.values() if part != ("", "")]
        if len(filled) < 2:
            return filled[0] if filled else ("", "")
        whole = {field: f"{last} {first}".strip() for field, (first, last) in parts.items()}
        return whole["firstname"], whole["lastname"]

    def profile(self, *, assume: bool) -> tuple[ProfileChoice | None, bool]:
        cell = self._cells.get("profile")
        if cell is None:
            return _VOICE, True
        if not cell.is_filled:
            if assume:
                self.faults.append(fault_at("profile-assumed", self._at("profile", cell), cell, severity="warning"))
            return _VOICE, True
        choice = self.value("profile", parse_profile)
        return choice, choice is not None

    def hardware(
        self, profile: ProfileChoice | None, catalogue: Catalogue, *, profile_known: bool, mandatory: bool
    ) -> tuple[Choice | None, bool]:
        application = profile is not None and profile.application
        cell = self._cells.get("hardware")
        if cell is None:
            return None, application
        if not cell.is_filled:
            if mandatory and profile_known and profile is not None and profile.desk:
                self.faults.append(fault_at("missing-hardware", self._at("hardware", cell), cell))
            return None, application
        choice = self.value("hardware", lambda cell, at: parse_hardware(cell, at, catalogue))
        return choice, application or (choice is not None and choice.device.kind == "app")

    def numbers(self) -> NumberCell:
        cell = self._readable("number")
        if cell is None:
            return NumberCell()
        read, faults = parse_numbers(cell, self._at("number", cell))
        self.faults += faults
        return read

    def value(self, field: Field, parse: Callable[[Cell, Where], _Value | Fault]) -> _Value | None:
        cell = self._readable(field)
        if cell is None:
            return None
        read = parse(cell, self._at(field, cell))
        if isinstance(read, Fault):
            self.faults.append(read)
            return None
        return read

    def text(self, field: Field) -> str:
        cell = self._readable(field)
        if cell is None:
            return ""
        text = fold_spaces(cell.text)
        if has_control_character(text) and not cell.merged_from:
            self.faults.append(fault_at("invalid-character", self._at(field, cell), cell))
        return text

    def _name_part(self, field: Field) -> tuple[str, str]:
        read = self.value(field, parse_name)
        return read or (fold_spaces(self._cells[field].text), "")

    def _readable(self, field: Field) -> Cell | None:
        cell = self._cells.get(field)
        return cell if cell is not None and cell.is_filled and not cell.is_formula_without_value else None

    def _at(self, field: Field, cell: Cell) -> Where:
        return Where(self._workbook, self._sheet, cell.name, field)
