"""Who gives the bench its addresses? dnsmasq, run by us on one named interface, for as long as the service runs."""

import fcntl
import shutil
import socket
import struct
import subprocess
import threading
from pathlib import Path

from preseed.links import Links
from preseed.media import BenchNetwork, render_dnsmasq
from staging.core.faults import Fault, Refused, Where

_SIOCGIFADDR = 0x8915
_TFTP_ROOT = "/usr/lib/ipxe"
_TRIES_TO_STOP = 20


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
        network = BenchNetwork(interface, address_of(interface), pool, domain, _TFTP_ROOT)
        folder.mkdir(parents=True, exist_ok=True)
        self._file = folder / "bench-dhcp.conf"
        text = render_dnsmasq(network, Links(base))
        if not Path(_TFTP_ROOT).is_dir():
            # Without iPXE's files dnsmasq would not start at all; addresses and names are worth having alone.
            text = "".join(line for line in text.splitlines(keepends=True) if "tftp" not in line)
        self._file.write_text(text, "utf-8")
        self._program = program
        self._process: subprocess.Popen[bytes] | None = None
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._keep, name="bench-dhcp", daemon=True)

    def check(self) -> None:
        """Raises Refused when dnsmasq does not take what we wrote."""
        words = [self._program, "--test", f"--conf-file={self._file}"]
        done = subprocess.run(words, capture_output=True, text=True, timeout=30, check=False)  # noqa: S603  # our own words
        if done.returncode != 0:
            why = " ".join(done.stderr.split())[:200]
            raise Refused(Fault("dnsmasq-refused", Where(str(self._file)), {"why": why}))

    def start(self) -> None:
        """Start dnsmasq, and again when it dies."""
        self._thread.start()

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

    def _keep(self) -> None:
        while not self._stopping.is_set():
            words = [self._program, "--keep-in-foreground", f"--conf-file={self._file}", "--pid-file="]
            self._process = subprocess.Popen(words)  # noqa: S603  # our own words
            self._process.wait()
            self._stopping.wait(5)
