"""Can an administrator find in the log what a person was told, and is an event still one line?"""

import logging
from pathlib import Path

import pytest

from staging.adapters.log_lines import LogLine, logs_kept


def line(**facts: object) -> str:
    record = logging.makeLogRecord({"msg": "request failed", "name": "staging.web", "levelname": "ERROR", **facts})
    return LogLine().format(record).partition(" ERROR ")[2]


def test_the_reference_that_a_person_was_shown_stands_in_the_line() -> None:
    assert line(event="web_broken", reference="k7m2p9qx") == (
        "staging.web request failed event=web_broken reference=k7m2p9qx"
    )


def test_what_somebody_typed_makes_no_second_line() -> None:
    told = line(event="web_broken", path="/a\n2026-01-01 ERROR staging b")
    assert told.splitlines() == [
        'staging.web request failed event=web_broken path="/a\\n2026-01-01 ERROR staging b"',
    ]


def test_what_a_library_puts_on_its_records_is_left_out() -> None:
    assert line(applicationID="x") == "staging.web request failed"


def test_a_warning_is_kept_in_the_file_and_one_after_the_command_is_not(tmp_path: Path) -> None:
    file = tmp_path / "worker.log"
    with logs_kept(file):
        logging.getLogger("staging.jobs").info("step ended")
        assert not file.exists()
        logging.getLogger("staging.jobs").warning("step failed", extra={"event": "step_failed", "job": "4k7m2p"})
    logging.getLogger("staging.jobs").warning("later")
    (kept,) = file.read_text().splitlines()
    assert kept.endswith("WARNING staging.jobs step failed event=step_failed job=4k7m2p")


def test_a_log_that_cannot_be_written_shows_nobody_a_traceback(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with logs_kept(tmp_path):
        logging.getLogger("staging.jobs").warning("step failed")
    assert capsys.readouterr().err == ""
