"""How does the customer get the own workbook back, marked? What to write, handed to a child that writes it."""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from numbering.columns import findings_sheets, proposed_headers
from numbering.detect import detect
from numbering.read import Reading
from staging.core.faults import Fault, PlanRefused, Refused, Where
from staging.core.messages import explain, say
from staging.core.words import Language

MAX_SECONDS = 120.0

_ROOT = Path(__file__).resolve().parent.parent
# As in `sandboxed.py`: no site packages, no environment, no current folder.
_PROGRAM = "import sys; sys.path.insert(0, sys.argv.pop(1)); from numbering.marker import main; main(sys.argv[1:])"


def annotate(source_path: Path, reading: Reading, out_path: Path, lang: Language) -> None:
    """Write a copy of a workbook with its faulty cells filled and commented, and a sheet that lists the faults.

    Errors are red, warnings amber; allotted short numbers stand in a last column of ours. What an earlier
    annotation wrote is taken away first. A .csv or .ods file becomes an .xlsx; macros are kept only where out_path
    ends in .xlsm. Raises Refused for an output that would replace its source, and PlanRefused when the copy could
    not be made.
    """
    _check_paths(source_path, out_path)
    job = annotation(reading, lang)
    job["plain"] = detect(source_path) != "xlsx"
    job["macros"] = out_path.suffix.casefold() == ".xlsm"
    folder = out_path.resolve().parent
    try:
        with tempfile.TemporaryDirectory(prefix=".annotate-", dir=folder) as scratch:
            written = Path(scratch) / "annotated.xlsx"
            _run(source_path, written, job)
            os.replace(written, out_path)
    except OSError as error:
        facts = {"reason": error.strerror or type(error).__name__}
        raise PlanRefused(Fault("annotate-failed", Where(out_path.name), facts)) from error
    except subprocess.SubprocessError as error:
        raise PlanRefused(Fault("annotate-damaged", Where(source_path.name), {"file": source_path.name})) from error


def annotation(reading: Reading, lang: Language) -> dict[str, Any]:
    """Everything that is to be written, as plain JSON: marks by cell, the list of faults, the allotted numbers."""
    faults = [
        {
            "sheet": fault.at.sheet,
            "cell": fault.at.cell,
            "severity": fault.severity,
            "shown": say(f"severity-{fault.severity}", lang),
            "code": fault.code,
            "message": explain(fault, lang).text,
            "hint": explain(fault, lang).hint,
        }
        for fault in reading.faults
    ]
    seats = reading.plan.seats if reading.plan else ()
    allotted: dict[str, dict[str, str]] = {}
    for seat in seats:
        sheet, _, cell = seat.cell.rpartition("!")
        if seat.extension and not seat.extension_given:
            allotted.setdefault(sheet, {})[cell] = seat.extension
    heads = [say(f"annotated-head-{name}", lang) for name in ("severity", "place", "code", "message", "hint")]
    return {
        "faults": faults,
        "allotted": allotted,
        "header_rows": dict(reading.header_rows),
        "proposed": proposed_headers()[lang],
        "findings": findings_sheets()[lang],
        "heads": heads,
        "whole": say("annotated-whole", lang),
        "none": say("annotated-none", lang),
    }


def _check_paths(source: Path, out: Path) -> None:
    if out.exists() and out.samefile(source):
        raise Refused(Fault("annotate-over-itself", Where(source.name), {"file": source.name}))


def _run(source: Path, out: Path, job: dict[str, Any]) -> None:
    # The bytes are a stranger's: whatever is wrong with them happens apart.
    subprocess.run(  # noqa: S603 - our own interpreter; the paths are arguments, never a command
        [sys.executable, "-I", "-S", "-c", _PROGRAM, str(_ROOT), str(source.resolve()), str(out)],
        input=json.dumps(job).encode(),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        timeout=MAX_SECONDS,
        check=True,
    )
