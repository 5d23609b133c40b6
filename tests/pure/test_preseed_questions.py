"""Would the installer understand a preseed? It is read as the installer reads it."""

import pytest

from preseed.links import Links
from preseed.questions import Given, check_preseed, known_questions, read_answers
from preseed.releases import SUITES, Suite
from preseed.render import render_preseed, render_universal
from staging.core.faults import Fault
from staging.core.messages import explain
from tests.fakes.preseed import TICKETS, box


def errors(text: str, suite: Suite = "bookworm") -> list[tuple[str, str | None]]:
    return [(fault.code, fault.at.cell) for fault in check_preseed(text, suite) if fault.severity == "error"]


def values(text: str) -> list[str]:
    return [item.value for item in read_answers(text) if isinstance(item, Given)]


@pytest.mark.parametrize("suite", SUITES)
def test_our_own_preseeds_hold_nothing_that_the_installer_does_not_know(suite: Suite) -> None:
    links = Links("http://preseed")
    wazo = box().wazo if suite == "bookworm" else None
    text = render_preseed(box(suite=suite, wazo=wazo, ntp_servers=("ntp.lan",)), links=links, tickets=TICKETS)
    faults = check_preseed(text, suite)
    assert {fault.code for fault in faults} == {"preseed-not-checked"}
    assert check_preseed(render_universal(suite, links), suite) == ()


def test_a_keymap_that_is_no_choice_is_found_and_the_right_one_is_shown() -> None:
    (fault,) = check_preseed("d-i keyboard-configuration/xkb-keymap select fr\n", "trixie", source="my.cfg")
    assert (fault.code, str(fault.at)) == ("preseed-wrong-choice", "my.cfg 1 keyboard-configuration/xkb-keymap")
    assert explain(fault, "fr").hint == "Choisissez parmi : fr(latin9)."


def test_a_question_with_a_slip_gets_the_nearest_known_one() -> None:
    (fault,) = check_preseed("d-i time/zon string Europe/Paris\n", "bookworm")
    assert (fault.code, fault.facts["nearest"]) == ("preseed-unknown-question", "time/zone")


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("d-i passwd/make-user boolean maybe", "preseed-wrong-choice"),
        ("d-i pkgsel/upgrade select everything", "preseed-wrong-choice"),
        ("d-i apt-setup/services-select multiselect updates, everything", "preseed-wrong-choice"),
        ("d-i passwd/make-user", "preseed-short-line"),
        ("<html>", "preseed-short-line"),
    ],
)
def test_a_wrong_line_is_an_error_at_its_row(line: str, code: str) -> None:
    assert errors(f"# comment\n{line}\n") == [(code, "2")]


@pytest.mark.parametrize(
    "line",
    [
        "d-i passwd/make-user boolean false",
        "d-i apt-setup/services-select multiselect security, updates",
        "d-i apt-setup/services-select multiselect",
        "d-i apt-setup/local0/repository string http://mirror.bench.lan/x y main",
        "some-package some-package/question string x",
        "d-i mirror/http/proxy string",
    ],
)
def test_a_right_line_is_no_error(line: str) -> None:
    assert errors(line) == []


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("d-i partman-auto/choose_recipe select atomic", "preseed-not-checked"),
        ("d-i apt-setup/local0/repository string http://x y", "preseed-not-checked"),
        ("some-package some-package/question string x", "preseed-not-checked"),
        ("d-i passwd/make-user string false", "preseed-wrong-type"),
        ("d-i passwd/make-user boolean true\nd-i passwd/make-user boolean false", "preseed-twice"),
    ],
)
def test_what_a_list_cannot_know_or_the_installer_does_not_mind_is_a_warning(line: str, code: str) -> None:
    (fault,) = check_preseed(line, "bookworm")
    assert (fault.code, fault.severity) == (code, "warning")


def test_lines_are_joined_as_the_installer_joins_them() -> None:
    assert values("d-i preseed/early_command string a; \\\n   b; \\\n# dropped\n   c\r\n") == ["a; b; c"]


def test_a_comment_after_blanks_is_joined_on_and_told() -> None:
    text = "d-i preseed/early_command string a; \\\n  # why\n"
    assert values(text) == ["a; # why"]
    assert errors(text) == [("preseed-comment-joined", "1")]


def test_a_value_that_ends_in_a_backslash_is_lost_and_told() -> None:
    text = "d-i time/zone string Europe/Paris\nd-i netcfg/get_domain string bench.lan \\"
    assert values(text) == ["Europe/Paris"]
    assert errors(text) == [("preseed-value-lost", "2")]


@pytest.mark.parametrize("suite", SUITES)
def test_the_lists_hold_the_questions_of_the_release(suite: Suite) -> None:
    assert len(known_questions(suite)) > 1300
    assert {question.type for question in known_questions(suite)["partman/confirm"]} == {"boolean"}


def test_every_fault_of_a_check_has_words() -> None:
    text = "x\nd-i a/b string c\nd-i passwd/make-user boolean no\nd-i time/zone string \\\n # c\nd-i x/y string z \\"
    faults: list[Fault] = list(check_preseed(text, "bookworm"))
    assert len(faults) >= 4
    assert all("{" not in explain(fault, "fr").text + explain(fault, "fr").hint for fault in faults)
    assert all(explain(fault, "en").hint for fault in faults)
