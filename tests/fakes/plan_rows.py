"""A customer's workbook, row by row, with each column that a test wants to change from one version to the next."""

from pathlib import Path
from typing import NamedTuple

from openpyxl import Workbook

DESK, BOTH, RECEPTION = "POSTE FIXE", "POSTE FIXE + SOFTPHONE", "STANDARDISTES"
BASE = "YEALINK S/S FIL W60P"

_HEADINGS = (
    "NOM DU SITE", "NOM PRENOM UTILISATEUR", "NUMERO COURT", "TYPE PROFIL", "MATERIEL", "NUMERO DE LIGNE (ou création)",
    "E-MAIL", "MESSAGERIE", "GROUPE",
)  # fmt: skip


class Row(NamedTuple):
    """One seat as the customer writes it."""

    name: str
    extension: str
    profile: str = DESK
    hardware: str | None = "T54W"
    number: str | None = None
    email: str | None = None
    voicemail: str | None = None
    group: str | None = None


def write_rows(path: Path, *rows: Row) -> Path:
    """The workbook of these seats."""
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = "Plan"
    for row in (_HEADINGS, *(("Lyon", *row) for row in rows)):
        sheet.append(row)
    book.save(path)
    book.close()
    return path
