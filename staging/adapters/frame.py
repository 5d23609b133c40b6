"""Which codes does a camera's picture show? Decoded here, so that a phone's browser needs nothing from elsewhere."""

import io
from typing import Any

import zxingcpp
from PIL import Image

from staging.core.faults import Fault, Refused, Where

MOST_BYTES = 4 * 1024 * 1024
_MOST_DOTS = 4_000_000
# Any: zxing-cpp 3.1 takes a tuple, its own type hints do not say so yet.
_FORMATS: Any = (
    zxingcpp.BarcodeFormat.QRCode,
    zxingcpp.BarcodeFormat.Code128,
    zxingcpp.BarcodeFormat.Code39,
    zxingcpp.BarcodeFormat.DataMatrix,
)
"""Ours, and those that makers put a MAC or a serial in."""


def decode_frame(picture: bytes) -> tuple[str, ...]:
    """The texts of all codes in a JPEG or PNG, each once. Raises Refused `frame-unreadable` for anything else."""
    try:
        with Image.open(io.BytesIO(picture), formats=("JPEG", "PNG")) as image:
            # Asked before a single dot is unpacked: a small file can claim to be very large.
            if image.width * image.height > _MOST_DOTS:
                raise ValueError("too large")
            grey = image.convert("L")
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise Refused(Fault("frame-unreadable", Where("camera"))) from error
    found = zxingcpp.read_barcodes(grey, formats=_FORMATS)
    return tuple(dict.fromkeys(code.text for code in found if code.text.isprintable()))
