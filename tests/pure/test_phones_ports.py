"""Which socket of the bench switch does each phone go into?"""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from staging.phones.ports import ON_CLOUD, ON_PREMISE, BenchPort, bench_ports, parse_ports

KEYS = st.lists(st.integers(8000, 8999).map(str), unique=True, max_size=80)
PORTS = st.lists(st.integers(1, 48), unique=True, min_size=1, max_size=24)


def test_the_defaults_are_five_sockets_on_cloud_and_twenty_four_on_premise() -> None:
    assert (parse_ports(ON_CLOUD), parse_ports(ON_PREMISE)) == ((1, 2, 3, 4, 5), tuple(range(11, 35)))


@pytest.mark.parametrize(("typed", "ports"), [("7", (7,)), ("1, 3,5-8", (1, 3, 5, 6, 7, 8)), ("9-9", (9,))])
def test_sockets_are_listed_one_by_one_or_from_to(typed: str, ports: tuple[int, ...]) -> None:
    assert parse_ports(typed) == ports


@pytest.mark.parametrize("typed", ["", "a", "5-1", "0-3", "1,1", "1-3,2", "1-", "-3", "1;2", "1-2000"])
def test_anything_else_is_none(typed: str) -> None:
    assert parse_ports(typed) is None


def test_more_phones_than_sockets_come_in_batches() -> None:
    found = bench_ports([str(8000 + n) for n in range(7)], (1, 2, 3))
    assert [(one.batch, one.port) for one in found.values()] == [
        (1, 1), (1, 2), (1, 3), (2, 1), (2, 2), (2, 3), (3, 1),
    ]  # fmt: skip


@given(keys=KEYS, ports=PORTS)
def test_no_socket_is_given_twice_in_a_batch_and_no_phone_is_left_without(keys: list[str], ports: list[int]) -> None:
    found = bench_ports(keys, ports)
    assert set(found) == set(keys)
    assert len(set(found.values())) == len(keys)


@given(keys=KEYS, ports=PORTS)
def test_a_phone_added_below_moves_nobody(keys: list[str], ports: list[int]) -> None:
    assert bench_ports(keys, ports).items() <= bench_ports([*keys, "9999"], ports).items()


def test_a_bench_without_sockets_gives_none_and_a_base_counts_once() -> None:
    assert bench_ports(["8000"], ()) == {}
    assert bench_ports(["base 1", "base 1", "8000"], (4, 5)) == {"base 1": BenchPort(4, 1), "8000": BenchPort(5, 1)}
