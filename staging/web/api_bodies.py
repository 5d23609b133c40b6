"""What does the API take? One frozen value per JSON body; the OpenAPI document is made of them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class NewOrder:
    """Body of POST /orders."""

    customer: str
    siret: str
    stack: str
    serial: str | None = None
    extensions: str | None = None
    main_to: str | None = None
    final_address: str | None = None


@dataclass(frozen=True, slots=True)
class Approval:
    """Body of POST …/apply. expect: the fingerprint of the changes that were shown.

    overwrite: also what somebody changed on the stack since is set back to what the plan says.
    """

    expect: str
    forced: bool = False
    overwrite: bool = False


@dataclass(frozen=True, slots=True)
class NewSerial:
    """Body of PUT …/serial."""

    serial: str


@dataclass(frozen=True, slots=True)
class NewAddress:
    """Body of PUT …/address."""

    address: str


@dataclass(frozen=True, slots=True)
class NewScan:
    """Body of POST …/scans. seat: key of the phone wanted, none for the next one of its model."""

    mac: str
    seat: str | None = None


@dataclass(frozen=True, slots=True)
class StationScan:
    """Body of POST …/station. seat: what the answer before gave; printer: print the phone's label there."""

    code: str
    seat: str | None = None
    printer: str | None = None


@dataclass(frozen=True, slots=True)
class FirmwareNote:
    """Body of POST …/firmware. on: the day as YYYY-MM-DD, today when left out."""

    equipment: str
    software: str
    serial: str | None = None
    on: str | None = None


@dataclass(frozen=True, slots=True)
class PrintRequest:
    """Body of POST …/labels/print. kinds, items: only those; all when empty. first: from this label on.

    sheet: number of a sheet that was begun and lies in the printer first.
    """

    printer: str
    kinds: tuple[str, ...] = ()
    items: tuple[str, ...] = ()
    start_cell: int = 1
    first: int = 1
    sheet: int | None = None


@dataclass(frozen=True, slots=True)
class PackScan:
    """Body of POST …/pack. before: what the answer before gave as `waiting`."""

    code: str
    before: str | None = None


@dataclass(frozen=True, slots=True)
class NewAppliance:
    """Body of POST /appliances."""

    serial: str
    model: str
    customer: str | None = None
    suite: Literal["bookworm", "trixie"] = "bookworm"


@dataclass(frozen=True, slots=True)
class RegisteredFacts:
    """Body of PUT /appliances/{serial}: what it was registered as, in place of what was said before."""

    model: str
    customer: str | None = None
    suite: Literal["bookworm", "trixie"] = "bookworm"


@dataclass(frozen=True, slots=True)
class RearmReason:
    """Body of POST …/ask-rearm: why a shipped box shall be armed again; an administrator arms it within a day."""

    reason: str


@dataclass(frozen=True, slots=True)
class Ticks:
    """Body of PUT …/checklist: true or false by point."""

    points: Mapping[str, bool]


@dataclass(frozen=True, slots=True)
class Arming:
    """Body of POST …/arm. again: the serial once more, for a box that was shipped.

    restage: its disk may be wiped although something stands on it.
    """

    reason: str = ""
    again: str = ""
    restage: bool = False
