"""Does comparing two plans name each seat once, and only what really changed of it?"""

import time
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from numbering.compare import PlanChanges, compare_plans
from numbering.plan import NumberingPlan
from tests.fakes.numbering import read

HEADINGS = "Site | Nom et prénom | Profil | Matériel | N° de ligne | N° court"
ACCUEIL = "Lyon | accueil | STANDARD | T54W | 0465710001 | 8000"
DIRECTRICE = "Lyon | directrice | POSTE FIXE | T54W | 0465710002 | 8001"
ATELIER = "Lyon | atelier | POSTE FIXE | T31G | | 8002"


def plan(*rows: str) -> NumberingPlan:
    found = read("\n".join((HEADINGS, *rows))).plan
    assert found is not None
    return found


def told(changes: PlanChanges) -> list[tuple[str, str, list[tuple[str, str, str]]]]:
    return [
        (one.change, one.seat.name, [(field.field, field.before, field.after) for field in one.fields])
        for one in changes.seats
    ]


def test_two_plans_that_say_the_same_differ_in_nothing() -> None:
    changes = compare_plans(plan(ACCUEIL, ATELIER), plan(ACCUEIL, ATELIER))
    assert (changes.plan, changes.seats, changes.same) == ((), (), 2)


def test_a_seat_that_only_moved_to_another_row_is_the_same() -> None:
    changes = compare_plans(plan(ACCUEIL, DIRECTRICE), plan(DIRECTRICE, ACCUEIL))
    assert (changes.seats, changes.same) == ((), 2)


def test_added_and_removed_seats_are_named() -> None:
    changes = compare_plans(plan(ACCUEIL, DIRECTRICE), plan(ACCUEIL, "", ATELIER))
    assert told(changes) == [("added", "atelier", []), ("removed", "directrice", [])]
    assert (changes.count("added"), changes.count("removed"), changes.count("changed")) == (1, 1, 0)


def test_changed_fields_tell_before_and_after() -> None:
    after = ATELIER.replace("T31G", "T54W").replace("| |", "| 0465710003 |")
    assert told(compare_plans(plan(ATELIER), plan(after))) == [
        ("changed", "atelier", [("numbers", "", "+33465710003"), ("lines", "T31G", "T54W")])
    ]


def test_a_seat_that_got_another_name_is_known_by_its_short_number() -> None:
    changes = compare_plans(plan(ACCUEIL, DIRECTRICE), plan(DIRECTRICE, ACCUEIL.replace("accueil", "hall")))
    assert told(changes) == [("changed", "hall", [("name", "accueil", "hall")])]


def test_a_seat_that_got_another_name_and_short_number_is_known_by_its_direct_number() -> None:
    before, after = plan(ATELIER, ACCUEIL), plan(ACCUEIL.replace("accueil", "hall").replace("8000", "8010"), ATELIER)
    fields = [field.field for field in compare_plans(before, after).seats[0].fields]
    assert fields == ["name", "extension"]


def test_another_site_is_told_and_changes_nothing_on_the_stack() -> None:
    (seat,) = compare_plans(plan(ATELIER), plan(ATELIER.replace("Lyon", "Brest"))).seats
    assert [(field.field, field.on_stack) for field in seat.fields] == [("site", False)]


def test_the_whole_plan_s_own_fields_are_compared() -> None:
    first = plan(ATELIER)
    changes = compare_plans(first, replace(first, main_number="to-create", extension_range="8000-8039"))
    assert [(one.field, one.after) for one in changes.plan] == [
        ("main_number", "to-create"), ("extension_range", "8000-8039")
    ]  # fmt: skip


def test_a_workbook_that_could_not_be_read_counts_as_a_plan_of_nothing() -> None:
    assert [one.change for one in compare_plans(None, plan(ATELIER)).seats] == ["added"]
    assert [one.change for one in compare_plans(plan(ATELIER), None).seats] == ["removed"]


_ROWS = st.lists(
    st.builds(
        "Lyon | {} | POSTE FIXE | {} | {} | {}".format,
        st.sampled_from(["accueil", "directrice", "atelier", "hall"]),
        st.sampled_from(["T54W", "T31G"]),
        st.sampled_from(["", "0465710001", "0465710002"]),
        st.sampled_from(["", "8000", "8001", "8002"]),
    ),
    min_size=1,
    max_size=6,
)


@given(before=_ROWS, after=_ROWS)
def test_every_seat_of_both_plans_is_told_exactly_once(before: list[str], after: list[str]) -> None:
    first, second = plan(*before), plan(*after)
    changes = compare_plans(first, second)
    assert changes.same + sum(one.after is not None for one in changes.seats) == len(second.seats)
    assert changes.same + sum(one.before is not None for one in changes.seats) == len(first.seats)
    assert all(one.fields for one in changes.seats if one.change == "changed")


@given(rows=_ROWS)
def test_a_plan_beside_itself_never_differs(rows: list[str]) -> None:
    assert compare_plans(plan(*rows), plan(*rows)).seats == ()


def test_thousands_of_seats_of_one_name_are_compared_in_their_time() -> None:
    (seat,) = plan(ATELIER).seats
    many = tuple(replace(seat, extension=None, cell=f"Plan!B{number}") for number in range(20_000))
    before = replace(plan(ATELIER), seats=many)
    began = time.process_time()
    changes = compare_plans(before, replace(before, seats=tuple(replace(one) for one in many)))
    assert time.process_time() - began < 4
    assert (changes.seats, changes.same) == ((), 20_000)
