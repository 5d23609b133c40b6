"""Which labels and sheets does an order need? Plan and paired phones become stickers, read back before use."""

import hashlib
import re
import tomllib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date
from importlib.resources import files

from labels.draw_zpl import Dpi
from labels.label import (
    AcceptanceRow,
    AcceptanceSheet,
    AcceptanceSite,
    ApplianceLabel,
    BaseLabel,
    BaseSlot,
    CartonLabel,
    HandsetLabel,
    Label,
    LabelCode,
    PortLabel,
    PortUse,
    label_content,
)
from labels.offer import offer_pdf, offer_zpl
from labels.sheet import NO_OFFSET, Offset, Sheet, find_sheet, sheets
from numbering.plan import NumberingPlan, Seat, SeatLine
from staging.core.clock import Clock
from staging.core.faults import Fault, LabelRefused, Where
from staging.core.words import Extension, Language, Mac, Serial
from staging.jobs.job import Order
from staging.jobs.records import PlanVersion
from staging.phones.match import wanted_key

ROLL = "roll-100x50"
"""The sheet on which labels are checked before anybody chose a printer."""

Copies = Mapping[tuple[str, str], int]

_LONGEST_BASE = 40
"""Letters of a base's name in its code, which has room for 64 with what stands around them."""


class PaperShop:
    """Makes the labels of orders. address_of: where an order's engine will stand, for the appliance's sticker."""

    def __init__(self, clock: Clock, *, address_of: Callable[[Order], str], language: Language = "fr") -> None:
        self._clock = clock
        self._address_of = address_of
        self._language: Language = language

    def labels(
        self, order: Order, version: PlanVersion, macs: Mapping[str, Mac], *, copies: Copies | None = None
    ) -> tuple[Label, ...]:
        """Every label of an order: handsets, bases, cartons, appliance, ports. copies: the copy of each, 1 if none."""
        press = _Press(order, copies or {})
        plan = version.plan
        return (
            *press.handsets(plan, macs),
            *press.bases(plan, macs),
            *press.cartons(plan, macs),
            *(press.appliance(order.serial, self._address_of(order), self._language) if order.serial else ()),
        )

    def check(self, order: Order, version: PlanVersion, macs: Mapping[str, Mac]) -> Mapping[tuple[str, str], str]:
        """Draw and read back every label; gives what each (kind, item) says. Raises LabelRefused naming those at fault.

        What it says: `label_content`.
        """
        made = self.labels(order, version, macs)
        self.pdf(made, sheet=ROLL)
        return {(label.code.kind, label.code.item): label_content(label) for label in made}

    def pdf(self, made: Sequence[Label], *, sheet: str, start_cell: int = 1, offset: Offset = NO_OFFSET) -> bytes:
        """The labels on a sheet, drawn and read back."""
        return offer_pdf(made, _sheet(sheet), start_cell=start_cell, offset=offset, lang=self._language)

    def zpl(self, made: Sequence[Label], *, sheet: str, dpi: Dpi, offset: Offset = NO_OFFSET) -> bytes:
        """The labels for a roll in a printer that speaks ZPL, checked as the PDF is."""
        return offer_zpl(made, _sheet(sheet), dpi=dpi, offset=offset, lang=self._language)

    def acceptance_sheet(self, order: Order, version: PlanVersion, macs: Mapping[str, Mac]) -> bytes:
        """One page per site: what the installer ticks."""
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
        # Its page layout is half of what a command would load, and no command but one draws it.
        from labels.acceptance import draw_acceptance

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


class _Press:
    def __init__(self, order: Order, copies: Copies) -> None:
        self._order = order
        self._copies = copies

    def handsets(self, plan: NumberingPlan, macs: Mapping[str, Mac]) -> list[HandsetLabel]:
        return [
            HandsetLabel(
                name=seat.name,
                extension=_extension(seat),
                site=seat.site,
                code=self._code("handset", _extension(seat)),
                mac=macs.get(wanted_key(seat, line)) if line.kind != "dect" else None,
                base=line.base,
                slot=line.position if line.kind == "dect" else None,
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
        return [box, *(PortLabel(use.port, use.meaning, self._code("port", f"{serial}.{use.port}")) for use in ports)]

    def _code(self, kind: str, item: str) -> LabelCode:
        return LabelCode(self._order.id, kind, item, self._copies.get((kind, item), 1))  # type: ignore[arg-type]  # the five kinds are written out above


def _phones(plan: NumberingPlan) -> list[tuple[Seat, SeatLine]]:
    """Seats with a phone or handset to put a sticker on, in the order of the workbook."""
    return [(seat, line) for seat in plan.seats for line in seat.lines if line.kind != "app" and seat.extension]


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
