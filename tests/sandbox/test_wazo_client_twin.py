"""Do we put the same requests on the wire as Wazo's own Python client? That client is not on PyPI.

Ours are always compared with the list below. Where `wazo_confd_client` can be imported, the same calls go through it
too, and have to give the same list.
"""

import importlib
import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.util import find_spec
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from staging.adapters.wazo_http.address import EngineAddress
from staging.adapters.wazo_http.read import list_all
from staging.adapters.wazo_http.session import EngineSession
from staging.core.secret import Secret
from tests.fakes.recorded import token_document

TENANT = "5f0c1a52-9a3b-4a43-8a3e-0d2a5c1f7b10"
USER = "3c8e7a90-2b64-4a5d-9d3f-6c1b0e8f2a77"
DEVICE = "0f1e2d3c4b5a69788796a5b4c3d2e1f0"
SEAT = {
    "firstname": "directrice",
    "userfield": "staging:7f3k",
    "lines": [{"context": "ctx", "extensions": [{"exten": "8001", "context": "ctx"}], "endpoint_sip": {"name": "x"}}],
}
KEYS = {"keys": {"2": {"label": "accueil", "blf": True, "destination": {"type": "user", "user_id": 7}}}}


@dataclass(frozen=True)
class Call:
    """One thing that we ask of confd: through our client, through theirs, and what it is on the wire."""

    name: str
    ours: Callable[[EngineSession], object]
    theirs: Callable[[Any], object]
    wire: tuple[str, str, dict[str, str], Any]


def _send(method: str, path: str, body: object = None) -> Callable[[EngineSession], object]:
    return lambda session: session.send("confd", method, path, body=body, tenant=TENANT)


CALLS = (
    Call(
        "the directory of users",
        lambda session: list_all(session, "confd", "users", tenant=TENANT, page=500, query={"view": "directory"}),
        lambda client: client.users.list(view="directory", limit=500, offset=0),
        ("GET", "/1.1/users", {"view": "directory", "limit": "500", "offset": "0"}, None),
    ),
    Call(
        "users by their uuids",
        lambda session: session.send("confd", "GET", "users", query={"uuid": f"{USER},{TENANT}"}, tenant=TENANT),
        lambda client: client.users.list(uuid=f"{USER},{TENANT}"),
        ("GET", "/1.1/users", {"uuid": f"{USER},{TENANT}"}, None),
    ),
    Call(
        "lines, a page",
        lambda session: list_all(session, "confd", "lines", tenant=TENANT, page=500),
        lambda client: client.lines.list(limit=500, offset=0),
        ("GET", "/1.1/lines", {"limit": "500", "offset": "0"}, None),
    ),
    Call(
        "a seat",
        _send("POST", "users", SEAT),
        lambda client: client.users.create(SEAT),
        ("POST", "/1.1/users", {}, SEAT),
    ),
    Call(
        "a seat's fields",
        _send("PUT", f"users/{USER}", {"uuid": USER, "lastname": "Bleu"}),
        lambda client: client.users.update({"uuid": USER, "lastname": "Bleu"}),
        ("PUT", f"/1.1/users/{USER}", {}, {"uuid": USER, "lastname": "Bleu"}),
    ),
    Call(
        # A user goes with `?recursive=true`, which their client cannot say; a line goes the same way with both.
        "a line that goes",
        _send("DELETE", "lines/7"),
        lambda client: client.lines.delete(7),
        ("DELETE", "/1.1/lines/7", {}, None),
    ),
    Call(
        "a number of its own",
        _send("POST", "extensions", {"exten": "8001", "context": "ctx"}),
        lambda client: client.extensions.create({"exten": "8001", "context": "ctx"}),
        ("POST", "/1.1/extensions", {}, {"exten": "8001", "context": "ctx"}),
    ),
    Call(
        "a line at its number",
        _send("PUT", "lines/7/extensions/9"),
        lambda client: client.lines(7).add_extension(9),
        ("PUT", "/1.1/lines/7/extensions/9", {}, None),
    ),
    Call(
        "a line of its user",
        _send("PUT", f"users/{USER}/lines/7"),
        lambda client: client.users(USER).add_line(7),
        ("PUT", f"/1.1/users/{USER}/lines/7", {}, None),
    ),
    Call(
        "a line on its phone",
        _send("PUT", f"lines/7/devices/{DEVICE}"),
        lambda client: client.lines(7).add_device(DEVICE),
        ("PUT", f"/1.1/lines/7/devices/{DEVICE}", {}, None),
    ),
    Call(
        "a mailbox of its user",
        _send("PUT", f"users/{USER}/voicemails/4"),
        lambda client: client.users(USER).add_voicemail(4),
        ("PUT", f"/1.1/users/{USER}/voicemails/4", {}, None),
    ),
    Call(
        "the keys of a receptionist",
        _send("PUT", f"users/{USER}/funckeys", KEYS),
        lambda client: client.users(USER).update_funckeys(KEYS),
        ("PUT", f"/1.1/users/{USER}/funckeys", {}, KEYS),
    ),
)  # fmt: skip


class Wiretap:
    """A daemon that answers everything kindly and keeps what it was asked."""

    def __init__(self) -> None:
        self.heard: list[tuple[str, str, dict[str, str], Any]] = []
        self.headers: list[dict[str, str]] = []
        tap = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def answer(self) -> None:
                text = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                parts = urlsplit(self.path)
                if not parts.path.endswith("/token"):
                    query = {name: values[0].lower() for name, values in parse_qs(parts.query).items()}
                    tap.heard.append((self.command, parts.path, query, json.loads(text) if text else None))
                    tap.headers.append({name.lower(): value for name, value in self.headers.items()})
                done = self.command in ("PUT", "DELETE")
                body = b"" if done else json.dumps({"total": 0, "items": [], **token_document("t")}).encode()
                self.send_response(204 if done else 200)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            do_GET = do_POST = do_PUT = do_DELETE = answer  # noqa: N815  # http.server's names

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, daemon=True).start()


@pytest.fixture(scope="module")
def wiretap() -> Iterator[Wiretap]:
    tap = Wiretap()
    yield tap
    tap.server.shutdown()
    tap.server.server_close()


def _ask_ours(tap: Wiretap) -> None:
    base = f"http://127.0.0.1:{tap.port}"
    urls = {f"{name}_url": f"{base}/{version}" for name, version in
            (("auth", "0.1"), ("confd", "1.1"), ("provd", "0.2"), ("setupd", "1.0"))}  # fmt: skip
    with EngineSession(EngineAddress.of(None, **urls), username="root", password=Secret("x")) as session:
        for call in CALLS:
            call.ours(session)


def _ask_theirs(tap: Wiretap) -> None:
    module = importlib.import_module("wazo_confd_client")
    client = module.Client("127.0.0.1", port=tap.port, prefix=None, https=False, token="t", tenant=TENANT)
    for call in CALLS:
        call.theirs(client)


def test_we_ask_as_the_daemons_own_client_asks(wiretap: Wiretap) -> None:
    wanted = [call.wire for call in CALLS]
    askers = [_ask_ours, *([_ask_theirs] if find_spec("wazo_confd_client") else [])]
    for ask in askers:
        wiretap.heard.clear()
        wiretap.headers.clear()
        ask(wiretap)
        # Theirs says `recurse=False`, confd's default, with every list.
        heard = [
            (m, path, {k: v for k, v in query.items() if k != "recurse"}, body)
            for m, path, query, body in wiretap.heard
        ]
        assert dict(zip([call.name for call in CALLS], heard, strict=True)) == {call.name: call.wire for call in CALLS}
        assert heard == wanted
        for (method, _, _, body), headers in zip(heard, wiretap.headers, strict=True):
            assert (headers["x-auth-token"], headers["accept"]) == ("t", "application/json")
            assert headers.get("content-type", "application/json") == "application/json" or body is None
            assert headers.get("wazo-tenant") == TENANT, method
