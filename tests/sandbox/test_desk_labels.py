"""Which labels does an order have, which print of them counts, and what does the packing bench say to a scan?"""

from collections.abc import Iterator
from pathlib import Path

import pytest

from labels.label import LabelCode, parse_code
from staging.bootstrap import House
from staging.core.faults import LabelRefused, PlanRefused, Refused, StagingError
from staging.core.messages import explain, say
from staging.core.words import LANGUAGES, Mac
from staging.desk import labels, orders
from staging.desk.labels import PackAnswer
from staging.jobs.job import Order
from staging.jobs.records import Printer
from tests.fakes.house import BY, SIRET, make_house, ready_box, shared_stack, workbook

MAC = Mac("02:00:00:00:00:0a")
ACCUEIL = ("accueil", "STANDARDISTES", "T54W", None)
DIRECTRICE = ("directrice", "POSTE FIXE", "T54W", None)


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    made = make_house(tmp_path / "home")
    shared_stack(made, "http://127.0.0.1:9")
    made.store.bench.add_printer(Printer("dossier", f"folder://{tmp_path / 'printed'}", "roll-100x50"))
    (tmp_path / "printed").mkdir()
    yield made
    made.store.database.close()


@pytest.fixture
def order(house: House, tmp_path: Path) -> Order:
    """accueil 8000 and directrice 8001, each with a T54W that is known."""
    return with_plan(house, workbook(tmp_path / "plan.xlsx", ACCUEIL, DIRECTRICE))


def with_plan(house: House, plan: Path | None, serial: str | None = None) -> Order:
    order = orders.new_order(house.desk, customer="Atelier Bleu", siret=SIRET, stack="partage", by=BY, serial=serial)
    if plan is not None:
        orders.upload_plan(house.desk, order.id, plan, name=plan.name, by=BY, lang="fr")
    house.store.bench.keep_pairs(order.id, {"8000": MAC, "8001": Mac("02:00:00:00:00:0b")})
    return order


def code(order: Order, kind: str, item: str, copy: int = 1) -> str:
    return str(LabelCode(order.id, kind, item, copy))  # type: ignore[arg-type]  # one of the five kinds


def pack(house: House, order: Order, *scans: str) -> PackAnswer:
    """The answer to the last of these scans, each knowing the one before that waits for its other half."""
    before: str | None = None
    for scan in scans:
        answer = labels.pack(house.desk, order.id, scan, before=before, by=BY)
        before = answer.handset
    for lang in LANGUAGES:
        text = say(f"web-pack-{answer.verdict}", lang, first=answer.first, second=answer.second)
        assert not text.startswith("web-pack-")
        assert "{" not in text
    return answer


# Printing


def test_every_phone_has_a_sticker_and_a_carton(house: House, order: Order) -> None:
    rows = labels.label_rows(house.desk, order.id)
    assert [(row.kind, row.item, row.copy) for row in rows] == [
        ("handset", "8000", 0), ("handset", "8001", 0), ("carton", "8000", 0), ("carton", "8001", 0),
    ]  # fmt: skip


def test_an_order_with_a_box_has_labels_for_it_and_each_of_its_ports(house: House, tmp_path: Path) -> None:
    serial = ready_box(house)
    order = with_plan(house, workbook(tmp_path / "plan.xlsx", ACCUEIL), serial=serial)
    found = {(row.kind, row.item) for row in labels.label_rows(house.desk, order.id)}
    assert {("appliance", "SN0042"), ("port", "SN0042.1"), ("port", "SN0042.2")} <= found


def test_each_print_takes_the_next_copy_and_only_of_what_was_printed(house: House, order: Order) -> None:
    assert labels.print_labels(house.desk, order.id, printer="dossier", by=BY) == 4
    assert labels.print_labels(house.desk, order.id, printer="dossier", by=BY, items=frozenset({"8000"})) == 2
    found = {(row.kind, row.item): row.copy for row in labels.label_rows(house.desk, order.id)}
    assert found == {("handset", "8000"): 2, ("handset", "8001"): 1, ("carton", "8000"): 2, ("carton", "8001"): 1}


def test_a_sticker_that_says_something_else_by_now_does_not_count(house: House, order: Order, tmp_path: Path) -> None:
    labels.print_labels(house.desk, order.id, printer="dossier", by=BY)
    renamed = ("directrice adjointe", *DIRECTRICE[1:])
    again = workbook(tmp_path / "again.xlsx", ACCUEIL, renamed)
    orders.upload_plan(house.desk, order.id, again, name=again.name, by=BY, lang="fr")
    found = {(row.kind, row.item): row.copy for row in labels.label_rows(house.desk, order.id)}
    assert found == {("handset", "8000"): 1, ("handset", "8001"): 0, ("carton", "8000"): 1, ("carton", "8001"): 0}
    assert pack(house, order, code(order, "handset", "8001")).verdict == "void"


def test_a_carton_whose_sticker_was_printed_anew_has_to_be_packed_again(house: House, order: Order) -> None:
    labels.print_labels(house.desk, order.id, printer="dossier", by=BY)
    pack(house, order, code(order, "handset", "8000"), code(order, "carton", "8000"))
    assert labels.pack_state(house.desk, order.id).packed == 1
    labels.print_labels(house.desk, order.id, printer="dossier", by=BY, kinds=frozenset({"carton"}))
    assert labels.pack_state(house.desk, order.id).packed == 0
    pack(house, order, code(order, "handset", "8000"), code(order, "carton", "8000", 2))
    assert labels.pack_state(house.desk, order.id).packed == 1


def test_after_a_jam_printing_goes_on_from_a_label_and_those_before_stay_valid(house: House, order: Order) -> None:
    labels.print_labels(house.desk, order.id, printer="dossier", by=BY)
    assert labels.print_labels(house.desk, order.id, printer="dossier", by=BY, first=3) == 2
    assert [row.copy for row in labels.label_rows(house.desk, order.id)] == [1, 1, 2, 2]
    with pytest.raises(LabelRefused):
        labels.print_labels(house.desk, order.id, printer="dossier", by=BY, first=5)


def test_a_preview_numbers_nothing_and_shows_the_next_copy(house: House, order: Order) -> None:
    labels.print_labels(house.desk, order.id, printer="dossier", by=BY)
    assert labels.preview(house.desk, order.id).startswith(b"%PDF")
    assert {label.code.copy for label in labels.labels_to_print(house.desk, order.id)} == {2}
    assert {row.copy for row in labels.label_rows(house.desk, order.id)} == {1}


def test_a_print_lies_in_the_printers_folder_and_in_the_timeline(house: House, order: Order, tmp_path: Path) -> None:
    labels.print_labels(house.desk, order.id, printer="dossier", by=BY)
    (file,) = [path for path in (tmp_path / "printed").iterdir() if path.suffix == ".pdf"]
    assert file.read_bytes().startswith(b"%PDF")
    line = house.store.timeline.of_order(order.id)[-1]
    assert (line.event, line.facts["labels"], line.operator) == ("labels-went-out", 4, BY)


@pytest.mark.parametrize(
    ("printer", "url", "asked", "code"),
    [
        ("autre", None, {}, "unknown-printer"),
        ("dossier", None, {"items": frozenset({"9999"})}, "no-labels"),
        ("perdu", "folder:///nowhere/at/all", {}, None),
    ],
)
def test_what_cannot_be_printed_is_refused_and_no_copy_of_it_counts(
    house: House, order: Order, printer: str, url: str | None, asked: dict[str, frozenset[str]], code: str | None
) -> None:
    if url:
        house.store.bench.add_printer(Printer(printer, url, "roll-100x50"))
    with pytest.raises(StagingError) as error:
        labels.print_labels(house.desk, order.id, printer=printer, by=BY, **asked)
    (fault,) = error.value.faults
    assert fault.code == (code or fault.code)
    assert all(explain(fault, lang).hint for lang in LANGUAGES)
    assert house.store.bench.copies(order.id) == {}


def test_a_sheet_that_nobody_has_is_refused(house: House, order: Order) -> None:
    with pytest.raises(LabelRefused) as error:
        labels.preview(house.desk, order.id, sheet="papyrus")
    assert error.value.faults[0].code == "no-such-sheet"


def test_an_order_without_a_plan_has_no_labels(house: House) -> None:
    order = with_plan(house, None)
    with pytest.raises(PlanRefused) as error:
        labels.label_rows(house.desk, order.id)
    assert error.value.faults[0].code == "order-without-plan"


# Odd names of bases


@pytest.mark.parametrize("base", ["Étage 1 / nord", "base:1", "Bâtiment A, 2e étage", "1", "nord_2.a"])
def test_a_base_of_any_name_has_a_label_that_reads_back(house: House, tmp_path: Path, base: str) -> None:
    order = with_plan(house, dect(tmp_path / "dect.xlsx", base))
    house.store.bench.keep_pairs(order.id, {f"base {base}": MAC})
    (row,) = labels.label_rows(house.desk, order.id, kinds=frozenset({"base"}))
    assert parse_code(code(order, "base", row.item)) is not None
    assert labels.print_labels(house.desk, order.id, printer="dossier", by=BY, kinds=frozenset({"base"})) == 1


def test_two_bases_whose_names_differ_in_an_odd_letter_have_labels_of_their_own(house: House, tmp_path: Path) -> None:
    order = with_plan(house, dect(tmp_path / "dect.xlsx", "étage", "ètage"))
    house.store.bench.keep_pairs(order.id, {"base étage": MAC, "base ètage": Mac("02:00:00:00:00:0b")})
    rows = labels.label_rows(house.desk, order.id, kinds=frozenset({"base"}))
    assert len({row.item for row in rows}) == 2


def dect(path: Path, *bases: str) -> Path:
    """One handset on each of these bases."""
    return workbook(
        path,
        *((f"poste {n}", "POSTE FIXE", "W60B", None, base) for n, base in enumerate(bases)),
        extra="BASE DECT",
    )


# Packing


@pytest.fixture
def printed(house: House, order: Order) -> Order:
    labels.print_labels(house.desk, order.id, printer="dossier", by=BY)
    return order


def test_a_phone_and_its_carton_are_a_pair_in_either_order(house: House, printed: Order) -> None:
    first = pack(house, printed, code(printed, "handset", "8000"), code(printed, "carton", "8000"))
    second = pack(house, printed, code(printed, "carton", "8001"), code(printed, "handset", "8001"))
    assert (first.verdict, second.verdict) == ("right", "right")
    assert labels.pack_state(house.desk, printed.id).missing == ()


def test_a_phone_in_another_ones_carton_is_stopped_by_both_names(house: House, printed: Order) -> None:
    answer = pack(house, printed, code(printed, "handset", "8000"), code(printed, "carton", "8001"))
    assert answer.verdict == "wrong"
    assert "accueil" in answer.first
    assert "directrice" in answer.second
    assert labels.pack_state(house.desk, printed.id).packed == 0
    assert house.store.timeline.of_order(printed.id)[-1].event == "pack-wrong"


def test_an_earlier_print_is_void_and_the_answer_names_the_one_that_counts(house: House, printed: Order) -> None:
    labels.print_labels(house.desk, printed.id, printer="dossier", by=BY, kinds=frozenset({"handset"}))
    old = pack(house, printed, code(printed, "handset", "8000", 1))
    new = pack(house, printed, code(printed, "handset", "8000", 2), code(printed, "carton", "8000", 1))
    assert (old.verdict, old.second, new.verdict) == ("void", "2", "right")


def test_a_label_reprinted_between_two_scans_is_void_too(house: House, printed: Order) -> None:
    first = labels.pack(house.desk, printed.id, code(printed, "handset", "8000"), before=None, by=BY)
    labels.print_labels(house.desk, printed.id, printer="dossier", by=BY, kinds=frozenset({"handset"}))
    answer = labels.pack(house.desk, printed.id, code(printed, "carton", "8000"), before=first.handset, by=BY)
    assert answer.verdict == "void"
    assert labels.pack_state(house.desk, printed.id).packed == 0


def test_a_label_that_was_never_printed_here_is_void(house: House, order: Order) -> None:
    assert pack(house, order, code(order, "handset", "8000")).verdict == "void"


def test_another_orders_label_is_foreign_and_so_is_one_of_a_seat_that_is_not_in_the_plan(
    house: House, printed: Order, tmp_path: Path
) -> None:
    other = with_plan(house, workbook(tmp_path / "other.xlsx", ACCUEIL))
    assert pack(house, printed, code(other, "handset", "8000")).verdict == "foreign"
    assert pack(house, printed, code(printed, "handset", "8999")).verdict == "foreign"


def test_a_pair_packed_before_is_said_to_be(house: House, printed: Order) -> None:
    scans = code(printed, "handset", "8000"), code(printed, "carton", "8000")
    assert [pack(house, printed, *scans).verdict for _ in range(2)] == ["right", "again"]


@pytest.mark.parametrize("scan", ["", "02:00:00:00:00:0a", "S1:x", "x" * 3000, "\x00", "S1:a:port:SN0042.1:1"])
def test_what_is_no_label_of_a_phone_or_carton_is_unreadable(house: House, printed: Order, scan: str) -> None:
    answer = pack(house, printed, scan)
    assert answer.verdict == "unreadable"
    assert len(answer.first) <= 40


def test_two_phones_in_a_row_wait_for_the_carton_of_the_second(house: House, printed: Order) -> None:
    answer = pack(
        house, printed, code(printed, "handset", "8000"), code(printed, "handset", "8001"),
        code(printed, "carton", "8001"),
    )  # fmt: skip
    assert answer.verdict == "right"
    assert [name for name in labels.pack_state(house.desk, printed.id).missing if "accueil" in name]


def test_an_order_leaves_when_it_is_accepted_and_packed_and_not_before(house: House, printed: Order) -> None:
    for _ in range(2):
        with pytest.raises(Refused) as error:
            labels.ship(house.desk, printed.id, by=BY)
        assert error.value.faults[0].code == "not-ready-to-ship"
        house.store.orders.keep(printed.id, accepted_at=house.store.orders.now())
    for item in ("8000", "8001"):
        pack(house, printed, code(printed, "handset", item), code(printed, "carton", item))
    labels.ship(house.desk, printed.id, by=BY)
    assert house.store.timeline.of_order(printed.id)[-1].event == "order-shipped"


def test_an_acceptance_sheet_is_there_after_acceptance_alone(house: House, order: Order) -> None:
    with pytest.raises(Refused) as error:
        labels.acceptance_sheet(house.desk, order.id)
    assert error.value.faults[0].code == "not-accepted-yet"
