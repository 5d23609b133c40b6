"""What else do programs ask of an order? What it can be opened with, change sets, requests, where to pack it."""

from dataclasses import dataclass
from datetime import datetime

from staging.core.faults import Fault, Refused, Where
from staging.desk import orders as desk_orders
from staging.desk import undo as desk_undo
from staging.jobs.records import Changeset, SentAction
from staging.web import api_answers as answers
from staging.web import api_bodies as bodies
from staging.web import api_telling as telling
from staging.web.gate import language, operator
from staging.web.here import here
from staging.web.orders import ACCEPTED_SHOWN
from staging.web.pack import order_in


@dataclass(frozen=True, slots=True)
class OrderChoicesOut:
    """What an order can be opened with: names of stacks, serials of boxes that no order has."""

    stacks: tuple[str, ...]
    serials: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ChangesetOut:
    """Changes that somebody agreed to. undoes: the number of the one it takes back; undoable: it is the next to go."""

    number: int
    plan_version: int
    fingerprint: str
    lines: tuple[str, ...]
    forced: bool
    overwrite: bool
    undoes: int | None
    status: str
    approved_at: datetime
    approved_by: str
    ended_at: datetime | None
    undoable: bool


@dataclass(frozen=True, slots=True)
class ChangesetsOut:
    """As the order's page has them."""

    changesets: tuple[ChangesetOut, ...]


@dataclass(frozen=True, slots=True)
class RequestOut:
    """One request to the stack, as intended and as answered. answer: its HTTP status."""

    step: str
    text: str
    method: str
    path: str
    status: str
    intended_at: datetime
    ended_at: datetime | None
    answer: int | None
    fault: answers.FaultOut | None


@dataclass(frozen=True, slots=True)
class RequestsOut:
    """The last twenty."""

    requests: tuple[RequestOut, ...]


@dataclass(frozen=True, slots=True)
class PackableOut:
    """An order that has labels, and how many of its cartons are packed."""

    id: str
    customer: str
    packed: int


@dataclass(frozen=True, slots=True)
class PackablesOut:
    """Orders in hand, and those accepted last."""

    orders: tuple[PackableOut, ...]


@dataclass(frozen=True, slots=True)
class FindCode:
    """Body of POST /pack: any label of the order, or its number."""

    code: str


def order_choices() -> OrderChoicesOut:
    """What an order can be opened with."""
    return OrderChoicesOut(
        tuple(one.name for one in here().store.stacks.all()), here().store.appliances.without_order()
    )


def list_changesets(order_id: str) -> ChangesetsOut:
    """Everything that somebody agreed to, and what came of it."""
    seen = desk_orders.overview(here().desk, order_id)
    return ChangesetsOut(tuple(_changeset(one, seen.undoable) for one in seen.changesets))


def show_undo_of(order_id: str, number: str) -> answers.ChangesOut:
    """What taking one change set back would do now."""
    found = desk_undo.show_undo(here().desk, order_id, _number(order_id, number))
    return telling.changes_out(found[1], language())


def undo_of(order_id: str, number: str, body: bodies.Approval) -> answers.ApprovedOut:
    """Agree to exactly what was shown."""
    found = desk_undo.undo(
        here().desk, order_id, expect=body.expect, by=operator().name, number=_number(order_id, number)
    )
    return answers.ApprovedOut(found)


def list_requests(order_id: str) -> RequestsOut:
    """The last requests to the stack."""
    here().store.orders.get(order_id)
    return RequestsOut(tuple(_request(one) for one in here().store.changesets.recent(order_id)))


def list_packable() -> PackablesOut:
    """Orders that can be packed."""
    orders = here().store.orders.all(accepted=ACCEPTED_SHOWN)
    packed = here().store.bench.packed_counts([order.id for order in orders])
    return PackablesOut(
        tuple(PackableOut(one.id, one.customer, packed[one.id]) for one in orders if one.id in packed)
    )  # fmt: skip


def find_packable(body: FindCode) -> PackableOut:
    """The order that a label belongs to."""
    order = here().store.orders.get(order_in(body.code))
    return PackableOut(order.id, order.customer, here().store.bench.packed_counts([order.id]).get(order.id, 0))


def _changeset(one: Changeset, undoable: int | None) -> ChangesetOut:
    return ChangesetOut(
        number=one.id, plan_version=one.plan_version, fingerprint=one.fingerprint,
        lines=tuple(one.lines.get(language(), ())), forced=one.forced, overwrite=one.overwrite, undoes=one.undoes,
        status=one.status, approved_at=one.approved_at, approved_by=one.approved_by, ended_at=one.ended_at,
        undoable=one.id == undoable,
    )  # fmt: skip


def _request(one: SentAction) -> RequestOut:
    lang = language()
    return RequestOut(
        step=one.step, text=one.title.get(lang, one.key), method=one.method, path=one.path, status=one.status,
        intended_at=one.intended_at, ended_at=one.ended_at, answer=one.answer,
        fault=telling.fault_out(one.fault, lang) if one.fault else None,
    )  # fmt: skip


def _number(order_id: str, typed: str) -> int:
    if typed.isascii() and typed.isdigit() and len(typed) <= 9:
        return int(typed)
    here().store.orders.get(order_id)
    raise Refused(Fault("nothing-to-undo", Where("order", field=order_id), {"order": order_id}))
