"""What do all commands share? Settings and store on demand, errors as lines with an exit status, tables and JSON."""

import json
import os
import sys
from collections.abc import Callable, Iterable, Sequence
from functools import cache
from typing import Any, ParamSpec, TypeVar

import click

from staging.bootstrap import House, open_house
from staging.core.faults import Fault, LabelRefused, PhoneUnmatched, PreseedRefused, Refused, StagingError, Where
from staging.core.messages import error_lines, say
from staging.core.words import Language
from staging.settings import Settings

Given = ParamSpec("Given")
Result = TypeVar("Result")

MATERIAL, WRONG, OUTSIDE = 1, 2, 3
"""Exit statuses: the material has errors, wrong use or refused, the outside world failed."""


class Door(click.Group):
    """A group whose commands turn our errors into lines on standard error and an exit status, never a traceback."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command."""
        try:
            return super().invoke(ctx)
        except StagingError as error:
            complain(error)
            ctx.exit(status_of(error))


def status_of(error: StagingError) -> int:
    """The exit status of an error. Source: docs/commands.md."""
    if not error.permanent:
        return OUTSIDE
    if isinstance(error, LabelRefused | PhoneUnmatched | PreseedRefused):
        return MATERIAL
    return WRONG


def complain(error: StagingError) -> None:
    """One line per fault: code, place, text, hint."""
    for line in error_lines(error, lang()):
        click.echo(line, err=True)


def as_fault(error: click.UsageError | UnicodeEncodeError) -> Refused:
    """What is wrong with a command's words, in our words: click says it in English and over four lines."""
    if isinstance(error, UnicodeEncodeError):
        # Python keeps bytes of a command line that are no UTF-8 as halves of characters, which nothing can store.
        facts = {"command": "staging", "said": ascii(error.object)[:60]}
        return Refused(Fault("wrong-use", Where("staging"), facts))
    command = error.ctx.command_path if error.ctx else "staging"
    name = _name_of(error)
    at = Where(command, field=name or None)
    facts = {"command": command, "name": name}
    if isinstance(error, click.MissingParameter):
        return Refused(Fault("option-missing", at, facts))
    if isinstance(error, click.NoSuchOption):
        return Refused(Fault("option-unknown", at, facts))
    if isinstance(error, click.BadParameter) and error.param is not None and isinstance(error.param.type, click.Path):
        return Refused(Fault("option-file", at, {**facts, "said": _last_quoted(error.message)}))
    if isinstance(error, click.BadParameter) and error.param is not None and isinstance(error.param.type, click.Choice):
        return Refused(Fault("option-choice", at, {**facts, "known": ", ".join(map(str, error.param.type.choices))}))
    if isinstance(error, click.BadParameter) and error.param is not None and (span := _span(error.param.type)):
        return Refused(Fault("option-number", at, {**facts, "range": span}))
    return Refused(Fault("wrong-use", at, {**facts, "said": error.format_message()}))


def lang() -> Language:
    """The language of the terminal: STAGING_LANG, else French."""
    return "en" if os.environ.get("STAGING_LANG") == "en" else "fr"


@cache
def house() -> House:
    """The service, opened at first use, with its database brought up to date."""
    opened = open_house(Settings.read(os.environ))
    opened.store.database.upgrade()
    return opened


def who() -> str:
    """Who acts: the account at the terminal, as the timeline shows it."""
    return f"cli:{os.environ.get('SUDO_USER') or os.environ.get('USER') or 'root'}"


def as_json(found: Any) -> None:
    """One JSON document on standard output."""
    click.echo(json.dumps(found, ensure_ascii=False, indent=2, default=str))


def json_option(command: Callable[Given, Result]) -> Callable[Given, Result]:
    """`--json` for commands that print data."""
    return click.option("--json", "json_", is_flag=True, help="Print JSON.")(command)


def table(rows: Iterable[Sequence[object]], *, headings: Sequence[str]) -> None:
    """Columns as wide as they need to be."""
    cells = [[str(cell) for cell in row] for row in rows]
    widths = [max(len(row[i]) for row in [list(headings), *cells]) for i in range(len(headings))]
    for row in [list(headings), *cells]:
        click.echo("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())


def confirm(question: str, *, yes: bool, **facts: object) -> None:
    """Ask a person, unless `--yes` was given; without a terminal the answer is no, with exit status 2."""
    if yes:
        return
    text = say(question, lang(), **facts)
    if not sys.stdin.isatty():
        click.echo(say("no-terminal", lang(), question=text), err=True)
        raise SystemExit(WRONG)
    if not click.confirm(text, err=True):
        raise SystemExit(WRONG)


def _name_of(error: click.UsageError) -> str:
    if isinstance(error, click.NoSuchOption):
        return error.option_name
    if not isinstance(error, click.BadParameter) or error.param is None:
        return ""
    return error.param.opts[0] if error.param.param_type_name == "option" else error.param.make_metavar(_ctx(error))


def _span(kind: click.ParamType[Any]) -> str:
    """The numbers that an option takes; empty when it takes none."""
    if isinstance(kind, click.IntRange):
        return f"{'' if kind.min is None else kind.min}…{'' if kind.max is None else kind.max}"
    return {click.INT: "1, 2, 3…", click.FLOAT: "1.5, -0.5…"}.get(kind, "")


def _ctx(error: click.UsageError) -> click.Context:
    return error.ctx or click.Context(click.Command("staging"))


def _last_quoted(text: str) -> str:
    """The file that click's sentence is about: the words between its first and its last quote."""
    return text.partition("'")[2].rpartition("'")[0] or text
