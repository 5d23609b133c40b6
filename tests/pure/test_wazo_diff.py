"""What do people see of a difference, who wins when both sides changed, and when do we stop?"""

from dataclasses import replace

import pytest

from numbering.plan import NumberingPlan
from staging.core.messages import catalogue, explain
from staging.core.words import Extension, Mac
from staging.wazo.change import Change, due
from staging.wazo.desired import desired_state
from staging.wazo.diff import changes, describe, fingerprint
from staging.wazo.facts import EngineFacts
from staging.wazo.guard import check_changes
from staging.wazo.live_state import LiveEngine, LiveState
from staging.wazo.state import LineKey, StackState
from tests.fakes.wazo_state import APP, DESK, FACTS, MACS, Tenant, apply_until_settled, plan, seat, six_seats

DESIRED = desired_state(six_seats(), FACTS, macs=MACS)


def wanted(*seats: object, **macs: Mac) -> StackState:
    named = {LineKey(Extension(key.removeprefix("seat")), "sip"): mac for key, mac in macs.items()}
    return desired_state(plan(*seats), FACTS, macs=named)  # type: ignore[arg-type]


def settled(state: StackState) -> Tenant:
    tenant = Tenant()
    apply_until_settled(tenant, state)
    return tenant


def shown(found: tuple[Change, ...]) -> list[tuple[str, str, str, str]]:
    return [(change.verb, change.noun, change.key, change.standing) for change in found]


def test_a_seat_reads_in_one_line() -> None:
    found = changes(DESIRED, LiveState())
    lines = [describe(change, "fr") for change in found if change.noun == "user"]
    assert lines[:2] == [
        "+ accueil 8000 · T54W · 04 65 71 00 01 · 04 65 71 00 00",
        "+ directrice 8001 · application · T54W · 04 65 71 00 02 · 04 65 71 00 03",
    ]


def test_every_change_reads_in_both_languages_without_blanks_or_codes() -> None:
    engine = EngineFacts("192.0.2.10", phonebook_networks=("192.0.2.0/24",))
    desired = desired_state(six_seats(), replace(FACTS, engine=engine), macs=MACS)
    live = replace(LiveState(), engine=LiveEngine({}, {}, {}, {}, (), {}, (), ()))
    tenant = settled(DESIRED)
    for user in tenant.users.values():
        user["firstname"] = "inconnu"
    found = (*changes(desired, live), *changes(DESIRED, tenant.live(DESIRED)), *_undone(), *_added())
    for change in found:
        for lang in ("fr", "en"):
            line = describe(change, lang)
            assert "{" not in line
            assert not {"change-", "field-", "why-", "target-"} & {line[i : i + 7] for i in range(len(line))}, line
    assert {change.noun for change in found} >= {
        "tenant",
        "context",
        "user",
        "group",
        "incall",
        "keys",
        "device",
        "rtp",
    }


def _undone() -> tuple[Change, ...]:
    return changes(wanted(seat("accueil", "8000")), settled(DESIRED).live(DESIRED), applied=DESIRED)


def _added() -> tuple[Change, ...]:
    tenant = settled(DESIRED)
    tenant.post_users(body={"firstname": "annexe"})
    return changes(DESIRED, tenant.live(DESIRED), applied=DESIRED)


def test_each_reason_that_the_code_gives_has_words() -> None:
    reasons = ("changed-on-both-sides", "changed-on-stack", "edited-since", "email-taken", "login-taken",
               "extension-taken", "other-voicemail", "target-missing", "key-elsewhere", "slot-taken")  # fmt: skip
    assert all(f"why-{reason}" in catalogue() for reason in reasons)


def test_a_name_that_people_changed_since_is_theirs() -> None:
    first, second = wanted(seat("accueil", "8000")), wanted(seat("directrice", "8000"))
    tenant = settled(first)
    next(iter(tenant.users.values()))["firstname"] = "atelier"
    found = [c for c in changes(second, tenant.live(second), applied=first) if c.noun == "user"]
    fields = {field.name: (change.standing, field.before, field.after) for change in found for field in change.fields}
    assert fields["firstname"] == ("conflict", "atelier", "directrice")
    assert fields["caller_id"] == ("due", '"accueil"', '"directrice"')


def test_without_a_last_time_nothing_is_taken_away() -> None:
    tenant = settled(DESIRED)
    found = changes(wanted(seat("accueil", "8000")), tenant.live(DESIRED))
    assert not [change for change in due(found) if change.verb == "-"]


def test_a_seat_that_left_the_plan_leaves_the_stack_with_its_phone() -> None:
    after = desired_state(replace(six_seats(), seats=six_seats().seats[:5]), FACTS, macs=MACS)
    tenant = settled(DESIRED)
    apply_until_settled(tenant, after, applied=DESIRED)
    assert tenant.shape() == settled(after).shape() | {"contexts": tenant.shape()["contexts"]}


def test_a_renumbered_seat_keeps_its_address_and_login() -> None:
    def nomad(number: str) -> StackState:
        lines = (DESK, APP)
        mail = "directrice@atelier-bleu.example"
        return wanted(seat("directrice", number, profile="unified-communication", email=mail, lines=lines))

    tenant = settled(nomad("8001"))
    apply_until_settled(tenant, nomad("8007"), applied=nomad("8001"))
    assert tenant.shape() == settled(nomad("8007")).shape()


def test_two_phones_change_places() -> None:
    one, two = Mac("02:00:00:00:00:01"), Mac("02:00:00:00:00:02")
    seats = (seat("accueil", "8000"), seat("atelier", "8001"))
    before, after = wanted(*seats, seat8000=one, seat8001=two), wanted(*seats, seat8000=two, seat8001=one)
    tenant = settled(before)
    apply_until_settled(tenant, after, applied=before)
    assert tenant.shape() == settled(after).shape()


def test_a_key_that_people_made_stays_beside_ours() -> None:
    tenant = settled(DESIRED)
    (keys,) = tenant.keys.values()
    keys["20"] = {"label": "Taxi", "blf": False, "destination": {"type": "custom", "exten": "0465710099"}}
    more = desired_state(_with_one_more_seat(), FACTS, macs=MACS)
    apply_until_settled(tenant, more, applied=DESIRED)
    assert keys_of(tenant) == ["2", "3", "4", "5", "6", "7", "20"]


def _with_one_more_seat() -> NumberingPlan:
    return replace(six_seats(), seats=(*six_seats().seats, seat("atelier 5", "8006")))


def keys_of(tenant: Tenant) -> list[str]:
    (keys,) = tenant.keys.values()
    return list(keys)


def test_a_taken_address_is_a_conflict_and_no_request() -> None:
    tenant = settled(wanted(seat("accueil", "8000")))
    tenant.post_users(body={"firstname": "annexe", "email": "directrice@atelier-bleu.example"})
    desired = wanted(seat("accueil", "8000"), seat("directrice", "8001", email="directrice@atelier-bleu.example"))
    found = [change for change in changes(desired, tenant.live(desired)) if change.key == "8001"]
    assert [(change.standing, change.reason) for change in found] == [("conflict", "email-taken")]


def test_the_fingerprint_ignores_wazos_ids_and_orders_but_not_what_will_happen() -> None:
    live, other = settled(DESIRED), settled(DESIRED)
    other.users = dict(reversed(other.users.items()))
    more = desired_state(_with_one_more_seat(), FACTS, macs=MACS)
    first = fingerprint(changes(more, live.live(more)), live.live(more))
    assert first == fingerprint(changes(more, other.live(more)), other.live(more))
    assert len(first) == 12
    next(iter(other.users.values()))["firstname"] = "inconnu"
    assert first != fingerprint(changes(more, other.live(more)), other.live(more))


@pytest.mark.parametrize(("mine", "codes"), [(False, ["tenant-not-ours"]), (True, ["tenant-shared"])])
def test_a_tenant_full_of_strangers_is_not_ours(mine: bool, codes: list[str]) -> None:
    tenant = settled(DESIRED) if mine else Tenant()
    tenant.uuid = "one"
    tenant.post_users(body={"firstname": "annexe"})
    live = tenant.live(DESIRED)
    faults = check_changes(changes(DESIRED, live), live, ours=FACTS.marker)
    assert [fault.code for fault in faults] == codes
    assert "annexe" in explain(faults[0], "fr").text


def test_a_plan_that_empties_the_stack_is_stopped() -> None:
    few = desired_state(replace(six_seats(), seats=six_seats().seats[:1]), FACTS, macs=MACS)
    live = settled(DESIRED).live(few)
    found = changes(few, live, applied=DESIRED)
    codes = [fault.code for fault in check_changes(found, live, ours=FACTS.marker, applied=DESIRED)]
    assert codes == ["too-many-deletions", "too-many-deletions"]
    assert not check_changes(found, live, ours=FACTS.marker, applied=DESIRED, share=1.0)


def test_somebody_elses_plan_on_our_numbers_is_stopped() -> None:
    names = tuple(replace(s, firstname=f"autre {i}", lastname="") for i, s in enumerate(six_seats().seats))
    other = desired_state(replace(six_seats(), seats=names), FACTS, macs=MACS)
    live = settled(DESIRED).live(other)
    faults = check_changes(changes(other, live, applied=DESIRED), live, ours=FACTS.marker, applied=DESIRED)
    assert [fault.code for fault in faults] == ["too-many-rewrites"]


def test_a_renumbered_seat_without_a_login_keeps_its_address_too() -> None:
    before, after = (
        wanted(seat("atelier", number, email="atelier@atelier-bleu.example")) for number in ("8001", "8007")
    )
    tenant = settled(before)
    apply_until_settled(tenant, after, applied=before)
    assert tenant.shape() == settled(after).shape()


def test_two_handsets_change_slots() -> None:
    seats = six_seats().seats
    handset, other = seats[2], seats[3]
    swapped = (*seats[:2], replace(handset, lines=other.lines), replace(other, lines=handset.lines), *seats[4:])
    after = desired_state(replace(six_seats(), seats=swapped), FACTS, macs=MACS)
    tenant = settled(DESIRED)
    apply_until_settled(tenant, after, applied=DESIRED)
    assert tenant.shape() == settled(after).shape()


def test_a_number_that_moves_to_a_new_seat_does_not_ride_along_with_it() -> None:
    before = wanted(seat("accueil", "8000", numbers=("465710001",)))
    after = wanted(seat("accueil", "8000"), seat("directrice", "8001", numbers=("465710001",)))
    tenant = settled(before)
    (moved,) = [change for change in changes(after, tenant.live(after), applied=before) if change.noun == "incall"]
    assert [(field.before, field.after) for field in moved.fields] == [("user 8000", "user 8001")]
    apply_until_settled(tenant, after, applied=before)
    assert tenant.shape() == settled(after).shape()


def test_a_login_that_somebody_else_has_is_a_conflict() -> None:
    tenant = settled(wanted(seat("accueil", "8000")))
    tenant.accounts["somebody"] = {"uuid": "somebody", "username": "Directrice@atelier-bleu.example"}
    nomad = seat("directrice", "8001", email="directrice@atelier-bleu.example", lines=(APP,))
    desired = wanted(seat("accueil", "8000"), nomad)
    found = [change for change in changes(desired, tenant.live(desired)) if change.key == "8001"]
    assert [(change.standing, change.reason) for change in found] == [("conflict", "login-taken")]


def test_a_line_waits_until_the_one_before_it_left_its_phone() -> None:
    one, two = Mac("02:00:00:00:00:01"), Mac("02:00:00:00:00:02")
    desired = wanted(seat("accueil", "8000"), seat("atelier", "8001"), seat8000=one, seat8001=two)
    tenant = settled(desired)
    first, second = tenant.lines.values()
    first["device_id"], second["device_id"] = None, first["device_id"]
    apply_until_settled(tenant, desired)
    assert tenant.shape() == settled(desired).shape()
