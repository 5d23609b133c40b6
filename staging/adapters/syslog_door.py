"""Where does an installer's syslog go when the kernel line names us? Kept with the box that said hello from there."""

import logging
import socket
import threading
import time

from staging.adapters.store.store import Store
from staging.core.faults import StagingError
from staging.jobs.records import LogPart
from webhooks.install import LONGEST_LOG

log = logging.getLogger(__name__)

EVERY_S = 2.0
_LONGEST_LINE = 2048
_MOST_WAITING = 1024 * 1024
"""Bytes that are held for one address until it said hello, and until they are written."""

_MOST_ADDRESSES = 256


class SyslogDoor:
    """Takes syslog by UDP and appends it to each box's log every two seconds; what nobody can be found for is dropped.

    UDP proves nothing: these lines are shown as a log and decide nothing.
    """

    def __init__(self, store: Store, *, host: str, port: int) -> None:
        self._store = store
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind((host, port))
        self._socket.settimeout(EVERY_S / 4)
        self.port = int(self._socket.getsockname()[1])
        self._held: dict[str, bytearray] = {}
        self._sent: dict[str, int] = {}
        self._upload = f"syslog-{int(time.time())}"
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"syslog-{self.port}", daemon=True)

    def start(self) -> None:
        """Begin to listen."""
        self._thread.start()

    def stop(self) -> None:
        """Write what is held, and close."""
        self._stopping.set()
        self._thread.join(timeout=5)
        self._socket.close()

    def _run(self) -> None:
        due = time.monotonic() + EVERY_S
        while not self._stopping.is_set():
            self._take_one()
            if time.monotonic() >= due:
                self._write()
                due = time.monotonic() + EVERY_S
        self._write()

    def _take_one(self) -> None:
        try:
            line, (address, _) = self._socket.recvfrom(_LONGEST_LINE)
        except TimeoutError:
            return
        if address not in self._held and len(self._held) >= _MOST_ADDRESSES:
            return
        held = self._held.setdefault(address, bytearray())
        if len(held) + len(line) < _MOST_WAITING:
            # "<30>Nov 21 12:00:00 main-menu[1]: …": the number is for machines.
            held += line.partition(b">")[2] or line
            held += b"" if held.endswith(b"\n") else b"\n"

    def _write(self) -> None:
        for address, held in list(self._held.items()):
            try:
                serial = self._store.appliances.serial_at(address)
                if serial is None or not held:
                    continue
                part = LogPart("syslog", self._upload, self._sent.get(address, 0), bytes(held))
                self._sent[address] = self._store.installs.append_log(serial, part, longest=LONGEST_LOG)
                held.clear()
            except StagingError:
                log.exception("syslog waits", extra={"event": "syslog_waits", "address": address})
