"""Is each call of the sandbox marked rightly, and does the page on compatibility say the same?"""

import re
from pathlib import Path

from flask import Flask
from werkzeug.exceptions import HTTPException

from staging.sandbox.app import create_sandbox
from staging.sandbox.recorded import compatibility_lists, recorded_calls, unrecorded_calls
from tests.fakes.sandbox import DIFFERENT, PREFIXES, RUNS, exchanges

PAGE = Path(__file__).parents[2] / "docs" / "compatibility.md"


def calls_in_recordings(app: Flask) -> set[tuple[str, str]]:
    """(method, rule) of everything that a recording shows done as asked, or refused for a reason of its own."""
    urls, found = app.url_map.bind("localhost"), set()
    for run in RUNS:
        for file in run:
            for one in exchanges(file):
                path = PREFIXES[one.service] + re.sub(r"<.*?-token>", "token", one.path.split("?")[0])
                try:
                    rule, _ = urls.match(path, method=one.method, return_rule=True)
                except HTTPException:
                    continue
                if one.name not in DIFFERENT:
                    found.add(("GET" if one.method == "HEAD" and "/token" not in path else one.method, rule.rule))
    return found


def test_a_call_is_marked_unrecorded_exactly_when_no_recording_shows_it() -> None:
    app = create_sandbox()
    assert set(recorded_calls(app)) == calls_in_recordings(app)


def test_no_call_is_both() -> None:
    app = create_sandbox()
    assert not set(recorded_calls(app)) & set(unrecorded_calls(app))


def test_the_page_on_compatibility_lists_the_calls_that_there_are() -> None:
    assert compatibility_lists(create_sandbox()) in PAGE.read_text("utf-8")
