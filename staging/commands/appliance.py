"""`staging appliance`: register a box, arm it, see how far it is."""

from dataclasses import asdict, replace
from typing import Any

import click

from preseed.disks import judge, rules_of
from preseed.own import split_models, split_words
from staging.commands.door import Door, as_json, confirm, house, json_option, lang, table, who
from staging.core.faults import Fault, Refused, Where
from staging.core.messages import say
from staging.core.words import Serial, parse_serial
from staging.desk import bench, bench_correct, bench_own
from staging.desk.tell import spoken, tell
from staging.jobs.records import CHECKLIST, Box

_SEVERAL = {"nameservers": split_words, "packages": split_words, "disk_models": split_models}


@click.group(cls=Door)
def appliance() -> None:
    """Appliances: the boxes on the bench."""


@appliance.command()
@click.argument("serial")
@click.option("--model", required=True, help="Model, as in numbering/appliances.toml.")
@click.option("--customer", help="Whom it is for.")
@click.option("--suite", type=click.Choice(["bookworm", "trixie"]), default="bookworm", show_default=True)
def add(serial: str, model: str, customer: str | None, suite: str) -> None:
    """Register a box by the serial number on its sticker.

    Example: staging appliance add SN0042 --model DH470 --customer "Atelier Bleu"
    """
    box = bench.register_box(house().desk, serial, model=model, customer=customer, by=who(), suite=suite)
    click.echo(box.serial)


@appliance.command(name="list")
@json_option
def list_(json_: bool) -> None:
    """List all boxes and where each stands.

    Example: staging appliance list
    """
    boxes = house().store.appliances.all()
    if json_:
        as_json([_document(box) for box in boxes])
        return
    table(
        [(box.serial, box.model, box.customer or "–", _phase(box)) for box in boxes],
        headings=say("box-headings", lang()).split("|"),
    )


@appliance.command()
@click.argument("serial")
@json_option
def show(serial: str, json_: bool) -> None:
    """Show one box: checklist, phases, timeline.

    Example: staging appliance show SN0042
    """
    box = house().store.appliances.get(_serial(serial))
    if json_:
        as_json(_document(box))
        return
    click.echo(f"{box.serial}  {box.model}  {box.customer or '–'}  {_phase(box)}")
    for point in CHECKLIST:
        click.echo(f"  [{'x' if box.checklist.get(point) else ' '}] {say(f'checklist-{point}', lang())}")
    for line in house().store.timeline.of_serial(box.serial):
        click.echo(f"  {line.at:%Y-%m-%d %H:%M:%S}  {tell(line, lang())}")


@appliance.command(name="set")
@click.argument("serial")
@click.option("--hostname", help="In place of the name made of its serial.")
@click.option("--keyboard", help="The installer's own name for it, such as fr(latin9) or us.")
@click.option("--address", help="Fixed IPv4 address with its prefix length; empty for DHCP.")
@click.option("--gateway", help="The router of that network.")
@click.option("--nameservers", help="One to three, with blanks between.")
@click.option("--packages", help="More Debian packages, with blanks between.")
@click.option("--disk-maximum-gb", help="A larger disk is not wiped.")
@click.option("--disk-models", help="Beginnings of the models that may be wiped, with commas between.")
@json_option
def set_(serial: str, json_: bool, **given: str | None) -> None:
    """Say what this box is told that the others are not; an empty word takes a setting back.

    Without any option its settings are printed.

    Example: staging appliance set SN0042 --address 192.0.2.10/24 --gateway 192.0.2.1 --nameservers 192.0.2.1
    """
    found = _serial(serial)
    own = bench_own.own_of(house().store.appliances.get(found))
    words: dict[str, Any] = {name: value.strip() for name, value in given.items() if value is not None}
    for name, split in _SEVERAL.items():
        if name in words:
            words[name] = split(words[name])
    if words:
        own = bench_own.own_of(bench_own.keep_own(house().desk, found, replace(own, **words), by=who()))
    if json_:
        as_json(asdict(own))
        return
    for name, value in asdict(own).items():
        click.echo(f"{name}: {', '.join(value) if isinstance(value, tuple) else value}".rstrip())


@appliance.command()
@click.argument("serial")
@click.option("--reason", default="", help="Why, for a box that was installed or shipped before.")
@click.option("--checked", is_flag=True, help="Tick every point of the checklist first.")
@click.option("--restage", is_flag=True, help="Its disk may be wiped although something stands on it.")
@click.option("--yes", is_flag=True, help="Do not ask.")
def arm(serial: str, reason: str, checked: bool, restage: bool, yes: bool) -> None:
    """Let a box install itself once, which wipes its disk. There is no undo for a wiped disk.

    Example: staging appliance arm SN0042 --checked --yes
    """
    found = _serial(serial)
    confirm("ask-arm", yes=yes, serial=found)
    if checked:
        for point in CHECKLIST:
            bench.tick(house().desk, found, point, on=True, by=who())
    # Whoever reaches the database from a terminal is its administrator.
    bench.arm(house().desk, found, by=who(), role="admin", reason=reason, again=found, restage=restage)
    click.echo(say("armed-line", lang(), serial=found), err=True)


@appliance.command()
@click.argument("serial")
def disarm(serial: str) -> None:
    """Take an arming back, as long as the box did not take its answers: nothing is wiped.

    Example: staging appliance disarm SN0042
    """
    box = bench_correct.disarm(house().desk, _serial(serial), by=who())
    click.echo(say("web-box-disarmed", lang(), serial=box.serial), err=True)


@appliance.command()
@click.argument("serial")
@click.option("--model", help="Model, as in numbering/appliances.toml.")
@click.option("--customer", help="Whom it is for; empty for nobody.")
@click.option("--suite", type=click.Choice(["bookworm", "trixie"]))
def correct(serial: str, model: str | None, customer: str | None, suite: str | None) -> None:
    """Correct what a box was registered as; what is not given stays.

    Example: staging appliance correct SN0042 --suite trixie
    """
    found = _serial(serial)
    box = house().store.appliances.get(found)
    whom = box.customer if customer is None else customer
    bench_correct.correct_box(
        house().desk, found, model=model or box.model, customer=whom, suite=suite or box.suite, by=who()
    )
    click.echo(say("web-box-corrected", lang(), serial=found), err=True)


@appliance.command()
@click.argument("serial")
@click.option("--yes", is_flag=True, help="Do not ask.")
def remove(serial: str, yes: bool) -> None:
    """Take a box that was registered by mistake off the bench.

    Example: staging appliance remove SN0024 --yes
    """
    found = _serial(serial)
    confirm("ask-forget-box", yes=yes, serial=found)
    bench_correct.forget_box(house().desk, found, by=who())
    click.echo(say("web-box-forgotten", lang(), serial=found), err=True)


@appliance.command()
@click.argument("serial")
@click.option("--yes", is_flag=True, help="Do not ask.")
def reveal(serial: str, yes: bool) -> None:
    """Print the root password of a box that was installed from here; the timeline says who asked.

    Example: staging appliance reveal SN0042 --yes
    """
    found = _serial(serial)
    confirm("ask-reveal", yes=yes, name=found)
    click.echo(bench.reveal_root_password(house().desk, found, by=who()).reveal())


@appliance.command()
@click.argument("serial")
@click.argument("disk", required=False)
def disk(serial: str, disk: str | None) -> None:
    """Show the disks of a box that could not choose one, or say which of them it shall wipe.

    Example: staging appliance disk SN0042 nvme0n1
    """
    found = _serial(serial)
    box = house().store.appliances.get(found)
    rules = bench.disk_rules(box)
    if disk is None:
        rows = [
            (one.name, f"{one.gb:.0f}", one.model or "–", _verdict(judge(one, rules_of(rules))))
            for one in bench.disks_of(box)
        ]
        table(rows, headings=say("disk-headings", lang()).split("|"))
        return
    sectors = next((one.sectors for one in bench.disks_of(box) if one.name == disk), "")
    bench.choose_disk(house().desk, found, disk, sectors=sectors, by=who())
    click.echo(say("web-disk-chosen", lang(), disk=disk), err=True)


@appliance.command()
@click.argument("serial")
def adopt(serial: str) -> None:
    """Take a box whose engine is installed already as it is; nothing is wiped.

    Example: staging appliance adopt SN0042
    """
    box = bench.adopt(house().desk, _serial(serial), by=who())
    click.echo(box.serial)


def _serial(typed: str) -> Serial:
    serial = parse_serial(typed)
    if serial is None:
        raise Refused(Fault("bad-serial", Where("appliance", field="serial"), {"typed": typed}))
    return serial


def _verdict(reason: str | None) -> str:
    return say(f"disk-{reason}", lang()) if reason else "✔"


def _phase(box: Box) -> str:
    if box.engine_ready_at:
        return say("bench-box-ready", lang())
    if box.armed_at is None:
        return say("waits-armed" if box.checked else "waits-checklist", lang(), serial=box.serial)
    if box.phase is None and box.first_fetch_at is None:
        return say("waits-installer", lang(), serial=box.serial)
    return say("waits-engine", lang(), serial=box.serial, **spoken({"phase": box.phase or "answered"}, lang()))


def _document(box: Box) -> dict[str, object]:
    shown = (
        "serial",
        "model",
        "customer",
        "suite",
        "registered_at",
        "armed_at",
        "armed_by",
        "shipped_at",
        "phase",
        "phase_at",
        "installed_at",
        "engine_ready_at",
        "address",
        "trouble",
        "facts",
        "checklist",
    )
    return {name: getattr(box, name) for name in shown}
