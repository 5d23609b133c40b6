"""`staging plan`: what does a person type about workbooks, and what do they see?"""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from numbering.annotate import annotate
from numbering.appliances import read_appliances, shipped_appliances
from numbering.columns import extended_headings, shipped_headings
from numbering.hardware import extended_catalogue, shipped_catalogue
from numbering.marks import find_marks
from numbering.read import PlanOptions, Reading, read_plan
from numbering.report import reading_texts
from numbering.sandboxed import read_workbook
from numbering.screen import reading_lines
from staging.core.faults import Fault, PlanRefused, Refused, StagingError, Where
from staging.core.messages import error_lines
from staging.core.words import LANGUAGES, Extension, Language, parse_extension

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
_OUT = click.Path(dir_okay=False, path_type=Path)


def language_option(command: Any) -> Any:
    """`--lang fr|en`, French unless told."""
    return click.option("--lang", type=click.Choice(LANGUAGES), default="fr", show_default=True, help="Language.")(
        command
    )


@click.group()
def plan() -> None:
    """Numbering plans: check a customer's workbook, make the empty form."""


@plan.command()
@click.argument("files", metavar="FILE…", nargs=-1, required=True, type=_FILE)
@click.option("--json", "as_json", is_flag=True, help="One JSON document on standard output, nothing else.")
@click.option(
    "--annotate", "out", metavar="OUT.xlsx", type=_OUT, help="Write the workbook back with its faulty cells marked."
)
@click.option("--extensions", metavar="A-B", help="The customer's range of short numbers, as 8000-8079.")
@click.option("--appliance", metavar="MODEL", help="The appliance model that must carry all phones.")
@click.option(
    "--hardware-file", type=_FILE, envvar="STAGING_HARDWARE_FILE", help="Your own telephones, on top of the catalogue."
)
@click.option("--appliances-file", type=_FILE, envvar="STAGING_APPLIANCES_FILE", help="Your own appliance models.")
@click.option("--columns-file", type=_FILE, envvar="STAGING_COLUMNS_FILE", help="Your own headings of columns.")
@language_option
def check(
    files: tuple[Path, ...],
    as_json: bool,
    out: Path | None,
    extensions: str | None,
    appliance: str | None,
    hardware_file: Path | None,
    appliances_file: Path | None,
    columns_file: Path | None,
    lang: Language,
) -> None:
    """Say everything that is wrong with numbering plans, cell by cell.

    Ends with 0 without errors, 1 with errors, 2 where a workbook is refused whole.

    \b
    Example:
      staging plan check plan.xlsx --extensions 8000-8079 --annotate plan-marked.xlsx
    """
    try:
        if out is not None and len(files) > 1:
            raise Refused(Fault("annotate-one-file"))
        options = _options(extensions, appliance, own_tables(hardware_file, appliances_file, columns_file))
        readings = [check_file(file, options) for file in files]
        if out is not None and readings[0].plan is not None:
            annotate(files[0], readings[0], out, lang)
    except StagingError as error:
        _complain(error, lang)
        raise SystemExit(2 if error.permanent else 3) from error
    _show(readings, as_json=as_json, lang=lang)
    raise SystemExit(max(_status(reading) for reading in readings))


@plan.command()
@click.argument("out", metavar="OUT.xlsx", type=_OUT)
@click.option(
    "--hardware-file",
    type=_FILE,
    envvar="STAGING_HARDWARE_FILE",
    help="Your own telephones, offered beside the others.",
)
@language_option
def blank(out: Path, hardware_file: Path | None, lang: Language) -> None:
    """Write the empty form to send to a customer, with lists to choose from.

    \b
    Example:
      staging plan blank form.xlsx --lang en
    """
    # The workbook library takes a third of a second to load, which `check` never needs.
    from numbering.blank import write_blank

    try:
        write_blank(out, lang, catalogue=own_tables(hardware_file, None).catalogue)
    except StagingError as error:
        _complain(error, lang)
        raise SystemExit(2) from error


def check_file(path: Path, options: PlanOptions) -> Reading:
    """Read one workbook file; one that is refused whole gives a reading without a plan.

    In a workbook that we annotated, our own column is skipped and its numbers are kept while they are free.
    """
    try:
        workbook = read_workbook(path)
    except PlanRefused as refusal:
        return Reading(None, refusal.faults, path.name)
    marks = find_marks(workbook)
    sheets = [sheet for sheet in workbook.sheets if sheet.name not in marks.sheets]
    return read_plan(sheets, replace(options, proposed=marks.proposed), workbook=path.name)


def parse_extension_range(typed: str) -> tuple[Extension, Extension]:
    """`8000-8079` as its two ends. Raises Refused when it is not a range."""
    low, dash, high = typed.partition("-")
    first, last = parse_extension(low), parse_extension(high)
    if not dash or first is None or last is None:
        raise Refused(Fault("bad-extension-range", Where(field="--extensions"), {"range": typed}))
    return first, last


def own_tables(hardware: Path | None, appliances: Path | None, columns: Path | None = None) -> PlanOptions:
    """The shipped phones, appliances and headings with an integrator's own on top. Raises Refused `bad-table-file`."""
    return PlanOptions(
        catalogue=_table(hardware, extended_catalogue) if hardware else shipped_catalogue(),
        appliances={**shipped_appliances(), **(_table(appliances, read_appliances) if appliances else {})},
        headings=_table(columns, extended_headings) if columns else shipped_headings(),
    )


def _options(extensions: str | None, appliance: str | None, tables: PlanOptions) -> PlanOptions:
    return replace(
        tables,
        extensions=parse_extension_range(extensions) if extensions is not None else None,
        appliance=appliance,
    )


def _table(path: Path, read: Any) -> Any:
    try:
        return read(path.read_text("utf-8"))
    except (ValueError, KeyError, TypeError, AttributeError, OSError) as error:
        facts = {"file": path.name, "reason": str(error)}
        raise Refused(Fault("bad-table-file", Where(path.name), facts)) from error


def _status(reading: Reading) -> int:
    if reading.plan is None:
        return 2
    return 0 if reading.ok else 1


def _show(readings: Sequence[Reading], *, as_json: bool, lang: Language) -> None:
    if as_json:
        for text in reading_texts(readings, lang):
            click.echo(text, nl=False)
        click.echo()
        return
    for reading in readings:
        if reading.plan is None:
            _complain(PlanRefused(*reading.faults), lang)
        else:
            for line in reading_lines(reading, lang):
                click.echo(line)


def _complain(error: StagingError, lang: Language) -> None:
    for line in error_lines(error, lang):
        click.echo(line, err=True)
