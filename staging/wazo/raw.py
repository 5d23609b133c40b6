"""What did Wazo answer, word for word? The form in which adapters hand live state to the pure part."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

Json = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Mattering:
    """Whose user documents are read in full: those who carry our mark, and whoever sits at one of our numbers.

    A full one costs the engine 4 ms and 3 kB, a row of the directory a fiftieth of it. marker: as in `userfield`.
    """

    marker: str
    numbers: frozenset[str]


@dataclass(frozen=True, slots=True)
class RawTenant:
    """Everything in one tenant that the plan may touch, as the daemons listed it.

    tenant: confd's view of the tenant, with the uuids of its SIP templates.
    users: full documents of those who matter to the plan; of the others the few members of the `directory` view.
    funckeys: user uuid to `GET /users/{uuid}/funckeys` document, only for the users asked for.
    devices: provd's documents of this tenant and of the master tenant's unallocated ones.
    """

    tenant: Json
    contexts: tuple[Json, ...] = ()
    users: tuple[Json, ...] = ()
    lines: tuple[Json, ...] = ()
    extensions: tuple[Json, ...] = ()
    incalls: tuple[Json, ...] = ()
    voicemails: tuple[Json, ...] = ()
    groups: tuple[Json, ...] = ()
    pickups: tuple[Json, ...] = ()
    auth_users: tuple[Json, ...] = ()
    devices: tuple[Json, ...] = ()
    sip_template: Json = field(default_factory=dict)
    funckeys: Mapping[str, Json] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class RawPackages:
    """What a plugin has to install beside itself: name to description, as provd lists it."""

    installed: Mapping[str, Json]
    installable: Mapping[str, Json]


@dataclass(frozen=True, slots=True)
class RawEngine:
    """Settings of the whole engine, as the daemons answered; only an on-premise stack's are written."""

    networking: Json
    dhcp: Json
    registrar: Json
    rtp: Json
    access_features: tuple[Json, ...]
    default_device: Json
    """provd's `defaultconfigdevice` document, whole: a PUT replaces it."""
    plugins_installed: Mapping[str, Json]
    plugins_installable: Mapping[str, Json]
    packages: Mapping[str, RawPackages] = field(default_factory=dict)
    """By plugin; of those that were asked."""
    base_device: Json = field(default_factory=dict)
    """provd's `base` document, whole; empty where there is none."""
