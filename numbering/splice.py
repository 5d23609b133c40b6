"""How is XML changed in a few places and nowhere else? Elements with their byte positions, and splices between them."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from xml.parsers import expat
from xml.sax.saxutils import escape

from numbering.refusal import not_a_workbook

Splice = tuple[int, int, bytes]
"""From byte, to byte, what stands there instead; an insertion when both are the same."""

_START_TAG = re.compile(rb"<[^\s/>]+(?:[^>\"']|\"[^\"]*\"|'[^']*')*>")
_ATTRIBUTE = re.compile(rb"\s+([^\s=/>]+)\s*=\s*(?:\"[^\"]*\"|'[^']*')")
_DECLARATION = re.compile(r"^\s*<\?xml[^>]*\?>")
_DECLARED = re.compile(rb"^<\?xml[^>]*?encoding\s*=\s*[\"']([A-Za-z0-9._-]+)[\"']")
_ILLEGAL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_UNSTORABLE = re.compile(r"[\x00-\x08\x0b-\x1f\ud800-\udfff\ufffe\uffff]")
_LOOKS_ESCAPED = re.compile(r"_(?=x[0-9A-Fa-f]{4}_)")


@dataclass(slots=True)
class Element:
    """An element and where it stands, in bytes. `<a>` is start to inside, `</a>` is outside to end.

    tag: as written, with its prefix; name: without; attributes: by their names as written.
    """

    tag: str
    attributes: Mapping[str, str]
    start: int
    inside: int
    outside: int = 0
    end: int = 0
    text: str = ""
    children: list["Element"] = field(default_factory=list)

    @property
    def name(self) -> str:
        """The name without its prefix."""
        return self.tag.rpartition(":")[2]

    @property
    def is_closed_at_once(self) -> bool:
        """True for `<a/>`: there is no place inside."""
        return self.inside == self.end

    def all(self, name: str) -> Iterator["Element"]:
        """Its children of a name."""
        return (child for child in self.children if child.name == name)

    def find(self, name: str) -> "Element | None":
        """Its first child of a name."""
        return next(self.all(name), None)

    def get(self, name: str, default: str = "") -> str:
        """An attribute by its name without prefix."""
        if name in self.attributes:
            return self.attributes[name]
        return next((value for key, value in self.attributes.items() if key.endswith(f":{name}")), default)

    def sibling(self, name: str) -> str:
        """A tag with this element's own prefix: what a new element in its namespace is called."""
        return self.tag[: -len(self.name)] + name


class Document:
    """One XML part, whole in memory; what is not spliced keeps every byte."""

    def __init__(self, content: bytes) -> None:
        self.content = in_utf8(content)
        self.root = _parse(self.content)
        self._splices: list[Splice] = []

    def raw(self, element: Element) -> bytes:
        """The element as it is written."""
        return self.content[element.start : element.end]

    def replace(self, element: Element, content: bytes) -> None:
        """Put something else, or nothing, where an element stands."""
        self._splices.append((element.start, element.end, content))

    def set(self, element: Element, **attributes: str) -> None:
        """Change or add attributes of an element; an element is changed once."""
        tag = self.content[element.start : element.inside]
        self._splices.append((element.start, element.inside, edited_tag(tag, attributes)))

    def append(self, parent: Element, content: bytes, **attributes: str) -> None:
        """Add content behind the children of an element, and change attributes of it."""
        tag = edited_tag(self.content[parent.start : parent.inside], attributes)
        if parent.is_closed_at_once:
            opened = tag.rstrip(b">").rstrip(b"/").rstrip() + b">"
            self._splices.append((parent.start, parent.end, opened + content + f"</{parent.tag}>".encode()))
            return
        if attributes:
            self._splices.append((parent.start, parent.inside, tag))
        self.insert(parent.outside, content)

    def insert(self, at: int, content: bytes) -> None:
        """Add content at a byte."""
        self._splices.append((at, at, content))

    def result(self) -> bytes:
        """The part with its splices."""
        return spliced(self.content, self._splices)


def spliced(content: bytes, splices: Iterable[Splice]) -> bytes:
    """Content with its splices; those at one place keep their order. They must not overlap."""
    pieces: list[bytes | memoryview] = []
    view, place = memoryview(content), 0
    for start, end, new in sorted(splices, key=lambda splice: splice[:2]):
        if start < place:
            raise ValueError("two splices overlap")
        pieces += [view[place:start], new]
        place = end
    return b"".join([*pieces, view[place:]])


def in_utf8(content: bytes) -> bytes:
    """The XML in UTF-8 without a byte order mark, so that what we add is of one encoding with it."""
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        text = content.decode("utf-16")
    else:
        content = content.removeprefix(b"\xef\xbb\xbf")
        declared = _DECLARED.match(content)
        if declared is None or declared[1].lower() in (b"utf-8", b"utf8", b"us-ascii"):
            return content
        text = content.decode(declared[1].decode("ascii"))
    return _DECLARATION.sub('<?xml version="1.0" encoding="UTF-8"?>', text).encode()


def new_parser() -> expat.XMLParserType:
    """A parser that keeps prefixes, and refuses a document type: entities are how small files become large ones."""
    parser = expat.ParserCreate("utf-8")

    def doctype(*_: object) -> None:
        raise not_a_workbook("its XML declares entities")

    parser.StartDoctypeDeclHandler = doctype
    parser.buffer_text = True
    return parser


def tag_end(content: bytes, start: int) -> int:
    """Where the start tag that begins at a byte ends."""
    match = _START_TAG.match(content, start)
    if match is None:
        raise ValueError("no tag begins here")
    return match.end()


def edited_tag(tag: bytes, changes: Mapping[str, str]) -> bytes:
    """A start tag with attributes changed or added, the others untouched."""
    for name, value in changes.items():
        written = f' {name}="{attribute(value)}"'.encode()
        found = next((match for match in _ATTRIBUTE.finditer(tag) if match[1] == name.encode()), None)
        if found is not None:
            tag = tag[: found.start()] + written + tag[found.end() :]
        else:
            closing = b"/>" if tag.endswith(b"/>") else b">"
            tag = tag.removesuffix(closing).rstrip() + written + closing
    return tag


def attribute(text: str) -> str:
    """Text inside the quotes of an attribute; what XML cannot hold is shown as such."""
    return escape(_ILLEGAL.sub("\ufffd", text), {'"': "&quot;", "\n": "&#10;", "\t": "&#9;", "\r": "&#13;"})


def cell_text(text: str) -> str:
    """Text inside `<t>`: never markup."""
    return escape(storable(text))


def storable(text: str) -> str:
    """The text as a spreadsheet stores it: `_x0001_` for a character that XML cannot hold or would change.

    What looks like that already is written `_x005F_x0041_`, or a spreadsheet would read an A.
    """
    return _UNSTORABLE.sub(_stored, _LOOKS_ESCAPED.sub("_x005F_", text))


def _stored(match: re.Match[str]) -> str:
    # Half of a surrogate pair is no character: no reader takes it back.
    return "\ufffd" if "\ud800" <= match[0] <= "\udfff" else f"_x{ord(match[0]):04X}_"


def _parse(content: bytes) -> Element:
    parser = new_parser()
    root = Element("", {}, 0, 0)
    inside = [root]

    def start(tag: str, attributes: dict[str, str]) -> None:
        place = parser.CurrentByteIndex
        element = Element(tag, attributes, place, tag_end(content, place))
        inside[-1].children.append(element)
        inside.append(element)

    def end(_: str) -> None:
        element = inside.pop()
        element.outside = parser.CurrentByteIndex
        at_once = content[element.inside - 2 : element.inside] == b"/>"
        element.end = element.inside if at_once else tag_closed(content, element.outside)

    def text(data: str) -> None:
        inside[-1].text += data

    parser.StartElementHandler, parser.EndElementHandler, parser.CharacterDataHandler = start, end, text
    parser.Parse(content, True)
    return root.children[0]


def tag_closed(content: bytes, outside: int) -> int:
    """Where the end tag that begins at a byte ends."""
    return content.index(b">", outside) + 1
