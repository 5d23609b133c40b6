"""What does the scan station say to whatever a scanner reads, and what does it cost?"""

from collections.abc import Iterator

import pytest
from sqlalchemy import delete

from labels.label import HandsetLabel, LabelCode
from staging.adapters.store.tables import label_copies, pairings, scans
from staging.bootstrap import House
from staging.core.faults import PhoneUnmatched, StackUnreachable
from staging.core.messages import explain, say
from staging.core.words import LANGUAGES, Mac
from staging.desk import labels, phones
from staging.desk.glance import Glance
from staging.desk.labelbook import labels_of
from staging.desk.station import StationAnswer, read_at_station, undo_at_station
from staging.jobs.job import Order
from staging.jobs.records import Printer
from staging.phones.ports import BenchPort
from staging.phones.seen import SeenPhone, seen_phone
from staging.sandbox.serve import Served, serve
from tests.fakes.house import BY, make_house, order_on, plug, ready_box, shared_stack, work, workbook

A, B, C = (Mac(f"02:00:00:00:00:0{digit}") for digit in "abc")
ROWS = (
    ("accueil", "STANDARDISTES", "T54W", None),
    ("directrice", "POSTE FIXE", "T54W", None),
    ("atelier", "POSTE FIXE", "T31P", None),
)


@pytest.fixture(scope="module")
def room() -> Iterator[Served]:
    with serve(configured=True) as served:
        plug(served, (A, "T54W"), (B, "T54W"), (C, "T31P"))
        yield served


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory, room: Served) -> Iterator[tuple[House, Order]]:
    """accueil 8000 and directrice 8001 with a T54W, atelier 8002 with a T31P; the order's tenant is made."""
    folder = tmp_path_factory.mktemp("bench")
    made = make_house(folder / "home")
    shared_stack(made, room.url)
    (folder / "printed").mkdir()
    made.store.bench.add_printer(Printer("rouleau", f"folder://{folder / 'printed'}", "roll-62x29"))
    made.store.bench.add_printer(Printer("perdu", "folder:///nowhere/at/all", "roll-62x29"))
    opened = order_on(made, "partage", plan=workbook(folder / "plan.xlsx", *ROWS))
    work(made, opened.id)
    yield made, opened
    made.store.database.close()


@pytest.fixture
def house(bench: tuple[House, Order], room: Served) -> House:
    """The house, with nothing scanned or printed yet."""
    made, _ = bench
    with made.store.database.write() as connection:
        for table in (scans, pairings, label_copies):
            connection.execute(delete(table))
    made.store.stacks.change("partage", url=room.url)
    return made


@pytest.fixture
def order(bench: tuple[House, Order], house: House) -> Order:
    return house.store.orders.get(bench[1].id)


def scan(house: House, order: Order, typed: str, seat: str | None = None, printer: str | None = None) -> StationAnswer:
    answer = read_at_station(house.desk, order.id, typed, seat=seat, by=BY, printer=printer)
    for lang in LANGUAGES:
        assert not say(f"station-{answer.verdict}", lang).startswith("station-")
    return answer


def test_a_phone_is_told_whose_it_is_and_which_socket_it_goes_into(house: House, order: Order) -> None:
    answer = scan(house, order, A.replace(":", "").upper())
    assert answer.row is not None
    assert (answer.verdict, answer.row.wanted.key, answer.row.names) == ("paired", "8000", ("accueil",))
    assert (answer.row.site, answer.row.bench) == ("Lyon", BenchPort(1, 1))


def test_the_same_phone_again_is_no_second_scan(house: House, order: Order) -> None:
    scan(house, order, A)
    lines = len(house.store.timeline.of_order(order.id))
    assert scan(house, order, A).verdict == "again"
    assert len(house.store.timeline.of_order(order.id)) == lines


def test_a_short_number_or_a_label_chooses_the_seat_of_the_next_phone(house: House, order: Order) -> None:
    labels.print_labels(house.desk, order.id, printer="rouleau", by=BY, kinds=frozenset({"handset"}))
    by_number = scan(house, order, "8001")
    by_label = scan(house, order, str(LabelCode(order.id, "handset", "8001", 1)))
    assert [(one.verdict, one.seat) for one in (by_number, by_label)] == [("seat", "8001")] * 2
    paired = scan(house, order, A, seat=by_number.seat)
    assert paired.row is not None
    assert paired.row.wanted.key == "8001"
    assert scan(house, order, "8001").verdict == "taken"


def test_a_void_label_is_told_at_the_station_too(house: House, order: Order) -> None:
    for _ in range(2):
        labels.print_labels(house.desk, order.id, printer="rouleau", by=BY, kinds=frozenset({"handset"}))
    answer = scan(house, order, str(LabelCode(order.id, "handset", "8001", 1)))
    assert (answer.verdict, dict(answer.facts)) == ("void", {"copy": "1", "valid": "2"})


def test_the_box_of_this_order_and_of_another_are_told_apart(house: House, order: Order) -> None:
    ours, theirs = ready_box(house, "SN0042"), ready_box(house, "SN0043")
    house.store.orders.keep(order.id, serial=ours)
    try:
        assert scan(house, order, "sn0042").verdict == "appliance"
    finally:
        house.store.orders.keep(order.id, serial=None)
    answer = scan(house, order, theirs)
    assert (answer.verdict, dict(answer.facts)["customer"]) == ("foreign", "Atelier Bleu")


def test_a_label_of_another_order_names_it_and_its_customer(house: House, order: Order) -> None:
    other = order_on(house, "partage", plan=None)
    answer = scan(house, order, str(LabelCode(other.id, "carton", "8000", 1)))
    assert (answer.verdict, dict(answer.facts)) == ("foreign", {"order": other.id, "customer": "Atelier Bleu"})


@pytest.mark.parametrize("typed", ["bonjour", "", "S1:x", "é\x00", "x" * 999, "SN9999"])
def test_what_nobody_can_read_is_a_fault_and_changes_nothing(house: House, order: Order, typed: str) -> None:
    with pytest.raises(PhoneUnmatched) as caught:
        read_at_station(house.desk, order.id, typed, seat=None, by=BY)
    (fault,) = caught.value.faults
    assert fault.code == "scan-unknown"
    assert all(explain(fault, lang).hint for lang in LANGUAGES)
    assert house.store.bench.scans(order.id) == ()


def test_undo_takes_back_my_last_scan_and_its_seat_waits(house: House, order: Order) -> None:
    scan(house, order, A)
    phones.scan_phone(house.desk, order.id, C, seat=None, by="somebody else")
    answer = scan(house, order, "S0:UNDO")
    assert (answer.verdict, answer.seat) == ("undone", "8000")
    assert [one.mac for one in house.store.bench.scans(order.id)] == [C]
    assert undo_at_station(house.desk, order.id, by=BY).verdict == "nothing"


def test_its_label_prints_with_the_scan_and_says_the_mac_and_the_socket(house: House, order: Order) -> None:
    assert scan(house, order, A, printer="rouleau").printed == 1
    label = labels_of(house.desk, order.id, {})[0]
    assert isinstance(label, HandsetLabel)
    assert label.mac == A
    rows = {row.item: row.copy for row in labels.label_rows(house.desk, order.id, kinds=frozenset({"handset"}))}
    assert rows == {"8000": 1, "8001": 0, "8002": 0}
    assert scan(house, order, A, printer="rouleau").printed == 0


def test_a_printer_that_is_off_does_not_lose_the_scan(house: House, order: Order) -> None:
    answer = scan(house, order, A, printer="perdu")
    assert (answer.verdict, [fault.code for fault in answer.faults]) == ("paired", ["folder-unwritable"])
    assert [one.mac for one in house.store.bench.scans(order.id)] == [A]


# What it costs


def seen(mac: Mac) -> SeenPhone:
    found = seen_phone({"id": mac, "mac": mac, "model": "T54W"})
    assert found is not None
    return found


class Provd:
    """Counts how often it is asked; can fall silent."""

    def __init__(self, *macs: Mac) -> None:
        self.asked = 0
        self.phones = tuple(map(seen, macs))
        self.silent = False

    def __call__(self) -> tuple[SeenPhone, ...]:
        self.asked += 1
        if self.silent:
            raise StackUnreachable()
        return self.phones


def test_a_phone_that_is_remembered_asks_nobody_and_one_that_is_not_is_looked_up() -> None:
    now = [100.0]
    glance, provd = Glance(now=lambda: now[0]), Provd(A)
    for _ in range(20):
        glance.phones("tenant", A, provd)
    assert provd.asked == 1
    now[0] += 1
    provd.phones = (seen(A), seen(B))
    assert [phone.mac for phone in glance.phones("tenant", B, provd)] == [A, B]
    assert provd.asked == 2


def test_nothing_is_answered_from_an_old_memory_and_a_silence_is_told() -> None:
    now = [100.0]
    glance, provd = Glance(now=lambda: now[0]), Provd(A)
    glance.phones("tenant", A, provd)
    provd.silent = True
    now[0] += 61
    with pytest.raises(StackUnreachable):
        glance.phones("tenant", A, provd)
    assert provd.asked == 2


def test_a_silent_engine_does_not_stop_the_phones_that_were_just_seen(house: House, order: Order, room: Served) -> None:
    scan(house, order, A)
    house.store.stacks.change("partage", url="http://127.0.0.1:9")
    answer = scan(house, order, B)
    assert answer.row is not None
    assert answer.row.wanted.key == "8001"
