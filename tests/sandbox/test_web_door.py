"""Who gets in, and what is refused at the people's door?"""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from werkzeug.test import TestResponse

from staging.core.roles import ROLES, Role, may
from staging.web.app import create_app
from staging.web.brake import SignInBrake
from staging.web.gate import Guarded, check_guarded, for_everyone, local_path
from staging.web.here import DemoLinks
from tests.fakes.web import PASSWORD, Door, Person, open_door

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)


@pytest.fixture
def door(tmp_path: Path) -> Iterator[Door]:
    made = open_door(tmp_path)
    yield made
    made.house.store.database.close()


def test_a_right_password_opens_and_a_wrong_one_says_so(door: Door) -> None:
    door.person("technician")
    stranger = Person(door.app.test_client())
    answer = stranger.post("/signin", name="technician", password="deviné")
    assert answer.status_code == 401
    assert "Nom ou mot de passe inconnu" in answer.text
    assert 'value="technician"' in answer.text


def test_a_page_asked_before_signing_in_is_shown_after(door: Door) -> None:
    door.person("technician")
    stranger = Person(door.app.test_client())
    sent = stranger.get("/bench")
    assert (sent.status_code, sent.location) == (303, "/signin?next=/bench")
    assert stranger.post("/signin", name="technician", password=PASSWORD, next="/bench").location == "/bench"


@pytest.mark.parametrize(
    "elsewhere", ["https://example.org/", "//example.org", "/\\example.org", "bench", "", None, "/a\nb"]
)
def test_signing_in_never_leads_to_another_site(elsewhere: str | None) -> None:
    assert local_path(elsewhere) == "/"


def test_a_previewed_link_is_not_used_up_and_a_used_one_is_refused(door: Door) -> None:
    door.house.store.people.add("camille", role="manager", language="fr")
    link = f"/signin/{door.house.store.people.make_link('camille')}"
    robot = door.app.test_client()
    assert [robot.get(link).status_code for _ in range(2)] == [200, 200]
    first, second = Person(door.app.test_client()), Person(door.app.test_client())
    assert _use(first, link).status_code == 303
    assert "camille" in first.get("/").text
    late = _use(second, link)
    assert late.status_code == 409
    assert 'data-code="link-used"' in late.text


def test_who_comes_by_a_link_chooses_the_password_of_the_next_day(door: Door) -> None:
    door.house.store.people.add("camille", role="manager", language="fr")
    camille = Person(door.app.test_client())
    assert _use(camille, f"/signin/{door.house.store.people.make_link('camille')}").location == "/account"
    assert camille.post("/account/password", password="court", again="court").status_code == 409
    assert camille.post("/account/password", password="dix caractères", again="dix caracteres").status_code == 409
    assert camille.post("/account/password", password="dix caractères", again="dix caractères").location == "/"
    assert camille.get("/orders").status_code == 200
    tomorrow = Person(door.app.test_client())
    assert tomorrow.post("/signin", name="camille", password="dix caractères").location == "/"


def test_the_demo_s_link_leads_to_its_first_page(door: Door) -> None:
    door.house.store.people.add("camille", role="admin", language="fr")
    app = create_app(door.house.desk, session_key=b"k" * 32, demo=DemoLinks({"admin": "camille"}))
    link = f"/signin/{door.house.store.people.make_link('camille')}"
    assert _use(Person(app.test_client()), link).location == "/"


def test_another_password_asks_for_the_present_one_and_shuts_every_other_browser_out(door: Door) -> None:
    here, elsewhere = door.person("manager"), door.person("manager")
    link = door.house.store.people.make_link("manager")
    wrong = here.post("/account/password", present="deviné", password="dix caractères", again="dix caractères")
    assert 'data-code="password-not-present"' in wrong.text
    here.post("/account/password", present=PASSWORD, password="dix caractères", again="dix caractères")
    assert [one.get("/orders").status_code for one in (here, elsewhere)] == [200, 303]
    assert door.house.store.people.use_link(link) is None


def test_guessing_the_present_password_has_to_wait_as_at_the_door(door: Door) -> None:
    here = door.person("manager")
    for _ in range(5):
        here.post("/account/password", present="deviné", password="dix caractères", again="dix caractères")
    late = here.post("/account/password", present=PASSWORD, password="dix caractères", again="dix caractères")
    assert 'data-code="sign-in-too-often"' in late.text


def test_a_forgotten_password_is_replaced_by_way_of_a_link(door: Door) -> None:
    door.person("manager")
    here = Person(door.app.test_client())
    assert _use(here, f"/signin/{door.house.store.people.make_link('manager')}").location == "/"
    assert 'name="present"' not in here.get("/account").text
    assert here.post("/account/password", password="dix caractères", again="dix caractères").location == "/"
    assert door.house.store.people.check_password("manager", "dix caractères")


def test_a_link_of_this_morning_changes_no_password_in_the_afternoon(door: Door) -> None:
    door.person("manager")
    here = Person(door.app.test_client())
    _use(here, f"/signin/{door.house.store.people.make_link('manager')}")
    with here.client.session_transaction() as session:
        session["link_at"] -= 16 * 60
    assert 'name="present"' in here.get("/account").text
    answer = here.post("/account/password", password="dix caractères", again="dix caractères")
    assert 'data-code="password-not-present"' in answer.text


def _use(person: Person, link: str) -> TestResponse:
    token = re.search(r'name="csrf" value="([^"]+)"', person.get(link).text)
    assert token is not None
    return person.client.post(link, data={"csrf": token[1]})


def test_a_wall_screen_shows_the_bench_and_may_nothing_else(door: Door) -> None:
    token = door.house.store.people.add_token("mur", role="screen")
    screen = Person(door.app.test_client())
    page = screen.get("/signin/screen").text
    csrf = re.search(r'name="csrf" value="([^"]+)"', page)
    assert csrf is not None
    answer = screen.client.post("/signin/screen", data={"csrf": csrf[1], "token": token})
    assert answer.location == "/bench"
    assert screen.get("/bench").status_code == 200
    assert screen.post("/bench", serial="SN0042", model="DH670").status_code == 403
    assert 'data-code="no-account"' in screen.get("/account").text


@pytest.mark.parametrize("field", [{}, {"csrf": ""}, {"csrf": "deviné"}])
def test_a_form_of_another_site_changes_nothing(door: Door, field: dict[str, str]) -> None:
    person = door.person("technician")
    answer = person.client.post("/bench", data={"serial": "SN0042", "model": "DH670", **field})
    assert answer.status_code == 403
    assert 'data-code="stale-form"' in answer.text
    assert door.house.store.appliances.all() == ()


def test_a_session_may_use_the_api_only_with_its_csrf_header(door: Door) -> None:
    person = door.person("technician")
    body = {"serial": "SN0042", "model": "DH670"}
    assert person.client.post("/api/v1/appliances", json=body).status_code == 403
    token = re.search(r'hx-headers=.{1,20}X-CSRF": "([^"]+)"', person.get("/").text)
    assert token is not None
    assert person.client.post("/api/v1/appliances", json=body, headers={"X-CSRF": token[1]}).status_code == 201


def test_five_wrong_passwords_make_the_sixth_wait_even_if_it_is_right(door: Door) -> None:
    door.person("manager")
    stranger = Person(door.app.test_client())
    for _ in range(5):
        assert stranger.post("/signin", name="manager", password="deviné").status_code == 401
    answer = stranger.post("/signin", name="manager", password=PASSWORD)
    assert answer.status_code == 429
    assert 'data-code="sign-in-too-often"' in answer.text


def test_the_brake_lets_go_after_five_minutes_and_holds_only_that_pair() -> None:
    brake = SignInBrake()
    for second in range(5):
        brake.failed(name="Camille", address="192.0.2.1", now=NOON + timedelta(seconds=second))
    assert brake.wait_s(name="camille", address="192.0.2.1", now=NOON + timedelta(seconds=10)) == 290
    assert brake.wait_s(name="camille", address="192.0.2.2", now=NOON + timedelta(seconds=10)) == 0
    assert brake.wait_s(name="noé", address="192.0.2.1", now=NOON + timedelta(seconds=10)) == 0
    assert brake.wait_s(name="camille", address="192.0.2.1", now=NOON + timedelta(minutes=5)) == 0


def test_many_names_from_one_address_are_held_too() -> None:
    brake = SignInBrake()
    for number in range(25):
        brake.failed(name=f"personne-{number}", address="192.0.2.1", now=NOON)
    assert brake.wait_s(name="camille", address="192.0.2.1", now=NOON) == 300


def test_a_right_password_forgives_earlier_slips() -> None:
    brake = SignInBrake()
    for _ in range(5):
        brake.failed(name="camille", address="192.0.2.1", now=NOON)
    brake.passed(name="camille", address="192.0.2.1")
    assert brake.wait_s(name="camille", address="192.0.2.1", now=NOON) == 0


def test_names_of_any_length_are_remembered_briefly() -> None:
    brake = SignInBrake()
    for _ in range(5):
        brake.failed(name="É" * 100_000, address="192.0.2.1", now=NOON)
    assert brake.wait_s(name="é" * 100_000, address="192.0.2.1", now=NOON) == 300
    assert max(len(key[1]) for key in brake._failures) < 100


def test_who_guesses_links_locks_no_other_address_out(door: Door) -> None:
    door.house.store.people.add("camille", role="manager", language="fr")
    link = f"/signin/{door.house.store.people.make_link('camille')}"
    stranger = Person(door.app.test_client())
    token = re.search(r'name="csrf" value="([^"]+)"', stranger.get("/signin/deviné").text)
    assert token is not None
    answers = [
        stranger.client.post(
            "/signin/deviné", data={"csrf": token[1]}, environ_base={"REMOTE_ADDR": f"192.0.2.{number % 10}"}
        ).status_code
        for number in range(60)
    ]
    assert answers == [409] * 50 + [429] * 10
    assert _use(Person(door.app.test_client()), link).status_code == 303


def test_signing_out_ends_the_session(door: Door) -> None:
    person = door.person("manager")
    assert person.post("/signout").status_code == 303
    assert person.get("/orders").status_code == 303


def test_who_was_removed_is_shut_out_at_once_also_when_the_name_is_given_again(door: Door) -> None:
    admin, camille = door.person("admin"), door.person("manager")
    link = door.house.store.people.make_link("manager")
    assert admin.post("/admin/users/remove", name="manager").status_code == 303
    assert camille.get("/orders").status_code == 303
    door.house.store.people.add("manager", role="manager", language="fr")
    assert camille.get("/orders").status_code == 303
    assert door.house.store.people.use_link(link) is None


def test_a_token_that_was_taken_away_opens_nothing(door: Door) -> None:
    admin, program = door.person("admin"), door.program("screen")
    assert 'data-token="screen-program"' in admin.get("/admin").text
    assert admin.post("/admin/tokens/remove", name="screen-program").status_code == 303
    assert program.ask("GET", "/orders").status_code == 401


def test_a_scan_of_somebody_signed_out_leads_to_the_door_and_back_to_its_page(door: Door) -> None:
    stranger = door.app.test_client()
    headers = {"HX-Request": "true", "Referer": "http://localhost/orders/4k7m2p/phones"}
    csrf = re.search(r'name="csrf" value="([^"]+)"', stranger.get("/signin").text)
    assert csrf is not None
    answer = stranger.post("/orders/4k7m2p/phones/scan", data={"csrf": csrf[1]}, headers=headers)
    assert answer.status_code == 401
    assert answer.headers["HX-Redirect"] == "/signin?next=/orders/4k7m2p/phones"
    elsewhere = stranger.get("/bench", headers={"HX-Request": "true", "Referer": "http://example.org/bench"})
    assert elsewhere.headers["HX-Redirect"] == "/signin?next=/"


def test_the_cookie_is_unreadable_for_scripts_and_stays_on_this_site(door: Door) -> None:
    cookie = door.app.test_client().get("/signin").headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert "Secure" not in cookie
    assert "Secure" in door.app.test_client().get("/signin", base_url="https://bench.lan").headers["Set-Cookie"]


@pytest.mark.parametrize("path", ["/signin", "/static/app.css", "/nothing", "/api/v1/orders"])
def test_every_answer_forbids_what_comes_from_elsewhere(door: Door, path: str) -> None:
    with door.app.test_client().get(path) as answer:
        headers = answer.headers
    assert headers["Content-Security-Policy"].startswith("default-src 'self';")
    assert "unsafe" not in headers["Content-Security-Policy"]
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["X-Frame-Options"] == "DENY"


def test_the_language_follows_the_browser_then_the_person_and_is_remembered(door: Door) -> None:
    stranger = door.app.test_client()
    assert "Mot de passe" in stranger.get("/signin", headers={"Accept-Language": "fr"}).text
    assert "Password" in stranger.get("/signin", headers={"Accept-Language": "en-GB"}).text
    person = door.person("manager")
    assert "Commandes" in person.get("/orders").text
    assert person.post("/language", lang="en", next="/orders").location == "/orders"
    assert "New order" in person.get("/orders").text
    again = door.person("manager")
    assert "New order" in again.get("/orders").text


def test_a_request_that_is_too_large_is_named(door: Door) -> None:
    door.app.config["MAX_CONTENT_LENGTH"] = 1000
    person = door.person("manager")
    answer = person.post("/bench", serial="x" * 2000)
    assert answer.status_code == 413
    assert "25 Mo" in answer.text


def test_our_own_mistake_shows_a_reference_and_no_traceback(door: Door, caplog: pytest.LogCaptureFixture) -> None:
    @door.app.get("/broken")
    @for_everyone
    def broken() -> str:
        raise ZeroDivisionError("secret detail")

    answer = door.app.test_client().get("/broken", headers={"Accept-Language": "fr"})
    assert answer.status_code == 500
    assert "secret detail" not in answer.text
    reference = re.search(r"référence ([0-9a-z]{8})", answer.text)
    assert reference is not None
    assert any(getattr(record, "reference", None) == reference[1] for record in caplog.records)


def test_a_route_that_says_nothing_about_its_right_stops_the_start(door: Door) -> None:
    door.app.add_url_rule("/forgotten", view_func=lambda: "", endpoint="forgotten")
    with pytest.raises(RuntimeError, match="forgotten"):
        check_guarded(door.app, frozenset())


def _routes(door: Door) -> list[tuple[str, str, Guarded]]:
    found = []
    for rule in door.app.url_map.iter_rules():
        view = door.app.view_functions[rule.endpoint]
        if isinstance(view, Guarded) and view.right is not None:
            path = re.sub(r"<(int:[^>]+|version)>", "1", rule.rule)
            path = re.sub(r"<[^>]+>", "sn0042", path)
            found += [(method, path, view) for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}]
    return found


@pytest.mark.parametrize("role", ROLES)
def test_each_route_lets_in_exactly_the_roles_that_hold_its_right(door: Door, role: Role) -> None:
    program, routes = door.program(role), _routes(door)
    assert len(routes) > 60
    for method, path, view in routes:
        body = {} if method != "GET" and path.startswith("/api/") else None
        answer = program.client.open(
            path, method=method, json=body, headers={"Authorization": f"Bearer {program.token}"}
        )
        assert view.right is not None
        assert (answer.status_code != 403) == may(role, view.right), (method, path, answer.status_code)
        assert answer.status_code != 500, (method, path, answer.text)


def test_nobody_gets_anything_without_signing_in(door: Door) -> None:
    client = door.app.test_client()
    for method, path, _view in _routes(door):
        answer = client.open(path, method=method)
        assert answer.status_code in (303, 401, 403), (method, path)
        assert answer.status_code != 303 or answer.location.startswith("/signin")


def test_a_refused_person_is_told_whom_to_ask(door: Door) -> None:
    answer = door.person("logistics").get("/orders/new")
    assert answer.status_code == 403
    assert "chef de projet, administrateur" in answer.text
