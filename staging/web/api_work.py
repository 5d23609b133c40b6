"""What does each request of a program do? One function per route; `api.py` has the table of them."""

from flask import Response, request

from staging.adapters.stationery import ROLL
from staging.core.faults import Fault, PhoneUnmatched, Refused, Where
from staging.core.words import parse_mac
from staging.desk import bench as desk_bench
from staging.desk import bench_correct
from staging.desk import labels as desk_labels
from staging.desk import orders as desk_orders
from staging.desk import phones as desk_phones
from staging.desk import rearm as desk_rearm
from staging.desk import undo as desk_undo
from staging.desk.bench_screen import bench_rows
from staging.jobs.job import TimelineLine, next_step
from staging.web import api_answers as answers
from staging.web import api_bodies as bodies
from staging.web import api_telling as telling
from staging.web.bench import serial_of
from staging.web.downloads import pdf
from staging.web.gate import language, operator
from staging.web.here import here
from staging.web.plans import take_upload
from staging.web.stickers import start_cell
from staging.web.words import told, waits


def who_am_i() -> answers.MeOut:
    """Whoever the token or session stands for."""
    return answers.MeOut(operator().name, operator().role)


def list_orders() -> answers.OrdersOut:
    """Every order with its steps."""
    found = desk_orders.all_orders(here().desk)
    return answers.OrdersOut(
        tuple(
            telling.order_out(order, steps, next_step(steps) if steps else None, language()) for order, steps in found
        )
    )


def open_order(body: bodies.NewOrder) -> answers.OrderOut:
    """Open an order."""
    order = desk_orders.new_order(
        here().desk, customer=body.customer, siret=body.siret, stack=body.stack, by=operator().name, serial=body.serial,
        extensions=body.extensions, main_to=body.main_to, final_address=body.final_address,
    )  # fmt: skip
    return show_order(order.id)


def show_order(order_id: str) -> answers.OrderOut:
    """One order with its steps."""
    seen = desk_orders.overview(here().desk, order_id)
    return telling.order_out(seen.order, seen.steps, seen.current, language())


def show_plan(order_id: str) -> answers.PlanOut:
    """The newest workbook's plan and faults."""
    here().store.orders.get(order_id)
    version = here().store.plans.latest(order_id)
    if version is None:
        raise Refused(Fault("unknown-plan-version", Where("plan"), {"order": order_id, "version": 1}))
    return telling.plan_out(version)


def upload_plan(order_id: str) -> answers.PlanOut:
    """Take a workbook as multipart form field `workbook`; `renumber`, when it is `yes`, as the page's box does."""
    return telling.plan_out(take_upload(order_id, request.files.get("workbook")))


def show_changes(order_id: str) -> answers.ChangesOut:
    """What applying would do now."""
    return telling.changes_out(desk_orders.show_changes(here().desk, order_id), language())


def apply(order_id: str, body: bodies.Approval) -> answers.ApprovedOut:
    """Agree to exactly the changes that were shown."""
    here().store.orders.get(order_id)
    found = desk_orders.approve(
        here().desk,
        order_id,
        expect=body.expect,
        by=operator().name,
        forced=body.forced,
        overwrite=body.overwrite,
    )
    return answers.ApprovedOut(found)


def show_undo(order_id: str) -> answers.ChangesOut:
    """What taking the last applied changes back would do now."""
    return telling.changes_out(desk_undo.show_undo(here().desk, order_id)[1], language())


def undo(order_id: str, body: bodies.Approval) -> answers.ApprovedOut:
    """Agree to exactly what was shown."""
    found = desk_undo.undo(here().desk, order_id, expect=body.expect, by=operator().name)
    return answers.ApprovedOut(found)


def resume(order_id: str) -> answers.OrderOut:
    """Try the step that stopped again."""
    here().store.orders.get(order_id)
    desk_orders.resume(here().desk, order_id, by=operator().name)
    return show_order(order_id)


def attach_serial(order_id: str, body: bodies.NewSerial) -> answers.OrderOut:
    """Give the order its appliance."""
    desk_orders.attach_serial(here().desk, order_id, serial_of(body.serial), by=operator().name)
    return show_order(order_id)


def set_address(order_id: str, body: bodies.NewAddress) -> answers.OrderOut:
    """Say where the engine will stand at the customer's."""
    here().store.orders.get(order_id)
    desk_orders.set_final_address(here().desk, order_id, body.address, by=operator().name)
    return show_order(order_id)


def verify(order_id: str) -> answers.DifferencesOut:
    """Read the stack back and compare it with the plan."""
    return answers.DifferencesOut(desk_orders.verify(here().desk, order_id))


def list_phones(order_id: str) -> answers.PhonesOut:
    """Phones wanted, paired and left over."""
    return telling.phones_out(desk_phones.phone_table(here().desk, order_id))


def scan(order_id: str, body: bodies.NewScan) -> answers.ScanOut:
    """A phone was scanned."""
    here().store.orders.get(order_id)
    return telling.scan_out(desk_phones.scan_phone(here().desk, order_id, body.mac, seat=body.seat, by=operator().name))


def take_back(order_id: str, mac: str) -> answers.DoneOut:
    """Undo a scan."""
    here().store.orders.get(order_id)
    read = parse_mac(mac)
    if read is None:
        raise PhoneUnmatched(Fault("not-a-mac", Where("scan"), {"typed": mac[:40]}))
    return answers.DoneOut(desk_phones.take_back(here().desk, order_id, read, by=operator().name))


def pair_rest(order_id: str) -> answers.PhonesOut:
    """Give every phone left over to the next free seat of its model."""
    here().store.orders.get(order_id)
    return telling.phones_out(desk_phones.pair_rest(here().desk, order_id, by=operator().name))


def list_labels(order_id: str) -> answers.LabelsOut:
    """Every label with the copy that counts."""
    return answers.LabelsOut(desk_labels.label_rows(here().desk, order_id))


def labels_pdf(order_id: str) -> Response:
    """The labels as they would be printed; query: sheet, start."""
    asked = request.args
    sheet = asked.get("sheet") or ROLL
    return pdf(desk_labels.preview(here().desk, order_id, sheet=sheet, start_cell=start_cell(asked.get("start"))),
               f"labels-{order_id}.pdf")  # fmt: skip


def print_labels(order_id: str, body: bodies.PrintRequest) -> answers.PrintedOut:
    """Print labels, each under its next copy number."""
    here().store.orders.get(order_id)
    sent = desk_labels.print_labels(
        here().desk, order_id, printer=body.printer, by=operator().name, kinds=frozenset(body.kinds) or None,
        items=frozenset(body.items) or None, start_cell=body.start_cell, first=body.first,
        sheet_number=body.sheet,
    )  # fmt: skip
    return answers.PrintedOut(sent.labels, sent.status, sent.detail, sent.sheet)


def show_packing(order_id: str) -> desk_labels.PackState:
    """What is packed and what is missing."""
    here().store.orders.get(order_id)
    return desk_labels.pack_state(here().desk, order_id)


def pack(order_id: str, body: bodies.PackScan) -> answers.PackOut:
    """One scan at the packing bench."""
    here().store.orders.get(order_id)
    return telling.pack_out(desk_labels.pack(here().desk, order_id, body.code, before=body.before, by=operator().name))


def order_timeline(order_id: str) -> answers.TimelineOut:
    """Everything that happened to an order."""
    here().store.orders.get(order_id)
    return _lines(here().store.timeline.of_order(order_id))


def acceptance_pdf(order_id: str) -> Response:
    """The acceptance sheet."""
    here().store.orders.get(order_id)
    return pdf(desk_labels.acceptance_sheet(here().desk, order_id), f"acceptance-{order_id}.pdf")


def show_bench() -> answers.BenchOut:
    """Every box and order on the bench."""
    rows = bench_rows(here().desk)
    return answers.BenchOut(tuple(telling.row_out(row, waits(row.what, row.facts).text) for row in rows))


def list_boxes() -> answers.BoxesOut:
    """Every appliance."""
    return answers.BoxesOut(tuple(telling.box_out(box) for box in here().store.appliances.all()))


def add_box(body: bodies.NewAppliance) -> answers.BoxOut:
    """Register an appliance."""
    box = desk_bench.register_box(
        here().desk, body.serial, model=body.model, customer=body.customer, by=operator().name, suite=body.suite
    )
    return telling.box_out(box)


def show_box(serial: str) -> answers.BoxOut:
    """One appliance."""
    return telling.box_out(here().store.appliances.get(serial_of(serial)))


def tick(serial: str, body: bodies.Ticks) -> answers.BoxOut:
    """Tick and untick points of the checklist."""
    for point, on in body.points.items():
        desk_bench.tick(here().desk, serial_of(serial), point, on=on, by=operator().name)
    return show_box(serial)


def arm(serial: str, body: bodies.Arming) -> answers.BoxOut:
    """Let an appliance be installed, which wipes its disk."""
    who = operator()
    return telling.box_out(
        desk_bench.arm(
            here().desk,
            serial_of(serial),
            by=who.name,
            role=who.role,
            reason=body.reason,
            again=body.again,
            restage=body.restage,
        )
    )


def ask_rearm(serial: str, body: bodies.RearmReason) -> answers.BoxOut:
    """Ask that a shipped appliance be armed again, by an administrator other than this person."""
    return telling.box_out(
        desk_rearm.ask_rearm(here().desk, serial_of(serial), reason=body.reason, by=operator().name)
    )  # fmt: skip


def adopt(serial: str) -> answers.BoxOut:
    """Take an appliance as it is, because its engine was installed some other way."""
    return telling.box_out(desk_bench.adopt(here().desk, serial_of(serial), by=operator().name))


def correct_box(serial: str, body: bodies.RegisteredFacts) -> answers.BoxOut:
    """Register an appliance's model, customer and release anew."""
    box = bench_correct.correct_box(
        here().desk, serial_of(serial), model=body.model, customer=body.customer, suite=body.suite, by=operator().name
    )
    return telling.box_out(box)


def disarm(serial: str) -> answers.BoxOut:
    """Take an arming back, as long as the box did not take its answers."""
    return telling.box_out(bench_correct.disarm(here().desk, serial_of(serial), by=operator().name))


def forget_box(serial: str) -> answers.DoneOut:
    """Take an appliance that was registered by mistake off the bench."""
    bench_correct.forget_box(here().desk, serial_of(serial), by=operator().name)
    return answers.DoneOut(done=True)


def box_timeline(serial: str) -> answers.TimelineOut:
    """Everything that happened to an appliance."""
    read = serial_of(serial)
    here().store.appliances.get(read)
    return _lines(here().store.timeline.of_serial(read))


def _lines(lines: tuple[TimelineLine, ...]) -> answers.TimelineOut:
    return answers.TimelineOut(tuple(telling.line_out(line, told(line)) for line in lines))
