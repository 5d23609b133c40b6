"""`staging serve`: the service itself."""

import ipaddress
import signal
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import FrameType
from urllib.parse import urlsplit

import click
from cheroot.ssl.builtin import BuiltinSSLAdapter
from cheroot.wsgi import Server
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from werkzeug.middleware.proxy_fix import ProxyFix

from preseed.links import SYSLOG_PORT
from staging.adapters.syslog_door import SyslogDoor
from staging.bootstrap import House, hook_door, make_bench_app, quiet_logs, session_key
from staging.commands.bench_dhcp import BenchDhcp
from staging.commands.door import house, lang
from staging.commands.fast_door import FastDoor
from staging.commands.serving import BOXES, Listener, WorkerKeeper, split_address
from staging.core.faults import Fault, Refused, Where
from staging.core.messages import say
from staging.web.app import create_app


@click.command()
@click.option("--http", "http", default=":80", show_default=True, help="Address of the installers' door, plain HTTP.")
@click.option("--https", "https", default=":443", show_default=True, help="Address of people's door.")
@click.option("--workers", type=click.IntRange(1), default=4, show_default=True, help="Orders worked on at once.")
@click.option("--bench-dhcp", "interface", metavar="IFACE", help="Run dnsmasq for the bench on this interface.")
@click.option("--bench-pool", "pool", metavar="FIRST,LAST", help="Addresses it gives; without, another server does.")
@click.option("--fast", is_flag=True, help="Answer installers with the fast door: for very many boxes at once.")
@click.option("--syslog", "syslog", metavar="H:P", help="Take installers' syslog by UDP there, for example :5514.")
def serve(
    http: str, https: str, workers: int, interface: str | None, pool: str | None, fast: bool, syslog: str | None
) -> None:
    """Serve pages, preseeds and hooks, and work on orders, until Ctrl-C.

    Example: staging serve --http :80 --https :443
    """
    quiet_logs()
    opened = house()
    bench_host, bench_port = _address(http, 80)
    web_host, web_port = _address(https, 443)
    base = opened.settings.bench_url
    if base is None:
        raise Refused(Fault("bench-url-missing", Where("environment", field="STAGING_BENCH_URL"), {}))
    bench = _bench_door(opened, bench_host, bench_port, base=base, fast=fast)
    keeper = WorkerKeeper(environ={}, at_once=workers)
    # Before the people's door, whose threads would keep a start that is refused from ending.
    beside: list[BenchDhcp | SyslogDoor] = [*_bench_dhcp(opened, interface, pool, base), *_syslog(opened, syslog)]
    web = _https(opened, web_host, web_port)
    bench.start()
    keeper.start()
    try:
        for one in beside:
            one.start()
        click.echo(say("serving", lang(), http=f"{bench_host}:{bench_port}", https=f"{web_host}:{web_port}"), err=True)
        _sign_in_link(opened)
        signal.signal(signal.SIGTERM, _interrupt)
        web.serve()
    except KeyboardInterrupt:
        click.echo(say("stopping", lang()), err=True)
    finally:
        web.stop()
        bench.stop()
        keeper.stop()
        for one in beside:
            one.stop()
        opened.office.flush()


def _bench_dhcp(opened: House, interface: str | None, pool: str | None, base: str) -> list[BenchDhcp]:
    if interface is None:
        return []
    dhcp = BenchDhcp(interface, pool=pool, domain=opened.settings.domain, base=base, folder=opened.settings.home)
    dhcp.check()
    return [dhcp]


def _syslog(opened: House, typed: str | None) -> list[SyslogDoor]:
    if typed is None:
        return []
    host, port = _address(typed, SYSLOG_PORT)
    try:
        return [SyslogDoor(opened.store, host=host, port=port)]
    except OSError as error:
        facts = {"host": host, "port": port, "why": error.strerror or "?"}
        raise Refused(Fault("port-unusable", Where("command"), facts)) from error


def _address(text: str, port: int) -> tuple[str, int]:
    try:
        return split_address(text, default_port=port)
    except ValueError as error:
        raise Refused(Fault("bad-listen-address", Where("command"), {"typed": text})) from error


def _bench_door(opened: House, host: str, port: int, *, base: str, fast: bool) -> Listener | FastDoor:
    try:
        # Behind a proxy of ours every connection comes from one address, and the fast door looks at connections.
        if fast and not opened.settings.trusted_proxy:
            return FastDoor(opened, base=base, host=host, port=port)
        app = make_bench_app(opened, base=base)
        return Listener(app, host=host, port=port, behind_proxy=opened.settings.trusted_proxy, room=BOXES)
    except OSError as error:
        facts = {"host": host, "port": port, "why": error.strerror or "?"}
        raise Refused(Fault("port-unusable", Where("command"), facts)) from error


def _https(opened: House, host: str, port: int) -> Server:
    app = create_app(opened.desk, session_key=session_key(opened))
    app.register_blueprint(hook_door(opened))
    if opened.settings.trusted_proxy:
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=1, x_proto=1)  # type: ignore[method-assign]  # Flask's documented way
    certificate, key = ensure_certificate(opened.settings.home / "tls", name=opened.settings.web_url)
    server = Server((host, port), app, numthreads=24, server_name="staging")
    server.ssl_adapter = BuiltinSSLAdapter(str(certificate), str(key))
    try:
        server.prepare()
    except OSError as error:
        facts = {"host": host, "port": port, "why": error.strerror or str(error)}
        raise Refused(Fault("port-unusable", Where("command"), facts)) from error
    return server


def ensure_certificate(folder: Path, *, name: str | None = None) -> tuple[Path, Path]:
    """The service's certificate and key, made at first start; put your own in their place to replace them.

    name: the address under which people come; its host stands in the certificate beside this machine's own names.
    """
    certificate, key = folder / "server.crt", folder / "server.key"
    if certificate.exists() and key.exists():
        return certificate, key
    folder.mkdir(parents=True, exist_ok=True)
    private = ec.generate_private_key(ec.SECP256R1())
    host = urlsplit(name or "").hostname or "staging"
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, host[:64])])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(private.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=3650))
        .add_extension(
            x509.SubjectAlternativeName([_name(one) for one in dict.fromkeys((host, "localhost", "127.0.0.1"))]),
            critical=False,
        )
        .sign(private, hashes.SHA256())
    )
    key.touch(mode=0o600)
    key.write_bytes(
        private.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )
    certificate.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    return certificate, key


def _name(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        return x509.DNSName(host)


def _sign_in_link(opened: House) -> None:
    if opened.store.people.all():
        return
    opened.store.people.add("admin", role="admin", language=lang())
    base = opened.settings.web_url or ""
    click.echo(say("first-link", lang(), link=f"{base}/signin/{opened.store.people.make_link('admin')}"))


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt
