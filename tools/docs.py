"""Which pages of docs/ are made from the code? `make docs` writes them; `--check` says whether they are up to date."""

import argparse
import re
import sys
import tomllib
from collections.abc import Iterator, Mapping
from importlib import import_module
from importlib.resources import files
from pathlib import Path
from typing import NamedTuple

import click

from staging.cli import COMMANDS
from staging.settings import TABLE

DOCS = Path(__file__).resolve().parent.parent / "docs"

EXAMPLES = DOCS.parent / "tests" / "golden" / "numbering-faults.toml"

GENERATED = "<!-- Written by `make docs`; changes made here are lost. -->"

COMMANDS_AUTO = "<!-- From here on written by `make docs`. -->"

_ROWS_SHOWN, _ROW_SHOWN = 4, 110
# Of a word for one thing and one for several, the second is shown.
_PLURAL = re.compile(r"\{\w+:[^{}|]*\|([^{}]*)\}")


class Fault(NamedTuple):
    """One fault as the texts have it. part: the file of texts that it stands in."""

    code: str
    part: str
    words: Mapping[str, str]


def faults() -> tuple[Fault, ...]:
    """Every entry of the texts that has a hint, which is what makes it a fault, by code."""
    found = [
        Fault(code, file.name.removesuffix(".toml"), entry)
        for file in files("staging.core").joinpath("texts").iterdir()
        if file.name.endswith(".toml")
        for code, entry in tomllib.loads(file.read_text("utf-8")).items()
        if "fr_hint" in entry or "en_hint" in entry
    ]
    return tuple(sorted(found))


def commands() -> Iterator[tuple[str, click.Command]]:
    """Every command with its whole name, groups before what stands in them: `staging plan check`."""
    for name, place in COMMANDS.items():
        module, _, attribute = place.partition(":")
        yield from _walk(f"staging {name}", getattr(import_module(module), attribute))


def faults_page() -> str:
    """docs/faults.md: what each code means and what to do, by part."""
    shown = examples()
    parts: dict[str, list[Fault]] = {}
    for fault in faults():
        parts.setdefault(fault.part, []).append(fault)
    lines = [
        "# Faults",
        "",
        GENERATED,
        "",
        "A fault is a fact about somebody's material: a cell, a setting, a stack, a label. Its code never changes, so",
        "it can be searched for and written into a script. Words in braces are filled in with the facts of the case.",
        "An arrow begins the hint: what to do next.",
        "",
        "[Glossary](glossary.md) · [exit statuses](commands.md#exit-statuses)",
    ]
    for part, found in sorted(parts.items()):
        lines += ["", f"## {part}", ""]
        for fault in found:
            lines += [f"### `{fault.code}`", "", f"* {_said(fault, 'en')}", f"* *{_said(fault, 'fr')}*", ""]
            lines += shown.get(fault.code, [])
        lines.pop()
    return "\n".join(lines) + "\n"


def examples() -> Mapping[str, list[str]]:
    """Rows that have a fault, by code, as lines of Markdown: those that the tests read."""
    table = tomllib.loads(EXAMPLES.read_text("utf-8"))
    found: dict[str, list[str]] = {}
    for code, case in table["fault"].items():
        rows = case["has"].strip("\n").split("\n")
        drawn = [
            *([] if case.get("whole") else [table["head"]]),
            *rows[:_ROWS_SHOWN],
            *(["…"] if rows[_ROWS_SHOWN:] else []),
        ]
        place = ", ".join(case["at"]) or "the whole workbook"
        found[code] = [f"Example, a fault of {place}:", "", *(f"    {_clipped(row)}" for row in drawn), ""]
    return found


def settings_page() -> str:
    """docs/settings.md: the table of environment variables."""
    rows = [f"| `{name}` | {_cell(default)} | {_cell(meaning)} |" for name, default, meaning in TABLE]
    lines = [
        "# Settings",
        "",
        GENERATED,
        "",
        "The service is configured by environment variables. A value that makes no sense stops the start, with one",
        "line per variable. Passwords are no settings: they are given to commands as files and kept in the vault, see",
        "[security](security.md).",
        "",
        "| variable | without it | meaning |",
        "| --- | --- | --- |",
        *rows,
        "",
        "Stacks, portals, printers and people are no settings either: they are added with commands or on the page",
        "*Administration*, and stand in the database.",
    ]
    return "\n".join(lines) + "\n"


def commands_page(before: str) -> str:
    """docs/commands.md: the hand-written beginning as it is, then every command."""
    head = before.partition(COMMANDS_AUTO)[0].rstrip()
    blocks = [block for name, command in commands() for block in _command_block(name, command)]
    return "\n".join([head, "", COMMANDS_AUTO, "", *blocks]).rstrip() + "\n"


def pages() -> Mapping[Path, str]:
    """Every generated page with what should stand in it."""
    commands_md = DOCS / "commands.md"
    return {
        DOCS / "faults.md": faults_page(),
        DOCS / "settings.md": settings_page(),
        commands_md: commands_page(_present(commands_md)),
    }


def stale() -> tuple[Path, ...]:
    """The pages that `make docs` would change."""
    return tuple(path for path, text in pages().items() if _present(path) != text)


def main(arguments: list[str]) -> int:
    """Write the pages, or with `--check` only name those that would change; 1 when there are some."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--check", action="store_true", help="write nothing; exit status 1 when a page would change")
    changed = stale()
    if options.parse_args(arguments).check:
        for path in changed:
            print(f"{path.relative_to(DOCS.parent)} is out of date: run make docs", file=sys.stderr)
        return 1 if changed else 0
    wanted = pages()
    for path in changed:
        path.write_text(wanted[path], "utf-8")
        print(path.relative_to(DOCS.parent))
    return 0


def _walk(name: str, command: click.Command) -> Iterator[tuple[str, click.Command]]:
    yield name, command
    if isinstance(command, click.Group):
        for child in command.list_commands(click.Context(command, info_name=name)):
            found = command.commands[child]
            yield from _walk(f"{name} {child}", found)


def _command_block(name: str, command: click.Command) -> Iterator[str]:
    words, example = split_help(command)
    if isinstance(command, click.Group):
        yield from (f"## {name}" if name.count(" ") == 1 else f"### {name}", "", _escaped(" ".join(words)), "")
        return
    yield from (f"## {name}" if name.count(" ") == 1 else f"### {name}", "")
    for paragraph in words:
        yield from (_escaped(paragraph), "")
    context = click.Context(command, info_name=name)
    yield from (f"    {name} {' '.join(command.collect_usage_pieces(context))}", "")
    records = [record for one in command.params if (record := one.get_help_record(context)) is not None]
    if any(right for _, right in records):
        yield from ("| option | meaning |", "| --- | --- |")
        yield from (f"| `{_piped(left)}` | {_cell(right)} |" for left, right in records if right)
        yield ""
    if example:
        yield from ("```sh", *example, "```", "")


def split_help(command: click.Command) -> tuple[list[str], list[str]]:
    """The paragraphs of a command's help, and the lines of its example."""
    words: list[str] = []
    example: list[str] = []
    for paragraph in re.split(r"\n\s*\n", f"{command.help or ''}\n\n{command.epilog or ''}"):
        lines = [line for line in paragraph.replace("\b", "").splitlines() if line.strip()]
        if lines and lines[0].strip().startswith("Example:"):
            first = lines[0].strip().removeprefix("Example:").strip()
            example += [*([first] if first else []), *_outdented(lines[1:])]
        elif lines:
            words.append(" ".join(line.strip() for line in lines))
    return words, example


def _outdented(lines: list[str]) -> list[str]:
    margin = min((len(line) - len(line.lstrip()) for line in lines), default=0)
    return [line[margin:] for line in lines]


def _said(fault: Fault, lang: str) -> str:
    text, hint = (_PLURAL.sub(r"\1", fault.words.get(key, "")) for key in (lang, f"{lang}_hint"))
    return _escaped(f"{text} → {hint}" if hint else text)


def _clipped(row: str) -> str:
    plain = "".join(letter if letter.isprintable() else "�" for letter in row)
    return plain if len(plain) <= _ROW_SHOWN else plain[: _ROW_SHOWN - 1] + "…"


def _cell(text: str) -> str:
    return _piped(_escaped(text))


def _piped(text: str) -> str:
    # A bar ends a cell even between backquotes.
    return text.replace("|", "\\|")


def _escaped(text: str) -> str:
    return " ".join(text.split()).replace("<", "&lt;").replace("*", "\\*")


def _present(path: Path) -> str:
    return path.read_text("utf-8") if path.exists() else ""


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
