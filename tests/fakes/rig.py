"""A whole service and a sandbox in one process: no socket, no sleep, and back to an earlier moment at will.

Between the two stands a wire that can be cut at any request, and a journal that kills its worker at any line.
"""

import io
import pickle
import re
import sqlite3
import threading
from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

import requests
from flask import Flask
from requests import PreparedRequest, Response
from requests.adapters import BaseAdapter
from requests.structures import CaseInsensitiveDict
from urllib3 import HTTPResponse

from staging.adapters.engine_door import EngineDoor
from staging.adapters.portal_door import PortalHttp
from staging.bootstrap import House
from staging.core.secret import Secret
from staging.desk import orders, phones, stacks, undo
from staging.desk.desk import Desk
from staging.jobs.job import Order, Portal, Stack, StepName, StepRecord, next_step
from staging.jobs.needs import PortalLogin
from staging.jobs.runner import Runner
from staging.phones.match import wanted_phones
from staging.sandbox.app import create_sandbox
from staging.sandbox.world import World
from staging.wazo.facts import Preset
from tests.fakes.house import BY, make_house, order_on, shared_stack

URL = "http://127.0.0.1:9"
"""Nobody listens there: a request that misses the wire fails at once."""

OnTheWire = Literal["no-answer-before", "no-answer-after", "reset-before", "reset-after", "500-after", "401", "drip"]
AtTheJournal = Literal["killed-before-intent", "killed-after-intent", "killed-before-outcome", "killed-after-outcome"]
Failure = OnTheWire | AtTheJournal

ON_THE_WIRE: tuple[OnTheWire, ...] = (
    "no-answer-before", "no-answer-after", "reset-before", "reset-after", "500-after", "401", "drip",
)  # fmt: skip
AT_THE_JOURNAL: tuple[AtTheJournal, ...] = (
    "killed-before-intent", "killed-after-intent", "killed-before-outcome", "killed-after-outcome",
)  # fmt: skip

_ATTEMPTS = 14
_ID = re.compile(r"/(?:[0-9a-f-]{32,36}|\d+)(?=/|$)")


class Killed(BaseException):
    """The worker's process is gone: no handler runs, nothing is written down."""


@dataclass
class Trouble:
    """What goes wrong, and when. It outlives the workers: each of them meets the same trouble.

    on_the_wire: for a request by method and path; at_the_journal: for an intent. Both are told how many requests
    that change something were carried out so far. seen: called after each of those.
    """

    on_the_wire: Callable[[int, str, str], OnTheWire | None] = lambda done, method, path: None
    at_the_journal: Callable[[int], AtTheJournal | None] = lambda done: None
    seen: Callable[[], None] = lambda: None
    done: int = 0
    asked: Counter[str] = field(default_factory=Counter)
    struck: Counter[str] = field(default_factory=Counter)
    """How often each kind of request was asked, and was hit."""


class Wire(BaseAdapter):
    """Carries one worker's requests into the sandbox's own application."""

    def __init__(self, app: Flask, trouble: Trouble) -> None:
        super().__init__()
        self.dead = False
        self._app = app
        self._trouble = trouble
        self._lock = threading.Lock()

    def send(self, request: PreparedRequest, *_: Any, **__: Any) -> Response:  # type: ignore[override]
        method, url = str(request.method), urlsplit(str(request.url))
        with self._lock:
            if self.dead:
                raise Killed
            self._trouble.asked[kind_of(method, url.path)] += 1
            failure = self._trouble.on_the_wire(self._trouble.done, method, url.path)
            self._trouble.struck[kind_of(method, url.path)] += failure is not None
        if failure in ("no-answer-before", "reset-before"):
            raise _silence(failure, request)
        if failure == "401":
            # As confd says it, token and all; it is asked for before anything is done.
            token = request.headers.get("X-Auth-Token")
            return self._answer(request, 401, [], f"[[\"('{token}', 'confd.users.create', None)\"]]".encode())
        status, headers, body = self._carry(request, url.path, url.query)
        if writes(method, url.path):
            with self._lock:
                self._trouble.done += 1
                self._trouble.seen()
        if failure in ("no-answer-after", "reset-after"):
            raise _silence(failure, request)
        if failure == "500-after":
            return self._answer(request, 500, [], b'{"message": "Internal Server Error"}')
        return self._answer(request, status, headers, body, drips=failure == "drip")

    def close(self) -> None:
        pass

    def _carry(self, request: PreparedRequest, path: str, query: str) -> tuple[int, list[tuple[str, str]], bytes]:
        body = request.body.encode() if isinstance(request.body, str) else request.body or b""
        environ: dict[str, Any] = {
            "REQUEST_METHOD": request.method, "PATH_INFO": path, "QUERY_STRING": query, "SCRIPT_NAME": "",
            "SERVER_NAME": "127.0.0.1", "SERVER_PORT": "9", "SERVER_PROTOCOL": "HTTP/1.1",
            "REMOTE_ADDR": "127.0.0.1", "wsgi.url_scheme": "http", "wsgi.input": io.BytesIO(body),
            "wsgi.errors": io.StringIO(), "wsgi.version": (1, 0), "wsgi.multithread": True,
            "wsgi.multiprocess": False, "wsgi.run_once": False, "CONTENT_LENGTH": str(len(body)),
        }  # fmt: skip
        for name, value in request.headers.items():
            key = name.upper().replace("-", "_")
            environ[key if key in ("CONTENT_TYPE", "CONTENT_LENGTH") else f"HTTP_{key}"] = value
        told: list[tuple[str, list[tuple[str, str]]]] = []

        def start(status: str, headers: list[tuple[str, str]], _: Any = None) -> Callable[[bytes], object]:
            told.append((status, headers))
            return lambda _: None

        content = b"".join(self._app.wsgi_app(environ, start))
        return int(told[-1][0][:3]), told[-1][1], content

    def _answer(
        self, request: PreparedRequest, status: int, headers: list[tuple[str, str]], body: bytes, *, drips: bool = False
    ) -> Response:
        answer = Response()
        answer.status_code = status
        answer.headers = CaseInsensitiveDict(headers)
        answer.raw = HTTPResponse(
            _Dripping(body) if drips else io.BytesIO(body), headers=headers, status=status, preload_content=False,
            request_method=request.method,
        )  # fmt: skip
        answer.url, answer.request = str(request.url), request
        answer.connection = self  # type: ignore[attr-defined]  # as requests' own adapter does
        return answer


class _Dripping(io.BytesIO):
    """At most one byte, and then nothing any more until the reader's patience ends."""

    def read(self, size: int | None = -1) -> bytes:
        if self.tell() or not self.getvalue():
            raise requests.ReadTimeout("the answer drips")
        return super().read(1)

    def read1(self, size: int | None = -1) -> bytes:
        return self.read(size)


def writes(method: str, path: str) -> bool:
    """Whether a request changes something on the stack; a token does not."""
    return method not in ("GET", "HEAD") and "/token" not in path


def kind_of(method: str, path: str) -> str:
    """What is asked, whoever it is asked about: `PUT /api/confd/1.1/lines/…/devices/…`."""
    return f"{method} {_ID.sub('/…', path)}"


def _silence(failure: OnTheWire, request: PreparedRequest) -> requests.RequestException:
    if failure.startswith("reset"):
        return requests.ConnectionError("Connection reset by peer", request=request)
    return requests.ReadTimeout("no answer", request=request)


class MortalJournal:
    """The order's journal, whose worker may be killed at a line."""

    def __init__(self, journal: Any, wire: Wire, trouble: Trouble) -> None:
        self._journal = journal
        self._wire = wire
        self._trouble = trouble
        self._fates: dict[int, AtTheJournal | None] = {}

    def __getattr__(self, name: str) -> Any:
        if self._wire.dead:
            raise Killed
        return getattr(self._journal, name)

    def intend(self, order_id: str, **about: Any) -> int:
        fate = None if self._wire.dead else self._trouble.at_the_journal(self._trouble.done)
        self._live_or_die("killed-before-intent", fate)
        row = int(self._journal.intend(order_id, **about))
        self._fates[row] = fate
        self._live_or_die("killed-after-intent", fate)
        return row

    def outcome(self, action_id: int, **about: Any) -> None:
        self._live_or_die("killed-before-outcome", self._fates[action_id])
        self._journal.outcome(action_id, **about)
        self._live_or_die("killed-after-outcome", self._fates[action_id])

    def _live_or_die(self, moment: AtTheJournal, fate: AtTheJournal | None) -> None:
        if not self._wire.dead and fate == moment:
            self._trouble.struck["intents"] += 1
            self._wire.dead = True
        if self._wire.dead:
            raise Killed


@dataclass(frozen=True, slots=True)
class Moment:
    """Our database and the sandbox's memory at one moment."""

    database: bytes
    world: bytes


class Rig:
    """A service with one order, its phones on the bench, ready to be agreed to.

    preset: what the integrator sets; with one, the stack is the customer's own engine, else the shared one. portal: the
    password of an account on a portal; with one, the engine is fresh from its installer and registers itself there.
    begin: called with the order there and nothing looked at yet.
    """

    def __init__(
        self,
        home: Path,
        plan: Path,
        *,
        connections: int = 1,
        password: str = "sandbox",
        preset: Preset | None = None,
        portal: str | None = None,
        begin: Callable[["Rig"], None] = lambda rig: None,
    ) -> None:
        self.preset = preset
        self.house: House = make_house(home)
        self.app = create_sandbox(
            configured=portal is None, root_password=password, tenant_delay=0, restart_delay=0, operation_delay=0
        )
        self.world: World = self.app.extensions["sandbox"]
        self._file = str(self.house.store.database.engine.url.database)
        self._connections = connections
        self.trouble = Trouble()
        self.new_worker()
        if preset is None:
            stack = shared_stack(self.house, URL, password=password)
        else:
            known = self._portal(portal) if portal else None
            own = Stack("atelier", "on-premise", url=URL, portal=known)
            stack = stacks.add_stack(self.house.desk, own, password=password)
        self.order_id = order_on(self.house, stack.name, plan=plan).id
        begin(self)
        self.work()
        self._bring_phones()

    # -- one worker after the other ------------------------------------------------------------------------------

    def new_worker(self) -> None:
        """A process that knows nothing but the database: a fresh token, a fresh connection."""
        wire = Wire(self.app, self.trouble)
        journal = MortalJournal(self.house.store.changesets, wire, self.trouble)
        door: list[EngineDoor] = []

        def engine_of(stack: Stack) -> EngineDoor:
            if not door:
                password = self.house.store.vault.ensure(f"stack:{stack.name}", "engine-password")
                door.append(EngineDoor(stack, password, transport=wire))
            return door[0]

        needs = replace(self.house.desk.needs, engine_of=engine_of, journal=journal, connections=self._connections)
        if self.preset is not None:
            needs = replace(needs, preset=self.preset, portal_of=self._portal_through(wire))
        self.desk: Desk = replace(self.house.desk, engine_of=engine_of, needs=needs)

    def work(self) -> None:
        """Run the order's steps until one waits, as a worker does; labels are no matter of the stack."""
        runner = Runner(book=self.house.store.orders, needs=self.desk.needs)
        name = self._next()
        while name not in (None, "label") and runner.run(self.order_id, name):
            name = self._next()

    def work_through(self, done: Callable[[], bool], *, attempts: int = _ATTEMPTS) -> int:
        """Work until it is done, with a new process after each one that was killed; how many looks it took."""
        for attempt in range(1, attempts):
            try:
                self.work()
            except Killed:
                self.new_worker()
            if done():
                return attempt
        step = self.house.store.orders.steps(self.order_id)[self._next() or "accept"]
        raise AssertionError(f"not done after {attempts} looks: {step}")

    def _portal(self, password: str) -> str:
        accounts = self.world.portal.accounts
        (account,) = accounts.users
        accounts.passwords[account] = password
        return stacks.add_portal(
            self.house.desk, Portal("portail", f"{URL}/portal", accounts.users[account]["username"]), password=password
        ).name

    def _portal_through(self, wire: Wire) -> Callable[[str], tuple[PortalHttp, PortalLogin]]:
        vault = self.house.store.vault

        def portal_of(name: str) -> tuple[PortalHttp, PortalLogin]:
            portal, password = self.house.store.stacks.get_portal(name), vault.find(f"portal:{name}", "portal-password")
            assert password is not None

            def engine_password(stack: str) -> Secret:
                return vault.ensure(f"stack:{stack}", "engine-password")

            door = PortalHttp(portal, password, engine_password=engine_password, transport=wire)
            return door, PortalLogin(portal, password)

        return portal_of

    # -- the order -----------------------------------------------------------------------------------------------

    @property
    def order(self) -> Order:
        return self.house.store.orders.get(self.order_id)

    def agree(self) -> None:
        orders.approve(self.desk, self.order_id, expect=None, by=BY)

    def agree_to_undo(self) -> None:
        undo.undo(self.desk, self.order_id, expect=None, by=BY)

    def apply(self) -> Moment:
        """Agree and work until all is on the stack; the moment to come back to."""
        self.agree()
        self.work_through(self.applied)
        return self.moment()

    def applied(self) -> bool:
        """Whether provision and phones ended."""
        steps = self.house.store.orders.steps(self.order_id)
        return all(steps[name].status == "done" for name in ("provision", "phones"))

    def undone(self) -> bool:
        """Whether the last undo ended, and nothing of it is open."""
        return self.house.store.changesets.open(self.order_id) is None

    def step(self, name: StepName) -> StepRecord:
        return self.house.store.orders.steps(self.order_id)[name]

    def boot_phones(self) -> list[str]:
        """Switch on a phone for each one that the plan asks for; gives their MACs."""
        version = self.house.store.plans.latest(self.order_id, ok=True)
        assert version is not None
        wanted = wanted_phones(version.plan)
        plugged = [{"mac": f"02:00:00:00:00:{n:02x}", "model": phone.model} for n, phone in enumerate(wanted, start=1)]
        assert self.app.test_client().post("/room/plug", json=plugged).status_code == 200
        return [phone["mac"] for phone in plugged]

    def _next(self) -> StepName | None:
        return next_step(self.house.store.orders.steps(self.order_id))

    def _bring_phones(self) -> None:
        for mac in self.boot_phones():
            phones.scan_phone(self.desk, self.order_id, mac, seat=None, by=BY)

    # -- back in time --------------------------------------------------------------------------------------------

    def moment(self) -> Moment:
        world = self.world
        world.log.clear()
        seen = (world.db, world.accounts, world.provd, world.portal, world.room, world.configured, world.writes)
        with closing(sqlite3.connect(self._file)) as database:
            kept = database.serialize()
        return Moment(kept, pickle.dumps(seen))

    def back_to(self, moment: Moment) -> None:
        """The same moment again, and a new worker."""
        world = self.world
        (
            world.db, world.accounts, world.provd, world.portal, world.room, world.configured, world.writes,
        ) = pickle.loads(moment.world)  # fmt: skip
        world.log.clear()
        self.trouble = Trouble()
        self.house.store.database.close()
        for beside in ("-wal", "-shm"):
            Path(self._file + beside).unlink(missing_ok=True)
        Path(self._file).write_bytes(moment.database)
        self.new_worker()

    # -- what there is -------------------------------------------------------------------------------------------

    def shape(self) -> Mapping[str, Any]:
        """All rows of the tenant without ids, read past every client of ours; a thing that is there twice is twice.

        Between two requests, also when other connections are busy: half a request is no state of a stack.
        """
        with self.world.lock:
            return tenant_shape(self.world, self.order.tenant_uuid or "")

    def journalled(self) -> int:
        """How many requests the order's journal holds."""
        return sum(self.house.store.changesets.counts(self.order_id).values())

    def unanswered(self) -> int:
        """How many intents stand without an outcome."""
        return int(self.house.store.changesets.counts(self.order_id).get("intent", 0))


def tenant_shape(world: World, tenant: str) -> Mapping[str, Any]:
    """Everything that a tenant holds on the sandbox, sorted, with names in place of ids; what it is called is first."""
    db, provd, here = world.db, world.provd, {"tenant_uuid": tenant}
    exten = {row["id"]: row["exten"] for row in db.extensions.all()}
    lines = {row["id"]: row for row in db.lines.where(**here)}
    users = db.users.where(**here)
    endpoints = {row["uuid"]: row["label"] for row in db.endpoints.where(**here)}
    mac = {row["id"]: row["mac"] for row in provd.devices.values()}

    def numbers(row: Mapping[str, Any]) -> list[str]:
        return sorted(exten[key] for key in row["extensions"])

    def sip_lines(device: Mapping[str, Any]) -> list[str]:
        return sorted(provd.raw(device["config"]).get("sip_lines", {}))

    who = {
        user["id"]: next((number for line in user["lines"] for number in numbers(lines[line])), user["firstname"])
        for user in users
    }
    by_uuid, sides = {user["uuid"]: who[user["id"]] for user in users}, ("interceptors", "targets")
    return {
        "users": sorted((who[user["id"]], user["firstname"], user["lastname"] or "") for user in users),
        "lines": sorted(
            (endpoints.get(row["endpoint"]) or "–", numbers(row), row["position"], mac.get(row["device_id"], "–"))
            for row in lines.values()
        ),
        "endpoints": len(endpoints),
        "extensions": sorted(row["exten"] for row in db.extensions.where(**here)),
        "incalls": sorted(
            (*numbers(row), row["destination"]["type"], who.get(row["destination"].get("user_id"), "–"))
            for row in db.incalls.where(**here)
        ),
        "voicemails": sorted(row["number"] for row in db.voicemails.where(**here)),
        "groups": sorted(
            (row["label"], numbers(row), sorted(who[member["user"]] for member in row["members"]))
            for row in db.groups.where(**here)
        ),
        "pickups": sorted(
            (row["name"], *(sorted(by_uuid[uuid] for uuid in row[f"{side}_users"]) for side in sides))
            for row in db.pickups.where(**here)
        ),
        "keys": sorted(
            (f"{who[user['id']]} {place}", key.get("label"), who.get(key["destination"].get("user_id"), "–"))
            for user in users
            for place, key in (user.get("keys") or {}).items()
        ),
        "accounts": sorted(row["username"] for row in world.accounts.users.values() if row["tenant_uuid"] == tenant),
        "contexts": sorted((row["label"], str(row.get("incall_ranges"))) for row in db.contexts.where(**here)),
        "devices": sorted(
            (row["mac"], row["tenant_uuid"] == tenant, sip_lines(row), _told(row["config"]))
            for row in provd.devices.values()
        ),
        "configs": sum(not name.startswith("autoprov") for name in provd.configs),
    }


def _told(config: str) -> str:
    return "autoprov" if config.startswith("autoprov") else "configured"
