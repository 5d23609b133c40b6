"""Which disks may a bench's box have? Layouts by the thousand, and the installer's own decision on them."""

import random
import shutil
import subprocess
from collections.abc import Sequence

from preseed.appliance import DiskRules
from preseed.disks import SECTORS_PER_GB, Choice, Disk, choose
from preseed.links import Links
from preseed.scripts import render_script
from tests.fakes.preseed import TICKETS, box

MODELS = (
    "Samsung SSD 870",
    "Samsung SSD",
    "INTEL SSDPEKKW256G8",
    "Kingston A400",
    "SanDisk Ultra",
    "",
    "KINGSTON",
    "Sam",
)
_NAMES = ("sda", "sdb", "sdc", "nvme0n1", "nvme1n1", "mmcblk0", "cciss!c0d0", "vda")
_SIZES_GB = (0, 1, 15.9, 16, 16.1, 32, 120, 250, 500, 500.1, 2000, 18000)

READ_AND_JUDGE = """
while read -r staging_name staging_sectors staging_removable staging_read_only staging_usb staging_medium \\
	staging_used staging_model; do
	if [ "$staging_name" = . ]; then echo; continue; fi
	staging_judge
	printf '%s:%s ' "$staging_name" "$staging_reason"
done
"""
"""Reads layouts, a line per disk and a dot after each, and prints `name:reason` per disk and a line per layout."""


def random_rules(chance: random.Random) -> DiskRules:
    """What an appliance may ask."""
    return DiskRules(
        minimum_gb=chance.choice((1, 16, 100)),
        maximum_gb=chance.choice((None, None, 500, 1000)),
        models=chance.choice(((), (), ("Samsung SSD",), ("INTEL", "KINGSTON"), (" ", "'; reboot"))),
        restage=chance.random() < 0.3,
    )


def random_layout(chance: random.Random) -> tuple[Disk, ...]:
    """What a box may have: mostly sane disks with a trap among them, some of which could not be read."""
    names = chance.sample(_NAMES, chance.choice((0, 1, 1, 2, 2, 3, 5)))
    return tuple(_random_disk(chance, name) for name in names)


def _random_disk(chance: random.Random, name: str) -> Disk:
    def bit(likely: str) -> str:
        return likely if chance.random() < 0.85 else chance.choice(("0", "1", "?"))

    gb = chance.choice(_SIZES_GB)
    sectors = str(int(gb * SECTORS_PER_GB) + chance.choice((-1, 0, 0, 1)))
    if sectors.startswith("-") or chance.random() < 0.05:
        sectors = "?"
    return Disk(name, sectors, bit("0"), bit("0"), bit("0"), bit("0"), bit("0"), chance.choice(MODELS))


def judging_shell(rules: DiskRules) -> str:
    """The part of the installer's script that decides, as a box with these rules gets it."""
    early = render_script("early.sh", box(disk=rules), links=Links("http://preseed"), tickets=TICKETS)
    part = early.partition("\nstaging_judge() {")[2].partition("\n}\n")[0]
    return "set -u\nstaging_judge() {" + part + "\n}\n" + READ_AND_JUDGE


def layout_lines(layouts: Sequence[Sequence[Disk]]) -> str:
    """Layouts as the shell reads them."""
    lines = []
    for layout in layouts:
        lines += [
            f"{disk.name} {disk.sectors} {disk.removable} {disk.read_only} {disk.usb} {disk.medium} {disk.used}"
            f" {disk.model}".rstrip()
            for disk in layout
        ]
        lines.append(".")
    return "\n".join(lines) + "\n"


def verdict_line(layout: Sequence[Disk], choice: Choice) -> str:
    """What the shell should print for a layout."""
    return "".join(f"{disk.name}:{choice.reasons.get(disk.name, '')} " for disk in layout)


def verdicts_of_shell(rules: DiskRules, layouts: Sequence[Sequence[Disk]], command: Sequence[str]) -> list[str]:
    """What a shell decides on many layouts, in one process. command: the shell, to which the script is an argument."""
    done = subprocess.run(
        [*command, "-c", judging_shell(rules)], input=layout_lines(layouts), capture_output=True, text=True,
        timeout=120, check=True,
    )  # fmt: skip
    assert done.stderr == ""
    return done.stdout.split("\n")[:-1]


def assert_no_wrong_wipe(seed: int, count: int, command: Sequence[str]) -> int:
    """Both decisions agree on many layouts, and what they would wipe is harmless in plain words; how many they wipe."""
    chance = random.Random(seed)
    rules = random_rules(chance)
    layouts = [random_layout(chance) for _ in range(count)]
    choices = [choose(layout, rules) for layout in layouts]
    shell = verdicts_of_shell(rules, layouts, command)
    assert shell == [verdict_line(layout, choice) for layout, choice in zip(layouts, choices, strict=True)], (
        seed,
        rules,
    )
    for layout, choice in zip(layouts, choices, strict=True):
        disk = choice.disk
        if disk is None:
            continue
        # Said again here, and not taken from the rules: this is what must hold whatever the table says.
        assert (disk.removable, disk.read_only, disk.usb, disk.medium) == ("0", "0", "0", "0")
        assert disk.sectors.isdigit()
        assert int(disk.sectors) >= rules.minimum_gb * SECTORS_PER_GB
        assert rules.restage or disk.used == "0"
        others = [one for one in layout if one.name != disk.name]
        assert all(choice.reasons.get(one.name) for one in others)
    return sum(choice.disk is not None for choice in choices)


def busybox() -> list[str]:
    """Debian's busybox, of the same source as the one in its installer; the system's shell where it is not there."""
    found = shutil.which("busybox")
    return [found, "sh"] if found else ["sh"]
