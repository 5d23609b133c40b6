"""`staging demo`: the whole service with a sandbox and a sample order on the bench."""

import os
import signal
import socket
import sys
from pathlib import Path

import click

from staging.bootstrap import quiet_logs
from staging.commands import rehearsal
from staging.commands.door import MATERIAL, as_json, json_option, lang
from staging.commands.rehearsal import Ports
from staging.commands.serving import until_stopped
from staging.core.messages import say
from staging.desk.tell import tell_event

_SAMPLE = Path(__file__).resolve().parents[2] / "samples" / "plan-atelier-bleu.xlsx"


@click.command()
@click.option("--once", is_flag=True, help="Run the sample order to its acceptance with simulated hardware, and end.")
@click.option("--plan", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="Workbook of the order.")
@click.option(
    "--port",
    type=click.IntRange(1, 65533),
    default=8080,
    show_default=True,
    help="People's door; the next two are the bench and the sandbox.",
)
@json_option
def demo(once: bool, plan: Path | None, port: int, json_: bool) -> None:
    """Serve everything on loopback: pages, preseeds, hooks, a worker, a Wazo engine, a portal and phones.

    Example: staging demo --once --json --plan samples/plan-creche.xlsx
    """
    quiet_logs()
    home = Path(os.environ.get("STAGING_HOME") or "var").resolve() / ("demo-once" if once else "demo")
    ports = Ports(0, _free_port(), 0) if once else Ports(port, port + 1, port + 2)
    running = rehearsal.start(home, ports=ports, environ=os.environ)
    try:
        if once:
            _once(running, plan or _SAMPLE, json_=json_)
        else:
            _greet(running)
            until_stopped()
            click.echo(say("stopping", lang()), err=True)
    finally:
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        running.close()


def _once(running: rehearsal.Rehearsal, plan: Path, *, json_: bool) -> None:
    def tell(turn: str) -> None:
        click.echo(say(f"demo-{turn}", lang()), err=True)

    found = rehearsal.run_once(running, plan, tell=tell)
    if json_:
        as_json(found)
    else:
        for line in found["timeline"]:
            click.echo(f"{line['at'][11:19]}  {tell_event(line['event'], line['facts'], lang())}")
        for step in found["steps"]:
            name, status = say(f"step-{step['name']}", lang()), say(f"status-{step['status']}", lang())
            click.echo(f"{name:28} {status:12} {step['seconds']} s")
        click.echo(say("demo-counts", lang(), asked=_counts(found["asked"]), found=_counts(found["found"])))
        click.echo(say("demo-end", lang(), seconds=found["seconds"], order=found["order"]))
    if not found["accepted"]:
        sys.exit(MATERIAL)


def _greet(running: rehearsal.Rehearsal) -> None:
    people = running.house.store.people
    people.add("demo", role="admin", language=lang())
    link = f"{running.base}/signin/{people.make_link('demo')}"
    click.echo(
        say(
            "demo-greeting",
            lang(),
            base=running.base,
            bench=running.bench_base,
            sandbox=running.sandbox.url,
            link=link,
            sample=_SAMPLE,
        )
    )


def _counts(counts: dict[str, int]) -> str:
    return ", ".join(f"{name} {count}" for name, count in counts.items())


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
