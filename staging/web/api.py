"""What can programs do? One table of routes: it registers them, and it is the OpenAPI document.

A token goes into `Authorization: Bearer …`; a page of ours may use its session with the `X-CSRF` header.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal, get_type_hints

from flask import Blueprint, Response, jsonify, request
from flask.typing import ResponseReturnValue

from staging.core.roles import Right
from staging.web import api_admin as admin
from staging.web import api_boxes as boxes
from staging.web import api_orders as orders
from staging.web import api_plans as plans
from staging.web import api_printers as printers
from staging.web import api_scans as scans
from staging.web import api_stacks as stacks
from staging.web import api_work as work
from staging.web.corrections import KINDS
from staging.web.gate import View, needs
from staging.web.openapi import PICTURES, Upload, openapi_document
from staging.web.shape import plain, read_object

api = Blueprint("api", __name__, url_prefix="/api/v1")

Method = Literal["GET", "POST", "PUT", "DELETE"]


@dataclass(frozen=True, slots=True)
class ApiRoute:
    """One thing a program can do. What it takes and gives are the types of its function.

    upload: what the body is where it is no JSON; media: what an answer may be that is none; query: names that may
    stand behind the `?`.
    """

    method: Method
    path: str
    right: Right
    summary: str
    handler: Callable[..., Any]
    status: int = 200
    upload: Upload | None = None
    query: tuple[str, ...] = ()
    media: tuple[str, ...] = ("application/pdf",)

    @property
    def takes(self) -> type | Upload | None:
        """The dataclass of the JSON body, the kind of upload, or None."""
        found: type | None = get_type_hints(self.handler).get("body")
        return self.upload or found

    @property
    def gives(self) -> type | tuple[str, ...]:
        """The dataclass of the answer, or the media types that it may have."""
        found: type = get_type_hints(self.handler)["return"]
        return self.media if issubclass(found, Response) else found


_ORDER = "/orders/{order_id}"
_VERSION = f"{_ORDER}/plan/{{version}}"
_BOX = "/appliances/{serial}"
_SHEETS = tuple(KINDS.values())
ROUTES: tuple[ApiRoute, ...] = (
    ApiRoute("GET", "/me", "see", "Who am I", work.who_am_i),
    ApiRoute("GET", "/orders", "see", "List orders", work.list_orders),
    ApiRoute("POST", "/orders", "plan", "Open an order", work.open_order, 201),
    ApiRoute("GET", "/orders/new", "plan", "What an order can be opened with", orders.order_choices),
    ApiRoute("GET", _ORDER, "see", "Show an order", work.show_order),
    ApiRoute("GET", f"{_ORDER}/plan", "see", "Show the newest plan and its faults", work.show_plan),
    ApiRoute("POST", f"{_ORDER}/plan", "plan", "Upload a workbook", work.upload_plan, 201, upload="workbook"),
    ApiRoute("GET", f"{_ORDER}/plan/versions", "see", "List the versions of a plan", plans.list_versions),
    ApiRoute("GET", _VERSION, "see", "Show one version", plans.show_version),
    ApiRoute("GET", f"{_VERSION}/workbook", "see", "A workbook as it came", plans.original_workbook, media=_SHEETS),
    ApiRoute("GET", f"{_VERSION}/corrected", "see", "It with its corrections", plans.corrected_workbook, media=_SHEETS),
    ApiRoute("GET", f"{_VERSION}/marked", "see", "It with its faults marked", plans.marked_workbook, media=_SHEETS),
    ApiRoute("GET", f"{_VERSION}/draft", "see", "Show a version with its corrections", plans.show_draft),
    ApiRoute("POST", f"{_VERSION}/corrections", "plan", "Correct a cell", plans.correct_cell, 201),
    ApiRoute("POST", f"{_VERSION}/keep", "plan", "Keep the corrections", plans.keep_draft, 201),
    ApiRoute("POST", f"{_VERSION}/discard", "plan", "Put the corrections back", plans.discard_draft),
    ApiRoute("GET", f"{_ORDER}/plan/compare/{{before}}/{{after}}", "see", "Compare versions", plans.compare_plans),
    ApiRoute("GET", f"{_ORDER}/changes", "plan", "Show what applying would do", work.show_changes),
    ApiRoute("POST", f"{_ORDER}/apply", "plan", "Agree to the changes shown", work.apply, 202),
    ApiRoute("GET", f"{_ORDER}/undo", "plan", "Show what taking the last changes back would do", work.show_undo),
    ApiRoute("POST", f"{_ORDER}/undo", "plan", "Agree to taking them back", work.undo, 202),
    ApiRoute("GET", f"{_ORDER}/changesets", "plan", "List what was agreed to", orders.list_changesets),
    ApiRoute("GET", f"{_ORDER}/undo/{{number}}", "plan", "Show what taking one back would do", orders.show_undo_of),
    ApiRoute("POST", f"{_ORDER}/undo/{{number}}", "plan", "Agree to taking that one back", orders.undo_of, 202),
    ApiRoute("GET", f"{_ORDER}/requests", "see", "List the last requests to the stack", orders.list_requests),
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
    ApiRoute(
        "GET",
        f"{_ORDER}/labels/{{kind}}/{{item}}.png",
        "see",
        "One label as a picture",
        printers.label_picture,
        query=("sheet",),
        media=("image/png",),
    ),
    ApiRoute("POST", f"{_ORDER}/labels/print", "print", "Print labels", work.print_labels),
    ApiRoute("GET", f"{_ORDER}/pack", "see", "Show how far packing is", work.show_packing),
    ApiRoute("POST", f"{_ORDER}/pack", "print", "Scan at the packing bench", work.pack),
    ApiRoute("POST", f"{_ORDER}/pack/undo", "print", "Take your last pair back", scans.unpack),
    ApiRoute("POST", f"{_ORDER}/ship", "print", "The carrier took it", scans.ship),
    ApiRoute("GET", f"{_ORDER}/manifest.pdf", "see", "The packing list", scans.manifest_pdf),
    ApiRoute("GET", f"{_ORDER}/timeline", "see", "An order's timeline", work.order_timeline),
    ApiRoute("GET", f"{_ORDER}/acceptance.pdf", "see", "The acceptance sheet", work.acceptance_pdf),
    ApiRoute("GET", "/stationery", "see", "What there is to print with", printers.show_stationery),
    ApiRoute("DELETE", "/stationery/{number}", "print", "Forget a sheet that was begun", printers.forget_sheet),
    ApiRoute("GET", "/pack", "see", "Orders that can be packed", orders.list_packable),
    ApiRoute("POST", "/pack", "print", "The order that a label belongs to", orders.find_packable),
    ApiRoute("POST", "/codes", "see", "Read the codes in a picture", printers.read_codes, upload="picture"),
    ApiRoute("GET", "/bench", "see", "The bench, hands needed first", work.show_bench),
    ApiRoute("GET", "/bench/strangers", "see", "Who asks and is no box of ours", boxes.show_strangers),
    ApiRoute("GET", "/bench/card.pdf", "see", "The card that hangs at the bench", boxes.bench_card_pdf),
    ApiRoute("GET", "/models", "prepare", "What a box can be registered as", boxes.show_models),
    ApiRoute("GET", "/appliances", "see", "List appliances", work.list_boxes),
    ApiRoute("POST", "/appliances", "prepare", "Register an appliance", work.add_box, 201),
    ApiRoute("GET", _BOX, "see", "Show an appliance", work.show_box),
    ApiRoute("PUT", _BOX, "prepare", "Correct what it was registered as", work.correct_box),
    ApiRoute("DELETE", _BOX, "prepare", "Take one registered by mistake off the bench", work.forget_box),
    ApiRoute("POST", f"{_BOX}/disarm", "prepare", "Take its arming back", work.disarm),
    ApiRoute("PUT", f"{_BOX}/checklist", "prepare", "Tick the checklist", work.tick),
    ApiRoute("POST", f"{_BOX}/scan", "prepare", "Tick by a code of the bench card", boxes.scan_code),
    ApiRoute("GET", f"{_BOX}/own", "see", "What it is told that the others are not", boxes.show_own),
    ApiRoute("PUT", f"{_BOX}/own", "prepare", "Set what it is told that the others are not", boxes.keep_own),
    ApiRoute("GET", f"{_BOX}/evidence", "see", "What its installer found and sent", boxes.show_evidence),
    ApiRoute("GET", f"{_BOX}/photos/{{point}}", "see", "The photo of a point", boxes.show_photo, media=PICTURES),
    ApiRoute("PUT", f"{_BOX}/photos/{{point}}", "prepare", "Keep a photo", boxes.keep_photo, upload="picture"),
    ApiRoute("GET", f"{_BOX}/disks", "see", "The disks to choose from", boxes.show_disks),
    ApiRoute("POST", f"{_BOX}/disk", "prepare", "Choose the disk that is wiped", boxes.choose_disk, 202),
    ApiRoute("POST", f"{_BOX}/reveal", "reveal", "Reveal the root password", boxes.reveal),
    ApiRoute("POST", f"{_BOX}/arm", "prepare", "Arm an appliance", work.arm, 202),
    ApiRoute("POST", f"{_BOX}/ask-rearm", "plan", "Ask that a shipped one be armed again", work.ask_rearm),
    ApiRoute("POST", f"{_BOX}/adopt", "prepare", "Take an appliance as it is", work.adopt, 202),
    ApiRoute("GET", f"{_BOX}/timeline", "see", "An appliance's timeline", work.box_timeline),
    ApiRoute("GET", "/people", "administer", "List who may sign in", admin.list_people),
    ApiRoute("POST", "/people", "administer", "Let somebody in", admin.add_person, 201),
    ApiRoute("POST", "/people/{name}/link", "administer", "Make a new one-time link", admin.link_person, 201),
    ApiRoute("DELETE", "/people/{name}", "administer", "Shut somebody out", admin.remove_person),
    ApiRoute("GET", "/tokens", "administer", "List tokens", admin.list_tokens),
    ApiRoute("POST", "/tokens", "administer", "Make a token", admin.add_token, 201),
    ApiRoute("DELETE", "/tokens/{name}", "administer", "Make a token worthless", admin.remove_token),
    ApiRoute("GET", "/stacks", "administer", "List stacks", stacks.list_stacks),
    ApiRoute("POST", "/stacks", "administer", "Add a stack", stacks.add_stack, 201),
    ApiRoute("GET", "/stacks/{name}", "administer", "Show a stack", stacks.show_stack),
    ApiRoute("PUT", "/stacks/{name}", "administer", "Correct the way in to a stack", stacks.change_stack),
    ApiRoute("GET", "/stacks/{name}/check", "administer", "Ask every service of a stack", stacks.check_stack),
    ApiRoute("GET", "/portals", "administer", "List portals", stacks.list_portals),
    ApiRoute("POST", "/portals", "administer", "Add a portal", stacks.add_portal, 201),
    ApiRoute("PUT", "/portals/{name}", "administer", "Correct the way in to a portal", stacks.change_portal),
    ApiRoute("GET", "/printers", "administer", "List printers", printers.list_printers),
    ApiRoute("POST", "/printers", "administer", "Add a printer", printers.add_printer, 201),
    ApiRoute("PUT", "/printers/{name}/offset", "administer", "Shift a printer's picture", printers.calibrate),
    ApiRoute("POST", "/printers/{name}/test-page", "administer", "Print a test page", printers.print_test_page),
    ApiRoute("GET", "/answers", "administer", "List answers of our own", admin.list_answers),
    ApiRoute("POST", "/answers/preview", "administer", "Show what a text would change", admin.preview_answers),
    ApiRoute("PUT", "/answers", "administer", "Keep a text that was shown", admin.keep_answers),
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
