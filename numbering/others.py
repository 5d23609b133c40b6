"""Where else does a value stand? The other cells that a fault names, for programs and for people."""

from collections.abc import Iterable, Sequence
from typing import Final

from numbering.columns import Field
from numbering.parse import clip
from numbering.rows import Draft
from staging.core.faults import Fault, Severity

_NAMED_IN_ALL: Final = 100_000
_OTHERS_NAMED: Final = 50
_OTHERS_SHOWN: Final = 5
_NAME_SHOWN: Final = 40


class Places:
    """Names the cells of a field, each cell and each list of them once."""

    def __init__(self, field: Field) -> None:
        self.field = field
        self._named: dict[tuple[int, ...], tuple[str, ...]] = {}
        self._places: dict[int, str] = {}

    def of(self, drafts: Sequence[Draft]) -> tuple[str, ...]:
        """Their cells, `Sheet!B12`."""
        orders = tuple(draft.order for draft in drafts)
        if orders not in self._named:
            self._named[orders] = tuple(self._place(draft) for draft in drafts)
        return self._named[orders]

    def shown(self, drafts: Sequence[Draft], *, sheet: str, numbers: bool) -> str:
        """The first few as a person reads them, each with whom it belongs to: `E12 (accueil)`.

        sheet: on which one reads so; numbers: the short number tells more than the name, which is the same.
        """
        said = []
        for draft in drafts[:_OTHERS_SHOWN]:
            cell = draft.spot(self.field).name if draft.sheet == sheet else self._place(draft)
            whose = (draft.extension or "") if numbers else draft.name[:_NAME_SHOWN].strip()
            said.append(f"{cell} ({whose})" if whose else cell)
        return ", ".join(said) + (", …" if len(drafts) > _OTHERS_SHOWN else "")

    def _place(self, draft: Draft) -> str:
        place = self._places.get(draft.order)
        if place is None:
            place = self._places[draft.order] = f"{draft.sheet}!{draft.spot(self.field).name}"
        return place


def named_at_most(groups: Iterable[Sequence[Draft]]) -> int | None:
    """How many of each group of rows are named on the cells of the others; None for all of them.

    A workbook in which thousands of rows say the same would fill memory with names.
    """
    every = sum(len(group) ** 2 for group in groups if len(group) > _OTHERS_NAMED)
    return None if every <= _NAMED_IN_ALL else _OTHERS_NAMED + 1


def held_by_others(
    code: str, draft: Draft, others: Sequence[Draft], places: Places, *, what: str = "", severity: Severity = "error"
) -> Fault:
    """A fault on a row's cell that names the cells of others, or its own where nobody else holds the value.

    what: the value as it is said; the text of the cell unless told.
    """
    text = draft.spot(places.field).cell.text
    shown = places.shown(others or [draft], sheet=draft.sheet, numbers=code == "duplicate-name")
    facts = {"value": clip(text), "what": what or clip(text.strip()), "others": shown}
    return Fault(code, draft.at(places.field), facts, severity, places.of(others))
