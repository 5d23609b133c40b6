"""What travels in which carton? The list that goes with the parcel, one line per carton."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from io import BytesIO
from typing import Any
from unicodedata import normalize
from xml.sax.saxutils import escape

from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.platypus import Flowable, Paragraph, SimpleDocTemplate, Spacer, Table, TableStyle

from labels.layout import undrawable
from labels.ruler import BOLD, REGULAR, font_ruler
from staging.core.faults import Fault, LabelRefused, Where
from staging.core.messages import say
from staging.core.words import Extension, Language, Mac, Serial


@dataclass(frozen=True, slots=True)
class ManifestRow:
    """One carton. packed_at, packed_by: when and by whom its phone was scanned into it; None while it was not."""

    site: str
    n: int
    of: int
    name: str
    extension: Extension | None
    model: str
    mac: Mac | None
    packed_at: datetime | None
    packed_by: str | None


@dataclass(frozen=True, slots=True)
class Manifest:
    """Everything that leaves for one order. serial: of its appliance, if it has one."""

    customer: str
    order: str
    serial: Serial | None
    made_on: date
    rows: tuple[ManifestRow, ...]

    @property
    def packed(self) -> int:
        """How many cartons hold their phone."""
        return sum(1 for row in self.rows if row.packed_at is not None)


def draw_manifest(manifest: Manifest, *, lang: Language = "fr") -> bytes:
    """The manifest as an A4 PDF; the same manifest gives the same bytes.

    Raises LabelRefused with `missing-glyph` for a text that the font cannot draw.
    """
    _refuse_undrawable(manifest)
    buffer = BytesIO()
    title = f"{say('manifest-title', lang)} {manifest.order}"
    document = SimpleDocTemplate(
        buffer, pagesize=A4, title=title, invariant=1, leftMargin=_MARGIN, rightMargin=_MARGIN,
        topMargin=_MARGIN, bottomMargin=_MARGIN,
    )  # fmt: skip

    def foot(canvas: Any, _: Any) -> None:
        canvas.setFont(REGULAR, 8)
        words = say("manifest-page", lang, order=manifest.order, page=canvas.getPageNumber())
        canvas.drawRightString(A4[0] - _MARGIN, 9 * mm, words)

    document.build(list(_story(manifest, lang)), onFirstPage=foot, onLaterPages=foot)
    return buffer.getvalue()


_MARGIN = 16 * mm
_TITLE = ParagraphStyle("title", fontName=BOLD, fontSize=18, leading=23)
_LEAD = ParagraphStyle("lead", fontName=REGULAR, fontSize=10, leading=14)
_CELL = ParagraphStyle("cell", fontName=REGULAR, fontSize=9, leading=11, splitLongWords=1)
_STRONG = ParagraphStyle("strong", parent=_CELL, fontName=BOLD)
_WIDTHS = [34 * mm, 16 * mm, 18 * mm, 42 * mm, 18 * mm, 50 * mm]
_COLUMNS = ("site", "carton", "extension", "seat", "model", "packed")
_STYLE = TableStyle(
    [
        ("LINEBELOW", (0, 0), (-1, -1), 0.4, "#8c8c8c"),
        ("BACKGROUND", (0, 0), (-1, 0), "#ededed"),
        ("VALIGN", (0, 0), (-1, -1), "MIDDLE"),
        ("LEFTPADDING", (0, 0), (-1, -1), 4),
    ]
)


def _story(manifest: Manifest, lang: Language) -> Iterator[Flowable]:
    made_on = manifest.made_on.strftime("%d/%m/%Y") if lang == "fr" else manifest.made_on.isoformat()
    facts = {"customer": manifest.customer, "order": manifest.order, "serial": manifest.serial or "–", "day": made_on}
    count = {"packed": manifest.packed, "total": len(manifest.rows)}
    yield Paragraph(_text(f"{say('manifest-title', lang)} – {manifest.customer}"), _TITLE)
    yield Spacer(1, 3 * mm)
    yield Paragraph(_text(say("manifest-facts", lang, **facts)), _LEAD)
    key = "manifest-whole" if manifest.packed == len(manifest.rows) else "manifest-missing"
    yield Paragraph(_text(say(key, lang, **count)), ParagraphStyle("count", parent=_LEAD, fontName=BOLD))
    yield Spacer(1, 4 * mm)
    head = [Paragraph(_text(say(f"manifest-{column}", lang)), _STRONG) for column in _COLUMNS]
    yield Table([head, *(_row(row, lang) for row in manifest.rows)], colWidths=_WIDTHS, repeatRows=1, style=_STYLE)


def _row(row: ManifestRow, lang: Language) -> list[Flowable]:
    return [
        Paragraph(_text(row.site), _CELL),
        Paragraph(_text(f"{row.n}/{row.of}"), _STRONG),
        Paragraph(_text(row.extension or ""), _STRONG),
        Paragraph(_text(row.name), _CELL),
        Paragraph(_text(row.model), _CELL),
        Paragraph("<br/>".join(_text(line) for line in _fate(row, lang)), _CELL if row.packed_at else _STRONG),
    ]


def _fate(row: ManifestRow, lang: Language) -> Iterator[str]:
    if row.packed_at is None:
        yield say("manifest-not-packed", lang)
    else:
        at = row.packed_at.strftime("%d/%m %H:%M" if lang == "fr" else "%Y-%m-%d %H:%M")
        yield f"{at} · {row.packed_by}"
    if row.mac is not None:
        yield row.mac.upper()


def _text(text: str) -> str:
    """Text as reportlab's paragraphs take it: a name may hold `<` or `&`."""
    return escape(normalize("NFC", text))


def _refuse_undrawable(manifest: Manifest) -> None:
    shown = [manifest.customer, *(text for row in manifest.rows for text in _texts(row))]
    faults = [
        Fault("missing-glyph", Where(text), {"text": text, "characters": strange})
        for text in dict.fromkeys(shown)
        if (strange := undrawable(normalize("NFC", text), font_ruler(), bold=True))
    ]
    if faults:
        raise LabelRefused(*faults)


def _texts(row: ManifestRow) -> tuple[str, ...]:
    return (row.site, row.name, row.model, row.packed_by or "")
