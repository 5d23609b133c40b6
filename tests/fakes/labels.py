"""The cast as labels, a ruler that needs no font, and network printers that behave as real ones do."""

import socket
import struct
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TypeVar

from labels.label import (
    ApplianceLabel,
    BaseLabel,
    BaseSlot,
    CartonLabel,
    HandsetLabel,
    LabelCode,
    PortLabel,
    PortUse,
)
from staging.core.words import Extension, Mac, Serial

ORDER = "k3m9xp"
SITE = "Atelier Bleu – Lyon"


def handset(number: int = 1, name: str = "accueil", *, caption: str | None = None, copy: int = 1) -> HandsetLabel:
    extension = Extension(str(8000 + number))
    code = LabelCode(ORDER, "handset", extension, copy)
    return HandsetLabel(name, extension, SITE, code, caption=caption, mac=mac(number))


def dect_handset(number: int = 4, name: str = "atelier") -> HandsetLabel:
    extension = Extension(str(8000 + number))
    return HandsetLabel(name, extension, SITE, LabelCode(ORDER, "handset", extension), base="atelier", slot=number)


def dect_base(slots: int = 8) -> BaseLabel:
    handsets = tuple(BaseSlot(i, Extension(str(8010 + i)), f"atelier {i}") for i in range(1, slots + 1))
    return BaseLabel("Base atelier", SITE, mac(9), handsets, LabelCode(ORDER, "base", "025ec0abcd09"))


def carton() -> CartonLabel:
    code = LabelCode(ORDER, "carton", "8001")
    return CartonLabel("accueil", Extension("8001"), SITE, "T54W", ORDER, 3, 12, code, mac=mac(1))


def appliance() -> ApplianceLabel:
    ports = (PortUse("1", "Réseau du client"), PortUse("2", "Téléphones (PoE)"), PortUse("3", "Secours"))
    code = LabelCode(ORDER, "appliance", "SN0042")
    return ApplianceLabel("Atelier Bleu", "bleu.example", "192.0.2.10", Serial("SN0042"), ports, code)


def port() -> PortLabel:
    return PortLabel("1", "Réseau du client", LabelCode(ORDER, "port", "SN0042-1"))


def mac(number: int) -> Mac:
    return Mac(f"02:5e:c0:ab:cd:{number:02x}")


class SquareRuler:
    """Every letter is as wide as it is high, but for the thin ones; enough to reason about layout."""

    def text_width(self, text: str, *, bold: bool) -> float:
        return sum(0.3 if char in "il .-" else 1.0 for char in text) * (1.1 if bold else 1.0)

    def lacks(self, text: str, *, bold: bool) -> str:
        return "".join(char for char in text if ord(char) > 0x24F and char not in "–·")

    def qr_modules(self, text: str) -> int:
        return 25

    def bar_modules(self, text: str) -> int:
        return 11 * (len(text) + 2) + 13


class _NetworkFake:
    """Listens on loopback and serves one connection after the other in a thread."""

    def __init__(self) -> None:
        self.received = b""
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._listener.settimeout(0.05)
        self._stopped = threading.Event()
        self.port: int = self._listener.getsockname()[1]
        self._thread = threading.Thread(target=self._run)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stopped.set()
        self._thread.join(5)
        self._listener.close()

    def _run(self) -> None:
        while not self._stopped.is_set():
            try:
                line, _ = self._listener.accept()
            except TimeoutError:
                continue
            with line:
                line.settimeout(5)
                self.serve(line)

    def serve(self, line: socket.socket) -> None:
        raise NotImplementedError


_AnyPrinter = TypeVar("_AnyPrinter", bound=_NetworkFake)


class PatientPrinter(_NetworkFake):
    """Takes everything, says nothing, closes when the sender is done."""

    def serve(self, line: socket.socket) -> None:
        while more := line.recv(65536):
            self.received += more


class UnpluggedPrinter(_NetworkFake):
    """Loses its power after the first bytes: the line is reset, not closed."""

    def serve(self, line: socket.socket) -> None:
        self.received = line.recv(16)
        line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


class TalkingPrinter(_NetworkFake):
    """A ZPL printer that answers each `~HS` with the next of its states and keeps to the last one.

    loaded: what it says to `getvar` of its dots per inch and of its label's length in dots.
    """

    def __init__(self, states: Sequence[bytes], *, loaded: tuple[str, str] = ("203", "?")) -> None:
        super().__init__()
        self._states = list(states)
        self._answers = dict(zip(_ASKED, (f'"{value}"'.encode() for value in loaded), strict=True))

    def serve(self, line: socket.socket) -> None:
        unread = b""
        while more := line.recv(65536):
            unread += more
            while b"~HS" in unread:
                before, unread = unread.split(b"~HS", 1)
                self.received += before
                line.sendall(self._states.pop(0) if len(self._states) > 1 else self._states[0])
            for question, answer in self._answers.items():
                if question in unread:
                    unread = unread.replace(question, b"")
                    line.sendall(answer)
        self.received += unread


_ASKED = tuple(f'! U1 getvar "{name}"\r\n'.encode() for name in ("head.resolution.in_dpi", "zpl.label_length"))


def host_status(*, paper_out: int = 0, paused: int = 0, waiting: int = 0, head: int = 0, remaining: int = 0) -> bytes:
    """The three lines that a ZPL printer answers to `~HS`."""
    first = f"030,{paper_out},{paused},0232,{waiting:03},0,0,0,000,0,0,0"
    second = f"000,0,{head},0,0,2,4,0,{remaining:08},1,000"
    return "".join(f"\x02{line}\x03\r\n" for line in (first, second, "1234,0")).encode()


@contextmanager
def serving(printer: _AnyPrinter) -> Iterator[_AnyPrinter]:
    """The printer, on and listening."""
    printer.start()
    try:
        yield printer
    finally:
        printer.stop()


def address(printer: _NetworkFake) -> str:
    return f"socket://127.0.0.1:{printer.port}"


class BrotherPrinter(_NetworkFake):
    """A QL: tells how it is when it is asked, and says each thing of `after` once a whole job came."""

    def __init__(self, status: bytes, *, after: Sequence[bytes] = ()) -> None:
        super().__init__()
        self._status = status
        self._after = tuple(after)

    def serve(self, line: socket.socket) -> None:
        unread = b""
        while more := line.recv(65536):
            unread += more
            if unread.endswith(b"\x1biS"):
                line.sendall(self._status)
                unread = b""
            elif unread.endswith(b"\x1a"):
                self.received += unread
                unread = b""
                for said in self._after:
                    line.sendall(said)
        self.received += unread


def ql_status(*, first: int = 0, second: int = 0, width: int = 62, length: int = 29, done: bool = False) -> bytes:
    """The thirty-two bytes of a QL with a die-cut roll."""
    reply = bytearray(32)
    reply[0:3] = b"\x80\x20\x42"
    reply[8], reply[9], reply[10], reply[11], reply[17], reply[18] = first, second, width, 0x0B, length, int(done)
    return bytes(reply)
