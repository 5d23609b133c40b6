"""What becomes of an order whose plan changes under it?"""

from collections.abc import Callable, Iterator
from pathlib import Path

import openpyxl
import pytest

from staging.bootstrap import House
from staging.core.faults import ChangesRefused
from staging.desk import orders
from staging.jobs.job import StepName
from staging.jobs.runner import Runner
from staging.sandbox.serve import Served, serve
from tests.fakes.house import BY, CRECHE, counts, make_house, order_on, overview, shared_stack, workbook


@pytest.fixture
def sandbox() -> Iterator[Served]:
    with serve(configured=True) as served:
        yield served


@pytest.fixture
def house(tmp_path: Path, sandbox: Served) -> Iterator[House]:
    made = make_house(tmp_path / "home")
    shared_stack(made, sandbox.url)
    yield made
    made.store.database.close()


class Hand:
    """Runs the steps of an order one after the other, as a worker does, in this thread."""

    def __init__(self, house: House) -> None:
        self._house = house
        self._runner = Runner(book=house.store.orders, needs=house.desk.needs)

    def run(self, order_id: str, *names: StepName) -> None:
        for name in names:
            self._runner.run(order_id, name)

    def advance(self, order_id: str) -> None:
        self.run(order_id, "appliance", "install", "register", "configure", "provision")

    def apply(self, order_id: str, *, forced: bool = False) -> None:
        self.advance(order_id)
        orders.approve(self._house.desk, order_id, expect=None, by=BY, forced=forced)
        self.run(order_id, "provision")


@pytest.fixture
def hand(house: House) -> Hand:
    return Hand(house)


def _plan(tmp_path: Path, change: Callable[[openpyxl.worksheet.worksheet.Worksheet], None]) -> Path:
    """The crèche's workbook with something changed by hand."""
    workbook = openpyxl.load_workbook(CRECHE)
    change(workbook.active)  # type: ignore[arg-type]
    path = tmp_path / "plan.xlsx"
    workbook.save(path)
    return path


def _upload(house: House, order_id: str, path: Path) -> int:
    version = orders.upload_plan(house.desk, order_id, path, name=path.name, by=BY, lang="fr")
    assert version.ok
    return version.version


def _step(house: House, order_id: str, name: StepName) -> tuple[str, str | None]:
    step = house.store.orders.steps(order_id)[name]
    return step.status, step.fault.code if step.fault else step.waits_for


def _rename(row: int, name: str) -> Callable[[openpyxl.worksheet.worksheet.Worksheet], None]:
    return lambda sheet: sheet.cell(row, 2, name) and None


def test_what_was_agreed_to_for_one_plan_is_not_applied_for_the_next(
    tmp_path: Path, sandbox: Served, house: House, hand: Hand
) -> None:
    order = order_on(house, "partage")
    hand.advance(order.id)
    for _ in range(3):
        orders.approve(house.desk, order.id, expect=None, by=BY)
    assert [one.status for one in house.store.changesets.of_order(order.id)] == ["approved", "superseded", "superseded"]
    _upload(house, order.id, _plan(tmp_path, _rename(8, "direction")))
    hand.advance(order.id)
    assert _step(house, order.id, "provision") == ("waiting", "waits-approval")
    assert counts(sandbox, house.store.orders.get(order.id).tenant_uuid)["users"] == 0


def test_a_plan_that_comes_while_the_one_before_is_applied_is_asked_about(
    tmp_path: Path, house: House, hand: Hand, monkeypatch: pytest.MonkeyPatch
) -> None:
    order = order_on(house, "partage")
    hand.advance(order.id)
    orders.approve(house.desk, order.id, expect=None, by=BY)
    done = house.store.changesets.close

    def upload_then_close(changeset: int, status: str) -> None:
        _upload(house, order.id, _plan(tmp_path, _rename(8, "direction")))
        done(changeset, status)

    monkeypatch.setattr(house.store.changesets, "close", upload_then_close)
    hand.run(order.id, "provision")
    monkeypatch.undo()
    assert _step(house, order.id, "provision")[0] == "to-do"
    assert house.store.changesets.of_order(order.id)[0].status == "dropped"
    hand.advance(order.id)
    assert _step(house, order.id, "provision") == ("waiting", "waits-approval")


def test_many_renames_wait_for_a_person_who_says_yes_really(tmp_path: Path, house: House, hand: Hand) -> None:
    order = order_on(house, "partage")
    hand.apply(order.id)

    def rename_four(sheet: openpyxl.worksheet.worksheet.Worksheet) -> None:
        for row in range(9, 13):
            sheet.cell(row, 2, f"ATELIER {row}")

    house.store.plans.forget_allotted(order.id)
    _upload(house, order.id, _plan(tmp_path, rename_four))
    hand.advance(order.id)
    assert _step(house, order.id, "configure")[0] == "done"
    with pytest.raises(ChangesRefused):
        orders.approve(house.desk, order.id, expect=None, by=BY)
    orders.approve(house.desk, order.id, expect=None, by=BY, forced=True)
    hand.run(order.id, "provision")
    assert _step(house, order.id, "provision")[0] == "done"
    assert [one for one in orders.verify(house.desk, order.id) if one.noun == "user"] == []


def test_a_seat_that_left_the_plan_leaves_the_stack(tmp_path: Path, sandbox: Served, house: House, hand: Hand) -> None:
    order = order_on(house, "partage")
    hand.apply(order.id)
    _upload(house, order.id, _plan(tmp_path, lambda sheet: sheet.delete_rows(12)))
    hand.advance(order.id)
    shown = orders.show_changes(house.desk, order.id)
    # The receptionist's key for it goes too.
    assert {(change.verb, change.noun, change.key) for change in shown.changes} == {
        ("-", "user", "8005"),
        ("~", "keys", "8000"),
    }
    orders.approve(house.desk, order.id, expect=shown.fingerprint, by=BY)
    hand.run(order.id, "provision")
    found = counts(sandbox, house.store.orders.get(order.id).tenant_uuid)
    assert (found["users"], found["voicemails"], found["lines"]) == (5, 5, 5)
    writes = overview(sandbox)["writes"]
    house.store.orders.reopen_from(order.id, "provision")
    hand.run(order.id, "provision")
    assert overview(sandbox)["writes"] == writes


def test_what_the_stack_cannot_take_stops_the_step_also_when_the_rest_was_done(
    house: House, hand: Hand, tmp_path: Path
) -> None:
    rows = [("accueil", "STANDARDISTES", "T54W", None, None)]
    order = order_on(house, "partage", plan=workbook(tmp_path / "1.xlsx", *rows, extra="E-MAIL"))
    hand.apply(order.id)
    tenant = house.store.orders.get(order.id).tenant_uuid
    engine = house.desk.engine_of(house.store.stacks.get("partage"))
    somebody = {"firstname": "stagiaire", "email": "directrice@atelier-bleu.example"}
    engine.send(service="confd", method="POST", path="users", body=somebody, tenant_uuid=tenant)
    rows.append(("directrice", "POSTE FIXE", "T54W", None, "directrice@atelier-bleu.example"))
    rows.append(("atelier", "POSTE FIXE", "T31P", None, None))
    _upload(house, order.id, workbook(tmp_path / "2.xlsx", *rows, extra="E-MAIL"))
    hand.apply(order.id)
    assert _step(house, order.id, "provision") == ("failed", "change-disputed")
    names = {user.firstname for user in orders.stack_view(house.desk, order.id).live.users}
    assert names == {"accueil", "stagiaire", "atelier"}
