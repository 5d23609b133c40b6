"""What hangs at the bench? One page: the word to type, the keys of a French keyboard, the codes of the checklist."""

import io
from collections.abc import Sequence
from dataclasses import dataclass

from reportlab.graphics.barcode.code128 import Code128
from reportlab.lib.pagesizes import A4
from reportlab.lib.units import mm
from reportlab.pdfgen.canvas import Canvas

from preseed.word import azerty_keys, is_neutral
from staging.core.messages import say
from staging.core.words import Language


@dataclass(frozen=True, slots=True)
class BenchCard:
    """What the card says. typed: the word or address; ticks: code and words of each point of the checklist."""

    typed: str
    ticks: Sequence[tuple[str, str]]
    lang: Language = "fr"


def draw_bench_card(card: BenchCard) -> bytes:
    """The card as a PDF, A4 upright."""
    out = io.BytesIO()
    canvas = Canvas(out, pagesize=A4)
    canvas.setTitle(say("card-title", card.lang))
    top = A4[1] - 25 * mm
    canvas.setFont("Helvetica-Bold", 26)
    canvas.drawString(20 * mm, top, say("card-title", card.lang))
    top = _steps(canvas, card, top - 14 * mm)
    top = _keys(canvas, card, top - 6 * mm)
    _ticks(canvas, card, top - 8 * mm)
    canvas.showPage()
    canvas.save()
    return out.getvalue()


def _steps(canvas: Canvas, card: BenchCard, top: float) -> float:
    canvas.setFont("Helvetica", 13)
    for number in (1, 2, 3):
        canvas.drawString(20 * mm, top, f"{number}.  {say(f'card-step-{number}', card.lang)}")
        top -= 8 * mm
    size = _fitting(canvas, card.typed, 76, 165 * mm)
    canvas.setFont("Courier-Bold", size)
    canvas.drawCentredString(A4[0] / 2, top - size * 0.8, card.typed)
    canvas.setLineWidth(2)
    canvas.roundRect(18 * mm, top - size * 1.25, 174 * mm, size * 1.4, 4 * mm)
    canvas.setFont("Helvetica", 12)
    words = "card-neutral" if is_neutral(card.typed) else "card-not-neutral"
    top -= size * 1.25 + 8 * mm
    canvas.drawString(20 * mm, top, say(words, card.lang))
    return top


def _keys(canvas: Canvas, card: BenchCard, top: float) -> float:
    """A row of keycaps: large what is printed on the French key, small what the installer reads."""
    canvas.setFont("Helvetica-Bold", 13)
    canvas.drawString(20 * mm, top, say("card-azerty", card.lang))
    keys = azerty_keys(card.typed)
    width = min(17 * mm, 172 * mm / max(1, len(keys)))
    left, top = 20 * mm, top - 5 * mm - width
    for key, char in zip(keys, card.typed, strict=True):
        canvas.setLineWidth(1)
        canvas.roundRect(left, top, width - 1.5 * mm, width - 1.5 * mm, 1.5 * mm)
        canvas.setFont("Helvetica-Bold", _fitting(canvas, key, 15, width - 3 * mm, font="Helvetica-Bold"))
        canvas.drawCentredString(left + (width - 1.5 * mm) / 2, top + width * 0.38, key)
        canvas.setFont("Courier", 9)
        canvas.drawCentredString(left + (width - 1.5 * mm) / 2, top - 4 * mm, char)
        left += width
    canvas.setFont("Helvetica", 11)
    canvas.drawString(20 * mm, top - 11 * mm, say("card-number-pad", card.lang))
    return top - 14 * mm


def _ticks(canvas: Canvas, card: BenchCard, top: float) -> None:
    canvas.setFont("Helvetica-Bold", 13)
    canvas.drawString(20 * mm, top, say("card-checklist", card.lang))
    for index, (code, words) in enumerate(card.ticks):
        left, row = 20 * mm + (index % 2) * 88 * mm, top - 24 * mm - (index // 2) * 32 * mm
        bars = Code128(code, barHeight=13 * mm, barWidth=0.36 * mm, quiet=False)
        bars.drawOn(canvas, left, row)
        canvas.setFont("Helvetica", 11)
        canvas.drawString(left, row - 5 * mm, words)


def _fitting(canvas: Canvas, text: str, size: float, width: float, *, font: str = "Courier-Bold") -> float:
    wide = canvas.stringWidth(text, font, size)
    return size if wide <= width else size * width / wide
