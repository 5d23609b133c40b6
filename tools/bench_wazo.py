"""How fast are we beside what a Wazo engine itself takes? On the sandbox, each daemon as slow as the real one.

`python tools/bench_wazo.py apply` runs one row alone: `apply`, `changes` or `memory`. How far it is stands on standard
error, the figures on standard output.

The sandbox is a process of its own: what we measure of this one is ours alone. Every row is a ratio of two figures of
one run. The real daemons' figures stand in docs/compatibility.md.
"""

import argparse
import gc
import json
import logging
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.request import urlopen

from staging.adapters.engine_door import open_session
from staging.adapters.wazo_http.session import EngineSession
from staging.bootstrap import House, open_house
from staging.core.secret import Secret
from staging.desk import orders, stacks
from staging.jobs.job import Order, Stack, next_step
from staging.jobs.runner import Runner
from staging.sandbox.latency import recorded_ms
from staging.sandbox.serve import serve
from staging.settings import Settings
from tests.fakes.numbering import write_plan

CRECHE = Path(__file__).resolve().parents[1] / "samples" / "plan-creche.xlsx"
SIRET = "73282932000074"
BY = "bench"
SEATS = 500
CROWD = 1_920
"""Users of somebody else's making, beside the 80 of the order."""
ORDERS = (10, 30)
_TOLD_EVERY_S = 5.0
_TOLD_EACH = 200


def main() -> None:
    """Print one line per comparison, of all rows or of the one that is named."""
    rows: dict[str, Callable[[Path], None]] = {"apply": _apply_row, "changes": _changes_row, "memory": _memory_row}
    reader = argparse.ArgumentParser(description="How fast are we beside what a Wazo engine itself takes?")
    reader.add_argument("row", nargs="?", choices=list(rows), help="the row to run; all without it")
    named = reader.parse_args().row
    logging.disable(logging.WARNING)
    with tempfile.TemporaryDirectory() as folder:
        for name, run in rows.items():
            if named in (None, name):
                run(Path(folder))


def _apply_row(folder: Path) -> None:
    with _sandbox("recorded") as url:
        house = _house(folder / "apply", url)
        order = _order(house, write_plan(folder / "500.xlsx", SEATS))
        _agree(house, order)
        asked, cpu, began = _asked(url), time.process_time(), time.perf_counter()
        with _watched(house, order):
            _work(house, order)
        wall, cpu = time.perf_counter() - began, time.process_time() - cpu
        requests = _asked(url) - asked
        made = _made(house, order)
    # Users with lines, mailbox and DIDs one after the other in confd, logins one after the other in wazo-auth.
    bound = max(
        made["users"] * recorded_ms("POST", "/api/confd/1.1/users"),
        made["accounts"] * recorded_ms("POST", "/api/auth/0.1/users"),
    )
    _row(f"{SEATS} seats applied and read back / what the daemons need", wall * 1000, bound, limit=1.15)
    _row("our CPU for a request / 5 ms", cpu * 1000 / requests, 5.0, limit=1.0)


def _changes_row(folder: Path) -> None:
    with serve(configured=True) as sandbox:
        house = _house(folder / "changes", sandbox.url)
        order = _order(house, write_plan(folder / "80.xlsx", 80))
        _agree(house, order)
        with _watched(house, order):
            _work(house, order)
        _crowd(house, order)
        # The sandbox had no time to lose until now.
        sandbox.world.trouble.latency_ms = "recorded"
        asked = len(sandbox.world.log)
        ours = _timed(lambda: orders.show_changes(house.desk, order))
        asked = len(sandbox.world.log) - asked
        lists = _timed(lambda: _cheapest(house, order))
    print(f"requests of `changes` among {CROWD + 80:,} users: {asked}")
    _row(f"changes among {CROWD + 80:,} users / the cheapest lists", ours * 1000, lists * 1000, limit=1.3)


def _memory_row(folder: Path) -> None:
    with _sandbox("0") as url:
        house = _house(folder / "memory", url)
        sizes = []
        for number in range(1, ORDERS[1] + 1):
            order = _order(house, CRECHE)
            _agree(house, order)
            _work(house, order)
            _tell(f"order {number} of {ORDERS[1]}")
            if number in ORDERS:
                gc.collect()
                sizes.append(_resident_mb())
    _row(f"memory after {ORDERS[1]} orders / after {ORDERS[0]}", sizes[1], sizes[0], limit=1.1, unit="MB")


def _cheapest(house: House, order_id: str) -> None:
    """The lists that hold what the comparison needs, one request each, one after the other.

    Of users the directory, and the whole documents of the order's own; of the rest everything.
    """
    order, session = house.store.orders.get(order_id), _session(house)
    tenant = order.tenant_uuid
    with session:
        document = session.send("confd", "GET", f"tenants/{tenant}", tenant=tenant).object()
        people = session.send("confd", "GET", "users", query={"view": "directory"}, tenant=tenant).list_in("items")
        mine = [user["uuid"] for user in people if user["userfield"] == f"staging:{order_id}"]
        session.send("confd", "GET", "users", query={"uuid": ",".join(mine)}, tenant=tenant)
        for nouns in ("lines", "extensions", "incalls", "voicemails", "contexts", "groups", "callpickups"):
            session.send("confd", "GET", nouns, tenant=tenant)
        session.send("auth", "GET", "users", tenant=tenant)
        for owner in (tenant, session.master_tenant()):
            session.send("provd", "GET", "dev_mgr/devices", tenant=owner)
        session.send("provd", "GET", "pg_mgr/install/installed")
        session.send("confd", "GET", f"endpoints/sip/templates/{document['global_sip_template_uuid']}", tenant=tenant)


def _crowd(house: House, order_id: str) -> None:
    """Fill the order's tenant with people of somebody else's: each with a line, a number and a mailbox."""
    tenant = house.store.orders.get(order_id).tenant_uuid
    with _session(house) as session:
        body = {"label": "Voisins", "type": "internal", "user_ranges": [{"start": "300000", "end": "309999"}]}
        context = session.send("confd", "POST", "contexts", body=body, tenant=tenant).object()["name"]
        for number in map(str, range(300_000, 300_000 + CROWD)):
            seat = {
                "firstname": f"Voisin {number}",
                "lines": [{"context": context, "extensions": [{"exten": number, "context": context}],
                           "endpoint_sip": {"name": number}}],
                "voicemail": {"name": number, "number": number, "context": context},
            }  # fmt: skip
            session.send("confd", "POST", "users", body=seat, tenant=tenant)
            if int(number) % _TOLD_EACH == 0:
                _tell(f"neighbour {int(number) - 300_000} of {CROWD}")


@contextmanager
def _watched(house: House, order_id: str) -> Iterator[None]:
    """Tell how far an order's changes are, every few seconds; a glance costs our own CPU next to nothing."""
    ended = threading.Event()

    def watch() -> None:
        while not ended.wait(_TOLD_EVERY_S):
            step = house.store.orders.steps(order_id)["provision"]
            _tell(f"change {step.done} of {step.total}")

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    try:
        yield
    finally:
        ended.set()
        watcher.join()


def _tell(what: str) -> None:
    print(f"{time.strftime('%H:%M:%S')} {what}", file=sys.stderr, flush=True)


@contextmanager
def _sandbox(latency: str) -> Iterator[str]:
    """A sandbox as a process of its own; gives its address."""
    command = [sys.executable, "-m", "staging", "sandbox", "--configured", "--port", "0", "--latency", latency]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:  # noqa: S603  # our own
        try:
            yield (process.stdout.readline() if process.stdout else "").strip()
        finally:
            process.terminate()


def _house(home: Path, url: str) -> House:
    house = open_house(Settings.read({"STAGING_HOME": str(home), "DATABASE_URL": ""}))
    house.store.database.upgrade()
    stacks.add_stack(house.desk, Stack("partage", "on-cloud", url=url), password="sandbox")  # noqa: S106  # published
    return house


def _session(house: House) -> EngineSession:
    return open_session(house.store.stacks.get("partage"), Secret("sandbox"))


def _order(house: House, plan: Path) -> str:
    order: Order = orders.new_order(
        house.desk, customer="Atelier Bleu", siret=SIRET, stack="partage", by=BY, serial=None
    )
    orders.upload_plan(house.desk, order.id, plan, name=plan.name, by=BY, lang="fr")
    _work(house, order.id)
    return order.id


def _agree(house: House, order_id: str) -> None:
    orders.approve(house.desk, order_id, expect=None, by=BY)


def _work(house: House, order_id: str) -> None:
    """Run the order's steps until one waits, as a worker does, up to the phones, of which there are none."""
    runner = Runner(book=house.store.orders, needs=house.desk.needs)
    steps = house.store.orders.steps
    while (name := next_step(steps(order_id))) not in (None, "phones") and name and runner.run(order_id, name):
        pass
    step = steps(order_id)["provision"]
    if step.fault is not None:
        raise RuntimeError(step.fault)


def _made(house: House, order_id: str) -> dict[str, int]:
    users = orders.stack_view(house.desk, order_id).desired.users
    return {"users": len(users), "accounts": sum(1 for user in users if user.account)}


def _asked(url: str) -> int:
    with urlopen(f"{url}/room/log", timeout=60) as answer:  # noqa: S310  # our own sandbox
        return len(json.load(answer))


def _timed(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def _resident_mb() -> float:
    pages = int(Path("/proc/self/statm").read_text("ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def _row(what: str, ours: float, other: float, *, limit: float, unit: str = "ms") -> None:
    verdict = "" if ours <= other * limit else f"  over {limit}"
    print(f"{what:58} {ours:9.1f} {unit}  {other:9.1f} {unit}  ratio {ours / other:6.2f}{verdict}", flush=True)


if __name__ == "__main__":
    main()
