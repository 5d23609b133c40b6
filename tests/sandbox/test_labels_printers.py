"""Does each way to print tell the truth about what came of it?"""

import errno
import os
import socket
import stat
from datetime import timedelta
from pathlib import Path

import pytest

from labels.printers.choose import printer_for
from labels.printers.cups import CupsPrinter
from labels.printers.folder import FolderPrinter
from labels.printers.network import NetworkPrinter
from labels.printers.printer import Printed, Sent
from labels.printers.zebra import parse_host_status
from staging.core.faults import PrinterUnavailable, SettingsRefused
from tests.fakes.labels import PatientPrinter, TalkingPrinter, UnpluggedPrinter, address, host_status, serving

ZPL = b"^XA^FDaccueil^FS^XZ\n"
MEGABYTES = b"%PDF" + bytes(8_000_000)


def network(printer, patience: float = 0.5) -> NetworkPrinter:
    return NetworkPrinter("127.0.0.1", printer.port, patience=timedelta(seconds=patience))


def code_of(caught) -> str:
    assert not caught.value.permanent
    return caught.value.faults[0].code


def test_a_network_printer_gets_every_byte_and_only_sent_is_claimed() -> None:
    with serving(PatientPrinter()) as printer:
        assert printer_for(address(printer)).send(MEGABYTES, title="k3m9xp", format="pdf") == Sent(address(printer)[9:])
    assert printer.received == MEGABYTES


def test_a_printer_that_loses_its_power_is_not_taken_for_one_that_printed() -> None:
    with serving(UnpluggedPrinter()) as printer, pytest.raises(PrinterUnavailable) as caught:
        network(printer).send(MEGABYTES, title="k3m9xp", format="pdf")
    assert code_of(caught) == "printer-dropped"


def test_a_short_batch_that_fits_the_buffers_is_found_lost_all_the_same() -> None:
    with serving(UnpluggedPrinter()) as printer, pytest.raises(PrinterUnavailable) as caught:
        network(printer).send(b"%PDF" + bytes(100), title="k3m9xp", format="pdf")
    assert code_of(caught) == "printer-dropped"


def test_nobody_at_the_address_is_a_fault_that_names_it() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    with pytest.raises(PrinterUnavailable) as caught:
        NetworkPrinter("127.0.0.1", port).send(ZPL, title="k3m9xp", format="zpl")
    assert code_of(caught) == "printer-unreachable"
    assert caught.value.faults[0].facts["printer"] == f"127.0.0.1:{port}"


def test_a_printer_seen_at_work_and_then_idle_has_printed() -> None:
    states = [host_status(), host_status(waiting=1), host_status(remaining=3), host_status()]
    with serving(TalkingPrinter(states)) as printer:
        assert isinstance(network(printer).send(ZPL, title="k3m9xp", format="zpl"), Printed)
    assert printer.received == ZPL


def test_a_printer_idle_all_along_may_have_thrown_the_batch_away() -> None:
    with serving(TalkingPrinter([host_status()])) as printer:
        assert isinstance(network(printer).send(ZPL, title="k3m9xp", format="zpl"), Sent)


@pytest.mark.parametrize(
    ("state", "code"),
    [
        (host_status(paper_out=1), "printer-paper-out"),
        (host_status(head=1), "printer-head-open"),
        (host_status(paused=1), "printer-paused"),
    ],
)
def test_a_printer_that_stands_still_gets_nothing(state, code) -> None:
    with serving(TalkingPrinter([state])) as printer, pytest.raises(PrinterUnavailable) as caught:
        network(printer).send(ZPL, title="k3m9xp", format="zpl")
    assert (code_of(caught), printer.received) == (code, b"")


def test_paper_that_ends_in_the_middle_is_told() -> None:
    states = [host_status(), host_status(remaining=3), host_status(remaining=2, paper_out=1)]
    with serving(TalkingPrinter(states)) as printer, pytest.raises(PrinterUnavailable) as caught:
        network(printer).send(ZPL, title="k3m9xp", format="zpl")
    assert code_of(caught) == "printer-paper-out"


def test_a_printer_that_does_not_know_the_question_still_gets_its_labels() -> None:
    with serving(PatientPrinter()) as printer:
        assert isinstance(network(printer, 0.2).send(ZPL, title="k3m9xp", format="zpl"), Sent)
    assert printer.received == b"~HS" + ZPL


@pytest.mark.parametrize("reply", [b"", b"OK\r\n", b"\x02030,x,0,0,0\x03" * 3, b"\x02a\x03\x02b\x03\x02c\x03"])
def test_an_answer_that_is_no_host_status_is_none(reply) -> None:
    assert parse_host_status(reply) is None


def test_a_folder_gets_whole_files_and_never_loses_an_older_one(tmp_path: Path) -> None:
    printer = FolderPrinter(tmp_path)
    first = printer.send(b"one", title="k3m9xp", format="pdf")
    second = printer.send(b"two", title="k3m9xp", format="pdf")
    assert [Path(done.detail).read_bytes() for done in (first, second)] == [b"one", b"two"]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["k3m9xp-2.pdf", "k3m9xp.pdf"]


def test_a_folder_that_knows_no_links_gets_whole_files_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def no_links(*_: object) -> None:
        raise PermissionError(errno.EPERM, "Operation not permitted")

    monkeypatch.setattr(Path, "hardlink_to", no_links)
    for data in (b"one", b"two"):
        FolderPrinter(tmp_path).send(data, title="k3m9xp", format="zpl")
    assert {file.name: file.read_bytes() for file in tmp_path.iterdir()} == {
        "k3m9xp.zpl": b"one",
        "k3m9xp-2.zpl": b"two",
    }


def test_a_title_cannot_leave_its_folder(tmp_path: Path) -> None:
    done = FolderPrinter(tmp_path).send(b"one", title="../../etc/passwd", format="zpl")
    assert Path(done.detail).parent == tmp_path


def test_a_folder_that_is_not_there_is_a_fault(tmp_path: Path) -> None:
    with pytest.raises(PrinterUnavailable) as caught:
        FolderPrinter(tmp_path / "gone").send(b"one", title="k3m9xp", format="pdf")
    assert code_of(caught) == "folder-unwritable"


def queue_program(folder: Path, script: str) -> str:
    """A program in the place of `lp`: what CUPS answers, without CUPS."""
    program = folder / "lp"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    return str(program)


def test_a_queue_gets_the_file_at_its_true_size_and_the_job_is_told(tmp_path: Path) -> None:
    program = queue_program(
        tmp_path, f'echo "$@" >{tmp_path}/args; cat >{tmp_path}/data; echo "request id is bench-42 (1 file(s))"'
    )
    assert CupsPrinter("bench", program=program).send(b"%PDF", title="-k3m9xp", format="pdf") == Sent("bench-42")
    assert (tmp_path / "data").read_bytes() == b"%PDF"
    assert (tmp_path / "args").read_text() == "-d bench -t-k3m9xp -o print-scaling=none -\n"


def test_a_queue_that_says_no_is_quoted(tmp_path: Path) -> None:
    program = queue_program(tmp_path, "cat >/dev/null; echo 'lp: The printer or class does not exist.' >&2; exit 1")
    with pytest.raises(PrinterUnavailable) as caught:
        CupsPrinter("bench", program=program).send(b"%PDF", title="k3m9xp", format="pdf")
    assert caught.value.faults[0].facts["reason"] == "lp: The printer or class does not exist."


def test_a_machine_without_lp_is_told_what_to_install(tmp_path: Path) -> None:
    with pytest.raises(PrinterUnavailable) as caught:
        CupsPrinter("bench", program=os.fspath(tmp_path / "lp")).send(b"%PDF", title="k3m9xp", format="pdf")
    assert code_of(caught) == "no-print-command"


@pytest.mark.parametrize(
    ("url", "kind"),
    [
        ("folder:///srv/labels", FolderPrinter),
        ("cups:bench", CupsPrinter),
        ("cups://bench", CupsPrinter),
        ("socket://192.0.2.7", NetworkPrinter),
        ("socket://192.0.2.7:6101", NetworkPrinter),
    ],
)
def test_one_address_chooses_the_way_to_print(url, kind) -> None:
    assert isinstance(printer_for(url), kind)


@pytest.mark.parametrize(
    "url",
    ["", "bench", "folder:labels", "folder://host/labels", "cups:", "cups:-o", "socket://", "socket://h:x", "ftp://h"],
)
def test_an_address_that_means_nothing_is_refused(url) -> None:
    with pytest.raises(SettingsRefused) as caught:
        printer_for(url)
    assert [(fault.code, fault.facts["url"]) for fault in caught.value.faults] == [("invalid-printer-url", url)]
