"""What do installing boxes get? The needs of the preseed and hook routes, filled in with the store."""

import base64
import hashlib
import hmac
import logging
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from preseed.appliance import Appliance
from preseed.boot import BootQuery
from preseed.links import Links, Tickets
from preseed.render import render_proved
from preseed.routes import Fetch, PreseedNeeds
from preseed.serve import Visit
from staging.adapters.fetch_book import FetchBook
from staging.adapters.install_diary import InstallDiary
from staging.adapters.install_values import BenchSettings, appliance_of, bench_mirror, root_hash, texts_for, visit_of
from staging.adapters.store.installs import FetchLine
from staging.adapters.store.store import Store
from staging.core.clock import Clock, Ids
from staging.core.faults import PreseedRefused
from staging.core.messages import explain
from staging.core.secret import Secret
from staging.core.words import Serial
from staging.jobs.records import Box
from webhooks.events import BoxSeen
from webhooks.install import HookRefusal, InstallNeeds
from webhooks.limit import RateLimit

log = logging.getLogger(__name__)

_REFUSALS_PER_MINUTE = 30
"""Of reports that were not taken, written down for one address; a flood says no more than its first lines do."""

_UNANSWERED_PER_MINUTE = 900
"""Of refused requests for answers and scripts, for one address: sixty boxes behind one router ask twelve times each."""

_HELLOS_PER_MINUTE = 600
"""For one address: sixty boxes may stand behind one router, each asking in its waiting loop."""

KNOWN_AT_HAND = 4096
"""Boxes of which something is kept in memory; far more than a bench has."""


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
        self._refusals = RateLimit(_REFUSALS_PER_MINUTE)
        self._unanswered = RateLimit(_UNANSWERED_PER_MINUTE)
        self._boots = RateLimit(_HELLOS_PER_MINUTE)

    def preseed_needs(self, base: str) -> PreseedNeeds:
        """For the preseed routes. base: the configured address under which boxes find us."""
        self._links = Links(base)
        return PreseedNeeds(
            links=Links(base),
            find_appliance=self.find_appliance,
            find_boot=self._find_boot,
            mirror=bench_mirror(self._bench),
            find_box=self._find_box,
            record_boot=self._record_boot,
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
            record_refusal=self._record_refusal,
            find_serial=self._store.installs.serial_of_ticket,
            find_disk=self._find_disk,
            clock=self._clock,
            hellos_per_minute=_HELLOS_PER_MINUTE,
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

    def _record_refusal(self, refusal: HookRefusal) -> None:
        if self._refusals.allows(refusal.address, refusal.at):
            asked, line = _printable(refusal.asked)[:64], explain(refusal.fault, "en").text
            self._book.note(
                FetchLine(refusal.at, asked, refusal.address, refusal.status, line, refusal.fault.code)
            )  # fmt: skip

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
        known = AtHand(row, appliance, visit_of(box, self._clock.now()), tickets, box.armed_at, password_hash)
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
        # One that names itself and is not known is no other box, whatever tag is on its case.
        tag = "" if query.serial is not None else query.asset
        serial = self._store.appliances.serial_by_facts(mac=query.mac, asset=tag)
        return self.find_appliance(serial) if serial else None

    def _record_boot(self, serial: Serial, query: BootQuery, address: str) -> None:
        if self._boots.allows(address, self._clock.now()):
            self._diary.record_boot(serial, query, address)

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
        now = self._clock.now()
        # A mistake of ours is always written down: its reference is looked for.
        if not 400 <= fetch.status < 500 or self._unanswered.allows(fetch.address, now):
            asked = _printable(fetch.serial)
            self._book.note(FetchLine(now, asked, fetch.address, fetch.status, fetch.line, code))
        if fetch.status != 200:
            self._diary.record_fetch(fetch, code)


SCOPES = ("read", "report", "logs", "register")


def _printable(asked: str) -> str:
    return "".join(char if char.isprintable() else "?" for char in asked)


def _ticket(root: bytes, scope: str) -> str:
    return base64.urlsafe_b64encode(hmac.digest(root, scope.encode(), hashlib.sha256)).decode()[:28].replace("-", "x")


def _report_failure(reference: str, error: BaseException) -> None:
    log.error("preseed failed", exc_info=error, extra={"event": "preseed_failed", "reference": reference})
