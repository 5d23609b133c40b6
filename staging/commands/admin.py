"""`staging db`, `staging user`, `staging token`, `staging doctor`: for the administrator."""

import secrets as random
import shutil
import sqlite3
import sys
import tarfile
import tempfile
from pathlib import Path

import click
from sqlalchemy import make_url

from staging.bootstrap import password_from
from staging.commands.door import OUTSIDE, Door, confirm, house, lang
from staging.core.faults import Fault, Refused, Where
from staging.core.messages import say
from staging.core.roles import ROLES, Role
from webhooks.routes import RESERVED_SOURCES
from webhooks.sign import make_secret

_ROLE = click.Choice([role for role in ROLES if role != "screen"])


@click.group(cls=Door)
def db() -> None:
    """The database."""


@db.command()
def upgrade() -> None:
    """Bring the database to this version; safe to repeat.

    Example: staging db upgrade
    """
    house()
    click.echo(say("db-upgraded", lang()), err=True)


@db.command()
@click.argument("out", type=click.Path(dir_okay=False, path_type=Path))
def backup(out: Path) -> None:
    """Write the database and the job database into one archive; the key is not in it: keep a copy of it apart.

    Example: staging db backup staging-backup.tar.gz
    """
    settings = house().settings
    files = {"staging.db": settings.database_url, "jobs.db": settings.jobs_url}
    if not all(url.startswith("sqlite") for url in files.values()):
        raise Refused(Fault("backup-postgresql", Where("database"), {}))
    with tempfile.TemporaryDirectory() as folder, tarfile.open(out, "w:gz") as archive:
        for name, url in files.items():
            source = Path(make_url(url).database or "")
            if source.exists():
                copy = Path(folder) / name
                # SQLite's own backup gives one moment of a database that others write to.
                with sqlite3.connect(source) as live, sqlite3.connect(copy) as kept:
                    live.backup(kept)
                archive.add(copy, arcname=name)
    click.echo(say("backup-written", lang(), file=out, key=settings.key_file), err=True)


@db.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--yes", is_flag=True, help="Do not ask.")
def restore(file: Path, yes: bool) -> None:
    """Put an archive's databases in place of the present ones, which are kept beside them as *.before.

    Example: staging db restore staging-backup.tar.gz --yes
    """
    opened = house()
    if opened.store.workers.alive():
        raise Refused(Fault("restore-while-running", Where("database"), {}))
    confirm("ask-restore", yes=yes, file=file)
    opened.store.database.close()
    for name, url in (("staging.db", opened.settings.database_url), ("jobs.db", opened.settings.jobs_url)):
        _restore_one(file, name, Path(make_url(url).database or ""))
    click.echo(say("restored", lang()), err=True)


@click.group(cls=Door)
def user() -> None:
    """People, tokens of programs and screens, systems that send hooks."""


@user.command(name="add")
@click.argument("name")
@click.option("--role", type=_ROLE, required=True)
@click.option("--password-file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def add_user(name: str, role: Role, password_file: Path | None) -> None:
    """Add a person; without a password file, a one-time sign-in link is printed.

    Example: staging user add camille --role manager
    """
    store = house().store
    store.people.add(name, role=role, language=lang(), password=password_from(password_file) if password_file else None)
    if password_file is None:
        base = house().settings.web_url or ""
        click.echo(f"{base}/signin/{store.people.make_link(name)}")


@user.group(name="token", cls=Door)
def token() -> None:
    """Tokens of programs and wall screens."""


@token.command(name="add")
@click.argument("name")
@click.option("--role", type=click.Choice(ROLES), default="screen", show_default=True)
def add_token(name: str, role: Role) -> None:
    """Make a token; it is shown this once.

    Example: staging user token add bench-wall
    """
    click.echo(house().store.people.add_token(name, role=role))


@user.group(name="hook", cls=Door)
def hook() -> None:
    """Systems that may tell us things under /hooks/<source>."""


@hook.command(name="add")
@click.argument("source")
def add_hook(source: str) -> None:
    """Let a system send signed events; its signing key is shown this once.

    Example: staging user hook add erp
    """
    if source in RESERVED_SOURCES or not source.replace("-", "").isalnum():
        raise Refused(Fault("bad-hook-source", Where("hook"), {"name": source}))
    store = house().store
    store.hooks.add_source(source)
    key = make_secret(random.token_bytes(24)).reveal()
    store.vault.put(key, scope=f"hook:{source}", kind="signing-key")
    click.echo(key)


@click.command()
def doctor() -> None:
    """Say what is missing on this machine or in its settings, and what mends it. Exit status 3 when something is.

    Example: staging doctor
    """
    wanted = {
        "debconf-set-selections": "apt install debconf",
        "lp": "apt install cups-client",
    }
    missing = {name: mend for name, mend in wanted.items() if shutil.which(name) is None}
    for name in wanted:
        mend = missing.get(name)
        click.echo(f"✘ {name}: {say(f'doctor-{name}', lang())} {mend}" if mend else f"✔ {name}")
    settings = house().settings
    unset = [field for field in ("bench_url", "mirror_host", "ansible_url") if not getattr(settings, field)]
    for field in ("bench_url", "mirror_host", "ansible_url"):
        click.echo(f"✘ {field}: {say(f'doctor-{field}', lang())}" if field in unset else f"✔ {field}")
    if missing or unset:
        sys.exit(OUTSIDE)


def _restore_one(archive: Path, name: str, target: Path) -> None:
    with tarfile.open(archive, "r:gz") as opened:
        try:
            member = opened.getmember(name)
        except KeyError:
            return
        source = opened.extractfile(member)
        if source is None or not member.isfile():
            raise Refused(Fault("backup-unreadable", Where(str(archive)), {"file": str(archive)}))
        for suffix in ("", "-wal", "-shm"):
            present = target.with_name(target.name + suffix)
            if present.exists():
                present.replace(present.with_name(present.name + ".before"))
        target.write_bytes(source.read())
