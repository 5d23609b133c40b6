"""Can a box's own settings, the bench card and texts be given at the terminal, on the page and over the API alike?"""

from collections.abc import Iterator
from pathlib import Path

import pytest

from staging.bootstrap import make_bench_app
from staging.core.words import Serial
from staging.desk import bench
from staging.jobs.records import CHECKLIST
from tests.fakes.house import BY, make_house, ready_box, settle_in
from tests.fakes.terminal import Terminal
from tests.fakes.web import Door, open_door

OWN = {
    "hostname": "standard", "keyboard": "us", "address": "192.0.2.10/24", "gateway": "192.0.2.1",
    "nameservers": ["192.0.2.1"], "packages": ["tcpdump"], "disk_maximum_gb": 500, "disk_models": ["Samsung SSD"],
}  # fmt: skip


@pytest.fixture
def terminal(tmp_path: Path) -> Terminal:
    settle_in(tmp_path / "home")
    return Terminal(tmp_path / "home")


@pytest.fixture
def door(tmp_path: Path) -> Iterator[Door]:
    door = open_door(tmp_path / "home")
    yield door
    door.house.store.database.close()


def test_own_settings_are_set_changed_one_by_one_and_taken_back_at_the_terminal(terminal: Terminal) -> None:
    terminal.run("appliance", "add", "SN0042", "--model", "DH470")
    fixed = ("--address", "192.0.2.10/24", "--gateway", "192.0.2.1", "--nameservers", "192.0.2.1, 192.0.2.2")
    assert terminal.run("appliance", "set", "SN0042", *fixed).status == 0
    assert terminal.run("appliance", "set", "SN0042", "--keyboard", "us").status == 0
    kept = terminal.run("appliance", "set", "SN0042", "--json").json
    assert (kept["keyboard"], kept["nameservers"]) == ("us", ["192.0.2.1", "192.0.2.2"])
    dhcp = ("--address", "", "--gateway", "", "--nameservers", "")
    assert terminal.run("appliance", "set", "SN0042", *dhcp, "--json").json["address"] == ""
    refused = terminal.run("appliance", "set", "SN0042", "--keyboard", "fr", "--gateway", "192.0.2.1")
    assert (refused.status, refused.codes) == (2, ["own-keyboard", "own-network-half"])


def test_how_far_a_box_is_stands_in_the_list_in_words(terminal: Terminal) -> None:
    house = make_house(terminal.home)
    serial = ready_box(house)
    now = house.desk.clock.now()
    for said, values in (
        ("n'a pas encore appelé", {"armed_at": now}),
        ("SN0042 s'installe (réponses données)", {"first_fetch_at": now}),
        ("SN0042 s'installe (noyau)", {"phase": "base-done"}),
    ):
        house.store.appliances.change(serial, **values)
        assert said in terminal.run("appliance", "list").out
    house.store.database.close()


def test_a_word_that_keyboards_give_differently_is_told_by_the_doctor(terminal: Terminal) -> None:
    settings = {"STAGING_MIRROR": "mirror.bench.lan/debian", "STAGING_ANSIBLE_URL": "http://mirror.bench.lan/a.git"}
    told = terminal.run("doctor", STAGING_BENCH_URL="http://amiral", **settings)
    assert "⚠ bench_url: « amiral »" in told.out
    assert "⚠" not in terminal.run("doctor", STAGING_BENCH_URL="http://preseed", **settings).out


@pytest.mark.parametrize("out", ["nowhere/card.pdf", "/dev/full"])
def test_a_card_that_cannot_be_written_is_one_line(terminal: Terminal, tmp_path: Path, out: str) -> None:
    said = terminal.run("preseed", "card", str(tmp_path / out), STAGING_BENCH_URL="http://preseed")
    assert (said.status, said.codes) == (2, ["card-unwritable"])


def test_a_text_that_is_no_text_is_one_line(terminal: Terminal, tmp_path: Path) -> None:
    file = tmp_path / "own.cfg"
    file.write_bytes(b"d-i a/b string \xff\xfe\n")
    said = terminal.run("preseed", "answers", "save", "bench", "--file", str(file), "--yes")
    assert (said.status, said.codes) == (1, ["preseed-not-text"])


def test_own_settings_go_in_over_the_api_and_come_out_as_they_were(door: Door) -> None:
    serial = ready_box(door.house)
    program = door.program("technician")
    place = f"/appliances/{serial}/own"
    assert program.ask("PUT", place, OWN).json == OWN
    assert program.ask("GET", place).json == OWN
    refused = program.ask("PUT", place, {**OWN, "packages": ["a;b"]})
    assert [fault["code"] for fault in refused.json["faults"]] == ["own-packages"]
    assert program.ask("PUT", place, {}).json["address"] == ""


def test_own_settings_are_on_the_box_s_page_and_in_its_timeline(door: Door) -> None:
    serial = ready_box(door.house)
    person = door.person("technician")
    form = {"hostname": "Standard", "nameservers": "192.0.2.1 192.0.2.2", "address": "192.0.2.10/24"}
    assert (
        person.post(f"/bench/{serial}/own", **form, gateway="192.0.2.1", disk_models="WDC, Samsung").status_code == 303
    )
    page = person.get(f"/bench/{serial}").text
    assert 'value="standard"' in page
    assert 'value="WDC, Samsung"' in page
    assert "disque WDC Samsung, nom de machine standard, réseau 192.0.2.10/24" in page
    assert door.house.store.timeline.of_serial(Serial(serial))[-1].event == "box-own-kept"
    refused = person.post(f"/bench/{serial}/own", keyboard="fr")
    assert refused.status_code >= 400
    assert "fr(latin9)" in refused.text


def test_logistics_may_not_change_what_a_box_is_told(door: Door) -> None:
    serial = ready_box(door.house)
    assert door.program("logistics").ask("PUT", f"/appliances/{serial}/own", OWN).status_code == 403
    assert 'id="own"' not in door.person("logistics").get(f"/bench/{serial}").text


def test_what_an_incomplete_box_lacks_is_named_in_the_language_of_whoever_looks(door: Door) -> None:
    box = bench.register_box(door.house.desk, "SN0042", model="DH470", customer="Atelier Bleu", by=BY, suite="trixie")
    installer = make_bench_app(door.house, base="http://preseed").test_client()
    installer.post("/hooks/hello", data="serial=SN0042\nsuite=trixie\nmac=020000000042\n")
    for point in CHECKLIST:
        bench.tick(door.house.desk, box.serial, point, on=True, by=BY)
    bench.arm(door.house.desk, box.serial, by=BY, role="technician")
    assert installer.get("/preseed/SN0042").status_code == 409
    person = door.person("technician")
    assert "Il manque : distribution Wazo" in person.get("/bench").text
    assert "SN0042 n&#39;est pas complète : distribution Wazo" in person.get("/bench/SN0042").text


def test_a_flood_is_one_tile_and_refused_reports_are_in_words(door: Door) -> None:
    for number in range(80):
        door.house.store.appliances.hello(f"JUNK{number:04}", address="192.0.2.66", facts={})
    installer = make_bench_app(door.house, base="http://preseed").test_client()
    installer.post("/hooks/install/yesterday/step/early", environ_base={"REMOTE_ADDR": "192.0.2.42"})
    door.house.office.flush()
    page = door.person("technician").get("/bench").text
    assert page.count("data-crowd=") == 1
    assert "data-stranger=" not in page
    assert "80 numéros de série depuis cette adresse" in page
    assert "Ce ticket est inconnu ou fermé." in page
    assert "yesterday" not in page
