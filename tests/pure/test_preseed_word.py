"""Is the word to type one that every keyboard gives?"""

import pytest

from preseed.word import NEUTRAL_KEYS, azerty_keys, check_word, is_neutral, propose_words, typed_word
from staging.core.messages import explain


def test_every_proposed_word_has_the_same_keys_everywhere() -> None:
    words = propose_words(count=99)
    assert len(words) > 8
    assert all(is_neutral(word) for word in words)
    assert "preseed" not in propose_words(["preseed"])


@pytest.mark.parametrize(
    ("base", "typed"),
    [("http://preseed", "preseed"), ("http://preseed:80/", "preseed"), ("http://192.0.2.1:8080", "192.0.2.1:8080")],
)
def test_what_is_typed_is_the_host_and_the_port_only_where_it_must_be(base: str, typed: str) -> None:
    assert typed_word(base) == typed


@pytest.mark.parametrize("base", ["http://[::1", "http://preseed:99999", "http://preseed:x"])
def test_what_is_no_address_is_looked_at_as_it_was_typed(base: str) -> None:
    assert typed_word(base) == base.removeprefix("http://")
    assert check_word(base) is not None


def test_a_word_with_moving_letters_is_named_with_those_and_gets_proposals() -> None:
    fault = check_word("http://amiral")
    assert fault is not None
    assert (fault.code, fault.severity, fault.facts["wrong"]) == ("word-not-neutral", "warning", "am")
    assert "preseed" in explain(fault, "fr").hint
    assert check_word("http://preseed") is None


def test_the_keys_of_an_address_are_those_of_a_french_keyboard() -> None:
    # Source: xkb's fr(latin9) against us, as seen at the installer's own prompt.
    assert azerty_keys("10.0.2.2/a") == ("& 1", "à 0", ": /", "à 0", ": /", "é 2", ": /", "é 2", "! §", "Q")


def test_neutral_letters_are_on_the_keys_that_show_them() -> None:
    word = "".join(sorted(NEUTRAL_KEYS))
    assert azerty_keys(word) == tuple(word.upper())
