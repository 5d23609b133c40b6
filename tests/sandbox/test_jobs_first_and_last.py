"""Does what happens once to an engine, its set-up at first and its move at last, happen once whatever fails?"""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from staging.core.faults import StackRefused, StackUnreachable
from staging.desk import orders
from staging.jobs.job import Outcome
from staging.jobs.steps import run_accept
from staging.sandbox.trouble import read_rule
from staging.wazo.facts import Preset
from tests.fakes.failures import fail_everywhere
from tests.fakes.house import BY
from tests.fakes.plan_rows import Row, write_rows
from tests.fakes.rig import Failure, Killed, Moment, OnTheWire, Rig, Trouble

BENCH, CUSTOMERS = "127.0.0.1", "192.0.2.77"
SEATS = (Row("accueil", "8000"), Row("directrice", "8001"))


def fresh(home: Path, trouble: Trouble) -> Rig:
    """An order on an engine as its installer left it, that was registered on a portal in this trouble."""

    def register(rig: Rig) -> None:
        rig.trouble = trouble
        rig.new_worker()
        rig.work_through(lambda: rig.step("register").status == "done", attempts=40)

    plan = write_rows(home / "plan.xlsx", *SEATS)
    return Rig(home, plan, portal="MotDuPortail9", preset=Preset(firmware=False), begin=register)


@pytest.mark.parametrize("failure", ["no-answer-after", "500-after", "reset-before"])
def test_an_engine_is_set_up_and_registered_once_whatever_fails(tmp_path: Path, failure: OnTheWire) -> None:
    trouble = fail_everywhere(failure)
    rig = fresh(tmp_path, trouble)
    portal = rig.world.portal
    assert trouble.struck.total() >= 5
    assert [row["name"] for row in portal.instances.values()] == ["atelier"]
    assert (len(portal.customers), len(portal.locations)) == (1, 1)
    (location,) = portal.locations.values()
    assert [link["uuid"] for link in location["wazo_tenants"]] == [rig.order.tenant_uuid]
    assert sum(1 for row in rig.world.accounts.tenants.values() if row["name"] == "Atelier Bleu") == 1


def test_an_engine_without_the_internet_says_which_plugin_and_goes_on_when_it_is_back(tmp_path: Path) -> None:
    def cut_off(rig: Rig) -> None:
        rig.world.trouble.rules.append(read_rule({"kind": "no-internet", "service": "provd"}))

    plan = write_rows(tmp_path / "plan.xlsx", *SEATS)
    rig = Rig(tmp_path, plan, portal="MotDuPortail9", preset=Preset(firmware=False), begin=cut_off)
    rig.work()
    fault = rig.step("configure").fault
    assert fault is not None
    assert (fault.code, fault.facts["what"]) == ("stack-operation-failed", "catalogue")
    rig.world.trouble.rules.clear()
    orders.resume(rig.desk, rig.order_id, by=BY)
    rig.work()
    assert rig.step("configure").status == "done"
    assert list(rig.world.provd.installed) == ["wazo-yealink-v87"]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Rig:
    rig = fresh(tmp_path_factory.mktemp("rig"), Trouble())
    rig.agree()
    rig.work_through(rig.applied)
    orders.set_final_address(rig.desk, rig.order_id, CUSTOMERS, by=BY)
    return rig


@pytest.fixture(scope="module")
def applied(made: Rig) -> Moment:
    return made.moment()


@pytest.fixture
def rig(made: Rig, applied: Moment) -> Iterator[Rig]:
    made.back_to(applied)
    yield made
    made.trouble = Trouble()
    made.world.trouble.rules.clear()


def accepted(rig: Rig, *, attempts: int = 60) -> Outcome:
    """The last step, by as many workers as it takes."""
    for _ in range(attempts):
        try:
            return run_accept(rig.order, rig.desk.needs)
        except Killed:
            rig.new_worker()
        except StackUnreachable:
            continue
    raise AssertionError("never accepted")


@pytest.mark.parametrize("failure", ["no-answer-after", "500-after", "killed-before-outcome"])
def test_the_customers_address_stands_everywhere_whatever_fails_on_the_way(rig: Rig, failure: Failure) -> None:
    rig.trouble = fail_everywhere(failure)
    rig.new_worker()
    ended = accepted(rig)
    assert ended.status == "done"
    # No prefix length, no network: said where everybody reads it.
    assert ended.told == ("order-accepted-phonebook-closed", {"address": CUSTOMERS})
    assert rig.trouble.struck.total() >= 4
    settings = {name: rig.world.setting(name) for name in ("networking", "registrar", "dhcp")}
    held = {name: document for name, document in {**settings, **rig.world.provd.configs}.items() if _at_bench(document)}
    assert held == {}
    (instance,) = rig.world.portal.instances.values()
    assert (instance["private_host"], instance["public_host"]) == (CUSTOMERS, CUSTOMERS)
    writes = rig.world.writes
    assert accepted(rig).status == "done"
    assert rig.world.writes == writes


def states(rig: Rig) -> list[str]:
    """How the phones on the bench stand; `configured` says that a file waits that the phone has not read."""
    return [phone["state"] for phone in rig.app.test_client().get("/room/phones").json or ()]


def test_phones_on_the_bench_read_the_file_with_the_customers_address_and_are_told_once(rig: Rig) -> None:
    assert accepted(rig).status == "done"
    assert states(rig) == ["registered", "registered"]
    files = [phone["file"] for phone in rig.world.room.phones.values()]
    assert all(CUSTOMERS in text and BENCH not in text for text in files)
    assert ("phones-told-address", 2, 0) in moved(rig)
    assert accepted(rig).status == "done"
    assert {count for kind, count in rig.trouble.asked.items() if kind.endswith("dev_mgr/synchronize")} == {2}


def test_an_acceptance_that_is_refused_tells_no_phone(rig: Rig) -> None:
    engine = rig.desk.engine_of(rig.house.store.stacks.get("atelier"))
    user = rig.world.db.users.all()[0]
    gone = f"users/{user['uuid']}/voicemails"
    engine.send(service="confd", method="DELETE", path=gone, body=None, tenant_uuid=rig.order.tenant_uuid)
    with pytest.raises(StackRefused):
        run_accept(rig.order, rig.desk.needs)
    assert moved(rig) == []
    assert [kind for kind in rig.trouble.asked if kind.endswith("dev_mgr/synchronize")] == []


def test_a_phone_that_is_packed_already_is_told_of_in_the_timeline(rig: Rig) -> None:
    rig.world.room.notify = "503"
    assert accepted(rig).status == "done"
    assert ("phones-told-address", 0, 2) in moved(rig)


def test_a_phone_that_the_engine_will_not_tell_does_not_refuse_the_acceptance(rig: Rig) -> None:
    rig.world.trouble.rules.append(read_rule({"kind": "401", "service": "provd", "path": "dev_mgr/synchronize$"}))
    assert accepted(rig).status == "done"
    assert ("phones-told-address", 0, 2) in moved(rig)


def test_a_url_at_the_bench_where_phones_ask_for_their_files_moves_too(rig: Rig) -> None:
    networking = rig.world.setting("networking")
    rig.world.keep_setting("networking", {**networking, "provision_http_base_url": f"https://{BENCH}:8443/phones"})
    assert accepted(rig).status == "done"
    assert rig.world.setting("networking")["provision_http_base_url"] == f"https://{CUSTOMERS}:8443/phones"
    files = [phone["file"] for phone in rig.world.room.phones.values()]
    assert all(f"https://{CUSTOMERS}:8443/phones" in text for text in files)


def test_a_url_of_somebody_elses_where_phones_ask_for_their_files_stays(rig: Rig) -> None:
    url = "https://phones.atelier-bleu.example/files"
    rig.world.keep_setting("networking", {**rig.world.setting("networking"), "provision_http_base_url": url})
    assert accepted(rig).status == "done"
    assert rig.world.setting("networking")["provision_http_base_url"] == url


def test_a_bench_address_inside_a_setting_refuses_the_acceptance_and_is_named(rig: Rig) -> None:
    registrar = rig.world.setting("registrar")
    rig.world.keep_setting("registrar", {**registrar, "outbound_proxy_host": f"sip:{BENCH}:5060"})
    rig.world.keep_setting(
        "networking", {**rig.world.setting("networking"), "provision_http_base_url": "https://x9.example"}
    )
    with pytest.raises(StackRefused) as refused:
        run_accept(rig.order, rig.desk.needs)
    assert [(fault.code, fault.facts["where"]) for fault in refused.value.faults] == [
        ("bench-address-left", "registrar (outbound_proxy_host)")
    ]


def test_an_address_that_only_begins_like_the_benchs_is_another(rig: Rig) -> None:
    rig.world.keep_setting("registrar", {**rig.world.setting("registrar"), "outbound_proxy_host": f"{BENCH}1"})
    assert accepted(rig).status == "done"


def moved(rig: Rig) -> list[tuple[str, int, int]]:
    lines = rig.house.store.timeline.of_order(rig.order_id)
    told = [line for line in lines if line.event == "phones-told-address"]
    return [(line.event, line.facts["reached"], line.facts["silent"]) for line in told]


def _at_bench(document: object) -> bool:
    return BENCH in json.dumps(document)
