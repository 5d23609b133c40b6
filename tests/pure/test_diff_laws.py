"""Which laws hold for comparing, applying and taking back, whatever the plan and whatever stands on the stack?

The stack is `tests/fakes/wazo_state.py`: it refuses what wazo-confd refuses and knows nothing of our states.
"""

import random

from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from numbering.plan import NumberingPlan
from staging.wazo.actions import ready_actions
from staging.wazo.change import Action, due
from staging.wazo.desired import desired_state
from staging.wazo.diff import changes, fingerprint
from staging.wazo.left import brought, left_last
from staging.wazo.state import StackState
from staging.wazo.undo import snapshot, undo_target
from staging.wazo.verify import differences
from tests.fakes.wazo_state import FACTS, Tenant, apply_until_settled, macs_of, plans

SOME = settings(deadline=None, max_examples=25, phases=[Phase.explicit, Phase.generate])


def state_of(wanted: NumberingPlan) -> StackState:
    return desired_state(wanted, FACTS, macs=macs_of(wanted))


def comparable(state: StackState) -> dict[str, object]:
    """What both a wish and a reading hold: models of softphones and the order of lists are no matter of the stack."""
    return {
        "users": sorted(
            (u.extension, u.name, u.email or "", u.caller_id, u.subscription_type, u.voicemail is None,
             u.account, sorted((line.key, line.position) for line in u.lines))
            for u in state.users
        ),
        "groups": sorted((g.label, g.extension, sorted(g.members), g.ring_strategy) for g in state.groups),
        "pickups": sorted((p.name, sorted(p.interceptors), sorted(p.targets)) for p in state.pickups),
        "incalls": sorted((incall.did, incall.target.kind, incall.target.key) for incall in state.incalls),
        "keys": sorted(
            (keys.extension, key.position, key.target, key.label) for keys in state.function_keys for key in keys.keys
        ),
        "devices": sorted((d.mac, sorted((s.line, s.position) for s in d.seatings)) for d in state.devices),
    }  # fmt: skip


@SOME
@given(plans(), plans())
def test_applying_the_difference_gives_the_wish_from_whatever_plan_stood_there(
    first: NumberingPlan, second: NumberingPlan
) -> None:
    tenant, before, wish = Tenant(), state_of(first), state_of(second)
    apply_until_settled(tenant, before)
    apply_until_settled(tenant, wish, applied=before, passes=9)
    # Keys are read of those too who had some: a receptionist who is none any more keeps none of ours.
    assert comparable(snapshot(tenant.live(wish, before))) == comparable(wish)
    assert differences(wish, tenant.live(wish)) == ()
    assert due(changes(wish, tenant.live(wish), applied=wish)) == ()


@SOME
@given(plans(), plans())
def test_taking_back_what_was_applied_is_as_if_it_had_never_been(first: NumberingPlan, second: NumberingPlan) -> None:
    tenant, before, wish = Tenant(), state_of(first), state_of(second)
    apply_until_settled(tenant, before)
    there = snapshot(tenant.live(before))
    apply_until_settled(tenant, wish, applied=before, passes=9)
    apply_until_settled(tenant, undo_target(wish, there), applied=wish, passes=9)
    back = snapshot(tenant.live(before, wish))
    # Which phone stands on the desk of a seat that stays is no matter of plans.
    assert {**comparable(back), "devices": []} == {**comparable(there), "devices": []}


def lanes_of(actions: tuple[Action, ...]) -> list[list[Action]]:
    lanes: dict[object, list[Action]] = {}
    for number, action in enumerate(actions):
        lanes.setdefault(action.lane or number, []).append(action)
    return list(lanes.values())


def shuffled(actions: tuple[Action, ...], chance: random.Random) -> list[Action]:
    """One of the orders in which several connections may send a pass: any, but each lane in its own order."""
    lanes, order = lanes_of(actions), []
    while lanes:
        lane = chance.choice(lanes)
        order.append(lane.pop(0))
        lanes = [left for left in lanes if left]
    return order


@SOME
@given(plans(), plans(), st.integers(0, 2**32))
def test_every_order_in_which_the_lanes_of_a_pass_may_run_is_one_that_confd_accepts(
    first: NumberingPlan, second: NumberingPlan, seed: int
) -> None:
    chance, tenant = random.Random(seed), Tenant()
    before, wish = state_of(first), state_of(second)
    for applied, desired in ((None, before), (before, wish), (wish, undo_target(wish))):
        for _ in range(9):
            live = tenant.live(desired, applied)
            found = changes(desired, live, applied=applied)
            for action in shuffled(ready_actions(found, live, desired=desired, applied=applied), chance):
                tenant.send(action)  # raises Refusal
        live = tenant.live(desired, applied)
        assert due(changes(desired, live, applied=applied)) == ()


@SOME
@given(plans(), plans(), st.integers(0, 60))
def test_a_run_that_was_broken_off_leaves_nothing_that_passes_for_somebody_elses(
    first: NumberingPlan, second: NumberingPlan, cut: int
) -> None:
    tenant, before, wish = Tenant(), state_of(first), state_of(second)
    apply_until_settled(tenant, before)
    apply_until_settled(tenant, wish, applied=before, passes=9, stop_after=cut)
    # The plan goes back to its first version: what the broken run wrote and what it did not is all ours.
    there = snapshot(tenant.live(wish))
    left = left_last((wish, before), there)
    found = changes(before, tenant.live(before), applied=left)
    assert [change for change in found if not change.due] == []


@SOME
@given(plans(), st.data())
def test_what_somebody_renamed_is_kept_shown_and_set_back_when_asked(
    wanted: NumberingPlan, data: st.DataObject
) -> None:
    tenant, wish = Tenant(), state_of(wanted)
    apply_until_settled(tenant, wish)
    plain = fingerprint(changes(wish, tenant.live(wish), applied=wish), tenant.live(wish))
    uuid = data.draw(st.sampled_from(sorted(tenant.users)))
    tenant.users[uuid]["firstname"] = "renommé"
    live = tenant.live(wish)
    there = snapshot(live)
    found = changes(wish, live, applied=left_last((wish,), there))
    assert [(c.standing, c.reason, c.fields[0].before) for c in found] == [("kept", "changed-on-stack", "renommé")]
    assert fingerprint(found, live) != plain
    # What is written down of such a run still holds our word, so that the name is kept the next time too.
    assert brought(wish, wish, found) == wish
    over = changes(wish, live, applied=left_last((wish,), there, as_there=True))
    assert [change.standing for change in over] == ["due"]
