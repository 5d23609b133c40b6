"""What answers in the place of a stack: a recording, or a function, without any network."""

import io
import json
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from requests import PreparedRequest, Response
from requests.adapters import HTTPAdapter
from urllib3 import HTTPHeaderDict, HTTPResponse

from staging.adapters.wazo_http.address import EngineAddress
from staging.adapters.wazo_http.session import EngineSession
from staging.core.secret import Secret

RECORDINGS = Path(__file__).parents[1] / "recordings"

# The recordings were made on the daemons themselves, so their paths begin with a version and hold no /api prefix.
DIRECT = EngineAddress(
    auth_url="http://auth.recorded/0.1",
    confd_url="http://confd.recorded/1.1",
    provd_url="http://provd.recorded/0.2",
    setupd_url="http://setupd.recorded/1.0",
)
TOKEN = "11f0a57e-2f5c-4f2e-9d35-3b4c3a6c8e10"
PASSWORD = "motDePasseTresSecret"


@dataclass(frozen=True, slots=True)
class Exchange:
    """One recorded request and its answer."""

    file: str
    seq: int
    note: str
    service: str
    method: str
    path: str
    request_headers: Mapping[str, str]
    request_body: Any
    status: int
    response_headers: Mapping[str, str]
    response_body: Any

    def __str__(self) -> str:
        return f"{self.file}#{self.seq} {self.method} {self.service}{self.path} {self.status}"

    def answer(self) -> str:
        """The body as it travelled, with a real-looking token where the recorder put a placeholder."""
        body = self.response_body
        is_json = "json" in self.response_headers.get("content-type", "")
        text = json.dumps(body) if is_json and body != "" else str(body or "")
        for placeholder in ("<root-token>", "<limited-token>", "<expired-token>"):
            text = text.replace(placeholder, TOKEN)
        return text


def exchanges(*files: str) -> Iterator[Exchange]:
    """The recorded exchanges of these files (`04-errors`), in order, without the observations."""
    for file in files:
        for text in (RECORDINGS / f"{file}.jsonl").read_text("utf-8").splitlines():
            row = json.loads(text)
            if "observation" in row or "service" not in row:
                continue
            yield Exchange(file, **{name: row[name] for name in Exchange.__slots__ if name != "file"})


class NotRecordedError(AssertionError):
    """We asked something that no recording answers: our client does not speak as the recorder did."""


@dataclass(frozen=True, slots=True)
class Asked:
    """One request that reached a fake."""

    method: str
    url: str
    headers: Mapping[str, str]
    body: Any

    @property
    def path(self) -> str:
        """The path of the URL, without its query."""
        return urlsplit(self.url).path


Answer = tuple[int, Any] | tuple[int, Any, Mapping[str, str]]


class AnsweringStack(HTTPAdapter):
    """A stack whose answers come from a function (None: its usual one); keeps what it was asked."""

    def __init__(self, answer: Callable[[Asked], Answer | None]) -> None:
        super().__init__()
        self.asked: list[Asked] = []
        self._answer = answer

    def send(self, request: PreparedRequest, *args: Any, **kwargs: Any) -> Response:
        """Answer one prepared request."""
        body = json.loads(request.body) if request.body else None
        asked = Asked(str(request.method), str(request.url), dict(request.headers), body)
        self.asked.append(asked)
        status, said, *more = self._answer(asked) or self._by_default(asked)
        headers = {"content-type": "application/json", **(more[0] if more else {})}
        text = said if isinstance(said, str) else json.dumps(said)
        return self.build_response(request, _raw(status, text, headers))

    def writes(self) -> list[Asked]:
        """The requests that were not reads, tokens apart."""
        return [a for a in self.asked if a.method not in ("GET", "HEAD") and not a.path.endswith("/token")]

    def _by_default(self, asked: Asked) -> Answer:
        if asked.path.endswith("/token"):
            return 200, token_document(TOKEN)
        raise NotRecordedError(f"{asked.method} {asked.url} {asked.body}")


@dataclass
class RecordedStack:
    """A stack that answers as the recording did: same service, method, path and body; the answers in their order.

    unrecorded: answers that no recording has, each named by the test that adds it.
    A recorded whole list also answers the request for a first page that is large enough to hold it.
    """

    files: tuple[str, ...]
    unrecorded: Mapping[tuple[str, str], Answer] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._answers: dict[tuple[str, str, str, str], list[Exchange]] = defaultdict(list)
        for exchange in exchanges(*self.files):
            key = (exchange.service, exchange.method, exchange.path, _canonical(exchange.request_body))
            self._answers[key].append(exchange)
        self.stack = AnsweringStack(self._answer)

    def session(self, *, tenant: str | None = None) -> EngineSession:
        """A session that talks to this recording."""
        return session_on(self.stack, tenant=tenant)

    def _answer(self, asked: Asked) -> Answer | None:
        parts = urlsplit(asked.url)
        service = str(parts.hostname).split(".")[0]
        whole = f"{parts.path}?{parts.query}" if parts.query else parts.path
        queue = self._answers.get((service, asked.method, whole, _canonical(asked.body)))
        if queue is None and set(parse_qs(parts.query)) == {"limit", "offset"}:
            queue = self._page(service, asked, parts.path, parse_qs(parts.query))
        if queue is None:
            return self.unrecorded.get((asked.method, parts.path))
        exchange = queue.pop(0) if len(queue) > 1 else queue[0]
        self._compare_media(exchange, asked)
        return exchange.status, exchange.answer(), exchange.response_headers

    def _page(self, service: str, asked: Asked, path: str, query: Mapping[str, list[str]]) -> list[Exchange] | None:
        queue = self._answers.get((service, asked.method, path, _canonical(None)))
        fits = queue and query["offset"] == ["0"] and len(queue[0].response_body["items"]) <= int(query["limit"][0])
        return queue if fits else None

    def _compare_media(self, exchange: Exchange, asked: Asked) -> None:
        for name in ("Accept", "Content-Type"):
            recorded = exchange.request_headers.get(name)
            if recorded is not None and asked.headers.get(name) != recorded:
                raise NotRecordedError(f"{exchange}: {name} was {recorded}, ours is {asked.headers.get(name)}")


def session_on(stack: AnsweringStack, *, tenant: str | None = None) -> EngineSession:
    """A session of root on a fake, at the recordings' addresses."""
    return EngineSession(DIRECT, username="root", password=Secret(PASSWORD), tenant=tenant, transport=stack)


def token_document(token: str) -> dict[str, Any]:
    """What wazo-auth answers to a login, as far as a client reads it."""
    return {"data": {"token": token, "metadata": {"tenant_uuid": "c162211b-50e5-4a52-ba6f-2f27fc34b9b0"}}}


def _canonical(body: Any) -> str:
    return json.dumps(body, sort_keys=True)


def _raw(status: int, text: str, headers: Mapping[str, str]) -> HTTPResponse:
    kept = {name: value for name, value in headers.items() if name.lower() != "content-length"}
    return HTTPResponse(
        body=io.BytesIO(text.encode()), headers=HTTPHeaderDict(kept), status=status, preload_content=False
    )
