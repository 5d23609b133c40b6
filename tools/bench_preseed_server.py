"""Which service is measured? One with many registered, armed boxes, behind either door, in a process of its own."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal, get_args

from sqlalchemy import insert

from staging.adapters.store.tables import appliances
from staging.bootstrap import House, make_bench_app, open_house
from staging.commands.fast_door import FastDoor
from staging.commands.serving import BOXES, Listener
from staging.core.words import Serial
from staging.settings import Settings

Kind = Literal["default", "fast"]

ASKED = 1000
"""Distinct serials that are asked for, spread over all that are registered."""


@dataclass(frozen=True, slots=True)
class Server:
    """A running service. serials: those that are asked for; pid: whose memory is looked at."""

    base: str
    serials: tuple[str, ...]
    pid: int


@contextmanager
def serving(home: Path, kind: Kind, boxes: int) -> Iterator[Server]:
    """A service with so many boxes, until the block ends."""
    command = [sys.executable, __file__, str(home), kind, str(boxes)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env={**os.environ, "PYTHONPATH": "."})  # noqa: S603  # our own words
    try:
        line = process.stdout.readline() if process.stdout else ""
        if not line:
            raise RuntimeError(f"the {kind} server did not start")
        told = json.loads(line)
        yield Server(told["base"], tuple(told["serials"]), process.pid)
    finally:
        process.terminate()
        process.wait()


def _serve(home: Path, kind: Kind, boxes: int) -> None:
    house = open_house(Settings.read(_environ(home)))
    house.store.database.upgrade()
    serials = [f"SN{number * (boxes // ASKED):07}" for number in range(ASKED)]
    if not house.store.appliances.find(Serial(serials[0])):
        _register(house, boxes, serials)
    app = make_bench_app(house, base="http://preseed")
    for serial in serials:
        # As after its hello, which each box says before it asks.
        house.office.warm(Serial(serial))

    @app.get("/plain")
    def plain() -> str:
        return "plain text\n"

    door: Listener | FastDoor
    if kind == "fast":
        door = FastDoor(house, base="http://preseed", host="127.0.0.1", port=0)
    else:
        door = Listener(app, host="127.0.0.1", port=0, room=BOXES)
    door.start()
    print(json.dumps({"base": f"http://127.0.0.1:{door.port}", "serials": serials}), flush=True)
    while True:
        time.sleep(60)


def _environ(home: Path) -> dict[str, str]:
    return {
        "STAGING_HOME": str(home), "STAGING_MIRROR": "mirror.bench.lan/debian", "STAGING_WAZO_RELEASE": "wazo-26.08",
        "STAGING_ANSIBLE_URL": "http://mirror.bench.lan/wazo-ansible.git",
    }  # fmt: skip


def _register(house: House, boxes: int, asked: Sequence[str]) -> None:
    """Armed boxes that said hello from here; those that are asked for have their secrets, as arming makes them."""
    now = datetime.now(UTC)
    blank = {"suite": "bookworm", "overrides": {}, "facts": {"suite": "bookworm"}, "checklist": {}, "restage": False}
    with house.store.database.write() as connection:
        for start in range(0, boxes, 10_000):
            rows = [
                {"serial": f"SN{number:07}", "model": "DH470", "customer": "Atelier Bleu", "registered_at": now,
                 "armed_at": now, "armed_by": "bench", "hello_address": "127.0.0.1", "hello_at": now, **blank}
                for number in range(start, min(boxes, start + 10_000))
            ]  # fmt: skip
            connection.execute(insert(appliances), rows)
    vault = house.store.vault
    vault.put("$6$bench$bench", scope="bench", kind="root-hash")
    with house.store.database.write() as connection:
        for serial in asked:
            for scope, kind in ((f"appliance:{serial}:root", "root-hash"), (f"appliance:{serial}", "install-ticket")):
                vault.put(f"$6$bench${serial}", scope=scope, kind=kind, within=connection)


if __name__ == "__main__":
    home, typed, boxes = sys.argv[1:]
    _serve(Path(home), next(kind for kind in get_args(Kind) if kind == typed), int(boxes))
