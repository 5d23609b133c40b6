"""Can an installer tick off every phone on the sheet, site by site?"""

from datetime import date

import pypdfium2
import pytest

from labels.acceptance import draw_acceptance
from labels.label import AcceptanceRow, AcceptanceSheet, AcceptanceSite
from staging.core.faults import LabelRefused
from staging.core.words import Did, Extension
from tests.fakes import labels as cast

NUMBERS = (Did("+33465710001"), Did("+33465710002"))


def row(number: int, seat: str = "accueil") -> AcceptanceRow:
    return AcceptanceRow(seat, Extension(str(8000 + number)), NUMBERS, "T54W", cast.mac(number % 256))


def sheet(*sites: AcceptanceSite) -> AcceptanceSheet:
    return AcceptanceSheet("Atelier Bleu", "k3m9xp", "bleu.example", date(2026, 11, 20), sites)


LYON = AcceptanceSite("Lyon", (row(1), row(2, "Directrice <chef> & Cie")))
NICE = AcceptanceSite("Nice", (AcceptanceRow("atelier", Extension("8003"), base="atelier", slot=2),))


def pages(pdf: bytes) -> list[str]:
    document = pypdfium2.PdfDocument(pdf)
    try:
        return [" ".join(page.get_textpage().get_text_bounded().split()) for page in document]
    finally:
        document.close()


def test_each_site_has_a_page_with_its_own_phones_only() -> None:
    lyon, nice = pages(draw_acceptance(sheet(LYON, NICE)))
    assert "Fiche de recette – Lyon" in lyon
    assert "8001" in lyon
    assert "8003" not in lyon
    assert "Base atelier · place 2" in nice
    assert "8001" not in nice


def test_a_row_says_seat_extension_numbers_model_and_mac() -> None:
    text = pages(draw_acceptance(sheet(LYON)))[0]
    for part in (
        "accueil 8001 04 65 71 00 01",
        "04 65 71 00 02",
        "T54W",
        "02:5E:C0:AB:CD:01",
        "Directrice <chef> & Cie",
    ):
        assert part in text


def test_the_head_says_customer_order_and_date_in_the_readers_language() -> None:
    french, english = (pages(draw_acceptance(sheet(LYON), lang=lang))[0] for lang in ("fr", "en"))
    assert "Client Atelier Bleu Commande k3m9xp" in french
    assert "20/11/2026" in french
    assert "Customer Atelier Bleu Order k3m9xp" in english
    assert "2026-11-20" in english


def test_a_long_list_goes_on_and_every_page_names_its_site() -> None:
    many = AcceptanceSite("Lyon", tuple(row(number, f"atelier {number}") for number in range(1, 101)))
    found = pages(draw_acceptance(sheet(many, NICE)))
    assert all(f"Lyon – page {number}" in text for number, text in enumerate(found[:-1], 1))
    assert all("N° court" in text for text in found[:-2])
    assert "Nice – page" in found[-1]
    assert all(sum(f"atelier {n} {8000 + n}" in text for text in found) == 1 for n in range(1, 101))


def test_the_same_sheet_gives_the_same_bytes() -> None:
    assert draw_acceptance(sheet(LYON, NICE)) == draw_acceptance(sheet(LYON, NICE))


def test_a_name_that_cannot_be_printed_is_refused() -> None:
    with pytest.raises(LabelRefused) as caught:
        draw_acceptance(sheet(AcceptanceSite("Lyon", (row(1, "受付"),))))
    assert [fault.code for fault in caught.value.faults] == ["missing-glyph"]


def test_numbers_are_read_in_pairs_overseas_too() -> None:
    numbers = (Did("+33465710001"), Did("+262262000001"), Did("+3222000000"))
    (text,) = pages(draw_acceptance(sheet(AcceptanceSite("Lyon", (AcceptanceRow("accueil", None, numbers),)))))
    assert "04 65 71 00 01 02 62 00 00 01 +3222000000" in text
