"""Over what do raw bytes reach a printer? A socket, or a serial port; both can be listened to."""

import socket
import time
from typing import Protocol

from serial import Serial, serial_for_url

_BETWEEN_LOOKS_S = 0.02


class Line(Protocol):
    """An open way to a printer. Every method raises OSError when the other end is gone."""

    def push(self, data: bytes) -> None:
        """Send all of it."""
        ...

    def hear(self, seconds: float) -> bytes:
        """What the printer says next; nothing when it keeps silent for so long."""
        ...

    def finish(self) -> None:
        """Say that nothing more comes, and wait until all of it is taken."""
        ...

    def close(self) -> None:
        """Let go."""
        ...


class SocketLine:
    """Raw bytes to a port, usually 9100."""

    def __init__(self, host: str, port: int, *, seconds: float) -> None:
        self._seconds = seconds
        self._socket = socket.create_connection((host, port), timeout=seconds)

    def push(self, data: bytes) -> None:
        """Send all of it."""
        self._socket.settimeout(self._seconds)
        self._socket.sendall(data)

    def hear(self, seconds: float) -> bytes:
        """What comes next; a line that was closed raises."""
        self._socket.settimeout(seconds)
        try:
            heard = self._socket.recv(4096)
        except TimeoutError:
            return b""
        if not heard:
            raise ConnectionAbortedError("closed")
        return heard

    def finish(self) -> None:
        """A printer that took everything closes its side; one that was switched off resets the line."""
        self._socket.shutdown(socket.SHUT_WR)
        self._socket.settimeout(self._seconds)
        try:
            while self._socket.recv(4096):
                pass
        except TimeoutError:
            return

    def close(self) -> None:
        """Let go."""
        self._socket.close()


class SerialLine:
    """A cable, as pyserial opens it: `/dev/ttyUSB0`, `rfc2217://host:port`."""

    def __init__(self, port: str, *, baud: int, flow: str, seconds: float) -> None:
        self._seconds = seconds
        try:
            self._line: Serial = serial_for_url(
                port,
                baudrate=baud,
                timeout=seconds,
                write_timeout=seconds,
                xonxoff=flow == "xonxoff",
                rtscts=flow == "rtscts",
            )
        except ValueError as cause:  # a speed that this port has not
            raise OSError(str(cause)) from cause

    def push(self, data: bytes) -> None:
        """Send all of it; a printer that holds the line up longer than our patience raises."""
        self._line.write(data)

    def hear(self, seconds: float) -> bytes:
        """What comes next."""
        self._line.timeout = seconds
        first = bytes(self._line.read(1))
        return first + bytes(self._line.read(self._line.in_waiting)) if first else b""

    def finish(self) -> None:
        """Wait until the port has sent what it holds; one that sends nothing for as long as our patience raises.

        Asked, not waited for with `flush`: that one waits for ever on a printer that said "wait" and was switched off.
        """
        left, moved = self._waiting(), time.monotonic()
        while left:
            if time.monotonic() - moved > self._seconds:
                raise TimeoutError(f"{left} bytes not taken")
            time.sleep(_BETWEEN_LOOKS_S)
            before, left = left, self._waiting()
            moved = time.monotonic() if left != before else moved

    def close(self) -> None:
        """Let go."""
        self._line.close()

    def _waiting(self) -> int:
        """Bytes that the port holds; none where it cannot tell, as over a network."""
        return getattr(self._line, "out_waiting", 0)
