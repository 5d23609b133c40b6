"""Which of Debian's components can be had here? Fetched with this machine's own apt, and laid out as a small mirror.

What the installer downloads of itself (its udebs) is not served by every mirror. Those that are missing are made of the
ordinary package of the same version (`_STAND_INS`); all others are the real ones, whose signed list apt has checked.
The small mirror's own list is not signed, so its installer is told `debian-installer/allow_unauthenticated=true`. The
new system's apt, which that question does not reach, is told by one more part of our own (`_trusting_part`).
"""

import gzip
import hashlib
import re
import shutil
import subprocess
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

ROOTS = (
    "apt-setup-udeb", "base-installer", "bootstrap-base", "clock-setup", "di-utils-mapdevfs", "finish-install",
    "grub-installer", "partman-auto", "partman-base", "partman-basicfilesystems", "partman-efi", "partman-ext3",
    "partman-target", "pkgsel", "user-setup-udeb", "tzsetup-udeb", "disk-detect",
    "ext4-modules-{kernel}-di", "scsi-modules-{kernel}-di", "sata-modules-{kernel}-di",
)  # fmt: skip
"""What an installation on one disk needs of the installer; other file systems and remote disks are left out."""

_LEFT_OUT = re.compile(r"btrfs|jfs|xfs|iscsi|ntfs|raid|firewire|pcmcia|isns|mdadm|md-modules|cdrom|partman-(md|cros)")

_STAND_INS: Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "e2fsprogs-udeb": (
        ("e2fsprogs", "libext2fs2t64", "libcom-err2"),
        ("mke2fs", "mkfs.ext", "e2fsck", "fsck.ext", "libext2fs.so", "libe2p.so", "libcom_err.so"),
    ),
    "libmount1-udeb": (("libmount1",), ("libmount.so",)),
    "ext4-modules-": (("linux-image-{kernel}",), ("/fs/ext4/", "/fs/jbd2/")),
    "scsi-modules-": (
        ("linux-image-{kernel}",),
        ("/nvme/host/", "/nvme/common/", "virtio_blk.ko", "/t10-pi", "crc64", "crc-t10dif", "crct10dif"),
    ),
    "sata-modules-": (("linux-image-{kernel}",), ("/ata/ahci", "/ata/libahci")),
    "ata-modules-": (("linux-image-{kernel}",), ("/ata/libata", "/ata/ata_piix", "/ata/ata_generic")),
}
"""A udeb's name, or how it begins → the packages of its source, and what of their files is taken."""

_TRUST = """#!/bin/sh
echo 'Acquire::AllowInsecureRepositories "true";' >/target/etc/apt/apt.conf.d/00small-mirror
"""

_SYSTEM = (
    "linux-image-amd64", "grub-pc", "openssh-server", "ca-certificates", "curl", "busybox",
    "initramfs-tools", "zstd", "console-setup", "keyboard-configuration", "locales", "tasksel", "eject",
    "laptop-detect", "os-prober", "discover", "installation-report", "popularity-contest",
)  # fmt: skip
"""What is installed beside the packages of priority required and important."""


@dataclass(frozen=True, slots=True)
class Apt:
    """This machine's apt with a folder of its own: another release, the installer's list, nothing installed."""

    folder: Path
    suite: str

    def update(self) -> None:
        for name in ("lists/partial", "cache/archives/partial", "debs"):
            (self.folder / name).mkdir(parents=True, exist_ok=True)
        # apt's own user fetches into these.
        (self.folder / "debs").chmod(0o777)
        (self.folder / "empty").touch()
        keys = "/usr/share/keyrings/debian-archive-keyring.gpg"
        line = f"deb [signed-by={keys}] {_mirror_of_this_machine()} {self.suite} main main/debian-installer\n"
        (self.folder / "sources.list").write_text(line)
        self._run("apt-get", "update")

    def paragraphs(self, part: str) -> Iterator[str]:
        """The entries of a signed list: part is `main_binary` or `main_debian-installer_binary`."""
        (listed,) = (self.folder / "lists").glob(f"*_{self.suite}_{part}-amd64_Packages*")
        done = subprocess.run(
            ["/usr/lib/apt/apt-helper", "cat-file", str(listed)], capture_output=True, text=True, check=True
        )
        return (entry for entry in done.stdout.split("\n\n") if entry.strip())

    def download(self, package: str) -> Path | None:
        """One package's file; None when the mirror does not have it."""
        begins = f"{package}_"
        if not self._file(begins) and not self._run("apt-get", "download", package, check=False):
            return None
        return self._file(begins)

    def install_into_nothing(self, packages: Sequence[str]) -> list[Path]:
        """The files of packages and of everything that they need."""
        self._run("apt-get", "install", "--download-only", "--yes", "--no-install-recommends", *packages)
        return sorted((self.folder / "cache/archives").glob("*.deb"))

    def _file(self, begins: str) -> Path | None:
        return next((file for file in (self.folder / "debs").iterdir() if file.name.startswith(begins)), None)

    def _run(self, program: str, *words: str, check: bool = True) -> bool:
        options = {
            "Dir::Etc::sourcelist": self.folder / "sources.list",
            "Dir::Etc::sourceparts": "/dev/null",
            "Dir::State::lists": self.folder / "lists",
            "Dir::State::status": self.folder / "empty",
            "Dir::Cache": self.folder / "cache",
            "Acquire::Languages": "none",
        }
        given = [word for name, value in options.items() for word in ("-o", f"{name}={value}")]
        done = subprocess.run(
            [program, *given, *words], cwd=self.folder / "debs", capture_output=True, text=True, check=False
        )
        assert done.returncode == 0 or not check, done.stderr
        return done.returncode == 0


def _mirror_of_this_machine() -> str:
    """The address under which this machine's apt finds Debian itself."""
    words = ["apt-get", "indextargets", "--format", "$(REPO_URI) $(ORIGIN) $(LABEL)", "Created-By: Packages"]
    done = subprocess.run(words, capture_output=True, text=True, check=True)
    found = [line.split()[0] for line in done.stdout.splitlines() if line.split()[1:] == ["Debian", "Debian"]]
    assert found, "this machine's apt knows no Debian mirror: apt-get update"
    return found[0]


def field(paragraph: str, name: str) -> str:
    """One field of an entry; empty when it has none."""
    found = re.search(rf"^{name}: *(.*)$", paragraph, re.MULTILINE)
    return found[1] if found else ""


@dataclass(frozen=True, slots=True)
class Had:
    """What the small mirror holds: how many real parts of the installer, and which were made of other packages."""

    real: tuple[str, ...]
    made: tuple[str, ...]
    missing: tuple[str, ...]
    system: int


def put_installer(apt: Apt, out: Path, number: str, netboot: str) -> Path:
    """Lay the installer's own kernel and first image where a mirror has them; the image's path."""
    package = apt.download(f"debian-installer-{number}-netboot-amd64")
    assert package is not None, f"no installer of Debian {number} to be had here"
    unpacked = apt.folder / "installer"
    if not unpacked.exists():
        unpacked.mkdir()
        subprocess.run(["dpkg-deb", "-x", str(package), str(unpacked)], check=True)
    (found,) = unpacked.rglob("text/debian-installer/amd64/initrd.gz")
    (out / netboot).mkdir(parents=True)
    for name in ("linux", "initrd.gz"):
        (out / netboot / name).symlink_to(found.with_name(name))
    return found


def make_mirror(apt: Apt, out: Path, *, kernel: str, installed: frozenset[str]) -> Had:
    """Lay a mirror out. kernel: the installer's; installed: the parts that are in its first image already."""
    index = _usable(apt.paragraphs("main_debian-installer_binary"), kernel)
    roots = [name.format(kernel=kernel) for name in ROOTS]
    udebs: list[str] = []
    real, made, missing = [], [], []
    for name in _closure(roots, index, installed):
        file = apt.download(name)
        if file is not None:
            udebs.append(_put(out, index[name], file))
            real.append(name)
        elif (file := _stand_in(apt, name, index[name], kernel)) is not None:
            udebs.append(_put(out, _measured(index[name], file), file))
            made.append(name)
        else:
            missing.append(name)
    udebs.append(_trusting_part(apt, out))
    debs = _system(apt, out)
    _write_lists(out, apt.suite, {"main": debs, "main/debian-installer": udebs})
    return Had(tuple(real), tuple(made), tuple(missing), len(debs))


def _usable(paragraphs: Iterable[str], kernel: str) -> dict[str, str]:
    return {
        field(entry, "Package"): entry
        for entry in paragraphs
        if field(entry, "Kernel-Version") in ("", kernel) and not _LEFT_OUT.search(field(entry, "Package"))
    }


def _closure(roots: Sequence[str], index: Mapping[str, str], installed: frozenset[str]) -> list[str]:
    """The roots and what they need, without what is there already."""
    found: list[str] = []
    todo = list(roots)
    while todo:
        name = todo.pop(0)
        if name in found or name in installed or name not in index:
            continue
        found.append(name)
        todo += [re.split(r"[ (|:]", one.strip())[0] for one in field(index[name], "Depends").split(",") if one.strip()]
    return found


def _stand_in(apt: Apt, name: str, entry: str, kernel: str) -> Path | None:
    """A udeb with the files of ordinary packages, which the release built of the same source."""
    recipe = next((recipe for begin, recipe in _STAND_INS.items() if name.startswith(begin)), None)
    if recipe is None:
        return None
    packages, wanted = recipe
    tree, out = apt.folder / "made" / name, apt.folder / "made" / f"{name}.udeb"
    shutil.rmtree(tree, ignore_errors=True)
    (tree / "DEBIAN").mkdir(parents=True)
    for package in packages:
        file = apt.download(package.format(kernel=kernel))
        if file is None:
            return None
        _take(file, tree, wanted, apt.folder / "unpacked" / file.stem)
    kept = (
        "Package",
        "Version",
        "Architecture",
        "Depends",
        "Provides",
        "Priority",
        "Kernel-Version",
        "Installer-Menu-Item",
    )
    lines = [f"{one}: {field(entry, one)}" for one in kept if field(entry, one)]
    more = ["Section: debian-installer", "Maintainer: staging <staging@localhost>", "Description: stand-in"]
    (tree / "DEBIAN/control").write_text("\n".join(lines + more) + "\n")
    subprocess.run(["dpkg-deb", "-Zgzip", "--build", str(tree), str(out)], check=True, capture_output=True)
    return out


def _trusting_part(apt: Apt, out: Path) -> str:
    """A udeb that lets the new system's apt read lists without a signature; being standard, it is always loaded."""
    name = "small-mirror-udeb"
    tree, file = apt.folder / "made" / name, apt.folder / "made" / f"{name}.udeb"
    shutil.rmtree(tree, ignore_errors=True)
    hook = tree / "usr/lib/base-installer.d/05small-mirror"
    for folder in (tree / "DEBIAN", hook.parent):
        folder.mkdir(parents=True)
    hook.write_text(_TRUST)
    hook.chmod(0o755)
    lines = [f"Package: {name}", "Version: 1", "Architecture: all", "Priority: standard", "Section: debian-installer"]
    lines += ["Maintainer: staging <staging@localhost>", "Description: trust in a mirror without a signature"]
    (tree / "DEBIAN/control").write_text("\n".join(lines) + "\n")
    subprocess.run(["dpkg-deb", "-Zgzip", "--build", str(tree), str(file)], check=True, capture_output=True)
    return _put(out, _measured("\n".join([*lines, f"Filename: pool/{name}_1_all.udeb"]), file), file)


def _take(file: Path, tree: Path, wanted: Sequence[str], unpacked: Path) -> None:
    """The wanted files of a package, where an installer looks for them: it has no merged /usr."""
    if not unpacked.exists():
        unpacked.mkdir(parents=True)
        subprocess.run(["dpkg-deb", "-x", str(file), str(unpacked)], check=True)
    for source in unpacked.rglob("*"):
        inside = "/" + str(source.relative_to(unpacked))
        if source.is_dir() or not any(one in inside for one in wanted) or "/share/" in inside:
            continue
        goal = tree / inside.lstrip("/").removeprefix("usr/")
        goal = tree / re.sub(r"^lib/x86_64-linux-gnu/", "lib/", str(goal.relative_to(tree)))
        goal.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(source, goal, follow_symlinks=False)


def _system(apt: Apt, out: Path) -> list[str]:
    """The base system and what our answers add to it."""
    entries = {(field(one, "Package"), field(one, "Version")): one for one in apt.paragraphs("main_binary")}
    basic = [name for (name, _), one in entries.items() if field(one, "Priority") in ("required", "important")]
    files = apt.install_into_nothing([*basic, *_SYSTEM])
    kept = []
    for file in files:
        name, version = file.name.split("_")[:2]
        kept.append(_put(out, entries[name, version.replace("%3a", ":")], file))
    return kept


def _put(out: Path, entry: str, file: Path) -> str:
    """Put a file where its entry says it is."""
    goal = out / field(entry, "Filename")
    goal.parent.mkdir(parents=True, exist_ok=True)
    if not goal.exists():
        goal.symlink_to(file.resolve())
    return entry


def _measured(entry: str, file: Path) -> str:
    """An entry with another file's size and checksum."""
    body = file.read_bytes()
    lines = [line for line in entry.split("\n") if not re.match(r"(MD5sum|SHA1|SHA256|Size|Description-md5):", line)]
    return "\n".join([*lines, f"Size: {len(body)}", f"SHA256: {hashlib.sha256(body).hexdigest()}"])


def _write_lists(out: Path, suite: str, lists: Mapping[str, Sequence[str]]) -> None:
    """The mirror's own lists, which hold what is there and nothing else; `-updates` is there, and empty."""
    for name, parts in ((suite, lists), (f"{suite}-updates", dict.fromkeys(lists, ()))):
        sums = []
        for part, entries in parts.items():
            text = "".join(f"{entry.strip()}\n\n" for entry in entries).encode()
            for ending, body in (("", text), (".gz", gzip.compress(text, mtime=0))):
                where = f"{part}/binary-amd64/Packages{ending}"
                (out / "dists" / name / where).parent.mkdir(parents=True, exist_ok=True)
                (out / "dists" / name / where).write_bytes(body)
                sums.append(f" {hashlib.sha256(body).hexdigest()} {len(body)} {where}")
        number = {"bookworm": "12", "trixie": "13"}[suite]
        # choose-mirror takes a mirror without this one for one of another architecture.
        about = f"Archive: {name}\nOrigin: Debian\nLabel: Debian\nComponent: main\nArchitecture: amd64\n"
        (out / "dists" / name / "main/binary-amd64/Release").write_text(about)
        head = f"Origin: Debian\nLabel: Debian\nSuite: {name}\nVersion: {number}.0\nCodename: {name}\n"
        head += "Date: Sat, 21 Nov 2026 12:00:00 UTC\nArchitectures: amd64\nComponents: main\nSHA256:\n"
        (out / "dists" / name / "Release").write_text(head + "\n".join(sums) + "\n")
