"""Which addresses does an installer ask, and what does each answer? Edge: one screen of routing.

Port 80 and plain HTTP; everything here is asked by machines that cannot log in.
"""

import re
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from flask import Blueprint, Response, request
from flask.blueprints import BlueprintSetupState
from werkzeug.exceptions import InternalServerError

from preseed.appliance import Appliance, Mirror
from preseed.boot import BootQuery, parse_query, render_boot
from preseed.links import Links, Tickets
from preseed.render import render_proved, render_universal
from preseed.scripts import SCRIPT_NAMES, render_script, render_stage
from preseed.serve import Refusal, Visit, decide, held_back
from staging.core.clock import Clock, Ids
from staging.core.faults import Fault, PreseedRefused, Where
from staging.core.words import Serial, parse_serial

_OURS = ("preseed/", "hooks/")
"""What only our own scripts ask: a refusal there is an answer."""

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment


@dataclass(frozen=True, slots=True)
class Fetch:
    """One request for the answers of a serial, to be written down and shown on the bench.

    serial: as asked, cut to 64 characters. reference: what a 500 tells the technician to look for, else empty.
    suite: the medium the box booted from, where known. line: what its screen says, in English; empty when served.
    details: one more fault for each thing that is missing.
    """

    serial: str
    address: str
    suite: str | None
    status: int
    line: str = ""
    fault: Fault | None = None
    reference: str = ""
    details: tuple[Fault, ...] = ()


@dataclass(frozen=True, slots=True)
class PreseedNeeds:
    """What the routes need from above.

    find_appliance: None when nobody registered the serial.
    find_boot: the appliance that network-boots, by whichever of serial, MAC or asset tag is known.
    find_box: the appliance with what is remembered of its serial since it was armed; None when nobody registered it.
    mirror: the bench's own, for boxes that are not known yet.
    record_boot: a box that nobody registered boots from the network, and waits; shown as one that said hello.
    record_fetch: writes one request down; a Fetch with status 200 starts the ten minutes (`Visit.answered_at`).
    open_tickets: those of this serial's present arming, the same until it is armed again.
    find_serial: the serial a ticket to read was opened for; None for one that is unknown, closed or for something else.
    report_failure: our own mistake, with the reference that the box's screen shows.
    """

    links: Links
    find_appliance: Callable[[Serial], Appliance | None]
    find_boot: Callable[[BootQuery], Appliance | None]
    mirror: Mirror
    find_box: Callable[[Serial], tuple[Appliance, Visit] | None]
    record_boot: Callable[[Serial, BootQuery, str], None]
    record_fetch: Callable[[Fetch], None]
    open_tickets: Callable[[Serial], Tickets]
    find_serial: Callable[[str], Serial | None]
    report_failure: Callable[[str, BaseException], None]
    clock: Clock
    ids: Ids


def blueprint(needs: PreseedNeeds) -> Blueprint:
    """`/d-i/<suite>/…`, `/preseed/<serial>…` and `/boot.ipxe`; the first stage for what else an installer asks.

    `/d-i/<suite>/./preseed.cfg`, as the installer makes it of a typed name, and doubled slashes, which it makes of
    relative addresses, are answered in place and never redirected.
    """
    routes = Blueprint("preseed", __name__)
    routes.record_once(_tidy_paths)

    @routes.get("/d-i/<suite>/preseed.cfg")
    def universal(suite: str) -> Response:
        """The first stage. Always 200 and the same for all, whatever release asks: a refusal here is a red screen."""
        return _text(render_universal(_word(suite), needs.links))

    @routes.get("/d-i/stage.sh", defaults={"suite": ""})
    @routes.get("/d-i/<suite>/stage.sh")
    def stage(suite: str) -> Response:
        """The script that the first stage reads in; always 200 too."""
        return _text(render_stage(_word(suite), needs.links))

    @routes.get("/preseed/<serial>")
    def answers(serial: str) -> Response:
        """One box's answers, or the reason why not."""
        return _answer(needs, serial)

    @routes.get("/preseed/<serial>/<ticket>/<name>")
    def script(serial: str, ticket: str, name: str) -> Response:
        """The early, late and first-boot scripts of one box, for whoever holds its ticket."""
        return _script(needs, parse_serial(serial), ticket, name)

    @routes.get("/boot.ipxe")
    def boot() -> Response:
        """The network boot script; an installer that was given this address as its preseed gets the first stage."""
        if request.user_agent.string.startswith("debian-installer"):
            return _text(render_universal("", needs.links))
        query = parse_query(request.args)
        appliance = None if query.is_empty else needs.find_boot(query)
        held = held_back(appliance) if appliance is not None else None
        if appliance is not None and held is not None:
            _record(needs, appliance.serial, Visit(), held)
        elif appliance is None and query.serial is not None:
            needs.record_boot(query.serial, query, _address())
        return _text(render_boot(query, appliance, needs.links, mirror=needs.mirror))

    @routes.get("/", defaults={"path": ""})
    @routes.get("/<path:path>")
    def lost(path: str) -> Response:
        """Anything else. An installer that was typed one letter too many gets the first stage: a refusal is a red
        screen, and it shows nobody what was typed wrong."""
        is_typed = request.user_agent.string.startswith("debian-installer") and not path.startswith(_OURS)
        return _text(render_universal("", needs.links)) if is_typed else _text("nothing here\n", 404)

    @routes.errorhandler(InternalServerError)
    def failed(error: InternalServerError) -> Response:
        """Our own mistake: the screen shows a reference, the log has the rest."""
        reference, cause = needs.ids.short(), error.original_exception or error
        needs.report_failure(reference, cause)
        refusal = Refusal(500, Fault("preseed-failed", Where(), {"reference": reference}))
        # A store that is away fails here a second time; the box must get its line all the same.
        with suppress(type(cause)):
            if request.view_args and "serial" in request.view_args:
                _record(needs, request.view_args["serial"], Visit(), refusal, reference)
        return _refused(refusal)

    return routes


def _answer(needs: PreseedNeeds, asked: str) -> Response:
    serial = parse_serial(asked)
    found = needs.find_box(serial) if serial else None
    appliance, visit = found or (None, Visit())
    decision = decide(serial, appliance=appliance, visit=visit, address=_address(), now=needs.clock.now())
    if not isinstance(decision, Refusal):
        try:
            tickets = needs.open_tickets(decision.appliance.serial)
            text = render_proved(decision.appliance, links=needs.links, tickets=tickets)
        except PreseedRefused as error:
            decision = _unsayable(decision.appliance.serial, error)
        else:
            needs.record_fetch(Fetch(decision.appliance.serial, _address(), visit.suite, 200))
            return _text(text)
    _record(needs, asked, visit, decision)
    return _refused(decision)


def _script(needs: PreseedNeeds, serial: Serial | None, ticket: str, name: str) -> Response:
    at = Where(source=serial or "")
    if serial is None or name not in SCRIPT_NAMES or needs.find_serial(ticket) != serial:
        refusal = Refusal(403, Fault("unknown-ticket", at, {"serial": serial or "?"}))
        # Not under the serial alone: the bench screen shows it to everybody, whoever's ticket it was.
        _record(needs, f"{serial or '?'}/…/{name}", Visit(), refusal)
        return _refused(refusal)
    appliance = needs.find_appliance(serial)
    if appliance is None:
        return _refused(Refusal(404, Fault("unknown-serial", at, {"serial": serial})))
    try:
        return _text(render_script(name, appliance, links=needs.links, tickets=needs.open_tickets(serial)))
    except PreseedRefused as error:
        return _refused(_unsayable(serial, error))


def _unsayable(serial: Serial, error: PreseedRefused) -> Refusal:
    fault = Fault("appliance-incomplete", Where(source=serial), {"serial": serial})
    return Refusal(409, fault, error.faults)


def _record(needs: PreseedNeeds, asked: str, visit: Visit, refusal: Refusal, reference: str = "") -> None:
    told = (refusal.status, refusal.line(), refusal.fault, reference, refusal.details)
    needs.record_fetch(Fetch(asked[:64], _address(), visit.suite, *told))


def _refused(refusal: Refusal) -> Response:
    return _text(f"{refusal.line()}\n", refusal.status)


def _text(text: str, status: int = 200) -> Response:
    # The installer saves a compressed body as it is, and a proxy on the bench must not keep a refusal.
    headers = {"Cache-Control": "no-store, no-transform"}
    return Response(text, status, headers, content_type="text/plain; charset=utf-8")


def _address() -> str:
    """Who asks. An IPv4 address reached through an IPv6 socket is the same box."""
    return (request.remote_addr or "").removeprefix("::ffff:")


def _word(suite: str) -> str:
    """A release's name as it may stand in a script; what is none is left to the medium's own word."""
    return suite if re.fullmatch(r"[a-z]{2,20}", suite) else ""


class _TidyPaths:
    """Takes doubled slashes and `/./` out of the paths that installers ask for, before they are routed."""

    def __init__(self, inner: "WSGIApplication") -> None:
        self._inner = inner

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        tidy = re.sub(r"/(?:\.?/)+", "/", environ.get("PATH_INFO", ""))
        if tidy.startswith(("/d-i/", "/preseed/", "/boot.ipxe", "/hooks/")):
            environ["PATH_INFO"] = tidy
        return self._inner(environ, start_response)


def _tidy_paths(state: BlueprintSetupState) -> None:
    app: Any = state.app
    app.wsgi_app = _TidyPaths(app.wsgi_app)
