"""People and programs: let one in, make a new way in, take it away; each is written down with who did it."""

from staging.adapters.store.people import Operator
from staging.core.faults import Fault, Refused, Where
from staging.core.roles import Role
from staging.core.words import Language
from staging.desk.desk import Desk
from staging.desk.typed import check_name

_PASSWORD_LEAST = 10


def add_operator(
    desk: Desk, name: str, *, role: Role, language: Language, by: str, password: str | None = None
) -> Operator:
    """Let a person in. password: ten characters at least; without one, `make_link` gives the way in.

    Raises Refused for a name that will not do or is taken, and for a short password.
    """
    name = check_name(name, "user")
    if password is not None:
        _check_password(name, password)
    added = desk.store.people.add(name, role=role, language=language, password=password)
    desk.store.timeline.add("operator-added", {"name": name, "role": role}, operator=by)
    return added


def make_link(desk: Desk, name: str, *, by: str) -> str:
    """The secret of a sign-in link that works once, within twelve hours. Raises Refused `unknown-operator`."""
    _get(desk, name)
    secret = desk.store.people.make_link(name)
    desk.store.timeline.add("signin-link-made", {"name": name}, operator=by)
    return secret


def set_password(desk: Desk, name: str, password: str, *, by: str) -> None:
    """Give a person another password, ten characters at least; their other browsers and unused links are shut out.

    Raises Refused `unknown-operator`, `password-short`.
    """
    _get(desk, name)
    _check_password(name, password)
    desk.store.people.set_password(name, password)
    desk.store.timeline.add("password-set", {"name": name}, operator=by)


def remove_operator(desk: Desk, name: str, *, by: str) -> None:
    """Shut a person out at once, in every browser, links included. What they did stays in the timelines.

    Raises Refused `unknown-operator`, and `operator-yourself`: nobody locks the door from outside by mistake.
    """
    _get(desk, name)
    if name == by:
        raise Refused(Fault("operator-yourself", Where("user", field=name), {"name": name}))
    desk.store.people.remove(name)
    desk.store.timeline.add("operator-removed", {"name": name}, operator=by)


def add_token(desk: Desk, name: str, *, role: Role, by: str) -> str:
    """A token for a program or a wall screen, shown this once. Raises Refused for a bad name or a taken one."""
    name = check_name(name, "token")
    token = desk.store.people.add_token(name, role=role)
    desk.store.timeline.add("token-added", {"name": name, "role": role}, operator=by)
    return token


def remove_token(desk: Desk, name: str, *, by: str) -> None:
    """Make a token worthless from the next request on. Raises Refused `unknown-token`."""
    if not desk.store.people.remove_token(name):
        raise Refused(Fault("unknown-token", Where("token"), {"name": name}))
    desk.store.timeline.add("token-removed", {"name": name}, operator=by)


def _check_password(name: str, password: str) -> None:
    if len(password) < _PASSWORD_LEAST:
        raise Refused(Fault("password-short", Where("user", field=name), {"least": _PASSWORD_LEAST}))


def _get(desk: Desk, name: str) -> None:
    if desk.store.people.find(name) is None:
        raise Refused(Fault("unknown-operator", Where("user"), {"name": name[:40]}))
