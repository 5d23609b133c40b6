"""Is a customer's own engine given its voice settings and its phones' firmware, shown first, and is it taken back?"""

import json
from collections.abc import Callable
from typing import Any

import pytest

from staging.core.faults import StackRefused
from staging.desk import orders
from staging.jobs.steps import RUN, run_accept
from staging.sandbox.trouble import read_rule
from staging.wazo.facts import Preset
from staging.web.app import create_app
from tests.fakes.house import BY
from tests.fakes.rig import Moment, Rig
from tests.fakes.six_seats import write_six_seats
from tests.fakes.web import Door

STUN = "stun.atelier-bleu.example:3478"
DESK, BASE = "T53_T53W_T54W_T57W-fw", "W60B-fw"
PLUGIN = "wazo-yealink-v85"
INSTALL = f"pg_mgr/plugins/{PLUGIN}/install/install"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Rig:
    home = tmp_path_factory.mktemp("rig")
    return Rig(home, write_six_seats(home / "plan.xlsx"), preset=Preset(stun=STUN))


@pytest.fixture(scope="module")
def begin(made: Rig) -> Moment:
    return made.moment()


@pytest.fixture(scope="module")
def applied(made: Rig, begin: Moment) -> Moment:
    return made.apply()


@pytest.fixture
def fresh(made: Rig, begin: Moment) -> Rig:
    return at(made, begin)


@pytest.fixture
def rig(made: Rig, applied: Moment) -> Rig:
    return at(made, applied)


def at(rig: Rig, moment: Moment) -> Rig:
    rig.preset = Preset(stun=STUN)
    rig.back_to(moment)
    return rig


def rtp(rig: Rig) -> dict[str, Any]:
    return dict(rig.world.setting("rtp")["options"])


def shown(rig: Rig) -> list[str]:
    return [
        line for line in orders.show_changes(rig.desk, rig.order_id).lines("fr") if "RTP" in line or "micro" in line
    ]


def test_voice_and_firmware_are_shown_before_they_change(fresh: Rig) -> None:
    assert shown(fresh) == [
        f"~ voix (RTP) : ICE oui, serveur STUN {STUN}",
        f"+ micrologiciel des T53W, T54W ({PLUGIN}/{DESK})",
        f"+ micrologiciel des W60B ({PLUGIN}/{BASE})",
    ]
    assert rtp(fresh) == {"rtpstart": "10000", "rtpend": "20000"}
    assert fresh.world.provd.installed[PLUGIN] == set()


def test_they_are_there_afterwards_verified_and_a_second_look_shows_nothing(rig: Rig) -> None:
    assert rtp(rig) == {"rtpstart": "10000", "rtpend": "20000", "icesupport": "yes", "stunaddr": STUN}
    assert rig.world.provd.installed[PLUGIN] == {DESK, BASE}
    assert orders.verify(rig.desk, rig.order_id) == ()
    assert shown(rig) == []


def test_each_package_has_its_line_in_the_journal(rig: Rig) -> None:
    sent = rig.house.store.changesets.recent(rig.order_id, limit=500)
    assert [(one.status, one.title["en"]) for one in sent if one.path == INSTALL] == [
        ("done", f"+ firmware of the W60B ({PLUGIN}/{BASE})"),
        ("done", f"+ firmware of the T53W, T54W ({PLUGIN}/{DESK})"),
    ]


def test_a_package_that_somebody_removed_is_missed(rig: Rig) -> None:
    rig.world.provd.installed[PLUGIN].remove(BASE)
    (told,) = orders.verify(rig.desk, rig.order_id)
    assert (told.noun, told.key, told.name, told.wanted) == ("firmware", PLUGIN, "W60B", BASE)
    rig.world.provd.installed[PLUGIN].add(BASE)


def test_an_engine_without_the_internet_says_which_package_and_goes_on_when_it_is_back(fresh: Rig) -> None:
    rules = fresh.world.trouble.rules
    rules.append(read_rule({"kind": "no-internet", "service": "provd"}))
    fresh.agree()
    fresh.work()
    rules.clear()
    fault = fresh.step("provision").fault
    assert fault is not None
    assert (fault.code, fault.facts["package"]) == ("stack-firmware-failed", DESK)
    orders.resume(fresh.desk, fresh.order_id, by=BY)
    fresh.work_through(fresh.applied)
    assert fresh.world.provd.installed[PLUGIN] == {DESK, BASE}


def test_a_phone_that_the_engine_will_not_tell_is_waited_for(fresh: Rig) -> None:
    rules = fresh.world.trouble.rules
    rules.append(read_rule({"kind": "401", "service": "provd", "path": "dev_mgr/synchronize$"}))
    fresh.agree()
    fresh.work()
    rules.clear()
    step = fresh.step("phones")
    assert (step.status, step.waits_for, step.fault) == ("waiting", "waits-fetch", None)
    fresh.work_through(fresh.applied)


def test_without_firmware_none_is_asked_for(fresh: Rig) -> None:
    fresh.preset = Preset(firmware=False)
    fresh.new_worker()
    fresh.trouble.asked.clear()
    assert shown(fresh) == []
    assert not [asked for asked in fresh.trouble.asked if "pg_mgr/plugins" in asked]


def test_whoever_watches_is_told_how_much_of_a_package_is_there(fresh: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    fetched = []

    def fetch(plugin: str, package: str, *, told: Callable[[int, int], None]) -> None:
        told(10, 40)
        step = fresh.step("provision")
        assert (step.waits_for, step.waits_facts) == ("fetches-firmware", {"name": package, "percent": 25})
        assert f"{package} : 25 %" in page.get(f"/orders/{fresh.order_id}/progress").text
        fetched.append((plugin, package))

    page = Door(fresh.house, create_app(fresh.desk, session_key=b"k" * 32)).person("manager")
    door = fresh.desk.engine_of(fresh.house.store.stacks.get("atelier"))
    monkeypatch.setattr(door, "install_firmware", fetch)
    fresh.agree()
    with pytest.raises(StackRefused):
        # Nothing is ever there, so the comparison does not come to its end.
        RUN["provision"](fresh.order, fresh.desk.needs)
    assert set(fetched) == {(PLUGIN, DESK), (PLUGIN, BASE)}
    assert fresh.step("provision").waits_for is None


def test_what_somebody_set_for_voice_since_is_kept(rig: Rig) -> None:
    rig.world.keep_setting("rtp", {"options": {**rtp(rig), "stunaddr": "other.example:3478"}})
    view = orders.show_changes(rig.desk, rig.order_id)
    assert view.changes == ()
    assert f"other.example:3478 (le plan dit {STUN})" in view.kept_lines("fr")[0]
    (told,) = orders.verify(rig.desk, rig.order_id)
    assert (told.noun, told.name, told.found) == ("rtp", "stunaddr", "other.example:3478")


def test_a_server_that_the_integrator_gives_up_is_taken_off_and_other_options_stay(rig: Rig) -> None:
    rig.world.keep_setting("rtp", {"options": {**rtp(rig), "strictrtp": "yes"}})
    rig.preset = Preset()
    rig.new_worker()
    rig.agree()
    rig.work()
    assert rtp(rig) == {"rtpstart": "10000", "rtpend": "20000", "strictrtp": "yes"}


def test_taking_back_gives_the_voice_settings_back_and_applying_again_the_same(rig: Rig) -> None:
    rig.agree_to_undo()
    rig.work()
    assert rig.undone()
    assert rtp(rig) == {"rtpstart": "10000", "rtpend": "20000"}
    rig.agree()
    rig.work()
    assert rtp(rig)["stunaddr"] == STUN


def test_a_key_that_provd_lost_or_mixed_up_is_told_one_by_one(rig: Rig) -> None:
    phone = next(row for row in rig.world.provd.devices.values() if row["mac"] == "02:00:00:00:00:01")
    config = rig.world.provd.configs[phone["config"]]
    keys = dict(config["raw_config"]["funckeys"])
    del keys["2"]
    keys["3"] = {**keys["3"], "value": "8009"}
    keys["4"] = {**keys["4"], "label": "personne"}
    keys["5"] = {**keys["5"], "type": "speeddial"}
    config["raw_config"] = {**config["raw_config"], "funckeys": keys}
    told = orders.verify(rig.desk, rig.order_id)
    assert [(one.noun, one.key, one.name, one.wanted, one.found) for one in told] == [
        ("phone-file", phone["mac"], "key 2", "8001 directrice", None),
        ("phone-file", phone["mac"], "key 3", "8002 salle", "8009 salle"),
        ("phone-file", phone["mac"], "key 4", "8003 atelier 1", "8003 personne"),
        ("phone-file", phone["mac"], "key 5 type", "blf", "speeddial"),
    ]


def differing(rig: Rig) -> list[tuple[str, str, str | None, str | None]]:
    return [(one.noun, one.name, one.wanted, one.found) for one in orders.verify(rig.desk, rig.order_id)]


def test_each_setting_of_the_engine_that_somebody_changed_is_named(rig: Rig) -> None:
    world, host = rig.world, "127.0.0.1"
    world.keep_setting("networking", {**world.setting("networking"), "provision_host": "192.0.2.9"})
    world.keep_setting("registrar", {**world.setting("registrar"), "proxy_main_host": "192.0.2.9"})
    del world.provd.installed[PLUGIN]
    configs = world.provd.configs
    default = configs["defaultconfigdevice"]["raw_config"]
    configs["defaultconfigdevice"]["raw_config"] = {**default, "locale": "de_DE", "admin_password": None}
    configs["base"]["raw_config"] |= {"ntp_ip": "192.0.2.9"}
    told = [one for one in differing(rig) if one[0] not in ("phone-file", "device", "firmware")]
    assert told == [
        ("provisioning", "provision_host", host, "192.0.2.9"),
        ("registrar", "proxy_main_host", host, "192.0.2.9"),
        ("plugin", "plugin", PLUGIN, None),
        ("default-device", "locale", "fr_FR", "de_DE"),
        ("default-device", "admin_password", "•••", None),
        ("base-device", "ntp_ip", host, "192.0.2.9"),
    ]


def test_a_phone_that_is_not_given_the_engines_clock_or_password_is_told(rig: Rig) -> None:
    phone = next(row for row in rig.world.provd.devices.values() if row["mac"] == "02:00:00:00:00:03")
    config = rig.world.provd.configs[phone["config"]]
    config["raw_config"] = {**config["raw_config"], "ntp_ip": "192.0.2.9", "user_password": "autre"}
    assert differing(rig) == [
        ("phone-file", "ntp_ip", "127.0.0.1", "192.0.2.9"),
        ("phone-file", "user_password", "•••", "•••"),
    ]


def test_a_password_of_the_phones_that_is_not_the_orders_is_set_again(rig: Rig) -> None:
    default = rig.world.provd.configs["defaultconfigdevice"]["raw_config"]
    ours = default["admin_password"]
    default["admin_password"] = "autre"
    assert ("default-device", "admin_password", "•••", "•••") in differing(rig)
    rig.house.store.orders.reopen_from(rig.order_id, "configure")
    rig.work()
    assert rig.world.provd.configs["defaultconfigdevice"]["raw_config"]["admin_password"] == ours


def test_once_accepted_the_first_set_ups_address_stands_nowhere(rig: Rig) -> None:
    orders.set_final_address(rig.desk, rig.order_id, "192.0.2.77", by=BY)
    assert run_accept(rig.order, rig.desk.needs).status == "done"
    held = {
        name: document
        for name, document in rig.world.provd.configs.items()
        if "127.0.0.1" in json.dumps({**document, "raw_config": document.get("raw_config")})
    }
    assert held == {}
