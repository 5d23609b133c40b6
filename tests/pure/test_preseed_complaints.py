"""Which line of a log tells why an installer stopped?"""

import re
import time
import tomllib
from importlib.resources import files

import pytest

from preseed.complaints import first_complaint, last_stage
from preseed.hardware import findings
from staging.core.faults import Fault, Where
from staging.core.messages import catalogue, explain

HEALTHY = [
    "Nov 21 12:00:00 kernel: [    1.2] i915: firmware: failed to load i915/kbl_dmc_ver1_04.bin (-2)",
    "Nov 21 12:00:01 main-menu[300]: INFO: Menu item 'netcfg' selected",
    "Nov 21 12:00:02 anna[1200]: DEBUG: retrieving libc6-udeb 2.36",
]


@pytest.mark.parametrize(
    ("line", "kind"),
    [
        ("choose-mirror[1]: WARNING **: mirror does not support the specified release (bookworm)", "mirror"),
        ("debootstrap: E: Failed getting release file http://mirror/debian/dists/bookworm/Release", "mirror"),
        ("in-target: E: Unable to locate package wazo-platform", "mirror"),
        ("E: The repository 'http://mirror.bench.lan/debian bookworm InRelease' is not signed.", "mirror"),
        ("net-retriever: error: Release signed by unknown key (key id 0E98404D386FA1D9)", "mirror"),
        ("netcfg[1]: WARNING **: DHCP configuration failed", "network"),
        ("in-target: Temporary failure resolving 'mirror.bench.lan'", "network"),
        ("kernel: blk_update_request: I/O error, dev sda, sector 2048", "disk"),
        ("partman: Unable to satisfy all constraints on the partition.", "disk"),
        ("main-menu: E: Release file for http://mirror/InRelease is not valid yet (invalid for another 3h)", "time"),
        ("wget: The certificate has expired, or: certificate is not yet valid", "time"),
        ("main-menu[300]: WARNING **: Configuring 'bootstrap-base' failed with error code 1", "other"),
        ("TASK [uc-engine : install] fatal: [localhost]: FAILED! failed=1", "other"),
    ],
)
def test_the_first_line_that_tells_is_found_among_the_others_with_its_kind(line: str, kind: str) -> None:
    log = "\n".join([*HEALTHY, line, "Nov 21 12:09:00 later: I/O error as a consequence"])
    found = first_complaint(log)
    assert found is not None
    if kind != "other":
        assert (found.kind, found.line, found.row) == (kind, line, 4)
    else:
        # A kind that names the cause wins over what only says that something failed.
        assert found.kind == "disk"
        assert first_complaint("\n".join([*HEALTHY[1:], line])).kind == "other"  # type: ignore[union-attr]  # there is one


def test_a_list_that_was_taken_unsigned_stopped_nothing() -> None:
    warned = "W: The repository 'http://mirror.bench.lan/debian bookworm InRelease' is not signed."
    found = first_complaint(f"{warned}\nE: Unable to locate package ansible\n")
    assert found is not None
    assert found.line == "E: Unable to locate package ansible"
    assert first_complaint(warned) is None


def test_what_a_first_boot_overcame_is_not_why_it_stopped_now() -> None:
    log = (
        "== packages, try 1, 2026-11-21T10:00:00Z\nW: Temporary failure resolving 'mirror.bench.lan'\n"
        "== packages, try 2, 2026-11-21T10:00:30Z\nE: Unable to locate package ansible\n"
        "== clone, try 1, 2026-11-21T10:05:00Z\nerror: pathspec 'wazo-99.99' did not match any file(s) known to git\n"
        "== clone, try 2, 2026-11-21T10:05:20Z\nerror: pathspec 'wazo-99.99' did not match any file(s) known to git\n"
    )
    found = first_complaint(last_stage(log))
    assert found is not None
    assert (found.kind, found.line) == ("other", log.splitlines()[5])
    assert last_stage("no mark at all") == "no mark at all"


def test_missing_firmware_counts_only_when_nothing_else_does() -> None:
    found = first_complaint("\n".join(HEALTHY))
    assert found is not None
    assert found.kind == "firmware"
    assert first_complaint("\n".join(HEALTHY[1:])) is None


def test_every_kind_has_words_and_a_next_action() -> None:
    for kind in ("mirror", "network", "disk", "firmware", "time", "other"):
        assert f"cause-{kind}" in catalogue()
        assert explain(Fault(f"cause-{kind}", Where(), {"line": "x"}), "fr").hint


def test_a_hostile_line_is_one_short_printable_line() -> None:
    found = first_complaint("I/O error \x1b[31m" + "x" * 5000)
    assert found is not None
    assert len(found.line) <= 300
    assert found.line.isprintable()


@pytest.mark.parametrize("words", ["the attempt to mount a file system ", "dhcp ", "signature ", "nvme nvme0: i/o "])
def test_a_line_of_four_megabytes_is_not_searched_for_ever(words: str) -> None:
    began = time.monotonic()
    assert first_complaint(words * (4_000_000 // len(words)) + " failed") is None
    assert time.monotonic() - began < 10


def test_what_is_looked_for_stands_in_lower_case_as_the_log_is_read() -> None:
    table = tomllib.loads(files("preseed").joinpath("complaints.toml").read_text("utf-8"))["kind"]
    patterns = [pattern for kind in table for pattern in kind["patterns"]]
    assert patterns == [pattern.lower() for pattern in patterns]
    assert not [pattern for pattern in patterns if re.search(pattern, "", re.MULTILINE)]


DISK = {"name": "sda", "sectors": "488281250", "removable": "0", "usb": "0"}
STICK = {"name": "sdb", "sectors": "4882812500", "removable": "1", "usb": "1"}


@pytest.mark.parametrize(
    ("facts", "disks", "told"),
    [
        ({}, None, []),
        ({"memory": "7890000 kB", "cards": "2"}, None, [("ram", True)]),
        ({"memory": "3890000 kB"}, None, [("ram", False)]),
        ({"memory": "$(reboot) kB", "cards": "x"}, None, []),
        ({"cards": "1"}, None, [("cards", False)]),
        ({}, [DISK], [("ssd", True)]),
        ({}, [{**DISK, "sectors": "100000000"}, STICK], [("ssd", False)]),
    ],
)
def test_facts_prove_or_contradict_the_checklist_and_say_nothing_of_what_they_do_not_know(
    facts: dict[str, str], disks: list[dict[str, str]] | None, told: list[tuple[str, bool]]
) -> None:
    found = findings("DH470", facts, disks)
    assert [(one.point, one.holds) for one in found] == told
    assert all(one.code in catalogue() for one in found)
