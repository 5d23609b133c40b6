"""Where does each daemon of a stack, or each service of the portal, listen?"""

from dataclasses import dataclass
from typing import Literal, Self
from urllib.parse import urlsplit

from staging.core.faults import Fault, SettingsRefused, Where

Service = Literal["auth", "confd", "provd", "setupd", "calld", "deployd"]

_BEHIND_NGINX = {
    "auth": "/api/auth/0.1",
    "confd": "/api/confd/1.1",
    "provd": "/api/provd/0.2",
    "setupd": "/api/setupd/1.0",
    "calld": "/api/calld/1.0",
}
_PORTAL = {"auth": "/api/auth/0.1", "deployd": "/api/deployd/0.1", "confd": "/api/confd/1.0"}


@dataclass(frozen=True, slots=True)
class EngineAddress:
    """One URL per daemon, version included, without a slash at the end. None: not reachable from here."""

    auth_url: str
    confd_url: str
    provd_url: str
    setupd_url: str
    calld_url: str | None = None

    @classmethod
    def of(
        cls,
        base_url: str | None = None,
        *,
        auth_url: str | None = None,
        confd_url: str | None = None,
        provd_url: str | None = None,
        setupd_url: str | None = None,
        calld_url: str | None = None,
    ) -> Self:
        """All URLs from `https://host` (behind the engine's nginx), each one replaceable.

        Without a base URL the first four must be given, and calld counts as absent when its own is not.
        Raises SettingsRefused `stack-address` for what is missing or is not an http(s) URL.
        """
        given = {"auth": auth_url, "confd": confd_url, "provd": provd_url, "setupd": setupd_url, "calld": calld_url}
        found = {
            name: url if url else (base_url.rstrip("/") + _BEHIND_NGINX[name] if base_url else None)
            for name, url in given.items()
        }
        faults = [_fault(name, url) for name, url in found.items() if not _usable(name, url)]
        if faults:
            raise SettingsRefused(*faults)
        return cls(**{f"{name}_url": url.rstrip("/") if url else url for name, url in found.items()})  # type: ignore[arg-type]  # _usable: only calld may be None

    def url_of(self, service: Service) -> str | None:
        """The URL of one daemon; None when this stack does not offer it."""
        urls: dict[str, str | None] = {
            "auth": self.auth_url,
            "confd": self.confd_url,
            "provd": self.provd_url,
            "setupd": self.setupd_url,
            "calld": self.calld_url,
        }
        return urls.get(service)


@dataclass(frozen=True, slots=True)
class PortalAddress:
    """Where the portal listens: `https://portal.example`, or with a prefix before its `/api`."""

    base_url: str

    def url_of(self, service: Service) -> str | None:
        """The URL of one of the portal's services: auth, deployd (instances), confd (customers)."""
        path = _PORTAL.get(service)
        return self.base_url.rstrip("/") + path if path else None


def _usable(name: str, url: str | None) -> bool:
    if url is None:
        return name == "calld"
    try:
        parts = urlsplit(url)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        # An address in brackets that are not closed, a port that is no number.
        return False


def _fault(name: str, url: str | None) -> Fault:
    return Fault("stack-address", Where(field=f"{name}-url"), {"service": name, "url": url or "–"})
