"""Who may have a box armed again that went to a customer? An administrator, with a reason and a second person."""

from dataclasses import dataclass
from datetime import timedelta

from staging.core.faults import Fault, Refused, Where
from staging.core.roles import Role, may
from staging.core.words import Serial, parse_serial
from staging.desk.desk import Desk
from staging.jobs.job import TimelineLine
from staging.jobs.records import Box

ASKED_LIFE = timedelta(days=1)
"""How long somebody's word that a box be armed again counts."""


@dataclass(frozen=True, slots=True)
class Rearming:
    """What is still needed. asked: another person's word; second: nobody's yet, and there are others who could ask."""

    asked: TimelineLine | None
    second: bool

    @property
    def reason(self) -> str:
        """Why the other person asks for it."""
        return str(self.asked.facts["why"]) if self.asked is not None else ""


def ask_rearm(desk: Desk, serial: Serial, *, reason: str, by: str) -> Box:
    """Say that a box which was shipped shall be armed again; an administrator other than this person may do it then.

    Raises Refused for a box that was not shipped, and without a reason.
    """
    box = desk.store.appliances.get(serial)
    if box.shipped_at is None:
        raise Refused(Fault("rearm-not-shipped", Where("appliance", field=serial), {"serial": serial}))
    if not reason.strip():
        raise Refused(Fault("rearm-needs-reason", Where("appliance", field=serial), {"serial": serial}))
    desk.store.timeline.add("rearm-asked", {"why": reason.strip()[:400]}, serial=serial, operator=by)
    return box


def rearming(desk: Desk, box: Box, *, by: str) -> Rearming:
    """Whether another person asked for it; and if not, whether there is another one at all."""
    now = desk.clock.now()
    asked = [
        line
        for line in desk.store.timeline.of_serial(box.serial)
        if line.event == "rearm-asked" and line.operator != by and now - line.at < ASKED_LIFE
        and box.shipped_at is not None and line.at >= box.shipped_at
    ]  # fmt: skip
    others = any(one.name != by and may(one.role, "plan") for one in desk.store.people.all())
    return Rearming(asked[-1] if asked else None, second=others and not asked)


def check_rearm(desk: Desk, box: Box, *, by: str, role: Role, reason: str, again: str) -> str:
    """The reason why a shipped box is armed again. again: its serial typed a second time, where nobody else is there.

    Raises Refused for who may not, without a reason, and without a second person.
    """
    at, facts = Where("appliance", field=box.serial), {"serial": box.serial}
    if not may(role, "rearm"):
        raise Refused(Fault("rearm-needs-admin", at, facts))
    found = rearming(desk, box, by=by)
    if found.second:
        raise Refused(Fault("rearm-needs-second", at, facts))
    why = reason.strip() or found.reason
    if not why or (found.asked is None and parse_serial(again) != box.serial):
        raise Refused(Fault("rearm-needs-reason", at, facts))
    return why if found.asked is None else f"{why} ({found.asked.operator})"
