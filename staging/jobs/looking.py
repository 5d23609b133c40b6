"""How does a step look at the stack: for one version of the plan, again and again?"""

from collections.abc import Callable

from staging.core.faults import ChangesRefused, Fault, Where
from staging.jobs.job import Order, Stack
from staging.jobs.needs import Engine, StepNeeds
from staging.jobs.view import PEOPLE, View, look, plan_of
from staging.wazo.change import Change
from staging.wazo.state import StackState


def looker(
    order: Order,
    stack: Stack,
    engine: Engine,
    needs: StepNeeds,
    *,
    host: str | None = None,
    also: tuple[StackState, ...] = (),
) -> Callable[[], View]:
    """Looks at the stack for one version of the plan; a newer one ends the step, which its upload has reopened."""
    version = plan_of(order, needs).version
    # What a dead worker had sent is answered by the look that follows, even when that finds nothing left to do.
    needs.journal.settle_unknown(order.id)

    def look_again() -> View:
        view = look(order, stack, engine, needs, host=host, also=also)
        if view.plan_version != version:
            raise ChangesRefused(Fault("plan-moved", Where("order", field=order.id), {"order": order.id}))
        return view

    return look_again


def edits(view: View) -> tuple[Change, ...]:
    """What somebody changed on the stack since we left it, and the plan does not touch: it stays."""
    return tuple(change for change in view.changes(PEOPLE) if change.standing == "kept" and change.reason)
