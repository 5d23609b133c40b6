"""What stands in the two sheets of ours? The list of faults for a person, and the looks to give back later."""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from numbering.cells import cell_name
from numbering.looks import Looks, Pair
from numbering.marks import target
from numbering.splice import Document, attribute, cell_text

MAX_LINKS: Final = 65_000
"""Links in one sheet; beyond 65,530 Excel calls the file damaged."""

_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_WIDTHS = (12, 26, 26, 62, 62)
_LETTERS_A_LINE = 66
_SEVERITY_FILLS = {"error": "FFFFC7CE", "warning": "FFFFEB9C"}
_RISKY = ("=", "+", "-", "@", "\t", "\r")
_FONT = '<sz val="11"/><name val="Calibri"/><family val="2"/>'


def render_findings(job: Mapping[str, Any], looks: Looks) -> bytes:
    """The sheet that lists the faults, each with a link to its cell."""
    head = looks.made("<b/>" + _FONT.replace("/><name", '/><color rgb="FFFFFFFF"/><name'), "FF1F4E78", wrap=True)
    rows = [_row(1, [(text, head) for text in job["heads"]])]
    writer = _Lines(looks)
    rows += [writer.row(number, fault, job["whole"]) for number, fault in enumerate(job["faults"], start=2)]
    if not job["faults"]:
        rows.append(_row(2, [(job["none"], looks.made(_FONT))]))
    columns = "".join(
        f'<col min="{number}" max="{number}" width="{width}" customWidth="1"/>'
        for number, width in enumerate(_WIDTHS, start=1)
    )
    links = [_link(number, fault) for number, fault in enumerate(job["faults"], start=2) if fault["cell"]][:MAX_LINKS]
    listed = f"<hyperlinks>{''.join(links)}</hyperlinks>" if links else ""
    content = (
        '<sheetPr><tabColor rgb="FFC00000"/><pageSetUpPr fitToPage="1"/></sheetPr>'
        f'<dimension ref="A1:{cell_name(len(_WIDTHS), len(rows))}"/>'
        '<sheetViews><sheetView showGridLines="0" workbookViewId="0">'
        '<pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/>'
        '<selection pane="bottomLeft" activeCell="A2" sqref="A2"/></sheetView></sheetViews>'
        f"<cols>{columns}</cols><sheetData>{''.join(rows)}</sheetData>{listed}"
        '<pageMargins left="0.5" right="0.5" top="0.6" bottom="0.6" header="0.3" footer="0.3"/>'
        '<pageSetup paperSize="9" orientation="landscape" fitToHeight="0"/>'
    )
    return _sheet(content)


def render_store(pairs: Sequence[Pair]) -> bytes:
    """The sheet that nobody sees: in each row a cell with a look of ours, and one with the look of before.

    Whatever program saves the workbook gives looks new numbers, and gives them to these cells too.
    """
    rows = "".join(
        f'<row r="{number}"><c r="A{number}" s="{pair.marked}"/><c r="B{number}" s="{pair.before}"/></row>'
        for number, pair in enumerate(pairs, start=1)
    )
    return _sheet(f"<sheetData>{rows}</sheetData>")


def read_store(content: bytes) -> list[Pair]:
    """The looks that `render_store` wrote down, under the numbers that they have now."""
    data = Document(content).root.find("sheetData")
    pairs = []
    for row in data.all("row") if data is not None else ():
        looks = {re.sub("[0-9]", "", cell.get("r")): cell.get("s", "0") for cell in row.all("c")}
        found = [looks.get(letter, "0") for letter in "AB"]
        if all(text.isascii() and text.isdigit() for text in found):
            pairs.append(Pair(int(found[0]), int(found[1])))
    return pairs


class _Lines:
    """Writes faults as rows, each text in its look."""

    def __init__(self, looks: Looks) -> None:
        self._looks = looks
        self._plain = looks.made(_FONT, wrap=True)
        self._link = looks.made("<u/>" + _FONT.replace("/><name", '/><color rgb="FF0563C1"/><name'), wrap=True)
        self._severities = {name: looks.made(_FONT, fill, wrap=True) for name, fill in _SEVERITY_FILLS.items()}

    def row(self, number: int, fault: Mapping[str, Any], whole: str) -> str:
        place = f"{fault['sheet']}!{fault['cell']}" if fault["cell"] else whole
        lines = max(1 + len(fault[name]) // _LETTERS_A_LINE for name in ("message", "hint"))
        return _row(
            number,
            [
                (fault["shown"], self._severities[fault["severity"]]),
                (place, self._safe(place, self._link if fault["cell"] else self._plain)),
                (fault["code"], self._plain),
                (fault["message"], self._safe(fault["message"], self._plain)),
                (fault["hint"], self._safe(fault["hint"], self._plain)),
            ],
            height=15 * lines,
        )

    def _safe(self, text: str, look: int) -> int:
        """Text that would be a formula once a person edits its cell is marked as text."""
        return self._looks.quoted(look) if text.startswith(_RISKY) else look


def _row(number: int, cells: Iterable[tuple[str, int]], *, height: int = 15) -> str:
    written = "".join(
        f'<c r="{cell_name(column, number)}" s="{look}" t="inlineStr"><is>'
        f'<t xml:space="preserve">{cell_text(text)}</t></is></c>'
        for column, (text, look) in enumerate(cells, start=1)
    )
    return f'<row r="{number}" ht="{height}">{written}</row>'


def _link(number: int, fault: Mapping[str, Any]) -> str:
    where = target(fault["sheet"], fault["cell"]).replace("$", "")
    return f'<hyperlink ref="B{number}" location="{attribute(where)}"/>'


def _sheet(content: str) -> bytes:
    return f'{_HEAD}<worksheet xmlns="{_MAIN}">{content}</worksheet>'.encode()
