"""Does a box that went to a customer need two people to be armed again, where there are two?"""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from staging.core.faults import Refused
from staging.core.words import Serial
from staging.desk import bench, rearm
from tests.fakes.house import BY, ready_box
from tests.fakes.web import Door, open_door


@pytest.fixture
def door(tmp_path: Path) -> Iterator[Door]:
    door = open_door(tmp_path / "home")
    yield door
    door.house.store.database.close()


@pytest.fixture
def serial(door: Door) -> Serial:
    """A box that left this morning."""
    serial = ready_box(door.house)
    door.house.store.appliances.change(serial, shipped_at=door.house.desk.clock.now() - timedelta(hours=3))
    return serial


def test_a_manager_asks_and_an_administrator_arms(door: Door, serial: Serial) -> None:
    manager, admin = door.person("manager"), door.person("admin")
    page = admin.get(f"/bench/{serial}").text
    assert ('id="arm"' in page, 'id="ask-rearm"' in page) == (False, True)
    alone = admin.post(f"/bench/{serial}/arm", reason="retour", again=serial)
    assert 'data-code="rearm-needs-second"' in alone.text
    assert manager.post(f"/bench/{serial}/ask-rearm", why="retour de garantie").status_code == 303
    assert "manager demande le réarmement : retour de garantie." in admin.get(f"/bench/{serial}").text
    assert manager.post(f"/bench/{serial}/arm", reason="retour").status_code == 409
    assert admin.post(f"/bench/{serial}/arm").status_code == 303
    lines = {line.event: (line.facts, line.operator) for line in door.house.store.timeline.of_serial(serial)}
    assert lines["rearm-asked"] == ({"why": "retour de garantie"}, "manager")
    assert lines["box-armed"] == ({"reason": "retour de garantie (manager)"}, "admin")


def test_nobody_is_their_own_second_person_and_a_word_from_before_it_left_is_over(door: Door, serial: Serial) -> None:
    door.person("manager")
    desk = door.house.desk
    rearm.ask_rearm(desk, serial, reason="retour", by="admin")
    with pytest.raises(Refused, match="rearm-needs-second"):
        bench.arm(desk, serial, by="admin", role="admin", reason="retour", again=serial)
    rearm.ask_rearm(desk, serial, reason="retour", by="manager")
    box = desk.store.appliances.get(serial)
    assert rearm.rearming(desk, box, by="admin").asked is not None
    desk.store.appliances.change(serial, shipped_at=desk.clock.now() + timedelta(seconds=1))
    box = desk.store.appliances.get(serial)
    assert rearm.rearming(desk, box, by="admin").second


def test_a_technician_neither_asks_nor_arms(door: Door, serial: Serial) -> None:
    technician = door.person("technician")
    assert 'id="ask-rearm"' not in technician.get(f"/bench/{serial}").text
    assert technician.post(f"/bench/{serial}/ask-rearm", why="retour").status_code == 403
    with pytest.raises(Refused, match="rearm-needs-admin"):
        bench.arm(door.house.desk, serial, by=BY, role="technician", reason="retour", again=serial)


def test_a_program_asks_too_but_not_for_a_box_that_is_here_nor_without_a_reason(door: Door, serial: Serial) -> None:
    program = door.program("manager")
    assert program.ask("POST", f"/appliances/{serial}/ask-rearm", {"reason": " "}).status_code == 409
    assert program.ask("POST", f"/appliances/{serial}/ask-rearm", {"reason": "retour"}).status_code == 200
    ready_box(door.house, "SN0043")
    refused = program.ask("POST", "/appliances/SN0043/ask-rearm", {"reason": "retour"})
    assert [fault["code"] for fault in refused.json["faults"]] == ["rearm-not-shipped"]
