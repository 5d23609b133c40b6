"""`staging worker`: work on orders, nothing else."""

import os
import signal
import threading
import time
from collections.abc import Callable
from types import FrameType

import click

from staging.bootstrap import make_worker, quiet_logs
from staging.commands.door import house


@click.command()
@click.option("--at-once", type=click.IntRange(1), default=4, show_default=True, help="Orders worked on at once.")
@click.option("--parent", type=int, hidden=True, help="End when this process is no longer the one that started us.")
def worker(at_once: int, parent: int | None) -> None:
    """Work on orders until Ctrl-C, on any machine that reaches the database.

    Example: staging worker
    """
    quiet_logs()
    engine = make_worker(house(), at_once=at_once)

    def stop(_number: int, _frame: FrameType | None) -> None:
        engine.stop()

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, stop)
    if parent is not None:
        threading.Thread(target=_end_with, args=(parent, engine.stop), name="parent-watch", daemon=True).start()
    engine.run()


def _end_with(parent: int, stop: Callable[[], None]) -> None:
    """A service that is killed cannot end its worker, which would work on beside the next one's."""
    while os.getppid() == parent:
        time.sleep(1.0)
    stop()
