"""Do the boot texts lead every kind of box to us, and nobody astray?"""

import pytest

from preseed.links import Links
from preseed.media import BenchNetwork, render_dnsmasq, render_ipxe, render_stick
from preseed.word import is_neutral

LINKS = Links("http://preseed")
OWN = BenchNetwork("enp2s0", "192.0.2.1", pool="192.0.2.50,192.0.2.99")


def test_the_typed_word_has_the_same_keys_everywhere() -> None:
    assert is_neutral("preseed")
    assert not any(is_neutral(word) for word in ("", "staging", "seed.lan", "my", "Preseed", "box1", "zone"))


def test_a_bench_with_its_own_dhcp_answers_the_word_bare_and_with_its_domain() -> None:
    lines = render_dnsmasq(OWN, LINKS).splitlines()
    assert "address=/preseed/192.0.2.1" in lines
    assert "address=/preseed.bench.lan/192.0.2.1" in lines
    assert "dhcp-range=192.0.2.50,192.0.2.99,12h" in lines


def test_an_installer_never_gets_the_boot_script_as_its_preseed() -> None:
    lines = render_dnsmasq(OWN, LINKS).splitlines()
    assert "dhcp-boot=tag:installer,http://preseed/d-i/bookworm/preseed.cfg" in lines
    assert [line for line in lines if line.endswith("boot.ipxe")] == [
        "dhcp-boot=tag:ipxe,tag:!installer,http://preseed/boot.ipxe"
    ]


def test_beside_another_dhcp_server_no_address_and_no_name_is_given() -> None:
    text = render_dnsmasq(BenchNetwork("enp2s0", "192.0.2.1"), LINKS)
    assert "port=0" in text
    assert "dhcp-range=192.0.2.1,proxy" in text
    assert "dhcp-boot" not in text
    assert "\naddress=" not in text


def test_a_stick_and_an_ipxe_know_the_way() -> None:
    assert render_stick("trixie", LINKS).count("url=http://preseed/d-i/trixie/preseed.cfg") == 2
    assert "chain --replace http://preseed/boot.ipxe?serial=" in render_ipxe(LINKS)


@pytest.mark.parametrize("network", [OWN, BenchNetwork("enp2s0", "192.0.2.1")])
def test_every_line_is_an_option_or_a_comment(network: BenchNetwork) -> None:
    for line in render_dnsmasq(network, LINKS).splitlines():
        assert line == "" or line.startswith("#") or line[0].islower()
