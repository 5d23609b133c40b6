"""Edge: how does an official installer image become a stick that asks nothing? xorriso, and a menu with our address."""

import hashlib
import shutil
import subprocess
from pathlib import Path
from tempfile import TemporaryDirectory

from preseed.links import Links
from preseed.media import stick_words
from preseed.releases import Suite
from staging.core.faults import Fault, Refused, Where

_GRUB, _ISOLINUX = "/boot/grub/grub.cfg", "/isolinux/isolinux.cfg"
_SECONDS = 5


def build_stick(image: Path, out: Path, *, sha256: str, suite: Suite, links: Links) -> None:
    """Write an image like the official one whose menu starts our installation after five seconds; one for all boxes.

    image: as downloaded; it is read and never changed. sha256: from Debian's signed SHA256SUMS. Raises Refused when
    the image is another, is no installer's, or xorriso is not here.
    """
    at = Where(image.name)
    if shutil.which("xorriso") is None:
        raise Refused(Fault("xorriso-missing", at))
    found = checksum(image)
    if found != sha256.strip().lower():
        raise Refused(Fault("image-checksum", at, {"found": found[:16], "wanted": sha256.strip()[:16]}))
    with TemporaryDirectory() as scratch:
        folder = Path(scratch)
        _xorriso("-osirrox", "on", "-indev", str(image), "-extract", _GRUB, str(folder / "grub.cfg"), at=at)
        grub = folder / "grub.cfg"
        # Out of an image files come as read-only as they were in it.
        grub.chmod(0o644)
        grub.write_text(grub_menu(suite, links) + grub.read_text("utf-8"), "utf-8")
        (folder / "isolinux.cfg").write_text(isolinux_menu(suite, links), "utf-8")
        out.unlink(missing_ok=True)
        _xorriso(
            "-indev", str(image), "-outdev", str(out), "-boot_image", "any", "replay",
            "-map", str(grub), _GRUB, "-map", str(folder / "isolinux.cfg"), _ISOLINUX, at=at,
        )  # fmt: skip


def checksum(image: Path) -> str:
    """The image's SHA-256, in lower-case digits."""
    digest = hashlib.sha256()
    with image.open("rb") as file:
        while block := file.read(1024 * 1024):
            digest.update(block)
    return digest.hexdigest()


def sum_of(sums: Path, name: str) -> str:
    """The checksum that a SHA256SUMS file gives for a file's name. Raises Refused when it gives none."""
    for line in sums.read_text("utf-8").splitlines():
        found, _, file = line.partition(" ")
        if file.strip().lstrip("*").removeprefix("./") == name:
            return found
    raise Refused(Fault("image-not-listed", Where(sums.name), {"image": name}))


def grub_menu(suite: Suite, links: Links) -> str:
    """What stands before the image's own menu, for UEFI: our entry, chosen by itself."""
    return (
        f"set default=0\nset timeout={_SECONDS}\n"
        "menuentry 'Staging' {\n"
        f"    linux /install.amd/vmlinuz {stick_words(suite, links)}\n"
        "    initrd /install.amd/initrd.gz\n"
        "}\n"
    )


def isolinux_menu(suite: Suite, links: Links) -> str:
    """The whole menu for BIOS; Tab at the prompt still takes other words."""
    return (
        f"path\nprompt 1\ntimeout {_SECONDS * 10}\ndefault staging\n"
        "say Staging: the installation starts by itself\n"
        "label staging\n"
        "    kernel /install.amd/vmlinuz\n"
        f"    append initrd=/install.amd/initrd.gz {stick_words(suite, links)}\n"
    )


def _xorriso(*words: str, at: Where) -> None:
    done = subprocess.run(  # noqa: S603 - our own argument list, no shell
        ["xorriso", "-abort_on", "FATAL", *words],  # noqa: S607 - wherever the system has it
        capture_output=True, text=True, timeout=600, check=False,
    )  # fmt: skip
    if done.returncode != 0:
        why = next((line for line in done.stderr.splitlines() if "FAILURE" in line or "FATAL" in line), "?")
        raise Refused(Fault("image-unusable", at, {"why": why.strip()[:200]}))
