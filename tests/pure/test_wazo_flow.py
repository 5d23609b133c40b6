"""Do we send a daemon as many requests at once as it takes well, and never more than the limit?"""

import heapq
from itertools import count

from hypothesis import given, settings
from hypothesis import strategies as st

from numbering.plan import NumberingPlan
from staging.wazo.actions import ready_actions
from staging.wazo.desired import desired_state
from staging.wazo.diff import changes
from staging.wazo.flow import Flow, answered, failed, kind_of
from tests.fakes.wazo_state import FACTS, Tenant, macs_of, plans

moments = st.one_of(
    st.none(), st.tuples(st.sampled_from(["POST users", "GET lines"]), st.floats(0, 90), st.integers(1, 9))
)


@given(most=st.integers(1, 8), events=st.lists(moments, max_size=80))
def test_there_is_always_room_for_one_and_never_for_more_than_the_limit(most: int, events: list[object]) -> None:
    flow = Flow(most=most)
    for event in events:
        match event:
            case (str(kind), float(seconds), int(in_hand)):
                flow = answered(flow, kind, seconds, in_hand=in_hand)
            case _:
                flow = failed(flow)
        assert 1 <= flow.limit <= most


@given(st.integers(1, 8))
def test_a_failure_halves_and_failures_end_at_one(limit: int) -> None:
    flow = failed(Flow(most=8, limit=limit))
    assert flow.limit == max(1, limit // 2)
    assert failed(failed(failed(flow))).limit == 1


@given(st.lists(st.floats(0.01, 60), min_size=1, max_size=60))
def test_answers_that_came_while_there_was_room_change_nothing(seconds: list[float]) -> None:
    flow = Flow(most=8, limit=4)
    for one in seconds:
        flow = answered(flow, "POST users", one, in_hand=3)
    assert flow.limit == 4


@given(work=st.floats(0.01, 3))
def test_a_daemon_that_works_one_by_one_gets_two_or_three(work: float) -> None:
    assert 2 <= served(Flow(most=8), servers=1, work=work).limit <= 3


@given(work=st.floats(0.01, 3), servers=st.integers(2, 8))
def test_a_daemon_that_works_side_by_side_gets_at_least_as_many_as_it_has_hands(work: float, servers: int) -> None:
    assert served(Flow(most=8), servers=servers, work=work).limit >= servers


def test_a_daemon_that_becomes_slower_under_the_load_gets_fewer_at_once() -> None:
    flow = served(Flow(most=8), servers=8, work=0.2)
    assert flow.limit == 8
    assert served(flow, servers=1, work=0.2).limit <= 3


def test_an_engine_that_became_slower_for_good_is_not_taken_for_crowded_for_ever() -> None:
    flow = failed(failed(served(Flow(most=4), servers=4, work=0.2)))
    assert served(flow, servers=4, work=2.0, answers=60).limit == 4


def test_after_a_failure_there_is_more_room_again_once_answers_are_quick() -> None:
    flow = failed(failed(served(Flow(most=4), servers=4, work=0.2)))
    assert flow.limit == 1
    assert served(flow, servers=4, work=0.2).limit == 4


def test_the_kind_of_a_request_leaves_out_whom_it_is_about() -> None:
    uuid = "0c1d2e3f-0011-4455-8899-aabbccddeeff"
    assert kind_of("PUT", f"lines/17/devices/{uuid.replace('-', '')}") == "PUT lines/…/devices/…"
    assert kind_of("DELETE", f"users/{uuid}?recursive=true") == "DELETE users/…"
    assert kind_of("GET", "/dhcp/") == "GET dhcp"


@given(
    st.text("abcdefghijklmnopqrstuvwxyz_", min_size=1, max_size=12).filter(lambda word: not word.isdigit()),
    st.uuids(),
    st.integers(0, 10**6),
)
def test_there_are_few_kinds_however_many_things(word: str, uuid: object, number: int) -> None:
    assert kind_of("GET", f"{word}/{uuid}") == kind_of("GET", f"{word}/{number}") == f"GET {word}/…"


def served(flow: Flow, *, servers: int, work: float, answers: int = 240) -> Flow:
    """A daemon that works on `servers` requests at once, each for `work` seconds; ours sends whenever there is room."""
    now, ticket = 0.0, count()
    free = [0.0] * servers
    in_hand: list[tuple[float, int, float, int]] = []
    for _ in range(answers):
        while len(in_hand) < flow.limit:
            end = max(now, heapq.heappop(free)) + work
            heapq.heappush(free, end)
            heapq.heappush(in_hand, (end, next(ticket), now, len(in_hand) + 1))
        now, _ticket, began, seen = heapq.heappop(in_hand)
        flow = answered(flow, "POST users", now - began, in_hand=seen)
    return flow


@settings(deadline=None, max_examples=25)
@given(first=plans(), second=plans())
def test_whatever_touches_the_lines_of_one_phone_stands_in_one_lane(
    first: NumberingPlan, second: NumberingPlan
) -> None:
    tenant, before = Tenant(), None
    for wanted in (first, second):
        wish = desired_state(wanted, FACTS, macs=macs_of(wanted))
        for _ in range(6):
            live = tenant.live(wish)
            actions = ready_actions(changes(wish, live, applied=before), live, desired=wish, applied=before)
            touching = [action for action in actions if "/devices/" in action.path]
            lanes = {(action.path.rsplit("/", 1)[1], action.lane) for action in touching}
            assert len(lanes) == len({device for device, _ in lanes})
            assert all(lane is not None for _, lane in lanes)
            for action in actions:
                tenant.send(action)
        before = wish
