"""Is it safe to apply these changes?

The stack that answers may be another customer's, and the plan may be another order's: both look like a long
list of perfectly valid changes.
"""

from collections.abc import Iterator, Sequence

from staging.core.faults import Fault
from staging.wazo.change import Change, Noun
from staging.wazo.live_state import LiveState, LiveUser
from staging.wazo.state import StackState

_FEW = 2
_COUNTED: tuple[Noun, ...] = ("user", "incall", "group", "device")
_SHOWN = 5


def check_changes(
    found: Sequence[Change],
    live: LiveState,
    *,
    ours: str,
    applied: StackState | None = None,
    at_home: bool = False,
    share: float = 0.3,
) -> tuple[Fault, ...]:
    """The reasons not to apply, none when it is safe; warnings tell without stopping.

    ours: the marker of our users (`OrderFacts.marker`). applied: what was applied here last time.
    at_home: we have worked in this tenant before, so that nobody of ours being left does not make it somebody else's.
    share: of the tenant's users, incalls, groups or devices that may go, and of its users that may be rewritten;
    up to two of a kind always may.
    """
    return (
        *_whose_tenant(live, ours, applied, at_home=at_home),
        *_too_many(found, live, share),
        *_conflicts(found),
    )


def _whose_tenant(live: LiveState, ours: str, applied: StackState | None, *, at_home: bool) -> Iterator[Fault]:
    keys = {user.extension for user in applied.users} if applied else set()
    strangers = [user for user in live.users if user.marker != ours and user.extension not in keys]
    if not strangers:
        return
    # Where we are at home, people may have added somebody since; where nobody is ours, we are not.
    at_home = at_home or len(strangers) < len(live.users)
    facts = {"count": len(strangers), "names": _names(strangers)}
    if at_home:
        yield Fault("tenant-shared", facts=facts, severity="warning")
    else:
        yield Fault("tenant-not-ours", facts=facts)


def _too_many(found: Sequence[Change], live: LiveState, share: float) -> Iterator[Fault]:
    there = {
        "user": len(live.users),
        "incall": len(live.incalls),
        "group": len(live.groups),
        "device": sum(1 for device in live.devices if not device.new),
    }
    for noun in _COUNTED:
        gone = sum(1 for change in found if change.due and (change.verb, change.noun) == ("-", noun))
        if gone > _FEW and gone > share * there[noun]:
            yield Fault("too-many-deletions", facts={"kind": noun, "count": gone, "total": there[noun]})
    rewritten = sum(1 for change in found if change.due and _renames(change))
    if rewritten > _FEW and rewritten > share * there["user"]:
        yield Fault("too-many-rewrites", facts={"count": rewritten, "total": there["user"]})


def _renames(change: Change) -> bool:
    names = {field.name for field in change.fields if field.before is not None}
    return change.verb == "~" and change.noun == "user" and bool(names & {"firstname", "lastname"})


def _conflicts(found: Sequence[Change]) -> Iterator[Fault]:
    disputed = [change for change in found if change.standing == "conflict"]
    if disputed:
        keys = ", ".join(dict.fromkeys(change.key for change in disputed[:_SHOWN]))
        yield Fault("changes-in-conflict", facts={"count": len(disputed), "keys": keys}, severity="warning")


def _names(users: Sequence[LiveUser]) -> str:
    shown = [f"{user.firstname} {user.lastname} {user.extension or ''}".strip() for user in users[:_SHOWN]]
    return ", ".join(shown) + ("…" if len(users) > _SHOWN else "")
