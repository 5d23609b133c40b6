"""Undo: what taking an applied change set back would do, and agreeing to it."""

from staging.core.faults import ChangesRefused, Fault, Refused, Where
from staging.core.words import LANGUAGES
from staging.desk.desk import Desk
from staging.desk.orders import Shown, refuse_shipped, stack_view
from staging.jobs.records import Changeset
from staging.jobs.view import PEOPLE, PHONES, taken_back
from staging.wazo.change import due
from staging.wazo.diff import fingerprint
from staging.wazo.document import state_from_document
from staging.wazo.guard import check_changes


def show_undo(desk: Desk, order_id: str, number: int | None = None) -> tuple[Changeset, Shown]:
    """What taking a change set back would do now; writes nothing. number: of the change set, None for the last.

    `kept` holds what somebody changed since, which stays. Raises Refused when there is nothing to take back.
    """
    order = desk.store.orders.get(order_id)
    refuse_shipped(desk, order)
    changeset = _wanted(desk, order_id, number)
    states = desk.store.changesets.states(changeset.id)
    if states is None:
        raise Refused(Fault("nothing-to-undo", Where("order", field=order_id), {"order": order_id}))
    applied, before = (state_from_document(document) for document in states)
    view = taken_back(stack_view(desk, order_id, also=(applied, before)), applied, before)
    found = view.changes(PEOPLE | PHONES)
    # Deleting much is what an undo is for; somebody else's tenant is still not ours to touch.
    faults = check_changes(found, view.live, ours=view.facts.marker, applied=applied, at_home=view.at_home)
    shown = Shown(
        order_id=order_id,
        plan_version=view.plan_version,
        changes=due(found),
        kept=tuple(change for change in found if not change.due),
        fingerprint=fingerprint(found, view.live),
        faults=tuple(fault for fault in faults if fault.code == "tenant-not-ours"),
    )
    return changeset, shown


def undo(desk: Desk, order_id: str, *, expect: str | None, by: str, number: int | None = None) -> int | None:
    """Agree to taking a change set back; the order does it by itself. None when nothing of it is left.

    expect: the fingerprint that was shown; another state of the stack by now raises ChangesRefused
    `changes-moved`. Afterwards the order waits for somebody to agree to the plan's changes again.
    """
    changeset, shown = show_undo(desk, order_id, number)
    if not shown.changes:
        desk.store.changesets.mark_undone(changeset.id)
        return None
    moved = {"order": order_id, "expected": expect or shown.fingerprint, "found": shown.fingerprint}
    if expect is not None and expect != shown.fingerprint:
        raise ChangesRefused(Fault("changes-moved", Where("order", field=order_id), moved))
    if shown.faults:
        raise ChangesRefused(*shown.faults)
    agreed = desk.store.changesets.approve(
        order_id,
        plan_version=shown.plan_version,
        fingerprint=shown.fingerprint,
        by=by,
        undoes=changeset.id,
        lines={lang: shown.lines(lang) for lang in LANGUAGES},
    )
    if agreed is None:
        raise ChangesRefused(Fault("changes-moved", Where("order", field=order_id), {**moved, "found": "–"}))
    desk.store.timeline.add("undo-approved", {"changeset": changeset.id}, order_id=order_id, operator=by)
    desk.store.orders.reopen_from(order_id, "provision")
    return agreed


def _wanted(desk: Desk, order_id: str, number: int | None) -> Changeset:
    """The last change set that sent something: an older one alone would leave the later ones without their ground."""
    last = desk.store.changesets.last_sent(order_id)
    if last is None:
        raise Refused(Fault("nothing-to-undo", Where("order", field=order_id), {"order": order_id}))
    if number is not None and number != last.id:
        facts = {"order": order_id, "number": number, "last": last.id}
        raise Refused(Fault("undo-newer-first", Where("order", field=order_id), facts))
    return last
