"""Does a backup bring everything back, and does a bad one touch nothing?"""

import io
import stat
import tarfile
from pathlib import Path

import pytest

from tests.fakes.house import make_house, order_on, shared_stack
from tests.fakes.postgres import cluster
from tests.fakes.terminal import Terminal


@pytest.fixture
def terminal(tmp_path: Path) -> Terminal:
    """A terminal whose service has one order."""
    house = make_house(tmp_path / "home")
    shared_stack(house, "http://127.0.0.1:9")
    order_on(house, "partage")
    house.store.database.close()
    return Terminal(tmp_path / "home")


def orders(terminal: Terminal) -> list[str]:
    return [one["id"] for one in terminal.run("order", "list", "--json").json]


def files(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.name.endswith(".db")}


def test_what_was_backed_up_comes_back_and_the_present_one_is_kept_beside(terminal: Terminal, tmp_path: Path) -> None:
    archive, before = tmp_path / "backup.tar.gz", orders(terminal)
    assert terminal.run("db", "backup", str(archive)).status == 0
    house = make_house(terminal.home)
    later = order_on(house, "partage").id
    house.store.database.close()
    assert later in orders(terminal)
    said = terminal.run("db", "restore", str(archive), "--yes")
    assert said.status == 0, said.err
    assert orders(terminal) == before
    assert (terminal.home / "staging.db.before").exists()
    house = make_house(terminal.home)
    assert house.store.vault.ensure("stack:partage", "engine-password").reveal() == "sandbox"
    house.store.database.close()


def test_a_backup_is_for_its_owner_alone_and_holds_no_key(terminal: Terminal, tmp_path: Path) -> None:
    archive = tmp_path / "backup.tar.gz"
    terminal.run("db", "backup", str(archive))
    assert stat.S_IMODE(archive.stat().st_mode) == 0o600
    with tarfile.open(archive) as opened:
        assert set(opened.getnames()) <= {"staging.db", "jobs.db"}
    assert not [path for path in tmp_path.iterdir() if path.name.endswith(".part")]


def test_a_backup_replaces_an_earlier_one_whole_or_not_at_all(terminal: Terminal, tmp_path: Path) -> None:
    said = terminal.run("db", "backup", str(tmp_path / "nowhere" / "backup.tar.gz"))
    assert (said.status, said.codes) == (2, ["backup-unwritable"])


def test_a_restored_database_works_after_the_present_one_broke(terminal: Terminal, tmp_path: Path) -> None:
    archive, before = tmp_path / "backup.tar.gz", orders(terminal)
    terminal.run("db", "backup", str(archive))
    (terminal.home / "staging.db").write_bytes(b"a letter to my aunt" * 99)
    assert terminal.run("order", "list").status == 3
    assert terminal.run("db", "restore", str(archive), "--yes").status == 0
    assert orders(terminal) == before


def test_a_restore_on_a_bare_machine_needs_the_archive_and_the_key_alone(terminal: Terminal, tmp_path: Path) -> None:
    archive, before = tmp_path / "backup.tar.gz", orders(terminal)
    terminal.run("db", "backup", str(archive))
    bare = Terminal(tmp_path / "bare")
    bare.home.mkdir()
    (bare.home / "secret.key").write_bytes((terminal.home / "secret.key").read_bytes())
    assert bare.run("db", "restore", str(archive), "--yes").status == 0
    assert orders(bare) == before


def archive_of(path: Path, **members: bytes) -> Path:
    with tarfile.open(path, "w:gz") as archive:
        for name, content in members.items():
            entry = tarfile.TarInfo(name.replace("_", "."))
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
    return path


@pytest.mark.parametrize("kind", ["junk", "cut", "empty", "other", "no-database", "link"])
def test_what_is_no_backup_is_refused_and_touches_nothing(terminal: Terminal, tmp_path: Path, kind: str) -> None:
    good, bad = tmp_path / "good.tar.gz", tmp_path / "bad.tar.gz"
    terminal.run("db", "backup", str(good))
    if kind == "link":
        with tarfile.open(bad, "w:gz") as archive:
            entry = tarfile.TarInfo("staging.db")
            entry.type, entry.linkname = tarfile.SYMTYPE, "/etc/passwd"
            archive.addfile(entry)
    elif kind in ("other", "no-database", "empty"):
        members = {"other": {"notes_txt": b"x"}, "no-database": {"staging_db": b"x" * 5000}, "empty": {}}[kind]
        archive_of(bad, **members)
    else:
        bad.write_bytes(b"not an archive" * 50 if kind == "junk" else good.read_bytes()[:-200])
    before = files(terminal.home)
    said = terminal.run("db", "restore", str(bad), "--yes")
    assert (said.status, said.codes) == (2, ["backup-unreadable"]), said.err
    assert files(terminal.home) == before


def test_nothing_is_replaced_while_somebody_works(terminal: Terminal, tmp_path: Path) -> None:
    archive = tmp_path / "backup.tar.gz"
    terminal.run("db", "backup", str(archive))
    house = make_house(terminal.home)
    house.store.workers.claim()
    house.store.database.close()
    said = terminal.run("db", "restore", str(archive), "--yes")
    assert (said.status, said.codes) == (2, ["restore-while-running"])


@pytest.mark.parametrize("command", ["backup", "restore"])
def test_on_postgresql_both_refuse_and_name_its_own_tool(terminal: Terminal, tmp_path: Path, command: str) -> None:
    archive = tmp_path / "backup.tar.gz"
    terminal.run("db", "backup", str(archive))
    words = ("db", command, str(archive), *(["--yes"] if command == "restore" else []))
    said = terminal.run(*words, DATABASE_URL=cluster().ready())
    assert (said.status, said.codes) == (2, ["backup-postgresql"])
    assert "pg_dump" in said.err
