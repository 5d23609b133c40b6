"""How is one request sent to a stack, and what comes back?

One `requests.Session` per thread (a shared one is slower and not promised to be thread-safe), no proxy or netrc from
the environment, time-outs always. Only GET and HEAD are repeated by themselves: after any other silence the caller
reads the live state first, because a request that timed out may have worked.
"""

import json
import logging
import threading
import time
from collections.abc import Callable, Hashable, Mapping
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path
from types import TracebackType
from typing import Generic, Self, TypeVar, get_args
from urllib.parse import urlsplit
from weakref import WeakSet

import requests
from requests.adapters import BaseAdapter
from requests.auth import AuthBase, HTTPBasicAuth
from urllib3.exceptions import HTTPError as Urllib3Error

from staging.adapters.wazo_http.address import EngineAddress, PortalAddress, Service
from staging.adapters.wazo_http.gate import Gate
from staging.adapters.wazo_http.refusal import looks_like_html, refusal, secrets_in
from staging.adapters.wazo_http.reply import Reply
from staging.adapters.wazo_http.token import LIFETIME_S, Token, TokenAuth
from staging.adapters.wazo_http.wire import Query, headers_for, open_session, parsed, read_body, written
from staging.core.faults import Fault, StackRefused, StackUnreachable, Where
from staging.core.secret import Secret
from staging.wazo.flow import kind_of

log = logging.getLogger(__name__)

Address = TypeVar("Address", bound=EngineAddress | PortalAddress)
Answer = TypeVar("Answer")
Name = TypeVar("Name", bound=Hashable)

_READERS = 4
"""Threads that read; how many of them a daemon has in hand is its gate's business."""


class StackSession(Generic[Address]):
    """A logged-in conversation with a stack or the portal, safe to share between threads.

    Each daemon is sent as many requests at once as it takes well, four at most (`gate.py`), whoever asks.
    The token is asked for at the first request that needs one. `transport` replaces the network in tests.
    connect_timeout, read_timeout: seconds; a body that drips longer than the read time-out is a silence too.
    """

    def __init__(
        self,
        address: Address,
        *,
        username: str,
        password: Secret,
        ca_file: Path | None = None,
        tenant: str | None = None,
        connect_timeout: float = 5.0,
        read_timeout: float = 60.0,
        transport: BaseAdapter | None = None,
    ) -> None:
        self.address: Address = address
        self.tenant = tenant
        self._username = username
        self._password = password
        self._ca_file = ca_file
        self._connect_timeout = connect_timeout
        self._read_timeout = read_timeout
        self._transport = transport
        self._local = threading.local()
        self._opened: WeakSet[requests.Session] = WeakSet()
        self._opening = threading.Lock()
        self._readers: ThreadPoolExecutor | None = None
        self._auth = TokenAuth(self._fetch_token)
        self._gates: dict[Service, Gate] = {service: Gate() for service in get_args(Service)}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def send(
        self,
        service: Service,
        method: str,
        path: str,
        *,
        body: object = None,
        query: Query | None = None,
        tenant: str | None = None,
        timeout: float | None = None,
        anonymous: bool = False,
    ) -> Reply:
        """Send one request and return its answer.

        path: below the service's version, `users/…`; body: sent as JSON when not None; tenant: the `Wazo-Tenant`
        header, else the session's own, else the account's tenant counts; timeout: seconds for this one answer;
        anonymous: without a token (wizard, set-up, status).
        Raises StackUnreachable (`stack-silent`, `stack-busy`, `stack-strange-answer`) and StackRefused (the rest).
        """
        with self._gates[service].through(kind_of(method, path)):
            return self._send(
                service, method, path, body=body, query=query, tenant=tenant, timeout=timeout,
                auth=None if anonymous else self._auth,
            )  # fmt: skip

    def gate(self, service: Service) -> Gate:
        """What stands before a daemon, and knows how it fares."""
        return self._gates[service]

    @property
    def host(self) -> str:
        """Name and port that people know this stack by: those of its wazo-auth."""
        return _host(self.address.url_of("auth") or "")

    def master_tenant(self) -> str | None:
        """The tenant of this account; for the engine's root that is the master tenant."""
        return self._auth.token().tenant_uuid

    def log_in_again(self) -> None:
        """Forget the token; the next request fetches one. For a fresh try after the engine restarted wazo-auth."""
        self._auth.forget()

    def ask_together(self, questions: Mapping[Name, Callable[[], Answer]]) -> dict[Name, Answer]:
        """Each question's answer under its name, a few at a time. The first error ends them all and is raised.

        A question must not ask together itself: it would wait for the threads that it keeps busy.
        """
        with self._opening:
            readers = self._readers = self._readers or ThreadPoolExecutor(_READERS, thread_name_prefix="wazo-read")
        waiting = {name: readers.submit(ask) for name, ask in questions.items()}
        try:
            for future in as_completed(waiting.values()):
                future.result()
        finally:
            for future in waiting.values():
                future.cancel()
        return {name: future.result() for name, future in waiting.items()}

    def close(self) -> None:
        """Close every thread's connections. The token is left to expire: giving it back would put it in a URL."""
        with self._opening:
            if self._readers:
                self._readers.shutdown(cancel_futures=True)
                self._readers = None
            for session in self._opened:
                session.close()
            self._opened.clear()
            self._local = threading.local()

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.address!r}, username={self._username!r})"

    def _fetch_token(self) -> Token:
        reply = self._send(
            "auth", "POST", "token", body={"expiration": LIFETIME_S},
            auth=HTTPBasicAuth(self._username.encode(), self._password.reveal().encode()), for_token=True,
        )  # fmt: skip
        data = reply.object_in("data")
        if not isinstance(data.get("token"), str):
            raise reply.strange()
        metadata = data.get("metadata")
        return Token(data["token"], metadata.get("tenant_uuid") if isinstance(metadata, dict) else None)

    def _send(
        self,
        service: Service,
        method: str,
        path: str,
        *,
        auth: AuthBase | None,
        body: object = None,
        query: Query | None = None,
        tenant: str | None = None,
        timeout: float | None = None,
        for_token: bool = False,
    ) -> Reply:
        base = self.address.url_of(service)
        if base is None:
            raise StackRefused(Fault("stack-service-missing", Where(field=f"{service}-url"), {"service": service}))
        host, shown = _host(base), path.strip("/").partition("?")[0]
        at = Where(host, field=f"{method} {service}/{shown}")
        started = time.monotonic()
        try:
            status, text, headers = self._exchange(
                method, f"{base}/{path.lstrip('/')}", auth=auth, query=query, timeout=timeout or self._read_timeout,
                headers=headers_for(service, body=body, tenant=None if for_token else tenant or self.tenant),
                data=None if body is None else json.dumps(body).encode(),
            )  # fmt: skip
        except (requests.RequestException, Urllib3Error, OSError) as error:
            _log("wazo_unanswered", service, method, shown, query, started, reason=type(error).__name__)
            raise _silence(error, at=at, host=host) from error
        _log("wazo_answered", service, method, shown, query, started, status=status)
        # Only what refuses may repeat them; gathering them takes a tenth of a request's processor time.
        secrets = self._secrets(body) if status >= 400 else ()
        refused = refusal(status, text, at=at, host=host, secrets=secrets, for_token=for_token)
        if refused is not None:
            raise refused
        reply = Reply(status, parsed(text), text, headers, at, host)
        if 300 <= status < 400 or looks_like_html(text):
            # A redirection or a web page: what listens here is not this service, and will not become it.
            raise StackRefused(*reply.strange().faults)
        return reply

    def _exchange(
        self,
        method: str,
        url: str,
        *,
        auth: AuthBase | None,
        query: Query | None,
        timeout: float,
        headers: Mapping[str, str],
        data: bytes | None,
    ) -> tuple[int, str, dict[str, str]]:
        deadline = time.monotonic() + timeout
        with self._session().request(
            method,
            url,
            params=written(query),
            data=data,
            headers=headers,
            auth=auth,
            timeout=(self._connect_timeout, timeout),
            allow_redirects=False,
            stream=True,
        ) as response:
            raw = read_body(response, deadline=deadline)
            return (
                response.status_code,
                raw.decode("utf-8", "replace"),
                {name.lower(): value for name, value in response.headers.items()},
            )

    def _session(self) -> requests.Session:
        found: requests.Session | None = getattr(self._local, "session", None)
        if found is None:
            found = self._local.session = open_session(ca_file=self._ca_file, transport=self._transport)
            with self._opening:
                self._opened.add(found)
        return found

    def _secrets(self, body: object) -> frozenset[str]:
        return secrets_in(body) | {self._password.reveal(), self._auth.known() or ""} - {""}


class EngineSession(StackSession[EngineAddress]):
    """A conversation with a Wazo engine."""


class PortalSession(StackSession[PortalAddress]):
    """A conversation with the portal: the same accounts and tokens, other services."""


def _host(url: str) -> str:
    return urlsplit(url).netloc.rpartition("@")[2]


def _silence(error: Exception, *, at: Where, host: str) -> StackUnreachable | StackRefused:
    # A certificate that is not trusted will not be trusted on the next try either: a person must act.
    if "CERTIFICATE_VERIFY" in str(error):
        return StackRefused(Fault("stack-certificate", at, {"host": host}))
    return StackUnreachable(Fault("stack-silent", at, {"host": host}))


def _log(
    event: str, service: str, method: str, path: str, query: Query | None, started: float, **facts: int | str
) -> None:
    log.info(
        event.replace("_", " "),
        extra={
            "event": event,
            "service": service,
            "method": method,
            "path": path,
            "query": sorted(query) if query else [],
            "ms": round((time.monotonic() - started) * 1000),
            **facts,
        },
    )
