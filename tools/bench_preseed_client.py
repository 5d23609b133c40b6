"""How does a measurement ask? A small client of our own, for what wrk cannot do: begin on the beat, each box once."""

import asyncio
import time
from collections.abc import Awaitable, Sequence
from typing import TypeVar

Answer = TypeVar("Answer")


async def get(base: str, path: str) -> tuple[int, bytes]:
    """Status and body of one request, over a connection of its own, as an installer asks."""
    host, _, port = base.removeprefix("http://").partition(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    writer.write(f"GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n".encode())
    answer = await reader.read()
    writer.close()
    head, _, body = answer.partition(b"\r\n\r\n")
    return int(head.split(b" ", 2)[1]), body


async def timed(base: str, path: str, times: list[float]) -> int:
    """The status; its seconds are put with the others."""
    began = time.perf_counter()
    status, _ = await get(base, path)
    times.append(time.perf_counter() - began)
    return status


async def later(seconds: float, work: Awaitable[Answer]) -> Answer:
    """What the work gives, begun so many seconds from now."""
    await asyncio.sleep(seconds)
    return await work


async def each_twice(base: str, serials: Sequence[str]) -> None:
    """Every box has had its answers. Twice: the first changes what is known of a box, the second is made of that."""
    for serial in (*serials, *serials):
        await get(base, f"/preseed/{serial}")
