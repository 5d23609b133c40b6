"""What does a scan come to? Phones in the sandbox's room, seats in the plan, and a technician in gloves."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from staging.bootstrap import House
from staging.core.faults import PhoneUnmatched, StackUnreachable
from staging.core.messages import explain
from staging.core.words import LANGUAGES, Mac
from staging.desk import orders, phones
from staging.desk.phones import PhoneTable
from staging.jobs.job import Order
from staging.sandbox.serve import Served, serve
from tests.fakes.house import BY, SIRET, make_house, plug, shared_stack, work, workbook

A, B, C, D = (Mac(f"02:00:00:00:00:0{digit}") for digit in "abcd")
ACCUEIL = ("accueil", "STANDARDISTES", "T54W", None)
DIRECTRICE = ("directrice", "POSTE FIXE", "T54W", None)
ATELIER = ("atelier", "POSTE FIXE", "T31P", None)


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    made = make_house(tmp_path / "home")
    yield made
    made.store.database.close()


@pytest.fixture
def sandbox(house: House) -> Iterator[Served]:
    with serve(configured=True) as served:
        shared_stack(house, served.url)
        yield served


@pytest.fixture
def order(house: House, sandbox: Served, tmp_path: Path) -> Order:
    """Three seats: accueil 8000 and directrice 8001 with a T54W, atelier 8002 with a T31P."""
    return opened(house, workbook(tmp_path / "plan.xlsx", ACCUEIL, DIRECTRICE, ATELIER))


def opened(house: House, plan: Path) -> Order:
    """An order that is known to its stack; phones may be scanned before anybody agreed to the changes."""
    order = orders.new_order(house.desk, customer="Atelier Bleu", siret=SIRET, stack="partage", by=BY)
    orders.upload_plan(house.desk, order.id, plan, name=plan.name, by=BY, lang="fr")
    work(house, order.id)
    assert house.store.orders.steps(order.id)["provision"].waits_for == "waits-approval"
    return order


def scan(house: House, order: Order, typed: str, seat: str | None = None) -> str | None:
    """The key of the seat that a scan came to, or why it came to none."""
    answer = phones.scan_phone(house.desk, order.id, typed, seat=seat, by=BY)
    return answer.row.wanted.key if answer.row else answer.reason


def rest(house: House, order: Order) -> PhoneTable:
    """Pair the rest on a stack that is the customer's own."""
    house.store.stacks.change("partage", kind="on-premise")
    return phones.pair_rest(house.desk, order.id, by=BY)


def seats(house: House, order: Order) -> dict[str, str | None]:
    """The phone of each seat."""
    return {row.wanted.key: row.mac for row in phones.phone_table(house.desk, order.id).rows}


def refusal(house: House, order: Order, typed: str, seat: str | None = None) -> tuple[str, dict[str, object]]:
    with pytest.raises(PhoneUnmatched) as error:
        phones.scan_phone(house.desk, order.id, typed, seat=seat, by=BY)
    (fault,) = error.value.faults
    for lang in LANGUAGES:
        assert explain(fault, lang).hint
    return fault.code, dict(fault.facts)


@pytest.mark.parametrize("junk", ["", "\x1b[A", "8000", "S1:4k7m2p:handset:8000:1", "ff:ff:ff:ff:ff:ff", "x" * 5000])
def test_junk_is_said_to_be_no_mac_and_changes_nothing(house: House, order: Order, junk: str) -> None:
    code, facts = refusal(house, order, junk)
    assert code == "not-a-mac"
    assert len(str(facts["typed"])) <= 40
    assert house.store.bench.scans(order.id) == ()


def test_a_scan_takes_the_next_free_seat_of_its_model(house: House, sandbox: Served, order: Order) -> None:
    plug(sandbox, (A, "T54W"), (B, "T54W"), (C, "T31P"))
    assert [scan(house, order, mac.upper().replace(":", "")) for mac in (B, A, C)] == ["8000", "8001", "8002"]
    assert seats(house, order) == {"8000": B, "8001": A, "8002": C}


def test_a_phone_more_than_the_plan_has_gets_no_seat(house: House, sandbox: Served, order: Order) -> None:
    plug(sandbox, (A, "T31P"), (B, "T31P"), (C, "T58W"))
    assert [scan(house, order, mac) for mac in (A, B, C)] == ["8002", "no-seat-left", "wrong-model"]
    assert [one.mac for one in house.store.bench.scans(order.id)] == [A]


def test_a_phone_of_the_wrong_model_for_a_seat_is_turned_away_and_keeps_the_seat_it_had(
    house: House, sandbox: Served, order: Order
) -> None:
    plug(sandbox, (A, "T31P"))
    assert scan(house, order, A) == "8002"
    assert scan(house, order, A, seat="8000") == "wrong-model"
    assert seats(house, order)["8002"] == A


def test_a_seat_can_be_named(house: House, sandbox: Served, order: Order) -> None:
    plug(sandbox, (A, "T54W"))
    assert scan(house, order, A, seat="8001") == "8001"
    assert refusal(house, order, B, seat="9999") == ("unknown-seat", {"seat": "9999"})


def test_a_phone_scanned_again_says_whose_it_is_and_does_not_move(house: House, sandbox: Served, order: Order) -> None:
    plug(sandbox, (A, "T54W"))
    assert [scan(house, order, A, seat="8001"), scan(house, order, A), scan(house, order, A)] == ["8001"] * 3


def test_a_seat_that_has_a_phone_is_not_given_a_second_one(house: House, sandbox: Served, order: Order) -> None:
    plug(sandbox, (A, "T54W"), (B, "T54W"))
    assert scan(house, order, A, seat="8000") == "8000"
    assert scan(house, order, B, seat="8000") == "no-seat-left"
    assert seats(house, order) == {"8000": A, "8001": None, "8002": None}


def test_a_phone_that_nobody_saw_yet_can_be_scanned_ahead(house: House, order: Order) -> None:
    answer = phones.scan_phone(house.desk, order.id, D, seat="8002", by=BY)
    assert answer.row is not None
    assert answer.seen is None


def test_a_scan_taken_back_frees_the_seat_and_moves_no_other_phone(house: House, sandbox: Served, order: Order) -> None:
    plug(sandbox, (A, "T54W"), (B, "T54W"), (C, "T54W"))
    assert [scan(house, order, mac) for mac in (A, B)] == ["8000", "8001"]
    assert phones.take_back(house.desk, order.id, A, by=BY)
    assert seats(house, order) == {"8000": None, "8001": B, "8002": None}
    assert scan(house, order, C) == "8000"
    assert not phones.take_back(house.desk, order.id, A, by=BY)


def test_a_row_put_above_in_the_plan_moves_no_phone(
    house: House, sandbox: Served, order: Order, tmp_path: Path
) -> None:
    plug(sandbox, (A, "T54W"), (B, "T54W"))
    assert [scan(house, order, mac) for mac in (A, B)] == ["8000", "8001"]
    plan = workbook(tmp_path / "plan.xlsx", ("bureau", "POSTE FIXE", "T54W", None), ATELIER, DIRECTRICE, ACCUEIL)
    orders.upload_plan(house.desk, order.id, plan, name="plan.xlsx", by=BY, lang="fr")
    found = seats(house, order)
    assert (found["8000"], found["8001"], found["8003"]) == (A, B, None)


def test_a_phone_of_another_order_is_refused_by_that_orders_name(
    house: House, sandbox: Served, order: Order, tmp_path: Path
) -> None:
    plug(sandbox, (A, "T54W"))
    other = opened(house, workbook(tmp_path / "other.xlsx", ACCUEIL))
    assert scan(house, other, A) == "8000"
    code, facts = refusal(house, order, A)
    assert (code, facts["order"], facts["customer"]) == ("phone-of-other-order", other.id, "Atelier Bleu")
    assert seats(house, other)["8000"] == A


def test_on_a_shared_stack_a_phone_that_only_waits_there_is_left_to_a_scan(
    house: House, sandbox: Served, order: Order
) -> None:
    plug(sandbox, (A, "T54W"))
    assert phones.pair_rest(house.desk, order.id, by=BY).paired == 0
    assert scan(house, order, A) == "8000"


def test_the_rest_is_paired_by_model_in_order_of_mac_and_stays(
    house: House, sandbox: Served, order: Order, tmp_path: Path
) -> None:
    plug(sandbox, (C, "T54W"), (A, "T54W"), (B, "T31P"), (D, "T58W"))
    table = rest(house, order)
    assert {row.wanted.key: row.mac for row in table.rows} == {"8000": A, "8001": C, "8002": B}
    assert [(mac, reason) for _, mac, reason in table.left] == [(D, "wrong-model")]
    assert {one.mac: one.seat for one in house.store.bench.scans(order.id)} == {A: "8000", C: "8001", B: "8002"}


def test_the_rest_leaves_what_was_scanned_where_it_is(house: House, sandbox: Served, order: Order) -> None:
    plug(sandbox, (A, "T54W"), (B, "T54W"))
    assert scan(house, order, B, seat="8000") == "8000"
    rest(house, order)
    assert seats(house, order) == {"8000": B, "8001": A, "8002": None}


def test_the_rest_forgets_no_scan_whose_seat_left_the_plan_for_a_while(
    house: House, sandbox: Served, order: Order, tmp_path: Path
) -> None:
    plug(sandbox, (A, "T54W"), (B, "T31P"))
    assert [scan(house, order, A, seat="8001"), scan(house, order, B)] == ["8001", "8002"]
    plan = workbook(tmp_path / "without.xlsx", ACCUEIL, DIRECTRICE)
    orders.upload_plan(house.desk, order.id, plan, name=plan.name, by=BY, lang="fr")
    rest(house, order)
    assert {one.mac: one.seat for one in house.store.bench.scans(order.id)} == {A: "8001", B: "8002"}


def test_pairing_twice_changes_nothing(house: House, sandbox: Served, order: Order) -> None:
    plug(sandbox, (A, "T54W"))
    rest(house, order)
    before, lines = house.store.bench.scans(order.id), len(house.store.timeline.of_order(order.id))
    rest(house, order)
    assert house.store.bench.scans(order.id) == before
    assert len(house.store.timeline.of_order(order.id)) == lines


def test_a_paired_phone_is_associated_and_fetches_its_file(house: House, sandbox: Served, order: Order) -> None:
    plug(sandbox, (A, "T54W"), (B, "T54W"), (C, "T31P"))
    rest(house, order)
    orders.approve(house.desk, order.id, expect=None, by=BY)
    work(house, order.id)
    table = phones.phone_table(house.desk, order.id)
    assert {row.stage for row in table.rows} == {"fetched"}
    assert (table.paired, table.fetched) == (3, 3)
    assert house.store.bench.pairs(order.id) == {"8000": A, "8001": B, "8002": C}


def test_a_scan_while_the_stack_is_silent_is_refused_and_leaves_nothing(
    house: House, sandbox: Served, order: Order
) -> None:
    sandbox.stop()
    with pytest.raises(StackUnreachable):
        phones.scan_phone(house.desk, order.id, A, seat=None, by=BY)
    assert house.store.bench.scans(order.id) == ()


def test_a_base_and_its_handsets_are_one_phone(house: House, sandbox: Served, tmp_path: Path) -> None:
    order = opened(
        house,
        workbook(
            tmp_path / "dect.xlsx",
            ACCUEIL,
            ("poste 3", "POSTE FIXE", "YEALINK S/S FIL W60P", None),
            ("poste 4", "POSTE FIXE", "YEALINK S/S FIL W60P", None),
        ),
    )
    rows = phones.phone_table(house.desk, order.id).rows
    assert [(row.wanted.key, row.names) for row in rows] == [("8000", ("accueil",)), ("base 1", ("poste 3", "poste 4"))]
    plug(sandbox, (A, "W60B"))
    assert scan(house, order, A, seat="8002") == "base 1"
