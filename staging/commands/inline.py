"""Who works when no service is running? The command itself, for as long as it runs."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from staging.adapters.log_lines import logs_kept
from staging.bootstrap import House, make_worker


@contextmanager
def worker_at_hand(house: House, order_id: str) -> Iterator[None]:
    """Make sure that somebody works on an order inside the block: a worker that runs already, or one of our own.

    One of our own takes this order alone and ends with the block; what it leaves goes on in the next worker. What it
    logs goes to `worker.log` in the working folder: the terminal is for people.
    """
    if house.store.workers.alive():
        yield
        return
    with logs_kept(house.settings.home / "worker.log"):
        engine = make_worker(house, only=order_id)
        thread = threading.Thread(target=engine.run, name="worker")
        thread.start()
        try:
            yield
        finally:
            engine.stop()
            thread.join(timeout=30)
