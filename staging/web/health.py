"""Is the service alive, and what does it count? `/healthz` for supervisors, `/metrics` for Prometheus."""

import ipaddress
from collections.abc import Iterable, Iterator

from flask import Blueprint, Response, jsonify
from flask.typing import ResponseReturnValue
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric

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
    try:
        database, workers = True, here().store.workers.alive()
    except DatabaseUnreachable:
        database, workers = False, 0
    well = workers > 0
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
    """Asks for every number when it is asked; the database counts, so years of orders cost a scrape nothing."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def collect(self) -> Iterator[Metric]:
        yield _gauge("staging_workers_alive", "Workers that beat lately.", [((), self._store.workers.alive())])
        steps = sorted(self._store.orders.step_counts().items())
        yield _gauge("staging_steps", "Steps of all orders by how they stand.", steps, ("step", "status"))
        actions = self._store.changesets.counts()
        yield _gauge("staging_actions", "Requests to stacks by how they ended.",
                     [((status,), count) for status, count in sorted(actions.items())], ("status",))  # fmt: skip
        open_, accepted = self._store.orders.counts()
        yield _gauge("staging_orders", "Orders by whether they are accepted.",
                     [(("accepted",), accepted), (("open",), open_)], ("state",))  # fmt: skip
        yield _gauge("staging_appliances", "Appliances known.", [((), self._store.appliances.count())])


def _gauge(
    name: str, words: str, samples: Iterable[tuple[tuple[str, ...], int]], labels: tuple[str, ...] = ()
) -> GaugeMetricFamily:
    family = GaugeMetricFamily(name, words, labels=labels)
    for values, count in samples:
        family.add_metric(values, count)
    return family


def _is_listed(typed: str, networks: Iterable[Network]) -> bool:
    try:
        asker = ipaddress.ip_address(typed)
    except ValueError:
        return False
    return asker.is_loopback or any(asker in network for network in networks)
