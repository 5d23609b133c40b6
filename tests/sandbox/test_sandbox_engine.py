"""Does a fresh engine become one in service: set-up, portal, tokens, tenants, plugins?"""

import json
import time
from collections.abc import Iterator
from typing import Any

import pytest
import requests
from click.testing import CliRunner

from staging.core.faults import Fault, Refused
from staging.core.messages import explain
from staging.sandbox.app import create_sandbox
from staging.sandbox.commands import sandbox
from staging.sandbox.serve import Served, serve
from tests.fakes.sandbox_bench import Bench

SETUP = {
    "engine_language": "fr_FR",
    "engine_password": "motdepasse",
    "engine_license": True,
    "engine_internal_address": "192.0.2.10",
    "nestbox_host": "portal.example",
    "nestbox_service_id": "staging",
    "nestbox_service_key": "sandbox",
    "nestbox_instance_name": "Atelier Bleu",
    "nestbox_engine_host": "192.0.2.10",
}


@pytest.fixture
def fresh() -> Iterator[Served]:
    with serve(tenant_delay=0.05) as served:
        yield served


@pytest.fixture
def bench() -> Iterator[Bench]:
    # Long enough that a busy machine still sees the moment before.
    with serve(configured=True, tenant_delay=0.4, operation_delay=0.4) as served:
        yield Bench(served)


def set_up(served: Served, **changes: Any) -> requests.Response:
    return requests.post(f"{served.url}/api/setupd/1.0/setup", json=SETUP | changes, timeout=5)


def instances(served: Served) -> list[Any]:
    reply = requests.post(f"{served.url}/portal/api/auth/0.1/token", auth=("staging", "sandbox"), json={}, timeout=5)
    headers = {"X-Auth-Token": reply.json()["data"]["token"]}
    found = requests.get(f"{served.url}/portal/api/deployd/0.1/instances", headers=headers, timeout=5)
    return list(found.json()["items"])


def log_in(served: Served, password: str) -> int:
    url = f"{served.url}/api/auth/0.1/token"
    return requests.post(url, auth=("root", password), json={}, timeout=5).status_code


def test_before_its_set_up_an_engine_is_configurable_and_knows_nobody(fresh: Served) -> None:
    wizard = requests.get(f"{fresh.url}/api/confd/1.1/wizard", timeout=5).json()
    assert (wizard["configured"], wizard["configurable"]) == (False, True)
    assert log_in(fresh, "sandbox") == 401


def test_set_up_gives_root_its_password_and_registers_the_stack(fresh: Served) -> None:
    assert set_up(fresh).status_code == 201
    assert log_in(fresh, "motdepasse") == 200
    (stack,) = instances(fresh)
    assert (stack["name"], stack["public_host"], stack["installed"]) == ("Atelier Bleu", "192.0.2.10", True)
    assert "password" not in stack


def test_a_second_set_up_without_its_instance_registers_the_stack_twice(fresh: Served) -> None:
    set_up(fresh)
    set_up(fresh)
    assert len(instances(fresh)) == 2


def test_a_second_set_up_with_its_instance_updates_it(fresh: Served) -> None:
    set_up(fresh)
    (stack,) = instances(fresh)
    set_up(fresh, engine_instance_uuid=stack["uuid"], nestbox_instance_name="Atelier Bleu 2")
    assert [again["name"] for again in instances(fresh)] == ["Atelier Bleu 2"]


def test_a_wrong_portal_key_changes_nothing(fresh: Served) -> None:
    reply = set_up(fresh, nestbox_service_key="faux")
    assert (reply.status_code, reply.json()["error_id"]) == (500, "setup-token-failed")
    assert requests.get(f"{fresh.url}/api/confd/1.1/wizard", timeout=5).json()["configured"] is False


def test_a_set_up_without_password_says_what_is_missing(fresh: Served) -> None:
    reply = set_up(fresh, engine_password=None)
    assert (reply.status_code, list(reply.json()["details"])) == (400, ["engine_password"])


def test_a_token_lives_as_long_as_it_was_asked_to(bench: Bench) -> None:
    url = f"{bench.served.url}/api/auth/0.1/token"
    body = {"expiration": 1}
    token = requests.post(url, auth=("root", "sandbox"), json=body, timeout=5).json()["data"]["token"]
    bench.session.headers["X-Auth-Token"] = token
    assert bench.send("GET", "confd/1.1/users").status_code == 200
    time.sleep(1.05)
    reply = bench.send("GET", "confd/1.1/users")
    assert (reply.status_code, reply.json()) == (401, [f"('{token}', 'confd.users.read')"])


def test_confd_hears_of_a_tenant_a_moment_after_it_was_made(bench: Bench) -> None:
    tenant = bench.post("auth/0.1/tenants", {"name": "Deuxième"})["uuid"]
    assert bench.send("GET", f"confd/1.1/tenants/{tenant}").status_code == 404
    bench.wait_for(f"confd/1.1/tenants/{tenant}")
    assert bench.get(f"confd/1.1/tenants/{tenant}")["sip_templates_generated"] is True


def test_provd_wants_its_own_media_type_and_says_no_in_one_word(bench: Bench) -> None:
    body = {"id": "x"}
    plain = bench.send("POST", "provd/0.2/dev_mgr/synchronize", body, **{"Content-Type": "application/json"})
    assert plain.status_code == 415
    assert bench.send("GET", "provd/0.2/dev_mgr/devices", Accept="application/json").status_code == 406
    bench.session.headers["X-Auth-Token"] = "none"
    reply = bench.send("GET", "provd/0.2/dev_mgr/devices")
    assert (reply.status_code, reply.text) == (401, "Unauthorized")


def test_a_plugin_is_installed_after_the_catalogue_was_read_and_an_operation_was_waited_for(bench: Bench) -> None:
    refused = bench.send("POST", "provd/0.2/pg_mgr/install/install", {"id": "wazo-yealink-v87"})
    assert refused.status_code == 400
    bench.send("POST", "provd/0.2/pg_mgr/install/update", {})
    reply = bench.send("POST", "provd/0.2/pg_mgr/install/install", {"id": "wazo-yealink-v87"})
    where = f"provd{reply.headers['Location']}"
    assert bench.get(where)["status"] == "install_pkg|progress"
    time.sleep(0.45)
    assert bench.get(where)["status"] == "install_pkg|success"
    assert "wazo-yealink-v87" in bench.get("provd/0.2/pg_mgr/install/installed")["pkgs"]


def test_a_new_registrar_address_is_in_the_phones_files_at_once(bench: Bench) -> None:
    device = bench.plug("02:00:00:00:00:01")["device"]
    bench.put(f"confd/1.1/devices/unallocated/{device}")
    bench.associate(bench.user("accueil", "8001"), device)
    bench.put("confd/1.1/registrars/default", {"main_host": "192.0.2.10", "proxy_main_host": "192.0.2.10"})
    text = bench.send("GET", "/room/files/02:00:00:00:00:01").text
    assert "account.1.sip_server.1.address = 192.0.2.10" in text
    assert bench.phone("02:00:00:00:00:01")["state"] == "configured"


def test_a_customer_a_location_and_its_tenant_are_linked_on_the_portal(fresh: Served) -> None:
    set_up(fresh)
    (stack,) = instances(fresh)
    session = requests.Session()
    reply = session.post(f"{fresh.url}/portal/api/auth/0.1/token", auth=("staging", "sandbox"), json={}, timeout=5)
    session.headers["X-Auth-Token"] = reply.json()["data"]["token"]
    confd = f"{fresh.url}/portal/api/confd/1.0"
    body = {"name": "Atelier Bleu", "client_id": "12345678200010"}
    customer = session.post(f"{confd}/customers", json=body, timeout=5).json()["uuid"]
    place = {"name": "Siège", "customer_uuid": customer}
    location = session.post(f"{confd}/locations", json=place, timeout=5).json()["uuid"]
    tenant = {"uuid": "t", "instance_uuid": stack["uuid"], "credential_uuid": stack["root_credential_uuid"]}
    linked = session.put(f"{confd}/locations/{location}/wazo/tenants", json={"wazo_tenants": [tenant]}, timeout=5)
    assert linked.status_code == 204
    (found,) = session.get(f"{confd}/customers?client_id=12345678200010", timeout=5).json()["items"]
    assert found["locations"][0]["wazo_tenants"] == [tenant]


def test_only_loopback_is_listened_on() -> None:
    with pytest.raises(ValueError, match="loopback"):
        serve("0.0.0.0")


def test_a_stopped_sandbox_gives_its_port_back() -> None:
    first = serve()
    port = int(first.url.rpartition(":")[2])
    first.stop()
    first.stop()
    with serve(port=port) as again:
        assert again.url == first.url


def test_the_command_names_a_rule_it_cannot_read(tmp_path: Any) -> None:
    file = tmp_path / "faults.json"
    file.write_text(json.dumps([{"kind": "flood"}]))
    result = CliRunner().invoke(sandbox, ["--port", "0", "--faults", str(file)])
    assert isinstance(result.exception, Refused)
    (fault,) = result.exception.faults
    assert (fault.code, fault.facts["member"]) == ("sandbox-rule-invalid", "kind")


def test_the_command_refuses_a_port_that_is_taken() -> None:
    with serve() as served:
        result = CliRunner().invoke(sandbox, ["--port", served.url.rpartition(":")[2]])
    assert isinstance(result.exception, Refused)
    assert [fault.code for fault in result.exception.faults] == ["sandbox-port-taken"]


@pytest.mark.parametrize("code", ["sandbox-rules-unreadable", "sandbox-rule-invalid", "sandbox-port-taken"])
def test_each_refusal_of_the_command_has_words_in_both_languages(code: str) -> None:
    facts = {"file": "pannes.json", "reason": "vide", "member": "kind", "kinds": "401", "port": 80}
    french, english = (explain(Fault(code, facts=facts), lang) for lang in ("fr", "en"))
    assert french.text != english.text
    assert "{" not in french.text + english.text + french.hint.replace("[{", "")


def test_an_unknown_answer_is_html_as_the_real_ones() -> None:
    reply = create_sandbox(configured=True).test_client().get("/api/confd/1.1/nope")
    assert (reply.status_code, reply.mimetype) == (404, "text/html")


def test_an_open_door_serves_as_a_shared_engine_and_can_still_be_set_up() -> None:
    with serve(open_door=True) as sandbox:
        token = f"{sandbox.url}/api/auth/0.1/token"
        assert requests.post(token, json={}, auth=("root", "sandbox"), timeout=10).status_code == 200
        wizard = f"{sandbox.url}/api/confd/1.1/wizard"
        assert requests.get(wizard, timeout=10).json()["configured"] is False
        setup = {"engine_language": "fr_FR", "engine_password": "autre-mot", "engine_license": True}
        assert requests.post(f"{sandbox.url}/api/setupd/1.0/setup", json=setup, timeout=10).status_code == 201
        assert requests.get(wizard, timeout=10).json()["configured"] is True
        assert requests.post(token, json={}, auth=("root", "sandbox"), timeout=10).status_code == 401
        assert requests.post(token, json={}, auth=("root", "autre-mot"), timeout=10).status_code == 200
