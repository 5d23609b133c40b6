"""Is an applied order taken back without leaving anything that rings, logs in or serves credentials?"""

from hypothesis import given, settings
from hypothesis import strategies as st

from numbering.plan import NumberingPlan
from staging.wazo.actions import ready_actions
from staging.wazo.change import due
from staging.wazo.desired import desired_state
from staging.wazo.live import LiveState
from staging.wazo.state import StackState
from staging.wazo.undo import snapshot, undo_changes, undo_target
from tests.fakes.wazo_state import FACTS, MACS, Tenant, apply_until_settled, macs_of, plan, plans, seat, six_seats


def _undo(tenant: Tenant, applied: StackState, *, before: StackState | None = None) -> None:
    apply_until_settled(tenant, undo_target(applied, before), applied=applied)


def _leftovers(tenant: Tenant) -> dict[str, object]:
    kinds = (
        "users",
        "lines",
        "extensions",
        "voicemails",
        "incalls",
        "groups",
        "pickups",
        "accounts",
        "devices",
        "keys",
    )
    return {kind: getattr(tenant, kind) for kind in kinds if getattr(tenant, kind)}


def test_undoing_six_seats_leaves_nothing_behind() -> None:
    applied = desired_state(six_seats(), FACTS, macs=MACS)
    tenant = Tenant()
    apply_until_settled(tenant, applied)
    _undo(tenant, applied)
    assert not _leftovers(tenant)


def test_lines_leave_their_phones_before_anybody_is_deleted() -> None:
    applied = desired_state(six_seats(), FACTS, macs=MACS)
    tenant = Tenant()
    apply_until_settled(tenant, applied)
    live = tenant.live(applied)
    first = ready_actions(undo_changes(applied, live), live, desired=undo_target(applied), applied=applied)
    deleted = [action.path for action in first if action.method == "DELETE" and action.path.startswith("users/")]
    seated = [action.path for action in first if action.path.startswith("lines/")]
    assert (len(seated), deleted) == (6, [])


def test_a_user_made_by_hand_survives_the_undo() -> None:
    applied = desired_state(six_seats(), FACTS, macs=MACS)
    tenant = Tenant()
    apply_until_settled(tenant, applied)
    by_hand = {"firstname": "annexe", "userfield": None}
    tenant.post_users(body=by_hand)
    _undo(tenant, applied)
    assert [user["firstname"] for user in tenant.users.values()] == ["annexe"]


def test_a_name_that_we_changed_comes_back() -> None:
    first = desired_state(plan(seat("accueil", "8000")), FACTS, macs={})
    second = desired_state(plan(seat("directrice", "8000")), FACTS, macs={})
    tenant = Tenant()
    apply_until_settled(tenant, first)
    before = snapshot(tenant.live(first))
    apply_until_settled(tenant, second, applied=first)
    _undo(tenant, second, before=before)
    assert [user["firstname"] for user in tenant.users.values()] == ["accueil"]


def test_a_did_that_somebody_turned_since_is_left_to_him() -> None:
    applied = desired_state(
        plan(seat("accueil", "8000", numbers=("465710001",)), seat("atelier", "8001")), FACTS, macs={}
    )
    tenant = Tenant()
    apply_until_settled(tenant, applied)
    other = next(user["id"] for user in tenant.users.values() if user["firstname"] == "atelier")
    for incall in tenant.incalls.values():
        incall["destination"] = {"type": "user", "user_id": other}
    (incall_change,) = [c for c in undo_changes(applied, tenant.live(applied)) if c.noun == "incall"]
    assert (incall_change.verb, incall_change.standing) == ("-", "conflict")


@settings(deadline=None, max_examples=40)
@given(plans(), st.integers(0, 40), st.integers(0, 40))
def test_any_run_cut_anywhere_is_undone_whole_even_when_the_undo_is_cut_too(
    wanted: NumberingPlan, cut: int, second_cut: int
) -> None:
    applied = desired_state(wanted, FACTS, macs=macs_of(wanted))
    tenant = Tenant()
    apply_until_settled(tenant, applied, stop_after=cut)
    apply_until_settled(tenant, undo_target(applied), applied=applied, stop_after=second_cut)
    _undo(tenant, applied)
    # A rule whose DID was never tied rings nowhere; when its user went first, nobody can tell whose it was.
    tenant.incalls = {key: incall for key, incall in tenant.incalls.items() if incall["extension"]}
    assert not _leftovers(tenant)


def test_an_empty_tenant_needs_no_undo() -> None:
    applied = desired_state(six_seats(), FACTS, macs=MACS)
    assert not due(undo_changes(applied, LiveState()))


def test_a_phone_of_somebody_who_cannot_come_back_is_a_conflict_too_and_the_rest_is_taken_back() -> None:
    first = plan(seat("accueil", "8000"), seat("salle", "8001", email="salle@atelier-bleu.example"))
    second = plan(seat("hall", "8000"))
    before, applied = (desired_state(wanted, FACTS, macs=macs_of(wanted)) for wanted in (first, second))
    tenant = Tenant()
    apply_until_settled(tenant, before)
    there = snapshot(tenant.live(before))
    apply_until_settled(tenant, applied, applied=before)
    tenant.post_users(body={"firstname": "salle", "email": "salle@atelier-bleu.example"})
    _undo(tenant, applied, before=there)
    found = undo_changes(applied, tenant.live(applied, before), before=there)
    assert [(c.noun, c.key, c.standing, c.reason) for c in found if c.standing != "kept"] == [
        ("user", "8001", "conflict", "email-taken"),
        ("seating", "8001/sip", "conflict", "target-missing"),
    ]
