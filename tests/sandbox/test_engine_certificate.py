"""Is a freshly installed engine trusted by the certificate that its own box reported, and by no other?"""

import base64
import ssl
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from cheroot.ssl.builtin import BuiltinSSLAdapter
from cheroot.wsgi import Server

from staging.bootstrap import House, make_bench_app
from staging.commands.serve import ensure_certificate
from staging.core.faults import StackRefused
from staging.desk import bench, stacks
from staging.jobs.job import Stack
from staging.jobs.steps import run_install
from staging.sandbox.app import create_sandbox
from tests.fakes.house import BY, make_house, order_on, ready_box


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    made = make_house(tmp_path)
    yield made
    made.store.database.close()


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[tuple[str, Path]]:
    """A sandbox behind TLS with a certificate of its own, as an engine has; its address and the certificate."""
    certificate, key = ensure_certificate(tmp_path / "engine")
    server = Server(("127.0.0.1", 0), create_sandbox())
    server.ssl_adapter = BuiltinSSLAdapter(str(certificate), str(key))
    server.prepare()
    thread = threading.Thread(target=server.serve)
    thread.start()
    yield f"https://127.0.0.1:{server.bind_addr[1]}", certificate
    server.stop()
    thread.join(timeout=10)


def _report(house: House, serial: str, certificate: Path) -> None:
    ticket = house.office.preseed_needs("http://bench").open_tickets(serial).register  # type: ignore[arg-type]
    der = base64.b64encode(ssl.PEM_cert_to_DER_cert(certificate.read_text())).decode()
    client = make_bench_app(house, base="http://bench").test_client()
    answer = client.post(f"/hooks/install/{ticket}/engine-ready", data=f"address=127.0.0.1\ncertificate={der}\n")
    assert answer.status_code < 300


def test_a_certificate_that_is_kept_already_is_not_written_under_the_eyes_of_its_readers(
    house: House, engine: tuple[str, Path]
) -> None:
    stacks.add_stack(house.desk, Stack("atelier", "on-premise"), password=None)
    serial = ready_box(house)
    bench.arm(house.desk, serial, by=BY, role="technician")
    _report(house, serial, engine[1])
    named = house.desk.needs.certificate_of(serial, "atelier")
    assert named is not None
    kept = Path(named).stat()
    assert house.desk.needs.certificate_of(serial, "atelier") == named
    assert (Path(named).stat().st_ino, Path(named).stat().st_mtime_ns) == (kept.st_ino, kept.st_mtime_ns)
    assert [file.name for file in Path(named).parent.iterdir()] == [Path(named).name]


def test_an_engine_is_trusted_by_the_certificate_its_box_reported(
    house: House, engine: tuple[str, Path], tmp_path: Path
) -> None:
    url, certificate = engine
    stacks.add_stack(house.desk, Stack("atelier", "on-premise"), password=None)
    serial = ready_box(house)
    order = order_on(house, "atelier", plan=None, serial=serial)
    bench.arm(house.desk, serial, by=BY, role="technician")
    _report(house, serial, certificate)
    assert run_install(order, house.desk.needs).status == "done"
    stack = house.store.stacks.get("atelier")
    assert stack.url == "https://127.0.0.1"
    # The engine of this test listens on another port than a box's.
    trusted = Stack(stack.name, stack.kind, url=url, ca_file=stack.ca_file)
    assert house.desk.engine_of(trusted).is_set_up() is False
    stranger, _ = ensure_certificate(tmp_path / "stranger")
    with pytest.raises(StackRefused) as refused:
        house.desk.engine_of(Stack("autre", "on-premise", url=url, ca_file=str(stranger))).is_set_up()
    assert refused.value.faults[0].code == "stack-certificate"
