"""What may a customer's workbook hold beside its cells? One of each, made by a library and by hand, around a plan."""

import io
from collections.abc import Mapping
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZipFile

from openpyxl import Workbook
from openpyxl.chart import BarChart, Reference
from openpyxl.comments import Comment
from openpyxl.drawing.image import Image
from openpyxl.formatting.rule import CellIsRule
from openpyxl.packaging.custom import StringProperty
from openpyxl.styles import Border, Color, Font, PatternFill, Protection, Side
from openpyxl.workbook.defined_name import DefinedName
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.table import Table
from openpyxl.worksheet.worksheet import Worksheet
from PIL import Image as Picture

HEADER = ("NOM DU SITE", "NOM PRENOM UTILISATEUR", "TYPE PROFIL", "MATERIEL", "NUMERO DE LIGNE (ou création)")
ROWS = (
    ("Siège", "accueil", "STANDARDISTE", "T54W", "04 65 71 00 01"),
    ("Siège", "directrice", "POSTE FIX", "T54W", "04 65 71 00 02"),
    ("Siège", "atelier", "POSTE FIXE", "Téléphone rouge", "04 65 71 00 01"),
    ("Siège", None, "POSTE FIXE", "T31G", None),
)
TOP = 5

_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_SHEET_ML = "application/vnd.openxmlformats-officedocument.spreadsheetml"


def write_rich(path: Path) -> Path:
    """A plan with faults at C7, E6, D8, E8 and B9, in a workbook that holds one of everything."""
    book = Workbook()
    sheet = book.active
    assert isinstance(sheet, Worksheet)
    sheet.title = "Plan d'Atelier Bleu"
    _fill(sheet)
    _decorate(book, sheet)
    _objects(book, sheet)
    made = io.BytesIO()
    book.save(made)
    _rewrite(made, path)
    return path


def members(path: Path) -> Mapping[str, bytes]:
    """The parts of a package, by name. A name that stands twice in it is an error."""
    with ZipFile(path) as archive:
        names = archive.namelist()
        assert len(names) == len({name.casefold() for name in names})
        return {name: archive.read(name) for name in names}


def _fill(sheet: Worksheet) -> None:
    sheet["A1"] = "Atelier Bleu"
    sheet["A3"], sheet["C3"] = "NDI à porter (ou 'à créer')", "04 65 71 00 00"
    for row, values in enumerate((HEADER, *ROWS), start=TOP):
        for column, value in enumerate(values, start=1):
            sheet.cell(row, column, value)
    sheet["A12"] = "=1+1"
    sheet["A13"], sheet["A13"].data_type = "=CMD()", "s"


def _decorate(book: Workbook, sheet: Worksheet) -> None:
    thin = Side(style="thin", color="FF1F4E78")
    for row in sheet.iter_rows(min_row=TOP, max_row=9, max_col=5):
        for cell in row:
            cell.border = Border(left=thin, right=thin, top=thin, bottom=thin)
    sheet["C7"].fill = PatternFill("solid", fgColor=Color(theme=5, tint=0.4))
    sheet["C7"].font = Font(italic=True, color=Color(theme=4))
    sheet["D8"].fill = PatternFill("darkUp", fgColor="FF00B050", bgColor="FFFFFFFF")
    sheet["E8"].number_format = "@"
    sheet["B7"].protection = Protection(locked=False)
    sheet["C7"].comment = Comment("à voir avec la directrice", "accueil", width=180, height=60)
    sheet["A6"].comment = Comment("siège social", "accueil")
    sheet.column_dimensions["B"].width = 31.5
    sheet.column_dimensions.group("G", "I", hidden=True)
    sheet.row_dimensions[6].height = 22
    sheet.row_dimensions[9].hidden = True
    sheet.merge_cells("A1:E1")
    sheet.freeze_panes = "C6"
    sheet["B7"].hyperlink = "https://atelier-bleu.example/"
    sheet.print_area = "A1:E9"
    sheet.print_title_rows = "5:5"
    sheet.page_setup.orientation = "landscape"
    sheet.oddFooter.center.text = "Page &P"
    sheet.sheet_properties.tabColor = "FF00B0F0"
    sheet.protection.sheet = True
    sheet.conditional_formatting.add("E6:E9", CellIsRule("equal", ['"x"'], fill=PatternFill(bgColor="FFFFFF00")))
    choice = DataValidation("list", formula1='"STANDARDISTE,POSTE FIXE"', allow_blank=True)
    choice.add("C6:C20")
    sheet.add_data_validation(choice)
    book.custom_doc_props.append(StringProperty(name="Dossier", value="AB-42"))
    book.defined_names["Prix"] = DefinedName("Prix", attr_text="Calculs!$B$2")


def _objects(book: Workbook, sheet: Worksheet) -> None:
    picture = io.BytesIO()
    Picture.new("RGB", (40, 20), "#00b0f0").save(picture, "PNG")
    sheet.add_image(Image(picture), "G1")
    numbers = book.create_sheet("Calculs")
    for row in (("mois", "appels"), ("mai", 3), ("juin", 5)):
        numbers.append(row)
    chart = BarChart()
    chart.add_data(Reference(numbers, min_col=2, min_row=1, max_row=3), titles_from_data=True)
    numbers.add_chart(chart, "D2")
    numbers.add_table(Table(displayName="Appels", ref="A1:B3"))
    numbers["B4"] = "=SUM(B2:B3)"
    secret = book.create_sheet("Interne")
    secret["A1"], secret.sheet_state = "caché", "hidden"


def _rewrite(made: io.BytesIO, path: Path) -> None:
    """Put in by hand what the library cannot write."""
    with ZipFile(made) as old, ZipFile(path, "w", ZIP_DEFLATED) as new:
        for entry in old.infolist():
            new.writestr(entry, _changed(entry.filename, old.read(entry)))
        for name, text in _EXTRA_PARTS.items():
            new.writestr(name, text)


def _changed(name: str, content: bytes) -> bytes:
    for pattern, old, new in _CHANGES:
        if name == pattern:
            assert old in content, (name, old)
            content = content.replace(old, new, 1)
    return content


_EXTRA_PARTS = {
    "customXml/item1.xml": '<note xmlns="urn:atelier-bleu">gardé tel quel</note>',
    "xl/printerSettings/printerSettings1.bin": b"\x00\x01\x02 imprimante",
    "xl/externalLinks/externalLink1.xml": f'<externalLink xmlns="{_MAIN}"><externalBook '
    f'xmlns:r="{_OFFICE}/relationships" r:id="rId1"><sheetNames><sheetName val="Tarifs"/></sheetNames>'
    "</externalBook></externalLink>",
    "xl/externalLinks/_rels/externalLink1.xml.rels": f'<Relationships xmlns="{_PACKAGE}/relationships">'
    f'<Relationship Id="rId1" Type="{_OFFICE}/relationships/externalLinkPath" Target="tarifs.xlsx" '
    'TargetMode="External"/></Relationships>',
    "xl/pivotCache/pivotCacheDefinition1.xml": f'<pivotCacheDefinition xmlns="{_MAIN}" saveData="0" refreshOnLoad="1">'
    '<cacheSource type="worksheet"><worksheetSource ref="A1:B3" sheet="Calculs"/></cacheSource><cacheFields count="2">'
    '<cacheField name="mois"/><cacheField name="appels"/></cacheFields></pivotCacheDefinition>',
}
_X14 = (
    b'<extLst><ext uri="{78C0D931-6437-407d-A8EE-F0AAD7539E65}" '
    b'xmlns:x14="http://schemas.microsoft.com/office/spreadsheetml/2009/9/main"><x14:conditionalFormattings>'
    b'<x14:conditionalFormatting xmlns:xm="http://schemas.microsoft.com/office/excel/2006/main"><x14:cfRule '
    b'type="dataBar" id="{00000000-0001-0000-0000-000000000001}"><x14:dataBar><x14:cfvo type="autoMin"/>'
    b'<x14:cfvo type="autoMax"/></x14:dataBar></x14:cfRule><xm:sqref>E6:E9</xm:sqref></x14:conditionalFormatting>'
    b"</x14:conditionalFormattings></ext></extLst></worksheet>"
)
_RICH = (
    b'<c r="A2" t="inlineStr"><is><r><rPr><b/></rPr><t>riche</t></r><r><t> et simple</t></r>'
    b'<rPh sb="0" eb="2"><t>ri</t></rPh></is></c>'
)
_CHANGES = (
    (
        "xl/worksheets/sheet1.xml",
        b'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"',
        b'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" '
        b'xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006" mc:Ignorable="x14ac" '
        b'xmlns:x14ac="http://schemas.microsoft.com/office/spreadsheetml/2009/9/ac"',
    ),
    ("xl/worksheets/sheet1.xml", b'<row r="3">', b'<row r="2" x14ac:dyDescent="0.25">' + _RICH + b'</row><row r="3">'),
    ("xl/worksheets/sheet1.xml", b"</worksheet>", _X14),
    ("[Content_Types].xml", b"<Override", b'<Default Extension="bin" ContentType="application/vnd.openxmlformats-'
     b'officedocument.spreadsheetml.printerSettings"/><Override'),
    ("[Content_Types].xml", b"</Types>", (
        f'<Override PartName="/xl/externalLinks/externalLink1.xml" ContentType="{_SHEET_ML}.externalLink+xml"/>'
        f'<Override PartName="/xl/pivotCache/pivotCacheDefinition1.xml" '
        f'ContentType="{_SHEET_ML}.pivotCacheDefinition+xml"/></Types>'
    ).encode()),
    ("xl/_rels/workbook.xml.rels", b"</Relationships>", (
        f'<Relationship Id="rId90" Type="{_OFFICE}/relationships/externalLink" '
        'Target="externalLinks/externalLink1.xml"/>'
        f'<Relationship Id="rId91" Type="{_OFFICE}/relationships/pivotCacheDefinition" '
        'Target="pivotCache/pivotCacheDefinition1.xml"/></Relationships>'
    ).encode()),
    ("xl/workbook.xml", b"<definedNames>", (
        f'<externalReferences><externalReference xmlns:r="{_OFFICE}/relationships" r:id="rId90"/></externalReferences>'
        "<definedNames>"
    ).encode()),
    ("xl/workbook.xml", b"</workbook>", (
        f'<pivotCaches><pivotCache xmlns:r="{_OFFICE}/relationships" cacheId="7" r:id="rId91"/></pivotCaches>'
        "</workbook>"
    ).encode()),
    ("_rels/.rels", b"</Relationships>", (
        f'<Relationship Id="rId90" Type="{_OFFICE}/relationships/customXml" Target="customXml/item1.xml"/>'
        "</Relationships>"
    ).encode()),
)  # fmt: skip
