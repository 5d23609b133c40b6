"""A machine that boots Debian's real installer: QEMU without KVM, loopback only, keys and pictures over QMP.

It runs in a network namespace of its own, in which there is nothing: so it may be given a gateway and a name server as
a bench gives them (QEMU's own `restrict` leaves both out, and the installer then asks for them), and still reaches
nothing but the ports that are handed to it. Needs root.
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


_GREY, _BLUE = (170, 170, 170), (0, 0, 170)
"""Of the installer's windows, and of what is behind them."""


@dataclass
class Machine:
    """One machine. forwards: guest address and port that lead to a port of this machine; nothing else is reachable.

    boot: QEMU's words for a kernel, or none: then it boots from the network, and from its first disk when told to.
    bootfile: what the DHCP answer names as boot file.
    """

    folder: Path
    serial: str
    forwards: Mapping[tuple[str, int], int]
    boot: Sequence[str] = ("-boot", "order=nc")
    bootfile: str = ""
    memory_mb: int = 1024
    more: Sequence[str] = ()
    _process: subprocess.Popen[bytes] | None = field(default=None, init=False)
    _qmp: socket.socket | None = field(default=None, init=False)
    _file: Any = field(default=None, init=False)

    def start(self) -> None:
        qemu = shutil.which("qemu-system-x86_64")
        assert qemu is not None, "apt install qemu-system-x86 ipxe-qemu"
        # A connection of its own for each of the guest's, back in our namespace; QEMU's own forwarding knows only one.
        busybox = shutil.which("busybox")
        home = f"{shutil.which('nsenter')} --net=/proc/{os.getpid()}/ns/net {busybox}"
        forwards = "".join(
            f",guestfwd=tcp:{host}:{port}-cmd:{home} nc 127.0.0.1 {here}"
            for (host, port), here in self.forwards.items()
        )
        bootfile = f",bootfile={self.bootfile}" if self.bootfile else ""
        command = [
            # QEMU's forwarding speaks to itself over the namespace's own loopback.
            "unshare", "--net", "sh", "-c", f'{busybox} ip link set lo up && exec "$@"', "sh",
            qemu, "-accel", "tcg,thread=multi", "-m", str(self.memory_mb), "-smp", "1",
            "-display", "none", "-vga", "std",
            *self.boot,
            "-smbios", f"type=1,manufacturer=Shuttle,product=DH470,serial={self.serial}",
            "-netdev", f"user,id=net{bootfile}{forwards}", "-device", "e1000,netdev=net,mac=02:00:00:00:00:42",
            "-serial", f"file:{self.folder / 'kernel.log'}", "-qmp", f"unix:{self.folder / 'qmp'},server=on,wait=off",
            *self.more,
        ]  # fmt: skip
        self._process = subprocess.Popen(command)
        self._connect()

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
