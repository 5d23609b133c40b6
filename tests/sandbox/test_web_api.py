"""Does the API do what its own description says, and say no in a form that programs can read?"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import event

from staging.bootstrap import open_house
from staging.core.faults import Refused
from staging.core.secret import Secret
from staging.sandbox.serve import Served, serve
from staging.settings import Settings
from staging.web.api import ROUTES
from staging.web.api_bodies import Approval, NewAppliance, NewOrder, PrintRequest
from staging.web.app import create_app
from staging.web.downloads import safe_name
from staging.web.openapi import openapi_document
from staging.web.shape import plain, read_object, schema_of
from tests.fakes.house import CRECHE, SIRET, environ, order_on, shared_stack
from tests.fakes.web import Door, open_door


@pytest.fixture
def door(tmp_path: Path) -> Iterator[Door]:
    made = open_door(tmp_path)
    yield made
    made.house.store.database.close()


@pytest.fixture
def sandbox() -> Iterator[Served]:
    with serve(configured=True) as running:
        yield running


def test_the_description_names_exactly_the_routes_that_answer(door: Door) -> None:
    paths = door.program("screen").ask("GET", "/openapi.json").json["paths"]
    told = {(method.upper(), path) for path, operations in paths.items() for method in operations}
    served = {
        (method, re.sub(r"<(\w+)>", r"{\1}", rule.rule))
        for rule in door.app.url_map.iter_rules()
        if rule.rule.startswith("/api/v1/") and not rule.rule.endswith("openapi.json")
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    }
    assert told == served


def test_every_reference_of_the_description_leads_somewhere() -> None:
    document = openapi_document(ROUTES)
    names = set(re.findall(r"'#/components/schemas/(\w+)'", str(document)))
    assert names <= set(document["components"]["schemas"])
    assert all(document["components"]["schemas"][name] for name in names)


def test_operation_ids_are_unique() -> None:
    names = [route.handler.__name__ for route in ROUTES]
    assert len(names) == len(set(names))


def test_a_program_takes_an_order_from_upload_to_applied(door: Door, sandbox: Served) -> None:
    shared_stack(door.house, sandbox.url)
    program = door.program("manager")
    body = {"customer": "Atelier Bleu", "siret": SIRET, "stack": "partage"}
    opened = program.ask("POST", "/orders", body)
    assert opened.status_code == 201
    order = f"/orders/{opened.json['id']}"
    with CRECHE.open("rb") as file:
        plan = program.client.post(
            f"/api/v1{order}/plan",
            data={"workbook": (file, CRECHE.name)},
            headers={"Authorization": f"Bearer {program.token}"},
        )
    assert (plan.status_code, plan.json["ok"], plan.json["workbook"]) == (201, True, CRECHE.name)
    door.work(opened.json["id"])
    shown = program.ask("GET", f"{order}/changes").json
    assert shown["changes"]
    assert all(change["line"] for change in shown["changes"])
    applied = program.ask("POST", f"{order}/apply", {"expect": shown["fingerprint"]})
    assert (applied.status_code, type(applied.json["changeset"])) == (202, int)
    door.work(opened.json["id"])
    assert program.ask("GET", f"{order}/changes").json["changes"] == []
    assert program.ask("GET", order).json["current"] == "phones"
    assert "changes-applied" in [line["event"] for line in program.ask("GET", f"{order}/timeline").json["lines"]]


def test_a_refusal_is_problem_json_with_every_fault_and_its_words(door: Door) -> None:
    answer = door.program("manager").ask("POST", "/orders", {"customer": "", "siret": "1", "stack": "x"})
    assert answer.status_code == 409
    assert answer.mimetype == "application/problem+json"
    assert [fault["code"] for fault in answer.json["faults"]] == ["bad-customer", "bad-siret"]
    assert all(fault["text"] and fault["hint"] for fault in answer.json["faults"])


def test_a_program_chooses_its_language(door: Door) -> None:
    program = door.program("screen")
    texts = {program.ask("GET", "/orders/nope", **{"Accept-Language": lang}).json["title"] for lang in ("fr", "en")}
    assert texts == {"La commande « nope » n'existe pas.", "There is no order “nope”."}


def test_an_unknown_token_is_told_how_to_sign_in(door: Door) -> None:
    answer = door.app.test_client().get("/api/v1/orders", headers={"Authorization": "Bearer st_nothing"})
    assert (answer.status_code, answer.headers["WWW-Authenticate"]) == (401, "Bearer")
    assert answer.json["code"] == "not-signed-in"


@pytest.mark.parametrize(
    ("body", "codes"),
    [
        (None, ["body-not-object"]),
        ([], ["body-not-object"]),
        ({}, ["body-field-missing", "body-field-missing"]),
        ({"serial": "SN0042", "model": "DH670", "colour": "blue"}, ["body-field-unknown"]),
        ({"serial": 42, "model": None}, ["body-field-wrong", "body-field-wrong"]),
        ({"serial": "SN0042", "model": "DH670", "suite": "sid"}, ["body-field-wrong"]),
    ],
)
def test_a_body_of_another_form_is_refused_field_by_field(body: Any, codes: list[str]) -> None:
    with pytest.raises(Refused) as caught:
        read_object(NewAppliance, body)
    assert [fault.code for fault in caught.value.faults] == codes


def test_a_body_of_the_right_form_becomes_its_value() -> None:
    assert read_object(Approval, {"expect": "0123", "forced": True}) == Approval("0123", forced=True)
    assert read_object(PrintRequest, {"printer": "p", "kinds": ["carton"]}) == PrintRequest("p", ("carton",))


def test_true_is_no_number_and_one_is_no_truth() -> None:
    for body in ({"expect": "0", "forced": 1}, {"expect": True}):
        with pytest.raises(Refused):
            read_object(Approval, body)
    with pytest.raises(Refused):
        read_object(PrintRequest, {"printer": "p", "start_cell": True})


TEXTS = st.none() | st.text()


@given(customer=st.text(), siret=st.text(), stack=st.text(), serial=TEXTS, main_to=TEXTS)
def test_what_is_written_as_json_is_read_back_the_same(
    customer: str, siret: str, stack: str, serial: str | None, main_to: str | None
) -> None:
    order = NewOrder(customer, siret, stack, serial=serial, main_to=main_to)
    assert read_object(NewOrder, plain(order)) == order


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    )
)
def test_no_random_json_breaks_the_reader_or_passes_it(document: Any) -> None:
    with pytest.raises(Refused) as caught:
        read_object(NewOrder, document)
    assert caught.value.faults


@dataclass(frozen=True)
class _Everything:
    name: str
    at: datetime
    kind: Literal["a", "b"]
    parts: tuple[int, ...]
    other: "_Everything | None" = None


def test_a_value_and_its_schema_agree_on_names_and_kinds() -> None:
    components: dict[str, Any] = {}
    assert schema_of(_Everything, components) == {"$ref": "#/components/schemas/_Everything"}
    schema = components["_Everything"]
    value = plain(_Everything("x", datetime(2026, 11, 21, tzinfo=UTC), "a", (1, 2), None))
    assert value == {"name": "x", "at": "2026-11-21T00:00:00+00:00", "kind": "a", "parts": [1, 2], "other": None}
    assert list(schema["properties"]) == list(value)
    assert schema["required"] == ["name", "at", "kind", "parts"]
    assert schema["properties"]["kind"] == {"type": "string", "enum": ["a", "b"]}


def test_a_secret_never_becomes_json() -> None:
    with pytest.raises(TypeError):
        plain({"password": Secret("sésame")})


@given(st.text())
def test_a_file_name_is_safe_whatever_was_typed(typed: str) -> None:
    assert re.fullmatch(r"[A-Za-z0-9._-]{1,80}", safe_name(typed, otherwise="plan.xlsx"))
    assert not safe_name(typed, otherwise="plan.xlsx").startswith((".", "-"))


def test_order_and_bench_are_read_by_a_wall_screen(door: Door, sandbox: Served) -> None:
    shared_stack(door.house, sandbox.url)
    order = order_on(door.house, "partage")
    screen = door.program("screen")
    assert [one["id"] for one in screen.ask("GET", "/orders").json["orders"]] == [order.id]
    row = screen.ask("GET", "/bench").json["rows"][0]
    assert (row["order_id"], row["customer"]) == (order.id, "Atelier Bleu")
    assert row["text"] not in ("", row["what"])


def test_health_says_which_part_is_missing(door: Door) -> None:
    client = door.app.test_client()
    sick = client.get("/healthz")
    assert (sick.status_code, sick.json) == (503, {"ok": False, "database": True, "workers": 0})
    door.house.store.workers.claim()
    well = client.get("/healthz")
    assert (well.status_code, well.json) == (200, {"ok": True, "database": True, "workers": 1})


def test_a_database_that_is_gone_is_said_by_health_and_by_pages(door: Door, tmp_path: Path) -> None:
    person = door.person("screen")
    door.house.store.database.close()
    for file in tmp_path.glob("staging.db*"):
        file.write_bytes(b"no database at all, only words, and many of them" * 200)
    sick = door.app.test_client().get("/healthz")
    assert (sick.status_code, sick.json) == (503, {"ok": False, "database": False, "workers": 0})
    page = person.get("/bench")
    assert page.status_code == 503
    assert 'data-code="database-unusable"' in page.text


def test_metrics_count_for_this_machine_only(door: Door, sandbox: Served) -> None:
    shared_stack(door.house, sandbox.url)
    order_on(door.house, "partage")
    client = door.app.test_client()
    text = client.get("/metrics").text
    assert 'staging_steps{status="to-do",step="appliance"} 1.0' in text
    assert 'staging_orders{state="open"} 1.0' in text
    assert client.get("/metrics", environ_base={"REMOTE_ADDR": "192.0.2.1"}).status_code == 403


def test_first_page_and_metrics_read_no_list_without_an_end(door: Door, sandbox: Served) -> None:
    shared_stack(door.house, sandbox.url)
    order_on(door.house, "partage")
    person, asked = door.person("manager"), []

    @event.listens_for(door.house.store.database.engine, "before_cursor_execute")
    def _ask(_connection: Any, _cursor: Any, statement: str, *_more: Any) -> None:
        asked.append(statement)

    assert person.get("/").status_code == 200
    assert door.app.test_client().get("/metrics").status_code == 200
    lists = [one for one in asked if re.search(r"FROM (orders|steps|appliances)\b", one)]
    assert lists
    assert [one for one in lists if not re.search(r"\b(WHERE|LIMIT|GROUP BY|count\()", one)] == []


def test_metrics_are_told_to_a_listed_network_too(tmp_path: Path) -> None:
    listed = {"STAGING_METRICS_FROM": "192.0.2.0/28, 2001:db8::1"}
    house = open_house(Settings.read({**environ(tmp_path / "listed"), **listed}))
    house.store.database.upgrade()
    client = create_app(house.desk, session_key=b"k" * 32).test_client()
    asked = {
        address: client.get("/metrics", environ_base={"REMOTE_ADDR": address}).status_code
        for address in ("192.0.2.1", "192.0.2.16", "2001:db8::1", "::1", "nonsense")
    }
    house.store.database.close()
    assert asked == {"192.0.2.1": 200, "192.0.2.16": 403, "2001:db8::1": 200, "::1": 200, "nonsense": 403}
