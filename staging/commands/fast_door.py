"""How are very many boxes answered in one second? One loop that knows `/preseed/<serial>` and hands on all the rest.

For a bench whose default door is too slow, `staging serve --fast`. A request for a box's answers is read, looked up in
the database, decided and answered here, without a web framework; any other goes to the default door behind it.
"""

import asyncio
import re
import threading
from contextlib import suppress

from preseed.links import Links
from staging.adapters.ready_answers import Ready
from staging.bootstrap import House, make_bench_app
from staging.commands.serving import BOXES, Listener
from staging.core.faults import StagingError
from staging.core.words import Serial

_LONGEST_HEAD = 8192
_ANSWERS = re.compile(rb"GET /preseed/([A-Z0-9][A-Z0-9._-]{2,63}) HTTP/1\.1\r\n")
"""What is answered here, as our own script asks it; every other spelling is the default door's business."""

_WITH_BODY = re.compile(rb"\r\n(content-length|transfer-encoding|expect|upgrade):", re.IGNORECASE)
_CLOSING = re.compile(rb"\r\nconnection: *close", re.IGNORECASE)
_HOP = re.compile(rb"\r\n(connection|keep-alive|x-forwarded-[a-z]+|forwarded):[^\r]*", re.IGNORECASE)
_IDLE_S = 60.0


class FastDoor:
    """The bench's door on one address, in a thread. Raises OSError when the address is taken."""

    def __init__(self, house: House, *, base: str, host: str, port: int) -> None:
        self._ready = Ready(house.office, Links(base))
        self._behind = Listener(
            make_bench_app(house, base=base), host="127.0.0.1", port=0, behind_proxy=True, room=BOXES
        )
        self._loop = asyncio.new_event_loop()
        self._open: set[_Conversation] = set()
        making = self._loop.create_server(
            lambda: _Conversation(self._ready, self._behind.port, self._open),
            host,
            port,
            backlog=2048,
            reuse_address=True,
        )
        self._server = self._loop.run_until_complete(making)
        self.host = host
        self.port = int(self._server.sockets[0].getsockname()[1])
        self._thread = threading.Thread(target=self._loop.run_forever, name=f"fast-{self.port}", daemon=True)

    def start(self) -> None:
        """Begin to answer."""
        self._behind.start()
        self._thread.start()

    def stop(self) -> None:
        """Close the address."""
        asyncio.run_coroutine_threadsafe(self._close(), self._loop).result(timeout=10)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(timeout=5)
        self._loop.close()
        self._behind.stop()

    async def _close(self) -> None:
        self._server.close()
        for conversation in tuple(self._open):
            conversation.end()
        # Transports tell their protocols of the end in the loop's next turns.
        while self._open:
            await asyncio.sleep(0.01)


class _Conversation(asyncio.Protocol):
    """One connection: answered here request by request, until one is for the default door; then handed on whole."""

    def __init__(self, ready: Ready, behind: int, all_open: "set[_Conversation]") -> None:
        self._ready = ready
        self._behind = behind
        self._all = all_open
        self._held = b""
        self._address = ""
        self._transport: asyncio.Transport | None = None
        self._other: asyncio.Transport | None = None
        self._task: asyncio.Task[None] | None = None
        self._patience: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        if isinstance(transport, asyncio.Transport):
            self._transport = transport
        self._all.add(self)
        peer = transport.get_extra_info("peername")
        self._address = str(peer[0]).removeprefix("::ffff:") if peer else ""
        self._wait()

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002  # asyncio's signature
        if self._patience is not None:
            self._patience.cancel()
        if self._other is not None:
            self._other.abort()
        self._all.discard(self)

    def pause_writing(self) -> None:
        """The box takes its answer slowly: the default door waits too."""
        if self._other is not None:
            self._other.pause_reading()

    def resume_writing(self) -> None:
        if self._other is not None:
            self._other.resume_reading()

    def eof_received(self) -> bool:
        # Whoever asked and shut its own side still reads the answer that is on its way.
        return self._task is not None

    def end(self) -> None:
        """Break the connection off."""
        if self._transport is not None:
            self._transport.abort()

    def data_received(self, data: bytes) -> None:
        if self._other is not None:
            self._other.write(data)
            return
        self._held += data
        while self._task is None and (end := self._held.find(b"\r\n\r\n")) >= 0:
            if not self._answered(self._held[: end + 4]):
                if self._transport is not None:
                    # What comes meanwhile waits in the kernel, however much it is.
                    self._transport.pause_reading()
                self._task = asyncio.get_running_loop().create_task(self._hand_on(end))
                return
            self._held = self._held[end + 4 :]
        if self._task is None and len(self._held) > _LONGEST_HEAD and self._transport is not None:
            self._transport.close()

    def _answered(self, head: bytes) -> bool:
        asked = _ANSWERS.match(head)
        if asked is None or len(head) > _LONGEST_HEAD or _WITH_BODY.search(head) or self._transport is None:
            return False
        try:
            body = self._ready.find(Serial(asked[1].decode()), self._address)
        except StagingError:
            # The default door meets the same trouble, and has words for it.
            return False
        if body is None:
            return False
        self._transport.write(body)
        if _CLOSING.search(head):
            self._transport.close()
        else:
            self._wait()
        return True

    async def _hand_on(self, end: int) -> None:
        """Give this request, and what follows on the connection, to the default door; it closes when it answered."""
        line, _, rest = self._held[:end].partition(b"\r\n")
        head = line + _HOP.sub(b"", b"\r\n" + rest)
        head += f"\r\nX-Forwarded-For: {self._address}\r\nConnection: close\r\n\r\n".encode()
        with suppress(OSError):
            made, _ = await asyncio.get_running_loop().create_connection(
                lambda: _Back(self._transport), "127.0.0.1", self._behind
            )
            self._other = made
            if self._patience is not None:
                self._patience.cancel()
            # Before anything is written: what is written may stop the box at once.
            if self._transport is not None and not self._transport.is_closing():
                self._transport.resume_reading()
            made.write(head + self._held[end + 4 :])
            return
        if self._transport is not None:
            self._transport.close()

    def _wait(self) -> None:
        if self._patience is not None:
            self._patience.cancel()
        if self._transport is not None:
            self._patience = asyncio.get_running_loop().call_later(_IDLE_S, self._transport.close)


class _Back(asyncio.Protocol):
    """What the default door answers goes to the box as it comes."""

    def __init__(self, box: asyncio.Transport | None) -> None:
        self._box = box

    def pause_writing(self) -> None:
        """The default door takes what the box sends slowly: the box waits too."""
        if self._box is not None and not self._box.is_closing():
            self._box.pause_reading()

    def resume_writing(self) -> None:
        if self._box is not None and not self._box.is_closing():
            self._box.resume_reading()

    def data_received(self, data: bytes) -> None:
        if self._box is not None:
            self._box.write(data)

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002  # asyncio's signature
        if self._box is not None:
            self._box.close()
