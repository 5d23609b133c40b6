"""Does each noun keep what it is given and say what it refuses? On SQLite and on PostgreSQL alike."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from staging.adapters.store.store import Store, open_store
from staging.adapters.store.workers import Workers
from staging.core.faults import Fault, LabelRefused, Refused, Where
from staging.core.words import Extension, Mac, Serial
from staging.jobs.job import STEPS, Portal, Stack
from staging.jobs.records import LabelCopy, LogPart, Pace, Printer
from tests.fakes.clock import CountedIds, StoppedClock
from tests.fakes.passwords import REAL
from tests.fakes.postgres import ready_url

__all__ = ["ready_url"]  # pytest finds the fixture by its name here

SERIAL = Serial("SN0042")
SIRET = "73282932000074"
MAC, OTHER_MAC = Mac("02:00:00:00:00:01"), Mac("02:00:00:00:00:02")


@pytest.fixture
def clock() -> StoppedClock:
    return StoppedClock()


@pytest.fixture
def store(ready_url: str, tmp_path: Path, clock: StoppedClock) -> Iterator[Store]:
    opened = open_store(ready_url, key_file=tmp_path / "secret.key", clock=clock, ids=CountedIds())
    yield opened
    opened.database.close()


def order_in(store: Store, serial: Serial | None = None) -> str:
    if store.stacks.find("partage") is None:
        store.stacks.add(Stack("partage", "on-cloud", url="http://127.0.0.1:9"))
    made = store.orders.create(customer="Atelier Bleu", siret=SIRET, stack="partage", by="camille", serial=serial)
    return made.id


def refusal(call: Any, *given: Any, **named: Any) -> Fault:
    with pytest.raises(Refused) as refused:
        call(*given, **named)
    return refused.value.faults[0]


def document(*seats: tuple[str, str], ok: bool = True) -> dict[str, Any]:
    named = [{"site": "Lyon", "firstname": name, "lastname": "", "extension": extension} for name, extension in seats]
    return {"ok": ok, "seats": named}


# Orders and steps


def test_an_order_comes_back_as_it_was_opened_with_all_its_steps_to_do(store: Store, clock: StoppedClock) -> None:
    order = store.orders.get(order_in(store))
    assert (order.customer, order.siret, order.created_at, order.wake, order.handled) == (
        "Atelier Bleu", SIRET, clock.now(), 1, 0,
    )  # fmt: skip
    assert [(step.name, step.status) for step in store.orders.steps(order.id).values()] == [
        (name, "to-do") for name in STEPS
    ]
    assert store.orders.all_steps()[order.id] == store.orders.steps(order.id)


def test_an_unknown_order_is_refused_by_name(store: Store) -> None:
    assert refusal(store.orders.get, "zzzzzz") == Fault("unknown-order", Where("order"), {"order": "zzzzzz"})


def test_a_serial_has_one_order_and_the_refusal_names_it(store: Store) -> None:
    store.appliances.add(SERIAL, model="DH670")
    first = order_in(store, SERIAL)
    fault = refusal(order_in, store, SERIAL)
    assert (fault.code, fault.facts) == ("serial-has-order", {"serial": SERIAL, "order": first})


def test_an_id_that_an_order_has_already_is_not_given_again(
    ready_url: str, tmp_path: Path, clock: StoppedClock
) -> None:
    class Repeating:
        """Says each id twice, as chance does once in many years."""

        def __init__(self) -> None:
            self._said = iter(["aaaaaa", "aaaaaa", "bbbbbb"])

        def short(self, length: int = 6) -> str:
            return next(self._said)[:length]

    store = open_store(ready_url, key_file=tmp_path / "secret.key", clock=clock, ids=Repeating())
    store.appliances.add(SERIAL, model="DH670")
    assert [order_in(store), order_in(store, SERIAL)] == ["aaaaaa", "bbbbbb"]
    store.database.close()


def test_counts_are_those_of_the_lists(store: Store, clock: StoppedClock) -> None:
    store.appliances.add(SERIAL, model="DH670")
    first, _second = order_in(store, SERIAL), order_in(store)
    store.orders.keep(first, accepted_at=clock.now())
    store.orders.set_step(first, "appliance", status="done")
    assert (store.orders.counts(), store.appliances.count()) == ((1, 1), 1)
    counted = store.orders.step_counts()
    assert (counted["appliance", "done"], counted["appliance", "to-do"], counted["label", "to-do"]) == (1, 1, 2)
    assert store.appliances.known([SERIAL, "SN0043"]) == {SERIAL}


def test_boxes_that_an_order_can_have_are_those_here_that_none_has(store: Store, clock: StoppedClock) -> None:
    taken, left, free, newest = (Serial(f"SN004{n}") for n in range(4))
    for serial in (taken, left, free, newest):
        store.appliances.add(serial, model="DH670")
        clock.pass_(1)
    order_in(store, taken)
    order_in(store)
    store.appliances.change(left, shipped_at=clock.now())
    assert store.appliances.without_order() == (newest, free)


def test_a_serial_attached_to_a_second_order_is_refused_naming_the_first(store: Store) -> None:
    store.appliances.add(SERIAL, model="DH670")
    first, second = order_in(store, SERIAL), order_in(store)
    fault = refusal(store.orders.change, second, serial=SERIAL)
    assert fault.facts == {"serial": SERIAL, "order": first}


def test_orders_are_listed_newest_first(store: Store, clock: StoppedClock) -> None:
    first = order_in(store)
    clock.pass_(1)
    second = order_in(store)
    assert [order.id for order in store.orders.all()] == [second, first]


def test_a_wake_is_due_until_it_is_handled_and_a_later_one_stays(store: Store) -> None:
    order = order_in(store)
    assert store.orders.due() == ((order, 1),)
    store.orders.wake(order)
    store.orders.handled(order, 1)
    assert store.orders.due() == ((order, 2),)
    store.orders.handled(order, 2)
    assert store.orders.due() == ()


def test_an_old_wake_that_is_handled_late_takes_nothing_back(store: Store) -> None:
    order = order_in(store)
    store.orders.wake(order)
    store.orders.handled(order, 2)
    store.orders.handled(order, 1)
    assert store.orders.get(order).handled == 2


def test_a_step_whose_time_has_come_wakes_its_order_once(store: Store, clock: StoppedClock) -> None:
    order = order_in(store)
    store.orders.handled(order, 1)
    store.orders.set_step(order, "register", status="waiting", again_at=clock.now() + timedelta(seconds=2))
    assert store.orders.due() == ()
    clock.pass_(2)
    assert store.orders.due() == ((order, 2),)
    store.orders.handled(order, 2)
    assert store.orders.due() == ()


def test_a_fault_of_a_step_comes_back_whole(store: Store) -> None:
    order = order_in(store)
    fault = Fault("stack-silent", Where("partage", field="confd"), {"seconds": 8, "why": "é"}, related=("Plan!B4",))
    store.orders.set_step(order, "register", status="waiting", fault=fault)
    assert store.orders.steps(order)["register"].fault == fault


def test_an_attempt_is_counted_and_keeps_the_time_of_the_first(store: Store, clock: StoppedClock) -> None:
    order, began = order_in(store), clock.now()
    store.orders.begin_step(order, "register")
    clock.pass_(60)
    store.orders.begin_step(order, "register")
    step = store.orders.steps(order)["register"]
    assert (step.status, step.attempts, step.started_at) == ("running", 2, began)


def test_a_step_reopened_takes_all_behind_it_along_and_none_before(store: Store) -> None:
    order = order_in(store)
    for name in STEPS:
        store.orders.set_step(order, name, status="done")
    store.orders.keep(order, accepted_at=store.orders.now())
    store.orders.reopen_from(order, "phones")
    left = [step.name for step in store.orders.steps(order).values() if step.status == "to-do"]
    assert left == ["phones", "label", "accept"]
    assert store.orders.get(order).accepted_at is None
    assert store.orders.get(order).wake == 2


def test_what_the_job_keeps_does_not_wake_the_order_and_what_a_person_changes_does(store: Store) -> None:
    order = order_in(store)
    store.orders.keep(order, tenant_uuid="0a7e11e4-b1e0-4000-8000-000000000042")
    assert store.orders.get(order).wake == 1
    store.orders.change(order, final_address="10.1.2.3")
    assert store.orders.get(order).wake == 2


def test_an_order_that_is_worked_on_keeps_the_moment_of_its_next_look(store: Store, clock: StoppedClock) -> None:
    order = order_in(store)
    seen = dict(store.orders.due())[order]
    store.orders.set_step(order, "phones", status="waiting", again_at=clock.now())
    clock.pass_(1)
    assert dict(store.orders.due()) == {order: seen}
    store.orders.handled(order, seen)
    assert dict(store.orders.due()) == {order: seen + 1}
    assert store.orders.steps(order)["phones"].again_at is None


def test_an_order_that_stopped_for_good_is_left_alone_by_the_sweep(store: Store) -> None:
    failed, waiting = order_in(store), order_in(store)
    for order in (failed, waiting):
        store.orders.handled(order, store.orders.get(order).wake)
    store.orders.set_step(failed, "provision", status="failed")
    store.orders.set_step(waiting, "provision", status="waiting")
    assert store.orders.wake_unfinished() == 1
    assert set(dict(store.orders.due())) == {waiting}


# Plans and allotments


def test_every_version_of_a_plan_is_kept_with_its_workbook(store: Store) -> None:
    order = order_in(store)
    for number, ok in enumerate((True, False), start=1):
        store.plans.add(
            order, workbook=f"{number}.xlsx", content=bytes([number]), document=document(ok=ok), by="camille"
        )
    assert [version.version for version in store.plans.versions(order)] == [2, 1]
    assert [store.plans.content(order, number) for number in (1, 2, 3)] == [b"\x01", b"\x02", None]
    latest, good = store.plans.latest(order), store.plans.latest(order, ok=True)
    assert latest is not None
    assert good is not None
    assert (latest.version, good.version) == (2, 1)


def test_short_numbers_are_kept_from_the_last_good_upload_alone(store: Store) -> None:
    order = order_in(store)
    store.plans.add(order, workbook="1", content=b"", document=document(("accueil", "8000")), by="camille")
    store.plans.add(order, workbook="2", content=b"", document=document(("accueil", "8009"), ok=False), by="camille")
    assert store.plans.allotted(order) == {("Lyon", "accueil"): "8000"}
    store.plans.add(order, workbook="3", content=b"", document=document(("atelier", "8001")), by="camille")
    assert store.plans.allotted(order) == {("Lyon", "atelier"): "8001"}
    store.plans.forget_allotted(order)
    assert store.plans.allotted(order) == {}


def test_two_seats_of_one_name_both_keep_their_numbers(store: Store) -> None:
    order = order_in(store)
    seats = document(("atelier", "8000"), ("atelier", "8001"))
    store.plans.add(order, workbook="1", content=b"", document=seats, by="camille")
    assert store.plans.allotted(order) == {("Lyon", "atelier"): "8000", ("Lyon", "atelier\n2"): "8001"}


# Appliances, tickets, strangers


def test_a_serial_typed_twice_is_refused_and_says_whose_it_is(store: Store) -> None:
    store.appliances.add(SERIAL, model="DH670", customer="Atelier Bleu")
    fault = refusal(store.appliances.add, SERIAL, model="DH470")
    assert (fault.code, fault.facts) == ("serial-known", {"serial": SERIAL, "customer": "Atelier Bleu"})
    assert store.appliances.get(SERIAL).model == "DH670"


def test_a_box_that_said_hello_before_it_was_registered_keeps_its_facts(store: Store) -> None:
    assert store.appliances.hello(SERIAL, address="192.0.2.7", facts={"ram": 8}) is False
    box = store.appliances.add(SERIAL, model="DH670")
    assert (box.hello_address, box.facts) == ("192.0.2.7", {"ram": 8})
    assert store.appliances.strangers() == ()
    assert store.appliances.hello(SERIAL, address="192.0.2.8", facts={}) is True
    assert store.appliances.hello_address(SERIAL) == "192.0.2.8"


def test_a_stranger_is_forgotten_after_a_day(store: Store, clock: StoppedClock) -> None:
    store.appliances.hello("SN0043", address="192.0.2.7", facts={})
    clock.pass_(timedelta(hours=25))
    assert store.appliances.strangers() == ()
    store.appliances.hello("SN0044", address="192.0.2.8", facts={})
    assert store.appliances.hello_address("SN0043") is None


TICKETS = {"read": "one", "report": "two", "logs": "three", "register": "four"}


def test_tickets_open_for_their_box_until_they_end(store: Store, clock: StoppedClock) -> None:
    store.appliances.add(SERIAL, model="DH670")
    store.installs.open_tickets(SERIAL, TICKETS)
    clock.pass_(timedelta(hours=5))
    assert store.installs.serial_of_ticket("two", "report") == SERIAL
    clock.pass_(timedelta(hours=5))
    assert store.installs.serial_of_ticket("three", "logs") == SERIAL, "progress renews all of them"
    clock.pass_(timedelta(hours=7))
    assert store.installs.serial_of_ticket("two", "report") is None


def test_a_ticket_opens_its_own_scope_and_no_other(store: Store) -> None:
    store.appliances.add(SERIAL, model="DH670")
    store.installs.open_tickets(SERIAL, TICKETS)
    opened = {
        (ticket, scope)
        for ticket in TICKETS.values()
        for scope in TICKETS
        if store.installs.serial_of_ticket(ticket, scope)
    }
    assert opened == {(ticket, scope) for scope, ticket in TICKETS.items()}


def test_new_tickets_end_the_earlier_ones(store: Store) -> None:
    store.appliances.add(SERIAL, model="DH670")
    store.installs.open_tickets(SERIAL, TICKETS)
    store.installs.open_tickets(SERIAL, {"report": "next"})
    assert [store.installs.serial_of_ticket(one, "report") for one in ("two", "next")] == [None, SERIAL]
    store.installs.end_tickets(SERIAL)
    assert store.installs.serial_of_ticket("next", "report") is None


def test_the_clock_of_tickets_begins_at_the_first_fetch(store: Store, clock: StoppedClock) -> None:
    store.appliances.add(SERIAL, model="DH670")
    store.installs.open_tickets(SERIAL, TICKETS)
    clock.pass_(timedelta(hours=5))
    store.installs.open_tickets(SERIAL, TICKETS)
    clock.pass_(timedelta(hours=2))
    assert store.installs.serial_of_ticket("two", "report") is None


def test_a_ticket_that_is_only_looked_at_lives_no_longer(store: Store, clock: StoppedClock) -> None:
    store.appliances.add(SERIAL, model="DH670")
    store.installs.open_tickets(SERIAL, TICKETS)
    clock.pass_(timedelta(hours=5))
    assert store.installs.serial_of_ticket("two", "report", renew=False) == SERIAL
    clock.pass_(timedelta(hours=2))
    assert store.installs.serial_of_ticket("two", "report") is None


def test_a_box_armed_again_forgets_its_earlier_installation(store: Store, clock: StoppedClock) -> None:
    store.appliances.add(SERIAL, model="DH670")
    store.installs.open_tickets(SERIAL, TICKETS)
    store.appliances.change(SERIAL, phase="installed", engine_ready_at=clock.now(), address="192.0.2.7")
    store.appliances.arm(SERIAL, by="camille")
    box = store.appliances.get(SERIAL)
    assert (box.phase, box.engine_ready_at, box.address, box.armed_by) == (None, None, None, "camille")
    assert store.installs.serial_of_ticket("two", "report") is None


def test_ten_logs_of_a_box_are_shown_newest_first(store: Store) -> None:
    store.appliances.add(SERIAL, model="DH670")
    for number in range(12):
        store.installs.append_log(SERIAL, LogPart(f"log-{number}", "a", 0, b"\x00\xff"), longest=100)
    assert [name for _, name, _ in store.installs.logs(SERIAL)] == [f"log-{n}" for n in range(11, 1, -1)]


def test_a_log_in_pieces_is_put_together_once_and_ends_at_its_limit(store: Store) -> None:
    store.appliances.add(SERIAL, model="DH670")
    pieces = [(0, b"one "), (4, b"two "), (4, b"two "), (8, b"three")]
    kept = [store.installs.append_log(SERIAL, LogPart("installer", "x", at, text), longest=10) for at, text in pieces]
    assert kept == [4, 8, 8, 10]
    ((_, name, body),) = store.installs.logs(SERIAL)
    assert (name, body) == ("installer", b"one two th")


def test_the_pace_of_a_phase_is_known_from_past_runs(store: Store) -> None:
    for seconds in (60, 70, 200):
        store.installs.phase_took(SERIAL, "base-begin", seconds)
    assert store.installs.paces() == {"base-begin": Pace(70, 200, 3)}


def test_a_search_takes_what_is_typed_as_letters_not_as_a_pattern(store: Store) -> None:
    for serial in ("SN0042", "SN0043", "S_0044"):
        store.appliances.add(Serial(serial), model="DH670")
    found = {typed: sorted(store.appliances.matching(typed)) for typed in ("sn004", "S_", "%42", "S\\")}
    assert found == {"sn004": ["SN0042", "SN0043"], "S_": ["S_0044"], "%42": [], "S\\": []}


# Stacks, portals, people


def test_a_stack_comes_back_as_it_was_added(store: Store) -> None:
    store.stacks.add_portal(Portal("portail", "https://portal.example", "staging", "/etc/ca.pem"))
    stack = Stack("atelier", "on-premise", urls={"confd": "http://127.0.0.1:9486/1.1"}, portal="portail")
    store.stacks.add(stack)
    assert store.stacks.get("atelier") == stack
    store.stacks.change("atelier", url="https://192.0.2.7")
    assert store.stacks.get("atelier").url == "https://192.0.2.7"


def test_names_that_are_taken_or_unknown_are_refused_with_those_that_are_known(store: Store) -> None:
    store.stacks.add(Stack("partage", "on-cloud", url="http://127.0.0.1:9"))
    assert refusal(store.stacks.add, Stack("partage", "on-cloud")).code == "stack-exists"
    assert refusal(store.stacks.get, "part").facts == {"name": "part", "known": "partage"}
    assert refusal(store.stacks.add, Stack("x", "on-cloud", portal="portail")).code == "unknown-portal"


def test_a_link_lets_in_once_and_for_twelve_hours(store: Store, clock: StoppedClock) -> None:
    store.people.add("camille", role="manager", language="fr")
    link, late = store.people.make_link("camille"), store.people.make_link("camille")
    found = store.people.use_link(link)
    assert found is not None
    assert (found.name, found.role) == ("camille", "manager")
    assert store.people.use_link(link) is None
    clock.pass_(timedelta(hours=12))
    assert store.people.use_link(late) is None
    assert store.people.use_link("made up") is None


def test_a_password_lets_in_its_own_name_only(store: Store) -> None:
    store.people.add("camille", role="manager", language="fr", password="un mot de passe")
    store.people.add("sacha", role="admin", language="fr")
    found = store.people.check_password("camille", "un mot de passe")
    assert found is not None
    assert found.name == "camille"
    for name, typed in (("camille", "autre"), ("sacha", ""), ("sacha", "un mot de passe"), ("nobody", "x")):
        assert store.people.check_password(name, typed) is None


def test_a_token_is_known_by_its_hash_alone(store: Store) -> None:
    token = store.people.add_token("bench-wall", role="screen")
    found = store.people.of_token(token)
    assert found is not None
    assert (found.name, found.role) == ("token:bench-wall", "screen")
    assert store.people.of_token(token[:-1]) is None
    assert refusal(store.people.add_token, "bench-wall", role="screen").code == "token-exists"


def test_a_person_of_a_taken_name_is_refused(store: Store) -> None:
    store.people.add("camille", role="manager", language="fr")
    assert refusal(store.people.add, "camille", role="admin", language="fr").code == "operator-exists"


# Change sets and actions


def test_a_change_set_is_open_until_it_is_closed(store: Store) -> None:
    order = order_in(store)
    store.plans.add(order, workbook="1", content=b"", document=document(), by="camille")
    number = store.changesets.approve(
        order,
        plan_version=1,
        fingerprint="3f9a0c11d2e4",
        lines={"fr": ["+ accueil"], "en": ["+ accueil"]},
        by="camille",
    )
    found = store.changesets.open(order)
    assert found is not None
    assert (found.id, found.lines["fr"], found.forced) == (number, ["+ accueil"], False)
    store.changesets.close(number, "applied")
    assert store.changesets.open(order) is None
    assert [one.status for one in store.changesets.of_order(order)] == ["applied"]


def test_an_intent_without_an_outcome_becomes_unknown_after_a_silence(store: Store) -> None:
    order = order_in(store)
    ended, left = (
        store.changesets.intend(order, step="provision", key=key, title={"fr": key}, method="POST", path="users")
        for key in ("8000", "8001")
    )
    store.changesets.outcome(ended, status="done", answer=201)
    assert store.changesets.settle_unknown(order) == 1
    assert [(one.key, one.status, one.answer) for one in store.changesets.recent(order)] == [
        ("8001", "unknown", None), ("8000", "done", 201),
    ]  # fmt: skip
    assert store.changesets.counts(order) == {"unknown": 1, "done": 1}
    assert left != ended


# Bench


def test_the_same_phone_scanned_again_replaces_what_was_said(store: Store) -> None:
    order = order_in(store)
    store.bench.scan(order, MAC, seat=None, by="camille")
    store.bench.scan(order, MAC, seat=Extension("8000"), by="sacha")
    assert [(scan.seat, scan.operator) for scan in store.bench.scans(order)] == [("8000", "sacha")]
    assert (store.bench.unscan(order, MAC), store.bench.unscan(order, MAC)) == (True, False)


def test_scans_come_in_the_order_they_were_made(store: Store, clock: StoppedClock) -> None:
    order = order_in(store)
    for mac in (OTHER_MAC, MAC):
        store.bench.scan(order, mac, seat=None, by="camille")
        clock.pass_(1)
    assert [scan.mac for scan in store.bench.scans(order)] == [OTHER_MAC, MAC]


def test_a_phone_of_another_order_is_found_there(store: Store) -> None:
    first, second = order_in(store), order_in(store)
    store.bench.scan(first, MAC, seat=None, by="camille")
    assert store.bench.held_elsewhere(MAC, order_id=second) == first
    assert store.bench.held_elsewhere(MAC, order_id=first) is None


def test_a_phone_given_to_an_order_is_held_by_it_until_it_is_accepted(store: Store, clock: StoppedClock) -> None:
    first, second = order_in(store), order_in(store)
    store.bench.keep_pairs(first, {"8000": MAC})
    assert store.bench.held_elsewhere(MAC, order_id=second) == first
    store.orders.keep(first, accepted_at=clock.now())
    assert store.bench.held_elsewhere(MAC, order_id=second) is None


def test_pairs_replace_those_known_before(store: Store) -> None:
    order = order_in(store)
    store.bench.keep_pairs(order, {"8000": MAC, "base 1": OTHER_MAC})
    store.bench.keep_pairs(order, {"8000": OTHER_MAC})
    assert store.bench.pairs(order) == {"8000": OTHER_MAC}
    store.bench.keep_pairs(order, {})
    assert store.bench.pairs(order) == {}


def test_each_print_takes_the_next_copy_and_the_last_one_counts(store: Store) -> None:
    order = order_in(store)
    items = [("handset", "8000"), ("carton", "8000")]
    assert store.bench.next_copies(order, items) == dict.fromkeys(items, 1)
    first, second = LabelCopy(1, "3f9a0c11d2e4aa01"), LabelCopy(2, "3f9a0c11d2e4aa02")
    store.bench.printed(order, dict.fromkeys(items, first), printer="dossier", status="printed", by="camille")
    store.bench.printed(order, {items[0]: second}, printer="dossier", status="sent", by="camille")
    assert store.bench.copies(order) == {items[0]: second, items[1]: first}
    assert store.bench.next_copies(order, items) == {items[0]: 3, items[1]: 2}


def test_a_copy_number_is_used_once_and_a_second_print_of_it_keeps_nothing(store: Store) -> None:
    order, first = order_in(store), LabelCopy(1, "3f9a0c11d2e4aa01")
    store.bench.printed(order, {("carton", "8000"): first}, printer="dossier", status="sending", by="camille")
    with pytest.raises(LabelRefused) as error:
        store.bench.printed(
            order,
            {("handset", "8000"): first, ("carton", "8000"): first},
            printer="zebra",
            status="sending",
            by="sacha",
        )
    assert error.value.faults[0].code == "labels-printed-meanwhile"
    assert store.bench.next_copies(order, [("handset", "8000")]) == {("handset", "8000"): 1}


def test_a_carton_is_packed_once_under_the_labels_it_bears(store: Store) -> None:
    order = order_in(store)
    tries = [store.bench.pack(order, "8000", handset=1, carton=copy, by="camille") for copy in (1, 1, 2, 2)]
    assert tries == [True, False, True, False]
    assert store.bench.packed(order) == {"8000": (1, 2)}


def test_printers_have_names_of_their_own(store: Store) -> None:
    printer = Printer("dossier", "folder:///tmp", "roll-100x50")
    store.bench.add_printer(printer)
    assert store.bench.get_printer("dossier") == printer
    assert refusal(store.bench.add_printer, printer).code == "printer-exists"
    assert refusal(store.bench.get_printer, "autre").facts == {"name": "autre", "known": "dossier"}


def test_a_document_made_again_replaces_the_earlier_one(store: Store) -> None:
    order = order_in(store)
    assert store.bench.document(order, "acceptance.pdf") is None
    for content in (b"first", b"second"):
        store.bench.keep_document(order, "acceptance.pdf", content)
    assert store.bench.document(order, "acceptance.pdf") == b"second"


# Timeline, hooks, workers


def test_an_order_shows_its_own_lines_and_those_of_its_box_in_order(store: Store) -> None:
    store.appliances.add(SERIAL, model="DH670")
    order, stranger = order_in(store, SERIAL), order_in(store)
    store.timeline.add("box-registered", {"model": "DH670"}, serial=SERIAL, operator="camille")
    store.timeline.add("order-shipped", order_id=stranger)
    store.timeline.add("order-opened", {"customer": "Atelier Bleu"}, order_id=order)
    assert [line.event for line in store.timeline.of_order(order)] == ["box-registered", "order-opened"]
    assert store.timeline.of_serial(SERIAL) == store.timeline.of_order(order)
    assert [line.event for line in store.timeline.of_order(order, limit=1)] == ["order-opened"]


def test_an_order_without_a_box_shows_no_line_of_others_without_one(store: Store) -> None:
    first, second = order_in(store), order_in(store)
    store.timeline.add("order-opened", order_id=first)
    assert store.timeline.of_order(second) == ()


def test_a_delivery_counts_once_per_source(store: Store) -> None:
    for source in ("erp", "crm"):
        store.hooks.add_source(source)
    found = [store.hooks.record(source, "event-1", b"{}") for source in ("erp", "erp", "crm")]
    assert found == [True, False, True]
    assert store.hooks.sources() == ("crm", "erp")
    assert refusal(store.hooks.add_source, "erp").code == "hook-source-exists"


def test_a_worker_that_beats_lives_and_one_that_stops_is_taken_over_once(store: Store, clock: StoppedClock) -> None:
    elsewhere = Workers(store.database, clock, host="other")
    name = elsewhere.claim()
    assert store.workers.alive() == 1
    clock.pass_(20)
    assert elsewhere.beat(name)
    clock.pass_(20)
    assert (store.workers.alive(), store.workers.take_dead("worker-2")) == (1, ())
    clock.pass_(20)
    assert store.workers.alive() == 0
    assert (store.workers.take_dead("worker-2"), store.workers.take_dead("worker-2")) == ((name,), ())


def test_a_worker_takes_the_name_of_one_that_died_and_with_it_its_jobs(store: Store, clock: StoppedClock) -> None:
    first = Workers(store.database, clock, host="other").claim()
    clock.pass_(40)
    assert store.workers.claim() == first


def test_a_worker_of_this_machine_that_is_only_suspended_keeps_its_name(store: Store, clock: StoppedClock) -> None:
    name = store.workers.claim()
    clock.pass_(60)
    assert (store.workers.alive(), store.workers.take_dead("worker-2")) == (1, ())
    assert store.workers.beat(name)


def test_a_worker_whose_name_was_taken_away_learns_it_with_its_next_beat(store: Store, clock: StoppedClock) -> None:
    elsewhere = Workers(store.database, clock, host="other")
    name = elsewhere.claim()
    clock.pass_(40)
    assert store.workers.take_dead("worker-2") == (name,)
    assert not elsewhere.beat(name)


def test_a_process_that_restarts_at_once_under_the_same_number_takes_its_old_name(store: Store) -> None:
    first = store.workers.claim()
    assert store.workers.claim() == first
    assert store.workers.alive() == 1


def test_a_password_is_hashed_at_the_cost_that_the_standard_asks_for() -> None:
    # RFC 9106, section 4, for where memory is scarce: argon2id, 64 MiB, three passes, four lanes.
    assert REAL().hash("un mot de passe assez long").startswith("$argon2id$v=19$m=65536,t=3,p=4$")
