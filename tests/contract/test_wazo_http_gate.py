"""Does a session send each daemon only as much at once as it takes?"""

import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from itertools import count

import pytest

from staging.adapters.wazo_http.gate import Gate
from staging.core.faults import Fault, StackRefused, StackUnreachable, Where
from staging.wazo.flow import Flow
from tests.fakes.recorded import Answer, AnsweringStack, Asked, session_on, token_document


class BusyStack:
    """Counts how many requests each daemon has in hand, and holds each until no other one comes."""

    def __init__(self) -> None:
        self.in_hand: Counter[str] = Counter()
        self.most: Counter[str] = Counter()
        self._lock = threading.Lock()
        self._pause = threading.Event()
        self.transport = AnsweringStack(self._answer)

    def _answer(self, asked: Asked) -> Answer:
        if asked.path.endswith("/token"):
            return 200, token_document("t")
        daemon = asked.url.split("/")[2]
        with self._lock:
            self.in_hand[daemon] += 1
            self.most[daemon] = max(self.most[daemon], self.in_hand[daemon])
        self._pause.wait(0.005)
        with self._lock:
            self.in_hand[daemon] -= 1
        return 200, {"items": []}


def test_no_daemon_ever_has_more_in_hand_than_the_limit_whatever_the_threads() -> None:
    stack = BusyStack()
    with session_on(stack.transport) as session, ThreadPoolExecutor(16) as crowd:
        asks = [crowd.submit(session.send, service, "GET", "users") for service in ("confd", "auth") * 60]
        assert [ask.result().status for ask in asks] == [200] * 120
    assert len(stack.most) == 2
    assert all(1 <= most <= Flow().most for most in stack.most.values())


def test_a_thread_that_must_log_in_first_does_not_wait_for_itself() -> None:
    stack = BusyStack()
    with session_on(stack.transport) as session, ThreadPoolExecutor(8) as crowd:
        asks = [crowd.submit(session.send, "auth", "GET", "users") for _ in range(8)]
        assert [ask.result(timeout=30).status for ask in asks] == [200] * 8


def test_a_silence_leaves_less_room_and_a_no_leaves_what_there_was() -> None:
    gate = Gate(Flow(most=4, limit=4))
    with pytest.raises(StackRefused), gate.through("POST users"):
        raise StackRefused(Fault("stack-refused", Where("engine"), {}))
    assert gate.flow.limit == 4
    with pytest.raises(StackUnreachable), gate.through("POST users"):
        raise StackUnreachable(Fault("stack-silent", Where("engine"), {}))
    assert gate.flow.limit == 2


def test_the_gate_times_each_answer() -> None:
    ticks = count(step=3)
    gate = Gate(seconds=lambda: float(next(ticks)))
    with gate.through("GET lines"):
        pass
    assert gate.flow.quickest == {"GET lines": 3.0}


def test_an_answer_of_five_hundred_narrows_the_way_to_that_daemon_alone() -> None:
    failing = AnsweringStack(lambda asked: None if asked.path.endswith("/token") else (500, {"message": "no"}))
    with session_on(failing) as session:
        with pytest.raises(StackUnreachable):
            session.send("confd", "POST", "users", body={})
        assert (session.gate("confd").flow.limit, session.gate("auth").flow.limit) == (1, 2)
