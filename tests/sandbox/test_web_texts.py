"""Does every page speak both languages whole?"""

import re
from pathlib import Path

import pytest

from labels.label import KINDS
from numbering.columns import FIELDS
from numbering.compare import Compared
from numbering.plan import Profile
from staging import web
from staging.core.messages import catalogue
from staging.core.roles import _RIGHTS, ROLES
from staging.desk.answer_texts import SCOPES
from staging.desk.bench_screen import Urgency
from staging.desk.labels import Verdict
from staging.desk.station import Verdict as Station
from staging.jobs.job import STEPS
from staging.jobs.records import CHECKLIST

WEB = Path(web.__file__).parent
TEMPLATES = sorted((WEB / "templates").glob("*.html"))
SOURCES = sorted(WEB.glob("*.py"))
_BLANK = re.compile(r"\{(\w+)\}")


def _spoken() -> set[str]:
    whole = "".join(file.read_text("utf-8") for file in TEMPLATES)
    code = "".join(file.read_text("utf-8") for file in SOURCES)
    said = set(re.findall(r"\bt\('([a-z-]+)'(?! ~)", whole))
    return said | set(re.findall(r"(?:translate|_kept)\(\s*\"([a-z-]+)\"", code))


def _built() -> set[str]:
    """Keys that templates put together: a beginning, and every ending that can follow."""
    endings = {
        "web-role-": ROLES,
        "web-right-": {right for rights in _RIGHTS.values() for right in rights},
        "step-": STEPS,
        "checklist-": CHECKLIST,
        "web-pack-": Verdict.__args__,  # type: ignore[attr-defined]  # a Literal's values
        "web-urgency-": Urgency.__args__,  # type: ignore[attr-defined]
        "web-urgency-one-": Urgency.__args__,  # type: ignore[attr-defined]
        "web-state-": ("to-do", "running", "waiting", "hand", "failed", "done", "skipped"),
        "web-nav-": ("bench", "orders", "pack", "admin"),
        "web-door-": ("bench", "orders", "pack", "admin"),
        "web-lang-": ("fr", "en"),
        "web-tab-": ("order", "plan", "changes", "phones", "labels", "accept", "timeline"),
        "web-way-": ("plan", "changes", "phones", "labels", "bench", "appliance", "pack"),
        "web-kind-": ("on-premise", "on-cloud"),
        "web-label-": KINDS,
        "labels-status-": ("sending", "sent", "printed", "failed"),
        "station-": Station.__args__,  # type: ignore[attr-defined]
        "web-verb-": ("add", "change", "remove"),
        "web-verb-word-": ("add", "change", "remove"),
        "web-changeset-": ("approved", "applied", "dropped"),
        "web-once-": ("link", "token"),
        "web-ago-": ("now", "min", "h", "d"),
        "severity-": ("error", "warning"),
        "web-row-": ("header", "section", "ignored", "refused", "gap"),
        "web-field-": FIELDS,
        "web-profile-": Profile.__args__,  # type: ignore[attr-defined]
        "web-compared-": Compared.__args__,  # type: ignore[attr-defined]
        "web-compare-": ("before", "after", "added", "changed", "removed"),
        "web-scope-": SCOPES,
        "disk-": ("removable", "read-only", "usb", "installer", "too-small", "too-big", "model", "used"),
        "stage-": ("scanned", "seen", "associated", "fetched"),
    }
    return {f"{start}{end}" for start, several in endings.items() for end in several}


def test_every_word_of_a_page_has_its_entry() -> None:
    assert len(_spoken()) > 150
    assert sorted((_spoken() | _built()) - set(catalogue())) == []


def test_every_beginning_that_a_template_completes_is_known_here() -> None:
    whole = "".join(file.read_text("utf-8") for file in TEMPLATES)
    starts = set(re.findall(r"\bt\('([a-z-]+-)' ~", whole))
    assert all(any(key.startswith(start) for key in _built()) for start in starts)


def test_every_fault_that_the_door_raises_has_text_and_hint() -> None:
    codes = {code for file in SOURCES for code in re.findall(r'Fault\("([a-z-]+)"', file.read_text("utf-8"))}
    assert len(codes) > 20
    assert [code for code in sorted(codes) if not catalogue().get(code, {}).get("fr_hint")] == []


@pytest.mark.parametrize("key", sorted(key for key in catalogue() if key.startswith("web-")))
def test_both_languages_say_the_same_thing_with_the_same_blanks(key: str) -> None:
    entry = catalogue()[key]
    assert sorted(_BLANK.findall(entry["fr"])) == sorted(_BLANK.findall(entry["en"]))
    assert bool(entry.get("fr_hint")) == bool(entry.get("en_hint"))


def test_no_template_writes_words_or_styles_or_scripts_of_its_own() -> None:
    for file in TEMPLATES:
        html = file.read_text("utf-8")
        assert " style=" not in html, file.name
        assert not re.search(r"\son[a-z]+=", html), file.name
        assert not re.search(r"<script(?![^>]*src=)", html), file.name
        assert not re.search(r"(?:src|href|action)=\"(?:https?:)?//", html), file.name


def test_only_our_own_fragments_go_into_a_page_unescaped() -> None:
    marked = {name for file in TEMPLATES for name in re.findall(r"\{\{ (\w+)\|safe", file.read_text("utf-8"))}
    assert marked == {"tiles", "standing", "list", "progress", "rendered"}


def test_the_style_sheet_and_scripts_fetch_nothing() -> None:
    for name in ("app.css", "app.js", "scan.css", "scan.js"):
        text = (WEB / "static" / name).read_text("utf-8")
        assert not re.search(r"url\(|@import|https?://", text)
