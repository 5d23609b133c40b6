"""What do installing boxes get? The needs of the preseed and hook routes, filled in with the store."""

import base64
import hashlib
import hmac
import logging
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from passlib.hash import sha512_crypt

from preseed.appliance import Appliance, ApplianceState, DiskRules, FixedNetwork, Mirror, WazoRelease
from preseed.boot import BootQuery
from preseed.links import Links, Tickets
from preseed.releases import SUITES, Suite, release
from preseed.render import render_proved
from preseed.routes import Fetch, PreseedNeeds
from preseed.serve import Visit
from staging.adapters.fetch_book import FetchBook
from staging.adapters.install_diary import InstallDiary
from staging.adapters.store.installs import FetchLine
from staging.adapters.store.store import Store
from staging.core.clock import Clock, Ids
from staging.core.faults import PreseedRefused
from staging.core.secret import Secret
from staging.core.words import Serial, host_name
from staging.jobs.records import Box
from webhooks.events import BoxSeen
from webhooks.install import InstallNeeds

log = logging.getLogger(__name__)

TWIN_LIFE = timedelta(minutes=3)
"""How long a second box that says the same serial is remembered; each says hello once a minute."""

_ROUNDS = 20_000
"""Of the root password's hash; bulk rendering stays quick, and the password is random anyway."""

KNOWN_AT_HAND = 4096
"""Boxes of which something is kept in memory; far more than a bench has."""


@dataclass(frozen=True, slots=True)
class BenchSettings:
    """What the installation decides for every box: mirror, keys, the playbook. None makes a box incomplete."""

    mirror_host: str | None
    mirror_directory: str
    proxy: str | None
    ssh_keys: tuple[str, ...]
    authorities: tuple[str, ...]
    ansible_url: str | None
    wazo_release: str
    wazo_distribution: str | None
    domain: str


@dataclass(frozen=True, slots=True)
class AtHand:
    """What was made of a box's row, for as long as the row stays the same."""

    row: tuple[Any, ...]
    appliance: Appliance
    visit: Visit
    tickets: Tickets
    armed_at: datetime | None
    password_hash: Secret


class InstallOffice:
    """Answers installers out of the store and writes down what they ask and report."""

    def __init__(self, store: Store, bench: BenchSettings, clock: Clock, ids: Ids) -> None:
        self._store = store
        self._bench = bench
        self._clock = clock
        self._ids = ids
        self._diary = InstallDiary(store, clock)
        self._book = FetchBook(store.installs.note_fetches)
        self._at_hand: dict[Serial, AtHand] = {}
        self._links: Links | None = None
        self._warming = ThreadPoolExecutor(max_workers=1, thread_name_prefix="warm")
        self._templates: tuple[tuple[Any, ...], Mapping[tuple[str, str], str]] | None = None

    def preseed_needs(self, base: str) -> PreseedNeeds:
        """For the preseed routes. base: the configured address under which boxes find us."""
        self._links = Links(base)
        return PreseedNeeds(
            links=Links(base),
            find_appliance=self.find_appliance,
            find_boot=self._find_boot,
            find_box=self._find_box,
            record_fetch=self._record_fetch,
            open_tickets=self._open_tickets,
            find_serial=lambda ticket: self._store.installs.serial_of_ticket(ticket, "read"),
            report_failure=_report_failure,
            clock=self._clock,
            ids=self._ids,
        )

    def install_needs(self) -> InstallNeeds:
        """For the hooks of installing boxes."""
        return InstallNeeds(
            record_hello=self._record_hello,
            record_event=self._diary.record_event,
            find_serial=self._store.installs.serial_of_ticket,
            find_disk=self._find_disk,
            clock=self._clock,
            # Sixty boxes may stand behind one router, each asking once in its waiting loop.
            hellos_per_minute=600,
        )

    def find_appliance(self, serial: Serial) -> Appliance | None:
        """The box as its preseed needs it: what was registered, on top of the bench's settings."""
        known = self._know(serial)
        return known.appliance if known else None

    def known(self, serial: Serial) -> AtHand | None:
        """What is at hand of a box, read again when its row changed."""
        return self._know(serial)

    def now(self) -> datetime:
        """The present moment, as everything here is stamped."""
        return self._clock.now()

    def note_answer(self, serial: Serial, address: str, at: datetime) -> None:
        """Write one given answer down."""
        self._book.note(FetchLine(at, serial, address, 200))

    def warm(self, serial: Serial) -> None:
        """Have a box's answers at hand before it asks for them; what cannot be said is told when it asks."""
        known = self._know(serial)
        if known is not None and self._links is not None and known.appliance.state == "armed":
            with suppress(PreseedRefused):
                render_proved(known.appliance, links=self._links, tickets=known.tickets)

    def flush(self) -> None:
        """Write down the fetches that are still held."""
        self._book.flush()

    def _record_hello(self, seen: BoxSeen) -> None:
        self._diary.record_hello(seen)
        # It asks within a second; a shelf of boxes does so together.
        self._warming.submit(self.warm, seen.serial)

    def _know(self, serial: Serial) -> AtHand | None:
        """A box by one query; everything that is made of its row is made once for as long as the row stays."""
        row = self._store.appliances.row_for_answers(serial)
        if row is None:
            return None
        known = self._at_hand.get(serial)
        if known is None or known.row != row:
            known = self._learn(serial, row)
        return known

    def _learn(self, serial: Serial, row: tuple[Any, ...]) -> AtHand | None:
        box = self._store.appliances.find(serial)
        if box is None:
            return None
        # Secrets of one arming stay; the vault is asked again when it is armed again.
        old = self._at_hand.get(serial)
        same = old if old and old.armed_at == box.armed_at and box.armed_at else None
        password_hash = same.password_hash if same else root_hash(self._store, serial)
        tickets = same.tickets if same else self._tickets(serial)
        appliance = appliance_of(box, self._bench, templates=self._texts(box, row), password_hash=password_hash)
        known = AtHand(row, appliance, _visit(box, self._clock.now()), tickets, box.armed_at, password_hash)
        if len(self._at_hand) >= KNOWN_AT_HAND:
            self._at_hand.clear()
        self._at_hand[serial] = known
        return known

    def _texts(self, box: Box, row: tuple[Any, ...]) -> tuple[str, ...]:
        """The texts that change this box's answers; read again when any text changed, which its row tells."""
        if self._templates is None or self._templates[0] != row[-2:]:
            all_ = {(one.scope, one.name): one.body for one in self._store.installs.templates()}
            self._templates = (row[-2:], all_)
        return texts_for(box, self._templates[1])

    def _find_box(self, serial: Serial) -> tuple[Appliance, Visit] | None:
        known = self._know(serial)
        return (known.appliance, known.visit) if known else None

    def _find_boot(self, query: BootQuery) -> Appliance | None:
        if query.serial is not None and (found := self.find_appliance(query.serial)) is not None:
            return found
        serial = self._store.appliances.serial_by_facts(mac=query.mac, asset=query.asset)
        return self.find_appliance(serial) if serial else None

    def _find_disk(self, serial: Serial) -> str | None:
        box = self._store.appliances.find(serial)
        chosen = box.disk_choice if box else None
        return f"{chosen['name']} {chosen['sectors']}" if chosen else None

    def _tickets(self, serial: Serial) -> Tickets:
        # Made of one secret of this arming: its waiting script and its installer both ask, and get the same.
        root = self._store.vault.ensure(f"appliance:{serial}", "install-ticket").reveal().encode()
        return Tickets(*(_ticket(root, scope) for scope in SCOPES))

    def _open_tickets(self, serial: Serial) -> Tickets:
        known = self._at_hand.get(serial) or self._know(serial)
        tickets = known.tickets if known else self._tickets(serial)
        if known is None or known.visit.answered_at is None:
            given = dict(zip(SCOPES, (tickets.read, tickets.report, tickets.logs, tickets.register), strict=True))
            address = (known.visit.address if known else None) or "–"
            self._store.installs.first_answer(serial, given, address=address)
        return tickets

    def _record_fetch(self, fetch: Fetch) -> None:
        code = fetch.fault.code if fetch.fault else ("" if fetch.status == 200 else "preseed-failed")
        asked = "".join(char if char.isprintable() else "?" for char in fetch.serial)
        self._book.note(FetchLine(self._clock.now(), asked, fetch.address, fetch.status, fetch.line, code))
        if fetch.status != 200:
            self._diary.record_fetch(fetch, code)


SCOPES = ("read", "report", "logs", "register")


def root_hash(store: Store, serial: Serial) -> Secret:
    """The hash of a box's root password, both made when they are new; slow, so arming asks for it before any box."""
    scope = f"appliance:{serial}:root"
    found = store.vault.find(scope, "root-hash")
    if found is None:
        password = store.vault.ensure(scope, "root-password").reveal()
        found = Secret(sha512_crypt.using(rounds=_ROUNDS).hash(password))
        store.vault.put(found.reveal(), scope=scope, kind="root-hash")
    return found


def texts_for(box: Box, texts: Mapping[tuple[str, str], str]) -> tuple[str, ...]:
    """The texts that change this box's answers, in order: the bench's, its customer's, its own."""
    wanted = (("bench", ""), ("customer", box.customer or "?"), ("box", box.serial))
    return tuple(texts[one] for one in wanted if one in texts)


def appliance_of(box: Box, bench: BenchSettings, *, templates: tuple[str, ...], password_hash: Secret) -> Appliance:
    """A box as its preseed needs it: what was registered, on top of the bench's settings and texts."""
    given = box.overrides
    network, disk = given.get("network"), given.get("disk") or {}
    return Appliance(
        serial=box.serial,
        model=box.model,
        hostname=str(given.get("hostname") or host_name(box.serial)),
        domain=bench.domain,
        suite=_suite(box.suite),
        customer=box.customer or "",
        state=_state(box),
        network=FixedNetwork(network["address"], network["gateway"], tuple(network["nameservers"]))
        if network
        else None,
        keyboard=str(given.get("keyboard") or "fr(latin9)"),
        mirror=Mirror(
            host=bench.mirror_host or "",
            directory=bench.mirror_directory,
            proxy=bench.proxy or "",
        ),
        ssh_keys=bench.ssh_keys,
        authorities=bench.authorities,
        root_password_hash=password_hash,
        packages=tuple(given.get("packages") or ()),
        disk=DiskRules(maximum_gb=disk.get("maximum_gb"), models=tuple(disk.get("models") or ()), restage=box.restage),
        wazo=_wazo(box, bench),
        templates=templates,
    )


def _wazo(box: Box, bench: BenchSettings) -> WazoRelease:
    """What the first boot installs. The setting speaks for releases of which we know no packages, and only for them."""
    known = release(_suite(box.suite)).wazo_distribution
    return WazoRelease(
        ansible_url=bench.ansible_url or "",
        ansible_version=bench.wazo_release,
        distribution=known or bench.wazo_distribution,
    )


def _ticket(root: bytes, scope: str) -> str:
    return base64.urlsafe_b64encode(hmac.digest(root, scope.encode(), hashlib.sha256)).decode()[:28].replace("-", "x")


def _visit(box: Box, now: datetime) -> Visit:
    suite, twin = box.facts.get("suite"), box.facts.get("twin")
    alive = isinstance(twin, Mapping) and now - datetime.fromisoformat(str(twin["at"])) < TWIN_LIFE
    return Visit(
        box.hello_address,
        str(suite) if suite else None,
        box.first_fetch_at,
        box.early_at is not None,
        str(twin["address"]) if alive and isinstance(twin, Mapping) else None,
    )


def _state(box: Box) -> ApplianceState:
    if box.shipped_at is not None:
        return "shipped"
    if box.armed_at is None:
        return "registered"
    if box.installed_at is not None or box.engine_ready_at is not None:
        return "installed"
    return "installing" if box.partitioned_at is not None else "armed"


def _suite(name: str) -> Suite:
    return next((suite for suite in SUITES if suite == name), "bookworm")


def _report_failure(reference: str, error: BaseException) -> None:
    log.error("preseed failed", exc_info=error, extra={"event": "preseed_failed", "reference": reference})
