"""How is the service configured? The environment becomes one frozen value, or all its faults at once."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from staging.core.faults import Fault, SettingsRefused, Where
from staging.core.words import LANGUAGES, Language

PREFIX = "STAGING_"

TABLE: tuple[tuple[str, str, str], ...] = (
    ("DATABASE_URL", "SQLite below STAGING_HOME", "database of the service, as SQLAlchemy writes it"),
    ("STAGING_HOME", "var", "folder of the database, the key, the workbooks and the printed files"),
    ("STAGING_KEY_FILE", "STAGING_HOME/secret.key", "file with the key of the secrets; keep a copy elsewhere"),
    ("STAGING_LANG", "fr", "language of commands and of people who chose none: fr or en"),
    ("STAGING_BENCH_URL", "address of the preseed port", "how a box on the bench reaches this service"),
    ("STAGING_WEB_URL", "address of the web port", "how people reach this service"),
    ("STAGING_MIRROR", "none", "Debian mirror of the preseeds: host/directory; without it a box is incomplete"),
    ("STAGING_PROXY", "none", "HTTP proxy that the installer uses for the mirror"),
    ("STAGING_SSH_KEYS_FILE", "none", "file of the public keys that may enter a staged box as root"),
    ("STAGING_ANSIBLE_URL", "none", "git address of the playbook that installs Wazo at first boot"),
    ("STAGING_WAZO_RELEASE", "stable", "release of Wazo that the playbook installs"),
    ("STAGING_DOMAIN", "bench.lan", "domain of the boxes while they are on the bench"),
    ("STAGING_TRUSTED_PROXY", "no", "yes when a reverse proxy in front sets X-Forwarded-For"),
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

    @classmethod
    def read(cls, environ: Mapping[str, str]) -> "Settings":
        """Settings out of an environment; raises SettingsRefused with every variable that makes no sense."""
        faults: list[Fault] = []
        home = Path(environ.get("STAGING_HOME") or "var").resolve()
        lang = environ.get("STAGING_LANG", "fr")
        if lang not in LANGUAGES:
            faults.append(_fault("STAGING_LANG", lang, "fr, en"))
        url = environ.get("DATABASE_URL") or f"sqlite:///{home / 'staging.db'}"
        if not url.startswith(("sqlite:///", "postgresql://", "postgresql+psycopg://")):
            faults.append(_fault("DATABASE_URL", url.split("://")[0] + "://…", "sqlite:///…, postgresql+psycopg://…"))
        proxied = environ.get("STAGING_TRUSTED_PROXY", "no").lower()
        if proxied not in ("yes", "no"):
            faults.append(_fault("STAGING_TRUSTED_PROXY", proxied, "yes, no"))
        faults.extend(
            _fault(name, value, "http://…")
            for name in ("STAGING_BENCH_URL", "STAGING_WEB_URL", "STAGING_PROXY")
            if (value := environ.get(name)) and not value.startswith(("http://", "https://"))
        )
        keys, key_faults = _ssh_keys(environ.get("STAGING_SSH_KEYS_FILE"))
        faults.extend(key_faults)
        if faults:
            raise SettingsRefused(*faults)
        mirror_host, _, directory = (environ.get("STAGING_MIRROR") or "").partition("/")
        return cls(
            home=home,
            database_url=_psycopg(url),
            jobs_url=_psycopg(url) if not url.startswith("sqlite") else f"sqlite:///{home / 'jobs.db'}",
            key_file=Path(environ.get("STAGING_KEY_FILE") or home / "secret.key"),
            lang="en" if lang == "en" else "fr",
            bench_url=_bare(environ.get("STAGING_BENCH_URL")),
            web_url=_bare(environ.get("STAGING_WEB_URL")),
            mirror_host=mirror_host or None,
            mirror_directory=f"/{directory}" if directory else "/debian",
            proxy=environ.get("STAGING_PROXY") or None,
            ssh_keys=keys,
            ansible_url=environ.get("STAGING_ANSIBLE_URL") or None,
            wazo_release=environ.get("STAGING_WAZO_RELEASE") or "stable",
            domain=environ.get("STAGING_DOMAIN") or "bench.lan",
            trusted_proxy=proxied == "yes",
        )


def _psycopg(url: str) -> str:
    # SQLAlchemy 2.1 reads a bare postgresql:// as psycopg 3; saying so keeps older readers right too.
    return url.replace("postgresql://", "postgresql+psycopg://", 1)


def _bare(url: str | None) -> str | None:
    return url.rstrip("/") if url else None


def _fault(name: str, value: str, allowed: str) -> Fault:
    return Fault(
        "setting-nonsense", Where("environment", field=name), {"name": name, "value": value, "allowed": allowed}
    )


def _ssh_keys(path: str | None) -> tuple[tuple[str, ...], list[Fault]]:
    if not path:
        return (), []
    try:
        lines = Path(path).read_text("utf-8").splitlines()
    except OSError as error:
        return (), [
            Fault(
                "setting-unreadable",
                Where("environment", field="STAGING_SSH_KEYS_FILE"),
                {"name": "STAGING_SSH_KEYS_FILE", "value": path, "why": error.strerror or ""},
            )
        ]
    return tuple(line.strip() for line in lines if line.strip() and not line.startswith("#")), []
