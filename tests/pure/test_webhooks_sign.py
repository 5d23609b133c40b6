"""Is a signature right, and is nothing else?"""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from staging.core.secret import Secret
from tests.fakes.preseed import NOON
from webhooks.sign import TOLERANCE, make_secret, sign, verify

SECRET = make_secret(bytes(range(32)))
OTHER = make_secret(bytes(range(1, 33)))
BODY = b'{"type":"phone.seen"}'


def check(**changes: object) -> str | None:
    given = {
        "id": "msg_1",
        "timestamp": str(int(NOON.timestamp())),
        "signatures": sign(BODY, id="msg_1", at=NOON, secret=SECRET),
        "secrets": (SECRET,),
        "now": NOON,
    }
    fault = verify(BODY, **{**given, **changes})  # type: ignore[arg-type]  # a test names what it changes
    return fault.code if fault else None


def test_a_right_signature_passes() -> None:
    assert check() is None


def test_a_signature_is_the_one_that_others_compute() -> None:
    # The public example of Standard Webhooks; openssl dgst -sha256 -mac HMAC gives the same.
    secret = Secret("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    body = b'{"test": 2432232314}'
    at = NOON.fromtimestamp(1614265330, tz=NOON.tzinfo)
    signed = sign(body, id="msg_p5jXN8AQM9LWM0D4loKWxJek", at=at, secret=secret)
    assert signed == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"id": ""}, "hook-unsigned"),
        ({"id": "msg.1"}, "hook-unsigned"),
        ({"timestamp": ""}, "hook-unsigned"),
        ({"timestamp": "-1"}, "hook-unsigned"),
        ({"id": "msg_2"}, "hook-bad-signature"),
        ({"timestamp": str(int(NOON.timestamp()) + 1)}, "hook-bad-signature"),
        ({"signatures": ""}, "hook-bad-signature"),
        ({"signatures": "v1,"}, "hook-bad-signature"),
        ({"signatures": "v1,!!!! v2,abc"}, "hook-bad-signature"),
        ({"secrets": ()}, "hook-bad-signature"),
        ({"secrets": (OTHER,)}, "hook-bad-signature"),
        ({"now": NOON + TOLERANCE + timedelta(seconds=1)}, "hook-too-old"),
        ({"now": NOON - TOLERANCE - timedelta(seconds=1)}, "hook-too-old"),
    ],
)
def test_anything_else_does_not(changes: dict[str, object], code: str) -> None:
    assert check(**changes) == code


def test_while_a_secret_is_replaced_either_one_passes() -> None:
    both = " ".join(sign(BODY, id="msg_1", at=NOON, secret=secret) for secret in (OTHER, SECRET))
    assert check(signatures=both) is None
    assert check(secrets=(OTHER, SECRET)) is None


@given(st.binary(max_size=60), st.binary(max_size=60))
def test_a_signature_is_of_one_body_only(signed: bytes, sent: bytes) -> None:
    signature = sign(signed, id="msg_1", at=NOON, secret=SECRET)
    at = str(int(NOON.timestamp()))
    fault = verify(sent, id="msg_1", timestamp=at, signatures=signature, secrets=(SECRET,), now=NOON)
    assert (fault is None) == (signed == sent)


@given(st.text(max_size=80))
def test_no_header_makes_it_stumble(header: str) -> None:
    assert check(signatures=header) == "hook-bad-signature"
    assert check(timestamp=header) in ("hook-unsigned", "hook-too-old")


def test_a_short_secret_is_not_made() -> None:
    with pytest.raises(ValueError, match="24 to 64"):
        make_secret(b"short")
