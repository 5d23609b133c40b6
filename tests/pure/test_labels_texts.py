"""Can everything that this part says be said in both languages?"""

import re
from pathlib import Path

import pytest

from staging.core.messages import catalogue

PART = Path(__file__).parents[2] / "labels"
CODES = {
    either or other
    for file in PART.rglob("*.py")
    for either, other in re.findall(
        r'(?:Fault|say|_fault|_unavailable)\(\s*"([a-z-]+)"|"(printer-[a-z-]+)":', file.read_text("utf-8")
    )
}


def test_the_search_for_codes_finds_them() -> None:
    assert {"label-too-long", "printer-dropped", "labels-previewed", "no-such-cell"} <= CODES


@pytest.mark.parametrize("code", sorted(CODES))
def test_every_code_has_its_words(code) -> None:
    assert code in catalogue()


@pytest.mark.parametrize("code", sorted(code for code in CODES if "hint" in str(catalogue().get(code))))
def test_both_languages_have_the_same_blanks(code) -> None:
    entry = catalogue()[code]
    blanks = [set(re.findall(r"{\w+}", entry[lang] + entry[f"{lang}_hint"])) for lang in ("fr", "en")]
    assert blanks[0] == blanks[1]
