"""Which phone is whose, and what is said of those that fit nobody?"""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from staging.core.messages import explain
from staging.core.words import Extension, Mac
from staging.phones.match import Scan, WantedPhone, leftover_faults, match, wanted_phones
from staging.phones.seen import SeenPhone, seen_phone, seen_phones
from tests.fakes.wazo_state import six_seats

OURS, THEIRS = "tenant-of-atelier-bleu", "tenant-of-somebody-else"


def mac(tail: int) -> Mac:
    return Mac(f"02:00:00:00:00:{tail:02x}")


def phone(tail: int, model: str | None = "T54W", **other: Any) -> SeenPhone:
    return SeenPhone(
        mac(tail), model, "Yealink", None, "autoprov", f"d{tail}{other.pop('twin', '')}", None,
        other.pop("tenant", OURS), allocated=other.pop("allocated", True),
    )  # fmt: skip


def place(key: str, model: str = "T54W", named: int | None = None) -> WantedPhone:
    return WantedPhone(key, model, mac(named) if named else None, (Extension(key),))


def test_a_mac_of_the_plan_finds_its_phone() -> None:
    found = match([phone(1), phone(2)], [place("8000", named=2)], [])
    assert [(pair.wanted.key, pair.mac) for pair in found.pairs] == [("8000", mac(2))]
    assert [(left.mac, left.reason) for left in found.phones_left] == [(mac(1), "no-seat-left")]


def test_scans_take_the_next_free_seat_of_their_model() -> None:
    seats = [place("8000", "T58W"), place("8001"), place("8002")]
    found = match([phone(1), phone(2), phone(3, "T58W")], seats, [Scan(mac(1)), Scan(mac(3)), Scan(mac(2))])
    assert found.macs() == {"8000": mac(3), "8001": mac(1), "8002": mac(2)}


def test_a_scan_for_a_seat_takes_that_seat() -> None:
    found = match([phone(1)], [place("8000"), place("8001")], [Scan(mac(1), seat=Extension("8001"))])
    assert found.macs() == {"8001": mac(1)}
    assert [(left.wanted.key, left.reason) for left in found.seats_left] == [("8000", "not-scanned")]


def test_the_same_phone_scanned_twice_sits_once() -> None:
    found = match([phone(1)], [place("8000"), place("8001")], [Scan(mac(1)), Scan(mac(1))])
    assert found.macs() == {"8000": mac(1)}


def test_a_wrong_model_is_said_on_the_phone_and_on_the_seat() -> None:
    found = match([phone(1, "T53")], [place("8000")], [Scan(mac(1), seat=Extension("8000"))])
    assert [left.reason for left in found.phones_left] == ["wrong-model"]
    assert [left.reason for left in found.seats_left] == ["wrong-model"]


def test_what_provd_saw_counts_more_than_the_sticker() -> None:
    found = match([phone(1, "T53")], [place("8000")], [Scan(mac(1), model="T54W")])
    assert [left.reason for left in found.phones_left] == ["wrong-model"]


def test_another_customers_phone_is_not_given_away() -> None:
    found = match([phone(1, tenant=THEIRS)], [place("8000", named=1)], [], tenant=OURS)
    assert (found.pairs, found.seats_left[0].reason) == ((), "other-customer")


def test_a_phone_that_waits_in_the_master_tenant_is_nobodys() -> None:
    found = match([phone(1, tenant="master", allocated=False)], [place("8000", named=1)], [], tenant=OURS)
    assert found.macs() == {"8000": mac(1)}


def test_a_phone_known_twice_waits_until_somebody_cleans_up() -> None:
    found = match([phone(1), phone(1, twin="b")], [place("8000")], [Scan(mac(1))])
    assert [(left.mac, left.reason) for left in found.phones_left] == [(mac(1), "duplicate-device")]


def test_a_scanned_phone_without_a_seat_says_so() -> None:
    found = match([], [place("8000")], [Scan(mac(1), "T54W"), Scan(mac(2), "T54W")])
    assert [(left.mac, left.reason) for left in found.phones_left] == [(mac(2), "no-seat-left")]


def test_an_earlier_pair_outlives_a_new_plan_mac_order() -> None:
    found = match([phone(1), phone(2)], [place("8000"), place("8001")], [Scan(mac(2))], paired={"8000": mac(1)})
    assert found.macs() == {"8000": mac(1), "8001": mac(2)}


def test_one_base_carries_all_its_handsets() -> None:
    places = wanted_phones(six_seats())
    assert [(p.key, p.model, p.seats) for p in places][2] == ("base 1", "W60B", ("8002", "8003", "8004", "8005"))
    found = match([phone(9, "W60B")], places, [Scan(mac(9), seat=Extension("8004"))])
    assert found.macs() == dict.fromkeys(("8002", "8003", "8004", "8005"), mac(9))


def test_every_leftover_is_explained_in_both_languages() -> None:
    seen = [phone(1, "T53"), phone(2, tenant=THEIRS), phone(3), phone(3, twin="b"), phone(4)]
    found = match(seen, [place("8000"), place("8001", named=5)], [Scan(mac(1)), Scan(mac(3))], tenant=OURS)
    faults = leftover_faults(found)
    assert {fault.code for fault in faults} == {
        "phone-wrong-model", "phone-other-customer", "phone-duplicate-device", "phone-not-scanned",
        "seat-not-scanned", "seat-never-seen",
    }  # fmt: skip
    for fault in faults:
        for lang in ("fr", "en"):
            message = explain(fault, lang)
            assert message.hint
            assert "{" not in message.text + message.hint


def test_the_state_follows_from_provds_document() -> None:
    base = {"id": "d1", "mac": "02:00:00:00:00:01"}
    states = [
        seen_phone({**base, "configured": True, "config": "d1"}),
        seen_phone({**base, "configured": True, "config": "autoprov12"}),
        seen_phone({**base, "configured": False, "config": "d1"}),
        seen_phone({**base, "configured": True}),
    ]
    assert [s.state for s in states if s] == ["configured", "autoprov", "not_configured", "corrupted"]


def test_a_browser_that_asked_provd_is_no_phone() -> None:
    assert seen_phones([{"id": "0a6c", "mac": None, "ip": "192.0.2.9", "is_new": True}]) == ()


_MODELS = st.sampled_from(["T54W", "T53", "W60B"])


@given(
    st.lists(st.tuples(st.integers(1, 6), st.none() | _MODELS), max_size=8),
    st.lists(st.tuples(_MODELS, st.none() | st.integers(1, 6)), max_size=6),
    st.lists(st.integers(1, 8), max_size=8),
)
def test_nobody_is_lost_and_nobody_sits_twice(
    seen: list[tuple[int, str | None]], wanted: list[tuple[str, int | None]], scans: list[int]
) -> None:
    phones = [phone(tail, model, twin=str(i)) for i, (tail, model) in enumerate(seen)]
    named = [tail for _, tail in wanted if tail]
    places = [
        place(str(8000 + i), model, tail if named.count(tail or 0) == 1 else None)
        for i, (model, tail) in enumerate(wanted)
    ]
    found = match(phones, places, [Scan(mac(tail)) for tail in scans])
    seated = [pair.mac for pair in found.pairs]
    assert len(seated) == len(set(seated))
    assert {*seated, *(left.mac for left in found.phones_left)} >= {*(p.mac for p in phones), *map(mac, scans)}
    assert {pair.wanted.key for pair in found.pairs} | {left.wanted.key for left in found.seats_left} == {
        p.key for p in places
    }
    assert len(found.pairs) + len(found.seats_left) == len(places)
