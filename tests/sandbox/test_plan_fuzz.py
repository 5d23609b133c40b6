"""Does every broken workbook end as a plan or as faults, soon and in little memory? `make test-fuzz` asks 10,000."""

import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from tests.fakes.mutants import mutant

_ROOT = Path(__file__).parents[2]
_REFUSALS = {"unreadable-workbook", "encrypted-workbook", "legacy-format", "workbook-too-large", "no-table"}
_MAX_SECONDS, _MAX_MEGABYTES = 10.0, 300.0
_AT_ONCE = 100


def _judged(first: int, count: int) -> list[dict[str, Any]]:
    command = [sys.executable, "-m", "tests.fakes.fuzzing", str(first), str(count)]
    done = subprocess.run(command, cwd=_ROOT, capture_output=True, text=True, check=True)
    return [json.loads(line) for line in done.stdout.splitlines()]


def _is_bad(judged: dict[str, Any]) -> bool:
    ended_well = judged["outcome"] == "plan" or judged["outcome"] in _REFUSALS
    return not ended_well or judged["seconds"] > _MAX_SECONDS or judged["megabytes"] > _MAX_MEGABYTES


def _assert_all_end_well(first: int, count: int) -> None:
    judged = _judged(first, count)
    assert len(judged) == count
    assert [one for one in judged if _is_bad(one)] == []


@pytest.mark.parametrize("first", range(0, 300, _AT_ONCE))
def test_a_broken_workbook_gives_a_plan_or_faults(first: int) -> None:
    _assert_all_end_well(first, _AT_ONCE)


@pytest.mark.slow
@pytest.mark.parametrize("first", range(300, 10_300, _AT_ONCE))
def test_ten_thousand_broken_workbooks_give_a_plan_or_faults(first: int) -> None:
    _assert_all_end_well(first, _AT_ONCE)


def test_a_seed_always_gives_the_same_file() -> None:
    before = [mutant(seed) for seed in range(40)]
    # The clock of an archive ticks every other second.
    time.sleep(2)
    assert [mutant(seed) for seed in range(40)] == before


def test_the_broken_workbooks_are_of_every_kind_and_rarely_alike() -> None:
    files = [mutant(seed) for seed in range(300)]
    assert {name for name, _ in files} == {"plan.xlsx", "plan.ods", "plan.csv"}
    assert len({content for _, content in files}) > 280
