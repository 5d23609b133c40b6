"""Is the right roll in the printer? What it says is loaded, beside what the labels were laid out for."""

import math
from dataclasses import dataclass

from labels.sheet import Sheet
from staging.core.faults import Fault

TOLERANCE_MM = 3.0
"""A printer measures its labels with the gap between them, of two to three millimetres."""


@dataclass(frozen=True, slots=True)
class Media:
    """What a printer says of its stock; what it does not say is None. length_mm 0: endless.

    dpi: dots per inch of its head.
    """

    width_mm: float | None = None
    length_mm: float | None = None
    dpi: int | None = None


def wrong_roll(loaded: tuple[Media, ...], stock: Sheet, *, dpi: int, printer: str) -> Fault | None:
    """Why nothing should be sent to a printer that says this of itself; None when all is well or nothing is known.

    loaded: of each of its trays; one that fits is enough. dpi: the one that the labels were drawn for.
    """
    if not loaded:
        return None
    other = next((one.dpi for one in loaded if one.dpi is not None and not _same_head(one.dpi, dpi)), None)
    if other is not None:
        return Fault("printer-other-dpi", facts={"printer": printer, "loaded": other, "wanted": dpi})
    if any(_fits(one, stock) for one in loaded):
        return None
    facts = {
        "printer": printer,
        "loaded": ", ".join(dict.fromkeys(_words(one) for one in loaded)),
        "wanted": f"{stock.page_width_mm:g} × {stock.page_height_mm:g} mm",
        "sheet": stock.name,
    }
    return Fault("printer-wrong-roll", facts=facts)


def _same_head(said: int, wanted: int) -> bool:
    # Makers round: a "300 dpi" head has 11.8 or 12 dots a millimetre.
    return math.isclose(said, wanted, rel_tol=0.03)


def _fits(loaded: Media, stock: Sheet) -> bool:
    sides = (stock.page_width_mm, stock.page_height_mm)
    return _holds(loaded, *sides) or (loaded.width_mm is not None and _holds(loaded, *reversed(sides)))


def _holds(loaded: Media, width_mm: float, length_mm: float) -> bool:
    width = loaded.width_mm is None or abs(loaded.width_mm - width_mm) <= TOLERANCE_MM
    length = not loaded.length_mm or abs(loaded.length_mm - length_mm) <= TOLERANCE_MM
    return width and length


def _words(media: Media) -> str:
    width, length = ("?" if side is None else f"{side:g}" for side in (media.width_mm, media.length_mm))
    return f"{width} × {'∞' if media.length_mm == 0 else length} mm"
