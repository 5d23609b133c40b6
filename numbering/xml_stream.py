"""How is XML of a stranger read? Piece by piece, without entities."""

from collections.abc import Callable, Iterator, Mapping
from typing import IO
from xml.parsers import expat
from zipfile import ZipFile

from numbering.refusal import not_a_workbook

_CHUNK = 1 << 16

Attributes = Mapping[str, str]


def stream_xml(
    source: IO[bytes],
    start: Callable[[str, Attributes], None],
    end: Callable[[str], None],
    text: Callable[[str], None],
) -> Iterator[None]:
    """Parse XML piece by piece, with bare element and attribute names; yields after each piece.

    A document type is refused: a spreadsheet has none, and entities are how small files become large ones.
    """
    parser = expat.ParserCreate(namespace_separator=" ")
    parser.buffer_text = True

    def doctype(*_: object) -> None:
        raise not_a_workbook("its XML declares entities")

    def started(name: str, attributes: dict[str, str]) -> None:
        start(name.rpartition(" ")[2], {key.rpartition(" ")[2]: value for key, value in attributes.items()})

    parser.StartDoctypeDeclHandler = doctype
    parser.StartElementHandler = started
    parser.EndElementHandler = lambda name: end(name.rpartition(" ")[2])
    parser.CharacterDataHandler = text
    while chunk := source.read(_CHUNK):
        parser.Parse(chunk, False)
        yield
    parser.Parse(b"", True)
    yield


def parse_part(
    archive: ZipFile,
    path: str,
    start: Callable[[str, Attributes], None],
    end: Callable[[str], None] | None = None,
    text: Callable[[str], None] | None = None,
) -> None:
    """Parse one part of an archive, whole."""
    with archive.open(path) as source:
        for _ in stream_xml(source, start, end or _ignore, text or _ignore):
            pass


def _ignore(_: str) -> None:
    """What is done with elements or text that tell nothing."""
