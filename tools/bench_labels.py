"""How fast are labels and scans? Beside the bare drawing of the same codes with the same library, in one run.

Each ratio is of two things timed in turn, A B A B …, in seconds of the processor, which a busy machine does not change;
memory is that of a process of its own. What a person waits for, from a scan to its verdict, is on the clock.
"""

import io
import multiprocessing
import os
import resource
import statistics
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlencode

from reportlab.lib.units import mm
from reportlab.pdfgen.canvas import Canvas

from labels.codes import bar_runs, qr_matrix
from labels.draw_pdf import draw_pdf
from labels.label import HandsetLabel, Label, LabelCode, bar_text
from labels.layout import lay_out
from labels.offer import offer_pdf
from labels.readback import read_labels
from labels.ruler import font_ruler
from labels.sheet import Sheet, find_sheet
from staging.core.words import Extension, Mac

SAMPLE = Path(__file__).resolve().parents[1] / "samples" / "plan-atelier-bleu.xlsx"
RUNS = 3
STATIONS, SCANS, SCANS_A_MINUTE = 20, 30, 60
_PASSWORD = "a password that is long enough"  # noqa: S105 (of a service that lives for this run)


def main() -> None:
    """Print one line per figure, with the bound that it has to keep."""
    drawing()
    reading()
    growth()
    scanning()


def drawing() -> None:
    """1,000 handset labels as one PDF, beside the bare drawing of the same codes."""
    labels, stock = some_labels(1000), sheet("roll-62x29")
    ours, bare = in_turn(lambda: drawn(labels, stock), lambda: bare_codes(labels))
    tell("1,000 labels as one PDF / the same codes drawn bare", ours / bare, "", 2.0)


def reading() -> None:
    """What the self-reading costs beside making the picture of a page."""
    labels, stock = some_labels(210), sheet("l7160")
    places = tuple(stock.places(len(labels)))
    pdf = drawn(labels, stock)
    read_labels(pdf, places)
    times = []
    for _ in range(RUNS):
        began = time.process_time()
        read_labels(pdf, places)
        times.append(time.process_time() - began)
    tell("self-reading of a label, rasterising included", statistics.median(times) / len(labels) * 1000, "ms", 15.0)


def growth() -> None:
    """10,000 labels: time beside that of ten times 1,000, and the memory of it all, drawn, read back and compared."""
    (small, _), (large, memory) = (in_a_process(offered, count) for count in (1000, 10_000))
    tell("10,000 labels offered / ten times 1,000", large / (10 * small), "", 1.3)
    tell("memory of a process that offered 10,000", memory, "MB", 300.0)


def scanning() -> None:
    """From a scan to its verdict on the server, with every station at it at once."""
    took = _serve_and_scan()
    times = sorted(took)
    load = os.getloadavg()[0] / (os.cpu_count() or 1)
    name = f"scan to verdict, {STATIONS} stations, load {load:.1f} a processor"
    tell(f"{name}: median", statistics.median(times) * 1000, "ms", 50.0)
    tell(f"{name}: 99 of 100", times[int(len(times) * 0.99)] * 1000, "ms", 50.0)


def tell(what: str, value: float, unit: str, bound: float) -> None:
    """One line: the figure, its bound, and whether it is kept."""
    kept = "kept" if value <= bound else "NOT KEPT"
    print(f"{what:72} {value:9.2f} {unit:3} (at most {bound:g}) {kept}", flush=True)


def in_turn(ours: Callable[[], object], bare: Callable[[], object]) -> tuple[float, float]:
    """The medians of two things timed one after the other, so that a slow moment of the machine hits both."""
    ours(), bare()
    times: tuple[list[float], list[float]] = ([], [])
    for _ in range(RUNS):
        for kept, work in zip(times, (ours, bare), strict=True):
            began = time.process_time()
            work()
            kept.append(time.process_time() - began)
    return statistics.median(times[0]), statistics.median(times[1])


def some_labels(count: int) -> list[Label]:
    """Handsets of one large order."""
    return [_label(number) for number in range(count)]


def drawn(labels: Sequence[Label], stock: Sheet) -> bytes:
    """Our PDF, laid out and drawn, not yet read."""
    cell, ruler = stock.first, font_ruler()
    boxes = [lay_out(one, width_mm=cell.width, height_mm=cell.height, ruler=ruler, lang="fr").boxes for one in labels]
    placed = [(page, place, made) for (page, place), made in zip(stock.places(len(labels)), boxes, strict=True)]
    return draw_pdf(placed, stock, title="bench")


def bare_codes(labels: Sequence[Label]) -> bytes:
    """The same codes with the same encoders and the same library, a rectangle for each black run, and nothing else."""
    qr_matrix.cache_clear()
    bar_runs.cache_clear()
    out = io.BytesIO()
    canvas = Canvas(out, pagesize=(62 * mm, 29 * mm))
    for label in labels:
        path = canvas.beginPath()
        for y, row in enumerate(qr_matrix(str(label.code))):
            for x, black in enumerate(row):
                if black:
                    path.rect(x, y, 1, 1)
        x = 0
        for number, run in enumerate(bar_runs(bar_text(label) or "")):
            if number % 2 == 0:
                path.rect(x, 0, run, 10)
            x += run
        canvas.drawPath(path, stroke=0, fill=1)
        canvas.showPage()
    canvas.save()
    return out.getvalue()


def in_a_process(work: Callable[[int], tuple[float, float]], argument: int) -> tuple[float, float]:
    """The result of work in a process that has done nothing else."""
    context = multiprocessing.get_context("spawn")
    with context.Pool(1) as pool:
        return pool.apply(work, (argument,))


def offered(count: int) -> tuple[float, float]:
    """Processor seconds for a batch that was drawn, read back and compared, and the most megabytes that it took."""
    stock, labels = sheet("l7160"), some_labels(count)
    began = time.process_time()
    offer_pdf(labels, stock)
    return time.process_time() - began, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def sheet(name: str) -> Sheet:
    """Stock by name."""
    found = find_sheet(name)
    if found is None:
        raise LookupError(name)
    return found


def _label(number: int) -> HandsetLabel:
    extension = Extension(str(8000 + number))
    mac = Mac(f"02:00:00:00:{number // 256:02x}:{number % 256:02x}")
    return HandsetLabel(f"Bureau {number}", extension, "Siège", LabelCode("bench0", "handset", extension), mac=mac)


def _serve_and_scan() -> list[float]:
    """A service with the 80-seat order and its labels printed; stations scan handset after carton over HTTP."""
    with tempfile.TemporaryDirectory() as folder:
        return _scan_all(Path(folder))


def _scan_all(folder: Path) -> list[float]:
    from staging.bootstrap import open_house
    from staging.commands.serving import Listener
    from staging.desk import labels as desk_labels
    from staging.desk import orders
    from staging.jobs.job import Stack
    from staging.jobs.records import Printer
    from staging.settings import Settings
    from staging.web.app import create_app

    house = open_house(Settings.read({"STAGING_HOME": str(folder)}))
    house.store.database.upgrade()
    house.store.stacks.add(Stack("bench", "on-cloud", url="http://127.0.0.1:9"))
    order = orders.new_order(house.desk, customer="Atelier Bleu", siret="73282932000074", stack="bench", by="bench")
    orders.upload_plan(house.desk, order.id, SAMPLE, name=SAMPLE.name, by="bench", lang="fr")
    (folder / "out").mkdir()
    house.store.bench.add_printer(Printer("out", f"folder://{folder / 'out'}", "roll-100x50"))
    desk_labels.print_labels(house.desk, order.id, printer="out", by="bench")
    items = [row.item for row in desk_labels.label_rows(house.desk, order.id, kinds=frozenset({"carton"}))]
    token = house.store.people.add_token("station", role="logistics")
    listener = Listener(create_app(house.desk, session_key=b"k" * 32), host="127.0.0.1", port=0)
    listener.start()
    context = multiprocessing.get_context("spawn")
    with context.Pool(2) as pool:
        # Two processes of ten stations: the scanners' own work must not stand in the server's way.
        halves = [(listener.port, token, order.id, items, range(first, STATIONS, 2)) for first in (0, 1)]
        took = [one for half in pool.starmap(_stations, halves) for one in half]
    listener.stop()
    house.store.database.close()
    return took


def _stations(port: int, token: str, order: str, items: Sequence[str], numbers: Sequence[int]) -> list[float]:
    took: list[float] = []
    threads = [threading.Thread(target=_station, args=(port, token, order, items, number, took)) for number in numbers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return took


def _station(port: int, token: str, order: str, items: Sequence[str], number: int, took: list[float]) -> None:
    connection = HTTPConnection("127.0.0.1", port, timeout=60)
    headers = {
        "Authorization": f"Bearer {token}", "HX-Request": "true", "Content-Type": "application/x-www-form-urlencoded",
    }  # fmt: skip
    pause = 60 / SCANS_A_MINUTE
    time.sleep(pause * number / STATIONS)
    for scan in range(SCANS):
        item = items[(number * 7 + scan // 2) % len(items)]
        kind = "carton" if scan % 2 else "handset"
        before = f"S1:{order}:handset:{item}:1" if scan % 2 else ""
        body = urlencode({"code": f"S1:{order}:{kind}:{item}:1", "before": before})
        began = time.perf_counter()
        connection.request("POST", f"/pack/{order}", body, headers)
        answer = connection.getresponse()
        answer.read()
        if answer.status != 200:
            raise RuntimeError(f"{answer.status} {answer.reason}")
        if scan >= 2:
            took.append(time.perf_counter() - began)
        time.sleep(max(0.0, pause - (time.perf_counter() - began)))
    connection.close()


if __name__ == "__main__":
    main()
