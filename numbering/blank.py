"""What does the empty form look like that a customer fills in? The layout that `table.py` reads, with help."""

from collections.abc import Iterable
from pathlib import Path

from openpyxl import Workbook
from openpyxl.cell.cell import Cell
from openpyxl.comments import Comment
from openpyxl.formatting.rule import Rule
from openpyxl.styles import Alignment, Border, Font, PatternFill, Protection, Side
from openpyxl.styles.differential import DifferentialStyle
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.properties import PageSetupProperties
from openpyxl.worksheet.worksheet import Worksheet

from numbering.hardware import Catalogue, shipped_catalogue
from staging.core.faults import Fault, PlanRefused, Where
from staging.core.messages import say
from staging.core.words import Language

COLUMNS = ("site", "name", "profile", "hardware", "number", "extension", "email", "voicemail", "group")
HEADER_ROW = 6
LAST_ROW = 305

_WIDTHS = {"site": 20, "name": 30, "profile": 26, "hardware": 28, "number": 30, "extension": 13, "email": 34,
           "voicemail": 14, "group": 18}  # fmt: skip
_COMMON_HARDWARE = ("T54W", "T54W + extension", "T53W", "T31G", "CP960", "YEALINK S/S FIL W60P", "YEALINK S/S FIL W73P")
_FONT = "Calibri"
_BLUE, _PALE, _RED = "FF1F4E78", "FFF2F6FC", "FFC00000"
_LINE = Side(style="thin", color="FFBFC9D9")
_FRAME = Border(left=_LINE, right=_LINE, top=_LINE, bottom=_LINE)
_FIRST = HEADER_ROW + 1
# Written so that Excel and LibreOffice agree, which differ on looking for nothing in a text. Column F holds the short
# number and G the address, of the first row; a spreadsheet moves the formula row by row.
_SIX_DIGITS = f'SUMPRODUCT(--ISNUMBER(FIND(MID(F{_FIRST}&"000000",ROW($1:$6),1),"0123456789")))=6'
_RULES = {
    "extension": f"AND(LEN(F{_FIRST})>=2,LEN(F{_FIRST})<=6,{_SIX_DIGITS})",
    "email": f'AND(FIND("@",G{_FIRST})>1,ISNUMBER(FIND(".",G{_FIRST},FIND("@",G{_FIRST})+2)),'
    f'LEN(SUBSTITUTE(G{_FIRST},"@",""))=LEN(G{_FIRST})-1,ISERROR(FIND(" ",G{_FIRST})))',
}


def write_blank(out: Path, lang: Language, *, catalogue: Catalogue | None = None) -> None:
    """Write the form. Raises PlanRefused when the file cannot be written.

    catalogue: the telephones that it offers, the shipped ones unless told.

    Headings are protected without a password; cells to fill are open. Profiles come from a list and nothing else,
    telephones from a list or as the customer writes them.
    """
    book = Workbook()
    sheet = book.active
    if not isinstance(sheet, Worksheet):
        raise TypeError("a new workbook has a sheet")
    sheet.title = say("blank-sheet", lang)
    lists = book.create_sheet(say("blank-lists-sheet", lang))
    _write_help(book.create_sheet(say("blank-help-sheet", lang), 1), lang)
    _write_top(sheet, lang)
    _write_table(sheet, lang)
    _write_choices(sheet, lists, lang, listed_hardware(catalogue or shipped_catalogue()))
    _watch(sheet, lang)
    _protect(sheet)
    _print_well(sheet)
    lists.sheet_state = "hidden"
    book.properties.title, book.properties.creator = say("blank-title", lang), "staging"
    try:
        book.save(out)
    except OSError as error:
        raise PlanRefused(Fault("blank-failed", Where(out.name), {"reason": error.strerror or ""})) from error


def listed_profiles(lang: Language) -> tuple[str, ...]:
    """What the form offers as profiles."""
    return tuple(say("blank-profiles", lang).split(" | "))


def listed_hardware(catalogue: Catalogue) -> tuple[str, ...]:
    """What the form offers as telephones: the common ones first, then every other model of the catalogue."""
    common = {words: choice.device.model for words in _COMMON_HARDWARE if (choice := catalogue.find(words))}
    others = {device.model for device in catalogue.devices.values() if device.model} - {*common.values()}
    return (*common, *sorted(others))


def _write_top(sheet: Worksheet, lang: Language) -> None:
    sheet["A1"], sheet["A2"] = say("blank-title", lang), say("blank-how", lang)
    sheet["A1"].font = Font(name=_FONT, bold=True, size=18, color=_BLUE)
    sheet["A2"].font = Font(name=_FONT, italic=True, color="FF5A6472")
    sheet.merge_cells("A1:E1")
    sheet.merge_cells("A2:I2")
    sheet.row_dimensions[1].height = 30
    sheet["A4"] = say("blank-main-number", lang)
    sheet["A4"].font = Font(name=_FONT, bold=True)
    sheet.merge_cells("A4:B4")
    _open(sheet, "C4")
    sheet["C4"].fill = PatternFill("solid", fgColor=_PALE)


def _write_table(sheet: Worksheet, lang: Language) -> None:
    for column, name in enumerate(COLUMNS, start=1):
        head = sheet.cell(HEADER_ROW, column, say(f"blank-{name}", lang))
        head.font = Font(name=_FONT, bold=True, color="FFFFFFFF")
        head.fill = PatternFill("solid", fgColor=_BLUE)
        head.alignment = Alignment(wrap_text=True, vertical="center", horizontal="center")
        head.border = _FRAME
        head.comment = Comment(say(f"blank-note-{name}", lang), "staging", height=110, width=280)
        sheet.column_dimensions[get_column_letter(column)].width = _WIDTHS[name]
        for row in range(_FIRST, LAST_ROW + 1):
            cell = _open(sheet, f"{get_column_letter(column)}{row}")
            if row % 2:
                cell.fill = PatternFill("solid", fgColor=_PALE)
    sheet.row_dimensions[HEADER_ROW].height = 34
    sheet.freeze_panes = f"C{_FIRST}"


def _open(sheet: Worksheet, name: str) -> Cell:
    cell = sheet[name]
    if not isinstance(cell, Cell):
        raise TypeError(f"{name} is no cell to fill in")
    # Text, so that a number keeps the zero it begins with.
    cell.number_format, cell.border, cell.protection = "@", _FRAME, Protection(locked=False)
    return cell


def _write_choices(sheet: Worksheet, lists: Worksheet, lang: Language, hardware: Iterable[str]) -> None:
    """Lists stand in a sheet of their own: one written into the cell's rule may not be longer than 255 characters."""
    words = {
        "profile": listed_profiles(lang),
        "hardware": hardware,
        "voicemail": (say("blank-yes", lang), say("blank-no", lang)),
    }
    sources = {name: _list(lists, column, words[name]) for column, name in enumerate(words, start=1)}
    for column, name in enumerate(COLUMNS, start=1):
        choice = DataValidation(allow_blank=True, showInputMessage=True, promptTitle=say(f"blank-{name}", lang)[:32])
        choice.prompt = say(f"blank-note-{name}", lang)
        if name in sources:
            choice.type, choice.formula1 = "list", sources[name]
        elif name in _RULES:
            choice.type, choice.formula1 = "custom", _RULES[name]
        if choice.type is not None:
            choice.showErrorMessage, choice.error = True, say(f"blank-wrong-{name}", lang)
            choice.errorStyle = "warning" if name == "hardware" else "stop"
        letter = get_column_letter(column)
        choice.add(f"{letter}{_FIRST}:{letter}{LAST_ROW}")
        sheet.add_data_validation(choice)
    main = DataValidation(allow_blank=True, showInputMessage=True, prompt=say("blank-note-main-number", lang))
    main.add("C4")
    sheet.add_data_validation(main)


def _list(lists: Worksheet, column: int, words: Iterable[str]) -> str:
    rows = 0
    for rows, word in enumerate(words, start=1):
        lists.cell(rows, column, word)
    letter = get_column_letter(column)
    title = lists.title.replace("'", "''")
    return f"'{title}'!${letter}$1:${letter}${rows}"


def _watch(sheet: Worksheet, lang: Language) -> None:
    """What is still missing in a row shows at once: a name, a telephone, the address that a softphone needs."""
    # A frame and no fill: a rule's fill would hide the one that marks the cell when the form comes back.
    side = Side(style="thin", color=_RED)
    framed = DifferentialStyle(border=Border(left=side, right=side, top=side, bottom=side))
    soft = f'ISNUMBER(SEARCH("SOFTPHONE",$C{_FIRST}))'
    alone = f'$C{_FIRST}="{listed_profiles(lang)[2]}"'
    missing = {
        "B": f'AND($B{_FIRST}="",$C{_FIRST}&$D{_FIRST}&$E{_FIRST}<>"")',
        "D": f'AND($D{_FIRST}="",$B{_FIRST}<>"",NOT({alone}))',
        "G": f'AND($G{_FIRST}="",$B{_FIRST}<>"",{soft})',
    }
    for letter, formula in missing.items():
        area = f"{letter}{_FIRST}:{letter}{LAST_ROW}"
        sheet.conditional_formatting.add(area, Rule("expression", dxf=framed, formula=[formula]))


def _protect(sheet: Worksheet) -> None:
    """Headings stay as they are; the rest of what people do with a sheet is allowed. No password."""
    for name in ("formatCells", "formatColumns", "formatRows", "insertRows", "sort", "autoFilter"):
        setattr(sheet.protection, name, False)
    sheet.protection.sheet = True


def _print_well(sheet: Worksheet) -> None:
    sheet.page_setup.orientation, sheet.page_setup.paperSize = "landscape", 9
    sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight = 1, 0
    sheet.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)
    sheet.print_title_rows = f"{HEADER_ROW}:{HEADER_ROW}"
    sheet.sheet_view.showGridLines = False


def _write_help(sheet: Worksheet, lang: Language) -> None:
    """One line per column: what to write, and examples. It must not look like a table of seats to `table.py`."""
    sheet["A1"] = say("blank-help-title", lang)
    sheet["A1"].font = Font(name=_FONT, bold=True, size=16, color=_BLUE)
    heads = ("blank-help-column", "blank-help-what", "blank-help-examples")
    for column, (key, width) in enumerate(zip(heads, (34, 70, 44), strict=True), start=1):
        head = sheet.cell(3, column, say(key, lang))
        head.font, head.fill = Font(name=_FONT, bold=True, color="FFFFFFFF"), PatternFill("solid", fgColor=_BLUE)
        sheet.column_dimensions[get_column_letter(column)].width = width
    for row, name in enumerate(("main-number", *COLUMNS), start=4):
        texts = (f"blank-{name}", f"blank-note-{name}", f"blank-example-{name}")
        for column, key in enumerate(texts, start=1):
            cell = sheet.cell(row, column, say(key, lang))
            cell.alignment, cell.border = Alignment(wrap_text=True, vertical="top"), _FRAME
        sheet.cell(row, 1).font = Font(name=_FONT, bold=True)
        sheet.row_dimensions[row].height = 34
    sheet.sheet_view.showGridLines = False
    sheet.protection.sheet = True
    sheet.page_setup.orientation, sheet.page_setup.fitToHeight = "landscape", 0
    sheet.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)
