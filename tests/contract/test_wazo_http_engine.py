"""Do set-up and settings write what is missing, once, and nothing the second time?"""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from staging.adapters.wazo_http import plugins
from staging.adapters.wazo_http.operations import progress_of
from staging.adapters.wazo_http.restart import wait_for_provd
from staging.adapters.wazo_http.setup import (
    EngineHealth,
    PortalRegistration,
    engine_health,
    set_up_engine,
)
from staging.adapters.wazo_http.waiting import Patience, wait_for
from staging.core.faults import Fault, StackRefused, StackUnreachable, StagingError
from staging.core.secret import Secret
from tests.fakes.recorded import AnsweringStack, Asked, session_on

AT_ONCE = Patience(within=timedelta(0), every=timedelta(0), pause=lambda _: None)
A_FEW_LOOKS = Patience(within=timedelta(seconds=60), every=timedelta(0), pause=lambda _: None)
PORTAL = PortalRegistration(
    host="portal.example", service_id="staging", service_key=Secret("cle-du-portail"),
    instance_name="Atelier Bleu", engine_host="203.0.113.7",
)  # fmt: skip


class FreshEngine:
    """An engine out of the box: installs plugins, runs its set-up once; its provd may be away for some looks."""

    def __init__(self, *, configured: bool = False) -> None:
        self.configured = configured
        self.setup_answers: list[tuple[int, Any]] = [(201, {})]
        self.provd_away = 0
        self.operation = "success"
        self.offered: dict[str, Any] = {}
        self.installed: dict[str, Any] = {"wazo-aastra": {}}
        self.stack = AnsweringStack(self._answer)

    def _answer(self, asked: Asked) -> Any:
        path = asked.path.split("/", 2)[2]
        if path == "token":
            return None
        if path == "wizard":
            parts = {"wazo-auth": "ok", "wazo-provd": "ok"}
            return 200, {"configured": self.configured, "configurable": True, "configurable_status": parts}
        if path == "setup":
            status, body = self.setup_answers.pop(0)
            self.configured = self.configured or status in (201, 504)
            return status, body
        if path == "status":
            self.provd_away = max(0, self.provd_away - 1)
            return (502, "<html>Bad Gateway</html>") if self.provd_away else (200, "")
        return self._packages(asked, path)

    def _packages(self, asked: Asked, path: str) -> Any:
        if path.endswith(("installed", "installable")):
            return 200, {"pkgs": self.installed if path.endswith("installed") else self.offered}
        if asked.method == "POST" and path.endswith("update"):
            self.offered = {"wazo-yealink-v86": {}, "wazo-yealink-v85": {}}
        if asked.method == "POST" and path.endswith("install") and self.operation == "success":
            if asked.body["id"] in self.installed:
                return 400, "plugin is already installed", {"content-type": "text/plain"}
            self.installed[asked.body["id"]] = {}
        if asked.method == "POST":
            return 201, "", {"location": f"/0.2/{path}/1"}
        return (200, {"status": self.operation}) if asked.method == "GET" else (204, "")


def test_a_fresh_engine_is_set_up_and_registered_in_one_call() -> None:
    engine = FreshEngine()
    with session_on(engine.stack) as session:
        done = set_up_engine(
            session, password=Secret("MotDePasse9"), internal_address="10.0.0.1", portal=PORTAL,
            patience=A_FEW_LOOKS,
        )  # fmt: skip
    assert done == ["engine", "portal.instance"]
    (setup,) = engine.stack.writes()
    assert setup.body == {
        "engine_language": "fr_FR", "engine_password": "MotDePasse9", "engine_license": True,
        "engine_internal_address": "10.0.0.1",
        "nestbox_host": "portal.example", "nestbox_port": 443, "nestbox_verify_certificate": True,
        "nestbox_service_id": "staging", "nestbox_service_key": "cle-du-portail",
        "nestbox_instance_name": "Atelier Bleu", "nestbox_engine_host": "203.0.113.7", "nestbox_engine_port": 443,
        "nestbox_instance_preferred_connection": "public",
    }  # fmt: skip
    assert "X-Auth-Token" not in setup.headers


def test_an_engine_that_is_set_up_and_registered_is_left_alone() -> None:
    engine = FreshEngine(configured=True)
    with session_on(engine.stack) as session:
        assert set_up_engine(session, password=Secret("x9x9"), portal=PORTAL, instance_uuid="known") == []
        assert set_up_engine(session, password=Secret("x9x9")) == []
    assert engine.stack.writes() == []


def test_a_registration_that_failed_after_the_wizard_is_asked_for_again_with_the_known_instance() -> None:
    engine = FreshEngine()
    engine.setup_answers = [(504, "<html>Gateway Time-out</html>"), (201, {})]
    with session_on(engine.stack) as session:
        with pytest.raises(StackUnreachable):
            set_up_engine(session, password=Secret("x9x9"), portal=PORTAL, patience=A_FEW_LOOKS)
        set_up_engine(session, password=Secret("x9x9"), portal=PORTAL, patience=A_FEW_LOOKS)
    assert len(engine.stack.writes()) == 2


def test_a_reinstalled_engine_keeps_its_place_on_the_portal() -> None:
    engine = FreshEngine()
    with session_on(engine.stack) as session:
        set_up_engine(session, password=Secret("x9x9"), portal=PORTAL, instance_uuid="known", patience=A_FEW_LOOKS)
    assert engine.stack.writes()[0].body["engine_instance_uuid"] == "known"


def test_a_time_out_that_hid_a_finished_set_up_counts_as_done() -> None:
    engine = FreshEngine()
    engine.setup_answers = [(504, "<html>Gateway Time-out</html>")]
    with session_on(engine.stack) as session:
        assert set_up_engine(session, password=Secret("x9x9"), patience=A_FEW_LOOKS) == ["engine"]


@pytest.mark.parametrize(
    ("configured", "answer", "code"),
    [
        (False, (500, {"message": "no", "error_id": "setup-token-failed", "details": {}}), "stack-setup-login"),
        (True, (502, "<html>Bad Gateway</html>"), "stack-setup-stopped"),
        (False, (500, {"message": "no", "error_id": "wazo-sysconfd-failed"}), "stack-busy"),
        (False, (400, {"message": "bad", "error_id": "invalid-data", "details": {}}), "stack-refused"),
    ],
)  # fmt: skip
def test_a_set_up_that_fails_says_why(configured: bool, answer: tuple[int, Any], code: str) -> None:
    engine = FreshEngine(configured=configured)
    engine.setup_answers = [answer]
    with session_on(engine.stack) as session, pytest.raises(StagingError) as caught:
        set_up_engine(session, password=Secret("MotDePasse9"), portal=PORTAL, patience=AT_ONCE)
    assert caught.value.faults[0].code == code
    assert "MotDePasse9" not in repr(caught.value.faults)


def test_health_is_read_without_an_account() -> None:
    engine = FreshEngine()
    with session_on(engine.stack) as session:
        health = engine_health(session)
    assert health == EngineHealth(True, True, False, {"wazo-auth": "ok", "wazo-provd": "ok"})
    assert not [asked for asked in engine.stack.asked if "X-Auth-Token" in asked.headers]


def test_a_provd_that_restarts_is_asked_until_it_is_back() -> None:
    engine = FreshEngine()
    engine.provd_away = 3
    with session_on(engine.stack) as session:
        wait_for_provd(session, patience=A_FEW_LOOKS)
    assert [asked.path for asked in engine.stack.asked].count("/0.2/status") == 3


def test_a_provd_that_stays_away_is_told_after_the_patience() -> None:
    engine = FreshEngine()
    engine.provd_away = 3
    with session_on(engine.stack) as session, pytest.raises(StackUnreachable) as caught:
        wait_for_provd(session, patience=AT_ONCE)
    assert caught.value.faults[0].code == "stack-provd-silent"


def test_missing_plugins_are_fetched_installed_and_their_operations_cleared() -> None:
    engine = FreshEngine()
    wanted = ["wazo-aastra", "wazo-yealink-v86"]
    with session_on(engine.stack) as session:
        first = plugins.ensure_plugins(session, wanted, patience=AT_ONCE)
        written = len(engine.stack.writes())
        second = plugins.ensure_plugins(session, wanted, patience=AT_ONCE)
    assert (first, second) == (["plugin.wazo-yealink-v86"], [])
    assert [(w.method, w.path) for w in engine.stack.writes()] == [
        ("POST", "/0.2/pg_mgr/install/update"), ("DELETE", "/0.2/pg_mgr/install/update/1"),
        ("POST", "/0.2/pg_mgr/install/install"), ("DELETE", "/0.2/pg_mgr/install/install/1"),
    ]  # fmt: skip
    assert written == 4


def test_a_plugin_that_nobody_offers_is_named() -> None:
    with session_on(FreshEngine().stack) as session, pytest.raises(StackRefused) as caught:
        plugins.ensure_plugins(session, ["wazo-nokia-3310"], patience=AT_ONCE)
    assert caught.value.faults[0].facts["plugin"] == "wazo-nokia-3310"


@pytest.mark.parametrize(
    ("state", "code"), [("fail", "stack-operation-failed"), ("progress;1/9", "stack-operation-slow")]
)
def test_an_installation_that_fails_or_never_ends_says_so(state: str, code: str) -> None:
    engine = FreshEngine()
    engine.operation = state
    with session_on(engine.stack) as session, pytest.raises(StagingError) as caught:
        plugins.ensure_plugins(session, ["wazo-yealink-v86"], patience=AT_ONCE)
    assert caught.value.faults[0].code == code


@pytest.mark.parametrize(
    ("status", "far"),
    [
        ("install_pkg|progress(download|progress;1048576/30000000)", (1048576, 30000000)),
        ("install_pkg|progress(T54W|success;9/9)(T57W|progress;3/9)", (3, 9)),
        ("install_pkg|progress;5", None),
        ("update|waiting", None),
        ("install_pkg|success", None),
    ],
)
def test_how_far_an_operation_is_stands_in_its_innermost_part(status: str, far: tuple[int, int] | None) -> None:
    assert progress_of(status) == far


def test_a_wait_looks_soon_at_first_and_then_as_often_as_it_was_told_to() -> None:
    pauses: list[float] = []
    patience = Patience(
        within=timedelta(seconds=30), every=timedelta(seconds=8), pause=pauses.append, seconds=lambda: sum(pauses)
    )
    with pytest.raises(StackUnreachable):
        wait_for(lambda: None, patience=patience, otherwise=Fault("stack-operation-slow"))
    assert pauses == [0.5, 1, 2, 4, 8, 8, 8]


def test_firmware_that_somebody_installed_meanwhile_is_no_error() -> None:
    seen: Iterator[dict[str, Any]] = iter([{}, {"T54W": {}}])
    with session_on(AnsweringStack(lambda asked: firmware(asked, seen))) as session:
        assert plugins.ensure_firmware(session, "wazo-yealink-v86", "T54W")


def firmware(asked: Asked, seen: Iterator[dict[str, Any]]) -> Any:
    if asked.method == "GET":
        return 200, {"pkgs": next(seen)}
    return None if "token" in asked.url else (400, "package T54W is already installed", {"content-type": "text/plain"})
