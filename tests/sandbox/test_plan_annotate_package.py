"""Does a marked workbook keep everything else that its file held, and is the file still sound?"""

import re
import xml.etree.ElementTree as ET
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile

import pytest
from openpyxl import load_workbook

from numbering.annotate import annotate
from numbering.commands import check_file
from numbering.read import PlanOptions, Reading
from numbering.report import reading_document
from staging.core.faults import PlanRefused
from tests.fakes.rich_workbook import members, write_rich

_SAMPLES = Path(__file__).parents[2] / "samples"
_GOLDEN = Path(__file__).parents[1] / "golden" / "annotate"
_SHEET = "xl/worksheets/sheet1.xml"
_MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
_RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_STRICT = "http://purl.oclc.org/ooxml"


def _check(path: Path) -> Reading:
    return check_file(path, PlanOptions())


def _annotated(source: Path, out: Path) -> Path:
    annotate(source, _check(source), out, "fr")
    return out


def _meaning(path: Path) -> dict[str, Any]:
    document = reading_document(_check(path), "fr")
    return {key: value for key, value in document.items() if key != "workbook"}


def _packed(path: Path, parts: Mapping[str, bytes]) -> Path:
    with ZipFile(path, "w", ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return path


def _assert_sound(path: Path) -> None:
    """What Excel insists on: types for all parts, relations that lead somewhere, numbers that exist, true counts."""
    parts = members(path)
    types = ET.fromstring(parts["[Content_Types].xml"])
    defaults = {item.get("Extension", "").casefold() for item in types if item.tag.endswith("Default")}
    overrides = [item.get("PartName", "") for item in types if item.tag.endswith("Override")]
    assert len(overrides) == len(set(overrides))
    assert {name.lstrip("/") for name in overrides} <= set(parts)
    for name in parts:
        assert f"/{name}" in overrides or name.rpartition(".")[2].casefold() in defaults or name.startswith("[")
        if name.endswith(".rels"):
            _assert_relations(name, parts)
    styles = ET.fromstring(parts["xl/styles.xml"])
    counts = {}
    for item in styles:
        if item.get("count") is not None:
            assert int(item.get("count", "")) == len(item), item.tag
        counts[item.tag.rpartition("}")[2]] = len(item)
    for look in styles.find(styles.tag.replace("styleSheet", "cellXfs")) or ():
        assert int(look.get("fillId", "0")) < counts["fills"]
        assert int(look.get("fontId", "0")) < counts["fonts"]
    for name in (name for name in parts if name.startswith("xl/worksheets/sheet")):
        _assert_sheet(parts[name], counts["cellXfs"])


def _assert_relations(name: str, parts: Mapping[str, bytes]) -> None:
    items = list(ET.fromstring(parts[name]))
    assert len({item.get("Id", "") for item in items}) == len(items)
    folder = name.replace("_rels/", "").rpartition("/")[0]
    for item in items:
        if item.get("TargetMode") != "External":
            target = item.get("Target", "")
            path = (Path("/") / folder / target).as_posix() if not target.startswith("/") else target
            assert str(Path(path).resolve()).lstrip("/") in parts, (name, target)


def _assert_sheet(content: bytes, looks: int) -> None:
    root = ET.fromstring(content)
    order = [
        "sheetPr", "dimension", "sheetViews", "sheetFormatPr", "cols", "sheetData", "sheetProtection", "mergeCells",
        "conditionalFormatting", "dataValidations", "hyperlinks", "printOptions", "pageMargins", "pageSetup",
        "headerFooter", "drawing", "legacyDrawing", "tableParts", "extLst",
    ]  # fmt: skip
    found = [order.index(child.tag.rpartition("}")[2]) for child in root]
    assert found == sorted(found)
    rows = [int(row.get("r", "0")) for row in root.iter(f"{_MAIN}row")]
    assert rows == sorted(set(rows))
    for row in root.iter(f"{_MAIN}row"):
        columns = [re.sub("[0-9]", "", cell.get("r", "")).rjust(3) for cell in row]
        assert columns == sorted(set(columns))
        assert all(int(cell.get("s", "0")) < looks for cell in row)


@pytest.fixture
def rich(tmp_path: Path) -> Path:
    return write_rich(tmp_path / "rich.xlsx")


def test_only_the_parts_with_marks_change(rich: Path, tmp_path: Path) -> None:
    before, after = members(rich), members(_annotated(rich, tmp_path / "out.xlsx"))
    assert list(before) == list(after)[: len(before)]
    assert sorted(set(after) - set(before)) == ["xl/worksheets/sheet4.xml", "xl/worksheets/sheet5.xml"]
    assert sorted(name for name in before if before[name] != after[name]) == [
        "[Content_Types].xml",
        "xl/_rels/workbook.xml.rels",
        "xl/comments/comment1.xml",
        "xl/drawings/commentsDrawing1.vml",
        "xl/styles.xml",
        "xl/workbook.xml",
        _SHEET,
    ]
    _assert_sound(tmp_path / "out.xlsx")


@pytest.mark.parametrize("source", [*_SAMPLES.glob("*.xlsx"), *_GOLDEN.glob("*.xlsx")], ids=lambda path: path.stem)
def test_workbooks_of_every_make_stay_sound_and_whole(source: Path, tmp_path: Path) -> None:
    before, after = members(source), members(_annotated(source, tmp_path / "out.xlsx"))
    assert list(before) == list(after)[: len(before)]
    kept = [name for name in before if re.search("theme|docProps|media|chart|drawing[0-9]+.xml|sharedStrings", name)]
    assert [name for name in kept if before[name] != after[name]] == []
    assert len(kept) >= 3
    _assert_sound(tmp_path / "out.xlsx")
    assert _meaning(tmp_path / "out.xlsx") == _meaning(source)


def test_in_the_marked_sheet_only_looks_and_the_added_column_differ(rich: Path, tmp_path: Path) -> None:
    before, after = (members(path)[_SHEET] for path in (rich, _annotated(rich, tmp_path / "out.xlsx")))

    def plain(sheet: bytes) -> bytes:
        sheet = re.sub(rb'<c r="F[0-9]+".*?</c>|<col [^>]*min="6"[^>]*>|<dimension [^>]*>', b"", sheet)
        return re.sub(rb'(<c [^>]*?) s="[0-9]+"', rb"\1", sheet)

    assert plain(before) == plain(after)
    assert before != after


def test_the_marked_file_means_the_same_and_opens(rich: Path, tmp_path: Path) -> None:
    out = _annotated(rich, tmp_path / "out.xlsx")
    assert _meaning(out) == _meaning(rich)
    with pytest.warns(UserWarning, match="Conditional Formatting extension"):
        book = load_workbook(out)
    sheet = book["Plan d'Atelier Bleu"]
    assert [sheet[name].fill.fgColor.rgb[:6] for name in ("E6", "C7", "D8", "E8", "B9")] == ["FFFF9C"] * 5
    assert (sheet["C7"].font.i, sheet["C7"].font.color.theme, sheet["E6"].border.left.color.rgb) == (
        True,
        4,
        "FF1F4E78",
    )
    assert sheet["C7"].comment.text.startswith("à voir avec la directrice\n\n")
    assert sheet["A6"].comment.text == "siège social"
    assert (sheet.protection.sheet, sheet["B7"].protection.locked) == (True, False)


def test_annotating_twice_is_annotating_once(rich: Path, tmp_path: Path) -> None:
    first = _annotated(rich, tmp_path / "first.xlsx")
    assert _annotated(first, tmp_path / "second.xlsx").read_bytes() == first.read_bytes()


def test_a_corrected_workbook_is_the_customers_own_again(rich: Path, tmp_path: Path) -> None:
    parts = dict(members(_annotated(rich, tmp_path / "out.xlsx")))
    before = members(rich)
    for wrong, right in (("POSTE FIX<", "POSTE FIXE<"), ("Téléphone rouge", "T54W"), ("04 65 71 00 01", "")):
        parts[_SHEET] = parts[_SHEET].replace(wrong.encode(), right.encode())
    parts[_SHEET] = re.sub(rb'<row r="(9|12|13)".*?</row>', b"", parts[_SHEET], flags=re.DOTALL)
    corrected = _packed(tmp_path / "corrected.xlsx", parts)
    assert _check(corrected).ok
    after = members(_annotated(corrected, tmp_path / "clean.xlsx"))
    assert after["xl/comments/comment1.xml"].count(b"<comment ") == 2
    assert "à voir avec la directrice</t></text>".encode() in after["xl/comments/comment1.xml"]
    assert after["xl/drawings/commentsDrawing1.vml"] == before["xl/drawings/commentsDrawing1.vml"]
    looks = re.compile(rb'<c r="([A-E][0-9]+)" (?:s="([0-9]+)")?')
    kept, found = (dict(looks.findall(sheet[_SHEET])) for sheet in (before, after))
    assert found == {name: look for name, look in kept.items() if not name.endswith((b"9", b"12", b"13"))}
    _assert_sound(tmp_path / "clean.xlsx")


def test_comments_that_only_we_wrote_leave_no_part_behind(tmp_path: Path) -> None:
    rows = '<row r="1">{}</row><row r="2">{}</row>'
    words = [["Nom complet", "Profil", "Matériel"], ["accueil", "POSTE FIX", "T54W"]]
    source = _packed(tmp_path / "plan.xlsx", _minimal(_cells(rows, words)))
    marked = members(_annotated(source, tmp_path / "marked.xlsx"))
    assert {"xl/comments1.xml", "xl/drawings/vmlDrawing1.vml", "xl/styles.xml"} <= set(marked)
    fixed = {name: part.replace(b"POSTE FIX<", b"POSTE FIXE<") for name, part in marked.items()}
    clean = members(_annotated(_packed(tmp_path / "fixed.xlsx", fixed), tmp_path / "clean.xlsx"))
    assert not [name for name in clean if "comments" in name or "vml" in name]
    assert b"legacyDrawing" not in clean[_SHEET]


def _cells(rows: str, words: list[list[str]], prefix: str = "") -> str:
    p = prefix
    return rows.format(
        *("".join(f'<{p}c t="inlineStr"><{p}is><{p}t>{word}</{p}t></{p}is></{p}c>' for word in row) for row in words)
    )


def _minimal(data: str, *, prefix: str = "", strict: bool = False) -> dict[str, bytes]:
    """The smallest workbook around the rows of one sheet: no styles, no positions of cells."""
    main, relations = (
        (f"{_STRICT}/spreadsheetml/main", f"{_STRICT}/officeDocument/relationships")
        if strict
        else (_MAIN.strip("{}"), _RELATIONS)
    )
    p, space = prefix, f'xmlns:{prefix[:-1]}="{main}"' if prefix else f'xmlns="{main}"'
    package = "http://schemas.openxmlformats.org/package/2006"
    kind = "application/vnd.openxmlformats-officedocument.spreadsheetml"
    parts = {
        "[Content_Types].xml": f'<Types xmlns="{package}/content-types"><Default Extension="rels" ContentType='
        f'"application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType="{kind}.'
        f'worksheet+xml"/><Override PartName="/xl/workbook.xml" ContentType="{kind}.sheet.main+xml"/></Types>',
        "_rels/.rels": f'<Relationships xmlns="{package}/relationships"><Relationship Id="a" '
        f'Type="{relations}/officeDocument" Target="/xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<{p}workbook {space} xmlns:rel="{relations}"><{p}sheets><{p}sheet name="Plan" '
        f'sheetId="3" rel:id="b"/></{p}sheets></{p}workbook>',
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{package}/relationships"><Relationship Id="b" '
        f'Type="{relations}/worksheet" Target="worksheets/sheet1.xml"/></Relationships>',
        _SHEET: f"<{p}worksheet {space}><{p}sheetData>{data}</{p}sheetData></{p}worksheet>",
    }
    return {name: text.encode() for name, text in parts.items()}


_WORDS = [["Nom complet", "Profil", "Matériel"], ["accueil", "POSTE FIX", "T54W"], ["atelier", "POSTE FIXE"]]


def _unnumbered() -> dict[str, bytes]:
    return _minimal(_cells("<row>{}</row><row>{}</row><row>{}</row>", _WORDS))


def _prefixed() -> dict[str, bytes]:
    return _minimal(_cells("<x:row>{}</x:row><x:row>{}</x:row><x:row>{}</x:row>", _WORDS, "x:"), prefix="x:")


def _strict() -> dict[str, bytes]:
    return _minimal(_cells("<row>{}</row><row>{}</row><row>{}</row>", _WORDS), strict=True)


def _wide() -> dict[str, bytes]:
    parts = _unnumbered()
    parts[_SHEET] = ('<?xml version="1.0" encoding="UTF-16"?>' + parts[_SHEET].decode()).encode("utf-16")
    return parts


def _marked_order() -> dict[str, bytes]:
    parts = _unnumbered()
    parts[_SHEET] = b"\xef\xbb\xbf" + parts[_SHEET]
    return parts


def _latin() -> dict[str, bytes]:
    parts = _unnumbered()
    parts[_SHEET] = ("<?xml version='1.0' encoding='ISO-8859-1'?>" + parts[_SHEET].decode()).encode("latin-1")
    return parts


@pytest.mark.parametrize("make", [_unnumbered, _prefixed, _strict, _wide, _marked_order, _latin])
def test_every_dialect_of_the_format_is_marked(make: Callable[[], dict[str, bytes]], tmp_path: Path) -> None:
    source = _packed(tmp_path / "plan.xlsx", make())
    out = _annotated(source, tmp_path / "out.xlsx")
    assert _meaning(out) == _meaning(source)
    assert [(fault.code, fault.at.cell) for fault in _check(out).faults] == [
        ("unknown-profile", "B2"),
        ("missing-hardware", "C3"),
    ]
    assert _annotated(out, tmp_path / "again.xlsx").read_bytes() == out.read_bytes()
    if make is not _strict:  # which the library does not know
        sheet = load_workbook(out)["Plan"]
        assert [sheet[name].fill.fgColor.rgb for name in ("B2", "C3")] == ["FFFF9C9C", "FFFF9C9C"]
        assert [sheet[name].value for name in ("D1", "D2", "D3")] == ["Numéro court proposé", "8000", "8001"]


def test_buttons_in_a_drawing_stay_when_comments_join_them(tmp_path: Path) -> None:
    button = (
        b'<xml xmlns:v="urn:schemas-microsoft-com:vml" xmlns:x="urn:schemas-microsoft-com:office:excel">'
        b'<v:shape id="_x0000_s1025"><v:textbox><div>Envoyer<br></div></v:textbox>'
        b'<x:ClientData ObjectType="Button"><x:Row>1</x:Row><x:Column>1</x:Column></x:ClientData></v:shape></xml>'
    )
    parts = _unnumbered()
    parts[_SHEET] = parts[_SHEET].replace(
        b"</worksheet>", b'<legacyDrawing xmlns:q="%s" q:id="z"/><tableParts/></worksheet>' % _RELATIONS.encode()
    )
    parts["xl/worksheets/_rels/sheet1.xml.rels"] = (
        '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="z" '
        f'Type="{_RELATIONS}/vmlDrawing" Target="../drawings/buttons.vml"/></Relationships>'
    ).encode()
    parts["xl/drawings/buttons.vml"] = button
    out = _annotated(_packed(tmp_path / "plan.xlsx", parts), tmp_path / "out.xlsx")
    drawing = members(out)["xl/drawings/buttons.vml"]
    assert drawing.startswith(button.removesuffix(b"</xml>"))
    assert drawing.count(b'ObjectType="Note"') == 2
    assert members(out)[_SHEET].count(b"legacyDrawing") == 1
    fixed = {name: part.replace(b"POSTE FIX<", b"POSTE FIXE<") for name, part in members(out).items()}
    fixed[_SHEET] = re.sub(rb'<c r="C3" s="[0-9]+"/>', b'<c r="C3" t="str"><v>T31G</v></c>', fixed[_SHEET])
    clean = members(_annotated(_packed(tmp_path / "fixed.xlsx", fixed), tmp_path / "clean.xlsx"))
    assert clean["xl/drawings/buttons.vml"].count(b"ClientData ObjectType") == 1
    assert b"Button" in clean["xl/drawings/buttons.vml"]


def test_macros_stay_only_where_the_name_says_that_there_may_be_some(tmp_path: Path) -> None:
    parts = _unnumbered()
    kind = "application/vnd.ms-excel.sheet.macroEnabled.main+xml"
    parts["[Content_Types].xml"] = (
        parts["[Content_Types].xml"]
        .replace(b"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml", kind.encode())
        .replace(b"</Types>", b'<Override PartName="/xl/vbaProject.bin" ContentType="application/vnd.ms-office.'
                              b'vbaProject"/></Types>')
    )  # fmt: skip
    parts["xl/_rels/workbook.xml.rels"] = parts["xl/_rels/workbook.xml.rels"].replace(
        b"</Relationships>",
        b'<Relationship Id="m" Type="http://schemas.microsoft.com/office/2006/relationships/vbaProject" '
        b'Target="vbaProject.bin"/></Relationships>',
    )
    parts["xl/vbaProject.bin"] = b"\xd0\xcf\x11\xe0 not run by anybody"
    source = _packed(tmp_path / "plan.xlsm", parts)
    kept, dropped = (members(_annotated(source, tmp_path / name)) for name in ("out.xlsm", "out.xlsx"))
    assert kept["xl/vbaProject.bin"] == parts["xl/vbaProject.bin"]
    assert kind.encode() in kept["[Content_Types].xml"]
    assert "xl/vbaProject.bin" not in dropped
    assert b"macro" not in dropped["[Content_Types].xml"]
    assert b"vbaProject" not in dropped["[Content_Types].xml"] + dropped["xl/_rels/workbook.xml.rels"]


def test_a_formula_that_a_person_wrote_into_our_column_takes_the_calculation_order_with_it(tmp_path: Path) -> None:
    out = _annotated(_packed(tmp_path / "plan.xlsx", _unnumbered()), tmp_path / "out.xlsx")
    parts = dict(members(out))
    parts[_SHEET] = re.sub(
        rb'<c r="D2" t="inlineStr">.*?</c>', b'<c r="D2"><f>8000+5</f><v>8005</v></c>', parts[_SHEET]
    )
    chain = b'<Relationship Id="k" Type="%s/calcChain" Target="calcChain.xml"/></Relationships>' % _RELATIONS.encode()
    parts["xl/_rels/workbook.xml.rels"] = parts["xl/_rels/workbook.xml.rels"].replace(b"</Relationships>", chain)
    parts["xl/calcChain.xml"] = f'<calcChain xmlns="{_MAIN.strip("{}")}"><c r="D2" i="3"/></calcChain>'.encode()
    again = _annotated(_packed(tmp_path / "typed.xlsx", parts), tmp_path / "again.xlsx")
    assert "xl/calcChain.xml" not in members(again)
    assert load_workbook(again)["Plan"]["D2"].value == "8005"


def test_a_member_that_stands_twice_in_the_zip_stands_once_in_the_copy(tmp_path: Path) -> None:
    source = _packed(tmp_path / "plan.xlsx", _unnumbered())
    with ZipFile(source, "a") as archive, pytest.warns(UserWarning, match="Duplicate name"):
        archive.writestr("xl/workbook.xml", archive.read("xl/workbook.xml"))
    assert "xl/workbook.xml" in members(_annotated(source, tmp_path / "out.xlsx"))


def test_a_damaged_part_that_nobody_reads_is_a_fault_that_tells_what_to_do(rich: Path, tmp_path: Path) -> None:
    parts = {**members(rich), "xl/comments/comment1.xml": b"<comments"}
    source = _packed(tmp_path / "damaged.xlsx", parts)
    with pytest.raises(PlanRefused) as caught:
        _annotated(source, tmp_path / "out.xlsx")
    assert [(fault.code, fault.at.source) for fault in caught.value.faults] == [("annotate-damaged", "damaged.xlsx")]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["damaged.xlsx", "rich.xlsx"]
