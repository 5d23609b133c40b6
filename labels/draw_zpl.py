"""How do boxes become ZPL, the language of Zebra printers? Dots instead of millimetres, nothing unescaped.

A name may hold anything, even `^XZ` or `~JR`, which would end the label or restart the printer. Therefore
every byte of data outside plain letters, digits and harmless signs goes as `_HH`, announced by `^FH_`.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Literal

from labels.codes import qr_matrix
from labels.layout import ASCENT, BAR_QUIET, Box, CodeBox, TextBox
from labels.sheet import NO_OFFSET, Offset, Sheet

Dpi = Literal[203, 300]

# Source: makers' data sheets; their "203 dpi" is 8 dots a millimetre and "300 dpi" 11.8.
_DOTS_PER_MM: dict[Dpi, float] = {203: 8.0, 300: 11.8}


def dots_per_mm(dpi: Dpi) -> float:
    """The printer's dots in a millimetre, as Zebra rounds them."""
    return _DOTS_PER_MM[dpi]


def draw_zpl(labels: Sequence[Sequence[Box]], sheet: Sheet, *, dpi: Dpi = 203, offset: Offset = NO_OFFSET) -> bytes:
    """One `^XA … ^XZ` for each label; UTF-8 announced by `^CI28`. sheet: the roll; offset in millimetres."""
    dots = _DOTS_PER_MM[dpi]
    head, down = label_head(sheet, dpi=dpi, offset=offset)
    placed = ([replace(box, rect=box.rect.moved(0, down / dots)) for box in boxes] for boxes in labels)
    return "".join(f"{head}\n{''.join(_box(box, dots) for box in boxes)}^XZ\n" for boxes in placed).encode("ascii")


def label_head(sheet: Sheet, *, dpi: Dpi, offset: Offset) -> tuple[str, int]:
    """What begins each label: its size, and how far the picture moves; then the dots by which the fields go further.

    The printer keeps `^LS` and `^LT` from one batch to the next, so every label says both; `^LT` takes at most 120.
    """
    dots = _DOTS_PER_MM[dpi]
    wanted = round(offset.dy_mm * dots)
    top = _bounded(wanted, 120)
    size = f"^PW{round(sheet.page_width_mm * dots)}^LL{round(sheet.page_height_mm * dots)}"
    return f"^XA^CI28{size}^LS{-round(offset.dx_mm * dots)}^LT{top}", wanted - top


def escape_zpl(text: str) -> str:
    """A text for the inside of `^FH_^FD…^FS`: ASCII only, without any byte that ZPL could take for a command."""
    return "".join(chr(byte) if byte in _HARMLESS else f"_{byte:02X}" for byte in text.encode())


def too_dense(box: Box, *, dpi: Dpi) -> bool:
    """Whether whole dots of this printer make a code narrower than readers take: 0.25 mm for QR, 0.16 for bars."""
    if isinstance(box, TextBox):
        return False
    dots = _DOTS_PER_MM[dpi]
    return _module_dots(box, dots) / dots < (0.25 if box.symbology == "qr" else 0.16)


_HARMLESS = frozenset(range(0x20, 0x7F)) - frozenset(b"^~_\\")


def _bounded(value: int, most: int) -> int:
    return max(-most, min(most, value))


def _box(box: Box, dots: float) -> str:
    if isinstance(box, TextBox):
        return "".join(_line(box, line, y, dots) for line, y in box.baselines())
    return _qr(box, dots) if box.symbology == "qr" else _bar(box, dots)


def _line(box: TextBox, line: str, baseline: float, dots: float) -> str:
    """One line in the printer's scalable font, in a block as wide as the box so that alignment holds."""
    # Font 0 stands as high as its size; three quarters of our size gives capitals of the same height, and its
    # condensed letters then stay narrower than DejaVu's, which were measured.
    size = max(10, round(box.size_mm * 0.98 * dots))
    x, width = round(box.rect.x * dots), round(box.rect.width * dots)
    y = round((baseline - box.size_mm * (ASCENT - 0.17)) * dots)
    justify = {"left": "L", "centre": "C", "right": "R"}[box.align]
    return f"^FO{x},{max(0, y)}^A0N,{size},{round(size * 0.9)}^FB{width},1,0,{justify}^FH_^FD{escape_zpl(line)}^FS\n"


def _qr(box: CodeBox, dots: float) -> str:
    """`^BQ` takes a whole number of dots per square, 1 to 10; `M` is our level of correction, `A` automatic input."""
    magnification = _bounded(_module_dots(box, dots), 10)
    side = len(qr_matrix(box.text)) * magnification
    x = round((box.rect.x + box.rect.width / 2) * dots - side / 2)
    y = round((box.rect.y + box.rect.height / 2) * dots - side / 2)
    return f"^FO{max(0, x)},{max(0, y)}^BQN,2,{magnification}^FH_^FDMA,{escape_zpl(box.text)}^FS\n"


def _bar(box: CodeBox, dots: float) -> str:
    """`^BC` without letters under it, which the layout places itself."""
    module = _module_dots(box, dots)
    width = _bar_modules(box.text) * module
    x = round((box.rect.x + box.rect.width / 2) * dots - width / 2)
    height = round(box.rect.height * dots)
    return f"^FO{max(0, x)},{round(box.rect.y * dots)}^BY{module}^BCN,{height},N,N,N^FH_^FD{escape_zpl(box.text)}^FS\n"


def _module_dots(box: CodeBox, dots: float) -> int:
    """Whole dots for a module, so that the code and its white stay in the box; 0 when even one is too wide."""
    if box.symbology == "qr":
        return int(box.module_mm * dots)
    return min(int(box.module_mm * dots), int(box.rect.width * dots / (_bar_modules(box.text) + 2 * BAR_QUIET)))


def _bar_modules(text: str) -> int:
    """Modules of a Code 128 that stays in subset B, as the printer's does: it does not pack pairs of digits."""
    return 11 * (len(text) + 2) + 13
