"""What does every request need? The store, the ways out, and the settings, in one frozen hand."""

from collections.abc import Callable
from dataclasses import dataclass

from staging.adapters.stationery import PaperShop
from staging.adapters.store.store import Store
from staging.core.clock import Clock
from staging.jobs.job import Stack
from staging.jobs.needs import Engine, StepNeeds
from staging.settings import Settings


@dataclass(frozen=True, slots=True)
class Desk:
    """Everything that a request may use. needs: what the steps use, for looks that write nothing."""

    store: Store
    clock: Clock
    settings: Settings
    needs: StepNeeds
    engine_of: Callable[[Stack], Engine]
    paper: PaperShop
