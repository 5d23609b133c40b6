"""Do the words come out, in both languages, whatever facts they are given?"""

import re
import tomllib
from collections import Counter
from importlib.resources import files
from string import Formatter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from staging.core.faults import Fault, PlanRefused, Where
from staging.core.messages import catalogue, error_lines, explain, say
from staging.core.words import LANGUAGES, Language

TEXTS = sorted(file.name for file in files("staging.core").joinpath("texts").iterdir() if file.name.endswith(".toml"))
HINTED = sorted(key for key, entry in catalogue().items() if "fr_hint" in entry)


@pytest.mark.parametrize("name", TEXTS)
def test_a_text_file_holds_whole_entries_and_nothing_else(name: str) -> None:
    entries = tomllib.loads(files("staging.core").joinpath("texts", name).read_text("utf-8"))
    assert entries
    for key, entry in entries.items():
        assert {"fr", "en"} <= set(entry) <= {"fr", "en", "fr_hint", "en_hint"}, key
        assert all(isinstance(text, str) and text.strip() for text in entry.values()), key


@pytest.mark.parametrize("name", TEXTS)
def test_every_blank_of_a_text_is_the_plain_name_of_a_fact(name: str) -> None:
    entries = tomllib.loads(files("staging.core").joinpath("texts", name).read_text("utf-8"))
    blanks = {
        (key, blank)
        for key, entry in entries.items()
        for text in entry.values()
        for _, blank, _, _ in Formatter().parse(text)
        if blank is not None
    }
    assert [(key, blank) for key, blank in blanks if not blank.isidentifier()] == []


def test_french_is_french_and_english_is_english() -> None:
    same = Counter(
        entry["fr"] == entry["en"] for entry in catalogue().values() if re.search(r"[a-zé]{4,} [a-zé]{3,}", entry["fr"])
    )
    assert same[True] == 0


def test_a_fault_is_said_with_its_facts_and_place() -> None:
    fault = Fault("unknown-order", Where("order"), {"order": "4k7m2p"})
    assert explain(fault, "en").text == "There is no order “4k7m2p”."
    assert "« 4k7m2p »" in explain(fault, "fr").text
    assert "staging order list" in explain(fault, "fr").hint


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("key", HINTED)
def test_a_fault_without_its_facts_still_says_something(key: str, lang: Language) -> None:
    message = explain(Fault(key), lang)
    assert message.text
    assert message.hint


def test_an_unknown_code_is_shown_rather_than_hidden() -> None:
    assert explain(Fault("never-written"), "fr").text == "never-written"
    assert say("never-written", "fr") == "never-written"


@given(st.dictionaries(st.text("abcdeforlw", min_size=1), st.text() | st.integers() | st.none()), st.text())
def test_no_fact_whatever_it_holds_breaks_a_sentence(facts: dict[str, object], order: str) -> None:
    text = explain(Fault("unknown-order", facts={**facts, "order": order}), "fr").text
    assert order in text


def test_what_a_customer_typed_is_never_read_as_a_blank() -> None:
    typed = "{0.__class__} {order} {"
    assert typed in explain(Fault("bad-serial", facts={"typed": typed, "order": "secret"}), "fr").text


def test_one_thing_and_several_have_words_of_their_own() -> None:
    assert say("labels-previewed", "fr", count=1, out="a.pdf") == "1 étiquette relue et écrite dans a.pdf"
    assert say("labels-previewed", "fr", count=2, out="a.pdf") == "2 étiquettes relues et écrites dans a.pdf"
    assert say("labels-previewed", "en", count=1, out="a.pdf") == "1 label read back and written to a.pdf"


def test_french_counts_nothing_as_one_thing_and_english_as_several() -> None:
    assert say("scan-order-closed", "fr", n=0).endswith("0 carton")
    assert say("scan-order-closed", "en", n=0).endswith("0 cartons")


def test_every_count_before_a_plural_has_its_singular_too() -> None:
    counts = re.compile(
        r"\{(n|count|labels|phones|seats|changes|errors|packed|missing|late|corrections)\} "
        r"(téléphones|étiquettes|postes|changements|cartons|erreurs|cellules|numéros|bases|points|différences|phones"
        r"|labels|seats|changes|cartons|errors|cells|numbers|points|differences)\b"
    )
    missing = [
        key
        for key, entry in catalogue().items()
        for text in entry.values()
        if counts.search(text) and f"{key}-one" not in catalogue()
    ]
    assert missing == []


def test_a_terminal_gets_one_line_per_fault_with_code_place_and_hint() -> None:
    error = PlanRefused(
        Fault("bad-siret", Where("order", field="siret"), {"typed": "1"}), Fault("unknown-order", facts={"order": "x"})
    )
    lines = error_lines(error, "en")
    assert [line.partition(":")[0] for line in lines] == ["bad-siret order siret", "unknown-order"]


def test_what_somebody_typed_moves_no_cursor_and_starts_no_line() -> None:
    (line,) = error_lines(PlanRefused(Fault("bad-siret", facts={"typed": "a\nb\x1b[2J\r\u202e"})), "en")
    assert line.isprintable()
    assert "a\ufffdb\ufffd[2J" in line
