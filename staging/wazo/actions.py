"""Which requests can be sent now?

The executor's loop: read, diff, take the ready actions, send them, and again until nothing is due. An action is
ready when everything that it refers to exists by now, so that after a crash or a silence nobody has to remember
what was sent: the next reading tells. Nothing here ever replaces a user whole: `PUT /users?recursive` deletes what
its body does not name.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence

from staging.wazo.actions_devices import device_actions, seating_actions
from staging.wazo.actions_engine import engine_actions, firmware_actions, rtp_actions
from staging.wazo.actions_logins import account_actions
from staging.wazo.actions_numbers import context_actions, group_actions, incall_actions, template_actions
from staging.wazo.actions_pickups import pickup_actions
from staging.wazo.actions_users import key_actions, line_actions, user_actions, voicemail_actions
from staging.wazo.change import Action, Change, Noun
from staging.wazo.live_state import LiveState
from staging.wazo.progress import Pass
from staging.wazo.state import StackState

Builder = Callable[[Change, Pass], Iterator[Action]]


def ready_actions(
    found: Sequence[Change], live: LiveState, *, desired: StackState, applied: StackState | None = None
) -> tuple[Action, ...]:
    """The requests for the due changes whose references exist on the stack by now, in an order confd accepts.

    found: of `changes(desired, live, applied=applied)`, with the same three. Due changes without a single ready
    action mean: read again in a moment (a new tenant's SIP templates take about 120 ms; function keys have to be
    read for `users_with_keys`), and when that does not end, the stack refuses to settle.
    """
    now = Pass(found, live, desired, applied)
    actions = [*engine_actions(now)]
    for change in now.due:
        if live.tenant is None:
            actions.extend(_tenant(change, now))
        elif change.noun in _BUILDERS:
            actions.extend(_BUILDERS[change.noun](change, now))
    if live.tenant is not None:
        actions.extend(incall_actions(now))
    return _once(sorted(actions, key=lambda action: _ORDER.get(action.change.noun, 0)))


def _once(actions: Sequence[Action]) -> tuple[Action, ...]:
    """Two changes may ask for one request, such as taking a line off the phone: it is sent for the first of them."""
    first: dict[tuple[str, str, str], Action] = {}
    for action in actions:
        address = (action.service, action.method, action.path)
        first.setdefault((*address[:2], f"{action.path} {len(first)}") if action.method == "POST" else address, action)
    return tuple(first.values())


def _tenant(change: Change, now: Pass) -> Iterator[Action]:
    tenant = now.desired.tenant
    if change.noun == "tenant" and tenant:
        body = {"name": tenant.name, "slug": tenant.slug} | ({"uuid": tenant.uuid} if tenant.uuid else {})
        yield now.send(change, "POST", "tenants", body, service="auth", master=True)


_BUILDERS: Mapping[Noun, Builder] = {
    "context": context_actions,
    "sip-template": template_actions,
    "user": user_actions,
    "line": line_actions,
    "voicemail": voicemail_actions,
    "account": account_actions,
    "group": group_actions,
    "pickup": pickup_actions,
    "keys": key_actions,
    "device": device_actions,
    "seating": seating_actions,
    "rtp": rtp_actions,
    "firmware": firmware_actions,
}

# Engine and tenant first, then what others stand on. Within one pass only lanes depend on this order;
# it is for the reader of the journal.
_NOUNS: tuple[Noun, ...] = (
    "context", "sip-template", "device", "user", "line", "voicemail", "account", "group", "pickup", "incall", "keys",
    "seating",
)  # fmt: skip
_ORDER: Mapping[Noun, int] = {noun: place for place, noun in enumerate(_NOUNS, start=1)}
