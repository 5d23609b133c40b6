"""What is in the installer's initrd? Unpacks it, to run our scripts under its own shell and its own programs.

The initrd is Debian's package `debian-installer-12-netboot-amd64`; it is never changed and never shipped.
"""

import gzip
import os
import stat
from functools import cache
from pathlib import Path

NETBOOT = Path("/usr/lib/debian-installer/images/12/amd64/text/debian-installer/amd64")
"""Where the package puts kernel and initrd."""

_HEADER, _MAGIC = 110, b"070701"


@cache
def is_here() -> bool:
    """Whether this machine has the installer, and may enter its tree."""
    return (NETBOOT / "initrd.gz").exists() and os.geteuid() == 0


def unpack(into: Path, image: Path = NETBOOT / "initrd.gz") -> Path:
    """The initrd's tree, without its device nodes. Source: cpio's "newc" form, as the kernel documents it."""
    data = gzip.decompress(image.read_bytes())
    at = 0
    while data[at : at + 6] == _MAGIC:
        fields = [int(data[at + 6 + 8 * n : at + 14 + 8 * n], 16) for n in range(13)]
        mode, size, name_size = fields[1], fields[6], fields[11]
        name = data[at + _HEADER : at + _HEADER + name_size - 1].decode()
        body_at = _aligned(at + _HEADER + name_size)
        if name == "TRAILER!!!":
            break
        _put(into / name, mode, data[body_at : body_at + size])
        at = _aligned(body_at + size)
    return into


def _put(path: Path, mode: int, body: bytes) -> None:
    if stat.S_ISDIR(mode):
        path.mkdir(parents=True, exist_ok=True)
    elif stat.S_ISLNK(mode):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.symlink_to(body.decode())
    elif stat.S_ISREG(mode):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(body)
        path.chmod(stat.S_IMODE(mode))


def _aligned(position: int) -> int:
    return (position + 3) & ~3
