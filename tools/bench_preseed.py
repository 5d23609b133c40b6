"""How fast are installers answered? The real bench doors over a socket, beside their own plain text and beside nginx.

One row alone: `PYTHONPATH=. python tools/bench_preseed.py thousand`. Needs wrk (apt install wrk) and, for its lines,
nginx (apt install nginx-light); says so where one is absent.
"""

import argparse
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from tools.bench_preseed_rates import default_row, fast_row
from tools.bench_preseed_shelf import million_row, sixty_row, thousand_row

ROWS: dict[str, Callable[[Path, int], None]] = {
    "default": default_row,
    "sixty": sixty_row,
    "thousand": thousand_row,
    "fast": fast_row,
    "million": million_row,
}


def main() -> None:
    """Print a line per measurement, ratios first: machines are noisy. What is being done goes to standard error."""
    words = argparse.ArgumentParser(description=main.__doc__)
    words.add_argument("row", nargs="?", choices=tuple(ROWS), help="only this one")
    words.add_argument("--seconds", type=int, default=4, help="how long each rate is measured")
    given = words.parse_args()
    wanted = [given.row] if given.row else list(ROWS)
    for number, name in enumerate(wanted, start=1):
        print(f"[{number}/{len(wanted)}] preseeds: {name} …", file=sys.stderr, flush=True)
        began = time.monotonic()
        with tempfile.TemporaryDirectory() as scratch:
            ROWS[name](Path(scratch), given.seconds)
        sys.stdout.flush()
        print(f"[{number}/{len(wanted)}] {name}: {time.monotonic() - began:.0f} s", file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
