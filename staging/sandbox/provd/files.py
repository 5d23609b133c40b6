"""What do phones get over HTTP, and what does provd learn from their asking? Stands for port 8667."""

import re

from flask import Blueprint, Response, request

from staging.sandbox.provd.wake import fetch_file
from staging.sandbox.tables import Row
from staging.sandbox.world import World, world

phone_files = Blueprint("phone_files", __name__, url_prefix="/phones")

_AGENT = re.compile(r"Yealink (?:SIP-)?(?P<model>\S+) (?P<version>[\d.]+)(?: (?P<mac>(?:[0-9a-f]{2}:){5}[0-9a-f]{2}))?")
_ABSENT = """
<html>
  <head><title>404 - No Such Resource</title></head>
  <body>
    <h1>No Such Resource</h1>
    <p>File not found.</p>
  </body>
</html>
"""


@phone_files.get("/<name>")
def serve(name: str) -> Response:
    """A phone's own file, to whoever names himself as a phone does; provd does not check more than that."""
    found = _AGENT.match(request.headers.get("User-Agent", "").replace("-:", ":"))
    address = request.headers.get("X-Forwarded-For", request.remote_addr)
    mac = mac_of(name) or (found and found["mac"])
    if found is None:
        _note_stranger(address)
        return _absent()
    if mac is None:
        return _absent()
    facts = {"vendor": "Yealink", "model": found["model"], "version": found["version"], "ip": address}
    device = world().provd.hear(mac, facts, tenant=world().accounts.master)
    text = world().provd.serve_file(device) if mac_of(name) else None
    return Response(text, content_type="text/html") if text is not None else _absent()


def plug(phone: Row) -> None:
    """A phone was plugged in: it asks for its file, becomes known by that, and takes what there is."""
    here: World = world()
    facts = {name: phone.get(name) for name in ("model", "version", "ip")}
    device = here.provd.hear(phone["mac"], {"vendor": "Yealink", **facts}, tenant=here.accounts.master)
    fetch_file(here, device)


def mac_of(name: str) -> str | None:
    """The MAC that a file's name is, with colons."""
    found = re.fullmatch(r"([0-9a-f]{12})\.cfg", name)
    return ":".join(re.findall("..", found[1])) if found else None


def _note_stranger(address: str | None) -> None:
    """Whoever asks becomes a device, even one that is nothing we know."""
    devices = world().provd.devices.values()
    if not any(device.get("ip") == address for device in devices):
        world().provd.add_device({"ip": address}, tenant=world().accounts.master, is_new=True)


def _absent() -> Response:
    return Response(_ABSENT, 404, content_type="text/html; charset=utf-8")
