"""Does a bare box find its own way: who it is, why it waits, and on by itself?"""

import re
from pathlib import Path
from threading import Thread
from time import monotonic, sleep

import pytest

from preseed.identity import JUNK_SERIALS, clean_serial, is_junk
from preseed.links import Links
from preseed.render import render_universal
from preseed.scripts import render_stage
from preseed.serve import Visit
from tests.fakes.preseed import SERIAL, SHELLS, Bench, Box, box, laid_down

# What the installer does with a universal stage: evaluate its command, unquoted, with debconf on standard input.
INSTALLER = r"""
db_x_loadtemplatefile() { echo "load $2" >>"$CALLS"; cat "$1" >>"$CALLS"; }
db_subst() { echo "subst $*" >>"$CALLS"; }
db_progress() { echo "progress $*" >>"$CALLS"; }
RET='@command@'
include=" $(eval $RET)" || true
read -r debconf
echo "include=$include"
echo "debconf still says: $debconf"
"""


def installer(bench: Bench, suite: str = "bookworm") -> str:
    text = render_universal(suite, Links(bench.base))
    command = re.search(r"include_command string (.*)", text)
    assert command is not None
    return INSTALLER.replace("@command@", command[1].replace("/tmp/", "$TMPDIR/"))


@pytest.fixture
def machine(tmp_path: Path) -> Box:
    machine = Box(tmp_path)
    machine.firmware(product_serial="sn0042", sys_vendor="Shuttle Inc.", product_name="DH470")
    machine.port("enp0s3", "02:00:00:00:00:42")
    return machine


@pytest.mark.parametrize("shell", SHELLS)
def test_an_armed_box_goes_on_to_its_own_answers_without_a_screen(machine: Box, shell: str) -> None:
    bench = Bench()
    bench.add(box())
    with bench.listening():
        done = machine.run(installer(bench), shell=shell, stdin="0 ok\n")
        assert done.stdout.splitlines() == [
            f"include= {bench.base}/preseed/SN0042",
            "debconf still says: 0 ok",
        ]
    assert machine.calls == []


def test_a_hello_carries_what_the_bench_needs_to_know(machine: Box) -> None:
    bench = Bench()
    bench.add(box(suite="trixie", wazo=None))
    with bench.listening():
        machine.run(installer(bench, "trixie"), stdin="0 ok\n")
    (seen, *_) = bench.hellos
    facts = dict(seen.facts)
    assert (seen.serial, seen.suite, seen.address) == (SERIAL, "trixie", "127.0.0.1")
    assert (facts["sys_vendor"], facts["mac"], facts["firmware"]) == ("Shuttle Inc.", "020000000042", "bios")


def test_a_hello_tells_the_card_and_the_network_that_the_box_was_installed_through(machine: Box) -> None:
    machine.command(
        "ip",
        'case $1 in route) echo "default via 192.168.50.1 dev enp0s3" ;; *) cat <<EOF\n'
        "2: enp0s3: <UP> mtu 1500\n    inet 192.168.50.31/24 brd 192.168.50.255 scope global enp0s3\nEOF\nesac",
    )
    bench = Bench()
    bench.add(box())
    with bench.listening():
        machine.run(installer(bench), stdin="0 ok\n")
    facts = dict(bench.hellos[0].facts)
    assert (facts["interface"], facts["network"]) == ("enp0s3", "192.168.50.31/24")


def test_the_medium_knows_its_release_better_than_the_address(machine: Box) -> None:
    (machine.root / "etc/lsb-release").write_text('DISTRIB_RELEASE="12 (bookworm) - installer build 2023"\n')
    bench = Bench()
    bench.add(box())
    with bench.listening():
        machine.run(installer(bench, "trixie"), stdin="0 ok\n")
    assert bench.hellos[0].suite == "bookworm"


@pytest.mark.parametrize("shell", SHELLS)
def test_an_unknown_box_waits_behind_its_reason_and_goes_on_by_itself_once_armed(machine: Box, shell: str) -> None:
    machine.command("sleep", 'echo "sleep $*" >>"$CALLS"; exec /bin/sleep 0.05')
    bench = Bench()
    with bench.listening():
        helper = Thread(target=_register_then_arm, args=(bench,))
        helper.start()
        done = machine.run(installer(bench), shell=shell, stdin="0 ok\n")
        helper.join()
        assert f"include= {bench.base}/preseed/SN0042" in done.stdout
        assert "debconf still says: 0 ok" in done.stdout
    reasons = [call for call in machine.calls if call.startswith("subst staging/reason")]
    assert reasons[0] == "subst staging/reason REASON unknown serial SN0042"
    assert reasons[-1] == "subst staging/reason REASON SN0042 is not armed"
    assert "sleep 5" in machine.calls
    assert [call for call in machine.calls if call.startswith("progress ST")] == [
        "progress START 0 20 staging/waiting",
        "progress STOP",
    ]


def test_the_waiting_screen_asks_nothing(machine: Box) -> None:
    # A debconf question would wait for a key; only a progress window does not.
    assert "db_input" not in render_stage("bookworm", Links("http://preseed"))
    assert "db_go" not in render_stage("bookworm", Links("http://preseed"))


def test_a_server_that_is_down_is_a_reason_too(machine: Box) -> None:
    bench = Bench()
    bench.add(box())
    with bench.listening():
        stage = render_stage("bookworm", Links("http://127.0.0.1:1"))
        revive = f"staging_hello={bench.base}/hooks/hello; staging_answers={bench.base}/preseed/; "
        once = 'sleep() { echo "sleep $*" >>"$CALLS"; ' + revive + "}\n"
        harness = INSTALLER.split("RET=")[0] + once
        done = machine.run(harness + stage)
    assert done.stdout == f"{bench.base}/preseed/SN0042\n"
    assert "subst staging/reason REASON the staging server does not answer (wget 4), trying again" in machine.calls


def test_a_box_whose_address_changed_says_hello_again_within_a_minute(machine: Box) -> None:
    bench = Bench()
    bench.add(box(state="registered"))
    with bench.listening():
        helper = Thread(target=_arm_for_another_address, args=(bench,))
        helper.start()
        done = machine.run(installer(bench), stdin="0 ok\n")
        helper.join()
    assert "preseed/SN0042" in done.stdout
    assert "SN0042 is served to another address" in " ".join(machine.calls)
    assert len(bench.hellos) == 2


def test_a_page_that_is_no_preseed_is_not_loaded(machine: Box) -> None:
    stage = render_stage("bookworm", Links("http://preseed"))
    machine.command(
        "wget",
        'for w; do case $w in -O) next=1 ;; *) [ -z "$next" ] || { file=$w; next=; } ;; esac; done\n'
        'echo "<html>log in first</html>" >"$file"',
    )
    machine.command("sleep", 'echo "sleep $*" >>"$CALLS"; kill $PPID')
    done = machine.run(INSTALLER.split("RET=")[0] + stage)
    assert done.stdout == ""
    assert machine.calls[-1] == "sleep 5"


@pytest.mark.parametrize("shell", SHELLS)
@pytest.mark.parametrize(
    ("firmware", "serial"),
    [
        ({"product_serial": "SN0042"}, "SN0042"),
        ({"product_serial": " sn 0042 "}, "SN0042"),
        ({"product_serial": "To be filled by O.E.M.", "board_serial": "SN0042"}, "SN0042"),
        ({"product_serial": "Default string", "board_serial": "", "product_uuid": "4c4c4544-0042"}, "4C4C4544-0042"),
        ({"product_serial": "00000000", "product_uuid": "FFFFFFFF-FFFF-FFFF-FFFF-FFFFFFFFFFFF"}, "020000000042"),
        ({"product_uuid": "03000200-0400-0500-0006-000700080009"}, "020000000042"),
        ({"product_serial": "A" * 40 + "B" * 40}, "020000000042"),
        ({}, "020000000042"),
    ],
)
def test_a_serial_is_read_where_it_is_and_junk_is_passed_over(
    machine: Box, shell: str, firmware: dict[str, str], serial: str
) -> None:
    for name in ("product_serial", "board_serial", "product_uuid"):
        (machine.root / "sys/class/dmi/id" / name).unlink(missing_ok=True)
    machine.firmware(**firmware)
    assert machine.run(_functions() + "staging_find_serial", shell=shell).stdout.strip() == serial


def test_every_junk_word_is_junk_to_the_box_and_to_the_server(machine: Box) -> None:
    words = " ".join(JUNK_SERIALS)
    done = machine.run(_functions() + f'for w in {words}; do staging_is_junk "$w" || echo "$w"; done')
    assert (done.stdout, done.returncode) == ("", 0)
    assert all(is_junk(clean_serial(word)) for word in JUNK_SERIALS)


def test_the_port_that_leads_to_us_names_the_box(machine: Box) -> None:
    machine.port("enp0s1", "02:00:00:00:00:01")
    machine.port("lo", "00:00:00:00:00:00")
    assert machine.run(_functions() + "staging_mac").stdout == "020000000042"
    machine.command("ip", ":")
    assert machine.run(_functions() + "staging_mac").stdout == "020000000001"


def _functions() -> str:
    """The stage's functions alone, as far as they find out who the box is."""
    return render_stage("bookworm", Links("http://preseed")).split("# What the bench is shown")[0]


def _register_then_arm(bench: Bench) -> None:
    _wait_for(bench, 2)
    bench.add(box(state="registered"))
    _wait_for(bench, len(bench.fetches) + 2)
    bench.turn("armed")


def _arm_for_another_address(bench: Bench) -> None:
    _wait_for(bench, 2)
    bench.visits[SERIAL] = Visit(address="192.0.2.99")
    bench.turn("armed")


def _wait_for(bench: Bench, count: int) -> None:
    limit = monotonic() + 10
    while len(bench.fetches) < count and monotonic() < limit:
        sleep(0.02)


@pytest.mark.parametrize("shell", SHELLS)
def test_a_box_that_is_sent_to_the_first_stage_twice_waits_for_nothing_the_second_time(
    machine: Box, shell: str
) -> None:
    bench = Bench()
    bench.add(box())
    with bench.listening():
        laid_down(machine, bench, box())
        done = machine.run(installer(bench), shell=shell, stdin="0 ok\n")
    assert done.stdout.splitlines() == ["include= ", "debconf still says: 0 ok"]
    assert bench.hellos == bench.fetches == []
