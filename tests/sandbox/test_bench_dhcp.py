"""Does the bench's DHCP server end with the service, whenever that is?"""

import shutil
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from staging.commands import bench_dhcp
from staging.commands.bench_dhcp import BenchDhcp
from staging.core.faults import Refused


@pytest.fixture
def dhcp(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[BenchDhcp]:
    """A server that does nothing but stay, as dnsmasq does."""
    program = tmp_path / "dnsmasq"
    program.write_text("#!/bin/sh\nexec sleep 300\n")
    program.chmod(0o755)
    monkeypatch.setattr(shutil, "which", lambda *_args, **_more: str(program))
    monkeypatch.setattr(bench_dhcp, "_SETTLES_S", 0.2)
    made = BenchDhcp("lo", pool=None, domain="bench.lan", base="http://preseed", folder=tmp_path)
    yield made
    made.stop()


def test_one_that_was_just_being_started_again_ends_too(dhcp: BenchDhcp, monkeypatch: pytest.MonkeyPatch) -> None:
    start, again, made = subprocess.Popen, threading.Event(), []

    def slowly(*words: Any, **more: Any) -> "subprocess.Popen[bytes]":
        if made:
            again.set()
            time.sleep(0.3)
        made.append(start(*words, **more))
        return made[-1]

    monkeypatch.setattr(subprocess, "Popen", slowly)
    monkeypatch.setattr(bench_dhcp, "_AGAIN_S", 0.01)
    dhcp.start()
    made[0].kill()
    assert again.wait(timeout=30)
    dhcp.stop()
    assert [one.poll() is not None for one in made] == [True, True]


def test_one_that_may_not_do_its_work_is_told_when_the_service_starts(dhcp: BenchDhcp, tmp_path: Path) -> None:
    (tmp_path / "dnsmasq").write_text("#!/bin/sh\necho 'dnsmasq: failed to bind DHCP server socket' >&2\nexit 2\n")
    with pytest.raises(Refused) as caught:
        dhcp.start()
    assert [(fault.code, fault.facts["why"]) for fault in caught.value.faults] == [
        ("dnsmasq-stopped", "dnsmasq: failed to bind DHCP server socket")
    ]
    dhcp.stop()


def test_boot_files_that_are_missing_are_named_before_anything_starts(
    dhcp: BenchDhcp, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "undionly.kpxe").touch()
    monkeypatch.setattr(bench_dhcp, "_TFTP_ROOT", str(tmp_path))
    with pytest.raises(Refused) as caught:
        dhcp.check()
    assert [(fault.code, fault.facts["missing"]) for fault in caught.value.faults] == [("ipxe-missing", "snponly.efi")]


def test_one_that_was_never_started_ends_without_a_word(dhcp: BenchDhcp) -> None:
    dhcp.stop()
