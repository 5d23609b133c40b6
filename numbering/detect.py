"""What kind of file is this, and is it safe to open? Judged by its first bytes and the zip's own table."""

import struct
from pathlib import Path
from typing import Literal
from zipfile import ZipFile

from numbering.refusal import (
    MAX_ENTRIES,
    MAX_FILE_BYTES,
    MAX_RATIO,
    MAX_UNPACKED_BYTES,
    not_a_workbook,
    refused,
    too_large,
)

Kind = Literal["xlsx", "ods", "csv"]

_ZIP = b"PK\x03\x04"
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
# First bytes of a sheet before Excel 97, when .xls was not yet wrapped in OLE.
_OLD_SHEETS = (b"\x09\x00\x04\x00", b"\x09\x02\x06\x00", b"\x09\x04\x06\x00", b"\x09\x08\x10\x00", b"\x09\x08\x08\x00")
_TEXT_SUFFIXES = (".csv", ".tsv", ".txt")
_END_OF_TABLE = b"PK\x05\x06"
_MAX_TABLE_BYTES = 2_000_000


def detect(path: Path) -> Kind:
    """The kind of a file. Raises PlanRefused for what is refused whole, before any of it is unpacked."""
    size = path.stat().st_size
    if size > MAX_FILE_BYTES:
        raise too_large("file size", MAX_FILE_BYTES)
    if size == 0:
        raise not_a_workbook("it is empty")
    with path.open("rb") as file:
        start = file.read(8)
    if start.startswith(_ZIP):
        return _packed_kind(path)
    if start == _OLE:
        raise refused(_wrapped_code(path))
    if start.startswith(_OLD_SHEETS):
        raise refused("legacy-format")
    if path.suffix.casefold() in _TEXT_SUFFIXES:
        return "csv"
    raise not_a_workbook("its content is not a spreadsheet's")


def _wrapped_code(path: Path) -> str:
    """An OLE file is an old workbook, or a new one inside an encrypted wrapping: its directory tells."""
    content = path.read_bytes()
    if "EncryptedPackage".encode("utf-16-le") in content or "EncryptionInfo".encode("utf-16-le") in content:
        return "encrypted-workbook"
    old = "Workbook".encode("utf-16-le") in content or "Book".encode("utf-16-le") in content
    return "legacy-format" if old or path.suffix.casefold() == ".xls" else "encrypted-workbook"


def _packed_kind(path: Path) -> Kind:
    _check_table_size(path)
    with ZipFile(path) as archive:
        entries = archive.infolist()
        names = {entry.filename for entry in entries}
        unpacked = sum(entry.file_size for entry in entries)
        packed = sum(entry.compress_size for entry in entries)
        if len(entries) > MAX_ENTRIES:
            raise too_large("parts", MAX_ENTRIES)
        if unpacked > MAX_UNPACKED_BYTES:
            raise too_large("unpacked size", MAX_UNPACKED_BYTES)
        if unpacked > MAX_RATIO * max(packed, 1):
            raise too_large("compression ratio", MAX_RATIO)
        if any(entry.flag_bits & 1 for entry in entries):
            raise refused("encrypted-workbook")
        if "content.xml" in names and "mimetype" in names:
            return _open_document(archive)
    if "[Content_Types].xml" in names and any(name.endswith("workbook.xml") for name in names):
        return "xlsx"
    raise not_a_workbook("no workbook inside")


def _open_document(archive: ZipFile) -> Kind:
    if not archive.read("mimetype").startswith(b"application/vnd.oasis.opendocument.spreadsheet"):
        raise not_a_workbook("not a spreadsheet inside")
    if "META-INF/manifest.xml" in archive.namelist() and b"encryption-data" in archive.read("META-INF/manifest.xml"):
        raise refused("encrypted-workbook")
    return "ods"


def _check_table_size(path: Path) -> None:
    """Refuse a zip table of millions of entries before the library reads it whole."""
    with path.open("rb") as file:
        file.seek(0, 2)
        file.seek(max(0, file.tell() - 66_000))
        tail = file.read()
    place = tail.rfind(_END_OF_TABLE)
    if place < 0 or len(tail) < place + 22:
        raise not_a_workbook("it is cut off")
    entries, table_bytes = struct.unpack_from("<HI", tail, place + 10)
    if table_bytes > _MAX_TABLE_BYTES or entries > MAX_ENTRIES:
        raise too_large("parts", MAX_ENTRIES)
