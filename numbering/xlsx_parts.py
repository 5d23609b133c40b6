"""What do the sheets of an .xlsx file need from its other parts? Names, shared strings, styles."""

import posixpath
import re
from collections.abc import Mapping
from dataclasses import dataclass
from zipfile import ZipFile

from numbering.formats import BUILT_IN
from numbering.marks import OURS, name_key
from numbering.refusal import MAX_TEXT_CHARACTERS, too_large
from numbering.xml_stream import Attributes, parse_part

# What a short text takes beside its characters, roughly: millions of one-letter texts are no plan.
_BESIDE_ITS_TEXT = 20
_ESCAPED = re.compile(r"_x([0-9A-Fa-f]{4})_")
_LONGEST_TARGET = 1_000


@dataclass(frozen=True, slots=True)
class Style:
    """What matters of a cell's look: how numbers are shown, and whether text is struck through."""

    number_format: str
    struck: bool


PLAIN = Style("General", struck=False)
"""The look of a cell without one."""


@dataclass(frozen=True, slots=True)
class Book:
    """What the sheets need from the other parts of the file."""

    strings: list[str]
    styles: list[Style]
    from_1904: bool

    def style(self, number: int) -> Style:
        """The look of a number; the plain one where the file tells of none."""
        return self.styles[number] if 0 <= number < len(self.styles) else PLAIN


def workbook_path(archive: ZipFile) -> str:
    """The part that lists the sheets; its usual place when the archive does not say."""
    found = []

    def start(name: str, attributes: Attributes) -> None:
        if name == "Relationship" and attributes.get("Type", "").endswith("/officeDocument"):
            found.append(attributes.get("Target", "").lstrip("/"))

    if "_rels/.rels" in archive.namelist():
        parse_part(archive, "_rels/.rels", start)
    return found[0] if found else "xl/workbook.xml"


def relations(archive: ZipFile, path: str) -> dict[str, tuple[str, str]]:
    """Type and path of each part that a part refers to, by relation id; parts outside the file are left out."""
    folder, name = posixpath.split(path)
    found: dict[str, tuple[str, str]] = {}

    def start(element: str, attributes: Attributes) -> None:
        if element == "Relationship" and attributes.get("TargetMode") != "External":
            target = posixpath.normpath(posixpath.join("/" + folder, attributes.get("Target", ""))).lstrip("/")
            found[attributes.get("Id", "")] = (attributes.get("Type", ""), target)

    parse_part(archive, f"{folder}/_rels/{name}.rels".lstrip("/"), start)
    return found


class WorkbookPart:
    """Reads the list of sheets, and those defined names that an annotation of ours gave: of others, any number may
    stand in a file."""

    def __init__(self) -> None:
        self.sheets: list[tuple[str, str]] = []
        self.names: dict[str, str] = {}
        self.from_1904 = False
        self._name: str | None = None

    def start(self, element: str, attributes: Attributes) -> None:
        if element == "sheet" and attributes.get("state", "visible") == "visible":
            self.sheets.append((attributes.get("name", ""), _relation(attributes)))
        elif element == "workbookPr":
            self.from_1904 = attributes.get("date1904") in ("1", "true")
        elif element == "definedName" and attributes.get("name", "").startswith(OURS):
            self._name = name_key(attributes["name"], attributes.get("localSheetId", ""))
            self.names[self._name] = ""

    def text(self, data: str) -> None:
        # What is longer names no cell; a name of a hundred million letters is not put together.
        if self._name is not None and len(self.names[self._name]) <= _LONGEST_TARGET:
            self.names[self._name] += data

    def end(self, element: str) -> None:
        if element == "definedName":
            self._name = None


def read_strings(archive: ZipFile, targets: Mapping[str, tuple[str, str]]) -> list[str]:
    """The shared texts, in order; none when the workbook has none. Pronunciation hints are left out."""
    path = _part(targets, "/sharedStrings")
    strings: list[str] = []
    pieces: list[str] = []
    state = {"text": False, "phonetic": False}
    room = MAX_TEXT_CHARACTERS

    def start(element: str, _: Attributes) -> None:
        if element == "si":
            pieces.clear()
        state["phonetic"] = state["phonetic"] or element == "rPh"
        state["text"] = element == "t" and not state["phonetic"]

    def end(element: str) -> None:
        nonlocal room
        state["text"] = False
        if element == "rPh":
            state["phonetic"] = False
        elif element == "si":
            strings.append(unescaped("".join(pieces)))
            room -= len(strings[-1]) + _BESIDE_ITS_TEXT
            if room < 0:
                raise too_large("text", MAX_TEXT_CHARACTERS)

    def text(data: str) -> None:
        if state["text"]:
            pieces.append(data)

    if path in archive.namelist():
        parse_part(archive, path, start, end, text)
    return strings


def read_styles(archive: ZipFile, targets: Mapping[str, tuple[str, str]]) -> list[Style]:
    """The looks that cells refer to by number."""
    path = _part(targets, "/styles")
    formats: dict[str, str] = {}
    struck: list[bool] = []
    styles: list[Style] = []
    inside: list[str] = []

    def start(element: str, attributes: Attributes) -> None:
        parent = inside[-1] if inside else ""
        inside.append(element)
        if element == "numFmt" and parent == "numFmts":
            formats[attributes.get("numFmtId", "")] = attributes.get("formatCode", "General")
        elif element == "font" and parent == "fonts":
            struck.append(False)
        elif element == "strike" and parent == "font" and "fonts" in inside:
            struck[-1] = attributes.get("val", "1") not in ("0", "false")
        elif element == "xf" and parent == "cellXfs":
            number, font = attributes.get("numFmtId", "0"), int(attributes.get("fontId", "0"))
            code = formats.get(number) or BUILT_IN.get(int(number), "General")
            styles.append(Style(code, font < len(struck) and struck[font]))

    def end(_: str) -> None:
        inside.pop()

    if path in archive.namelist():
        parse_part(archive, path, start, end)
    return styles


def _relation(attributes: Attributes) -> str:
    """The relation id of a sheet, `r:id` with whatever prefix; `sheetId` is something else."""
    return next((value for name, value in attributes.items() if name.rpartition(":")[2] == "id"), "")


def _part(targets: Mapping[str, tuple[str, str]], kind: str) -> str:
    return next((path for type_, path in targets.values() if type_.endswith(kind)), "")


def unescaped(text: str) -> str:
    """`_x000D_` as the character that it stands for: how the format writes what XML cannot hold."""
    return _ESCAPED.sub(_character, text) if "_x" in text else text


def _character(match: re.Match[str]) -> str:
    code = int(match[1], 16)
    # Half of a surrogate pair is no character: nothing could print it.
    return "\ufffd" if 0xD800 <= code < 0xE000 else chr(code)
