"""What must an engine do for us, in requests small enough to be true of the sandbox and of a real one alike?

Each case works in a tenant of its own, which is emptied and deleted afterwards. Statuses and words are those of the
recordings (`tests/recordings`), from the requests named beside each case.
"""

import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import requests

from numbering.plan import NumberingPlan
from staging.adapters.engine_door import EngineDoor
from staging.core.secret import Secret
from staging.jobs.job import Stack
from staging.wazo.actions import ready_actions
from staging.wazo.change import due
from staging.wazo.desired import desired_state
from staging.wazo.diff import changes, users_with_keys
from staging.wazo.facts import OrderFacts
from staging.wazo.live import read_tenant
from staging.wazo.live_state import LiveState
from staging.wazo.raw import Mattering
from staging.wazo.state import SecretRef, StackState, fill_secrets, fill_uuid
from staging.wazo.undo import undo_target
from staging.wazo.verify import differences
from tests.fakes.wazo_state import six_seats

_PROVD = "application/vnd.proformatique.provd+json"
_PATIENCE_S = 30.0
_NUMBERS = tuple(str(number) for number in range(8000, 8020))
_ABSENT = "00000000-0000-4000-8000-000000000000"


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    text: str
    body: Any
    headers: Any


@dataclass
class EngineAtHand:
    """An engine and a tenant made for these cases. verify: False, or the file with its certificate."""

    url: str
    password: str
    username: str = "root"
    verify: bool | str = True
    session: requests.Session = field(default_factory=requests.Session)

    def __post_init__(self) -> None:
        self.session.trust_env = False
        self.session.verify = self.verify
        reply = self.session.post(
            f"{self.url}/api/auth/0.1/token", auth=(self.username, self.password), json={"expiration": 3600}, timeout=30
        )
        assert reply.status_code == 200, f"the engine refused the account: {reply.status_code}"
        self.session.headers["X-Auth-Token"] = reply.json()["data"]["token"]
        tail = uuid.uuid4().hex[:8]
        own = self.ask("POST", "auth/0.1/tenants", {"name": f"staging {tail}", "slug": f"s{tail}"})
        assert own.status == 200, f"the account may not make a tenant: {own.status}"
        self.tenant = own.body["uuid"]
        self.session.headers["Wazo-Tenant"] = self.tenant
        self._wait(self._known)

    def ask(self, method: str, path: str, body: Any = None, **headers: str) -> Answer:
        media = _PROVD if path.startswith("provd") else "application/json"
        reply = self.session.request(
            method, f"{self.url}/api/{path}", json=body, timeout=120,
            headers={"Accept": media, **({"Content-Type": media} if body is not None else {}), **headers},
        )  # fmt: skip
        try:
            document = reply.json()
        except ValueError:
            document = {}
        return Answer(reply.status_code, reply.text, document, reply.headers)

    def make(self, path: str, body: Any) -> Any:
        answer = self.ask("POST", f"confd/1.1/{path}", body)
        assert answer.status == 201, f"POST {path}: {answer.status} {answer.text[:200]}"
        return answer.body

    def contexts(self) -> tuple[str, str]:
        """An internal context 8000-8019 and one for the DIDs 0465710000-0465710009; their names."""
        inner = {"label": "Interne", "type": "internal", "user_ranges": [{"start": "8000", "end": "8019"}],
                 "group_ranges": [{"start": "8020", "end": "8029"}]}  # fmt: skip
        outer = {"label": "Entrants", "type": "incall", "incall_ranges": [{"start": "0465710000", "end": "0465710009"}]}
        return self.make("contexts", inner)["name"], self.make("contexts", outer)["name"]

    def seat(self, context: str, exten: str = "8000", **more: Any) -> dict[str, Any]:
        """The body of a nested user with one line."""
        sip = {
            "name": uuid.uuid4().hex[:8],
            "auth_section_options": [["username", f"u{exten}"], ["password", "x" * 12]],
        }
        line = {"context": context, "endpoint_sip": sip, "extensions": [{"exten": exten, "context": context}]}
        return {"firstname": "accueil", "lines": [line], **more}

    def close(self) -> None:
        """Leave nothing: what these cases made goes with its tenant."""
        for kind in (
            "users",
            "callpickups",
            "groups",
            "incalls",
            "voicemails",
            "lines",
            "extensions",
            "devices",
            "contexts",
        ):
            for item in self.ask("GET", f"confd/1.1/{kind}").body.get("items", []):
                tail = f"{item['uuid']}?recursive=true" if kind == "users" else item.get("id") or item.get("uuid")
                self.ask("DELETE", f"confd/1.1/{kind}/{tail}")
        self.session.headers.pop("Wazo-Tenant")
        self.ask("DELETE", f"auth/0.1/tenants/{self.tenant}")
        self.session.close()

    def _known(self) -> bool:
        """confd hears of a tenant some moments after wazo-auth, and makes its templates then."""
        answer = self.ask("GET", f"confd/1.1/tenants/{self.tenant}")
        return answer.status == 200 and bool(answer.body.get("sip_templates_generated"))

    @staticmethod
    def _wait(ready: Callable[[], bool]) -> None:
        end = time.monotonic() + _PATIENCE_S
        while not ready():
            assert time.monotonic() < end, "confd never heard of the tenant"
            time.sleep(0.05)


def a_wrong_token_is_401_and_comes_back_in_the_answer(engine: EngineAtHand) -> None:
    answer = engine.ask("GET", "confd/1.1/users", **{"X-Auth-Token": _ABSENT})
    assert answer.status == 401
    assert _ABSENT in answer.text


def a_wrong_password_is_401(engine: EngineAtHand) -> None:
    reply = requests.post(
        f"{engine.url}/api/auth/0.1/token", auth=("root", "wrong"), json={}, verify=engine.verify, timeout=30
    )
    assert (reply.status_code, reply.json()["status_code"]) == (401, 401)


def a_nested_user_has_line_number_and_did(engine: EngineAtHand) -> None:
    inner, outer = engine.contexts()
    did = {"extensions": [{"exten": "0465710001", "context": outer}]}
    made = engine.make("users", engine.seat(inner, incalls=[did]))
    seen = engine.ask("GET", f"confd/1.1/users/{made['uuid']}").body
    assert [number["exten"] for line in seen["lines"] for number in line["extensions"]] == ["8000"]
    assert [number["exten"] for incall in seen["incalls"] for number in incall["extensions"]] == ["0465710001"]


def a_number_that_is_taken_is_400_never_409(engine: EngineAtHand) -> None:
    inner, _ = engine.contexts()
    engine.make("users", engine.seat(inner))
    flat = engine.ask("POST", "confd/1.1/extensions", {"exten": "8000", "context": inner})
    nested = engine.ask("POST", "confd/1.1/users", engine.seat(inner))
    assert (flat.status, nested.status) == (400, 400)
    assert "Extension already exists" in flat.text
    assert "Line is associated with a Extension" in nested.text


def a_refused_nested_user_leaves_nothing(engine: EngineAtHand) -> None:
    inner, _ = engine.contexts()
    refused = engine.ask("POST", "confd/1.1/users", engine.seat(inner, "8500"))
    assert refused.status == 400
    assert "is outside of range" in refused.text
    for kind in ("users", "lines", "extensions"):
        assert engine.ask("GET", f"confd/1.1/{kind}").body["items"] == []


def an_email_is_unique_and_says_so(engine: EngineAtHand) -> None:
    inner, _ = engine.contexts()
    mail = f"{uuid.uuid4().hex[:8]}@atelier-bleu.example"
    engine.make("users", engine.seat(inner, email=mail))
    again = engine.ask("POST", "confd/1.1/users", engine.seat(inner, "8001", email=mail))
    assert again.status == 400
    assert "User already exists ('email'" in again.text


def a_uuid_of_ours_is_not_honoured(engine: EngineAtHand) -> None:
    inner, _ = engine.contexts()
    assert engine.make("users", engine.seat(inner, uuid=_ABSENT))["uuid"] != _ABSENT


def a_did_outside_its_range_makes_the_range_grow(engine: EngineAtHand) -> None:
    inner, outer = engine.contexts()
    did = {"extensions": [{"exten": "0465710099", "context": outer}]}
    engine.make("users", engine.seat(inner, incalls=[did]))
    ranges = next(
        context["incall_ranges"]
        for context in engine.ask("GET", "confd/1.1/contexts").body["items"]
        if context["name"] == outer
    )
    assert ("0465710099", "0465710099") in [(one["start"], one["end"]) for one in ranges]


def a_recursive_delete_leaves_the_did_ringing_nobody(engine: EngineAtHand) -> None:
    inner, outer = engine.contexts()
    did = {"extensions": [{"exten": "0465710001", "context": outer}]}
    made = engine.make("users", engine.seat(inner, incalls=[did]))
    assert engine.ask("DELETE", f"confd/1.1/users/{made['uuid']}?recursive=true").status == 204
    (incall,) = engine.ask("GET", "confd/1.1/incalls").body["items"]
    assert incall["destination"]["type"] == "none"
    assert [number["exten"] for number in incall["extensions"]] == ["0465710001"]
    assert engine.ask("GET", "confd/1.1/lines").body["items"] == []


def a_user_with_a_voicemail_is_not_deleted_plainly(engine: EngineAtHand) -> None:
    inner, _ = engine.contexts()
    box = {"name": "accueil", "number": "8000", "context": inner}
    made = engine.make("users", engine.seat(inner, voicemail=box))
    refused = engine.ask("DELETE", f"confd/1.1/users/{made['uuid']}")
    assert refused.status == 400
    assert "User is associated with a Voicemail" in refused.text


def a_name_that_changes_does_not_change_the_caller_id(engine: EngineAtHand) -> None:
    inner, _ = engine.contexts()
    made = engine.make("users", engine.seat(inner, caller_id='"accueil"'))
    assert engine.ask("PUT", f"confd/1.1/users/{made['uuid']}", {"lastname": "principal"}).status == 204
    assert engine.ask("GET", f"confd/1.1/users/{made['uuid']}").body["caller_id"] == '"accueil"'


def a_line_needs_endpoint_number_and_user_before_it_goes_on_a_phone(engine: EngineAtHand) -> None:
    inner, _ = engine.contexts()
    line = engine.make("lines", {"context": inner})
    device = engine.make("devices", {"mac": _mac(), "vendor": "Yealink", "model": "T54W"})
    refused = engine.ask("PUT", f"confd/1.1/lines/{line['id']}/devices/{device['id']}")
    assert refused.status == 400
    assert "Line must be associated with a Endpoint" in refused.text


def a_mac_is_known_once_in_either_case(engine: EngineAtHand) -> None:
    mac = _mac()
    engine.make("devices", {"mac": mac})
    again = engine.ask("POST", "confd/1.1/devices", {"mac": mac.upper()})
    assert again.status == 400
    assert "Device already exists" in again.text
    assert engine.ask("POST", "confd/1.1/devices", {"mac": mac.replace(":", "-")}).status == 400


def synchronising_says_204_whatever_comes_of_it(engine: EngineAtHand) -> None:
    device = engine.make("devices", {"mac": _mac()})
    assert engine.ask("GET", f"confd/1.1/devices/{device['id']}/synchronize").status == 204


def provd_takes_no_other_media_type_than_its_own(engine: EngineAtHand) -> None:
    body = {"id": "nobody"}
    assert (
        engine.ask("POST", "provd/0.2/dev_mgr/synchronize", body, **{"Content-Type": "application/json"}).status == 415
    )
    assert engine.ask("GET", "provd/0.2/dev_mgr/devices", Accept="text/plain").status == 406


def an_unknown_thing_is_404_in_its_own_words(engine: EngineAtHand) -> None:
    answer = engine.ask("GET", f"confd/1.1/users/{_ABSENT}")
    assert answer.status == 404
    assert "Resource Not Found - User was not found" in answer.text


def a_pickup_names_people_by_uuid_and_groups_by_their_number(engine: EngineAtHand) -> None:
    inner, _ = engine.contexts()
    user, group = engine.make("users", engine.seat(inner)), engine.make("groups", {"label": "Accueil"})
    pickup = engine.make("callpickups", {"name": uuid.uuid4().hex})
    path = f"confd/1.1/callpickups/{pickup['id']}"
    assert engine.ask("PUT", f"{path}/interceptors/users", {"users": [{"uuid": user["uuid"]}]}).status == 204
    assert engine.ask("PUT", f"{path}/targets/groups", {"groups": [{"id": group["id"]}]}).status == 204
    assert engine.ask("PUT", f"{path}/targets/groups", {"groups": [{"uuid": group["uuid"]}]}).status == 400
    seen = engine.ask("GET", path).body
    assert [one["uuid"] for one in seen["interceptors"]["users"]] == [user["uuid"]]
    assert [one["id"] for one in seen["targets"]["groups"]] == [group["id"]]


def a_pickups_name_is_the_whole_engines_and_its_people_leave_it_when_they_go(engine: EngineAtHand) -> None:
    inner, _ = engine.contexts()
    user, name = engine.make("users", engine.seat(inner)), uuid.uuid4().hex
    pickup = engine.make("callpickups", {"name": name})
    refused = engine.ask("POST", "confd/1.1/callpickups", {"name": name})
    assert (refused.status, "CallPickup already exists" in refused.text) == (400, True)
    path = f"confd/1.1/callpickups/{pickup['id']}"
    assert engine.ask("PUT", f"{path}/targets/users", {"users": [{"uuid": user["uuid"]}]}).status == 204
    assert engine.ask("DELETE", f"confd/1.1/users/{user['uuid']}?recursive=true").status == 204
    assert engine.ask("GET", path).body["targets"]["users"] == []


def the_first_of_a_users_lines_is_the_main_one(engine: EngineAtHand) -> None:
    inner, _ = engine.contexts()
    seat = engine.seat(inner)
    user = engine.make("users", {**seat, "lines": [*seat["lines"], *engine.seat(inner)["lines"]]})
    first, second = (line["id"] for line in user["lines"])
    body = {"lines": [{"id": second}, {"id": first}]}
    assert engine.ask("PUT", f"confd/1.1/users/{user['uuid']}/lines", body).status == 204
    there = engine.ask("GET", f"confd/1.1/users/{user['uuid']}").body["lines"]
    assert [line["id"] for line in there] == [second, first]


def a_login_takes_another_name_and_address_once_nobody_has_them(engine: EngineAtHand) -> None:
    inner, _ = engine.contexts()
    one, other = (engine.make("users", engine.seat(inner, number))["uuid"] for number in ("8000", "8001"))
    mail, tail = f"{uuid.uuid4().hex[:8]}@atelier-bleu.example", uuid.uuid4().hex[:8]
    for who, name in ((one, mail), (other, tail)):
        login = {"uuid": who, "username": name, "password": "x" * 12, "firstname": "accueil"}
        assert engine.ask("POST", "auth/0.1/users", login).status == 200
    address = {"emails": [{"address": mail.upper(), "main": True, "confirmed": True}]}
    # A user name and an address are one name to log in with, whatever their case.
    assert engine.ask("PUT", f"auth/0.1/admin/users/{other}/emails", address).status == 409
    assert engine.ask("PUT", f"auth/0.1/users/{other}", {"username": mail}).status == 409
    assert engine.ask("PUT", f"auth/0.1/users/{one}", {"username": one, "firstname": "accueil"}).status == 200
    assert engine.ask("PUT", f"auth/0.1/admin/users/{other}/emails", address).status == 200
    assert engine.ask("PUT", f"auth/0.1/users/{other}", {"username": mail}).status == 200
    there = engine.ask("GET", f"auth/0.1/users/{other}").body
    assert (there["username"], there["firstname"], len(there["emails"])) == (mail, None, 1)


def a_customer_is_made_verified_made_again_without_a_write_and_taken_back(engine: EngineAtHand) -> None:
    """Our own client, comparison and requests, from nothing to nothing."""
    door = EngineDoor(_stack(engine), Secret(engine.password))
    facts = OrderFacts("7f3k", "Atelier Bleu", "atelierb", "Atelier Bleu", tenant_uuid=engine.tenant)
    wish = desired_state(_without_mail(six_seats()), facts, macs={})
    wrote = _settle(door, engine.tenant, wish, applied=None)
    assert wrote > len(wish.users)
    assert differences(wish, _look(door, engine.tenant, wish)) == ()
    assert _settle(door, engine.tenant, wish, applied=wish) == 0
    _settle(door, engine.tenant, undo_target(wish), applied=wish)
    left = _look(door, engine.tenant, wish)
    assert (left.users, left.lines, left.voicemails, left.incalls, left.groups, left.accounts) == ((),) * 6
    assert left.pickups == ()


CASES: tuple[Callable[[EngineAtHand], None], ...] = (
    a_wrong_token_is_401_and_comes_back_in_the_answer,
    a_wrong_password_is_401,
    a_nested_user_has_line_number_and_did,
    a_number_that_is_taken_is_400_never_409,
    a_refused_nested_user_leaves_nothing,
    an_email_is_unique_and_says_so,
    a_uuid_of_ours_is_not_honoured,
    a_did_outside_its_range_makes_the_range_grow,
    a_recursive_delete_leaves_the_did_ringing_nobody,
    a_user_with_a_voicemail_is_not_deleted_plainly,
    a_name_that_changes_does_not_change_the_caller_id,
    a_line_needs_endpoint_number_and_user_before_it_goes_on_a_phone,
    a_mac_is_known_once_in_either_case,
    synchronising_says_204_whatever_comes_of_it,
    provd_takes_no_other_media_type_than_its_own,
    an_unknown_thing_is_404_in_its_own_words,
    a_pickup_names_people_by_uuid_and_groups_by_their_number,
    a_pickups_name_is_the_whole_engines_and_its_people_leave_it_when_they_go,
    the_first_of_a_users_lines_is_the_main_one,
    a_login_takes_another_name_and_address_once_nobody_has_them,
    a_customer_is_made_verified_made_again_without_a_write_and_taken_back,
)


def _mac() -> str:
    """One that no vendor gave out, so that no phone of the engine's has it."""
    tail = uuid.uuid4().hex
    return f"02:00:{tail[:2]}:{tail[2:4]}:{tail[4:6]}:{tail[6:8]}"


def _secret(ref: SecretRef) -> str:
    """As strict as the engine asks: PINs are digits."""
    return "246810" if ref.kind == "voicemail-pin" else f"{ref.kind}{ref.key}".replace("-", "").replace("/", "")


def _stack(engine: EngineAtHand) -> Stack:
    ca_file = engine.verify if isinstance(engine.verify, str) else None
    return Stack("engine", "on-cloud", url=engine.url, username=engine.username, ca_file=ca_file)


def _without_mail(plan: NumberingPlan) -> NumberingPlan:
    """E-mail addresses are the whole engine's: another run's may still be there."""
    return replace(plan, seats=tuple(replace(seat, email=None) for seat in plan.seats))


def _look(door: EngineDoor, tenant: str, wish: StackState) -> LiveState:
    raw = door.fetch_tenant(tenant, Mattering("staging:7f3k", frozenset(_NUMBERS)))
    keys = door.fetch_keys(tenant, users_with_keys(wish, read_tenant(raw)))
    return read_tenant(replace(raw, funckeys=keys))


def _settle(door: EngineDoor, tenant: str, wish: StackState, *, applied: StackState | None) -> int:
    """Send what is due until nothing is; the number of requests."""
    sent = 0
    for _ in range(12):
        live = _look(door, tenant, wish)
        found = changes(wish, live, applied=applied)
        if not due(found):
            return sent
        made: str | None = None
        for action in ready_actions(found, live, desired=wish, applied=applied):
            body = fill_secrets(action.body, _secret)
            answer = door.send(
                service=action.service, method=action.method, path=action.path, tenant_uuid=tenant,
                body=fill_uuid(body, made) if action.follows and made else body,
            )  # fmt: skip
            made, sent = answer.uuid, sent + 1
    raise AssertionError("the engine does not settle")
