"""`staging order`: open an order, see what would change, apply it, look at how it stands."""

import sys
from pathlib import Path
from typing import Any

import click

from staging.commands.door import MATERIAL, OUTSIDE, Door, as_json, confirm, house, json_option, lang, table, who
from staging.commands.follow import follow, why
from staging.commands.inline import worker_at_hand
from staging.core.faults import PlanRefused
from staging.core.messages import explain, say
from staging.desk import orders, undo
from staging.jobs.job import STEPS, Order, StepRecord
from staging.jobs.records import PlanVersion
from staging.wazo.change import Change
from staging.wazo.diff import describe


@click.group(cls=Door)
def order() -> None:
    """Orders: from a workbook and a stack to telephones that ring."""


@order.command()
@click.option("--customer", required=True, help="Name of the customer.")
@click.option("--siret", required=True, help="The customer's SIRET, 14 digits.")
@click.option("--stack", required=True, help="Name of the stack, as in `staging stack list`.")
@click.option("--plan", "plan", required=True, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--serial", help="Serial number of the appliance, already registered.")
@click.option("--extensions", help="Range of short numbers, 8000-8079.")
@click.option("--main-to", help="Extension that the main number rings; the first receptionist otherwise.")
@click.option("--address", "final_address", help="Address of the engine at the customer's, for example 10.1.2.3/24.")
def new(plan: Path, **given: str | None) -> None:
    """Open an order; its id is the last word on standard output.

    Example: staging order new --customer "Atelier Bleu" --siret 73282932000074 --stack atelier --plan plan.xlsx
    """
    desk = house().desk
    reading = orders.check_workbook(desk, plan)
    if reading.plan is None:
        raise PlanRefused(*reading.faults)
    made = orders.new_order(desk, by=who(), **given)  # type: ignore[arg-type]  # click gives what the options say
    version = orders.upload_plan(desk, made.id, plan, name=plan.name, by=who(), lang=lang())
    errors = _show_faults(version)
    click.echo(say("order-made", lang(), customer=made.customer, seats=len(version.document["seats"])), err=True)
    click.echo(made.id)
    if errors:
        sys.exit(MATERIAL)


@order.command(name="plan")
@click.argument("order_id", metavar="ID")
@click.argument("plan", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def plan_(order_id: str, plan: Path) -> None:
    """Give an order its next plan. With errors it is kept, and the one before goes on counting: exit status 1.

    Example: staging order plan 4k7m2p plan-corrected.xlsx
    """
    version = orders.upload_plan(house().desk, order_id, plan, name=plan.name, by=who(), lang=lang())
    errors = _show_faults(version)
    seats = len(version.document["seats"])
    click.echo(say("plan-kept", lang(), version=version.version, seats=seats, errors=errors), err=True)
    if errors:
        sys.exit(MATERIAL)


@order.command(name="list")
@json_option
def list_(json_: bool) -> None:
    """List all orders, newest first.

    Example: staging order list --json
    """
    found = orders.all_orders(house().desk)
    if json_:
        as_json([_document(one, steps) for one, steps in found])
        return
    rows = [(one.id, one.customer, one.stack, one.serial or "–", _standing(steps)) for one, steps in found]
    table(rows, headings=say("order-headings", lang()).split("|"))


@order.command()
@click.argument("order_id", metavar="ID")
@json_option
def changes(order_id: str, json_: bool) -> None:
    """Show what applying would do, with a fingerprint; writes nothing.

    Example: staging order changes 4k7m2p --json
    """
    shown = orders.show_changes(house().desk, order_id)
    if json_:
        as_json(shown_document(shown))
        return
    _print_changes(shown)


@order.command()
@click.argument("order_id", metavar="ID")
@click.option("--expect", help="Apply only if the changes still have this fingerprint.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.option("--force", is_flag=True, help="Also when many things would be deleted or rewritten.")
@click.option("--overwrite", is_flag=True, help="Also replace what somebody changed on the stack since the last time.")
def apply(order_id: str, expect: str | None, yes: bool, force: bool, overwrite: bool) -> None:
    """Apply the changes and wait until the stack holds them. `staging order undo` takes them back.

    Example: staging order apply 4k7m2p --expect 3f9a0c11d2e4 --yes
    """
    desk = house().desk
    with worker_at_hand(house(), order_id):
        _bring_to_provision(order_id)
        shown = orders.show_changes(desk, order_id, overwrite=overwrite)
        if not shown.changes:
            orders.approve(desk, order_id, expect=expect, by=who(), overwrite=overwrite)
            _print_kept(shown)
            click.echo(say("nothing-to-change", lang()), err=True)
            return
        if not yes:
            _print_changes(shown)
        confirm("ask-apply", yes=yes, changes=len(shown.changes))
        orders.approve(desk, order_id, expect=expect or shown.fingerprint, by=who(), forced=force, overwrite=overwrite)
        sys.exit(follow(order_id, "provision"))


@order.command(name="undo")
@click.argument("order_id", metavar="ID")
@click.argument("number", metavar="[CHANGESET]", required=False, type=int)
@click.option("--expect", help="Take back only if the changes still have this fingerprint.")
@click.option("--yes", is_flag=True, help="Do not ask.")
def undo_(order_id: str, number: int | None, expect: str | None, yes: bool) -> None:
    """Take applied changes back, the last ones or those of a number, and wait until they are off the stack.

    Example: staging order undo 4k7m2p
    """
    desk = house().desk
    changeset, shown = undo.show_undo(desk, order_id, number)
    if not shown.changes:
        undo.undo(desk, order_id, expect=None, by=who(), number=number)
        click.echo(say("web-undo-nothing", lang()), err=True)
        return
    if not yes:
        _print_changes(shown)
    confirm("ask-undo", yes=yes, changes=len(shown.changes), number=changeset.id)
    with worker_at_hand(house(), order_id):
        agreed = undo.undo(desk, order_id, expect=expect or shown.fingerprint, by=who(), number=changeset.id)
        code = follow(order_id, None)
    ended = next(one.status for one in desk.store.changesets.of_order(order_id) if one.id == changeset.id)
    if agreed is not None and ended != "undone":
        sys.exit(code or OUTSIDE)
    click.echo(say("changes-undone", lang(), changeset=changeset.id), err=True)


@order.command()
@click.argument("order_id", metavar="ID")
@json_option
def status(order_id: str, json_: bool) -> None:
    """Show every step of an order: state, attempts, last fault, what it waits for.

    Example: staging order status 4k7m2p
    """
    seen = orders.overview(house().desk, order_id)
    if json_:
        timeline = [
            {"at": one.at, "event": one.event, "facts": one.facts, "operator": one.operator} for one in seen.timeline
        ]
        as_json({**_document(seen.order, seen.steps), "accepted": seen.accepted, "timeline": timeline})
        return
    table([_step_row(step) for step in seen.steps.values()], headings=say("step-headings", lang()).split("|"))
    if not house().store.workers.alive() and not seen.accepted:
        click.echo(say("no-worker", lang()), err=True)


@order.command()
@click.argument("order_id", metavar="ID")
def resume(order_id: str) -> None:
    """Try the step that failed or waits again, and go on as far as possible.

    Example: staging order resume 4k7m2p
    """
    desk = house().desk
    with worker_at_hand(house(), order_id):
        orders.resume(desk, order_id, by=who())
        sys.exit(follow(order_id, None))


@order.command()
@click.argument("order_id", metavar="ID")
@json_option
def verify(order_id: str, json_: bool) -> None:
    """Read the stack back and compare it with the plan; exit status 1 when something differs.

    Example: staging order verify 4k7m2p
    """
    wrong = orders.verify(house().desk, order_id)
    if json_:
        as_json([{"noun": d.noun, "key": d.key, "name": d.name, "wanted": d.wanted, "found": d.found} for d in wrong])
    elif wrong:
        table(
            [(d.noun, d.key, d.name, d.wanted or "–", d.found or "–") for d in wrong],
            headings=say("difference-headings", lang()).split("|"),
        )
    if wrong:
        sys.exit(MATERIAL)
    if not json_:
        click.echo(say("nothing-differs", lang()), err=True)


def _show_faults(version: PlanVersion) -> int:
    """A line per error of a plan, at its cell; how many."""
    errors = [fault for fault in version.document["faults"] if fault["severity"] == "error"]
    for fault in errors:
        click.echo(f"{fault['code']} {fault['sheet']}!{fault['cell']}: {fault['message']} {fault['hint']}", err=True)
    return len(errors)


def shown_document(shown: orders.Shown) -> dict[str, Any]:
    """Changes as JSON: counts, lines in both languages, the fingerprint, what stands in the way."""
    return {
        "order": shown.order_id,
        "fingerprint": shown.fingerprint,
        "changes": [_change(change) for change in shown.changes],
        "kept": [_change(change) for change in shown.kept],
        "refused": [{"code": fault.code, **fault.facts} for fault in shown.faults],
    }


def _change(change: Change) -> dict[str, Any]:
    return {
        "verb": change.verb,
        "noun": change.noun,
        "key": change.key,
        "seat": change.seat,
        "fr": describe(change, "fr"),
        "en": describe(change, "en"),
    }


def _print_kept(shown: orders.Shown) -> None:
    for line in shown.kept_lines(lang()):
        click.echo(line)


def _print_changes(shown: orders.Shown) -> None:
    for line in shown.lines(lang()):
        click.echo(line)
    _print_kept(shown)
    for fault in shown.faults:
        message = explain(fault, lang())
        click.echo(f"{fault.code}: {message.text} {message.hint}", err=True)
    click.echo(say("changes-count", lang(), changes=len(shown.changes), fingerprint=shown.fingerprint))


def _bring_to_provision(order_id: str) -> None:
    """Let the steps before run first: an order that was never looked at has no tenant to compare with."""
    desk = house().desk
    desk.store.orders.get(order_id)
    if desk.store.orders.steps(order_id)["configure"].status not in ("done", "skipped"):
        orders.resume(desk, order_id, by=who())
        code = follow(order_id, "configure")
        if code:
            sys.exit(code)


def _standing(steps: Any) -> str:
    current = next((step for step in steps.values() if step.status not in ("done", "skipped")), None)
    if current is None:
        return say("order-accepted-line", lang())
    return f"{say(f'step-{current.name}', lang())}: {why(current) or say(f'status-{current.status}', lang())}"


def _step_row(step: StepRecord) -> tuple[str, ...]:
    return (say(f"step-{step.name}", lang()), say(f"status-{step.status}", lang()), str(step.attempts), why(step))


def _document(one: Order, steps: Any) -> dict[str, Any]:
    return {
        "id": one.id,
        "customer": one.customer,
        "siret": one.siret,
        "stack": one.stack,
        "serial": one.serial,
        "tenant_uuid": one.tenant_uuid,
        "final_address": one.final_address,
        "accepted_at": one.accepted_at,
        "steps": [_step_document(steps[name]) for name in STEPS if name in steps],
    }


def _step_document(step: StepRecord) -> dict[str, Any]:
    fault = {"code": step.fault.code, "at": str(step.fault.at), **_words(step)} if step.fault else None
    return {
        "name": step.name,
        "status": step.status,
        "attempts": step.attempts,
        "fault": fault,
        "waits_for": step.waits_for,
        "waits_facts": dict(step.waits_facts),
        "started_at": step.started_at,
        "ended_at": step.ended_at,
    }


def _words(step: StepRecord) -> dict[str, str]:
    if step.fault is None:
        return {}
    message = explain(step.fault, lang())
    return {"message": message.text, "hint": message.hint}
