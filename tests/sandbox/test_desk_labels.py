"""Which labels does an order have, which print of them counts, and what does the packing bench say to a scan?"""

import threading
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pypdfium2
import pytest

from labels.label import HandsetLabel, LabelCode, parse_code
from staging.bootstrap import House, open_house
from staging.core.faults import LabelRefused, PlanRefused, PrinterUnavailable, Refused, SettingsRefused, StagingError
from staging.core.messages import explain, say
from staging.core.words import LANGUAGES, Mac
from staging.desk import labels, orders
from staging.desk.labels import PackAnswer
from staging.jobs.job import Order
from staging.jobs.records import Packing, Printer
from staging.settings import Settings
from tests.fakes.house import BY, SIRET, environ, make_house, ready_box, shared_stack, workbook
from tests.fakes.labels import TalkingPrinter, address, host_status, serving

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
    assert labels.print_labels(house.desk, order.id, printer="dossier", by=BY).labels == 4
    assert labels.print_labels(house.desk, order.id, printer="dossier", by=BY, items=frozenset({"8000"})).labels == 2
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
    assert labels.print_labels(house.desk, order.id, printer="dossier", by=BY, first=3).labels == 2
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
    assert (line.event, line.facts["labels"], line.operator) == ("labels-out-printed", 4, BY)


@pytest.mark.parametrize(
    ("printer", "url", "asked", "code"),
    [
        ("autre", None, {}, "unknown-printer"),
        ("dossier", None, {"items": frozenset({"9999"})}, "no-labels-chosen"),
        ("dossier", None, {"first": 5}, "no-labels-chosen"),
        ("perdu", "folder:///nowhere/at/all", {}, "folder-unwritable"),
    ],
)
def test_what_cannot_be_printed_is_refused_and_no_copy_of_it_counts(
    house: House, order: Order, printer: str, url: str | None, asked: dict[str, Any], code: str
) -> None:
    if url:
        house.store.bench.add_printer(Printer(printer, url, "roll-100x50"))
    with pytest.raises(StagingError) as error:
        labels.print_labels(house.desk, order.id, printer=printer, by=BY, **asked)
    (fault,) = error.value.faults
    assert fault.code == code
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
    assert labels.print_labels(house.desk, order.id, printer="dossier", by=BY, kinds=frozenset({"base"})).labels == 1


def test_two_bases_whose_names_differ_in_an_odd_letter_have_labels_of_their_own(house: House, tmp_path: Path) -> None:
    order = with_plan(house, dect(tmp_path / "dect.xlsx", "étage", "ètage"))
    house.store.bench.keep_pairs(order.id, {"base étage": MAC, "base ètage": Mac("02:00:00:00:00:0b")})
    rows = labels.label_rows(house.desk, order.id, kinds=frozenset({"base"}))
    assert len({row.item for row in rows}) == 2


def test_a_sticker_says_what_the_screen_shows_where_that_is_not_the_name(house: House, tmp_path: Path) -> None:
    order = with_plan(house, workbook(tmp_path / "plan.xlsx", ('atelier "B"', "POSTE FIXE", "T54W", None), DIRECTRICE))
    made = [label for label in labels.labels_to_print(house.desk, order.id) if isinstance(label, HandsetLabel)]
    assert [(label.name, label.caption) for label in made] == [('atelier "B"', "atelier B"), ("directrice", None)]


def test_the_longest_serial_has_labels_for_its_ports(house: House, tmp_path: Path) -> None:
    serial = ready_box(house, "SN" + "4" * 62)
    order = with_plan(house, workbook(tmp_path / "plan.xlsx", ACCUEIL), serial=serial)
    items = [row.item for row in labels.label_rows(house.desk, order.id, kinds=frozenset({"port"}))]
    assert len(items) == len(set(items)) > 1


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
    def why_not() -> list[str]:
        with pytest.raises(Refused) as error:
            labels.ship(house.desk, printed.id, by=BY)
        return [fault.code for fault in error.value.faults]

    assert why_not() == ["not-ready-to-ship", "not-accepted-yet"]
    for item in ("8000", "8001"):
        pack(house, printed, code(printed, "handset", item), code(printed, "carton", item))
    assert why_not() == ["not-accepted-yet"]
    house.store.orders.keep(printed.id, accepted_at=house.store.orders.now())
    left_at = labels.ship(house.desk, printed.id, by=BY)
    assert house.store.timeline.of_order(printed.id)[-1].event == "order-shipped"
    assert labels.ship(house.desk, printed.id, by=BY) == left_at
    assert [line.event for line in house.store.timeline.of_order(printed.id)].count("order-shipped") == 1


class MeetingClock:
    """Lets nobody know the time before two ask: both have seen by then that the order is still here."""

    def __init__(self) -> None:
        self._both = threading.Barrier(2, timeout=20)

    def now(self) -> datetime:
        self._both.wait()
        return datetime.now(UTC)


@pytest.mark.parametrize("boxed", [True, False])
def test_a_button_pressed_twice_says_once_that_an_order_left(house: House, printed: Order, boxed: bool) -> None:
    if boxed:
        house.store.orders.change(printed.id, serial=ready_box(house))
    for item in ("8000", "8001"):
        pack(house, printed, code(printed, "handset", item), code(printed, "carton", item))
    house.store.orders.keep(printed.id, accepted_at=house.store.orders.now())
    desk = replace(house.desk, clock=MeetingClock())

    with ThreadPoolExecutor(2) as hands:
        left_at = set(hands.map(lambda _: labels.ship(desk, printed.id, by=BY), range(2)))
    assert len(left_at) == 1
    assert [line.event for line in house.store.timeline.of_order(printed.id)].count("order-shipped") == 1


def test_an_acceptance_sheet_is_there_after_acceptance_alone(house: House, order: Order) -> None:
    with pytest.raises(Refused) as error:
        labels.acceptance_sheet(house.desk, order.id)
    assert error.value.faults[0].code == "not-accepted-yet"


# What is missing, what is undone, what travels


def test_the_pair_that_was_missing_last_closes_the_order_and_only_that(house: House, printed: Order) -> None:
    answers = [
        pack(house, printed, code(printed, "handset", item), code(printed, "carton", item)) for item in ("8000", "8001")
    ]
    assert [answer.closed for answer in answers] == [False, True]
    assert house.store.timeline.of_order(printed.id)[-1].event == "order-packed"


def test_of_two_who_pack_the_last_two_phones_at_once_one_closes_the_order(
    house: House, printed: Order, monkeypatch: pytest.MonkeyPatch
) -> None:
    read, both_looked = house.store.bench.packings, threading.Barrier(2)
    waited: set[int] = set()

    def look(order_id: str) -> Mapping[str, Packing]:
        found = read(order_id)
        if threading.get_ident() not in waited:
            waited.add(threading.get_ident())
            both_looked.wait(10)
        return found

    def put(item: str) -> PackAnswer:
        before = code(printed, "handset", item)
        return labels.pack(house.desk, printed.id, code(printed, "carton", item), before=before, by=BY)

    monkeypatch.setattr(house.store.bench, "packings", look)
    with ThreadPoolExecutor(2) as packers:
        answers = list(packers.map(put, ("8000", "8001")))
    assert sorted(answer.closed for answer in answers) == [False, True]


def test_a_scan_comes_with_how_far_packing_is_after_it(house: House, printed: Order) -> None:
    waiting = code(printed, "handset", "8000")
    answer, state = labels.pack_and_look(house.desk, printed.id, code(printed, "carton", "8000"), before=waiting, by=BY)
    assert (answer.verdict, state.packed, state.missing) == ("right", 1, ("8001 directrice",))
    assert state == labels.pack_state(house.desk, printed.id)


def test_undo_takes_back_the_last_pair_that_i_made(house: House, printed: Order) -> None:
    for item, who in (("8000", BY), ("8001", "somebody else")):
        waiting = code(printed, "handset", item)
        labels.pack(house.desk, printed.id, code(printed, "carton", item), before=waiting, by=who)
    assert labels.unpack_last(house.desk, printed.id, by=BY) == "8000 accueil"
    assert labels.pack_state(house.desk, printed.id).missing == ("8000 accueil",)
    assert labels.unpack_last(house.desk, printed.id, by=BY) is None


def text_of(pdf: bytes) -> str:
    document = pypdfium2.PdfDocument(pdf)
    return " ".join(" ".join(page.get_textpage().get_text_bounded().split()) for page in document)


def test_the_manifest_says_what_is_packed_and_by_whom_and_what_is_missing(house: House, printed: Order) -> None:
    pack(house, printed, code(printed, "handset", "8000"), code(printed, "carton", "8000"))
    text = text_of(labels.manifest(house.desk, printed.id, lang="fr"))
    assert "INCOMPLET : 1 carton sur 2 vérifié" in text
    assert "1/2 8000 accueil T54W" in text
    assert BY in text
    assert "MANQUE 02:00:00:00:00:0B" in text
    pack(house, printed, code(printed, "handset", "8001"), code(printed, "carton", "8001"))
    assert "2 cartons, all checked by scan." in text_of(labels.manifest(house.desk, printed.id, lang="en"))


# Sheets that were begun


@pytest.fixture
def sheets(house: House, tmp_path: Path) -> House:
    house.store.bench.add_printer(Printer("planche", f"folder://{tmp_path / 'printed'}", "a4-2x2-99x67"))
    return house


def test_the_cells_that_a_print_left_free_are_remembered_and_filled_next_time(sheets: House, order: Order) -> None:
    printing = {"printer": "planche", "by": BY, "kinds": frozenset({"handset"})}
    first = labels.print_labels(sheets.desk, order.id, **printing, start_cell=2)
    assert first.sheet is not None
    assert sheets.store.stock.get_sheet(first.sheet).used == {1, 2, 3}
    second = labels.print_labels(sheets.desk, order.id, **printing, sheet_number=first.sheet)
    assert second.sheet not in (None, first.sheet)
    assert {one.number: one.used for one in sheets.store.stock.sheets()} == {second.sheet: frozenset({1})}


def test_a_sheet_that_is_full_is_forgotten(sheets: House, order: Order) -> None:
    assert labels.print_labels(sheets.desk, order.id, printer="planche", by=BY).sheet is None
    assert sheets.store.stock.sheets() == ()


def test_a_begun_sheet_of_another_stock_is_refused(sheets: House, order: Order) -> None:
    number = sheets.store.stock.open_sheet("l7160", used={1}, by=BY)
    for wanted, wrong in ((number, "label-sheet-other-stock"), (999, "unknown-label-sheet")):
        with pytest.raises(Refused) as error:
            labels.print_labels(sheets.desk, order.id, printer="planche", by=BY, sheet_number=wanted)
        assert error.value.faults[0].code == wrong


# Firmware, designs, pictures, the wrong roll


def test_firmware_has_a_sticker_with_a_copy_of_its_own_and_a_new_version_voids_it(house: House, order: Order) -> None:
    def note(software: str) -> str:
        return labels.note_firmware(
            house.desk, order.id, equipment="FortiGate 40F", software=software, serial="FGT40F 42", on=None, by=BY
        )

    item = note("FortiOS 7.4.5")
    assert parse_code(code(order, "firmware", item)) is not None
    firmware = frozenset({"firmware"})
    assert labels.print_labels(house.desk, order.id, printer="dossier", by=BY, kinds=firmware).labels == 1
    assert [row.copy for row in labels.label_rows(house.desk, order.id, kinds=firmware)] == [1]
    assert note("FortiOS 7.4.6") == item
    assert [row.copy for row in labels.label_rows(house.desk, order.id, kinds=firmware)] == [0]


@pytest.mark.parametrize(("equipment", "software"), [("", "x"), ("x", " "), ("x" * 61, "y"), ("x", "a\x00b")])
def test_firmware_without_words_is_refused(house: House, order: Order, equipment: str, software: str) -> None:
    with pytest.raises(Refused) as error:
        labels.note_firmware(house.desk, order.id, equipment=equipment, software=software, serial=None, on=None, by=BY)
    assert error.value.faults[0].code == "firmware-words"


def test_firmware_that_no_label_can_show_is_refused_before_it_stops_every_print(house: House, order: Order) -> None:
    with pytest.raises(LabelRefused) as error:
        labels.note_firmware(house.desk, order.id, equipment="防火墙", software="y", serial=None, on=None, by=BY)
    assert error.value.faults[0].code == "missing-glyph"
    assert labels.print_labels(house.desk, order.id, printer="dossier", by=BY).labels == 4


@pytest.mark.parametrize("serial", ["F" * 61, "FGT\x07"])
def test_a_serial_that_no_label_could_show_is_refused_and_not_cut(house: House, order: Order, serial: str) -> None:
    with pytest.raises(Refused) as error:
        labels.note_firmware(house.desk, order.id, equipment="x", software="y", serial=serial, on=None, by=BY)
    assert error.value.faults[0].facts["field"] == "serial"


OWN = """
[[handset]]
min_width = 30.0
min_height = 20.0
boxes = [
    { text = "name", left = 2.0, right = 22.0, top = 2.0, height = 8.0, size = [5.0, 2.0], bold = true },
    { code = "qr", right = 1.0, width = 20.0, top = 1.0, height = 20.0 },
    { code = "bar", left = 2.0, right = 2.0, bottom = 2.0, height = 6.0 },
]
"""


def test_a_customers_own_design_goes_before_the_houses_and_ours(tmp_path: Path) -> None:
    designs = tmp_path / "designs"
    designs.mkdir()
    (designs / f"{SIRET}.toml").write_text(OWN)
    (designs / "designs.toml").write_text(OWN.replace('"name"', '"site"') + OWN.replace("handset", "carton"))
    house = open_house(Settings.read({**environ(tmp_path / "home"), "STAGING_DESIGNS_DIR": str(designs)}))
    house.store.database.upgrade()
    shared_stack(house, "http://127.0.0.1:9")
    order = with_plan(house, workbook(tmp_path / "plan.xlsx", ACCUEIL))
    text = text_of(labels.preview(house.desk, order.id))
    assert "accueil" in text
    assert "8000" not in text
    (designs / "designs.toml").write_text(OWN.replace('"name"', '"nom"'))
    with pytest.raises(SettingsRefused) as error:
        labels.preview(house.desk, order.id)
    assert error.value.faults[0].facts == {"file": "designs.toml", "why": "text = 'nom' ?"}
    house.store.database.close()


def test_one_label_can_be_looked_at(house: House, order: Order) -> None:
    assert labels.picture(house.desk, order.id, "handset", "8000", sheet="l7160").startswith(b"\x89PNG")
    with pytest.raises(Refused) as error:
        labels.picture(house.desk, order.id, "handset", "9999")
    assert error.value.faults[0].code == "unknown-label"


def test_the_wrong_roll_is_refused_before_a_copy_number_is_used_up(house: House, order: Order) -> None:
    with serving(TalkingPrinter([host_status()], loaded=("203", "240"))) as printer:
        house.store.bench.add_printer(Printer("zebra", address(printer), "roll-100x50", "zpl"))
        with pytest.raises(PrinterUnavailable) as error:
            labels.print_labels(house.desk, order.id, printer="zebra", by=BY)
    assert error.value.faults[0].code == "printer-wrong-roll"
    assert printer.received == b""
    assert house.store.bench.ledger(order.id) == {}


def test_the_ledger_tells_what_became_of_the_newest_print_also_of_one_that_failed(house: House, order: Order) -> None:
    labels.print_labels(house.desk, order.id, printer="dossier", by=BY)
    house.store.bench.add_printer(Printer("perdu", "folder:///nowhere/at/all", "roll-100x50"))
    with pytest.raises(PrinterUnavailable):
        labels.print_labels(house.desk, order.id, printer="perdu", by="logistique", items=frozenset({"8000"}))
    found = {row.item: (row.copy, row.status, row.printer, row.by) for row in labels.label_rows(house.desk, order.id)}
    assert found == {"8000": (1, "failed", "perdu", "logistique"), "8001": (1, "printed", "dossier", BY)}


def test_phones_have_their_socket_on_their_label_and_a_dect_handset_has_none(house: House, tmp_path: Path) -> None:
    order = with_plan(
        house, workbook(tmp_path / "p.xlsx", *((f"poste {n}", "POSTE FIXE", "T54W", None) for n in range(6)))
    )
    made = [one for one in labels.labels_to_print(house.desk, order.id) if isinstance(one, HandsetLabel)]
    assert [(one.bench.batch, one.bench.port) for one in made if one.bench] == [*((1, n) for n in range(1, 6)), (2, 1)]
    other = with_plan(house, dect(tmp_path / "dect.xlsx", "1"))
    handsets = [one for one in labels.labels_to_print(house.desk, other.id) if isinstance(one, HandsetLabel)]
    assert [one.bench for one in handsets] == [None]
