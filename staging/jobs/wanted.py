"""Which phones does a plan ask for? Seats gathered by the device that carries them."""

from numbering.plan import NumberingPlan, Seat, SeatLine
from staging.core.words import Extension
from staging.phones.match import WantedPhone


def wanted_phones(plan: NumberingPlan) -> tuple[WantedPhone, ...]:
    """One entry per device in the order of the workbook; a DECT base stands where its first handset does.

    Applications ask for nothing. The key is a base's name, or the extension of any other phone.
    """
    found: dict[str, WantedPhone] = {}
    for seat, line in _with_plug(plan):
        key = wanted_key(seat, line)
        earlier = found.get(key)
        seats = (*earlier.seats, seat.extension) if earlier else (seat.extension,)
        mac = (earlier.mac if earlier else None) or line.mac
        found[key] = WantedPhone(key, line.model or "", mac, tuple(e for e in seats if e is not None))
    return tuple(found.values())


def wanted_key(seat: Seat, line: SeatLine) -> str:
    """What names the device of a line: `base-1` for a handset of base 1, else the seat's extension."""
    return f"base-{line.base}" if line.kind == "dect" else str(seat.extension or Extension(""))


def _with_plug(plan: NumberingPlan) -> list[tuple[Seat, SeatLine]]:
    pairs = [(seat, line) for seat in plan.seats for line in seat.lines if line.kind != "app" and seat.extension]
    # Slots count: a base's first seat must be its first slot, whatever the order of the rows.
    bases = {key: index for index, key in reversed(list(enumerate(wanted_key(*pair) for pair in pairs)))}
    return sorted(pairs, key=lambda pair: (bases[wanted_key(*pair)], pair[1].position))
