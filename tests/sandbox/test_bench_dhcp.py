"""Does the bench's DHCP server end with the service, whenever that is?"""

import shutil
import subprocess
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from staging.commands.bench_dhcp import BenchDhcp


@pytest.fixture
def dhcp(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> BenchDhcp:
    """A server that does nothing but stay, as dnsmasq does."""
    program = tmp_path / "dnsmasq"
    program.write_text("#!/bin/sh\nexec sleep 300\n")
    program.chmod(0o755)
    monkeypatch.setattr(shutil, "which", lambda *_args, **_more: str(program))
    return BenchDhcp("lo", pool=None, domain="bench.lan", base="http://preseed", folder=tmp_path)


def test_one_that_was_just_being_started_ends_too(dhcp: BenchDhcp, monkeypatch: pytest.MonkeyPatch) -> None:
    start, starting, made = subprocess.Popen, threading.Event(), []

    def slowly(*words: Any, **more: Any) -> "subprocess.Popen[bytes]":
        starting.set()
        time.sleep(0.3)
        made.append(start(*words, **more))
        return made[-1]

    monkeypatch.setattr(subprocess, "Popen", slowly)
    dhcp.start()
    assert starting.wait(timeout=30)
    dhcp.stop()
    assert [one.poll() is not None for one in made] == [True]


def test_one_that_was_never_started_ends_without_a_word(dhcp: BenchDhcp) -> None:
    dhcp.stop()
