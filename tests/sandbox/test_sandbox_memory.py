"""Does a refused request leave no trace, except where the real one leaves one?"""

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from staging.sandbox.app import create_sandbox
from staging.sandbox.devices.models import choose_plugin, default_version, models
from staging.sandbox.devices.phone_file import render_phone_file
from staging.sandbox.tables import Journal, Table
from staging.sandbox.trouble import Rule

DID = "0465710001"


class Engine:
    """A configured engine asked without a network, with one customer on it."""

    def __init__(self) -> None:
        self.client = create_sandbox(configured=True, tenant_delay=0).test_client()
        token = self.client.post("/api/auth/0.1/token", auth=("root", "sandbox"), json={}).get_json()["data"]["token"]
        self.headers = {"X-Auth-Token": token}
        self.headers["Wazo-Tenant"] = self.post("auth/0.1/tenants", {"name": "Atelier Bleu"})["uuid"]
        ranges = [{"start": "8000", "end": "8099"}]
        self.internal = self.post("confd/1.1/contexts", {"label": "Interne", "user_ranges": ranges})["name"]
        self.incall = self.post("confd/1.1/contexts", {"label": "Entrants", "type": "incall"})["name"]

    def send(self, method: str, path: str, body: Any = None) -> Any:
        return self.client.open(f"/api/{path}", method=method, json=body, headers=self.headers)

    def post(self, path: str, body: Any) -> Any:
        return self.send("POST", path, body).get_json()

    def whole(self, exten: str, **changes: Any) -> dict[str, Any]:
        """The body of a whole user: line, number, DID, voicemail, account."""
        line = {"context": self.internal, "endpoint_sip": {"name": f"sip{exten}"}, "extensions": [{"exten": exten}]}
        incall = {"extensions": [{"exten": DID, "context": self.incall}]}
        voicemail = {"number": exten, "context": self.internal}
        parts = {"lines": [line], "incalls": [incall], "voicemail": voicemail, "auth": {"username": exten}}
        return {"firstname": "accueil", **parts, **changes}

    def rows(self) -> dict[str, Any]:
        nouns = ("users", "lines", "extensions", "incalls", "voicemails", "endpoints/sip", "contexts")
        return {noun: self.send("GET", f"confd/1.1/{noun}").get_json() for noun in nouns}


REFUSED: dict[str, Callable[[Engine], dict[str, Any]]] = {
    "number taken": lambda engine: engine.whole("8001"),
    "number out of range": lambda engine: engine.whole("9001"),
    "DID taken": lambda engine: engine.whole("8002"),
    "account taken": lambda engine: engine.whole("8003", auth={"username": "8001"}, incalls=[]),
    "unknown fallback": lambda engine: engine.whole(
        "8004", incalls=[], fallbacks={"noanswer_destination": {"type": "bogus"}}
    ),
    "unknown device": lambda engine: engine.whole(
        "8005", lines=[{"context": engine.internal, "device_id": "none", "endpoint_sip": {}}]
    ),
    "a shape nobody foresaw": lambda engine: engine.whole("8006", incalls=[{}]),
}


@pytest.mark.parametrize("case", REFUSED)
def test_a_refused_creation_leaves_every_row_as_it_was(case: str) -> None:
    engine = Engine()
    assert engine.send("POST", "confd/1.1/users", engine.whole("8001")).status_code == 201
    before = engine.rows()
    assert engine.send("POST", "confd/1.1/users", REFUSED[case](engine)).status_code >= 400
    assert engine.rows() == before


def test_what_a_recursive_delete_takes_can_be_made_again() -> None:
    engine = Engine()
    user = engine.post("confd/1.1/users", engine.whole("8001"))
    assert engine.send("DELETE", f"confd/1.1/users/{user['uuid']}?recursive=true").status_code == 204
    left = engine.rows()
    assert [left[noun]["total"] for noun in ("users", "lines", "voicemails", "incalls", "extensions")] == [
        0,
        0,
        0,
        1,
        1,
    ]
    assert engine.send("POST", "confd/1.1/users", engine.whole("8001")).status_code == 201


def test_a_login_that_lost_its_user_name_is_in_nobodys_way() -> None:
    engine = Engine()
    user = engine.post("confd/1.1/users", engine.whole("8001"))
    assert engine.send("PUT", f"auth/0.1/users/{user['uuid']}", {"firstname": "accueil"}).status_code == 200
    assert engine.send("POST", "confd/1.1/users", engine.whole("8002", incalls=[])).status_code == 201


def test_two_lines_of_one_user_may_share_a_number_and_those_of_two_may_not() -> None:
    engine = Engine()
    line = {"context": engine.internal, "endpoint_sip": {}, "extensions": [{"exten": "8001"}]}
    twice = {"firstname": "directrice", "lines": [line, line]}
    assert engine.send("POST", "confd/1.1/users", twice).status_code == 201
    assert engine.send("POST", "confd/1.1/users", {"firstname": "atelier", "lines": [line]}).status_code == 400


def test_a_group_gives_its_number_back_and_its_incall_rings_nobody() -> None:
    engine = Engine()
    contexts = engine.send("GET", "confd/1.1/contexts?label=Interne").get_json()["items"]
    context = f"confd/1.1/contexts/{contexts[0]['id']}"
    assert engine.send("PUT", context, {"group_ranges": [{"start": "8200", "end": "8249"}]}).status_code == 204
    group = engine.post("confd/1.1/groups", {"label": "accueil"})
    number = engine.post("confd/1.1/extensions", {"exten": "8200", "context": engine.internal})["id"]
    outside = engine.post("confd/1.1/extensions", {"exten": "8001", "context": engine.internal})["id"]
    path = f"confd/1.1/groups/{group['uuid']}"
    assert engine.send("PUT", f"{path}/extensions/{outside}").status_code == 400
    assert engine.send("PUT", f"{path}/extensions/{number}").status_code == 204
    incall = engine.post("confd/1.1/incalls", {"destination": {"type": "group", "group_id": group["id"]}})
    assert incall["destination"]["group_label"] == "accueil"
    assert engine.send("DELETE", path).status_code == 204
    rung = engine.send("GET", f"confd/1.1/incalls/{incall['id']}").get_json()
    assert rung["destination"] == {"type": "none"}
    assert engine.send("DELETE", f"confd/1.1/extensions/{number}").status_code == 204


def test_a_given_range_list_replaces_the_old_one_and_an_absent_one_stays() -> None:
    engine = Engine()
    contexts = engine.send("GET", "confd/1.1/contexts?label=Interne").get_json()["items"]
    context = f"confd/1.1/contexts/{contexts[0]['id']}"
    engine.send("PUT", context, {"group_ranges": [{"start": "8200", "end": "8249"}]})
    engine.send("PUT", context, {"user_ranges": [{"start": "8100"}]})
    found = engine.send("GET", context).get_json()
    assert found["user_ranges"] == [{"start": "8100", "end": "8100"}]
    assert found["group_ranges"] == [{"start": "8200", "end": "8249"}]


def test_free_numbers_of_a_context_come_in_blocks() -> None:
    engine = Engine()
    engine.post("confd/1.1/extensions", {"exten": "8050", "context": engine.internal})
    contexts = engine.send("GET", "confd/1.1/contexts?label=Interne").get_json()["items"]
    found = engine.send("GET", f"confd/1.1/contexts/{contexts[0]['id']}/ranges/user").get_json()["items"]
    assert found == [{"start": "8000", "end": "8049"}, {"start": "8051", "end": "8099"}]


STEPS = st.lists(st.tuples(st.sampled_from(["add", "change", "remove"]), st.integers(1, 6), st.integers(0, 99)))


@given(kept=STEPS, undone=STEPS)
def test_undoing_gives_back_exactly_what_was_there(kept: list[Any], undone: list[Any]) -> None:
    journal = Journal()
    table = Table(journal, key="id")
    _apply(table, kept)
    before = {row["id"]: row for row in table.all()}
    journal.begin()
    _apply(table, undone)
    journal.undo()
    assert {row["id"]: row for row in table.all()} == before


@given(nth=st.integers(1, 9), requests=st.integers(0, 20))
def test_a_rule_for_the_nth_strikes_once_if_at_all(nth: int, requests: int) -> None:
    rule = Rule("401", nth=nth)
    struck = [number for number in range(1, requests + 1) if rule.strikes("confd", "GET", "/users")]
    assert struck == ([nth] if nth <= requests else [])


@pytest.mark.parametrize(
    ("model", "version", "plugin"),
    [
        ("T54W", "96.86.0.100", "wazo-yealink-v86"),
        ("T54W", "96.85.0.5", "wazo-yealink-v85"),
        ("T54W", "95.80.0.1", "wazo-yealink-v86"),
        ("W60B", "77.83.0.85", "wazo-yealink-v85"),
        ("T99X", None, "wazo-yealink-v86"),
    ],
)
def test_the_plugin_of_a_phones_own_firmware_wins_then_the_one_that_lists_it_then_the_newest(
    model: str, version: str | None, plugin: str
) -> None:
    assert choose_plugin(model, version, ["wazo-yealink-v85", "wazo-yealink-v86"]) == plugin


def test_without_any_plugin_a_phone_gets_none() -> None:
    assert choose_plugin("T54W", None, []) is None


@pytest.mark.parametrize("model", models())
def test_each_model_prints_as_many_accounts_as_it_holds_and_has_a_firmware(model: str) -> None:
    text = render_phone_file(model, {"http_port": 80})
    assert text.count(".enable = 0\n") == models()[model].lines
    assert (default_version(model) or "").startswith(f"{models()[model].family}.")


def _apply(table: Table, steps: list[Any]) -> None:
    for verb, key, value in steps:
        if verb == "add" and key not in table:
            table.add({"id": key, "value": value})
        elif verb == "change" and key in table:
            table.change(key, value=value)
        elif verb == "remove":
            table.remove(key)
