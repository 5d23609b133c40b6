"""What stands on the bench screen? One row per box and order: who must move, what for, and how late it is."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

from staging.desk.desk import Desk
from staging.jobs.job import Order, StepName, StepRecord, next_step
from staging.jobs.records import Box, Pace

Urgency = Literal["hand", "late", "busy", "ready", "done"]
"""hand: a person must do something. late: silent or slower than it should be. busy: works by itself. ready: idle."""

_SILENT_S = 90
"""Boxes report every twenty seconds while their installer runs."""

_NO_HEART_S = 1800
"""For phases in which nothing beats (the restart, the first boot) and that no past run tells the length of."""

_RUNS_NEEDED = 3
_REFUSED_LIFE_S = 150
"""How long a refused question for answers counts: a box that waits asks every five seconds, stamped each minute."""

_STAYS = timedelta(days=4)
"""How long an accepted order that has no box stays on the screen: long enough for a Friday's phones to be packed."""

_RANK: Mapping[Urgency, int] = {"hand": 0, "late": 1, "busy": 2, "ready": 3, "done": 4}


@dataclass(frozen=True, slots=True)
class BenchRow:
    """One line of the bench screen. what: text key with facts of what it does or waits for; since: from when."""

    serial: str
    customer: str
    order_id: str | None
    step: StepName | None
    urgency: Urgency
    what: str
    facts: Mapping[str, Any]
    since: datetime | None
    done: int = 0
    total: int = 0


def bench_rows(desk: Desk) -> tuple[BenchRow, ...]:
    """Every box and order on the bench, those that need a hand first; what was shipped has left it."""
    now = desk.clock.now()
    boxes = {box.serial: box for box in desk.store.appliances.on_bench()}
    # Years of orders that left are not read each time a screen looks.
    orders = desk.store.orders.on_bench(tuple(boxes), since=now - _STAYS)
    steps = desk.store.orders.all_steps([order.id for order in orders])
    paces = desk.store.installs.paces()
    rows = []
    for order in orders:
        if order.id not in steps:
            continue
        box = boxes.pop(order.serial, None) if order.serial else None
        if order.accepted_at is not None and order.serial and box is None:
            continue  # It left with its box.
        if box is None and order.serial:
            box = desk.store.appliances.find(order.serial)
        rows.append(_order_row(order, steps[order.id], box, now, paces))
    rows += [_box_row(box, now, paces) for box in boxes.values()]
    return tuple(sorted(rows, key=lambda row: (_RANK[row.urgency], row.since or now, row.serial)))


def box_row(desk: Desk, box: Box) -> BenchRow:
    """The row of one box alone, with its order's when it has one."""
    now, paces = desk.clock.now(), desk.store.installs.paces()
    order = desk.store.orders.of_serial(box.serial)
    steps = desk.store.orders.steps(order.id) if order else {}
    return _order_row(order, steps, box, now, paces) if order and steps else _box_row(box, now, paces)


def _order_row(
    order: Order, steps: Mapping[StepName, StepRecord], box: Box | None, now: datetime, paces: Mapping[str, Pace]
) -> BenchRow:
    name = next_step(steps)
    serial = order.serial or order.stack
    if name is None:
        return BenchRow(serial, order.customer, order.id, None, "done", "bench-accepted", {}, order.accepted_at)
    step = steps[name]
    urgency, what, facts = _standing(step, box, now, paces)
    of_box = _since(facts) or box.phase_at if box and name == "install" else None
    since = of_box or step.ended_at or step.started_at
    return BenchRow(serial, order.customer, order.id, name, urgency, what, facts, since, step.done, step.total)


def _standing(
    step: StepRecord, box: Box | None, now: datetime, paces: Mapping[str, Pace]
) -> tuple[Urgency, str, Mapping[str, Any]]:
    if step.status == "failed" and step.fault is not None:
        return "hand", step.fault.code, step.fault.facts
    if step.fault is not None:
        return "late", step.fault.code, step.fault.facts
    if step.status == "running":
        return "busy", "bench-running", {"step": step.name}
    trouble = _trouble(box, now) if box is not None and step.name == "install" else None
    if trouble is not None:
        return "hand", str(trouble["code"]), trouble
    if box is not None and step.waits_for in ("waits-installer", "waits-engine"):
        # The box itself knows better: no worker may have looked yet at one that was disarmed a moment ago.
        return _pace(box, now, paces) if box.armed_at else ("hand", "waits-armed", {"serial": box.serial})
    if step.waits_for is not None:
        return ("busy" if step.waits_for == "waits-fetch" else "hand"), step.waits_for, step.waits_facts
    return "busy", "bench-queued", {"step": step.name}


def _trouble(box: Box, now: datetime) -> Mapping[str, Any] | None:
    """What needs a hand now: what its installer reported, or a refusal that is still asked about.

    What a box was told last week is not what it waits for, and one that was switched off waits for nothing.
    """
    told = box.trouble
    if not told:
        return None
    asked = told.get("asked_at")
    if asked is not None and (now - datetime.fromisoformat(str(asked))).total_seconds() > _REFUSED_LIFE_S:
        return None
    return {"code": "install-trouble", **told}


def _since(facts: Mapping[str, Any]) -> datetime | None:
    """From when on a refusal was asked about; a box says hello each minute, which says nothing of how long it waits."""
    return datetime.fromisoformat(str(facts["since"])) if "since" in facts else None


def _pace(box: Box, now: datetime, paces: Mapping[str, Pace]) -> tuple[Urgency, str, Mapping[str, Any]]:
    """How an installing box does: asks something, fell silent, is slower than any before, or simply works."""
    facts: dict[str, Any] = {"serial": box.serial, "phase": box.phase or "answered"}
    if box.question:
        return "hand", "bench-question", {**facts, "question": box.question}
    if box.phase is None and box.first_fetch_at is None:
        return "busy", "waits-installer", facts
    # Between its answers and its first report an installer may stop too, at a script that it could not fetch.
    heard, began = box.beat_at or box.phase_at or box.first_fetch_at, box.phase_at
    pace = paces.get(box.phase or "")
    silent_s = int((now - heard).total_seconds()) if heard else 0
    late_s = int((now - began).total_seconds()) - pace.slowest if began and pace and pace.runs >= _RUNS_NEEDED else 0
    if silent_s > _allowed_silence(box, pace):
        return "late", "bench-silent", {**facts, "minutes": max(1, silent_s // 60)}
    if late_s > 0 and pace is not None:
        return "late", "bench-late", {**facts, "late": _span(late_s), "median": _span(pace.median),
                                      "slowest": _span(pace.slowest)}  # fmt: skip
    return "busy", "waits-engine", facts


def _allowed_silence(box: Box, pace: Pace | None) -> int:
    beats = box.phase != "installed" and not (box.phase or "").startswith("firstboot")
    if beats:
        return _SILENT_S
    return max(_SILENT_S, 2 * pace.slowest) if pace and pace.runs >= _RUNS_NEEDED else _NO_HEART_S


def _span(seconds: int) -> str:
    return f"{seconds} s" if seconds < 120 else f"{seconds // 60} min"


def _box_row(box: Box, now: datetime, paces: Mapping[str, Pace]) -> BenchRow:
    who = box.customer or "–"
    trouble = _trouble(box, now)
    if trouble is not None:
        since = _since(trouble) or box.phase_at or box.hello_at
        return BenchRow(box.serial, who, None, "install", "hand", str(trouble["code"]), trouble, since)
    if box.engine_ready_at:
        return BenchRow(box.serial, who, None, None, "ready", "bench-box-ready", {}, box.engine_ready_at)
    if box.armed_at is None:
        what = "waits-armed" if box.checked else "waits-checklist"
        return BenchRow(
            box.serial, who, None, "appliance", "hand", what, {"serial": box.serial}, box.registered_at
        )  # fmt: skip
    urgency, what, facts = _pace(box, now, paces)
    return BenchRow(
        box.serial, who, None, "install", urgency, what, facts, box.phase_at or box.first_fetch_at or box.armed_at
    )
