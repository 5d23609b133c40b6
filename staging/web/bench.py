"""Which box is late and why, and what can be done about it? The bench, readable from three metres."""

from typing import Any

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from preseed.disks import hand_may, judge, rules_of
from preseed.own import Own, keyboards, split_models, split_words
from preseed.releases import SUITES
from preseed.word import typed_word
from staging.adapters.bench_card import BenchCard, draw_bench_card
from staging.adapters.store.installs import FetchLine
from staging.core.faults import Fault, Refused, Where
from staging.core.messages import catalogue
from staging.core.words import Serial, host_name, parse_serial
from staging.desk import bench as desk_bench
from staging.desk import bench_own
from staging.desk.bench_screen import BenchRow, bench_rows, box_row
from staging.desk.rearm import rearming
from staging.desk.tell import spoken
from staging.jobs.records import CHECKLIST, Box
from staging.web.downloads import pdf
from staging.web.fragments import answer_poll, fragment
from staging.web.gate import language, needs, operator
from staging.web.here import here
from staging.web.standing import looks_of_row
from staging.web.words import translate, waits

bench = Blueprint("bench", __name__)

_ODD_WORDS = {
    "unknown-serial": "unknown-serial", "unknown-ticket": "unknown-ticket", "hello-too-often": "hello-too-often",
    "hello-without-serial": "hello-without-serial", "hook-unknown-ticket": "hook-unknown-ticket",
    "hook-too-long": "web-odd-too-long",
}  # fmt: skip
_LOG_SHOWN = 20_000
"""Characters of a log on the page; the end tells why an installation stopped."""


@bench.get("/bench")
@needs("see")
def show() -> str:
    """Every box and order on the bench, and strangers that said hello."""
    return render_template("bench.html", tiles=fragment("bench_tiles.html", **_tiles()))


@bench.get("/bench/tiles")
@needs("see")
def tiles() -> ResponseReturnValue:
    """The tiles alone, for the page that refreshes itself."""
    return answer_poll("bench_tiles.html", **_tiles())


@bench.get("/bench/new")
@needs("prepare")
def ask_new() -> str:
    """The form that registers a box."""
    return render_template(
        "box_new.html", serial=request.args.get("serial", ""), models=desk_bench.models(here().desk), suites=SUITES
    )


@bench.post("/bench")
@needs("prepare")
def register() -> ResponseReturnValue:
    """Register a box, then show its page with the checklist."""
    form = request.form
    box = desk_bench.register_box(
        here().desk, form.get("serial", ""), model=form.get("model", ""), customer=form.get("customer") or None,
        suite=form.get("suite", SUITES[0]), by=operator().name,
    )  # fmt: skip
    flash(translate("web-box-registered", serial=box.serial))
    return redirect(url_for("bench.show_box", serial=box.serial), 303)


@bench.get("/bench/<serial>")
@needs("see")
def show_box(serial: str) -> str:
    """One box: checklist, arming, what its installer said, timeline."""
    return _box_page(serial_of(serial))


@bench.post("/bench/<serial>/reveal")
@needs("reveal")
def reveal(serial: str) -> ResponseReturnValue:
    """The root password of a box, shown with this answer alone; the timeline says who asked."""
    read = serial_of(serial)
    secret = desk_bench.reveal_root_password(here().desk, read, by=operator().name)
    return _box_page(read, once_what="root-password", once_name=read, once=secret.reveal())


@bench.get("/bench/card.pdf")
@needs("see")
def card() -> ResponseReturnValue:
    """The card that hangs at the bench: the word to type, a French keyboard's keys, the checklist's codes."""
    typed = typed_word(here().desk.settings.bench_url or "http://preseed")
    ticks = [(f"{desk_bench.TICK}{point.upper()}", translate(f"checklist-{point}")) for point in CHECKLIST]
    return pdf(draw_bench_card(BenchCard(typed, ticks, language())), "bench-card.pdf")


@bench.post("/bench/<serial>/disk")
@needs("prepare")
def choose_disk(serial: str) -> ResponseReturnValue:
    """Let a waiting box wipe one of the disks that it showed."""
    form = request.form
    read = serial_of(serial)
    desk_bench.choose_disk(
        here().desk, read, form.get("disk", ""), sectors=form.get("sectors", ""), by=operator().name
    )  # fmt: skip
    flash(translate("web-disk-chosen", disk=form.get("disk", "")))
    return redirect(url_for("bench.show_box", serial=read), 303)


@bench.post("/bench/<serial>/scan")
@needs("prepare")
def scan(serial: str) -> ResponseReturnValue:
    """Tick by a code of the bench card; another box's serial leads to that box."""
    read, typed = serial_of(serial), request.form.get("code", "")
    other = parse_serial(typed)
    if other is not None and here().store.appliances.find(other) is not None:
        return redirect(url_for("bench.show_box", serial=other), 303)
    desk_bench.scan(here().desk, read, typed, by=operator().name)
    return redirect(url_for("bench.show_box", serial=read), 303)


@bench.post("/bench/<serial>/photo/<point>")
@needs("prepare")
def keep_photo(serial: str, point: str) -> ResponseReturnValue:
    """Keep a photo of a point of the checklist."""
    read, file = serial_of(serial), request.files.get("photo")
    content = file.read(desk_bench.LONGEST_PHOTO + 1) if file else b""
    desk_bench.keep_photo(here().desk, read, point, content, by=operator().name)
    return redirect(url_for("bench.show_box", serial=read), 303)


@bench.get("/bench/<serial>/photo/<point>")
@needs("see")
def photo(serial: str, point: str) -> ResponseReturnValue:
    """The photo of a point."""
    content = here().store.installs.photo(serial_of(serial), point)
    kind = desk_bench.photo_type(content) if content else None
    if content is None or kind is None:
        raise Refused(Fault("unknown-checklist-point", Where("appliance", field=serial[:64]), {"point": point[:20]}))
    return Response(content, content_type=kind)


def _box_page(read: Serial, **once: str) -> str:
    box = here().store.appliances.get(read)
    return render_template(
        "box.html", box=box, standing=fragment("box_standing.html", **_standing(read)),
        order=here().store.orders.of_serial(read), timeline=here().store.timeline.of_serial(read)[::-1],
        logs=[(at, name, end_of(body)) for at, name, body in here().store.installs.logs(read)],
        checklist=CHECKLIST, found=desk_bench.found(box), own=bench_own.own_of(box), own_name=host_name(read),
        keyboards=[(name, name) for name in _keyboards(box)], models=desk_bench.models(here().desk), suites=SUITES,
        rearm=rearming(here().desk, box, by=operator().name) if box.shipped_at else None,
        photos=here().store.installs.photos(read), fetches=here().store.installs.fetches_of(read, limit=10), **once,
    )  # fmt: skip


def _keyboards(box: Box) -> list[str]:
    """Those of its release, and its own even when that release does not know it: a form must not take it away."""
    own = bench_own.own_of(box).keyboard
    return sorted({*keyboards(bench_own.suite_of(box)), *([own] if own else [])})


@bench.get("/bench/<serial>/standing")
@needs("see")
def standing(serial: str) -> ResponseReturnValue:
    """How one box stands, for its page that refreshes itself."""
    return answer_poll("box_standing.html", **_standing(serial_of(serial)))


@bench.post("/bench/<serial>/checklist")
@needs("prepare")
def tick(serial: str) -> ResponseReturnValue:
    """Bring the whole checklist to what the form says; only points that changed are written down."""
    read = serial_of(serial)
    box = here().store.appliances.get(read)
    for point in CHECKLIST:
        if (point in request.form) != bool(box.checklist.get(point)):
            desk_bench.tick(here().desk, read, point, on=point in request.form, by=operator().name)
    flash(translate("web-checklist-kept"))
    return redirect(url_for("bench.show_box", serial=read), 303)


@bench.post("/bench/<serial>/own")
@needs("prepare")
def keep_own(serial: str) -> ResponseReturnValue:
    """What this box is told that the others are not."""
    read, form = serial_of(serial), {name: value.strip() for name, value in request.form.items()}
    own = Own(
        hostname=form.get("hostname", "").lower(), keyboard=form.get("keyboard", ""), address=form.get("address", ""),
        gateway=form.get("gateway", ""), nameservers=split_words(form.get("nameservers", "")),
        packages=split_words(form.get("packages", "")), disk_maximum_gb=form.get("disk_maximum_gb", ""),
        disk_models=split_models(form.get("disk_models", "")),
    )  # fmt: skip
    bench_own.keep_own(here().desk, read, own, by=operator().name)
    flash(translate("web-own-kept", serial=read))
    return redirect(url_for("bench.show_box", serial=read), 303)


@bench.post("/bench/<serial>/arm")
@needs("prepare")
def arm(serial: str) -> ResponseReturnValue:
    """Let this box be installed."""
    box = desk_bench.arm(
        here().desk, serial_of(serial), by=operator().name, role=operator().role,
        reason=request.form.get("reason", ""), again=request.form.get("again", ""),
        restage="restage" in request.form,
    )  # fmt: skip
    flash(translate("web-box-armed", serial=box.serial))
    return redirect(url_for("bench.show_box", serial=box.serial), 303)


@bench.post("/bench/<serial>/adopt")
@needs("prepare")
def adopt(serial: str) -> ResponseReturnValue:
    """Take a box as it is, because its engine was installed some other way."""
    box = desk_bench.adopt(here().desk, serial_of(serial), by=operator().name)
    flash(translate("web-box-adopted", serial=box.serial))
    return redirect(url_for("bench.show_box", serial=box.serial), 303)


def serial_of(typed: str) -> Serial:
    """The serial in an address; what can be none is an unknown one."""
    serial = parse_serial(typed)
    if serial is None:
        raise Refused(Fault("unknown-serial", Where("appliance"), {"serial": typed[:64]}))
    return serial


def end_of(body: bytes) -> str:
    """The end of a log as text: it tells why an installation stopped."""
    return body.decode("utf-8", "replace")[-_LOG_SHOWN:]


def _tiles() -> dict[str, Any]:
    rows = bench_rows(here().desk)
    known: set[str] = {box.serial for box in here().store.appliances.on_bench()}
    known |= {row.serial for row in rows if row.order_id and row.serial not in known and _is_box(row.serial)}
    urgencies: list[str] = [row.urgency for row in rows]
    strangers, crowds = desk_bench.apart(desk_bench.strangers(here().desk))
    urgencies += ["hand"] * (len(strangers) + len(crowds))
    shown = [(row, looks_of_row(row), row.serial in known, _in_few_words(row)) for row in rows]
    return {
        "rows": shown,
        "loud": [one for one in shown if one[0].urgency in ("hand", "late")],
        "calm_rows": [one for one in shown if one[0].urgency not in ("hand", "late")],
        "needing": [row.serial for row in rows if row.urgency == "hand"]
        + [hello.serial for hello in strangers]
        + list(crowds),
        "strangers": strangers,
        "crowds": tuple(crowds.items()),
        "odd": [(line, _words(line)) for line in desk_bench.odd_requests(here().desk)],
        "tally": [
            (name, urgencies.count(name)) for name in ("hand", "late", "busy", "ready", "done") if name in urgencies
        ],
    }


def _in_few_words(row: BenchRow) -> str:
    """What a tile says: short where there are short words, so that it is read at three metres."""
    if row.what == "waits-engine":
        return waits("bench-phase", row.facts).text
    facts = dict(row.facts)
    first, _, rest = str(facts.get("question", "")).partition("/")
    if "/" in rest:
        facts["question"] = f"{first}/…/{rest.rpartition('/')[2]}"
    key = f"tile-{row.what}"
    return waits(key if key in catalogue() else row.what, facts).text


def _words(line: FetchLine) -> str:
    """What a refused request was told, in this person's language where that needs no more than the line holds."""
    key = _ODD_WORDS.get(line.code)
    return translate(key, serial=line.serial.partition("/")[0], address=line.address) if key else line.line


def _is_box(name: str) -> bool:
    serial = parse_serial(name)
    return serial is not None and here().store.appliances.find(serial) is not None


def _standing(serial: Serial) -> dict[str, Any]:
    box = here().store.appliances.get(serial)
    row = box_row(here().desk, box)
    disks = desk_bench.disks_of(box) if box.trouble and box.trouble.get("code") == "disk-choice" else ()
    rules = desk_bench.disk_rules(box)
    largest = max((disk.gb for disk in disks), default=1) or 1
    return {
        "box": box,
        "row": row,
        "phase": spoken({"phase": box.phase}, language())["phase"],
        "looks": looks_of_row(row),
        "disks": [
            (disk, judge(disk, rules_of(rules)), hand_may(disk, rules), round(100 * disk.gb / largest))
            for disk in disks
        ],
    }
