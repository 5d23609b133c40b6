"""Is the service alive, and what does it count? `/healthz` for supervisors, `/metrics` for Prometheus."""

import ipaddress
from collections import Counter as Tally
from collections.abc import Iterable, Iterator

from flask import Blueprint, Response, jsonify
from flask.typing import ResponseReturnValue
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from staging.adapters.store.store import Store
from staging.core.faults import DatabaseUnreachable, Fault, Refused, Where
from staging.settings import Network
from staging.web.gate import address, for_everyone
from staging.web.here import here

health = Blueprint("health", __name__)


@health.get("/healthz")
@for_everyone
def healthz() -> ResponseReturnValue:
    """200 when the database answers and a worker lives, else 503; says which of both is missing."""
    database = _database_answers(here().store)
    workers = here().store.workers.alive() if database else 0
    well = database and workers > 0
    return jsonify(ok=well, database=database, workers=workers), 200 if well else 503


@health.get("/metrics")
@for_everyone
def metrics() -> ResponseReturnValue:
    """Prometheus' text, for this machine and who is listed. Read now, so that any web process tells the same."""
    if not _is_listed(address(), here().desk.settings.metrics_from):
        raise Refused(Fault("not-allowed-from-here", Where("metrics"), {"address": address()}))
    registry = CollectorRegistry()
    registry.register(_Counts(here().store))
    return Response(generate_latest(registry), content_type="text/plain; version=0.0.4; charset=utf-8")


class _Counts:
    """Reads every number when it is asked; nothing is counted in this process."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def collect(self) -> Iterator[Metric]:
        yield _gauge("staging_workers_alive", "Workers that beat lately.", [((), self._store.workers.alive())])
        steps = self._store.orders.all_steps().values()
        tally = Tally((step.name, step.status) for order in steps for step in order.values())
        labels = ("step", "status")
        yield _gauge("staging_steps", "Steps of all orders by how they stand.", sorted(tally.items()), labels)
        actions = self._store.changesets.counts()
        yield _gauge("staging_actions", "Requests to stacks by how they ended.",
                     [((status,), count) for status, count in sorted(actions.items())], ("status",))  # fmt: skip
        orders = self._store.orders.all()
        accepted = sum(1 for order in orders if order.accepted_at)
        yield _gauge("staging_orders", "Orders by whether they are accepted.",
                     [(("accepted",), accepted), (("open",), len(orders) - accepted)], ("state",))  # fmt: skip
        yield _gauge("staging_appliances", "Appliances known.", [((), len(self._store.appliances.all()))])


def _gauge(
    name: str, words: str, samples: Iterable[tuple[tuple[str, ...], int]], labels: tuple[str, ...] = ()
) -> GaugeMetricFamily:
    family = GaugeMetricFamily(name, words, labels=labels)
    for values, count in samples:
        family.add_metric(values, count)
    return family


def _database_answers(store: Store) -> bool:
    try:
        with store.database.read() as connection:
            return bool(connection.scalar(text("SELECT 1")))
    except (SQLAlchemyError, DatabaseUnreachable):
        return False


def _is_listed(typed: str, networks: Iterable[Network]) -> bool:
    try:
        asker = ipaddress.ip_address(typed)
    except ValueError:
        return False
    return asker.is_loopback or any(asker in network for network in networks)
