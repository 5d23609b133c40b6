"""Does a stack follow when the next plan moves people, numbers, addresses and phones about, and back again?"""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from staging.commands import order as order_commands
from staging.core.messages import say
from staging.desk import orders, phones
from tests.fakes.failures import fail_everywhere
from tests.fakes.house import BY
from tests.fakes.plan_rows import BASE, BOTH, RECEPTION, Row, write_rows
from tests.fakes.rig import Failure, Moment, Rig

ACCUEIL = Row("accueil", "8000", RECEPTION, number="04 65 71 00 01", group="Accueil")
DIRECTRICE = Row("directrice", "8001", BOTH, number="04 65 71 00 02", email="directrice@atelier-bleu.example")
ATELIER = Row("atelier", "8002", BOTH, number="04 65 71 00 03", email="atelier@atelier-bleu.example", group="Accueil")
SALLE = Row("salle", "8003", hardware="T53W", email="salle@atelier-bleu.example")
FIRST = (ACCUEIL, DIRECTRICE, ATELIER, SALLE)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Rig:
    home = tmp_path_factory.mktemp("rig")
    return Rig(home, write_rows(home / "1.xlsx", *FIRST))


@pytest.fixture(scope="module")
def applied(made: Rig) -> Moment:
    return made.apply()


@pytest.fixture
def rig(made: Rig, applied: Moment) -> Rig:
    made.back_to(applied)
    return made


Follow = Callable[..., None]


@pytest.fixture
def follow(rig: Rig, tmp_path: Path) -> Follow:
    """Give the order its next plan and apply it; what it asks is there then, and applying again writes nothing."""

    def applied_with(*rows: Row, failure: Failure | None = None) -> None:
        path = write_rows(tmp_path / "2.xlsx", *rows)
        version = orders.upload_plan(rig.desk, rig.order_id, path, name=path.name, by=BY, lang="fr")
        assert version.ok, version.document["faults"]
        rig.work()
        shown = orders.show_changes(rig.desk, rig.order_id)
        assert [change for change in shown.kept if change.standing == "conflict"] == []
        orders.approve(rig.desk, rig.order_id, expect=shown.fingerprint, by=BY, forced=True)
        if failure:
            rig.trouble = fail_everywhere(failure)
            rig.new_worker()
        rig.work_through(lambda: rig.step("provision").status == "done", attempts=200)
        assert told(rig) == []
        writes = rig.world.writes
        rig.agree()
        rig.work()
        assert rig.world.writes == writes

    return applied_with


def told(rig: Rig) -> list[tuple[str, str, str]]:
    """What reading back finds, phones apart: a seat that moved has none before somebody plugs it in."""
    found = orders.verify(rig.desk, rig.order_id)
    return [(one.noun, one.key, one.name) for one in found if one.noun not in ("device", "seating", "phone-file")]


def logins(rig: Rig) -> dict[str, tuple[str, list[str]]]:
    """By number: user name and addresses of each login."""
    users = {user["uuid"]: user for user in rig.world.db.users.all()}
    lines = {row["id"]: row for row in rig.world.db.lines.all()}
    extens = {row["id"]: row["exten"] for row in rig.world.db.extensions.all()}
    found = {}
    for uuid, login in rig.world.accounts.users.items():
        if uuid in users:
            number = extens[lines[users[uuid]["lines"][0]]["extensions"][0]]
            found[number] = (login["username"], [mail["address"] for mail in login["emails"]])
    return found


def at(rig: Rig, extension: str) -> Mapping[str, Any]:
    """The user document at a number."""
    db = rig.world.db
    number = db.extensions.first(exten=extension)
    assert number is not None
    line = next(line for line in db.lines.all() if number["id"] in line["extensions"])
    return next(user for user in db.users.all() if line["id"] in user["lines"])


def swapped() -> tuple[Row, ...]:
    return (ACCUEIL, DIRECTRICE._replace(extension="8002"), ATELIER._replace(extension="8001"), SALLE)


def test_two_people_with_logins_change_places(rig: Rig, follow: Follow) -> None:
    follow(*swapped())
    assert [at(rig, number)["firstname"] for number in ("8001", "8002")] == ["atelier", "directrice"]
    assert logins(rig) == {
        "8001": ("atelier@atelier-bleu.example", ["atelier@atelier-bleu.example"]),
        "8002": ("directrice@atelier-bleu.example", ["directrice@atelier-bleu.example"]),
    }


def test_two_people_change_places_whatever_fails_on_the_way(rig: Rig, follow: Follow) -> None:
    follow(*swapped(), failure="500-after")
    assert logins(rig)["8001"] == ("atelier@atelier-bleu.example", ["atelier@atelier-bleu.example"])


@pytest.mark.parametrize("failure", ["reset-before", "500-after"])
def test_an_address_that_somebody_added_never_becomes_his_login(rig: Rig, follow: Follow, failure: Failure) -> None:
    added = {"uuid": "b", "address": "bureau@atelier-bleu.example", "main": False, "confirmed": True}
    rig.world.accounts.users[at(rig, "8001")["uuid"]]["emails"].append(added)
    follow(*swapped(), failure=failure)
    assert logins(rig)["8001"] == (
        "atelier@atelier-bleu.example",
        ["atelier@atelier-bleu.example", "bureau@atelier-bleu.example"],
    )


def test_a_change_of_places_is_taken_back(rig: Rig, follow: Follow) -> None:
    before = rig.shape()
    follow(*swapped())
    rig.agree_to_undo()
    rig.work_through(rig.undone)
    assert rig.shape() == before
    assert logins(rig)["8001"] == ("directrice@atelier-bleu.example", ["directrice@atelier-bleu.example"])


def test_a_row_more_at_the_top_moves_everybody_on_by_one(rig: Rig, follow: Follow) -> None:
    moved = (row._replace(extension=str(int(row.extension) + 1)) for row in FIRST)
    follow(Row("hall", "8000", email="hall@atelier-bleu.example"), *moved)
    assert [at(rig, str(8000 + n))["email"] for n in (2, 3, 4)] == [row.email for row in FIRST[1:]]


def test_a_corrected_address_is_the_new_login_and_the_password_stays(rig: Rig, follow: Follow) -> None:
    passwords = dict(rig.world.accounts.passwords)
    follow(ACCUEIL, DIRECTRICE._replace(email="direction@atelier-bleu.example"), ATELIER, SALLE)
    assert logins(rig)["8001"] == ("direction@atelier-bleu.example", ["direction@atelier-bleu.example"])
    assert rig.world.accounts.passwords == passwords


def test_a_login_that_somebody_changed_on_the_stack_is_kept_and_set_back_when_asked(rig: Rig) -> None:
    uuid = at(rig, "8001")["uuid"]
    rig.world.accounts.users[uuid]["username"] = "direction"
    shown = orders.show_changes(rig.desk, rig.order_id)
    assert shown.changes == ()
    wish = "directrice@atelier-bleu.example"
    assert shown.kept_lines("fr") == (
        "= directrice 8001 · compte direction : identifiant direction (le plan dit directrice@atelier-bleu.example)"
        " (modifié sur le standard depuis, conservé)",
    )
    assert told(rig) == [("account", "8001", "username")]
    orders.approve(rig.desk, rig.order_id, expect=shown.fingerprint, by=BY, overwrite=True)
    rig.work()
    assert rig.world.accounts.users[uuid]["username"] == wish


def test_a_receptionist_who_is_none_any_more_keeps_only_the_keys_that_people_made(rig: Rig, follow: Follow) -> None:
    uuid = at(rig, "8000")["uuid"]
    taxi = {"label": "Taxi", "blf": False, "destination": {"type": "custom", "exten": "0465710099"}}
    by_hand(rig, "PUT", f"users/{uuid}/funckeys/20", taxi)
    assert len(rig.shape()["keys"]) == 4
    follow(ACCUEIL._replace(profile="POSTE FIXE"), *FIRST[1:])
    assert [label for _, label, _ in rig.shape()["keys"]] == ["Taxi"]


def test_an_application_that_comes_later_becomes_the_main_line(rig: Rig, follow: Follow) -> None:
    follow(*FIRST[:3], SALLE._replace(profile=BOTH))
    lines = [rig.world.db.lines[line] for line in at(rig, "8003")["lines"]]
    labels = [rig.world.db.endpoints[line["endpoint"]]["label"].split()[-1] for line in lines]
    assert labels == ["app", "sip"]


def test_a_seat_of_which_nothing_stays_the_same(rig: Rig, follow: Follow) -> None:
    new = Row("directrice adjointe", "8015", RECEPTION, "T53W", "04 65 71 00 07", "adjointe@atelier-bleu.example",
              "non", "Direction")  # fmt: skip
    follow(ACCUEIL, new, ATELIER, SALLE)
    assert at(rig, "8015")["firstname"] == "directrice adjointe"
    assert ("Direction", ["8021"], ["8015"]) in rig.shape()["groups"]
    assert ("0465710007", "user", "8015") in rig.shape()["incalls"]
    assert "8001" not in rig.shape()["extensions"]


def test_direct_numbers_change_places(rig: Rig, follow: Follow) -> None:
    follow(ACCUEIL._replace(number=DIRECTRICE.number), DIRECTRICE._replace(number=ACCUEIL.number), ATELIER, SALLE)
    rings = {did: who for did, _, who in rig.shape()["incalls"]}
    assert (rings["0465710001"], rings["0465710002"]) == ("8001", "8000")


def test_a_seat_moves_to_a_base_and_back_to_its_desk(rig: Rig, follow: Follow) -> None:
    follow(ACCUEIL, DIRECTRICE, ATELIER._replace(hardware=BASE), SALLE._replace(hardware=BASE))
    rig.app.test_client().post("/room/plug", json={"mac": "02:00:00:00:00:b1", "model": "W60B"})
    phones.scan_phone(rig.desk, rig.order_id, "02:00:00:00:00:b1", seat="8002", by=BY)
    rig.work_through(rig.applied)
    assert [line[2:] for line in rig.shape()["lines"] if line[1] in (["8002"], ["8003"]) and "sip" in line[0]] == [
        (1, "02:00:00:00:00:b1"),
        (2, "02:00:00:00:00:b1"),
    ]
    assert orders.verify(rig.desk, rig.order_id) == ()


def test_two_phones_change_desks(rig: Rig) -> None:
    first, second = "02:00:00:00:00:01", "02:00:00:00:00:02"
    for mac in (first, second):
        phones.take_back(rig.desk, rig.order_id, mac, by=BY)
    phones.scan_phone(rig.desk, rig.order_id, second, seat="8000", by=BY)
    phones.scan_phone(rig.desk, rig.order_id, first, seat="8001", by=BY)
    rig.work_through(rig.applied)
    assert {line[3] for line in rig.shape()["lines"] if line[1] == ["8000"]} == {second}
    assert orders.verify(rig.desk, rig.order_id) == ()


def test_a_stack_that_is_as_planned_is_one_sentence_at_the_terminal(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(order_commands, "house", lambda: rig)
    said = CliRunner().invoke(order_commands.verify, [rig.order_id], env={"STAGING_LANG": "en"})
    assert (said.exit_code, said.stdout, said.stderr) == (0, "", say("nothing-differs", "en") + "\n")


def test_phones_of_seats_that_stayed_go_home_with_the_change_set_before(rig: Rig, tmp_path: Path) -> None:
    path = write_rows(tmp_path / "2.xlsx", *FIRST, Row("atelier 2", "8004", hardware="T31P"))
    orders.upload_plan(rig.desk, rig.order_id, path, name=path.name, by=BY, lang="fr")
    rig.work()
    rig.agree()
    rig.work()
    # Another phone takes a place while the second change set is the newest.
    rig.app.test_client().post("/room/plug", json={"mac": "02:00:00:00:00:c1", "model": "T54W"})
    phones.take_back(rig.desk, rig.order_id, "02:00:00:00:00:01", by=BY)
    phones.scan_phone(rig.desk, rig.order_id, "02:00:00:00:00:c1", seat="8000", by=BY)
    rig.work()
    for _ in range(2):
        rig.agree_to_undo()
        rig.work_through(rig.undone)
    assert [device[:2] for device in rig.shape()["devices"] if device[1]] == []


def by_hand(rig: Rig, method: str, path: str, body: object) -> None:
    """What a person does on Wazo's own screens."""
    engine = rig.desk.engine_of(rig.house.store.stacks.get("partage"))
    engine.send(service="confd", method=method, path=path, body=body, tenant_uuid=rig.order.tenant_uuid)


def test_what_people_added_beside_ours_is_shown(rig: Rig) -> None:
    salle, accueil = at(rig, "8003")["uuid"], at(rig, "8000")["uuid"]
    group = rig.world.db.groups.all()[0]
    members = [{"uuid": at(rig, number)["uuid"]} for number in ("8000", "8002", "8003")]
    by_hand(rig, "PUT", f"groups/{group['uuid']}/members/users", {"users": members})
    by_hand(rig, "POST", "groups", {"label": "Nuit"})
    taxi = {"label": "Taxi", "blf": False, "destination": {"type": "custom", "exten": "0465710099"}}
    by_hand(rig, "PUT", f"users/{accueil}/funckeys/20", taxi)
    somebody = next(iter(rig.world.accounts.users.values()))
    own = {"uuid": salle, "username": "salle", "emails": [], "tenant_uuid": rig.order.tenant_uuid}
    rig.world.accounts.users[salle] = {**somebody, **own}
    shown = orders.show_changes(rig.desk, rig.order_id)
    assert shown.changes == ()
    assert shown.kept_lines("fr") == (
        "= salle 8003 · compte salle (ajouté sur le standard, conservé)",
        "= groupe Accueil : 8003 (ajouté sur le standard, conservé)",
        "= groupe Nuit (ajouté sur le standard, conservé)",
        "= 8000 · touche 20 : custom Taxi (ajouté sur le standard, conservé)",
    )


def test_a_codec_that_somebody_added_to_the_tenant_survives_the_next_plan(rig: Rig, tmp_path: Path) -> None:
    uuid = rig.world.db.tenants.first(uuid=rig.order.tenant_uuid)["global_sip_template_uuid"]  # type: ignore[index]  # it is there
    options = rig.world.db.templates[uuid]["endpoint_section_options"]
    edited = [[name, "!all,alaw,g722,opus" if name == "allow" else value] for name, value in options]
    by_hand(rig, "PUT", f"endpoints/sip/templates/{uuid}", {"endpoint_section_options": edited})
    path = write_rows(tmp_path / "2.xlsx", *FIRST[:3])
    orders.upload_plan(rig.desk, rig.order_id, path, name=path.name, by=BY, lang="fr")
    rig.work()
    shown = orders.show_changes(rig.desk, rig.order_id)
    assert "!all,alaw,g722,opus (le plan dit !all,alaw,g722)" in shown.kept_lines("fr")[0]
    rig.agree()
    rig.work()
    assert dict(rig.world.db.templates[uuid]["endpoint_section_options"])["allow"] == "!all,alaw,g722,opus"
    orders.approve(rig.desk, rig.order_id, expect=None, by=BY, overwrite=True)
    rig.work()
    assert dict(rig.world.db.templates[uuid]["endpoint_section_options"])["allow"] == "!all,alaw,g722"


def test_a_user_renamed_on_the_stack_goes_with_his_new_name_shown(rig: Rig, tmp_path: Path) -> None:
    by_hand(rig, "PUT", f"users/{at(rig, '8003')['uuid']}", {"firstname": "grande salle"})
    path = write_rows(tmp_path / "2.xlsx", *FIRST[:3])
    orders.upload_plan(rig.desk, rig.order_id, path, name=path.name, by=BY, lang="fr")
    (gone,) = [line for line in orders.show_changes(rig.desk, rig.order_id).lines("fr") if line.startswith("-")]
    assert gone == "- salle 8003 : prénom salle → grande salle (modifié sur le standard depuis, supprimé aussi)"


def test_mailboxes_that_a_plan_empties_wait_for_somebody_who_says_yes_really(rig: Rig, tmp_path: Path) -> None:
    path = write_rows(tmp_path / "2.xlsx", *(row._replace(voicemail="non") for row in FIRST))
    orders.upload_plan(rig.desk, rig.order_id, path, name=path.name, by=BY, lang="fr")
    codes = [fault.code for fault in orders.show_changes(rig.desk, rig.order_id).faults]
    assert codes == ["too-many-deletions"]


def test_direct_numbers_that_slipped_by_a_row_wait_for_somebody_who_says_yes_really(rig: Rig, tmp_path: Path) -> None:
    numbers = [row.number for row in (FIRST[2], *FIRST[:2])]
    slipped = (row._replace(number=number) for row, number in zip(FIRST[:3], numbers, strict=True))
    path = write_rows(tmp_path / "2.xlsx", *slipped, SALLE)
    orders.upload_plan(rig.desk, rig.order_id, path, name=path.name, by=BY, lang="fr")
    codes = [fault.code for fault in orders.show_changes(rig.desk, rig.order_id).faults]
    assert codes == ["too-many-turned"]
