"""A machine that boots Debian's real installer: QEMU without KVM, loopback only, keys and pictures over QMP.

It runs in a network namespace of its own, in which there is nothing: so it may be given a gateway and a name server as
a bench gives them (QEMU's own `restrict` leaves both out, and the installer then asks for them), and still reaches
nothing but the ports that are handed to it. On a wire (`tests/fakes/wire.py`) it is plugged into that. Needs root.
"""

import json
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from PIL import Image

_KEYS: Mapping[str, str] = {".": "dot", "/": "slash", "-": "minus", ":": "shift-semicolon", " ": "spc"}
"""A US keyboard's key for what is no letter or digit; the installer reads every keyboard as one."""


OVMF = Path("/usr/share/OVMF/OVMF_CODE_4M.fd")
"""Where the package ovmf puts UEFI."""

# QEMU's forwarding speaks to itself over the namespace's own loopback.
_ALONE = ("unshare", "--net", "sh", "-c", 'busybox ip link set lo up && exec "$@"', "sh")

_GREY, _BLUE = (170, 170, 170), (0, 0, 170)
"""Of the installer's windows, and of what is behind them."""


@dataclass
class Machine:
    """One machine. forwards: guest address and port that lead to a port of this machine; nothing else is reachable.

    boot: QEMU's words for a kernel, or none: then it boots from the network, and from its first disk when told to.
    bootfile: what the DHCP answer names as boot file. tap: the plug of a wire, on which it then is, with nothing
    forwarded. uefi: it has UEFI in place of a BIOS, whose own network boot is not iPXE. secure: Secure Boot is on, so
    it starts nothing that is not signed.
    """

    folder: Path
    serial: str
    forwards: Mapping[tuple[str, int], int]
    boot: Sequence[str] = ("-boot", "order=nc")
    bootfile: str = ""
    memory_mb: int = 1024
    more: Sequence[str] = ()
    tap: str = ""
    uefi: bool = False
    secure: bool = False
    _process: subprocess.Popen[bytes] | None = field(default=None, init=False)
    _qmp: socket.socket | None = field(default=None, init=False)
    _file: Any = field(default=None, init=False)

    def start(self) -> None:
        qemu = shutil.which("qemu-system-x86_64")
        assert qemu is not None, "apt install qemu-system-x86 ipxe-qemu"
        command = [
            *([] if self.tap else _ALONE),
            qemu, "-accel", "tcg,thread=multi", "-m", str(self.memory_mb), "-smp", "1",
            "-display", "none", "-vga", "std",
            *self.boot,
            *(self._firmware() if self.uefi else ()),
            "-smbios", f"type=1,manufacturer=Shuttle,product=DH470,serial={self.serial}",
            "-netdev", self._plug(), "-device", f"{self._card()},netdev=net,mac=02:00:00:00:00:42",
            "-serial", f"file:{self.folder / 'kernel.log'}", "-qmp", f"unix:{self.folder / 'qmp'},server=on,wait=off",
            *self.more,
        ]  # fmt: skip
        self._process = subprocess.Popen(command)
        self._connect()

    def _plug(self) -> str:
        if self.tap:
            return f"tap,id=net,ifname={self.tap},script=no,downscript=no"
        # A connection of its own for each of the guest's, back in our namespace; QEMU's own forwarding knows only one.
        home = f"{shutil.which('nsenter')} --net=/proc/{os.getpid()}/ns/net {shutil.which('busybox')}"
        forwards = "".join(
            f",guestfwd=tcp:{host}:{port}-cmd:{home} nc 127.0.0.1 {here}"
            for (host, port), here in self.forwards.items()
        )
        return f"user,id=net{f',bootfile={self.bootfile}' if self.bootfile else ''}{forwards}"

    def _card(self) -> str:
        # UEFI has a driver for this card, and no ROM beside it: its own network boot is what runs.
        return f"{'virtio-net-pci,romfile=' if self.uefi else 'e1000'},bootindex=1"

    def _firmware(self) -> Sequence[str]:
        """UEFI, with variables of this machine's own; for Secure Boot with Microsoft's keys in them, as it is sold."""
        code = OVMF.with_name("OVMF_CODE_4M.ms.fd") if self.secure else OVMF
        assert code.exists(), "apt install ovmf"
        variables = self.folder / "variables.fd"
        shutil.copy(OVMF.with_name("OVMF_VARS_4M.ms.fd" if self.secure else "OVMF_VARS_4M.fd"), variables)
        flash = "if=pflash,format=raw,unit"
        guard = ("-machine", "q35,smm=on", "-global", "driver=cfi.pflash01,property=secure,value=on")
        drives = ("-drive", f"{flash}=0,readonly=on,file={code}", "-drive", f"{flash}=1,file={variables}")
        return (*(guard if self.secure else ()), *drives)

    def stop(self) -> None:
        for held in (self._file, self._qmp):
            if held is not None:
                held.close()
        if self._process is not None:
            self._process.terminate()
            self._process.wait(timeout=20)

    def type(self, text: str) -> None:
        """Press the keys of a text, one by one, as a person does."""
        for char in text:
            self.press(_KEYS.get(char, char))

    def press(self, key: str) -> None:
        self._ask("human-monitor-command", **{"command-line": f"sendkey {key}"})
        time.sleep(0.4)

    def picture(self, path: Path) -> bytes:
        """What is on the screen now, as a PNG."""
        self._ask("screendump", filename=str(path), format="png")
        return path.read_bytes()

    def wait_for_prompt(self, *, seconds: float) -> None:
        """Wait until the installer asks for something to be typed: its grey window is larger than a bar's."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self.picture(self.folder / "look.png")
            if self._part(_GREY) > 0.3 and self._part(_BLUE) > 0.3:
                return
            time.sleep(3)
        raise AssertionError(f"no prompt on the screen in {seconds} s")

    def _part(self, wanted: tuple[int, int, int]) -> float:
        """How much of the last picture has a colour."""
        with Image.open(self.folder / "look.png") as picture:
            colours = picture.convert("RGB").getcolors(maxcolors=2**20) or []
            return sum(count for count, colour in colours if colour == wanted) / (picture.width * picture.height)

    def _connect(self) -> None:
        end = time.monotonic() + 20
        while True:
            try:
                self._qmp = socket.socket(socket.AF_UNIX)
                self._qmp.connect(str(self.folder / "qmp"))
                break
            except OSError:
                self._qmp.close()
                assert time.monotonic() < end, "QEMU does not answer"
                time.sleep(0.2)
        self._file = self._qmp.makefile("rw")
        self._file.readline()
        self._ask("qmp_capabilities")

    def _ask(self, command: str, **arguments: Any) -> Any:
        self._file.write(json.dumps({"execute": command, "arguments": arguments}) + "\n")
        self._file.flush()
        while True:
            answer = json.loads(self._file.readline())
            if "return" in answer:
                return answer["return"]
            assert "error" not in answer, answer
