"""What is one box told that the others are not? Its own settings, looked at, checked and kept."""

from preseed.own import Own, as_overrides, check_own, read_overrides
from preseed.releases import SUITES, Suite, parse_suite
from staging.core.faults import Refused
from staging.core.words import Serial
from staging.desk.desk import Desk
from staging.jobs.records import Box


def own_of(box: Box) -> Own:
    """A box's own settings, as they are typed."""
    return read_overrides(box.overrides)


def suite_of(box: Box) -> Suite:
    """The release that a box is installed with."""
    return parse_suite(box.suite) or SUITES[0]


def keep_own(desk: Desk, serial: Serial, own: Own, *, by: str) -> Box:
    """Keep a box's own settings in place of the earlier ones; they count at its next request for answers.

    Raises Refused with a fault for each field that cannot be.
    """
    box = desk.store.appliances.get(serial)
    faults = check_own(own, suite_of(box), source=serial)
    if faults:
        raise Refused(*faults)
    kept = as_overrides(own)
    if kept == dict(box.overrides):
        return box
    desk.store.appliances.change(serial, overrides=kept)
    settings = [{"name": name, "value": _told(value)} for name, value in sorted(kept.items())]
    desk.store.timeline.add("box-own-kept", {"settings": settings}, serial=serial, operator=by)
    return desk.store.appliances.get(serial)


def _told(value: object) -> str:
    if isinstance(value, dict):
        return " ".join(_told(one) for one in value.values())
    return " ".join(map(str, value)) if isinstance(value, list) else str(value)
