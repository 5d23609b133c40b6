"""How does a file that is no .xlsx become one? Its visible sheets and cells as they were read, plainly."""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final
from zipfile import ZIP_DEFLATED, ZipFile

from numbering.cells import Cell, Sheet, cell_name, cell_position
from numbering.child import read_events
from numbering.events import gather, limited
from numbering.formats import shown_number
from numbering.package import SPREADSHEET, TYPES
from numbering.splice import attribute, cell_text

MAX_TITLE: Final = 31
"""Characters of a sheet's name in Excel."""

_HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_MAIN = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
_RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_NOT_IN_TITLES = re.compile(r"[\[\]:*?/\\\x00-\x1f]")
_RISKY = ("=", "+", "-", "@", "\t", "\r")
_ERRORS = ("#NULL!", "#DIV/0!", "#VALUE!", "#REF!", "#NAME?", "#NUM!", "#N/A")
_LETTER_WIDTH, _MOST_WIDTH = 1.2, 50
# Looks by number: plain, struck through, kept as text, both.
_STYLES = (
    f"{_HEAD}<styleSheet {_MAIN}>"
    '<fonts count="2"><font><sz val="11"/><name val="Calibri"/><family val="2"/></font>'
    '<font><strike/><sz val="11"/><name val="Calibri"/><family val="2"/></font></fonts>'
    '<fills count="2"><fill><patternFill patternType="none"/></fill><fill><patternFill patternType="gray125"/></fill>'
    '</fills><borders count="1"><border><left/><right/><top/><bottom/><diagonal/></border></borders>'
    '<cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs><cellXfs count="4">'
    + "".join(
        f'<xf numFmtId="{format_id}" fontId="{font}" fillId="0" borderId="0" xfId="0"{quote} applyNumberFormat="1"/>'
        for format_id, quote in ((0, ""), (49, ' quotePrefix="1"'))
        for font in (0, 1)
    )
    + '</cellXfs><cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles></styleSheet>'
)


def write_plain(source: Path, out: Path) -> Mapping[str, str]:
    """Write an .xlsx with the sheets of a .csv or .ods file; gives the name of each sheet in it by its old name.

    Numbers stay numbers and text stays text, whatever it begins with; a formula that was never calculated is an error
    cell. Hidden rows, struck text and cells merged downwards are kept. Raises what the readers raise.
    """
    workbook = gather(limited(read_events(source)))
    titles = _titles([sheet.name for sheet in workbook.sheets])
    with ZipFile(out, "w", ZIP_DEFLATED) as archive:
        for name, content in _frame(list(titles.values())).items():
            archive.writestr(name, content)
        for number, sheet in enumerate(workbook.sheets, start=1):
            archive.writestr(f"xl/worksheets/sheet{number}.xml", "".join(_sheet(sheet)))
    return titles


def _titles(names: list[str]) -> dict[str, str]:
    """A title that Excel takes for each name: no signs of a path, 31 characters, none twice."""
    titles: dict[str, str] = {}
    for name in names:
        plain = _NOT_IN_TITLES.sub(" ", name).strip().strip("'")[:MAX_TITLE] or "Plan"
        title, number = plain, 2
        while title.casefold() in {other.casefold() for other in titles.values()}:
            title, number = f"{plain[: MAX_TITLE - 4]} {number}", number + 1
        titles[name] = title
    return titles


def _frame(titles: list[str]) -> dict[str, str]:
    """Every part but the sheets."""
    numbers = range(1, len(titles) + 1)
    overrides = [("xl/workbook.xml", "sheet.main"), ("xl/styles.xml", "styles")]
    overrides += [(f"xl/worksheets/sheet{number}.xml", "worksheet") for number in numbers]
    types = "".join(f'<Override PartName="/{path}" ContentType="{SPREADSHEET}{kind}+xml"/>' for path, kind in overrides)
    sheets = "".join(
        f'<sheet name="{attribute(title)}" sheetId="{number}" r:id="rId{number}"/>'
        for number, title in enumerate(titles, start=1)
    )
    parts = [("worksheet", f"worksheets/sheet{number}.xml") for number in numbers]
    return {
        TYPES: f'{_HEAD}<Types xmlns="{_PACKAGE}/content-types"><Default Extension="rels" ContentType='
        '"application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" '
        f'ContentType="application/xml"/>{types}</Types>',
        "_rels/.rels": _relations([("officeDocument", "xl/workbook.xml")]),
        "xl/workbook.xml": f'{_HEAD}<workbook {_MAIN} xmlns:r="{_RELATIONS}"><sheets>{sheets}</sheets></workbook>',
        "xl/_rels/workbook.xml.rels": _relations([*parts, ("styles", "styles.xml")]),
        "xl/styles.xml": _STYLES,
    }


def _relations(parts: list[tuple[str, str]]) -> str:
    items = "".join(
        f'<Relationship Id="rId{number}" Type="{_RELATIONS}/{kind}" Target="{path}"/>'
        for number, (kind, path) in enumerate(parts, start=1)
    )
    return f'{_HEAD}<Relationships xmlns="{_PACKAGE}/relationships">{items}</Relationships>'


def _sheet(sheet: Sheet) -> Iterator[str]:
    yield f"{_HEAD}<worksheet {_MAIN}>{_columns(sheet)}<sheetData>"
    for row in sheet.rows:
        cells = "".join(_cell(row.name(column), cell) for column, cell in row.own_cells())
        hidden = ' hidden="1"' if any(cell.hidden for cell in row.contents) else ""
        yield f'<row r="{row.number}"{hidden}>{cells}</row>'
    yield "</sheetData>"
    merged = _merged(sheet)
    if merged:
        yield f'<mergeCells count="{len(merged)}">'
        yield from (f'<mergeCell ref="{reference}"/>' for reference in merged)
        yield "</mergeCells>"
    yield "</worksheet>"


def _columns(sheet: Sheet) -> str:
    """Columns as wide as their texts, within reason: nobody should have to pull them open first."""
    widths: dict[int, float] = {}
    for row in sheet.rows:
        for column, cell in row.own_cells():
            widths[column] = max(widths.get(column, 10), min(len(cell.text) * _LETTER_WIDTH + 2, _MOST_WIDTH))
    written = "".join(
        f'<col min="{column}" max="{column}" width="{width:.1f}" customWidth="1"/>'
        for column, width in sorted(widths.items())
    )
    return f"<cols>{written}</cols>" if written else ""


def _cell(name: str, cell: Cell) -> str:
    look = int(cell.struck)
    if cell.is_formula_without_value:
        error = cell.text if cell.text in _ERRORS else "#VALUE!"
        return f'<c r="{name}" s="{look}" t="e"><v>{cell_text(error)}</v></c>'
    value = cell.value
    if isinstance(value, int | float) and shown_number(value, "General") == cell.text:
        return f'<c r="{name}" s="{look}"><v>{value!r}</v></c>'
    look += 2 if cell.text.startswith(_RISKY) else 0
    text = f'<is><t xml:space="preserve">{cell_text(cell.text)}</t></is>'
    return f'<c r="{name}" s="{look}" t="inlineStr">{text}</c>'


def _merged(sheet: Sheet) -> list[str]:
    """Ranges of cells merged downwards, from the cells that their first one lends itself to."""
    ends: dict[str, int] = {}
    for row in sheet.rows:
        for cell in row.contents:
            if cell.merged_from:
                ends[cell.merged_from] = row.number
    return [f"{first}:{cell_name(cell_position(first)[0], last)}" for first, last in ends.items()]
