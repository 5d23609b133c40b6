"""How does a test speak to a running sandbox? As a staging client would, one customer already there."""

import json
import time
from dataclasses import dataclass, field
from typing import Any

import requests

from staging.sandbox.serve import Served

PROVD_TYPE = "application/vnd.proformatique.provd+json"


@dataclass
class Bench:
    """Customer Atelier Bleu on a configured sandbox, with an internal and an incall context."""

    served: Served
    session: requests.Session = field(default_factory=requests.Session)

    def __post_init__(self) -> None:
        reply = self.session.post(f"{self.served.url}/api/auth/0.1/token", auth=("root", "sandbox"), json={})
        self.session.headers["X-Auth-Token"] = reply.json()["data"]["token"]
        self.tenant = self.post("auth/0.1/tenants", {"name": "Atelier Bleu"})["uuid"]
        self.wait_for(f"confd/1.1/tenants/{self.tenant}")
        self.session.headers["Wazo-Tenant"] = self.tenant
        ranges = [{"start": "8000", "end": "8099"}]
        self.internal = self.post("confd/1.1/contexts", {"label": "Interne", "user_ranges": ranges})["name"]
        dids = [{"start": "0465710000", "end": "0465710099"}]
        incall = {"label": "Entrants", "type": "incall", "incall_ranges": dids}
        self.incall = self.post("confd/1.1/contexts", incall)["name"]

    def send(self, method: str, path: str, body: Any = None, **headers: str) -> requests.Response:
        """Ask for `confd/1.1/users` and the like; a path that begins with a slash is the sandbox's own."""
        url = self.served.url + (path if path.startswith("/") else f"/api/{path}")
        if path.startswith("provd"):
            headers = {"Content-Type": PROVD_TYPE, "Accept": PROVD_TYPE} | headers
        elif body is not None:
            headers = {"Content-Type": "application/json"} | headers
        data = None if body is None else json.dumps(body)
        return self.session.request(method, url, data=data, headers=headers, timeout=10)

    def get(self, path: str) -> Any:
        return self._good(self.send("GET", path))

    def post(self, path: str, body: Any) -> Any:
        return self._good(self.send("POST", path, body))

    def put(self, path: str, body: Any = None) -> Any:
        return self._good(self.send("PUT", path, body))

    def user(self, firstname: str, exten: str, *, position: int = 1, **more: Any) -> Any:
        """Create a whole user with one desk line, nested."""
        options = [["username", f"sip-{exten}"], ["password", "secret"]]
        line = {"context": self.internal, "position": position, "extensions": [{"exten": exten}]}
        line["endpoint_sip"] = {"auth_section_options": options}
        return self.post("confd/1.1/users", {"firstname": firstname, "lines": [line], **more})

    def plug(self, mac: str, model: str = "T54W") -> Any:
        return self.post("/room/plug", {"mac": mac, "model": model})

    def associate(self, user: Any, device: str) -> None:
        self.put(f"confd/1.1/lines/{user['lines'][0]['id']}/devices/{device}")

    def synchronise(self, device: str) -> str:
        """Tell a phone to read its file; what provd says came of it."""
        reply = self.send("POST", "provd/0.2/dev_mgr/synchronize", {"id": device})
        return str(self.get(f"provd{reply.headers['Location']}")["status"])

    def phone(self, mac: str) -> Any:
        return next(phone for phone in self.get("/room/phones") if phone["mac"] == mac)

    def wait_for(self, path: str, seconds: float = 5.0) -> None:
        end = time.monotonic() + seconds
        while self.send("GET", path).status_code != 200:
            assert time.monotonic() < end, f"{path} never answered 200"
            time.sleep(0.01)

    @staticmethod
    def _good(reply: requests.Response) -> Any:
        assert reply.ok, f"{reply.request.method} {reply.url}: {reply.status_code} {reply.text}"
        return reply.json() if reply.text.strip() else None
