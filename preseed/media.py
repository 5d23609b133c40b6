"""How does a box find us with nothing typed? The texts for a bench's DHCP server, for iPXE, and for a USB stick."""

import re
from dataclasses import dataclass
from ipaddress import IPv4Address
from urllib.parse import urlsplit

from preseed.boot import BootQuery, render_boot
from preseed.links import Links
from preseed.releases import Suite
from preseed.scripts import fill
from staging.core.faults import Fault, Where


@dataclass(frozen=True, slots=True)
class BenchNetwork:
    """The bench's wire. interface: on this machine; address: this machine's there, IPv4.

    pool: first and last address to give, `192.0.2.50,192.0.2.99`; None when another DHCP server gives them.
    leases: file in which dnsmasq remembers whom it gave them; empty for its own place, which only root may write.
    """

    interface: str
    address: str
    pool: str | None = None
    domain: str = "bench.lan"
    tftp_root: str = "/usr/lib/ipxe"
    leases: str = ""


def check_network(network: BenchNetwork) -> tuple[Fault, ...]:
    """What dnsmasq would not take, or would take for something else; a fault for each option."""
    first, comma, last = (network.pool or "").partition(",")
    wrong = {
        "--interface": network.interface if not _INTERFACE.fullmatch(network.interface) else None,
        "--address": network.address if _ipv4(network.address) is None else None,
        "--domain": network.domain if not _DOMAIN.fullmatch(network.domain) else None,
    }
    if network.pool is not None:
        ends = _ipv4(first), _ipv4(last)
        ordered = bool(comma) and ends[0] is not None and ends[1] is not None and ends[0] <= ends[1]
        wrong["--pool"] = None if ordered else network.pool
    at = Where("command")
    return tuple(
        Fault("bench-network", at, {"option": option, "typed": typed[:60]})
        for option, typed in wrong.items()
        if typed is not None
    )


# Source: IFNAMSIZ of Linux, fifteen characters.
_INTERFACE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.@-]{0,14}")
_DOMAIN = re.compile(r"[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?")


def _ipv4(typed: str) -> IPv4Address | None:
    try:
        return IPv4Address(typed)
    except ValueError:
        return None


def render_dnsmasq(network: BenchNetwork, links: Links) -> str:
    """A dnsmasq configuration for the bench: its own DHCP and names with a pool, else an addition to another DHCP."""
    return fill(
        "dnsmasq.conf",
        interface=network.interface,
        address=network.address,
        pool=network.pool,
        domain=network.domain,
        tftp_root=network.tftp_root,
        leases=network.leases,
        name=urlsplit(links.base).hostname or "",
        # Which release boots is the medium's own word; the address only has to name one.
        universal=links.universal("bookworm"),
        boot=links.boot(),
    )


def render_ipxe(links: Links) -> str:
    """The script to build into an iPXE of one's own, or to hand out by HTTP."""
    return render_boot(BootQuery(), None, links)


def stick_words(suite: Suite, links: Links) -> str:
    """What our menu entry gives the installer's kernel; the installer's syslog comes to us where we have an address."""
    return f"auto=true priority=critical url={links.universal(suite)}{links.log_words()} --- quiet"


def render_stick(suite: Suite, links: Links) -> str:
    """The menu lines that make an installer stick ask nothing; the same stick serves every box.

    Source: the installer takes `url=` from the kernel line; boot/grub/grub.cfg is read by UEFI, isolinux by BIOS.
    """
    words = stick_words(suite, links)
    return (
        "# boot/grub/grub.cfg\n"
        "menuentry 'Staging' {\n"
        f"    linux /install.amd/vmlinuz {words}\n"
        "    initrd /install.amd/initrd.gz\n"
        "}\n"
        "\n"
        "# isolinux/txt.cfg\n"
        "label staging\n"
        "    menu label Staging\n"
        "    kernel /install.amd/vmlinuz\n"
        f"    append initrd=/install.amd/initrd.gz {words}\n"
    )
