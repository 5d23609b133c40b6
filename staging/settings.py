"""How is the service configured? The environment becomes one frozen value, or all its faults at once."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path

from staging.core.faults import Fault, SettingsRefused, Where
from staging.core.words import LANGUAGES, Language
from staging.phones.ports import ON_CLOUD, ON_PREMISE, parse_ports

Network = IPv4Network | IPv6Network

PREFIX = "STAGING_"
RTP_PORTS = "10000-20000"

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
    ("STAGING_AUTHORITY_FILE", "none", "PEM file of certificate authorities that every staged box trusts"),
    ("STAGING_ANSIBLE_URL", "none", "git address of the playbook that installs Wazo at first boot"),
    ("STAGING_WAZO_RELEASE", "stable", "release of Wazo that the playbook installs"),
    ("STAGING_WAZO_DISTRIBUTION", "by release", "Wazo's packages for a Debian release that we know none of"),
    ("STAGING_DOMAIN", "bench.lan", "domain of the boxes while they are on the bench"),
    ("STAGING_TRUSTED_PROXY", "no", "yes when a reverse proxy in front sets X-Forwarded-For"),
    ("STAGING_METRICS_FROM", "none", "who may read /metrics beside this machine: 10.1.2.3, 10.1.0.0/16"),
    ("STAGING_HARDWARE_FILE", "none", "TOML of your own phone models, read on top of the shipped ones"),
    ("STAGING_APPLIANCES_FILE", "none", "TOML of your own appliance models and the phones each carries"),
    ("STAGING_COLUMNS_FILE", "none", "TOML of your own headings of a plan's columns, on top of the shipped ones"),
    ("STAGING_PORTS_ON_CLOUD", ON_CLOUD, "sockets of the bench switch for phones of the shared stack: 1-5 or 1,3,7-9"),
    ("STAGING_PORTS_ON_PREMISE", ON_PREMISE, "sockets of the bench switch for phones of a customer's own stack"),
    ("STAGING_DESIGNS_DIR", "none", "folder of your own label designs: designs.toml, and SIRET.toml for one customer"),
    ("STAGING_STUN", "none", "STUN server of customers' own engines, host:port; with it ICE is switched on there"),
    ("STAGING_RTP_PORTS", RTP_PORTS, "ports of voice on customers' own engines, first-last"),
    ("STAGING_CALL_PICKUP", "yes", "no when members of a ring group may not take each other's calls"),
    ("STAGING_FIRMWARE", "yes", "no when customers' own engines need not serve phones their firmware"),
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
    authorities: tuple[str, ...] = field(default=())
    ansible_url: str | None = None
    wazo_release: str = "stable"
    wazo_distribution: str | None = None
    domain: str = "bench.lan"
    trusted_proxy: bool = False
    metrics_from: tuple[Network, ...] = ()
    hardware_file: Path | None = None
    appliances_file: Path | None = None
    columns_file: Path | None = None
    ports_on_cloud: tuple[int, ...] = parse_ports(ON_CLOUD) or ()
    ports_on_premise: tuple[int, ...] = parse_ports(ON_PREMISE) or ()
    designs_dir: Path | None = None
    stun: str | None = None
    rtp_ports: tuple[int, int] = (10000, 20000)
    call_pickup: bool = True
    firmware: bool = True

    @classmethod
    def read(cls, environ: Mapping[str, str]) -> "Settings":
        """Settings out of an environment; raises SettingsRefused with every variable that makes no sense.

        An empty variable counts as one that is not set.
        """
        given = {name: value for name, value in environ.items() if value}
        keys, key_faults = _ssh_keys(given.get("STAGING_SSH_KEYS_FILE"))
        authorities, authority_faults = _authorities(given.get("STAGING_AUTHORITY_FILE"))
        faults = [*_nonsense(given), *_bad_ports(given), *_bad_rtp(given), *_bad_networks(given)]
        faults += [*key_faults, *authority_faults]
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
            authorities=authorities,
            ansible_url=given.get("STAGING_ANSIBLE_URL"),
            wazo_release=given.get("STAGING_WAZO_RELEASE", "stable"),
            wazo_distribution=given.get("STAGING_WAZO_DISTRIBUTION"),
            domain=given.get("STAGING_DOMAIN", "bench.lan"),
            trusted_proxy=given.get("STAGING_TRUSTED_PROXY", "no").lower() == "yes",
            metrics_from=_networks(given.get("STAGING_METRICS_FROM", "")) or (),
            hardware_file=_path(given.get("STAGING_HARDWARE_FILE")),
            appliances_file=_path(given.get("STAGING_APPLIANCES_FILE")),
            columns_file=_path(given.get("STAGING_COLUMNS_FILE")),
            ports_on_cloud=parse_ports(given.get("STAGING_PORTS_ON_CLOUD", ON_CLOUD)) or (),
            ports_on_premise=parse_ports(given.get("STAGING_PORTS_ON_PREMISE", ON_PREMISE)) or (),
            designs_dir=_path(given.get("STAGING_DESIGNS_DIR")),
            stun=given.get("STAGING_STUN"),
            rtp_ports=_rtp_ports(given.get("STAGING_RTP_PORTS", RTP_PORTS)) or (10000, 20000),
            call_pickup=given.get("STAGING_CALL_PICKUP", "yes").lower() == "yes",
            firmware=given.get("STAGING_FIRMWARE", "yes").lower() == "yes",
        )


_RULES: tuple[tuple[str, re.Pattern[str], str], ...] = (
    ("STAGING_LANG", re.compile("|".join(LANGUAGES)), "fr, en"),
    (
        "DATABASE_URL",
        re.compile(r"(sqlite:///|postgresql://|postgresql\+psycopg://).+"),
        "sqlite:///…, postgresql+psycopg://…",
    ),
    *(
        (name, re.compile("yes|no", re.IGNORECASE), "yes, no")
        for name in ("STAGING_TRUSTED_PROXY", "STAGING_CALL_PICKUP", "STAGING_FIRMWARE")
    ),
    ("STAGING_STUN", re.compile(r"[A-Za-z0-9.-]+:[0-9]{1,5}"), "stun.example:3478"),
    ("STAGING_WEB_URL", re.compile(r"https?://\S+"), "http://…"),
    ("STAGING_PROXY", re.compile(r"https?://\S+"), "http://…"),
    # What follows goes into the installer's answers as it is, where a space would begin another word.
    (
        "STAGING_BENCH_URL",
        re.compile(r"https?://([A-Za-z0-9.-]+|\[[0-9A-Fa-f:]+\])(:[1-9][0-9]{0,4})?(/[A-Za-z0-9._~/-]*)?"),
        "http://preseed",
    ),
    ("STAGING_MIRROR", re.compile(r"[A-Za-z0-9.-]+(:[0-9]+)?(/[A-Za-z0-9._~/-]*)?"), "mirror.bench.lan/debian"),
    ("STAGING_WAZO_DISTRIBUTION", re.compile(r"[a-z0-9][a-z0-9.-]*"), "pelican-bookworm"),
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


def _bad_networks(given: Mapping[str, str]) -> list[Fault]:
    name = "STAGING_METRICS_FROM"
    return [_fault(name, given[name], "10.1.2.3, 10.1.0.0/16")] if _networks(given.get(name, "")) is None else []


def _networks(typed: str) -> tuple[Network, ...] | None:
    """Addresses and networks with commas between them; None when one of them is neither."""
    try:
        return tuple(ip_network(one.strip()) for one in typed.split(",") if one.strip())
    except ValueError:
        return None


def _bad_rtp(given: Mapping[str, str]) -> list[Fault]:
    typed = given.get("STAGING_RTP_PORTS", RTP_PORTS)
    return [] if _rtp_ports(typed) else [_fault("STAGING_RTP_PORTS", typed, RTP_PORTS)]


def _rtp_ports(typed: str) -> tuple[int, int] | None:
    """Two ports above the system's own, the first below the last; each call takes four of them."""
    match = re.fullmatch(r"([0-9]{4,5})-([0-9]{4,5})", typed)
    first, last = (int(match[1]), int(match[2])) if match else (0, 0)
    return (first, last) if 1024 <= first < last <= 65535 else None


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
    text, faults = _read("STAGING_SSH_KEYS_FILE", path)
    lines = (typed.strip() for typed in text.splitlines())
    return tuple(line for line in lines if line and not line.startswith("#")), faults


_PEM = re.compile(r"-----BEGIN CERTIFICATE-----\s+([A-Za-z0-9+/=\s]+?)\s*-----END CERTIFICATE-----")


def _authorities(path: str | None) -> tuple[tuple[str, ...], list[Fault]]:
    """The certificates of a PEM file, one text each; what stands between them is left out.

    A private key in the file is refused: it would be one that somebody meant to send to every box.
    """
    name = "STAGING_AUTHORITY_FILE"
    text, faults = _read(name, path)
    if path and not faults and ("PRIVATE KEY" in text or not _PEM.search(text)):
        faults = [_fault(name, path, "-----BEGIN CERTIFICATE-----")]
    if faults:
        return (), faults
    bodies = ("\n".join(found[1].split()) for found in _PEM.finditer(text))
    return tuple(f"-----BEGIN CERTIFICATE-----\n{body}\n-----END CERTIFICATE-----" for body in bodies), []


def _read(name: str, path: str | None) -> tuple[str, list[Fault]]:
    """The text of the file that a variable names; empty without one."""
    if not path:
        return "", []
    try:
        return Path(path).read_text("utf-8"), []
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else error.reason
        facts = {"name": name, "value": path, "why": why or "?"}
        return "", [Fault("setting-unreadable", Where("environment", field=name), facts)]
