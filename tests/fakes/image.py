"""What does Debian's own installer image look like? One laid out as it is, of the parts that Debian's packages give.

Menus, kernel and first image are those of the network installer's package (there is none of the stick's own), moved to
where a stick has them; what starts it is of isolinux, shim and GRUB, the signed ones, as on the official image.
"""

import hashlib
import re
import subprocess
from collections.abc import Mapping
from pathlib import Path

from tests.fakes.initrd import NETBOOT

NETINST = 'Debian GNU/Linux 12.12.0 "Bookworm" - Official amd64 NETINST with firmware 20250906-10:22\n'
"""What an official image says of itself in /.disk/info."""

_SPEECH = """menu autoboot Press a key, otherwise speech synthesis will be started in # second{,s}...
timeout 300
ontimeout /install.amd/vmlinuz vga=788 initrd=/install.amd/initrd.gz speakup.synth=soft --- quiet
"""
"""The stick's menu starts the speech installer by itself; the network's has no such file."""

_SYSLINUX = Path("/usr/lib/syslinux/modules/bios")
_MBR, _ISOLINUX = Path("/usr/lib/ISOLINUX/isohdpfx.bin"), Path("/usr/lib/ISOLINUX/isolinux.bin")
_SHIM, _GRUB = Path("/usr/lib/shim/shimx64.efi.signed"), Path("/usr/lib/grub/x86_64-efi-signed/gcdx64.efi.signed")
PACKAGES = "xorriso isolinux syslinux-common mtools shim-signed grub-efi-amd64-signed debian-installer-12-netboot-amd64"


def make_image(folder: Path, name: str = "debian-12.12.0-amd64-netinst.iso", *, info: str = NETINST) -> Path:
    """An installer image for stick and disc, BIOS and UEFI; and beside it SHA256SUMS, as Debian publishes it."""
    missing = [one for one in (_MBR, _ISOLINUX, _SYSLINUX, _SHIM, _GRUB, NETBOOT / "initrd.gz") if not one.exists()]
    assert not missing, f"apt install {PACKAGES} (missing: {missing})"
    tree = folder / "tree"
    _put(tree / ".disk/info", info.encode())
    for ours, theirs in (("vmlinuz", "linux"), ("initrd.gz", "initrd.gz")):
        _put(tree / "install.amd" / ours, (NETBOOT / theirs).read_bytes())
    _isolinux(tree / "isolinux")
    _grub(tree)
    _sums(tree)
    image = folder / name
    _run(
        "xorriso", "-as", "mkisofs", "-quiet", "-r", "-V", "Debian 12.12.0 amd64 n", "-o", str(image), "-J",
        "-joliet-long", "-isohybrid-mbr", str(_MBR), "-b", "isolinux/isolinux.bin", "-c", "isolinux/boot.cat",
        "-boot-load-size", "4", "-boot-info-table", "-no-emul-boot", "-eltorito-alt-boot", "-e", "boot/grub/efi.img",
        "-no-emul-boot", "-isohybrid-gpt-basdat", "-isohybrid-apm-hfsplus", str(tree),
    )  # fmt: skip
    found = hashlib.sha256(image.read_bytes()).hexdigest()
    (folder / "SHA256SUMS").write_text(f"{'0' * 64}  debian-12.12.0-amd64-DVD-1.iso\n{found}  {name}\n")
    return image


def make_start(file: Path, texts: Mapping[str, str] | None = None) -> None:
    """A file system from which UEFI starts shim and GRUB, with texts beside them."""
    missing = [one for one in (_SHIM, _GRUB) if not one.exists()]
    assert not missing, f"apt install {PACKAGES} (missing: {missing})"
    with file.open("wb") as room:
        room.truncate(16 * 2**20)
    _run("mformat", "-i", str(file), "-T", str(16 * 2**11), "-h", "64", "-s", "32", "::")
    folders = ["efi", "efi/boot", *(sorted({part for name in texts or {} for part in _folders(name)}))]
    _run("mmd", "-i", str(file), *(f"::/{one}" for one in folders))
    _run("mcopy", "-i", str(file), str(_SHIM), "::/efi/boot/bootx64.efi")
    _run("mcopy", "-i", str(file), str(_GRUB), "::/efi/boot/grubx64.efi")
    for name, text in (texts or {}).items():
        scratch = file.with_suffix(".text")
        scratch.write_text(text)
        _run("mcopy", "-i", str(file), str(scratch), f"::/{name}")


def _folders(name: str) -> list[str]:
    return [str(parent) for parent in Path(name).parents if str(parent) != "."]


def _isolinux(folder: Path) -> None:
    _put(folder / "isolinux.bin", _ISOLINUX.read_bytes())
    for module in ("ldlinux", "vesamenu", "libcom32", "libutil"):
        _put(folder / f"{module}.c32", (_SYSLINUX / f"{module}.c32").read_bytes())
    screens = NETBOOT / "boot-screens"
    for file in (*screens.glob("*.cfg"), *screens.glob("*.txt"), screens / "splash.png"):
        body = file.read_bytes()
        if file.suffix == ".cfg":
            body = _moved(body.decode()).encode()
        _put(folder / file.name.replace("syslinux.cfg", "isolinux.cfg"), body)
    for absent in re.findall(r"include (\S+)", (folder / "menu.cfg").read_text()):
        # The graphical entries, which the network installer's package in text has not.
        (folder / absent).touch()
    _put(folder / "spkgtk.cfg", _SPEECH.encode())


def _moved(menu: str) -> str:
    """A menu of the network installer, with the stick's places."""
    menu = menu.replace("debian-installer/amd64/boot-screens/", "")
    return re.sub(r"/?debian-installer/amd64/(linux|initrd\.gz)", _stick_place, menu)


def _stick_place(found: re.Match[str]) -> str:
    return {"linux": "/install.amd/vmlinuz", "initrd.gz": "/install.amd/initrd.gz"}[found[1]]


def _grub(tree: Path) -> None:
    folder = tree / "boot/grub"
    _put(folder / "grub.cfg", _moved((NETBOOT / "grub/grub.cfg").read_text()).encode())
    _put(folder / "font.pf2", (NETBOOT / "grub/font.pf2").read_bytes())
    _put(folder / "x86_64-efi/grub.cfg", b"source /boot/grub/grub.cfg\n")
    for module in (NETBOOT / "grub/x86_64-efi").glob("*.*"):
        if module.name != "grub.cfg":
            _put(folder / "x86_64-efi" / module.name, module.read_bytes())
    make_start(folder / "efi.img")


def _sums(tree: Path) -> None:
    """What the menu's "check the medium" reads; what starts the image is not in it."""
    files = sorted(path for path in tree.rglob("*") if path.is_file() and path.name != "isolinux.bin")
    lines = [f"{hashlib.md5(file.read_bytes()).hexdigest()}  ./{file.relative_to(tree)}\n" for file in files]
    _put(tree / "md5sum.txt", "".join(lines).encode())


def _put(path: Path, body: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(body)


def _run(*words: str) -> None:
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{words[0]}: {done.stderr}"
