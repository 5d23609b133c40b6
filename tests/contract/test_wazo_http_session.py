"""Does one session log in, stay logged in, and keep its secrets to itself?"""

import gc
import logging
import threading
import time
from functools import partial
from typing import Any

import pytest

from staging.adapters.wazo_http.address import EngineAddress, PortalAddress
from staging.adapters.wazo_http.check import check_stack
from staging.adapters.wazo_http.session import EngineSession
from staging.adapters.wazo_http.token import LIFETIME_S, Token, TokenAuth
from staging.core.faults import SettingsRefused, StackRefused
from staging.core.messages import explain
from staging.core.secret import Secret
from tests.fakes.recorded import DIRECT, PASSWORD, AnsweringStack, Asked, session_on, token_document


class ForgetfulStack:
    """Gives tokens t1, t2, …; only the newest counts, and `forget` makes even that one void."""

    def __init__(self) -> None:
        self.given = 0
        self.void = False
        self.transport = AnsweringStack(self._answer)

    def forget(self) -> None:
        self.void = True

    def _answer(self, asked: Asked) -> Any:
        if asked.path.endswith("/token"):
            self.given += 1
            self.void = False
            return 200, token_document(f"t{self.given}")
        if self.void or asked.headers["X-Auth-Token"] != f"t{self.given}":
            return 401, [f"('{asked.headers['X-Auth-Token']}', 'confd.users.read')"]
        return 200, {"seen": asked.headers["X-Auth-Token"], "body": asked.body}


def test_the_token_is_asked_for_once_and_only_when_needed() -> None:
    stack = ForgetfulStack()
    with session_on(stack.transport) as session:
        assert stack.given == 0
        assert [session.send("confd", "GET", "users").object()["seen"] for _ in range(3)] == ["t1"] * 3


def test_a_login_carries_the_account_and_the_lifetime_but_no_tenant() -> None:
    stack = ForgetfulStack()
    with session_on(stack.transport, tenant="some-tenant") as session:
        session.send("confd", "GET", "users")
    login, users = stack.transport.asked
    assert login.headers["Authorization"].startswith("Basic ")
    assert login.body == {"expiration": LIFETIME_S}
    assert "Wazo-Tenant" not in login.headers
    assert users.headers["Wazo-Tenant"] == "some-tenant"


def test_a_token_that_dies_in_the_middle_is_renewed_and_the_same_body_is_sent_again() -> None:
    stack = ForgetfulStack()
    with session_on(stack.transport) as session:
        session.send("confd", "GET", "users")
        stack.forget()
        reply = session.send("confd", "POST", "users", body={"firstname": "Accueil"})
    assert reply.object() == {"seen": "t2", "body": {"firstname": "Accueil"}}


def test_a_refusal_that_outlives_one_renewal_stands() -> None:
    stack = AnsweringStack(lambda asked: None if asked.path.endswith("/token") else (401, ["no"]))
    with session_on(stack) as session, pytest.raises(StackRefused) as caught:
        session.send("confd", "GET", "users")
    assert caught.value.faults[0].code == "stack-forbidden"
    assert [asked.path for asked in stack.asked] == ["/0.1/token", "/1.1/users", "/0.1/token", "/1.1/users"]


def test_a_wrong_password_is_said_as_such() -> None:
    stack = AnsweringStack(lambda _: (401, {"reason": ["Authentication Failed"], "status_code": 401}))
    with session_on(stack) as session, pytest.raises(StackRefused) as caught:
        session.send("confd", "GET", "users")
    assert caught.value.faults[0].code == "stack-password"
    assert len(stack.asked) == 1


def test_a_token_is_replaced_shortly_before_it_expires() -> None:
    now = [0.0]
    given: list[float] = []

    def fetch() -> Token:
        given.append(now[0])
        return Token(str(now[0]))

    auth = TokenAuth(fetch, seconds=lambda: now[0])
    auth.token()
    now[0] = LIFETIME_S - 61
    auth.token()
    now[0] = LIFETIME_S - 30
    auth.token()
    assert given == [0.0, LIFETIME_S - 30]


def test_threads_that_lose_the_token_together_ask_for_one_new_one() -> None:
    stack = ForgetfulStack()
    with session_on(stack.transport) as session:
        session.send("confd", "GET", "users")
        stack.forget()
        threads = [threading.Thread(target=lambda: session.send("confd", "GET", "users")) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert session.send("confd", "GET", "users").object()["seen"] == f"t{stack.given}"
    assert stack.given <= 3


def test_what_needs_no_account_sends_none() -> None:
    stack = AnsweringStack(lambda _: (200, {"configured": False}))
    with session_on(stack) as session:
        session.send("confd", "GET", "wizard", anonymous=True)
    assert "X-Auth-Token" not in stack.asked[0].headers


def test_a_session_and_a_reply_show_no_secret() -> None:
    stack = AnsweringStack(lambda asked: None if asked.path.endswith("/token") else (200, {"password": "493817"}))
    with session_on(stack) as session:
        reply = session.send("confd", "GET", "voicemails/1")
        assert PASSWORD not in repr(session) + repr(session.__dict__)
    assert "493817" not in repr(reply)
    assert "t0ken" not in repr(Token("t0ken"))


def test_each_call_is_logged_once_without_the_values_of_its_query(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    with session_on(ForgetfulStack().transport) as session:
        session.master_tenant()
        caplog.clear()
        session.send("confd", "GET", "users", query={"email": "accueil@example.org"})
    (record,) = caplog.records
    said = {name: record.__dict__[name] for name in ("event", "service", "method", "path", "query", "status")}
    assert said == {
        "event": "wazo_answered", "service": "confd", "method": "GET", "path": "users",
        "query": ["email"], "status": 200,
    }  # fmt: skip
    assert "accueil@example.org" not in str(record.__dict__)


def test_a_query_written_into_the_path_shows_neither_in_the_log_nor_in_a_fault(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.INFO)
    stack = AnsweringStack(lambda asked: None if asked.path.endswith("/token") else (404, ["Resource Not Found"]))
    with session_on(stack) as session, pytest.raises(StackRefused) as caught:
        session.send("confd", "DELETE", "/users/7?recursive=true")
    assert caught.value.faults[0].at.field == "DELETE confd/users/7"
    assert stack.asked[-1].url.endswith("/1.1/users/7?recursive=true")
    assert {record.__dict__["path"] for record in caplog.records} == {"token", "users/7"}


def test_questions_asked_together_come_back_under_their_names() -> None:
    with session_on(ForgetfulStack().transport) as session:
        found = session.ask_together({str(n): partial(pow, n, 2) for n in range(9)})
    assert found == {str(n): n * n for n in range(9)}


def test_the_first_failing_question_ends_the_others() -> None:
    asked: list[int] = []

    def ask(number: int) -> int:
        asked.append(number)
        if number == 0:
            raise StackRefused
        time.sleep(0.02)
        return number

    with session_on(ForgetfulStack().transport) as session, pytest.raises(StackRefused):
        session.ask_together({str(n): partial(ask, n) for n in range(100)})
    assert len(asked) < 100


def test_a_thread_that_ends_leaves_no_connection_behind() -> None:
    with session_on(ForgetfulStack().transport) as session:
        for _ in range(5):
            thread = threading.Thread(target=lambda: session.send("confd", "GET", "users"))
            thread.start()
            thread.join()
        gc.collect()
        assert len(session._opened) == 0


def test_one_address_gives_all_services_and_each_can_be_replaced() -> None:
    address = EngineAddress.of("https://wazo.example/", confd_url="http://127.0.0.1:9486/1.1")
    assert address.auth_url == "https://wazo.example/api/auth/0.1"
    assert address.confd_url == "http://127.0.0.1:9486/1.1"
    assert address.calld_url == "https://wazo.example/api/calld/1.0"


def test_services_without_an_address_are_all_named_at_once() -> None:
    with pytest.raises(SettingsRefused) as caught:
        EngineAddress.of(auth_url="http://127.0.0.1:9497/0.1", confd_url="ftp://nowhere")
    assert [fault.facts["service"] for fault in caught.value.faults] == ["confd", "provd", "setupd"]


@pytest.mark.parametrize("url", ["http://[::1", "http://wazo.example:huit", "http://wazo.example:99999", "https://"])
def test_an_address_that_is_none_is_refused_as_such(url: str) -> None:
    with pytest.raises(SettingsRefused) as caught:
        EngineAddress.of(url)
    assert {fault.code for fault in caught.value.faults} == {"stack-address"}


def test_a_service_that_a_stack_does_not_offer_is_refused_before_any_request() -> None:
    stack = AnsweringStack(lambda _: None)
    with session_on(stack) as session, pytest.raises(StackRefused) as caught:
        session.send("calld", "GET", "lines")
    assert (caught.value.faults[0].code, stack.asked) == ("stack-service-missing", [])


def test_the_portal_keeps_a_prefix_before_its_api() -> None:
    address = PortalAddress("https://portal.example/portal/")
    assert address.url_of("deployd") == "https://portal.example/portal/api/deployd/0.1"
    assert address.url_of("provd") is None


def test_a_check_stops_at_a_wrong_password_because_all_else_would_repeat_it() -> None:
    def answer(asked: Asked) -> Any:
        if asked.path.endswith("/wizard"):
            return 200, {"configured": True, "configurable": True, "configurable_status": {"wazo-auth": "ok"}}
        return (200, "") if asked.path.endswith("/status") else (401, {"reason": ["Authentication Failed"]})

    with session_on(AnsweringStack(answer)) as session:
        findings = check_stack(session)
    assert [(f.what, f.ok) for f in findings] == [("stack-check-wizard", True), ("stack-check-login", False)]


def test_a_check_goes_on_after_a_failing_part_and_calls_a_silent_calld_a_warning() -> None:
    def answer(asked: Asked) -> Any:
        if asked.path.endswith("/wizard"):
            return 200, {"configured": True, "configurable": True}
        if asked.path.endswith("/status"):
            return 200, {"rest_api": {"status": "ok"}, "bus_consumer": {"status": "fail"}}
        if "calld" in asked.url:
            return 502, "<html>Bad Gateway</html>"
        if asked.path.endswith("/infos"):
            return 200, {"wazo_version": "26.08"}
        return None if asked.path.endswith("/token") else (200, {"items": [{}], "total": 1})

    address = EngineAddress(DIRECT.auth_url, DIRECT.confd_url, DIRECT.provd_url, DIRECT.setupd_url, "http://calld/1.0")
    with EngineSession(address, username="root", password=Secret("x"), transport=AnsweringStack(answer)) as session:
        findings = {finding.what: finding for finding in check_stack(session)}
    assert findings["stack-check-version"].detail == "26.08"
    part, calld = findings["stack-check-confd"].fault, findings["stack-check-calld"].fault
    assert part is not None
    assert calld is not None
    assert "bus_consumer" in explain(part, "fr").text
    assert calld.severity == "warning"
