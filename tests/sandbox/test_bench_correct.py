"""Can what was registered or armed by mistake be put right, at every door, and only as long as nobody is hurt by it?"""

from collections.abc import Iterator
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from preseed.own import Own
from staging.bootstrap import House, make_bench_app
from staging.core.faults import Refused
from staging.core.words import Serial
from staging.desk import bench, bench_correct, bench_own, bench_screen
from staging.desk.bench_screen import bench_rows
from staging.jobs.job import Stack
from tests.fakes.house import BY, SIRET, order_on, own_stack, ready_box, settle_in
from tests.fakes.rig import URL
from tests.fakes.terminal import Terminal
from tests.fakes.web import Door, open_door

SERIAL = Serial("SN0042")
PNG = b"\x89PNG\r\n\x1a\n picture"


@pytest.fixture
def door(tmp_path: Path) -> Iterator[Door]:
    door = open_door(tmp_path / "home")
    yield door
    door.house.store.database.close()


@pytest.fixture
def house(door: Door) -> House:
    return door.house


@pytest.fixture
def installer(house: House) -> FlaskClient:
    return make_bench_app(house, base="http://preseed").test_client()


def arm(house: House) -> None:
    bench.arm(house.desk, SERIAL, by=BY, role="technician")


def ask(installer: FlaskClient) -> int:
    installer.post("/hooks/hello", data=f"serial={SERIAL}\nsuite=bookworm\nmac=020000000042\n")
    return installer.get(f"/preseed/{SERIAL}").status_code


def correct(house: House, *, model: str = "DH670", customer: str | None = "Atelier Bleu", suite: str) -> None:
    bench_correct.correct_box(house.desk, SERIAL, model=model, customer=customer, suite=suite, by=BY)


def test_an_arming_is_taken_back_and_the_box_waits_again(house: House, installer: FlaskClient) -> None:
    ready_box(house, SERIAL)
    arm(house)
    bench_correct.disarm(house.desk, SERIAL, by=BY)
    assert ask(installer) == 403
    assert "not armed" in installer.get(f"/boot.ipxe?serial={SERIAL}").text
    assert "box-disarmed" in [line.event for line in house.store.timeline.of_serial(SERIAL)]


def test_the_screen_knows_of_a_disarmed_box_before_any_worker_looked(house: House) -> None:
    own_stack(house, URL)
    ready_box(house, SERIAL)
    order = order_on(house, "atelier", plan=None, serial=SERIAL)
    arm(house)
    house.store.orders.set_step(order.id, "appliance", status="done")
    house.store.orders.set_step(order.id, "install", status="waiting", waits_for="waits-installer")
    shown = [bench_screen.box_row(house.desk, house.store.appliances.get(SERIAL)).what]
    bench_correct.disarm(house.desk, SERIAL, by=BY)
    shown.append(bench_screen.box_row(house.desk, house.store.appliances.get(SERIAL)).what)
    assert shown == ["waits-installer", "waits-armed"]


def test_an_arming_stays_once_the_box_has_its_answers(house: House, installer: FlaskClient) -> None:
    ready_box(house, SERIAL)
    with pytest.raises(Refused, match="disarm-too-late"):
        bench_correct.disarm(house.desk, SERIAL, by=BY)
    arm(house)
    assert ask(installer) == 200
    with pytest.raises(Refused, match="disarm-too-late"):
        bench_correct.disarm(house.desk, SERIAL, by=BY)


def test_a_box_disarmed_in_the_moment_it_is_answered_holds_no_ticket(house: House) -> None:
    ready_box(house, SERIAL)
    given = {"read": "a" * 28, "report": "b" * 28}
    house.store.installs.first_answer(SERIAL, given, address="192.0.2.42")
    assert house.store.appliances.get(SERIAL).first_fetch_at is None
    assert house.store.installs.serial_of_ticket("a" * 28, "read") is None


def test_a_wrong_release_is_corrected_and_the_box_goes_on(house: House, installer: FlaskClient) -> None:
    bench.register_box(house.desk, SERIAL, model="DH470", customer=None, by=BY, suite="trixie")
    for point in ("ram", "ssd", "bios-power", "stickers"):
        bench.tick(house.desk, SERIAL, point, on=True, by=BY)
    arm(house)
    assert ask(installer) == 409
    correct(house, suite="bookworm")
    assert ask(installer) == 200
    box = house.store.appliances.get(SERIAL)
    assert (box.model, box.customer) == ("DH670", "Atelier Bleu")
    with pytest.raises(Refused, match="box-installing"):
        correct(house, suite="trixie")


@pytest.mark.parametrize(
    ("code", "wrong"),
    [
        ("unknown-model", {"model": "TOASTER", "suite": "bookworm"}),
        ("unknown-suite", {"suite": "sid"}),
        ("bad-customer", {"customer": "x" * 300, "suite": "bookworm"}),
    ],
)
def test_what_could_not_be_registered_is_no_correction(house: House, code: str, wrong: dict[str, str]) -> None:
    ready_box(house, SERIAL)
    before = house.store.appliances.get(SERIAL)
    with pytest.raises(Refused, match=code):
        correct(house, **wrong)
    assert house.store.appliances.get(SERIAL) == before


def test_own_settings_that_do_not_go_with_the_new_release_stop_the_correction(house: House) -> None:
    ready_box(house, SERIAL)
    bench_own.keep_own(house.desk, SERIAL, Own(keyboard="us"), by=BY)
    house.store.appliances.change(SERIAL, overrides={"keyboard": "gone(variant)"})
    with pytest.raises(Refused, match="own-keyboard"):
        correct(house, suite="trixie")


def test_a_keyboard_that_the_release_does_not_know_is_shown_and_not_emptied(house: House, door: Door) -> None:
    ready_box(house, SERIAL)
    house.store.appliances.change(SERIAL, overrides={"keyboard": "gone(variant)"})
    person = door.person("technician")
    assert '<option value="gone(variant)" selected>' in person.get(f"/bench/{SERIAL}").text
    assert "gone(variant)" in person.post(f"/bench/{SERIAL}/own", keyboard="gone(variant)").text
    assert house.store.appliances.get(SERIAL).overrides == {"keyboard": "gone(variant)"}


def test_a_box_registered_by_mistake_leaves_with_all_it_has(house: House) -> None:
    ready_box(house, SERIAL)
    bench.keep_photo(house.desk, SERIAL, "ram", PNG, by=BY)
    house.store.installs.keep_template("box", SERIAL, "d-i time/zone string Europe/Paris\n", by=BY)
    bench_correct.forget_box(house.desk, SERIAL, by=BY)
    assert house.store.appliances.find(SERIAL) is None
    assert bench_rows(house.desk) == ()
    assert house.store.installs.templates() == ()
    assert house.store.timeline.of_serial(SERIAL)[-1].event == "box-forgotten"
    ready_box(house, SERIAL)


def test_a_box_that_is_armed_installed_or_ordered_stays(house: House) -> None:
    ready_box(house, SERIAL)
    house.store.stacks.add(Stack("partage", "on-cloud", url="http://127.0.0.1:9"))
    house.store.orders.create(customer="Atelier Bleu", siret=SIRET, stack="partage", by=BY, serial=SERIAL)
    ready_box(house, "SN0043")
    bench.arm(house.desk, Serial("SN0043"), by=BY, role="technician")
    ready_box(house, "SN0044")
    bench.adopt(house.desk, Serial("SN0044"), by=BY)
    for serial in (SERIAL, Serial("SN0043"), Serial("SN0044")):
        with pytest.raises(Refused, match="box-not-forgettable"):
            bench_correct.forget_box(house.desk, serial, by=BY)


def test_the_page_and_the_api_put_right_alike(house: House, door: Door) -> None:
    ready_box(house, SERIAL)
    arm(house)
    person, program = door.person("technician"), door.program("technician")
    assert 'id="disarm"' in person.get(f"/bench/{SERIAL}").text
    assert person.post(f"/bench/{SERIAL}/disarm").status_code == 303
    page = person.get(f"/bench/{SERIAL}").text
    assert ('id="disarm"' in page, 'id="forget"' in page) == (False, True)
    form = {"model": "DH470", "customer": "", "suite": "trixie"}
    assert person.post(f"/bench/{SERIAL}/correct", **form).status_code == 303
    kept = program.ask("GET", f"/appliances/{SERIAL}").json
    assert (kept["model"], kept["customer"], kept["suite"]) == ("DH470", None, "trixie")
    back = {"model": "DH670", "customer": "Atelier Bleu", "suite": "bookworm"}
    assert program.ask("PUT", f"/appliances/{SERIAL}", back).json["customer"] == "Atelier Bleu"
    assert program.ask("POST", f"/appliances/{SERIAL}/disarm").status_code == 409
    assert door.program("logistics").ask("DELETE", f"/appliances/{SERIAL}").status_code == 403
    assert program.ask("DELETE", f"/appliances/{SERIAL}").json == {"done": True}
    assert person.post(f"/bench/{SERIAL}/forget").status_code == 404


def test_the_terminal_puts_right_too(tmp_path: Path) -> None:
    settle_in(tmp_path / "home")
    terminal = Terminal(tmp_path / "home")
    terminal.run("appliance", "add", "SN0042", "--model", "DH470", "--suite", "trixie")
    assert terminal.run("appliance", "correct", "SN0042", "--suite", "bookworm").status == 0
    assert terminal.run("appliance", "show", "SN0042", "--json").json["suite"] == "bookworm"
    assert terminal.run("appliance", "arm", "SN0042", "--checked", "--yes").status == 0
    refused = terminal.run("appliance", "remove", "SN0042", "--yes")
    assert (refused.status, refused.codes) == (2, ["box-not-forgettable"])
    assert terminal.run("appliance", "disarm", "SN0042").status == 0
    assert terminal.run("appliance", "remove", "SN0042", "--yes").status == 0
    assert terminal.run("appliance", "list", "--json").json == []
