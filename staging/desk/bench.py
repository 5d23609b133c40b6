"""Bench: register a box, tick its checklist, arm it, see what every box is at and which needs a hand."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

from numbering.commands import own_tables
from staging.core.faults import Fault, Refused, Where
from staging.core.roles import Role
from staging.core.secret import Secret
from staging.core.words import Serial, parse_serial
from staging.desk.desk import Desk
from staging.jobs.job import Order, StepName, StepRecord, next_step
from staging.jobs.records import CHECKLIST, Box, Hello

Urgency = Literal["hand", "late", "busy", "ready", "done"]
"""hand: a person must do something. late: silent longer than it should be. busy: works by itself. ready: idle."""

_LATE_S = 180
_STAYS = timedelta(days=2)
"""How long an accepted order without a shipped box stays on the screen: long enough for a Friday's to be packed."""


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


def models(desk: Desk) -> tuple[str, ...]:
    """Names of the appliance models known here, the integrator's own included."""
    return tuple(sorted(own_tables(None, desk.settings.appliances_file).appliances))


def register_box(desk: Desk, typed: str, *, model: str, customer: str | None, by: str, suite: str = "bookworm") -> Box:
    """Register a box by the serial on its sticker. Raises Refused for junk, a known serial, an unknown model."""
    serial = parse_serial(typed)
    if serial is None:
        raise Refused(Fault("bad-serial", Where("appliance", field="serial"), {"typed": typed}))
    known = models(desk)
    if model not in known:
        raise Refused(
            Fault("unknown-model", Where("appliance", field=serial), {"typed": model, "known": ", ".join(known)})
        )
    if suite not in ("bookworm", "trixie"):
        raise Refused(Fault("unknown-suite", Where("appliance", field=serial), {"typed": suite}))
    box = desk.store.appliances.add(serial, model=model, customer=(customer or "").strip() or None, suite=suite)
    desk.store.timeline.add("box-registered", {"model": model, "customer": customer or "–"}, serial=serial, operator=by)
    _wake(desk, serial)
    return box


def tick(desk: Desk, serial: Serial, point: str, *, on: bool, by: str) -> Box:
    """Tick or untick a point of the checklist."""
    box = desk.store.appliances.get(serial)
    if point not in CHECKLIST:
        raise Refused(Fault("unknown-checklist-point", Where("appliance", field=serial), {"point": point}))
    mark = {"by": by, "at": desk.clock.now().isoformat()} if on else None
    desk.store.appliances.change(serial, checklist={**box.checklist, point: mark})
    desk.store.timeline.add("point-ticked" if on else "point-unticked", {"point": point}, serial=serial, operator=by)
    _wake(desk, serial)
    return desk.store.appliances.get(serial)


def arm(desk: Desk, serial: Serial, *, by: str, role: Role, reason: str = "", again: str = "") -> Box:
    """Let a box be installed, which wipes its disk. again: the serial typed a second time, for a shipped box.

    Raises Refused when the checklist is not done, when a shipped box is armed by somebody who may not, or
    without a reason and its serial typed again.
    """
    box = desk.store.appliances.get(serial)
    if not box.checked:
        left = [point for point in CHECKLIST if not box.checklist.get(point)]
        raise Refused(Fault("checklist-open", Where("appliance", field=serial), {"serial": serial, "left": len(left)}))
    if box.shipped_at is not None:
        if role != "admin":
            raise Refused(Fault("rearm-needs-admin", Where("appliance", field=serial), {"serial": serial}))
        if not reason.strip() or parse_serial(again) != serial:
            raise Refused(Fault("rearm-needs-reason", Where("appliance", field=serial), {"serial": serial}))
    if box.engine_ready_at is not None and not reason.strip():
        raise Refused(Fault("rearm-needs-words", Where("appliance", field=serial), {"serial": serial}))
    desk.store.appliances.arm(serial, by=by)
    desk.store.vault.forget(f"appliance:{serial}")
    desk.store.timeline.add("box-armed", {"reason": reason.strip() or "–"}, serial=serial, operator=by)
    order = desk.store.orders.of_serial(serial)
    if order is not None:
        # The disk is wiped: what stood on the engine stands there no more.
        desk.store.orders.reopen_from(order.id, "install")
    return desk.store.appliances.get(serial)


def adopt(desk: Desk, serial: Serial, *, by: str) -> Box:
    """Take a box as it is, because its engine was installed some other way: nothing is wiped.

    Raises Refused when it is armed or ready already.
    """
    box = desk.store.appliances.get(serial)
    if box.armed_at is not None or box.engine_ready_at is not None:
        raise Refused(Fault("already-ready", Where("appliance", field=serial), {"serial": serial}))
    now = desk.clock.now()
    desk.store.appliances.change(serial, installed_at=now, engine_ready_at=now, phase="engine-ready", phase_at=now)
    desk.store.timeline.add("box-adopted", {}, serial=serial, operator=by)
    _wake(desk, serial)
    return desk.store.appliances.get(serial)


def reveal_root_password(desk: Desk, serial: Serial, *, by: str) -> Secret:
    """The root password of a box that we installed; who asked is written down. Raises Refused when there is none."""
    desk.store.appliances.get(serial)
    found = desk.store.vault.find(f"appliance:{serial}:root", "root-password")
    if found is None:
        raise Refused(Fault("no-such-secret", Where("appliance", field=serial), {"name": serial}))
    desk.store.timeline.add("secret-revealed", {"secret": "root-password"}, serial=serial, operator=by)
    return found


def strangers(desk: Desk) -> tuple[Hello, ...]:
    """Boxes that said hello and that nobody registered."""
    return desk.store.appliances.strangers()


def bench_rows(desk: Desk) -> tuple[BenchRow, ...]:
    """Every box and order on the bench, those that need a hand first; what was shipped has left it."""
    now = desk.clock.now()
    steps = desk.store.orders.all_steps()
    boxes = {box.serial: box for box in desk.store.appliances.all()}
    rows = []
    for order in desk.store.orders.all():
        box = boxes.pop(order.serial, None) if order.serial else None
        if order.id in steps and not _left(order, box, now):
            rows.append(_order_row(order, steps[order.id], box, now))
    rows += [_box_row(box) for box in boxes.values() if box.shipped_at is None]
    rank: dict[Urgency, int] = {"hand": 0, "late": 1, "busy": 2, "ready": 3, "done": 4}
    return tuple(sorted(rows, key=lambda row: (rank[row.urgency], row.since or desk.clock.now(), row.serial)))


def _left(order: Order, box: Box | None, now: datetime) -> bool:
    shipped = box is not None and box.shipped_at is not None
    return order.accepted_at is not None and (shipped or order.accepted_at < now - _STAYS)


def _order_row(order: Order, steps: Mapping[StepName, StepRecord], box: Box | None, now: datetime) -> BenchRow:
    name = next_step(steps)
    serial = order.serial or order.stack
    if name is None:
        return BenchRow(serial, order.customer, order.id, None, "done", "bench-accepted", {}, order.accepted_at)
    step = steps[name]
    urgency, what, facts = _standing(step, box, now)
    since = (box.phase_at if box and name == "install" and box.phase_at else None) or step.ended_at or step.started_at
    return BenchRow(serial, order.customer, order.id, name, urgency, what, facts, since, step.done, step.total)


def _standing(step: StepRecord, box: Box | None, now: datetime) -> tuple[Urgency, str, Mapping[str, Any]]:
    if step.status == "failed" and step.fault is not None:
        return "hand", step.fault.code, step.fault.facts
    if step.fault is not None:
        return "late", step.fault.code, step.fault.facts
    if step.status == "running":
        return "busy", "bench-running", {"step": step.name}
    if box is not None and step.name == "install" and box.trouble:
        return "hand", str(box.trouble.get("code", "install-trouble")), dict(box.trouble)
    if step.waits_for in ("waits-installer", "waits-engine"):
        heard = (box.beat_at or box.phase_at or box.first_fetch_at) if box else None
        silent = heard is not None and (now - heard).total_seconds() > _LATE_S
        facts = {**step.waits_facts, "minutes": int((now - heard).total_seconds() // 60) if heard else 0}
        return ("late", "bench-silent", facts) if silent else ("busy", step.waits_for, facts)
    if step.waits_for is not None:
        return ("busy" if step.waits_for == "waits-fetch" else "hand"), step.waits_for, step.waits_facts
    return "busy", "bench-queued", {"step": step.name}


def _box_row(box: Box) -> BenchRow:
    if box.trouble:
        what = str(box.trouble.get("code", "install-trouble"))
        return BenchRow(box.serial, box.customer or "–", None, "install", "hand", what, dict(box.trouble), box.phase_at)
    if box.shipped_at or box.engine_ready_at:
        return BenchRow(
            box.serial, box.customer or "–", None, None, "ready", "bench-box-ready", {}, box.engine_ready_at
        )
    if box.armed_at is None:
        what = "waits-armed" if box.checked else "waits-checklist"
        return BenchRow(
            box.serial, box.customer or "–", None, "appliance", "hand", what, {"serial": box.serial}, box.registered_at
        )
    what = "waits-engine" if box.phase else "waits-installer"
    facts = {"serial": box.serial, "phase": box.phase or "–"}
    return BenchRow(box.serial, box.customer or "–", None, "install", "busy", what, facts, box.phase_at or box.armed_at)


def _wake(desk: Desk, serial: Serial) -> None:
    order = desk.store.orders.of_serial(serial)
    if order is not None:
        desk.store.orders.wake(order.id)
