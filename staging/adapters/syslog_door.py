"""Where does an installer's syslog go when the kernel line names us? Kept with the box that said hello from there."""

import logging
import socket
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from sqlalchemy.exc import SQLAlchemyError

from staging.adapters.store.store import Store
from staging.core.faults import StagingError
from staging.core.words import Serial
from staging.jobs.records import LogPart
from webhooks.install import LONGEST_LOG

log = logging.getLogger(__name__)

EVERY_S = 2.0
_LONGEST_LINE = 2048
_MOST_WAITING = 1024 * 1024
"""Bytes that are held for one address until it said hello, and until they are written."""

_MOST_ADDRESSES = 256
_PATIENCE_S = 600.0
"""How long lines of an address are held that no box said hello from: its first stage begins within minutes."""


@dataclass(slots=True)
class _Held:
    """Lines of one address. since: when the first of them came, by the monotonic clock."""

    since: float
    lines: bytearray = field(default_factory=bytearray)


class SyslogDoor:
    """Takes syslog by UDP and appends it to each box's log every two seconds.

    Lines of an address that no box says hello from are dropped after ten minutes. UDP proves nothing: these lines are
    shown as a log and decide nothing.
    """

    def __init__(self, store: Store, *, host: str, port: int, now: Callable[[], float] = time.monotonic) -> None:
        self._store = store
        self._now = now
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind((host, port))
        self._socket.settimeout(EVERY_S / 4)
        self.port = int(self._socket.getsockname()[1])
        self._held: dict[str, _Held] = {}
        self._sent: dict[Serial, int] = {}
        self._upload = f"syslog-{int(time.time())}"
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"syslog-{self.port}", daemon=True)

    def start(self) -> None:
        """Begin to listen."""
        self._thread.start()

    def stop(self) -> None:
        """Write what came, and close."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join(timeout=5)
        self._socket.close()

    def _run(self) -> None:
        due = time.monotonic() + EVERY_S
        while not self._stopping.is_set():
            self._take_one()
            if time.monotonic() >= due:
                self.write()
                due = time.monotonic() + EVERY_S
        # What is in the socket already was sent before the end.
        self._socket.settimeout(0)
        while self._take_one():
            pass
        self.write()

    def _take_one(self) -> bool:
        try:
            line, (address, _) = self._socket.recvfrom(_LONGEST_LINE)
        except (TimeoutError, BlockingIOError):
            return False
        self.take(address, line)
        return True

    def take(self, address: str, line: bytes) -> None:
        """Hold one line of an address until it is written; what would be too much is dropped."""
        if address not in self._held and len(self._held) >= _MOST_ADDRESSES:
            return
        held = self._held.setdefault(address, _Held(self._now())).lines
        if len(held) + len(line) < _MOST_WAITING:
            # "<30>Nov 21 12:00:00 main-menu[1]: …": the number is for machines.
            held += line.partition(b">")[2] or line
            held += b"" if held.endswith(b"\n") else b"\n"

    def write(self) -> None:
        """Write down what is held for boxes that are known, and forget what nobody claimed for too long."""
        for address, held in list(self._held.items()):
            try:
                serial = self._store.appliances.serial_at(address)
                if serial is not None:
                    # By serial: a box that restarts under another address goes on in the same log.
                    part = LogPart("syslog", self._upload, self._sent.get(serial, 0), bytes(held.lines))
                    self._sent[serial] = self._store.installs.append_log(serial, part, longest=LONGEST_LOG)
                if serial is not None or self._now() - held.since > _PATIENCE_S:
                    del self._held[address]
            except (StagingError, SQLAlchemyError):
                log.exception("syslog waits", extra={"event": "syslog_waits", "address": address})
