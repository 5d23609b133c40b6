"""Does a plan give way to the next one, and come back, in requests that confd accepts? Each case was once refused."""

from numbering.plan import NumberingPlan
from staging.wazo.actions import ready_actions
from staging.wazo.change import due
from staging.wazo.desired import desired_state
from staging.wazo.diff import changes
from staging.wazo.state import StackState
from staging.wazo.undo import snapshot, undo_target
from tests.fakes.wazo_state import APP, DESK, FACTS, Tenant, apply_until_settled, dect, macs_of, plan, seat


def state_of(wanted: NumberingPlan) -> StackState:
    return desired_state(wanted, FACTS, macs=macs_of(wanted))


def there_and_back(first: NumberingPlan, second: NumberingPlan) -> Tenant:
    """Apply one plan, then another, then take that one back; raises Refusal for what confd would refuse."""
    tenant, before, wish = Tenant(), state_of(first), state_of(second)
    apply_until_settled(tenant, before)
    there = snapshot(tenant.live(before))
    apply_until_settled(tenant, wish, applied=before, passes=9)
    apply_until_settled(tenant, undo_target(wish, there), applied=wish, passes=9)
    return tenant


def test_a_group_takes_over_the_number_of_one_that_goes() -> None:
    tenant = there_and_back(plan(seat("accueil", "8000", group="Accueil")), plan(seat("accueil", "8000", group="Hall")))
    assert [group["label"] for group in tenant.groups.values()] == ["Accueil"]


def test_a_number_that_a_group_gives_up_is_not_shown_as_taken() -> None:
    before = state_of(plan(seat("accueil", "8000", group="Accueil")))
    wish = state_of(plan(seat("accueil", "8000", group="Hall")))
    tenant = Tenant()
    apply_until_settled(tenant, before)
    found = changes(wish, tenant.live(wish), applied=before)
    assert [(c.verb, c.key, c.standing) for c in found if c.noun == "group"] == [
        ("+", "Hall", "due"),
        ("-", "Accueil", "due"),
    ]


def test_a_did_in_place_of_another_of_the_same_seat_settles() -> None:
    there_and_back(
        plan(seat("accueil", "8000", profile="customer-relationship"), main_number="+33465710000"),
        plan(seat("accueil", "8000", numbers=("465710100",)), main_number=None),
    )


def test_a_member_whose_only_line_is_replaced_joins_his_group_again() -> None:
    there_and_back(
        plan(seat("accueil", "8000", lines=(APP,), group="Accueil"), seat("atelier", "8001", group="Accueil")),
        plan(seat("accueil", "8000", lines=(DESK,), group="Accueil")),
    )


def test_a_seat_that_had_an_application_gets_no_phone_back() -> None:
    tenant = there_and_back(
        plan(seat("accueil", "8000", lines=(APP,), email="accueil@atelier-bleu.example")),
        plan(seat("accueil", "8000")),
    )
    assert [line["webrtc"] for line in tenant.lines.values()] == [True]


def test_seats_that_left_their_desks_for_a_base_leave_it_before_their_slots_change() -> None:
    there_and_back(
        plan(seat("accueil", "8000", lines=dect(1)), seat("atelier", "8001"), seat("hall", "8002")),
        plan(seat("accueil", "8000"), seat("atelier", "8001", lines=dect(2)), seat("hall", "8002", lines=dect(3))),
    )


def test_users_with_keys_leave_one_by_one_before_those_whom_the_keys_show() -> None:
    wish = state_of(
        plan(
            seat("accueil", "8000", profile="customer-relationship"),
            seat("directrice", "8001", profile="customer-relationship"),
            seat("atelier", "8002"),
        )
    )
    tenant = Tenant()
    apply_until_settled(tenant, wish)
    names = {uuid: user["firstname"] for uuid, user in tenant.users.items()}
    rounds = []
    while due(found := changes(StackState(), live := tenant.live(wish), applied=wish)):
        actions = ready_actions(found, live, desired=StackState(), applied=wish)
        assert actions
        gone = [action for action in actions if (action.method, action.path[:6]) == ("DELETE", "users/")]
        rounds.append([(names[action.path[6:].partition("?")[0]], action.lane) for action in gone])
        for action in actions:
            tenant.send(action)
    assert [each for each in rounds if each] == [
        [("accueil", "keys"), ("directrice", "keys")],
        [("atelier", "seat 8002")],
    ]


def test_a_login_that_changes_keeps_what_people_set_on_it() -> None:
    def nomad(mail: str) -> StackState:
        return state_of(plan(seat("directrice", "8000", lines=(APP,), email=mail)))

    before, wish = nomad("directrice@atelier-bleu.example"), nomad("direction@atelier-bleu.example")
    tenant = Tenant()
    apply_until_settled(tenant, before)
    (login,) = tenant.accounts.values()
    own = {"address": "bureau@atelier-bleu.example", "main": False, "confirmed": True}
    login |= {"enabled": False, "authentication_method": "ldap", "emails": [*login["emails"], own]}
    apply_until_settled(tenant, wish, applied=before)
    assert (login["username"], login["enabled"], login["authentication_method"]) == (
        "direction@atelier-bleu.example", False, "ldap",
    )  # fmt: skip
    assert [mail["address"] for mail in login["emails"]] == ["direction@atelier-bleu.example", own["address"]]


def test_people_who_change_places_keep_the_addresses_that_they_added() -> None:
    first, second = "directrice@atelier-bleu.example", "atelier@atelier-bleu.example"

    def people(one: str, other: str) -> StackState:
        seats = (
            seat("directrice", "8000", lines=(APP,), email=one),
            seat("atelier", "8001", lines=(APP,), email=other),
        )
        return state_of(plan(*seats))

    tenant, before = Tenant(), people(first, second)
    apply_until_settled(tenant, before)
    own = {"address": "bureau@atelier-bleu.example", "main": False, "confirmed": True}
    login = next(login for login in tenant.accounts.values() if login["username"] == first)
    login["emails"].append(own)
    apply_until_settled(tenant, people(second, first), applied=before)
    assert [(mail["address"], mail["main"]) for mail in login["emails"]] == [(second, True), (own["address"], False)]


def test_an_address_that_a_stranger_keeps_is_a_conflict_of_that_field_alone() -> None:
    before = state_of(plan(seat("salle", "8000", email="salle@atelier-bleu.example")))
    wish = state_of(plan(seat("grande salle", "8000", email="hall@atelier-bleu.example")))
    tenant = Tenant()
    apply_until_settled(tenant, before)
    tenant.post_users(body={"firstname": "hall", "email": "HALL@atelier-bleu.example"})
    found = changes(wish, tenant.live(wish), applied=before)
    told = [(c.standing, c.reason, [f.name for f in c.fields]) for c in found if c.noun == "user" and c.key == "8000"]
    assert told == [
        ("due", None, ["firstname", "lastname", "caller_id"]),
        ("conflict", "email-taken", ["email"]),
    ]


def test_one_stranger_stops_a_whole_row_and_each_of_it_is_named() -> None:
    def row(first: int) -> StackState:
        mails = [f"poste{number}@atelier-bleu.example" for number in range(first, first + 3)]
        return state_of(plan(*(seat("poste", f"800{n}", lines=(APP,), email=mail) for n, mail in enumerate(mails))))

    before, wish, tenant = row(0), row(1), Tenant()
    apply_until_settled(tenant, before)
    last = tenant.post_users(body={"firstname": "hall", "email": "poste3@atelier-bleu.example"})
    tenant.post_auth_users(body={"uuid": last, "username": "poste3@atelier-bleu.example"})
    found = changes(wish, tenant.live(wish), applied=before)
    told = [c for c in found if c.noun in ("user", "account") and c.seat]
    assert [(c.noun, c.key, c.standing, c.reason) for c in told] == [
        (noun, key, "conflict", reason)
        for key in ("8000", "8001", "8002")
        for noun, reason in (("user", "email-taken"), ("account", "login-taken"))
    ]


def test_an_address_of_somebody_elses_user_at_our_number_is_taken() -> None:
    wish = state_of(plan(seat("accueil", "8000"), seat("salle", "8001", email="salle@atelier-bleu.example")))
    tenant = Tenant()
    apply_until_settled(tenant, state_of(plan(seat("hall", "8000", email="salle@atelier-bleu.example"))))
    for user in tenant.users.values():
        user["userfield"] = "people's own"
    found = changes(wish, tenant.live(wish), applied=StackState())
    told = {c.key: (c.standing, c.reason) for c in found if c.noun == "user" and c.verb == "+"}
    assert told == {"8001": ("conflict", "email-taken")}


def test_a_line_goes_only_once_the_one_in_its_place_rings() -> None:
    before = state_of(plan(seat("accueil", "8000", lines=(APP,), voicemail=False)))
    wish = state_of(plan(seat("hall", "8000", lines=(DESK,), voicemail=False)))
    tenant = Tenant()
    apply_until_settled(tenant, before)
    while due(found := changes(wish, live := tenant.live(wish), applied=before)):
        for action in ready_actions(found, live, desired=wish, applied=before):
            tenant.send(action)
            assert [user.extension for user in tenant.live(wish).users] == ["8000"]
