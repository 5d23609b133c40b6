"""What do we determine on a stack? The desired state, in our own words, without Wazo's ids.

Natural keys: a user is its extension; a line its extension and kind; a voicemail its number; an incall its DID
as the engine sees it; a group its label; a call pickup its name; a device its MAC; a context its type. Everything is
one tenant's, except `EngineSettings` and `Rtp`, which only an engine of the customer's own gets.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

from staging.core.words import Extension, Mac

EndpointKind = Literal["app", "sip"]
ContextType = Literal["internal", "incall", "outcall"]


class LineKey(NamedTuple):
    """Which line of a seat: its extension, and `app` for a softphone or `sip` for anything with a plug."""

    extension: Extension
    kind: EndpointKind


SeatLineKey = LineKey

SecretKind = Literal[
    "sip-username", "sip-password", "voicemail-pin", "account-password", "phone-admin-password", "phone-user-password"
]


@dataclass(frozen=True, slots=True)
class SecretRef:
    """The place of a secret in a body; the value is put in when the body is sent, and nowhere else.

    key: `8000/app` for a line, `8000` for a voicemail or an account, `phones` for all phones of the order.
    The same reference always reveals the same value within an order, so that a retry sends the same words.
    """

    kind: SecretKind
    key: str


Reveal = Callable[[SecretRef], str]
SameSecret = Callable[[SecretRef, str], bool]
"""Whether a value that stands somewhere is the secret meant."""


def secrets_in(body: Any) -> Iterator[SecretRef]:
    """Every SecretRef of a body, however deep, as often as it stands there."""
    match body:
        case SecretRef():
            yield body
        case Mapping():
            for value in body.values():
                yield from secrets_in(value)
        case list() | tuple():
            for value in body:
                yield from secrets_in(value)


@dataclass(frozen=True, slots=True)
class MadeUuid:
    """The place of the uuid that Wazo gave, in its answer, to what the request before in the same lane made."""


def fill_uuid(body: Any, made: str) -> Any:
    """A copy of a flat body in which MadeUuid became the uuid `made`."""
    if not isinstance(body, Mapping):
        return body
    return {key: made if isinstance(value, MadeUuid) else value for key, value in body.items()}


def fill_secrets(body: Any, reveal: Reveal) -> Any:
    """A copy of a body in which each SecretRef, however deep, became the text that `reveal` gives for it."""
    match body:
        case SecretRef():
            return reveal(body)
        case Mapping():
            return {key: fill_secrets(value, reveal) for key, value in body.items()}
        case list() | tuple():
            return [fill_secrets(value, reveal) for value in body]
        case _:
            return body


@dataclass(frozen=True, slots=True)
class Tenant:
    """One customer's share of a stack. slug: 10 characters at most (wazo-auth); uuid: ours, when we chose it."""

    name: str
    slug: str
    uuid: str | None = None


@dataclass(frozen=True, slots=True, order=True)
class NumberRange:
    """Numbers from start to end, both included, as digits of one length. did_length: last digits compared, 0 all."""

    start: str
    end: str
    did_length: int = 0


@dataclass(frozen=True, slots=True)
class Context:
    """A dial context. includes: types of the contexts reached from it."""

    type: ContextType
    label: str
    user_ranges: tuple[NumberRange, ...] = ()
    group_ranges: tuple[NumberRange, ...] = ()
    incall_ranges: tuple[NumberRange, ...] = ()
    includes: tuple[ContextType, ...] = ()


@dataclass(frozen=True, slots=True)
class SipTemplate:
    """What the tenant's `global` SIP template must say; options that are not named here are left alone."""

    options: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Line:
    """One telephone line. position: the account's slot on its phone, from 1; more than 1 only on DECT bases.

    model: of its phone, None for an application; shown, never compared.
    """

    key: LineKey
    position: int = 1
    model: str | None = None


@dataclass(frozen=True, slots=True)
class Voicemail:
    """A mailbox. timezone: a name of Wazo's zone messages (`eu-fr`), not of IANA."""

    number: Extension
    name: str
    email: str | None
    language: str
    timezone: str


@dataclass(frozen=True, slots=True)
class Account:
    """What a person logs in with on an application, and the name beside it; it has the user's uuid."""

    username: str
    email: str | None
    firstname: str = ""
    lastname: str = ""


@dataclass(frozen=True, slots=True)
class User:
    """A seat as Wazo's user. caller_id: `"name"`, quotes included; marker: `staging:<order>`, says it is ours."""

    extension: Extension
    firstname: str
    lastname: str
    email: str | None
    language: str
    subscription_type: int
    caller_id: str
    marker: str
    lines: tuple[Line, ...]
    voicemail: Voicemail | None = None
    account: Account | None = None

    @property
    def name(self) -> str:
        """First name, then last name."""
        return f"{self.firstname} {self.lastname}".strip()


@dataclass(frozen=True, slots=True)
class Target:
    """Where calls go: `user` with its extension, or `group` with its label."""

    kind: Literal["user", "group"]
    key: str


@dataclass(frozen=True, slots=True)
class Incall:
    """A DID, digits as the engine receives them, and who rings."""

    did: str
    target: Target


@dataclass(frozen=True, slots=True)
class Group:
    """Phones that ring together. members: their extensions."""

    label: str
    extension: Extension
    members: tuple[Extension, ...]
    ring_strategy: str = "all"


@dataclass(frozen=True, slots=True)
class CallPickup:
    """Who may take whose ringing call. name: one of the whole engine; interceptors, targets: extensions.

    People, not groups: confd gives a group's pickup to each member's first line alone, and a desk phone beside an
    application is the second.
    """

    name: str
    interceptors: tuple[Extension, ...]
    targets: tuple[Extension, ...]


@dataclass(frozen=True, slots=True)
class FunctionKey:
    """A key that shows whether somebody is on the phone. position: from 1, line keys first, then modules."""

    position: int
    target: Extension
    label: str


@dataclass(frozen=True, slots=True)
class FunctionKeys:
    """The keys that a user gets from us; others stay as they are."""

    extension: Extension
    keys: tuple[FunctionKey, ...]


@dataclass(frozen=True, slots=True)
class Seating:
    """A line and the slot that it takes on a device."""

    line: LineKey
    position: int = 1


@dataclass(frozen=True, slots=True)
class Device:
    """A phone or DECT base that we know by its MAC. plugin: the one wanted, None when no plugin lists the model."""

    mac: Mac
    model: str
    plugin: str | None
    seatings: tuple[Seating, ...]


@dataclass(frozen=True, slots=True)
class Dhcp:
    """Addresses that the engine gives to phones. interfaces: names of the engine's network cards."""

    active: bool
    pool_start: str
    pool_end: str
    interfaces: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Rtp:
    """How voice travels on an engine of the customer's own: options of Asterisk's `rtp.conf` that are ours, as text.

    `rtpstart`, `rtpend`; with a STUN server also `icesupport` and `stunaddr`. Options not named here are left alone.
    """

    options: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Firmware:
    """A model whose firmware the engine shall serve, and the plugin that has it."""

    plugin: str
    model: str


@dataclass(frozen=True, slots=True)
class EngineSettings:
    """Settings of a whole engine. plugins: in the order in which they are installed; firmware: of which phones.

    default_device: keys of provd's default device configuration; a SecretRef stands for each password.
    phonebook_networks: who may ask for the phonebook, as `192.0.2.0/24`. provision_url: None leaves it alone.
    """

    provision_host: str
    registrar_host: str
    dhcp: Dhcp | None
    phonebook_networks: tuple[str, ...]
    plugins: tuple[str, ...]
    default_device: tuple[tuple[str, str | bool | SecretRef], ...]
    firmware: tuple[Firmware, ...] = ()
    provision_http_port: int = 8667
    provision_url: str | None = None


@dataclass(frozen=True, slots=True)
class StackState:
    """All that one order determines. An absent engine or absent RTP means: leave it alone."""

    tenant: Tenant | None = None
    contexts: tuple[Context, ...] = ()
    sip_template: SipTemplate | None = None
    users: tuple[User, ...] = ()
    groups: tuple[Group, ...] = ()
    pickups: tuple[CallPickup, ...] = ()
    incalls: tuple[Incall, ...] = ()
    function_keys: tuple[FunctionKeys, ...] = ()
    devices: tuple[Device, ...] = ()
    engine: EngineSettings | None = None
    rtp: Rtp | None = None
