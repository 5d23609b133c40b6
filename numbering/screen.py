"""How is a reading shown on a terminal? The counts, the seats, then one line for each fault."""

from collections.abc import Iterator, Sequence
from itertools import chain

from numbering.plan import NumberingPlan, Seat, SeatLine
from numbering.read import Reading
from staging.core.faults import Fault
from staging.core.messages import explain, say
from staging.core.words import Language

_WIDEST = 34


def reading_lines(reading: Reading, lang: Language) -> Iterator[str]:
    """The screen for a reading, line by line; of a workbook that was refused whole, only its fault."""
    plan = reading.plan
    if plan is not None:
        yield from (reading.workbook, *_summary(plan, lang), "")
        yield from _table(plan.seats, lang)
        if reading.faults:
            yield ""
    yield from (_fault_line(fault, lang) for fault in reading.faults)
    if plan is not None:
        errors = sum(fault.severity == "error" for fault in reading.faults)
        verdict = "plan-is-good" if not errors else "plan-has-errors"
        yield from ("", say(verdict, lang, errors=errors, warnings=len(reading.faults) - errors))


def _summary(plan: NumberingPlan, lang: Language) -> Iterator[str]:
    counts = plan.summary
    yield say(
        "plan-rows",
        lang,
        rows=counts.rows,
        seats=counts.seats,
        merged=counts.merged,
        sections=counts.sections,
        ignored=counts.ignored,
        refused=counts.refused,
    )
    yield say(
        "plan-counts",
        lang,
        phones=counts.phones,
        bases=counts.dect_bases,
        softphones=counts.softphones,
        numbers=counts.numbers,
        wanted=counts.numbers_wanted,
    )
    main = say("plan-main-wanted", lang) if plan.main_number == "to-create" else plan.main_number
    yield say("plan-numbers", lang, main=main or say("plan-main-absent", lang), range=plan.extension_range)


def _table(seats: Sequence[Seat], lang: Language) -> Iterator[str]:
    if not seats:
        yield say("plan-no-seat", lang)
        return
    head = [say(f"plan-head-{name}", lang) for name in ("extension", "name", "site", "profile", "device", "numbers")]
    widths = [len(cell) for cell in head]
    # The cells of a seat are made twice: a large plan's would fill more memory than the plan.
    for seat in seats:
        widths = [max(width, len(cell)) for width, cell in zip(widths, _seat_cells(seat, lang), strict=True)]
    for cells in chain([head], (_seat_cells(seat, lang) for seat in seats)):
        yield "  ".join(cell.ljust(width) for cell, width in zip(cells, widths, strict=True)).rstrip()


def _seat_cells(seat: Seat, lang: Language) -> list[str]:
    numbers = [*seat.numbers[:2], *(["…"] if len(seat.numbers) > 2 else [])]
    if seat.number_wanted:
        numbers.append(say("plan-number-wanted", lang))
    cells = [
        (seat.extension or "—") + ("" if seat.extension_given or not seat.extension else " *"),
        seat.name,
        seat.site,
        seat.profile or "—",
        " + ".join(_line_text(line, lang) for line in seat.lines) or "—",
        " ".join(numbers),
    ]
    return [_printable(cell) for cell in cells]


def _line_text(line: SeatLine, lang: Language) -> str:
    if line.kind == "app":
        return say("plan-application", lang)
    if line.kind == "dect":
        return say("plan-handset", lang, model=line.model, base=line.base, slot=line.position)
    return f"{line.model}" + (f" (+{line.expansion_modules})" if line.expansion_modules else "")


def _fault_line(fault: Fault, lang: Language) -> str:
    message = explain(fault, lang)
    place = f"{fault.at.sheet}!{fault.at.cell}" if fault.at.cell else fault.at.source
    text = f"{say(f'severity-{fault.severity}', lang)} {place} {fault.code}: {message.text} {message.hint}"
    return "".join(letter if letter.isprintable() else " " for letter in text).rstrip()


def _printable(text: str) -> str:
    """On one line and free of control codes: a name must not command the terminal."""
    shown = "".join(letter if letter.isprintable() else "�" for letter in text)
    return shown if len(shown) <= _WIDEST else shown[: _WIDEST - 1] + "…"
