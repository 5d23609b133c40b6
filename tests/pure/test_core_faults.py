"""Does a fault say its place, and an error all its faults and whether to try again?"""

import pytest

from staging.core.faults import (
    ConsoleSilent,
    DatabaseUnreachable,
    Fault,
    PrinterUnavailable,
    StackRefused,
    StackUnreachable,
    StagingError,
    Where,
)


@pytest.mark.parametrize(
    ("where", "said"),
    [
        (Where("plan.xlsx", "Postes", "E7", "extension"), "plan.xlsx Postes!E7 extension"),
        (Where("plan.xlsx", "Postes"), "plan.xlsx Postes"),
        (Where("plan.csv", None, "E7"), "plan.csv E7"),
        (Where("environment", field="STAGING_LANG"), "environment STAGING_LANG"),
        (Where(), ""),
    ],
)
def test_a_place_reads_as_one_would_say_it(where: Where, said: str) -> None:
    assert str(where) == said


def test_an_error_names_all_its_faults() -> None:
    error = StackRefused(Fault("first-fault", Where("partage")), Fault("second-fault"))
    assert str(error) == "first-fault partage; second-fault"
    assert [fault.code for fault in error.faults] == ["first-fault", "second-fault"]


def test_a_silence_deserves_another_try_and_a_no_does_not() -> None:
    passing = {StackUnreachable, PrinterUnavailable, ConsoleSilent, DatabaseUnreachable}
    assert {kind for kind in StagingError.__subclasses__() if not kind.permanent} == passing
