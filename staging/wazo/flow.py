"""How many requests may one daemon have in hand at once? Fewer when it slows down or fails, more when it has time.

confd is one Python process: a second request overlaps its waits for the database, a third only queues. wazo-auth
hashes passwords on as many cores as there are. Neither says so, but how long answers take does.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

_FIRST = 2
_WINDOW = 8
"""Answers between two decisions."""
_IDLE, _CROWDED = 0.8, 2.0
"""How many of the requests in hand only queue: below the first one more is let in, above the second one less."""
_FORGET = 1.25
"""How much slower the quickest answer is remembered with each later one that came alone: an engine may become slower
for good. In company nothing is forgotten, or queueing would look usual after a while."""
_ID = re.compile(r"(?<=/)(?:[0-9a-f]{8}-?[0-9a-f-]{23,27}|\d+|[0-9a-f]{32})(?=/|$)")


@dataclass(frozen=True, slots=True)
class Flow:
    """What is known of one daemon. most: never more than this; limit: requests that it may have in hand now.

    quickest: the shortest answer of each kind of request, in seconds. seen, queued: answers of the present window,
    and the sum of the shares of their time in which they only waited for each other.
    """

    most: int = 4
    limit: int = _FIRST
    quickest: Mapping[str, float] = field(default_factory=dict)
    seen: int = 0
    queued: float = 0.0

    def __post_init__(self) -> None:
        if not 1 <= self.limit <= self.most:
            object.__setattr__(self, "limit", max(1, min(self.limit, self.most)))


def kind_of(method: str, path: str) -> str:
    """What a request asks, whoever it is about: `PUT lines/…/devices/…`. path: below the service's version."""
    return f"{method} {_ID.sub('…', '/' + path.strip('/').partition('?')[0])[1:]}"


def answered(flow: Flow, kind: str, seconds: float, *, in_hand: int) -> Flow:
    """What is known after an answer. seconds: it took; in_hand: requests that the daemon had at its start, with it.

    An answer that came while there was room says nothing about the limit.
    """
    seconds = max(seconds, 1e-6)
    quickest = min(seconds, flow.quickest.get(kind, seconds) * (_FORGET if in_hand == 1 else 1))
    flow = replace(flow, quickest={**flow.quickest, kind: quickest})
    if in_hand < flow.limit:
        return flow
    seen, queued = flow.seen + 1, flow.queued + 1 - quickest / seconds
    if seen < _WINDOW:
        return replace(flow, seen=seen, queued=queued)
    return replace(flow, limit=_moved(flow, flow.limit * queued / seen), seen=0, queued=0.0)


def failed(flow: Flow) -> Flow:
    """What is known after a silence or a 5xx: half as many from now on."""
    return replace(flow, limit=max(1, flow.limit // 2), seen=0, queued=0.0)


def _moved(flow: Flow, queue: float) -> int:
    if queue > _CROWDED:
        return max(1, flow.limit - 1)
    return min(flow.most, flow.limit + 1) if queue < _IDLE else flow.limit
