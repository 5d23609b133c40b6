"""Which "serial numbers" in a box's firmware are no serial numbers at all?

The list is used twice: the first stage's script skips these values on the box, and the server refuses to register
them. Values are compared as the script cleans them: only `A-Z0-9._-`, upper case.
"""

import re

JUNK_SERIALS: tuple[str, ...] = (
    # Words that board makers leave in place of a number.
    "TOBEFILLEDBYO.E.M.",
    "TOBEFILLEDBYOEM",
    "DEFAULTSTRING",
    "DEFAULT",
    "SYSTEMSERIALNUMBER",
    "SYSTEMSERIAL",
    "BASEBOARDSERIALNUMBER",
    "CHASSISSERIALNUMBER",
    "SERIALNUMBER",
    "NOTSPECIFIED",
    "NOTAPPLICABLE",
    "NOTAVAILABLE",
    "NOTSETTABLE",
    "NONE",
    "NULL",
    "N.A",
    "N.A.",
    "INVALID",
    "UNKNOWN",
    "EMPTY",
    "O.E.M.",
    "OEM",
    # Counting is not numbering.
    "0123456789",
    "1234567890",
    "123456789",
    "12345678",
    "1234567",
    "123456",
    "12345",
    "1234",
    "0123456789ABCDEF",
    # UUIDs that whole series of boards share.
    "03000200-0400-0500-0006-000700080009",
    "00020003-0004-0005-0006-000700080009",
    "03020100-0504-0706-0809-0A0B0C0D0E0F",
    "12345678-1234-5678-90AB-CDDEEFAABBCC",
)

SHORTEST, LONGEST = 3, 64

_NOT_SERIAL = re.compile(r"[^A-Za-z0-9._-]")


def clean_serial(firmware: str) -> str:
    """A firmware field as the first stage cleans it; may be empty or junk.

    >>> clean_serial(" sn0042 ")
    'SN0042'
    """
    return _NOT_SERIAL.sub("", firmware).upper().lstrip("._-")


def is_junk(cleaned: str) -> bool:
    """Whether a cleaned value says nothing: too short or long, a filler word, one character over and over."""
    if not SHORTEST <= len(cleaned) <= LONGEST or cleaned in JUNK_SERIALS:
        return True
    return len(set(cleaned.replace("-", ""))) == 1
