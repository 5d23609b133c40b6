"""How do answers become the text of a preseed? Strictly: what cannot be said safely is refused, with its question."""

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache

from preseed.answers import Answer, answers, universal_answers
from preseed.appliance import Appliance
from preseed.links import Links, Tickets
from preseed.questions import check_preseed
from preseed.template import lay_over
from staging.core.faults import Fault, PreseedRefused, Where

FIRST_LINE = "#_preseed_V1"
"""What the installer, and our own first stage, know a preseed by."""

_NAME = re.compile(r"[a-z0-9][a-z0-9+.-]*")
_QUESTION = re.compile(r"[A-Za-z0-9][A-Za-z0-9_+.-]*(/[A-Za-z0-9_+.-]+)+")


def render_universal(suite: str, links: Links) -> str:
    """The first stage's text; the same for every box."""
    return render_answers(universal_answers(suite, links), source=f"d-i/{suite}")


def render_preseed(appliance: Appliance, *, links: Links, tickets: Tickets) -> str:
    """One box's whole text; raises PreseedRefused with a fault for each answer that cannot be said."""
    laid = lay_over(answers(appliance, links=links, tickets=tickets), appliance.templates, appliance)
    return render_answers(laid, source=appliance.serial)


@lru_cache(maxsize=4096)
def render_proved(appliance: Appliance, *, links: Links, tickets: Tickets) -> str:
    """One box's whole text, proved: read as the installer reads it, each question held against its release's list.

    The same appliance gives the same text without the work. Raises PreseedRefused.
    """
    text = render_preseed(appliance, links=links, tickets=tickets)
    faults = check_preseed(text, appliance.suite, source=appliance.serial)
    errors = tuple(fault for fault in faults if fault.severity == "error")
    if errors:
        raise PreseedRefused(*errors)
    return text


def render_answers(lines: Iterable[Answer], *, source: str) -> str:
    """Answers as text, one a line. source: whose they are, named in faults.

    An empty value, a line break or another control character, blanks at an end, a backslash at the end (the
    installer loses the value) are refused. `$` and quotes are fine: the installer takes a value as it stands.
    """
    lines = tuple(lines)
    faults = tuple(fault for line in lines for fault in _faults(line, source))
    if faults:
        raise PreseedRefused(*faults)
    return "".join(f"{text}\n" for text in (FIRST_LINE, *map(_line, lines)))


def _line(answer: Answer) -> str:
    return f"{answer.owner} {answer.question} {answer.type} {answer.value}".rstrip()


def _faults(answer: Answer, source: str) -> Iterator[Fault]:
    at = Where(source=source, field=answer.question)
    facts = {"question": answer.question}
    if not answer.value and not answer.may_be_empty:
        yield Fault("empty-answer", at, facts)
    if not _NAME.fullmatch(answer.owner) or not _QUESTION.fullmatch(answer.question):
        yield Fault("malformed-question", at, facts)
    if _is_hostile(answer.value):
        yield Fault("hostile-answer", at, facts)


def _is_hostile(value: str) -> bool:
    # isprintable is False for every control character and line separator, Unicode's own included.
    return not value.isprintable() or value != value.strip() or value.endswith("\\")
