"""What may a box tell us, and what may other systems?"""

import pytest
from flask import Flask
from flask.testing import FlaskClient

from staging.core.secret import Secret
from tests.fakes.preseed import NOON, SERIAL, TICKET, TICKETS, Bench, HandClock
from webhooks.events import (
    EngineReady,
    Event,
    InstallAlive,
    InstallFinished,
    InstallProgressed,
    LabelPrinted,
    LogReceived,
)
from webhooks.install import LONGEST_PIECE
from webhooks.payload import render_payload
from webhooks.routes import HookNeeds, blueprint
from webhooks.sign import make_secret, sign

HOOK = f"/hooks/install/{TICKET}"
LOGS = f"/hooks/install/{TICKETS.logs}"
REGISTER = f"/hooks/install/{TICKETS.register}"


@pytest.fixture
def bench() -> Bench:
    return Bench()


@pytest.fixture
def client(bench: Bench) -> FlaskClient:
    return bench.app().test_client()


@pytest.mark.parametrize("method", ["get", "post"])
def test_a_step_is_written_down_with_its_detail(client: FlaskClient, bench: Bench, method: str) -> None:
    answer = getattr(client, method)(f"{HOOK}/step/disk-refused?failed=1", data="found 2\nmore")
    assert answer.status_code == 202
    assert bench.events == [InstallProgressed(NOON, SERIAL, "disk-refused", "found 2", failed=True)]


def test_a_box_that_is_alive_says_where_it_is(client: FlaskClient, bench: Bench) -> None:
    client.get(f"{HOOK}/alive?step=partman-base&failures=2")
    assert bench.events == [InstallAlive(NOON, SERIAL, "partman-base", 2)]


def test_a_log_is_kept_whole_whatever_it_holds(client: FlaskClient, bench: Bench) -> None:
    client.post(f"{LOGS}/log?name=firstboot", data=b"a\xff\x00b\n")
    assert bench.events == [LogReceived(NOON, SERIAL, "firstboot", b"a\xff\x00b\n", "120000000000")]
    assert isinstance(bench.events[0], LogReceived)
    assert bench.events[0].text == "a\ufffdb\n"


def test_the_end_and_the_engine_are_told(client: FlaskClient, bench: Bench) -> None:
    client.post(f"{HOOK}/installed")
    client.post(f"{REGISTER}/engine-ready", data="address=192.0.2.10\nversion=26.04\n")
    assert bench.events == [
        InstallFinished(NOON, SERIAL),
        EngineReady(NOON, SERIAL, "192.0.2.10", "127.0.0.1", "26.04"),
    ]


@pytest.mark.parametrize("path", ["", "/step/early", "/alive", "/log", "/disks", "/installed", "/engine-ready"])
def test_without_its_ticket_a_box_tells_nothing(client: FlaskClient, bench: Bench, path: str) -> None:
    assert client.post(f"/hooks/install/stolen{path}", data="address=192.0.2.10").status_code == 403
    assert bench.events == []


def test_a_ticket_can_be_tried_without_telling_anything(client: FlaskClient, bench: Bench) -> None:
    assert client.get(HOOK).status_code == 202
    assert bench.events == []


def test_an_engine_without_an_address_is_not_ready(client: FlaskClient, bench: Bench) -> None:
    assert client.post(f"{REGISTER}/engine-ready", data="version=26.04").status_code == 400
    assert bench.events == []


def test_what_is_too_long_is_refused_before_it_is_read(client: FlaskClient, bench: Bench) -> None:
    assert client.post("/hooks/hello", data=b"serial=SN0042\n" + b"x" * 16_384).status_code == 413
    assert client.post(f"{HOOK}/step/early", data=b"x" * 9000).status_code == 413
    assert client.post(f"{LOGS}/log", data=b"x" * (LONGEST_PIECE + 1)).status_code == 413
    assert (bench.hellos, bench.events) == ([], [])


def test_what_was_not_taken_is_told_with_its_path_and_without_its_ticket(client: FlaskClient, bench: Bench) -> None:
    client.post("/hooks/hello", data="suite=bookworm")
    client.post("/hooks/install/yesterday/step/early")
    client.post(f"{LOGS}/log?name=installer", data=b"x" * (LONGEST_PIECE + 1))
    client.post(f"{REGISTER}/engine-ready", data="version=26.04")
    told = [(refusal.asked, refusal.status, refusal.fault.code) for refusal in bench.refusals]
    assert told == [
        ("/hooks/hello", 400, "hello-without-serial"),
        ("/hooks/install/…/step/early", 403, "hook-unknown-ticket"),
        ("/hooks/install/…/log", 413, "hook-too-long"),
        ("/hooks/install/…/engine-ready", 400, "engine-without-address"),
    ]


def test_a_hello_of_exactly_sixteen_kilobytes_passes(client: FlaskClient, bench: Bench) -> None:
    body = b"serial=SN0042\n".ljust(16_384, b"x")
    assert client.post("/hooks/hello", data=body).status_code == 202


def test_one_address_cannot_flood_the_bench_with_hellos(client: FlaskClient, bench: Bench) -> None:
    statuses = [client.post("/hooks/hello", data=f"serial=SN{n:04}").status_code for n in range(40)]
    assert (statuses.count(202), statuses.count(429)) == (30, 10)
    from_elsewhere = {"REMOTE_ADDR": "192.0.2.7"}
    assert client.post("/hooks/hello", data="serial=SN0042", environ_base=from_elsewhere).status_code == 202


# --- other systems ---

SECRET = make_secret(bytes(range(32)))
LABEL = LabelPrinted(NOON, "S1:7:phone:3:1", "bench")


class Ledger:
    """Remembers each delivery once, as the store does."""

    def __init__(self) -> None:
        self.kept: dict[tuple[str, str], Event] = {}

    def record(self, source: str, delivery: str, event: Event) -> bool:
        is_new = (source, delivery) not in self.kept
        self.kept.setdefault((source, delivery), event)
        return is_new

    def find_secrets(self, source: str) -> tuple[Secret, ...]:
        return (SECRET,) if source == "erp" else ()


@pytest.fixture
def ledger() -> Ledger:
    return Ledger()


@pytest.fixture
def others(ledger: Ledger) -> FlaskClient:
    app = Flask(__name__)
    app.register_blueprint(blueprint(HookNeeds(ledger.find_secrets, ledger.record, HandClock())))
    return app.test_client()


def signed(body: bytes) -> dict[str, str]:
    return {
        "webhook-id": "msg_1",
        "webhook-timestamp": str(int(NOON.timestamp())),
        "webhook-signature": sign(body, id="msg_1", at=NOON, secret=SECRET),
    }


def test_a_signed_event_is_written_down_once_however_often_it_comes(others: FlaskClient, ledger: Ledger) -> None:
    body = render_payload(LABEL)
    answers = [others.post("/hooks/erp", data=body, headers=signed(body)) for _ in range(2)]
    assert [(answer.status_code, answer.get_json()["repeated"]) for answer in answers] == [(202, False), (202, True)]
    assert ledger.kept == {("erp", "msg_1"): LABEL}


@pytest.mark.parametrize("source", ["erp", "nobody", "hello", "install"])
def test_an_unsigned_event_and_an_unknown_source_are_refused_alike(
    others: FlaskClient, ledger: Ledger, source: str
) -> None:
    answer = others.post(f"/hooks/{source}", data=render_payload(LABEL))
    assert (answer.status_code, answer.get_json()["code"]) == (401, "hook-unsigned")
    assert ledger.kept == {}


def test_a_body_that_was_changed_on_its_way_is_refused(others: FlaskClient, ledger: Ledger) -> None:
    body = render_payload(LABEL)
    answer = others.post("/hooks/erp", data=body.replace(b"bench", b"other"), headers=signed(body))
    assert (answer.status_code, answer.content_type) == (401, "application/problem+json")
    assert ledger.kept == {}


def test_a_signed_body_that_is_no_event_is_refused_with_the_part(others: FlaskClient, ledger: Ledger) -> None:
    answer = others.post("/hooks/erp", data=b"{}", headers=signed(b"{}"))
    assert (answer.status_code, answer.get_json()["code"]) == (400, "hook-malformed")
    assert ledger.kept == {}


def test_a_delivery_that_is_too_long_is_not_even_checked(others: FlaskClient) -> None:
    assert others.post("/hooks/erp", data=b"x" * (256 * 1024 + 1)).status_code == 413


def test_the_certificate_of_a_ready_engine_is_taken_whole_and_rubbish_is_not(client: FlaskClient, bench: Bench) -> None:
    certificate = "MIIB" + "A" * 1500 + "=="
    client.post(f"{REGISTER}/engine-ready", data=f"address=192.0.2.10\ncertificate={certificate}\n")
    client.post(f"{REGISTER}/engine-ready", data="address=192.0.2.10\ncertificate=-----BEGIN$(reboot)\n")
    assert [event.certificate for event in bench.events if isinstance(event, EngineReady)] == [certificate, ""]
