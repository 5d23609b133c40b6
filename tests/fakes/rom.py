"""What does a boot ROM that is no iPXE get? Speaks DHCP and TFTP as Intel's do, and prints what it would start.

Run inside a neighbour of the wire, by Python alone: rom.py ARCHITECTURE. Source: PXE specification 2.1, parts 2 and 3.
"""

import socket
import struct
import sys

_MAC = bytes.fromhex("020000000043")
_COOKIE = b"\x63\x82\x53\x63"
_HERE = "192.0.2.77"
_PATIENCE_S = 8.0


def main(architecture: int) -> None:
    """Print the file and how long its first block is; nothing when nobody offers one."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as wire:
        wire.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
        wire.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, b"eth0")
        wire.bind(("", 68))
        wire.settimeout(_PATIENCE_S)
        name, server = _ask(wire, architecture)
        print(name, len(_first_block(name, server)))


def _ask(wire: socket.socket, architecture: int) -> tuple[str, str]:
    wire.sendto(_message(1, architecture), ("255.255.255.255", 67))
    while True:
        server, name, options = _read(wire.recv(4096))
        if name:
            return name, server
        if options.get(60, b"").startswith(b"PXEClient"):
            # A boot server that only adds to another's addresses is asked a second time, on a port of its own; where it
            # sent a menu, for the type of the menu's first entry.
            menu = dict(_options(options.get(43, b""))).get(9)
            chosen = [(43, bytes((71, 4)) + menu[:2] + b"\x00\x00\xff")] if menu else []
            wire.sendto(_message(3, architecture, *chosen, here=_HERE), (server, 4011))


def _message(kind: int, architecture: int, *more: tuple[int, bytes], here: str = "0.0.0.0") -> bytes:
    head = struct.pack("!BBBBIHH", 1, 1, 6, 0, 0x53544147, 0, 0x8000) + socket.inet_aton(here) + bytes(12)
    head += _MAC.ljust(16, b"\0") + bytes(64 + 128)
    given = [
        (53, bytes((kind,))), (55, bytes((1, 3, 43, 54, 60, 66, 67))), (93, struct.pack("!H", architecture)),
        (94, b"\x01\x02\x01"), (97, b"\0" + bytes(16)),
        (60, f"PXEClient:Arch:{architecture:05}:UNDI:002001".encode()), *more,
    ]  # fmt: skip
    return head + _COOKIE + b"".join(bytes((code, len(body))) + body for code, body in given) + b"\xff"


def _read(answer: bytes) -> tuple[str, str, dict[int, bytes]]:
    """Who offers, which file, and everything else."""
    options = dict(_options(answer[240:]))
    server = answer[20:24] if any(answer[20:24]) else options.get(54, bytes(4))
    name = options.get(67) or answer[108:236]
    return socket.inet_ntoa(server), name.split(b"\0")[0].decode(), options


def _options(body: bytes) -> list[tuple[int, bytes]]:
    found, at = [], 0
    while at < len(body) and body[at] != 255:
        if body[at] == 0:
            at += 1
            continue
        found.append((body[at], body[at + 2 : at + 2 + body[at + 1]]))
        at += 2 + body[at + 1]
    return found


def _first_block(name: str, server: str) -> bytes:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as wire:
        wire.settimeout(_PATIENCE_S)
        wire.sendto(b"\0\x01" + name.encode() + b"\0octet\0", (server, 69))
        answer = wire.recv(4096)
    return answer[4:] if answer[:2] == b"\0\x03" else b""


if __name__ == "__main__":
    main(int(sys.argv[1]))
