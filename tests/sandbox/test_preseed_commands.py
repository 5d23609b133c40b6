"""Do the commands say what a box would be answered, and what is wrong with a file?"""

import json
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result

from preseed.appliance import Mirror
from preseed.commands import ShowNeeds, commands
from preseed.links import Links
from staging.core.words import Serial
from tests.fakes.preseed import SERIAL, box


def run(*words: str, appliance: object = None) -> Result:
    known = {SERIAL: appliance or box()}

    def find(serial: Serial) -> object:
        return known.get(serial)

    group: click.Group = commands(lambda: ShowNeeds(find, Links("http://preseed")))  # type: ignore[arg-type]  # finds the box above
    return CliRunner().invoke(group, list(words))


def test_show_prints_what_the_box_would_get_and_opens_no_ticket() -> None:
    shown = run("show", "sn0042")
    assert shown.exit_code == 0
    assert shown.stdout.startswith("#_preseed_V1\n")
    assert "http://preseed/preseed/SN0042/TICKET/early.sh" in shown.stdout


def test_show_prints_a_script() -> None:
    assert run("show", "SN0042", "--script", "late.sh").stdout.startswith("#!/bin/sh\n")


def test_show_names_everything_that_is_missing() -> None:
    shown = run("show", "SN0042", "--lang", "en", appliance=box(hostname="", mirror=Mirror()))
    assert shown.exit_code == 1
    assert shown.stderr.splitlines() == [
        "lacks-hostname SN0042: host name Give SN0042 a host name.",
        "lacks-mirror-host SN0042: Debian mirror Name the bench's Debian mirror in the settings.",
    ]


@pytest.mark.parametrize("typed", ["SN9999", "?"])
def test_show_of_an_unknown_box_is_a_wrong_use(typed: str) -> None:
    shown = run("show", typed)
    assert shown.exit_code == 2
    assert shown.stderr.startswith("unknown-serial")


def test_check_passes_what_show_prints(tmp_path: Path) -> None:
    file = tmp_path / "box.cfg"
    file.write_text(run("show", "SN0042").stdout)
    checked = run("check", str(file), "--lang", "en")
    assert checked.exit_code == 0
    assert "no error for bookworm" in checked.stdout


def test_check_stops_at_what_the_installer_would_not_understand(tmp_path: Path) -> None:
    file = tmp_path / "box.cfg"
    file.write_text("d-i keyboard-configuration/xkb-keymap select fr\n")
    checked = run("check", str(file), "--suite", "trixie", "--lang", "en")
    assert checked.exit_code == 1
    assert checked.stderr.startswith("error preseed-wrong-choice box.cfg 1 keyboard-configuration/xkb-keymap: ")


def test_check_speaks_json(tmp_path: Path) -> None:
    file = tmp_path / "box.cfg"
    file.write_text("d-i time/zon string Europe/Paris\n")
    (fault,) = json.loads(run("check", str(file), "--json").stdout)
    assert (fault["code"], fault["row"], fault["facts"]["nearest"]) == ("preseed-unknown-question", "1", "time/zone")


def test_check_reads_no_file_without_an_end() -> None:
    checked = run("check", "/dev/zero", "--lang", "en")
    assert (checked.exit_code, checked.stderr.split()[1]) == (1, "preseed-too-long")


@pytest.mark.parametrize("name", ["http://[::1", "a:99999", "http://amiral/"])
def test_a_word_that_is_none_is_one_line_and_no_trace(name: str) -> None:
    said = run("word", name, "--lang", "en")
    assert (said.exit_code, said.stderr.split()[1]) == (1, "word-not-neutral")


def test_an_image_given_as_its_own_list_of_sums_names_nothing(tmp_path: Path) -> None:
    image = tmp_path / "debian.iso"
    image.write_bytes(b"\xff\xfe\x00 no list")
    made = run("boot-media", "iso", "--image", str(image), "--sums", str(image), "--out", str(tmp_path / "out.iso"))
    assert (made.exit_code, made.stderr.split()[0]) == (2, "image-not-listed")


def test_check_refuses_what_is_no_text(tmp_path: Path) -> None:
    file = tmp_path / "box.cfg"
    file.write_bytes(b"\xff\xfe\x00")
    checked = run("check", str(file))
    assert checked.exit_code == 1
    assert checked.stderr.startswith("error preseed-not-text")


@pytest.mark.parametrize("command", ["show", "check"])
def test_every_command_has_an_example(command: str) -> None:
    assert "Example: staging preseed" in run(command, "--help").stdout


def test_boot_media_prints_each_way_to_boot() -> None:
    bench = ("--interface", "enp2s0", "--address", "192.0.2.1")
    assert "interface=enp2s0\n" in run("boot-media", "dnsmasq", *bench).stdout
    assert run("boot-media", "ipxe").stdout.startswith("#!ipxe\n")
    assert "url=http://preseed/d-i/bookworm/preseed.cfg" in run("boot-media", "iso").stdout


@pytest.mark.parametrize(
    ("option", "typed"),
    [
        ("--interface", "en p2s0"), ("--address", "300.1.1.1"), ("--pool", "192.0.2.50"),
        ("--pool", "192.0.2.99,192.0.2.50"), ("--domain", "bench lan"), ("--interface", ""),
    ],
)  # fmt: skip
def test_a_bench_network_that_cannot_be_is_named_by_its_option(option: str, typed: str) -> None:
    good = {"--interface": "enp2s0", "--address": "192.0.2.1", "--pool": "192.0.2.50,192.0.2.99"}
    words = [word for pair in {**good, option: typed}.items() for word in pair]
    said = run("boot-media", "dnsmasq", *words, "--lang", "en")
    assert (said.exit_code, said.stdout) == (2, "")
    assert said.stderr.startswith("bench-network command: “")
    assert f"will not do for {option}." in said.stderr
