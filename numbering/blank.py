"""What does the empty form look like that a customer fills in? The layout that `table.py` reads, with lists."""

from pathlib import Path

from openpyxl import Workbook
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.worksheet.datavalidation import DataValidation

from staging.core.faults import Fault, PlanRefused, Where
from staging.core.messages import say
from staging.core.words import Language

_COLUMNS = ("site", "name", "profile", "hardware", "number", "extension", "email")
_PROFILES = ("POSTE FIXE", "STANDARDISTE", "SOFTPHONE", "POSTE FIXE + SOFTPHONE")
_HARDWARE = ("T54W", "T54W + extension", "T53W", "T31G", "CP960", "YEALINK S/S FIL W60P", "YEALINK S/S FIL W73P")
_HEADER_ROW = 5
_LAST_ROW = 304


def write_blank(out: Path, lang: Language) -> None:
    """Write the form. Raises PlanRefused when the file cannot be written."""
    book = Workbook()
    sheet = book.active
    if sheet is None:
        raise TypeError("a new workbook has a sheet")
    sheet.title = say("blank-sheet", lang)
    sheet["A1"] = say("blank-title", lang)
    sheet["A1"].font = Font(bold=True, size=16)
    sheet.merge_cells("A1:E1")
    sheet["A3"] = say("blank-main-number", lang)
    for column, name in enumerate(_COLUMNS, start=1):
        head = sheet.cell(_HEADER_ROW, column, say(f"blank-{name}", lang))
        head.font = Font(bold=True)
        head.fill = PatternFill("solid", fgColor="FFD9E2F3")
        head.alignment = Alignment(wrap_text=True, vertical="center")
        sheet.column_dimensions[head.column_letter].width = 28
    # Text, so that a number keeps the zero it begins with.
    for row in sheet.iter_rows(min_row=_HEADER_ROW + 1, max_row=_LAST_ROW, min_col=5, max_col=6):
        for cell in row:
            cell.number_format = "@"
    sheet["C3"].number_format = "@"
    for letter, words in (("C", _PROFILES), ("D", _HARDWARE)):
        choice = DataValidation("list", formula1='"' + ",".join(words) + '"', allow_blank=True, showErrorMessage=False)
        choice.promptTitle, choice.prompt, choice.showInputMessage = "", say("blank-choose", lang), True
        choice.add(f"{letter}{_HEADER_ROW + 1}:{letter}{_LAST_ROW}")
        sheet.add_data_validation(choice)
    sheet.freeze_panes = f"A{_HEADER_ROW + 1}"
    try:
        book.save(out)
    except OSError as error:
        raise PlanRefused(Fault("annotate-failed", Where(out.name), {"reason": error.strerror or ""})) from error
