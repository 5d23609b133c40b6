"""What does whoever makes a stick read when the program that writes it fails, or never ends?"""

import errno
import os
from pathlib import Path

import pytest

from preseed import stick
from preseed.links import Links
from preseed.stick import build_stick, checksum
from staging.core.faults import Refused


@pytest.mark.parametrize(
    ("does", "why"),
    [
        ("printf 'FAILURE : no such file: caf\\351\\n' >&2; exit 5", "FAILURE : no such file: caf\ufffd"),
        ("exec sleep 60", os.strerror(errno.ETIME)),
    ],
    ids=["foreign-letters", "endless"],
)  # fmt: skip
def test_a_failure_is_told_in_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, does: str, why: str) -> None:
    program, image = tmp_path / "xorriso", tmp_path / "debian.iso"
    program.write_text(f"#!/bin/sh\n{does}\n")
    program.chmod(0o755)
    image.write_bytes(b"no image")
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    monkeypatch.setattr(stick, "_PATIENCE_S", 1)
    with pytest.raises(Refused) as caught:
        build_stick(
            image, tmp_path / "out.iso", sha256=checksum(image), suite="bookworm", links=Links("http://preseed")
        )
    assert [(fault.code, fault.facts["why"]) for fault in caught.value.faults] == [("image-unusable", why)]
