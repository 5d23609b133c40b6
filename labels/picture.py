"""What does a finished PDF look like in dots? Pages as pictures: for the decoder, for screens, for raster printers."""

import io
import math
from collections.abc import Iterator
from typing import Any

import pypdfium2

_HAIR = 1e-4


def page_picture(page: Any, *, dpi: int) -> Any:
    """A page of pypdfium2's in grey, exactly `dpi` dots to the inch.

    pypdfium2 stretches a page to whole dots, 2480.3 to 2481 for A4: near the right edge fine bars then blur.
    Therefore the page first grows by that fraction, to the right and down.
    """
    scale = dpi / 72
    width, height = page.get_size()
    right, depth = (math.ceil(side * scale) / scale - _HAIR for side in (width, height))
    page.set_mediabox(0, height - depth, right, height)
    page.set_cropbox(0, height - depth, right, height)
    return page.render(scale=scale, grayscale=True).to_pil()


def pictures(pdf: bytes, *, dpi: int) -> Iterator[Any]:
    """Every page of a PDF as a grey picture."""
    document = pypdfium2.PdfDocument(pdf)
    try:
        for page in document:
            yield page_picture(page, dpi=dpi)
            page.close()
    finally:
        document.close()


def first_page_png(pdf: bytes, *, dpi: int) -> bytes:
    """The first page as a PNG, for a screen."""
    out = io.BytesIO()
    next(pictures(pdf, dpi=dpi)).save(out, "PNG", optimize=False)
    return out.getvalue()
