"""Is an engine of the customer's own set up in an order that it survives, and then left alone?"""

from dataclasses import replace
from typing import Any

from staging.wazo.actions import ready_actions
from staging.wazo.change import Action
from staging.wazo.desired import desired_state
from staging.wazo.diff import changes
from staging.wazo.facts import EngineFacts, Preset
from staging.wazo.live import read_engine
from staging.wazo.live_state import LiveState, LiveTenant
from staging.wazo.raw import RawEngine
from staging.wazo.state import Dhcp, EngineSettings, SecretRef, StackState, fill_secrets
from tests.fakes.wazo_state import FACTS, MACS, reveal, six_seats

ENGINE = EngineFacts(
    "192.0.2.10",
    Dhcp(True, "192.0.2.100", "192.0.2.200", ("eno1",)),
    ("192.0.2.0/24",),
)
STUN = Preset(stun="192.0.2.10:3478")
DESIRED = desired_state(six_seats(), replace(FACTS, engine=ENGINE, preset=STUN), macs=MACS)


class Engine:
    """An engine fresh from its wizard; each document is replaced whole, as the daemons do."""

    def __init__(self) -> None:
        self.networking: dict[str, Any] = {"provision_host": "127.0.0.1", "provision_http_port": 8667}
        self.dhcp: dict[str, Any] = {"active": False, "pool_start": None, "pool_end": None}
        self.registrar: dict[str, Any] = {"id": "default", "deletable": False, "main_host": "127.0.0.1", "links": []}
        self.rtp: dict[str, Any] = {"options": {"rtpstart": "10000", "rtpend": "20000", "strictrtp": "yes"}}
        self.phonebook: list[dict[str, Any]] = []
        raw = {"locale": "en_US", "admin_password": "from-the-wizard", "X_key": "kept"}
        self.default: dict[str, Any] = {"id": "defaultconfigdevice", "parent_ids": ["base"], "raw_config": raw}
        self.installed: dict[str, Any] = {}
        self.installable: dict[str, Any] = {}

    def live(self) -> LiveState:
        raw = RawEngine(
            self.networking, self.dhcp, self.registrar, self.rtp, tuple(self.phonebook), self.default,
            self.installed, self.installable,
        )  # fmt: skip
        return LiveState(engine=read_engine(raw))

    def send(self, action: Action) -> None:
        assert action.scope == "master"
        body = fill_secrets(action.body, reveal)
        match action.path:
            case "provisioning/networking":
                self.networking = body
            case "dhcp":
                self.dhcp = body
            case "registrars/default":
                self.registrar = body
            case "asterisk/rtp/general":
                self.rtp = body
            case "access_features":
                self.phonebook.append(body)
            case "pg_mgr/install/update":
                self.installable = {"wazo-yealink-v85": {}, "wazo-yealink-v86": {}}
            case "pg_mgr/install/install":
                self.installed[body["id"]] = self.installable[body["id"]]
            case "cfg_mgr/configs/defaultconfigdevice":
                self.default = body["config"]
            case other:
                raise AssertionError(other)


def same_secret(secret: SecretRef, value: str) -> bool:
    return reveal(secret) == value


def _passes(engine: Engine) -> list[list[str]]:
    sent: list[list[str]] = []
    for _ in range(6):
        live = engine.live()
        found = [c for c in changes(DESIRED, live, same_secret=same_secret) if c.noun not in ("tenant", "user")]
        actions = [a for a in ready_actions(found, live, desired=DESIRED) if a.lane == "engine"]
        if not actions:
            break
        for action in actions:
            engine.send(action)
        sent.append([action.path for action in actions])
    return sent


def test_the_provisioning_address_goes_alone_because_provd_restarts() -> None:
    assert _passes(Engine())[0] == ["provisioning/networking"]


def test_a_plugin_waits_for_the_list_that_names_it() -> None:
    paths = [path for one in _passes(Engine()) for path in one if path.startswith("pg_mgr")]
    assert paths == ["pg_mgr/install/update", "pg_mgr/install/install"]


def test_a_second_look_writes_nothing() -> None:
    engine = Engine()
    assert len(_passes(engine)) == 3
    assert _passes(engine) == []


def test_documents_that_are_replaced_whole_keep_what_is_not_ours() -> None:
    engine = Engine()
    _passes(engine)
    assert engine.default["raw_config"]["X_key"] == "kept"
    assert engine.default["parent_ids"] == ["base"]
    assert engine.rtp["options"]["strictrtp"] == "yes"
    assert engine.default["raw_config"]["admin_password"] == "phone-admin-password.phones"


def test_a_password_shows_neither_before_nor_after() -> None:
    found = [c for c in changes(DESIRED, Engine().live(), same_secret=same_secret) if c.noun == "default-device"]
    texts = {field.name: (field.before, field.after) for field in found[0].fields}
    assert texts["admin_password"] == ("•••", "•••")


def test_a_phone_is_declared_only_once_its_plugin_is_there() -> None:
    def declared(engine: Engine) -> int:
        live = replace(engine.live(), tenant=LiveTenant("t", "g", "w"))
        actions = ready_actions(changes(DESIRED, live), live, desired=DESIRED)
        return len([action for action in actions if action.path == "devices"])

    engine = Engine()
    assert declared(engine) == 0
    _passes(engine)
    assert declared(engine) == 3


def test_a_phonebook_that_somebody_closed_is_opened_again_and_not_asked_for_twice() -> None:
    wanted = EngineSettings("h", "h", None, ("192.0.2.0/24",), (), ())
    there = {"provision_host": "h", "provision_http_port": 8667}
    raw = RawEngine(there, {}, {}, {}, ({"id": 4, "host": "192.0.2.0/24", "enabled": False},), {}, {}, {})
    live = LiveState(tenant=LiveTenant("t", "g", "w"), engine=read_engine(raw))
    wish = StackState(engine=wanted)
    (action,) = [a for a in ready_actions(changes(wish, live), live, desired=wish) if "access" in a.path]
    assert (action.method, action.path, action.body and action.body["enabled"]) == ("PUT", "access_features/4", True)
