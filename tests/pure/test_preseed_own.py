"""Can one box be told something else than the others, and nothing that breaks it?"""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from preseed.appliance import DiskRules
from preseed.disks import Disk, judge, rules_of
from preseed.own import Own, as_overrides, check_own, keyboards, read_overrides, split_models, split_words

FIXED = Own(address="192.0.2.10/24", gateway="192.0.2.1", nameservers=("192.0.2.1",))


def codes(own: Own) -> list[tuple[str, str | None]]:
    return [(fault.code, fault.at.field) for fault in check_own(own, "bookworm", source="SN0042")]


def test_nothing_typed_is_nothing_kept_and_no_fault() -> None:
    assert (codes(Own()), as_overrides(Own())) == ([], {})


def test_what_was_kept_is_read_as_it_was_typed() -> None:
    own = Own(
        "standard", "fr(latin9)", "192.0.2.10/24", "192.0.2.1", ("192.0.2.1", "192.0.2.2"), ("vim",), "500",
        ("Samsung SSD 870",),
    )  # fmt: skip
    assert codes(own) == []
    assert read_overrides(as_overrides(own)) == own


@pytest.mark.parametrize(
    ("own", "code", "field"),
    [
        (Own(hostname="-x"), "own-hostname", "hostname"),
        (Own(hostname="a" * 64), "own-hostname", "hostname"),
        (Own(hostname="x\n127.0.0.1"), "own-hostname", "hostname"),
        (Own(keyboard="fr"), "own-keyboard", "keyboard"),
        (Own(packages=("vim;reboot",)), "own-packages", "packages"),
        (Own(packages=("vim-",)), "own-packages", "packages"),
        (Own(packages=("vim",) * 51), "own-packages", "packages"),
        (Own(address="192.0.2.10/24"), "own-network-half", "address"),
        (Own(gateway="192.0.2.1"), "own-network-half", "address"),
        (Own(disk_maximum_gb="15"), "own-disk-size", "disk_maximum_gb"),
        (Own(disk_maximum_gb="1e3"), "own-disk-size", "disk_maximum_gb"),
        (Own(disk_models=("***",)), "own-disk-model", "disk_models"),
    ],
)
def test_what_cannot_be_is_named_with_its_field(own: Own, code: str, field: str) -> None:
    assert codes(own) == [(code, field)]


@pytest.mark.parametrize(
    "address",
    [
        "192.0.2.10",
        "192.0.2.0/24",
        "192.0.2.255/24",
        "192.0.2.10/32",
        "127.0.0.1/8",
        "x",
        "2001:db8::1/64",
        "224.0.0.1/4",
    ],
)
def test_an_address_that_no_box_can_take_is_refused(address: str) -> None:
    own = Own(address=address, gateway="192.0.2.1", nameservers=("192.0.2.1",))
    assert codes(own) == [("own-address", "address")]


@pytest.mark.parametrize(
    "gateway", ["192.0.2.10", "192.0.2.0", "192.0.2.255", "192.0.3.1", "routeur", "192.0.2.1%eth0"]
)
def test_a_gateway_is_another_machine_of_the_same_network(gateway: str) -> None:
    own = Own(address=FIXED.address, gateway=gateway, nameservers=FIXED.nameservers)
    assert codes(own) == [("own-gateway", "gateway")]


@pytest.mark.parametrize("servers", [("192.0.2.1",) * 4, ("dns.bench.lan",), ("127.0.0.53",)])
def test_one_to_three_name_servers_by_their_addresses(servers: tuple[str, ...]) -> None:
    own = Own(address=FIXED.address, gateway=FIXED.gateway, nameservers=servers)
    assert codes(own) == [("own-nameservers", "nameservers")]


def test_the_installers_own_keyboards_are_offered() -> None:
    assert {"us", "fr(latin9)"} <= set(keyboards("bookworm")) & set(keyboards("trixie"))


def test_a_model_and_a_size_that_were_kept_judge_a_disk() -> None:
    kept = as_overrides(Own(disk_maximum_gb="500", disk_models=("Samsung SSD",)))["disk"]
    rules = rules_of(DiskRules(maximum_gb=kept["maximum_gb"], models=tuple(kept["models"])))
    facts = {"removable": "0", "read_only": "0", "usb": "0", "medium": "0", "used": "0"}
    good = Disk("sda", "488281250", **facts, model="Samsung SSD 870")
    assert judge(good, rules) is None
    assert judge(Disk("sda", "1953125000", **facts, model="Samsung SSD 870"), rules) == "too-big"
    assert judge(Disk("sda", "488281250", **facts, model="WDC WD5000"), rules) == "model"


def test_several_in_one_field_are_parted_as_people_write_them() -> None:
    assert split_words(" vim, tmux  curl,") == ("vim", "tmux", "curl")
    assert split_models("Samsung SSD 870, WDC , ") == ("Samsung SSD 870", "WDC")


GOOD = {
    "hostname": "standard", "keyboard": "fr(latin9)", "address": "192.0.2.10/24", "gateway": "192.0.2.1",
    "nameservers": "192.0.2.1", "packages": "g++",
}  # fmt: skip
"""A word that each field takes."""


@pytest.mark.parametrize("field", GOOD)
def test_a_good_word_is_taken(field: str) -> None:
    assert codes(with_word(field, GOOD[field])) == []


@pytest.mark.parametrize("field", GOOD)
@given(rest=st.text(alphabet="\"'`$;&|<>\\\n\r\t #é\u2028", min_size=1, max_size=3), place=st.integers(0, 30))
def test_a_word_with_anything_in_it_that_a_shell_or_a_file_would_read_is_refused(
    field: str, rest: str, place: int
) -> None:
    word = GOOD[field]
    assert codes(with_word(field, word[:place] + rest + word[place:])) != []


def with_word(field: str, word: str) -> Own:
    return replace(FIXED, **{field: (word,) if field in ("nameservers", "packages") else word})  # type: ignore[arg-type]  # the fields by their names
