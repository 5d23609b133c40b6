"""Do plugged phones behave as phones do: seen, given a line, told, registered?"""

from collections.abc import Iterator

import pytest

from staging.sandbox.serve import serve
from tests.fakes.sandbox_bench import Bench

DESK, BASE = "02:00:00:00:00:01", "02:00:00:00:00:60"


@pytest.fixture
def bench() -> Iterator[Bench]:
    with serve(configured=True, tenant_delay=0) as served:
        yield Bench(served)


def test_a_phone_nobody_knows_is_seen_in_the_master_tenant_and_only_there(bench: Bench) -> None:
    bench.plug(DESK)
    (seen,) = bench.get("confd/1.1/devices/unallocated")["items"]
    assert (seen["mac"], seen["status"], seen["is_new"], seen["plugin"]) == (DESK, "autoprov", True, "wazo-yealink-v86")
    assert bench.get("confd/1.1/devices")["items"] == []


def test_a_phone_goes_from_autoprov_to_configured_to_registered(bench: Bench) -> None:
    device = bench.plug(DESK)["device"]
    assert bench.phone(DESK)["state"] == "autoprov"
    bench.put(f"confd/1.1/devices/unallocated/{device}")
    bench.associate(bench.user("accueil", "8001"), device)
    assert bench.phone(DESK)["state"] == "configured"
    assert bench.synchronise(device) == "success"
    assert bench.phone(DESK)["state"] == "registered"
    assert bench.phone(DESK)["accounts"] == [
        {"position": 1, "number": "8001", "username": "sip-8001", "display_name": "accueil"}
    ]


def test_provd_and_calld_show_that_the_phone_has_read_its_file(bench: Bench) -> None:
    device = bench.plug(DESK)["device"]
    bench.put(f"confd/1.1/devices/unallocated/{device}")
    bench.associate(bench.user("accueil", "8001"), device)
    assert [line["registered"] for line in bench.get("calld/1.0/lines")["items"]] == [False]
    bench.synchronise(device)
    assert bench.get(f"provd/0.2/dev_mgr/devices/{device}")["device"]["remote_state_sip_username"] == "sip-8001"
    assert [line["registered"] for line in bench.get("calld/1.0/lines")["items"]] == [True]


def test_a_phone_declared_before_it_is_plugged_reads_its_file_by_itself(bench: Bench) -> None:
    declared = {"mac": DESK, "vendor": "Yealink", "model": "T54W", "plugin": "wazo-yealink-v86"}
    device = bench.post("confd/1.1/devices", declared)["id"]
    bench.associate(bench.user("accueil", "8001"), device)
    assert bench.plug(DESK)["state"] == "registered"


def test_telling_a_phone_that_was_never_there_fails_in_provd_and_not_in_confd(bench: Bench) -> None:
    device = bench.post("confd/1.1/devices", {"mac": DESK, "model": "T54W", "plugin": "wazo-yealink-v86"})["id"]
    assert bench.send("GET", f"confd/1.1/devices/{device}/synchronize").status_code == 204
    assert bench.synchronise(device) == "fail"


def test_an_unplugged_phone_hears_nothing(bench: Bench) -> None:
    device = bench.plug(DESK)["device"]
    bench.put(f"confd/1.1/devices/unallocated/{device}")
    bench.associate(bench.user("accueil", "8001"), device)
    bench.post("/room/unplug", {"mac": DESK})
    assert bench.synchronise(device) == "success"
    assert bench.phone(DESK)["state"] == "unplugged"


def test_several_phones_are_plugged_at_once(bench: Bench) -> None:
    phones = [{"mac": f"02:00:00:00:01:{n:02x}", "model": "T54W"} for n in range(20)]
    assert len(bench.post("/room/plug", phones)) == 20
    assert len({phone["ip"] for phone in bench.get("/room/phones")}) == 20


def test_each_handset_of_a_base_has_the_account_of_its_position(bench: Bench) -> None:
    device = bench.plug(BASE, "W60B")["device"]
    bench.put(f"confd/1.1/devices/unallocated/{device}")
    for position, name in enumerate(("accueil", "directrice", "atelier"), start=1):
        bench.associate(bench.user(name, f"801{position}", position=position), device)
    bench.synchronise(device)
    accounts = bench.phone(BASE)["accounts"]
    assert [(a["position"], a["display_name"]) for a in accounts] == [(1, "accueil"), (2, "directrice"), (3, "atelier")]


def test_a_ninth_handset_on_a_base_of_eight_is_accepted_and_not_in_the_file(bench: Bench) -> None:
    device = bench.plug(BASE, "W60B")["device"]
    bench.put(f"confd/1.1/devices/unallocated/{device}")
    bench.associate(bench.user("accueil", "8011", position=1), device)
    bench.associate(bench.user("atelier", "8019", position=9), device)
    text = bench.send("GET", f"/room/files/{BASE}").text
    assert "sip-8011" in text
    assert "sip-8019" not in text
    assert "account.9." not in text


def test_a_base_prints_no_keys_and_a_desk_phone_does(bench: Bench) -> None:
    bench.post("/room/plug", [{"mac": DESK, "model": "T54W"}, {"mac": BASE, "model": "W60B"}])
    assert "linekey.1.type = 15" in bench.send("GET", f"/room/files/{DESK}").text
    assert "key" not in bench.send("GET", f"/room/files/{BASE}").text


def test_a_key_to_a_colleague_shows_his_number_and_one_to_a_seat_without_number_nothing(bench: Bench) -> None:
    device = bench.plug(DESK)["device"]
    bench.put(f"confd/1.1/devices/unallocated/{device}")
    reception, director = bench.user("accueil", "8001"), bench.user("directrice", "8002")
    hall = bench.post("confd/1.1/users", {"firstname": "atelier"})
    bench.associate(reception, device)
    keys = {"2": _key(director), "3": _key(hall), "28": {"destination": {"type": "custom", "exten": "8003"}}}
    bench.put(f"confd/1.1/users/{reception['uuid']}/funckeys", {"keys": keys})
    text = bench.send("GET", f"/room/files/{DESK}").text
    assert "linekey.2.type = 16\nlinekey.2.line = 1\nlinekey.2.value = 8002\nlinekey.2.label = directrice" in text
    assert "linekey.3.type = 0" in text
    assert "expansion_module.1.key.1.value = 8003" in text


def test_a_bad_default_makes_every_phone_unconfigured_only_when_files_are_written(bench: Bench) -> None:
    bench.plug(DESK)
    config = bench.get("provd/0.2/cfg_mgr/configs/defaultconfigdevice")["config"]
    config["raw_config"] |= {"syslog_enabled": True}
    assert bench.send("PUT", "provd/0.2/cfg_mgr/configs/defaultconfigdevice", {"config": config}).status_code == 204
    assert bench.get("confd/1.1/devices/unallocated")["items"][0]["status"] == "not_configured"


def test_counts_tell_what_there_is_and_how_often_something_was_written(bench: Bench) -> None:
    did = {"extensions": [{"exten": "0465710001", "context": bench.incall}]}
    bench.user("accueil", "8001", incalls=[did], voicemail={"number": "8001", "context": bench.internal})
    before = bench.get("/room/counts")
    assert before["tenants"][bench.tenant] == {
        "users": 1,
        "lines": 1,
        "voicemails": 1,
        "groups": 0,
        "dids": 1,
        "devices": 0,
    }
    bench.get("confd/1.1/users")
    assert bench.get("/room/counts")["writes"] == before["writes"]


def test_the_rooms_door_shows_phones_counts_and_what_can_be_asked(bench: Bench) -> None:
    bench.plug(DESK)
    found = bench.get("/room")
    assert [phone["mac"] for phone in found["phones"]] == [DESK]
    assert "POST /room/plug" in found["calls"]
    assert found["counts"] == bench.get("/room/counts")


def test_reset_forgets_everything_but_how_it_was_started(bench: Bench) -> None:
    bench.plug(DESK)
    bench.send("POST", "/room/reset")
    assert bench.get("/room/phones") == []
    assert bench.send("GET", "confd/1.1/users").status_code == 401
    reply = bench.session.post(f"{bench.served.url}/api/auth/0.1/token", auth=("root", "sandbox"), json={})
    assert reply.status_code == 200


def _key(user: dict[str, object]) -> dict[str, object]:
    return {"label": user["firstname"], "blf": True, "destination": {"type": "user", "user_id": user["id"]}}
