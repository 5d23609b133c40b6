"""What do installing boxes get and tell? The needs of the preseed and hook routes, filled in with the store."""

import logging
from collections.abc import Callable
from dataclasses import dataclass

from passlib.hash import sha512_crypt

from preseed.appliance import Appliance, ApplianceState, FixedNetwork, Mirror, WazoRelease
from preseed.boot import BootQuery
from preseed.links import Links
from preseed.releases import SUITES, Suite
from preseed.routes import Fetch, PreseedNeeds
from preseed.serve import Visit
from staging.adapters.store.store import Store
from staging.core.clock import Clock, Ids
from staging.core.secret import Secret
from staging.core.words import Serial, host_name
from staging.jobs.records import Box
from webhooks.events import (
    BoxSeen,
    EngineReady,
    InstallAlive,
    InstallEvent,
    InstallFinished,
    InstallProgressed,
    LogReceived,
)
from webhooks.install import InstallNeeds

log = logging.getLogger(__name__)

_ROUNDS = 20_000
"""Of the root password's hash; bulk rendering stays quick, and the password is random anyway."""


@dataclass(frozen=True, slots=True)
class BenchSettings:
    """What the installation decides for every box: mirror, keys, the playbook. None makes a box incomplete."""

    mirror_host: str | None
    mirror_directory: str
    proxy: str | None
    ssh_keys: tuple[str, ...]
    ansible_url: str | None
    wazo_release: str
    domain: str


class InstallOffice:
    """Answers installers out of the store and writes down what they report."""

    def __init__(self, store: Store, bench: BenchSettings, clock: Clock, ids: Ids) -> None:
        self._store = store
        self._bench = bench
        self._clock = clock
        self._ids = ids

    def preseed_needs(self, base: str) -> PreseedNeeds:
        """For the preseed routes. base: the configured address under which boxes find us."""
        return PreseedNeeds(
            links=Links(base),
            find_appliance=self.find_appliance,
            find_boot=self._find_boot,
            find_visit=self._find_visit,
            record_fetch=self._record_fetch,
            open_ticket=self._open_ticket,
            find_serial=self._store.appliances.serial_of_ticket,
            report_failure=_report_failure,
            clock=self._clock,
            ids=self._ids,
        )

    def install_needs(self) -> InstallNeeds:
        """For the hooks of installing boxes."""
        return InstallNeeds(
            record_hello=self._record_hello,
            record_event=self._record_event,
            find_serial=self._store.appliances.serial_of_ticket,
            clock=self._clock,
            # Sixty boxes may stand behind one router, each asking once in its waiting loop.
            hellos_per_minute=600,
        )

    def find_appliance(self, serial: Serial) -> Appliance | None:
        """The box as its preseed needs it: what was registered, on top of the bench's settings."""
        box = self._store.appliances.find(serial)
        if box is None:
            return None
        given = box.overrides
        network = given.get("network")
        return Appliance(
            serial=serial,
            model=box.model,
            hostname=str(given.get("hostname") or host_name(serial)),
            domain=self._bench.domain,
            suite=_suite(box.suite),
            customer=box.customer or "",
            state=_state(box),
            network=FixedNetwork(network["address"], network["gateway"], tuple(network["nameservers"]))
            if network
            else None,
            keyboard=str(given.get("keyboard") or "fr(latin9)"),
            mirror=Mirror(
                host=self._bench.mirror_host or "",
                directory=self._bench.mirror_directory,
                proxy=self._bench.proxy or "",
            ),
            ssh_keys=self._bench.ssh_keys,
            root_password_hash=self._root_hash(serial),
            packages=tuple(given.get("packages") or ()),
            wazo=WazoRelease(ansible_url=self._bench.ansible_url or "", ansible_version=self._bench.wazo_release),
        )

    def _find_boot(self, query: BootQuery) -> Appliance | None:
        if query.serial is not None and (found := self.find_appliance(query.serial)) is not None:
            return found
        serial = self._store.appliances.serial_by_facts(mac=query.mac, asset=query.asset)
        return self.find_appliance(serial) if serial else None

    def _find_visit(self, serial: Serial) -> Visit:
        box = self._store.appliances.find(serial)
        if box is None:
            return Visit()
        suite = box.facts.get("suite")
        return Visit(box.hello_address, str(suite) if suite else None, box.first_fetch_at, box.early_at is not None)

    def _open_ticket(self, serial: Serial) -> str:
        # The same ticket until the box is armed again: its waiting script and its installer both ask.
        ticket = self._store.vault.ensure(f"appliance:{serial}", "install-ticket").reveal()
        self._store.appliances.open_ticket(serial, ticket)
        return ticket

    def _root_hash(self, serial: Serial) -> Secret:
        scope = f"appliance:{serial}:root"
        found = self._store.vault.find(scope, "root-hash")
        if found is None:
            password = self._store.vault.ensure(scope, "root-password").reveal()
            found = Secret(sha512_crypt.using(rounds=_ROUNDS).hash(password))
            self._store.vault.put(found.reveal(), scope=scope, kind="root-hash")
        return found

    def _record_fetch(self, fetch: Fetch) -> None:
        serial = Serial(fetch.serial)
        box = self._store.appliances.find(serial)
        now = self._clock.now()
        if box is None:
            return
        if fetch.status == 200:
            if box.first_fetch_at is None:
                self._store.appliances.change(serial, first_fetch_at=now, trouble=None)
                self._store.timeline.add("answers-fetched", {"address": fetch.address}, serial=serial)
                self._wake(serial)
            return
        code = fetch.fault.code if fetch.fault else "preseed-failed"
        if not box.trouble or box.trouble.get("code") != code or box.trouble.get("address") != fetch.address:
            facts = {
                "code": code,
                "line": fetch.line,
                "status": fetch.status,
                "address": fetch.address,
                "reference": fetch.reference,
                "serial": serial,
            }
            self._store.appliances.change(serial, trouble=facts)
            self._store.timeline.add("answers-refused", facts, serial=serial)

    def _record_hello(self, seen: BoxSeen) -> None:
        facts = {**dict(seen.facts), "suite": seen.suite}
        known = self._store.appliances.find(seen.serial)
        again = known is not None and known.hello_address == seen.address and known.hello_at is not None
        if self._store.appliances.hello(seen.serial, address=seen.address, facts=facts) and not again:
            self._store.timeline.add(
                "box-said-hello", {"address": seen.address, "suite": seen.suite}, serial=seen.serial
            )

    def _record_event(self, event: InstallEvent) -> None:
        record: dict[type, Callable[[InstallEvent], None]] = {
            InstallProgressed: self._progressed,
            InstallAlive: self._alive,
            LogReceived: self._log_received,
            InstallFinished: self._finished,
            EngineReady: self._ready,
        }
        record[type(event)](event)

    def _progressed(self, event: InstallEvent) -> None:
        if not isinstance(event, InstallProgressed):
            return
        values: dict[str, object] = {"phase": event.step, "phase_at": event.at, "beat_at": event.at, "trouble": None}
        if event.step == "early":
            values["early_at"] = event.at
        facts = {"phase": event.step, "detail": event.detail}
        if event.failed:
            values["trouble"] = {"code": "install-trouble", **facts}
        self._store.appliances.change(event.serial, **values)
        self._store.timeline.add("install-failed" if event.failed else "install-progressed", facts, serial=event.serial)
        self._wake(event.serial)

    def _alive(self, event: InstallEvent) -> None:
        self._store.appliances.change(event.serial, beat_at=event.at)

    def _log_received(self, event: InstallEvent) -> None:
        if isinstance(event, LogReceived):
            self._store.appliances.keep_log(event.serial, name=event.name, body=event.text.encode())
            self._store.timeline.add(
                "log-received", {"name": event.name, "characters": len(event.text)}, serial=event.serial
            )

    def _finished(self, event: InstallEvent) -> None:
        self._store.appliances.change(
            event.serial, installed_at=event.at, phase="installed", phase_at=event.at, beat_at=event.at
        )
        self._store.timeline.add("install-finished", {}, serial=event.serial)
        self._wake(event.serial)

    def _ready(self, event: InstallEvent) -> None:
        if not isinstance(event, EngineReady):
            return
        self._store.appliances.change(
            event.serial,
            engine_ready_at=event.at,
            address=event.address,
            phase="engine-ready",
            phase_at=event.at,
            beat_at=event.at,
            trouble=None,
        )
        if event.certificate:
            self._store.vault.put(event.certificate, scope=f"appliance:{event.serial}:root", kind="certificate")
        self._store.appliances.end_ticket(event.serial)
        self._store.vault.forget(f"appliance:{event.serial}")
        facts = {"address": event.address, "version": event.version or "–"}
        self._store.timeline.add("engine-ready", facts, serial=event.serial)
        self._wake(event.serial)

    def _wake(self, serial: Serial) -> None:
        order = self._store.orders.of_serial(serial)
        if order is not None:
            self._store.orders.wake(order.id)


def _state(box: Box) -> ApplianceState:
    if box.shipped_at is not None:
        return "shipped"
    if box.armed_at is None:
        return "registered"
    if box.installed_at is not None or box.engine_ready_at is not None:
        return "installed"
    return "armed"


def _suite(name: str) -> Suite:
    return next((suite for suite in SUITES if suite == name), "bookworm")


def _report_failure(reference: str, error: BaseException) -> None:
    log.error("preseed failed", exc_info=error, extra={"event": "preseed_failed", "reference": reference})
