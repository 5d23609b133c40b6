"""What can programs do? One table of routes: it registers them, and it is the OpenAPI document.

A token goes into `Authorization: Bearer …`; a page of ours may use its session with the `X-CSRF` header.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from flask import Blueprint, Response, jsonify, request
from flask.typing import ResponseReturnValue

from staging.adapters.stationery import ROLL
from staging.core.faults import Fault, PhoneUnmatched, Refused, Where
from staging.core.roles import Right
from staging.core.words import parse_mac
from staging.desk import bench as desk_bench
from staging.desk import labels as desk_labels
from staging.desk import orders as desk_orders
from staging.desk import phones as desk_phones
from staging.jobs.job import TimelineLine, next_step
from staging.web import api_forms as forms
from staging.web.bench import serial_of
from staging.web.downloads import pdf
from staging.web.gate import View, language, needs, operator
from staging.web.here import here
from staging.web.openapi import openapi_document
from staging.web.phones import start_cell
from staging.web.plans import take_upload
from staging.web.shape import plain, read_object
from staging.web.words import told, waits

api = Blueprint("api", __name__, url_prefix="/api/v1")

Method = Literal["GET", "POST", "PUT", "DELETE"]
Gives = type | Literal["pdf"]


@dataclass(frozen=True, slots=True)
class ApiRoute:
    """One thing a program can do. takes: the dataclass of its JSON body, "workbook" for an upload, or None."""

    method: Method
    path: str
    right: Right
    summary: str
    handler: Callable[..., Any]
    takes: type | Literal["workbook"] | None
    gives: Gives
    status: int = 200


def who_am_i() -> forms.MeOut:
    """Whoever the token or session stands for."""
    return forms.MeOut(operator().name, operator().role)


def list_orders() -> forms.OrdersOut:
    """Every order with its steps."""
    found = desk_orders.all_orders(here().desk)
    return forms.OrdersOut(
        tuple(forms.order_out(order, steps, next_step(steps) if steps else None, language()) for order, steps in found)
    )


def open_order(body: forms.NewOrder) -> forms.OrderOut:
    """Open an order."""
    order = desk_orders.new_order(
        here().desk, customer=body.customer, siret=body.siret, stack=body.stack, by=operator().name, serial=body.serial,
        extensions=body.extensions, main_to=body.main_to, final_address=body.final_address,
    )  # fmt: skip
    return show_order(order.id)


def show_order(order_id: str) -> forms.OrderOut:
    """One order with its steps."""
    seen = desk_orders.overview(here().desk, order_id)
    return forms.order_out(seen.order, seen.steps, seen.current, language())


def show_plan(order_id: str) -> forms.PlanOut:
    """The newest workbook's plan and faults."""
    here().store.orders.get(order_id)
    version = here().store.plans.latest(order_id)
    if version is None:
        raise Refused(Fault("unknown-plan-version", Where("plan"), {"order": order_id, "version": 1}))
    return forms.plan_out(version)


def upload_plan(order_id: str) -> forms.PlanOut:
    """Take a workbook as multipart form field `workbook`."""
    return forms.plan_out(take_upload(order_id, request.files.get("workbook")))


def show_changes(order_id: str) -> forms.ChangesOut:
    """What applying would do now."""
    return forms.changes_out(desk_orders.show_changes(here().desk, order_id), language())


def apply(order_id: str, body: forms.Approval) -> forms.ApprovedOut:
    """Agree to exactly the changes that were shown."""
    here().store.orders.get(order_id)
    found = desk_orders.approve(here().desk, order_id, expect=body.expect, by=operator().name, forced=body.forced)
    return forms.ApprovedOut(found)


def resume(order_id: str) -> forms.OrderOut:
    """Try the step that stopped again."""
    here().store.orders.get(order_id)
    desk_orders.resume(here().desk, order_id, by=operator().name)
    return show_order(order_id)


def set_address(order_id: str, body: forms.NewAddress) -> forms.OrderOut:
    """Say where the engine will stand at the customer's."""
    here().store.orders.get(order_id)
    desk_orders.set_final_address(here().desk, order_id, body.address, by=operator().name)
    return show_order(order_id)


def verify(order_id: str) -> forms.DifferencesOut:
    """Read the stack back and compare it with the plan."""
    return forms.DifferencesOut(desk_orders.verify(here().desk, order_id))


def list_phones(order_id: str) -> forms.PhonesOut:
    """Phones wanted, paired and left over."""
    return forms.phones_out(desk_phones.phone_table(here().desk, order_id))


def scan(order_id: str, body: forms.NewScan) -> forms.ScanOut:
    """A phone was scanned."""
    here().store.orders.get(order_id)
    return forms.scan_out(desk_phones.scan_phone(here().desk, order_id, body.mac, seat=body.seat, by=operator().name))


def take_back(order_id: str, mac: str) -> forms.DoneOut:
    """Undo a scan."""
    here().store.orders.get(order_id)
    read = parse_mac(mac)
    if read is None:
        raise PhoneUnmatched(Fault("not-a-mac", Where("scan"), {"typed": mac[:40]}))
    return forms.DoneOut(desk_phones.take_back(here().desk, order_id, read, by=operator().name))


def pair_rest(order_id: str) -> forms.PhonesOut:
    """Give every phone left over to the next free seat of its model."""
    here().store.orders.get(order_id)
    return forms.phones_out(desk_phones.pair_rest(here().desk, order_id, by=operator().name))


def list_labels(order_id: str) -> forms.LabelsOut:
    """Every label with the copy that counts."""
    return forms.LabelsOut(desk_labels.label_rows(here().desk, order_id))


def labels_pdf(order_id: str) -> Response:
    """The labels as they would be printed; query: sheet, start."""
    asked = request.args
    sheet = asked.get("sheet") or ROLL
    return pdf(desk_labels.preview(here().desk, order_id, sheet=sheet, start_cell=start_cell(asked.get("start"))),
               f"labels-{order_id}.pdf")  # fmt: skip


def print_labels(order_id: str, body: forms.PrintRequest) -> forms.PrintedOut:
    """Print labels, each under its next copy number."""
    here().store.orders.get(order_id)
    sent = desk_labels.print_labels(
        here().desk, order_id, printer=body.printer, by=operator().name, kinds=frozenset(body.kinds) or None,
        items=frozenset(body.items) or None, start_cell=body.start_cell,
    )  # fmt: skip
    return forms.PrintedOut(sent)


def show_packing(order_id: str) -> desk_labels.PackState:
    """What is packed and what is missing."""
    here().store.orders.get(order_id)
    return desk_labels.pack_state(here().desk, order_id)


def pack(order_id: str, body: forms.PackScan) -> forms.PackOut:
    """One scan at the packing bench."""
    here().store.orders.get(order_id)
    return forms.pack_out(desk_labels.pack(here().desk, order_id, body.code, before=body.before, by=operator().name))


def order_timeline(order_id: str) -> forms.TimelineOut:
    """Everything that happened to an order."""
    here().store.orders.get(order_id)
    return _lines(here().store.timeline.of_order(order_id))


def acceptance_pdf(order_id: str) -> Response:
    """The acceptance sheet."""
    here().store.orders.get(order_id)
    return pdf(desk_labels.acceptance_sheet(here().desk, order_id), f"acceptance-{order_id}.pdf")


def show_bench() -> forms.BenchOut:
    """Every box and order on the bench."""
    rows = desk_bench.bench_rows(here().desk)
    return forms.BenchOut(tuple(forms.row_out(row, waits(row.what, row.facts).text) for row in rows))


def list_boxes() -> forms.BoxesOut:
    """Every appliance."""
    return forms.BoxesOut(tuple(forms.box_out(box) for box in here().store.appliances.all()))


def add_box(body: forms.NewAppliance) -> forms.BoxOut:
    """Register an appliance."""
    box = desk_bench.register_box(
        here().desk, body.serial, model=body.model, customer=body.customer, by=operator().name, suite=body.suite
    )
    return forms.box_out(box)


def show_box(serial: str) -> forms.BoxOut:
    """One appliance."""
    return forms.box_out(here().store.appliances.get(serial_of(serial)))


def tick(serial: str, body: forms.Ticks) -> forms.BoxOut:
    """Tick and untick points of the checklist."""
    for point, on in body.points.items():
        desk_bench.tick(here().desk, serial_of(serial), point, on=on, by=operator().name)
    return show_box(serial)


def arm(serial: str, body: forms.Arming) -> forms.BoxOut:
    """Let an appliance be installed, which wipes its disk."""
    who = operator()
    return forms.box_out(
        desk_bench.arm(here().desk, serial_of(serial), by=who.name, role=who.role, reason=body.reason, again=body.again)
    )


def box_timeline(serial: str) -> forms.TimelineOut:
    """Everything that happened to an appliance."""
    read = serial_of(serial)
    here().store.appliances.get(read)
    return _lines(here().store.timeline.of_serial(read))


_ORDER = "/orders/{order_id}"
_BOX = "/appliances/{serial}"
ROUTES: tuple[ApiRoute, ...] = (
    ApiRoute("GET", "/me", "see", "Who am I", who_am_i, None, forms.MeOut),
    ApiRoute("GET", "/orders", "see", "List orders", list_orders, None, forms.OrdersOut),
    ApiRoute("POST", "/orders", "plan", "Open an order", open_order, forms.NewOrder, forms.OrderOut, 201),
    ApiRoute("GET", _ORDER, "see", "Show an order", show_order, None, forms.OrderOut),
    ApiRoute("GET", f"{_ORDER}/plan", "see", "Show the newest plan and its faults", show_plan, None, forms.PlanOut),
    ApiRoute("POST", f"{_ORDER}/plan", "plan", "Upload a workbook", upload_plan, "workbook", forms.PlanOut, 201),
    ApiRoute("GET", f"{_ORDER}/changes", "plan", "Show what applying would do", show_changes, None, forms.ChangesOut),
    ApiRoute(
        "POST", f"{_ORDER}/apply", "plan", "Agree to the changes shown", apply, forms.Approval, forms.ApprovedOut, 202
    ),
    ApiRoute("POST", f"{_ORDER}/resume", "prepare", "Try the stopped step again", resume, None, forms.OrderOut, 202),
    ApiRoute(
        "PUT", f"{_ORDER}/address", "plan", "Set the final address", set_address, forms.NewAddress, forms.OrderOut
    ),
    ApiRoute("GET", f"{_ORDER}/verify", "see", "Compare the stack with the plan", verify, None, forms.DifferencesOut),
    ApiRoute("GET", f"{_ORDER}/phones", "see", "List phones wanted and left over", list_phones, None, forms.PhonesOut),
    ApiRoute("POST", f"{_ORDER}/scans", "prepare", "Scan a phone", scan, forms.NewScan, forms.ScanOut),
    ApiRoute("DELETE", f"{_ORDER}/scans/{{mac}}", "prepare", "Take a scan back", take_back, None, forms.DoneOut),
    ApiRoute("POST", f"{_ORDER}/pair-rest", "prepare", "Pair the rest by model", pair_rest, None, forms.PhonesOut),
    ApiRoute("GET", f"{_ORDER}/labels", "see", "List labels", list_labels, None, forms.LabelsOut),
    ApiRoute("GET", f"{_ORDER}/labels.pdf", "see", "The labels as a PDF", labels_pdf, None, "pdf"),
    ApiRoute(
        "POST", f"{_ORDER}/labels/print", "print", "Print labels", print_labels, forms.PrintRequest, forms.PrintedOut
    ),
    ApiRoute("GET", f"{_ORDER}/pack", "see", "Show how far packing is", show_packing, None, desk_labels.PackState),
    ApiRoute("POST", f"{_ORDER}/pack", "print", "Scan at the packing bench", pack, forms.PackScan, forms.PackOut),
    ApiRoute("GET", f"{_ORDER}/timeline", "see", "An order's timeline", order_timeline, None, forms.TimelineOut),
    ApiRoute("GET", f"{_ORDER}/acceptance.pdf", "see", "The acceptance sheet", acceptance_pdf, None, "pdf"),
    ApiRoute("GET", "/bench", "see", "The bench, hands needed first", show_bench, None, forms.BenchOut),
    ApiRoute("GET", "/appliances", "see", "List appliances", list_boxes, None, forms.BoxesOut),
    ApiRoute("POST", "/appliances", "prepare", "Register an appliance", add_box, forms.NewAppliance, forms.BoxOut, 201),
    ApiRoute("GET", _BOX, "see", "Show an appliance", show_box, None, forms.BoxOut),
    ApiRoute("PUT", f"{_BOX}/checklist", "prepare", "Tick the checklist", tick, forms.Ticks, forms.BoxOut),
    ApiRoute("POST", f"{_BOX}/arm", "prepare", "Arm an appliance", arm, forms.Arming, forms.BoxOut, 202),
    ApiRoute("GET", f"{_BOX}/timeline", "see", "An appliance's timeline", box_timeline, None, forms.TimelineOut),
)


@api.get("/openapi.json")
@needs("see")
def openapi() -> ResponseReturnValue:
    """This API, described."""
    return jsonify(openapi_document(ROUTES))


def _lines(lines: tuple[TimelineLine, ...]) -> forms.TimelineOut:
    return forms.TimelineOut(tuple(forms.line_out(line, told(line)) for line in lines))


def _view(route: ApiRoute) -> View:
    def view(**parts: str) -> ResponseReturnValue:
        if isinstance(route.takes, type):
            parts["body"] = read_object(route.takes, request.get_json(silent=True))
        given = route.handler(**parts)
        return given if isinstance(given, Response) else (jsonify(plain(given)), route.status)

    view.__name__ = route.handler.__name__
    view.__doc__ = route.summary
    return view


for _route in ROUTES:
    api.add_url_rule(
        _route.path.replace("{", "<").replace("}", ">"), endpoint=f"{_route.handler.__name__}",
        view_func=needs(_route.right)(_view(_route)), methods=[_route.method],
    )  # fmt: skip
