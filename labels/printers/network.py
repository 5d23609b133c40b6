"""How do labels reach a printer on the network? As raw bytes, on port 9100 as a rule."""

from datetime import timedelta

from labels.printers.line import SocketLine
from labels.printers.raw import PATIENCE, RawPrinter


class NetworkPrinter(RawPrinter):
    """One printer by address."""

    def __init__(self, host: str, port: int, *, patience: timedelta = PATIENCE) -> None:
        def open_line(seconds: float) -> SocketLine:
            return SocketLine(host, port, seconds=seconds)

        super().__init__(open_line, name=f"{host}:{port}", patience=patience)
