"""At which absolute addresses does a box find us?

Built from a configured name and never from the Host header, which anybody on the bench can choose.
"""

import re
from dataclasses import dataclass
from urllib.parse import urlsplit

from staging.core.words import Serial

SYSLOG_PORT = 5514
"""Where installers' syslog is taken, by UDP; above 1024, so that nobody needs root."""


@dataclass(frozen=True, slots=True)
class Tickets:
    """What one armed box proves itself with, a word for each thing that it may do.

    read: its scripts. report: steps, heartbeats, its disks. logs: uploads. register: "the engine is ready".
    """

    read: str
    report: str
    logs: str
    register: str


@dataclass(frozen=True, slots=True)
class Links:
    """The addresses that go into preseeds and scripts. base: scheme, name and port, `http://preseed`."""

    base: str

    def universal(self, suite: str) -> str:
        """The first stage, the same for every box."""
        return self._join("d-i", suite, "preseed.cfg")

    def stage(self, suite: str) -> str:
        """The script of the first stage: it asks until the box is armed. No suite: the medium's own word counts."""
        return self._join("d-i", *([suite] if suite else []), "stage.sh")

    def answers(self, serial: Serial | str = "") -> str:
        """One box's answers; without a serial, what a script puts the serial behind (ends with a slash)."""
        return self._join("preseed", serial)

    def script(self, serial: Serial, ticket: str, name: str) -> str:
        """A script made for one box. The ticket is part of the path: the installer's parser never sees a `?`."""
        return self._join("preseed", serial, ticket, name)

    def hello(self) -> str:
        """Where a box in the first stage leaves its facts."""
        return self._join("hooks", "hello")

    def hook(self, ticket: str) -> str:
        """Where one box reports; `/step/<name>`, `/alive`, `/disks`, `/disk`, `/installed` follow the report ticket,
        `/log` the one for logs, `/engine-ready` the one to register."""
        return self._join("hooks", "install", ticket)

    def boot(self) -> str:
        """The network boot script."""
        return self._join("boot.ipxe")

    def log_words(self) -> str:
        """Kernel words that send the installer's syslog to us from its first second, with a blank before each.

        Empty for a name: the installer's syslogd starts before any name can be looked up.
        """
        host = urlsplit(self.base).hostname or ""
        return f" log_host={host} log_port={SYSLOG_PORT}" if re.fullmatch(r"[0-9.]+", host) else ""

    def _join(self, *parts: str) -> str:
        return "/".join((self.base.rstrip("/"), *parts))
