"""How is a workbook drawn in a test? Rows as lines, cells between bars, and what came of reading them."""

from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile

from numbering.cells import EMPTY, Cell, Row, Sheet, cell_name, column_letters, make_row
from numbering.read import PlanOptions, Reading, read_plan

CONTRACT_CODES = frozenset(
    {
        "unknown-column",
        "missing-column",
        "duplicate-column",
        "profile-assumed",
        "missing-name",
        "ignored-row",
        "hidden-row",
        "formula-without-value",
        "name-too-long",
        "invalid-character",
        "duplicate-name",
        "unknown-profile",
        "conflicting-rows",
        "missing-hardware",
        "unknown-hardware",
        "duplicate-extension",
        "dect-base-full",
        "leading-zero-restored",
        "number-pending",
        "invalid-number",
        "duplicate-number",
        "invalid-extension",
        "extension-out-of-range",
        "range-too-small",
        "invalid-email",
        "duplicate-email",
        "missing-email",
        "invalid-mac",
        "duplicate-mac",
        "capacity-exceeded",
        "no-table",
        "unreadable-workbook",
        "encrypted-workbook",
        "legacy-format",
        "workbook-too-large",
    }
)
"""Every fault that a workbook may have; programs know them by these words."""

FILE_CODES = frozenset({"unreadable-workbook", "encrypted-workbook", "legacy-format", "workbook-too-large"})
"""Those of a file's bytes, which cannot be drawn."""


def sheet(drawn: str, *, name: str = "Plan", hidden: Collection[int] = (), struck: Collection[int] = ()) -> Sheet:
    """A sheet from lines such as `accueil | POSTE FIXE | T54W`; the first line is row 1, an empty line is a row.

    `#465710001` is a number cell; `=A1` a formula that was never calculated; `^` a cell merged with the one above.
    """
    lines = drawn.strip("\n").split("\n")
    rows: list[Row] = []
    for number, line in enumerate(lines, start=1):
        cells: dict[int, Cell] = {}
        for column, text in enumerate(line.split("|"), start=1):
            above = rows[-1].cell(column) if rows else EMPTY
            cell = _cell(text.strip(" "), above, cell_name(column, number - 1), number in hidden, number in struck)
            if cell is not None:
                cells[column] = cell
        rows.append(make_row(number, cells))
    return Sheet(name, tuple(rows))


def read(drawn: str, *, hidden: Collection[int] = (), struck: Collection[int] = (), **options: Any) -> Reading:
    """The reading of one drawn sheet."""
    return read_plan([sheet(drawn, hidden=hidden, struck=struck)], PlanOptions(**options), workbook="plan.xlsx")


def write_plan(path: Path, seats: int) -> Path:
    """A good workbook of so many seats, as Excel writes it: shared texts, a style on each cell, names for all."""
    shared: dict[str, int] = {}
    rows = [_xml_row(1, _PLAN_HEAD, shared)]
    for number in range(seats):
        softphone = number % 10 == 0
        cells = [
            f"Site {number // 200}", f"DUPONT{number} Jean", "POSTE FIXE + SOFTPHONE" if softphone else "POSTE FIXE",
            "T54W + extension" if softphone else "T53W", f"04 {65710000 + number:08d}" if number % 3 else "",
            str(200_000 + number), f"poste{number}@atelier-bleu.example" if softphone else "", "oui",
        ]  # fmt: skip
        rows.append(_xml_row(number + 2, cells, shared))
    parts = {
        "[Content_Types].xml": _part("Types", "package/2006/content-types", _TYPES),
        "_rels/.rels": _relations(officeDocument="xl/workbook.xml"),
        "xl/workbook.xml": f'<workbook xmlns="{_MAIN}" xmlns:r="{_OFFICE}"><sheets>'
        '<sheet name="Plan" sheetId="1" r:id="worksheet"/></sheets></workbook>',
        "xl/_rels/workbook.xml.rels": _relations(worksheet="worksheets/sheet1.xml", sharedStrings="sharedStrings.xml"),
        "xl/sharedStrings.xml": f'<sst xmlns="{_MAIN}">{"".join(f"<si><t>{text}</t></si>" for text in shared)}</sst>',
        "xl/worksheets/sheet1.xml": f'<worksheet xmlns="{_MAIN}"><sheetData>{"".join(rows)}</sheetData></worksheet>',
    }
    with ZipFile(path, "w", ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return path


def faults(reading: Reading) -> list[tuple[str, str | None]]:
    """Code and cell of every fault, in order."""
    return [(fault.code, fault.at.cell) for fault in reading.faults]


def codes(reading: Reading) -> set[str]:
    """The codes of all faults."""
    return {fault.code for fault in reading.faults}


def _cell(text: str, above: Cell, above_name: str, hidden: bool, struck: bool) -> Cell | None:
    if text == "^":
        return Cell(above.text, above.value, merged_from=above.merged_from or above_name)
    if not text:
        return None
    if text.startswith("#"):
        number = float(text[1:])
        return Cell(text[1:], int(number) if number.is_integer() else number, hidden=hidden, struck=struck)
    formula = text.startswith("=")
    text = text.replace("\\n", "\n")
    return Cell(text, None if formula else text, formula, hidden, struck)


_SCHEMAS = "http://schemas.openxmlformats.org"
_MAIN = f"{_SCHEMAS}/spreadsheetml/2006/main"
_OFFICE = f"{_SCHEMAS}/officeDocument/2006/relationships"
_SHEETS = "application/vnd.openxmlformats-officedocument.spreadsheetml"
_TYPES = (
    '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    f'<Override PartName="/xl/workbook.xml" ContentType="{_SHEETS}.sheet.main+xml"/>'
    f'<Override PartName="/xl/worksheets/sheet1.xml" ContentType="{_SHEETS}.worksheet+xml"/>'
    f'<Override PartName="/xl/sharedStrings.xml" ContentType="{_SHEETS}.sharedStrings+xml"/>'
)
_PLAN_HEAD = ("Site", "Nom et prénom", "Profil", "Matériel", "SDA", "N° court", "E-mail", "Messagerie")


def _part(element: str, schema: str, content: str) -> str:
    return f'<{element} xmlns="{_SCHEMAS}/{schema}">{content}</{element}>'


def _relations(**targets: str) -> str:
    items = (f'<Relationship Id="{kind}" Type="{_OFFICE}/{kind}" Target="{part}"/>' for kind, part in targets.items())
    return _part("Relationships", "package/2006/relationships", "".join(items))


def _xml_row(number: int, texts: Sequence[str], shared: dict[str, int]) -> str:
    cells = (
        f'<c r="{column_letters(column)}{number}" s="0" t="s"><v>{shared.setdefault(text, len(shared))}</v></c>'
        for column, text in enumerate(texts, start=1)
        if text
    )
    return f'<row r="{number}" spans="1:8">{"".join(cells)}</row>'
