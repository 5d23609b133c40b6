"""What can programs do? One table of routes: it registers them, and it is the OpenAPI document.

A token goes into `Authorization: Bearer …`; a page of ours may use its session with the `X-CSRF` header.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal, get_type_hints

from flask import Blueprint, Response, jsonify, request
from flask.typing import ResponseReturnValue

from staging.core.roles import Right
from staging.web import api_plans as plans
from staging.web import api_scans as scans
from staging.web import api_work as work
from staging.web.gate import View, needs
from staging.web.openapi import openapi_document
from staging.web.shape import plain, read_object

api = Blueprint("api", __name__, url_prefix="/api/v1")

Method = Literal["GET", "POST", "PUT", "DELETE"]


@dataclass(frozen=True, slots=True)
class ApiRoute:
    """One thing a program can do. What it takes and gives are the types of its function.

    workbook: an upload; query: names that may stand behind the `?`.
    """

    method: Method
    path: str
    right: Right
    summary: str
    handler: Callable[..., Any]
    status: int = 200
    workbook: bool = False
    query: tuple[str, ...] = ()

    @property
    def takes(self) -> type | Literal["workbook"] | None:
        """The dataclass of the JSON body, "workbook" for a multipart upload, or None."""
        found: type | None = get_type_hints(self.handler).get("body")
        return "workbook" if self.workbook else found

    @property
    def gives(self) -> type | Literal["pdf"]:
        """The dataclass of the answer, or "pdf"."""
        found: type = get_type_hints(self.handler)["return"]
        return "pdf" if issubclass(found, Response) else found


_ORDER = "/orders/{order_id}"
_BOX = "/appliances/{serial}"
ROUTES: tuple[ApiRoute, ...] = (
    ApiRoute("GET", "/me", "see", "Who am I", work.who_am_i),
    ApiRoute("GET", "/orders", "see", "List orders", work.list_orders),
    ApiRoute("POST", "/orders", "plan", "Open an order", work.open_order, 201),
    ApiRoute("GET", _ORDER, "see", "Show an order", work.show_order),
    ApiRoute("GET", f"{_ORDER}/plan", "see", "Show the newest plan and its faults", work.show_plan),
    ApiRoute("POST", f"{_ORDER}/plan", "plan", "Upload a workbook", work.upload_plan, 201, workbook=True),
    ApiRoute("GET", f"{_ORDER}/plan/{{version}}/draft", "see", "Show a version with its corrections", plans.show_draft),
    ApiRoute("POST", f"{_ORDER}/plan/{{version}}/corrections", "plan", "Correct a cell", plans.correct_cell, 201),
    ApiRoute("POST", f"{_ORDER}/plan/{{version}}/keep", "plan", "Keep the corrections", plans.keep_draft, 201),
    ApiRoute("POST", f"{_ORDER}/plan/{{version}}/discard", "plan", "Put the corrections back", plans.discard_draft),
    ApiRoute("GET", f"{_ORDER}/plan/compare/{{before}}/{{after}}", "see", "Compare versions", plans.compare_plans),
    ApiRoute("GET", f"{_ORDER}/changes", "plan", "Show what applying would do", work.show_changes),
    ApiRoute("POST", f"{_ORDER}/apply", "plan", "Agree to the changes shown", work.apply, 202),
    ApiRoute("GET", f"{_ORDER}/undo", "plan", "Show what taking the last changes back would do", work.show_undo),
    ApiRoute("POST", f"{_ORDER}/undo", "plan", "Agree to taking them back", work.undo, 202),
    ApiRoute("POST", f"{_ORDER}/resume", "prepare", "Try the stopped step again", work.resume, 202),
    ApiRoute("PUT", f"{_ORDER}/serial", "plan", "Give the order its appliance", work.attach_serial),
    ApiRoute("PUT", f"{_ORDER}/address", "plan", "Set the final address", work.set_address),
    ApiRoute("GET", f"{_ORDER}/verify", "see", "Compare the stack with the plan", work.verify),
    ApiRoute("GET", f"{_ORDER}/phones", "see", "List phones wanted and left over", work.list_phones),
    ApiRoute("POST", f"{_ORDER}/scans", "prepare", "Scan a phone", work.scan),
    ApiRoute("DELETE", f"{_ORDER}/scans/{{mac}}", "prepare", "Take a scan back", work.take_back),
    ApiRoute("POST", f"{_ORDER}/pair-rest", "prepare", "Pair the rest by model", work.pair_rest),
    ApiRoute("POST", f"{_ORDER}/station", "prepare", "Scan anything at the scan station", scans.station),
    ApiRoute("POST", f"{_ORDER}/station/undo", "prepare", "Take your last scan back", scans.undo_scan),
    ApiRoute("GET", f"{_ORDER}/labels", "see", "List labels", work.list_labels),
    ApiRoute("POST", f"{_ORDER}/firmware", "print", "Note firmware for its label", scans.note_firmware),
    ApiRoute("GET", f"{_ORDER}/labels.pdf", "see", "The labels as a PDF", work.labels_pdf, query=("sheet", "start")),
    ApiRoute("POST", f"{_ORDER}/labels/print", "print", "Print labels", work.print_labels),
    ApiRoute("GET", f"{_ORDER}/pack", "see", "Show how far packing is", work.show_packing),
    ApiRoute("POST", f"{_ORDER}/pack", "print", "Scan at the packing bench", work.pack),
    ApiRoute("POST", f"{_ORDER}/pack/undo", "print", "Take your last pair back", scans.unpack),
    ApiRoute("POST", f"{_ORDER}/ship", "print", "The carrier took it", scans.ship),
    ApiRoute("GET", f"{_ORDER}/manifest.pdf", "see", "The packing list", scans.manifest_pdf),
    ApiRoute("GET", f"{_ORDER}/timeline", "see", "An order's timeline", work.order_timeline),
    ApiRoute("GET", f"{_ORDER}/acceptance.pdf", "see", "The acceptance sheet", work.acceptance_pdf),
    ApiRoute("GET", "/bench", "see", "The bench, hands needed first", work.show_bench),
    ApiRoute("GET", "/appliances", "see", "List appliances", work.list_boxes),
    ApiRoute("POST", "/appliances", "prepare", "Register an appliance", work.add_box, 201),
    ApiRoute("GET", _BOX, "see", "Show an appliance", work.show_box),
    ApiRoute("PUT", f"{_BOX}/checklist", "prepare", "Tick the checklist", work.tick),
    ApiRoute("POST", f"{_BOX}/arm", "prepare", "Arm an appliance", work.arm, 202),
    ApiRoute("POST", f"{_BOX}/adopt", "prepare", "Take an appliance as it is", work.adopt, 202),
    ApiRoute("GET", f"{_BOX}/timeline", "see", "An appliance's timeline", work.box_timeline),
)


@api.get("/openapi.json")
@needs("see")
def openapi() -> ResponseReturnValue:
    """This API, described."""
    return jsonify(openapi_document(ROUTES))


def _view(route: ApiRoute) -> View:
    def view(**parts: str) -> ResponseReturnValue:
        if isinstance(route.takes, type):
            parts["body"] = read_object(route.takes, _sent())
        given = route.handler(**parts)
        return given if isinstance(given, Response) else (jsonify(plain(given)), route.status)

    view.__name__ = route.handler.__name__
    view.__doc__ = route.summary
    return view


def _sent() -> object:
    """The body as JSON, None for anything else; brackets within brackets without end are no JSON either."""
    try:
        return request.get_json(silent=True)
    except RecursionError:
        return None


for _route in ROUTES:
    api.add_url_rule(
        _route.path.replace("{", "<").replace("}", ">"), endpoint=f"{_route.handler.__name__}",
        view_func=needs(_route.right)(_view(_route)), methods=[_route.method],
    )  # fmt: skip
