"""How is a sample order rehearsed? The sandbox, the service and simulated hardware, all on loopback."""

import json
import os
import shutil
import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any
from urllib.request import Request, urlopen

from staging.bootstrap import House, hook_door, make_bench_app, open_house, session_key
from staging.commands.home_lock import hold
from staging.commands.serving import BOXES, Listener, WorkerKeeper
from staging.core.faults import Fault, Refused, StackUnreachable, Where
from staging.core.roles import Role
from staging.core.words import Mac, Serial
from staging.desk import bench, labels, orders, phones, stacks
from staging.jobs.job import STEPS, Order, Portal, Stack, StepName
from staging.jobs.records import CHECKLIST, Printer
from staging.phones.match import wanted_phones
from staging.sandbox.box import SimulatedBox, switch_on
from staging.sandbox.serve import Served
from staging.sandbox.serve import serve as serve_sandbox
from staging.settings import Settings
from staging.web.app import DemoLinks, create_app

SERIAL = Serial("SN0042")
CUSTOMER = "Atelier Bleu"
SIRET = "73282932000074"
"""A number whose check digits are right and that belongs to nobody on the cast."""
_BY = "demo"
_PATIENCE_S = 300.0


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """A running demo. base, bench_base: addresses of the people's and the installers' doors."""

    house: House
    sandbox: Served
    worker: WorkerKeeper
    web: Listener
    bench: Listener
    order: Order
    lock: IO[bytes]

    @property
    def base(self) -> str:
        """Where people go."""
        return f"http://{self.web.host}:{self.web.port}"

    @property
    def bench_base(self) -> str:
        """Where boxes go."""
        return f"http://{self.bench.host}:{self.bench.port}"

    def close(self) -> None:
        """Stop everything that was started."""
        self.worker.stop()
        self.web.stop()
        self.bench.stop()
        self.sandbox.stop()
        self.lock.close()


@dataclass(frozen=True, slots=True)
class Ports:
    """Ports of the demo on 127.0.0.1; 0 takes any free one."""

    web: int = 8080
    bench: int = 8081
    sandbox: int = 8082


def start(home: Path, *, ports: Ports, environ: Mapping[str, str]) -> Rehearsal:
    """Start the sandbox, the doors and a worker, with one order of the cast on the bench.

    home: folder of the demo; what an earlier one left there is moved to `<home>.before`, because the sandbox
    forgets everything between two demos. Raises Refused when a port is taken, or the folder by another demo.
    """
    with ExitStack() as started:
        # Both before anything is moved: a demo that runs works in that folder.
        lock = started.enter_context(hold(home))
        sandbox = _on_port(ports.sandbox, lambda: serve_sandbox(port=ports.sandbox))
        started.callback(sandbox.stop)
        _make_room(home)
        house = open_house(Settings.read({**environ, **_environ(home)}))
        house.store.database.upgrade()
        web, bench_door = _doors(house, sandbox, ports)
        order = _sample_order(house, sandbox.url)
        worker = WorkerKeeper(environ=_environ(home))
        web.start()
        bench_door.start()
        worker.start()
        started.pop_all()
    return Rehearsal(house, sandbox, worker, web, bench_door, order, lock)


def run_once(rehearsal: Rehearsal, plan: Path, *, tell: Callable[[str], None]) -> dict[str, Any]:
    """Take the sample order to its acceptance with simulated hardware; the report of it.

    tell: gets one line at each turn. Raises StackUnreachable when a step does not end in five minutes, Refused
    when one fails.
    """
    house, order = rehearsal.house, rehearsal.order
    began = time.monotonic()
    version = orders.upload_plan(house.desk, order.id, plan, name=plan.name, by=_BY, lang="fr")
    if not version.ok:
        raise Refused(
            *(Fault(f["code"], Where(plan.name, f["sheet"], f["cell"]), f) for f in version.document["faults"])
        )
    tell("plan")
    for point in CHECKLIST:
        bench.tick(house.desk, SERIAL, point, on=True, by=_BY)
    bench.arm(house.desk, SERIAL, by=_BY, role="admin")
    box = SimulatedBox(SERIAL, rehearsal.bench_base, "127.0.0.1", pause_s=0.05, ask_s=0.2)
    switch_on(box)
    tell("box")
    _wait(house, order.id, "provision", waits_for="waits-approval")
    tell("changes")
    orders.approve(house.desk, order.id, expect=orders.show_changes(house.desk, order.id).fingerprint, by=_BY)
    _wait(house, order.id, "phones", waits_for="waits-phones")
    tell("phones")
    plug_phones(rehearsal.sandbox.url, house, order.id)
    phones.pair_rest(house.desk, order.id, by=_BY)
    _wait(house, order.id, "label", waits_for="waits-print")
    tell("labels")
    labels.print_labels(house.desk, order.id, printer="dossier", by=_BY)
    _wait(house, order.id, None)
    tell("accepted")
    return report(rehearsal, seconds=time.monotonic() - began)


def report(rehearsal: Rehearsal, *, seconds: float) -> dict[str, Any]:
    """What the rehearsal came to: counts asked and counts read back, steps with durations, the timeline."""
    house, order = rehearsal.house, rehearsal.house.store.orders.get(rehearsal.order.id)
    seen = orders.overview(house.desk, order.id)
    asked = _asked(house, order.id)
    found = _found(house, order, rehearsal.sandbox.url)
    return {
        "order": order.id,
        "accepted": seen.accepted and asked == found,
        "seconds": round(seconds, 2),
        "asked": asked,
        "found": found,
        "steps": [
            {
                "name": step.name,
                "status": step.status,
                "attempts": step.attempts,
                "seconds": round((step.ended_at - step.started_at).total_seconds(), 2)
                if step.ended_at and step.started_at
                else None,
            }
            for step in seen.steps.values()
        ],
        "timeline": [
            {"at": line.at.isoformat(), "event": line.event, "facts": dict(line.facts)} for line in seen.timeline
        ],
    }


def plug_phones(sandbox_url: str, house: House, order_id: str) -> list[Mac]:
    """Plug a phone of the right model for each one that the plan asks for; MACs from 02:00:00:00:00:01 on."""
    version = house.store.plans.latest(order_id, ok=True)
    wanted = wanted_phones(version.plan) if version else ()
    plugged = [
        {"mac": phone.mac or f"02:00:00:00:{number // 256:02x}:{number % 256:02x}", "model": phone.model}
        for number, phone in enumerate(wanted, start=1)
    ]
    _post(f"{sandbox_url}/room/plug", plugged)
    return [Mac(phone["mac"]) for phone in plugged]


def _make_room(home: Path) -> None:
    if home.exists():
        before = home.with_name(home.name + ".before")
        shutil.rmtree(before, ignore_errors=True)
        home.rename(before)
    home.mkdir(parents=True)


def _environ(home: Path) -> dict[str, str]:
    return {
        "STAGING_HOME": str(home),
        "STAGING_MIRROR": "mirror.bench.lan/debian",
        "STAGING_ANSIBLE_URL": "http://mirror.bench.lan/wazo-ansible.git",
        "STAGING_WAZO_RELEASE": os.environ.get("STAGING_WAZO_RELEASE", "wazo-26.08"),
        "DATABASE_URL": os.environ.get("STAGING_DEMO_DATABASE_URL", ""),
    }


def _on_port(port: int, listen: Callable[[], Served]) -> Served:
    try:
        return listen()
    except OSError as error:
        facts = {"host": "127.0.0.1", "port": port, "why": error.strerror or "?"}
        raise Refused(Fault("port-unusable", Where("demo"), facts)) from error


def _doors(house: House, sandbox: Served, ports: Ports) -> tuple[Listener, Listener]:
    try:
        base = f"http://127.0.0.1:{ports.bench}"
        bench_door = Listener(make_bench_app(house, base=base), host="127.0.0.1", port=ports.bench, room=BOXES)
        app = create_app(
            house.desk,
            session_key=session_key(house),
            demo=DemoLinks(operators=_cast(house), note_url=f"{sandbox.url}/room/page?bench={base}"),
        )
        app.register_blueprint(hook_door(house))
        return Listener(app, host="127.0.0.1", port=ports.web), bench_door
    except OSError as error:
        facts = {"host": "127.0.0.1", "port": f"{ports.web}/{ports.bench}", "why": error.strerror or "?"}
        raise Refused(Fault("port-unusable", Where("demo"), facts)) from error


def _sample_order(house: House, sandbox_url: str) -> Order:
    desk = house.desk
    portal = Portal("portail-demo", f"{sandbox_url}/portal", "staging")
    stacks.add_portal(desk, portal, password="sandbox")  # noqa: S106  # the sandbox's published password
    stacks.add_stack(desk, Stack("atelier-bleu", "on-premise", url=sandbox_url, portal=portal.name), password=None)
    printed = house.settings.home / "printed"
    printed.mkdir(exist_ok=True)
    house.store.bench.add_printer(Printer("dossier", f"folder://{printed}", "roll-100x50"))
    bench.register_box(desk, SERIAL, model="DH670", customer=CUSTOMER, by=_BY)
    return orders.new_order(desk, customer=CUSTOMER, siret=SIRET, stack="atelier-bleu", serial=SERIAL, by=_BY)


def _cast(house: House) -> dict[Role, str]:
    """One operator per role, so that a visitor can look from each chair."""
    names: dict[Role, str] = {"technician": "technicien", "manager": "chef-de-projet", "logistics": "logistique"}
    for role, name in names.items():
        house.store.people.add(name, role=role, language=house.settings.lang)
    return names


def _wait(house: House, order_id: str, name: StepName | None, *, waits_for: str | None = None) -> None:
    """Until a step waits for that, or the order is accepted."""
    end = time.monotonic() + _PATIENCE_S
    while time.monotonic() < end:
        seen = orders.overview(house.desk, order_id)
        if seen.accepted and seen.current is None:
            return
        step = seen.steps[seen.current] if seen.current else None
        if step is not None:
            if step.status == "failed" and step.fault is not None:
                raise Refused(step.fault)
            if step.name == name and step.waits_for == waits_for:
                return
            if name is not None and STEPS.index(step.name) > STEPS.index(name):
                return
        time.sleep(0.1)
    raise StackUnreachable(Fault("demo-too-slow", Where(order_id), {"step": name or "accept"}))


def _asked(house: House, order_id: str) -> dict[str, int]:
    version = house.store.plans.latest(order_id, ok=True)
    if version is None:
        return {}
    plan = version.plan
    main = 1 if plan.main_number and plan.main_number.startswith("+") else 0
    phones_wanted = plan.summary.phones
    return {
        "users": plan.summary.seats,
        "voicemails": plan.summary.voicemails,
        "dids": plan.summary.numbers + main,
        "devices": len(wanted_phones(plan)),
        # One for each handset and its carton, one for each base, one for the appliance and each of its two ports.
        "labels": 2 * phones_wanted + plan.summary.dect_bases + 3,
    }


def _found(house: House, order: Order, sandbox_url: str) -> dict[str, int]:
    counts = json.loads(_get(f"{sandbox_url}/room/counts"))
    tenant = counts["tenants"].get(order.tenant_uuid, {})
    return {
        "users": tenant.get("users", 0),
        "voicemails": tenant.get("voicemails", 0),
        "dids": tenant.get("dids", 0),
        "devices": tenant.get("devices", 0),
        "labels": len(house.store.bench.copies(order.id)),
    }


def _get(url: str) -> bytes:
    with urlopen(url, timeout=30) as answer:  # noqa: S310  # the sandbox's own loopback address
        found: bytes = answer.read()
    return found


def _post(url: str, body: object) -> None:
    request = Request(url, data=json.dumps(body).encode(), headers={"Content-Type": "application/json"})  # noqa: S310  # as above
    with urlopen(request, timeout=60):  # noqa: S310  # as above
        pass
