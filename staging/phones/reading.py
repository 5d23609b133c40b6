"""What did a scanner read? One field takes a MAC, a label of ours, a short number or a serial, told by its form."""

import re
from dataclasses import dataclass
from typing import Literal

from labels.label import LabelCode, parse_code
from staging.core.words import Extension, Mac, Serial, parse_extension, parse_mac, parse_serial

_NAMED_MAC = re.compile(r"\bMAC\W{0,3}((?:[0-9A-F]{2}[:-]?){5}[0-9A-F]{2})\b", re.IGNORECASE)
_LONGEST = 200


@dataclass(frozen=True, slots=True)
class ReadMac:
    """The hardware address of a phone or base."""

    mac: Mac


@dataclass(frozen=True, slots=True)
class ReadLabel:
    """A code of ours, from a sticker on a phone, a carton, a box, a socket."""

    code: LabelCode


@dataclass(frozen=True, slots=True)
class ReadExtension:
    """A short number, typed or scanned."""

    extension: Extension


@dataclass(frozen=True, slots=True)
class ReadSerial:
    """What may be the serial number of an appliance; nobody looked yet whether there is one."""

    serial: Serial


Control = Literal["undo"]


@dataclass(frozen=True, slots=True)
class ReadControl:
    """A card beside the scanner that stands for a button, so that gloves stay on."""

    control: Control


Reading = ReadMac | ReadLabel | ReadExtension | ReadSerial | ReadControl


def read_scan(typed: str) -> Reading | None:
    """Tell what a scan is; None for what is none of these.

    Ours come first, because they are the strictest. A MAC may stand alone or behind the word MAC, as on some makers'
    cartons (`SN:…;MAC:805EC0112233`). Twelve hexadecimal digits are a MAC even where a serial could look so.
    """
    text = typed.strip()
    if not 0 < len(text) <= _LONGEST:
        return None
    if text.upper() == "S0:UNDO":
        return ReadControl("undo")
    if (code := parse_code(text)) is not None:
        return ReadLabel(code)
    if (mac := _mac(text)) is not None:
        return ReadMac(mac)
    if (extension := parse_extension(text)) is not None:
        return ReadExtension(extension)
    serial = parse_serial(text)
    return ReadSerial(serial) if serial else None


def _mac(text: str) -> Mac | None:
    named = _NAMED_MAC.search(text)
    return parse_mac(named[1] if named else text)
