"""Readers that share nothing with the writers nor with the decoder in the product: for codes in clean pictures.

Written from ISO/IEC 15417 (Code 128) and ISO/IEC 18004 (QR); they correct no errors, so a single wrong module shows.
"""

import re
from collections.abc import Sequence

from PIL import Image

WIDTHS = re.findall(
    r"\d{6}",
    "212222 222122 222221 121223 121322 131222 122213 122312 132212 221213 221312 231212 112232 122132 122231 113222 "
    "123122 123221 223211 221132 221231 213212 223112 312131 311222 321122 321221 312212 322112 322211 212123 212321 "
    "232121 111323 131123 131321 112313 132113 132311 211313 231113 231311 112133 112331 132131 113123 113321 133121 "
    "313121 211331 231131 213113 213311 213131 311123 311321 331121 312113 312311 332111 314111 221411 431111 111224 "
    "111422 121124 121421 141122 141221 112214 112412 122114 122411 142112 142211 241211 221114 413111 241112 134111 "
    "111242 121142 121241 114212 124112 124211 411212 421112 421211 212141 214121 412121 111143 111341 131141 114113 "
    "114311 411113 411311 113141 114131 311141 411131 211412 211214 211232",
)
_VALUES = {widths: value for value, widths in enumerate(WIDTHS)}
_START_B, _START_C, _TO_C, _TO_B = 104, 105, 99, 100


def read_bars(row: Sequence[bool], module: float) -> str:
    """The text of a Code 128 in one row of dots, True for black. Raises ValueError for a wrong bar or check digit."""
    runs = [round(length / module) for _, length in _runs(row)][1:-1]
    values = [_VALUES["".join(map(str, runs[at : at + 6]))] for at in range(0, len(runs) - 7, 6)]
    start, *data, check = values
    if (start + sum(place * value for place, value in enumerate(data, 1))) % 103 != check:
        raise ValueError("check digit")
    text, in_c = "", start == _START_C
    for value in data:
        if in_c and value == _TO_B:
            in_c = False
        elif not in_c and value == _TO_C:
            in_c = True
        else:
            text += f"{value:02}" if in_c else chr(value + 32)
    return text


def read_qr(picture: Image.Image) -> str:
    """The bytes of a QR code of version 1 to 3 in a picture that holds nothing else dark, as text."""
    grid = _grid(picture)
    size = len(grid)
    mask = _mask_of(grid)
    bits = [grid[y][x] ^ mask(y, x) for y, x in _path(size)]
    data = [int("".join("01"[bit] for bit in bits[at : at + 8]), 2) for at in range(0, len(bits) - 7, 8)]
    stream = "".join(f"{byte:08b}" for byte in data)
    if stream[:4] != "0100":
        raise ValueError("not in bytes")
    count = int(stream[4:12], 2)
    return bytes(int(stream[12 + 8 * n : 20 + 8 * n], 2) for n in range(count)).decode()


def dark(picture: Image.Image) -> list[list[bool]]:
    """A picture as rows of dots, True for black."""
    grey = picture.convert("L")
    dots = grey.tobytes()
    return [[dot < 128 for dot in dots[y * grey.width : (y + 1) * grey.width]] for y in range(grey.height)]


def _runs(row: Sequence[bool]) -> list[tuple[bool, int]]:
    found: list[tuple[bool, int]] = [(False, 0)]
    for dot in [*row, False]:
        if dot == found[-1][0]:
            found[-1] = (dot, found[-1][1] + 1)
        else:
            found.append((dot, 1))
    return found


def _grid(picture: Image.Image) -> list[list[bool]]:
    inverted = picture.convert("L").point(lambda grey: 255 if grey < 128 else 0)
    box = inverted.getbbox()
    assert box is not None
    rows = dark(picture.crop(box))
    finder = next(length for black, length in _runs(rows[0]) if black)
    size = round(len(rows) / (finder / 7))
    step = len(rows) / size
    return [[rows[int((y + 0.5) * step)][int((x + 0.5) * step)] for x in range(size)] for y in range(size)]


def _mask_of(grid: Sequence[Sequence[bool]]):
    form = [grid[8][x] for x in (0, 1, 2, 3, 4)]
    number = (
        int("".join("01"[bit ^ key] for bit, key in zip(form, (True, False, True, False, True), strict=True)), 2) & 7
    )
    return {
        0: lambda y, x: (y + x) % 2 == 0,
        1: lambda y, x: y % 2 == 0,
        2: lambda y, x: x % 3 == 0,
        3: lambda y, x: (y + x) % 3 == 0,
    }[number]


def _path(size: int) -> list[tuple[int, int]]:
    """Every data module in reading order: two columns at a time, up and down, from the right."""
    order, upward = [], True
    for right in (*range(size - 1, 6, -2), 5, 3, 1):
        for y in range(size - 1, -1, -1) if upward else range(size):
            order += [(y, x) for x in (right, right - 1) if not _fixed(y, x, size)]
        upward = not upward
    return order


def _fixed(y: int, x: int, size: int) -> bool:
    corner = (y < 9 and x < 9) or (y < 9 and x >= size - 8) or (y >= size - 8 and x < 9)
    aligned = size > 21 and size - 9 <= y <= size - 5 and size - 9 <= x <= size - 5
    return corner or y == 6 or x == 6 or aligned
