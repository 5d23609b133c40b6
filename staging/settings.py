"""How is the service configured? The environment becomes one frozen value, or all its faults at once."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from staging.core.faults import Fault, SettingsRefused, Where
from staging.core.words import LANGUAGES, Language
from staging.phones.ports import ON_CLOUD, ON_PREMISE, parse_ports

PREFIX = "STAGING_"

TABLE: tuple[tuple[str, str, str], ...] = (
    ("DATABASE_URL", "SQLite below STAGING_HOME", "database of the service, as SQLAlchemy writes it"),
    ("STAGING_HOME", "var", "folder of the database, the key, certificates and the demo's printed files"),
    ("STAGING_KEY_FILE", "STAGING_HOME/secret.key", "file with the key of the secrets; keep a copy elsewhere"),
    ("STAGING_LANG", "fr", "language of commands and of people who chose none: fr or en"),
    ("STAGING_BENCH_URL", "none", "how a box on the bench reaches this service; `staging serve` needs it"),
    ("STAGING_WEB_URL", "none", "how people reach this service: in sign-in links and in the made certificate"),
    ("STAGING_MIRROR", "none", "Debian mirror of the preseeds: host/directory; without it a box is incomplete"),
    ("STAGING_PROXY", "none", "HTTP proxy that the installer uses for the mirror"),
    ("STAGING_SSH_KEYS_FILE", "none", "file of the public keys that may enter a staged box as root"),
    ("STAGING_ANSIBLE_URL", "none", "git address of the playbook that installs Wazo at first boot"),
    ("STAGING_WAZO_RELEASE", "stable", "release of Wazo that the playbook installs"),
    ("STAGING_DOMAIN", "bench.lan", "domain of the boxes while they are on the bench"),
    ("STAGING_TRUSTED_PROXY", "no", "yes when a reverse proxy in front sets X-Forwarded-For"),
    ("STAGING_HARDWARE_FILE", "none", "TOML of your own phone models, read on top of the shipped ones"),
    ("STAGING_APPLIANCES_FILE", "none", "TOML of your own appliance models and the phones each carries"),
    ("STAGING_COLUMNS_FILE", "none", "TOML of your own headings of a plan's columns, on top of the shipped ones"),
    ("STAGING_PORTS_ON_CLOUD", ON_CLOUD, "sockets of the bench switch for phones of the shared stack: 1-5 or 1,3,7-9"),
    ("STAGING_PORTS_ON_PREMISE", ON_PREMISE, "sockets of the bench switch for phones of a customer's own stack"),
    ("STAGING_DESIGNS_DIR", "none", "folder of your own label designs: designs.toml, and SIRET.toml for one customer"),
    ("STAGING_DEMO_DATABASE_URL", "SQLite below STAGING_HOME", "database of `staging demo` alone"),
)
"""Every variable with its default and meaning; `docs/settings.md` is made of it."""


@dataclass(frozen=True, slots=True)
class Settings:
    """What the environment decided. Adapters receive values out of it, never the environment."""

    home: Path
    database_url: str
    jobs_url: str
    key_file: Path
    lang: Language = "fr"
    bench_url: str | None = None
    web_url: str | None = None
    mirror_host: str | None = None
    mirror_directory: str = "/debian"
    proxy: str | None = None
    ssh_keys: tuple[str, ...] = field(default=())
    ansible_url: str | None = None
    wazo_release: str = "stable"
    domain: str = "bench.lan"
    trusted_proxy: bool = False
    hardware_file: Path | None = None
    appliances_file: Path | None = None
    columns_file: Path | None = None
    ports_on_cloud: tuple[int, ...] = parse_ports(ON_CLOUD) or ()
    ports_on_premise: tuple[int, ...] = parse_ports(ON_PREMISE) or ()
    designs_dir: Path | None = None

    @classmethod
    def read(cls, environ: Mapping[str, str]) -> "Settings":
        """Settings out of an environment; raises SettingsRefused with every variable that makes no sense.

        An empty variable counts as one that is not set.
        """
        given = {name: value for name, value in environ.items() if value}
        keys, key_faults = _ssh_keys(given.get("STAGING_SSH_KEYS_FILE"))
        faults = [*_nonsense(given), *_bad_ports(given), *key_faults]
        if faults:
            raise SettingsRefused(*faults)
        home = Path(given.get("STAGING_HOME", "var")).resolve()
        url = given.get("DATABASE_URL") or f"sqlite:///{home / 'staging.db'}"
        mirror_host, _, directory = given.get("STAGING_MIRROR", "").strip("/").partition("/")
        return cls(
            home=home,
            database_url=_psycopg(url),
            jobs_url=_psycopg(url) if not url.startswith("sqlite") else f"sqlite:///{home / 'jobs.db'}",
            key_file=Path(given.get("STAGING_KEY_FILE") or home / "secret.key"),
            lang="en" if given.get("STAGING_LANG") == "en" else "fr",
            bench_url=_bare(given.get("STAGING_BENCH_URL")),
            web_url=_bare(given.get("STAGING_WEB_URL")),
            mirror_host=mirror_host or None,
            mirror_directory=f"/{directory}" if directory else "/debian",
            proxy=given.get("STAGING_PROXY"),
            ssh_keys=keys,
            ansible_url=given.get("STAGING_ANSIBLE_URL"),
            wazo_release=given.get("STAGING_WAZO_RELEASE", "stable"),
            domain=given.get("STAGING_DOMAIN", "bench.lan"),
            trusted_proxy=given.get("STAGING_TRUSTED_PROXY", "no").lower() == "yes",
            hardware_file=_path(given.get("STAGING_HARDWARE_FILE")),
            appliances_file=_path(given.get("STAGING_APPLIANCES_FILE")),
            columns_file=_path(given.get("STAGING_COLUMNS_FILE")),
            ports_on_cloud=parse_ports(given.get("STAGING_PORTS_ON_CLOUD", ON_CLOUD)) or (),
            ports_on_premise=parse_ports(given.get("STAGING_PORTS_ON_PREMISE", ON_PREMISE)) or (),
            designs_dir=_path(given.get("STAGING_DESIGNS_DIR")),
        )


_RULES: tuple[tuple[str, re.Pattern[str], str], ...] = (
    ("STAGING_LANG", re.compile("|".join(LANGUAGES)), "fr, en"),
    (
        "DATABASE_URL",
        re.compile(r"(sqlite:///|postgresql://|postgresql\+psycopg://).+"),
        "sqlite:///…, postgresql+psycopg://…",
    ),
    ("STAGING_TRUSTED_PROXY", re.compile("yes|no", re.IGNORECASE), "yes, no"),
    *((name, re.compile(r"https?://\S+"), "http://…") for name in ("STAGING_BENCH_URL", "STAGING_WEB_URL")),
    ("STAGING_PROXY", re.compile(r"https?://\S+"), "http://…"),
    # What follows goes into the installer's answers as it is, where a space would begin another word.
    ("STAGING_MIRROR", re.compile(r"[A-Za-z0-9.-]+(:[0-9]+)?(/[A-Za-z0-9._~/-]*)?"), "mirror.bench.lan/debian"),
    ("STAGING_DOMAIN", re.compile(r"[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?"), "bench.lan"),
)
"""What each variable may look like, and an example to show. Those that are not here may hold anything."""


def _nonsense(given: Mapping[str, str]) -> list[Fault]:
    return [
        _fault(name, given[name], allowed)
        for name, rule, allowed in _RULES
        if name in given and not rule.fullmatch(given[name])
    ]


def _bad_ports(given: Mapping[str, str]) -> list[Fault]:
    names = ("STAGING_PORTS_ON_CLOUD", "STAGING_PORTS_ON_PREMISE")
    return [_fault(name, given[name], "11-34") for name in names if name in given and parse_ports(given[name]) is None]


def _psycopg(url: str) -> str:
    # SQLAlchemy 2.1 reads a bare postgresql:// as psycopg 3; saying so keeps older readers right too.
    return url.replace("postgresql://", "postgresql+psycopg://", 1)


def _path(typed: str | None) -> Path | None:
    return Path(typed) if typed else None


def _bare(url: str | None) -> str | None:
    return url.rstrip("/") if url else None


def _fault(name: str, value: str, allowed: str) -> Fault:
    # The address of a database or a proxy may hold a password: what is wrong with it stands before the host.
    shown = f"{value.split('://')[0]}://…" if "://" in value else value
    return Fault(
        "setting-nonsense", Where("environment", field=name), {"name": name, "value": shown, "allowed": allowed}
    )


def _ssh_keys(path: str | None) -> tuple[tuple[str, ...], list[Fault]]:
    if not path:
        return (), []
    try:
        lines = Path(path).read_text("utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else error.reason
        facts = {"name": "STAGING_SSH_KEYS_FILE", "value": path, "why": why or "?"}
        return (), [Fault("setting-unreadable", Where("environment", field="STAGING_SSH_KEYS_FILE"), facts)]
    return tuple(line for typed in lines if (line := typed.strip()) and not line.startswith("#")), []
