"""What a ZPL printer makes of our commands, as far as codes go: each drawn at its dots, to be read by a decoder.

Letters become grey blocks of their font's height, so that a code with a text too near is seen. Source: Zebra's ZPL II
programming guide for `^FO`, `^FB`, `^BQ`, `^BY`, `^BC`.
"""

import re
from collections.abc import Iterator

from PIL import Image, ImageDraw

from labels.codes import qr_matrix
from tests.fakes.readers import WIDTHS

_FIELD = re.compile(r"\^FO(\d+),(\d+)(.*?)\^FH_\^FD(.*?)\^FS", re.DOTALL)


def zpl_pictures(zpl: bytes) -> Iterator[Image.Image]:
    """Each label of a batch, one dot a pixel."""
    for label in zpl.decode("ascii").split("^XA")[1:]:
        size = re.search(r"\^PW(\d+)\^LL(\d+)\^LS(-?\d+)\^LT(-?\d+)", label)
        assert size is not None
        width, height, left, top = (int(value) for value in size.groups())
        picture = Image.new("L", (width, height), 255)
        for x, y, how, data in _FIELD.findall(label):
            text = re.sub(r"_([0-9A-F]{2})", lambda found: chr(int(found[1], 16)), data)
            _draw(ImageDraw.Draw(picture), int(x) - left, int(y) + top, how, text)
        yield picture


def _draw(draw: ImageDraw.ImageDraw, x: int, y: int, how: str, text: str) -> None:
    if found := re.fullmatch(r"\^BQN,2,(\d+)", how):
        size = int(found[1])
        for row, line in enumerate(qr_matrix(text.removeprefix("MA,"))):
            for column, black in enumerate(line):
                if black:
                    left, top = x + column * size, y + row * size
                    draw.rectangle((left, top, left + size - 1, top + size - 1), fill=0)
    elif found := re.fullmatch(r"\^BY(\d+)\^BCN,(\d+),N,N,N", how):
        for number, run in enumerate(_subset_b(text)):
            width = run * int(found[1])
            if number % 2 == 0:
                draw.rectangle((x, y, x + width - 1, y + int(found[2]) - 1), fill=0)
            x += width
    else:
        found = re.fullmatch(r"\^A0N,(\d+),\d+\^FB(\d+),1,0,[LCR]", how)
        assert found is not None, how
        draw.rectangle((x, y, x + int(found[2]) - 1, y + int(found[1]) - 1), outline=170)


def _subset_b(text: str) -> tuple[int, ...]:
    """A Code 128 as `^BC` makes it without an invocation: in subset B from end to end."""
    values = [104, *(ord(letter) - 32 for letter in text)]
    check = (values[0] + sum(place * value for place, value in enumerate(values[1:], 1))) % 103
    stop = (2, 3, 3, 1, 1, 1, 2)
    return (*(int(width) for value in (*values, check) for width in WIDTHS[value]), *stop)
