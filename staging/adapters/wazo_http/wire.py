"""How do the bytes of one request travel: connection, trust, time-outs, repetition, reading?"""

import json
import ssl
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

import requests
from requests.adapters import BaseAdapter, HTTPAdapter
from urllib3 import HTTPSConnectionPool
from urllib3.connection import HTTPSConnection
from urllib3.util.retry import Retry
from urllib3.util.ssl_match_hostname import CertificateError, match_hostname

from staging.adapters.wazo_http.address import Service

Query = Mapping[str, str | int | bool]

_PROVD_JSON = "application/vnd.proformatique.provd+json"
_LARGEST_ANSWER = 64 * 1024 * 1024

# Only what changes nothing is repeated. A refused connection was never a request, so it counts for all methods.
_RETRY = Retry(
    total=3,
    connect=1,
    read=1,
    status=2,
    redirect=0,
    other=0,
    allowed_methods=frozenset({"GET", "HEAD"}),
    status_forcelist=(502, 503, 504),
    backoff_factor=0.2,
    raise_on_status=False,
    retry_after_max=10,
)


def open_session(*, ca_file: Path | None, transport: BaseAdapter | None) -> requests.Session:
    """A session that takes nothing from the environment and trusts only `ca_file`, when there is one."""
    session = requests.Session()
    session.trust_env = False
    session.verify = str(ca_file) if ca_file else True
    session.mount("http://", transport or HTTPAdapter(max_retries=_RETRY))
    session.mount("https://", transport or (_PinnedAdapter() if ca_file else HTTPAdapter(max_retries=_RETRY)))
    return session


def headers_for(service: Service, *, body: object, tenant: str | None) -> dict[str, str]:
    """Media types and tenant. provd refuses all types but its own, for what it reads (415) and writes (406)."""
    media = _PROVD_JSON if service == "provd" else "application/json"
    headers = {"Accept": media}
    if body is not None:
        headers["Content-Type"] = media
    if tenant:
        headers["Wazo-Tenant"] = tenant
    return headers


def written(query: Query | None) -> dict[str, str] | None:
    """A query as the daemons read it: booleans are `true` and `false`."""
    if query is None:
        return None
    return {key: str(value).lower() if isinstance(value, bool) else str(value) for key, value in query.items()}


def read_body(response: requests.Response, *, deadline: float) -> bytes:
    """The whole body. Raises a requests error when it drips on after the deadline (`time.monotonic`) or never ends.

    A socket's own time-out starts anew at every byte, so it does not stop a drip.
    """
    parts: list[bytes] = []
    size = 0
    while part := response.raw.read1(65536, decode_content=True):
        size += len(part)
        if time.monotonic() > deadline:
            raise requests.ReadTimeout("the answer drips")
        if size > _LARGEST_ANSWER:
            raise requests.ConnectionError("the answer does not end")
        parts.append(part)
    return b"".join(parts)


def parsed(text: str) -> Any:
    """The JSON in a body, None when it is empty or something else."""
    try:
        return json.loads(text) if text else None
    except ValueError:
        return None


class _PinnedConnection(HTTPSConnection):
    """Takes a certificate that stands itself in the trusted file, whatever name it carries.

    An engine's own certificate names neither the bench address nor the customer's. Being told to trust exactly
    this certificate is more than a name can say; any other one must still carry the host's name.
    """

    def connect(self) -> None:
        """Connect, check the chain, then the certificate itself or its name."""
        self.assert_hostname = False
        super().connect()
        if not isinstance(self.sock, ssl.SSLSocket):
            return
        presented = self.sock.getpeercert(binary_form=True)
        if presented in _certificates(str(self.ca_certs)):
            return
        try:
            match_hostname(cast("Any", self.sock.getpeercert()), self.host)
        except CertificateError as error:
            self.close()
            raise ssl.SSLCertVerificationError(f"CERTIFICATE_VERIFY_FAILED: {error}") from error


class _PinnedPool(HTTPSConnectionPool):
    ConnectionCls = _PinnedConnection


class _PinnedAdapter(HTTPAdapter):
    def __init__(self) -> None:
        super().__init__(max_retries=_RETRY)
        self.poolmanager.pool_classes_by_scheme = {
            **self.poolmanager.pool_classes_by_scheme,
            "https": _PinnedPool,
        }


def _certificates(file: str) -> frozenset[bytes]:
    """The certificates of a PEM file, each in binary form."""
    end = "-----END CERTIFICATE-----"
    text = Path(file).read_text("ascii", "replace")
    blocks = [part[part.index("-----BEGIN CERTIFICATE") :] + end for part in text.split(end) if "-----BEGIN" in part]
    return frozenset(ssl.PEM_cert_to_DER_cert(block) for block in blocks)
