"""Does what happened reach another system, once, and signed?"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from threading import Thread
from wsgiref.simple_server import WSGIRequestHandler, make_server

import pytest
import requests
from flask import Flask

from tests.fakes.preseed import NOON, HandClock
from webhooks.events import Event, LabelPrinted
from webhooks.routes import HookNeeds, blueprint
from webhooks.send import MOST_ATTEMPTS, Delivery, send_delivery, wait_before_resend
from webhooks.sign import make_secret

SECRET = make_secret(bytes(range(32)))
LABEL = LabelPrinted(NOON, "S1:7:phone:3:1", "bench")


class _Quiet(WSGIRequestHandler):
    def log_message(self, format: str, *args: object) -> None:
        pass


@contextmanager
def listening(app: Flask) -> Iterator[str]:
    server = make_server("127.0.0.1", 0, app, handler_class=_Quiet)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture
def session() -> Iterator[requests.Session]:
    with requests.Session() as session:
        session.trust_env = False
        yield session


def test_what_we_send_another_bench_of_ours_takes(session: requests.Session) -> None:
    kept: list[tuple[str, str, Event]] = []

    def record(source: str, delivery: str, event: Event) -> bool:
        kept.append((source, delivery, event))
        return True

    app = Flask(__name__)
    app.register_blueprint(blueprint(HookNeeds(lambda source: (SECRET,), record, HandClock())))
    with listening(app) as base:
        attempt = send_delivery(Delivery("msg_1", f"{base}/hooks/bench", LABEL, SECRET), at=NOON, session=session)
    assert (attempt.outcome, attempt.status) == ("taken", 202)
    assert kept == [("bench", "msg_1", LABEL)]


@pytest.mark.parametrize(
    ("status", "outcome"),
    [
        (200, "taken"),
        (302, "refused"),
        (400, "refused"),
        (410, "refused"),
        (408, "again"),
        (429, "again"),
        (503, "again"),
    ],
)
def test_a_no_is_final_and_a_silence_is_not(session: requests.Session, status: int, outcome: str) -> None:
    app = Flask(__name__)
    app.add_url_rule("/", view_func=lambda: ("", status, {"Location": "/elsewhere"}), methods=["POST"])
    with listening(app) as base:
        attempt = send_delivery(Delivery("msg_1", base + "/", LABEL, SECRET), at=NOON, session=session)
    assert (attempt.outcome, attempt.status) == (outcome, status)


def test_nobody_there_is_tried_again(session: requests.Session) -> None:
    attempt = send_delivery(Delivery("msg_1", "http://127.0.0.1:1/", LABEL, SECRET), at=NOON, session=session)
    assert (attempt.outcome, attempt.status) == ("again", None)


def test_attempts_get_rarer_bridge_a_weekend_and_end() -> None:
    waits = [wait_before_resend(attempt) for attempt in range(1, MOST_ATTEMPTS + 1)]
    assert waits[0] == timedelta(seconds=5)
    assert waits[-1] is None
    spans = [wait for wait in waits if wait is not None]
    assert spans == sorted(spans)
    assert sum(spans, timedelta()) > timedelta(hours=62)
