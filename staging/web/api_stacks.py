"""What do programs do with stacks and portals? Add them, correct the way in, check; passwords go in and never out."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from staging.core.faults import Fault, Refused, Where
from staging.desk import stacks as desk_stacks
from staging.jobs.job import Portal, Stack, StackKind
from staging.web import api_answers as answers
from staging.web import api_telling as telling
from staging.web.admin import FORMATS, SERVICES
from staging.web.gate import language, operator
from staging.web.here import here
from staging.web.words import waits


@dataclass(frozen=True, slots=True)
class NewStack:
    """Body of POST /stacks. urls: addresses by service, where an engine is reached without its nginx."""

    name: str
    kind: StackKind
    url: str | None = None
    urls: Mapping[str, str] = field(default_factory=dict)
    username: str = "root"
    password: str | None = None
    ca_file: str | None = None
    portal: str | None = None
    did_format: str = FORMATS[0]


@dataclass(frozen=True, slots=True)
class StackWay:
    """Body of PUT /stacks/{name}: the whole way in. username, password: null keeps the one that is there."""

    url: str | None = None
    urls: Mapping[str, str] = field(default_factory=dict)
    username: str | None = None
    password: str | None = None
    ca_file: str | None = None


@dataclass(frozen=True, slots=True)
class NewPortal:
    """Body of POST /portals."""

    name: str
    url: str
    username: str
    password: str
    ca_file: str | None = None


@dataclass(frozen=True, slots=True)
class PortalWay:
    """Body of PUT /portals/{name}: the whole way in. url, username, password: null keeps the one that is there."""

    url: str | None = None
    username: str | None = None
    password: str | None = None
    ca_file: str | None = None


@dataclass(frozen=True, slots=True)
class StackOut:
    """A stack and the way in to it. has_password: whether one is kept; it is told to nobody."""

    name: str
    kind: StackKind
    url: str | None
    urls: Mapping[str, str]
    username: str
    has_password: bool
    ca_file: str | None
    portal: str | None
    did_format: str


@dataclass(frozen=True, slots=True)
class StacksOut:
    """By name."""

    stacks: tuple[StackOut, ...]


@dataclass(frozen=True, slots=True)
class FindingOut:
    """One thing that was looked at. text: in words; detail: the version, a count, the host; fault: what is wrong."""

    what: str
    text: str
    detail: str
    fault: answers.FaultOut | None


@dataclass(frozen=True, slots=True)
class StackCheckOut:
    """What every service of a stack answered. ok: nothing is wrong; a warning is not."""

    ok: bool
    findings: tuple[FindingOut, ...]


@dataclass(frozen=True, slots=True)
class PortalOut:
    """A portal and the way in to it."""

    name: str
    url: str
    username: str
    ca_file: str | None


@dataclass(frozen=True, slots=True)
class PortalsOut:
    """By name."""

    portals: tuple[PortalOut, ...]


def list_stacks() -> StacksOut:
    """Every stack by name."""
    return StacksOut(tuple(_stack(one) for one in here().store.stacks.all()))


def add_stack(body: NewStack) -> StackOut:
    """Add a stack; its password goes into the vault."""
    stack = Stack(
        name=body.name, kind=body.kind, url=_text(body.url), urls=_urls(body.name, body.urls),
        username=_text(body.username) or "root", ca_file=_text(body.ca_file), portal=_text(body.portal),
        did_format=_text(body.did_format) or FORMATS[0],
    )  # fmt: skip
    return _stack(desk_stacks.add_stack(here().desk, stack, password=body.password or None))


def show_stack(name: str) -> StackOut:
    """One stack."""
    return _stack(here().store.stacks.get(name))


def change_stack(name: str, body: StackWay) -> StackOut:
    """Correct the way in to a stack; orders that stopped at it go on."""
    known = here().store.stacks.get(name)
    made = replace(known, url=_text(body.url), urls=_urls(name, body.urls),
                   username=_text(body.username) or known.username, ca_file=_text(body.ca_file))  # fmt: skip
    return _stack(desk_stacks.change_stack(here().desk, made, password=body.password or None, by=operator().name))


def check_stack(name: str) -> StackCheckOut:
    """Ask every service of a stack, which writes nothing."""
    lang = language()
    findings = tuple(
        FindingOut(
            one.what, waits(one.what, {}).text, one.detail, telling.fault_out(one.fault, lang) if one.fault else None
        )
        for one in desk_stacks.check(here().desk, name)
    )
    return StackCheckOut(not any(one.fault and one.fault.severity == "error" for one in findings), findings)


def list_portals() -> PortalsOut:
    """Every portal by name."""
    return PortalsOut(tuple(_portal(one) for one in here().store.stacks.portals()))


def add_portal(body: NewPortal) -> PortalOut:
    """Add a portal; its password goes into the vault."""
    if not body.password:
        raise Refused(Fault("password-missing", Where("portal", field=body.name[:64]), {"name": body.name[:64]}))
    portal = Portal(body.name, body.url.strip(), body.username.strip(), _text(body.ca_file))
    return _portal(desk_stacks.add_portal(here().desk, portal, password=body.password))


def change_portal(name: str, body: PortalWay) -> PortalOut:
    """Correct the way in to a portal; orders that stopped at it go on."""
    known = here().store.stacks.get_portal(name)
    made = replace(known, url=_text(body.url) or known.url, username=_text(body.username) or known.username,
                   ca_file=_text(body.ca_file))  # fmt: skip
    return _portal(desk_stacks.change_portal(here().desk, made, password=body.password or None, by=operator().name))


def _stack(one: Stack) -> StackOut:
    held = here().store.vault.find(f"stack:{one.name}", "engine-password") is not None
    return StackOut(
        name=one.name, kind=one.kind, url=one.url, urls=one.urls, username=one.username, has_password=held,
        ca_file=one.ca_file, portal=one.portal, did_format=one.did_format,
    )  # fmt: skip


def _portal(one: Portal) -> PortalOut:
    return PortalOut(one.name, one.url, one.username, one.ca_file)


def _urls(name: str, given: Mapping[str, str]) -> dict[str, str]:
    """Addresses by service; raises Refused for a service that no engine has."""
    faults = [
        Fault("body-field-unknown", Where("stack", field=name[:64]),
              {"field": f"urls.{service[:40]}", "known": ", ".join(SERVICES)})
        for service in given if service not in SERVICES
    ]  # fmt: skip
    if faults:
        raise Refused(*faults)
    return {service: url.strip() for service, url in given.items() if url.strip()}


def _text(given: str | None) -> str | None:
    return (given or "").strip() or None
