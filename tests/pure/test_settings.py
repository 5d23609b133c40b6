"""Does the environment become settings, or all its faults at once?"""

from pathlib import Path

import pytest

from staging.core.faults import SettingsRefused
from staging.core.messages import explain
from staging.core.words import LANGUAGES
from staging.settings import TABLE, Settings

NONSENSE = {
    "STAGING_LANG": "de",
    "DATABASE_URL": "mysql://u:geheim@host/staging",
    "STAGING_TRUSTED_PROXY": "perhaps",
    "STAGING_BENCH_URL": "preseed",
    "STAGING_WEB_URL": "ftp://bench",
    "STAGING_PROXY": "proxy:3128",
    "STAGING_SSH_KEYS_FILE": "/nowhere/keys",
    "STAGING_AUTHORITY_FILE": "/nowhere/authority.pem",
    "STAGING_WAZO_DISTRIBUTION": "Pelican Bookworm",
    "STAGING_MIRROR": "http://deb.example/debian",
    "STAGING_DOMAIN": "bench lan",
    "STAGING_METRICS_FROM": "10.1.2.3, prometheus",
    "STAGING_PORTS_ON_CLOUD": "5-1",
    "STAGING_PORTS_ON_PREMISE": "all",
}


def refused(environ: dict[str, str]) -> SettingsRefused:
    with pytest.raises(SettingsRefused) as error:
        Settings.read(environ)
    return error.value


def test_an_empty_environment_is_a_service_below_var() -> None:
    settings = Settings.read({})
    home = Path("var").resolve()
    assert (settings.home, settings.key_file, settings.lang) == (home, home / "secret.key", "fr")
    assert settings.database_url == f"sqlite:///{home / 'staging.db'}"
    assert settings.jobs_url == f"sqlite:///{home / 'jobs.db'}"


def test_empty_variables_are_as_good_as_none() -> None:
    assert Settings.read({name: "" for name, _, _ in TABLE}) == Settings.read({})


@pytest.mark.parametrize("url", ["http://[::1", "http://preseed;reboot", "http://pre'seed", "http://u:p@preseed"])
def test_an_address_that_the_installer_s_shell_would_read_otherwise_is_nonsense(url: str) -> None:
    assert [fault.facts["name"] for fault in refused({"STAGING_BENCH_URL": url}).faults] == ["STAGING_BENCH_URL"]


@pytest.mark.parametrize("url", ["http://preseed", "http://192.0.2.1:8080/", "http://[2001:db8::1]:8080", "http://a/b"])
def test_an_address_of_the_bench_is_a_name_or_number_with_its_port(url: str) -> None:
    assert Settings.read({"STAGING_BENCH_URL": url}).bench_url == url.rstrip("/")


@pytest.mark.parametrize("name", NONSENSE)
def test_nonsense_is_one_fault_that_names_its_variable(name: str) -> None:
    faults = refused({name: NONSENSE[name]}).faults
    assert [(str(fault.at), fault.facts["name"]) for fault in faults] == [(f"environment {name}", name)]
    for lang in LANGUAGES:
        message = explain(faults[0], lang)
        assert name in message.text
        assert message.hint


def test_all_nonsense_is_told_at_once() -> None:
    assert sorted(str(fault.facts["name"]) for fault in refused(NONSENSE).faults) == sorted(NONSENSE)


def test_a_password_in_a_wrong_address_is_not_repeated() -> None:
    error = refused({"DATABASE_URL": "mysql://u:geheim@host/staging"})
    assert "geheim" not in str(error) + repr(error.faults)


@pytest.mark.parametrize("url", ["postgresql://u@h/staging", "postgresql+psycopg://u@h/staging"])
def test_one_postgresql_serves_orders_and_jobs(url: str) -> None:
    settings = Settings.read({"DATABASE_URL": url})
    assert settings.database_url == settings.jobs_url == "postgresql+psycopg://u@h/staging"


@pytest.mark.parametrize(
    ("given", "host", "directory"),
    [("deb.example/debian", "deb.example", "/debian"), ("deb.example", "deb.example", "/debian"),
     ("deb.example:3142/a/b", "deb.example:3142", "/a/b"), ("deb.example/debian/", "deb.example", "/debian")],
)  # fmt: skip
def test_a_mirror_is_a_host_and_a_folder(given: str, host: str, directory: str) -> None:
    settings = Settings.read({"STAGING_MIRROR": given})
    assert (settings.mirror_host, settings.mirror_directory) == (host, directory)


def test_keys_are_lines_without_comments(tmp_path: Path) -> None:
    file = tmp_path / "keys"
    file.write_text("# bench\nssh-ed25519 AAAA camille\n\n  # old\n ssh-ed25519 BBBB sacha \n")
    settings = Settings.read({"STAGING_SSH_KEYS_FILE": str(file)})
    assert settings.ssh_keys == ("ssh-ed25519 AAAA camille", "ssh-ed25519 BBBB sacha")


def test_a_file_of_keys_that_is_no_text_is_a_fault(tmp_path: Path) -> None:
    file = tmp_path / "keys"
    file.write_bytes(b"\xff\xfe\x00")
    assert [fault.code for fault in refused({"STAGING_SSH_KEYS_FILE": str(file)}).faults] == ["setting-unreadable"]


@pytest.mark.parametrize("said", ["YES", "Yes", "yes"])
def test_a_yes_is_read_in_any_case(said: str) -> None:
    assert Settings.read({"STAGING_TRUSTED_PROXY": said}).trusted_proxy


def test_an_address_loses_its_last_slash() -> None:
    assert Settings.read({"STAGING_WEB_URL": "https://bench.example/"}).web_url == "https://bench.example"


def test_the_bench_switch_is_configured_by_its_sockets() -> None:
    settings = Settings.read({"STAGING_PORTS_ON_CLOUD": "1,3,5-6"})
    assert (settings.ports_on_cloud, settings.ports_on_premise) == ((1, 3, 5, 6), tuple(range(11, 35)))


def test_authorities_are_read_one_by_one_and_a_private_key_among_them_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "authority.pem"
    one = "-----BEGIN CERTIFICATE-----\nMIIB\nAA==\n-----END CERTIFICATE-----"
    file.write_text(f"subject=Atelier Bleu\n{one}\n\n{one.replace('MIIB', '  MIIC')}\r\n")
    settings = Settings.read({"STAGING_AUTHORITY_FILE": str(file)})
    assert settings.authorities == (one, one.replace("MIIB", "MIIC"))
    for text in (f"{one}\n-----BEGIN PRIVATE KEY-----\nMIIB\n", "no certificate"):
        file.write_text(text)
        assert [fault.code for fault in refused({"STAGING_AUTHORITY_FILE": str(file)}).faults] == ["setting-nonsense"]


def test_what_every_order_gets_is_set_once() -> None:
    usual = Settings.read({})
    assert (usual.stun, usual.rtp_ports, usual.call_pickup, usual.firmware) == (None, (10000, 20000), True, True)
    own = {"STAGING_STUN": "stun.example:3478", "STAGING_RTP_PORTS": "12000-12999", "STAGING_FIRMWARE": "no"}
    settings = Settings.read({**own, "STAGING_CALL_PICKUP": "No"})
    assert (settings.stun, settings.rtp_ports) == ("stun.example:3478", (12000, 12999))
    assert (settings.call_pickup, settings.firmware) == (False, False)


@pytest.mark.parametrize(
    "nonsense",
    [
        {"STAGING_STUN": "stun.example"},
        {"STAGING_RTP_PORTS": "20000-10000"},
        {"STAGING_RTP_PORTS": "80-90"},
        {"STAGING_RTP_PORTS": "10000-70000"},
        {"STAGING_FIRMWARE": "perhaps"},
    ],
)
def test_nonsense_for_every_order_names_its_variable(nonsense: dict[str, str]) -> None:
    (fault,) = refused(nonsense).faults
    assert (fault.code, fault.facts["name"]) == ("setting-nonsense", next(iter(nonsense)))
