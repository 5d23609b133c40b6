"""Is every scan of a serial scanner heard, also when its cable is pulled and plugged back?"""

import os
import signal
import subprocess
import sys
import threading
import time
import tty
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import pytest

from staging.adapters.scanner import Heard, SerialScanner
from staging.core.faults import Refused
from staging.desk import phones
from staging.sandbox.serve import serve
from tests.fakes.house import environ, make_house, order_on, shared_stack, until, work


class Cable:
    """A pseudo-terminal under a name that stays, as udev gives a scanner its name back."""

    def __init__(self, name: Path) -> None:
        self.name = name
        self._ours: int | None = None
        self._theirs: int | None = None

    def plug(self) -> None:
        self._ours, self._theirs = os.openpty()
        tty.setraw(self._theirs)
        self.name.symlink_to(os.ttyname(self._theirs))

    def pull(self) -> None:
        self.name.unlink()
        for end in (self._theirs, self._ours):
            if end is not None:
                os.close(end)
        self._ours = self._theirs = None

    def type(self, text: str) -> None:
        assert self._ours is not None
        os.write(self._ours, text.encode())


@pytest.fixture
def cable(tmp_path: Path) -> Iterator[Cable]:
    made = Cable(tmp_path / "scanner")
    made.plug()
    yield made
    if made.name.is_symlink():
        made.pull()


@pytest.fixture
def heard(cable: Cable) -> Iterator[list[Heard]]:
    found: list[Heard] = []
    done = threading.Event()
    scanner = SerialScanner(str(cable.name), wait=lambda _: done.wait(0.05))

    def listen() -> None:
        found.extend(scanner.listen(stop=done.is_set))

    thread = threading.Thread(target=listen)
    thread.start()
    soon(lambda: bool(found), "the port")
    assert found.pop() == Heard("listens")
    yield found
    done.set()
    thread.join(timeout=10)


def codes(heard: list[Heard]) -> list[str]:
    return [one.text for one in heard if one.kind == "scan"]


def soon(wanted: Callable[[], bool], what: str) -> None:
    until(wanted, seconds=10, what=what)


def test_two_hundred_scans_in_a_burst_are_all_heard_in_order(cable: Cable, heard: list[Heard]) -> None:
    wanted = [f"02:00:00:00:{n // 256:02x}:{n % 256:02x}" for n in range(200)]
    for code in wanted:
        cable.type(code + "\r\n")
        time.sleep(0.001)
    soon(lambda: len(codes(heard)) >= 200, "200 scans")
    assert codes(heard) == wanted


@pytest.mark.parametrize("end", ["\r", "\n", "\r\n", "\t", ""])
def test_a_code_ends_with_whatever_the_scanner_is_set_to(cable: Cable, heard: list[Heard], end: str) -> None:
    cable.type("020000000001" + end)
    soon(lambda: codes(heard) == ["020000000001"], "the scan")


def test_a_scanner_that_is_pulled_and_plugged_back_goes_on_by_itself(cable: Cable, heard: list[Heard]) -> None:
    cable.type("020000000001\r")
    soon(lambda: codes(heard) == ["020000000001"], "the first scan")
    cable.pull()
    soon(lambda: any(one.kind == "away" for one in heard), "the cable is out")
    cable.plug()
    soon(lambda: any(one.kind == "back" for one in heard), "the cable is in")
    cable.type("020000000002\r")
    soon(lambda: codes(heard) == ["020000000001", "020000000002"], "the second scan")
    assert [one.kind for one in heard] == ["scan", "away", "back", "scan"]


def test_a_code_that_was_cut_is_said_and_is_no_part_of_the_next_one(cable: Cable, heard: list[Heard]) -> None:
    cable.type("02000000")
    time.sleep(0.1)
    cable.pull()
    soon(lambda: any(one.kind == "away" for one in heard), "the cable is out")
    cable.plug()
    soon(lambda: any(one.kind == "back" for one in heard), "the cable is in")
    cable.type("020000000002\r")
    soon(lambda: codes(heard)[-1:] == ["020000000002"], "the next scan")
    assert Heard("cut", "02000000") in heard


def test_rubbish_of_any_length_is_heard_in_pieces_and_ends_nothing(cable: Cable, heard: list[Heard]) -> None:
    cable.type("x" * 3000)
    soon(lambda: sum(map(len, codes(heard))) > 0, "rubbish")
    cable.type("\r020000000003\r")
    soon(lambda: codes(heard)[-1:] == ["020000000003"], "the scan after it")
    assert all(len(code) <= 256 for code in codes(heard))


@pytest.mark.parametrize(("port", "baud"), [("foo://bench", 9600), ("loop://", -1)])
def test_a_port_that_can_be_no_scanner_is_refused_once_instead_of_tried_for_ever(port: str, baud: int) -> None:
    with pytest.raises(Refused) as caught:
        list(SerialScanner(port, baud=baud, wait=lambda _: None).listen(stop=lambda: False))
    assert [fault.code for fault in caught.value.faults] == ["scanner-unusable"]


def test_an_order_is_scanned_through_a_port_and_the_cable_may_come_out(tmp_path: Path, cable: Cable) -> None:
    with serve(configured=True) as sandbox:
        house = make_house(tmp_path)
        shared_stack(house, sandbox.url)
        order = order_on(house, "partage")
        work(house, order.id)
        command = [sys.executable, "-m", "staging", "phones", "scan", order.id, "--port", str(cable.name)]
        with _started(command, environ(tmp_path)) as process:
            assert process.stderr is not None
            _line_with(process.stderr, str(cable.name))
            cable.type("020000000001\r")
            until(lambda: _paired(house.store.bench.scans(order.id)) == 1, what="the first phone")
            cable.pull()
            _line_with(process.stderr, str(cable.name))
            cable.plug()
            _line_with(process.stderr, str(cable.name))
            cable.type("bonjour\r020000000002\r")
            until(lambda: _paired(house.store.bench.scans(order.id)) == 2, what="the second phone")
            process.send_signal(signal.SIGINT)
            assert process.wait(timeout=20) == 0
        assert phones.phone_table(house.desk, order.id).paired == 2
        house.store.database.close()


@contextmanager
def _started(command: list[str], settings: dict[str, str]) -> Iterator[subprocess.Popen[str]]:
    """A program that is ended with the test, however that ends: waiting for it would hide why."""
    pipe = subprocess.PIPE
    with subprocess.Popen(command, env={**os.environ, **settings}, stdout=pipe, stderr=pipe, text=True) as process:
        try:
            yield process
        finally:
            process.kill()


def _paired(scans: tuple[object, ...]) -> int:
    return len(scans)


def _line_with(stream: IO[str], text: str) -> None:
    while text not in (line := stream.readline()):
        assert line, "the command ended"
