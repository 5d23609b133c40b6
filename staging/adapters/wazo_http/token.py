"""Who are we for the engine, and until when? One token, fetched when needed, shared by all threads."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from requests import PreparedRequest, Response
from requests.auth import AuthBase

HEADER = "X-Auth-Token"
LIFETIME_S = 7200
_MARGIN_S = 60


@dataclass(frozen=True, slots=True)
class Token:
    """What wazo-auth gave: the token itself, and the tenant of its account (root's is the master tenant)."""

    value: str
    tenant_uuid: str | None = None

    def __repr__(self) -> str:
        return "Token(***)"


class TokenAuth(AuthBase):
    """Puts the token on a request, and renews it once when the answer is 401.

    A 401 also means "not allowed" (confd has no 403): after one renewal the refusal stands. Sending the same
    request again is safe, because every daemon reads the token before it does anything.
    The engine's own expiry date is not used: its clock may be wrong on the day of its first boot.
    """

    def __init__(self, fetch: Callable[[], Token], *, seconds: Callable[[], float] = time.monotonic) -> None:
        self._fetch = fetch
        self._seconds = seconds
        self._lock = threading.Lock()
        self._token: Token | None = None
        self._fetched_at = 0.0

    def __call__(self, request: PreparedRequest) -> PreparedRequest:
        request.headers[HEADER] = self.token().value
        request.register_hook("response", self._renew_once)  # type: ignore[no-untyped-call]  # untyped in requests
        return request

    def token(self) -> Token:
        """The present token; fetched when there is none or it is about to expire."""
        with self._lock:
            if self._token is None or self._seconds() - self._fetched_at > LIFETIME_S - _MARGIN_S:
                self._token, self._fetched_at = self._fetch(), self._seconds()
            return self._token

    def known(self) -> str | None:
        """The token if there is one, without asking for it: what must be masked in texts."""
        return self._token.value if self._token else None

    def forget(self, value: str | None = None) -> None:
        """Drop the token (only if it is still `value`), so that the next request asks for a fresh one."""
        with self._lock:
            if value is None or (self._token and self._token.value == value):
                self._token = None

    def _renew_once(self, response: Response, **sending: Any) -> Response:
        if response.status_code != 401:
            return response
        used = str(response.request.headers.get(HEADER, ""))
        self.forget(used)
        again = response.request.copy()
        # The copy keeps its hooks; without this one a second 401 would turn in a circle.
        again.hooks = {"response": []}
        again.headers[HEADER] = self.token().value
        response.close()
        # `connection` is the transport adapter; requests sets it for this very use.
        renewed: Response = response.connection.send(again, **sending)
        renewed.history.append(response)
        renewed.request = again
        return renewed
