"""Do events survive their way, and does nothing else pass for one?"""

import json
from datetime import timedelta
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from staging.core.faults import Fault
from staging.core.words import Mac
from tests.fakes.preseed import NOON, SERIAL
from webhooks.box import LONGEST_DETAIL, parse_count, parse_detail, parse_engine_ready, parse_hello, parse_step
from webhooks.events import BoxSeen, EngineReady, Event, InstallFinished, LabelPrinted, OtherEvent, PhoneSeen
from webhooks.limit import RateLimit
from webhooks.payload import NAMES, parse_payload, render_payload

PHONE = PhoneSeen(NOON, Mac("02:00:00:00:00:11"), "atelier-bleu", "T54W")
LABEL = LabelPrinted(NOON, "S1:7:phone:3:1", "bench", 2)


@pytest.mark.parametrize("event", [PHONE, LABEL])
def test_what_others_may_tell_us_comes_back_as_it_went(event: Event) -> None:
    assert parse_payload(render_payload(event), source="erp") == event


def test_a_body_is_the_same_each_time_and_says_its_version() -> None:
    assert render_payload(PHONE) == render_payload(PHONE)
    assert json.loads(render_payload(PHONE)) == {
        "type": "phone.seen",
        "version": 1,
        "timestamp": "2026-11-21T12:00:00Z",
        "data": {"mac": "02:00:00:00:00:11", "stack": "atelier-bleu", "model": "T54W"},
    }


def test_every_event_has_a_name_of_its_own() -> None:
    # Event is a union that holds another union: flattened by the type system.
    assert set(NAMES) == set(get_args(Event))
    assert len(set(NAMES.values())) == len(NAMES)


def test_nobody_else_can_say_that_a_box_is_installed() -> None:
    told = parse_payload(render_payload(InstallFinished(NOON, SERIAL)), source="erp")
    assert isinstance(told, OtherEvent)
    assert (told.source, told.kind) == ("erp", "install.finished")


def test_an_event_of_a_later_version_is_kept_and_not_guessed_at() -> None:
    body = json.loads(render_payload(PHONE)) | {"version": 2}
    assert isinstance(parse_payload(json.dumps(body).encode(), source="erp"), OtherEvent)


@pytest.mark.parametrize(
    ("body", "part"),
    [
        (b"", "JSON"),
        (b"\xff", "JSON"),
        (b"[" * 100_000, "JSON"),
        (b"[]", "{…}"),
        (b'{"type": 1, "data": {}, "timestamp": "2026-11-21T12:00:00Z"}', "type"),
        (b'{"type": "x", "data": [], "timestamp": "2026-11-21T12:00:00Z"}', "data"),
        (b'{"type": "x", "data": {}}', "timestamp"),
        (b'{"type": "x", "data": {}, "timestamp": "2026-11-21T12:00:00"}', "timestamp"),
        (b'{"type": "phone.seen", "data": {"mac": "x"}, "timestamp": "2026-11-21T12:00:00Z"}', "data"),
        (b'{"type": "label.printed", "data": {"copy": true}, "timestamp": "2026-11-21T12:00:00Z"}', "data"),
    ],
)
def test_what_is_no_event_is_a_fault_that_names_the_part(body: bytes, part: str) -> None:
    fault = parse_payload(body, source="erp")
    assert isinstance(fault, Fault)
    assert (fault.code, fault.facts["part"]) == ("hook-malformed", part)


@given(st.binary(max_size=200) | st.recursive(st.none() | st.text(), st.lists).map(lambda x: json.dumps(x).encode()))
def test_no_body_makes_the_reading_stumble(body: bytes) -> None:
    assert isinstance(parse_payload(body, source="erp"), Fault | OtherEvent)


# --- what a box writes ---


def test_a_hello_is_read_and_kept_small() -> None:
    body = b"serial=sn0042\nsuite=trixie\nmac=020000000042\nMAC=x\nnonsense\nproduct_name=DH470\x1b[0m\nserial=SN9\n"
    assert parse_hello(body, address="192.0.2.42", at=NOON) == BoxSeen(
        NOON, SERIAL, "192.0.2.42", "trixie", (("mac", "020000000042"), ("product_name", "DH470[0m"))
    )


@pytest.mark.parametrize("body", [b"", b"serial=", b"serial=?", b"\xff\xfe", b"mac=02"])
def test_a_hello_without_a_serial_is_refused(body: bytes) -> None:
    assert isinstance(parse_hello(body, address="192.0.2.42", at=NOON), Fault)


@given(st.binary(max_size=400))
def test_whatever_a_box_writes_stays_printable_and_short(body: bytes) -> None:
    seen = parse_hello(b"serial=SN0042\n" + body, address="192.0.2.42", at=NOON)
    assert isinstance(seen, BoxSeen)
    assert len(seen.facts) <= 40
    assert all(value.isprintable() and len(value) <= 200 for _, value in seen.facts)
    detail = parse_detail(body)
    assert detail.isprintable()
    assert len(detail) <= LONGEST_DETAIL


def test_steps_and_counts_are_read_strictly() -> None:
    assert parse_step("firstboot-clone-failed") == "firstboot-clone-failed"
    assert [parse_step(typed) for typed in ("", "a b", "../x", "é", "x" * 61)] == [None] * 5
    assert [parse_count(typed) for typed in ("3", "-1", "", "x", "9" * 12, "²")] == [3, 0, 0, 0, 0, 0]


@pytest.mark.parametrize(
    ("address", "came_from", "taken"),
    [
        ("192.0.2.10", "192.0.2.10", True),
        ("192.0.2.10", "198.51.100.1", True),
        ("127.0.0.1", "127.0.0.1", True),
        ("127.0.0.1", "192.0.2.10", False),
        ("0.0.0.0", "192.0.2.10", False),
        ("localhost", "192.0.2.10", False),
        ("", "192.0.2.10", False),
    ],
)
def test_an_engine_is_ready_at_an_address_that_can_be_asked(address: str, came_from: str, taken: bool) -> None:
    body = f"address={address}\nversion=26.04\n".encode()
    ready = parse_engine_ready(body, serial=SERIAL, hook_address=came_from, at=NOON)
    assert isinstance(ready, EngineReady) is taken


def test_one_address_is_held_off_and_the_others_are_not() -> None:
    limit = RateLimit(2)
    assert [limit.allows("192.0.2.1", NOON) for _ in range(3)] == [True, True, False]
    assert limit.allows("192.0.2.2", NOON)
    assert limit.allows("192.0.2.1", NOON + timedelta(minutes=1))
