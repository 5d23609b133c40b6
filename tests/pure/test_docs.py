"""Do the pages say what the code does? Generated pages, texts, examples, links."""

import ast
import re
from functools import cache
from pathlib import Path
from string import Formatter

import click
import pytest

from staging.core.messages import catalogue
from staging.core.roles import ROLES, may
from staging.core.words import LANGUAGES
from staging.jobs.job import STEPS
from staging.settings import TABLE
from tools import docs

ROOT = docs.DOCS.parent
PACKAGES = ("staging", "numbering", "preseed", "webhooks", "labels")
PAGES = sorted([ROOT / "README.md", ROOT / "CHANGELOG.md", *docs.DOCS.rglob("*.md")])
CODE = re.compile(r"[a-z0-9]+(-[a-z0-9]+)+")
LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")


@cache
def calls() -> tuple[tuple[str, str, ast.Call], ...]:
    """Every call in the code: its place, the last word of the function's name, the call."""
    found = []
    for path in sorted(path for package in PACKAGES for path in (ROOT / package).rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call):
                name = ast.unparse(node.func).rpartition(".")[2].strip("_")
                found.append((f"{path.relative_to(ROOT)}:{node.lineno}", name, node))
    return tuple(found)


def codes_raised() -> dict[str, str]:
    """Fault codes that stand in the code as words, each with one place; the sandbox's refusals speak Wazo's words."""
    helpers = {"fault", "fault_at", "refuse", "refused", "unavailable"}
    found: dict[str, str] = {}
    for place, name, call in calls():
        if name != "Fault" and (name not in helpers or place.startswith("staging/sandbox/")):
            continue
        for given in call.args[:2]:
            if isinstance(given, ast.Constant) and isinstance(given.value, str) and CODE.fullmatch(given.value):
                found.setdefault(given.value, place)
    return found


def settings_read() -> dict[str, str]:
    """Environment variables that the code asks for, each with one place."""
    found: dict[str, str] = {}
    for place, name, call in calls():
        asked = [*call.args[:1]] if name == "get" else []
        asked += [keyword.value for keyword in call.keywords if keyword.arg == "envvar"]
        for given in asked:
            if isinstance(given, ast.Constant) and re.match(r"STAGING_|DATABASE_URL$", str(given.value)):
                found.setdefault(str(given.value), place)
    return found


def blanks(text: str) -> set[str]:
    """Names of the blanks; a fact that is itself words is given once per language, under the language's name."""
    names = {name for _, name, _, _ in Formatter().parse(text) if name is not None}
    return {"words" if name in LANGUAGES else name for name in names}


def leaves() -> list[tuple[str, click.Command]]:
    return [(name, command) for name, command in docs.commands() if not isinstance(command, click.Group)]


def takes(known: dict[str, click.Command], typed: str) -> bool:
    """Whether a line as a page shows it names a command, or a group alone, and only options that it has."""
    words = typed.split()
    name = max((" ".join(words[:n]) for n in (1, 2, 3, 4) if " ".join(words[:n]) in known), key=len, default=None)
    if name is None:
        return False
    command, rest = known[name], words[name.count(" ") + 1 :]
    if isinstance(command, click.Group) and rest:
        return False
    options = {option for one in command.params for option in one.opts} | {"--help", "--version"}
    return all(word.partition("=")[0] in options for word in rest if word.startswith("--"))


def anchors(text: str) -> set[str]:
    titles = re.findall(r"^#+ (.*)$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


def links() -> list[tuple[Path, str]]:
    return [(page, target) for page in PAGES for target in LINK.findall(page.read_text("utf-8"))]


def test_the_generated_pages_are_what_make_docs_would_write() -> None:
    assert [path.name for path in docs.stale()] == []


@pytest.mark.parametrize("part", [None, "hint"])
def test_every_text_stands_in_both_languages_with_the_same_blanks(part: str | None) -> None:
    fr, en = (f"{lang}_{part}" if part else lang for lang in LANGUAGES)
    wrong = {
        key
        for key, entry in catalogue().items()
        if (fr in entry) != (en in entry) or blanks(entry.get(fr, "")) != blanks(entry.get(en, ""))
    }
    assert wrong == set()


def test_every_fault_that_the_code_names_has_a_text_and_a_hint() -> None:
    known = catalogue()
    without = {
        code: place for code, place in codes_raised().items() if not known.get(code, {}).get("fr_hint", "").strip()
    }
    assert without == {}


def test_every_text_that_the_code_or_a_page_says_by_name_exists() -> None:
    said = {
        str(given.value)
        for place, name, call in calls()
        for given in call.args[:1]
        if name in ("say", "translate") and isinstance(given, ast.Constant) and "/sandbox/" not in place
    }
    for template in (ROOT / "staging" / "web" / "templates").glob("*.html"):
        said |= set(re.findall(r"\bt\('([\w-]*\w)'[,)]", template.read_text("utf-8")))
    assert said - set(catalogue()) == set()


def test_every_fault_has_its_entry_in_the_list_of_faults() -> None:
    listed = set(re.findall(r"^### `([^`]+)`$", (docs.DOCS / "faults.md").read_text("utf-8"), re.MULTILINE))
    assert listed == {fault.code for fault in docs.faults()}
    assert set(codes_raised()) <= listed


def test_every_command_says_what_it_does_and_gives_an_example() -> None:
    silent = [name for name, command in docs.commands() if not docs.split_help(command)[0]]
    unshown = [name for name, command in leaves() if not docs.split_help(command)[1]]
    assert (silent, unshown) == ([], [])


def test_an_example_shows_the_command_that_it_stands_under() -> None:
    assert [name for name, command in leaves() if not docs.split_help(command)[1][0].startswith(name)] == []


def test_every_command_line_on_a_page_is_one_that_the_program_takes() -> None:
    known = dict(docs.commands())
    wrong = [
        (page.name, typed)
        for page in PAGES
        for typed in re.findall(r"(?:`|^ {4,})(?:\S*/)?(staging [a-z][^`\n]*)", page.read_text("utf-8"), re.MULTILINE)
        if not takes(known, typed)
    ]
    assert wrong == []


def test_every_setting_that_the_code_reads_stands_in_the_table() -> None:
    table = {name for name, _, _ in TABLE}
    assert {name: place for name, place in settings_read().items() if name not in table} == {}


def test_every_setting_in_the_table_is_read() -> None:
    text = (ROOT / "staging" / "settings.py").read_text("utf-8")
    assert [name for name, _, _ in TABLE if text.count(f'"{name}"') < 2 and name not in settings_read()] == []


def test_the_page_of_roles_is_the_table_of_roles() -> None:
    rows = re.findall(r"^\| .*\(`(\w+)`\) \|(.*)\|$", (docs.DOCS / "roles.md").read_text("utf-8"), re.MULTILINE)
    said = {right: [cell.strip() == "✔" for cell in cells.split("|")] for right, cells in rows}
    assert said == {right: [may(role, right) for role in ROLES] for right in _rights()}  # type: ignore[arg-type]  # the rights' own names


def test_the_lifecycle_tells_every_step_in_order() -> None:
    titles = re.findall(r"^## \d+\. (\w+)", (docs.DOCS / "lifecycle.md").read_text("utf-8"), re.MULTILINE)
    assert tuple(title.lower() for title in titles) == STEPS


@pytest.mark.parametrize(("page", "target"), links(), ids=lambda value: str(value).removeprefix(f"{ROOT}/"))
def test_every_link_leads_somewhere(page: Path, target: str) -> None:
    place, _, anchor = target.partition("#")
    if "://" in place:
        return
    found = (page.parent / place).resolve() if place else page
    assert found.exists()
    assert not anchor or anchor in anchors(found.read_text("utf-8"))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_no_page_names_a_registry_or_a_folder_of_the_machine_it_was_written_on(page: Path) -> None:
    text = page.read_text("utf-8")
    assert re.findall(r"(?:^|[\s`(\"'])(/(?:work|home|root|tmp|Users)/\S*)", text) == []
    assert re.findall(r"\b(?:pypi|pythonhosted|npmjs|crates|golang)\.\w+", text) == []


def test_every_function_and_file_that_a_page_names_is_there() -> None:
    named = {
        (page.name, path)
        for page in PAGES
        for path in re.findall(
            r"`((?:staging|numbering|preseed|webhooks|labels|tools|tests)/[\w./-]*\w)`", page.read_text("utf-8")
        )
    }
    assert {one for one in named if not (ROOT / one[1]).exists()} == set()


def _rights() -> list[str]:
    return ["see", "prepare", "plan", "print", "reveal", "rearm", "administer"]
