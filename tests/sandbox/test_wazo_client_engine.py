"""Does the client bring a fresh engine of the sandbox to a tenant with a phone that fetched its file?"""

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
import requests

from staging.adapters import portal_http
from staging.adapters.portal_http import PortalAddress, PortalSession
from staging.adapters.wazo_http import plugins
from staging.adapters.wazo_http.address import EngineAddress
from staging.adapters.wazo_http.check import check_stack
from staging.adapters.wazo_http.devices import list_devices, registered_lines, synchronise
from staging.adapters.wazo_http.read import fetch_engine, fetch_tenant
from staging.adapters.wazo_http.restart import wait_for_provd
from staging.adapters.wazo_http.session import EngineSession
from staging.adapters.wazo_http.setup import (
    PortalRegistration,
    engine_health,
    ensure_tenant,
    set_up_engine,
)
from staging.adapters.wazo_http.waiting import Patience
from staging.core.faults import StackRefused, StackUnreachable, StagingError
from staging.core.secret import Secret
from staging.sandbox.serve import Served, serve
from staging.wazo.live import read_device, read_tenant
from staging.wazo.raw import Mattering

TENANT = "0f8b7c52-5a3e-4a43-9d0e-7c1f4f1f0a11"
MAC = "02:00:00:00:00:42"
SIRET = "55203253400646"
SOON = Patience(within=timedelta(seconds=10), every=timedelta(milliseconds=20))


@pytest.fixture
def fresh() -> Iterator[Served]:
    with serve(tenant_delay=0.05, restart_delay=0.1, operation_delay=0.01) as sandbox:
        yield sandbox


@pytest.fixture
def ready() -> Iterator[Served]:
    with serve(configured=True, tenant_delay=0.05, restart_delay=0.1, operation_delay=0.01) as sandbox:
        yield sandbox


def test_a_fresh_engine_is_set_up_registered_and_linked_and_again_changes_nothing(fresh: Served) -> None:
    with engine(fresh) as session, portal(fresh) as books:
        assert engine_health(session).configured is False
        assert portal_http.find_instance(books, "Atelier Bleu") is None
        assert register(session, books) == ["engine", "portal.instance"]
        written = writes(fresh)
        assert register(session, books) == []
        assert writes(fresh) == written
        (instance,) = fresh.world.portal.instances.values()
        assert portal_http.read_engine_through_portal(books, instance["uuid"]).configured
        customer = portal_http.find_customer(books, SIRET)
        assert customer is not None
        location = portal_http.find_location(books, customer_uuid=customer["uuid"], name="Siège")
        assert location is not None
        assert [link["uuid"] for link in location["wazo_tenants"]] == [TENANT]


def test_a_wrong_portal_key_stops_the_set_up_before_anything_happened(fresh: Served) -> None:
    with engine(fresh) as session:
        with pytest.raises(StackRefused) as caught:
            set_up(session, key=Secret("mauvaise-cle"))
        assert caught.value.faults[0].code == "stack-setup-login"
        assert engine_health(session).configured is False


def test_missing_plugins_are_installed_once(fresh: Served) -> None:
    wanted = ["wazo-yealink-v86", "wazo-yealink-v85"]
    with engine(fresh) as session:
        set_up_engine(session, password=Secret("sandbox"), patience=SOON)
        assert plugins.ensure_plugins(session, wanted, patience=SOON) == [f"plugin.{name}" for name in wanted]
        written = writes(fresh)
        assert plugins.ensure_plugins(session, wanted, patience=SOON) == []
        assert set(wanted) <= set(plugins.installed_plugins(session))
    assert writes(fresh) == written


def test_a_plugin_outside_the_catalogue_is_refused_by_name(fresh: Served) -> None:
    with engine(fresh) as session:
        set_up_engine(session, password=Secret("sandbox"), patience=SOON)
        with pytest.raises(StackRefused) as caught:
            plugins.ensure_plugins(session, ["wazo-nokia-3310"], patience=SOON)
    assert caught.value.faults[0].code == "stack-plugin-unknown"


def test_a_provd_that_restarts_by_itself_is_waited_for(ready: Served) -> None:
    with engine(ready) as session:
        trouble(ready, service="provd", path=".*/status", kind="error-before", times=4)
        wait_for_provd(session, patience=SOON)
        assert fetch_engine(session).networking["provision_host"] == "127.0.0.1"


def test_a_tenant_is_made_once_and_ready_for_contexts(ready: Served) -> None:
    with engine(ready) as session:
        first = ensure_tenant(session, name="Atelier Bleu", slug="atelier", uuid=TENANT, patience=SOON)
        second = ensure_tenant(session, name="Atelier Bleu", slug="atelier", uuid=TENANT, patience=SOON)
        assert (first.created, second.created) == (True, False)
        raw = fetch_tenant(session, TENANT)
    assert raw.tenant["sip_templates_generated"] is True
    assert raw.sip_template["label"] == "global"
    assert raw.users == raw.lines == raw.devices == ()


def test_a_slug_of_another_tenant_does_not_stop_ours(ready: Served) -> None:
    with engine(ready) as session:
        session.send("auth", "POST", "tenants", body={"name": "Autre", "slug": "atelier"})
        tenant = ensure_tenant(session, name="Atelier Bleu", slug="atelier", uuid=TENANT, patience=SOON)
        assert (tenant.uuid, tenant.slug != "atelier") == (TENANT, True)


def test_a_phone_goes_from_seen_to_fetched_and_registered(ready: Served) -> None:
    with engine(ready) as session:
        line = tenant_with_one_seat(session)
        room(ready, "plug", {"mac": MAC, "model": "T54W"})
        (seen,) = list_devices(session, TENANT)
        phone = read_device(seen)
        assert (phone.mac, phone.status, phone.new) == (MAC, "autoprov", True)
        session.send("confd", "PUT", f"devices/unallocated/{seen['id']}", tenant=TENANT)
        session.send("confd", "PUT", f"lines/{line}/devices/{seen['id']}", tenant=TENANT)
        phone = read_device(*list_devices(session, TENANT))
        assert (phone.status, phone.fetched_username == "acc8000") == ("configured", False)
        assert synchronise(session, seen["id"], tenant=TENANT, patience=SOON) is True
        assert read_device(*list_devices(session, TENANT)).fetched_username == "acc8000"
        assert registered_lines(session, TENANT) == {line: True}


def test_a_tenant_is_read_as_it_stands(ready: Served) -> None:
    with engine(ready) as session:
        tenant_with_one_seat(session)
        (user,) = fetch_tenant(session, TENANT).users
        raw = fetch_tenant(session, TENANT, funckeys_of=[user["uuid"]])
    assert [context["label"] for context in raw.contexts] == ["Interne"]
    assert [extension["exten"] for extension in raw.extensions] == ["8000"]
    assert user["lines"][0]["id"] == raw.lines[0]["id"]
    assert raw.funckeys[user["uuid"]]["keys"] == {}


def test_a_long_tenant_is_read_whole_over_several_pages(ready: Served) -> None:
    with engine(ready) as session:
        ensure_tenant(session, name="Atelier Bleu", slug="atelier", uuid=TENANT, patience=SOON)
        for number in range(230):
            session.send("confd", "POST", "users", body={"firstname": f"Poste {number:03}"}, tenant=TENANT)
        users = fetch_tenant(session, TENANT).users
    assert len({user["uuid"] for user in users}) == 230


def test_of_strangers_only_the_directory_is_read_whoever_sits_at_our_number_is_read_whole(ready: Served) -> None:
    with engine(ready) as session:
        tenant_with_one_seat(session)
        ours = {"firstname": "atelier", "userfield": "staging:7f3k", "caller_id": '"atelier"'}
        for user in (ours, {"firstname": "voisin", "caller_id": '"voisin"'}):
            session.send("confd", "POST", "users", body=user, tenant=TENANT)
        raw = fetch_tenant(session, TENANT, mattering=Mattering("staging:7f3k", frozenset({"8000"})))
        everybody = read_tenant(fetch_tenant(session, TENANT)).users
    assert {user["firstname"]: "caller_id" in user for user in raw.users} == {
        "Accueil": True, "atelier": True, "voisin": False,
    }  # fmt: skip
    assert [user.extension for user in read_tenant(raw).users] == [user.extension for user in everybody]


def test_a_crowd_costs_no_more_requests_than_a_few(ready: Served) -> None:
    with engine(ready) as session:
        tenant_with_one_seat(session)
        mattering = Mattering("staging:7f3k", frozenset({"8000"}))
        fetch_tenant(session, TENANT, mattering=mattering)
        few = asked_of(ready, lambda: fetch_tenant(session, TENANT, mattering=mattering))
        for number in range(250):
            session.send("confd", "POST", "users", body={"firstname": f"Voisin {number:03}"}, tenant=TENANT)
        many = asked_of(ready, lambda: fetch_tenant(session, TENANT, mattering=mattering))
    assert many == few
    assert few.count("GET /api/confd/1.1/users") == 2


def asked_of(sandbox: Served, work: Callable[[], object]) -> list[str]:
    """What the sandbox was asked meanwhile, in order of the alphabet."""
    before = len(sandbox.world.log)
    work()
    return sorted(f"{row['method']} {row['path']}" for row in sandbox.world.log[before:])


def test_a_healthy_stack_passes_its_check(ready: Served) -> None:
    with engine(ready) as session:
        ensure_tenant(session, name="Atelier Bleu", slug="atelier", uuid=TENANT, patience=SOON)
        findings = check_stack(session, tenant_uuid=TENANT)
    assert [finding.fault for finding in findings] == [None] * len(findings)
    assert {finding.what for finding in findings} >= {"stack-check-version", "stack-check-tenant", "stack-check-calld"}


def test_a_token_that_the_engine_drops_in_the_middle_is_not_noticed(ready: Served) -> None:
    with engine(ready) as session:
        session.send("confd", "GET", "infos")
        trouble(ready, service="confd", path=".*/users", kind="401", times=1)
        assert session.send("confd", "GET", "users").list_in("items") == []


@pytest.mark.parametrize(
    ("kind", "kept"), [("error-after", 1), ("error-before", 0), ("drop-after", 1), ("drop-before", 0)]
)
def test_a_write_that_meets_trouble_is_a_silence_and_was_sent_once(ready: Served, kind: str, kept: int) -> None:
    with engine(ready) as session:
        ensure_tenant(session, name="Atelier Bleu", slug="atelier", uuid=TENANT, patience=SOON)
        trouble(ready, service="confd", method="POST", path=".*/users", kind=kind, times=1)
        with pytest.raises(StackUnreachable):
            session.send("confd", "POST", "users", body={"firstname": "Accueil"}, tenant=TENANT)
        assert len(fetch_tenant(session, TENANT).users) == kept


@pytest.mark.parametrize(
    ("ask", "code"),
    [
        (lambda s: s.send("confd", "POST", "contexts", body={}, tenant=TENANT), "stack-refused"),
        (lambda s: s.send("confd", "GET", f"users/{TENANT}", tenant=TENANT), "stack-not-found"),
        (lambda s: s.send("confd", "GET", "users", tenant="11111111-1111-4111-8111-111111111111"), "stack-forbidden"),
        (lambda s: s.send("confd", "GET", "no-such-thing"), "stack-strange-answer"),
        (lambda s: s.send("auth", "POST", "tenants", body={"name": "A", "uuid": TENANT}), "stack-duplicate"),
    ],
)
def test_the_sandboxs_refusals_become_our_codes(ready: Served, ask: Callable[[Any], Any], code: str) -> None:
    with engine(ready) as session:
        ensure_tenant(session, name="Atelier Bleu", slug="atelier", uuid=TENANT, patience=SOON)
        with pytest.raises(StagingError) as caught:
            ask(session)
    assert caught.value.faults[0].code == code


def engine(sandbox: Served) -> EngineSession:
    return EngineSession(EngineAddress.of(sandbox.url), username="root", password=Secret("sandbox"), read_timeout=10)


def portal(sandbox: Served) -> PortalSession:
    return PortalSession(PortalAddress(f"{sandbox.url}/portal"), username="staging", password=Secret("sandbox"))


def set_up(session: EngineSession, *, key: Secret, instance_uuid: str | None = None) -> list[str]:
    registration = PortalRegistration(
        host="127.0.0.1", service_id="staging", service_key=key, instance_name="Atelier Bleu", engine_host="203.0.113.7"
    )
    return set_up_engine(
        session, password=Secret("sandbox"), internal_address="10.9.0.1", portal=registration,
        instance_uuid=instance_uuid, patience=SOON,
    )  # fmt: skip


def register(session: EngineSession, books: PortalSession) -> list[str]:
    """The register step as a job does it: look first, set up, then customer, location and link."""
    present = portal_http.find_instance(books, "Atelier Bleu")
    done = set_up(session, key=Secret("sandbox"), instance_uuid=present["uuid"] if present else None)
    instance = portal_http.find_instance(books, "Atelier Bleu")
    assert instance is not None
    tenant = ensure_tenant(session, name="Atelier Bleu", slug="atelier", uuid=TENANT, patience=SOON)
    customer = portal_http.ensure_customer(books, name="Atelier Bleu", siret=SIRET)
    location = portal_http.ensure_location(books, customer_uuid=customer.uuid, name="Siège")
    portal_http.ensure_link(books, location_uuid=location.uuid, instance_uuid=instance["uuid"], tenant_uuid=tenant.uuid)
    return done


def tenant_with_one_seat(session: EngineSession) -> int:
    """The line of the seat *accueil*, 8000, in a new tenant."""
    ensure_tenant(session, name="Atelier Bleu", slug="atelier", uuid=TENANT, patience=SOON)
    ranges = {"label": "Interne", "type": "internal", "user_ranges": [{"start": "8000", "end": "8019"}]}
    context = session.send("confd", "POST", "contexts", body=ranges, tenant=TENANT).object()["name"]
    template = session.send("confd", "GET", f"tenants/{TENANT}", tenant=TENANT).object()["global_sip_template_uuid"]
    line = {
        "context": context,
        "extensions": [{"exten": "8000"}],
        "endpoint_sip": {
            "name": "acc8000",
            "auth_section_options": [["username", "acc8000"], ["password", "pourLaDemo1"]],
            "templates": [{"uuid": template}],
        },
    }
    user = session.send("confd", "POST", "users", body={"firstname": "Accueil", "lines": [line]}, tenant=TENANT)
    return int(user.object()["lines"][0]["id"])


def room(sandbox: Served, what: str, body: object) -> None:
    requests.post(f"{sandbox.url}/room/{what}", json=body, timeout=5).raise_for_status()


def trouble(sandbox: Served, **rule: object) -> None:
    room(sandbox, "faults", [rule])


def writes(sandbox: Served) -> int:
    counts = requests.get(f"{sandbox.url}/room/counts", timeout=5).json()
    return int(counts["writes"])
