"""How do secrets lie at rest? Encrypted, under a key of its own file, on SQLite and on PostgreSQL."""

import stat
from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography.fernet import Fernet, MultiFernet
from sqlalchemy import select

from staging.adapters.store.database import Database
from staging.adapters.store.tables import secrets
from staging.adapters.store.vault import Vault, make, open_key
from staging.core.faults import SettingsRefused
from tests.fakes.clock import StoppedClock
from tests.fakes.postgres import ready_url

__all__ = ["ready_url"]  # pytest finds the fixture by its name here


@pytest.fixture
def database(ready_url: str) -> Iterator[Database]:
    opened = Database(ready_url)
    yield opened
    opened.close()


@pytest.fixture
def vault(database: Database, tmp_path: Path) -> Vault:
    return Vault(database, open_key(tmp_path / "secret.key"), StoppedClock())


def test_a_secret_comes_back_and_stands_nowhere_in_clear(vault: Vault, database: Database) -> None:
    vault.put("correct horse", scope="stack:partage", kind="engine-password")
    found = vault.find("stack:partage", "engine-password")
    assert found is not None
    assert found.reveal() == "correct horse"
    with database.read() as connection:
        kept = connection.execute(select(secrets.c.value)).scalars().all()
    assert [b"correct horse" in value for value in kept] == [False]


def test_a_secret_nobody_made_is_none(vault: Vault) -> None:
    assert vault.find("stack:partage", "engine-password") is None


def test_a_secret_that_is_given_again_replaces_the_earlier_one(vault: Vault) -> None:
    vault.put("first", scope="s", kind="k")
    vault.put("second", scope="s", kind="k")
    assert vault.ensure("s", "k").reveal() == "second"


def test_many_secrets_at_once_are_those_that_one_by_one_would_give(vault: Vault) -> None:
    first = vault.ensure("order:7f3k", "sip-password", "8000/sip")
    places = [("sip-password", "8000/sip"), ("sip-password", "8001/sip"), ("voicemail-pin", "8000")]
    found = vault.ensure_all("order:7f3k", [*places, places[1]])
    assert list(found) == places
    assert found[places[0]].reveal() == first.reveal()
    assert len({secret.reveal() for secret in found.values()}) == 3
    again = {place: vault.ensure("order:7f3k", *place).reveal() for place in places}
    assert again == {place: secret.reveal() for place, secret in vault.ensure_all("order:7f3k", places).items()}
    assert vault.ensure_all("order:7f3k", []) == {}


def test_a_scope_is_forgotten_whole_and_alone(vault: Vault) -> None:
    for scope in ("appliance:SN0042", "appliance:SN0042:root"):
        vault.put("x", scope=scope, kind="install-ticket")
    vault.forget("appliance:SN0042")
    assert vault.find("appliance:SN0042", "install-ticket") is None
    assert vault.find("appliance:SN0042:root", "install-ticket") is not None


def test_another_key_is_a_fault_that_names_what_it_does_not_open(
    vault: Vault, database: Database, tmp_path: Path
) -> None:
    vault.put("correct horse", scope="s", kind="engine-password")
    stranger = Vault(database, open_key(tmp_path / "other.key"), StoppedClock())
    with pytest.raises(SettingsRefused) as refused:
        stranger.find("s", "engine-password")
    assert [(fault.code, fault.at.field) for fault in refused.value.faults] == [("key-does-not-fit", "engine-password")]


def test_a_second_key_encrypts_from_now_on_and_the_first_still_opens(
    vault: Vault, database: Database, tmp_path: Path
) -> None:
    vault.put("old", scope="s", kind="old")
    file = tmp_path / "secret.key"
    first = file.read_bytes()
    second = Fernet.generate_key()
    file.write_bytes(second + b"\n" + first)
    both = Vault(database, open_key(file), StoppedClock())
    both.put("new", scope="s", kind="new")
    assert both.ensure("s", "old").reveal() == "old"
    alone = Vault(database, MultiFernet([Fernet(second)]), StoppedClock())
    assert alone.ensure("s", "new").reveal() == "new"
    with pytest.raises(SettingsRefused):
        alone.find("s", "old")


def test_the_key_is_made_at_first_use_for_its_owner_alone(tmp_path: Path) -> None:
    file = tmp_path / "below" / "secret.key"
    open_key(file)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_a_key_that_is_there_is_never_made_anew(tmp_path: Path) -> None:
    file = tmp_path / "secret.key"
    open_key(file)
    before = file.read_bytes()
    open_key(file)
    assert file.read_bytes() == before


@pytest.mark.parametrize("content", [b"", b"not a key\n", b"\xff\xfe\n"])
def test_a_file_without_a_key_is_a_fault_that_names_it(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "secret.key"
    file.write_bytes(content)
    with pytest.raises(SettingsRefused) as refused:
        open_key(file)
    (fault,) = refused.value.faults
    assert (fault.code, fault.facts["file"]) == ("key-unusable", str(file))
    assert file.read_bytes() == content


def test_a_key_file_that_cannot_be_read_is_a_fault(tmp_path: Path) -> None:
    with pytest.raises(SettingsRefused) as refused:
        open_key(tmp_path)
    assert refused.value.faults[0].code == "key-unusable"


def test_a_key_that_cannot_be_made_is_a_fault(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(SettingsRefused) as refused:
        open_key(tmp_path / "file" / "secret.key")
    assert refused.value.faults[0].code == "key-unusable"


def test_pins_are_dialled_and_user_names_begin_with_a_letter() -> None:
    pins = [make("voicemail-pin") for _ in range(50)]
    names = [make("sip-username") for _ in range(50)]
    passwords = [make("sip-password") for _ in range(50)]
    assert all(len(pin) == 6 and pin.isdigit() for pin in pins)
    assert all(len(name) == 8 and name[0].isalpha() and name.islower() and name.isalnum() for name in names)
    assert all(len(password) == 20 and password.isalnum() and password.isascii() for password in passwords)
    assert len(set(passwords)) == 50
