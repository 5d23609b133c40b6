"""What does the sandbox remember? One engine, one portal, one room of phones, and what was asked of them."""

import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

from flask import current_app

from staging.sandbox.accounts import Accounts, user_row
from staging.sandbox.box import SimulatedBox
from staging.sandbox.devices.state import Provd
from staging.sandbox.seeds import engine_settings, sip_templates
from staging.sandbox.tables import Database, Row
from staging.sandbox.trouble import Trouble

CONFIGURED_PLUGINS = ("wazo-yealink-v85", "wazo-yealink-v86")
"""What an engine in service has; one fresh from its installer has none."""


@dataclass(frozen=True, slots=True)
class Options:
    """How the sandbox starts. tenant_delay, restart_delay, operation_delay: seconds.

    open_door: the wizard is still open, yet the account and the plugins are there already, which a real engine never
    has: whoever tries things on may set the engine up, or use it at once as a shared one in service.
    """

    configured: bool = False
    open_door: bool = False
    root_password: str = "sandbox"  # noqa: S105  # a loopback toy's published password, not a secret
    tenant_delay: float = 0.1
    restart_delay: float = 0.3
    operation_delay: float = 0.05


@dataclass(slots=True)
class Room:
    """The bench: phones by MAC, boxes switched on, and what Asterisk answers when asked to wake a phone.

    woken: whom Asterisk was asked to wake, by account or address, whatever came of it.
    """

    phones: dict[str, Row] = field(default_factory=dict)
    notify: str = "ok"
    woken: list[str] = field(default_factory=list)
    boxes: list[SimulatedBox] = field(default_factory=list)


@dataclass(slots=True)
class Portal:
    """The integrator's portal: its own accounts, and its documents by uuid."""

    accounts: Accounts = field(default_factory=Accounts)
    instances: dict[str, Row] = field(default_factory=dict)
    credentials: dict[str, Row] = field(default_factory=dict)
    customers: dict[str, Row] = field(default_factory=dict)
    locations: dict[str, Row] = field(default_factory=dict)
    subscriptions: dict[str, Row] = field(default_factory=dict)


class World:
    """All state behind one lock; `reset` starts it afresh."""

    def __init__(self, options: Options) -> None:
        self.options = options
        self.lock = threading.RLock()
        self.trouble = Trouble()
        self.reset()

    def reset(self) -> None:
        """Back to the first minute, with the same options; counters and logs too."""
        self.db = Database()
        self.accounts = Accounts()
        self.provd = Provd()
        self.portal = Portal()
        self.room = Room()
        self.configured = False
        self.log: list[Row] = []
        self.writes = 0
        self.in_flight: Counter[str] = Counter()
        self._awaited: dict[str, float] = {}
        root = {"username": "staging", "firstname": "staging"}
        portal = self.portal.accounts
        portal.add_user(
            user_row(str(uuid4()), portal.master, root, purpose="internal", method="native"), "sandbox", acl=["#"]
        )
        for name, value in engine_settings().items():
            self.db.settings.add({"name": name, "value": value})
        self._meet_tenant(self.accounts.master)
        if self.options.configured or self.options.open_door:
            self.set_up(self.options.root_password)
            for plugin in CONFIGURED_PLUGINS:
                self.provd.install(plugin)
            self.configured = self.options.configured

    def set_up(self, password: str) -> None:
        """What the first-time wizard does: the root account and provd's four documents."""
        self.configured = True
        for uuid in [uuid for uuid, user in self.accounts.users.items() if user["username"] == "root"]:
            self.accounts.remove_user(uuid)
        root = user_row(str(uuid4()), self.accounts.master, {"username": "root"}, purpose="internal", method="native")
        self.accounts.add_user(root, password, acl=["#"])
        self.provd.set_up(address="127.0.0.1")

    def await_tenant(self, uuid: str) -> None:
        """confd hears of a new tenant from the bus, a moment later."""
        self._awaited[uuid] = time.monotonic() + self.options.tenant_delay

    def settle(self) -> None:
        """Let through what was to happen by now; called as each request comes in."""
        now = time.monotonic()
        for uuid in [uuid for uuid, due in self._awaited.items() if due <= now]:
            del self._awaited[uuid]
            if uuid in self.accounts.tenants:
                self._meet_tenant(uuid)

    def setting(self, name: str) -> Any:
        return self.db.settings[name]["value"]

    def keep_setting(self, name: str, value: Any) -> None:
        self.db.settings.change(name, value=value)

    def _meet_tenant(self, uuid: str) -> None:
        templates = sip_templates(uuid)
        for template in templates.values():
            self.db.templates.add(template)
        slug = self.accounts.tenants[uuid]["slug"]
        names = ("global", "webrtc", "registration_trunk", "meeting_guest")
        uuids = {f"{name}_sip_template_uuid": templates[name]["uuid"] for name in names}
        self.db.tenants.add({"uuid": uuid, "slug": slug, "sip_templates_generated": True, **uuids})


def world() -> World:
    """The world of the request in hand."""
    found: World = current_app.extensions["sandbox"]
    return found
