"""Do the texts that start a box put our way first, and take nothing else away?"""

from preseed.links import Links
from preseed.media import BenchNetwork, render_dnsmasq
from preseed.stick import grub_menu, isolinux_menu

LINKS = Links("http://preseed")
OWN = BenchNetwork("enp2s0", "192.0.2.1", pool="192.0.2.50,192.0.2.99", leases="/var/lib/staging/bench-dhcp.leases")


def test_the_images_own_menu_stays_and_its_own_time_does_not() -> None:
    menu = grub_menu("set default=2\nset timeout=30\nmenuentry 'Install' {\n}\n", "bookworm", LINKS)
    entries = [line for line in menu.splitlines() if line.startswith("menuentry")]
    assert [("Staging" in entry) for entry in entries] == [True, False]
    assert menu.splitlines()[-3:] == ["set default=0", "set timeout_style=menu", "set timeout=5"]


def test_debians_own_menu_is_one_key_away_and_its_speech_never_starts_by_itself() -> None:
    menu = isolinux_menu("bookworm", LINKS)
    assert menu.index("include menu.cfg") < menu.index("menu end") < menu.index("ontimeout staging")
    # isolinux takes the last default that it reads, and Debian's menu has some that start at once.
    assert menu.splitlines()[-1] == "default vesamenu.c32"


def test_a_bench_s_box_keeps_one_address_whatever_it_calls_itself() -> None:
    lines = render_dnsmasq(OWN, LINKS).splitlines()
    assert {"dhcp-ignore-clid", "dhcp-leasefile=/var/lib/staging/bench-dhcp.leases"} <= set(lines)


def test_the_bench_s_name_server_does_not_answer_with_this_machines_own_names() -> None:
    # Debian writes "127.0.1.1 preseed" on a machine of that name: a box would look for us in itself.
    assert "no-hosts" in render_dnsmasq(OWN, LINKS).splitlines()


def test_nobody_further_away_is_asked_about_our_name() -> None:
    assert "local=/preseed/preseed.bench.lan/" in render_dnsmasq(OWN, LINKS).splitlines()


def test_a_printed_configuration_leaves_the_leases_where_dnsmasq_has_them() -> None:
    text = render_dnsmasq(BenchNetwork("enp2s0", "192.0.2.1", pool="192.0.2.50,192.0.2.99"), LINKS)
    assert "dhcp-leasefile" not in text
