"""Which socket of the bench switch does a phone go into? In the plan's order, in batches when there are too few."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

_PART = re.compile(r"(\d{1,3})(?:-(\d{1,3}))?")
ON_CLOUD, ON_PREMISE = "1-5", "11-34"
"""The sockets of the bench switch that carry the shared stack's network, and those that carry a customer's own."""


@dataclass(frozen=True, slots=True)
class BenchPort:
    """One socket, and the turn in which a phone gets it. batch: from 1."""

    port: int
    batch: int


def parse_ports(typed: str) -> tuple[int, ...] | None:
    """Read `11-34` or `1,3,5-8`: sockets in the order of use, from 1 to 999, none twice; None for anything else."""
    ports: list[int] = []
    for part in typed.replace(" ", "").split(","):
        found = _PART.fullmatch(part)
        if found is None:
            return None
        first, last = int(found[1]), int(found[2] or found[1])
        if not 1 <= first <= last:
            return None
        ports += range(first, last + 1)
    return tuple(ports) if len(set(ports)) == len(ports) else None


def bench_ports(phones: Iterable[str], ports: Sequence[int]) -> Mapping[str, BenchPort]:
    """The socket of each phone, by the key of the phone wanted, in this order; nothing when there are no sockets.

    A phone's socket depends on the phones before it in the plan alone, so a row added below moves nobody.
    """
    if not ports:
        return {}
    return {
        key: BenchPort(ports[place % len(ports)], place // len(ports) + 1)
        for place, key in enumerate(dict.fromkeys(phones))
    }
