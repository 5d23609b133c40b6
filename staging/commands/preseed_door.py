"""What do the `staging preseed` commands need? The registered boxes and the bench's address, opened at first use."""

from pathlib import Path

import click

from preseed.commands import ShowNeeds, commands
from preseed.links import Links
from preseed.template import LONGEST
from preseed.word import typed_word
from staging.adapters.bench_card import BenchCard, draw_bench_card
from staging.commands.door import as_json, confirm, house, json_option, lang, table, who
from staging.core.faults import Fault, PreseedRefused, Refused, Where
from staging.core.messages import explain, say
from staging.desk import answer_texts
from staging.desk.bench import TICK
from staging.jobs.records import CHECKLIST


def open_preseed() -> ShowNeeds:
    """The boxes, and the address under which they find us. Raises Refused while that is not set."""
    base = house().settings.bench_url
    if base is None:
        raise Refused(Fault("bench-url-missing", Where("environment", field="STAGING_BENCH_URL"), {}))
    return ShowNeeds(find_appliance=house().office.find_appliance, links=Links(base))


preseed = commands(open_preseed)
"""`staging preseed …` with its needs in its hands."""


@preseed.command()
@click.argument("out", type=click.Path(dir_okay=False, path_type=Path))
def card(out: Path) -> None:
    """Write the bench card as a PDF: the word to type, a French keyboard's keys, the checklist's codes.

    Example: staging preseed card bench-card.pdf
    """
    ticks = [(f"{TICK}{point.upper()}", say(f"checklist-{point}", lang())) for point in CHECKLIST]
    drawn = draw_bench_card(BenchCard(typed_word(open_preseed().links.base), ticks, lang()))
    try:
        out.write_bytes(drawn)
    except OSError as error:
        facts = {"file": str(out), "why": error.strerror or type(error).__name__}
        raise Refused(Fault("card-unwritable", Where("preseed", field="card"), facts)) from error
    click.echo(str(out))


@preseed.group()
def answers() -> None:
    """Answers of your own, laid over the standard ones: for the bench, a customer or one box."""


@answers.command(name="list")
@json_option
def list_(json_: bool) -> None:
    """List the texts that are in place.

    Example: staging preseed answers list
    """
    texts = house().store.installs.templates()
    if json_:
        as_json([{"scope": one.scope, "name": one.name, "body": one.body, "by": one.by, "at": one.at} for one in texts])
        return
    rows = [(one.scope, one.name or "–", len(one.body.splitlines()), one.by) for one in texts]
    table(rows, headings=say("answers-headings", lang()).split("|"))


@answers.command()
@click.argument("scope", type=click.Choice(answer_texts.SCOPES))
@click.argument("name", required=False, default="")
@click.option("--file", "file", required=True, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--yes", is_flag=True, help="Do not ask.")
def save(scope: str, name: str, file: Path, yes: bool) -> None:
    """Try a text on every registered box, show what changes in each, and keep it. An empty file takes it away.

    Exit status 1 when a box could not be installed with it; nothing is kept then.

    Example: staging preseed answers save customer "Atelier Bleu" --file atelier.cfg
    """
    shown = answer_texts.preview_text(house().desk, scope, name, _read(file))
    for change in shown.changed:
        click.echo(f"{change.serial}  {change.customer}")
        for line in change.lines:
            click.echo(f"  {line}")
    click.echo(say("web-answers-changed", lang(), n=len(shown.changed), all=shown.rendered), err=True)
    for fault in (*shown.faults, *(fault for change in shown.changed for fault in change.faults)):
        message = explain(fault, lang())
        click.echo(f"{fault.code} {fault.at}: {message.text} {message.hint}".rstrip(), err=True)
    if not shown.ok:
        raise SystemExit(1)
    confirm("ask-keep-text", yes=yes, n=len(shown.changed))
    answer_texts.keep_text(house().desk, scope, name, shown.body, expect=shown.fingerprint, by=who())


def _read(file: Path) -> str:
    with file.open("rb") as opened:
        # In bytes a text of the longest kind may be four times as long; what is longer is refused as too long.
        content = opened.read(4 * LONGEST + 1)
    try:
        return content.decode("utf-8", "ignore" if len(content) > 4 * LONGEST else "strict")
    except UnicodeDecodeError as error:
        raise PreseedRefused(Fault("preseed-not-text", Where(source=file.name))) from error
