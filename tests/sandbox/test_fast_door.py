"""Does the fast door answer as the default one does, byte for byte, and hand on what is not its business?"""

import socket
from collections.abc import Iterator
from http.client import HTTPConnection
from pathlib import Path

import pytest

from staging.bootstrap import House, make_bench_app
from staging.commands.fast_door import FastDoor
from staging.core.faults import DatabaseUnreachable, Fault, Where
from staging.core.words import Serial
from staging.desk import bench
from tests.fakes.house import BY, make_house, ready_box

SERIAL = Serial("SN0042")


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    made = make_house(tmp_path / "home")
    ready_box(made, SERIAL)
    yield made
    made.store.database.close()


@pytest.fixture
def door(house: House) -> Iterator[FastDoor]:
    door = FastDoor(house, base="http://preseed", host="127.0.0.1", port=0)
    door.start()
    yield door
    door.stop()


def ask(door: FastDoor, path: str, *, method: str = "GET", body: bytes | None = None) -> tuple[int, str]:
    connection = HTTPConnection("127.0.0.1", door.port, timeout=20)
    connection.request(method, path, body)
    answer = connection.getresponse()
    read = answer.status, answer.read().decode()
    connection.close()
    return read


def raw(door: FastDoor, text: bytes) -> bytes:
    with socket.create_connection(("127.0.0.1", door.port), timeout=20) as connection:
        connection.sendall(text)
        connection.shutdown(socket.SHUT_WR)
        found = b""
        while piece := connection.recv(65536):
            found += piece
        return found


def test_both_doors_give_the_same_answers_from_hello_to_used_up(house: House, door: FastDoor) -> None:
    default = make_bench_app(house, base="http://preseed").test_client()
    assert ask(door, f"/preseed/{SERIAL}") == (403, "SN0042 is not armed\n")
    bench.arm(house.desk, SERIAL, by=BY, role="technician")
    assert ask(door, f"/preseed/{SERIAL}")[0] == 403, "nobody said hello from here"
    body = b"serial=SN0042\nsuite=bookworm\nmac=020000000042\n"
    assert ask(door, "/hooks/hello", method="POST", body=body) == (202, "ok\n")
    assert house.store.appliances.get(SERIAL).hello_address == "127.0.0.1", "handed on with the box's own address"
    first, second, third = (ask(door, f"/preseed/{SERIAL}") for _ in range(3))
    assert first == second == third == (200, default.get(f"/preseed/{SERIAL}").text)
    house.office.flush()
    assert [line.status for line in house.store.installs.fetches_of(SERIAL)][:4] == [200, 200, 200, 200]


def test_what_is_armed_or_reported_counts_at_the_next_request(house: House, door: FastDoor) -> None:
    bench.arm(house.desk, SERIAL, by=BY, role="technician")
    ask(door, "/hooks/hello", method="POST", body=b"serial=SN0042\nsuite=bookworm\n")
    assert [ask(door, f"/preseed/{SERIAL}")[0] for _ in range(2)] == [200, 200]
    house.store.appliances.change(SERIAL, early_at=house.desk.clock.now())
    assert ask(door, f"/preseed/{SERIAL}")[0] == 403
    house.store.appliances.change(SERIAL, early_at=None, hello_address="192.0.2.9")
    assert ask(door, f"/preseed/{SERIAL}")[0] == 403


@pytest.mark.parametrize(
    "path", ["/preseed/SN9999", "/preseed/$(reboot)", "/preseed/SN%200042", "/preseed/" + "X" * 300]
)
def test_a_serial_that_is_none_is_the_default_doors_business(door: FastDoor, path: str) -> None:
    status, line = ask(door, path)
    assert (status, line.startswith("unknown serial")) == (404, True)


def test_one_connection_may_ask_often_and_then_for_something_else(house: House, door: FastDoor) -> None:
    bench.arm(house.desk, SERIAL, by=BY, role="technician")
    ask(door, "/hooks/hello", method="POST", body=b"serial=SN0042\nsuite=bookworm\n")
    ask(door, f"/preseed/{SERIAL}")
    request = f"GET /preseed/{SERIAL} HTTP/1.1\r\nHost: x\r\n\r\n".encode()
    answer = raw(door, request * 3 + b"GET /d-i/bookworm/preseed.cfg HTTP/1.1\r\nHost: x\r\n\r\n")
    assert answer.count(b"HTTP/1.1 200 OK") == 4
    assert answer.count(b"partman/early_command") == 3
    assert b"preseed/include_command" in answer


def test_a_forged_address_is_not_believed(house: House, door: FastDoor) -> None:
    body = b"serial=SN0042\nsuite=bookworm\n"
    forged = (
        b"POST /hooks/hello HTTP/1.1\r\nHost: x\r\nX-Forwarded-For: 192.0.2.66\r\nContent-Length: %d\r\n\r\n"
        % len(body)
    )
    assert b" 202 " in raw(door, forged + body)
    assert house.store.appliances.get(SERIAL).hello_address == "127.0.0.1"


def test_rubbish_and_endless_heads_end_the_connection(door: FastDoor) -> None:
    assert b"200 OK" not in raw(door, b"\x00\xff" * 20_000)
    assert b" 400 " in raw(door, b"NONSENSE\r\n\r\n")


def test_two_gigabytes_are_refused_before_they_are_taken_and_the_door_stays_open(house: House, door: FastDoor) -> None:
    head = b"POST /hooks/install/yesterday/log HTTP/1.1\r\nHost: x\r\nContent-Length: 2000000000\r\n\r\n"
    with socket.create_connection(("127.0.0.1", door.port), timeout=20) as connection:
        connection.sendall(head)
        assert connection.recv(100).startswith(b"HTTP/1.1 403 ")
    assert ask(door, "/d-i/bookworm/preseed.cfg")[0] == 200


def test_a_trouble_with_the_database_gets_the_default_doors_words(
    house: House, door: FastDoor, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(_statement: str, _serial: str) -> None:
        raise DatabaseUnreachable(Fault("database-unusable", Where("database"), {"why": "away"}))

    monkeypatch.setattr(house.store.database, "look_up", away)
    status, line = ask(door, f"/preseed/{SERIAL}")
    assert (status, line.startswith("staging server error, reference ")) == (500, True)
