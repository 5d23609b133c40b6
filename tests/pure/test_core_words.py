"""Which small words are accepted, and in which spelling do they come out?"""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from staging.core.words import Serial, host_name, parse_extension, parse_mac, parse_serial

HEX = st.text("0123456789abcdefABCDEF", min_size=12, max_size=12)


@pytest.mark.parametrize("typed", ["02:00:00:00:00:2A", "02-00-00-00-00-2a", "0200.0000.002A", "0200 0000 002a\n"])
def test_a_mac_in_any_usual_spelling_is_one_word(typed: str) -> None:
    assert parse_mac(typed) == "02:00:00:00:00:2a"


@pytest.mark.parametrize(
    "typed",
    ["", "02:00:00:00:00", "02:00:00:00:00:2a:00", "02:00:00:00:00:2g", "00:00:00:00:00:00", "FF:FF:FF:FF:FF:FF",
     "https://x/02:00:00:00:00:2a", "٠٢:00:00:00:00:2a"],
)  # fmt: skip
def test_what_no_phone_carries_is_no_mac(typed: str) -> None:
    assert parse_mac(typed) is None


@given(HEX)
def test_a_mac_read_again_stays_as_it_is(digits: str) -> None:
    mac = parse_mac(digits)
    assert mac is None or parse_mac(mac) == mac


@pytest.mark.parametrize("typed", ["SN0042", " sn0042 ", "sn0042\r\n"])
def test_a_serial_is_read_from_sticker_scanner_and_installer_alike(typed: str) -> None:
    assert parse_serial(typed) == "SN0042"


@pytest.mark.parametrize("typed", ["", "SN", "-SN0042", "SN 0042", "SN/0042", "SN0042?", "SÉ0042", "A" * 65, "SN\x000"])
def test_what_cannot_stand_in_a_url_is_no_serial(typed: str) -> None:
    assert parse_serial(typed) is None


@given(st.text())
def test_a_serial_that_is_accepted_needs_no_quoting(typed: str) -> None:
    serial = parse_serial(typed)
    assert serial is None or (serial.isascii() and not set(serial) & set(" /?#%&\\"))


@pytest.mark.parametrize(("typed", "read"), [("8001", "8001"), (" 0042 ", "0042"), ("12", "12"), ("123456", "123456")])
def test_an_extension_keeps_its_zeros(typed: str, read: str) -> None:
    assert parse_extension(typed) == read


@pytest.mark.parametrize("typed", ["", "1", "1234567", "80 01", "8001.0", "-80", "８００１", "8001\n8002"])
def test_what_cannot_be_dialled_is_no_extension(typed: str) -> None:
    assert parse_extension(typed) is None


@given(st.from_regex(r"[A-Z0-9][A-Z0-9._-]{2,63}", fullmatch=True))
def test_every_serial_makes_a_valid_host_name(serial: str) -> None:
    name = host_name(Serial(serial))
    assert 1 <= len(name) <= 63
    assert name.replace("-", "").isalnum()
    assert name == name.lower()
    assert name == name.strip("-")
