"""What becomes of what somebody changed on the stack between two applies? Shown, kept, and replaced when asked."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from staging.core.faults import ChangesRefused
from staging.desk import orders
from staging.jobs.steps import run_accept
from staging.wazo.diff import describe
from staging.web.app import create_app
from tests.fakes.house import BY, workbook
from tests.fakes.rig import Moment, Rig
from tests.fakes.web import Door

ACCUEIL = ("accueil", "STANDARDISTES", "T54W", "0465710001")
DIRECTRICE = ("directrice", "POSTE FIXE", "T54W", "0465710002")
SALLE = ("salle", "POSTE FIXE", "T54W", "0465710003")
ATELIER = ("atelier", "POSTE FIXE", "T54W", "création")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Rig:
    home = tmp_path_factory.mktemp("rig")
    return Rig(home, workbook(home / "plan.xlsx", ACCUEIL, DIRECTRICE, SALLE))


@pytest.fixture(scope="module")
def applied(made: Rig) -> Moment:
    return made.apply()


@pytest.fixture
def rig(made: Rig, applied: Moment) -> Rig:
    made.back_to(applied)
    return made


def by_hand(rig: Rig, method: str, path: str, body: object) -> None:
    """What a person does on Wazo's own screens."""
    engine = rig.desk.engine_of(rig.house.store.stacks.get("partage"))
    engine.send(service="confd", method=method, path=path, body=body, tenant_uuid=rig.order.tenant_uuid)


def rename(rig: Rig, extension: str, firstname: str) -> None:
    by_hand(rig, "PUT", f"users/{_user(rig, extension)['uuid']}", {"firstname": firstname})


def _user(rig: Rig, extension: str) -> Mapping[str, Any]:
    db = rig.world.db
    number = db.extensions.first(exten=extension)
    assert number is not None
    line = next(line for line in db.lines.all() if number["id"] in line["extensions"])
    return next(user for user in db.users.all() if line["id"] in user["lines"])


def names(rig: Rig) -> list[str]:
    return sorted(user["firstname"] for user in rig.world.db.users.all())


def next_plan(rig: Rig, folder: Path, *rows: tuple[str, ...]) -> None:
    orders.upload_plan(rig.desk, rig.order_id, workbook(folder / "2.xlsx", *rows), name="2.xlsx", by=BY, lang="fr")
    rig.work()


def agree(rig: Rig, **how: bool) -> None:
    orders.approve(rig.desk, rig.order_id, expect=None, by=BY, **how)
    rig.work()


def test_a_name_changed_on_the_stack_is_shown_and_survives_the_next_apply(rig: Rig, tmp_path: Path) -> None:
    rename(rig, "8002", "grande salle")
    shown = orders.show_changes(rig.desk, rig.order_id)
    assert shown.changes == ()
    told = "= salle 8002 : prénom grande salle (le plan dit salle) (modifié sur le standard depuis, conservé)"
    assert shown.kept_lines("fr") == (told,)
    next_plan(rig, tmp_path, ACCUEIL, DIRECTRICE, SALLE, ATELIER)
    agree(rig)
    assert names(rig) == ["accueil", "atelier", "directrice", "grande salle"]
    # The plan is there, but for what a person decided otherwise.
    assert [(d.key, d.name) for d in orders.verify(rig.desk, rig.order_id) if d.noun == "user"] == [
        ("8002", "firstname")
    ]
    assert rig.step("provision").status == "done"


def test_asked_to_overwrite_the_apply_sets_it_back_and_writes_nothing_else(rig: Rig) -> None:
    rename(rig, "8002", "grande salle")
    before = rig.world.writes
    agree(rig, overwrite=True)
    assert names(rig) == ["accueil", "directrice", "salle"]
    assert rig.world.writes == before + 1
    assert orders.show_changes(rig.desk, rig.order_id).kept == ()


def test_what_both_sides_changed_stops_until_somebody_says_which(rig: Rig, tmp_path: Path) -> None:
    rename(rig, "8002", "grande salle")
    next_plan(rig, tmp_path, ACCUEIL, DIRECTRICE, ("petite salle", *SALLE[1:]), ATELIER)
    shown = orders.show_changes(rig.desk, rig.order_id)
    assert [(c.key, c.standing, c.reason) for c in shown.edits if c.fields[0].name == "firstname"] == [
        ("8002", "conflict", "changed-on-both-sides")
    ]
    agree(rig)
    assert "grande salle" in names(rig)
    fault = rig.step("provision").fault
    assert fault is not None
    assert fault.code == "change-disputed"
    # Trying again decides nothing.
    orders.resume(rig.desk, rig.order_id, by=BY)
    rig.work()
    assert rig.step("provision").status == "failed"
    agree(rig, overwrite=True)
    assert names(rig) == ["accueil", "atelier", "directrice", "petite salle"]
    assert rig.step("provision").status == "done"


def test_a_did_turned_to_somebody_else_stays_turned(rig: Rig, tmp_path: Path) -> None:
    incall = next(
        row for row in rig.world.db.incalls.all() if row["destination"]["user_id"] == _user(rig, "8002")["id"]
    )
    turned = {"destination": {"type": "user", "user_id": _user(rig, "8001")["id"]}}
    by_hand(rig, "PUT", f"incalls/{incall['id']}", turned)
    next_plan(rig, tmp_path, ACCUEIL, DIRECTRICE, SALLE, ATELIER)
    agree(rig)
    assert ("0465710003", "user", "8001") in rig.shape()["incalls"]
    agree(rig, overwrite=True)
    assert ("0465710003", "user", "8002") in rig.shape()["incalls"]


def test_a_did_and_a_key_that_somebody_added_to_our_seats_survive(rig: Rig, tmp_path: Path) -> None:
    uuid = _user(rig, "8000")["uuid"]
    key = {"blf": True, "label": "Salle", "destination": {"type": "user", "user_id": _user(rig, "8002")["id"]}}
    # The position lies beyond those that the plan fills.
    by_hand(rig, "DELETE", f"users/{uuid}/funckeys/3", None)
    by_hand(rig, "PUT", f"users/{uuid}/funckeys/9", key)
    context = next(
        row for row in rig.world.db.contexts.where(tenant_uuid=rig.order.tenant_uuid) if row["type"] == "incall"
    )
    by_hand(rig, "POST", "incalls", {"destination": {"type": "user", "user_id": _user(rig, "8001")["id"]}})
    by_hand(rig, "POST", "extensions", {"exten": "0465710099", "context": context["name"]})
    rule, number = rig.world.db.incalls.all()[-1], rig.world.db.extensions.all()[-1]
    by_hand(rig, "PUT", f"incalls/{rule['id']}/extensions/{number['id']}", None)
    next_plan(rig, tmp_path, ACCUEIL, DIRECTRICE, SALLE, ATELIER)
    agree(rig)
    assert ("0465710099", "user", "8001") in rig.shape()["incalls"]
    assert ("8000 9", "Salle", "8002") in rig.shape()["keys"]


def test_a_seat_deleted_on_the_stack_is_made_again(rig: Rig) -> None:
    by_hand(rig, "DELETE", f"users/{_user(rig, '8002')['uuid']}?recursive=true", None)
    assert [describe(c, "en")[:6] for c in orders.show_changes(rig.desk, rig.order_id).changes if c.noun == "user"] == [
        "+ sall"
    ]
    agree(rig)
    assert names(rig) == ["accueil", "directrice", "salle"]


def test_changes_shown_before_somebody_changed_the_stack_are_not_applied_over_it(rig: Rig) -> None:
    rename(rig, "8002", "grande salle")
    fingerprint = orders.show_changes(rig.desk, rig.order_id).fingerprint
    rename(rig, "8002", "très grande salle")
    with pytest.raises(ChangesRefused) as refused:
        orders.approve(rig.desk, rig.order_id, expect=fingerprint, by=BY, overwrite=True)
    assert refused.value.faults[0].code == "changes-moved"


def test_an_order_with_a_kept_change_can_be_accepted(rig: Rig) -> None:
    rename(rig, "8002", "grande salle")
    assert run_accept(rig.order, rig.desk.needs).status == "done"


def test_a_key_that_somebody_set_otherwise_is_no_fault_of_the_phone_that_has_it(rig: Rig) -> None:
    uuid, salle = _user(rig, "8000")["uuid"], _user(rig, "8002")["id"]
    key = {"blf": True, "label": "grande salle", "destination": {"type": "user", "user_id": salle}}
    by_hand(rig, "PUT", f"users/{uuid}/funckeys/3", key)
    told = [(one.noun, one.name) for one in orders.verify(rig.desk, rig.order_id)]
    assert told == [("keys", "3"), ("phone-file", "key 3")]
    assert run_accept(rig.order, rig.desk.needs).status == "done"


def test_the_page_shows_what_is_kept_and_a_press_sets_it_back(rig: Rig) -> None:
    rename(rig, "8002", "grande salle")
    door = Door(rig.house, create_app(rig.desk, session_key=b"k" * 32))
    manager, path = door.person("manager"), f"/orders/{rig.order_id}"
    page = manager.get(f"{path}/changes").text
    assert "prénom grande salle (le plan dit salle)" in page
    assert "do-overwrite" in page
    shown = orders.show_changes(rig.desk, rig.order_id)
    assert manager.post(f"{path}/apply", expect=shown.fingerprint, overwrite="yes").status_code == 303
    rig.work()
    assert names(rig) == ["accueil", "directrice", "salle"]


def test_a_program_reads_what_is_kept_and_may_ask_to_replace_it(rig: Rig) -> None:
    rename(rig, "8002", "grande salle")
    program = Door(rig.house, create_app(rig.desk, session_key=b"k" * 32)).program("manager")
    path = f"/orders/{rig.order_id}"
    told = program.ask("GET", f"{path}/changes").json
    assert [(one["noun"], one["key"]) for one in told["left"]] == [("user", "8002")]
    body = {"expect": told["fingerprint"], "overwrite": True}
    assert program.ask("POST", f"{path}/apply", body).status_code == 202
    rig.work()
    assert names(rig) == ["accueil", "directrice", "salle"]
