"""How do labels become the language of Brother QL printers? As dots: the very ones that were decoded before.

The protocol is Brother's, published as "Raster Command Reference" of the QL-800 series; this is our own writer of it,
because the libraries for it are under the GPL (docs/adr/0020).
"""

import struct
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

DPI = 300
PINS = 720
_ROW_BYTES = PINS // 8
_DARK = 128


@dataclass(frozen=True, slots=True)
class QlRoll:
    """One stock of these printers. tape_mm, label_mm: as its packet says; label_mm 0: endless.

    dots, rows: what the head can reach of one label, across and along; right: pins that stay unused at the right.
    turned: the label is read with the roll's edge at its side.
    """

    tape_mm: int
    label_mm: int
    dots: int
    rows: int
    right: int
    turned: bool = False


@cache
def ql_rolls() -> Mapping[str, QlRoll]:
    """Every Brother roll of brother.toml, by the name that sheets.toml gives it."""
    tables = tomllib.loads(files("labels").joinpath("brother.toml").read_text("utf-8"))
    return {name: QlRoll(**table) for name, table in tables.items()}


def ql_bits(picture: Any, roll: QlRoll) -> Any:
    """A label's page in black and white, cut to what the head can reach; the same on both sides of its middle."""
    picture = picture.rotate(90, expand=True) if roll.turned else picture
    left, top = (picture.width - roll.dots) // 2, (picture.height - roll.rows) // 2
    reached = picture.crop((left, top, left + roll.dots, top + roll.rows))
    return reached.point(lambda grey: 255 if grey >= _DARK else 0).convert("1", dither=0)


def draw_brother(labels: Sequence[Any], roll: QlRoll) -> bytes:
    """A batch for the printer: for each label's picture, as `ql_bits` gives it, its commands and its rows of dots."""
    job = [bytes(200), b"\x1b@"]
    for number, picture in enumerate(labels):
        job += [_before(roll, picture.height, first=number == 0), _rows(picture, roll)]
        job.append(b"\x1a" if number == len(labels) - 1 else b"\x0c")
    return b"".join(job)


def _before(roll: QlRoll, rows: int, *, first: bool) -> bytes:
    # Check kind, width and length of what is loaded, quality before speed, recover by yourself.
    kind, checks = (0x0A, 0x86 | 0x40) if roll.label_mm == 0 else (0x0B, 0x8E | 0x40)
    info = struct.pack("<BBBBIBB", checks, kind, roll.tape_mm, roll.label_mm, rows, 0 if first else 1, 0)
    margin = 35 if roll.label_mm == 0 else 0
    return b"".join(
        [
            b"\x1bia\x01",  # raster mode
            b"\x1biz" + info,
            b"\x1biM\x40",  # cut by itself
            b"\x1biA\x01",  # after each label
            b"\x1biK\x08",  # and at the end
            b"\x1bid" + struct.pack("<H", margin),
            b"M\x00",  # rows as they are
        ]
    )


def _rows(picture: Any, roll: QlRoll) -> bytes:
    """Pins count from the right, so each row is mirrored; black is 1, in PIL's `1;I` it is 1 as well."""
    from PIL import Image

    wide = Image.new("1", (PINS, picture.height), 1)
    wide.paste(picture, (PINS - roll.dots - roll.right, 0))
    dots = wide.transpose(Image.Transpose.FLIP_LEFT_RIGHT).tobytes("raw", "1;I")
    head = b"g\x00" + bytes([_ROW_BYTES])
    return b"".join(head + dots[at : at + _ROW_BYTES] for at in range(0, len(dots), _ROW_BYTES))
