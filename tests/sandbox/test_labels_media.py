"""Is the wrong roll refused before a label is lost on it?"""

import grp
import os
import pwd
import shutil
import socket
import struct
import subprocess
import threading
import time
import tty
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from serial import Serial

from labels.printers.cable import CablePrinter
from labels.printers.choose import printer_for
from labels.printers.cups import CupsPrinter
from labels.printers.ipp import ask_queue, parse_answer
from labels.printers.line import SerialLine
from labels.printers.media import Media, wrong_roll
from labels.printers.printer import Printed, Sent
from labels.printers.zebra import parse_media
from labels.sheet import Sheet, find_sheet
from staging.core.faults import PrinterUnavailable, SettingsRefused
from tests.fakes.labels import PatientPrinter, TalkingPrinter, host_status, serving
from tests.sandbox.test_labels_printers import MEGABYTES, ZPL, code_of, network


def stock(name: str) -> Sheet:
    found = find_sheet(name)
    assert found is not None
    return found


# What fits


@pytest.mark.parametrize(
    ("loaded", "code"),
    [
        ((), None),
        ((Media(),), None),
        ((Media(100, 50),), None),
        ((Media(50, 100),), None),
        ((Media(length_mm=52.9),), None),
        ((Media(100, 0),), None),
        ((Media(62, 29), Media(100, 50)), None),
        ((Media(length_mm=31),), "printer-wrong-roll"),
        ((Media(62, 29),), "printer-wrong-roll"),
        ((Media(62, 0),), "printer-wrong-roll"),
        ((Media(dpi=300),), "printer-other-dpi"),
    ],
)
def test_a_roll_fits_when_all_that_is_known_of_it_fits(loaded: tuple[Media, ...], code: str | None) -> None:
    fault = wrong_roll(loaded, stock("roll-100x50"), dpi=203, printer="bench")
    assert (fault.code if fault else None) == code


# A ZPL printer


def test_a_zebra_is_asked_for_its_head_and_the_length_of_its_labels() -> None:
    with serving(TalkingPrinter([host_status()], loaded=("203", "406"))) as printer:
        assert network(printer).media("zpl") == (Media(length_mm=50.8, dpi=203),)
    assert printer.received == b""


def test_a_printer_that_knows_no_such_question_is_taken_as_it_is() -> None:
    with serving(TalkingPrinter([host_status()], loaded=("?", "?"))) as printer:
        assert network(printer).media("zpl") == ()
    with serving(PatientPrinter()) as printer:
        assert network(printer, 0.2).media("zpl") == ()


def test_a_printer_that_stands_still_is_told_before_a_number_is_used_up() -> None:
    with serving(TalkingPrinter([host_status(paper_out=1)])) as printer, pytest.raises(PrinterUnavailable) as caught:
        network(printer).media("zpl")
    assert code_of(caught) == "printer-paper-out"


@pytest.mark.parametrize("reply", [b"", b'"?"', b'""', b"203", b'"abc""406"'])
def test_an_answer_without_a_number_says_nothing(reply: bytes) -> None:
    assert parse_media(reply) is None


# A queue of CUPS


def attribute(tag: int, name: str, value: bytes) -> bytes:
    return struct.pack(">BH", tag, len(name)) + name.encode() + struct.pack(">H", len(value)) + value


def queue_answer(*reasons: str, media: tuple[str, ...] = (), accepting: bool = True, status: int = 0) -> bytes:
    """What CUPS answers to Get-Printer-Attributes."""
    body = struct.pack(">HHIB", 0x0200, status, 1, 0x04)
    for name, values in (("printer-state-reasons", reasons or ("none",)), ("media-ready", media)):
        for number, value in enumerate(values):
            body += attribute(0x44, name if number == 0 else "", value.encode())
    return body + attribute(0x22, "printer-is-accepting-jobs", bytes([accepting])) + b"\x03"


@contextmanager
def cups(body: bytes, status: int = 200) -> Iterator[str]:
    """Something that speaks IPP at an address of its own."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(status)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield f"127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def test_a_queue_names_the_stock_that_is_ready_in_millimetres() -> None:
    names = ("om_62x29mm_62x29mm", "iso_a4_210x297mm", "na_index-4x6_4x6in", "custom-without-size")
    with cups(queue_answer(media=names)) as server:
        loaded = CupsPrinter("bench", server=server).media("pdf")
    assert loaded == (Media(62, 29), Media(210, 297), Media(pytest.approx(101.6), pytest.approx(152.4)))
    assert wrong_roll(loaded, stock("l7160"), dpi=300, printer="bench") is None


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (queue_answer("media-empty-error"), "printer-paper-out"),
        (queue_answer("cover-open"), "printer-head-open"),
        (queue_answer("media-jam-error", "paused"), "printer-jammed"),
        (queue_answer("paused"), "printer-paused"),
        (queue_answer(accepting=False), "printer-paused"),
    ],
)
def test_a_queue_in_trouble_gets_nothing(answer: bytes, code: str) -> None:
    with cups(answer) as server, pytest.raises(PrinterUnavailable) as caught:
        CupsPrinter("bench", server=server).media("pdf")
    assert code_of(caught) == code


@pytest.mark.parametrize(
    ("answer", "status"),
    [(queue_answer(), 404), (queue_answer(status=0x0406), 200), (b"", 200), (b"\x02\x00\x00\x00hello, world", 200)],
)
def test_a_queue_that_cannot_be_asked_is_left_to_lp(answer: bytes, status: int) -> None:
    with cups(answer, status) as server:
        assert CupsPrinter("bench", server=server).media("pdf") == ()


def test_a_warning_is_no_trouble_and_nobody_at_home_is_none() -> None:
    state = parse_answer(queue_answer("media-low-warning", "marker-supply-empty-report"))
    assert state is not None
    assert state.trouble is None
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    assert ask_queue("bench", server=f"127.0.0.1:{port}") is None
    assert ask_queue("bench", server=f"[::1]:{port}") is None


CUPSD = shutil.which("cupsd", path="/usr/sbin:/usr/bin")


@contextmanager
def real_cups(folder: Path) -> Iterator[tuple[str, Path]]:
    """Debian's CUPS with one raw queue into a file, in a folder of its own; gives its address and that file.

    The file is written by a backend of ours: CUPS's own `file:` prints nothing from a raw queue (seen with 2.4.2).
    """
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        server = f"127.0.0.1:{probe.getsockname()[1]}"
    out = folder / "out"
    user, group = ("lp", "lp") if os.getuid() == 0 else (pwd.getpwuid(os.getuid())[0], grp.getgrgid(os.getgid())[0])
    for name in ("spool", "cache", "state", "ppd", "tmp", "bin/backend"):
        (folder / name).mkdir(parents=True)
    (folder / "bin" / "daemon").symlink_to("/usr/lib/cups/daemon")
    backend = folder / "bin" / "backend" / "bench"
    backend.write_text(f'#!/bin/sh\ncat "${{6:--}}" >{out}\n')
    backend.chmod(0o700)
    (folder / "cups-files.conf").write_text(
        f"ServerRoot {folder}\nRequestRoot {folder}/spool\nCacheDir {folder}/cache\n"
        f"StateDir {folder}/state\nTempDir {folder}/tmp\nAccessLog stderr\nErrorLog stderr\nPageLog stderr\n"
        f"SystemGroup root\nUser {user}\nGroup {group}\nServerBin {folder}/bin\n"
    )
    (folder / "cupsd.conf").write_text(
        f"Listen {server}\nBrowsing No\nWebInterface No\nDefaultAuthType None\nLogLevel warn\n"
        "<Location />\nOrder allow,deny\nAllow from 127.0.0.1\n</Location>\n"
    )
    (folder / "printers.conf").write_text(
        "<Printer bench>\nDeviceURI bench:/\nState Idle\nAccepting Yes\nShared No\nOpPolicy default\n</Printer>\n"
    )
    files = ["-c", str(folder / "cupsd.conf"), "-s", str(folder / "cups-files.conf")]
    with subprocess.Popen([str(CUPSD), "-f", *files], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as daemon:
        try:
            _until(lambda: ask_queue("bench", server=server) is not None)
            yield server, out
        finally:
            daemon.terminate()


def _until(wanted, seconds: float = 20.0) -> None:
    end = time.monotonic() + seconds
    while not wanted():
        assert time.monotonic() < end
        time.sleep(0.05)


def test_a_queue_gets_every_byte_through_the_cups_of_this_machine(tmp_path: Path) -> None:
    """Where Debian's package is not there, `lp` and IPP of our own hear the same words; only the queue lacks."""
    if CUPSD is None:
        with cups(queue_answer()) as server:
            printer = CupsPrinter("bench", server=server, program=str(tmp_path / "lp"))
            (tmp_path / "lp").write_text("#!/bin/sh\ncat >$0.data\necho 'request id is bench-1 (1 file(s))'\n")
            (tmp_path / "lp").chmod(0o755)
            assert (printer.media("zpl"), printer.send(ZPL, title="k3m9xp", format="zpl")) == ((), Sent("bench-1"))
            assert (tmp_path / "lp.data").read_bytes() == ZPL
        return
    folder = tmp_path / "cups"
    folder.mkdir()
    with real_cups(folder) as (server, out):
        printer = printer_for(f"cups://{server}/bench")
        assert printer.media("zpl") == ()
        assert printer.send(ZPL, title="k3m9xp", format="zpl") == Sent("bench-1")
        _until(lambda: out.exists() and out.read_bytes() == ZPL)
        with pytest.raises(PrinterUnavailable) as caught:
            CupsPrinter("attic", server=server).send(ZPL, title="k3m9xp", format="zpl")
        assert code_of(caught) == "printer-refused"


# A printer on a cable


class CableEnd:
    """The printer's end of a serial cable: a pseudo-terminal, read and answered in a thread."""

    def __init__(self, *states: bytes) -> None:
        self._ours, theirs = os.openpty()
        tty.setraw(theirs)
        self._theirs = theirs
        self.port = os.ttyname(theirs)
        self.received = b""
        self._states = list(states)
        self._thread = threading.Thread(target=self._read)
        self._thread.start()

    def _read(self) -> None:
        while True:
            try:
                heard = os.read(self._ours, 65536)
            except OSError:
                return
            while self._states and b"~HS" in heard:
                heard = heard.replace(b"~HS", b"", 1)
                os.write(self._ours, self._states.pop(0) if len(self._states) > 1 else self._states[0])
            self.received += heard

    def pull(self) -> None:
        os.close(self._theirs)
        self._thread.join(5)
        os.close(self._ours)


@contextmanager
def cable(*states: bytes) -> Iterator[CableEnd]:
    end = CableEnd(*states)
    try:
        yield end
    finally:
        end.pull()


def test_a_printer_on_a_cable_is_asked_and_gets_every_byte() -> None:
    states = [host_status(), host_status(remaining=1), host_status()]
    with cable(*states) as end:
        printer = CablePrinter(end.port, patience=timedelta(seconds=2))
        assert isinstance(printer.send(ZPL, title="k3m9xp", format="zpl"), Printed)
    assert end.received == ZPL


def test_a_silent_printer_on_a_cable_still_gets_its_labels() -> None:
    with cable() as end:
        printer = CablePrinter(end.port, patience=timedelta(seconds=0.3))
        assert printer.send(ZPL, title="k3m9xp", format="zpl") == Sent(end.port)
        assert printer.media("zpl") == ()
        _until(lambda: ZPL in end.received)


def test_a_port_that_is_not_there_is_a_fault_that_names_it(tmp_path: Path) -> None:
    with pytest.raises(PrinterUnavailable) as caught:
        CablePrinter(str(tmp_path / "ttyUSB9")).send(ZPL, title="k3m9xp", format="zpl")
    assert (code_of(caught), caught.value.faults[0].facts["printer"]) == (
        "printer-unreachable", str(tmp_path / "ttyUSB9"),
    )  # fmt: skip


def test_a_printer_that_holds_the_line_up_is_dropped_after_our_patience() -> None:
    ours, theirs = os.openpty()
    tty.setraw(theirs)
    try:
        with pytest.raises(PrinterUnavailable) as caught:
            CablePrinter(os.ttyname(theirs), patience=timedelta(seconds=0.3)).send(
                MEGABYTES, title="k3m9xp", format="pdf"
            )
        assert code_of(caught) == "printer-dropped"
    finally:
        os.close(theirs)
        os.close(ours)


def test_a_cable_that_is_pulled_while_the_last_bytes_leave_is_an_error_like_any_other() -> None:
    ours, theirs = os.openpty()
    tty.setraw(theirs)
    line = SerialLine(os.ttyname(theirs), baud=9600, flow="none", seconds=0.3)
    line.push(ZPL)
    os.close(theirs)
    os.close(ours)
    with pytest.raises(OSError, match="error"):
        line.finish()
    line.close()


def test_what_a_printer_on_a_cable_never_takes_is_not_waited_for_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    with cable() as end:
        line = SerialLine(end.port, baud=9600, flow="xonxoff", seconds=0.1)
        # A pseudo-terminal takes everything at once; a port that was told to wait holds it.
        monkeypatch.setattr(Serial, "out_waiting", property(lambda _: 12))
        with pytest.raises(TimeoutError):
            line.finish()
        line.close()


@pytest.mark.parametrize("url", ["/dev/ttyUSB0", "/dev/ttyUSB0?baud=19200&flow=xonxoff", "rfc2217://192.0.2.7:4000"])
def test_a_serial_port_is_an_address(url: str) -> None:
    assert isinstance(printer_for(url), CablePrinter)


@pytest.mark.parametrize(
    "url",
    ["/srv/labels", "/dev/ttyUSB0?baud=fast", "/dev/ttyUSB0?flow=up", "/dev/ttyUSB0?speed=9600", "rfc2217://",
     "/dev/ttyUSB0?baud=0"],
)  # fmt: skip
def test_a_port_with_nonsense_behind_it_is_refused(url: str) -> None:
    with pytest.raises(SettingsRefused):
        printer_for(url)
