"""What does each sticker say, and which code does it carry?

Values only: what a label holds, and its code as text and back. `wording.py` makes the words of its fields.
"""

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import date
from functools import lru_cache
from typing import Literal, get_args

from staging.core.words import Did, Extension, Mac, Serial

Kind = Literal["handset", "base", "carton", "appliance", "port", "firmware"]
KINDS: tuple[Kind, ...] = get_args(Kind)


@dataclass(frozen=True, slots=True)
class LabelCode:
    """What a scan of a label tells: which order, what kind of thing, which one, which print of it.

    order, item: 1 to 64 of `A-Z a-z 0-9 . _ -`; an extension, a serial or a MAC's twelve digits all fit.
    copy: from 1; a reprint takes the next one, and the earlier ones are void.
    Raises ValueError on anything else: codes are made by programs, never typed.
    """

    order: str
    kind: Kind
    item: str
    copy: int = 1

    def __post_init__(self) -> None:
        if _CODE.fullmatch(str(self)) is None:
            raise ValueError(f"not a label code: {self}")

    def __str__(self) -> str:
        return f"S1:{self.order}:{self.kind}:{self.item}:{self.copy}"


def parse_code(text: str) -> LabelCode | None:
    """Read `S1:<order>:<kind>:<item>:<copy>` as a scanner typed it; None when it is not one.

    Strict: a code that does not come back letter for letter was misread.
    """
    match = _CODE.fullmatch(text)
    if match is None:
        return None
    kind = next(kind for kind in KINDS if kind == match["kind"])
    return LabelCode(match["order"], kind, match["item"], int(match["copy"]))


@dataclass(frozen=True, slots=True)
class BenchPlace:
    """Where a phone is plugged in while it is staged. batch: from 1, when there are more phones than ports."""

    port: int
    batch: int


@dataclass(frozen=True, slots=True)
class HandsetLabel:
    """The sticker on a phone or a DECT handset.

    mac: of a desk phone; base, slot: of a DECT handset, which has no MAC of its own; slots count from 1.
    caption: text shown on the phone's screen when it differs from the name. bench: its port on the bench switch.
    """

    name: str
    extension: Extension
    site: str
    code: LabelCode
    caption: str | None = None
    mac: Mac | None = None
    base: str | None = None
    slot: int | None = None
    bench: BenchPlace | None = None


@dataclass(frozen=True, slots=True)
class BaseSlot:
    """One handset of a DECT base: slots are given in this order, or two people swap numbers."""

    slot: int
    extension: Extension
    name: str


@dataclass(frozen=True, slots=True)
class BaseLabel:
    """The sticker on a DECT base: its name, its MAC and which handset belongs in which slot."""

    name: str
    site: str
    mac: Mac
    slots: tuple[BaseSlot, ...]
    code: LabelCode
    bench: BenchPlace | None = None


@dataclass(frozen=True, slots=True)
class CartonLabel:
    """The sticker outside a carton. n of of: "3 of 12", counted within its site."""

    name: str
    extension: Extension | None
    site: str
    model: str
    order: str
    n: int
    of: int
    code: LabelCode
    mac: Mac | None = None


@dataclass(frozen=True, slots=True)
class PortUse:
    """What a socket of the appliance is for: `("1", "Réseau du client")`."""

    port: str
    meaning: str


@dataclass(frozen=True, slots=True)
class ApplianceLabel:
    """The sticker on an appliance. address: the one on the customer's site, as it is typed in a browser."""

    customer: str
    stack: str
    address: str
    serial: Serial
    ports: tuple[PortUse, ...]
    code: LabelCode


@dataclass(frozen=True, slots=True)
class PortLabel:
    """The sticker beside one socket."""

    port: str
    meaning: str
    code: LabelCode


@dataclass(frozen=True, slots=True)
class FirmwareLabel:
    """The sticker that says which software somebody put on a piece of equipment, of any make.

    equipment: as people call it, `FortiGate 40F`; software: with its version, `FortiOS 7.4.5`.
    """

    equipment: str
    software: str
    applied_on: date
    code: LabelCode
    serial: str | None = None


Label = HandsetLabel | BaseLabel | CartonLabel | ApplianceLabel | PortLabel | FirmwareLabel


@lru_cache(maxsize=4096)
def label_content(label: Label) -> str:
    """What a label says whatever its copy, as sixteen hex digits: two prints that differ here are not the same label.

    Fields without a value do not count, so that a field added later leaves the stickers of today as they are.
    """
    said = {name: value for name, value in asdict(replace(label, code=replace(label.code, copy=1))).items() if value}
    return hashlib.sha256(json.dumps(said, sort_keys=True, default=str).encode()).hexdigest()[:16]


@dataclass(frozen=True, slots=True)
class AcceptanceRow:
    """One phone that the installer ticks off."""

    seat: str
    extension: Extension | None
    numbers: tuple[Did, ...] = ()
    model: str | None = None
    mac: Mac | None = None
    base: str | None = None
    slot: int | None = None


@dataclass(frozen=True, slots=True)
class AcceptanceSite:
    """One address of the customer, and the phones that go there in the order of the workbook."""

    name: str
    rows: tuple[AcceptanceRow, ...]


@dataclass(frozen=True, slots=True)
class AcceptanceSheet:
    """What goes in the carton and to the customer's file: one part per site."""

    customer: str
    order: str
    stack: str
    made_on: date
    sites: tuple[AcceptanceSite, ...]


def kind_of(label: Label) -> Kind:
    """The kind that a label's type has; the one in its code must agree."""
    return _KINDS[type(label)]


def bar_text(label: Label) -> str | None:
    """What the Code 128 of a label holds: a MAC's twelve capital digits, a serial, or nothing.

    Twelve digits without colons, because makers print them so and a shorter code reads from further.
    """
    if isinstance(label, ApplianceLabel):
        return label.serial
    mac = None if isinstance(label, PortLabel | FirmwareLabel) else label.mac
    return mac.replace(":", "").upper() if mac else None


def codes_on(label: Label) -> tuple[str, ...]:
    """Every code that a reader must find on a label: the QR code first, then the Code 128 if there is one."""
    bar = bar_text(label)
    return (str(label.code),) if bar is None else (str(label.code), bar)


def label_name(label: Label) -> str:
    """How a person calls this label: `8001 Accueil`, `SN0042`, `port 1`."""
    match label:
        case ApplianceLabel():
            return label.serial
        case PortLabel():
            return f"port {label.port}"
        case BaseLabel():
            return label.name
        case FirmwareLabel():
            return f"{label.software} {label.equipment}"
        case _:
            return f"{label.extension or ''} {label.name}".strip()


_WORD = r"[A-Za-z0-9._-]{1,64}"
_CODE = re.compile(rf"S1:(?P<order>{_WORD}):(?P<kind>{'|'.join(KINDS)}):(?P<item>{_WORD}):(?P<copy>[1-9][0-9]{{0,5}})")
_KINDS: Mapping[type, Kind] = {
    HandsetLabel: "handset",
    BaseLabel: "base",
    CartonLabel: "carton",
    ApplianceLabel: "appliance",
    PortLabel: "port",
    FirmwareLabel: "firmware",
}
