"""Are the dots that go to a Brother QL the label, and does it say what came of them?"""

import struct

import pytest
from PIL import Image

from labels.draw_brother import PINS, ql_rolls
from labels.label import Label, codes_on
from labels.offer import offer_brother
from labels.printers.brother import labels_in, parse_ql_status
from labels.printers.media import Media, wrong_roll
from labels.printers.printer import Printed, Sent
from labels.readback import read_codes
from labels.sheet import Sheet, find_sheet
from staging.core.faults import LabelRefused, PrinterUnavailable
from tests.fakes import labels as cast
from tests.fakes.labels import BrotherPrinter, PatientPrinter, ql_status, serving
from tests.sandbox.test_labels_printers import network


def stock(name: str) -> Sheet:
    found = find_sheet(name)
    assert found is not None
    return found


def printed(job: bytes) -> list[tuple[bytes, Image.Image]]:
    """What a QL makes of a job: for each label the print information and the dots, as they lie on the tape."""
    found = []
    for part in job.split(b"\x1biz")[1:]:
        info, rest = part[:10], part[10:]
        (rows,) = struct.unpack_from("<I", info, 4)
        at = rest.index(b"M\x00") + 2
        dots = b""
        for _ in range(rows):
            assert rest[at : at + 3] == b"g\x00\x5a"
            dots += rest[at + 3 : at + 93]
            at += 93
        assert rest[at : at + 1] in (b"\x0c", b"\x1a")
        mirrored = Image.frombytes("1", (PINS, rows), dots, "raw", "1;I")
        found.append((info, mirrored.transpose(Image.Transpose.FLIP_LEFT_RIGHT)))
    return found


@pytest.mark.parametrize("name", ["ql-62x29", "ql-62x100", "ql-29x90", "ql-62-cut-50"])
@pytest.mark.parametrize("label", [cast.handset(), cast.dect_handset()], ids=["desk", "dect"])
def test_the_dots_on_the_tape_read_as_the_label(name: str, label: Label) -> None:
    ((_, dots),) = printed(offer_brother([label], stock(name)))
    upright = dots.rotate(-90, expand=True) if ql_rolls()[name].turned else dots
    assert set(read_codes(upright.convert("L"))) == set(codes_on(label))


def test_each_label_names_the_roll_so_that_the_printer_itself_refuses_another() -> None:
    labels = [cast.handset(n) for n in (1, 2, 3)]
    job = offer_brother(labels, stock("ql-62x29"))
    assert [(info[1], info[2], info[3]) for info, _ in printed(job)] == [(0x0B, 62, 29)] * 3
    assert (job.count(b"\x0c\x1bia"), job[-1:]) == (2, b"\x1a")


def test_pins_that_the_tape_does_not_reach_stay_white() -> None:
    ((_, dots),) = printed(offer_brother([cast.handset()], stock("ql-62x29")))
    left, _, right, _ = dots.convert("L").point(lambda grey: 255 - grey).getbbox()  # type: ignore[misc]
    roll = ql_rolls()["ql-62x29"]
    assert left >= PINS - roll.dots - roll.right
    assert right <= PINS - roll.right


def test_a_sheet_or_another_makers_roll_is_refused() -> None:
    with pytest.raises(LabelRefused) as caught:
        offer_brother([cast.handset()], stock("l7160"))
    assert caught.value.faults[0].code == "not-a-brother-roll"


def test_a_printer_that_says_each_label_is_out_has_printed() -> None:
    job = offer_brother([cast.handset(1), cast.handset(2)], stock("ql-62x29"))
    with serving(BrotherPrinter(ql_status(), after=[ql_status(done=True), ql_status(done=True)])) as printer:
        assert isinstance(network(printer).send(job, title="k3m9xp", format="brother"), Printed)
    assert printer.received == job


def test_dots_that_look_like_a_command_are_no_label() -> None:
    job = offer_brother([cast.handset(1), cast.handset(2)], stock("ql-62x29"))
    assert labels_in(job) == 2
    assert labels_in(job + b"g\x00\x5a" + b"\x1biz" + bytes(87)) == 2


def test_one_label_of_two_is_only_sent() -> None:
    job = offer_brother([cast.handset(1), cast.handset(2)], stock("ql-62x29"))
    with serving(BrotherPrinter(ql_status(), after=[ql_status(done=True)])) as printer:
        assert isinstance(network(printer, 0.3).send(job, title="k3m9xp", format="brother"), Sent)


@pytest.mark.parametrize(
    ("before", "after", "code"),
    [
        (ql_status(first=0x02), [], "printer-paper-out"),
        (ql_status(second=0x10), [], "printer-head-open"),
        (ql_status(), [ql_status(done=True), ql_status(second=0x01)], "printer-roll-mismatch"),
        (ql_status(), [ql_status(first=0x04)], "printer-jammed"),
    ],
)
def test_what_is_wrong_is_told_before_or_in_the_middle(before: bytes, after: list[bytes], code: str) -> None:
    job = offer_brother([cast.handset(1), cast.handset(2)], stock("ql-62x29"))
    with serving(BrotherPrinter(before, after=after)) as printer, pytest.raises(PrinterUnavailable) as caught:
        network(printer).send(job, title="k3m9xp", format="brother")
    assert caught.value.faults[0].code == code


def test_a_printer_that_keeps_silent_still_gets_its_labels() -> None:
    with serving(PatientPrinter()) as printer:
        assert isinstance(network(printer, 0.2).send(b"\x1b@\x1a", title="k3m9xp", format="brother"), Sent)
        assert network(printer, 0.2).media("brother") == ()


def test_the_roll_that_is_loaded_is_asked_for_and_compared() -> None:
    with serving(BrotherPrinter(ql_status(width=62, length=100))) as printer:
        loaded = network(printer).media("brother")
    assert loaded == (Media(62, 100, 300),)
    fault = wrong_roll(loaded, stock("ql-62x29"), dpi=300, printer="bench")
    assert fault is not None
    assert (fault.code, fault.facts["loaded"], fault.facts["wanted"]) == (
        "printer-wrong-roll", "62 × 100 mm", "62 × 29 mm",
    )  # fmt: skip
    assert wrong_roll(loaded, stock("ql-62x100"), dpi=300, printer="bench") is None


@pytest.mark.parametrize("reply", [b"", b"\x80\x20\x42", b"~HS" * 20])
def test_what_is_no_answer_is_none(reply: bytes) -> None:
    assert parse_ql_status(reply) is None
