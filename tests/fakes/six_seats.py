"""A customer's workbook of six seats in which everything that a plan may ask for appears once."""

from pathlib import Path

from openpyxl import Workbook

_HEADINGS = (
    "NOM DU SITE", "NOM PRENOM UTILISATEUR", "TYPE PROFIL", "MATERIEL", "NUMERO DE LIGNE (ou création)", "E-MAIL",
    "GROUPE",
)  # fmt: skip
_SEATS = (
    ("accueil", "STANDARDISTES", "T54W + 1 extension", "04 65 71 00 01", None, "Accueil"),
    ("directrice", "POSTE FIXE + SOFTPHONE", "T54W", "04 65 71 00 02", "directrice@atelier-bleu.example", "Accueil"),
    ("salle", "POSTE FIXE", "T53W", None, None, None),
    ("atelier 1", "POSTE FIXE", "YEALINK S/S FIL W60P", "04 65 71 00 03", None, "Accueil"),
    ("atelier 2", "POSTE FIXE", "YEALINK S/S FIL W60P", None, None, None),
    ("atelier 3", "POSTE FIXE", "YEALINK S/S FIL W60P", None, None, None),
)


def write_six_seats(path: Path) -> Path:
    """A receptionist with keys, a person with phone and application, a hall, three handsets on one base."""
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = "Plan"
    for row in (("NDI", "04 65 71 00 00"), (), _HEADINGS, *(("Lyon", *seat) for seat in _SEATS)):
        sheet.append(row)
    book.save(path)
    book.close()
    return path
