"""Does an order go its way when both databases are PostgreSQL, workers killed included?"""

from pathlib import Path

from staging.desk import orders
from staging.sandbox.serve import serve
from tests.fakes.house import BY, WorkerProcess, counts, environ, make_house, order_on, shared_stack, until
from tests.fakes.postgres import cluster


def test_a_worker_killed_over_postgresql_leaves_nothing_twice(tmp_path: Path) -> None:
    url = cluster().empty()
    house = make_house(tmp_path, url)
    worker = WorkerProcess(environ(tmp_path, url), log=tmp_path / "worker.log").start()
    try:
        with serve(configured=True, latency_ms=60) as sandbox:
            shared_stack(house, sandbox.url)
            order = order_on(house, "partage")
            steps = house.store.orders.steps
            until(lambda: steps(order.id)["provision"].waits_for == "waits-approval", what="the changes")
            orders.approve(house.desk, order.id, expect=None, by=BY)
            tenant = house.store.orders.get(order.id).tenant_uuid
            until(lambda: counts(sandbox, tenant).get("users", 0) >= 2, what="two users")
            worker.kill()
            worker.start()
            until(lambda: steps(order.id)["provision"].status == "done", what="the provision")
            found = counts(sandbox, tenant)
            assert (found["users"], found["voicemails"]) == (6, 6)
    finally:
        worker.stop()
        house.store.database.close()
    assert "Traceback" not in (tmp_path / "worker.log").read_text()
