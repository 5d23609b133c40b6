"""What does a box that boots from the network get: the installer, a wait, or its own disk?"""

from collections.abc import Mapping
from dataclasses import dataclass

from preseed.appliance import Appliance, missing_answers
from preseed.links import Links
from preseed.releases import release
from staging.core.words import Mac, Serial, parse_mac, parse_serial


@dataclass(frozen=True, slots=True)
class BootQuery:
    """How a network-booting box names itself; iPXE fills in what its firmware knows."""

    serial: Serial | None = None
    mac: Mac | None = None
    asset: str = ""

    @property
    def is_empty(self) -> bool:
        """Nothing was told: the very first request, as the DHCP server hands the address out."""
        return self.serial is None and self.mac is None and not self.asset


def parse_query(arguments: Mapping[str, str]) -> BootQuery:
    """Read `serial`, `mac` and `asset` of a request's query; what is not such a thing is left out."""
    return BootQuery(
        serial=parse_serial(arguments.get("serial", "")),
        mac=parse_mac(arguments.get("mac", "")),
        asset="".join(char for char in arguments.get("asset", "") if char.isalnum() or char in "._-")[:64],
    )


def render_boot(query: BootQuery, appliance: Appliance | None, links: Links) -> str:
    """The iPXE script for one request.

    An armed box boots the installer, from the same mirror as its packages. A box that was installed once boots its
    disk until somebody arms it again, so no box installs itself for ever. Any other waits and asks again.
    """
    if query.is_empty:
        return _script(*_ask(links))
    if appliance is None:
        return _wait("this box is not registered", links)
    if appliance.state == "registered":
        return _wait(f"{appliance.serial} is not armed", links)
    # From "partitioned" on its disk is written: started again, the installer would begin anew, and for ever.
    if appliance.state != "armed":
        return _script(f"echo staging: {appliance.serial} has a system on its disk, starting it", _ELSEWHERE)
    if missing_answers(appliance):
        return _wait(f"{appliance.serial} is incomplete: {', '.join(missing_answers(appliance))}", links)
    return _install(appliance, links)


_ELSEWHERE = "exit 1"
"""The firmware tries the next entry of its boot order. UEFI does so only after a failure: from a boot that ended well
it goes to its own menu and waits for a key (seen with OVMF, 2026-11-21)."""

_WHO = "?serial=${serial:uristring}&mac=${netX/mac:hexhyp}&asset=${asset:uristring}"


def _install(appliance: Appliance, links: Links) -> str:
    mirror = appliance.mirror
    folder = f"http://{mirror.host}{mirror.directory.rstrip('/')}/{release(appliance.suite).netboot}"
    words = ["auto=true", "priority=critical", f"url={links.universal(appliance.suite)}{links.log_words()}"]
    # On the kernel line the name is in time for DHCP; the early script sets it again for other ways to boot. No domain:
    # the installer would add it to the one word that we may be called, and this network may know us by the word alone.
    words.append(f"hostname={appliance.hostname}")
    return _script(
        f"echo staging: installing {appliance.serial}",
        f"kernel {folder}/linux initrd=initrd.gz {' '.join(words)} ---",
        f"initrd {folder}/initrd.gz",
        "boot",
    )


def _wait(reason: str, links: Links) -> str:
    return _script(f"echo staging: {reason}, asking again", "sleep 5", *_ask(links))


def _ask(links: Links) -> tuple[str, ...]:
    """Ask, saying who one is, until there is an answer: the service may be restarted while a box waits."""
    return (
        ":ask",
        f"chain --replace {links.boot()}{_WHO} ||",
        "echo staging: the staging server does not answer, asking again",
        "sleep 5",
        "goto ask",
    )


def _script(*lines: str) -> str:
    return "".join(f"{line}\n" for line in ("#!ipxe", *lines))
