"""Does another process already work in this folder? One demo at a time, whatever its ports."""

import fcntl
from pathlib import Path
from typing import IO

from staging.core.faults import Fault, Refused, Where


def hold(home: Path) -> IO[bytes]:
    """Keep a folder for this process until the file that is given back is closed, or the process ends in any way.

    The lock lies beside the folder (`<home>.lock`), because the folder itself may be moved away. Raises Refused
    `demo-runs` when another process holds it.
    """
    home.parent.mkdir(parents=True, exist_ok=True)
    held = home.with_name(home.name + ".lock").open("ab")
    try:
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        held.close()
        raise Refused(Fault("demo-runs", Where("demo"), {"home": str(home)})) from error
    return held
