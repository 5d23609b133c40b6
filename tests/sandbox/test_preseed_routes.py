"""What does the world get from the installer's addresses?"""

import re
from datetime import timedelta

import pytest
from flask.testing import FlaskClient

from preseed.appliance import Mirror
from tests.fakes.preseed import SERIAL, TICKET, TICKETS, Bench, box


@pytest.fixture
def bench() -> Bench:
    bench = Bench()
    bench.add(box())
    return bench


@pytest.fixture
def client(bench: Bench) -> FlaskClient:
    return bench.app().test_client()


def hello(client: FlaskClient, suite: str = "bookworm", address: str = "127.0.0.1") -> int:
    body = f"serial=SN0042\nsuite={suite}\n"
    return client.post("/hooks/hello", data=body, environ_base={"REMOTE_ADDR": address}).status_code


@pytest.mark.parametrize(
    "path",
    [
        "/d-i/bookworm/preseed.cfg",
        "/d-i/bookworm/./preseed.cfg",
        "//d-i/bookworm//preseed.cfg",
        "/./d-i/bookworm/././preseed.cfg",
    ],
)
def test_the_first_stage_is_answered_however_the_installer_spells_it(client: FlaskClient, path: str) -> None:
    # The test client would read two slashes as a host's name.
    answer = client.get("/", environ_overrides={"PATH_INFO": path})
    assert (answer.status_code, answer.content_type) == (200, "text/plain; charset=utf-8")
    assert answer.data == client.get("/d-i/bookworm/preseed.cfg").data


@pytest.mark.parametrize("suite", ["bookworm", "trixie", "sid", "x;reboot", "Ünïcode"])
@pytest.mark.parametrize("name", ["preseed.cfg", "stage.sh"])
def test_the_first_stage_never_refuses_even_when_the_store_is_broken(bench: Bench, suite: str, name: str) -> None:
    bench.broken = True
    answer = bench.app().test_client().get(f"/d-i/{suite}/{name}")
    assert answer.status_code == 200
    assert b"reboot" not in answer.data


@pytest.mark.parametrize("path", ["/", "/x", "/preseed.cfg", "/d-i/", "/d-i/bookworm/presed.cfg", "/SN0042"])
def test_whatever_else_was_typed_an_installer_gets_the_first_stage_and_nobody_else_does(
    client: FlaskClient, path: str
) -> None:
    typed = client.get(path, headers={"User-Agent": "debian-installer"})
    assert (typed.status_code, typed.text.splitlines()[0]) == (200, "#_preseed_V1")
    assert client.get(path).status_code == 404


def test_what_our_own_scripts_ask_wrongly_is_refused_all_the_same(client: FlaskClient) -> None:
    for path in ("/preseed/SN0042/late.sh", "/hooks/nowhere"):
        assert client.get(path, headers={"User-Agent": "debian-installer"}).status_code == 404


def test_the_first_stage_does_not_believe_the_host_header(client: FlaskClient) -> None:
    answer = client.get("/d-i/bookworm/preseed.cfg", headers={"Host": "evil.example"})
    assert b"http://preseed/" in answer.data
    assert b"evil" not in answer.data


def test_a_box_that_said_hello_gets_its_answers_twice_then_reports_and_gets_no_more(
    client: FlaskClient, bench: Bench
) -> None:
    assert hello(client) == 202
    assert [client.get("/preseed/SN0042").status_code for _ in range(2)] == [200, 200]
    assert client.post(f"/hooks/install/{TICKET}/step/early").status_code == 202
    answer = client.get("/preseed/SN0042")
    assert (answer.status_code, answer.text) == (403, "answers of SN0042 were used already, arm it again\n")
    assert [fetch.status for fetch in bench.fetches] == [200, 200, 403]


def test_after_ten_minutes_the_answers_are_gone(client: FlaskClient, bench: Bench) -> None:
    hello(client)
    assert client.get("/preseed/SN0042").status_code == 200
    bench.clock.pass_(timedelta(minutes=9))
    assert client.get("/preseed/sn0042").status_code == 200
    bench.clock.pass_(timedelta(minutes=1))
    assert client.get("/preseed/SN0042").status_code == 403


def test_another_address_gets_nothing_and_the_bench_sees_it(client: FlaskClient, bench: Bench) -> None:
    hello(client, address="192.0.2.42")
    assert client.get("/preseed/SN0042").status_code == 403
    (fetch,) = bench.fetches
    assert fetch.fault is not None
    assert (fetch.fault.code, fetch.address) == ("other-address", "127.0.0.1")


def test_an_address_seen_through_an_ipv6_socket_is_the_same_box(client: FlaskClient) -> None:
    hello(client, address="::ffff:192.0.2.42")
    assert client.get("/preseed/SN0042", environ_base={"REMOTE_ADDR": "192.0.2.42"}).status_code == 200


def test_a_wrong_medium_is_named(client: FlaskClient) -> None:
    hello(client, suite="trixie")
    answer = client.get("/preseed/SN0042")
    assert (answer.status_code, answer.text) == (409, "wrong medium, take bookworm (SN0042 booted trixie)\n")


def test_what_is_missing_is_named(client: FlaskClient, bench: Bench) -> None:
    bench.add(box(mirror=Mirror()))
    hello(client)
    answer = client.get("/preseed/SN0042")
    assert (answer.status_code, answer.text) == (409, "SN0042 is incomplete: Debian mirror\n")


def test_a_value_that_cannot_be_said_is_a_refusal_that_names_the_question(client: FlaskClient, bench: Bench) -> None:
    bench.add(box(timezone="Europe/Paris\nd-i x/y string z"))
    hello(client)
    answer = client.get("/preseed/SN0042")
    assert (answer.status_code, answer.text) == (
        409,
        "SN0042 is incomplete: time/zone holds a forbidden character\n",
    )


@pytest.mark.parametrize("asked", ["SN9999", "x", "a b", "%0d%0aX", "é"])
def test_an_unknown_serial_is_404_in_one_line(client: FlaskClient, bench: Bench, asked: str) -> None:
    answer = client.get(f"/preseed/{asked}")
    assert answer.status_code == 404
    assert answer.text.startswith("unknown serial")
    assert answer.text.count("\n") == 1
    assert len(bench.fetches) == 1


def test_our_own_mistake_is_500_with_a_reference_that_the_bench_has_too(bench: Bench) -> None:
    bench.broken = True
    answer = bench.app().test_client().get("/preseed/SN0042")
    assert (answer.status_code, answer.text) == (500, "staging server error, reference ref234\n")
    ((reference, error),) = bench.failures
    assert (reference, str(error)) == ("ref234", "the disk is full")
    assert bench.fetches[0].reference == "ref234"


def test_a_store_that_is_wholly_away_is_one_line_too(bench: Bench) -> None:
    bench.broken = bench.away = True
    answer = bench.app().test_client().get("/preseed/SN0042")
    assert (answer.status_code, answer.text) == (500, "staging server error, reference ref234\n")


def test_nothing_is_kept_by_a_proxy_or_compressed(client: FlaskClient) -> None:
    answer = client.get("/preseed/SN9999", headers={"Accept-Encoding": "gzip"})
    assert answer.headers["Cache-Control"] == "no-store, no-transform"
    assert "Content-Encoding" not in answer.headers


@pytest.mark.parametrize("name", ["early.sh", "late.sh", "firstboot"])
def test_a_script_needs_its_box_s_ticket(client: FlaskClient, name: str) -> None:
    assert client.get(f"/preseed/SN0042/{TICKETS.read}/{name}").data.startswith(b"#!/bin/sh")
    assert client.get(f"/preseed/SN0042/other/{name}").status_code == 403
    assert client.get(f"/preseed/SN0043/{TICKETS.read}/{name}").status_code == 403


def test_there_are_no_other_scripts(client: FlaskClient) -> None:
    assert client.get(f"/preseed/SN0042/{TICKETS.read}/disk.sh").status_code == 403
    assert client.get(f"/preseed/SN0042/{TICKETS.read}/../early.sh").status_code in (403, 404)


def test_a_script_asked_with_an_old_ticket_is_on_the_bench_without_the_ticket(
    client: FlaskClient, bench: Bench
) -> None:
    client.get("/preseed/SN0042/yesterday/late.sh")
    (fetch,) = bench.fetches
    assert (fetch.serial, fetch.status) == ("SN0042/…/late.sh", 403)
    assert fetch.fault is not None
    assert fetch.fault.code == "unknown-ticket"


def test_a_box_that_was_taken_off_the_list_gets_no_script(client: FlaskClient, bench: Bench) -> None:
    del bench.appliances[SERIAL]
    assert client.get(f"/preseed/SN0042/{TICKETS.read}/late.sh").status_code == 404


def test_network_boot_goes_from_who_are_you_to_the_installer(client: FlaskClient) -> None:
    assert "chain --replace http://preseed/boot.ipxe?serial=" in client.get("/boot.ipxe").text
    assert "kernel http://mirror.bench.lan/debian/" in client.get("/boot.ipxe?serial=sn0042").text


def test_an_installer_that_was_given_the_boot_script_s_address_gets_the_first_stage(client: FlaskClient) -> None:
    answer = client.get("/boot.ipxe", headers={"User-Agent": "debian-installer"})
    assert answer.text.startswith("#_preseed_V1\nd-i preseed/include_command")


@pytest.mark.parametrize("path", ["/boot.ipxe", "/d-i/x;reboot/preseed.cfg", "/d-i/trixie/preseed.cfg"])
def test_the_script_that_a_first_stage_names_is_there(client: FlaskClient, path: str) -> None:
    # A box asks for it until it has it, and shows nothing meanwhile.
    first = client.get(path, headers={"User-Agent": "debian-installer"}).text
    (named,) = re.findall(r" http://preseed(/\S+) ", first)
    script = client.get("/", environ_overrides={"PATH_INFO": named})
    assert (script.status_code, script.text[:10]) == (200, "#!/bin/sh\n")
