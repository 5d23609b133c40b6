"""Which labels and sheets does an order need? Plan and paired phones become stickers, read back before use.

What draws is imported where it is asked for: page layout and code readers are half of what any command would load.
"""

import hashlib
import re
import tomllib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

from labels.design import Design, Designs, read_designs
from labels.label import (
    AcceptanceRow,
    AcceptanceSheet,
    AcceptanceSite,
    ApplianceLabel,
    BaseLabel,
    BaseSlot,
    BenchPlace,
    CartonLabel,
    FirmwareLabel,
    HandsetLabel,
    Label,
    LabelCode,
    PortLabel,
    PortUse,
    label_content,
)
from labels.sheet import NO_OFFSET, Offset, Rect, Sheet, find_sheet, sheets
from numbering.plan import NumberingPlan, Seat, SeatLine
from staging.core.clock import Clock
from staging.core.faults import Fault, LabelRefused, Where
from staging.core.words import Extension, Language, Mac, Serial
from staging.jobs.job import Order
from staging.jobs.records import FirmwareNote, PlanVersion
from staging.phones.match import wanted_key, wanted_phones
from staging.phones.ports import BenchPort, bench_ports

if TYPE_CHECKING:
    from labels.draw_zpl import Dpi

ROLL = "roll-100x50"
"""The sheet on which labels are checked before anybody chose a printer."""

Copies = Mapping[tuple[str, str], int]

_LONGEST_BASE = 40
"""Letters of a base's name in its code, which has room for 64 with what stands around them."""


@dataclass(frozen=True, slots=True)
class Standing:
    """Where an order is. address: of its engine, for the appliance's sticker; ports: sockets of the bench switch."""

    address: str
    ports: tuple[int, ...]


class PaperShop:
    """Makes the labels of orders. standing_of: where an order's engine and phones stand.

    designs: folder of the house's own designs, `designs.toml`, and of single customers, `<SIRET>.toml`; the latter go
    first.
    """

    def __init__(
        self,
        clock: Clock,
        *,
        standing_of: Callable[[Order], Standing],
        language: Language = "fr",
        designs: Path | None = None,
    ) -> None:
        self._clock = clock
        self.standing_of = standing_of
        self._language: Language = language
        self._designs = designs

    def labels(
        self,
        order: Order,
        version: PlanVersion,
        macs: Mapping[str, Mac],
        *,
        copies: Copies | None = None,
        firmware: Sequence[FirmwareNote] = (),
    ) -> tuple[Label, ...]:
        """Every label of an order: handsets, bases, cartons, appliance, ports, firmware.

        copies: the copy of each, 1 if none.
        """
        made = self._make(order, version.plan, macs, firmware)
        return tuple(as_copy(label, copies) for label in made) if copies else made

    def _make(
        self, order: Order, plan: NumberingPlan, macs: Mapping[str, Mac], firmware: Sequence[FirmwareNote]
    ) -> tuple[Label, ...]:
        standing = self.standing_of(order)
        press = _Press(order, bench_ports((wanted.key for wanted in wanted_phones(plan)), standing.ports))
        return (
            *press.handsets(plan, macs),
            *press.bases(plan, macs),
            *press.cartons(plan, macs),
            *(press.appliance(order.serial, standing.address, self._language) if order.serial else ()),
            *press.firmware(firmware),
        )

    def own_designs(self, order: Order | None) -> Designs:
        """The designs of the order's customer and the house. Raises SettingsRefused for a file that is malformed."""
        if self._designs is None:
            return ()
        names = [f"{order.siret}.toml"] if order else []
        found = [file for name in (*names, "designs.toml") if (file := self._designs / name).is_file()]
        kinds: set[str] = set()
        chosen: list[Design] = []
        for file in found:
            read = read_designs(file)
            chosen += [design for design in read if design.kind not in kinds]
            kinds |= {design.kind for design in read}
        return tuple(chosen)

    def check(self, order: Order, version: PlanVersion, macs: Mapping[str, Mac]) -> Mapping[tuple[str, str], str]:
        """Draw and read back every label; gives what each (kind, item) says. Raises LabelRefused naming those at fault.

        What it says: `label_content`.
        """
        made = self.labels(order, version, macs)
        self.pdf(made, sheet=ROLL, own=self.own_designs(order))
        return {(label.code.kind, label.code.item): label_content(label) for label in made}

    def pdf(
        self,
        made: Sequence[Label],
        *,
        sheet: str,
        start_cell: int = 1,
        used: frozenset[int] = frozenset(),
        offset: Offset = NO_OFFSET,
        own: Designs = (),
    ) -> bytes:
        """The labels on a sheet, drawn and read back."""
        from labels.offer import offer_pdf

        return offer_pdf(
            made, _sheet(sheet), start_cell=start_cell, used=used, offset=offset, lang=self._language, own=own
        )

    def zpl(
        self, made: Sequence[Label], *, sheet: str, dpi: "Dpi", offset: Offset = NO_OFFSET, own: Designs = ()
    ) -> bytes:
        """The labels for a roll in a printer that speaks ZPL, checked as the PDF is."""
        from labels.offer import offer_zpl

        return offer_zpl(made, _sheet(sheet), dpi=dpi, offset=offset, lang=self._language, own=own)

    def brother(self, made: Sequence[Label], *, sheet: str, offset: Offset = NO_OFFSET, own: Designs = ()) -> bytes:
        """The labels as the dots of a Brother QL, checked as the PDF is."""
        from labels.offer import offer_brother

        return offer_brother(made, _sheet(sheet), offset=offset, lang=self._language, own=own)

    def png(self, label: Label, *, sheet: str, dpi: int = 200, own: Designs = ()) -> bytes:
        """One label as a picture for a screen, as it would stand on this sheet."""
        from labels.offer import offer_pdf
        from labels.picture import first_page_png

        cell = _sheet(sheet).first
        alone = Sheet(
            sheet, cell.width, cell.height, 1, 1, Rect(0, 0, cell.width, cell.height), cell.width, cell.height
        )
        return first_page_png(offer_pdf([label], alone, lang=self._language, own=own), dpi=dpi)

    def acceptance_sheet(self, order: Order, version: PlanVersion, macs: Mapping[str, Mac]) -> bytes:
        """One page per site: what the installer ticks."""
        from labels.acceptance import draw_acceptance

        plan = version.plan
        sites = list(dict.fromkeys(seat.site for seat in plan.seats))
        sheet = AcceptanceSheet(
            customer=order.customer,
            order=order.id,
            stack=order.stack,
            made_on=_day(self._clock),
            sites=tuple(
                AcceptanceSite(
                    site or order.customer, tuple(_rows((seat for seat in plan.seats if seat.site == site), macs))
                )
                for site in sites
            ),
        )
        return draw_acceptance(sheet, lang=self._language)


def _sheet(name: str) -> Sheet:
    found = find_sheet(name)
    if found is None:
        raise LabelRefused(Fault("no-such-sheet", Where("labels"), {"sheet": name, "known": ", ".join(sheets())}))
    return found


def base_item(name: str) -> str:
    """A base's name as it may stand in a code: letters, digits and hyphens, apart from every other base's."""
    plain = re.sub(r"[^A-Za-z0-9._-]", "-", name)
    # A changed letter or a cut could make two names one; four digits of the real name keep them apart.
    return (
        f"base-{plain}"
        if plain == name and len(plain) <= _LONGEST_BASE
        else f"base-{plain[:_LONGEST_BASE]}-{hashlib.sha256(name.encode()).hexdigest()[:4]}"
    )


def as_copy(label: Label, copies: Copies) -> Label:
    """The label under the copy that stands there for it, 1 if none."""
    copy = copies.get((label.code.kind, label.code.item), 1)
    return label if copy == label.code.copy else replace(label, code=replace(label.code, copy=copy))


class _Press:
    def __init__(self, order: Order, ports: Mapping[str, BenchPort]) -> None:
        self._order = order
        self._ports = ports

    def handsets(self, plan: NumberingPlan, macs: Mapping[str, Mac]) -> list[HandsetLabel]:
        return [
            HandsetLabel(
                name=seat.name,
                extension=_extension(seat),
                site=seat.site,
                code=self._code("handset", _extension(seat)),
                caption=_caption(seat.name),
                mac=macs.get(wanted_key(seat, line)) if line.kind != "dect" else None,
                base=line.base,
                slot=line.position if line.kind == "dect" else None,
                bench=self._bench(wanted_key(seat, line)) if line.kind != "dect" else None,
            )
            for seat, line in _phones(plan)
        ]

    def bases(self, plan: NumberingPlan, macs: Mapping[str, Mac]) -> list[BaseLabel]:
        found: dict[str, list[tuple[Seat, SeatLine]]] = {}
        for seat, line in _phones(plan):
            if line.kind == "dect":
                found.setdefault(wanted_key(seat, line), []).append((seat, line))
        return [
            BaseLabel(
                name=f"{line.model} {line.base}",
                site=seats[0][0].site,
                mac=macs[key],
                code=self._code("base", base_item(line.base or "")),
                slots=tuple(BaseSlot(one.position, _extension(seat), seat.name) for seat, one in seats),
                bench=self._bench(key),
            )
            for key, seats in found.items()
            if (line := seats[0][1]) and key in macs
        ]

    def cartons(self, plan: NumberingPlan, macs: Mapping[str, Mac]) -> list[CartonLabel]:
        phones = _phones(plan)
        of = Counter(seat.site for seat, _ in phones)
        n: Counter[str] = Counter()
        made = []
        for seat, line in phones:
            n[seat.site] += 1
            made.append(
                CartonLabel(
                    name=seat.name,
                    extension=_extension(seat),
                    site=seat.site,
                    model=line.model or "–",
                    order=self._order.id,
                    n=n[seat.site],
                    of=of[seat.site],
                    code=self._code("carton", _extension(seat)),
                    mac=macs.get(wanted_key(seat, line)) if line.kind != "dect" else None,
                )
            )
        return made

    def appliance(self, serial: Serial, address: str, lang: Language) -> list[Label]:
        ports = _ports(lang)
        box = ApplianceLabel(
            customer=self._order.customer,
            stack=self._order.stack,
            address=address,
            serial=serial,
            ports=ports,
            code=self._code("appliance", serial),
        )
        # A code has room for 64 letters, which the longest serial takes alone; an order has one box.
        item = serial[:_LONGEST_BASE]
        return [box, *(PortLabel(use.port, use.meaning, self._code("port", f"{item}.{use.port}")) for use in ports)]

    def firmware(self, notes: Sequence[FirmwareNote]) -> list[FirmwareLabel]:
        return [
            FirmwareLabel(
                note.equipment, note.software, note.applied_on, self._code("firmware", note.item), serial=note.serial
            )
            for note in notes
        ]

    def _bench(self, key: str) -> BenchPlace | None:
        place = self._ports.get(key)
        return BenchPlace(place.port, place.batch) if place else None

    def _code(self, kind: str, item: str) -> LabelCode:
        return LabelCode(self._order.id, kind, item)  # type: ignore[arg-type]  # the kinds are written out above


def _phones(plan: NumberingPlan) -> list[tuple[Seat, SeatLine]]:
    """Seats with a phone or handset to put a sticker on, in the order of the workbook."""
    return [(seat, line) for seat in plan.seats for line in seat.lines if line.kind != "app" and seat.extension]


def _caption(name: str) -> str | None:
    """What the phone's screen shows, where that is not the name: `desired_state` gives the stack no quotation mark."""
    shown = name.replace('"', "")
    return shown if shown != name else None


def _extension(seat: Seat) -> Extension:
    return seat.extension or Extension("")


def _rows(seats: Iterable[Seat], macs: Mapping[str, Mac]) -> Iterator[AcceptanceRow]:
    for seat in seats:
        line = next((one for one in seat.lines if one.kind != "app"), None)
        yield AcceptanceRow(
            seat=seat.name,
            extension=seat.extension,
            numbers=seat.numbers,
            model=line.model if line else None,
            mac=macs.get(wanted_key(seat, line)) if line else None,
            base=line.base if line else None,
            slot=line.position if line and line.kind == "dect" else None,
        )


def _ports(lang: Language) -> tuple[PortUse, ...]:
    text = files("staging.adapters").joinpath("ports.toml").read_text("utf-8")
    return tuple(PortUse(one["port"], one[lang]) for one in tomllib.loads(text)["port"])


def _day(clock: Clock) -> date:
    """Today where this machine stands: a sheet printed at half past midnight bears the new day."""
    return clock.now().astimezone().date()
