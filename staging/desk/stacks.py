"""Stacks and portals: add one, correct the way in, check that it answers and that we may do what we need."""

from collections.abc import Collection
from dataclasses import replace

from staging.adapters.engine_door import open_session
from staging.adapters.wazo_http.address import EngineAddress
from staging.adapters.wazo_http.check import Finding, check_stack
from staging.core.faults import Fault, Refused, SettingsRefused, Where
from staging.core.secret import Secret
from staging.desk.desk import Desk
from staging.desk.orders import resume
from staging.desk.typed import bad_url, check_name
from staging.jobs.job import Portal, Stack, next_step
from staging.wazo.facts import engine_number


def add_stack(desk: Desk, stack: Stack, *, password: str | None) -> Stack:
    """Add a stack. Raises Refused for a bad or taken name, a bad address or format, a shared stack without a way in."""
    stack = replace(stack, name=check_name(stack.name, "stack"))
    _check(stack, with_password=bool(password))
    desk.store.stacks.add(stack)
    if password:
        desk.store.vault.put(password, scope=f"stack:{stack.name}", kind="engine-password")
    return stack


def change_stack(desk: Desk, stack: Stack, *, password: str | None, by: str) -> Stack:
    """Correct the way in to a stack: address, account, certificate, password. Orders that stopped at it go on.

    stack: as it is to be; its kind, portal and format stay what they were. password: None keeps the one that is there.
    Raises Refused for a stack that is unknown, and as `add_stack`.
    """
    known = desk.store.stacks.get(stack.name)
    found = replace(known, url=stack.url, urls=stack.urls, username=stack.username, ca_file=stack.ca_file)
    held = desk.store.vault.find(f"stack:{known.name}", "engine-password")
    _check(found, with_password=bool(password) or held is not None)
    way = {"url": found.url, "urls": dict(found.urls), "username": found.username, "ca_file": found.ca_file}
    desk.store.stacks.change(found.name, **way)
    if password:
        desk.store.vault.put(password, scope=f"stack:{found.name}", kind="engine-password")
    desk.store.timeline.add("stack-changed", {"stack": found.name}, operator=by)
    _go_on(desk, {found.name}, by=by)
    return found


def add_portal(desk: Desk, portal: Portal, *, password: str) -> Portal:
    """Add a portal and keep its password in the vault. Raises Refused for a bad or taken name, a bad address."""
    portal = replace(portal, name=check_name(portal.name, "portal"))
    _check_portal(portal)
    desk.store.stacks.add_portal(portal)
    desk.store.vault.put(password, scope=f"portal:{portal.name}", kind="portal-password")
    return portal


def change_portal(desk: Desk, portal: Portal, *, password: str | None, by: str) -> Portal:
    """Correct the way in to a portal; orders that stopped at it go on. password: None keeps the one that is there.

    Raises Refused for a portal that is unknown, and for a bad address.
    """
    desk.store.stacks.get_portal(portal.name)
    _check_portal(portal)
    desk.store.stacks.change_portal(portal)
    if password:
        desk.store.vault.put(password, scope=f"portal:{portal.name}", kind="portal-password")
    desk.store.timeline.add("portal-changed", {"portal": portal.name}, operator=by)
    _go_on(desk, {one.name for one in desk.store.stacks.all() if one.portal == portal.name}, by=by)
    return portal


def reveal_password(desk: Desk, name: str, *, by: str) -> Secret:
    """The password of a stack's account; who asked is written down, in the timelines of its orders if it has some.

    Raises Refused when there is none.
    """
    desk.store.stacks.get(name)
    found = desk.store.vault.find(f"stack:{name}", "engine-password")
    if found is None:
        raise Refused(Fault("no-such-secret", Where("stack", field=name), {"name": name}))
    concerned: list[str | None] = [order.id for order in desk.store.orders.all() if order.stack == name]
    for order_id in concerned or [None]:
        facts = {"secret": "engine-password", "stack": name}
        desk.store.timeline.add("secret-revealed", facts, order_id=order_id, operator=by)
    return found


def check(desk: Desk, name: str) -> list[Finding]:
    """Ask every service of a stack; writes nothing."""
    stack = desk.store.stacks.get(name)
    password = desk.store.vault.find(f"stack:{name}", "engine-password")
    if password is None:
        raise Refused(Fault("stack-needs-password", Where("stack", field=name), {"name": name}))
    return check_stack(open_session(stack, password))


def _check(stack: Stack, *, with_password: bool) -> None:
    at = Where("stack", field=stack.name)
    typed = [url for url in (stack.url, *stack.urls.values()) if url]
    faults = [fault for url in typed if (fault := bad_url(url, "stack", stack.name))]
    if stack.kind == "on-cloud" and not stack.reachable_at:
        faults.append(Fault("stack-needs-url", at, {"name": stack.name}))
    if stack.kind == "on-cloud" and not with_password:
        faults.append(Fault("stack-needs-password", at, {"name": stack.name}))
    if not _format_known(stack.did_format):
        faults.append(Fault("bad-did-format", at, {"typed": stack.did_format}))
    if faults:
        raise Refused(*faults)
    if stack.reachable_at:
        _address(stack)


def _check_portal(portal: Portal) -> None:
    fault = bad_url(portal.url, "portal", portal.name)
    if fault:
        raise Refused(fault)


def _go_on(desk: Desk, stacks: Collection[str], *, by: str) -> None:
    """Try the steps again that a stack or its portal stopped: the cause may be gone."""
    for order in desk.store.orders.all(accepted=0):
        steps = desk.store.orders.steps(order.id) if order.stack in stacks else {}
        current = next_step(steps) if steps else None
        fault = steps[current].fault if current else None
        if fault is not None and fault.code.startswith(("stack-", "portal-")):
            resume(desk, order.id, by=by)


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
