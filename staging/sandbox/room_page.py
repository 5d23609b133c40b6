"""The room as a page: switch simulated boxes on and plug simulated phones in, by hand, in a browser."""

import re
import tomllib
from functools import cache
from html import escape
from importlib.resources import files

from flask import Blueprint, Response, redirect, request
from werkzeug.wrappers import Response as Redirect

from staging.sandbox.box import SimulatedBox, switch_on
from staging.sandbox.room import plug_phone
from staging.sandbox.tables import Row
from staging.sandbox.world import world

room_page = Blueprint("room_page", __name__, url_prefix="/room")

_MOST = 200
_WISH = re.compile(r"\s*([A-Za-z0-9]+)\s*[x×:]?\s*(\d{1,3})?\s*")


@room_page.get("/page")
def page() -> Response:
    """What stands in the room, with a button for everything that a hand would do."""
    bench = request.args.get("bench", "http://127.0.0.1:8081")
    text = files("staging.sandbox").joinpath("room_page.html").read_text("utf-8")
    filled = {
        "@boxes@": "".join(f"<li><b>{escape(box.serial)}</b> {escape(box.says)}</li>" for box in _boxes())
        or "<li>–</li>",
        "@bench@": escape(bench, quote=True),
        "@presets@": "".join(_preset_button(one["name"], one["phones"]) for one in _presets()),
        "@phones@": "".join(_phone_row(phone) for phone in world().room.phones.values()),
        "@count@": str(len(world().room.phones)),
    }
    for mark, words in filled.items():
        text = text.replace(mark, words)
    return Response(text, content_type="text/html; charset=utf-8")


@room_page.post("/page/box")
def box_on() -> Redirect:
    """Switch a box on: it boots, asks for its answers until it is armed, installs itself and reports its engine."""
    bench, serial = request.form.get("bench", ""), request.form.get("serial", "").strip().upper()
    if bench.startswith("http://127.0.0.1:") and re.fullmatch(r"[A-Z0-9._-]{3,64}", serial):
        for running in _boxes():
            if running.serial == serial:
                running.stop.set()
                _boxes().remove(running)
        box = SimulatedBox(serial, bench.rstrip("/"), "127.0.0.1", pause_s=0.6)
        _boxes().append(box)
        switch_on(box)
    return redirect(f"/room/page?bench={bench}")


@room_page.post("/page/phones")
def phones_on() -> Redirect:
    """Plug phones in: `T54W 2, W60B 1`."""
    for model, count in _wishes(request.form.get("phones", "")):
        for _ in range(count):
            if len(world().room.phones) < _MOST:
                _plug(model)
    return redirect(f"/room/page?bench={request.form.get('bench', '')}")


def _plug(model: str) -> None:
    number = len(world().room.phones) + 1
    plug_phone({"mac": f"02:00:00:00:{number // 256:02x}:{number % 256:02x}", "model": model})


def _wishes(text: str) -> list[tuple[str, int]]:
    found = [_WISH.fullmatch(part) for part in text.split(",")]
    return [(match[1].upper(), int(match[2] or 1)) for match in found if match]


def _boxes() -> list[SimulatedBox]:
    return world().room.boxes


def _preset_button(name: str, phones: str) -> str:
    return (
        f'<button name="phones" value="{escape(phones, quote=True)}">{escape(name)}<br>'
        f"<small>{escape(phones)}</small></button> "
    )


def _phone_row(phone: Row) -> str:
    accounts = ", ".join(str(account.get("number") or "") for account in phone["accounts"])
    cells = (phone["mac"], phone["model"], phone["ip"], accounts or "–")
    return "<tr>" + "".join(f"<td>{escape(str(cell))}</td>" for cell in cells) + "</tr>"


@cache
def _presets() -> tuple[dict[str, str], ...]:
    text = files("staging.sandbox").joinpath("room_presets.toml").read_text("utf-8")
    return tuple(tomllib.loads(text)["preset"])
