"""All that the service writes down, in one hand."""

from dataclasses import dataclass
from pathlib import Path

from staging.adapters.store.appliances import Appliances
from staging.adapters.store.bench import Bench
from staging.adapters.store.changesets import Changesets
from staging.adapters.store.database import Database
from staging.adapters.store.hooks import Hooks
from staging.adapters.store.installs import Installs
from staging.adapters.store.orders import Orders
from staging.adapters.store.people import People
from staging.adapters.store.plans import Plans
from staging.adapters.store.stacks import Stacks
from staging.adapters.store.stock import Stock
from staging.adapters.store.timeline import Timeline
from staging.adapters.store.vault import Vault, open_key
from staging.adapters.store.workers import Workers
from staging.core.clock import Clock, Ids


@dataclass(frozen=True, slots=True)
class Store:
    """One value with a part per noun."""

    database: Database
    orders: Orders
    plans: Plans
    appliances: Appliances
    stacks: Stacks
    changesets: Changesets
    bench: Bench
    stock: Stock
    people: People
    timeline: Timeline
    vault: Vault
    workers: Workers
    hooks: Hooks
    installs: Installs


def open_store(url: str, *, key_file: Path, clock: Clock, ids: Ids) -> Store:
    """Open the database and the vault's key. The schema is brought up by `store.database.upgrade()`."""
    database = Database(url)
    return Store(
        database=database,
        orders=Orders(database, clock, ids),
        plans=Plans(database, clock),
        appliances=Appliances(database, clock),
        stacks=Stacks(database),
        changesets=Changesets(database, clock),
        bench=Bench(database, clock),
        stock=Stock(database, clock),
        people=People(database, clock),
        timeline=Timeline(database, clock),
        vault=Vault(database, open_key(key_file), clock),
        workers=Workers(database, clock),
        hooks=Hooks(database, clock),
        installs=Installs(database, clock),
    )
