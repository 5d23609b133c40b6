"""`staging sandbox`: a Wazo to try things on, in this terminal, until it is interrupted."""

import json
from pathlib import Path
from typing import Any, Literal

import click

from staging.core.faults import Fault, Refused, Where
from staging.sandbox.serve import serve
from staging.sandbox.trouble import KINDS, RuleError, read_rule

_EXAMPLE = """
\b
Example:
  staging sandbox --port 9999 --configured
  curl -u root:sandbox -X POST -H 'Content-Type: application/json' -d '{}' \\
       http://127.0.0.1:9999/api/auth/0.1/token

The engine's account is root / sandbox, the portal's staging / sandbox. Phones are plugged with
POST /room/plug, looked at with GET /room/phones. FILE holds a JSON list of rules, for example
[{"kind": "error-after", "method": "POST", "path": "/users$", "nth": 3}].
"""


class _Latency(click.ParamType[int | str]):
    """Whole milliseconds, or the word `recorded`."""

    name = "MS|recorded"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        if value == "recorded":
            return value
        if str(value).isdigit():
            return int(value)
        return self.fail(f"{value!r} is neither milliseconds nor 'recorded'", param, ctx)


@click.command(epilog=_EXAMPLE)
@click.option("--port", type=click.IntRange(0, 65535), default=9486, show_default=True, help="0 takes any free port.")
@click.option("--latency", type=_Latency(), default=0, help="Added to each request; `recorded`: as the real ones.")
@click.option("--faults", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="Rules of trouble.")
@click.option("--configured", is_flag=True, help="An engine whose wizard was run, as one in service.")
@click.option("--fresh", is_flag=True, help="As its installer leaves it: no account, no plugins, the wizard open.")
def sandbox(port: int, latency: int | Literal["recorded"], faults: Path | None, configured: bool, fresh: bool) -> None:
    """A Wazo engine, a portal and a room full of phones, on loopback and in memory.

    Without --configured or --fresh it takes both kinds of order: it can still be set up as a customer's own engine,
    and its account and plugins are there for use as a shared one.
    """
    rules = _read_rules(faults) if faults else []
    try:
        open_door = not (configured or fresh)
        served = serve(port=port, latency_ms=latency, faults=rules, configured=configured, open_door=open_door)
    except OSError as reason:
        raise Refused(Fault("sandbox-port-taken", facts={"port": port, "reason": reason.strerror})) from reason
    click.echo(served.url)
    try:
        served.wait()
    except KeyboardInterrupt:
        served.stop()


def _read_rules(file: Path) -> list[Any]:
    at = Where(str(file))
    try:
        rules = json.loads(file.read_text("utf-8"))
    except ValueError as reason:
        raise Refused(Fault("sandbox-rules-unreadable", at, {"file": file.name, "reason": str(reason)})) from reason
    try:
        # Read here for their faults' sake; the sandbox reads them again, each with counters of its own.
        for rule in rules if isinstance(rules, list) else [rules]:
            read_rule(rule)
    except RuleError as reason:
        facts = {"file": file.name, "member": reason.member, "kinds": ", ".join(KINDS)}
        raise Refused(Fault("sandbox-rule-invalid", at, facts)) from reason
    return rules if isinstance(rules, list) else [rules]
