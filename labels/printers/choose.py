"""Which way to print does an address mean?

`folder:///srv/labels`, `cups:etiquettes` (a queue) or `socket://192.0.2.7:9100` (a printer on the network).
"""

from pathlib import Path
from urllib.parse import unquote, urlsplit

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
    queue = unquote(parts.netloc or parts.path)
    match parts.scheme:
        case "folder" if parts.path.startswith("/") and not parts.netloc:
            return FolderPrinter(Path(unquote(parts.path)))
        case "cups" if _is_queue(queue):
            return CupsPrinter(queue)
        case "socket" if parts.hostname:
            return NetworkPrinter(parts.hostname, port)
        case _:
            raise SettingsRefused(Fault("invalid-printer-url", facts={"url": url}))


def _is_queue(name: str) -> bool:
    """Whether CUPS could call a queue so; a leading hyphen would be taken for an option of `lp`."""
    return bool(name) and not name.startswith("-") and not any(char.isspace() or char in "/#" for char in name)
