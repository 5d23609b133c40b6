"""Which requests make, change or remove what a person logs in with?"""

from collections.abc import Iterator

from staging.wazo import bodies
from staging.wazo.bodies import Body
from staging.wazo.change import Action, Change
from staging.wazo.claims import LOGIN_NAMES
from staging.wazo.live_state import LiveAccount
from staging.wazo.progress import Pass
from staging.wazo.state import Account


def login_free(account: Account, now: Pass) -> bool:
    """Whether nobody but this one logs in under the user name or the address of an account by now."""
    return now.login_free(account.username) and now.login_free(account.email)


def account_actions(change: Change, now: Pass) -> Iterator[Action]:
    """Make a login under the user's own uuid, change it, or remove it."""
    live = now.found.user(change.key)
    if live is None:
        return
    lane = now.lane(change.key)
    if change.verb == "-":
        yield now.send(change, "DELETE", f"users/{live.uuid}", service="auth", lane=lane)
        return
    user, there = now.users[change.key], now.found.account(live.uuid)
    if user.account and there:
        yield from _change_login(change, user.account, there, now)
    elif user.account and login_free(user.account, now):
        body = {"uuid": live.uuid, **bodies.account(user, user.account)}
        yield now.send(change, "POST", "users", body, service="auth", lane=lane)


def _change_login(change: Change, wanted: Account, there: LiveAccount, now: Pass) -> Iterator[Action]:
    """Write names and address, each login once nobody else has it; one that others wait for is given up meanwhile."""
    lane = now.lane(change.key)
    words: dict[str, str | None] = {field.name: getattr(wanted, field.name) for field in change.fields}
    for name in LOGIN_NAMES:
        if name in words and not now.login_free(words[name], but=there.uuid):
            held = getattr(there, name)
            if held and now.awaited(held, but=change.key):
                words[name] = None
            else:
                del words[name]
    requests: list[tuple[str, Body]] = []
    if "email" in words:
        own = there.between and not now.awaited(there.email or "", but=change.key)
        body = bodies.login_addresses(there, words.pop("email"), own=own)
        requests.append((f"admin/users/{there.uuid}/emails", body))
    if words:
        requests.append((f"users/{there.uuid}", bodies.login(there, words)))
    if words.get("username", "") is None:
        # A login that gives up its name says so first, and takes the next one last: whatever address it has between
        # these is not taken for somebody's edit.
        requests.reverse()
    for path, body in requests:
        yield now.send(change, "PUT", path, body, service="auth", lane=lane)
