"""How wide is a text, and can the font draw it? The `Ruler` of layout.py, from the font that ships with us."""

from functools import cache
from importlib.resources import as_file, files

from reportlab.pdfbase.pdfmetrics import registerFont, stringWidth
from reportlab.pdfbase.ttfonts import TTFont

from labels.codes import bar_runs, qr_matrix
from labels.layout import Ruler

REGULAR = "DejaVuSansCondensed"
BOLD = "DejaVuSansCondensed-Bold"


class FontRuler:
    """Measures with DejaVu Sans Condensed: all of Latin, Greek and Cyrillic, under a free licence."""

    def __init__(self) -> None:
        self._glyphs = {name: _load(name) for name in (REGULAR, BOLD)}

    def text_width(self, text: str, *, bold: bool) -> float:
        """Width in units of the text's size."""
        return float(stringWidth(text, font_name(bold=bold), 1))

    def lacks(self, text: str, *, bold: bool) -> str:
        """The characters that the font has no glyph for."""
        known = self._glyphs[font_name(bold=bold)]
        return "".join(char for char in text if ord(char) not in known)

    def qr_modules(self, text: str) -> int:
        """Squares along one side."""
        return len(qr_matrix(text))

    def bar_modules(self, text: str) -> int:
        """Modules from the first bar to the last."""
        return sum(bar_runs(text))


@cache
def font_ruler() -> Ruler:
    """The one ruler of this process: reading two font files takes a moment."""
    return FontRuler()


def font_name(*, bold: bool) -> str:
    """The name under which the font stands in a PDF."""
    return BOLD if bold else REGULAR


def _load(name: str) -> frozenset[int]:
    with as_file(files("labels").joinpath("fonts", f"{name}.ttf")) as path:
        font = TTFont(name, str(path))
    registerFont(font)
    return frozenset(font.face.charToGlyph)
