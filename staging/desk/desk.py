"""What does every request need? The store, the ways out, and the settings, in one frozen hand."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from labels.label import Label
from staging.adapters.stationery import PaperShop
from staging.adapters.store.store import Store
from staging.core.clock import Clock
from staging.core.words import Extension
from staging.desk.glance import Glance
from staging.desk.kept import Kept
from staging.jobs.job import Stack
from staging.jobs.needs import Engine, StepNeeds
from staging.phones.match import WantedPhone
from staging.phones.ports import BenchPort
from staging.settings import Settings

_ORDERS = 32
"""Orders on the bench at once; what is kept of one with 300 phones takes about a megabyte."""


@dataclass(frozen=True, slots=True)
class Wishes:
    """The phones that a plan asks for. names: of the seats, by extension; sites, ports: by the phone's key."""

    phones: tuple[WantedPhone, ...]
    names: Mapping[Extension, str]
    sites: Mapping[str, str]
    ports: Mapping[str, BenchPort]


@dataclass(frozen=True, slots=True)
class Desk:
    """Everything that a request may use. needs: what the steps use, for looks that write nothing.

    glance, books, wishes: what scans read at a rate that no engine and no database should have to follow.
    """

    store: Store
    clock: Clock
    settings: Settings
    needs: StepNeeds
    engine_of: Callable[[Stack], Engine]
    paper: PaperShop
    glance: Glance = field(default_factory=Glance)
    books: Kept[tuple[Label, ...]] = field(default_factory=lambda: Kept(_ORDERS))
    wishes: Kept[Wishes] = field(default_factory=lambda: Kept(_ORDERS))
