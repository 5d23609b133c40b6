"""Does applying end, from nothing and from any broken-off run, with everything there once?"""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from numbering.plan import NumberingPlan
from staging.wazo.change import due
from staging.wazo.desired import desired_state
from staging.wazo.diff import changes
from tests.fakes.wazo_state import FACTS, MACS, Tenant, apply_until_settled, macs_of, plans, six_seats


def test_six_seats_settle_on_an_empty_stack() -> None:
    desired = desired_state(six_seats(), FACTS, macs=MACS)
    tenant = Tenant()
    assert apply_until_settled(tenant, desired) <= 5
    assert not changes(desired, tenant.live(desired))


@pytest.mark.parametrize("cut", range(40))
def test_a_run_cut_anywhere_ends_in_the_same_stack(cut: int) -> None:
    desired = desired_state(six_seats(), FACTS, macs=MACS)
    whole, broken = Tenant(), Tenant()
    apply_until_settled(whole, desired)
    apply_until_settled(broken, desired, stop_after=cut)
    apply_until_settled(broken, desired)
    assert broken.shape() == whole.shape()


@settings(deadline=None, max_examples=60)
@given(plans(), st.integers(0, 60))
def test_any_plan_settles_from_any_cut_and_nothing_stands_twice(wanted: NumberingPlan, cut: int) -> None:
    desired = desired_state(wanted, FACTS, macs=macs_of(wanted))
    whole, broken = Tenant(), Tenant()
    apply_until_settled(whole, desired)
    apply_until_settled(broken, desired, stop_after=cut)
    apply_until_settled(broken, desired)
    assert broken.shape() == whole.shape()
    assert not due(changes(desired, broken.live(desired), applied=desired))
