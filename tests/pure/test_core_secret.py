"""Can a secret be printed by mistake? Not through any of the usual ways."""

import copy
import io
import json
import logging
import pickle
import traceback
from dataclasses import asdict, dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from staging.core.secret import Secret

WORDS = "correct horse battery"


@dataclass(frozen=True, slots=True)
class Login:
    name: str
    password: Secret


@given(st.text(min_size=4))
def test_a_secret_comes_out_of_reveal_alone(value: str) -> None:
    secret = Secret(value)
    assert secret.reveal() == value
    for shown in (repr(secret), str(secret), f"{secret}", f"{secret!r:>20}", "%s" % secret, format(secret)):  # noqa: UP031  # all ways
        assert shown.strip() == "***"


def test_a_value_that_holds_a_secret_does_not_show_it() -> None:
    login = Login("root", Secret(WORDS))
    for shown in (repr(login), str(login), repr([login]), repr({"login": login}), str(asdict(login))):
        assert WORDS not in shown


def test_a_secret_is_no_json() -> None:
    with pytest.raises(TypeError):
        json.dumps({"password": Secret(WORDS)})
    assert json.dumps({"password": Secret(WORDS)}, default=str) == '{"password": "***"}'


def test_a_log_line_shows_stars() -> None:
    stream = io.StringIO()
    log = logging.getLogger("test_core_secret")
    log.propagate = False
    log.addHandler(logging.StreamHandler(stream))
    log.error("signed in with %s %r", Secret(WORDS), Secret(WORDS))
    assert stream.getvalue() == "signed in with *** ***\n"


def test_an_error_that_carries_one_shows_stars() -> None:
    try:
        raise ValueError(Secret(WORDS))
    except ValueError:
        assert WORDS not in traceback.format_exc()


def test_a_secret_cannot_be_changed() -> None:
    with pytest.raises(AttributeError):
        Secret(WORDS)._value = "other"


def test_a_secret_is_not_pickled_into_a_job_table_or_a_cache() -> None:
    with pytest.raises(TypeError):
        pickle.dumps(Secret(WORDS))


def test_secrets_are_equal_by_value_and_false_when_empty() -> None:
    assert Secret(WORDS) == Secret(WORDS) == copy.deepcopy(Secret(WORDS))
    assert Secret(WORDS) != WORDS
    assert hash(Secret(WORDS)) == hash(Secret(WORDS))
    assert (bool(Secret("")), bool(Secret("x"))) == (False, True)
