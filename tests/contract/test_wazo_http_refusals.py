"""Does every recorded refusal become the right error, and does none of them carry a secret?"""

import json
import logging

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from staging.adapters.wazo_http.address import Service
from staging.adapters.wazo_http.refusal import mask, refusal, secrets_in
from staging.core.faults import StackRefused, StackUnreachable, StagingError, Where
from staging.core.messages import error_lines
from tests.fakes.recorded import PASSWORD, TOKEN, AnsweringStack, Exchange, exchanges, session_on

FILES = ("01-setup", "02-nested", "03-flat", "04-errors", "05-devices", "06-faults", "10-import", "11-redo-undo")
SERVICES: dict[str, Service] = {"auth": "auth", "confd": "confd", "provd": "provd"}
REFUSALS = [e for e in exchanges(*FILES) if e.status >= 400 and e.service in SERVICES]


@pytest.mark.parametrize("exchange", REFUSALS, ids=str)
def test_a_recorded_refusal_becomes_one_of_our_errors_and_shows_no_secret(
    exchange: Exchange, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    error = refused(exchange)
    assert isinstance(error, StackUnreachable if exchange.status >= 500 else StackRefused)
    shown = "\n".join(
        [str(error), repr(error), repr(error.faults), *error_lines(error, "fr"), *error_lines(error, "en")]
    )
    logged = "\n".join(str(record.__dict__) for record in caplog.records)
    for secret in {TOKEN, PASSWORD} | {word for word in secrets_in(exchange.request_body) if len(word) > 3}:
        assert secret not in shown
        assert secret not in logged


@pytest.mark.parametrize("exchange", REFUSALS, ids=str)
def test_the_code_of_a_recorded_refusal_follows_from_its_status_and_text(exchange: Exchange) -> None:
    assert refused(exchange).faults[0].code == expected_code(exchange)


def test_six_shapes_of_refusal_stand_in_the_recordings() -> None:
    assert {shape(exchange) for exchange in REFUSALS} == {"list", "message", "html", "auth", "token", "empty"}


def test_the_bare_text_that_confd_makes_of_a_refusal_by_provd_keeps_its_words() -> None:
    error = refusal(400, '"Provd client error: 400 Client Error: Bad Request"', at=Where("wazo"), host="wazo")
    assert error is not None
    assert error.faults[0].facts["reason"] == "Provd client error: 400 Client Error: Bad Request"


def test_the_plain_text_of_provd_is_a_refusal_with_its_words() -> None:
    error = refusal(400, "an install operation for pkg x is already in progress", at=Where("wazo"), host="wazo")
    assert error is not None
    assert error.faults[0].facts["reason"] == "an install operation for pkg x is already in progress"


def test_a_refused_import_keeps_its_messages_and_drops_the_rows_with_their_passwords() -> None:
    text = json.dumps({"errors": [{"message": "Input Error - bad", "details": {"row": {"sip_secret": "x9x9x9x9"}}}]})
    error = refusal(400, text, at=Where("wazo"), host="wazo")
    assert error is not None
    assert error.faults[0].facts["reason"] == "Input Error - bad"


def test_the_sql_of_a_server_error_is_cut_because_it_holds_values() -> None:
    text = json.dumps(["Unexpected error: UniqueViolation\nDETAIL\n[SQL: …]\n[parameters: {'mailbox': '8000'}]"])
    error = refusal(500, text, at=Where("wazo"), host="wazo")
    assert error is not None
    assert error.faults[0].facts["reason"] == "Unexpected error: UniqueViolation"


def test_a_pin_is_masked_as_a_word_and_not_inside_a_longer_number() -> None:
    error = refusal(400, '["8001 in 0465718001"]', at=Where("wazo"), host="wazo", secrets={"8001"})
    assert error is not None
    assert error.faults[0].facts["reason"] == "*** in 0465718001"


def test_a_value_behind_a_secrets_name_is_masked_and_the_words_about_it_are_kept() -> None:
    assert mask("{'password': 'abc', 'admin_password': [\"Longer than maximum\"]} token=xyz") == (
        "{'password': '***', 'admin_password': [\"Longer than maximum\"]} token=***"
    )
    assert mask("url: /0.1/token/abc?scope=confd") == "url: /0.1/token/***?scope=confd"


@given(st.text(min_size=7, max_size=30), st.text(max_size=20), st.text(max_size=20))
def test_no_text_lets_a_known_secret_through(secret: str, before: str, after: str) -> None:
    assume("*" not in secret and secret not in before + after)
    assert secret not in mask(before + secret + after, [secret])


def test_sections_of_pairs_give_up_their_passwords() -> None:
    body = {"lines": [{"endpoint_sip": {"auth_section_options": [["username", "ab"], ["password", "s3cret"]]}}]}
    assert secrets_in({**body, "voicemail": {"password": "493817", "ask_password": True}}) == {"s3cret", "493817"}


def refused(exchange: Exchange) -> StagingError:
    stack = AnsweringStack(
        lambda asked: (
            (exchange.status, exchange.answer(), exchange.response_headers)
            if not asked.path.endswith("/token") or exchange.path.endswith("/token")
            else None
        )
    )
    path = exchange.path.split("/", 2)[2]
    with session_on(stack) as session, pytest.raises(StagingError) as caught:
        session.send(SERVICES[exchange.service], exchange.method, path, body=exchange.request_body)
    return caught.value


def expected_code(exchange: Exchange) -> str:
    text = exchange.answer()
    if exchange.status >= 500:
        return "stack-busy"
    if exchange.status in (401, 403):
        return "stack-password" if exchange.path.endswith("/token") else "stack-forbidden"
    if text.startswith("<!doctype"):
        return "stack-strange-answer"
    if exchange.status == 404:
        return "stack-not-found"
    if "User already exists ('email'" in text:
        return "stack-email-taken"
    taken = ("already exists", "409 Client Error", "Existing incall")
    return "stack-duplicate" if exchange.status == 409 or any(t in text for t in taken) else "stack-refused"


def shape(exchange: Exchange) -> str:
    body = exchange.response_body
    if isinstance(body, dict):
        if "reason" in body:
            return "token"
        return "auth" if "error_id" in body else "message"
    if isinstance(body, list):
        return "list"
    return "html" if str(body).startswith("<") else "empty"
