"""What can have happened in the world, as far as boxes, phones, printers and other systems tell us?

Every event says when and to what. They are values: writing down, showing and sending on are done elsewhere.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from staging.core.words import Mac, Serial

LogName = Literal["installer", "partman", "firstboot", "syslog"]
LOG_NAMES: tuple[LogName, ...] = ("installer", "partman", "firstboot", "syslog")


@dataclass(frozen=True, slots=True)
class BoxSeen:
    """A box ran the universal stage and said what it is. facts: untrusted, names and values cut to size."""

    at: datetime
    serial: Serial
    address: str
    suite: str
    facts: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class InstallProgressed:
    """A box reached a step. step: `early`, `base-begin`, `disk-refused`…; detail: one line, may be empty.

    failed: the step says that something went wrong and somebody may be needed.
    """

    at: datetime
    serial: Serial
    step: str
    detail: str = ""
    failed: bool = False


@dataclass(frozen=True, slots=True)
class InstallAlive:
    """A box still works. step: the installer's menu item or first-boot stage; failures: counted by the box.

    question: the debconf question that is on its screen and waits for a key; empty when none is.
    """

    at: datetime
    serial: Serial
    step: str
    failures: int = 0
    question: str = ""


@dataclass(frozen=True, slots=True)
class LogReceived:
    """A box sent a piece of a log. upload: which sending it belongs to; offset: bytes of it that came before."""

    at: datetime
    serial: Serial
    name: LogName
    body: bytes
    upload: str = ""
    offset: int = 0

    @property
    def text(self) -> str:
        """What can be read of it, undecodable bytes replaced."""
        return self.body.decode("utf-8", "replace").replace("\0", "")


@dataclass(frozen=True, slots=True)
class DisksSeen:
    """A box could not choose the disk to wipe, and says what it has; a person chooses. body: one line per disk."""

    at: datetime
    serial: Serial
    body: bytes


@dataclass(frozen=True, slots=True)
class InstallFinished:
    """Debian is on the disk; the box restarts."""

    at: datetime
    serial: Serial


@dataclass(frozen=True, slots=True)
class EngineReady:
    """The box's Wazo engine is healthy and waits to be set up. address: where the engine answers on the bench.

    hook_address: where the report came from, which a NAT may have changed. certificate: the engine's own, DER in
    base64, empty when it sent none; whoever trusts the ticket may trust it.
    """

    at: datetime
    serial: Serial
    address: str
    hook_address: str
    version: str = ""
    certificate: str = ""


@dataclass(frozen=True, slots=True)
class PhoneSeen:
    """A phone asked a stack for its configuration. model: as wazo-provd spells it, empty when it does not know."""

    at: datetime
    mac: Mac
    stack: str
    model: str = ""


@dataclass(frozen=True, slots=True)
class LabelPrinted:
    """A label left a printer. code: what its QR holds; copy: from 1, each print counts on."""

    at: datetime
    code: str
    printer: str
    copy: int = 1


@dataclass(frozen=True, slots=True)
class OtherEvent:
    """Another system told us something of its own. kind, data: its words, unchecked beyond their shape."""

    at: datetime
    source: str
    kind: str
    data: str


InstallEvent = InstallProgressed | InstallAlive | LogReceived | DisksSeen | InstallFinished | EngineReady
Event = BoxSeen | InstallEvent | PhoneSeen | LabelPrinted | OtherEvent
