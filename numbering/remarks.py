"""What do the comments of a sheet say once ours are in it? The comments' part, and the drawing that shows them."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from xml.sax.saxutils import escape

from numbering.sheet_survey import Position
from numbering.splice import Document, Element, attribute, cell_text, in_utf8, storable

AUTHOR: Final = "staging"
EMPTY_COMMENTS: Final = (
    b'<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
    b'<comments xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><authors/><commentList/></comments>'
)

# Begins what we say, in a comment of our own or below a person's, so that it is found again whoever saved the file
# meanwhile: LibreOffice forgets authors.
_RULE = "──── staging ────\n"
_BREAK = "\n\n"
_SPACES = {
    "v": "urn:schemas-microsoft-com:vml",
    "o": "urn:schemas-microsoft-com:office:office",
    "x": "urn:schemas-microsoft-com:office:excel",
}
_DECLARED = "".join(f' xmlns:{prefix}="{space}"' for prefix, space in _SPACES.items())
EMPTY_DRAWING: Final = (
    f'<xml{_DECLARED}><o:shapelayout v:ext="edit"><o:idmap v:ext="edit" data="1"/></o:shapelayout></xml>'.encode()
)

_SHAPE = re.compile(rb"<(\w+:)?shape[\s>].*?</(?:\w+:)?shape>", re.DOTALL)
_NOTE = re.compile(rb"ObjectType\s*=\s*[\"']Note[\"']")
_PLACE = {name: re.compile(rb"<(?:\w+:)?" + name + rb">\s*([0-9]+)\s*<") for name in (b"Row", b"Column")}
# A drawing says which thousands (of 1,024) its boxes are numbered in.
_CLUSTERS = re.compile(rb"(idmap\b[^>]*\bdata=[\"'])([0-9,]*)")
_NUMBER = re.compile(rb"_x0000_s([0-9]{1,9})\b")
_KIND = "_x0000_t202"
_CHARACTERS_A_LINE = 46
_LINE_POINTS = 13


@dataclass(frozen=True, slots=True)
class Remarks:
    """The comments' part as it becomes. silenced: cells that have no comment any more; new: cells that had none."""

    content: bytes
    silenced: frozenset[str]
    new: tuple[str, ...]
    count: int


def remark(content: bytes, said: Mapping[str, str]) -> Remarks:
    """Take our old comments out, put the new ones in. said: text by cell.

    A person's own comment keeps its author and its looks; ours stands below it, behind a rule.
    """
    return _Comments(content, said).remarks()


def draw_remarks(content: bytes, remarks: Remarks, places: Mapping[str, Position], said: Mapping[str, str]) -> bytes:
    """The drawing with a box for each new comment and none for those that went. places: row and column by cell."""
    content = in_utf8(content)
    gone = {places[name] for name in remarks.silenced}
    content = _SHAPE.sub(lambda match: b"" if _place(match[0]) in gone else match[0], content)
    end = content.rfind(b"</xml")
    if end < 0:
        content, end = EMPTY_DRAWING, EMPTY_DRAWING.rfind(b"</xml")
    head = content[: content.find(b">", content.find(b"<xml")) + 1]
    declared = "" if all(f'xmlns:{p}="{space}"'.encode() in head for p, space in _SPACES.items()) else _DECLARED
    first = max((int(number) for number in _NUMBER.findall(content)), default=1024) + 1
    boxes = [_box(number, places[name], said[name], declared) for number, name in enumerate(remarks.new, start=first)]
    kind = [] if not boxes or f'"{_KIND}"'.encode() in content else [_shape_kind(declared)]
    drawn = content[:end] + "".join([*kind, *boxes]).encode() + content[end:]
    return _CLUSTERS.sub(lambda match: match[1] + _clusters(match[2], first + len(boxes) - 1), drawn, count=1)


def has_boxes(drawing: bytes) -> bool:
    """True when a drawing shows anything: comments, buttons, pictures of a header."""
    return _SHAPE.search(drawing) is not None


class _Comments:
    def __init__(self, content: bytes, said: Mapping[str, str]) -> None:
        self._document = Document(content)
        root = self._document.root
        self._authors = root.find("authors")
        self._list = root.find("commentList")
        self._tag = root.sibling("")
        self._names = [item.text for item in self._authors.children] if self._authors else []
        self._said = dict(said)
        self._silenced: list[str] = []
        self._count = 0

    def remarks(self) -> Remarks:
        before = {item.get("ref") for item in self._comments()}
        for item in self._comments():
            self._revise(item)
        left = [(name, text) for name, text in self._said.items() if name not in before or name in self._silenced]
        if left:
            self._add(left)
        silenced = frozenset(self._silenced) - {name for name, _ in left}
        new = tuple(name for name, _ in left if name not in before)
        return Remarks(self._document.result(), silenced, new, self._count + len(left))

    def _comments(self) -> Sequence[Element]:
        return self._list.children if self._list is not None else ()

    def _revise(self, item: Element) -> None:
        name, text = item.get("ref"), item.find("text")
        own, rule, old = _plain(text).partition(_RULE) if text is not None else ("", "", "")
        if rule and not own.strip() and old != storable(self._said.get(name, "")):
            self._document.replace(item, b"")
            self._silenced.append(name)
            return
        self._count += 1
        ours = self._said.pop(name, "")
        if text is not None and old != storable(ours):
            self._document.replace(text, self._rewritten(text, ours))

    def _rewritten(self, text: Element, ours: str) -> bytes:
        """A person's own text with ours behind it, or without it."""
        t = self._tag
        runs = self._own_runs(text)
        if not ours and len(runs) == 1 and runs[0].startswith(f"<{t}r><{t}t".encode()):
            runs = [runs[0].removeprefix(f"<{t}r>".encode()).removesuffix(f"</{t}r>".encode())]
        if ours:
            runs.append(f"<{t}r>{self._piece(_BREAK + _RULE + cell_text(ours))}</{t}r>".encode())
        rest = [self._document.raw(child) for child in text.children if child.name not in ("t", "r")]
        return f"<{t}text>".encode() + b"".join([*runs, *rest]) + f"</{t}text>".encode()

    def _own_runs(self, text: Element) -> list[bytes]:
        t, runs = self._tag, []
        for run in text.children:
            piece = run if run.name == "t" else run.find("t") if run.name == "r" else None
            if piece is None:
                continue
            own, rule, _ = piece.text.partition(_RULE)
            if not rule:
                raw = self._document.raw(run)
                runs.append(raw if run.name == "r" else f"<{t}r>".encode() + raw + f"</{t}r>".encode())
                continue
            if kept := own.removesuffix(_BREAK):
                looks = run.find("rPr")
                shown = self._document.raw(looks).decode() if looks is not None else ""
                runs.append(f"<{t}r>{shown}{self._piece(escape(kept))}</{t}r>".encode())
            break
        return runs

    def _piece(self, text: str) -> str:
        return f'<{self._tag}t xml:space="preserve">{text}</{self._tag}t>'

    def _add(self, said: Sequence[tuple[str, str]]) -> None:
        t, document = self._tag, self._document
        author = self._names.index(AUTHOR) if AUTHOR in self._names else len(self._names)
        if author == len(self._names):
            name = f"<{t}author>{AUTHOR}</{t}author>".encode()
            if self._authors is not None:
                document.append(self._authors, name)
            else:
                document.insert(document.root.inside, f"<{t}authors>".encode() + name + f"</{t}authors>".encode())
        comments = "".join(
            f'<{t}comment ref="{cell}" authorId="{author}"><{t}text>{self._piece(_RULE + cell_text(text))}</{t}text>'
            f"</{t}comment>"
            for cell, text in said
        ).encode()
        if self._list is not None:
            document.append(self._list, comments)
        else:
            place = self._authors.end if self._authors is not None else document.root.inside
            document.insert(place, f"<{t}commentList>".encode() + comments + f"</{t}commentList>".encode())


def _plain(text: Element) -> str:
    pieces = [run if run.name == "t" else run.find("t") for run in text.children if run.name in ("t", "r")]
    return "".join(piece.text for piece in pieces if piece is not None)


def _place(shape: bytes) -> Position | None:
    row, column = (pattern.search(shape) for pattern in _PLACE.values())
    if row is None or column is None or not _NOTE.search(shape):
        return None
    return int(row[1]) + 1, int(column[1]) + 1


def _clusters(said: bytes, last: int) -> bytes:
    known = {int(number) for number in said.split(b",") if number}
    more = [number for number in range(1, last // 1024 + 1) if number not in known]
    return b",".join([*filter(None, [said]), *(str(number).encode() for number in more)])


def _shape_kind(declared: str) -> str:
    return (
        f'<v:shapetype{declared} id="{_KIND}" coordsize="21600,21600" o:spt="202" path="m,l,21600r21600,l21600,xe">'
        '<v:stroke joinstyle="miter"/><v:path gradientshapeok="t" o:connecttype="rect"/></v:shapetype>'
    )


def _box(number: int, place: Position, text: str, declared: str) -> str:
    """A hidden box beside its cell, high enough for its text: no reader scrolls in it."""
    row, column = place
    lines = sum(1 + len(line) // _CHARACTERS_A_LINE for line in text.split("\n")) + 1
    high = max(4, (lines * _LINE_POINTS) // 15 + 1)
    top = max(0, row - 2)
    anchor = f"{column}, 15, {top}, 10, {column + 4}, 31, {top + high}, 4"
    look = f"position:absolute;width:255pt;height:{high * 15}pt;z-index:{number};visibility:hidden"
    return (
        f'<v:shape{declared} id="_x0000_s{number}" type="#{_KIND}" style="{attribute(look)}" fillcolor="#ffffe1" '
        'o:insetmode="auto"><v:fill color2="#ffffe1"/><v:shadow on="t" color="black" obscured="t"/>'
        '<v:path o:connecttype="none"/><v:textbox style="mso-direction-alt:auto"><div style="text-align:left"></div>'
        '</v:textbox><x:ClientData ObjectType="Note"><x:MoveWithCells/><x:SizeWithCells/>'
        f"<x:Anchor>{anchor}</x:Anchor><x:AutoFill>False</x:AutoFill><x:Row>{row - 1}</x:Row>"
        f"<x:Column>{column - 1}</x:Column></x:ClientData></v:shape>"
    )
