"""How is a reading told to other programs? The JSON of `staging plan check`."""

from typing import Any

from numbering.plan import plan_document
from numbering.read import Reading
from staging.core.faults import Fault
from staging.core.messages import explain
from staging.core.words import Language


def fault_document(fault: Fault, lang: Language) -> dict[str, Any]:
    """One fault as JSON: where, the cell's text, and the words for a person. Fields are for ever."""
    message = explain(fault, lang)
    return {
        "severity": fault.severity,
        "code": fault.code,
        "sheet": fault.at.sheet,
        "cell": fault.at.cell,
        "value": fault.facts.get("value"),
        "message": message.text,
        "hint": message.hint,
        "related": list(fault.related),
    }


def reading_document(reading: Reading, lang: Language) -> dict[str, Any]:
    """A whole reading as JSON; of a workbook that was refused whole, only the reason."""
    faults = [fault_document(fault, lang) for fault in reading.faults]
    if reading.plan is None:
        nothing: dict[str, Any] = {
            "main_number": None,
            "summary": None,
            "extension_range": None,
            "number_ranges": [],
            "seats": [],
        }
        return {"workbook": reading.workbook, "ok": False, **nothing, "faults": faults}
    document = plan_document(reading.plan)
    return {"workbook": document.pop("workbook"), "ok": reading.ok, **document, "faults": faults}
