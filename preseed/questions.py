"""Would the installer understand this preseed? Its text against the installer's own list of questions.

The lists, `questions-<suite>.tsv`, hold owner, question, type and choices of every debconf template that the netboot
images of that release and the packages it always installs carry. What they cannot know is said, as a warning.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache, lru_cache
from importlib.resources import files

from preseed.releases import Suite
from staging.core.faults import Fault, Severity, Where

# Made while the installer runs, or read by its scripts without a template.
_MADE_AT_RUN_TIME = ("apt-setup/local", "mirror/udeb/suite", "partman-lvm/confirm_nooverwrite")
_SHOWN_CHOICES = 12


@dataclass(frozen=True, slots=True)
class Question:
    """One debconf question. choices: empty when any value goes; None when they are made at run time."""

    name: str
    type: str
    choices: frozenset[str] | None


@dataclass(frozen=True, slots=True)
class Given:
    """One answer as the installer reads it from a file. row: of its first line, from 1."""

    row: int
    owner: str
    question: str
    type: str
    value: str


@cache
def known_questions(suite: Suite) -> dict[str, tuple[Question, ...]]:
    """Every question of a release by its name; several where two packages define the same name."""
    table: dict[str, tuple[Question, ...]] = {}
    text = files("preseed").joinpath(f"questions-{suite}.tsv").read_text("utf-8")
    for line in text.splitlines()[1:]:
        _, name, kind, choices = line.split("\t")
        table[name] = (*table.get(name, ()), Question(name, kind, _parse_choices(choices)))
    return table


def check_preseed(text: str, suite: Suite, *, source: str = "") -> tuple[Fault, ...]:
    """All that is wrong with a preseed's text, in the order of its lines; warnings where a list cannot know.

    source: file name for the faults' places; their cell is the line's number.
    """
    faults: list[Fault] = []
    seen: set[str] = set()
    for item in read_answers(text, source=source):
        if isinstance(item, Fault):
            faults.append(item)
            continue
        if item.question in seen:
            faults.append(_fault("preseed-twice", item, source, "warning"))
        seen.add(item.question)
        faults.extend(_check_answer(item, suite, source))
    return tuple(faults)


def read_answers(text: str, *, source: str = "") -> Iterator[Given | Fault]:
    """Read a preseed as the installer's own shell parser does, which is not how debconf-set-selections does.

    Carriage returns go; a line that starts with `#` goes, even inside a continued value; a line that ends in a
    backslash goes on with the next, joined by one blank; blanks before `#` inside such a value make it part of the
    value; a value whose last line ends in a backslash is lost.
    """
    for row, parts in _logical_lines(text.replace("\r", "").split("\n")):
        line = " ".join(part.strip() for part in parts).strip()
        if not line or line.startswith("#"):
            continue
        if any(part.lstrip().startswith("#") for part in parts[1:]):
            yield Fault("preseed-comment-joined", Where(source, cell=str(row)), {"line": line[:60]})
        if parts[-1] == _NOTHING_FOLLOWS:
            yield Fault("preseed-value-lost", Where(source, cell=str(row)), {"line": line[:60]})
            continue
        fields = line.split(None, 3)
        if len(fields) < 3:
            yield Fault("preseed-short-line", Where(source, cell=str(row)), {"line": line[:60]})
            continue
        yield Given(row, fields[0], fields[1], fields[2], fields[3] if len(fields) == 4 else "")


_NOTHING_FOLLOWS = "\0"


def _logical_lines(lines: Iterable[str]) -> Iterator[tuple[int, list[str]]]:
    """Lines joined over their backslashes, each with the row it starts on."""
    start, parts = 0, list[str]()
    for row, line in enumerate(lines, start=1):
        if line.startswith("#"):
            continue
        start = start if parts else row
        parts.append(line.removesuffix("\\"))
        if not line.endswith("\\"):
            yield start, parts
            parts = []
    if parts:
        yield start, [*parts, _NOTHING_FOLLOWS]


def _parse_choices(choices: str) -> frozenset[str] | None:
    # A blank such as ${CHOICES} is filled in by the installer: nobody knows the values beforehand.
    if "${" in choices:
        return None
    return frozenset(choice.strip() for choice in choices.split(",") if choice.strip())


def _check_answer(given: Given, suite: Suite, source: str) -> Iterator[Fault]:
    questions = known_questions(suite).get(given.question)
    if questions is None:
        yield _unknown(given, suite, source)
        return
    # debconf-set-selections marks questions as seen with a `seen` line; it has no type of its own.
    if given.type == "seen":
        return
    kinds = sorted({question.type for question in questions})
    if given.type not in kinds:
        facts = {"known": "/".join(kinds), "given": given.type}
        yield _fault("preseed-wrong-type", given, source, "warning", **facts)
    yield from _check_value(given, questions, source)


def _unknown(given: Given, suite: Suite, source: str) -> Fault:
    # A question of another owner may belong to any package of the archive; the installer hands it on to the target.
    if given.question.startswith(_MADE_AT_RUN_TIME) or given.owner != "d-i":
        return _fault("preseed-not-checked", given, source, "warning")
    return _fault("preseed-unknown-question", given, source, suite=suite, nearest=_nearest(given.question, suite))


@lru_cache(maxsize=4096)
def _nearest(question: str, suite: Suite) -> str:
    # Looking through thirteen hundred names takes milliseconds, and one text may be tried on every box of the bench.
    found = get_close_matches(question, known_questions(suite), n=1, cutoff=0.6)
    return found[0] if found else "–"


def _check_value(given: Given, questions: tuple[Question, ...], source: str) -> Iterator[Fault]:
    kinds = {question.type for question in questions}
    if kinds == {"boolean"}:
        if given.value not in ("true", "false"):
            yield _fault("preseed-wrong-choice", given, source, value=given.value, choices="true, false")
        return
    if not kinds <= {"select", "multiselect"}:
        return
    if any(question.choices is None for question in questions):
        yield _fault("preseed-not-checked", given, source, "warning")
        return
    allowed = frozenset[str]().union(*(question.choices or () for question in questions))
    values = [value.strip() for value in given.value.split(",")] if "multiselect" in kinds else [given.value]
    for value in values:
        if value not in allowed and not (value == "" and "multiselect" in kinds):
            yield _fault("preseed-wrong-choice", given, source, value=value, choices=_shown(value, allowed))


def _shown(value: str, allowed: frozenset[str]) -> str:
    """The choices worth showing: the near ones of a long list, all of a short one."""
    near = [choice for choice in sorted(allowed) if value and choice.startswith(value)]
    near += [choice for choice in get_close_matches(value, sorted(allowed)) if choice not in near]
    return ", ".join((near or sorted(allowed))[:_SHOWN_CHOICES])


def _fault(code: str, given: Given, source: str, severity: Severity = "error", /, **facts: str) -> Fault:
    at = Where(source, cell=str(given.row), field=given.question)
    return Fault(code, at, {"question": given.question, **facts}, severity)
