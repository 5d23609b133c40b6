"""Which way to print does an address mean?

`folder:///srv/labels`, `cups:etiquettes` (a queue of this machine), `cups://192.0.2.7/etiquettes` (of another),
`socket://192.0.2.7:9100` (a printer on the network), `/dev/ttyUSB0?baud=19200&flow=xonxoff` or
`rfc2217://192.0.2.7:4000` (on a serial cable).
"""

from pathlib import Path
from urllib.parse import SplitResult, parse_qs, unquote, urlsplit

from labels.printers.cable import BAUD, CablePrinter, Flow
from labels.printers.cups import CupsPrinter
from labels.printers.folder import FolderPrinter
from labels.printers.network import NetworkPrinter
from labels.printers.printer import Printer
from staging.core.faults import Fault, SettingsRefused

RAW_PORT = 9100


def printer_for(url: str) -> Printer:
    """The printer at an address. Raises SettingsRefused with `invalid-printer-url` for any other text."""
    try:
        parts = urlsplit(url)
        port = parts.port or RAW_PORT
    except ValueError as cause:
        raise SettingsRefused(Fault("invalid-printer-url", facts={"url": url})) from cause
    match parts.scheme:
        case "folder" if parts.path.startswith("/") and not parts.netloc:
            return FolderPrinter(Path(unquote(parts.path)))
        case "cups" if (queue := _queue(parts)) is not None:
            return queue
        case "socket" if parts.hostname:
            return NetworkPrinter(parts.hostname, port)
        case "" | "rfc2217" if (cable := _cable(parts)) is not None:
            return cable
        case _:
            raise SettingsRefused(Fault("invalid-printer-url", facts={"url": url}))


_FLOWS: tuple[Flow, ...] = ("none", "xonxoff", "rtscts")


def _cable(parts: SplitResult) -> CablePrinter | None:
    """A serial port with its speed and flow; None for anything else, such as a misspelled option."""
    port = f"rfc2217://{parts.netloc}" if parts.scheme else parts.path
    if (parts.scheme and not parts.netloc) or (not parts.scheme and not parts.path.startswith("/dev/")):
        return None
    asked = {name: values[-1] for name, values in parse_qs(parts.query, keep_blank_values=True).items()}
    baud, flow = asked.pop("baud", str(BAUD)), asked.pop("flow", "none")
    known = next((one for one in _FLOWS if one == flow), None)
    if asked or known is None or not (baud.isascii() and baud.isdigit() and 0 < int(baud) < 10_000_000):
        return None
    return CablePrinter(port, baud=int(baud), flow=known)


def _queue(parts: SplitResult) -> CupsPrinter | None:
    name = parts.path.strip("/")
    if parts.netloc and name:
        return CupsPrinter(unquote(name), server=parts.netloc) if _is_queue(unquote(name)) else None
    queue = unquote(parts.netloc or parts.path)
    return CupsPrinter(queue) if _is_queue(queue) else None


def _is_queue(name: str) -> bool:
    """Whether CUPS could call a queue so; a leading hyphen would be taken for an option of `lp`."""
    return bool(name) and not name.startswith("-") and not any(char.isspace() or char in "/#" for char in name)
