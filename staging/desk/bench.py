"""Bench: register a box, tick its checklist, arm it, choose its disk, see who asked for what."""

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import timedelta

from numbering.commands import own_tables
from preseed.appliance import DiskRules
from preseed.disks import Disk, hand_may
from preseed.hardware import Finding, findings
from preseed.identity import clean_serial, is_junk
from staging.adapters.install_values import root_hash
from staging.adapters.store.installs import FetchLine
from staging.core.faults import Fault, Refused, Where
from staging.core.roles import Role
from staging.core.secret import Secret
from staging.core.words import Serial, parse_serial
from staging.desk.desk import Desk
from staging.desk.order_form import bad_customer
from staging.desk.rearm import check_rearm
from staging.jobs.records import CHECKLIST, Box, Hello

TICK = "TICK-"
"""What the codes on the bench card begin with: `TICK-RAM` ticks a point of the box that is on the screen."""

SHELF = 64
"""Boxes that may stand behind one router."""

LONGEST_PHOTO = 8 * 1024 * 1024
_PICTURES = {b"\xff\xd8\xff": "image/jpeg", b"\x89PNG\r\n\x1a\n": "image/png"}


def models(desk: Desk) -> tuple[str, ...]:
    """Names of the appliance models known here, the integrator's own included."""
    return tuple(sorted(own_tables(None, desk.settings.appliances_file).appliances))


def register_box(desk: Desk, typed: str, *, model: str, customer: str | None, by: str, suite: str = "bookworm") -> Box:
    """Register a box by the serial on its sticker.

    Raises Refused for junk, a known serial, an unknown model, and a customer's name that no label could show.
    """
    serial = parse_serial(typed)
    if serial is None:
        raise Refused(Fault("bad-serial", Where("appliance", field="serial"), {"typed": typed}))
    if is_junk(clean_serial(serial)):
        raise Refused(Fault("junk-serial", Where("appliance", field="serial"), {"typed": typed}))
    named = check_registration(desk, serial, model=model, customer=customer, suite=suite)
    box = desk.store.appliances.add(serial, model=model, customer=named, suite=suite)
    desk.store.timeline.add("box-registered", {"model": model, "customer": named or "–"}, serial=serial, operator=by)
    wake(desk, serial)
    return box


def check_registration(desk: Desk, serial: Serial, *, model: str, customer: str | None, suite: str) -> str | None:
    """The customer's name, tidied; None for nobody. Raises Refused for what no box can be registered as."""
    known = models(desk)
    if model not in known:
        raise Refused(
            Fault("unknown-model", Where("appliance", field=serial), {"typed": model, "known": ", ".join(known)})
        )
    if suite not in ("bookworm", "trixie"):
        raise Refused(Fault("unknown-suite", Where("appliance", field=serial), {"typed": suite}))
    named = (customer or "").strip()
    fault = bad_customer(named) if named else None
    if fault is not None:
        raise Refused(fault)
    return named or None


def tick(desk: Desk, serial: Serial, point: str, *, on: bool, by: str) -> Box:
    """Tick or untick a point of the checklist."""
    box = desk.store.appliances.get(serial)
    if point not in CHECKLIST:
        raise Refused(Fault("unknown-checklist-point", Where("appliance", field=serial), {"point": point}))
    mark = {"by": by, "at": desk.clock.now().isoformat()} if on else None
    desk.store.appliances.change(serial, checklist={**box.checklist, point: mark})
    desk.store.timeline.add("point-ticked" if on else "point-unticked", {"point": point}, serial=serial, operator=by)
    wake(desk, serial)
    return desk.store.appliances.get(serial)


def arm(
    desk: Desk, serial: Serial, *, by: str, role: Role, reason: str = "", again: str = "", restage: bool = False
) -> Box:
    """Let a box be installed, which wipes its disk. again: the serial typed a second time, for a shipped box.

    restage: its disk may be wiped although something stands on it; true by itself once we wrote on that disk.
    Raises Refused when the checklist is not done or contradicted by what the installer found, and when a shipped box is
    armed without what `rearm.check_rearm` asks for.
    """
    box = desk.store.appliances.get(serial)
    wrong = [finding for finding in found(box).values() if not finding.holds]
    if wrong and not reason.strip():
        facts = {"serial": serial, "found": wrong[0].facts["found"], "wanted": wrong[0].facts["wanted"]}
        raise Refused(Fault("checklist-contradicted", Where("appliance", field=serial), facts))
    if not box.checked:
        left = [point for point in CHECKLIST if not box.checklist.get(point)]
        raise Refused(Fault("checklist-open", Where("appliance", field=serial), {"serial": serial, "left": len(left)}))
    if box.shipped_at is not None:
        reason = check_rearm(desk, box, by=by, role=role, reason=reason, again=again)
    if box.engine_ready_at is not None and not reason.strip():
        raise Refused(Fault("rearm-needs-words", Where("appliance", field=serial), {"serial": serial}))
    ours = box.partitioned_at is not None or box.installed_at is not None or box.shipped_at is not None
    # First: a box that asks the moment it is armed would get the tickets of its earlier installation.
    desk.store.vault.forget(f"appliance:{serial}")
    desk.store.appliances.arm(serial, by=by, restage=restage or ours)
    # Slow to make, so it is there before a whole shelf of boxes asks at once.
    root_hash(desk.store, serial)
    desk.store.timeline.add("box-armed", {"reason": reason.strip() or "–"}, serial=serial, operator=by)
    order = desk.store.orders.of_serial(serial)
    if order is not None:
        # The disk is wiped: what stood on the engine stands there no more.
        desk.store.orders.reopen_from(order.id, "install")
    return desk.store.appliances.get(serial)


def adopt(desk: Desk, serial: Serial, *, by: str) -> Box:
    """Take a box as it is, because its engine was installed some other way: nothing is wiped.

    One that we installed, and whose first boot can report no more because its tickets ended, may be taken too.
    Raises Refused when it is being installed, or ready already.
    """
    box = desk.store.appliances.get(serial)
    if (box.armed_at is not None and box.installed_at is None) or box.engine_ready_at is not None:
        raise Refused(Fault("already-ready", Where("appliance", field=serial), {"serial": serial}))
    now = desk.clock.now()
    desk.store.appliances.change(
        serial,
        installed_at=box.installed_at or now,
        engine_ready_at=now,
        phase="engine-ready",
        phase_at=now,
        trouble=None,
    )
    desk.store.timeline.add("box-adopted", {}, serial=serial, operator=by)
    wake(desk, serial)
    return desk.store.appliances.get(serial)


def reveal_root_password(desk: Desk, serial: Serial, *, by: str) -> Secret:
    """The root password of a box that we installed; who asked is written down. Raises Refused when there is none."""
    desk.store.appliances.get(serial)
    found = desk.store.vault.find(f"appliance:{serial}:root", "root-password")
    if found is None:
        raise Refused(Fault("no-such-secret", Where("appliance", field=serial), {"name": serial}))
    desk.store.timeline.add("secret-revealed", {"secret": "root-password"}, serial=serial, operator=by)
    return found


def strangers(desk: Desk) -> tuple[Hello, ...]:
    """Boxes that said hello and that nobody registered."""
    return desk.store.appliances.strangers()


def apart(waiting: Iterable[Hello]) -> tuple[tuple[Hello, ...], Mapping[str, int]]:
    """Strangers that may be boxes, and addresses that say too many serials to be a shelf, with how many each."""
    waiting = tuple(waiting)
    said = Counter(hello.address for hello in waiting)
    crowds = {address: count for address, count in said.items() if count > SHELF}
    return tuple(hello for hello in waiting if hello.address not in crowds), crowds


def odd_requests(desk: Desk) -> tuple[FetchLine, ...]:
    """Who asked in the last hour for what is no box of ours: mistyped, misread and hostile serials, each answer."""
    waiting = {hello.serial for hello in strangers(desk)}
    lines = desk.store.installs.odd_fetches(since=desk.clock.now() - timedelta(hours=1))
    return tuple(line for line in lines if line.serial not in waiting)


def choose_disk(desk: Desk, serial: Serial, name: str, *, sectors: str, by: str) -> Box:
    """Let a box that found no single disk wipe this one. sectors: as the page showed it, so that it is the same disk.

    Raises Refused for a disk that the box did not tell, and for sticks, small and read-only ones whoever asks.
    """
    box = desk.store.appliances.get(serial)
    disk = next((disk for disk in disks_of(box) if disk.name == name and disk.sectors == sectors), None)
    if disk is None:
        raise Refused(Fault("disk-unknown", Where("appliance", field=serial), {"disk": name}))
    if not hand_may(disk, disk_rules(box)):
        raise Refused(Fault("disk-forbidden", Where("appliance", field=serial), {"disk": name}))
    desk.store.appliances.change(serial, disk_choice={"name": name, "sectors": sectors, "by": by})
    about = {"disk": name, "gb": round(disk.gb), "model": disk.model or "–"}
    desk.store.timeline.add("disk-picked", about, serial=serial, operator=by)
    return desk.store.appliances.get(serial)


def disks_of(box: Box) -> tuple[Disk, ...]:
    """The disks that a box told, as its rules judge them."""
    return tuple(Disk(**disk) for disk in box.disks or ())


def disk_rules(box: Box) -> DiskRules:
    """What this box's disk has to be."""
    given = box.overrides.get("disk") or {}
    return DiskRules(maximum_gb=given.get("maximum_gb"), models=tuple(given.get("models") or ()), restage=box.restage)


def found(box: Box) -> Mapping[str, Finding]:
    """What the box's own facts say of its checklist, by point."""
    return {finding.point: finding for finding in findings(box.model, box.facts, box.disks)}


def scan(desk: Desk, serial: Serial, code: str, *, by: str) -> Box:
    """Tick a point of the checklist by its code on the bench card. Raises Refused for another code."""
    point = code.strip().upper().removeprefix(TICK).lower()
    if not code.strip().upper().startswith(TICK) or point not in CHECKLIST:
        raise Refused(Fault("unknown-checklist-code", Where("appliance", field=serial), {"typed": code[:40]}))
    return tick(desk, serial, point, on=True, by=by)


def keep_photo(desk: Desk, serial: Serial, point: str, content: bytes, *, by: str) -> None:
    """Keep a photo of a point, JPEG or PNG. Raises Refused for anything else and for what is too large."""
    desk.store.appliances.get(serial)
    if point not in CHECKLIST:
        raise Refused(Fault("unknown-checklist-point", Where("appliance", field=serial), {"point": point}))
    if photo_type(content) is None or len(content) > LONGEST_PHOTO:
        raise Refused(Fault("photo-unusable", Where("appliance", field=serial), {"mb": LONGEST_PHOTO // 1024**2}))
    desk.store.installs.keep_photo(serial, point, content, by=by)
    desk.store.timeline.add("photo-kept", {"point": point}, serial=serial, operator=by)


def photo_type(content: bytes) -> str | None:
    """The media type of a photo by its first bytes; None for what is none."""
    return next((kind for start, kind in _PICTURES.items() if content.startswith(start)), None)


def wake(desk: Desk, serial: Serial) -> None:
    """Let the order of this box look again, where it has one."""
    order = desk.store.orders.of_serial(serial)
    if order is not None:
        desk.store.orders.wake(order.id)
