"""Edge: how does an official installer image become a stick that asks nothing? xorriso, and our entry in its menus."""

import errno
import hashlib
import os
import re
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory

from preseed.links import Links
from preseed.media import stick_words
from preseed.releases import Suite
from staging.core.faults import Fault, Refused, Where

_INFO, _KERNEL, _SUMS = "/.disk/info", "/install.amd/vmlinuz", "/md5sum.txt"
_GRUB, _ISOLINUX = "/boot/grub/grub.cfg", "/isolinux/isolinux.cfg"
_SECONDS = 5
_PATIENCE_S = 600
_LONGEST_SUMS = 1024 * 1024


def build_stick(image: Path, out: Path, *, sha256: str, suite: Suite, links: Links) -> None:
    """Write an image like the official one whose menu starts our installation after five seconds; one for all boxes.

    image: as downloaded; it is read and never changed. sha256: from Debian's signed SHA256SUMS. Raises Refused when
    the image is another, is no installer of this release for amd64, cannot be written, or xorriso is not here.
    """
    at = Where(image.name)
    if shutil.which("xorriso") is None:
        raise Refused(Fault("xorriso-missing", at))
    if (out.exists() and not out.is_file()) or out.resolve() == image.resolve():
        raise Refused(Fault("stick-place", Where(str(out))))
    found = checksum(image)
    if found != sha256.strip().lower():
        raise Refused(Fault("image-checksum", at, {"found": found[:16], "wanted": sha256.strip()[:16]}))
    with TemporaryDirectory() as scratch:
        inside = {path: _extracted(image, path, Path(scratch)) for path in (_INFO, _KERNEL, _GRUB, _ISOLINUX, _SUMS)}
        _check_release(_text(inside[_INFO]), suite, at)
        menus = {_GRUB: grub_menu(_text(inside[_GRUB]), suite, links), _ISOLINUX: isolinux_menu(suite, links)}
        sums = _summed(_text(inside[_SUMS]), menus)
        _write(image, out, {**menus, _SUMS: sums}, Path(scratch))


def checksum(image: Path) -> str:
    """The image's SHA-256, in lower-case digits."""
    with image.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def sum_of(sums: Path, name: str) -> str:
    """The checksum that a SHA256SUMS file gives for a file's name. Raises Refused when it gives none."""
    with sums.open("rb") as file:
        # Whoever gives the image itself in its place is told that it names nothing.
        text = file.read(_LONGEST_SUMS).decode("utf-8", "replace")
    for line in text.splitlines():
        found, _, named = line.partition(" ")
        if named.strip().lstrip("*").removeprefix("./") == name:
            return found
    raise Refused(Fault("image-not-listed", Where(sums.name), {"image": name}))


def grub_menu(own: str, suite: Suite, links: Links) -> str:
    """The menu for UEFI: our entry, chosen by itself, then what the image's own menu has.

    Source: GRUB takes entries in the order of the file, and of each setting the last one.
    """
    return (
        "# Made by: staging preseed boot-media iso\n"
        "menuentry --hotkey=b 'Staging bench: install without a question' {\n"
        f"    linux /install.amd/vmlinuz {stick_words(suite, links)}\n"
        "    initrd /install.amd/initrd.gz\n"
        "}\n"
        f"{own.rstrip()}\n"
        f"set default=0\nset timeout_style=menu\nset timeout={_SECONDS}\n"
    )


def isolinux_menu(suite: Suite, links: Links) -> str:
    """The menu for BIOS: our entry, chosen by itself, and the image's own menu behind a second one.

    Source: isolinux takes of each setting the last one; Debian's own menu starts the speech installer after 30 s.
    """
    return (
        "# Made by: staging preseed boot-media iso\n"
        "path\nprompt 0\n"
        "include stdmenu.cfg\n"
        "menu title Staging bench\n"
        "label staging\n"
        "    menu label Staging ^bench: install without a question\n"
        "    menu default\n"
        "    kernel /install.amd/vmlinuz\n"
        f"    append initrd=/install.amd/initrd.gz {stick_words(suite, links)}\n"
        "menu begin debian\n"
        "    menu label ^Debian's own menu\n"
        "    label back\n"
        "        menu label ^Back..\n"
        "        menu exit\n"
        "    include menu.cfg\n"
        "menu end\n"
        f"timeout {_SECONDS * 10}\n"
        "ontimeout staging\n"
        "menu autoboot Staging starts by itself in # second{,s}\n"
        # Last: Debian's own menu names defaults of its own, and would start the one that it names last at once.
        "default vesamenu.c32\n"
    )


def _check_release(info: str, suite: Suite, at: Where) -> None:
    """An image says what it is: Debian GNU/Linux 12.12.0 "Bookworm" - Official amd64 NETINST 20250906-10:22."""
    said = re.match(r'Debian GNU/Linux [^"]*"([A-Za-z]+)".*\bamd64\b', info)
    if said is None or said[1].lower() != suite:
        found = "".join(char for char in info.strip() if char.isprintable())[:80]
        raise Refused(Fault("image-other", at, {"found": found, "suite": suite}))


def _summed(own: str, changed: Mapping[str, str]) -> str:
    """The image's own list of sums, right again for what we changed: its menu offers to check the medium with it."""
    lines = own
    for path, text in changed.items():
        found = hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()
        lines = re.sub(rf"(?m)^[0-9a-f]{{32}}(  \.{re.escape(path)})$", rf"{found}\1", lines)
    return lines


def _extracted(image: Path, path: str, scratch: Path) -> Path:
    """A file of the image, laid into a folder."""
    file = scratch / path.strip("/").replace("/", "-")
    why = _xorriso("-osirrox", "on", "-indev", str(image), "-extract", path, str(file))
    if why:
        raise Refused(Fault("image-unusable", Where(image.name), {"why": why}))
    return file


def _text(file: Path) -> str:
    return file.read_bytes().decode("utf-8", "replace")


def _write(image: Path, out: Path, changed: Mapping[str, str], scratch: Path) -> None:
    """The image with other files in some places; what makes it start, from a stick and from a disc, stays as it was."""
    words: list[str] = []
    for number, (path, text) in enumerate(changed.items()):
        file = scratch / f"changed-{number}"
        file.write_text(text, "utf-8")
        words += ["-map", str(file), path]
    # Whole or not at all: half an image would start, and stop somewhere.
    part = out.with_name(f"{out.name}.part")
    try:
        part.unlink(missing_ok=True)
        why = _xorriso("-indev", str(image), "-outdev", str(part), "-boot_image", "any", "replay", *words)
        if not why:
            part.replace(out)
        part.unlink(missing_ok=True)
    except OSError as error:
        why = error.strerror or "?"
    if why:
        raise Refused(Fault("stick-unwritable", Where(str(out)), {"why": why}))


def _xorriso(*words: str) -> str:
    """Run it; what it complains of, or nothing."""
    try:
        # What it says may hold an image's file names, whatever their letters.
        done = subprocess.run(  # noqa: S603 - our own argument list, no shell
            ["xorriso", "-abort_on", "FATAL", *words],  # noqa: S607 - wherever the system has it
            capture_output=True, text=True, errors="replace", timeout=_PATIENCE_S, check=False,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        return os.strerror(errno.ETIME)
    if done.returncode == 0:
        return ""
    return next((line for line in done.stderr.splitlines() if "FAILURE" in line or "FATAL" in line), "?").strip()[:200]
