"""What is wrong, where, and can trying again help?

A fault is a fact about someone's material; an error is what stops work and carries faults.
Text for people lives in `messages.py`, never here.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

Severity = Literal["error", "warning"]


@dataclass(frozen=True, slots=True)
class Where:
    """A place that a person can go to: a workbook's cell, a template's line, a setting's name.

    source: file, host or part; sheet and cell as Excel writes them; field: the thing's own name.
    """

    source: str = ""
    sheet: str | None = None
    cell: str | None = None
    field: str | None = None

    def __str__(self) -> str:
        place = f"{self.sheet}!{self.cell}" if self.sheet and self.cell else (self.cell or self.sheet or "")
        return " ".join(part for part in (self.source, place, self.field or "") if part)


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong with someone's material.

    code: lower-case words, for ever; facts: the blanks of its message; related: other places, `Sheet!A1`.
    """

    code: str
    at: Where = Where()
    facts: Mapping[str, Any] = field(default_factory=dict)
    severity: Severity = "error"
    related: tuple[str, ...] = ()


class StagingError(Exception):
    """What stops work; the root of the family. Doors turn it into a line, problem+json or an exit status.

    permanent: False says that doing the same again later may succeed.
    """

    permanent = True

    def __init__(self, *faults: Fault) -> None:
        super().__init__("; ".join(f"{fault.code} {fault.at}".strip() for fault in faults))
        self.faults = faults


class PlanRefused(StagingError):
    """The workbook, or the plan in it, cannot be used as it is."""


class SettingsRefused(StagingError):
    """The environment holds settings that make no sense."""


class PreseedRefused(StagingError):
    """An appliance cannot be answered: something is missing or malformed."""


class StackRefused(StagingError):
    """Wazo or the portal understood and said no."""


class ChangesRefused(StagingError):
    """Applying was refused: the stack moved, it is somebody else's, or too much would go."""


class PhoneUnmatched(StagingError):
    """A phone has no seat or a seat no phone."""


class LabelRefused(StagingError):
    """A label does not fit, cannot be drawn, or does not read back as it should."""


class Refused(StagingError):
    """A person asked for something that cannot be: wrong use, wrong role, unknown thing."""


class StackUnreachable(StagingError):
    """No usable answer: down, slow, 5xx. Nothing is known about what was done."""

    permanent = False


class DatabaseUnreachable(StagingError):
    """Our own database cannot be used: it is down, full, broken, or not ours to write."""

    permanent = False


class PrinterUnavailable(StagingError):
    """The printer is off, full or unplugged."""

    permanent = False


class ConsoleSilent(StagingError):
    """The box's console does not answer."""

    permanent = False
