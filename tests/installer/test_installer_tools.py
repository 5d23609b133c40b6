"""Do the programs around an installation take what we give them? xorriso, dnsmasq and shellcheck, the real ones.

`make test-installer`; needs the packages xorriso, dnsmasq-base and shellcheck.
"""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from preseed.links import Links
from preseed.media import BenchNetwork, render_dnsmasq
from preseed.releases import SUITES, Suite
from preseed.scripts import render_script, render_stage
from preseed.stick import build_stick, checksum, sum_of
from staging.commands.bench_dhcp import BenchDhcp, address_of
from staging.core.faults import Refused
from tests.fakes.preseed import TICKETS, box

pytestmark = pytest.mark.slow

LINKS = Links("http://preseed")


def program(name: str, package: str) -> str:
    found = shutil.which(name) or shutil.which(name, path="/usr/sbin")
    assert found is not None, f"apt install {package}"
    return found


# --- a stick ---


@pytest.fixture
def image(tmp_path: Path) -> Path:
    """An image laid out as Debian's, small: menus, a kernel and an initrd that hold nothing."""
    tree = tmp_path / "tree"
    for name, text in (
        ("boot/grub/grub.cfg", "menuentry 'Install' { linux /install.amd/vmlinuz }\n"),
        ("isolinux/isolinux.cfg", "include menu.cfg\n"),
        ("install.amd/vmlinuz", "kernel"),
        ("install.amd/initrd.gz", "initrd"),
    ):
        (tree / name).parent.mkdir(parents=True, exist_ok=True)
        (tree / name).write_text(text)
    made = tmp_path / "debian-12-netinst.iso"
    words = [program("xorriso", "xorriso"), "-as", "mkisofs", "-quiet", "-r", "-o", str(made), str(tree)]
    subprocess.run(words, check=True, capture_output=True)
    return made


def inside(image: Path, name: str, scratch: Path) -> str:
    out = scratch / "extracted"
    out.unlink(missing_ok=True)
    words = ["xorriso", "-osirrox", "on", "-indev", str(image), "-extract", name, str(out)]
    subprocess.run(words, check=True, capture_output=True)
    return out.read_text()


@pytest.mark.parametrize("suite", SUITES)
def test_a_stick_starts_our_installation_first_and_keeps_everything_else(
    image: Path, tmp_path: Path, suite: Suite
) -> None:
    out = tmp_path / "staging.iso"
    before = checksum(image)
    build_stick(image, out, sha256=before, suite=suite, links=LINKS)
    grub = inside(out, "/boot/grub/grub.cfg", tmp_path)
    assert grub.startswith("set default=0\nset timeout=5\nmenuentry 'Staging' {\n")
    assert f"url=http://preseed/d-i/{suite}/preseed.cfg" in grub
    assert "menuentry 'Install'" in grub
    assert f"url=http://preseed/d-i/{suite}/preseed.cfg" in inside(out, "/isolinux/isolinux.cfg", tmp_path)
    assert inside(out, "/install.amd/initrd.gz", tmp_path) == "initrd"
    assert checksum(image) == before, "the official image is only read"


def test_another_image_than_the_checksum_s_is_refused(image: Path, tmp_path: Path) -> None:
    with pytest.raises(Refused, match="image-checksum"):
        build_stick(image, tmp_path / "out.iso", sha256="0" * 64, suite="bookworm", links=LINKS)
    assert not (tmp_path / "out.iso").exists()


def test_an_image_without_the_installers_menu_is_refused(tmp_path: Path) -> None:
    other = tmp_path / "other.iso"
    other.write_bytes(b"\0" * 100_000)
    with pytest.raises(Refused, match="image-unusable"):
        build_stick(other, tmp_path / "out.iso", sha256=checksum(other), suite="bookworm", links=LINKS)


def test_the_checksum_is_read_from_debians_own_list(tmp_path: Path) -> None:
    sums = tmp_path / "SHA256SUMS"
    sums.write_text(f"{'a' * 64}  debian-12-netinst.iso\n{'b' * 64}  ./other.iso\n")
    assert (sum_of(sums, "debian-12-netinst.iso"), sum_of(sums, "other.iso")) == ("a" * 64, "b" * 64)
    with pytest.raises(Refused, match="image-not-listed"):
        sum_of(sums, "third.iso")


# --- dnsmasq ---


@pytest.mark.parametrize("pool", [None, "127.0.0.50,127.0.0.99"])
def test_dnsmasq_takes_the_configuration_that_we_print(tmp_path: Path, pool: str | None) -> None:
    file = tmp_path / "bench.conf"
    network = BenchNetwork("lo", "127.0.0.1", pool, tftp_root=str(tmp_path))
    file.write_text(render_dnsmasq(network, LINKS))
    dnsmasq = program("dnsmasq", "dnsmasq-base")
    done = subprocess.run([dnsmasq, "--test", f"--conf-file={file}"], capture_output=True, text=True, check=False)
    assert (done.returncode, "syntax check OK" in done.stderr) == (0, True), done.stderr


def test_the_service_s_own_dnsmasq_is_checked_before_it_starts(tmp_path: Path) -> None:
    assert address_of("lo") == "127.0.0.1"
    good = BenchDhcp("lo", pool="127.0.0.50,127.0.0.99", domain="bench.lan", base="http://preseed", folder=tmp_path)
    good.check()
    bad = BenchDhcp("lo", pool="nonsense", domain="bench.lan", base="http://preseed", folder=tmp_path)
    with pytest.raises(Refused, match="dnsmasq-refused"):
        bad.check()
    with pytest.raises(Refused, match="interface-unusable"):
        address_of("nosuch0")


# --- shellcheck ---


def scripts() -> dict[str, str]:
    """Every script that runs on a box, those that others lay down included."""
    found = {"stage.sh": render_stage("bookworm", LINKS)}
    for name in ("early.sh", "late.sh", "firstboot"):
        found[name] = render_script(name, box(), links=LINKS, tickets=TICKETS)  # type: ignore[arg-type]  # the names are script names
    laid = re.findall(r">+\"\$root/([\w./-]+)\" <<'STAGING_FILE'\n(.*?)\nSTAGING_FILE", found["early.sh"], re.DOTALL)
    for path, text in laid:
        # A piece of the installer's library has no first line of its own, and calls its neighbours.
        found[path] = text if text.startswith("#!") else f"#!/bin/sh\n_db_cmd() {{ :; }}\n{text}"
    return found


@pytest.mark.parametrize("name", sorted(scripts()))
def test_shellcheck_finds_nothing(name: str) -> None:
    words = [program("shellcheck", "shellcheck"), "-s", "dash", "-S", "style", "-"]
    done = subprocess.run(words, input=scripts()[name], capture_output=True, text=True, check=False)
    assert done.stdout == ""
