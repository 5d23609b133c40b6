"""Where on a label does each thing stand, and how large? Label and cell to boxes in millimetres.

Text shrinks, then wraps; when even the smallest readable size does not fit, that is a fault: nothing is
cut in silence. Widths are measured through a `Ruler`, so that this file draws nothing and loads no font.
"""

import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from labels.design import CodeSpec, Designs, ListSpec, Spec, TextSpec, design_for
from labels.label import Label, bar_text, kind_of, label_name
from labels.sheet import Rect
from labels.wording import words_on
from staging.core.faults import Fault, Where
from staging.core.words import Language

LINE_HEIGHT = 1.17
"""Height of a line of text, in units of its size; DejaVu's ascent and descent are 0.93 and 0.24."""

ASCENT = 0.93
QR_QUIET = 4
"""Modules of white around a QR code. Source: ISO/IEC 18004."""
BAR_QUIET = 10
"""Modules of white left and right of a Code 128. Source: ISO/IEC 15417."""

DOT_MM = 25.4 / 300
"""Bars are whole dots of a 300 dpi printer (two at 600) wide. In between, a printer draws some wider than others,
and of bars near 0.2 mm our reader then lost one label in three."""


class Ruler(Protocol):
    """Measures what will be drawn."""

    def text_width(self, text: str, *, bold: bool) -> float:
        """Width of a text in units of its size."""
        ...

    def lacks(self, text: str, *, bold: bool) -> str:
        """The characters of a text that the font cannot draw."""
        ...

    def qr_modules(self, text: str) -> int:
        """Squares along one side of the QR code of a text, without the white around it."""
        ...

    def bar_modules(self, text: str) -> int:
        """Widths of the narrowest bar in the Code 128 of a text, without the white around it."""
        ...


@dataclass(frozen=True, slots=True)
class TextBox:
    """Lines of text, middle of the box's height, at the left, centre or right of it."""

    field: str
    rect: Rect
    lines: tuple[str, ...]
    size_mm: float
    bold: bool
    align: str

    def baselines(self) -> Iterator[tuple[str, float]]:
        """Each line with the y of the foot of its letters."""
        step = self.size_mm * LINE_HEIGHT
        top = self.rect.y + (self.rect.height - step * len(self.lines)) / 2
        for index, line in enumerate(self.lines):
            yield line, top + index * step + self.size_mm * ASCENT


@dataclass(frozen=True, slots=True)
class CodeBox:
    """A QR code or a Code 128 with its white; module_mm: side of a square, width of the narrowest bar."""

    symbology: str
    rect: Rect
    text: str
    module_mm: float


Box = TextBox | CodeBox


@dataclass(frozen=True, slots=True)
class Layout:
    """What to draw; when there are faults, nothing should be."""

    boxes: tuple[Box, ...] = ()
    faults: tuple[Fault, ...] = ()


def lay_out(
    label: Label, *, width_mm: float, height_mm: float, ruler: Ruler, lang: Language, own: Designs = ()
) -> Layout:
    """The boxes of a label in a cell of this size, from the cell's top left corner.

    Takes the roomiest design that the cell can hold, of `own` before those of designs.toml. Faults:
    `label-cell-too-small`, `label-too-long`, `label-code-too-dense`, `missing-glyph`; all of them at once.
    """
    design = design_for(kind_of(label), width_mm, height_mm, own=own)
    if design is None:
        facts = {"kind": kind_of(label), "width": width_mm, "height": height_mm}
        return Layout(faults=(Fault("label-cell-too-small", Where(label_name(label)), facts),))
    words = {field: unicodedata.normalize("NFC", text) for field, text in words_on(label, lang).items()}
    page = _Page(label, words, ruler)
    found: list[Box | Fault] = []
    for spec in design.specs:
        if spec.only is None or (spec.only == "bar") is (bar_text(label) is not None):
            found += page.place(spec, spec.edges.rect(width_mm, height_mm))
    return Layout(
        tuple(item for item in found if not isinstance(item, Fault)),
        tuple(item for item in found if isinstance(item, Fault)),
    )


def fit_text(
    text: str, *, width_mm: float, height_mm: float, largest_mm: float, lines: int, ruler: Ruler, bold: bool
) -> tuple[tuple[str, ...], float]:
    """Break a text into at most `lines` lines so that it is as large as the box allows; lines and size in mm.

    Breaks at spaces and after hyphens only. One more line must pay with letters a seventh larger, since
    a name in one piece is found faster.
    """
    pieces = _pieces(text)
    best: tuple[tuple[str, ...], float] = ((text,), 0.0)
    for count in range(1, min(lines, len(pieces)) + 1):
        broken = _balance(pieces, count, ruler=ruler, bold=bold)
        widest = max(ruler.text_width(line, bold=bold) for line in broken)
        # A hair less than the box, so that rounding never puts the last letter over its edge.
        across = 0.9999 * width_mm / widest if widest else largest_mm
        size = min(largest_mm, 0.9999 * height_mm / (len(broken) * LINE_HEIGHT), across)
        if size > best[1] * _WORTH_A_LINE:
            best = (broken, size)
    return best


def undrawable(text: str, ruler: Ruler, *, bold: bool) -> str:
    """Characters without a glyph, and those that need shaping, which would come out wrong in silence."""
    lacking = set(ruler.lacks(text, bold=bold))
    lacking |= {char for char in text if unicodedata.bidirectional(char) in {"R", "AL", "AN"}}
    lacking |= {char for char in text if unicodedata.category(char) in {"Mn", "Me", "Cc", "Cf", "Cs", "Co"}}
    return "".join(sorted(lacking))


_WORTH_A_LINE = 1.15
_ROUNDING = 1e-6
_COLUMN_GAP_MM = 2.0
_LIST_STEP = 1.4
"""Height of a list's item, in units of its largest size."""

_LONGEST = 200
"""Characters; a longer text is no name, and trying its line breaks would take long."""


@dataclass(frozen=True, slots=True)
class _Page:
    label: Label
    words: Mapping[str, str]
    ruler: Ruler

    def place(self, spec: Spec, rect: Rect) -> list[Box | Fault]:
        match spec:
            case CodeSpec():
                return self._code(spec, rect)
            case TextSpec():
                field = next((field for field in spec.fields if field in self.words), None)
                return [] if field is None else [self._text(field, self.words[field], spec, rect)]
            case ListSpec():
                return self._list(spec, rect)

    def _code(self, spec: CodeSpec, rect: Rect) -> list[Box | Fault]:
        text = str(self.label.code) if spec.symbology == "qr" else bar_text(self.label)
        if text is None:
            return []
        modules, room = self._modules(spec.symbology, text, rect)
        module_mm = min(room / modules, spec.largest_mm)
        if spec.symbology == "bar":
            module_mm = int(module_mm / DOT_MM + _ROUNDING) * DOT_MM
        if module_mm < spec.smallest_mm:
            facts = {"label": label_name(self.label), "text": text, "width": round(rect.width, 1)}
            return [Fault("label-code-too-dense", self._at(spec.symbology), facts)]
        return [CodeBox(spec.symbology, rect, text, module_mm)]

    def _modules(self, symbology: str, text: str, rect: Rect) -> tuple[int, float]:
        if symbology == "qr":
            return self.ruler.qr_modules(text) + 2 * QR_QUIET, min(rect.width, rect.height)
        return self.ruler.bar_modules(text) + 2 * BAR_QUIET, rect.width

    def _text(self, field: str, text: str, spec: TextSpec | ListSpec, rect: Rect) -> Box | Fault:
        if strange := undrawable(text, self.ruler, bold=spec.bold):
            return Fault("missing-glyph", self._at(field), {"text": text, "characters": strange})
        lines, size = ((text,), 0.0) if len(text) > _LONGEST else self._fit(text, spec, rect)
        if size < spec.smallest_mm:
            facts = {"text": text, "length": len(text), "width": round(rect.width, 1)}
            return Fault("label-too-long", self._at(field), facts)
        return TextBox(field, rect, lines, size, spec.bold, spec.align)

    def _fit(self, text: str, spec: TextSpec | ListSpec, rect: Rect) -> tuple[tuple[str, ...], float]:
        return fit_text(
            text,
            width_mm=rect.width,
            height_mm=rect.height,
            largest_mm=spec.largest_mm,
            lines=spec.lines,
            ruler=self.ruler,
            bold=spec.bold,
        )

    def _list(self, spec: ListSpec, rect: Rect) -> list[Box | Fault]:
        long = self._items(f"{spec.list}-", spec, rect, columns=spec.columns)
        if not any(isinstance(item, Fault) and item.code == "label-too-long" for item in long):
            return long
        # Short items are half as wide: so many more columns may stand beside each other.
        return self._items(f"short-{spec.list}-", spec, rect, columns=2 * spec.columns) or long

    def _items(self, prefix: str, spec: ListSpec, rect: Rect, *, columns: int) -> list[Box | Fault]:
        fields = [field for field in self.words if field.startswith(prefix)]
        cells = _grid(rect, len(fields), columns=columns, tallest_mm=spec.largest_mm * _LIST_STEP)
        boxes = [self._text(field, self.words[field], spec, cell) for field, cell in zip(fields, cells, strict=True)]
        return list(_evened(boxes))

    def _at(self, field: str) -> Where:
        return Where(label_name(self.label), field=field)


def _grid(rect: Rect, count: int, *, columns: int, tallest_mm: float) -> list[Rect]:
    """Cells for `count` items, down the first column and then the next; as few columns as give full height."""
    if not count:
        return []
    needed = next((n for n in range(1, columns) if rect.height / -(-count // n) >= tallest_mm), columns)
    rows = -(-count // needed)
    height = min(rect.height / rows, tallest_mm)
    step = (rect.width + _COLUMN_GAP_MM) / needed
    width = step - _COLUMN_GAP_MM
    return [Rect(rect.x + step * (i // rows), rect.y + height * (i % rows), width, height) for i in range(count)]


def _evened(boxes: Iterable[Box | Fault]) -> Iterator[Box | Fault]:
    """A list with one long item is small throughout: uneven sizes read as importance."""
    boxes = list(boxes)
    sizes = [box.size_mm for box in boxes if isinstance(box, TextBox)]
    for box in boxes:
        if isinstance(box, TextBox):
            yield TextBox(box.field, box.rect, box.lines, min(sizes), box.bold, box.align)
        else:
            yield box


def _pieces(text: str) -> list[str]:
    """Parts between which a line may end; a piece keeps its hyphen or its trailing space."""
    pieces, start = [], 0
    for index, char in enumerate(text[:-1]):
        if char == " " or (char == "-" and index > start and text[index + 1] != " "):
            pieces.append(text[start : index + 1])
            start = index + 1
    return [*pieces, text[start:]]


def _balance(pieces: Sequence[str], count: int, *, ruler: Ruler, bold: bool) -> tuple[str, ...]:
    """The pieces in at most `count` lines whose widest line is as narrow as can be."""
    if count == 1:
        return ("".join(pieces).rstrip(),)
    spans = {
        ruler.text_width("".join(pieces[i:j]).rstrip(), bold=bold)
        for i in range(len(pieces))
        for j in range(i + 1, len(pieces) + 1)
    }
    for limit in sorted(spans):
        broken = _fill(pieces, limit, ruler=ruler, bold=bold)
        if broken is not None and len(broken) <= count:
            return broken
    return ("".join(pieces).rstrip(),)


def _fill(pieces: Sequence[str], limit: float, *, ruler: Ruler, bold: bool) -> tuple[str, ...] | None:
    """Lines no wider than the limit, each as full as can be; None when one piece alone is wider."""
    done: list[str] = []
    line = ""
    for piece in pieces:
        if line and ruler.text_width((line + piece).rstrip(), bold=bold) > limit:
            done.append(line.rstrip())
            line = ""
        line += piece
        if ruler.text_width(line.rstrip(), bold=bold) > limit:
            return None
    return (*done, line.rstrip())
