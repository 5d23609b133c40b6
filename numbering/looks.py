"""Which looks do cells refer to by number, and which one is a look with another fill? The styles part, added to."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from numbering.splice import Document, Element, edited_tag, tag_end

EMPTY_STYLES: Final = (
    b'<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
    b'<styleSheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><cellStyleXfs count="1">'
    b'<xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs><cellStyles count="1">'
    b'<cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles></styleSheet>'
)

_ORDER = ("numFmts", "fonts", "fills", "borders", "cellStyleXfs", "cellXfs")
_DEFAULTS = {
    "fonts": ('<font><sz val="11"/><name val="Calibri"/></font>',),
    # A reader takes the first two for none and for grey, whatever they say.
    "fills": ('<fill><patternFill patternType="none"/></fill>', '<fill><patternFill patternType="gray125"/></fill>'),
    "borders": ("<border><left/><right/><top/><bottom/><diagonal/></border>",),
    "cellXfs": ('<xf numFmtId="0" fontId="0" fillId="0" borderId="0"/>',),
}
_SHADES = {"error": (0xFF, 0x9C, 0x9C), "warning": (0xFF, 0xD2, 0x7F)}
_NEARBY = 64


@dataclass(frozen=True, slots=True)
class Pair:
    """A look of ours and the one that the cell had before."""

    marked: int
    before: int


class _Section:
    """One list of the styles part: what it holds, and what we add."""

    def __init__(self, document: Document, name: str) -> None:
        self.name = name
        self.element = document.root.find(name)
        old = self.element.children if self.element is not None else []
        self.items = [document.raw(item) for item in old]
        self._known = len(self.items)
        tag = document.root.sibling("")
        for default in _DEFAULTS[name][len(self.items) :]:
            self.items.append(default.replace("</", "\0").replace("<", f"<{tag}").replace("\0", f"</{tag}").encode())

    def number(self, item: bytes) -> int:
        """The number of an item, which is added where it is not there yet."""
        if item not in self.items:
            self.items.append(item)
        return self.items.index(item)

    @property
    def added(self) -> bytes:
        """What stands in the file not yet."""
        return b"".join(self.items[self._known :])


class Looks:
    """The looks of a workbook. A marked look is the cell's own with another fill, and the fill tells its origin.

    pairs: what an earlier annotation wrote down. A fill of ours belongs to one fill of before: where two cells
    differ in their fill alone, ours differ by a shade that no eye tells apart. So a marked cell is known wherever
    the person moved it, and gets its former look back even if it was made bold meanwhile.
    """

    def __init__(self, content: bytes, pairs: Iterable[Pair] = ()) -> None:
        self._document = Document(content)
        self._sections = {name: _Section(self._document, name) for name in _DEFAULTS}
        self._tag = self._document.root.sibling("")
        self._xfs = self._sections["cellXfs"]
        self._fill_of = {look: self._fill(look) for look in range(len(self._xfs.items))}
        known = len(self._xfs.items)
        sound = [pair for pair in pairs if max(pair.marked, pair.before) < known and pair.marked != pair.before]
        self._before = {pair.marked: pair.before for pair in sound}
        self._origin = {self._fill_of[pair.marked]: self._fill_of[pair.before] for pair in sound}
        self._used: dict[tuple[int, str], int] = {}

    @property
    def pairs(self) -> tuple[Pair, ...]:
        """Looks of ours that were asked for, with those of before."""
        return tuple(sorted((Pair(marked, look) for (look, _), marked in self._used.items()), key=lambda p: p.marked))

    def restored(self, look: int) -> int:
        """The look that a cell had before it was marked; any other look stays."""
        if look in self._before:
            return self._before[look]
        fill = self._fill_of.get(look, 0)
        if fill not in self._origin:
            return look
        self._before[look] = self._with(look, fillId=str(self._origin[fill]))
        return self._before[look]

    def marked(self, look: int, severity: str) -> int:
        """The same look, filled for a severity."""
        look = self.restored(look)
        if (look, severity) not in self._used:
            fill = self._marking_fill(self._fill_of.get(look, 0), severity)
            self._used[look, severity] = self._with(look, fillId=str(fill), applyFill="1")
        return self._used[look, severity]

    def quoted(self, look: int) -> int:
        """The same look with the mark that keeps text text when a person edits it."""
        return self._with(look, quotePrefix="1")

    def made(self, font: str, fill: str = "", *, wrap: bool = False) -> int:
        """A look of our own, from the inside of a font and the colour of a fill (`FFD9E2F3`)."""
        tag = self._tag
        fonts, fills = self._sections["fonts"], self._sections["fills"]
        inside = font.replace("<", f"<{tag}")
        font_id = fonts.number(f"<{tag}font>{inside}</{tag}font>".encode()) if font else 0
        fill_id = fills.number(self._solid(fill)) if fill else 0
        placed = f'<{tag}alignment vertical="top" wrapText="{int(wrap)}"/>'
        return self._xfs.number(
            f'<{tag}xf numFmtId="0" fontId="{font_id}" fillId="{fill_id}" borderId="0" xfId="0" applyFont="1" '
            f'applyFill="1" applyAlignment="1">{placed}</{tag}xf>'.encode()
        )

    def result(self) -> bytes:
        """The styles part with what was added."""
        document = self._document
        missing: list[bytes] = []
        for name in _ORDER:
            section = self._sections.get(name)
            if section is not None and section.element is None:
                tag = document.root.sibling(name)
                missing.append(f'<{tag} count="{len(section.items)}">'.encode() + section.added + f"</{tag}>".encode())
            elif (element := document.root.find(name)) is not None:
                self._flush(element, missing)
                if section is not None and section.added:
                    document.append(element, section.added, count=str(len(section.items)))
        self._close(missing)
        return document.result()

    def _flush(self, before: Element, missing: list[bytes]) -> None:
        if missing:
            self._document.insert(before.start, b"".join(missing))
            missing.clear()

    def _close(self, missing: list[bytes]) -> None:
        later = next((item for item in self._document.root.children if item.name not in _ORDER), None)
        if missing and later is not None:
            self._flush(later, missing)
        elif missing:
            self._document.append(self._document.root, b"".join(missing))

    def _marking_fill(self, origin: int, severity: str) -> int:
        """The fill of a severity for cells that had a certain fill; never one that the person uses too."""
        fills = self._sections["fills"]
        for step in range(_NEARBY * _NEARBY):
            red, green, blue = _SHADES[severity]
            colour = f"FF{red:02X}{green - step // _NEARBY:02X}{blue - step % _NEARBY:02X}"
            alike = [number for number, item in enumerate(fills.items) if colour.encode() in item.upper()]
            if not alike:
                number = fills.number(self._solid(colour))
                self._origin[number] = origin
                return number
            for number in alike:
                if self._origin.get(number) == origin:
                    return number
        raise ValueError("too many fills")

    def _solid(self, colour: str) -> bytes:
        tag = self._tag
        return (
            f'<{tag}fill><{tag}patternFill patternType="solid"><{tag}fgColor rgb="{colour}"/>'
            f'<{tag}bgColor indexed="64"/></{tag}patternFill></{tag}fill>'
        ).encode()

    def _with(self, look: int, **attributes: str) -> int:
        item = self._xfs.items[look if look < len(self._xfs.items) else 0]
        end = tag_end(item, 0)
        number = self._xfs.number(edited_tag(item[:end], attributes) + item[end:])
        self._fill_of[number] = self._fill(number)
        return number

    def _fill(self, look: int) -> int:
        fill = Document(self._xfs.items[look]).root.get("fillId", "0")
        return int(fill) if fill.isascii() and fill.isdigit() else 0
