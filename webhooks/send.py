"""Who is told what happened? Edge: delivers what was written down, signed, and says what came of it.

Nothing is decided here: which event goes to whom, and when a failed delivery is tried again, is its caller's.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

import requests

from staging.core.secret import Secret
from webhooks.events import Event
from webhooks.payload import render_payload
from webhooks.sign import sign

TIMEOUT = timedelta(seconds=10)
_FIRST_WAIT_S = 5
_LONGEST_WAIT = timedelta(hours=6)
MOST_ATTEMPTS = 18

Outcome = Literal["taken", "refused", "again"]
"""taken: 2xx. refused: it never wants this one (4xx, but not 408 or 429). again: no usable answer, or a later one."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """One event for one receiver. id: the same on every attempt, so that the receiver can drop a repeat."""

    id: str
    url: str
    event: Event
    secret: Secret


@dataclass(frozen=True, slots=True)
class Attempt:
    """What came of one try. status: None when nobody answered."""

    outcome: Outcome
    status: int | None = None


def send_delivery(delivery: Delivery, *, at: datetime, session: requests.Session) -> Attempt:
    """Send one delivery; raises nothing for what the other side does. A redirect is not followed: it is refused."""
    body = render_payload(delivery.event)
    headers = {
        "Content-Type": "application/json",
        "webhook-id": delivery.id,
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": sign(body, id=delivery.id, at=at, secret=delivery.secret),
    }
    seconds = TIMEOUT.total_seconds()
    try:
        answer = session.post(delivery.url, body, headers=headers, timeout=seconds, allow_redirects=False)
    except requests.RequestException:
        return Attempt("again")
    return Attempt(_outcome(answer.status_code), answer.status_code)


def wait_before_resend(attempts: int) -> timedelta | None:
    """How long to wait after so many failed attempts (1 is the first); None means give up and tell a person.

    Four times longer each time from 5 s, six hours at most: eighteen attempts bridge a weekend of a receiver's silence.
    """
    if attempts >= MOST_ATTEMPTS:
        return None
    return min(timedelta(seconds=_FIRST_WAIT_S * 4 ** (attempts - 1)), _LONGEST_WAIT)


def _outcome(status: int) -> Outcome:
    if 200 <= status < 300:
        return "taken"
    return "again" if status >= 500 or status in (408, 429) else "refused"
