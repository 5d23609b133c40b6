"""Which labels does an order need now, and which print of each counts?"""

from collections.abc import Mapping, Sequence

from labels.label import Label, label_content
from staging.adapters.stationery import Copies, as_copy
from staging.desk.desk import Desk
from staging.jobs.view import plan_of

Key = tuple[str, str]
"""Kind and item of a label."""


def key_of(label: Label) -> Key:
    """What names a label within its order."""
    return label.code.kind, label.code.item


def labels_of(desk: Desk, order_id: str, copies: Copies) -> tuple[Label, ...]:
    """Every label of an order. Raises Refused for an unknown order, PlanRefused for one without a plan."""
    order, stamp = desk.store.orders.get(order_id), desk.store.bench.stamp(order_id)
    key = (order.id, order.customer, order.stack, order.serial, desk.paper.standing_of(order), stamp)

    def make() -> tuple[Label, ...]:
        version = plan_of(order, desk.needs)
        return desk.paper.labels(order, version, dict(stamp.pairs), firmware=stamp.firmware)

    made = desk.books.get(key, make)
    return tuple(as_copy(label, copies) for label in made) if copies else made


def counting(desk: Desk, order_id: str, labels: Sequence[Label]) -> Mapping[Key, int]:
    """The copy of each label that counts; one that was printed with other words does not, nor do those before it."""
    printed = desk.store.bench.copies(order_id)
    return {
        key: one.copy
        for label in labels
        if (one := printed.get(key := key_of(label))) is not None and one.content == label_content(label)
    }
