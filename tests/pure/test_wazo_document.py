"""Does a state survive being stored?"""

import json
from dataclasses import replace

import pytest
from hypothesis import given, settings

from numbering.plan import NumberingPlan
from staging.wazo.desired import desired_state
from staging.wazo.document import state_document, state_from_document
from staging.wazo.facts import EngineFacts
from staging.wazo.state import Dhcp, StackState
from tests.fakes.wazo_state import FACTS, macs_of, plans, six_seats

_ENGINE = EngineFacts("192.0.2.10", Dhcp(True, "192.0.2.100", "192.0.2.200", ("eno1",)))


@settings(deadline=None, max_examples=30)
@given(plans())
def test_a_stored_state_comes_back_equal(wanted: NumberingPlan) -> None:
    state = desired_state(wanted, replace(FACTS, engine=_ENGINE), macs=macs_of(wanted))
    assert state_from_document(json.loads(json.dumps(state_document(state)))) == state


def test_a_state_of_an_older_version_takes_the_defaults() -> None:
    document = state_document(desired_state(six_seats(), FACTS, macs={}))
    del document["function_keys"]
    assert state_from_document(document).function_keys == ()
    assert state_from_document({}) == StackState()


@pytest.mark.parametrize(
    "spoiled", [{"users": [{"extension": 8000}]}, {"contexts": [{"type": "secret", "label": "x"}]}]
)
def test_what_is_no_state_is_not_taken_for_one(spoiled: dict[str, object]) -> None:
    with pytest.raises((KeyError, TypeError, ValueError)):
        state_from_document(spoiled)
