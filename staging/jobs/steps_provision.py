"""Does the stack hold what the plan wants: settings, then users once a person agreed, and can it be taken back?"""

from collections.abc import Callable, Sequence
from dataclasses import replace

from staging.core.faults import ChangesRefused, Fault, Where
from staging.jobs.apply import converge
from staging.jobs.job import Order, Outcome, Stack, done, waiting
from staging.jobs.looking import edits, looker
from staging.jobs.needs import Engine, StepNeeds
from staging.jobs.records import Changeset
from staging.jobs.steps_phones import keep_phones
from staging.jobs.view import PEOPLE, PHONES, SETTINGS, View, taken_back
from staging.wazo.change import Change, due
from staging.wazo.diff import describe, fingerprint
from staging.wazo.document import state_document, state_from_document
from staging.wazo.guard import check_changes
from staging.wazo.left import brought
from staging.wazo.undo import snapshot


def run_configure(order: Order, needs: StepNeeds) -> Outcome:
    """The engine's settings, the tenant's SIP template and its contexts with all ranges are as the plan needs them."""
    if needs.plans.latest(order.id, ok=True) is None:
        return waiting("waits-plan")
    stack = needs.stacks.get(order.stack)
    engine = needs.engine_of(stack)
    look_again = looker(order, stack, engine, needs)
    view = look_again()
    # Whose tenant this is counts already; how many users would change is the provision step's question.
    _refuse_unsafe(view, forced=True)
    converge(order, "configure", SETTINGS, look=look_again, engine=engine, needs=needs, seen=view)
    return done()


def run_provision(order: Order, needs: StepNeeds) -> Outcome:
    """Users and all that is theirs, groups, pickup, voice and firmware are as wished, once a person agreed."""
    if needs.plans.latest(order.id, ok=True) is None:
        return waiting("waits-plan")
    stack = needs.stacks.get(order.stack)
    engine = needs.engine_of(stack)
    look_again = looker(order, stack, engine, needs)
    approved = needs.journal.open(order.id)
    if approved is not None and approved.undoes is not None:
        _take_back(order, approved, approved.undoes, stack, engine, needs)
        approved = None
    view = look_again()
    if approved is not None and approved.plan_version != view.plan_version:
        approved = None
    if approved is not None and approved.overwrite:
        view = view.overwriting()
    missing = due(view.changes(PEOPLE))
    if not missing:
        _refuse_conflicts(view)
        _close(order, approved, needs)
        return _provisioned(view)
    _refuse_unsafe(view, forced=approved is not None and approved.forced)
    if approved is None:
        return waiting("waits-approval", changes=len(missing), fingerprint=fingerprint(view.changes(PEOPLE), view.live))
    if needs.journal.states(approved.id) is None and not _agreed(missing, approved):
        # The stack moved since somebody agreed: only what was shown is applied, so it is shown again.
        needs.journal.close(approved.id, "dropped")
        needs.diary.add("approval-outdated", {"changeset": approved.id}, order_id=order.id)
        return waiting("waits-approval", changes=len(missing), fingerprint=fingerprint(view.changes(PEOPLE), view.live))
    needs.diary.add("apply-started", {"changes": len(missing), "changeset": approved.id}, order_id=order.id)
    applied = brought(replace(view.desired, engine=None, devices=()), view.ours, view.changes(PEOPLE))
    needs.journal.keep_states(approved.id, applied=state_document(applied), before=state_document(snapshot(view.live)))
    view = converge(
        order,
        "provision",
        PEOPLE,
        look=lambda: _as_agreed(_unless_replaced(look_again, order, approved, needs), approved),
        engine=engine,
        needs=needs,
        seen=view,
    )
    _close(order, approved, needs)
    _refuse_conflicts(view)
    return _provisioned(view)


def _agreed(missing: Sequence[Change], approved: Changeset) -> bool:
    """Whether everything that is to be done stands among the lines that somebody agreed to."""
    shown = set(approved.lines.get("en", ()))
    return all(describe(change, "en") in shown for change in missing)


def _unless_replaced(look_again: Callable[[], View], order: Order, approved: Changeset, needs: StepNeeds) -> View:
    """A look, as long as nobody agreed to something else meanwhile, such as taking it all back."""
    present = needs.journal.open(order.id)
    if present is None or present.id != approved.id:
        raise ChangesRefused(Fault("plan-moved", Where("order", field=order.id), {"order": order.id}))
    return look_again()


def _as_agreed(view: View, approved: Changeset) -> View:
    return view.overwriting() if approved.overwrite else view


def _provisioned(view: View) -> Outcome:
    kept = sum(len(change.fields) for change in edits(view))
    return done(users=len(view.desired.users), **({"kept": kept} if kept else {}))


def _take_back(order: Order, approved: Changeset, undone: int, stack: Stack, engine: Engine, needs: StepNeeds) -> None:
    """Carry an undo out: a change set like any other, towards what stood there before."""
    states = needs.journal.states(undone)
    if states is None:
        # Nothing of it was ever sent.
        needs.journal.close(approved.id, "applied")
        return
    applied, before = (state_from_document(document) for document in states)
    needs.diary.add("undo-started", {"changeset": undone}, order_id=order.id)
    look_again = looker(order, stack, engine, needs, also=(applied, before))
    view = converge(
        order,
        "provision",
        PEOPLE | PHONES,
        look=lambda: taken_back(_unless_replaced(look_again, order, approved, needs), applied, before),
        engine=engine,
        needs=needs,
    )
    needs.journal.mark_undone(undone)
    # Phones of seats that stay belong to the change set before by now: taking that one back sends them home.
    keep_phones(order, view, needs)
    needs.journal.close(approved.id, "applied")
    # Its phones are free for other orders; those of seats that stay are found again by the next step.
    needs.shelf.keep_pairs(order.id, {})
    needs.diary.add("changes-undone", {"changeset": undone}, order_id=order.id)


def _refuse_unsafe(view: View, *, forced: bool) -> None:
    faults = check_changes(view.changes(PEOPLE), view.live, ours=view.facts.marker, at_home=view.at_home)
    # "Yes, really" covers size, never a tenant that belongs to somebody else.
    stopping = [fault for fault in faults if fault.severity == "error"]
    standing = [fault for fault in stopping if not forced or fault.code == "tenant-not-ours"]
    if standing:
        raise ChangesRefused(*standing)


def _refuse_conflicts(view: View) -> None:
    """What the plan wants and the stack cannot give, such as an e-mail address that somebody else has there."""
    disputed = [change for change in view.changes(PEOPLE) if change.standing == "conflict"]
    if disputed:
        raise ChangesRefused(
            *(
                Fault(
                    "change-disputed",
                    Where(change.noun, field=change.key),
                    {"fr": describe(change, "fr"), "en": describe(change, "en")},
                )
                for change in disputed[:20]
            )
        )


def _close(order: Order, approved: Changeset | None, needs: StepNeeds) -> None:
    if approved is not None and needs.journal.close(approved.id, "applied"):
        needs.diary.add("changes-applied", {"changeset": approved.id}, order_id=order.id)
