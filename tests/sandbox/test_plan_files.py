"""Are real files read as they are, and hostile ones refused with one fault, quickly?"""

import io
import time
from collections.abc import Callable
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZipFile

import pytest
from openpyxl import Workbook
from openpyxl.styles import Font

from numbering.commands import check_file
from numbering.correct import Correction, write_corrected
from numbering.marks import find_marks
from numbering.read import PlanOptions, Reading
from numbering.sandboxed import read_workbook
from staging.core.faults import PlanRefused
from tests.fakes.numbering import FILE_CODES, faults

_SAMPLES = Path(__file__).parents[2] / "samples"
_HEADER = ["Nom et prénom", "Profil", "Matériel", "SDA"]


def _check(path: Path) -> Reading:
    return check_file(path, PlanOptions())


def _saved(path: Path, rows: list[list[object]], change: Callable[[Workbook], None] = lambda book: None) -> Path:
    book = Workbook()
    assert book.active is not None
    book.active.title = "Plan"
    for row in rows:
        book.active.append(row)
    change(book)
    book.save(path)
    return path


def _packed(path: Path, sheet: bytes, workbook: bytes | None = None) -> Path:
    """A minimal .xlsx around the XML of one sheet."""
    relations = (
        b'<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">%s</Relationships>'
    )
    kind = b"http://schemas.openxmlformats.org/officeDocument/2006/relationships/"
    with ZipFile(path, "w", ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        archive.writestr(
            "_rels/.rels",
            relations % (b'<Relationship Id="a" Type="%sofficeDocument" Target="xl/workbook.xml"/>' % kind),
        )
        archive.writestr(
            "xl/workbook.xml",
            workbook or b'<workbook xmlns:r="r"><sheets><sheet name="Plan" r:id="b"/></sheets></workbook>',
        )
        archive.writestr(
            "xl/_rels/workbook.xml.rels",
            relations % (b'<Relationship Id="b" Type="%sworksheet" Target="worksheets/sheet1.xml"/>' % kind),
        )
        archive.writestr("xl/worksheets/sheet1.xml", sheet)
    return path


def test_the_small_form_is_six_seats() -> None:
    reading = _check(_SAMPLES / "plan-creche.xlsx")
    assert reading.ok
    assert reading.plan is not None
    summary = reading.plan.summary
    assert (summary.rows, summary.seats, summary.sections, summary.phones, summary.dect_bases) == (7, 6, 1, 6, 1)
    assert (summary.numbers_wanted, reading.plan.main_number, reading.plan.extension_range) == (5, None, "8000-8019")
    assert {seat.site for seat in reading.plan.seats} == {"Avr"}
    assert reading.plan.seats[0].lines[0].expansion_modules == 1


def test_the_large_form_is_eighty_seats() -> None:
    reading = _check(_SAMPLES / "plan-atelier-bleu.xlsx")
    assert reading.ok
    assert reading.plan is not None
    summary = reading.plan.summary
    assert (summary.rows, summary.seats, summary.phones, summary.softphones) == (80, 80, 79, 2)
    assert (summary.dect_bases, summary.numbers, summary.numbers_wanted) == (3, 46, 1)
    assert (reading.plan.main_number, reading.plan.extension_range) == ("+33465710000", "8000-8079")
    assert [line.kind for line in reading.plan.seats[1].lines] == ["app", "desk"]
    assert sum(item.count for item in reading.plan.number_ranges) == 46


def test_the_form_with_faults_has_each_at_its_cell() -> None:
    reading = _check(_SAMPLES / "plan-with-faults.xlsx")
    assert faults(reading) == [
        ("duplicate-number", "E6"),
        ("unknown-profile", "C7"),
        ("duplicate-number", "E7"),
        ("leading-zero-restored", "E7"),
        ("missing-email", "B8"),
        ("missing-name", "B9"),
        ("unknown-hardware", "D10"),
        ("invalid-number", "E10"),
        ("ignored-row", "A12"),
    ]
    assert reading.plan is not None
    summary = reading.plan.summary
    assert (summary.rows, summary.seats, summary.ignored, summary.refused) == (6, 4, 1, 1)


def test_a_csv_is_read_in_each_encoding_and_separator(tmp_path: Path) -> None:
    for encoding in ("utf-8", "utf-8-sig", "cp1252", "utf-16"):
        for separator in (";", ",", "\t"):
            path = tmp_path / "plan.csv"
            rows = [_HEADER, ["accueil élevé", "POSTE FIXE", "T54W", "465710001"]]
            path.write_bytes("\r\n".join(separator.join(row) for row in rows).encode(encoding))
            reading = _check(path)
            assert reading.plan is not None
            assert (reading.plan.seats[0].firstname, reading.plan.seats[0].numbers) == (
                "accueil élevé",
                ("+33465710001",),
            )
            assert faults(reading) == [("leading-zero-restored", "D2")]


def test_number_formats_merged_hidden_and_struck_cells_come_through(tmp_path: Path) -> None:
    def change(book: Workbook) -> None:
        sheet = book["Plan"]
        sheet["D2"].number_format = '0#" "##" "##" "##" "##'
        sheet["A3"].font = Font(strike=True)
        sheet.row_dimensions[2].hidden = True
        sheet.merge_cells("C2:C3")
        sheet["D3"] = "=1+1"

    rows: list[list[object]] = [list(_HEADER), ["accueil", "FIXE", "T54W", 465710001], ["atelier", "FIXE", None, None]]
    path = _saved(tmp_path / "plan.xlsx", rows, change)
    (sheet,) = read_workbook(path).sheets
    assert sheet.rows[1].cell(4).text == "04 65 71 00 01"
    assert sheet.rows[2].cell(3).merged_from == "C2"
    assert faults(_check(path)) == [("hidden-row", "A2"), ("hidden-row", "A3"), ("formula-without-value", "D3")]


def test_a_hidden_sheet_is_not_searched(tmp_path: Path) -> None:
    def change(book: Workbook) -> None:
        book["Plan"].sheet_state = "hidden"
        book.create_sheet("Notes")

    path = _saved(tmp_path / "plan.xlsx", [list(_HEADER), ["accueil", "FIXE", "T54W"]], change)
    assert faults(_check(path)) == [("no-table", None)]


def test_a_declared_million_of_rows_is_read_as_the_rows_that_are_there(tmp_path: Path) -> None:
    cells = "".join(
        f'<c r="{letter}1" t="inlineStr"><is><t>{text}</t></is></c>'
        for letter, text in zip("ABCD", _HEADER, strict=True)
    )
    sheet = f'<worksheet><dimension ref="A1:XFD1048576"/><sheetData><row r="1">{cells}</row></sheetData></worksheet>'
    reading = _check(_packed(tmp_path / "plan.xlsx", sheet.encode()))
    assert reading.plan is not None
    assert reading.plan.summary.rows == 0


def test_a_huge_merged_range_costs_nothing(tmp_path: Path) -> None:
    path = _saved(tmp_path / "plan.xlsx", [list(_HEADER), ["accueil", "FIXE", "T54W"]])
    packed = io.BytesIO(path.read_bytes())
    with ZipFile(packed) as old, ZipFile(path, "w") as new:
        for name in old.namelist():
            merged = old.read(name).replace(
                b"</sheetData>", b'</sheetData><mergeCells><mergeCell ref="F1:XFD1000000"/></mergeCells>'
            )
            new.writestr(name, merged if "sheet1" in name else old.read(name))
    reading = _check(path)
    assert (reading.ok, reading.plan and reading.plan.summary.seats) == (True, 1)


def test_an_open_document_is_read_like_any_other(tmp_path: Path) -> None:
    def row(*texts: str) -> str:
        cells = "".join(f'<t:table-cell o:value-type="string"><x:p>{text}</x:p></t:table-cell>' for text in texts)
        return f"<t:table-row>{cells}</t:table-row>"

    number = '<t:table-cell o:value-type="float" o:value="465710001"><x:p>465710001</x:p></t:table-cell>'
    rows = row(*_HEADER) + row("accueil", "FIXE", "T54W").replace("</t:table-row>", number + "</t:table-row>")
    padding = (
        '<t:table-row t:number-rows-repeated="1048570"><t:table-cell t:number-columns-repeated="16384"/></t:table-row>'
    )
    content = f'<d xmlns:t="t" xmlns:o="o" xmlns:x="x"><t:table t:name="Plan">{rows}{padding}</t:table></d>'
    with ZipFile(tmp_path / "plan.ods", "w") as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        archive.writestr("content.xml", content)
    reading = _check(tmp_path / "plan.ods")
    assert faults(reading) == [("leading-zero-restored", "D2")]
    assert reading.plan is not None
    assert reading.plan.seats[0].cell == "Plan!A2"


def _truncated(path: Path) -> None:
    path.write_bytes((_SAMPLES / "plan-creche.xlsx").read_bytes()[:3000])


def _random(path: Path) -> None:
    path.write_bytes(bytes((index * 73 + index // 7) % 256 for index in range(50_000)))


def _bomb(path: Path) -> None:
    with ZipFile(path, "w", ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        archive.writestr("xl/workbook.xml", bytes(150_000_000))


def _far_cell(path: Path) -> None:
    _packed(
        path, b'<worksheet><sheetData><row r="1048576"><c r="XFD1048576"><v>1</v></c></row></sheetData></worksheet>'
    )


def _laughs(path: Path) -> None:
    entities = b"".join(b'<!ENTITY l%d "%s">' % (level, b"&l%d;" % (level - 1) * 10) for level in range(1, 10))
    _packed(path, b'<!DOCTYPE w [<!ENTITY l0 "lol">' + entities + b"]><worksheet>&l9;</worksheet>")


def _outside(path: Path) -> None:
    _packed(path, b'<!DOCTYPE w [<!ENTITY x SYSTEM "file:///etc/passwd">]><worksheet>&x;</worksheet>')


def _encrypted(path: Path) -> None:
    path.write_bytes(
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600) + "EncryptedPackage".encode("utf-16-le") + bytes(600)
    )


def _old(path: Path) -> None:
    path.write_bytes(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600) + "Workbook".encode("utf-16-le") + bytes(600))


def _amplified(path: Path) -> None:
    shared = b'<c t="inlineStr"><is><t>' + b"x" * 32_000 + b"</t></is></c>"
    _packed(path, b"<worksheet><sheetData>" + (b"<row>" + shared * 100 + b"</row>") * 40 + b"</sheetData></worksheet>")


HOSTILE = {
    "cut off": ("a.xlsx", _truncated, "unreadable-workbook"),
    "random bytes": ("a.xlsx", _random, "unreadable-workbook"),
    "random bytes called csv": ("a.csv", _random, "unreadable-workbook"),
    "empty": ("a.xlsx", lambda path: path.write_bytes(b""), "unreadable-workbook"),
    "a web page": (
        "a.xlsx",
        lambda path: path.write_text("<html><table><tr><td>Nom</td></tr></table>"),
        "unreadable-workbook",
    ),
    "a zip bomb": ("a.xlsx", _bomb, "workbook-too-large"),
    "a far cell": ("a.xlsx", _far_cell, "workbook-too-large"),
    "a billion laughs": ("a.xlsx", _laughs, "unreadable-workbook"),
    "an entity from outside": ("a.xlsx", _outside, "unreadable-workbook"),
    "encrypted": ("a.xlsx", _encrypted, "encrypted-workbook"),
    "an old workbook": ("a.xls", _old, "legacy-format"),
    "an old workbook called new": ("a.xlsx", _old, "legacy-format"),
    "too big on disk": ("a.xlsx", lambda path: path.write_bytes(b"PK\3\4" + bytes(20_000_001)), "workbook-too-large"),
    "text repeated for ever": ("a.xlsx", _amplified, "workbook-too-large"),
}


@pytest.mark.parametrize("what", HOSTILE)
def test_a_hostile_file_is_one_fault_in_bounded_time(what: str, tmp_path: Path) -> None:
    name, write, code = HOSTILE[what]
    write(tmp_path / name)
    start = time.monotonic()
    with pytest.raises(PlanRefused) as caught:
        read_workbook(tmp_path / name)
    assert [(fault.code, fault.at.source) for fault in caught.value.faults] == [(code, name)]
    assert time.monotonic() - start < 10


def _csv(rows: int, columns: int = 3) -> str:
    return "Nom;Profil;Matériel\n" + f"atelier;FIXE;T54W{';' * (columns - 3)}{'x' if columns > 3 else ''}\n" * (
        rows - 1
    )


def _locked(path: Path) -> None:
    def change(book: Workbook) -> None:
        book["Plan"].protection.enable()

    _saved(path, [list(_HEADER), ["accueil", "FIXE", "T54W"]], change)


FILES: dict[str, tuple[str, Callable[[Path], object], Callable[[Path], object]]] = {
    "unreadable-workbook": (
        "a.xlsx",
        lambda path: path.write_bytes((_SAMPLES / "plan-creche.xlsx").read_bytes()[:-1]),
        lambda path: path.write_bytes((_SAMPLES / "plan-creche.xlsx").read_bytes()),
    ),
    "encrypted-workbook": ("a.xlsx", _encrypted, _locked),
    "legacy-format": ("a.xls", _old, lambda path: path.write_bytes((_SAMPLES / "plan-creche.xlsx").read_bytes())),
    "workbook-too-large": (
        "a.csv",
        lambda path: path.write_text(_csv(100_001)),
        lambda path: path.write_text(_csv(100_000)),
    ),
}


def test_every_code_of_a_file_has_a_pair_of_files() -> None:
    assert set(FILES) == FILE_CODES


@pytest.mark.parametrize("code", FILES)
def test_a_file_is_refused_whole_under_its_code_and_one_that_just_avoids_it_is_read(code: str, tmp_path: Path) -> None:
    name, broken, good = FILES[code]
    broken(tmp_path / name)
    with pytest.raises(PlanRefused) as caught:
        read_workbook(tmp_path / name)
    assert [fault.code for fault in caught.value.faults] == [code]
    good(tmp_path / name)
    assert read_workbook(tmp_path / name).sheets


def test_two_hundred_columns_are_read_and_one_more_is_not(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text(_csv(3, columns=200))
    assert len(read_workbook(path).sheets[0].rows) == 3
    path.write_text(_csv(3, columns=201))
    with pytest.raises(PlanRefused) as caught:
        read_workbook(path)
    assert caught.value.faults[0].code == "workbook-too-large"


def test_a_workbook_never_annotated_has_no_marks() -> None:
    assert not find_marks(read_workbook(_SAMPLES / "plan-creche.xlsx")).sheets


def test_a_corrected_copy_that_finds_no_room_is_not_blamed_on_the_workbook(tmp_path: Path) -> None:
    fix = Correction("Plan", "A2", "accueil")
    with pytest.raises(PlanRefused) as caught:
        write_corrected(_saved(tmp_path / "a.xlsx", [_HEADER]), [fix], tmp_path / "nowhere" / "b.xlsx")
    assert [(fault.code, fault.facts["reason"]) for fault in caught.value.faults] == [
        ("corrected-failed", "No such file or directory")
    ]
