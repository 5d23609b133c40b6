"""How is XML of a stranger read? Piece by piece, without entities."""

from collections.abc import Callable, Iterator, Mapping
from typing import IO
from xml.parsers import expat
from zipfile import ZipFile

from numbering.refusal import not_a_workbook

_CHUNK = 1 << 16
_MAX_NAMES = 1000

Attributes = Mapping[str, str]


def stream_xml(
    source: IO[bytes],
    start: Callable[[str, Attributes], None],
    end: Callable[[str], None],
    text: Callable[[str], None],
    *,
    bare_attributes: bool = False,
) -> Iterator[None]:
    """Parse XML piece by piece, with bare element names; yields after each piece.

    bare_attributes: attribute names lose their prefix too; otherwise `r:id` comes as it is written, which saves
    a third of the time where a file is full of attributes without one.
    A document type is refused: a spreadsheet has none, and entities are how small files become large ones.
    """
    parser = expat.ParserCreate()
    parser.buffer_text = True
    bare = _Bare()

    def doctype(*_: object) -> None:
        raise not_a_workbook("its XML declares entities")

    def started(name: str, attributes: dict[str, str]) -> None:
        if bare_attributes:
            attributes = {bare[key]: value for key, value in attributes.items()}
        start(bare[name], attributes)

    def first(name: str, attributes: dict[str, str]) -> None:
        # Most writers use no prefix for elements; then expat may call us directly.
        direct = ":" not in name and not bare_attributes
        parser.StartElementHandler = start if direct else started
        parser.EndElementHandler = end if direct else (lambda name: end(bare[name]))
        parser.StartElementHandler(name, attributes)

    parser.StartDoctypeDeclHandler = doctype
    parser.StartElementHandler = first
    parser.CharacterDataHandler = text
    while chunk := source.read(_CHUNK):
        parser.Parse(chunk, False)
        yield
    parser.Parse(b"", True)
    yield


class _Bare(dict[str, str]):
    """Names without their prefix, each taken apart once; a file of ever new names fills no memory."""

    def __missing__(self, name: str) -> str:
        bare = name.rpartition(":")[2]
        if len(self) < _MAX_NAMES:
            self[name] = bare
        return bare


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
