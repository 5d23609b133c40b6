"""Do we ask as the real daemons were asked, and understand what they answered?"""

from datetime import timedelta
from typing import Any

import pytest

from staging.adapters.wazo_http.devices import list_devices, synchronise
from staging.adapters.wazo_http.operations import below_version, state_of
from staging.adapters.wazo_http.read import fetch_engine, fetch_tenant, list_all
from staging.adapters.wazo_http.setup import ensure_tenant, wait_for_templates
from staging.adapters.wazo_http.waiting import Patience
from staging.core.faults import StackRefused, StackUnreachable
from staging.wazo.live import read_device
from tests.fakes.recorded import AnsweringStack, Asked, NotRecordedError, RecordedStack, exchanges, session_on

TENANT = "6cdce66b-d074-427c-b51c-fdc446b89c39"
AT_ONCE = Patience(within=timedelta(seconds=0), every=timedelta(0), pause=lambda _: None)


def test_a_login_gives_the_master_tenant() -> None:
    with RecordedStack(("01-setup",)).session() as session:
        assert session.master_tenant() == "c162211b-50e5-4a52-ba6f-2f27fc34b9b0"


def test_the_contexts_of_a_tenant_are_listed_whole() -> None:
    with RecordedStack(("01-setup",)).session() as session:
        contexts = list_all(session, "confd", "contexts", tenant=TENANT)
    assert [context["label"] for context in contexts] == ["Internal", "Incalls", "Incalls short", "Outcalls"]


def test_a_tenant_is_ready_when_its_templates_were_generated() -> None:
    with RecordedStack(("01-setup",)).session() as session:
        found = wait_for_templates(session, TENANT, patience=AT_ONCE)
    assert found["global_sip_template_uuid"] == "bc7f8a9b-173e-4d56-9264-2991693c696e"


def test_a_nested_user_is_created_with_the_recorded_request() -> None:
    recorded = next(e for e in exchanges("02-nested") if e.method == "POST")
    with RecordedStack(("02-nested",)).session() as session:
        reply = session.send("confd", "POST", "users", body=recorded.request_body, tenant=TENANT)
    assert reply.status == 201
    assert reply.object()["uuid"] == recorded.response_body["uuid"]


def test_a_request_that_was_never_recorded_fails_loudly() -> None:
    with RecordedStack(("01-setup",)).session() as session, pytest.raises(NotRecordedError):
        session.send("confd", "GET", "queues")


def test_provd_is_spoken_to_in_its_own_media_type() -> None:
    device = "c34ccc432234490d8515480d740fa4e1"
    with RecordedStack(("05-devices",)).session() as session:
        found = session.send("provd", "GET", f"dev_mgr/devices/{device}", tenant=TENANT).object_in("device")
    assert found["mac"] == "80:5e:c0:11:22:33"


@pytest.mark.parametrize(("mode", "sent"), [("ok", True), ("error", False), ("503", False)])
def test_synchronising_tells_what_provd_knows_and_confd_hides(mode: str, sent: bool) -> None:
    with after_synchronising(mode).session() as session:
        assert synchronise(session, "45c7faca06db4ca29ff5572f26e21e2c", tenant=OWNER, patience=AT_ONCE) is sent


def test_the_status_computed_from_provd_is_the_one_that_confd_shows() -> None:
    by_provd, shown = {}, {}
    compared: list[tuple[str, str]] = []
    for exchange in exchanges("05-devices"):
        body = exchange.response_body
        if exchange.service == "provd" and isinstance(body, dict) and "device" in body:
            by_provd[body["device"]["id"]] = read_device(body["device"]).status
        elif exchange.service == "confd" and exchange.method == "GET" and isinstance(body, dict) and "status" in body:
            shown[body["id"]] = body["status"]
        compared += [(by_provd.pop(device), shown.pop(device)) for device in by_provd.keys() & shown.keys()]
    assert compared
    assert all(ours == theirs for ours, theirs in compared)


@pytest.mark.parametrize(
    ("device", "status"),
    [
        ({"configured": True}, "corrupted"),
        ({"configured": False}, "corrupted"),
        ({"config": "autoprov1", "configured": True}, "autoprov"),
        ({"config": "abc", "configured": True}, "configured"),
        ({"config": "abc", "configured": False}, "not_configured"),
    ],
)
def test_a_device_has_one_of_four_states(device: dict[str, Any], status: str) -> None:
    assert read_device({"id": "a", **device}).status == status


def test_unallocated_phones_are_listed_with_the_tenants_own_each_once() -> None:
    def answer(asked: Asked) -> Any:
        if "dev_mgr" not in asked.url:
            return None
        fresh, given = {"id": "b", "is_new": True}, {"id": "c", "is_new": False}
        return 200, {
            "devices": [{"id": "a"}] if asked.headers["Wazo-Tenant"] == TENANT else [{"id": "a"}, fresh, given]
        }

    with session_on(AnsweringStack(answer)) as session:
        assert [device["id"] for device in list_devices(session, TENANT)] == ["a", "b"]


@pytest.mark.parametrize(
    ("written", "state"),
    [
        ("success", "success"),
        ("progress;12/40", "progress"),
        ("install|waiting", "waiting"),
        ("install|progress(download|progress;100/200)(unpack|waiting)", "progress"),
        ("fail(download|fail)", "fail"),
    ],
)
def test_the_state_of_an_operation_stands_before_its_parts(written: str, state: str) -> None:
    assert state_of(written) == state


def test_an_operations_address_is_taken_from_below_the_inner_version() -> None:
    assert below_version("/0.2/pg_mgr/install/install/7") == "pg_mgr/install/install/7"
    assert below_version("https://host/api/provd/0.2/dev_mgr/synchronize/1") == "dev_mgr/synchronize/1"
    assert below_version("") == ""


def test_a_long_list_is_read_page_by_page() -> None:
    rows = [{"id": n} for n in range(7)]
    stack = AnsweringStack(paged(rows))
    with session_on(stack) as session:
        assert list_all(session, "confd", "lines", page=3) == tuple(rows)
    assert len([a for a in stack.asked if "/lines" in a.url]) == 3


def test_a_row_that_moved_between_two_pages_is_found_all_the_same() -> None:
    def answer(asked: Asked) -> Any:
        if asked.path.endswith("/token"):
            return None
        offset = "offset=0" in asked.url and "limit" in asked.url
        if "limit" not in asked.url:
            return 200, {"total": 3, "items": [{"id": 1}, {"id": 2}, {"id": 3}]}
        return 200, {"total": 3, "items": [{"id": 1}, {"id": 2}] if offset else [{"id": 2}]}

    with session_on(AnsweringStack(answer)) as session:
        assert [row["id"] for row in list_all(session, "confd", "lines", page=2)] == [1, 2, 3]


def test_a_tenant_is_read_with_a_bounded_number_of_requests() -> None:
    stack = AnsweringStack(small_tenant)
    with session_on(stack) as session:
        raw = fetch_tenant(session, TENANT, funckeys_of=["u1"])
    assert [user["uuid"] for user in raw.users] == ["u1"]
    assert raw.sip_template["label"] == "global"
    assert raw.funckeys == {"u1": {"keys": {}}}
    assert len(stack.asked) == 15
    assert stack.writes() == []


def test_the_engines_settings_are_read_without_a_write() -> None:
    stack = AnsweringStack(small_engine)
    with session_on(stack) as session:
        raw = fetch_engine(session)
    assert raw.default_device["raw_config"]["ntp_ip"] == "10.0.0.1"
    assert list(raw.plugins_installable) == ["wazo-yealink-v86"]
    assert stack.writes() == []


def test_a_list_of_the_wrong_form_is_a_strange_answer() -> None:
    stack = AnsweringStack(lambda asked: None if asked.path.endswith("/token") else (200, ["no", "items"]))
    with session_on(stack) as session, pytest.raises(StackUnreachable) as caught:
        list_all(session, "confd", "lines")
    assert caught.value.faults[0].code == "stack-strange-answer"


@pytest.mark.parametrize("answer", [(200, "<!doctype html><title>Hello</title>"), (302, "")], ids=["page", "elsewhere"])
def test_a_web_page_or_a_redirection_says_that_the_address_is_wrong(answer: tuple[int, str]) -> None:
    stack = AnsweringStack(lambda asked: None if asked.path.endswith("/token") else answer)
    with session_on(stack) as session, pytest.raises(StackRefused) as caught:
        session.send("confd", "GET", "users")
    assert caught.value.faults[0].code == "stack-strange-answer"


def test_a_tenants_slug_that_another_has_is_left_to_the_engine() -> None:
    made: list[dict[str, Any]] = []

    def answer(asked: Asked) -> Any:
        if asked.method == "POST" and asked.path.endswith("/tenants"):
            if "slug" in asked.body:
                return 409, {"message": "Conflict detected", "error_id": "conflict", "details": {"slug": {}}}
            made.append(asked.body)
            return 200, {**asked.body, "slug": "atelierbl2"}
        if asked.path.startswith("/0.1/tenants/"):
            return 404, {"message": "No such tenant", "error_id": "unknown-tenant"}
        if asked.path.startswith("/1.1/tenants/"):
            return 200, {"uuid": TENANT, "sip_templates_generated": True}
        return None

    with session_on(AnsweringStack(answer)) as session:
        tenant = ensure_tenant(session, name="Atelier Bleu", slug="atelier-bleu", uuid=TENANT, patience=AT_ONCE)
    assert (tenant.slug, tenant.created) == ("atelierbl2", True)
    assert made == [{"name": "Atelier Bleu", "uuid": TENANT}]


def test_a_tenant_that_confd_never_learns_of_says_so() -> None:
    def answer(asked: Asked) -> Any:
        if asked.path.startswith("/0.1/tenants/"):
            return 200, {"uuid": TENANT, "slug": "atelier"}
        return (404, ["Resource Not Found - Tenant was not found"]) if "/1.1/" in asked.url else None

    with session_on(AnsweringStack(answer)) as session, pytest.raises(StackUnreachable) as caught:
        ensure_tenant(session, name="Atelier Bleu", slug="atelier", uuid=TENANT, patience=AT_ONCE)
    assert caught.value.faults[0].code == "stack-tenant-unknown"


OWNER = "c34390b7-c778-4796-8d54-05b19317de95"


def after_synchronising(mode: str) -> RecordedStack:
    """The recording, wound forward to the answers of one mode of the telephone side."""
    number = {"ok": 1, "error": 2, "503": 3}[mode]
    # No recording clears an operation away: path and status follow the daemon's OpenAPI file.
    stack = RecordedStack(
        ("15-synchronize-provd",), unrecorded={("DELETE", f"/0.2/dev_mgr/synchronize/{number}"): (204, "")}
    )
    with stack.session() as session:
        for _ in range(number - 1):
            session.send("provd", "POST", "dev_mgr/synchronize", body={"id": "45c7faca06db4ca29ff5572f26e21e2c"})
    return stack


def paged(rows: list[dict[str, Any]]) -> Any:
    def answer(asked: Asked) -> Any:
        if asked.path.endswith("/token"):
            return None
        query = dict(pair.split("=") for pair in asked.url.partition("?")[2].split("&"))
        start = int(query["offset"])
        return 200, {"total": len(rows), "items": rows[start : start + int(query["limit"])]}

    return answer


def small_tenant(asked: Asked) -> Any:
    if asked.path.endswith("/token"):
        return None
    if "/dev_mgr/" in asked.url:
        return 200, {"devices": []}
    if "/1.1/tenants/" in asked.url:
        return 200, {"uuid": TENANT, "global_sip_template_uuid": "g"}
    if "/endpoints/sip/templates/" in asked.url:
        return 200, {"uuid": "g", "label": "global"}
    if asked.path.endswith("/funckeys"):
        return 200, {"keys": {}}
    return 200, {"total": 1, "items": [{"uuid": "u1"}] if asked.path.endswith("/users") else [{"id": 1}]}


def small_engine(asked: Asked) -> Any:
    if "/configs/base" in asked.url:
        return 404, "No resource found", {"content-type": "text/plain"}
    if "/configs/defaultconfigdevice" in asked.url:
        return 200, {"config": {"id": "defaultconfigdevice", "raw_config": {"ntp_ip": "10.0.0.1"}}}
    if "/pg_mgr/" in asked.url:
        return 200, {"pkgs": {"wazo-yealink-v86": {}} if "installable" in asked.url else {}}
    if "access_features" in asked.url:
        return 200, {"total": 0, "items": []}
    return None if asked.path.endswith("/token") else (200, {})
