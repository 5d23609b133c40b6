"""What does a person or a program see when something is wrong? Faults become a page, a fragment or problem+json."""

import logging
from collections.abc import Sequence
from urllib.parse import urlsplit

from flask import Flask, Response, jsonify, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import HTTPException

from staging.core.clock import RandomIds
from staging.core.faults import (
    Fault,
    LabelRefused,
    PlanRefused,
    SettingsRefused,
    StackRefused,
    StagingError,
    Where,
)
from staging.core.messages import explain
from staging.web.api_telling import fault_out
from staging.web.gate import NotSignedIn, language, local_path, wants
from staging.web.shape import plain

log = logging.getLogger(__name__)

_STATUS_OF_CODE = {
    "not-allowed": 403,
    "not-allowed-from-here": 403,
    "stale-form": 403,
    "sign-in-wrong": 401,
    "sign-in-too-often": 429,
}
_STATUS_OF_ERROR: tuple[tuple[type[StagingError], int], ...] = (
    (PlanRefused, 422),
    (LabelRefused, 422),
    (StackRefused, 502),
    (SettingsRefused, 500),
)
_HTTP_CODES = {
    400: "bad-request", 404: "no-such-page", 405: "method-not-allowed", 413: "too-large", 415: "bad-request",
    429: "sign-in-too-often",
}  # fmt: skip


def install_problems(app: Flask) -> None:
    """Turn every error of the application into words; none reaches a person as a traceback."""
    app.register_error_handler(NotSignedIn, _to_the_door)
    app.register_error_handler(StagingError, _refusal)
    app.register_error_handler(HTTPException, _http_error)
    app.register_error_handler(Exception, _our_mistake)


def status_of(error: StagingError) -> int:
    """The HTTP status of an error.

    An unknown thing is 404 because its code begins so; what may succeed later is 503; a plain no is 409.
    """
    for fault in error.faults:
        if fault.code in _STATUS_OF_CODE:
            return _STATUS_OF_CODE[fault.code]
        if fault.code.startswith("unknown-"):
            return 404
    otherwise = 409 if error.permanent else 503
    return next((status for kind, status in _STATUS_OF_ERROR if isinstance(error, kind)), otherwise)


def answer_faults(faults: Sequence[Fault], status: int) -> Response:
    """Faults in the form that the asker reads: problem+json, a notice, or a page with a way back."""
    if wants() == "json":
        return _problem_json(faults, status)
    template = "notice.html" if wants() == "fragment" else "problem.html"
    return make_response(render_template(template, faults=faults, status=status), status)


def _problem_json(faults: Sequence[Fault], status: int) -> Response:
    lang = language()
    first = faults[0]
    response = jsonify(
        type=f"urn:staging:fault:{first.code}", title=explain(first, lang).text, status=status,
        detail=explain(first, lang).hint, code=first.code, faults=[plain(fault_out(fault, lang)) for fault in faults],
    )  # fmt: skip
    response.status_code = status
    response.mimetype = "application/problem+json"
    if status == 401:
        response.headers["WWW-Authenticate"] = "Bearer"
    return response


def _to_the_door(error: NotSignedIn) -> ResponseReturnValue:
    if wants() == "json":
        return _problem_json(error.faults, 401)
    back = request.full_path.rstrip("?") if request.method == "GET" and wants() == "page" else None
    door = url_for("signin.ask", next=back) if back and back != "/" else url_for("signin.ask")
    if wants() == "fragment":
        page = urlsplit(request.referrer or "")
        back = local_path(page.path) if page.netloc == request.host else "/"
        return Response(status=401, headers={"HX-Redirect": url_for("signin.ask", next=back)})
    return redirect(door, 303)


def _refusal(error: StagingError) -> Response:
    faults = error.faults or (Fault("web-broken", Where(), {"reference": "–"}),)
    log.info("request refused", extra={"event": "request_refused", "code": faults[0].code, "path": request.path})
    return answer_faults(faults, status_of(error))


def _http_error(error: HTTPException) -> ResponseReturnValue:
    status = error.code or 500
    if status < 400:
        return error.get_response()
    code = _HTTP_CODES.get(status, "bad-request")
    return answer_faults((Fault(code, Where(request.path), {"status": status}),), status)


def _our_mistake(error: Exception) -> Response:
    reference = RandomIds().short(8)
    log.error(
        "request failed by our own mistake", exc_info=error,
        extra={"event": "web_broken", "reference": reference, "path": request.path},
    )  # fmt: skip
    return answer_faults((Fault("web-broken", Where(request.path), {"reference": reference}),), 500)
