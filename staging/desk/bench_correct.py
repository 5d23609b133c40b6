"""What can be put right about a box that was registered or armed by mistake? Its facts, its arming, its being there."""

from preseed.own import check_own
from preseed.releases import parse_suite
from staging.core.faults import Fault, Refused, Where
from staging.core.words import Serial
from staging.desk.bench import check_registration, wake
from staging.desk.bench_own import own_of, suite_of
from staging.desk.desk import Desk
from staging.jobs.records import Box


def correct_box(desk: Desk, serial: Serial, *, model: str, customer: str | None, suite: str, by: str) -> Box:
    """Register a box's model, customer and release anew; its serial is what it is.

    Raises Refused for what could not be registered either, for a box that left, for another release while one is being
    installed, and when its own settings do not go with the new release.
    """
    box = desk.store.appliances.get(serial)
    if box.shipped_at is not None:
        raise Refused(Fault("appliance-shipped", Where("appliance", field=serial), {"serial": serial}))
    named = check_registration(desk, serial, model=model, customer=customer, suite=suite)
    if suite != box.suite and box.first_fetch_at is not None and box.installed_at is None:
        raise Refused(Fault("box-installing", Where("appliance", field=serial), {"serial": serial}))
    faults = check_own(own_of(box), parse_suite(suite) or suite_of(box), source=serial) if suite != box.suite else ()
    if faults:
        raise Refused(*faults)
    if (model, named, suite) == (box.model, box.customer, box.suite):
        return box
    desk.store.appliances.change(serial, model=model, customer=named, suite=suite)
    facts = {"model": model, "customer": named or "–", "suite": suite}
    desk.store.timeline.add("box-corrected", facts, serial=serial, operator=by)
    wake(desk, serial)
    return desk.store.appliances.get(serial)


def disarm(desk: Desk, serial: Serial, *, by: str) -> Box:
    """Take an arming back, as long as the box did not take its answers: nothing is wiped any more.

    Raises Refused when it is not armed, or took its answers already.
    """
    desk.store.appliances.get(serial)
    if not desk.store.appliances.disarm(serial):
        raise Refused(Fault("disarm-too-late", Where("appliance", field=serial), {"serial": serial}))
    desk.store.timeline.add("box-disarmed", {}, serial=serial, operator=by)
    wake(desk, serial)
    return desk.store.appliances.get(serial)


def forget_box(desk: Desk, serial: Serial, *, by: str) -> None:
    """Take a box that was registered by mistake off the bench; its timeline stays.

    Raises Refused when it is armed, was installed, or belongs to an order.
    """
    desk.store.appliances.get(serial)
    if not desk.store.appliances.forget(serial):
        raise Refused(Fault("box-not-forgettable", Where("appliance", field=serial), {"serial": serial}))
    for scope in (f"appliance:{serial}", f"appliance:{serial}:root"):
        desk.store.vault.forget(scope)
    desk.store.timeline.add("box-forgotten", {}, serial=serial, operator=by)
