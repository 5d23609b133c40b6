"""What does a row mean? Names, profiles, hardware, sections, seats of two rows, bases and short numbers."""
# ruff: noqa: E501 - a drawn table is read as a table, on one line a row

from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from numbering.cells import Cell, Sheet, make_row
from numbering.columns import find_field
from numbering.hardware import extended_catalogue, shipped_catalogue
from numbering.parse import find_profile, split_name
from numbering.plan import NumberingPlan, Seat, Summary, seat_keys
from numbering.read import PlanOptions, Reading, read_plan
from staging.core.words import Extension
from tests.fakes.numbering import codes, faults, read, sheet

_HEAD = "Site | Nom et prénom | Profil | Matériel | SDA | N° court | E-mail | MAC | Base | Groupe | Messagerie"


def _plan(rows: str, **options: object) -> NumberingPlan:
    reading = read(f"{_HEAD}\n{rows}", **options)  # type: ignore[arg-type]  # options are those of PlanOptions
    assert reading.plan is not None
    return reading.plan


def _seat(row: str) -> Seat:
    return _plan(row).seats[0]


def _extensions(plan: NumberingPlan) -> list[str | None]:
    return [seat.extension for seat in plan.seats]


def _adds_up(summary: Summary) -> bool:
    return summary.rows == summary.seats + summary.merged + summary.sections + summary.ignored + summary.refused


@pytest.mark.parametrize(
    ("typed", "first", "last"),
    [
        ("DUPONT Jean", "Jean", "DUPONT"), ("DUPONT-MARTIN Jean Paul", "Jean Paul", "DUPONT-MARTIN"),
        ("LE GOFF Anne", "Anne", "LE GOFF"), ("accueil", "accueil", ""), ("POSTE 3", "POSTE 3", ""),
        ("Salle 2", "Salle 2", ""), ("Jean DUPONT", "Jean DUPONT", ""), ("BUREAU de Paul", "BUREAU de Paul", ""),
    ],
)  # fmt: skip
def test_capitals_before_a_mixed_word_are_a_last_name(typed: str, first: str, last: str) -> None:
    assert split_name(typed) == (first, last)


@pytest.mark.parametrize(
    ("typed", "profile", "application", "desk"),
    [
        ("STANDARDISTE(S)", "customer-relationship", False, True), ("Accueil opératrice", "customer-relationship", False, True),
        ("nomade", "unified-communication", True, False), ("POSTE FIXE + SOFTPHONE", "unified-communication", True, True),
        ("softphone et poste fixe", "unified-communication", True, True), ("Sans fil", "voice", False, True),
        ("FIXE ET NOMADE", "unified-communication", True, True), ("Poste fixe avec softphone", "unified-communication", True, True),
        ("POSTE FIXE (+ SOFTPHONE)", "unified-communication", True, True), ("SOFTPHONE (télétravail)", "unified-communication", True, False),
    ],
)  # fmt: skip
def test_words_of_the_form_are_profiles(typed: str, profile: str, application: bool, desk: bool) -> None:
    choice = find_profile(typed)
    assert choice is not None
    assert (choice.profile, choice.application, choice.desk) == (profile, application, desk)


@pytest.mark.parametrize(
    ("typed", "model", "modules"),
    [
        ("YEALINK Bateo T400 + extension", "T54W", 1), ("YEALINK T54W + 2 extensions", "T54W", 2), ("YEALINK S/S FIL W60P", "W60B", 0),
        ("W73P", "W70B", 0), ("SIP-T58A", "T58", 0), ("yealink cp960", "CP960", 0), ("T46U + EXP43", "T46U", 1),
        ("Yealink T 54 W", "T54W", 0), ("W 60 P", "W60B", 0),
    ],
)  # fmt: skip
def test_words_of_an_order_form_are_devices(typed: str, model: str, modules: int) -> None:
    choice = shipped_catalogue().find(typed)
    assert choice is not None
    assert (choice.device.model, choice.expansion_modules) == (model, modules)


@pytest.mark.parametrize("typed", ["T31G + extension", "T54W + 9 extensions", "T54W + fauteuil", ""])
def test_modules_that_do_not_fit_are_no_device(typed: str) -> None:
    assert shipped_catalogue().find(typed) is None


def test_the_integrator_changes_an_alias_and_a_device() -> None:
    own = extended_catalogue(
        '[[device]]\nmodels = ["T53W"]\nkind = "desk"\nlines = 4\nline_keys = 2\naliases = ["Bateo T400"]\n'
    )
    bateo, kept = own.find("Bateo T400"), own.find("T54W")
    assert bateo is not None
    assert (bateo.device.model, bateo.device.lines) == ("T53W", 4)
    assert kept is not None
    assert kept.device.lines == 16


@pytest.mark.parametrize(
    ("heading", "field"),
    [("N° de ligne", "number"), ("  Boîte  vocale : ", "voicemail"), ("NUMERO DE LIGNE (ou création)", "number"), ("Étage", None)],
)  # fmt: skip
def test_headings_are_known_without_case_accents_or_punctuation(heading: str, field: str | None) -> None:
    assert find_field(heading) == field


def test_a_section_holds_for_the_rows_below_and_a_total_does_not() -> None:
    plan = _plan("Siège\n| accueil | FIXE | T54W\nTotal\nAtelier\n| atelier | FIXE | T54W\n* fin")
    assert [seat.site for seat in plan.seats] == ["Siège", "Atelier"]
    assert (plan.summary.sections, plan.summary.ignored) == (2, 2)


def test_a_blank_or_merged_site_takes_the_one_above() -> None:
    plan = _plan("Siège | accueil | FIXE | T54W\n^ | directrice | FIXE | T54W\n| atelier | FIXE | T54W")
    assert [seat.site for seat in plan.seats] == ["Siège"] * 3


def test_first_and_last_name_stand_in_two_columns() -> None:
    reading = read("Nom | Prénom | Profil | Matériel\nDUPONT | Jean | FIXE | T54W\naccueil | | FIXE | T54W")
    assert reading.plan is not None
    assert [(seat.firstname, seat.lastname) for seat in reading.plan.seats] == [("Jean", "DUPONT"), ("accueil", "")]


def test_a_header_over_two_merged_rows_is_one_header() -> None:
    reading = read("Nom et prénom | Poste | Profil\n^ | Matériel | ^\naccueil | T54W | FIXE")
    assert (faults(reading), reading.ok) == ([], True)
    assert reading.plan is not None
    assert reading.plan.summary.rows == 1


def test_a_header_printed_again_is_no_seat() -> None:
    assert faults(read("Nom | Profil | Matériel\na | FIXE | T54W\nNom | Profil | Matériel\nb | FIXE | T54W")) == [
        ("ignored-row", "A3")
    ]


@pytest.mark.parametrize(
    ("above", "main"),
    [
        ("NDI à porter (ou 'à créer') | | 04 65 71 00 00", "+33465710000"), ("NDI à porter (ou 'à créer') | à créer", "to-create"),
        ("NDI à porter (ou 'à créer')", None), ("NDI | néant", None), ("NDI | -", None), ("NDI à porter (ou 'à créer')\n04 65 71 00 00", "+33465710000"),
    ],
)  # fmt: skip
def test_the_main_number_stands_beside_or_below_its_label(above: str, main: str | None) -> None:
    reading = read(f"{above}\nNom | Profil | Matériel\naccueil | FIXE | T54W")
    assert reading.plan is not None
    assert (reading.plan.main_number, reading.ok) == (main, True)


def test_a_sheet_whose_label_says_nothing_leaves_the_main_number_to_the_next() -> None:
    table = "Nom | Profil | Matériel\naccueil | FIXE | T54W"
    first, second = sheet(f"NDI | -\n{table}", name="Nord"), sheet(f"NDI | 04 65 71 00 00\n{table}", name="Sud")
    reading = read_plan([first, second])
    assert reading.plan is not None
    assert (reading.plan.main_number, reading.ok) == ("+33465710000", True)


def test_a_softphone_has_an_application_line_only() -> None:
    seat = _seat("| accueil | SOFTPHONE | | | | a@b.fr")
    assert [(line.kind, line.model) for line in seat.lines] == [("app", None)]


@pytest.mark.parametrize(
    "rows",
    [
        "| accueil | POSTE FIXE + SOFTPHONE | T54W | | 8001 | a@b.fr", "| accueil | UC | T54W | | 8001 | a@b.fr",
        "| accueil | FIXE | T54W | | 8001\n| accueil | UC | | | 8001 | a@b.fr", "| accueil | UC | | | | a@b.fr\n| Accueil | FIXE | T54W | | 8001",
    ],
)  # fmt: skip
def test_a_desk_phone_and_a_softphone_are_one_seat_with_the_application_first(rows: str) -> None:
    plan = _plan(rows)
    (seat,) = plan.seats
    assert [line.kind for line in seat.lines] == ["app", "desk"]
    assert (seat.profile, seat.extension, seat.email) == ("unified-communication", "8001", "a@b.fr")
    assert _adds_up(plan.summary)


def test_rows_with_two_short_numbers_stay_two_seats() -> None:
    plan = _plan("| accueil | FIXE | T54W | | 8001\n| accueil | UC | | | 8002 | a@b.fr")
    assert (len(plan.seats), plan.summary.merged) == (2, 0)


def test_the_same_number_on_both_rows_of_a_seat_is_no_duplicate() -> None:
    reading = read(f"{_HEAD}\n| accueil | FIXE | T54W | 0465710001\n| accueil | UC | | 04 65 71 00 01 | | a@b.fr")
    assert (faults(reading), reading.plan and reading.plan.summary.merged) == ([], 1)


def test_an_unknown_profile_or_device_leaves_a_seat_with_less() -> None:
    seat = _seat("| accueil | BALCON | | 12 | 8 ")
    assert (seat.profile, seat.lines, seat.numbers, seat.extension) == (None, (), (), None)


def test_handsets_fill_bases_in_row_order_per_site() -> None:
    rows = "\n".join(f"Siège | combiné {n} | DECT | W60P" for n in range(9)) + "\nAtelier | établi | DECT | W60P"
    places = [(seat.lines[0].base, seat.lines[0].position) for seat in _plan(rows).seats]
    assert places == [*(("1", slot) for slot in range(1, 9)), ("2", 1), ("3", 1)]


def test_a_named_base_keeps_its_name_and_ours_avoid_it() -> None:
    plan = _plan("| a | DECT | W60P | | | | | 1\n| b | DECT | W60P\n| c | DECT | W73P | | | | | 1b")
    assert [(seat.lines[0].base, seat.lines[0].model) for seat in plan.seats] == [
        ("1", "W60B"),
        ("2", "W60B"),
        ("1b", "W70B"),
    ]


def test_handsets_with_the_address_of_a_base_go_to_that_base() -> None:
    plan = _plan(
        "| a | DECT | W60P | | | | 02005e000001\n| b | DECT | W60P | | | | 02005e000002\n| c | DECT | W60P | | | | 02005e000001"
    )
    assert [(seat.lines[0].base, seat.lines[0].position) for seat in plan.seats] == [("1", 1), ("2", 1), ("1", 2)]


def test_one_base_with_two_addresses_contradicts_itself() -> None:
    rows = "| a | DECT | W60P | | | | 02005e000001 | B\n| b | DECT | W60P | | | | 02005e000002 | B"
    assert faults(read(f"{_HEAD}\n{rows}")) == [("conflicting-rows", "H2"), ("conflicting-rows", "H3")]


def test_voicemail_and_group_of_a_seat() -> None:
    seats = _plan("| a | FIXE | T54W | | | | | | Accueil | non\n| b | FIXE | T54W").seats
    assert [(seat.voicemail, seat.group) for seat in seats] == [(False, "Accueil"), (True, None)]


def test_empty_short_numbers_take_the_lowest_free_after_the_given_ones() -> None:
    plan = _plan("| a | FIXE | T54W\n| b | FIXE | T54W | | 8000\n| c | FIXE | T54W\n| d | FIXE | T54W | | 8002")
    assert (_extensions(plan), plan.extension_range) == (["8001", "8000", "8003", "8002"], "8000-8019")


@pytest.mark.parametrize(
    ("given", "seats", "expected"),
    [(["8000"], 20, "8000-8019"), (["8000"], 21, "8000-8039"), (["8105"], 3, "8100-8119"), (["8005", "8045"], 3, "8000-8059"),
     ([], 81, "8000-8099"), (["0100"], 2, "0100-0119"), (["85"], 25, "80-99")],
)  # fmt: skip
def test_the_range_is_the_shortest_in_steps_of_twenty(given: Sequence[str], seats: int, expected: str) -> None:
    rows = "\n".join(f"| p{n} | FIXE | T54W | | {given[n] if n < len(given) else ''}" for n in range(seats))
    assert _plan(rows).extension_range == expected


def test_a_range_of_nobodys_choice_grows_past_four_digits() -> None:
    plan = _plan("\n".join(f"| p{n} | FIXE | T54W" for n in range(2001)))
    assert (plan.extension_range, plan.seats[-1].extension) == ("8000-10019", "10000")


def test_a_range_that_has_no_room_in_its_length_is_too_small() -> None:
    rows = "| p0 | FIXE | T54W | | 85\n" + "\n".join(f"| p{n} | FIXE | T54W" for n in range(1, 25))
    reading = read(f"{_HEAD}\n{rows}")
    assert [(fault.code, fault.facts["needed"]) for fault in reading.faults] == [("range-too-small", "60-99")]


def test_a_seat_keeps_its_number_when_rows_are_inserted_above() -> None:
    before = _plan("Siège | accueil | FIXE | T54W\nSiège | atelier | FIXE | T54W")
    kept = {(seat.site, seat.name): seat.extension for seat in before.seats}
    after = _plan(
        "Siège | directrice | FIXE | T54W\nSiège | accueil | FIXE | T54W\nSiège | atelier | FIXE | T54W", kept=kept
    )
    assert _extensions(after) == ["8002", "8000", "8001"]


def test_seats_of_one_name_keep_their_numbers_in_their_order() -> None:
    rows = "| atelier | FIXE | T54W\n| atelier | FIXE | T54W\n| atelier | FIXE | T54W"
    before = _plan(rows)
    kept = dict(zip(seat_keys((seat.site, seat.name) for seat in before.seats), _extensions(before), strict=True))
    assert _extensions(_plan(f"| accueil | FIXE | T54W\n{rows}", kept=kept)) == ["8003", "8000", "8001", "8002"]


def test_a_number_of_another_length_than_the_given_ones_is_not_kept() -> None:
    plan = _plan(
        "| accueil | FIXE | T54W\n| atelier | FIXE | T54W | | 201\n| directrice | FIXE | T54W | | 202",
        kept={("", "accueil"): Extension("8000")},
    )
    assert (_extensions(plan), plan.extension_range) == (["200", "201", "202"], "200-219")


def test_the_desk_row_of_a_short_number_is_the_one_of_the_application_row_that_has_it() -> None:
    reading = read(
        f"{_HEAD}\n| accueil | SOFTPHONE | | | | a@example.com\n| accueil | FIXE | T54W | | 8001\n"
        "| accueil | SOFTPHONE | | | 8001 | b@example.com"
    )
    assert codes(reading) == set()
    assert reading.plan is not None
    assert [(seat.extension, len(seat.lines)) for seat in reading.plan.seats] == [("8000", 1), ("8001", 2)]


@pytest.mark.parametrize("none", ["aucun", "Sans", "sans matériel"])
def test_no_hardware_is_an_application_for_a_softphone_and_missing_for_a_desk(none: str) -> None:
    assert faults(read(f"{_HEAD}\n| accueil | FIXE | {none}")) == [("missing-hardware", "D2")]
    assert faults(read(f"{_HEAD}\n| accueil | FIXE + SOFTPHONE | {none} | | | a@b.fr")) == [("missing-hardware", "D2")]
    (seat,) = _plan(f"| accueil | SOFTPHONE | {none} | | | a@b.fr").seats
    assert [line.kind for line in seat.lines] == ["app"]


def test_a_short_number_with_a_fraction_is_none() -> None:
    cells = {2: Cell("accueil", "accueil"), 3: Cell("FIXE", "FIXE"), 4: Cell("T54W", "T54W"), 6: Cell("8000.5", 8000.5)}
    drawn = sheet(_HEAD)
    reading = read_plan([Sheet("Plan", (*drawn.rows, make_row(2, cells)))], PlanOptions(), workbook="plan.xlsx")
    assert codes(reading) == {"invalid-extension"}


def test_a_number_given_to_somebody_else_is_not_kept() -> None:
    plan = _plan("| accueil | FIXE | T54W | | 8000\n| atelier | FIXE | T54W", kept={("", "atelier"): Extension("8000")})
    assert _extensions(plan) == ["8000", "8001"]


def test_a_merged_name_cell_belongs_to_both_rows() -> None:
    reading = read("Nom | Profil | Matériel | E-mail\naccueil | FIXE | T54W | a@b.fr\n^ | SOFTPHONE")
    assert reading.plan is not None
    assert (reading.plan.summary.seats, reading.plan.summary.merged) == (1, 1)


def test_every_visible_sheet_is_read_and_bases_are_named_across_them() -> None:
    drawn = "Nom | Profil | Matériel\n{} | DECT | W60P"
    sheets = [sheet(drawn.format("a"), name="Siège"), sheet("rien"), sheet(drawn.format("b"), name="Dépôt")]
    reading = read_plan(sheets, workbook="plan.xlsx")
    assert reading.plan is not None
    assert [seat.cell for seat in reading.plan.seats] == ["Siège!A2", "Dépôt!A2"]


@pytest.mark.parametrize(
    ("typed", "email"),
    [("Camille@Atelier-Bleu.EXAMPLE", "Camille@atelier-bleu.example"), ("noé@atelier.fr", "noé@atelier.fr"), ("a@b..fr", None),
     ("a b@c.fr", None), ("a@localhost", None), ("@b.fr", None), ("a.@b.fr", None)],
)  # fmt: skip
def test_an_address_is_judged_by_its_syntax(typed: str, email: str | None) -> None:
    assert _seat(f"| accueil | FIXE | T54W | | | {typed}").email == email


_CELLS = st.sampled_from(
    [
        "",
        "",
        "accueil",
        "Total",
        "FIXE",
        "SOFTPHONE",
        "T54W",
        "W60P",
        "04 65 71 00 01",
        "8001",
        "création",
        "=A1",
        "^",
        "x@y.fr",
    ]
)


@settings(deadline=None)
@given(st.lists(st.lists(_CELLS, min_size=7, max_size=7), max_size=12))
def test_no_row_is_lost_and_no_fault_is_said_twice(rows: list[list[str]]) -> None:
    reading = read("\n".join([_HEAD, *(" | ".join(row) for row in rows)]))
    assert reading.plan is not None
    assert _adds_up(reading.plan.summary)
    assert len(set(faults(reading))) == len(faults(reading))
    given_out = [seat.extension for seat in reading.plan.seats if seat.extension and not seat.extension_given]
    assert len(given_out) == len(set(given_out))


@settings(deadline=None)
@given(st.lists(st.text(max_size=12), min_size=1, max_size=5))
def test_no_text_in_any_cell_makes_the_reader_fail(texts: list[str]) -> None:
    drawn = sheet(f"{_HEAD}\n| accueil | FIXE | T54W")
    row = drawn.rows[1]
    cells = {**dict(row.cells()), **{column: Cell(text, text) for column, text in enumerate(texts, start=3)}}
    reading: Reading = read_plan(
        [type(drawn)("Plan", (drawn.rows[0], make_row(2, cells)))], PlanOptions(), workbook="plan.xlsx"
    )
    assert reading.plan is not None
    assert reading.plan.summary.seats == 1


def test_faults_of_two_sheets_come_in_the_order_of_the_sheets() -> None:
    drawn = "Nom | Profil | Matériel\na | BALCON | T54W"
    reading = read_plan([sheet(drawn, name="Zinc"), sheet(drawn.replace("a |", "b |"), name="Alu")])
    assert [fault.at.sheet for fault in reading.faults] == ["Zinc", "Alu"]
    assert codes(reading) == {"unknown-profile"}
