"""`staging stack`, `staging portal`: which engines and portals there are, and whether they answer."""

import sys
from dataclasses import replace
from pathlib import Path

import click

from staging.bootstrap import password_from
from staging.commands.door import OUTSIDE, Door, as_json, confirm, house, json_option, lang, table, who
from staging.core.messages import explain, say
from staging.desk import stacks
from staging.jobs.job import Portal, Stack

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
_SERVICES = ("auth", "confd", "provd", "setupd", "calld")


@click.group(cls=Door)
def portal() -> None:
    """Portals: where stacks and customers are registered."""


@portal.command(name="add")
@click.argument("name")
@click.option("--url", required=True)
@click.option("--username", required=True)
@click.option("--password-file", required=True, type=_FILE)
@click.option("--ca", type=_FILE, help="Certificate to trust, for a portal with its own.")
def add_portal(name: str, url: str, username: str, password_file: Path, ca: Path | None) -> None:
    """Add a portal; its password is kept encrypted.

    Example: staging portal add main --url https://portal.example --username staging --password-file pw
    """
    made = Portal(name, url.rstrip("/"), username, str(ca.resolve()) if ca else None)
    stacks.add_portal(house().desk, made, password=password_from(password_file))
    click.echo(name)


@portal.command(name="change")
@click.argument("name")
@click.option("--url")
@click.option("--username")
@click.option("--password-file", type=_FILE)
@click.option("--ca", type=_FILE, help="Certificate to trust, for a portal with its own.")
def change_portal(
    name: str, url: str | None, username: str | None, password_file: Path | None, ca: Path | None
) -> None:
    """Correct the way in to a portal; what is not given stays. Orders that stopped at it go on.

    Example: staging portal change main --password-file pw
    """
    known = house().store.stacks.get_portal(name)
    made = replace(
        known,
        url=url.rstrip("/") if url else known.url,
        username=username or known.username,
        ca_file=str(ca.resolve()) if ca else known.ca_file,
    )
    stacks.change_portal(house().desk, made, password=password_from(password_file) if password_file else None, by=who())
    click.echo(name)


@click.group(cls=Door)
def stack() -> None:
    """Stacks: a customer's own engine, or the shared one."""


@stack.command(name="add")
@click.argument("name")
@click.option("--kind", type=click.Choice(["on-premise", "on-cloud"]), required=True)
@click.option("--url", help="Address behind the engine's nginx; a box on the bench reports its own.")
@click.option("--auth-url")
@click.option("--confd-url")
@click.option("--provd-url")
@click.option("--setupd-url")
@click.option("--calld-url")
@click.option("--username", default="root", show_default=True)
@click.option("--password-file", type=_FILE, help="Left out for a box that we set up: we make its password.")
@click.option("--ca", type=_FILE, help="Certificate to trust, for an engine with its own.")
@click.option("--portal", "portal_name", help="Portal to register on; without it that part is left out.")
@click.option("--did-format", default="national", show_default=True, help="national, e164, e164-plus or last-N.")
def add_stack(
    name: str,
    kind: str,
    url: str | None,
    username: str,
    password_file: Path | None,
    ca: Path | None,
    portal_name: str | None,
    did_format: str,
    **urls: str | None,
) -> None:
    """Add a stack.

    Example: staging stack add atelier --kind on-premise --portal main
    """
    made = Stack(
        name=name,
        kind="on-cloud" if kind == "on-cloud" else "on-premise",
        url=url.rstrip("/") if url else None,
        urls={service: found for service in _SERVICES if (found := urls[f"{service}_url"])},
        username=username,
        ca_file=str(ca.resolve()) if ca else None,
        portal=portal_name,
        did_format=did_format,
    )
    stacks.add_stack(house().desk, made, password=password_from(password_file) if password_file else None)
    click.echo(name)


@stack.command(name="change")
@click.argument("name")
@click.option("--url", help="Address behind the engine's nginx.")
@click.option("--auth-url")
@click.option("--confd-url")
@click.option("--provd-url")
@click.option("--setupd-url")
@click.option("--calld-url")
@click.option("--username")
@click.option("--password-file", type=_FILE)
@click.option("--ca", type=_FILE, help="Certificate to trust, for an engine with its own.")
def change_stack(
    name: str,
    url: str | None,
    username: str | None,
    password_file: Path | None,
    ca: Path | None,
    **urls: str | None,
) -> None:
    """Correct the way in to a stack; what is not given stays. Orders that stopped at it go on.

    Example: staging stack change atelier --password-file pw --ca engine.crt
    """
    known = house().store.stacks.get(name)
    made = replace(
        known,
        url=url.rstrip("/") if url else known.url,
        urls={**known.urls, **{service: found for service in _SERVICES if (found := urls[f"{service}_url"])}},
        username=username or known.username,
        ca_file=str(ca.resolve()) if ca else known.ca_file,
    )
    stacks.change_stack(house().desk, made, password=password_from(password_file) if password_file else None, by=who())
    click.echo(name)


@stack.command(name="list")
@json_option
def list_(json_: bool) -> None:
    """List all stacks.

    Example: staging stack list
    """
    found = house().store.stacks.all()
    if json_:
        as_json([_document(one) for one in found])
        return
    table(
        [(one.name, one.kind, one.reachable_at or "–", one.portal or "–") for one in found],
        headings=say("stack-headings", lang()).split("|"),
    )


@stack.command()
@click.argument("name")
@json_option
def show(name: str, json_: bool) -> None:
    """Show one stack.

    Example: staging stack show atelier --json
    """
    found = house().store.stacks.get(name)
    if json_:
        as_json(_document(found))
        return
    for key, value in _document(found).items():
        click.echo(f"{key:14} {value or '–'}")


@stack.command()
@click.argument("name")
@json_option
def check(name: str, json_: bool) -> None:
    """Ask every service of a stack, and our rights there; writes nothing. Exit status 3 when one does not answer.

    Example: staging stack check atelier
    """
    findings = stacks.check(house().desk, name)
    if json_:
        as_json(
            [
                {"what": one.what, "detail": one.detail, "ok": one.ok, "code": one.fault.code if one.fault else None}
                for one in findings
            ]
        )
    else:
        for one in findings:
            message = explain(one.fault, lang()) if one.fault else None
            rest = one.detail if message is None else f"{message.text} {message.hint}"
            click.echo(f"{'✔' if one.ok else '✘'} {say(one.what, lang())}: {rest}")
    if any(one.fault is not None and one.fault.severity == "error" for one in findings):
        sys.exit(OUTSIDE)


@stack.command()
@click.argument("name")
@click.option("--yes", is_flag=True, help="Do not ask.")
def reveal(name: str, yes: bool) -> None:
    """Print the password of a stack's account; the timelines of its orders say who asked.

    Example: staging stack reveal atelier --yes
    """
    confirm("ask-reveal", yes=yes, name=name)
    click.echo(stacks.reveal_password(house().desk, name, by=who()).reveal())


def _document(one: Stack) -> dict[str, object]:
    return {
        "name": one.name,
        "kind": one.kind,
        "url": one.url,
        "urls": dict(one.urls),
        "username": one.username,
        "portal": one.portal,
        "did_format": one.did_format,
        "instance_uuid": one.instance_uuid,
        "ca": one.ca_file,
    }
