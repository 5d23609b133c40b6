"""`staging db`, `staging user`, `staging token`, `staging doctor`: for the administrator."""

import os
import re
import secrets as random
import shutil
import sqlite3
import sys
import tarfile
import tempfile
import zlib
from collections.abc import Mapping
from contextlib import closing, suppress
from pathlib import Path
from typing import IO

import click
from sqlalchemy import make_url

from preseed.word import check_word
from staging.bootstrap import password_from
from staging.commands.door import OUTSIDE, Door, as_json, confirm, house, json_option, lang, table, who
from staging.core.faults import DatabaseUnreachable, Fault, Refused, Where
from staging.core.messages import explain, say
from staging.core.roles import ROLES, Role
from staging.desk import people
from staging.settings import Settings
from webhooks.routes import RESERVED_SOURCES
from webhooks.sign import make_secret

_MAIN, _JOBS = "staging.db", "jobs.db"
_SOURCE = re.compile(r"[A-Za-z0-9](-?[A-Za-z0-9]){0,63}")
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
    files = _sqlite_files(settings)
    draft = out.with_name(f".{out.name}.part")
    try:
        # For its owner alone, and whole or not at all.
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            _write_archive(file, files)
        draft.replace(out)
    except OSError as error:
        with suppress(OSError):
            draft.unlink()
        facts = {"file": str(out), "why": error.strerror or "?"}
        raise Refused(Fault("backup-unwritable", Where(str(out)), facts)) from error
    click.echo(say("backup-written", lang(), file=out, key=settings.key_file), err=True)


@db.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--yes", is_flag=True, help="Do not ask.")
def restore(file: Path, yes: bool) -> None:
    """Put an archive's databases in place of the present ones, which are kept beside them as *.before.

    Example: staging db restore staging-backup.tar.gz --yes
    """
    settings = Settings.read(os.environ)
    targets = _sqlite_files(settings)
    if _workers_alive(settings):
        raise Refused(Fault("restore-while-running", Where("database"), {}))
    confirm("ask-restore", yes=yes, file=file)
    settings.home.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=settings.home) as folder:
        found = _unpack(file, Path(folder))
        for name, target in targets.items():
            _set_aside(target)
            if name in found:
                found[name].replace(target)
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
    desk = house().desk
    password = password_from(password_file) if password_file else None
    added = people.add_operator(desk, name, role=role, language=lang(), password=password, by=who())
    if password is None:
        click.echo(f"{desk.settings.web_url or ''}/signin/{people.make_link(desk, added.name, by=who())}")


@user.command(name="list")
@json_option
def list_users(json_: bool) -> None:
    """List people, and the tokens of programs and screens.

    Example: staging user list --json
    """
    store = house().store
    found = [(one.name, one.role, "person") for one in store.people.all()]
    found += [(one.name, one.role, "token") for one in store.people.tokens()]
    if json_:
        as_json([{"name": name, "role": role, "kind": kind} for name, role, kind in found])
        return
    rows = [(name, say(f"web-role-{role}", lang()), say(f"user-kind-{kind}", lang())) for name, role, kind in found]
    table(rows, headings=say("user-headings", lang()).split("|"))


@user.command(name="link")
@click.argument("name")
def link_user(name: str) -> None:
    """Print a sign-in link that works once within twelve hours; whoever uses it may choose another password.

    Example: staging user link camille
    """
    desk = house().desk
    click.echo(f"{desk.settings.web_url or ''}/signin/{people.make_link(desk, name, by=who())}")


@user.command(name="password")
@click.argument("name")
@click.option("--password-file", type=click.Path(exists=True, dir_okay=False, path_type=Path), required=True)
def password_user(name: str, password_file: Path) -> None:
    """Give a person another password; every browser where they are signed in is signed out.

    Example: staging user password camille --password-file camille.txt
    """
    people.set_password(house().desk, name, password_from(password_file), by=who())
    click.echo(say("password-set", lang(), name=name), err=True)


@user.command(name="remove")
@click.argument("name")
@click.option("--yes", is_flag=True, help="Do not ask.")
def remove_user(name: str, yes: bool) -> None:
    """Shut a person out at once, in every browser. What they did stays in the timelines.

    Example: staging user remove camille --yes
    """
    confirm("ask-remove-user", yes=yes, name=name)
    people.remove_operator(house().desk, name, by=who())
    click.echo(say("operator-removed", lang(), name=name), err=True)


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
    click.echo(people.add_token(house().desk, name, role=role, by=who()))


@token.command(name="remove")
@click.argument("name")
@click.option("--yes", is_flag=True, help="Do not ask.")
def remove_token(name: str, yes: bool) -> None:
    """Make a token worthless: the screen or program that holds it is shut out.

    Example: staging user token remove bench-wall --yes
    """
    confirm("ask-remove-token", yes=yes, name=name)
    people.remove_token(house().desk, name, by=who())
    click.echo(say("token-removed", lang(), name=name), err=True)


@user.group(name="hook", cls=Door)
def hook() -> None:
    """Systems that may tell us things under /hooks/<source>."""


@hook.command(name="add")
@click.argument("source")
def add_hook(source: str) -> None:
    """Let a system send signed events; its signing key is shown this once.

    Example: staging user hook add erp
    """
    if source in RESERVED_SOURCES or not _SOURCE.fullmatch(source):
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
        "dnsmasq": "apt install dnsmasq-base ipxe",
        "xorriso": "apt install xorriso",
    }
    places = f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin"
    missing = {name: mend for name, mend in wanted.items() if shutil.which(name, path=places) is None}
    for name in wanted:
        mend = missing.get(name)
        click.echo(f"✘ {name}: {say(f'doctor-{name}', lang())} {mend}" if mend else f"✔ {name}")
    settings = house().settings
    unset = [field for field in ("bench_url", "mirror_host", "ansible_url") if not getattr(settings, field)]
    for field in ("bench_url", "mirror_host", "ansible_url"):
        click.echo(f"✘ {field}: {say(f'doctor-{field}', lang())}" if field in unset else f"✔ {field}")
    moving = check_word(settings.bench_url) if settings.bench_url else None
    if moving is not None:
        said = explain(moving, lang())
        click.echo(f"⚠ bench_url: {said.text} {said.hint}")
    if missing or unset:
        sys.exit(OUTSIDE)


def _sqlite_files(settings: Settings) -> dict[str, Path]:
    """The files of both databases by their names in an archive. Raises Refused where they lie in PostgreSQL."""
    urls = {_MAIN: make_url(settings.database_url), _JOBS: make_url(settings.jobs_url)}
    if any(url.get_backend_name() != "sqlite" for url in urls.values()):
        raise Refused(Fault("backup-postgresql", Where("database"), {}))
    return {name: Path(url.database or "") for name, url in urls.items()}


def _write_archive(file: IO[bytes], files: Mapping[str, Path]) -> None:
    with tempfile.TemporaryDirectory() as folder, tarfile.open(fileobj=file, mode="w:gz") as archive:
        for name, source in files.items():
            if source.exists():
                copy = Path(folder) / name
                # SQLite's own backup gives one moment of a database that others write to.
                with closing(sqlite3.connect(source)) as live, closing(sqlite3.connect(copy)) as kept:
                    live.backup(kept)
                archive.add(copy, arcname=name)


def _workers_alive(settings: Settings) -> bool:
    """Whether somebody works on the present database; nobody does on one that cannot be opened."""
    if not Path(make_url(settings.database_url).database or "").exists():
        return False
    try:
        opened = house()
        try:
            return opened.store.workers.alive() > 0
        finally:
            opened.store.database.close()
            house.cache_clear()
    except DatabaseUnreachable:
        return False


def _unpack(archive: Path, folder: Path) -> dict[str, Path]:
    """The archive's databases, checked before anything is replaced. Raises Refused for what is no backup of ours."""
    found: dict[str, Path] = {}
    try:
        with tarfile.open(archive, "r:gz") as opened:
            for member in opened:
                source = opened.extractfile(member) if member.name in (_MAIN, _JOBS) else None
                if source is not None:
                    found[member.name] = folder / member.name
                    with found[member.name].open("wb") as copy:
                        shutil.copyfileobj(source, copy)
                    found[member.name].chmod(0o600)
        with closing(sqlite3.connect(found[_MAIN])) as database:
            database.execute("SELECT version_num FROM alembic_version").fetchall()
    except (tarfile.TarError, EOFError, OSError, zlib.error, KeyError, sqlite3.DatabaseError) as error:
        raise Refused(Fault("backup-unreadable", Where(str(archive)), {"file": str(archive)})) from error
    return found


def _set_aside(target: Path) -> None:
    for suffix in ("", "-wal", "-shm"):
        present = target.with_name(target.name + suffix)
        if present.exists():
            present.replace(present.with_name(present.name + ".before"))
