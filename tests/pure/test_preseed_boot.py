"""What does a box that boots from the network get?"""

from preseed.appliance import ApplianceState, Mirror
from preseed.boot import BootQuery, parse_query, render_boot
from preseed.identity import clean_serial, is_junk
from preseed.links import Links
from tests.fakes.preseed import SERIAL, box

LINKS = Links("http://preseed")
KNOWN = BootQuery(serial=SERIAL)


def test_the_first_request_is_asked_who_it_is() -> None:
    assert render_boot(BootQuery(), None, LINKS).splitlines()[:3] == [
        "#!ipxe",
        ":ask",
        "chain --replace http://preseed/boot.ipxe"
        "?serial=${serial:uristring}&mac=${netX/mac:hexhyp}&asset=${asset:uristring} ||",
    ]


def test_an_armed_box_boots_its_own_release_from_its_own_mirror() -> None:
    script = render_boot(KNOWN, box(suite="trixie", wazo=None), LINKS)
    assert "kernel http://mirror.bench.lan/debian/dists/trixie/main/installer-amd64/" in script
    assert "auto=true priority=critical url=http://preseed/d-i/trixie/preseed.cfg" in script
    # With a domain there, the installer asks for preseed.bench.lan, which the network's name server may not know.
    assert "hostname=sn0042 ---" in script
    assert script.endswith("boot\n")


def test_a_box_that_was_installed_never_installs_itself_again() -> None:
    states: tuple[ApplianceState, ...] = ("installing", "installed", "shipped")
    for state in states:
        script = render_boot(KNOWN, box(state=state), LINKS)
        assert "kernel" not in script
        # UEFI goes to the next entry of its boot order after a failure only.
        assert script.endswith("\nexit 1\n")


def test_any_other_box_waits_asks_again_and_says_why() -> None:
    for appliance, reason in (
        (None, "not registered"),
        (box(state="registered"), "not armed"),
        (box(mirror=Mirror()), "incomplete: mirror-host"),
    ):
        script = render_boot(KNOWN, appliance, LINKS)
        assert reason in script
        assert "sleep 5\n:ask\nchain --replace" in script
        assert script.endswith("asking again\nsleep 5\ngoto ask\n"), "a service that is away is waited for"


def test_a_box_whose_firmware_names_nothing_boots_an_installer_that_looks_further_and_asks() -> None:
    query = parse_query({"serial": "Default string", "mac": "02:00:00:00:00:42", "asset": "No Asset Tag"})
    assert (query.serial, query.asset, query.is_empty) == (None, "", False)
    script = render_boot(query, None, LINKS, mirror=Mirror(host="mirror.bench.lan"))
    assert "kernel http://mirror.bench.lan/debian/dists/bookworm/main/installer-amd64/" in script
    assert "auto=true priority=critical url=http://preseed/d-i/bookworm/preseed.cfg ---" in script
    for mirror in (None, Mirror()):
        assert "not registered" in render_boot(query, None, LINKS, mirror=mirror)
    assert "not registered" in render_boot(KNOWN, None, LINKS, mirror=Mirror(host="mirror.bench.lan"))


def test_a_serial_with_blanks_is_the_one_that_the_first_stage_will_say() -> None:
    assert parse_query({"serial": " sn 0042 "}).serial == SERIAL


def test_a_query_is_read_leniently_and_holds_nothing_foreign() -> None:
    query = parse_query({"serial": "sn0042", "mac": "02-00-00-00-00-42", "asset": "A 1\n!"})
    assert query == BootQuery(SERIAL, query.mac, "A1")
    assert query.mac == "02:00:00:00:00:42"
    assert parse_query({"serial": "?", "mac": "x"}).is_empty


def test_a_firmware_field_is_cleaned_before_it_is_judged() -> None:
    assert clean_serial(" _sn 0042 ") == "SN0042"
    assert not is_junk("SN0042")
    assert all(is_junk(text) for text in ("", "AB", "0000000", "FFFF-FFFF", "DEFAULTSTRING", "A1" * 40))
