"""Which small words does everybody use, and what makes one valid?

Each type is a plain string at run time; the parser is the only way in that checks.
Parsers return None for what is not such a word: the caller knows the place and the fault code.
"""

import re
from typing import Literal, NewType

Serial = NewType("Serial", str)
"""Serial number of an appliance, upper case, `A-Z0-9._-`, 3 to 64 characters."""

Mac = NewType("Mac", str)
"""Twelve lower-case hexadecimal digits, colons between pairs: `80:5e:c0:11:22:33`."""

Extension = NewType("Extension", str)
"""Short number, 2 to 6 digits, dialled inside one stack only. Leading zeros count."""

Did = NewType("Did", str)
"""Number that the world dials, E.164 with its plus sign: `+33465710001`."""

Language = Literal["fr", "en"]
LANGUAGES: tuple[Language, ...] = ("fr", "en")

_SERIAL = re.compile(r"[A-Z0-9][A-Z0-9._-]{2,63}")
_MAC_SPACING = str.maketrans("", "", ":-. \t")
_MAC_DIGITS = re.compile(r"[0-9a-f]{12}")
_EXTENSION = re.compile(r"[0-9]{2,6}")
# Country codes whose numbers people in France dial with ten digits, and how many digits follow each.
_NATIONAL = (("33", 9), ("262", 9), ("590", 9), ("594", 9), ("596", 9), ("508", 6))


def parse_serial(typed: str) -> Serial | None:
    """Read a serial number from a sticker, a scanner or an installer; None when it is not one.

    Case is folded up because stickers, scanners and DMI tables disagree about it.
    The characters are those that an installer can put in a URL without quoting.
    """
    candidate = typed.strip().upper()
    return Serial(candidate) if _SERIAL.fullmatch(candidate) else None


def parse_mac(typed: str) -> Mac | None:
    """Read a hardware address in any usual spelling; None when it is not one.

    The broadcast and the all-zero address are refused: no phone carries them.
    """
    digits = typed.strip().lower().translate(_MAC_SPACING)
    if not _MAC_DIGITS.fullmatch(digits) or (len(set(digits)) == 1 and digits[0] in "0f"):
        return None
    return Mac(":".join(digits[i : i + 2] for i in range(0, 12, 2)))


def parse_extension(typed: str) -> Extension | None:
    """Read a short number of 2 to 6 ASCII digits; None when it is not one."""
    candidate = typed.strip()
    return Extension(candidate) if _EXTENSION.fullmatch(candidate) and candidate.isascii() else None


def national_writing(number: str) -> str:
    """A French number as people write it, `04 65 71 34 56`, overseas included; any other stays `+32…`.

    number: E.164 with its plus sign.
    """
    digits = number.removeprefix("+")
    for country, length in _NATIONAL:
        if digits.startswith(country) and len(digits) == len(country) + length:
            ten = f"0{digits[-9:]}"
            return " ".join(ten[place : place + 2] for place in range(0, 10, 2))
    return number


def host_name(serial: Serial) -> str:
    """The valid host name made of a serial: letters, digits and hyphens, 63 at most.

    Source: wazo-confd's wizard refuses anything else in a host name.
    """
    name = re.sub(r"[^a-z0-9-]", "-", serial.lower()).strip("-")
    return name[:63].rstrip("-") or "appliance"
