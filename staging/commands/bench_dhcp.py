"""Who gives the bench its addresses? dnsmasq, run by us on one named interface, for as long as the service runs."""

import fcntl
import logging
import shutil
import socket
import struct
import subprocess
import threading
from pathlib import Path

from preseed.links import Links
from preseed.media import BenchNetwork, render_dnsmasq
from staging.core.faults import Fault, Refused, Where

log = logging.getLogger(__name__)

_SIOCGIFADDR = 0x8915
_TFTP_ROOT = "/usr/lib/ipxe"
_BOOT_FILES = ("undionly.kpxe", "snponly.efi")
"""What a ROM for BIOS and one for UEFI are sent, of Debian's package ipxe."""
_TRIES_TO_STOP, _AGAIN_S = 20, 5.0
_SETTLES_S = 1.0
"""A dnsmasq that may not do what it should ends within this time."""


def address_of(interface: str) -> str:
    """The IPv4 address of one of this machine's interfaces. Raises Refused when it has none."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            answer = fcntl.ioctl(probe.fileno(), _SIOCGIFADDR, struct.pack("256s", interface.encode()[:15]))
        except OSError as error:
            facts = {"interface": interface, "why": error.strerror or "?"}
            raise Refused(Fault("interface-unusable", Where("command"), facts)) from error
    return socket.inet_ntoa(answer[20:24])


class BenchDhcp:
    """dnsmasq on one interface: its own DHCP and names with a pool, else an addition to another DHCP server."""

    def __init__(self, interface: str, *, pool: str | None, domain: str, base: str, folder: Path) -> None:
        program = shutil.which("dnsmasq") or shutil.which("dnsmasq", path="/usr/sbin:/sbin")
        if program is None:
            raise Refused(Fault("dnsmasq-missing", Where("command")))
        leases = str(folder / "bench-dhcp.leases")
        network = BenchNetwork(interface, address_of(interface), pool, domain, _TFTP_ROOT, leases)
        folder.mkdir(parents=True, exist_ok=True)
        self._file, self._said = folder / "bench-dhcp.conf", folder / "bench-dhcp.said"
        self._file.write_text(render_dnsmasq(network, Links(base)), "utf-8")
        self._program = program
        self._process: subprocess.Popen[bytes] | None = None
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._keep, name="bench-dhcp", daemon=True)

    def check(self) -> None:
        """Raises Refused when dnsmasq does not take what we wrote, or a box could not be sent what it boots."""
        missing = [name for name in _BOOT_FILES if not (Path(_TFTP_ROOT) / name).is_file()]
        if missing:
            facts = {"missing": ", ".join(missing), "folder": _TFTP_ROOT}
            raise Refused(Fault("ipxe-missing", Where("command"), facts))
        words = [self._program, "--test", f"--conf-file={self._file}"]
        done = subprocess.run(words, capture_output=True, text=True, timeout=30, check=False)  # noqa: S603  # our own words
        if done.returncode != 0:
            why = " ".join(done.stderr.split())[:200]
            raise Refused(Fault("dnsmasq-refused", Where(str(self._file)), {"why": why}))

    def start(self) -> None:
        """Start dnsmasq, and again when it dies. Raises Refused when it ends at once: a port, a right."""
        self._run()
        assert self._process is not None
        try:
            self._process.wait(timeout=_SETTLES_S)
        except subprocess.TimeoutExpired:
            self._thread.start()
        else:
            raise Refused(Fault("dnsmasq-stopped", Where(str(self._file)), {"why": self._why()}))

    def stop(self) -> None:
        """End dnsmasq."""
        self._stopping.set()
        # Again and again: one that was just being started must end too.
        for _ in range(_TRIES_TO_STOP):
            if self._process is not None and self._process.poll() is None:
                self._process.terminate()
            if not self._thread.is_alive():
                return
            self._thread.join(timeout=0.5)
        if self._process is not None:
            self._process.kill()

    def _run(self) -> None:
        words = [self._program, "--keep-in-foreground", f"--conf-file={self._file}", "--pid-file="]
        with self._said.open("wb") as said:
            self._process = subprocess.Popen(words, stderr=said)  # noqa: S603  # our own words

    def _why(self) -> str:
        """The last words of one that ended."""
        return " ".join(self._said.read_text("utf-8", "replace").split())[-200:].strip() or "?"

    def _keep(self) -> None:
        while True:
            assert self._process is not None
            self._process.wait()
            if not self._stopping.is_set():
                log.warning("bench dhcp ended", extra={"event": "bench_dhcp_ended", "why": self._why()})
            if self._stopping.wait(_AGAIN_S):
                return
            self._run()
