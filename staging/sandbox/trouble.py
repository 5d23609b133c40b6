"""Which request goes wrong, and how? Rules for delays, errors before or after the work, and cut connections."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, get_args

Kind = Literal[
    "latency", "slow", "error-before", "error-after", "drop-before", "drop-after", "401", "provd-restart",
    "auth-down", "bus-down", "race", "no-internet",
]  # fmt: skip
"""auth-down: the other daemons cannot ask wazo-auth whose token it is. bus-down: RabbitMQ is away, so that writes are
kept and answered 500, confd never hears of a tenant, and no account is made. race: somebody else asks for the same at
the same moment: a duplicate is answered 500 in place of 400, and a MAC is declared twice. no-internet: an operation of
provd's that fetches a catalogue, a plugin or firmware fails, without a reason."""


@dataclass(slots=True)
class Rule:
    """One kind of trouble for the requests it matches.

    service: `confd`, `provd`, `auth`, `setupd`, `calld`, `portal`, or None for all; path: a regular expression found
    anywhere in the path; nth: only the nth match, counted from 1; every: each so-manieth; times: at most so often;
    ms: milliseconds, for `latency` and `slow` (which delays the answer, not the work).
    """

    kind: Kind
    service: str | None = None
    method: str | None = None
    path: str = ""
    nth: int | None = None
    every: int | None = None
    times: int | None = None
    ms: int = 1000
    seen: int = field(default=0, init=False)
    struck: int = field(default=0, init=False)

    def strikes(self, service: str, method: str, path: str) -> bool:
        """Whether this request is hit; counts it either way."""
        if self.service not in (None, service) or self.method not in (None, method):
            return False
        if not re.search(self.path, path):
            return False
        self.seen += 1
        if (self.times is not None and self.struck >= self.times) or not self._turn():
            return False
        self.struck += 1
        return True

    def _turn(self) -> bool:
        if self.nth is not None:
            return self.seen == self.nth
        return self.every is None or self.seen % self.every == 0


KINDS = get_args(Kind)


class RuleError(ValueError):
    """A rule that cannot be read. member: which part of it makes no sense."""

    def __init__(self, member: str) -> None:
        super().__init__(f"member {member!r} of the rule makes no sense")
        self.member = member


def read_rule(given: Any) -> Rule:
    """A rule from JSON; raises RuleError naming the member that makes no sense."""
    if not isinstance(given, Mapping) or given.get("kind") not in KINDS:
        raise RuleError("kind")
    unknown = set(given) - {"kind", "service", "method", "path", "nth", "every", "times", "ms"}
    if unknown:
        raise RuleError(min(unknown))
    for name in ("nth", "every", "times", "ms"):
        value = given.get(name)
        if value is not None and (isinstance(value, bool) or not isinstance(value, int) or value < 1):
            raise RuleError(name)
    try:
        re.compile(given.get("path", ""))
    except (re.error, TypeError) as reason:
        raise RuleError("path") from reason
    return Rule(**given)


class Trouble:
    """The rules in force, and the median times of the real daemons when they are asked for."""

    def __init__(self) -> None:
        self.rules: list[Rule] = []
        self.latency_ms: int | Literal["recorded"] = 0
        self.now: frozenset[str] = frozenset()
        """Kinds that hit the request in hand."""

    def struck(self, service: str, method: str, path: str) -> list[Rule]:
        """The rules that hit this request, in the order they were given."""
        return [rule for rule in self.rules if rule.strikes(service, method, path)]
