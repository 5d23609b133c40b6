"""What does a plan become, and what exactly do we write for a seat?"""

from dataclasses import replace

import pytest

from staging.core.faults import PlanRefused
from staging.core.words import Did, Extension, Mac
from staging.wazo.actions import ready_actions
from staging.wazo.desired import desired_state
from staging.wazo.diff import changes
from staging.wazo.facts import EngineFacts, OrderFacts, engine_number
from staging.wazo.state import Dhcp, LineKey, MadeUuid, NumberRange, SecretRef, StackState, Target, fill_secrets
from tests.fakes.wazo_state import FACTS, MACS, Tenant, plan, reveal, seat, six_seats

DESIRED = desired_state(six_seats(), FACTS, macs=MACS)


def refused(facts: OrderFacts = FACTS, **other: object) -> list[str]:
    with pytest.raises(PlanRefused) as caught:
        desired_state(replace(six_seats(), **other), facts, macs={})
    return [fault.code for fault in caught.value.faults]


def test_all_dids_stand_in_one_list_with_the_main_number() -> None:
    incoming = next(context for context in DESIRED.contexts if context.type == "incall")
    assert incoming.incall_ranges == (
        NumberRange("0465710000", "0465710003", 10),
        NumberRange("0465710009", "0465710009", 10),
    )


def test_groups_take_the_numbers_after_the_seats() -> None:
    assert [(g.label, g.extension, g.members) for g in DESIRED.groups] == [
        ("Accueil", "8020", ("8000", "8002", "8003"))
    ]
    internal = next(context for context in DESIRED.contexts if context.type == "internal")
    assert internal.group_ranges == (NumberRange("8020", "8039"),)


def test_the_main_number_rings_the_first_receptionist_unless_told_otherwise() -> None:
    def rings(main_to: str | None) -> Target:
        state = desired_state(six_seats(), replace(FACTS, main_to=main_to), macs={})
        return next(incall.target for incall in state.incalls if incall.did == "0465710000")

    assert rings(None) == Target("user", "8000")
    assert rings("8003") == Target("user", "8003")
    assert rings("8020") == rings("Accueil") == Target("group", "Accueil")


def test_an_application_line_comes_first_and_brings_a_login() -> None:
    users = {user.extension: user for user in DESIRED.users}
    directrice = users[Extension("8001")]
    assert [line.key.kind for line in directrice.lines] == ["app", "sip"]
    assert [user.extension for user in DESIRED.users if user.account] == ["8001"]


def test_a_receptionists_keys_hold_the_others_in_row_order_from_the_second_key_on() -> None:
    (keys,) = DESIRED.function_keys
    assert [(key.position, key.target) for key in keys.keys] == [
        (2, "8001"), (3, "8002"), (4, "8003"), (5, "8004"), (6, "8005"),
    ]  # fmt: skip


def test_keys_end_where_the_phone_ends() -> None:
    crowd = [
        seat(f"atelier {n}", str(8000 + n), profile="customer-relationship" if n == 0 else "voice") for n in range(40)
    ]
    state = desired_state(plan(*crowd, extension_range="8000-8059"), FACTS, macs={})
    assert [key.position for key in state.function_keys[0].keys] == list(range(2, 28))


def test_one_mac_makes_the_whole_base() -> None:
    base = next(device for device in DESIRED.devices if device.model == "W60B")
    assert (base.mac, base.plugin) == (Mac("02:00:00:00:00:0b"), "wazo-yealink-v85")
    assert [(s.line.extension, s.position) for s in base.seatings] == [
        ("8002", 1),
        ("8003", 2),
        ("8004", 3),
        ("8005", 4),
    ]


@pytest.mark.parametrize(
    ("form", "digits"),
    [("national", "0465710001"), ("e164", "33465710001"), ("e164-plus", "+33465710001"), ("last-4", "0001")],
)
def test_a_did_takes_the_form_that_the_engine_receives(form: str, digits: str) -> None:
    assert engine_number(Did("+33465710001"), form) == digits


def test_ranges_carry_no_plus_sign() -> None:
    state = desired_state(six_seats(), replace(FACTS, did_format="e164-plus"), macs={})
    assert all(r.start.isdigit() for context in state.contexts for r in context.incall_ranges)
    assert all(incall.did.startswith("+33") for incall in state.incalls)


def test_what_cannot_be_put_on_a_stack_is_refused_with_its_place() -> None:
    assert refused(replace(FACTS, main_to="9999")) == ["main-to-nobody"]
    assert refused(replace(FACTS, did_format="last-1"), main_number="+33465710011") == ["numbers-collide"]
    assert refused(extension_range="8000-9999") == ["no-number-for-group"]
    assert refused(seats=(replace(six_seats().seats[0], extension=None),)) == ["seat-incomplete"]


def test_a_shared_stacks_settings_are_nobodys_business() -> None:
    assert DESIRED.engine is None


def test_an_engine_of_the_customers_own_is_told_everything() -> None:
    engine = EngineFacts("192.0.2.10", Dhcp(True, "192.0.2.100", "192.0.2.200", ("eno1",)), ("192.0.2.0/24",))
    settings = desired_state(six_seats(), replace(FACTS, engine=engine), macs={}).engine
    assert settings
    assert settings.plugins == ("wazo-yealink-v85",)
    assert dict(settings.default_device)["locale"] == "fr_FR"
    assert dict(settings.default_device)["admin_password"] == SecretRef("phone-admin-password", "phones")


def test_a_seat_is_one_nested_request_in_the_recorded_shape_and_a_login_beside_it() -> None:
    tenant = Tenant()
    bodies = {}
    for _ in range(3):
        live = tenant.live(DESIRED)
        for action in ready_actions(changes(DESIRED, live), live, desired=DESIRED):
            if (action.method, action.path) == ("POST", "users"):
                bodies[f"{action.service} {action.change.key}"] = action.body
            tenant.send(action)
    internal = next(c["name"] for c in tenant.contexts.values() if c["type"] == "internal")
    incoming = next(c["name"] for c in tenant.contexts.values() if c["type"] == "incall")
    sip = {"username": SecretRef("sip-username", "8001/sip"), "password": SecretRef("sip-password", "8001/sip")}
    app = {"username": SecretRef("sip-username", "8001/app"), "password": SecretRef("sip-password", "8001/app")}
    number = {"context": internal, "position": 1, "extensions": [{"exten": "8001", "context": internal}]}
    assert bodies["confd 8001"] == {
        "firstname": "directrice",
        "email": "directrice@atelier-bleu.example",
        "language": "fr_FR",
        "subscription_type": 1,
        "caller_id": '"directrice"',
        "userfield": "staging:7f3k",
        "lines": [
            number | {"endpoint_sip": {
                "name": app["username"], "label": "staging:7f3k 8001 app", "templates": [{"uuid": "tpl-webrtc"}],
                "auth_section_options": [["username", app["username"]], ["password", app["password"]]]}},
            number | {"endpoint_sip": {
                "name": sip["username"], "label": "staging:7f3k 8001 sip", "templates": [{"uuid": "tpl-global"}],
                "auth_section_options": [["username", sip["username"]], ["password", sip["password"]]]}},
        ],
        "voicemail": {
            "name": "directrice", "number": "8001", "context": internal, "language": "fr_FR", "timezone": "eu-fr",
            "password": SecretRef("voicemail-pin", "8001"), "email": "directrice@atelier-bleu.example",
            "attach_audio": True,
        },
        "incalls": [
            {"extensions": [{"exten": "0465710002", "context": incoming}]},
            {"extensions": [{"exten": "0465710003", "context": incoming}]},
        ],
    }  # fmt: skip
    assert bodies["auth 8001"] == {
        "uuid": MadeUuid(),
        "username": "directrice@atelier-bleu.example", "password": SecretRef("account-password", "8001"),
        "firstname": "directrice", "email_address": "directrice@atelier-bleu.example",
    }  # fmt: skip


def test_a_login_follows_its_user_at_once_or_waits_for_the_next_look() -> None:
    tenant = Tenant()
    while (live := tenant.live(DESIRED)) and not live.users:
        actions = ready_actions(changes(DESIRED, live), live, desired=DESIRED)
        for action in actions:
            if not action.follows:
                tenant.send(action)
    login = next(action for action in actions if action.follows)
    before = actions[actions.index(login) - 1]
    assert (before.service, before.path, before.lane) == ("confd", "users", login.lane)
    left = changes(DESIRED, live, applied=DESIRED)
    again = ready_actions(left, live, desired=DESIRED)
    repair = next(action for action in again if action.change.noun == "account")
    user = next(user for user in live.users if user.extension == repair.change.key)
    assert (repair.key, repair.follows, repair.body["uuid"] if repair.body else "") == (login.key, False, user.uuid)


def test_a_number_with_a_plus_sign_never_rides_along_with_its_user() -> None:
    facts = replace(FACTS, did_format="e164-plus")
    desired = desired_state(plan(seat("accueil", "8000", numbers=("465710001",))), facts, macs={})
    tenant = Tenant()
    sent = []
    for _ in range(5):
        live = tenant.live(desired)
        for action in ready_actions(changes(desired, live), live, desired=desired):
            sent.append((action.method, action.path.split("/")[0], action.body))
            tenant.send(action)
    assert all("incalls" not in (body or {}) for method, path, body in sent if path == "users")
    assert [e["exten"] for e in tenant.extensions.values() if e["exten"].startswith("+")] == ["+33465710001"]


def test_secrets_are_filled_in_wherever_they_stand() -> None:
    body = {"a": [["username", SecretRef("sip-username", "8000/app")]], "b": 1, "c": SecretRef("voicemail-pin", "8000")}
    assert fill_secrets(body, reveal) == {
        "a": [["username", "sip-username.8000-app"]], "b": 1, "c": "voicemail-pin.8000",
    }  # fmt: skip


def test_no_secret_is_ever_in_a_state() -> None:
    assert StackState() != DESIRED
    assert "SecretRef" not in repr(DESIRED)
    assert LineKey(Extension("8001"), "app") in {line.key for user in DESIRED.users for line in user.lines}
