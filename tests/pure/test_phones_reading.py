"""What is it that a scanner read?"""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labels.label import LabelCode
from staging.core.words import Extension, Mac, Serial
from staging.phones.reading import ReadControl, ReadExtension, ReadLabel, ReadMac, ReadSerial, read_scan

MAC = ReadMac(Mac("02:5e:c0:ab:cd:01"))


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("025EC0ABCD01", MAC),
        ("02:5e:c0:ab:cd:01\r", MAC),
        ("02-5E-C0-AB-CD-01", MAC),
        ("SN:3146020;MAC:025EC0ABCD01", MAC),
        ("MAC 02:5E:C0:AB:CD:01", MAC),
        ("S1:k3m9xp:handset:8001:2", ReadLabel(LabelCode("k3m9xp", "handset", "8001", 2))),
        ("S1:k3m9xp:base:base-1:1", ReadLabel(LabelCode("k3m9xp", "base", "base-1", 1))),
        (" 8001 ", ReadExtension(Extension("8001"))),
        ("sn0042", ReadSerial(Serial("SN0042"))),
        ("S0:UNDO", ReadControl("undo")),
        ("s0:undo", ReadControl("undo")),
    ],
)
def test_one_field_tells_by_the_form_what_was_scanned(typed: str, read: object) -> None:
    assert read_scan(typed) == read


@pytest.mark.parametrize(
    "typed", ["", " ", "S1:k3m9xp:handset", "x" * 500, "é", "\x00", "S0:REDO", "00:00:00:00:00:00"]
)
def test_what_is_none_of_these_is_none(typed: str) -> None:
    assert read_scan(typed) is None


@given(st.text(max_size=300))
def test_nothing_that_a_scanner_can_type_raises(typed: str) -> None:
    read_scan(typed)
