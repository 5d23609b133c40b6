"""Is a preseed's text exactly what it should be, and never something else?"""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from preseed.answers import Answer
from preseed.appliance import Appliance, DiskRules, FixedNetwork, Mirror
from preseed.links import Links
from preseed.releases import SUITES, Suite, parse_suite, release
from preseed.render import FIRST_LINE, render_answers, render_preseed, render_universal
from preseed.scripts import SCRIPT_NAMES, render_script, render_stage
from staging.core.faults import PreseedRefused
from staging.core.secret import Secret
from tests.fakes.preseed import AUTHORITY, TICKETS, box

GOLDEN = Path(__file__).with_name("golden")
LINKS = Links("http://preseed")


def full(suite: Suite) -> Appliance:
    """A box that uses everything an appliance can say."""
    return box(
        suite=suite,
        wazo=box().wazo if suite == "bookworm" else None,
        mirror=Mirror("mirror.bench.lan", "/debian", "security.bench.lan", "http://proxy.bench.lan:3128"),
        network=FixedNetwork("192.0.2.10/24", "192.0.2.1", ("192.0.2.2",)),
        packages=("tcpdump", "curl"),
        disk=DiskRules(minimum_gb=32, maximum_gb=1000),
        ntp_servers=("ntp.bench.lan",),
        authorities=(AUTHORITY,),
    )


def rendered(suite: Suite) -> dict[str, str]:
    """Every text that a box of this release is ever given, by its golden file's name."""
    texts = {"universal.cfg": render_universal(suite, LINKS), "stage.sh": render_stage(suite, LINKS)}
    texts["serial.cfg"] = render_preseed(full(suite), links=LINKS, tickets=TICKETS)
    for name in SCRIPT_NAMES:
        texts[name] = render_script(name, full(suite), links=LINKS, tickets=TICKETS)
    return {f"{suite}-{name}": text for name, text in texts.items()}


@pytest.mark.parametrize("suite", SUITES)
def test_every_text_is_literally_the_golden_one(suite: Suite) -> None:
    """A wanted change: look at the difference, then run this file as a program to write the files anew."""
    for name, text in rendered(suite).items():
        assert text == (GOLDEN / name).read_text("utf-8"), name


def test_the_universal_stage_is_safe_to_evaluate_unquoted() -> None:
    (_, line) = render_universal("bookworm", LINKS).splitlines()
    command = line.partition(" string ")[2]
    assert not set(command) & set("*?[]'\"\\$`~{}")
    assert command == " ".join(command.split())


def test_addresses_come_from_the_configured_name() -> None:
    text = render_preseed(box(), links=Links("http://staging.example:8080/"), tickets=TICKETS)
    assert "http://staging.example:8080/preseed/SN0042/read7/early.sh" in text


def test_a_hash_and_a_quote_stay_as_they_are() -> None:
    text = render_preseed(box(root_password_hash=Secret("$6$a'b\"c$d/e.")), links=LINKS, tickets=TICKETS)
    assert "d-i passwd/root-password-crypted password $6$a'b\"c$d/e.\n" in text


def test_without_a_password_nobody_logs_in_with_one() -> None:
    text = render_preseed(box(root_password_hash=None), links=LINKS, tickets=TICKETS)
    assert "d-i passwd/root-password-crypted password !\n" in text


def test_an_empty_value_is_a_fault_and_never_an_empty_line() -> None:
    with pytest.raises(PreseedRefused) as caught:
        render_preseed(box(timezone="", keyboard=""), links=LINKS, tickets=TICKETS)
    assert [(fault.code, fault.at.field) for fault in caught.value.faults] == [
        ("empty-answer", "keyboard-configuration/xkb-keymap"),
        ("empty-answer", "time/zone"),
    ]


@pytest.mark.parametrize("value", ["a\nd-i x/y string z", "a\r", "a\\", " a", "a ", "a\x00", "a\u2028b", "a\tb"])
def test_a_value_that_could_become_another_line_is_refused(value: str) -> None:
    with pytest.raises(PreseedRefused):
        render_answers([Answer("d-i", "netcfg/get_domain", "string", value)], source="SN0042")


@pytest.mark.parametrize(
    "hostile",
    [
        {"ssh_keys": ("ssh-ed25519 AAAA\nKEYS\nrm -rf /",)},
        {"ssh_keys": ("KEYS",)},
        {"domain": "bench.lan\nreboot"},
        {"network": FixedNetwork("192.0.2.10/24\n$(reboot)", "192.0.2.1", ("192.0.2.2",))},
        {"network": FixedNetwork("192.0.2.10/24", "$(reboot)", ("192.0.2.2",))},
        {"ntp_servers": ("ntp\nreboot",)},
        {"authorities": ("-----BEGIN CERTIFICATE-----\nAA\nSTAGING_FILE\nreboot\n-----END CERTIFICATE-----",)},
        {"authorities": ("CERTIFICATE",)},
    ],
)
def test_a_value_that_could_leave_its_place_in_a_script_is_refused(hostile: dict[str, object]) -> None:
    with pytest.raises(PreseedRefused):
        render_script("late.sh", box(**hostile), links=LINKS, tickets=TICKETS)


@given(st.text(max_size=40))
def test_whatever_a_value_holds_it_stays_one_line_or_is_refused(value: str) -> None:
    try:
        text = render_answers([Answer("d-i", "netcfg/get_domain", "string", value)], source="SN0042")
    except PreseedRefused:
        return
    assert text.splitlines() == [FIRST_LINE, f"d-i netcfg/get_domain string {value}"]


def test_releases_are_read_by_name() -> None:
    assert [parse_suite(typed) for typed in (" Trixie ", "sid", "")] == ["trixie", None, None]
    assert [release(suite).number for suite in SUITES] == ["12", "13"]


if __name__ == "__main__":
    for every in SUITES:
        for golden, content in rendered(every).items():
            (GOLDEN / golden).write_text(content, "utf-8")
