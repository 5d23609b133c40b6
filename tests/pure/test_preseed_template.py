"""Can somebody change the answers, and never break a box, the disk's safety or the service by it?"""

import time

import pytest

from preseed.answers import Answer
from preseed.links import Links
from preseed.render import render_preseed, render_proved
from preseed.template import BLANKS, LONGEST, PROTECTED, check_template, lay_over, read_template
from staging.core.faults import PreseedRefused
from staging.core.messages import explain
from tests.fakes.preseed import TICKETS, box

LINKS = Links("http://preseed")


def preseed(*texts: str, **changes: object) -> list[str]:
    return render_preseed(box(templates=texts, **changes), links=LINKS, tickets=TICKETS).splitlines()


def codes(text: str) -> list[str]:
    return [fault.code for fault in check_template(text)]


def test_a_question_keeps_its_place_and_a_new_one_comes_last() -> None:
    standard = [Answer("d-i", "a/a", "string", "1"), Answer("d-i", "b/b", "string", "2")]
    laid = lay_over(standard, ["d-i a/a string 9\nd-i c/c string {{ serial }}\n"], box())
    assert [(one.question, one.value) for one in laid] == [("a/a", "9"), ("b/b", "2"), ("c/c", "SN0042")]


def test_the_box_s_own_text_wins_over_its_customer_s_and_that_over_the_bench_s() -> None:
    lines = preseed(*(f"d-i time/zone string Europe/{city}\n" for city in ("London", "Berlin", "Madrid")))
    assert [line for line in lines if "time/zone" in line] == ["d-i time/zone string Europe/Madrid"]


def test_a_text_may_ask_and_go_through_a_short_list() -> None:
    text = (
        "{% if customer == 'Atelier Bleu' %}d-i netcfg/get_domain string {{ hostname|upper }}.lan\n{% endif %}"
        "{% for name in packages %}d-i pkgsel/x-{{ name }} string {{ name }}\n{% endfor %}"
    )
    lines = preseed(text, packages=("vim", "tmux"))
    assert "d-i netcfg/get_domain string SN0042.lan" in lines
    assert lines[-2:] == ["d-i pkgsel/x-vim string vim", "d-i pkgsel/x-tmux string tmux"]


@pytest.mark.parametrize("question", sorted(PROTECTED))
def test_no_text_chooses_the_disk_or_leads_a_box_away_from_its_scripts(question: str) -> None:
    with pytest.raises(PreseedRefused) as caught:
        preseed(f"d-i {question} string /dev/sda\n")
    assert [fault.code for fault in caught.value.faults] == ["template-protected"]


@pytest.mark.parametrize(
    "text",
    [
        "{% for a in range(10 ** 9) %}{% for b in range(10 ** 9) %}x{% endfor %}{% endfor %}",
        "{% for a in packages %}{% for b in packages %}x{% endfor %}{% endfor %}",
        "{% for a in packages recursive %}{{ loop(packages) }}{% endfor %}",
        "{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}",
        "{{ 'x' * 10 ** 10 }}",
        "{{ serial.__class__.__mro__ }}",
        "{{ serial.format('x') }}",
        "{{ serial|map('upper') }}",
        "{% include 'early.sh' %}",
        "{% set x = 1 %}",
        "{{ self._TemplateReference__context }}",
        "{{ lipsum() }}",
    ],
)
def test_what_might_not_end_or_reaches_out_is_refused_before_it_runs(text: str) -> None:
    began = time.monotonic()
    assert codes(text)
    assert set(codes(text)) <= {"template-forbidden", "template-blank"}
    assert time.monotonic() - began < 1


@pytest.mark.parametrize(
    "text",
    [
        "{{ " + "(" * 15_000,
        "{{ " + "not " * 8_000 + "serial }}",
        "{{ " + "serial or " * 3_000 + "serial }}",
        "{% if serial %}" * 150 + "{% endif %}" * 150,
        "{{ serial" + "|lower" * 5_000 + " }}",
    ],
)
def test_what_is_nested_too_deeply_is_a_fault_and_no_crash(text: str) -> None:
    assert set(codes(text)) <= {"template-nested", "template-syntax"}
    assert codes(text)


@pytest.mark.parametrize("test", ["divisibleby(0)", "nosuch", "sameas(1)", "callable"])
def test_only_tests_that_ask_whether_something_is_there_are_allowed(test: str) -> None:
    assert codes("d-i a/b string {% if serial is " + test + " %}x{% endif %}\n") == ["template-forbidden"]


@pytest.mark.parametrize("blank", ["serial < 5", "packages|length > 'a'", "serial|lower(3)", "'a' in 5"])
def test_what_only_shows_when_it_is_filled_in_names_its_reason(blank: str) -> None:
    with pytest.raises(PreseedRefused) as caught:
        read_template("d-i a/b string {{ " + blank + " }}\n", box())
    assert [fault.code for fault in caught.value.faults] == ["template-unfit"]


def test_a_missing_value_is_named_and_nothing_is_rendered() -> None:
    (fault,) = check_template("d-i time/zone string Europe/Paris\nd-i a/b string {{ sereal }}\n")
    assert (fault.code, fault.at.cell, fault.facts["name"]) == ("template-blank", "2", "sereal")
    assert "sereal" in explain(fault, "fr").text


def test_every_blank_that_is_promised_can_be_used() -> None:
    lines = preseed("".join(f"d-i own/{name} string x{{{{ {name} }}}}\n" for name in BLANKS))
    assert len([line for line in lines if line.startswith("d-i own/")]) == len(BLANKS)


@pytest.mark.parametrize(
    ("text", "code"),
    [("{{", "template-syntax"), ("{% if %}", "template-syntax"), ("x" * (LONGEST + 1), "template-too-long")],
)
def test_a_text_that_cannot_be_read_says_why(text: str, code: str) -> None:
    assert codes(text) == [code]


def test_a_line_break_in_a_value_cannot_become_an_answer() -> None:
    with pytest.raises(PreseedRefused):
        render_preseed(
            box(templates=("d-i a/b string {{ customer }}\n",), customer="x\nd-i preseed/run string http://evil/x"),
            links=LINKS, tickets=TICKETS,
        )  # fmt: skip


def test_a_hash_with_dollars_and_quotes_passes_as_it_is() -> None:
    (answer,) = read_template("d-i passwd/root-password-crypted password $6$a'b\"$c/.\n", box())
    assert answer.value == "$6$a'b\"$c/."


def test_what_the_installer_would_not_understand_is_never_served() -> None:
    with pytest.raises(PreseedRefused) as caught:
        render_proved(
            box(templates=("d-i keyboard-configuration/xkb-keymap select fr\n",)), links=LINKS, tickets=TICKETS
        )
    assert [fault.code for fault in caught.value.faults] == ["preseed-wrong-choice"]


def test_the_same_box_is_rendered_once() -> None:
    first, second = (render_proved(box(hostname="once"), links=LINKS, tickets=TICKETS) for _ in range(2))
    assert first is second
