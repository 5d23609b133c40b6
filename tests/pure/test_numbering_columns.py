"""Is a column known by what its heading means, in one row or two, in our words or an integrator's?"""
# ruff: noqa: E501 - a drawn table is read as a table, on one line a row

import pytest

from numbering.columns import FIELDS, extended_headings, shipped_headings
from numbering.grid import draw_grid
from staging.core.messages import explain
from tests.fakes.numbering import codes, faults, read, sheet

_OWN = """
fields.hardware = ["Ce qu'on livre"]
fields.name = ["Qui ?"]
fields.extension = ["SDA"]
main_number.labels = ["Tête de groupe"]
shown.hardware = "Ce qu'on livre"
"""


@pytest.mark.parametrize(
    "head",
    [
        "UTILISATEUR | | TÉLÉPHONE | | \nNom | Prénom | Modèle | SDA | N° court",
        "Utilisateur | Utilisateur | Poste | |\nNom | Prénom | Matériel | SDA | Interne",
        "Nom | Prénom | Téléphonie | |\n^ | ^ | Matériel | SDA | Interne",
    ],
)
def test_a_row_of_groups_and_the_row_that_names_their_columns_are_one_header(head: str) -> None:
    reading = read(f"{head}\nDUPONT | Jean | T54W | 0465710001 | 8001")
    assert reading.plan is not None
    (seat,) = reading.plan.seats
    assert (seat.name, seat.numbers, seat.extension) == ("Jean DUPONT", ("+33465710001",), "8001")
    assert codes(reading) == {"profile-assumed"}


def test_a_first_seat_whose_cells_sound_like_headings_stays_a_seat() -> None:
    reading = read("Nom et prénom | Profil | Matériel | SDA\nAgence | Poste | T54W | Mobile\nSite | Poste | T54W")
    assert reading.plan is not None
    assert [seat.name for seat in reading.plan.seats] == ["Agence", "Site"]


def test_an_integrator_s_own_headings_count_beside_and_before_ours() -> None:
    own = extended_headings(_OWN)
    drawn = "Tête de groupe | 04 65 71 00 00\n\nQui ? | Profil | Ce qu'on livre | SDA | N° de ligne\naccueil | FIXE | T54W | 8001 | 0465710001"
    reading = read(drawn, headings=own)
    assert reading.plan is not None
    assert (faults(reading), reading.plan.main_number) == ([], "+33465710000")
    assert [(seat.extension, seat.numbers) for seat in reading.plan.seats] == [("8001", ("+33465710001",))]
    assert codes(read(drawn)) == {"no-table"}
    assert draw_grid(sheet(drawn), headings=own).fields[3] == "hardware"


@pytest.mark.parametrize(
    "own",
    [
        "fields.colour = ['Couleur']", "fields.site = 'Agence'", "fields.site = ['']", "fields.site = [1]", "fields = 1", "shown.mac = 1",
        "main_number = 1", "main_number.labels = ['!']", "fields.site = ['Lieu']\nfields.base = ['lieu']", "[fields",
    ],
)  # fmt: skip
def test_a_table_of_headings_that_makes_no_sense_is_refused(own: str) -> None:
    with pytest.raises((ValueError, KeyError, TypeError, AttributeError)):
        extended_headings(own)


@pytest.mark.parametrize(
    ("heading", "nearest"),
    [("Numero cour", "NUMERO COURT"), ("Adresse du mail", "E-mail"), ("Etablissment", "NOM DU SITE"), ("Grope d'appel", "Groupe")],
)  # fmt: skip
def test_an_unknown_heading_names_the_nearest_one_that_the_sheet_lacks(heading: str, nearest: str) -> None:
    (fault,) = read(f"Nom et prénom | Profil | Matériel | {heading}\naccueil | FIXE | T54W").faults
    assert (fault.code, fault.facts["nearest"]) == ("unknown-column", nearest)
    assert nearest in explain(fault, "fr").hint
    assert nearest in explain(fault, "en").hint


def test_a_heading_that_is_near_nothing_names_what_the_sheet_lacks() -> None:
    (fault,) = read("Nom et prénom | Profil | Matériel | SDA | Étage\naccueil | FIXE | T54W").faults
    assert fault.facts["nearest"] == "NOM DU SITE, NUMERO COURT, E-mail, Messagerie, Adresse MAC, Base DECT, Groupe"


def test_the_nearest_is_sought_for_the_first_hundred_unknown_headings_only() -> None:
    heads = " | ".join(f"Numero cour {number}" for number in range(101))
    found = read(f"Nom | Profil | Matériel | {heads}\naccueil | FIXE | T54W").faults
    assert {fault.facts["nearest"] for fault in found[:100]} == {"NUMERO COURT"}
    assert str(found[100].facts["nearest"]).startswith("NOM DU SITE, NUMERO DE LIGNE, NUMERO COURT, ")


def test_every_field_has_a_heading_to_show_that_means_it() -> None:
    headings = shipped_headings()
    assert [headings.find(headings.shown[field]) for field in FIELDS] == list(FIELDS)
