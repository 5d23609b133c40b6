"""What holds for every test? Nothing leaves the loopback, and no stray setting of the machine is seen."""

import os
import signal
import socket
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

from tests.fakes.passwords import quick_passwords

_LOOPBACK = ("127.", "::1", "localhost")


def pytest_configure() -> None:
    """Ctrl-C reaches the programs that tests start: a shell that runs us in the background has it ignored by all."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
    # A slow machine is no fault of the code.
    settings.register_profile("patient", deadline=None, suppress_health_check=[HealthCheck.too_slow])
    settings.load_profile("patient")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Files that take long come first: at the end the short ones keep every process at work."""
    items.sort(key=lambda item: next(place for place, part in enumerate(_LONG_FIRST) if part in item.path.as_posix()))


_LONG_FIRST = ("/test_jobs_", "/test_commands_", "/browser/", "/test_serving", "/sandbox/", "")


@pytest.fixture(autouse=True, scope="session")
def _quick_passwords() -> Iterator[None]:
    with quick_passwords():
        yield


@pytest.fixture(autouse=True)
def _no_stray_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in list(os.environ):
        if name.startswith("STAGING_") or name == "DATABASE_URL":
            monkeypatch.delenv(name)


@pytest.fixture(autouse=True)
def _closed_network(monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> Iterator[None]:
    """A connection to anywhere but this machine fails the test; `live` tests are let through."""
    if request.node.get_closest_marker("live"):
        yield
        return
    connect = socket.socket.connect

    def guarded(self: socket.socket, address: Any) -> None:
        host = str(address[0]) if isinstance(address, tuple) else ""
        if self.family in (socket.AF_INET, socket.AF_INET6) and not host.startswith(_LOOPBACK):
            raise AssertionError(f"a test reached for {address!r}")
        connect(self, address)

    monkeypatch.setattr(socket.socket, "connect", guarded)
    yield
