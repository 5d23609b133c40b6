"""What can be asked of an order, and what is refused? Orders, plans, changes and agreement, on a sandbox's stack."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from staging.bootstrap import House
from staging.core.faults import ChangesRefused, Fault, PlanRefused, Refused, StackUnreachable
from staging.core.messages import explain
from staging.core.words import LANGUAGES
from staging.desk import orders, stacks
from staging.jobs.job import Order, Portal, Stack
from staging.sandbox.serve import Served, serve
from tests.fakes.house import (
    BY,
    CRECHE,
    SAMPLES,
    SIRET,
    counts,
    make_house,
    order_on,
    overview,
    ready_box,
    shared_stack,
    work,
    workbook,
)

ACCUEIL = ("accueil", "STANDARDISTES", "T54W", "création")
DIRECTRICE = ("directrice", "POSTE FIXE", "T54W", "création")
ATELIER = ("atelier", "POSTE FIXE", "T31P", None)


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    made = make_house(tmp_path / "home")
    yield made
    made.store.database.close()


@pytest.fixture
def sandbox() -> Iterator[Served]:
    with serve(configured=True) as served:
        yield served


@pytest.fixture
def silent(house: House) -> None:
    """A shared stack that nobody needs to answer."""
    shared_stack(house, "http://127.0.0.1:9")


def open_order(house: House, **given: Any) -> Order:
    asked = {"customer": "Atelier Bleu", "siret": SIRET, "stack": "partage", "by": BY, **given}
    return orders.new_order(house.desk, **asked)


def refused(house: House, **given: Any) -> list[str]:
    with pytest.raises(Refused) as error:
        open_order(house, **given)
    for fault in error.value.faults:
        for lang in LANGUAGES:
            message = explain(fault, lang)
            assert message.text
            assert message.hint
            assert "{" not in message.text + message.hint
    return [fault.code for fault in error.value.faults]


def upload(house: House, order: Order, path: Path) -> dict[str, str]:
    """Upload a workbook; the short number of each seat by name."""
    version = orders.upload_plan(house.desk, order.id, path, name=path.name, by=BY, lang="fr")
    return {f"{seat['firstname']} {seat['lastname']}".strip(): seat["extension"] for seat in version.document["seats"]}


def events(house: House, order_id: str) -> list[str]:
    return [line.event for line in house.store.timeline.of_order(order_id)]


# Opening


@pytest.mark.parametrize("siret", ["73282932000075", "7328293200007", "", "tréflé", "732 829 320 0007A"])
@pytest.mark.usefixtures("silent")
def test_a_siret_that_cannot_be_one_is_refused(house: House, siret: str) -> None:
    assert refused(house, siret=siret) == ["bad-siret"]


@pytest.mark.usefixtures("silent")
def test_a_siret_is_kept_without_its_spaces(house: House) -> None:
    assert open_order(house, siret=" 732 829 320 00074 ").siret == SIRET


@pytest.mark.parametrize("customer", ["", "   ", "A" * 129, "Atelier\x00Bleu", "Atelier\nBleu"])
@pytest.mark.usefixtures("silent")
def test_a_customer_needs_a_name_that_can_be_shown(house: House, customer: str) -> None:
    assert refused(house, customer=customer) == ["bad-customer"]


@pytest.mark.parametrize("customer", ["Atelier 藍", "Atelier 🔵", "אטלייה"])
def test_a_customer_whose_name_no_label_could_show_is_refused_before_anything_is_made(
    house: House, customer: str
) -> None:
    assert refused(house, customer=customer) == ["customer-undrawable"]


@pytest.mark.parametrize("customer", ["L’Atelier Bleu & fils – œuvres", "Ателье", "E\u0301cole"])
@pytest.mark.usefixtures("silent")
def test_a_customer_is_called_as_it_likes_in_letters_that_can_be_printed(house: House, customer: str) -> None:
    assert open_order(house, customer=customer).customer == customer


@pytest.mark.parametrize("range_", ["8000", "8079-8000", "800-8079", "8000-80 79x", "1-2", "٨٠٠٠-٨٠٧٩", "8000-8079-9"])
@pytest.mark.usefixtures("silent")
def test_a_range_is_two_short_numbers_of_one_length_in_order(house: House, range_: str) -> None:
    assert refused(house, extensions=range_) == ["bad-extension-range"]


@pytest.mark.parametrize("main_to", ["8", "123456789", "huit"])
@pytest.mark.usefixtures("silent")
def test_what_the_main_number_rings_is_a_short_number(house: House, main_to: str) -> None:
    assert refused(house, main_to=main_to) == ["invalid-extension"]


@pytest.mark.usefixtures("silent")
def test_all_that_is_wrong_with_an_order_is_told_at_once(house: House) -> None:
    found = refused(house, customer="", siret="1", extensions="1", serial="?", main_to="x")
    assert found == ["bad-customer", "bad-siret", "bad-extension-range", "invalid-extension", "bad-serial"]
    assert house.store.orders.all() == ()


@pytest.mark.usefixtures("silent")
def test_an_order_for_a_serial_or_a_stack_nobody_knows_is_refused(house: House) -> None:
    assert refused(house, serial="SN0042") == ["unknown-serial"]
    assert refused(house, stack="nulle-part") == ["unknown-stack"]


@pytest.mark.usefixtures("silent")
def test_a_box_has_one_order(house: House) -> None:
    serial = ready_box(house)
    first = open_order(house, serial="sn0042")
    assert first.serial == serial
    assert refused(house, serial="SN0042") == ["serial-has-order"]
    second = open_order(house)
    with pytest.raises(Refused) as error:
        orders.attach_serial(house.desk, second.id, serial, by=BY)
    assert error.value.faults[0].facts["order"] == first.id


NOWHERE = ("", "10.1.2", "10.1.2.3.4", "256.1.2.3", "-x.example", "a b", "é.example", "x" * 40, "x-.fr")
NO_MACHINE = ("127.0.0.1", "0.0.0.0", "224.0.0.1", "169.254.1.1", "10.1.2.0/24", "10.1.2.255/24")
NO_NETWORK = ("10.1.2.3/28", "10.1.2.3/", "10.1.2.3/31", "10.1.2.3/255.255.255.0", "10.1.2.3/٢٤", "pbx.example/24")


@pytest.mark.parametrize(
    "address", [*NOWHERE, *NO_MACHINE, *NO_NETWORK, pytest.param(f"10.1.2.3/{'9' * 5000}", id="endless")]
)
@pytest.mark.usefixtures("silent")
def test_a_final_address_is_one_that_phones_can_reach(house: House, address: str) -> None:
    order = open_order(house)
    with pytest.raises(Refused) as error:
        orders.set_final_address(house.desk, order.id, address, by=BY)
    assert error.value.faults[0].code == "bad-address"


@pytest.mark.usefixtures("silent")
def test_a_bad_final_address_leaves_no_half_made_order(house: House) -> None:
    assert refused(house, final_address="10.1.2") == ["bad-address"]
    assert house.store.orders.all() == ()


# Plans


@pytest.mark.usefixtures("silent")
def test_a_plan_with_errors_is_kept_and_the_one_before_goes_on_counting(house: House) -> None:
    order = order_on(house, "partage")
    before = house.store.orders.get(order.id).wake
    version = orders.upload_plan(
        house.desk, order.id, SAMPLES / "plan-with-faults.xlsx", name="faults.xlsx", by=BY, lang="fr"
    )
    assert not version.ok
    assert version.document["faults"]
    good = house.store.plans.latest(order.id, ok=True)
    assert good is not None
    assert (good.version, good.workbook) == (1, CRECHE.name)
    assert events(house, order.id)[-1] == "plan-with-errors"
    assert house.store.orders.get(order.id).wake == before


@pytest.mark.parametrize("content", [b"", b"\x00" * 400, b"PK\x03\x04broken", b"%PDF-1.7 not a workbook"])
@pytest.mark.usefixtures("silent")
def test_what_is_no_workbook_is_kept_with_the_one_fault_that_says_so(
    house: House, tmp_path: Path, content: bytes
) -> None:
    order = order_on(house, "partage", plan=None)
    path = tmp_path / "plan.xlsx"
    path.write_bytes(content)
    version = orders.upload_plan(house.desk, order.id, path, name="plan.xlsx", by=BY, lang="fr")
    assert not version.ok
    (fault,) = version.document["faults"]
    assert fault["message"]
    assert fault["hint"]
    assert house.store.plans.latest(order.id, ok=True) is None


@pytest.mark.usefixtures("silent")
def test_a_row_inserted_above_moves_no_short_number(house: House, tmp_path: Path) -> None:
    order = open_order(house)
    first = upload(house, order, workbook(tmp_path / "1.xlsx", ACCUEIL, DIRECTRICE))
    second = upload(house, order, workbook(tmp_path / "2.xlsx", ATELIER, DIRECTRICE, ACCUEIL))
    assert {name: second[name] for name in first} == first
    assert second["atelier"] not in first.values()


@pytest.mark.usefixtures("silent")
def test_a_faulty_upload_in_between_moves_no_short_number_either(house: House, tmp_path: Path) -> None:
    order = open_order(house)
    first = upload(house, order, workbook(tmp_path / "1.xlsx", ACCUEIL, DIRECTRICE))
    upload(house, order, workbook(tmp_path / "2.xlsx", ("directrice", "POSTE FIX", "T54W", None), ACCUEIL))
    third = upload(house, order, workbook(tmp_path / "3.xlsx", DIRECTRICE, ACCUEIL))
    assert third == first


@pytest.mark.usefixtures("silent")
def test_a_good_plan_drops_what_was_approved_and_reopens_from_configure(house: House, tmp_path: Path) -> None:
    order = open_order(house)
    upload(house, order, workbook(tmp_path / "1.xlsx", ACCUEIL))
    for name in house.store.orders.steps(order.id):
        house.store.orders.set_step(order.id, name, status="done")
    house.store.changesets.approve(order.id, plan_version=1, fingerprint="3f9a0c11d2e4", lines={}, by=BY)
    upload(house, order, workbook(tmp_path / "2.xlsx", ACCUEIL, DIRECTRICE))
    assert house.store.changesets.open(order.id) is None
    left = [step.name for step in house.store.orders.steps(order.id).values() if step.status == "to-do"]
    assert left == ["configure", "provision", "phones", "label", "accept"]


@pytest.mark.usefixtures("silent")
def test_a_customers_own_stack_takes_no_second_customer(house: House) -> None:
    stacks.add_stack(house.desk, Stack("atelier", "on-premise", url="http://127.0.0.1:9"), password=None)
    first = open_order(house, stack="atelier")
    assert refused(house, stack="atelier") == ["stack-has-order"]
    house.store.orders.keep(first.id, accepted_at=house.desk.clock.now())
    assert open_order(house, stack="atelier").id != first.id


# Changes and agreement


def test_changes_are_shown_before_they_are_made_and_showing_writes_nothing(house: House, sandbox: Served) -> None:
    shared_stack(house, sandbox.url)
    order = order_on(house, "partage")
    work(house, order.id)
    writes = overview(sandbox)["writes"]
    shown = orders.show_changes(house.desk, order.id)
    assert len(shown.lines("fr")) == len(shown.changes) > 6
    assert shown.fingerprint == orders.show_changes(house.desk, order.id).fingerprint
    assert overview(sandbox)["writes"] == writes


def test_what_was_agreed_to_is_carried_out_and_then_there_is_nothing_to_agree_to(house: House, sandbox: Served) -> None:
    shared_stack(house, sandbox.url)
    order = order_on(house, "partage")
    work(house, order.id)
    shown = orders.show_changes(house.desk, order.id)
    number = orders.approve(house.desk, order.id, expect=shown.fingerprint, by=BY)
    found = house.store.changesets.open(order.id)
    assert found is not None
    assert (found.id, found.fingerprint, list(found.lines["en"])) == (
        number,
        shown.fingerprint,
        list(shown.lines("en")),
    )
    work(house, order.id)
    assert house.store.changesets.open(order.id) is None
    assert orders.approve(house.desk, order.id, expect=None, by=BY) is None
    assert orders.approve(house.desk, order.id, expect=shown.fingerprint, by=BY) is None
    with pytest.raises(ChangesRefused):
        orders.approve(house.desk, order.id, expect="000000000000", by=BY)
    assert counts(sandbox, house.store.orders.get(order.id).tenant_uuid)["users"] == 6


def test_a_stack_that_moved_since_is_not_written_to(house: House, sandbox: Served, tmp_path: Path) -> None:
    shared_stack(house, sandbox.url)
    order = open_order(house)
    upload(house, order, workbook(tmp_path / "1.xlsx", ACCUEIL, DIRECTRICE))
    applied(house, order)
    upload(house, order, workbook(tmp_path / "2.xlsx", ACCUEIL, DIRECTRICE, ATELIER))
    work(house, order.id)
    shown = orders.show_changes(house.desk, order.id)
    remove_user(house, order.id, "directrice")
    with pytest.raises(ChangesRefused) as error:
        orders.approve(house.desk, order.id, expect=shown.fingerprint, by=BY)
    assert error.value.faults[0].code == "changes-moved"
    assert says(error.value.faults[0], shown.fingerprint)
    assert house.store.changesets.open(order.id) is None


@pytest.mark.parametrize("forced", [False, True])
def test_a_tenant_that_holds_somebody_elses_users_is_never_written_to(
    house: House, sandbox: Served, forced: bool
) -> None:
    shared_stack(house, sandbox.url)
    order = order_on(house, "partage")
    work(house, order.id)
    for name in ("camille", "sacha", "dominique"):
        add_user(house, order.id, name)
    shown = orders.show_changes(house.desk, order.id)
    assert [fault.code for fault in shown.faults if fault.severity == "error"] == ["tenant-not-ours"]
    with pytest.raises(ChangesRefused) as error:
        orders.approve(house.desk, order.id, expect=None, by=BY, forced=forced)
    assert says(error.value.faults[0], "camille")
    assert counts(sandbox, house.store.orders.get(order.id).tenant_uuid)["users"] == 3


def test_the_worker_too_refuses_a_strangers_tenant_and_the_order_waits_for_a_person(
    house: House, sandbox: Served
) -> None:
    shared_stack(house, sandbox.url)
    order = order_on(house, "partage")
    work(house, order.id)
    orders.approve(house.desk, order.id, expect=None, by=BY)
    for name in ("camille", "sacha", "dominique"):
        add_user(house, order.id, name)
    work(house, order.id)
    step = house.store.orders.steps(order.id)["provision"]
    assert (step.status, step.fault.code if step.fault else None) == ("failed", "tenant-not-ours")
    assert counts(sandbox, house.store.orders.get(order.id).tenant_uuid)["users"] == 3


def test_many_users_renamed_at_once_need_a_person_who_insists(house: House, sandbox: Served, tmp_path: Path) -> None:
    shared_stack(house, sandbox.url)
    order = open_order(house)
    upload(house, order, workbook(tmp_path / "1.xlsx", *(seat(f"poste {n}") for n in range(4))))
    applied(house, order)
    upload(house, order, workbook(tmp_path / "2.xlsx", *(seat(f"bureau {n}") for n in range(4))))
    work(house, order.id)
    step = house.store.orders.steps(order.id)["provision"]
    assert (step.status, step.fault.code if step.fault else None) == ("failed", "too-many-rewrites")
    with pytest.raises(ChangesRefused) as error:
        orders.approve(house.desk, order.id, expect=None, by=BY)
    assert [fault.code for fault in error.value.faults] == ["too-many-rewrites"]
    orders.approve(house.desk, order.id, expect=None, by=BY, forced=True)
    work(house, order.id)
    assert house.store.orders.steps(order.id)["provision"].status == "done"
    assert unlike(house, order) == []


def test_a_stack_changed_by_hand_differs_until_it_is_applied_again(house: House, sandbox: Served) -> None:
    shared_stack(house, sandbox.url)
    order = order_on(house, "partage")
    applied(house, order)
    assert unlike(house, order) == []
    remove_user(house, order.id, "directrice")
    assert "user" in unlike(house, order)
    house.store.orders.reopen_from(order.id, "provision")
    applied(house, order)
    assert unlike(house, order) == []


def test_without_a_plan_or_a_tenant_there_is_nothing_to_compare(house: House, sandbox: Served) -> None:
    shared_stack(house, sandbox.url)
    empty = order_on(house, "partage", plan=None)
    with pytest.raises(StackUnreachable) as early:
        orders.show_changes(house.desk, empty.id)
    assert early.value.faults[0].code == "tenant-not-made"
    work(house, empty.id)
    with pytest.raises(PlanRefused) as without:
        orders.show_changes(house.desk, empty.id)
    assert without.value.faults[0].code == "order-without-plan"
    assert house.store.orders.steps(empty.id)["configure"].waits_for == "waits-plan"


def test_an_order_that_waits_for_its_plan_goes_on_when_it_comes(house: House, sandbox: Served) -> None:
    shared_stack(house, sandbox.url)
    order = order_on(house, "partage", plan=None)
    work(house, order.id)
    orders.upload_plan(house.desk, order.id, CRECHE, name="plan.xlsx", by=BY, lang="fr")
    work(house, order.id)
    assert house.store.orders.steps(order.id)["provision"].waits_for == "waits-approval"


# A stack that says no, and one that is silent


def test_a_silent_stack_is_waited_for_and_what_was_given_is_kept(house: House) -> None:
    served = serve(configured=True)
    port = int(served.url.rpartition(":")[2])
    shared_stack(house, served.url)
    served.stop()
    order = order_on(house, "partage")
    work(house, order.id)
    step = house.store.orders.steps(order.id)["register"]
    assert (step.status, step.waits_for) == ("waiting", "waits-retry")
    assert step.fault is not None
    assert says(step.fault, f"127.0.0.1:{port}")
    with serve(port=port, configured=True):
        orders.resume(house.desk, order.id, by=BY)
        work(house, order.id)
        assert house.store.orders.steps(order.id)["provision"].waits_for == "waits-approval"
    assert house.store.plans.latest(order.id, ok=True) is not None


def test_a_wrong_password_stops_the_order_until_the_right_one_is_given(house: House, sandbox: Served) -> None:
    shared_stack(house, sandbox.url, password="autre")
    order = order_on(house, "partage")
    work(house, order.id)
    step = house.store.orders.steps(order.id)["register"]
    assert (step.status, step.again_at) == ("failed", None)
    assert step.fault is not None
    assert step.fault.code == "stack-password"
    assert says(step.fault, "127.0.0.1")
    stacks.change_stack(house.desk, house.store.stacks.get("partage"), password="sandbox", by=BY)
    work(house, order.id)
    assert house.store.orders.steps(order.id)["provision"].waits_for == "waits-approval"


def test_an_untrusted_certificate_or_another_address_is_corrected_where_the_order_stopped(
    house: House, sandbox: Served
) -> None:
    shared_stack(house, "http://127.0.0.1:9")
    order = order_on(house, "partage")
    work(house, order.id)
    known = house.store.stacks.get("partage")
    for wrong, code in ((replace(known, url=None), "stack-needs-url"), (replace(known, url="ftp://x"), "bad-url")):
        with pytest.raises(Refused) as refused:
            stacks.change_stack(house.desk, wrong, password=None, by=BY)
        assert [fault.code for fault in refused.value.faults] == [code]
    assert house.store.stacks.get("partage") == known
    stacks.change_stack(house.desk, replace(known, url=sandbox.url), password=None, by=BY)
    work(house, order.id)
    assert house.store.orders.steps(order.id)["provision"].waits_for == "waits-approval"


def test_a_portals_account_is_corrected_where_the_order_stopped(house: House, sandbox: Served) -> None:
    stacks.add_portal(house.desk, Portal("portail", f"{sandbox.url}/portal", "staging"), password="autre")
    stack = Stack("atelier", "on-premise", url=sandbox.url, portal="portail")
    stacks.add_stack(house.desk, stack, password="sandbox")
    order = order_on(house, "atelier")
    work(house, order.id)
    step = house.store.orders.steps(order.id)["register"]
    assert step.fault is not None
    assert step.fault.code == "stack-password"
    stacks.change_portal(house.desk, house.store.stacks.get_portal("portail"), password="sandbox", by=BY)
    assert house.store.orders.steps(order.id)["register"].status == "to-do"


def test_a_shared_stack_needs_its_address_and_password_and_a_known_format(house: House) -> None:
    with pytest.raises(Refused) as error:
        stacks.add_stack(house.desk, Stack("partage", "on-cloud", did_format="huit"), password=None)
    codes = [fault.code for fault in error.value.faults]
    assert codes == ["stack-needs-url", "stack-needs-password", "bad-did-format"]
    assert house.store.stacks.all() == ()


def test_a_check_of_a_stack_says_what_answers_and_what_does_not(house: House, sandbox: Served) -> None:
    shared_stack(house, sandbox.url)
    assert all(finding.ok for finding in stacks.check(house.desk, "partage"))
    stacks.add_stack(house.desk, Stack("muet", "on-cloud", url="http://127.0.0.1:9"), password="x")
    assert [finding.ok for finding in stacks.check(house.desk, "muet")].count(True) == 0


def applied(house: House, order: Order) -> None:
    work(house, order.id)
    orders.approve(house.desk, order.id, expect=None, by=BY)
    work(house, order.id)


def unlike(house: House, order: Order) -> list[str]:
    """Nouns in which the stack differs, phones aside: none is plugged."""
    found = orders.verify(house.desk, order.id)
    return [one.noun for one in found if one.noun not in ("device", "seating")]


def add_user(house: House, order_id: str, name: str) -> None:
    """Somebody adds a user in the order's tenant by hand."""
    order = house.store.orders.get(order_id)
    engine = house.desk.engine_of(house.store.stacks.get(order.stack))
    engine.send(service="confd", method="POST", path="users", body={"firstname": name}, tenant_uuid=order.tenant_uuid)


def remove_user(house: House, order_id: str, name: str) -> None:
    """Somebody deletes one of our users by hand."""
    view = orders.stack_view(house.desk, order_id)
    (user,) = (user for user in view.live.users if user.firstname == name)
    engine = house.desk.engine_of(house.store.stacks.get("partage"))
    tenant = house.store.orders.get(order_id).tenant_uuid
    engine.send(
        service="confd", method="DELETE", path=f"users/{user.uuid}?recursive=true", body=None, tenant_uuid=tenant
    )


def seat(name: str) -> tuple[str, str, str, None]:
    return (name, "POSTE FIXE", "T31P", None)


def says(fault: Fault, word: str) -> bool:
    """Whether both languages name it, with a hint."""
    messages = [explain(fault, lang) for lang in LANGUAGES]
    return all(word in f"{one.text} {fault.at}" and one.hint for one in messages)
