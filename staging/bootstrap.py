"""Who is who? Builds the adapters out of the settings; the only file that knows everybody.

What only some doors need (the job engine, the HTTP client, the routes of installing boxes) is imported by the function
that builds it: `staging order list` starts in half the time.
"""

import hashlib
import logging
import os
import textwrap
import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from staging.adapters.log_lines import LogLine
from staging.adapters.stationery import PaperShop, Standing
from staging.adapters.store.database import prepare_sqlite
from staging.adapters.store.store import Store, open_store
from staging.core.clock import RandomIds, SystemClock
from staging.core.faults import Fault, Refused, Where
from staging.core.secret import Secret
from staging.core.words import Serial
from staging.desk.desk import Desk
from staging.jobs.job import Order, Stack
from staging.jobs.needs import PortalDoor, PortalLogin, StepNeeds
from staging.jobs.runner import Runner
from staging.settings import Settings
from staging.wazo.facts import Preset

if TYPE_CHECKING:
    from flask import Blueprint, Flask

    from staging.adapters.engine_door import EngineDoor
    from staging.adapters.install_office import InstallOffice
    from staging.jobs.engine import JobEngine
    from webhooks.events import Event
    from webhooks.routes import HookNeeds

DEFAULT_PRINTER = "dossier"


@dataclass(frozen=True, slots=True)
class House:
    """The service, put together. desk: for doors; open_office: whom installers ask, made once."""

    settings: Settings
    desk: Desk
    open_office: "Callable[[], InstallOffice]"
    store: Store

    @property
    def office(self) -> "InstallOffice":
        """Whom installers ask."""
        return self.open_office()


def open_house(settings: Settings) -> House:
    """Open the store and tie everything together; starts nothing."""
    clock, ids = SystemClock(), RandomIds()
    try:
        settings.home.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        facts = {"folder": str(settings.home), "why": error.strerror or "?"}
        raise Refused(Fault("home-unusable", Where("STAGING_HOME"), facts)) from error
    store = open_store(settings.database_url, key_file=settings.key_file, clock=clock, ids=ids)
    paper = PaperShop(
        clock,
        standing_of=_standing_of(store, settings),
        language=settings.lang,
        designs=settings.designs_dir,
    )
    engine_of = _engine_of(store)
    needs = StepNeeds(
        orders=store.orders,
        boxes=store.appliances,
        plans=store.plans,
        stacks=store.stacks,
        journal=store.changesets,
        shelf=store.bench,
        diary=store.timeline,
        stationery=paper,
        secret=store.vault.ensure,
        secrets=store.vault.ensure_all,
        engine_of=engine_of,
        portal_of=_portal_of(store),
        clock=clock,
        certificate_of=_certificate_of(store, settings.home / "certificates"),
        preset=_preset(settings),
    )
    desk = Desk(store, clock, settings, needs, engine_of, paper)

    @cache
    def open_office() -> "InstallOffice":
        from staging.adapters.install_office import InstallOffice
        from staging.desk.answer_texts import bench_settings

        return InstallOffice(store, bench_settings(settings), clock, ids)

    return House(settings, desk, open_office, store)


def make_worker(house: House, *, at_once: int = 4, only: str | None = None) -> "JobEngine":
    """A worker of this process, under a name that no living worker has. only: the one order that it works on."""
    from staging.jobs.engine import JobEngine

    prepare_sqlite(house.settings.jobs_url)
    stop = threading.Event()
    runner = Runner(book=house.store.orders, needs=replace(house.desk.needs, stopping=stop.is_set))
    return JobEngine(
        runner,
        orders=house.store.orders,
        workers=house.store.workers,
        database_url=house.settings.jobs_url,
        executor=house.store.workers.claim(),
        stop=stop,
        at_once=at_once,
        only=only,
    )


def make_bench_app(house: House, *, base: str) -> "Flask":
    """The plain-HTTP door of installing boxes. base: the configured address under which they find it."""
    from flask import Flask

    from preseed.routes import blueprint as preseed_blueprint
    from webhooks.install import blueprint as install_blueprint

    app = Flask("staging.bench", static_folder=None)
    app.register_blueprint(preseed_blueprint(house.office.preseed_needs(base)))
    app.register_blueprint(install_blueprint(house.office.install_needs()))
    return app


def hook_routes(house: House) -> "HookNeeds":
    """What the signed hooks of other systems need."""
    from webhooks.payload import render_payload
    from webhooks.routes import HookNeeds

    def find_secrets(source: str) -> tuple[Secret, ...]:
        found = house.store.vault.find(f"hook:{source}", "signing-key")
        return (found,) if found else ()

    def record(source: str, event_id: str, event: "Event") -> bool:
        return house.store.hooks.record(source, event_id, render_payload(event))

    return HookNeeds(find_secrets=find_secrets, record_event=record, clock=house.desk.clock)


def hook_door(house: House) -> "Blueprint":
    """Where other systems tell us things: `/hooks/<source>`."""
    from webhooks.routes import blueprint

    return blueprint(hook_routes(house))


def session_key(house: House) -> bytes:
    """The key that signs people's sessions, made once."""
    return house.store.vault.ensure("web", "session-key").reveal().encode()


def quiet_logs(level: int = logging.INFO) -> None:
    """Log lines on standard error, one per event; libraries only when they warn."""
    handler = logging.StreamHandler()
    handler.setFormatter(LogLine())
    logging.basicConfig(level=level, handlers=[handler])
    for name in ("urllib3", "waitress", "alembic", "dbos", "werkzeug"):
        logging.getLogger(name).setLevel(logging.WARNING)


class EngineAt:
    """A stack, equal to another with the same way in; urls make the stack itself unhashable."""

    def __init__(self, stack: Stack) -> None:
        self.stack = stack
        self._way = (stack.url, tuple(sorted(stack.urls.items())), stack.username, stack.ca_file)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, EngineAt) and self._way == other._way

    def __hash__(self) -> int:
        return hash(self._way)


def _engine_of(store: Store) -> "Callable[[Stack], EngineDoor]":
    # A door keeps its token and connections; a stack whose address changed is another key and gets another door.
    @lru_cache(maxsize=32)
    def door(stack: EngineAt, password: Secret) -> "EngineDoor":
        from staging.adapters.engine_door import EngineDoor

        return EngineDoor(stack.stack, password)

    def engine_of(stack: Stack) -> "EngineDoor":
        password = store.vault.ensure(f"stack:{stack.name}", "engine-password")
        return door(EngineAt(stack), password)

    return engine_of


def _portal_of(store: Store) -> Callable[[str], tuple[PortalDoor, PortalLogin]]:
    def portal_of(name: str) -> tuple[PortalDoor, PortalLogin]:
        from staging.adapters.portal_door import PortalHttp

        portal = store.stacks.get_portal(name)
        password = store.vault.find(f"portal:{name}", "portal-password")
        if password is None:
            raise Refused(Fault("portal-needs-password", Where("portal", field=name), {"name": name}))
        door = PortalHttp(
            portal, password, engine_password=lambda stack: store.vault.ensure(f"stack:{stack}", "engine-password")
        )
        return door, PortalLogin(portal, password)

    return portal_of


def _preset(settings: Settings) -> Preset:
    first, last = settings.rtp_ports
    return Preset(settings.stun, first, last, pickups=settings.call_pickup, firmware=settings.firmware)


def _certificate_of(store: Store, folder: Path) -> Callable[[Serial, str], str | None]:
    def certificate_of(serial: Serial, stack: str) -> str | None:
        reported = store.vault.find(f"appliance:{serial}:root", "certificate")
        if reported is None:
            return None
        folder.mkdir(parents=True, exist_ok=True)
        file = folder / f"{serial}-{hashlib.sha256(stack.encode()).hexdigest()[:8]}.pem"
        body = "\n".join(textwrap.wrap(reported.reveal(), 64))
        _write_whole(file, f"-----BEGIN CERTIFICATE-----\n{body}\n-----END CERTIFICATE-----\n")
        return str(file)

    return certificate_of


def _write_whole(file: Path, text: str) -> None:
    """Write a file that others read at any moment: they see it as it was or as it is, never half of it."""
    if file.exists() and file.read_text("ascii") == text:
        return
    draft = file.with_name(f".{file.name}.{os.getpid()}.{threading.get_ident()}")
    draft.write_text(text, "ascii")
    draft.replace(file)


def _standing_of(store: Store, settings: Settings) -> Callable[[Order], Standing]:
    def standing_of(order: Order) -> Standing:
        stack = store.stacks.find(order.stack)
        address = order.final_host or (stack.reachable_at if stack else None) or "–"
        shared = stack is not None and stack.kind == "on-cloud"
        return Standing(address, settings.ports_on_cloud if shared else settings.ports_on_premise)

    return standing_of


def password_from(path: Path) -> str:
    """A password out of a file, without its line end. Raises Refused when it cannot be read or is empty."""
    try:
        password = path.read_text("utf-8").rstrip("\r\n")
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else error.reason
        facts = {"file": str(path), "why": why or "?"}
        raise Refused(Fault("password-file-unreadable", Where(str(path)), facts)) from error
    if not password:
        raise Refused(Fault("password-file-empty", Where(str(path)), {"file": str(path)}))
    return password
