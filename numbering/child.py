"""What runs apart, with little memory and time, to open a file that nobody vouches for?

Started by `sandboxed.py`, which hands it one file; it needs nothing but the standard library and this project.
Events go out as lines of JSON; whatever goes wrong on the way is for the parent to see as a missing last line.
"""

import json
import resource
import struct
import sys
import zlib
from collections.abc import Iterator
from pathlib import Path
from xml.parsers.expat import ExpatError
from zipfile import BadZipFile, ZipFile

from numbering.detect import detect
from numbering.events import END, REFUSED, Event, limited
from staging.core.faults import PlanRefused

MAX_MEMORY_BYTES = 1_000_000_000
MAX_CPU_SECONDS = 20

# What zipfile, zlib, expat and our own reading raise on bytes that are not what they should be: damage, no defect.
# OSError is zipfile's when a part is said to begin before the file; RuntimeError when it wants a password.
_DAMAGE = (
    BadZipFile,
    ExpatError,
    EOFError,
    zlib.error,
    struct.error,
    OSError,
    ValueError,
    LookupError,
    ArithmeticError,
    RuntimeError,
)


def read_events(path: Path) -> Iterator[Event]:
    """Everything that a file holds, as events. Raises PlanRefused, and what broken files make the parsers raise."""
    kind = detect(path)
    # Each reader is loaded for its own format: a child lives for one file, and its start is half of what it costs.
    if kind == "csv":
        from numbering.delimited import read_delimited

        yield from read_delimited(path)
        return
    with ZipFile(path) as archive:
        if kind == "xlsx":
            from numbering.xlsx import read_xlsx

            yield from read_xlsx(archive)
        else:
            from numbering.ods import read_ods

            yield from read_ods(archive)


def serve() -> None:
    """Wait for the name of a file on standard input, as JSON, and write its events; end when none comes."""
    # What most files need is loaded while there is time.
    import numbering.xlsx  # noqa: F401

    name = sys.stdin.readline()
    if name:
        main(json.loads(name))


def main(path: str) -> None:
    """Write the events of one file to standard output, within the limits."""
    resource.setrlimit(resource.RLIMIT_AS, (MAX_MEMORY_BYTES, MAX_MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CPU, (MAX_CPU_SECONDS, MAX_CPU_SECONDS))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    try:
        for event in limited(read_events(Path(path))):
            _write(event)
    except PlanRefused as refusal:
        _write([REFUSED, refusal.faults[0].code, dict(refusal.faults[0].facts)])
    except _DAMAGE as error:
        _write([REFUSED, "unreadable-workbook", {"reason": f"it is damaged or cut off: {type(error).__name__}"}])
    _write([END])


def _write(event: Event) -> None:
    sys.stdout.write(json.dumps(event, separators=(",", ":")) + "\n")
