"""How do our own values become answers of the API, with words in the asker's language?"""

from collections.abc import Mapping

from staging.core.faults import Fault
from staging.core.messages import explain
from staging.core.words import Language
from staging.desk.bench_screen import BenchRow
from staging.desk.labels import PackAnswer
from staging.desk.orders import Shown
from staging.desk.phones import PhoneRow, PhoneTable, ScanAnswer
from staging.jobs.job import Order, StepName, StepRecord, TimelineLine
from staging.jobs.records import Box, PlanVersion
from staging.web.api_answers import (
    BoxOut,
    ChangeOut,
    ChangesOut,
    FaultOut,
    LineOut,
    OrderOut,
    PackOut,
    PhoneLeftOut,
    PhoneOut,
    PhonesOut,
    PlanOut,
    RowOut,
    ScanOut,
    StepOut,
)


def fault_out(fault: Fault, lang: Language) -> FaultOut:
    """A fault with its words."""
    said = explain(fault, lang)
    return FaultOut(fault.code, fault.severity, str(fault.at), said.text, said.hint, dict(fault.facts), fault.related)


def order_out(order: Order, steps: Mapping[StepName, StepRecord], current: StepName | None, lang: Language) -> OrderOut:
    """An order with its steps."""
    return OrderOut(
        id=order.id, customer=order.customer, siret=order.siret, stack=order.stack, serial=order.serial,
        extensions=order.extensions, main_to=order.main_to, final_address=order.final_address,
        created_at=order.created_at, created_by=order.created_by, accepted_at=order.accepted_at, current=current,
        steps=tuple(_step_out(step, lang) for step in steps.values()),
    )  # fmt: skip


def plan_out(version: PlanVersion) -> PlanOut:
    """An upload with its plan and faults."""
    return PlanOut(
        version.version, version.workbook, version.ok, version.uploaded_at, version.uploaded_by, version.document
    )


def changes_out(shown: Shown, lang: Language) -> ChangesOut:
    """The changes, each with its words."""
    pairs = zip(shown.changes, shown.lines(lang), strict=True)
    left = zip(shown.kept, shown.kept_lines(lang), strict=True)
    return ChangesOut(
        fingerprint=shown.fingerprint,
        changes=tuple(ChangeOut(one.verb, one.noun, one.key, one.seat, line) for one, line in pairs),
        kept=len(shown.kept),
        left=tuple(ChangeOut(one.verb, one.noun, one.key, one.seat, line) for one, line in left),
        faults=tuple(fault_out(fault, lang) for fault in shown.faults),
    )


def phones_out(table: PhoneTable) -> PhonesOut:
    """Phones wanted and left over."""
    return PhonesOut(
        wanted=len(table.rows), paired=table.paired, fetched=table.fetched,
        phones=tuple(phone_out(row) for row in table.rows),
        left=tuple(PhoneLeftOut(mac, seen.model if seen else None, reason) for seen, mac, reason in table.left),
    )  # fmt: skip


def phone_out(row: PhoneRow) -> PhoneOut:
    """A phone wanted."""
    return PhoneOut(row.wanted.key, row.wanted.model, row.wanted.seats, row.names, row.mac, row.stage, row.reason)


def scan_out(answer: ScanAnswer) -> ScanOut:
    """Whose a scanned phone is."""
    return ScanOut(answer.mac, phone_out(answer.row) if answer.row else None, answer.reason)


def pack_out(answer: PackAnswer) -> PackOut:
    """The verdict on a scan."""
    return PackOut(answer.verdict, answer.first, answer.second, answer.handset)


def line_out(line: TimelineLine, text: str) -> LineOut:
    """A line of a timeline with its words."""
    return LineOut(line.at, line.event, text, line.facts, line.order_id, line.serial, line.operator)


def box_out(box: Box) -> BoxOut:
    """An appliance."""
    return BoxOut(
        serial=box.serial, model=box.model, customer=box.customer, suite=box.suite, registered_at=box.registered_at,
        armed_at=box.armed_at, phase=box.phase, installed_at=box.installed_at, engine_ready_at=box.engine_ready_at,
        address=box.address, shipped_at=box.shipped_at, trouble=box.trouble,
        checklist={point: bool(mark) for point, mark in box.checklist.items()},
    )  # fmt: skip


def row_out(row: BenchRow, text: str) -> RowOut:
    """A line of the bench with its words."""
    return RowOut(
        row.serial, row.customer, row.order_id, row.step, row.urgency, row.what, text, row.since, row.done, row.total
    )


def _step_out(step: StepRecord, lang: Language) -> StepOut:
    waits = explain(Fault(step.waits_for, facts=step.waits_facts), lang).text if step.waits_for else None
    return StepOut(
        step.name, step.status, step.attempts, step.done, step.total, step.waits_for, waits,
        fault_out(step.fault, lang) if step.fault else None, step.started_at, step.ended_at,
    )  # fmt: skip
