"""Which plugin and which keys does a phone get?"""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from staging.wazo.models import choose_plugins, firmware_package, lists_model, phone_models, plugin_version
from staging.wazo.ranges import consecutive_ranges, lacking, with_ranges
from staging.wazo.state import NumberRange


@pytest.mark.parametrize(
    ("models", "plugins"),
    [
        (["T54W", "W60B"], {"T54W": "wazo-yealink-v85", "W60B": "wazo-yealink-v85"}),
        (["T54W"], {"T54W": "wazo-yealink-v87"}),
        (["T46U", "W60B"], {"T46U": "wazo-yealink-v86", "W60B": "wazo-yealink-v85"}),
        (["Gigaset"], {}),
    ],
)
def test_the_fewest_plugins_serve_all_phones(models: list[str], plugins: dict[str, str]) -> None:
    assert choose_plugins(models) == plugins


def test_the_prefix_is_the_engines_own() -> None:
    assert choose_plugins(["W60B"], ["xivo-yealink-v85", "wazo-snom-v9"]) == {"W60B": "xivo-yealink-v85"}


def test_a_plugin_that_does_not_list_a_phone_is_no_plugin_for_it() -> None:
    assert (lists_model("wazo-yealink-v86", "W60B"), lists_model("wazo-yealink-v85", "W60B")) == (False, True)
    assert plugin_version("wazo-cisco-spa") is None


@pytest.mark.parametrize(
    ("model", "package"),
    [
        ("T54W", "T53_T53W_T54W_T57W-fw"),
        ("T33G", "T3X-fw"),
        ("T58", "T58A-fw"),
        ("T44W", "T43U_T46U_T41U_T48U_T42U_T44-fw"),
        ("W80B", "W80DM-fw"),
        ("W60B", None),
        ("CP960", None),
    ],
)
def test_firmware_is_chosen_by_the_models_that_a_package_names(model: str, package: str | None) -> None:
    offered = ["T53_T53W_T54W_T57W-fw", "T3X-fw", "T58A-fw", "T43U_T46U_T41U_T48U_T42U_T44-fw", "W80DM-fw"]
    others = ["W56H-fw", "T54W-ddphone-fw", "T4S-ddphone-fw", "T58_CP960-lang"]
    assert firmware_package(model, [*others, *offered]) == package


def test_a_package_of_its_own_beats_one_under_another_name() -> None:
    assert firmware_package("W80B", ["W80DM-fw", "W80B-fw"]) == "W80B-fw"


@pytest.mark.parametrize(
    ("model", "modules", "first", "last"),
    [("T54W", 0, 2, 27), ("T54W", 1, 2, 87), ("T46S", 2, 2, 107), ("T53W", 1, 2, 81), ("T54W", 9, 2, 207)],
)
def test_keys_run_on_from_the_phone_to_its_modules(model: str, modules: int, first: int, last: int) -> None:
    positions = phone_models()[model].key_positions(modules)
    assert (positions[0], positions[-1]) == (first, last)


def test_a_base_has_no_keys() -> None:
    assert not phone_models()["W60B"].key_positions(0)


def test_scattered_numbers_become_the_fewest_ranges() -> None:
    ranges = consecutive_ranges(["0465710003", "0465710001", "0465710002", "0465710009"])
    assert [(r.start, r.end, r.did_length) for r in ranges] == [
        ("0465710001", "0465710003", 10),
        ("0465710009", "0465710009", 10),
    ]


_NUMBERS = st.sets(st.integers(0, 60).map(lambda n: f"{n:04d}"), max_size=30)


@given(_NUMBERS)
def test_ranges_hold_exactly_their_numbers(numbers: set[str]) -> None:
    ranges = consecutive_ranges(numbers)
    held = [f"{n:04d}" for r in ranges for n in range(int(r.start), int(r.end) + 1)]
    assert sorted(held) == sorted(numbers)


@given(_NUMBERS, _NUMBERS)
def test_completing_ranges_loses_none_and_repeats_none(present: set[str], wanted: set[str]) -> None:
    there, needed = consecutive_ranges(present), consecutive_ranges(wanted)
    written = with_ranges(there, needed)
    assert lacking(written, (*there, *needed)) == ()
    assert len({(r.start, r.end) for r in written}) == len(written)


def test_ranges_that_meet_cover_what_crosses_them() -> None:
    there = (NumberRange("8000", "8009"), NumberRange("8010", "8019"))
    held, beyond = NumberRange("8005", "8015"), NumberRange("8005", "8020")
    assert lacking(there, (held, beyond)) == (beyond,)
