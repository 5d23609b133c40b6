"""How fast are we beside what we stand on? Ratios taken side by side in one run; the machines are noisy.
Plans have a table of their own, `bench_plans.py`.

Every row times two things in turn, A B A B …, and prints the ratio of their medians.
"""

import io
import statistics
import time
from collections.abc import Callable
from pathlib import Path

import openpyxl
from reportlab.pdfgen.canvas import Canvas

from labels.label import HandsetLabel, LabelCode
from labels.offer import offer_pdf
from labels.sheet import find_sheet
from numbering.commands import check_file
from numbering.plan import NumberingPlan
from numbering.read import PlanOptions
from staging.core.words import Extension, Mac
from staging.wazo.desired import desired_state
from staging.wazo.diff import changes
from staging.wazo.facts import OrderFacts
from staging.wazo.live_state import LiveState

SAMPLE = Path(__file__).resolve().parents[1] / "samples" / "plan-atelier-bleu.xlsx"
RUNS = 5


def main() -> None:
    """Print one line per comparison: ours, the other's, the ratio."""
    labels = [_label(number) for number in range(200)]
    _row("200 labels drawn and read back / 200 bare pages of text", lambda: _offer(labels), lambda: _bare(labels))
    plan = _plan()
    facts = OrderFacts("bench", "Atelier Bleu", "bench", "Atelier Bleu")
    _row("desired and diff of 80 seats / reading the workbook",
         lambda: changes(desired_state(plan, facts, macs={}), LiveState()), lambda: _iterate(SAMPLE))  # fmt: skip


def _row(what: str, ours: Callable[[], object], other: Callable[[], object]) -> None:
    ours(), other()
    times: tuple[list[float], list[float]] = ([], [])
    for _ in range(RUNS):
        for kept, work in zip(times, (ours, other), strict=True):
            began = time.perf_counter()
            work()
            kept.append(time.perf_counter() - began)
    mine, theirs = statistics.median(times[0]), statistics.median(times[1])
    print(f"{what:58} {mine * 1000:9.1f} ms  {theirs * 1000:9.1f} ms  ratio {mine / theirs:6.2f}")


def _iterate(path: Path) -> int:
    workbook = openpyxl.load_workbook(path)
    return sum(1 for sheet in workbook for row in sheet.iter_rows() for cell in row if cell.value is not None)


def _label(number: int) -> HandsetLabel:
    extension = Extension(str(8000 + number))
    mac = Mac(f"02:00:00:00:{number // 256:02x}:{number % 256:02x}")
    return HandsetLabel(f"Bureau {number}", extension, "Siège", LabelCode("bench0", "handset", extension), mac=mac)


def _offer(labels: list[HandsetLabel]) -> bytes:
    sheet = find_sheet("roll-62x29")
    if sheet is None:
        raise LookupError("roll-62x29")
    return offer_pdf(labels, sheet)


def _bare(labels: list[HandsetLabel]) -> bytes:
    out = io.BytesIO()
    canvas = Canvas(out)
    for label in labels:
        canvas.drawString(10, 10, f"{label.extension} {label.name}")
        canvas.showPage()
    canvas.save()
    return out.getvalue()


def _plan() -> NumberingPlan:
    plan = check_file(SAMPLE, PlanOptions()).plan
    if plan is None:
        raise LookupError(SAMPLE)
    return plan


if __name__ == "__main__":
    main()
