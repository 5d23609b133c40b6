"""Stacks and portals: add one, check that it answers and that we may do what we need."""

from staging.adapters.engine_door import open_session
from staging.adapters.wazo_http.address import EngineAddress
from staging.adapters.wazo_http.check import Finding, check_stack
from staging.core.faults import Fault, Refused, SettingsRefused, Where
from staging.core.secret import Secret
from staging.desk.desk import Desk
from staging.jobs.job import Portal, Stack
from staging.wazo.facts import engine_number


def add_stack(desk: Desk, stack: Stack, *, password: str | None) -> Stack:
    """Add a stack. Raises Refused for a taken name, a shared stack without an address or password, a bad format."""
    faults = []
    if stack.kind == "on-cloud" and not stack.reachable_at:
        faults.append(Fault("stack-needs-url", Where("stack", field=stack.name), {"name": stack.name}))
    if stack.kind == "on-cloud" and not password:
        faults.append(Fault("stack-needs-password", Where("stack", field=stack.name), {"name": stack.name}))
    if not _format_known(stack.did_format):
        faults.append(Fault("bad-did-format", Where("stack", field=stack.name), {"typed": stack.did_format}))
    if faults:
        raise Refused(*faults)
    if stack.reachable_at:
        _address(stack)
    desk.store.stacks.add(stack)
    if password:
        desk.store.vault.put(password, scope=f"stack:{stack.name}", kind="engine-password")
    return stack


def add_portal(desk: Desk, portal: Portal, *, password: str) -> Portal:
    """Add a portal and keep its password in the vault."""
    if not portal.url.startswith(("http://", "https://")):
        raise Refused(Fault("bad-url", Where("portal", field=portal.name), {"typed": portal.url}))
    desk.store.stacks.add_portal(portal)
    desk.store.vault.put(password, scope=f"portal:{portal.name}", kind="portal-password")
    return portal


def reveal_password(desk: Desk, name: str, *, by: str) -> Secret:
    """The password of a stack's account; who asked is written down in the timelines of its orders.

    Raises Refused when there is none.
    """
    desk.store.stacks.get(name)
    found = desk.store.vault.find(f"stack:{name}", "engine-password")
    if found is None:
        raise Refused(Fault("no-such-secret", Where("stack", field=name), {"name": name}))
    for order in desk.store.orders.all():
        if order.stack == name:
            desk.store.timeline.add("secret-revealed", {"secret": "engine-password"}, order_id=order.id, operator=by)
    return found


def check(desk: Desk, name: str) -> list[Finding]:
    """Ask every service of a stack; writes nothing."""
    stack = desk.store.stacks.get(name)
    password = desk.store.vault.find(f"stack:{name}", "engine-password")
    if password is None:
        raise Refused(Fault("stack-needs-password", Where("stack", field=name), {"name": name}))
    return check_stack(open_session(stack, password))


def _address(stack: Stack) -> EngineAddress:
    try:
        return EngineAddress.of(stack.url, **{f"{name}_url": url for name, url in stack.urls.items()})
    except SettingsRefused as error:
        raise Refused(*error.faults) from error


def _format_known(did_format: str) -> bool:
    try:
        return bool(engine_number("+33465710001", did_format))  # type: ignore[arg-type]  # any DID will do
    except ValueError:
        return False
