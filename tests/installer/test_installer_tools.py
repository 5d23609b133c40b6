"""Do the programs around an installation take what we give them? xorriso, dnsmasq and shellcheck, the real ones.

`make test-installer`; needs the packages xorriso, dnsmasq-base and shellcheck.
"""

import hashlib
import json
import re
import shutil
import subprocess
import time
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from preseed.links import Links
from preseed.media import BenchNetwork, render_dnsmasq
from preseed.releases import SUITES, Suite
from preseed.scripts import render_script, render_stage
from preseed.stick import build_stick, checksum, sum_of
from staging.commands.bench_dhcp import BenchDhcp, address_of
from staging.core.faults import Refused
from tests.fakes.preseed import TICKETS, box
from tests.fakes.wire import BENCH, PORT, ask_as_a_rom, ask_for_an_address, bench_wire, look_up, other_dhcp

pytestmark = pytest.mark.slow

LINKS = Links("http://preseed")


def program(name: str, package: str) -> str:
    found = shutil.which(name) or shutil.which(name, path="/usr/sbin")
    assert found is not None, f"apt install {package}"
    return found


# --- a stick ---


OWN_MENU = "set timeout=30\nmenuentry 'Install' { linux /install.amd/vmlinuz }\n"
INFO = 'Debian GNU/Linux {number} "{name}" - Official {arch} NETINST with firmware 20250906-10:22\n'


def an_image(folder: Path, *, info: str) -> Path:
    """An image laid out as Debian's, small: menus, a kernel and an initrd that hold nothing."""
    tree = folder / "tree"
    texts = {
        ".disk/info": info,
        "boot/grub/grub.cfg": OWN_MENU,
        "isolinux/isolinux.cfg": "include menu.cfg\n",
        "install.amd/vmlinuz": "kernel",
        "install.amd/initrd.gz": "initrd",
    }
    sums = "".join(f"{hashlib.md5(text.encode()).hexdigest()}  ./{name}\n" for name, text in texts.items())
    for name, text in {**texts, "md5sum.txt": sums}.items():
        (tree / name).parent.mkdir(parents=True, exist_ok=True)
        (tree / name).write_text(text)
    made = folder / "debian-netinst.iso"
    words = [program("xorriso", "xorriso"), "-as", "mkisofs", "-quiet", "-r", "-o", str(made), str(tree)]
    subprocess.run(words, check=True, capture_output=True)
    return made


@pytest.fixture
def image(tmp_path: Path) -> Path:
    return an_image(tmp_path, info=INFO.format(number="12.12.0", name="Bookworm", arch="amd64"))


def inside(image: Path, name: str, scratch: Path) -> str:
    out = scratch / "extracted"
    out.unlink(missing_ok=True)
    words = ["xorriso", "-osirrox", "on", "-indev", str(image), "-extract", name, str(out)]
    subprocess.run(words, check=True, capture_output=True)
    return out.read_text()


@pytest.mark.parametrize("suite", SUITES)
def test_a_stick_starts_our_installation_first_and_keeps_everything_else(tmp_path: Path, suite: Suite) -> None:
    image = an_image(tmp_path, info=INFO.format(number="13.1.0", name=suite.capitalize(), arch="amd64"))
    out = tmp_path / "staging.iso"
    before = checksum(image)
    build_stick(image, out, sha256=before, suite=suite, links=LINKS)
    grub, isolinux = inside(out, "/boot/grub/grub.cfg", tmp_path), inside(out, "/isolinux/isolinux.cfg", tmp_path)
    for menu in (grub, isolinux):
        assert f"url=http://preseed/d-i/{suite}/preseed.cfg" in menu
        assert [word for word in menu.split() if "SN0042" in word or "ticket" in word] == [], "nothing per box"
    assert grub.index("Staging bench") < grub.index("menuentry 'Install'") < grub.rindex("set timeout=5")
    assert isolinux.index("label staging") < isolinux.index("include menu.cfg") < isolinux.index("timeout 50")
    assert inside(out, "/install.amd/initrd.gz", tmp_path) == "initrd"
    for line in inside(out, "/md5sum.txt", tmp_path).splitlines():
        wanted, _, name = line.partition("  .")
        assert hashlib.md5(inside(out, name, tmp_path).encode()).hexdigest() == wanted, name
    assert checksum(image) == before, "the official image is only read"
    assert sorted(path.name for path in tmp_path.glob("*.iso*")) == ["debian-netinst.iso", "staging.iso"]


@pytest.mark.parametrize(
    "info",
    [
        INFO.format(number="13.1.0", name="Trixie", arch="amd64"),
        INFO.format(number="12.12.0", name="Bookworm", arch="arm64"),
        "Official Debian GNU/Linux Live 12.12.0 standard 2025-09-06T10:22\n",
        'Ubuntu-Server 24.04 LTS "Noble Numbat" - Release amd64\n',
        "",
    ],
)
def test_an_image_of_another_release_or_another_machine_is_refused(tmp_path: Path, info: str) -> None:
    image = an_image(tmp_path, info=info)
    with pytest.raises(Refused, match="image-other"):
        build_stick(image, tmp_path / "out.iso", sha256=checksum(image), suite="bookworm", links=LINKS)
    assert not (tmp_path / "out.iso").exists()


def test_the_official_image_is_never_written_over(image: Path, tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    for place in (image, tmp_path / "folder"):
        with pytest.raises(Refused, match="stick-place"):
            build_stick(image, place, sha256=checksum(image), suite="bookworm", links=LINKS)
    assert image.stat().st_size > 0


def test_a_stick_that_cannot_be_written_leaves_nothing_half(image: Path, tmp_path: Path) -> None:
    with pytest.raises(Refused, match="stick-unwritable"):
        build_stick(image, tmp_path / "none/out.iso", sha256=checksum(image), suite="bookworm", links=LINKS)
    assert [path.name for path in tmp_path.glob("**/*.iso*")] == [image.name]


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


@pytest.mark.parametrize("pool", [None, "192.0.2.100,192.0.2.149"], ids=["proxy", "pool"])
@pytest.mark.parametrize(("architecture", "file"), [(0, "undionly.kpxe"), (7, "snponly.efi"), (9, "snponly.efi")])
def test_a_rom_that_is_no_ipxe_is_sent_one_for_its_firmware(
    tmp_path: Path, architecture: int, file: str, pool: str | None
) -> None:
    with ExitStack() as ends:
        ends.enter_context(bench_wire())
        if pool is None:
            ends.enter_context(other_dhcp(tmp_path))
        dhcp = BenchDhcp(PORT, pool=pool, domain="bench.lan", base="http://preseed", folder=tmp_path)
        dhcp.check()
        dhcp.start()
        ends.callback(dhcp.stop)
        assert ask_as_a_rom(architecture) == f"{file} 512"


@pytest.mark.parametrize("name", ["preseed", "preseed.bench.lan"])
def test_our_name_is_answered_at_once_while_the_internet_is_out(tmp_path: Path, name: str) -> None:
    network = BenchNetwork(PORT, BENCH, "192.0.2.100,192.0.2.149", leases=str(tmp_path / "leases"))
    file = tmp_path / "bench.conf"
    # Nobody is at that address.
    file.write_text(render_dnsmasq(network, LINKS) + "user=root\nno-resolv\nserver=192.0.2.200\n")
    with bench_wire():
        words = [program("dnsmasq", "dnsmasq-base"), "-k", f"--conf-file={file}", "--pid-file="]
        with subprocess.Popen(words) as dnsmasq:
            try:
                time.sleep(1)
                assert BENCH in look_up(name, "a").rpartition("Name:")[2]
                assert "Address" not in look_up(name, "aaaa").partition("Name:")[2]
            finally:
                dnsmasq.terminate()


# --- systemd ---

UNITS = Path(__file__).parents[2] / "docs/howto/systemd"


@pytest.fixture
def unit(tmp_path: Path) -> Path:
    """The service's unit with its drop-in for the bench's DHCP; its program is looked for where there is one."""
    (tmp_path / "staging.service.d").mkdir()
    for name in ("staging.service", "staging.service.d/bench-dhcp.conf"):
        (tmp_path / name).write_text((UNITS / name).read_text().replace("/opt/staging/.venv/bin/staging", "/bin/true"))
    return tmp_path / "staging.service"


def test_systemd_takes_the_unit_with_the_rights_that_dnsmasq_asks_for(unit: Path) -> None:
    analyze = program("systemd-analyze", "systemd")
    done = subprocess.run([analyze, "verify", "--man=no", str(unit)], capture_output=True, text=True, check=False)
    assert (done.returncode, [line for line in done.stderr.splitlines() if "staging" in line]) == (0, [])
    words = [analyze, "security", "--offline=yes", "--json=short", str(unit)]
    found = json.loads(subprocess.run(words, capture_output=True, text=True, check=True).stdout)
    held = {one["name"].partition("~")[2] for one in found if one["set"] is False and "CAP_" in one["name"]}
    assert held == {"CAP_NET_ADMIN", "CAP_NET_(BIND_SERVICE|BROADCAST|RAW)"}


@pytest.mark.parametrize("lacking", ["", "net_admin", "net_raw"])
def test_dnsmasq_gives_addresses_without_root_and_with_those_rights_alone(lacking: str) -> None:
    held = ["net_bind_service", *(one for one in ("net_admin", "net_raw") if one != lacking)]
    rights = ",".join(("-all", *(f"+{one}" for one in held)))
    as_the_unit = [
        program("setpriv", "util-linux"), "--reuid=65534", "--regid=65534", "--clear-groups", "--no-new-privs",
        f"--inh-caps={rights}", f"--ambient-caps={rights}", f"--bounding-set={rights}",
    ]  # fmt: skip
    # Not in pytest's own folder, into which only root may look.
    with TemporaryDirectory() as folder, bench_wire():
        home = Path(folder)
        home.chmod(0o755)
        BenchDhcp(PORT, pool="192.0.2.50,192.0.2.99", domain="bench.lan", base="http://preseed", folder=home).check()
        shutil.chown(home, 65534, 65534)
        words = [program("dnsmasq", "dnsmasq-base"), "-k", f"--conf-file={home / 'bench-dhcp.conf'}", "--pid-file="]
        with subprocess.Popen([*as_the_unit, *words], stderr=subprocess.PIPE) as dnsmasq:
            try:
                given = ask_for_an_address()
            finally:
                dnsmasq.terminate()
            assert dnsmasq.stderr is not None
            said = dnsmasq.stderr.read().decode()
        remembered = (home / "bench-dhcp.leases").read_text() if given else ""
    assert given is not bool(lacking), said
    assert f"capability {lacking.upper()}" in said if lacking else "192.0.2" in remembered


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
