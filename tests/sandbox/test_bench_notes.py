"""Does everything that boxes say in passing come into the books: their syslog, and each fetch of their answers?"""

import logging
import socket
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy.exc import IntegrityError, OperationalError

from staging.adapters import fetch_book
from staging.adapters.fetch_book import FetchBook
from staging.adapters.store.installs import FetchLine
from staging.adapters.syslog_door import SyslogDoor
from staging.bootstrap import House
from staging.core.words import Serial
from tests.fakes.house import make_house, ready_box, until

SERIAL = Serial("SN0042")
LINE = FetchLine(datetime(2026, 11, 21, 12, tzinfo=UTC), SERIAL, "192.0.2.42", 200)


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    made = make_house(tmp_path / "home")
    ready_box(made, SERIAL)
    yield made
    made.store.database.close()


class Ear:
    """A door for syslog that runs only while it is told things. now: its clock, in seconds."""

    def __init__(self, house: House) -> None:
        self.now = 0.0
        self.door = SyslogDoor(house.store, host="127.0.0.1", port=0, now=lambda: self.now)

    def hear(self, *lines: str) -> None:
        """Send lines from this machine, listen, and end."""
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as box:
            for line in lines:
                box.sendto(line.encode(), ("127.0.0.1", self.door.port))
        self.end()

    def end(self) -> None:
        """Listen to what was sent, and close."""
        self.door.start()
        self.door.stop()


def kept(house: House) -> list[str]:
    ((_, name, body),) = house.store.installs.logs(SERIAL)
    assert name == "syslog"
    return body.decode().splitlines()


def test_an_installers_syslog_is_one_of_its_boxs_logs(house: House) -> None:
    house.store.appliances.hello(SERIAL, address="127.0.0.1", facts={})
    Ear(house).hear(*(f"<30>Nov 21 12:00:0{number} main-menu[1]: line {number}" for number in range(3)))
    assert kept(house) == [f"Nov 21 12:00:0{number} main-menu[1]: line {number}" for number in range(3)]


def test_a_box_that_comes_back_under_another_address_goes_on_in_the_same_log(house: House) -> None:
    ear = Ear(house)
    ear.door.take("127.0.0.2", b"<30>a long first line\n")
    house.store.appliances.hello(SERIAL, address="127.0.0.2", facts={})
    ear.door.write()
    ear.door.take("127.0.0.3", b"<30>short\n")
    house.store.appliances.hello(SERIAL, address="127.0.0.3", facts={})
    ear.end()
    assert kept(house) == ["a long first line", "short"]


def test_lines_wait_for_their_box_and_those_of_strangers_make_room_again(house: House) -> None:
    ear = Ear(house)
    for number in range(300):
        ear.door.take(f"192.0.2.{number}", b"<30>a stranger\n")
    ear.now = 500.0
    ear.door.write()
    ear.door.take("127.0.0.1", b"<30>no room yet\n")
    ear.now = 700.0
    ear.door.write()
    ear.door.take("127.0.0.1", b"<30>heard\n")
    ear.door.write()
    house.store.appliances.hello(SERIAL, address="127.0.0.1", facts={})
    ear.end()
    assert kept(house) == ["heard"]


class Book:
    """Where fetches go: takes them, or raises what it is given first."""

    def __init__(self, *troubles: Exception) -> None:
        self.troubles = list(troubles)
        self.lines: list[FetchLine] = []

    def write(self, lines: Sequence[FetchLine]) -> None:
        if self.troubles and lines:
            raise self.troubles.pop(0)
        self.lines += lines


@pytest.mark.parametrize(
    ("trouble", "kept"),
    [
        (OperationalError("insert", {}, Exception("disk full")), 2),
        (IntegrityError("insert", {}, Exception("no such")), 1),
    ],
)
def test_a_write_that_fails_ends_no_book(trouble: Exception, kept: int) -> None:
    written = Book(trouble)
    book = FetchBook(written.write)
    book.note(LINE)
    until(lambda: not written.troubles, seconds=20, what="the first try")
    book.note(LINE)
    until(lambda: len(written.lines) == kept, seconds=20, what="the second one")


def test_lines_that_a_full_book_gives_up_are_counted_in_the_log(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(fetch_book, "_MOST", 3)
    monkeypatch.setattr(fetch_book, "EVERY_S", 3600.0)
    written = Book()
    book = FetchBook(written.write)
    written.troubles = [OperationalError("insert", {}, Exception("disk full"))]

    def write(lines: Sequence[FetchLine]) -> None:
        # Three more come while these three fail.
        for _ in range(3):
            book.note(LINE)
        written.write(lines)

    book._write = write
    for _ in range(3):
        book.note(LINE)
    book.flush()
    book._write = written.write
    with caplog.at_level(logging.WARNING):
        book.flush()
    lost = [record.count for record in caplog.records if getattr(record, "event", "") == "fetches_lost"]  # type: ignore[attr-defined]  # our own extra
    assert (len(written.lines), lost) == (3, [3])
