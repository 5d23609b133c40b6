"""What does a box that boots from the network get: the installer, a wait, or its own disk?"""

from collections.abc import Mapping
from dataclasses import dataclass

from preseed.appliance import Appliance, Mirror, missing_answers
from preseed.identity import JUNK_SERIALS, clean_serial, is_junk
from preseed.links import Links
from preseed.releases import SUITES, Suite, release
from staging.core.words import Mac, Serial, parse_mac, parse_serial


@dataclass(frozen=True, slots=True)
class BootQuery:
    """How a network-booting box names itself; iPXE fills in what its firmware knows.

    serial: of its system, cleaned as the first stage cleans it; None for a filler, behind which the first stage looks
    further (board serial, UUID), and iPXE cannot.
    """

    serial: Serial | None = None
    mac: Mac | None = None
    asset: str = ""

    @property
    def is_empty(self) -> bool:
        """Nothing was told: the very first request, as the DHCP server hands the address out."""
        return self.serial is None and self.mac is None and not self.asset


def parse_query(arguments: Mapping[str, str]) -> BootQuery:
    """Read `serial`, `mac` and `asset` of a request's query; what is not such a thing is left out."""
    said = clean_serial(arguments.get("serial", ""))
    return BootQuery(
        serial=None if is_junk(said) else parse_serial(said),
        mac=parse_mac(arguments.get("mac", "")),
        asset=parse_asset(arguments.get("asset", "")),
    )


def parse_asset(typed: str) -> str:
    """Read a chassis' asset tag; empty for a filler, which whole series of boxes share."""
    tag = "".join(char for char in typed if char.isascii() and (char.isalnum() or char in "._-"))[:64]
    filler = tag.upper() in (*JUNK_SERIALS, *_JUNK_ASSETS) or (len(tag) > 1 and len(set(tag)) == 1)
    return "" if filler else tag


_JUNK_ASSETS = ("NOASSETTAG", "NOASSETINFORMATION", "ASSETTAG", "ASSET-1234567890", "CHASSISASSETTAG")


def render_boot(query: BootQuery, appliance: Appliance | None, links: Links, *, mirror: Mirror | None = None) -> str:
    """The iPXE script for one request. mirror: the bench's own.

    An armed box boots the installer, from the same mirror as its packages. A box that was installed once boots its
    disk until somebody arms it again, so no box installs itself for ever. One that cannot name itself boots the
    installer too, whose first stage finds its name, shows it at the bench and waits. Any other waits and asks again.
    """
    if query.is_empty:
        return _script(*_ask(links))
    if appliance is None and query.serial is None and mirror is not None and mirror.host:
        return _installer(mirror, SUITES[0], links, "this box names no serial of its own, its installer looks further")
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
    # On the kernel line the name is in time for DHCP; the early script sets it again for other ways to boot. No domain:
    # the installer would add it to the one word that we may be called, and this network may know us by the word alone.
    named = f"hostname={appliance.hostname}"
    return _installer(appliance.mirror, appliance.suite, links, f"installing {appliance.serial}", named)


def _installer(mirror: Mirror, suite: Suite, links: Links, says: str, *more: str) -> str:
    folder = f"http://{mirror.host}{mirror.directory.rstrip('/')}/{release(suite).netboot}"
    words = ["auto=true", "priority=critical", f"url={links.universal(suite)}{links.log_words()}", *more]
    return _script(
        f"echo staging: {says}",
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
