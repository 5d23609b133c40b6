"""What does a view need beyond its request? The desk, the brake of the sign-in, the demo's doors."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from flask import Flask, current_app

from staging.adapters.store.store import Store
from staging.core.roles import Role
from staging.desk.desk import Desk
from staging.web.brake import SignInBrake

_NAME = "staging"


@dataclass(frozen=True, slots=True)
class DemoLinks:
    """What the demo's first page offers. operators: a name per role that a button signs in, without a password.

    Only for a service that listens on loopback alone. note_url: the sandbox's own address, to show beside it.
    """

    operators: Mapping[Role, str]
    note_url: str = ""


@dataclass(frozen=True, slots=True)
class Here:
    """Everything that belongs to this application and to no request."""

    desk: Desk
    demo: DemoLinks | None = None
    brake: SignInBrake = field(default_factory=SignInBrake)

    @property
    def store(self) -> Store:
        """What is written down."""
        return self.desk.store

    def now(self) -> datetime:
        """The present moment, as everything that is written down is stamped."""
        return self.desk.clock.now()


def settle(app: Flask, value: Here) -> None:
    """Tie an application to its desk."""
    app.extensions[_NAME] = value


def here() -> Here:
    """The value of the application that answers this request."""
    found = current_app.extensions[_NAME]
    if not isinstance(found, Here):
        raise TypeError("the application was not made by create_app")
    return found
