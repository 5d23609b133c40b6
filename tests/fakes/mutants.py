"""Which broken workbooks could a stranger send? Any number, made from good ones; a seed always gives the same."""

import io
import re
import struct
import warnings
import zlib
from collections.abc import Callable
from functools import cache
from pathlib import Path
from random import Random
from zipfile import ZIP_DEFLATED, ZIP_STORED, BadZipFile, ZipFile, ZipInfo

_TESTS = Path(__file__).parents[1]
_PARENTS = (
    *sorted((_TESTS.parent / "samples").glob("*.xlsx")),
    *sorted((_TESTS / "golden" / "libreoffice").iterdir()),
)

_WILD = (
    "",
    "0",
    "-1",
    "1",
    "2",
    "199",
    "201",
    "99999",
    "1048576",
    "1048577",
    "4294967296",
    "9" * 30,
    "9" * 5000,
    "1e9",
    "1e999",
    "-1e308",
    "0.1",
    "NaN",
    "inf",
    "x",
    "True",
    "A0",
    "A-1",
    "a1",
    "1A",
    "XFD1048576",
    "XFE1",
    "ZZZZZZ9",
    "A1:XFD1048576",
    "B9:A1",
    "A1:A1:A1",
    "s",
    "str",
    "inlineStr",
    "e",
    "b",
    "d",
    "float",
    "error",
    "time",
    "../../../../etc/passwd",
    "/",
    "http://127.0.0.1/",
    "é\u202e",
    "&#8;",
    "&#xD800;",
    "&lol;",
    "_x0000_",
    "_xD800_",
    "=1+1",
    "'",
    "]]>",
    "General",
    "[h]:mm",
    '0#" "##',
    "#,##0;[Red]",
    "@",
    "0" * 3000,
    "yyyy" * 400,
    '"' + "x" * 100_000,
    "x" * 200_000,
    "04 65 71 00 00 \u00e0 99",
    "staging_proposed_1",
    "'Plan'!$A$1",
    "DUPONT Jean",
)
_FRAGMENTS = (
    "<c/>",
    '<c r="A1" t="s"><v>-1</v></c>',
    '<c t="s"><v>999999</v></c>',
    '<c r="B3"><f>1/0</f></c>',
    "<row/>",
    '<row r="0"/>',
    '<row r="-5"><c><v>1</v></c></row>',
    "<v>1</v>",
    "</row>",
    "<row>",
    "<is><t>x</t></is>",
    '<mergeCell ref="A1:XFD1048576"/>',
    '<mergeCell ref="A2:A90000"/>' * 2000,
    "<a>" * 20_000,
    "<a>" * 5000 + "</a>" * 5000,
    "<!-- -->",
    "<?x y?>",
    "<![CDATA[ x ]]>",
    '<!DOCTYPE x [<!ENTITY a "b">]>',
    "\x08",
    "&amp;",
    "&undefined;",
    "<x:y/>",
    "<rPh><t>x</t></rPh>",
    "<t>" + "x" * 300_000 + "</t>",
    '<table:table-cell table:number-columns-repeated="1000000000"/>',
    '<table:table-row table:number-rows-repeated="-3"/>',
    '<table:table-row table:number-rows-repeated="1048576"><table:table-cell office:value-type="float"'
    ' office:value="1"><text:p>1</text:p></table:table-cell></table:table-row>',
    '<text:s text:c="999999999"/>',
    "<text:p>",
    "</text:p>",
    '<table:table table:name=""/>',
    '<strike val="x"/>',
    '<xf numFmtId="x" fontId="-9"/>',
)
_ENCODINGS = ("utf-16", "utf-16-le", "utf-8-sig", "latin-1", "cp037", "utf-32")
_ATTRIBUTE = re.compile(rb'\s[\w:.-]+="([^"<]*)"')
_TEXT = re.compile(rb">([^<>]+)<")
_TAG = re.compile(rb"<[^<>]*>")
_DECLARED = re.compile(rb'encoding="[^"]*"')

Change = Callable[[Random, bytes], bytes]


def mutant(seed: int) -> tuple[str, bytes]:
    """The name and bytes of a broken workbook: a good one with one to four things wrong."""
    random = Random(seed)
    parent = _PARENTS[seed % len(_PARENTS)]
    content = _content(parent)
    for _ in range(random.choice((1, 1, 1, 2, 3, 4))):
        packed = parent.suffix != ".csv" and content.startswith(b"PK") and random.random() < 0.85
        content = _repacked(random, content) if packed else random.choice(_BYTES)(random, content)
    return f"plan{parent.suffix}", content


@cache
def _content(path: Path) -> bytes:
    return path.read_bytes()


def _repacked(random: Random, content: bytes) -> bytes:
    """The archive with one of its parts changed, gone, doubled, renamed, or two of them swapped."""
    try:
        with ZipFile(io.BytesIO(content)) as archive:
            parts = [(name, archive.read(name)) for name in archive.namelist()]
    except (BadZipFile, zlib.error, struct.error, EOFError, OSError, RuntimeError, ValueError, KeyError):
        # An earlier change broke the archive itself.
        return random.choice(_BYTES)(random, content)
    place = _weighed(random, parts)
    name, part = parts[place]
    what = random.random()
    if what < 0.8:
        parts[place] = (name, random.choice(_XML)(random, part))
    elif what < 0.86:
        del parts[place]
    elif what < 0.90:
        parts[place] = (random.choice(("xl/other.xml", "../" + name, "/" + name, name.upper(), "content.xml")), part)
    else:
        other = random.randrange(len(parts))
        parts[place], parts[other] = (name, parts[other][1]), (parts[other][0], part)
    packed = io.BytesIO()
    method = random.choice((ZIP_DEFLATED, ZIP_STORED))
    with warnings.catch_warnings(), ZipFile(packed, "w") as archive:
        # The library warns of a name that stands twice, which is wanted here.
        warnings.simplefilter("ignore")
        for item_name, item in parts:
            # A part of its own making: the library would write down the time of day.
            archive.writestr(ZipInfo(item_name), item, compress_type=method)
    return packed.getvalue()


def _weighed(random: Random, parts: list[tuple[str, bytes]]) -> int:
    """Mostly a part that matters: the cells, the texts, the styles, the list of sheets."""
    telling = [
        place
        for place, (name, _) in enumerate(parts)
        if name.startswith(("xl/worksheets", "xl/shared", "xl/styles", "xl/workbook", "xl/_rels", "content"))
    ]
    return random.choice(telling) if telling and random.random() < 0.9 else random.randrange(len(parts))


def _wild(random: Random) -> bytes:
    return random.choice(_WILD).encode()


def _found(random: Random, pattern: re.Pattern[bytes], content: bytes) -> re.Match[bytes] | None:
    found = list(pattern.finditer(content))
    return random.choice(found) if found else None


def _put(content: bytes, start: int, end: int, new: bytes) -> bytes:
    return content[:start] + new + content[end:]


def _other_value(random: Random, content: bytes) -> bytes:
    match = _found(random, _ATTRIBUTE, content)
    return _put(content, *match.span(1), _wild(random).replace(b'"', b"")) if match else content


def _every_such_value(random: Random, content: bytes) -> bytes:
    match = _found(random, _ATTRIBUTE, content)
    return content.replace(match[0], match[0].replace(match[1], _wild(random))) if match and match[1] else content


def _dropped_attribute(random: Random, content: bytes) -> bytes:
    match = _found(random, _ATTRIBUTE, content)
    return _put(content, *match.span(), b"") if match else content


def _doubled_attribute(random: Random, content: bytes) -> bytes:
    match = _found(random, _ATTRIBUTE, content)
    return _put(content, *match.span(), match[0] * 2) if match else content


def _other_text(random: Random, content: bytes) -> bytes:
    match = _found(random, _TEXT, content)
    return _put(content, *match.span(1), _wild(random)) if match else content


def _dropped_tag(random: Random, content: bytes) -> bytes:
    match = _found(random, _TAG, content)
    return _put(content, *match.span(), b"") if match else content


def _moved_tag(random: Random, content: bytes) -> bytes:
    match, place = _found(random, _TAG, content), _found(random, _TAG, content)
    return _put(content, place.end(), place.end(), match[0]) if match and place else content


def _fragment(random: Random, content: bytes) -> bytes:
    place = _found(random, _TAG, content)
    return _put(content, place.end(), place.end(), random.choice(_FRAGMENTS).encode()) if place else content


def _other_encoding(random: Random, content: bytes) -> bytes:
    encoding = random.choice(_ENCODINGS)
    if random.random() < 0.5:
        return _DECLARED.sub(f'encoding="{random.choice((*_ENCODINGS, "none"))}"'.encode(), content)
    return content.decode("utf-8", "replace").encode(encoding, "replace")


def _flipped(random: Random, content: bytes) -> bytes:
    changed = bytearray(content)
    for _ in range(random.choice((1, 4, 30)) if changed else 0):
        changed[random.randrange(len(changed))] ^= 1 << random.randrange(8)
    return bytes(changed)


def _cut_off(random: Random, content: bytes) -> bytes:
    return content[: random.randrange(len(content) + 1)]


def _cut_out(random: Random, content: bytes) -> bytes:
    start = random.randrange(len(content) + 1)
    return _put(content, start, start + random.choice((1, 20, 2000)), b"")


def _repeated(random: Random, content: bytes) -> bytes:
    start = random.randrange(len(content) + 1)
    return _put(content, start, start, content[start : start + 400] * random.choice((2, 50, 500)))


def _thrown_in(random: Random, content: bytes) -> bytes:
    start = random.randrange(len(content) + 1)
    junk = random.choice(
        (_wild(random), b"\0", b'"', b";" * 300, b"\r", b"\xff\xfe", b"\n" * 2000, random.randbytes(40))
    )
    return _put(content, start, start, junk)


_BYTES: tuple[Change, ...] = (_flipped, _cut_off, _cut_out, _repeated, _thrown_in, _other_encoding)
_XML: tuple[Change, ...] = (
    _other_value,
    _other_value,
    _other_value,
    _every_such_value,
    _dropped_attribute,
    _doubled_attribute,
    _other_text,
    _other_text,
    _dropped_tag,
    _moved_tag,
    _fragment,
    _fragment,
    _other_encoding,
    _flipped,
    _cut_off,
    _repeated,
)
