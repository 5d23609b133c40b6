"""What came back from the stack, and is it of the form that we expect?"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from staging.core.faults import Fault, StackUnreachable, Where


@dataclass(frozen=True, slots=True)
class Reply:
    """One answer below 400. Its body may hold passwords and PINs, so it shows none of it."""

    status: int
    body: Any = field(repr=False)
    """The parsed JSON; None when the answer was empty or is not JSON."""
    text: str = field(repr=False)
    headers: Mapping[str, str] = field(repr=False)
    """Names in lower case."""
    at: Where
    host: str

    def object(self) -> dict[str, Any]:
        """The body as a JSON object. Raises StackUnreachable `stack-strange-answer` when it is something else."""
        if not isinstance(self.body, dict):
            raise self.strange()
        return self.body

    def list_in(self, key: str) -> list[dict[str, Any]]:
        """The list of objects under a key (`items`, `devices`). Raises as `object` does."""
        found = self.object().get(key)
        if not isinstance(found, list) or not all(isinstance(item, dict) for item in found):
            raise self.strange()
        return found

    def object_in(self, key: str) -> dict[str, Any]:
        """The object under a key (`config`, `pkgs`). Raises as `object` does."""
        found = self.object().get(key)
        if not isinstance(found, dict):
            raise self.strange()
        return found

    def strange(self) -> StackUnreachable:
        """The error that says: this answer has not the expected form. Nothing is known about what was done."""
        return StackUnreachable(Fault("stack-strange-answer", self.at, {"host": self.host, "status": self.status}))
