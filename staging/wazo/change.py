"""What is a difference between the stack and the plan, and what is one request to Wazo?"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

Verb = Literal["+", "~", "-"]
Noun = Literal[
    "tenant", "context", "sip-template", "user", "line", "voicemail", "account", "incall", "group", "pickup",
    "keys", "firmware", "device", "seating", "provisioning", "dhcp", "registrar", "rtp", "phonebook", "plugin",
    "default-device", "base-device",
]  # fmt: skip
Standing = Literal["due", "kept", "conflict"]
"""due: applying does it. kept: somebody added or changed it on the stack, it stays. conflict: both sides changed it,
or the stack cannot give it; it stays."""

Service = Literal["confd", "provd", "auth"]
Method = Literal["GET", "POST", "PUT", "DELETE"]


@dataclass(frozen=True, slots=True)
class FieldChange:
    """One value, as text, before and after; None where there is none."""

    name: str
    before: str | None
    after: str | None


@dataclass(frozen=True, slots=True)
class Change:
    """A difference. key: the thing's natural key; seat: the extension that it belongs to, for grouping on a screen.

    facts: what `describe` shows of the thing (`name`, `model`, `numbers`…). reason: text key of why it is not due.
    """

    verb: Verb
    noun: Noun
    key: str
    facts: Mapping[str, str] = field(default_factory=dict)
    fields: tuple[FieldChange, ...] = ()
    seat: str | None = None
    standing: Standing = "due"
    reason: str | None = None

    @property
    def due(self) -> bool:
        """Whether applying does something about it."""
        return self.standing == "due"


@dataclass(frozen=True, slots=True)
class Action:
    """One request to Wazo.

    key: stable text for a journal (`POST users 8000`). path: below the service's version, no leading slash.
    body: JSON in which SecretRef stands for secrets (`fill_secrets` before sending), None without one.
    follows: its body holds MadeUuid; it is sent right after the request before it in its lane, with the uuid that this
    one was answered, and not at all when there was none: the next look finds what is left.
    lane: actions of one lane go one after the other, in the order given; lanes, and actions without one,
    do not depend on each other within one pass. scope: `master` for requests in the master tenant's name.
    """

    key: str
    service: Service
    method: Method
    path: str
    body: Mapping[str, Any] | None
    change: Change
    lane: str | None = None
    scope: Literal["tenant", "master"] = "tenant"
    follows: bool = False


def due(changes: Iterable[Change]) -> tuple[Change, ...]:
    """The changes that applying would do; when there are none, the stack is as the plan wants it."""
    return tuple(change for change in changes if change.due)
