"""Is it safe to apply these changes?

The stack that answers may be another customer's, and the plan may be another order's: both look like a long
list of perfectly valid changes.
"""

from collections.abc import Iterator, Sequence

from staging.core.faults import Fault
from staging.core.messages import say
from staging.core.words import LANGUAGES
from staging.wazo.change import Change, Noun
from staging.wazo.live_state import LiveState, LiveUser
from staging.wazo.state import StackState

_FEW = 2
_COUNTED: tuple[Noun, ...] = ("user", "line", "voicemail", "account", "incall", "group", "pickup", "device")
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
    share: of the tenant's users, lines, mailboxes, logins, incalls, groups, pickups or devices that may go, of its
    users that may get another name, and of its incalls that may be turned; up to two of a kind always may.
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
        "line": len(live.lines),
        "voicemail": len(live.voicemails),
        "account": len(live.accounts),
        "incall": len(live.incalls),
        "group": len(live.groups),
        "pickup": len(live.pickups),
        "device": sum(1 for device in live.devices if not device.new),
    }
    for noun in _COUNTED:
        gone = sum(1 for change in found if change.due and (change.verb, change.noun) == ("-", noun))
        if gone > _FEW and gone > share * there[noun]:
            words: dict[str, str] = {lang: say(f"counted-{noun}", lang) for lang in LANGUAGES}
            yield Fault("too-many-deletions", facts={"kind": noun, "count": gone, "total": there[noun], **words})
    rewritten: tuple[tuple[str, Noun, set[str]], ...] = (
        ("too-many-rewrites", "user", {"firstname", "lastname"}),
        ("too-many-turned", "incall", {"target"}),
    )
    for code, noun, names in rewritten:
        count = sum(1 for change in found if change.due and change.noun == noun and _rewrites(change, names))
        if count > _FEW and count > share * there[noun]:
            yield Fault(code, facts={"count": count, "total": there[noun]})


def _rewrites(change: Change, names: set[str]) -> bool:
    return change.verb == "~" and any(
        field.name in names and field.before not in (None, "none") for field in change.fields
    )


def _conflicts(found: Sequence[Change]) -> Iterator[Fault]:
    disputed = [change for change in found if change.standing == "conflict"]
    if disputed:
        keys = ", ".join(dict.fromkeys(change.key for change in disputed[:_SHOWN]))
        yield Fault("changes-in-conflict", facts={"count": len(disputed), "keys": keys}, severity="warning")


def _names(users: Sequence[LiveUser]) -> str:
    shown = [f"{user.firstname} {user.lastname} {user.extension or ''}".strip() for user in users[:_SHOWN]]
    return ", ".join(shown) + ("…" if len(users) > _SHOWN else "")
