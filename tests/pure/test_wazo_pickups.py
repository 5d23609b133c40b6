"""Who may take whose call: does the plan's wish reach the stack, and is what people did to it respected?"""

from dataclasses import replace

from staging.core.words import Extension
from staging.wazo.actions import ready_actions
from staging.wazo.desired import desired_state
from staging.wazo.diff import changes, describe
from staging.wazo.facts import Preset
from staging.wazo.state import CallPickup, StackState
from staging.wazo.undo import snapshot, undo_target
from staging.wazo.verify import differences
from tests.fakes.wazo_state import APP, DESK, FACTS, Tenant, apply_until_settled, plan, seat

NAME = f"Accueil {FACTS.slug}"
TWO = (seat("accueil", "8000", group="Accueil"), seat("directrice", "8001", group="Accueil", lines=(DESK, APP),
       profile="unified-communication", email="directrice@atelier-bleu.example"))  # fmt: skip
THREE = (*TWO, seat("atelier", "8002", group="Accueil"))


def wish(*seats: object, preset: Preset | None = None) -> StackState:
    facts = replace(FACTS, preset=preset or Preset())
    return desired_state(plan(*seats), facts, macs={})  # type: ignore[arg-type]  # seats are what `seat` gives


def applied(*seats: object) -> tuple[Tenant, StackState]:
    tenant, wanted = Tenant(), wish(*seats)
    apply_until_settled(tenant, wanted)
    return tenant, wanted


def people(tenant: Tenant) -> list[tuple[str, list[str], list[str]]]:
    return list(tenant.shape()["pickups"])


def test_who_rings_together_takes_each_others_calls_under_a_name_that_no_other_tenant_has() -> None:
    both = (Extension("8000"), Extension("8001"))
    assert wish(*TWO).pickups == (CallPickup(NAME, both, both),)


def test_somebody_alone_in_a_group_takes_nobodys_calls() -> None:
    assert wish(TWO[0]).pickups == ()


def test_the_integrator_may_do_without() -> None:
    assert wish(*TWO, preset=Preset(pickups=False)).pickups == ()


def test_people_are_named_so_that_all_their_phones_take_calls() -> None:
    # confd gives a group's pickup to each member's first line alone: the application's, not the desk phone's.
    tenant, _ = applied(*TWO)
    assert people(tenant) == [(NAME, ["8000", "8001"], ["8000", "8001"])]
    assert not any("/groups" in line for line in tenant.log if "callpickups" in line)


def test_pickups_are_made_one_after_the_other() -> None:
    more = (*TWO, seat("atelier", "8003", group="Nuit"), seat("hall", "8004", group="Nuit"))
    tenant, wanted = Tenant(), wish(*more)
    apply_until_settled(tenant, replace(wanted, pickups=()))
    live = tenant.live(wanted)
    made = ready_actions(changes(wanted, live), live, desired=wanted)
    assert [(action.path, action.lane) for action in made] == [("callpickups", "pickups")] * 2


def test_a_second_look_writes_nothing() -> None:
    tenant, wanted = applied(*TWO)
    assert changes(wanted, tenant.live(wanted), applied=wanted) == ()


def test_whoever_joins_or_leaves_the_group_joins_or_leaves_the_pickup() -> None:
    tenant, two = applied(*TWO)
    three = wish(*THREE)
    apply_until_settled(tenant, three, applied=two)
    assert people(tenant)[0][1] == ["8000", "8001", "8002"]
    apply_until_settled(tenant, two, applied=three)
    assert people(tenant) == [(NAME, ["8000", "8001"], ["8000", "8001"])]


def test_somebody_whom_people_added_stays_and_one_whom_they_removed_comes_back() -> None:
    tenant, wanted = applied(*THREE[:2], seat("hall", "8003"))
    (pickup,) = tenant.pickups.values()
    hall = next(uuid for uuid, user in tenant.users.items() if user["firstname"] == "hall")
    pickup["interceptors"] = [pickup["interceptors"][0], hall]
    change, added = changes(wanted, tenant.live(wanted), applied=wanted)
    assert [(f.name, f.before, f.after) for f in change.fields] == [("interceptors", "8000, 8003", "8000, 8001, 8003")]
    assert describe(added, "fr") == f"= interception d'appels {NAME} : 8003 (ajouté sur le standard, conservé)"
    apply_until_settled(tenant, wanted, applied=wanted)
    assert people(tenant) == [(NAME, ["8000", "8001", "8003"], ["8000", "8001"])]


def test_taking_back_removes_it_and_brings_back_the_one_before() -> None:
    tenant, two = applied(*TWO)
    there = snapshot(tenant.live(two))
    none = wish(TWO[0], seat("directrice", "8001"))
    apply_until_settled(tenant, none, applied=two)
    assert people(tenant) == []
    apply_until_settled(tenant, undo_target(none, there), applied=none)
    assert people(tenant) == [(NAME, ["8000", "8001"], ["8000", "8001"])]
    apply_until_settled(tenant, undo_target(two), applied=two)
    assert people(tenant) == []


def test_a_person_reads_whose_calls_are_taken_by_whom() -> None:
    tenant = Tenant()
    apply_until_settled(tenant, replace(wish(*TWO), pickups=()))
    (change,) = changes(wish(*TWO), tenant.live(wish(*TWO)))
    assert describe(change, "fr") == (f"+ interception d'appels {NAME} : interceptent 8000, 8001, appels de 8000, 8001")
    assert describe(change, "en") == f"+ call pickup {NAME}: take calls 8000, 8001, calls of 8000, 8001"


def test_reading_back_names_who_is_missing_on_which_side() -> None:
    tenant, wanted = applied(*TWO)
    (pickup,) = tenant.pickups.values()
    pickup["targets"] = pickup["targets"][:1]
    (told,) = differences(wanted, tenant.live(wanted))
    assert (told.noun, told.key, told.name, told.wanted) == ("pickup", NAME, "targets", "8001")
    tenant.pickups.clear()
    assert [(d.name, d.wanted, d.found) for d in differences(wanted, tenant.live(wanted))] == [("pickups", "1", "0")]
