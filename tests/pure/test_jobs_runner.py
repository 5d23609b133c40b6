"""What does the runner write down when a step waits, fails, breaks or ends? And how often does it say so?"""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from staging.adapters.log_lines import LogLine
from staging.core.faults import Fault, StackRefused, StackUnreachable, StagingError, Where
from staging.jobs import runner as runner_file
from staging.jobs.apply import WorkerStoppingError
from staging.jobs.job import STEPS, Outcome, StepName, done, skipped, waiting
from staging.jobs.runner import Runner
from tests.fakes.book import Needs, RememberingBook
from tests.fakes.clock import START

SILENCE = StackUnreachable(Fault("stack-silent", Where("partage"), {"seconds": 8}))
NO = StackRefused(Fault("stack-password", Where("partage")), Fault("second-fault", Where("there")))


class Scripted:
    """A step that does on each run what the script says next."""

    def __init__(self, *script: Outcome | BaseException) -> None:
        self._script = list(script)
        self.runs = 0

    def __call__(self, order: Any, needs: Any) -> Outcome:
        self.runs += 1
        found = self._script.pop(0) if len(self._script) > 1 else self._script[0]
        if isinstance(found, BaseException):
            raise found
        return found


Bench = Callable[..., tuple[Runner, RememberingBook, Needs]]


@pytest.fixture
def bench(monkeypatch: pytest.MonkeyPatch) -> Bench:
    """A runner whose steps are scripted; a step without a script ends at once."""

    def make(**steps: Scripted) -> tuple[Runner, RememberingBook, Needs]:
        book, needs = RememberingBook(), Needs()
        for name in STEPS:
            if name not in steps:
                book.kept[name] = replace(book.kept[name], status="skipped")
        monkeypatch.setattr(runner_file, "RUN", {name: steps.get(name, Scripted(done())) for name in STEPS})
        return Runner(book=book, needs=needs), book, needs  # type: ignore[arg-type]  # as much as the runner uses

    return make


def run(runner: Runner, name: StepName = "register") -> bool:
    return runner.run("4k7m2p", name)


def test_a_step_that_ends_is_written_down_before_and_after(bench: Bench) -> None:
    runner, book, needs = bench(register=Scripted(done(portal="portail")))
    assert run(runner) is True
    assert [(kind, values.get("status")) for kind, _, values in book.written] == [("begin", None), ("end", "done")]
    step = book.kept["register"]
    assert (step.attempts, step.fault, step.ended_at, step.again_at) == (1, None, START, None)
    assert needs.diary.lines == [("step-done", {"step": "register", "reason": "", "portal": "portail"})]


def test_a_step_that_ended_is_not_run_again(bench: Bench) -> None:
    step = Scripted(done())
    runner, _, needs = bench(register=step)
    assert [run(runner), run(runner)] == [True, True]
    assert (step.runs, len(needs.diary.lines)) == (1, 1)


def test_a_step_without_object_lets_the_order_go_on(bench: Bench) -> None:
    runner, book, _ = bench(appliance=Scripted(skipped("skipped-shared-stack", stack="partage")))
    assert run(runner, "appliance") is True
    assert book.kept["appliance"].waits_for == "skipped-shared-stack"


def test_a_step_that_waits_stops_the_order_and_says_for_what(bench: Bench) -> None:
    runner, book, _ = bench(phones=Scripted(waiting("waits-phones", again_s=5, missing=2)))
    assert run(runner, "phones") is False
    step = book.kept["phones"]
    assert (step.status, step.waits_for, step.waits_facts["missing"]) == ("waiting", "waits-phones", 2)
    assert step.again_at == START + timedelta(seconds=5)
    assert step.ended_at is None


def test_a_poll_that_finds_nothing_new_writes_no_line_of_the_timeline(bench: Bench) -> None:
    runner, book, needs = bench(phones=Scripted(waiting("waits-phones", again_s=5, missing=2)))
    for _ in range(20):
        assert run(runner, "phones") is False
    assert book.kept["phones"].attempts == 20
    assert [event for event, _ in needs.diary.lines] == ["step-waiting"]


def test_another_reason_to_wait_is_another_line(bench: Bench) -> None:
    runner, _, needs = bench(phones=Scripted(waiting("waits-phones"), waiting("waits-fetch"), done()))
    for _ in range(3):
        run(runner, "phones")
    assert [(event, facts["reason"]) for event, facts in needs.diary.lines] == [
        ("step-waiting", "waits-phones"), ("step-waiting", "waits-fetch"), ("step-done", ""),
    ]  # fmt: skip


def test_a_no_stops_the_step_with_its_fault_and_plans_no_other_try(bench: Bench) -> None:
    runner, book, needs = bench(register=Scripted(NO))
    assert run(runner) is False
    step = book.kept["register"]
    assert (step.status, step.fault, step.again_at, step.waits_for) == ("failed", NO.faults[0], None, None)
    assert step.waits_facts["more"] == ["second-fault there"]
    assert [(event, facts["code"]) for event, facts in needs.diary.lines] == [("step-failed", "stack-password")]


def test_a_silence_waits_longer_each_time_and_is_told_once(bench: Bench) -> None:
    runner, book, needs = bench(register=Scripted(SILENCE))
    waits = []
    for _ in range(4):
        assert run(runner) is False
        step = book.kept["register"]
        assert step.again_at is not None
        waits.append((step.again_at - needs.clock.now()).total_seconds())
        assert (step.status, step.waits_for, step.waits_facts["seconds"]) == ("waiting", "waits-retry", waits[-1])
        needs.clock.pass_(waits[-1])
    assert waits == [2, 4, 8, 16]
    assert book.kept["register"].attempts == 4
    assert [event for event, _ in needs.diary.lines] == ["step-failed"]


def test_a_step_that_comes_back_from_a_silence_forgets_it(bench: Bench) -> None:
    runner, book, needs = bench(register=Scripted(SILENCE, SILENCE, done()))
    assert [run(runner), run(runner), run(runner)] == [False, False, True]
    step = book.kept["register"]
    assert (step.status, step.fault, step.waits_for, step.again_at) == ("done", None, None, None)
    assert [event for event, _ in needs.diary.lines] == ["step-failed", "step-done"]


def test_the_pause_grows_only_while_nothing_gets_less(bench: Bench) -> None:
    runner, book, _ = bench(provision=Scripted(SILENCE))
    waits = []
    for total in (0, 90, 80, 80, 85, 0, 79):
        book.kept["provision"] = replace(book.kept["provision"], done=0, total=total)
        run(runner, "provision")
        waits.append(book.kept["provision"].waits_facts["seconds"])
    assert waits == [2, 4, 2, 4, 8, 16, 2]


def test_failures_are_counted_anew_after_a_run_that_worked(bench: Bench) -> None:
    runner, book, _ = bench(register=Scripted(SILENCE, SILENCE, waiting("waits-serial"), SILENCE))
    for _ in range(4):
        run(runner)
    assert book.kept["register"].waits_facts["failures"] == 1


def test_another_fault_is_another_line_of_the_timeline(bench: Bench) -> None:
    runner, _, needs = bench(register=Scripted(SILENCE, NO))
    run(runner)
    run(runner)
    assert [facts["code"] for _, facts in needs.diary.lines] == ["stack-silent", "stack-password"]


def test_our_own_mistake_stops_the_order_under_a_reference_and_is_logged(
    bench: Bench, caplog: pytest.LogCaptureFixture
) -> None:
    runner, book, _ = bench(register=Scripted(KeyError("tenant")))
    assert run(runner) is False
    step = book.kept["register"]
    assert step.status == "failed"
    assert step.fault is not None
    assert step.fault.code == "our-mistake"
    assert step.fault.facts == {"reference": "4k7m2p-register-1", "kind": "KeyError"}
    assert "KeyError" in caplog.text
    (crash,) = [record for record in caplog.records if record.exc_info]
    assert "reference=4k7m2p-register-1" in LogLine().format(crash)


def test_a_step_that_met_our_own_mistake_can_be_run_again(bench: Bench) -> None:
    runner, book, needs = bench(register=Scripted(KeyError("tenant"), done()))
    assert [run(runner), run(runner)] == [False, True]
    assert (book.kept["register"].attempts, book.kept["register"].fault) == (2, None)
    assert [event for event, _ in needs.diary.lines] == ["step-failed", "step-done"]


def test_a_worker_that_is_told_to_stop_is_not_our_mistake(bench: Bench) -> None:
    runner, book, _ = bench(register=Scripted(KeyboardInterrupt()))
    with pytest.raises(KeyboardInterrupt):
        run(runner)
    assert book.kept["register"].status == "running", "whoever comes next takes it up"


def test_a_step_left_running_by_a_dead_worker_is_run_again(bench: Bench) -> None:
    step = Scripted(done())
    runner, book, _ = bench(register=step)
    book.begin_step("4k7m2p", "register")
    assert run(runner) is True
    assert (step.runs, book.kept["register"].attempts) == (1, 2)


def test_an_error_without_a_fault_is_still_written_down(bench: Bench) -> None:
    runner, book, _ = bench(register=Scripted(StagingError()))
    assert run(runner) is False
    assert book.kept["register"].fault is not None


def test_what_cannot_be_json_is_written_down_as_text(bench: Bench) -> None:
    runner, book, needs = bench(register=Scripted(waiting("waits-plan", when=START, count=2, yes=True)))
    run(runner)
    assert book.kept["register"].waits_facts == {"when": str(START), "count": 2, "yes": True}
    assert needs.diary.lines[0][1]["when"] == str(START)


def test_a_wake_is_handled_under_its_number(bench: Bench) -> None:
    runner, book, _ = bench()
    runner.finish("4k7m2p", 7)
    assert book.handled_wake == 7


def test_a_poll_that_finds_nothing_new_looks_half_as_often_and_news_make_it_quick_again(bench: Bench) -> None:
    same = waiting("waits-fetch", again_s=5, late=2)
    runner, book, _ = bench(phones=Scripted(*[same] * 6, waiting("waits-fetch", again_s=5, late=1)))
    pauses = []
    for _ in range(7):
        run(runner, "phones")
        again = book.kept["phones"].again_at
        assert again is not None
        pauses.append((again - START).total_seconds())
    assert pauses == [5, 10, 20, 40, 60, 60, 5]


def test_a_step_that_breaks_while_its_process_ends_says_nothing_about_the_order(bench: Bench) -> None:
    runner, book, needs = bench(register=Scripted(KeyError("tenant")))
    needs.ending = True
    with pytest.raises(WorkerStoppingError):
        run(runner)
    assert (book.kept["register"].status, book.kept["register"].fault, needs.diary.lines) == ("running", None, [])


def test_a_step_waits_when_one_before_it_was_reopened(bench: Bench) -> None:
    step = Scripted(done())
    runner, book, _ = bench(accept=step)
    for name in STEPS:
        book.kept[name] = replace(book.kept[name], status="done")
    book.kept["configure"] = replace(book.kept["configure"], status="to-do")
    book.kept["accept"] = replace(book.kept["accept"], status="to-do")
    assert run(runner, "accept") is False
    assert step.runs == 0
