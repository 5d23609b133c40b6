"""`staging worker`: work on orders, nothing else."""

import signal
from types import FrameType

import click

from staging.bootstrap import make_worker, quiet_logs
from staging.commands.door import house


@click.command()
@click.option("--at-once", type=click.IntRange(1), default=4, show_default=True, help="Orders worked on at once.")
def worker(at_once: int) -> None:
    """Work on orders until Ctrl-C, on any machine that reaches the database.

    Example: staging worker
    """
    quiet_logs()
    engine = make_worker(house(), at_once=at_once)

    def stop(_number: int, _frame: FrameType | None) -> None:
        engine.stop()

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, stop)
    engine.run()
