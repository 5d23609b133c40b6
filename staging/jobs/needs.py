"""What do the steps need from outside? Protocols; adapters fill them in, tests give fakes with behaviour."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from staging.core.clock import Clock
from staging.core.faults import Fault
from staging.core.secret import Secret
from staging.core.words import Mac, Serial
from staging.jobs.job import Order, Portal, Stack, StepName, StepRecord
from staging.jobs.records import BenchScan, Box, Changeset, LabelCopy, PlanVersion
from staging.wazo.facts import Preset
from staging.wazo.raw import Json, Mattering, RawEngine, RawPackages, RawTenant


@dataclass(frozen=True, slots=True)
class Sent:
    """What a changing request was answered: the HTTP status, and the uuid of what it made, where it says one.

    Nothing else of the answer is kept: it may repeat passwords.
    """

    status: int
    uuid: str | None = None


@dataclass(frozen=True, slots=True)
class PortalLogin:
    """How an engine reaches the portal while it is set up."""

    portal: Portal
    password: Secret


class Engine(Protocol):
    """One Wazo engine. Every call raises StackUnreachable for silence and StackRefused for a no."""

    def is_set_up(self) -> bool | None:
        """True or False as its wizard says; None while it is not ready for either."""
        ...

    def set_up(self, *, name: str, address: str, portal: PortalLogin | None, instance_uuid: str | None) -> str | None:
        """Run its first-time set-up and register it on the portal; gives the portal's uuid for it. Repeatable."""
        ...

    def ensure_tenant(self, *, name: str, slug: str, uuid: str) -> None:
        """Make the customer's tenant under our uuid if it is not there, and wait until it is usable."""
        ...

    def fetch_tenant(self, tenant_uuid: str, mattering: Mattering) -> RawTenant:
        """Everything of a tenant but its users' function keys; of users who do not matter only who they are."""
        ...

    def fetch_keys(self, tenant_uuid: str, users: Sequence[str]) -> Mapping[str, Json]:
        """The function keys of these users, by uuid."""
        ...

    def fetch_engine(self) -> RawEngine:
        """The engine's own settings."""
        ...

    def installed_plugins(self) -> tuple[str, ...]:
        """Ids of the plugins that provd has, in order."""
        ...

    def send(self, *, service: str, method: str, path: str, body: Any, tenant_uuid: str | None) -> Sent:
        """One request that changes something. tenant None: in the master tenant's name."""
        ...

    def install_plugin(self, plugin: str) -> None:
        """Install a phone plugin and wait for the end of it; does nothing when it is there."""
        ...

    def fetch_packages(self, plugins: Sequence[str]) -> Mapping[str, RawPackages]:
        """What installed plugins have to install beside themselves, and what of it is there."""
        ...

    def install_firmware(self, plugin: str, package: str, *, told: Callable[[int, int], None]) -> None:
        """Install a plugin's package and wait for the end of it; does nothing when it is there.

        told: called with how much of how much was fetched, as provd counts it, whenever it is asked.
        """
        ...

    def wait_for_provd(self) -> None:
        """Wait until provd answers again after a change that restarts it."""
        ...

    def devices(self, tenant_uuid: str) -> Sequence[Json]:
        """What provd sees: the tenant's devices and those that belong to nobody yet."""
        ...

    def phone_settings(self, devices: Sequence[str]) -> Mapping[str, Json]:
        """What provd writes these devices' files from, by id; one that has nothing is left out."""
        ...

    def synchronise(self, device_id: str) -> bool:
        """Make a phone fetch its file; False when provd's operation failed."""
        ...

    def registered_lines(self, tenant_uuid: str) -> frozenset[str] | None:
        """SIP user names registered now, or None where the engine's calld does not answer."""
        ...


class PortalDoor(Protocol):
    """The portal, as far as the register step needs it."""

    def find_instance(self, name: str) -> str | None:
        """The uuid of the stack that bears exactly this name, or None."""
        ...

    def instance_configured(self, instance_uuid: str) -> bool:
        """Whether the portal reaches the engine and finds it set up."""
        ...

    def ensure_customer(self, *, name: str, siret: str) -> str:
        """The customer's uuid; the customer is found by SIRET or made."""
        ...

    def ensure_location(self, *, name: str, customer_uuid: str) -> str:
        """The location's uuid; found by name below its customer or made."""
        ...

    def link(self, *, location_uuid: str, tenant_uuid: str, instance_uuid: str) -> None:
        """Tie the location to the engine's tenant; does nothing when it is."""
        ...

    def move_instance(self, instance_uuid: str, *, stack: str, host: str) -> None:
        """Tell the portal the engine's address at the customer's."""
        ...


class OrderBook(Protocol):
    """Orders as the steps see them."""

    def get(self, order_id: str) -> Order:
        """The order."""
        ...

    def keep(self, order_id: str, **values: Any) -> None:
        """Write down what the job found out about an order."""
        ...

    def steps(self, order_id: str) -> Mapping[StepName, StepRecord]:
        """How every step stands."""
        ...

    def set_step(self, order_id: str, name: StepName, **values: Any) -> None:
        """Write down how a step stands."""
        ...


class Boxes(Protocol):
    """Appliances as the steps see them."""

    def find(self, serial: Serial) -> Box | None:
        """The box, or None."""
        ...


class PlanShelf(Protocol):
    """Plans as the steps see them."""

    def latest(self, order_id: str, *, ok: bool = False) -> PlanVersion | None:
        """The newest version, or the newest without errors."""
        ...


class StackList(Protocol):
    """Stacks as the steps see them."""

    def get(self, name: str) -> Stack:
        """The stack."""
        ...

    def change(self, name: str, **values: Any) -> None:
        """Write down what the job found out about a stack."""
        ...

    def get_portal(self, name: str) -> Portal:
        """The portal."""
        ...


class Journal(Protocol):
    """Intent before each action, outcome after."""

    def open(self, order_id: str) -> Changeset | None:
        """The approved change set that is not applied yet."""
        ...

    def close(self, changeset_id: int, status: str) -> bool:
        """A change set came to its end; False when it had ended otherwise."""
        ...

    def keep_states(self, changeset_id: int, *, applied: Mapping[str, Any], before: Mapping[str, Any]) -> None:
        """What stood there before, and what is to be brought; the first word stays."""
        ...

    def keep_applied(self, changeset_id: int, applied: Mapping[str, Any]) -> None:
        """More belongs to the change set than was known."""
        ...

    def states(self, changeset_id: int) -> tuple[Mapping[str, Any], Mapping[str, Any]] | None:
        """What it brings and what stood there before."""
        ...

    def last_sent(self, order_id: str) -> Changeset | None:
        """The newest change set that sent something and was not taken back."""
        ...

    def left(self, order_id: str) -> tuple[Mapping[str, Any], ...]:
        """What was brought, newest first, back to the last change set that was carried out whole."""
        ...

    def ever_sent(self, order_id: str) -> bool:
        """Whether any change set of the order sent something, taken back or not."""
        ...

    def mark_undone(self, changeset_id: int) -> None:
        """Everything that it brought is gone again."""
        ...

    def intend(
        self, order_id: str, *, step: StepName, key: str, title: Mapping[str, str], method: str, path: str
    ) -> int:
        """Write down what is about to be sent."""
        ...

    def outcome(self, action_id: int, *, status: str, answer: int | None = None, fault: Fault | None = None) -> None:
        """Write down what came of it."""
        ...

    def settle_unknown(self, order_id: str) -> int:
        """After a silence, intents without an outcome become `unknown`."""
        ...


class Shelf(Protocol):
    """What people scanned and printed, and finished documents."""

    def scans(self, order_id: str) -> tuple[BenchScan, ...]:
        """The order's scans."""
        ...

    def keep_pairs(self, order_id: str, pairs: Mapping[str, Mac]) -> None:
        """Remember which phone stands for which wanted one."""
        ...

    def pairs(self, order_id: str) -> Mapping[str, Mac]:
        """The phone of each wanted one."""
        ...

    def copies(self, order_id: str) -> Mapping[tuple[str, str], LabelCopy]:
        """The newest copy of each label that was printed."""
        ...

    def keep_document(self, order_id: str, name: str, content: bytes) -> None:
        """Keep a finished document."""
        ...


class Diary(Protocol):
    """The timeline."""

    def add(
        self,
        event: str,
        facts: Mapping[str, Any] | None = None,
        *,
        order_id: str | None = None,
        serial: Serial | None = None,
        operator: str | None = None,
    ) -> None:
        """Write one line down."""
        ...


class Stationery(Protocol):
    """Labels and sheets of an order. macs: the phone of each wanted one, by extension or `base-1`."""

    def check(self, order: Order, plan: PlanVersion, macs: Mapping[str, Mac]) -> Mapping[tuple[str, str], str]:
        """Draw and read back every label of the order; gives what each (kind, item) says. Raises LabelRefused."""
        ...

    def acceptance_sheet(self, order: Order, plan: PlanVersion, macs: Mapping[str, Mac]) -> bytes:
        """The acceptance sheet as a PDF."""
        ...


@dataclass(frozen=True, slots=True)
class StepNeeds:
    """Everything a step may ask for. secret: scope, kind, key to a secret that is made once and kept."""

    orders: OrderBook
    boxes: Boxes
    plans: PlanShelf
    stacks: StackList
    journal: Journal
    shelf: Shelf
    diary: Diary
    stationery: Stationery
    secret: Callable[[str, str, str], Secret]
    secrets: Callable[[str, Iterable[tuple[str, str]]], Mapping[tuple[str, str], Secret]]
    """Many of one scope at once, by kind and key."""
    engine_of: Callable[[Stack], Engine]
    portal_of: Callable[[str], tuple[PortalDoor, PortalLogin]]
    clock: Clock
    certificate_of: Callable[[Serial, str], str | None]
    """The file with the certificate that a box's engine reported, for a stack's name; None when it sent none."""
    preset: Preset = field(default_factory=Preset)
    """What the integrator sets once, for every order."""
    stopping: Callable[[], bool] = lambda: False
    """Whether this process is about to end: then nothing more is sent, and the step goes on elsewhere."""
    connections: int = 4
    """How many requests one pass has in flight at most. confd is one process: two connections fill it, four hide its
    pauses (measured with confd 26.08)."""
