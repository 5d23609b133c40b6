"""Is the sandbox an engine as our cases ask for one? `make test-live` asks a real one the same."""

from collections.abc import Callable, Iterator

import pytest

from staging.sandbox.serve import Served, serve
from tests.fakes.engine_cases import CASES, EngineAtHand


@pytest.fixture(scope="module")
def served() -> Iterator[Served]:
    with serve(configured=True, tenant_delay=0.01) as sandbox:
        yield sandbox


@pytest.fixture
def engine(served: Served) -> Iterator[EngineAtHand]:
    made = EngineAtHand(served.url, "sandbox")
    yield made
    made.close()


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.__name__)
def test_the_sandbox_is_an_engine_of_which_this_is_true(
    engine: EngineAtHand, case: Callable[[EngineAtHand], None]
) -> None:
    case(engine)


def test_the_cases_leave_no_tenant_behind(served: Served) -> None:
    before = len(served.world.accounts.tenants)
    EngineAtHand(served.url, "sandbox").close()
    assert len(served.world.accounts.tenants) == before
