"""What do installing boxes ask and tell, and what is written down of it? Events become columns, lines and wakes."""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

from preseed.boot import BootQuery
from preseed.complaints import first_complaint, last_stage
from preseed.disks import parse_disks
from preseed.hardware import findings
from preseed.routes import Fetch
from staging.adapters.store.appliances import BOOTED
from staging.adapters.store.store import Store
from staging.core.clock import Clock
from staging.core.faults import Fault, Where
from staging.core.messages import explain
from staging.core.words import Serial, parse_serial
from staging.jobs.records import CHECKLIST, INSTALLER, Box, LogPart
from webhooks.events import (
    BoxSeen,
    DisksSeen,
    EngineReady,
    InstallAlive,
    InstallEvent,
    InstallFinished,
    InstallProgressed,
    LogReceived,
)
from webhooks.install import LONGEST_LOG

_TWINS_WITHIN = timedelta(minutes=3)
_PARTITIONED = frozenset({"partitioned", "base-begin"})
_LAST_PHASE = "firstboot-done"
_LONGEST_PACE_S = 6 * 3600
_ASKED_AGAIN = timedelta(minutes=1)
"""How often a trouble that lasts is stamped anew; a box asks every five seconds."""

_TOLD_AGAIN = timedelta(hours=1)
_MOST_TOLD = 4096


class InstallDiary:
    """Writes down what boxes do; knows nothing of HTTP."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._told: dict[tuple[object, ...], datetime] = {}

    def record_fetch(self, fetch: Fetch, code: str) -> None:
        """A refusal that a person has to see; code: of the refusal.

        It is the box's trouble for as long as it is asked again (`bench_screen`). What its own installer reported is
        not pushed aside by somebody who asks from elsewhere.
        """
        serial = parse_serial(fetch.serial)
        box = self._store.appliances.find(serial) if serial else None
        if serial is None or box is None:
            return
        said, now = fetch.fault.facts if fetch.fault else {}, self._clock.now()
        facts = {
            "address": fetch.address, **said, "code": code, "line": fetch.line, "status": fetch.status,
            "reference": fetch.reference, "serial": serial,
            "missing": [{"code": one.code, **one.facts} for one in fetch.details],
        }  # fmt: skip
        pushes_aside = _is_reported(box) and fetch.address != box.hello_address
        if not pushes_aside and not _is_stamped(box.trouble, facts, now):
            self._store.appliances.change(serial, trouble=_stamp(box.trouble, facts, now))
        # Who waits asks every five seconds: the timeline says it once an hour.
        told = (serial, fetch.address, code, box.armed_at)
        if self._is_news(told):
            self._store.timeline.add("answers-refused", {**facts, "address": fetch.address}, serial=serial)

    def record_boot(self, serial: Serial, query: BootQuery, address: str) -> None:
        """A box that nobody registered, and that waits at its network boot: a stranger as any other that said hello."""
        if self._is_news((serial, address, "boot"), every=_ASKED_AGAIN):
            mac = query.mac.replace(":", "").upper() if query.mac else ""
            facts = {BOOTED: "network", "mac": mac, "chassis_asset_tag": query.asset}
            told = {name: value for name, value in facts.items() if value}
            self._store.appliances.hello(serial, address=address, facts=told)

    def _is_news(self, told: tuple[object, ...], *, every: timedelta = _TOLD_AGAIN) -> bool:
        now = self._clock.now()
        if now - self._told.get(told, now - every) < every:
            return False
        if len(self._told) >= _MOST_TOLD:
            self._told.clear()
        self._told[told] = now
        return True

    def record_hello(self, seen: BoxSeen) -> None:
        """A box in the universal stage. Two that say one serial are told apart by their network cards."""
        facts: dict[str, Any] = {**dict(seen.facts), "suite": seen.suite}
        known = self._store.appliances.find(seen.serial)
        twin = self._twin(known, seen) if known else None
        if known is not None and twin is not None:
            self._tell_twins(known, seen.address, twin)
            # Once one of them was served, it keeps its place; the other one is told that it is the wrong address.
            if known.first_fetch_at is not None:
                return
            facts["twin"] = twin
        again = known is not None and known.hello_address == seen.address and known.hello_at is not None
        if self._store.appliances.hello(seen.serial, address=seen.address, facts=facts) and not again:
            about = {"address": seen.address, "suite": seen.suite}
            self._store.timeline.add("box-said-hello", about, serial=seen.serial)
        if known is not None:
            self._prove(seen.serial)

    def record_event(self, event: InstallEvent) -> None:
        """One report of a box that holds a ticket."""
        record: dict[type, Callable[[Any], None]] = {
            InstallProgressed: self._progressed,
            InstallAlive: self._alive,
            LogReceived: self._log_received,
            DisksSeen: self._disks_seen,
            InstallFinished: self._finished,
            EngineReady: self._ready,
        }
        record[type(event)](event)

    def _twin(self, known: Box, seen: BoxSeen) -> Mapping[str, str] | None:
        """The other box that says this serial: another card at another address, minutes ago at most."""
        mine, theirs = dict(seen.facts).get("mac"), known.facts.get("mac")
        told = known.facts.get("twin")
        if isinstance(told, Mapping) and told.get("mac") != mine and _is_recent(told["at"], seen.at):
            # When it was seen stays as it was: one that was switched off is forgotten.
            return dict(told)
        # One that names no card, where the known one does, is another too: ours always names it.
        if known.hello_at is None or known.hello_address in (None, seen.address) or not theirs:
            return None
        if mine == theirs or seen.at - known.hello_at > _TWINS_WITHIN:
            return None
        return {"mac": str(theirs), "address": str(known.hello_address), "at": known.hello_at.isoformat()}

    def _tell_twins(self, known: Box, address: str, twin: Mapping[str, str]) -> None:
        if known.trouble and known.trouble.get("code") == "two-boxes":
            return
        facts = {"serial": known.serial, "address": address, "other": twin["address"]}
        line = explain(Fault("two-boxes", Where(known.serial), facts), "en").text
        told = {**facts, "code": "two-boxes", "line": line}
        if not _is_reported(known):
            self._store.appliances.change(known.serial, trouble=_stamp(known.trouble, told, self._clock.now()))
        if self._is_news((known.serial, twin["address"], "two-boxes", known.armed_at)):
            self._store.timeline.add("answers-refused", told, serial=known.serial)

    def _progressed(self, event: InstallProgressed) -> None:
        box = self._store.appliances.find(event.serial)
        values: dict[str, object] = {"beat_at": event.at, "question": None, "trouble": None}
        facts = {"phase": event.step, "detail": event.detail}
        if event.failed:
            code = "disk-choice" if event.step == "disk-refused" else "install-trouble"
            values["trouble"] = {"code": code, "serial": event.serial, **facts}
        else:
            values |= {"phase": event.step, "phase_at": event.at}
            self._remember_pace(box, event.at)
        if event.step == "early":
            values["early_at"] = event.at
        if event.step in _PARTITIONED and (box is None or box.partitioned_at is None):
            values["partitioned_at"] = event.at
        self._store.appliances.change(event.serial, **values)
        if not (event.failed and box and box.trouble and box.trouble.get("phase") == event.step):
            name = "install-failed" if event.failed else "install-progressed"
            self._store.timeline.add(name, facts, serial=event.serial)
        if event.step == _LAST_PHASE:
            self._store.installs.end_tickets(event.serial)
        self._wake(event.serial)

    def _remember_pace(self, box: Box | None, now: datetime) -> None:
        if box is None or box.phase is None or box.phase_at is None or box.disk_choice:
            return
        seconds = int((now - box.phase_at).total_seconds())
        if 0 <= seconds <= _LONGEST_PACE_S and not box.trouble:
            self._store.installs.phase_took(box.serial, box.phase, seconds)

    def _alive(self, event: InstallAlive) -> None:
        self._store.appliances.change(
            event.serial, beat_at=event.at, beat_step=event.step or None, question=event.question or None
        )

    def _log_received(self, event: LogReceived) -> None:
        part = LogPart(event.name, event.upload, event.offset, event.body)
        kept = self._store.installs.append_log(event.serial, part, longest=LONGEST_LOG)
        if event.offset == 0:
            about = {"name": event.name, "characters": len(event.body)}
            self._store.timeline.add("log-received", about, serial=event.serial)
        if event.name != "syslog" and kept:
            self._find_cause(event.serial)

    def _find_cause(self, serial: Serial) -> None:
        """The first line of the newest log that tells why, put beside the trouble that the box already told."""
        box = self._store.appliances.find(serial)
        if box is None or not box.trouble or not _is_of_install(str(box.trouble.get("code"))):
            return
        _, name, body = self._store.installs.logs(serial, limit=1)[0]
        log = body.decode("utf-8", "replace")
        complaint = first_complaint(last_stage(log) if name == "firstboot" else log)
        if complaint is None:
            return
        code = f"cause-{complaint.kind}"
        if box.trouble.get("cause_line") != complaint.line:
            facts = {**box.trouble, "code": code, "line": complaint.line, "cause_line": complaint.line}
            self._store.appliances.change(serial, trouble=facts)
            self._store.timeline.add("install-cause", {"code": code, "line": complaint.line}, serial=serial)

    def _disks_seen(self, event: DisksSeen) -> None:
        disks = [{name: getattr(disk, name) for name in disk.__dataclass_fields__} for disk in parse_disks(event.body)]
        self._store.appliances.change(event.serial, disks=disks)
        self._prove(event.serial)

    def _prove(self, serial: Serial) -> None:
        """Tick what the box's own facts prove, and take back what only they had ticked once they say otherwise."""
        box = self._store.appliances.get(serial)
        marks = dict(box.checklist)
        for finding in findings(box.model, box.facts, box.disks):
            mark = marks.get(finding.point)
            if finding.point in CHECKLIST and finding.holds and not mark:
                marks[finding.point] = {"by": INSTALLER, "at": self._clock.now().isoformat()}
            elif not finding.holds and mark and mark.get("by") == INSTALLER:
                marks[finding.point] = None
        if marks != dict(box.checklist):
            self._store.appliances.change(serial, checklist=marks)
            self._wake(serial)

    def _finished(self, event: InstallFinished) -> None:
        self._remember_pace(self._store.appliances.find(event.serial), event.at)
        self._store.appliances.change(
            event.serial, installed_at=event.at, phase="installed", phase_at=event.at, beat_at=event.at,
            partitioned_at=event.at, question=None, trouble=None,
        )  # fmt: skip
        self._store.timeline.add("install-finished", {}, serial=event.serial)
        self._wake(event.serial)

    def _ready(self, event: EngineReady) -> None:
        box = self._store.appliances.find(event.serial)
        if box is not None and box.engine_ready_at is not None and box.address:
            # Told again: our answer was lost, or the power was cut before the box had written down that it is done.
            return
        self._remember_pace(box, event.at)
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
        # The one to register stays for its hours, and changes nothing any more: a box that has to say it a second time
        # and is refused would begin its first boot again each minute, for ever.
        self._store.installs.end_tickets(event.serial, but="register")
        self._store.vault.forget(f"appliance:{event.serial}")
        facts = {"address": event.address, "version": event.version or "–"}
        self._store.timeline.add("engine-ready", facts, serial=event.serial)
        self._wake(event.serial)

    def _wake(self, serial: Serial) -> None:
        order = self._store.orders.of_serial(serial)
        if order is not None:
            self._store.orders.wake(order.id)


def _is_reported(box: Box) -> bool:
    """Whether its trouble is what its own installer reported."""
    return bool(box.trouble) and "asked_at" not in (box.trouble or {})


def _is_stamped(told: Mapping[str, Any] | None, facts: Mapping[str, Any], now: datetime) -> bool:
    """Whether the box's trouble says the same already, and was stamped a moment ago."""
    # A mistake of ours has another reference each time it is asked about.
    same = ("code", "address") if facts["reference"] else tuple(facts)
    if told is None or "asked_at" not in told or any(told.get(name) != facts[name] for name in same):
        return False
    return now - datetime.fromisoformat(str(told["asked_at"])) < _ASKED_AGAIN


def _stamp(told: Mapping[str, Any] | None, facts: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    """A refusal with the moment at which it was asked about last, and since when the box is refused.

    Whatever for: of two boxes that say one serial each is told something else, in turns.
    """
    goes_on = told is not None and _is_recent(told.get("asked_at"), now)
    since = str(told["since"]) if told is not None and goes_on else now.isoformat()
    return {**facts, "since": since, "asked_at": now.isoformat()}


def _is_of_install(code: str) -> bool:
    return code == "install-trouble" or code.startswith("cause-")


def _is_recent(written: object, now: datetime) -> bool:
    return written is not None and now - datetime.fromisoformat(str(written)) < _TWINS_WITHIN
