"""A bench's wire: a network of its own on this machine, with plugs for a machine, our service, and another DHCP server.

All of it is in a network namespace that ends with the test: nothing outside is seen, and nothing outside sees it.
Whoever is inside `bench_wire()` has that network, and so has each socket and program started there. Needs root.
"""

import ctypes
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

BENCH, MIRROR, OTHER = "192.0.2.1", "192.0.2.2", "192.0.2.254"
"""Our service, the Debian mirror, and the network's own DHCP server."""
PORT, TAP = "br0", "tap0"
"""Our interface on the wire, and the machine's plug."""

_ROM = Path(__file__).with_name("rom.py")
_NEW_NET = 0x40000000
_libc = ctypes.CDLL(None, use_errno=True)


@contextmanager
def bench_wire() -> Iterator[None]:
    """This thread is on the wire, and whatever it starts."""
    home = os.open("/proc/thread-self/ns/net", os.O_RDONLY)
    try:
        _call("unshare", _NEW_NET)
        _ip("link", "set", "lo", "up")
        _ip("link", "add", PORT, "type", "bridge")
        _ip("tuntap", "add", TAP, "mode", "tap")
        _ip("link", "set", TAP, "master", PORT)
        for name in (PORT, TAP):
            _ip("link", "set", name, "up")
        for address in (BENCH, MIRROR):
            _ip("address", "add", f"{address}/24", "dev", PORT)
        yield
    finally:
        _call("setns", home, _NEW_NET)
        os.close(home)


@contextmanager
def other_dhcp(folder: Path) -> Iterator[Path]:
    """The network's own DHCP and name server, on a machine of its own; it knows nothing of booting. Its log."""
    program = shutil.which("dnsmasq") or shutil.which("dnsmasq", path="/usr/sbin")
    assert program is not None, "apt install dnsmasq-base"
    log = folder / "other-dhcp.log"
    words = [
        program, "--keep-in-foreground", "--conf-file=/dev/null", "--no-hosts", "--no-resolv", "--user=root",
        "--bind-interfaces", "--interface=eth0", "--dhcp-range=192.0.2.50,192.0.2.99,1h", f"--address=/preseed/{BENCH}",
        "--log-dhcp", f"--log-facility={log}", "--pid-file=", f"--dhcp-leasefile={folder / 'other-dhcp.leases'}",
    ]  # fmt: skip
    with _neighbour(f'ip address add {OTHER}/24 dev eth0 && exec "$@"', *words):
        yield log


def ask_for_an_address() -> bool:
    """Ask for one as a box does, for some seconds, from a machine of its own; whether it got one."""
    with _neighbour("exec busybox udhcpc -f -n -q -t 5 -T 1 -i eth0 -s /bin/true") as client:
        return client.wait(timeout=60) == 0


def look_up(name: str, kind: str) -> str:
    """What the bench's name server says of a name, to a machine on the wire; it has three seconds."""
    begin = "ip address add 192.0.2.77/24 dev eth0"
    with _neighbour(f'{begin} && exec timeout 3 busybox nslookup "$@"', f"-type={kind}", name, BENCH) as asker:
        assert asker.stdout is not None
        said = asker.stdout.read().decode()
        assert asker.wait(timeout=10) != 124, f"no answer for {name}, {kind}"
    return said


def ask_as_a_rom(architecture: int) -> str:
    """What a boot ROM that is no iPXE would start: a file's name and the length of its first block."""
    begin = "ip address add 192.0.2.77/24 dev eth0"
    with _neighbour(f'{begin} && exec "$@"', sys.executable, "-I", str(_ROM), str(architecture)) as rom:
        assert rom.stdout is not None
        return rom.stdout.read().decode().strip()


@contextmanager
def _neighbour(script: str, *words: str) -> Iterator[subprocess.Popen[bytes]]:
    """A program on a machine of its own, which is plugged into the wire as eth0; ended at the end."""
    begin = "read -r go && ip link set lo up && ip link set eth0 up"
    other = subprocess.Popen(
        ["unshare", "--net", "sh", "-c", f"{begin} && {script}", "sh", *words],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE,
    )  # fmt: skip
    try:
        _until_apart(other.pid)
        plug = f"veth{other.pid}"
        _ip("link", "add", plug, "type", "veth", "peer", "name", "eth0", "netns", str(other.pid))
        _ip("link", "set", plug, "master", PORT)
        _ip("link", "set", plug, "up")
        assert other.stdin is not None
        other.stdin.write(b"go\n")
        other.stdin.close()
        yield other
    finally:
        other.terminate()
        other.wait(timeout=20)
        if other.stdout is not None:
            other.stdout.close()


def _until_apart(pid: int) -> None:
    end = time.monotonic() + 10
    while os.readlink(f"/proc/{pid}/ns/net") == os.readlink("/proc/thread-self/ns/net"):
        assert time.monotonic() < end
        time.sleep(0.02)


def _ip(*words: str) -> None:
    done = subprocess.run(["ip", *words], capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"ip {' '.join(words)}: {done.stderr}"


def _call(name: str, *arguments: int) -> None:
    if getattr(_libc, name)(*arguments) != 0:
        raise OSError(ctypes.get_errno(), f"{name}: root is needed")
