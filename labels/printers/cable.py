"""How do labels reach a printer on a serial cable? As raw bytes through pyserial, which also knows ports of others."""

from datetime import timedelta
from typing import Literal

from labels.printers.line import SerialLine
from labels.printers.raw import PATIENCE, RawPrinter

BAUD = 9600
Flow = Literal["none", "xonxoff", "rtscts"]


class CablePrinter(RawPrinter):
    """One printer by port: `/dev/ttyUSB0`, `rfc2217://host:port`. flow: who says "wait", as the printer is set."""

    def __init__(self, port: str, *, baud: int = BAUD, flow: Flow = "none", patience: timedelta = PATIENCE) -> None:
        def open_line(seconds: float) -> SerialLine:
            return SerialLine(port, baud=baud, flow=flow, seconds=seconds)

        super().__init__(open_line, name=port, patience=patience)
