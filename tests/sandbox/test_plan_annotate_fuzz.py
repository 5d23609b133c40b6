"""Is a workbook that somebody's program damaged still marked so that it means the same, or refused before that?"""

import random
import re
from pathlib import Path
from xml.parsers.expat import ExpatError
from zipfile import ZIP_DEFLATED, BadZipFile, ZipFile

import pytest

from numbering.annotate import annotation
from numbering.child import read_events
from numbering.events import gather, limited
from numbering.marker import mark_workbook
from numbering.marks import find_marks
from numbering.read import PlanOptions, Reading, read_plan
from numbering.report import reading_document
from staging.core.faults import PlanRefused
from tests.fakes.rich_workbook import members, write_rich

_GOLDEN = Path(__file__).parents[1] / "golden" / "annotate"
_EMPTY_ELEMENT = re.compile(rb"<(\w+)[^<>]*/>")
_ELEMENT = re.compile(rb"<(\w+)(?:\s[^<>]*)?>[^<]*</\1>")
_ATTRIBUTE = re.compile(rb"\s[\w:]+=\"[^\"]*\"")
_NUMBER = re.compile(rb"(?<=\")[0-9]+(?=\")")
_STRANGE = (
    b'<!-- <c r="A1"><v>9</v></c> -->',
    b"<?program says?>",
    b"\n   ",
    b"<x:new xmlns:x='urn:new'>\xc3\xa9</x:new>",
)
# What `child.main` and its parent take for a damaged file.
_GIVEN_UP = (PlanRefused, ExpatError, BadZipFile, ValueError, KeyError, IndexError, OverflowError)


def _damaged(parts: dict[str, bytes], chance: random.Random) -> dict[str, bytes]:
    """A few parts with an element or an attribute less, more or other; or with something strange between them."""
    parts = dict(parts)
    for _ in range(chance.randint(1, 3)):
        name = chance.choice([name for name in parts if name.endswith((".xml", ".rels", ".vml"))])
        pattern = chance.choice([_EMPTY_ELEMENT, _ELEMENT, _ATTRIBUTE, _NUMBER, re.compile(rb"(?<=>)")])
        found = list(pattern.finditer(parts[name]))
        if found:
            match = chance.choice(found)
            new = {_NUMBER: b"7", _EMPTY_ELEMENT: match[0] * chance.choice([0, 2])}.get(pattern, b"")
            new = new if match[0] else chance.choice(_STRANGE)
            parts[name] = parts[name][: match.start()] + new + parts[name][match.end() :]
    return parts


def _check(path: Path) -> Reading | None:
    """As `check_file` reads, without a child each time; None where the parsers give up."""
    try:
        workbook = gather(limited(read_events(path)))
    except _GIVEN_UP:
        return None
    marks = find_marks(workbook)
    sheets = [sheet for sheet in workbook.sheets if sheet.name not in marks.sheets]
    reading = read_plan(sheets, PlanOptions(proposed=marks.proposed), workbook="plan.xlsx")
    return reading if reading.plan is not None else None


@pytest.mark.parametrize("origin", ["rich", "libreoffice", "marked"])
def test_a_damaged_workbook_means_the_same_when_it_is_marked(origin: str, tmp_path: Path) -> None:
    made = {
        "rich": lambda: write_rich(tmp_path / "rich.xlsx"),
        "libreoffice": lambda: _GOLDEN / "made-by-libreoffice.xlsx",
        "marked": lambda: _GOLDEN / "marked-then-saved-by-libreoffice.xlsx",
    }[origin]()
    parts, marked = members(made), 0
    for seed in range(60):
        source, out = tmp_path / "damaged.xlsx", tmp_path / "out.xlsx"
        with ZipFile(source, "w", ZIP_DEFLATED) as archive:
            for name, content in _damaged(dict(parts), random.Random(seed)).items():
                archive.writestr(name, content)
        reading = _check(source)
        if reading is None:
            continue
        try:
            mark_workbook(source, out, {**annotation(reading, "fr"), "plain": False, "macros": False})
        except ExpatError:  # a part that the reader never opens: for `annotate`, a damaged workbook
            continue
        again = _check(out)
        assert again is not None, seed
        assert reading_document(again, "fr") == reading_document(reading, "fr"), seed
        marked += 1
    assert marked > 30
