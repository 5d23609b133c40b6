"""What runs apart, with little memory and time, to open a file that nobody vouches for?

Started by `sandboxed.py` with the file as argument; it needs nothing but the standard library and this project.
Events go out as lines of JSON; whatever goes wrong on the way is for the parent to see as a missing last line.
"""

import json
import resource
import sys
from collections.abc import Iterator
from pathlib import Path
from xml.parsers.expat import ExpatError
from zipfile import BadZipFile, ZipFile

from numbering.delimited import read_delimited
from numbering.detect import detect
from numbering.events import END, REFUSED, Event, limited
from numbering.ods import read_ods
from numbering.xlsx import read_xlsx
from staging.core.faults import PlanRefused

MAX_MEMORY_BYTES = 1_000_000_000
MAX_CPU_SECONDS = 20


def read_events(path: Path) -> Iterator[Event]:
    """Everything that a file holds, as events. Raises PlanRefused, and what broken files make the parsers raise."""
    kind = detect(path)
    if kind == "csv":
        yield from read_delimited(path)
        return
    with ZipFile(path) as archive:
        yield from read_xlsx(archive) if kind == "xlsx" else read_ods(archive)


def main(arguments: list[str]) -> None:
    """Write the events of one file to standard output, within the limits."""
    resource.setrlimit(resource.RLIMIT_AS, (MAX_MEMORY_BYTES, MAX_MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CPU, (MAX_CPU_SECONDS, MAX_CPU_SECONDS))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    try:
        for event in limited(read_events(Path(arguments[0]))):
            _write(event)
    except PlanRefused as refusal:
        _write([REFUSED, refusal.faults[0].code, dict(refusal.faults[0].facts)])
    except (BadZipFile, ExpatError, EOFError):
        _write([REFUSED, "unreadable-workbook", {"reason": "it is damaged or cut off"}])
    _write([END])


def _write(event: Event) -> None:
    sys.stdout.write(json.dumps(event, separators=(",", ":")) + "\n")
