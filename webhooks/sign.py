"""Who wrote this body, and when? Signing and verifying, the Standard Webhooks way.

Source: Standard Webhooks, "symmetric" scheme: HMAC-SHA256 over `id.timestamp.body`, base64, `v1,` before it; several
signatures stand side by side, parted by a blank, while a secret is being replaced.
"""

import base64
import binascii
import hashlib
import hmac
from collections.abc import Iterable
from datetime import datetime, timedelta

from staging.core.faults import Fault, Where
from staging.core.secret import Secret

TOLERANCE = timedelta(minutes=5)
"""How far a sender's clock may be off, either way; an older delivery may be somebody's recording."""

_PREFIX = "whsec_"


def make_secret(random: bytes) -> Secret:
    """A signing secret from random bytes (24 to 64 of them), in the form that is given to the other side."""
    if not 24 <= len(random) <= 64:
        raise ValueError(f"a signing secret takes 24 to 64 random bytes, not {len(random)}")
    return Secret(_PREFIX + base64.b64encode(random).decode())


def sign(body: bytes, *, id: str, at: datetime, secret: Secret) -> str:
    """The `webhook-signature` of a body that is sent now; `webhook-timestamp` is `at` in whole seconds."""
    return "v1," + base64.b64encode(_mac(body, id, str(int(at.timestamp())), secret)).decode()


def verify(
    body: bytes, *, id: str, timestamp: str, signatures: str, secrets: Iterable[Secret], now: datetime
) -> Fault | None:
    """What is wrong with a delivery's `webhook-id`, `webhook-timestamp` and `webhook-signature`; None when nothing is.

    Any of the signatures under any of the secrets is enough. Comparing takes the same time whatever is given.
    """
    # The dot parts the signed words, so an id with a dot could borrow from the timestamp.
    if not id or "." in id or not id.isascii() or not (timestamp.isascii() and timestamp.isdigit()):
        return _fault("hook-unsigned")
    age = now.timestamp() - int(timestamp)
    if abs(age) > TOLERANCE.total_seconds():
        return _fault("hook-too-old", seconds=int(age))
    given = [signature for signature in map(_decode, signatures.split()) if signature]
    good = [hmac.compare_digest(_mac(body, id, timestamp, secret), one) for secret in secrets for one in given]
    return None if any(good) else _fault("hook-bad-signature")


def _mac(body: bytes, id: str, timestamp: str, secret: Secret) -> bytes:
    key = base64.b64decode(secret.reveal().removeprefix(_PREFIX))
    return hmac.new(key, f"{id}.{timestamp}.".encode() + body, hashlib.sha256).digest()


def _decode(signature: str) -> bytes:
    version, _, text = signature.partition(",")
    if version != "v1":
        return b""
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return b""


def _fault(code: str, **facts: object) -> Fault:
    return Fault(code, Where(field="webhook-signature"), facts)
