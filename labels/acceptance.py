"""What does the installer tick off on site? One sheet per site, as a PDF for the carton and the customer's file."""

from collections.abc import Iterator, Sequence
from io import BytesIO
from typing import Any
from unicodedata import normalize
from xml.sax.saxutils import escape

from reportlab.lib.colors import Color
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.platypus import (
    BaseDocTemplate,
    Flowable,
    Frame,
    KeepTogether,
    NextPageTemplate,
    PageBreak,
    PageTemplate,
    Paragraph,
    Spacer,
    Table,
    TableStyle,
)

from labels.label import AcceptanceRow, AcceptanceSheet, AcceptanceSite
from labels.layout import undrawable
from labels.ruler import BOLD, REGULAR, font_ruler
from labels.wording import say_place
from staging.core.faults import Fault, LabelRefused, Where
from staging.core.messages import say
from staging.core.words import Language, national_writing


def draw_acceptance(sheet: AcceptanceSheet, *, lang: Language = "fr") -> bytes:
    """The acceptance sheet as an A4 PDF: a page per site, or more when a site has many phones.

    Each site begins on a page of its own and ends with room for remarks and two signatures. The same sheet
    gives the same bytes. Raises LabelRefused with `missing-glyph` for a text that the font cannot draw.
    """
    if faults := tuple(_glyph_faults(sheet)):
        raise LabelRefused(*faults)
    buffer = BytesIO()
    document = BaseDocTemplate(
        buffer, pagesize=A4, title=f"{say('acceptance-title', lang)} {sheet.order}", author=sheet.customer, invariant=1
    )
    story: list[Flowable] = []
    templates = []
    for index, site in enumerate(sheet.sites):
        templates.append(_page(site, index, lang))
        story += [NextPageTemplate(_page_id(index)), *([PageBreak()] if index else []), *_site(sheet, site, lang)]
    document.addPageTemplates(templates)
    document.build(story)
    return buffer.getvalue()


_MARGIN = 16 * mm
_GREY = Color(0.55, 0.55, 0.55)
_PALE = Color(0.93, 0.93, 0.93)
_WIDTHS = [12 * mm, 43 * mm, 18 * mm, 32 * mm, 26 * mm, 47 * mm]
_COLUMNS = ("done", "seat", "extension", "numbers", "model", "mac")
_TITLE = ParagraphStyle("title", fontName=BOLD, fontSize=18, leading=23)
_LEAD = ParagraphStyle("lead", fontName=REGULAR, fontSize=10, leading=14)
_FACT = ParagraphStyle("fact", parent=_LEAD, fontName=BOLD)
_CELL = ParagraphStyle("cell", fontName=REGULAR, fontSize=9, leading=11, splitLongWords=1)
_STRONG = ParagraphStyle("strong", parent=_CELL, fontName=BOLD, fontSize=11, leading=13)
_HEAD = ParagraphStyle("head", parent=_CELL, fontName=BOLD)
_STYLE = TableStyle(
    [
        ("BACKGROUND", (0, 0), (-1, 0), _PALE),
        ("LINEBELOW", (0, 0), (-1, -1), 0.4, _GREY),
        ("VALIGN", (0, 0), (-1, -1), "MIDDLE"),
        ("TOPPADDING", (0, 0), (-1, -1), 5),
        ("BOTTOMPADDING", (0, 0), (-1, -1), 5),
        ("LEFTPADDING", (0, 0), (-1, -1), 4),
        ("RIGHTPADDING", (0, 0), (-1, -1), 4),
    ]
)
_FRAME = TableStyle([("GRID", (0, 0), (-1, -1), 0.4, _GREY), ("VALIGN", (0, 0), (-1, -1), "TOP")])


class _TickBox(Flowable):
    """An empty square for a pen."""

    def wrap(self, available_width: float, available_height: float) -> tuple[float, float]:  # noqa: ARG002 (asked by reportlab)
        return 5 * mm, 5 * mm

    def draw(self) -> None:
        self.canv.setLineWidth(1)
        self.canv.rect(0, 0, 5 * mm, 5 * mm)


def _page(site: AcceptanceSite, index: int, lang: Language) -> PageTemplate:
    """A page that says at its foot which site it belongs to: loose sheets get mixed up."""

    def draw_foot(canvas: Any, _: Any) -> None:
        canvas.setFont(REGULAR, 8)
        foot = say("acceptance-page", lang, site=site.name, page=canvas.getPageNumber())
        canvas.drawRightString(A4[0] - _MARGIN, 9 * mm, foot)

    frame = Frame(_MARGIN, _MARGIN, A4[0] - 2 * _MARGIN, A4[1] - 2 * _MARGIN, 0, 0, 0, 0, id="body")
    return PageTemplate(id=_page_id(index), frames=[frame], onPage=draw_foot)


def _page_id(index: int) -> str:
    return f"site-{index}"


def _site(sheet: AcceptanceSheet, site: AcceptanceSite, lang: Language) -> Iterator[Flowable]:
    yield Paragraph(_text(f"{say('acceptance-title', lang)} – {site.name}"), _TITLE)
    yield Spacer(1, 3 * mm)
    yield _facts(sheet, lang)
    yield Spacer(1, 4 * mm)
    yield Paragraph(_text(say("acceptance-count", lang, count=len(site.rows))), _LEAD)
    yield Spacer(1, 3 * mm)
    yield _list(site.rows, lang)
    yield Spacer(1, 7 * mm)
    yield KeepTogether(list(_end(lang)))


def _facts(sheet: AcceptanceSheet, lang: Language) -> Table:
    made_on = sheet.made_on.strftime("%d/%m/%Y") if lang == "fr" else sheet.made_on.isoformat()
    pairs = [("customer", sheet.customer), ("order", sheet.order), ("stack", sheet.stack), ("date", made_on)]
    rows = [
        [Paragraph(_text(say(f"acceptance-{key}", lang)), _LEAD), Paragraph(_text(value), _FACT)]
        for key, value in pairs
    ]
    style = [
        ("LEFTPADDING", (0, 0), (-1, -1), 0),
        ("TOPPADDING", (0, 0), (-1, -1), 1),
        ("BOTTOMPADDING", (0, 0), (-1, -1), 1),
    ]
    return Table(rows, colWidths=[32 * mm, 146 * mm], style=TableStyle(style))


def _list(rows: Sequence[AcceptanceRow], lang: Language) -> Table:
    head = [Paragraph(_text(say(f"acceptance-{column}", lang)), _HEAD) for column in _COLUMNS]
    return Table([head, *(_row(row, lang) for row in rows)], colWidths=_WIDTHS, repeatRows=1, style=_STYLE)


def _row(row: AcceptanceRow, lang: Language) -> list[Flowable]:
    place = say_place(row.base, row.slot, lang) or (row.mac or "").upper()
    numbers = "<br/>".join(_text(national_writing(number)) for number in row.numbers)
    return [
        _TickBox(),
        Paragraph(_text(row.seat), _CELL),
        Paragraph(_text(row.extension or ""), _STRONG),
        Paragraph(numbers, _CELL),
        Paragraph(_text(row.model or ""), _CELL),
        Paragraph(_text(place), _CELL),
    ]


def _end(lang: Language) -> Iterator[Flowable]:
    remarks = Paragraph(_text(say("acceptance-remarks", lang)), _HEAD)
    yield Table([[remarks]], colWidths=[178 * mm], rowHeights=[28 * mm], style=_FRAME)
    yield Spacer(1, 4 * mm)
    names = [Paragraph(_text(say(f"acceptance-{who}", lang)), _HEAD) for who in ("installer", "signature")]
    yield Table([names], colWidths=[89 * mm, 89 * mm], rowHeights=[28 * mm], style=_FRAME)


def _text(text: str) -> str:
    """Text as reportlab's paragraphs take it: a name may hold `<` or `&`."""
    return escape(normalize("NFC", text))


def _glyph_faults(sheet: AcceptanceSheet) -> Iterator[Fault]:
    shown = [sheet.customer, sheet.order, sheet.stack]
    for site in sheet.sites:
        shown.append(site.name)
        shown += [text for row in site.rows for text in (row.seat, row.model, row.base) if text]
    for text in dict.fromkeys(shown):
        if strange := undrawable(normalize("NFC", text), font_ruler(), bold=True):
            yield Fault("missing-glyph", Where(text), {"text": text, "characters": strange})
