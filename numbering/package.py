"""What are the parts of an .xlsx file? A zip whose members are copied as they are, but for those that we change."""

import posixpath
from collections.abc import Iterator
from copy import copy
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from numbering.splice import Document, Element, attribute

TYPES: Final = "[Content_Types].xml"
SPREADSHEET: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml."

_CHUNK = 1 << 20
_RELATIONS = b'<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"/>'
_HEAD = b'<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'


@dataclass(frozen=True, slots=True)
class Relation:
    """What a part refers to. kind: the last word of its type, as `worksheet`; target: a path inside the file."""

    id: str
    kind: str
    target: str


class Package:
    """The parts of a workbook file: read from its archive, changed in memory, written as a new archive."""

    def __init__(self, archive: ZipFile) -> None:
        self._archive = archive
        self._names = dict.fromkeys(archive.namelist())
        self._changed: dict[str, bytes] = {}
        main = next((item for item in self._elements("_rels/.rels") if _kind(item) == "officeDocument"), None)
        self.workbook = main.get("Target").lstrip("/") if main is not None else "xl/workbook.xml"
        # Files of the strict dialect name their relations under another address.
        base = main.get("Type").rpartition("/")[0] if main is not None else ""
        self.relations_base = base or "http://schemas.openxmlformats.org/officeDocument/2006/relationships"

    def __contains__(self, path: str) -> bool:
        return path in self._names

    def read(self, path: str) -> bytes:
        """A part, with the changes so far."""
        return self._changed[path] if path in self._changed else self._archive.read(path)

    def write(self, path: str, content: bytes) -> None:
        """Change a part or add one. What is the same as before is no change."""
        if path in self._names and self.read(path) == content:
            return
        self._names.setdefault(path)
        self._changed[path] = content

    def drop(self, path: str) -> None:
        """Leave a part out, with the relations that it has and its content type."""
        for name in (path, _relations_path(path)):
            self._names.pop(name, None)
            self._changed.pop(name, None)
        document = Document(self.read(TYPES))
        for item in document.root.all("Override"):
            if item.get("PartName") == f"/{path}":
                document.replace(item, b"")
        self.write(TYPES, document.result())

    def drop_relations(self, path: str) -> None:
        """Forget what a part refers to."""
        self._names.pop(_relations_path(path), None)
        self._changed.pop(_relations_path(path), None)

    def new_path(self, pattern: str) -> str:
        """A path that no part has, in any case of letters, from a pattern such as `xl/worksheets/sheet{}.xml`."""
        taken = {name.casefold() for name in self._names}
        number = 1
        while pattern.format(number).casefold() in taken:
            number += 1
        return pattern.format(number)

    def relations(self, path: str) -> Iterator[Relation]:
        """What a part refers to inside the file, as far as it is there."""
        folder = posixpath.dirname(path)
        for item in self._elements(_relations_path(path)):
            if item.name == "Relationship" and item.get("TargetMode") != "External":
                target = posixpath.normpath(posixpath.join("/" + folder, item.get("Target"))).lstrip("/")
                if target in self:
                    yield Relation(item.get("Id"), _kind(item), target)

    def related(self, path: str, kind: str) -> Relation | None:
        """The first relation of a kind."""
        return next((relation for relation in self.relations(path) if relation.kind == kind), None)

    def relate(self, path: str, kind: str, target: str) -> str:
        """Make a part refer to another; gives the new relation's id."""
        rels = _relations_path(path)
        document = Document(self.read(rels) if rels in self else _HEAD + _RELATIONS)
        taken = {item.get("Id").casefold() for item in document.root.children}
        number = len(taken) + 1
        while f"rid{number}" in taken:
            number += 1
        where = posixpath.relpath(target, posixpath.dirname(path) or ".")
        written = (
            f'<{document.root.sibling("Relationship")} Id="rId{number}" '
            f'Type="{self.relations_base}/{kind}" Target="{attribute(where)}"/>'
        )
        document.append(document.root, written.encode())
        self.write(rels, document.result())
        return f"rId{number}"

    def unrelate(self, path: str, relation: Relation) -> None:
        """Make a part refer to another no more."""
        document = Document(self.read(_relations_path(path)))
        for item in document.root.all("Relationship"):
            if item.get("Id") == relation.id:
                document.replace(item, b"")
        self.write(_relations_path(path), document.result())

    def declare(self, path: str, content_type: str) -> None:
        """Say what a part is."""
        document = Document(self.read(TYPES))
        declared = next((item for item in document.root.all("Override") if item.get("PartName") == f"/{path}"), None)
        if declared is not None:
            if declared.get("ContentType") != content_type:
                document.set(declared, ContentType=content_type)
        else:
            tag = document.root.sibling("Override")
            written = f'<{tag} PartName="/{attribute(path)}" ContentType="{content_type}"/>'
            document.append(document.root, written.encode())
        self.write(TYPES, document.result())

    def declare_extension(self, extension: str, content_type: str) -> None:
        """Say what parts with an extension are, where the file does not say so yet."""
        document = Document(self.read(TYPES))
        if any(item.get("Extension").casefold() == extension for item in document.root.all("Default")):
            return
        tag = document.root.sibling("Default")
        written = f'<{tag} Extension="{extension}" ContentType="{content_type}"/>'.encode()
        # Strict readers want the defaults before the overrides.
        first = document.root.find("Override")
        document.append(document.root, written) if first is None else document.insert(first.start, written)
        self.write(TYPES, document.result())

    def save(self, out: Path) -> None:
        """Write the new archive: the members in their old order, then ours. Nothing stands in it twice."""
        with ZipFile(out, "w", ZIP_DEFLATED) as new:
            for name in self._names:
                if name in self._changed:
                    new.writestr(_member(name), self._changed[name])
                    continue
                self._copy(self._archive.getinfo(name), new)

    def _copy(self, entry: ZipInfo, new: ZipFile) -> None:
        fresh = copy(entry)
        fresh.extra = b""
        with self._archive.open(entry) as source, new.open(fresh, "w") as target:
            while chunk := source.read(_CHUNK):
                target.write(chunk)

    def _elements(self, path: str) -> list[Element]:
        return Document(self.read(path)).root.children if path in self else []


def _kind(item: Element) -> str:
    return item.get("Type").rpartition("/")[2]


def _relations_path(path: str) -> str:
    folder, name = posixpath.split(path)
    return f"{folder}/_rels/{name}.rels".lstrip("/")


def _member(name: str) -> ZipInfo:
    # A fixed date: the same workbook marked twice is the same file.
    entry = ZipInfo(name, (2000, 1, 1, 0, 0, 0))
    entry.compress_type = ZIP_DEFLATED
    return entry
