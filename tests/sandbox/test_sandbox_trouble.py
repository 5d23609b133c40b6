"""Can trouble be ordered: lost answers, cut connections, refusals in the middle, slow days?"""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests

from staging.sandbox.latency import listed_ms, recorded_ms
from staging.sandbox.serve import serve
from staging.sandbox.trouble import RuleError, read_rule
from tests.fakes.sandbox_bench import Bench

DEAD = "00000000-0000-4000-8000-000000000000"
BASE = "02:00:00:00:00:60"


@pytest.fixture
def bench() -> Iterator[Bench]:
    with serve(configured=True, tenant_delay=0, restart_delay=0.2) as served:
        yield Bench(served)


def names(bench: Bench) -> list[str]:
    bench.post("/room/faults", [])
    return [user["firstname"] for user in bench.get("confd/1.1/users")["items"]]


def test_an_error_after_the_work_leaves_the_work_done(bench: Bench) -> None:
    bench.post("/room/faults", [{"kind": "error-after", "method": "POST", "path": "/users$"}])
    reply = bench.send("POST", "confd/1.1/users", {"firstname": "accueil"})
    assert (reply.status_code, reply.json()) == (500, {"message": "Internal Server Error"})
    assert names(bench) == ["accueil"]


def test_an_error_before_the_work_leaves_it_undone(bench: Bench) -> None:
    bench.post("/room/faults", [{"kind": "error-before", "path": "/users$"}])
    assert bench.send("POST", "confd/1.1/users", {"firstname": "accueil"}).status_code == 503
    assert names(bench) == []


@pytest.mark.parametrize(("kind", "kept"), [("drop-before", []), ("drop-after", ["accueil"])])
def test_a_cut_connection_says_nothing_of_what_was_done(bench: Bench, kind: str, kept: list[str]) -> None:
    bench.post("/room/faults", [{"kind": kind, "method": "POST", "path": "/users$"}])
    with pytest.raises(requests.ConnectionError):
        bench.send("POST", "confd/1.1/users", {"firstname": "accueil"})
    assert bench.get("/room/log")[-1] == {"method": "POST", "path": "/api/confd/1.1/users", "status": 0}
    assert names(bench) == kept


def test_only_the_nth_request_is_hit(bench: Bench) -> None:
    bench.post("/room/faults", [{"kind": "401", "service": "confd", "nth": 2}])
    assert [bench.send("GET", "confd/1.1/users").status_code for _ in range(3)] == [200, 401, 200]


def test_a_token_that_dies_in_the_middle_is_refused_in_each_daemons_own_words(bench: Bench) -> None:
    bench.post("/room/faults", [{"kind": "401"}])
    assert bench.send("GET", "confd/1.1/users").json() == [f"('{DEAD}', 'confd.users.read')"]
    assert bench.send("GET", "provd/0.2/dev_mgr/devices").text == "Unauthorized"
    assert bench.send("GET", "calld/1.0/lines").json()["error_id"] == "unauthorized"


def test_every_third_is_hit_and_no_more_often_than_said(bench: Bench) -> None:
    bench.post("/room/faults", [{"kind": "error-before", "every": 3, "times": 1}])
    assert [bench.send("GET", "confd/1.1/users").status_code for _ in range(6)] == [200, 200, 503, 200, 200, 200]


def test_provd_comes_back_after_its_restart(bench: Bench) -> None:
    bench.post("/room/faults", [{"kind": "provd-restart", "path": "dev_mgr/devices$", "times": 1}])
    assert bench.send("GET", "provd/0.2/dev_mgr/devices").status_code == 502
    assert bench.send("GET", "confd/1.1/devices").status_code == 500
    bench.wait_for("provd/0.2/dev_mgr/devices")


def test_a_new_provisioning_address_restarts_provd(bench: Bench) -> None:
    body = {"provision_host": "127.0.0.2", "provision_http_port": 8667}
    bench.session.headers.pop("Wazo-Tenant")
    bench.put("confd/1.1/provisioning/networking", body)
    assert bench.send("GET", "provd/0.2/status").status_code == 502
    bench.wait_for("provd/0.2/status")


def test_latency_delays_each_request(bench: Bench) -> None:
    bench.post("/room/faults", [{"kind": "latency", "ms": 80}])
    started = time.monotonic()
    bench.get("confd/1.1/users")
    assert time.monotonic() - started >= 0.08


def test_the_recorded_times_are_those_of_the_measures() -> None:
    assert recorded_ms("POST", "/api/auth/0.1/token") == 163.5
    assert recorded_ms("PUT", "/api/confd/1.1/lines/4/devices/abc") == 221.0
    assert recorded_ms("GET", "/api/provd/0.2/dev_mgr/devices") == 40.0


def test_a_long_list_takes_longer_and_the_directory_hardly_does() -> None:
    path = "/api/confd/1.1/users"
    whole = listed_ms("GET", path, "", found=2224, shown=2224)
    page = listed_ms("GET", path, "limit=100", found=2224, shown=100)
    assert 9000 < whole < 10_000
    assert 1200 < page < 1700
    assert listed_ms("GET", path, "limit=5000&view=directory", found=2224, shown=2224) < 200
    assert listed_ms("GET", "/api/provd/0.2/dev_mgr/devices", "", found=9, shown=9) == 0


def test_with_the_recorded_times_each_daemon_works_on_one_request_at_a_time() -> None:
    with serve(configured=True, tenant_delay=0, latency_ms="recorded") as served:
        bench = Bench(served)
        started = time.monotonic()
        with ThreadPoolExecutor(4) as crowd:
            list(crowd.map(bench.get, ["confd/1.1/extensions"] * 4))
        assert time.monotonic() - started >= 4 * recorded_ms("GET", "/api/confd/1.1/extensions") / 1000


@pytest.mark.parametrize(
    "given",
    [{"kind": "flood"}, {"kind": "401", "nth": 0}, {"kind": "401", "path": "("}, {"kind": "401", "when": 1}, {}],
)
def test_a_rule_that_makes_no_sense_is_refused(given: dict[str, object]) -> None:
    with pytest.raises(RuleError):
        read_rule(given)


def test_handsets_put_on_one_base_all_at_once_are_refused_and_one_by_one_are_not(bench: Bench) -> None:
    device = bench.plug(BASE, "W60B")["device"]
    bench.put(f"confd/1.1/devices/unallocated/{device}")
    users = [bench.user(f"atelier {n}", f"801{n}", position=n) for n in range(1, 5)]
    paths = [f"confd/1.1/lines/{user['lines'][0]['id']}/devices/{device}" for user in users]
    bench.post("/room/faults", [{"kind": "latency", "method": "PUT", "path": "/devices/", "ms": 100}])
    with ThreadPoolExecutor(4) as pool:
        replies = list(pool.map(lambda path: bench.send("PUT", path), paths))
    refused = [reply.json() for reply in replies if reply.status_code != 204]
    assert refused
    assert all(text.startswith("Provd client error: 400 Client Error") for text in refused)
    for path in paths:
        bench.put(path)
    assert len(bench.get(f"confd/1.1/devices/{device}/lines")["items"]) == 4


def test_without_wazo_auth_confd_answers_503_and_repeats_the_token(bench: Bench) -> None:
    bench.post("/room/faults", [{"kind": "auth-down"}])
    reply = bench.send("GET", "confd/1.1/users")
    assert reply.status_code == 503
    assert str(bench.session.headers["X-Auth-Token"]) in reply.text


def test_without_the_bus_a_user_is_made_and_denied_and_one_with_a_login_is_not_made(bench: Bench) -> None:
    bench.post("/room/faults", [{"kind": "bus-down"}])
    assert bench.send("POST", "confd/1.1/users", {"firstname": "accueil"}).status_code == 500
    login = {"username": "directrice", "password": "secret-secret"}
    assert bench.send("POST", "confd/1.1/users", {"firstname": "directrice", "auth": login}).status_code == 500
    assert names(bench) == ["accueil"]


def test_without_the_bus_confd_never_hears_of_a_tenant(bench: Bench) -> None:
    bench.post("/room/faults", [{"kind": "bus-down", "method": "POST", "path": "/tenants$"}])
    assert bench.send("POST", "auth/0.1/tenants", {"name": "Hall", "slug": "hall"}).status_code == 500
    bench.post("/room/faults", [])
    known = {tenant["slug"]: tenant["uuid"] for tenant in bench.get("auth/0.1/tenants")["items"]}
    time.sleep(0.05)
    assert bench.send("GET", f"confd/1.1/tenants/{known['hall']}").status_code == 404


def test_the_loser_of_a_race_gets_500_and_a_mac_is_declared_twice(bench: Bench) -> None:
    bench.post("confd/1.1/extensions", {"exten": "8000", "context": bench.internal})
    bench.post("confd/1.1/devices", {"mac": BASE})
    bench.post("/room/faults", [{"kind": "race"}])
    lost = bench.send("POST", "confd/1.1/extensions", {"exten": "8000", "context": bench.internal})
    assert lost.status_code == 500
    assert "UniqueViolation" in lost.text
    assert bench.send("POST", "confd/1.1/devices", {"mac": BASE}).status_code == 201
    bench.post("/room/faults", [])
    assert [device["mac"] for device in bench.get("confd/1.1/devices")["items"]] == [BASE, BASE]
