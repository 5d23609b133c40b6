"""Is this box answered, and if not, why? One pure decision, and the one line that its screen shows."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from preseed.appliance import Appliance, missing_answers
from staging.core.faults import Fault, Where
from staging.core.messages import explain
from staging.core.words import Language, Serial

FETCH_AGAIN = timedelta(minutes=10)
"""How long after its first answer the same box may ask again: its waiting script asks, then the installer does."""


@dataclass(frozen=True, slots=True)
class Visit:
    """What is remembered of a serial since it was last armed.

    address, suite: of the box that last ran the universal stage for this serial, and the medium it booted from,
    in its own words (it may be a release that we do not install); None before the first.
    answered_at: the first time its answers were served since it was armed; None before.
    reported: its early script has reported, so the answers have done their work.
    twin: another address that says to be the same serial, with another network card; None while there is none.
    """

    address: str | None = None
    suite: str | None = None
    answered_at: datetime | None = None
    reported: bool = False
    twin: str | None = None


@dataclass(frozen=True, slots=True)
class Served:
    """The box gets its answers."""

    appliance: Appliance


@dataclass(frozen=True, slots=True)
class Refusal:
    """The box waits. fault: the reason; details: one more fault for each thing that is missing."""

    status: int
    fault: Fault
    details: tuple[Fault, ...] = ()

    def line(self, lang: Language = "en") -> str:
        """The reason on one line. The installer's screen gets English: it draws no accents that early."""
        missing = ", ".join(explain(detail, lang).text for detail in self.details)
        fault = Fault(self.fault.code, self.fault.at, {**self.fault.facts, "missing": missing})
        return " ".join(explain(fault, lang).text.split())


def decide(
    serial: Serial | None, *, appliance: Appliance | None, visit: Visit, address: str, now: datetime
) -> Served | Refusal:
    """Whether the box at an address may have the answers of a serial, right now.

    serial: None when what was asked for is no serial number; appliance: None when nobody registered it.
    404 unknown; 403 not armed, or already used; 409 wrong medium or incomplete; 403 for any address but the one
    that ran the universal stage for this serial. Nothing is decided by the order in which two boxes arrive.
    """
    if serial is None or appliance is None:
        return _refuse(404, "unknown-serial", serial)
    # Two of them are told before anything else: whoever arms one should know.
    refusal = _twinned(appliance, visit) or _unarmed(appliance, visit) or _unready(appliance, visit)
    refusal = refusal or _stranger(appliance, visit, address)
    return refusal or _used(appliance, visit, now) or Served(appliance)


def held_back(appliance: Appliance) -> Refusal | None:
    """Why a box that boots from the network is not given its installer yet; None when it is, or starts its disk."""
    if appliance.state not in ("registered", "armed"):
        return None
    return _unarmed(appliance, Visit()) or _unready(appliance, Visit())


def _unarmed(appliance: Appliance, visit: Visit) -> Refusal | None:
    if appliance.state == "shipped":
        return _refuse(403, "appliance-shipped", appliance.serial)
    # One whose engine was installed some other way was never answered.
    if appliance.state == "installing" or (appliance.state == "installed" and visit.answered_at is not None):
        return _refuse(403, "answers-used", appliance.serial)
    if appliance.state != "armed":
        return _refuse(403, "not-armed", appliance.serial)
    return None


def _twinned(appliance: Appliance, visit: Visit) -> Refusal | None:
    # Once it was served, the first one goes on and the other waits: its address is not the one that is known.
    if visit.twin is None or visit.answered_at is not None or appliance.state not in ("registered", "armed"):
        return None
    return _refuse(403, "two-boxes", appliance.serial, address=visit.address or "?", other=visit.twin)


def _unready(appliance: Appliance, visit: Visit) -> Refusal | None:
    if visit.suite not in (None, "", appliance.suite):
        return _refuse(409, "wrong-medium", appliance.serial, suite=appliance.suite, booted=visit.suite)
    names = missing_answers(appliance)
    if not names:
        return None
    at = Where(source=appliance.serial)
    return Refusal(
        409,
        Fault("appliance-incomplete", at, {"serial": appliance.serial}),
        tuple(Fault(f"lacks-{name}", at, {"serial": appliance.serial}) for name in names),
    )


def _stranger(appliance: Appliance, visit: Visit, address: str) -> Refusal | None:
    if visit.address is None:
        return _refuse(403, "no-hello", appliance.serial, address=address)
    if visit.address != address:
        return _refuse(403, "other-address", appliance.serial, address=address)
    return None


def _used(appliance: Appliance, visit: Visit, now: datetime) -> Refusal | None:
    if visit.reported or (visit.answered_at is not None and now - visit.answered_at >= FETCH_AGAIN):
        return _refuse(403, "answers-used", appliance.serial)
    return None


def _refuse(status: int, code: str, serial: Serial | None, **facts: object) -> Refusal:
    return Refusal(status, Fault(code, Where(source=serial or ""), {"serial": serial or "?", **facts}))
