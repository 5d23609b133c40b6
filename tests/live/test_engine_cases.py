"""Is what the sandbox imitates still true of a real engine?

`make test-live` says what it needs; the engine must be one on which a tenant may be made and deleted again.
"""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.fakes.engine_cases import CASES, EngineAtHand

pytestmark = [pytest.mark.live, pytest.mark.timeout(1800)]

# Read now: no test sees a setting of the machine.
_URL = os.environ.get("STAGING_LIVE_URL", "").rstrip("/")
_PASSWORD_FILE = os.environ.get("STAGING_LIVE_PASSWORD_FILE", "")
_USERNAME = os.environ.get("STAGING_LIVE_USERNAME", "root")
_CA_FILE = os.environ.get("STAGING_LIVE_CA_FILE", "")


@pytest.fixture
def engine() -> Iterator[EngineAtHand]:
    password = Path(_PASSWORD_FILE).read_text("utf-8").strip()
    made = EngineAtHand(_URL, password, username=_USERNAME, verify=_CA_FILE or True)
    yield made
    made.close()


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.__name__)
def test_a_real_engine_is_one_of_which_this_is_true(engine: EngineAtHand, case: Callable[[EngineAtHand], None]) -> None:
    case(engine)
