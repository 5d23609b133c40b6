"""Does the client survive what real connections do? A tiny server on loopback that drips, hangs up and forgets."""

import ipaddress
import json
import socket
import ssl
import struct
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from staging.adapters.wazo_http.address import EngineAddress
from staging.adapters.wazo_http.session import EngineSession
from staging.core.faults import StackRefused, StackUnreachable
from staging.core.messages import explain
from staging.core.secret import Secret
from tests.fakes.recorded import PASSWORD, token_document

Behaviour = Callable[["Rude"], None]


class Rude(BaseHTTPRequestHandler):
    """Gives a token, and does to every other request what the test says."""

    protocol_version = "HTTP/1.1"
    server: "RudeServer"

    def do_GET(self) -> None:
        self._serve()

    def do_POST(self) -> None:
        self._serve()

    def answer(self, status: int, body: object) -> None:
        text = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, format: str, *args: object) -> None:
        """Keep the test's output clean."""

    def _serve(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.server.asked.append(f"{self.command} {self.path}")
        if self.path.endswith("/token"):
            self.server.tokens += 1
            self.answer(200, token_document(f"t{self.server.tokens}"))
        else:
            self.server.behave(self)


class RudeServer(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, behave: Behaviour, tls: ssl.SSLContext | None) -> None:
        super().__init__(("127.0.0.1", 0), Rude)
        self.behave = behave
        self.asked: list[str] = []
        self.tokens = 0
        if tls:
            self.socket = tls.wrap_socket(self.socket, server_side=True)

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that goes away is what some of these tests want."""


def test_an_answer_that_drips_past_the_time_out_is_a_silence() -> None:
    started = time.monotonic()
    with stack_that(drip) as (_, session), pytest.raises(StackUnreachable) as caught:
        session.send("confd", "GET", "users", timeout=0.5)
    assert caught.value.faults[0].code == "stack-silent"
    assert time.monotonic() - started < 3


def test_a_write_whose_connection_is_reset_is_not_sent_twice() -> None:
    with stack_that(reset) as (server, session), pytest.raises(StackUnreachable):
        session.send("confd", "POST", "users", body={"firstname": "Accueil"})
    assert server.asked.count("POST /api/confd/1.1/users") == 1


def test_a_read_whose_connection_is_reset_is_tried_once_more() -> None:
    resets = iter([reset])
    with stack_that(lambda rude: next(resets, well)(rude)) as (server, session):
        assert session.send("confd", "GET", "users").object() == {"items": []}
    assert server.asked.count("GET /api/confd/1.1/users") == 2


def test_a_read_that_meets_a_restarting_proxy_is_tried_again_and_a_write_is_not() -> None:
    with stack_that(lambda rude: rude.answer(502, {})) as (server, session):
        for method in ("GET", "POST"):
            with pytest.raises(StackUnreachable) as caught:
                session.send("confd", method, "users")
            assert caught.value.faults[0].code == "stack-busy"
    assert server.asked.count("GET /api/confd/1.1/users") == 3
    assert server.asked.count("POST /api/confd/1.1/users") == 1


def test_an_answer_that_is_cut_off_is_a_silence_and_never_half_an_answer() -> None:
    with stack_that(cut) as (_, session), pytest.raises(StackUnreachable) as caught:
        session.send("confd", "GET", "users")
    assert caught.value.faults[0].code == "stack-silent"


def test_a_token_forgotten_by_the_engine_is_renewed_over_a_real_connection() -> None:
    def forgetful(rude: Rude) -> None:
        known = rude.headers["X-Auth-Token"] == "t2"
        rude.answer(200 if known else 401, {"items": []} if known else ["('t1', 'confd.users.read')"])

    with stack_that(forgetful) as (server, session):
        assert session.send("confd", "POST", "users", body={"firstname": "Accueil"}).status == 200
        assert session.send("confd", "GET", "users").status == 200
    assert server.tokens == 2


def test_a_closed_port_is_a_silence_that_names_the_host() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    with session_at(f"http://127.0.0.1:{port}") as session, pytest.raises(StackUnreachable) as caught:
        session.send("confd", "GET", "wizard", anonymous=True)
    assert caught.value.faults[0].code == "stack-silent"
    assert caught.value.faults[0].facts["host"] == f"127.0.0.1:{port}"


def test_nothing_of_a_failed_call_shows_the_password(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG")
    with stack_that(reset) as (_, session), pytest.raises(StackUnreachable) as caught:
        session.send("setupd", "POST", "setup", body={"engine_password": PASSWORD}, anonymous=True)
    chain = [repr(caught.value), repr(caught.value.__cause__), str(caught.value.__cause__)]
    assert PASSWORD not in "".join(chain) + "".join(str(record.__dict__) for record in caplog.records)


def test_many_threads_share_one_login() -> None:
    seen: list[int] = []
    with stack_that(well) as (server, session):
        threads = [
            threading.Thread(target=lambda: seen.append(session.send("confd", "GET", "users").status)) for _ in range(8)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert seen == [200] * 8
    assert server.tokens == 1


def test_a_self_signed_certificate_is_refused_and_the_hint_names_the_option(tmp_path: Path) -> None:
    own = certificate(tmp_path, "engine.invalid")
    with stack_that(well, tls=own) as (_, session), pytest.raises(StackRefused) as caught:
        session.send("confd", "GET", "users")
    assert caught.value.faults[0].code == "stack-certificate"
    assert "--ca" in explain(caught.value.faults[0], "fr").hint


def test_the_engines_own_certificate_is_enough_whatever_name_it_carries(tmp_path: Path) -> None:
    own = certificate(tmp_path, "engine.invalid")
    with stack_that(well, tls=own, ca_file=own) as (_, session):
        assert session.send("confd", "GET", "users").status == 200


def test_a_certificate_of_another_engine_is_refused(tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    other = certificate(tmp_path / "other", "engine.invalid")
    own = certificate(tmp_path, "engine.invalid")
    with stack_that(well, tls=own, ca_file=other) as (_, session), pytest.raises(StackRefused) as caught:
        session.send("confd", "GET", "users")
    assert caught.value.faults[0].code == "stack-certificate"


@pytest.mark.parametrize(("name", "accepted"), [("127.0.0.1", True), ("10.99.0.1", False)])
def test_a_certificate_of_a_trusted_authority_must_carry_the_address(tmp_path: Path, name: str, accepted: bool) -> None:
    authority = certificate(tmp_path, "authority.invalid")
    (tmp_path / "engine").mkdir()
    signed = certificate(tmp_path / "engine", name, signer=authority)
    with stack_that(well, tls=signed, ca_file=authority) as (_, session):
        if accepted:
            assert session.send("confd", "GET", "users").status == 200
        else:
            with pytest.raises(StackRefused) as caught:
                session.send("confd", "GET", "users")
            assert caught.value.faults[0].code == "stack-certificate"


def well(rude: Rude) -> None:
    rude.answer(200, {"items": []})


def drip(rude: Rude) -> None:
    rude.send_response(200)
    rude.send_header("Content-Length", "1000")
    rude.end_headers()
    for _ in range(50):
        rude.wfile.write(b" ")
        rude.wfile.flush()
        time.sleep(0.1)


def cut(rude: Rude) -> None:
    rude.send_response(200)
    rude.send_header("Content-Length", "1000")
    rude.end_headers()
    rude.wfile.write(b"{}")
    rude.close_connection = True


def reset(rude: Rude) -> None:
    # With this option closing a socket sends RST, as a box does whose power is cut.
    rude.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    rude.connection.close()
    rude.close_connection = True


@contextmanager
def stack_that(
    behave: Behaviour, *, tls: Path | None = None, ca_file: Path | None = None
) -> Iterator[tuple[RudeServer, EngineSession]]:
    wrapped = None
    if tls:
        wrapped = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        wrapped.load_cert_chain(tls)
    with RudeServer(behave, wrapped) as server:
        serving = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        serving.start()
        try:
            with session_at(f"{'https' if tls else 'http'}://127.0.0.1:{server.server_port}", ca_file) as session:
                yield server, session
        finally:
            server.shutdown()
            serving.join()


def session_at(url: str, ca_file: Path | None = None) -> EngineSession:
    return EngineSession(
        EngineAddress.of(url), username="root", password=Secret(PASSWORD), ca_file=ca_file,
        connect_timeout=2, read_timeout=5,
    )  # fmt: skip


def certificate(folder: Path, name: str, *, signer: Path | None = None) -> Path:
    """A certificate for a host name or address, with its key, in one PEM file; self-signed unless a signer is given."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    issuer, signing = subject, key
    if signer:
        issuer = x509.load_pem_x509_certificate(signer.read_bytes()).subject
        loaded = serialization.load_pem_private_key(signer.read_bytes(), None)
        assert isinstance(loaded, ec.EllipticCurvePrivateKey)
        signing = loaded
    built = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(datetime.now(UTC) - timedelta(hours=1))
        .not_valid_after(datetime.now(UTC) + timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([_alternative(name)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=signer is None, path_length=None), critical=True)
        .sign(signing, hashes.SHA256())
    )
    file = folder / f"{name}.pem"
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    file.write_bytes(private + built.public_bytes(serialization.Encoding.PEM))
    return file


def _alternative(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)
